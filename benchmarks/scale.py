"""Measures a library as it grows: how fast it is filled, asked, added to, opened, checked, and made to forget.

    python -m benchmarks.scale DATA [SEGMENTS …] [--library FOLDER]

Fills a library to each number of segments in turn (1,000, 10,000 and 100,000 unless others are named; a million takes
an hour and 9 GB of disk) from the texts of DATA/retrieval: a segment is three of them, one behind the other, its vector
is the mean of theirs with some noise, and its words are theirs, so that filling does not wait for the text model. At
each size, in processes of their own:

- the collections' own questions are asked, everything included: reading the question, its vector, all indexes, fusion,
  the rows; then what memory that took, of which mapped files are shared by all processes;
- a file of 25 paragraphs is added, in the process that answered the questions, and by the bare command;
- `search` and `doctor` as bare commands, from nothing to their last line;
- a file of 1,000 segments is forgotten; then each file of the library is searched for its words.

With --library it is kept in that folder, and used again when it is full.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from app.assistant import Assistant
from app.settings import PROJECT
from benchmarks.measure import lines, new_assistant
from indexes.records import FileRecord, Place, Segment, Source
from pipelines.models.embedding import to_unit
from pipelines.models.words import embed
from pipelines.tracing import Trace

SIZES = (1_000, 10_000, 100_000)
_PARTS = 2_000  # texts that are embedded; the segments are made of them
_PER_SOURCE = 25
_NOISE = 0.03  # standard deviation of each dimension; a unit vector's own is .05
_LONGEST = 1_000  # characters of a segment
_FORGOTTEN = 1_000  # segments


def texts(data: Path) -> list[str]:
    """Texts of both collections, in an order of chance that is the same each time."""
    found = [
        each["text"] for name in ("cranfield", "npl") for each in lines(data / "retrieval" / name / "corpus.jsonl")
    ]
    found = [text for text in found if text]
    random.Random(1).shuffle(found)
    return found[:_PARTS]


class Filling:
    """Makes sources of many segments, and writes them like those of any file."""

    def __init__(self, assistant: Assistant, parts: list[str], seed: int) -> None:
        self._library, self._parts = assistant.library, parts
        self._text = assistant.shelf.text
        self._rows, self._codes = embed(self._text, parts)
        self._chance, self._noise = random.Random(seed), np.random.default_rng(seed)

    def fill(self, segments: int) -> None:
        """Add sources until there are so many segments."""
        with self._library.writing():
            self._library.open_space("text", self._text.name, self._text.dimension)
            present = _count(self._library.catalogue, "segments")
            sources = _count(self._library.catalogue, "sources")
            for number in range(sources, sources + (segments - present) // _PER_SOURCE):
                self.add(f"made-{number}", _PER_SOURCE)

    def add(self, name: str, segments: int, said: str = "") -> None:
        """One source; `said` begins each of its texts."""
        chosen = [self._chance.sample(range(len(self._parts)), 3) for _ in range(segments)]
        mixed = np.stack([self._rows[each].mean(0) for each in chosen])
        mixed = to_unit(mixed + self._noise.normal(0, _NOISE, mixed.shape).astype(np.float32))
        source = Source(name, "document", "text/plain", 1)
        found = [
            Segment(source.id, i, "document", (said + "\n".join(self._parts[j] for j in each))[:_LONGEST], Place(i + 1))
            for i, each in enumerate(chosen)
        ]
        file = FileRecord(f"/made/{name}.txt", "indexed", "document", source.id, segments=segments)
        codes = self._codes
        kept = {i: np.concatenate([codes[j] for j in each]) for i, each in enumerate(chosen)} if codes else {}
        self._library.add(source, file, found, {"text": dict(enumerate(mixed))}, kept)


def _count(catalogue: Any, table: str) -> int:
    return int(catalogue.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# --- what is measured in a process of its own; each returns what is printed ---


def filled(data: Path, folder: str, segments: int) -> str:
    assistant = new_assistant(folder)
    present = _count(assistant.library.catalogue, "segments")
    if present >= segments:
        return "is there"
    filling = Filling(assistant, texts(data), seed=present)
    began = time.monotonic()
    filling.fill(segments)
    seconds = time.monotonic() - began
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return f"filled in {seconds:.0f} s, {(segments - present) / seconds:.0f} segments/s; {size / 1e6:,.0f} MB on disk"


def asked(data: Path, folder: str) -> str:
    """Seconds of all questions of both collections, and where they are spent; then of adding a file."""
    from pipelines.records import Question
    from pipelines.retrieval import Retriever

    assistant = new_assistant(folder)
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
    memory = dict(re.findall(r"^Rss(Anon|File):\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE))
    with tempfile.TemporaryDirectory() as temporary:
        file = written(Path(temporary) / "added.txt")
        began = time.monotonic()
        for _ in assistant.index([file]):
            pass
        added = time.monotonic() - began
        assistant.forget(str(file))
    return (
        f"{len(questions)} searches: p50 {half:.0f} ms, p95 {most:.0f} ms, max {1000 * max(times):.0f} ms"
        f" ({', '.join(f'{stage} {1000 * mean(each):.1f}' for stage, each in stages.items())})\n"
        f"memory {int(memory['Anon']) / 1e3:.0f} MB and {int(memory['File']) / 1e3:.0f} MB of mapped files, at most"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB\n"
        f"a file of 25 paragraphs added where questions were answered: {added:.2f} s"
    )


def forgotten(data: Path, folder: str) -> str:
    assistant = new_assistant(folder)
    filling = Filling(assistant, texts(data), seed=7)
    said = f"zq{random.getrandbits(64):x} "
    with assistant.library.writing():
        assistant.library.open_space("text", assistant.shelf.text.name, assistant.shelf.text.dimension)
        filling.add("to-forget", _FORGOTTEN, said)
    there = holding(Path(folder), said.strip().encode())
    began = time.monotonic()
    assistant.forget("/made/to-forget.txt")
    seconds = time.monotonic() - began
    left = holding(Path(folder), said.strip().encode())
    return f"{_FORGOTTEN:,} segments forgotten in {seconds:.2f} s; their word stood in {there} files, stands in {left}"


def holding(folder: Path, sought: bytes) -> int:
    """How many files of a folder hold these bytes."""
    found = 0
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                before = b""
                while portion := file.read(1 << 24):
                    if sought in before + portion:
                        found += 1
                        break
                    before = portion[-len(sought) :]
    return found


def written(path: Path) -> Path:
    """A file of 25 paragraphs that no other run has written."""
    chance = random.Random()
    words = "harbour lamp keeper tide signal tower engine stair glass oil wind rope anchor chart fog bell".split()
    path.write_text("\n\n".join(" ".join(chance.choices(words, k=120)) for _ in range(25)), encoding="utf-8")
    return path


MEASURES = {"filled": filled, "asked": asked, "forgotten": forgotten}


# --- one process after the other ---


def run(*arguments: str) -> tuple[str, float]:
    """What a command of Python prints, and its seconds. Exits where it failed, doctor's word that something is odd
    excepted."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if done.returncode and "doctor" not in arguments:
        sys.exit(done.stderr[-2000:] or done.stdout[-2000:])
    return done.stdout.strip(), time.monotonic() - began


