"""Measures the kinds of vector index: ours, and those that were not taken.

    python -m benchmarks.kinds DATA [VECTORS.npz] [SIZE …]

Embeds the texts and questions of DATA/retrieval; with VECTORS.npz they are kept there, and used again. The first size
is that of the real vectors alone; larger ones (100,000 and 200,000) add made ones: the mean of three real ones with
noise, which are harder to tell apart than texts. Printed for each kind: bytes a vector with its id, seconds of
building, and of searches for 10 and for 100 the share of the nearest by float32 that is found, and milliseconds of a
search, of the clock (median and 95th percentile) and of a core (median), with the reading of exact vectors from a
catalogue; then what comes of removing vectors and adding them again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import lines, new_assistant
from indexes.catalogue import Catalogue
from indexes.kinds import EXACT, Kind, candidates
from indexes.vectors import VectorIndex, threads
from pipelines.models.embedding import to_unit

SIZES = (100_000, 200_000)
_NOISE = 0.03  # standard deviation of each dimension; a unit vector's own is .05
_PORTION = 20_000
_LESSONS = 65_536

Search = Callable[[np.ndarray, int], np.ndarray]

# name, FAISS's description, what is set on it, whether exact vectors order what it finds
OTHERS: tuple[tuple[str, str, dict[str, int], bool], ...] = (
    ("SQ8", "IDMap,SQ8", {}, False),
    ("HNSW32 of SQ8, efSearch 128", "IDMap,HNSW32_SQ8", {"efSearch": 128}, False),
    ("IVF1024 of SQ8, 205 probed", "IVF1024,SQ8", {"nprobe": 205}, False),
    ("PQ fast scan 96x4, refined", "IDMap,PQ96x4fs", {}, True),
    ("RaBitQ fast scan, refined", "IDMap,RaBitQfs", {}, True),
    ("IVF1 of RaBitQ fast scan, refined", "IVF1,RaBitQfs", {}, True),
)


def embedded(data: Path, kept: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of all texts, and of all questions."""
    if kept is not None and kept.exists():
        with np.load(kept) as found:
            return found["texts"], found["questions"]
    folders = [data / "retrieval" / name for name in ("cranfield", "npl")]
    corpus = [each for folder in folders for each in lines(folder / "corpus.jsonl")]
    texts = [f"{each.get('title', '')}\n\n{each['text']}".strip() for each in corpus]
    questions = [each["text"] for folder in folders for each in lines(folder / "queries.jsonl")]
    with tempfile.TemporaryDirectory() as temporary:
        embedder = new_assistant(temporary).shelf.text
        asked = np.stack([embedder.embed_question(question) for question in questions])
        rows = embedder.embed_passages([text for text in texts if text])
    if kept is not None:
        np.savez(kept, texts=rows, questions=asked)
    return rows, asked


def made(real: np.ndarray, size: int) -> np.ndarray:
    """The real vectors and as many made ones as are wanting."""
    chance, parts = np.random.default_rng(3), [real]
    for start in range(len(real), size, _PORTION):
        shape = (min(_PORTION, size - start), 3)
        mixed = real[chance.integers(0, len(real), shape)].mean(1)
        parts.append(to_unit(mixed + chance.normal(0, _NOISE, mixed.shape).astype(np.float32)))
    return np.concatenate(parts)


def stored(folder: Path, vectors: np.ndarray) -> tuple[Catalogue, int]:
    """A catalogue of vectors alone, and the key of their space."""
    catalogue = Catalogue(folder / "catalogue.sqlite")
    catalogue.connection.execute("PRAGMA foreign_keys=OFF")  # there are no segments
    with catalogue.transaction():
        key = catalogue.add_space("text", "benchmark", vectors.shape[1])
        for start in range(0, len(vectors), _PORTION):
            portion = vectors[start : start + _PORTION]
            catalogue.add_vectors(key, dict(enumerate(portion, start=start + 1)))
    return catalogue, key


