"""What each step of finding brings, on test collections, all from one run.

    python -m benchmarks.finding DATA [cranfield npl] [--keep DIR]

DATA/retrieval/NAME holds `corpus.jsonl` {id, title, text}, `queries.jsonl` {id, text} and `qrels.tsv`. Each
collection is indexed as one text file a document. Then its questions are asked with plain fusion (reciprocal ranks of
words and text vectors), and with the product as it is and with single steps left out. Prints nDCG@10 and recall@100, by
document, with 95 % intervals by bootstrap, and what each way gains over plain fusion, question by question. With --keep
the libraries stay in DIR and are used again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from app.assistant import Assistant
from app.evaluation.metrics import ranking, summary
from benchmarks.measure import index, lines, new_assistant
from pipelines.finding import searching
from pipelines.finding.fusion import reciprocal_rank_fusion
from pipelines.retrieval import Retriever

RESULTS = 200  # segments, which make some 100 documents
METRICS = ("nDCG@10", "recall@k")
Find = Callable[[Assistant, str], list[str]]
"""A question → names of documents, best first."""


def plain(assistant: Assistant, question: str) -> list[str]:
    """Words and text vectors, fused by rank (Cormack, Clarke and Büttcher 2009)."""
    library = assistant.library
    words = library.search_keywords(question, RESULTS)
    near = library.search_vectors("text", assistant.shelf.text.embed_question(question), RESULTS)
    fused = [i for i, _ in reciprocal_rank_fusion([words, near])][:RESULTS]
    segments = library.catalogue.segments(fused)
    sources = library.catalogue.sources({segment.source_id for segment in segments.values()})
    return [Path(sources[segments[i].source_id].path).stem for i in fused]


def product(assistant: Assistant, question: str) -> list[str]:
    return [Path(result.source.path).stem for result in assistant.search(question, RESULTS)]


@contextmanager
def left_out(*steps: str) -> Iterator[None]:
    """The product without some of its steps."""
    without = {
        "feedback": mock.patch.object(searching.Search, "_ask_again", lambda self: None),
        "late interaction": mock.patch.object(Retriever, "_interaction", lambda self, *given: None),
        "folding": mock.patch("pipelines.retrieval.fold", lambda results: results),
    }
    with ExitStack() as stack:
        for step in steps:
            stack.enter_context(without[step])
        yield


WAYS: dict[str, tuple[Find, tuple[str, ...]]] = {
    "plain fusion": (plain, ()),
    "scores instead of ranks": (product, ("feedback", "late interaction")),
    "… and feedback": (product, ("late interaction",)),
    "… and late interaction": (product, ("feedback",)),
    "the product: both": (product, ()),
    "the product, copies not folded": (product, ("folding",)),
}


def measure(data: Path, name: str, keep: str) -> None:
    folder = data / "retrieval" / name
    assistant = filled(folder, f"{keep}/{name}")
    relevant: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query_id, document_id, grade = line.split("\t")[:3]
        if int(grade) > 0:
            relevant.setdefault(query_id, {})[document_id] = int(grade)
    queries = list(lines(folder / "queries.jsonl"))
    base: dict[str, list[float]] = {}
    for way, (find, steps) in WAYS.items():
        scores: dict[str, list[float]] = {metric: [] for metric in METRICS}
        times = []
        with left_out(*steps):
            for query in queries:
                began = time.monotonic()
                ranked = list(dict.fromkeys(find(assistant, query["text"])))
                times.append(time.monotonic() - began)
                values = ranking(ranked, relevant[query["id"]], 100)
                for metric in METRICS:
                    scores[metric].append(values[metric])
        base = base or scores
        told = [_told(metric, scores[metric], base[metric]) for metric in METRICS]
        print(f"{name}: {way}: {'; '.join(told)}; p50 {1000 * np.median(times):.0f} ms", flush=True)
    assistant.close()


def filled(folder: Path, into: str) -> Assistant:
    files = Path(into) / "files"
    files.mkdir(parents=True, exist_ok=True)
    for document in lines(folder / "corpus.jsonl"):
        text = f"{document.get('title', '')}\n\n{document['text']}".strip()
        (files / f"{document['id']}.txt").write_text(text, encoding="utf-8")
    assistant = new_assistant(f"{into}/library")
    index(assistant, files)
    return assistant


def _told(metric: str, values: list[float], base: list[float]) -> str:
    found, gain = summary(values), summary([mine - its for mine, its in zip(values, base, strict=True)])
    mean = sum(base) / len(base)
    name = "recall@100" if metric == "recall@k" else metric
    more = f"{100 * gain['mean'] / mean:+.1f} % [{100 * gain['low'] / mean:+.1f} … {100 * gain['high'] / mean:+.1f}]"
    return f"{name} {found['mean']:.4f} [{found['low']:.3f} … {found['high']:.3f}], {more}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.finding", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("collections", nargs="*", metavar="NAME", help="default: cranfield npl")
    parser.add_argument("--keep", metavar="DIR", help="keep the libraries there")
    options = parser.parse_args()
    names = options.collections or ["cranfield", "npl"]
    if missing := [name for name in names if not (options.data / "retrieval" / name).is_dir()]:
        parser.error(f"DATA must hold retrieval/{missing[0]}")
    with tempfile.TemporaryDirectory() as temporary:
        for name in names:
            measure(options.data, name, options.keep or temporary)


if __name__ == "__main__":
    main()
