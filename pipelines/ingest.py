"""Indexing: find files → recognise → read → look at pictures → clean → segment → embed → store.

Reading and embedding go on beside each other (`reading/readers.py`, `filling.py`); what they find out meets on one
queue, and only the thread that owns the library stores it: words first, vectors behind them. Yields an event for each
step that a person wants to see. One bad file never stops the rest, and closing the generator stops the work with
everything stored that was read.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from indexes.library import Library
from pipelines.errors import ExtractionError
from pipelines.finding import floors
from pipelines.in_use import in_use
from pipelines.memory import given_back
from pipelines.models.shelf import ModelShelf
from pipelines.reading.costs import Extent
from pipelines.reading.files import Found, absolute, find_files, is_text
from pipelines.reading.ignoring import Ignoring
from pipelines.reading.kinds import kind_of
from pipelines.reading.readers import Heard
from pipelines.reading.run import Run
from pipelines.reading.vanished import forget_vanished
from pipelines.recordings.drafting import Drafting
from pipelines.records import FilesFound, IngestEvent

log = logging.getLogger(__name__)

_RECORDED = ("audio", "video")


class Ingest:
    """Brings a library level with files and folders."""

    def __init__(
        self,
        library: Library,
        shelf: ModelShelf,
        largest: int,
        largest_recording: int | None = None,
        most_frames: int = 480,
        memory: int = 2_000_000_000,
        stopping: threading.Event | None = None,
    ) -> None:
        """`largest`: files above this many bytes are skipped; recordings, which are never held as a whole, above
        `largest_recording`. `most_frames`: key frames of one video. `memory`: bytes that indexing may take in all.
        `stopping`, once it is set, ends it within a second, also in the middle of a file."""
        self.library = library
        self.shelf = shelf
        self.largest = largest
        self.largest_recording = max(largest, largest_recording or 0)
        self.memory = memory
        self.most_frames = most_frames
        self._stopping = stopping or threading.Event()

    def index(self, names: Sequence[Path], complete: bool = True, again: bool = False) -> Iterator[IngestEvent]:
        """Add and update what is below `names`, forget what vanished there. Raises LibraryBusy.

        Long recordings become drafts, and at the end are completed, unless `complete` is false. `again`: also read what
        failed some times already.
        """
        with self.library.writing(), given_back():
            ignoring = Ignoring()
            files = list(find_files(names, self.largest_recording, self.library.folder, ignoring))
            yield FilesFound(len(files), sum(file.bytes for file in files), dict(ignoring.counts))
            drafting = self._drafting()
            yield from self._read(files, names, drafting, again)
            if not self._stopping.is_set():
                yield from forget_vanished(self.library, names, {file.path for file in files}, ignoring)
            if complete and not self._stopping.is_set():
                yield from self._read([], [], drafting, drafts=self._drafts(names))
            if not self._stopping.is_set():
                floors.update(self.library, self.shelf)

    def complete(self) -> Iterator[IngestEvent]:
        """Complete what is a draft. Raises LibraryBusy."""
        with self.library.writing(), given_back():
            drafting = self._drafting()
            begun = [
                Path(file.path)
                for file in self.library.catalogue.files()
                if file.status == "draft" and file.stage == "read" and os.path.exists(file.path)
            ]
            yield from self._read(list(find_files(begun, self.largest)), begun, drafting)
            yield from self._read([], [], drafting, drafts=self._drafts([Path("/")]))

    def _drafting(self) -> Drafting:
        """With the models in use, in whose place no others come while this one writes."""
        return Drafting(self.library, in_use(self.library, self.shelf), self.most_frames)

    def _read(
        self,
        files: Sequence[Found],
        names: Sequence[Path],
        drafting: Drafting,
        again: bool = False,
        drafts: Sequence[Heard] = (),
    ) -> Iterator[IngestEvent]:
        run = Run(
            self.library,
            drafting.shelf,
            drafting,
            files,
            names,
            self.memory,
            self.largest,
            again,
            drafts,
            self._stopping,
        )
        try:
            yield from run.events()
        finally:
            stored = list(run.close())
        yield from stored

    def _drafts(self, names: Sequence[Path]) -> list[Heard]:
        """The recordings to complete, once for each content."""
        known = [str(absolute(name)) for name in names if is_text(str(name))]
        files = {file.path: file for path in known for file in self.library.catalogue.files(path)}
        drafts: dict[str, Heard] = {}
        for file in files.values():
            if file.status != "draft" or file.stage == "vectors" or file.modality not in _RECORDED:
                continue
            with suppress(ExtractionError, OSError):  # whatever has become of it, the next indexing will see to it
                status = os.stat(file.path)
                if (status.st_size, status.st_mtime_ns) == (file.bytes, file.mtime_ns):
                    heard = Heard(file, kind_of(Path(file.path)), Extent(), complete=True)
                    drafts.setdefault(file.source_id or "", heard)
        return [*drafts.values()]
