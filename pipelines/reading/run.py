"""One run over files that were found: read and embedded beside each other, stored by the one thread that owns the
library.

The readers and the encoder tell of what they have done on one queue, in the order in which it is done; the ledger has a
line for each file at its end.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from indexes.errors import FolioscopeError
from indexes.library import Library, removed
from indexes.records import FileRecord, Modality, Source, Status
from pipelines.filling import Filling
from pipelines.models.devices import cores
from pipelines.models.shelf import ModelShelf
from pipelines.reading.costs import Costs, Remaining
from pipelines.reading.document import Portion
from pipelines.reading.files import Found, absolute, is_text
from pipelines.reading.looking import to_embed
from pipelines.reading.readers import Heard, Known, Readers, Refused, Same, Surveyed, Told, count_for
from pipelines.recordings.drafting import Drafting
from pipelines.recordings.recording import subtitles_changed
from pipelines.records import FileAdvanced, FileFinished, FileStarted, IngestEvent, TimeLeft

log = logging.getLogger(__name__)

_MOST_FILES = 256  # that the readers are given ahead
_SOON = 0.25  # seconds to wait for what is told
_OFTEN = 1.0  # seconds between two words about what is left
_QUICK = 1.0  # seconds between two portions; as long as it takes no longer, all cores are left to the readers
MOST_TRIES = 3
"""Times that a file which fails is read; after that only when it has changed, or somebody asks for it."""
_RACY_NS = 2_000_000_000  # a file written this shortly before it was indexed may have changed since unseen


class Run:
    """One run over the files that were found: gives them to the readers, what these read to the encoder, and stores
    what is complete."""

    def __init__(
        self,
        library: Library,
        shelf: ModelShelf,
        drafting: Drafting,
        files: Sequence[Found],
        names: Sequence[Path],
        memory: int,
        largest: int,
        again: bool = False,
        drafts: Sequence[Heard] = (),
        stopping: threading.Event | None = None,
    ) -> None:
        """`files` stand below `names`; `memory`: bytes for all of it; `largest`: bytes of a document; `again`: also
        what failed some times already; `drafts`: recordings to be completed; `stopping`: nobody wants the rest."""
        self.library = library
        self._drafting = drafting
        self._costs = Costs(library)
        self._remaining = Remaining(self._costs)
        self._files = deque(sorted(files, key=lambda found: self._costs.guess(found.path, found.bytes)))
        self._ledger = {
            file.path: file
            for name in names
            if is_text(str(name))
            for file in self.library.catalogue.files(str(absolute(name)))
        }
        self._again = again
        self._stopping = stopping or threading.Event()
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._readers = Readers(library, shelf, self._costs, self._told, count_for(cores(), memory), memory, largest)
        self._filling = Filling(library, shelf, self._made, lambda: self._told.put(None))
        self._shelf = shelf
        self._open = 0  # files that were put and have no end yet
        self._stored = self._said = 0.0  # when a portion was stored, and what is left was told
        self._same: list[FileRecord] = []
        self._recordings = list(drafts)
        self._open += len(self._recordings)
        self._listening = ""  # the path of the recording that is read

    def events(self) -> Iterator[IngestEvent]:
        """All of them. Raises FolioscopeError where no file can be read, since a model is missing."""
        self.library.expect([found.path for found in self._files if not found.problem and self._is_new(found.path)])
        for found in self._files:
            self._remaining.expect(found.path, self._costs.guess(found.path, found.bytes), found.bytes)
        self._stored = time.monotonic()
        while not self._stopping.is_set():
            while self._files and self._open < _MOST_FILES:
                yield from self._admit(self._files.popleft())
            quick = self._open and time.monotonic() - self._stored < _QUICK
            if not quick and not self._filling.feed() and not self._open:
                break
            if not self._listening and self._recordings:
                yield from self._listen(min(self._recordings, key=lambda heard: heard.extent.seconds))
            yield from self._take()
            yield from self._tell(self._filling.store())
            yield from self._time_left()
        if not self._stopping.is_set():
            yield from self._tell(self._filling.rest())

    def _made(self, texts: int, seconds: float) -> None:
        self._costs.learn_vectors(seconds, texts)
        self._remaining.made(texts)

    def _time_left(self) -> Iterator[IngestEvent]:
        if time.monotonic() - self._said > _OFTEN:
            self._said = time.monotonic()
            seconds = self._remaining.seconds(self._filling.lacking())
            if seconds is not None:
                yield TimeLeft(seconds)

    def _tell(self, whole: Iterable[str]) -> Iterator[IngestEvent]:
        """Tell once more of the files of sources that have all vectors now, by id."""
        sources = self.library.catalogue.sources(whole)
        for path in (path for source in sources.values() for path in source.paths):
            record = self.library.catalogue.file(path)
            if record is not None:
                yield FileFinished(record)

    def _is_new(self, path: str) -> bool:
        known = self._ledger.get(path)
        return known is None or known.status == "removed"

    def close(self) -> Iterator[IngestEvent]:
        """End what is still going on, and store what was read; vectors that were not begun are left to the next."""
        self._readers.close()
        self._filling.close()
        self._costs.keep()
        while not self._told.empty():
            told = self._told.get()
            if isinstance(told, Portion):
                yield from self._store(told)
        yield from self._tell(self._filling.store())

    def _admit(self, found: Found) -> Iterator[IngestEvent]:
        """Tell at once what can be told of a file without opening it, and have the others read."""
        self._remaining.drop(found.path)
        record = FileRecord(found.path, "indexed", bytes=found.bytes, mtime_ns=found.mtime_ns, updated=time.time())
        known = self._ledger.get(found.path)
        if found.problem:
            status: Status = "skipped" if found.refused else "failed"
            record = replace(record, status=status, stage="find", reason=found.problem)
            if os.path.lexists(found.path):
                yield self._finish(record)
            elif not self.library.catalogue.files(found.path):  # else _forget_vanished tells of it
                yield FileFinished(record)
            return
        rewritten = known is not None and subtitles_changed(known)
        if known is not None and _same_file(known, found) and not rewritten:
            yield FileFinished(replace(known, status="unchanged", seconds=0.0))
            return
        if rewritten:
            assert known is not None
            self.library.record(removed(known, "its subtitles were written anew"))
        tried = known.tries if known is not None and _same_bytes(known, found) else 0
        if known is not None and known.status == "failed" and tried >= MOST_TRIES and not self._again:
            yield FileFinished(replace(known, seconds=0.0))
            return
        self._put(replace(record, tries=tried + 1))

    def _put(self, record: FileRecord) -> None:
        self._open += 1
        seconds = self._costs.guess(record.path, record.bytes)
        self._remaining.expect(record.path, seconds, record.bytes)
        self._readers.put(record, seconds)

    def _take(self) -> Iterator[IngestEvent]:
        """Do what the readers have told, which is waited for a while."""
        with suppress(queue.Empty):
            yield from self._do(self._told.get(timeout=_SOON))
        while not self._told.empty() and not self._stopping.is_set():
            yield from self._do(self._told.get())

    def _do(self, told: Told) -> Iterator[IngestEvent]:
        match told:
            case FileStarted() | FileAdvanced():
                yield told
            case Surveyed(record, kind, extent):
                seconds = self._costs.reading(kind, record.bytes, extent)
                self._remaining.expect(record.path, seconds, record.bytes if kind.modality == "document" else 0)
            case Portion():
                yield from self._store(told)
            case FolioscopeError():
                raise told
            case Heard():
                self._recordings.append(told)
            case Same(record):
                self._same.append(record)
                self._go_on_with_same()
            case Known(record, source):
                yield self._alias(record, source)
                self._end(record.path)
            case Refused(record, counts):
                yield self._finish(record, counts)
                self._end(record.path)

    def _end(self, path: str) -> None:
        self._open -= 1
        self._listening = "" if path == self._listening else self._listening
        self._remaining.reached(path)
        self._go_on_with_same()

    def _go_on_with_same(self) -> None:
        """Files with the content of one that has ended: the same source, or read by themselves if that failed."""
        waiting = [record for record in self._same if self._readers.reads(record.source_id or "")]
        ended = [record for record in self._same if record not in waiting]
        self._same = waiting
        for record in ended:
            self._readers.put(record, 0.0)

    def _listen(self, heard: Heard) -> Iterator[IngestEvent]:
        """Begin to read a recording, unless another path to it was read meanwhile."""
        self._recordings.remove(heard)
        record = heard.record
        source = self.library.catalogue.sources([record.source_id or ""]).get(record.source_id or "")
        key = self.library.catalogue.source_key(record.source_id or "")
        if source is not None and not self.library.catalogue.stages(key or 0):
            yield self._alias(record, source)
            self._end(record.path)
            return
        self._listening = record.path
        if heard.complete:
            yield FileStarted(record.path)
        read = self._drafting.complete if heard.complete else self._drafting.read
        self._readers.listen(record, read(record, heard.kind))

    def _store(self, portion: Portion) -> Iterator[IngestEvent]:
        """One transaction. What cannot be stored costs itself only."""
        record = portion.record
        try:
            if portion.pictures:
                self.library.open_space("image", self._shelf.image.name, self._shelf.image.dimension)
            vectors = {"image": portion.pictures} if portion.pictures else {}
            words_first = any(map(to_embed, portion.segments))
            self.library.extend(
                portion.source, record, portion.segments, vectors, portion.stages, portion.instead_of, words_first
            )
        except (ValueError, TypeError) as error:  # something in this source that no database takes
            log.info("storing %s failed", record.path, exc_info=True)
            reason = f"What was read in {Path(record.path).name} could not be stored: {error}."
            yield self._finish(replace(record, status="failed", stage="store", reason=reason))
        else:
            portion.stored.set()
            self._stored = time.monotonic()
            if not portion.ends:
                self._remaining.reached(record.path, portion.part)
                yield FileAdvanced(record.path, record.segments, portion.place, portion.note)
                return
            if not portion.stages:
                self._record_copies(record)
            if portion.in_one_go:
                self._costs.learn(portion.kind, record.bytes, portion.extent, record.seconds, record.segments)
            yield FileFinished(self.library.catalogue.file(record.path) or record)
        self._readers.release(portion.source.id)
        self._end(record.path)

    def _record_copies(self, record: FileRecord) -> None:
        """Other paths to what was read to its end, that were drafts as well."""
        source = self.library.catalogue.sources([record.source_id or ""]).get(record.source_id or "")
        for path in source.paths if source else ():
            other = self.library.catalogue.file(path)
            if other is not None and other.status == "draft" and other.stage != "vectors":
                self.library.record(replace(record, path=path, bytes=other.bytes, mtime_ns=other.mtime_ns))

    def _alias(self, record: FileRecord, source: Source) -> FileFinished:
        """The same content under another path, or a file that was only touched."""
        modality: Modality = source.modality
        ids = self.library.catalogue.segment_ids(self.library.catalogue.source_key(source.id) or 0)
        stage, reason = self.library.catalogue.partial(source.id)
        status: Status = "partial" if reason else record.status
        record = replace(record, status=status, stage=stage, reason=reason, modality=modality, segments=len(ids))
        self.library.record(record)
        known = self._ledger.get(record.path)
        same = known is not None and known.source_id == source.id
        record = self.library.catalogue.file(record.path) or record
        return FileFinished(replace(record, status="unchanged") if same else record)

    def _finish(self, record: FileRecord, counts: bool = True) -> FileFinished:
        """A file that was not read to its end. What an earlier version of it gave stays, and the ledger says so; where
        there is none, what was read until then stays if it `counts`."""
        catalogue = self.library.catalogue
        known = catalogue.file(record.path)
        held = known.source_id if known is not None else None
        begun = held == record.source_id and bool(catalogue.stages(catalogue.source_key(held or "") or 0))
        kept = catalogue.earlier(record.path) if begun else held
        if kept:
            reason = f"{record.reason} What was read from its earlier version is kept."
        elif begun and counts:
            so_far = known.reason.partition(";")[0] if known is not None else ""  # 'Pages 1–48 of 619 can be asked'
            kept, reason = held, f"{record.reason} {so_far}."
            record = replace(record, status="partial")
        else:
            reason = record.reason
        segments = len(catalogue.segment_ids(catalogue.source_key(kept) or 0)) if kept else 0
        record = replace(record, source_id=kept, segments=segments, reason=reason)
        with catalogue.transaction():
            if record.status == "partial":
                catalogue.set_stages(catalogue.source_key(kept or "") or 0, {})
            self.library.record(record)
        return FileFinished(record)


def _same_file(known: FileRecord, found: Found) -> bool:
    """By size and time of change, as far as they can be trusted; otherwise the content decides."""
    if known.source_id is None or known.status in ("failed", "skipped", "removed"):
        return False
    if known.status == "draft" and known.stage != "vectors":
        return False
    # Either way: clocks are set back, too.
    return _same_bytes(known, found) and abs(known.updated * 1e9 - known.mtime_ns) > _RACY_NS


def _same_bytes(known: FileRecord, found: Found) -> bool:
    return (known.bytes, known.mtime_ns) == (found.bytes, found.mtime_ns)