_MEASURE = """
import json, sys
from pathlib import Path
from benchmarks.scale import MEASURES
name, data, *others = json.loads(sys.argv[1])
print(MEASURES[name](Path(data), *others))
"""


def measured(name: str, *arguments: str | int) -> list[str]:
    """The lines of a measurement in a process of its own."""
    return run("-c", _MEASURE, json.dumps([name, *arguments]))[0].splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="A library as it grows.")
    parser.add_argument("data", type=Path)
    parser.add_argument("segments", type=int, nargs="*", default=SIZES)
    parser.add_argument("--library", type=Path)
    chosen = parser.parse_args()
    if not (chosen.data / "retrieval").is_dir():
        parser.error(f"{chosen.data} has no folder 'retrieval'")
    with tempfile.TemporaryDirectory() as temporary:
        curve(str(chosen.data.resolve()), chosen.library or Path(temporary) / "library", sorted(chosen.segments))


def curve(data: str, library: Path, sizes: Sequence[int]) -> None:
    """Print what is measured at each size."""
    for segments in sizes:
        for name, arguments in (("filled", (segments,)), ("asked", ()), ("forgotten", ())):
            for line in measured(name, data, str(library), *arguments):
                print(f"scale {segments:,}: {line}", flush=True)
        with tempfile.TemporaryDirectory() as temporary:
            file = str(written(Path(temporary) / "added.txt"))
            for command in (["index", file], ["forget", file], ["search", "boundary layer"], ["doctor"]):
                out, seconds = run("-m", "app", *command, "--library", str(library))
                bad = "".join(f"; {line}" for line in out.splitlines() if line.startswith("BAD"))
                print(f"scale {segments:,}: `{command[0]}` as a command {seconds:.2f} s{bad}", flush=True)


if __name__ == "__main__":
    main()