class Bench:
    """One set of vectors, by ids from 1 on, and the questions with what float32 finds for them."""

    def __init__(self, folder: Path, vectors: np.ndarray, questions: np.ndarray) -> None:
        self.folder, self.vectors, self.questions = folder, vectors, questions
        self.ids = np.arange(1, len(vectors) + 1)
        self.catalogue, self.key = stored(folder, vectors)
        likeness = [question @ vectors.T for question in questions]
        self.best = np.stack([np.argsort(-row)[:100] for row in likeness]) + 1
        self.lessons = vectors[np.random.default_rng(4).permutation(len(vectors))[:_LESSONS]]

    def exactly(self, ids: np.ndarray) -> np.ndarray:
        return self.catalogue.vectors(self.key, ids.tolist(), self.vectors.shape[1])

    def ours(self, kind: Kind) -> None:
        began = time.monotonic()
        index = VectorIndex(self.vectors.shape[1], kind, self.exactly)
        if kind.lessons:
            index.teach(self.vectors[np.random.default_rng(0).permutation(len(self.vectors))[: kind.lessons]])
        for start in range(0, len(self.ids), _PORTION):
            index.add(self.ids[start : start + _PORTION], self.vectors[start : start + _PORTION])
        built = time.monotonic() - began
        index.save(self.folder / "index.faiss")
        self.report(f"ours: {kind}", lambda query, k: index.search(query, k)[0], built, again(index._index, self))

    def other(self, name: str, description: str, set_to: dict[str, int], refined: bool) -> None:
        import faiss

        began = time.monotonic()
        index: Any = faiss.index_factory(self.vectors.shape[1], description, faiss.METRIC_INNER_PRODUCT)
        index.train(self.lessons)
        index.add_with_ids(self.vectors, self.ids)
        for parameter, value in set_to.items():
            faiss.ParameterSpace().set_index_parameter(index, parameter, value)
        built = time.monotonic() - began
        faiss.write_index(index, str(self.folder / "index.faiss"))

        def search(query: np.ndarray, k: int) -> np.ndarray:
            if not refined:
                return np.asarray(index.search(query[None], k)[1][0])
            found = index.search(query[None], candidates(k))[1][0]
            return np.asarray(found[np.argsort(-(self.exactly(found) @ query))[:k]])

        self.report(name, search, built, again(index, self))

    def report(self, name: str, search: Search, built: float, afterwards: Iterator[str]) -> None:
        size = (self.folder / "index.faiss").stat().st_size / len(self.ids)
        line = f"kinds {len(self.ids):,}: {name}: {size:.0f} bytes a vector, built in {built:.1f} s"
        for k in (10, 100):
            search(self.questions[0], k)
            found, times, core = [], [], []
            for question in self.questions:
                began, computed = time.perf_counter(), time.thread_time()
                with threads(0):
                    found.append(search(question, k))
                core.append(1000 * (time.thread_time() - computed))
                times.append(1000 * (time.perf_counter() - began))
            recall = np.mean([np.isin(best[:k], ids).mean() for best, ids in zip(self.best, found, strict=True)])
            half, most = np.percentile(times, (50, 95))
            line += f"; recall@{k} {recall:.3f}, p50 {half:.1f} p95 {most:.1f} core {np.median(core):.1f} ms"
        print(f"{line}; {next(afterwards)}", flush=True)


def again(index: Any, bench: Bench) -> Iterator[str]:
    """What comes of removing a tenth of the vectors and adding them again: nothing, one hopes."""
    import faiss

    tenth = len(bench.ids) // 10
    before = index.search(bench.questions[:50], 50)[0]
    try:
        index.remove_ids(faiss.IDSelectorBatch(bench.ids[:tenth]))
    except RuntimeError:
        yield "cannot remove"
        return
    index.add_with_ids(bench.vectors[:tenth], bench.ids[:tenth])
    apart = float(np.abs(index.search(bench.questions[:50], 50)[0] - before).max())
    yield "removes" if apart < 1e-5 else f"scores are off by up to {apart:.2f} after removing and adding"


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments or not (Path(arguments[0]) / "retrieval").is_dir():
        sys.exit("usage: python -m benchmarks.kinds DATA [VECTORS.npz] [SIZE …]")
    kept = next((Path(each) for each in arguments[1:] if each.endswith(".npz")), None)
    real, questions = embedded(Path(arguments[0]), kept)
    for size in (len(real), *([int(each) for each in arguments[1:] if each.isdigit()] or SIZES)):
        with tempfile.TemporaryDirectory() as temporary:
            bench = Bench(Path(temporary), made(real, size), questions)
            for kind in (EXACT, Kind(1), Kind(1024)):
                if kind.lists == 1 or kind.lessons <= size:
                    bench.ours(kind)
            for row in OTHERS:
                bench.other(*row)
            bench.catalogue.close()


if __name__ == "__main__":
    main()
