"""Measures how long a search takes in a large library.

    python -m benchmarks.scale DATA [LIBRARY] [SEGMENTS]

Fills a library with 100,000 segments made of the texts of DATA/retrieval: each is three of them, one behind the other,
its vector is the mean of theirs with some noise, and its words are theirs, so that filling takes minutes and not
hours. Then asks the collections' own questions, everything included: reading the question, its vector, all indexes,
fusion, the rows.
With LIBRARY the library is kept there, and used again when it is full.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

import numpy as np

from app.assistant import Assistant
from benchmarks.measure import lines, new_assistant
from indexes.records import FileRecord, Place, Segment, Source
from pipelines.models.embedding import to_unit
from pipelines.models.words import embed
from pipelines.tracing import Trace

SEGMENTS = 100_000
_PARTS = 2_000  # texts that are embedded; the segments are made of them
_PER_SOURCE = 25
_NOISE = 0.03  # standard deviation of each dimension; a unit vector's own is .05
_LONGEST = 1_000  # characters of a segment


def texts(data: Path) -> list[str]:
    """Texts of both collections, in an order of chance that is the same each time."""
    found = [
        each["text"] for name in ("cranfield", "npl") for each in lines(data / "retrieval" / name / "corpus.jsonl")
    ]
    found = [text for text in found if text]
    random.Random(1).shuffle(found)
    return found[:_PARTS]


def fill(assistant: Assistant, parts: list[str], count: int) -> None:
    """`count` segments in sources of 25, written like those of any file."""
    library, embedder = assistant.library, assistant.shelf.text
    (rows, codes), chance, generator = embed(embedder, parts), random.Random(2), np.random.default_rng(3)
    with library.writing():
        library.open_space("text", embedder.name, embedder.dimension)
        for number in range(count // _PER_SOURCE):
            chosen = [chance.sample(range(len(parts)), 3) for _ in range(_PER_SOURCE)]
            mixed = np.stack([rows[each].mean(0) for each in chosen])
            mixed = to_unit(mixed + generator.normal(0, _NOISE, mixed.shape).astype(np.float32))
            source = Source(f"made-{number}", "document", "text/plain", 1)
            segments = [
                Segment(source.id, i, "document", "\n".join(parts[j] for j in each)[:_LONGEST], Place(page=i + 1))
                for i, each in enumerate(chosen)
            ]
            file = FileRecord(f"/made/{number}.txt", "indexed", "document", source.id, segments=len(segments))
            kept = {i: np.concatenate([codes[j] for j in each]) for i, each in enumerate(chosen)} if codes else {}
            library.add(source, file, segments, {"text": dict(enumerate(mixed))}, kept)


def main() -> None:
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "retrieval").is_dir():
        sys.exit("usage: python -m benchmarks.scale DATA [LIBRARY] [SEGMENTS]")
    data = Path(sys.argv[1])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else SEGMENTS
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(sys.argv[2] if len(sys.argv) > 2 else temporary)
        execute = assistant.library.catalogue.connection.execute
        if execute("SELECT count(*) FROM segments").fetchone()[0] < count:
            began = time.monotonic()
            fill(assistant, texts(data), count)
            print(f"scale: {count:,} segments in {time.monotonic() - began:.0f} s")
        measure(assistant, data)


def measure(assistant: Assistant, data: Path) -> None:
    """Seconds of all questions of both collections, and where they are spent."""
    from pipelines.records import Question
    from pipelines.retrieval import Retriever

    retriever = Retriever(assistant.library, assistant.shelf)
    questions = [
        each["text"] for name in ("cranfield", "npl") for each in lines(data / "retrieval" / name / "queries.jsonl")
    ]
    for question in questions[:3]:
        retriever.find(Question(question))  # loads models and index
    times, stages = [], defaultdict(list)
    for question in questions:
        trace = Trace()
        began = time.monotonic()
        retriever.find(Question(question), 10, trace)
        times.append(time.monotonic() - began)
        for stage, seconds in trace.seconds.items():
            stages[stage].append(seconds)
    half, most = (1000 * np.percentile(times, share) for share in (50, 95))
    print(f"scale: {len(questions)} searches: p50 {half:.0f} ms, p95 {most:.0f} ms, max {1000 * max(times):.0f} ms")
    print("scale: on average " + ", ".join(f"{stage} {1000 * mean(each):.1f} ms" for stage, each in stages.items()))


if __name__ == "__main__":
    main()
