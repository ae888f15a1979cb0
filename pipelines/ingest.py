"""Indexing: find files → recognise → read → look at pictures → clean → segment → embed → store.

Reading and embedding go on beside each other (`reading/readers.py`, `filling.py`); what they find out meets on one
queue, and only the thread that owns the library stores it: words first, vectors behind them. Yields an event for each
step that a person wants to see. One bad file never stops the rest, and closing the generator stops the work with
everything stored that was read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from indexes.library import Library
from pipelines.errors import ExtractionError
from pipelines.finding import floors
from pipelines.in_use import in_use
from pipelines.memory import given_back
from pipelines.models.shelf import ModelShelf
from pipelines.reading.files import Found, absolute, find_files, is_text
from pipelines.reading.ignoring import Ignoring
from pipelines.reading.kinds import kind_of
from pipelines.reading.run import Run
from pipelines.reading.vanished import forget_vanished
from pipelines.recordings.drafting import Drafting
from pipelines.records import FileFinished, FilesFound, FileStarted, IngestEvent

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
    ) -> None:
        """`largest`: files above this many bytes are skipped; recordings, which are never held as a whole, above
        `largest_recording`. `most_frames`: key frames of one video. `memory`: bytes that indexing may take in all."""
        self.library = library
        self.shelf = shelf
        self.largest = largest
        self.largest_recording = max(largest, largest_recording or 0)
        self.memory = memory
        self.most_frames = most_frames

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
            yield from forget_vanished(self.library, names, {file.path for file in files}, ignoring)
            if complete:
                yield from self._complete(names, drafting)
                yield from self._read([], [], drafting)  # the vectors of what was completed
            floors.update(self.library, self.shelf)

    def complete(self) -> Iterator[IngestEvent]:
        """Complete what is a draft. Raises LibraryBusy."""
        with self.library.writing(), given_back():
            drafting = self._drafting()
            begun = [
                Path(file.path)
                for file in self.library.catalogue.files()
                if file.status == "draft" and file.modality not in _RECORDED and os.path.exists(file.path)
            ]
            yield from self._read(list(find_files(begun, self.largest)), begun, drafting)
            yield from self._complete([Path("/")], drafting)
            yield from self._read([], [], drafting)

    def _drafting(self) -> Drafting:
        """With the models in use, in whose place no others come while this one writes."""
        return Drafting(self.library, in_use(self.library, self.shelf), self.most_frames)

    def _read(
        self, files: Sequence[Found], names: Sequence[Path], drafting: Drafting, again: bool = False
    ) -> Iterator[IngestEvent]:
        run = Run(self.library, drafting.shelf, drafting, files, names, self.memory, self.largest, again)
        try:
            yield from run.events()
        finally:
            stored = list(run.close())
        yield from stored

    def _complete(self, names: Sequence[Path], drafting: Drafting) -> Iterator[IngestEvent]:
        known = [str(absolute(name)) for name in names if is_text(str(name))]
        paths = dict.fromkeys(file.path for path in known for file in self.library.catalogue.files(path))
        for path in paths:
            draft = self.library.catalogue.file(path)  # completing one of two copies completes both
            if draft is None or draft.status != "draft" or draft.modality not in _RECORDED or draft.stage == "vectors":
                continue
            yield FileStarted(path)
            try:
                status = os.stat(path)
                if (status.st_size, status.st_mtime_ns) != (draft.bytes, draft.mtime_ns):
                    continue  # it is another file by now: the next indexing of its folder will see to it
                kind = kind_of(Path(path))
                yield from drafting.read(draft, kind)
                yield from drafting.complete(self.library.catalogue.file(path) or draft, kind)
            except (ExtractionError, OSError) as error:
                reason = f"It can be asked, but reading it was not completed: {error}"
                draft = replace(self.library.catalogue.file(path) or draft, status="partial", reason=reason)
                self.library.record(draft)
                yield FileFinished(draft)
