"""Documents read beside each other: a few threads, each with a process that takes files apart.

What a thread finds out about a file is put on a queue; whoever owns the library takes it from there. Nothing is
written here.
"""

from __future__ import annotations

import errno
import logging
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count as count_up
from pathlib import Path

from indexes.errors import FolioscopeError, LibraryError
from indexes.library import Library
from indexes.records import FileRecord, Place, Source
from pipelines.errors import Changed, ExtractionError, OutOfMemory, Unsupported
from pipelines.models.shelf import ModelShelf
from pipelines.reading.costs import Costs, Extent
from pipelines.reading.document import Begun, Portion, begun, read_document
from pipelines.reading.files import content_id, too_large
from pipelines.reading.kinds import Kind, kind_of
from pipelines.reading.processes import ReadingProcess
from pipelines.recordings.media import probe
from pipelines.recordings.recording import recording_of
from pipelines.records import FileAdvanced, FileStarted

log = logging.getLogger(__name__)

_PATIENCE = 0.3  # seconds for threads to end
_A_WHILE = 0.1  # seconds between two words about the same file
_MODELS = 900_000_000  # bytes that this process takes with the models that read pictures
_LEAST = 250_000_000  # bytes with which a process reads nearly everything; what needs more is read alone


@dataclass(frozen=True, slots=True)
class Known:
    """A file whose content is in the library already."""

    record: FileRecord
    source: Source


@dataclass(frozen=True, slots=True)
class Same:
    """A file whose content is just being read under another path."""

    record: FileRecord


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording, which is read elsewhere."""

    record: FileRecord
    kind: Kind
    extent: Extent
    complete: bool = False  # it is a draft, of which all is to be read


@dataclass(frozen=True, slots=True)
class Surveyed:
    """How much there is in a file that waits to be read, and so what it costs."""

    record: FileRecord
    kind: Kind
    extent: Extent


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was skipped or could not be read; the record says why. What was read of it until then `counts`,
    unless the file itself has changed."""

    record: FileRecord
    counts: bool = True


Outcome = Known | Same | Heard | Refused | FolioscopeError
Told = FileStarted | FileAdvanced | Surveyed | Portion | Outcome | None
Waiting = tuple[float, int, FileRecord | Surveyed | None]
"""Seconds that a file costs, and the number by which it came; None ends a thread."""


