"""What a file will cost, in seconds of work, learnt from those that were read: so cheap ones come first, and a run can
say how long it will take.

Knows how much there is in a file as far as that was found out; leaves finding it out to the readers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from indexes.errors import LibraryError
from indexes.library import Library
from pipelines.reading.kinds import KINDS, Kind

_NAME = "costs"  # of the measure that holds what was learnt
_REMEMBERED = 3600.0  # seconds of work by one unit; what is older counts less and less

# Seconds a unit, as two slow cores take them, until something was read: a megabyte of a kind of file, a page, a scanned
# page, a second of a recording, a text that gets its vectors.
_BEGUN = {"page": 0.05, "scan": 4.0, "audio": 0.2, "video": 0.4, "vectors": 0.02}
_MEGABYTE = {"document": 2.0, "image": 4.0, "audio": 10.0, "video": 5.0}
_SOONEST = 2.0  # seconds after which a run knows its pace
_TEXTS = 300.0  # in a megabyte of a document
_SUFFIXES = {"jpg": "jpeg", "tif": "tiff", "heif": "heic", "md": "markdown", "txt": "text", "htm": "html"}
_SUFFIXES |= dict.fromkeys("mp3 m4a wav flac ogg opus wma aac aiff amr".split(), "audio")
_SUFFIXES |= dict.fromkeys("mp4 m4v mkv webm mov avi flv wmv mpg mpeg ts 3gp ogv".split(), "video")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is in a file. `scanned` is the part of its `pages` without a text layer, in 0..1; `seconds` are
    those of a recording. 0 where that is not known, or there are none."""

    pages: int = 0
    scanned: float = 0.0
    seconds: float = 0.0


class Costs:
    """Seconds by unit. For the thread that owns the library; others may ask."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._learnt = False
        query = "SELECT value FROM measures WHERE name = ?"
        found = library.catalogue.connection.execute(query, (_NAME,)).fetchone()
        self._seen: dict[str, list[float]] = json.loads(found["value"]) if found else {}  # seconds and units

    def guess(self, path: str, size: int) -> float:
        """Seconds of reading a file of which only the name and the number of bytes are known."""
        suffix = PurePath(path).suffix[1:].lower()
        return self.reading(KINDS.get(_SUFFIXES.get(suffix, suffix), KINDS["text"]), size, Extent())

    def reading(self, kind: Kind, size: int, extent: Extent) -> float:
        """Seconds of reading a file of so many bytes."""
        return sum(self._rate(unit, _begun(unit)) * count for unit, count in _units(kind, size, extent).items())

    def vectors(self, texts: float = 0.0, size: int = 0) -> float:
        """Seconds for the vectors of so many texts, and of those in so many bytes of documents."""
        return (texts + size / 1e6 * self._rate("texts", _TEXTS)) * self._rate("vectors", _BEGUN["vectors"])

    def learn(self, kind: Kind, size: int, extent: Extent, seconds: float, texts: int) -> None:
        """A file took so many seconds to be read, and gave so many texts."""
        for units in (_units(kind, size, each) for each in {extent, Extent()}):
            thought = {unit: self._rate(unit, _begun(unit)) * count for unit, count in units.items()}
            for unit, count in units.items():  # each in the measure in which it was thought to take its part
                self._see(unit, seconds * thought[unit] / max(sum(thought.values()), 1e-9), count)
        if kind.modality == "document":
            self._see("texts", texts, size / 1e6)

    def learn_vectors(self, seconds: float, texts: int) -> None:
        self._see("vectors", seconds, texts)

    def keep(self) -> None:
        """Write down what was learnt, if anything, for the next time."""
        if not self._learnt:
            return
        with suppress(LibraryError), self._library.catalogue.transaction(counts=False) as connection:
            value = json.dumps({unit: [round(each, 4) for each in seen] for unit, seen in self._seen.items()})
            generation = self._library.catalogue.generation
            connection.execute("INSERT OR REPLACE INTO measures VALUES (?, ?, ?)", (_NAME, value, generation))

    def _rate(self, unit: str, begun: float) -> float:
        seconds, count = self._seen.get(unit, (0.0, 0.0))
        return (1.0 + seconds) / (1.0 / begun + count)  # what was thought before counts as a second of work

    def _see(self, unit: str, seconds: float, count: float) -> None:
        self._learnt = True
        seen = self._seen.setdefault(unit, [0.0, 0.0])
        fade = 0.5 if seen[0] > _REMEMBERED else 1.0
        seen[:] = [fade * seen[0] + seconds, fade * seen[1] + count]


def _units(kind: Kind, size: int, extent: Extent) -> Mapping[str, float]:
    """What is counted of a file, and how many of it there are."""
    if extent.pages:
        units = {"scan": extent.pages * extent.scanned, "page": extent.pages * (1 - extent.scanned)}
        return {unit: count for unit, count in units.items() if count}
    if extent.seconds:
        return {kind.modality: extent.seconds}
    return {f"MB of {kind.name}": max(size, 1000) / 1e6}


def _begun(unit: str) -> float:
    megabyte = unit.removeprefix("MB of ")
    return _MEGABYTE[KINDS[megabyte].modality] if megabyte != unit else _BEGUN[unit]


class Remaining:
    """What is left of a run, in seconds of work as `Costs` knows them, and at the pace of what was done."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._began = time.monotonic()
        self._left: dict[str, tuple[float, int]] = {}  # seconds of reading and bytes whose texts will come, by path
        self._done = 0.0

    def expect(self, path: str, seconds: float, size: int) -> None:
        """A file will take so long to be read. `size`: its bytes, 0 for what holds few texts."""
        self._left[path] = seconds, size

    def drop(self, path: str) -> None:
        """A file need not be read."""
        self._left.pop(path, None)

    def reached(self, path: str, part: float = 1.0) -> None:
        """So much of what was left of a file was read, in 0..1."""
        seconds, size = self._left.pop(path, (0.0, 0))
        self._done += seconds * part
        if part < 1:
            self._left[path] = seconds * (1 - part), round(size * (1 - part))

    def made(self, texts: int) -> None:
        """So many texts have got their vectors."""
        self._done += self._costs.vectors(texts)

    def seconds(self, lacking: int) -> float | None:
        """Until all is done, also the vectors of so many texts that were read; None before there is a pace."""
        elapsed = time.monotonic() - self._began
        if elapsed < _SOONEST or not self._done:
            return None
        reading, sizes = map(sum, zip(*self._left.values(), strict=True)) if self._left else (0.0, 0)
        return (reading + self._costs.vectors(lacking, int(sizes))) * elapsed / self._done