class Readers:
    """Threads that read what was `put`, the cheapest first. Each file has its portions or one Outcome, behind its
    events. An error as Outcome concerns all files: a model is missing."""

    def __init__(self, library: Library, shelf: ModelShelf, costs: Costs, told: queue.SimpleQueue[Told], count: int,
                 memory: int, largest: int) -> None:  # fmt: skip
        """`count` threads, `memory` bytes for all of it; documents above `largest` bytes are refused."""
        self._library = library
        self._shelf = shelf
        self._costs = costs
        self._told = told
        self._share = max(_LEAST, (memory - _MODELS) // count)
        self._whole = max(_LEAST, memory - _MODELS)
        self._room = _Room(count)
        self._largest = largest
        self._files: queue.PriorityQueue[Waiting] = queue.PriorityQueue()
        self._numbers = count_up()
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._processes: list[ReadingProcess] = []
        self._threads: list[threading.Thread] = []
        self._most, self._started = count, 0

    def put(self, record: FileRecord, seconds: float) -> None:
        """A file to be read, with its size and time of change, and what it will cost as far as is known."""
        self._files.put((seconds, next(self._numbers), record))
        if self._started < self._most:
            self._started += 1
            thread = threading.Thread(target=self._work, name=f"reading {self._started}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def reads(self, source_id: str) -> bool:
        """Whether this content is being read, or waits to be stored."""
        with self._lock:
            return source_id in self._claimed

    def release(self, source_id: str) -> None:
        """Its content was stored, or given up: another file with the same may be read."""
        with self._lock:
            self._claimed.discard(source_id)

    def listen(self, record: FileRecord, portions: Iterator[Portion | FileAdvanced]) -> None:
        """Tell of a recording's portions, each made when the one before was stored."""
        thread = threading.Thread(target=self._listen, args=(record, portions), name="listening", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self, record: FileRecord, portions: Iterator[Portion | FileAdvanced]) -> None:
        try:
            for portion in portions:
                self._told.put(portion)
                if isinstance(portion, Portion):
                    self._wait(portion)
        except Exception as error:
            self._told.put(refused(record, error))

    def close(self) -> None:
        """End processes and threads, also in the middle of a file. A thread that a model keeps busy is not waited for
        long: it finds out when it comes back, and nobody hears it any more."""
        with self._lock:
            self._stopping.set()
            for process in self._processes:
                process.end()
        for _ in self._threads:
            self._files.put((-1.0, next(self._numbers), None))
        until = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _new_process(self, memory: int) -> ReadingProcess:
        process = ReadingProcess(memory)
        with self._lock:
            self._processes.append(process)
            if self._stopping.is_set():
                process.end()
        return process

    def _work(self) -> None:
        process = self._new_process(self._share)
        try:
            while True:
                seconds, _, file = self._files.get()
                if file is None or self._stopping.is_set():
                    return
                record = file.record if isinstance(file, Surveyed) else file
                began = time.monotonic()
                try:
                    if not isinstance(file, Surveyed):
                        file = self._survey(record, process)
                        if self._turned_out_dear(file, seconds):
                            continue
                    self._told.put(FileStarted(record.path))
                    record = replace(record, source_id=content_id(record.path), modality=file.kind.modality)
                    outcome = self._outcome(record, file, process)
                except Exception as error:
                    outcome = refused(record, error)
                if isinstance(outcome, Refused):
                    outcome = replace(outcome, record=replace(outcome.record, seconds=time.monotonic() - began))
                if outcome is not None:
                    self._told.put(outcome)
        finally:
            process.close()

    def _survey(self, record: FileRecord, process: ReadingProcess) -> Surveyed:
        path = Path(record.path)
        kind = kind_of(path)
        if record.bytes > self._largest and kind.modality not in ("audio", "video"):
            raise Unsupported(too_large(path, record.bytes, self._largest))
        if kind.modality in ("audio", "video"):
            with suppress(ExtractionError):  # who reads it will say so
                return Surveyed(record, kind, Extent(seconds=probe(path, kind).duration or 0.0))
        return Surveyed(record, kind, process.extent(path, kind))

    def _turned_out_dear(self, file: Surveyed, thought: float) -> bool:
        """Whether a file was put back, since there are cheaper ones."""
        self._told.put(file)
        seconds = self._costs.reading(file.kind, file.record.bytes, file.extent)
        with self._files.mutex:
            cheaper = any(waiting[0] < seconds for waiting in self._files.queue[:1])
        if seconds <= thought or not cheaper:
            return False
        self._files.put((seconds, next(self._numbers), file))
        return True

    def _outcome(self, record: FileRecord, file: Surveyed, process: ReadingProcess) -> Outcome | None:
        """What became of one file, where that is not told by its portions."""
        source_id = record.source_id or ""
        with self._lock:
            if source_id in self._claimed:
                return Same(record)
            self._claimed.add(source_id)
        claimed = True
        try:
            catalogue = self._library.catalogue
            with catalogue.snapshot():
                known = begun(catalogue, source_id)
                stored = catalogue.sources([source_id]).get(source_id)
            if known is None and stored is not None:
                return Known(record, stored)
            if file.kind.modality in ("audio", "video"):
                return Heard(record, file.kind, file.extent)
            belongs_to = recording_of(Path(record.path))
            if belongs_to is not None:
                raise Unsupported(f"{Path(record.path).name} is read with {belongs_to.name}, whose subtitles it is.")
            self._read(record, file, process, known or Begun())
            claimed = False  # until it is stored
        finally:
            if claimed:
                self.release(source_id)
        return None

    def _read(self, record: FileRecord, file: Surveyed, process: ReadingProcess, known: Begun) -> None:
        """Tell of a document's portions, each when the one before was stored."""
        try:
            with self._room.shared():
                self._tell(record, file, process, known)
        except OutOfMemory:
            if self._whole <= self._share:
                raise
            # A share of the memory does not suffice: it gets all of it, with no other file beside it.
            process = self._new_process(self._whole)
            try:
                with self._room.alone():
                    self._tell(record, file, process, known)
            finally:
                process.close()

    def _tell(self, record: FileRecord, file: Surveyed, process: ReadingProcess, known: Begun) -> None:
        began, told = time.monotonic(), 0.0

        def advanced(pieces: int, place: Place) -> None:
            nonlocal told
            if time.monotonic() - told > _A_WHILE:
                self._told.put(FileAdvanced(record.path, pieces, place))
                told = time.monotonic()

        path, before = Path(record.path), None
        for portion in read_document(record, file.kind, file.extent, process, self._shelf, known, advanced):
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) != (record.bytes, record.mtime_ns):
                raise Changed(
                    f"{path.name} was written while it was read, for instance copied here. It is read when its folder"
                    " is indexed again.",
                    "open",
                )
            portion.record = replace(portion.record, seconds=time.monotonic() - began)
            if before is not None:
                self._wait(before)
            self._told.put(portion)
            before = portion

    def _wait(self, portion: Portion) -> None:
        """Until it is stored: so little is held, and none is stored before the one that it follows."""
        while not portion.stored.wait(_A_WHILE):
            if self._stopping.is_set():
                raise ExtractionError("Reading was stopped.")


class _Room:
    """Lets several in beside each other, or one alone."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._count = places
        self._alone = threading.Lock()  # two that wait for all places would wait for each other

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._places:
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._alone:
            for _ in range(self._count):
                self._places.acquire()
            try:
                yield
            finally:
                for _ in range(self._count):
                    self._places.release()


def refused(record: FileRecord, error: Exception) -> Refused | FolioscopeError:
    """The ledger's line for a file that could not be read. A bug of ours or of a library costs this file only; a model
    that is missing, or an unusable library, no other file would survive."""
    name = Path(record.path).name
    match error:
        case Unsupported():
            return Refused(replace(record, status="skipped", stage="recognise", reason=str(error)))
        case ExtractionError():
            counts = not isinstance(error, Changed)
            return Refused(replace(record, status="failed", stage=error.stage, reason=str(error)), counts)
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return LibraryError(
                f"The disk is full, so {name} could not be read (while writing {error.filename or 'a temporary file'})."
                " What was finished is kept: make room, and run the same command again."
            )
        case OSError():
            reason = f"{name} cannot be read: {error.strerror or error}."
            return Refused(replace(record, status="failed", stage="open", reason=reason))
        case FolioscopeError():
            return error
    log.info("reading %s failed", record.path, exc_info=error)
    reason = f"{name} could not be read ({type(error).__name__}: {error})."
    return Refused(replace(record, status="failed", stage="read", reason=reason))


def count_for(cores: int, memory: int) -> int:
    """How many readers there should be: the encoder takes every core, and waits for none of them."""
    return max(1, min(4, cores, (memory - _MODELS) // _LEAST))
