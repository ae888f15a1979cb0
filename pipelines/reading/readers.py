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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indexes.errors import FolioscopeError, LibraryError
from indexes.library import Library
from indexes.records import FileRecord, Place, Source
from pipelines.errors import ExtractionError, OutOfMemory, Unsupported
from pipelines.models.shelf import ModelShelf
from pipelines.reading.document import Document, read_document
from pipelines.reading.files import content_id, too_large
from pipelines.reading.kinds import Kind, kind_of
from pipelines.reading.processes import ReadingProcess
from pipelines.recordings.recording import recording_of
from pipelines.records import FileAdvanced, FileStarted

log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was skipped or could not be read; the record says why."""

    record: FileRecord


@dataclass(frozen=True, slots=True)
class Embedded:
    """A document that has its vectors."""

    document: Document


Outcome = Document | Known | Same | Heard | Refused | FolioscopeError
Told = FileStarted | FileAdvanced | Embedded | Outcome | None


class Readers:
    """Threads that read what was `put`. Each file has one Outcome, behind its events. An error as Outcome concerns all
    files: a model is missing."""

    def __init__(self, library: Library, shelf: ModelShelf, told: queue.SimpleQueue[Told], count: int, memory: int,
                 largest: int) -> None:  # fmt: skip
        """`count` threads, `memory` bytes for all of it; documents above `largest` bytes are refused."""
        self.busy = 0.0  # seconds of all threads together
        self._library = library
        self._shelf = shelf
        self._told = told
        self._share = max(_LEAST, (memory - _MODELS) // count)
        self._whole = max(_LEAST, memory - _MODELS)
        self._room = _Room(count)
        self._largest = largest
        self._files: queue.SimpleQueue[FileRecord | None] = queue.SimpleQueue()
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._processes: list[ReadingProcess] = []
        self._threads: list[threading.Thread] = []
        self._most = count

    def put(self, record: FileRecord) -> None:
        """A file to be read, with its size and time of change."""
        self._files.put(record)
        if len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, name=f"reading {len(self._threads) + 1}", daemon=True)
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

    def close(self) -> None:
        """End processes and threads, also in the middle of a file."""
        with self._lock:
            self._stopping.set()
            for process in self._processes:
                process.end()
        for _ in self._threads:
            self._files.put(None)
        for thread in self._threads:
            thread.join()

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
            while (record := self._files.get()) is not None and not self._stopping.is_set():
                self._told.put(FileStarted(record.path))
                began = time.monotonic()
                outcome = self._read(record, process)
                seconds = time.monotonic() - began
                if isinstance(outcome, Document | Refused):
                    outcome = replace(outcome, record=replace(outcome.record, seconds=seconds))
                with self._lock:
                    self.busy += seconds
                self._told.put(outcome)
        finally:
            process.close()

    def _read(self, record: FileRecord, process: ReadingProcess) -> Outcome:
        """What became of one file."""
        try:
            return self._recognise(record, Path(record.path), process)
        except Exception as error:
            return refused(record, error)

    def _recognise(self, record: FileRecord, path: Path, process: ReadingProcess) -> Outcome:
        kind = kind_of(path)
        if record.bytes > self._largest and kind.modality not in ("audio", "video"):
            raise Unsupported(too_large(path, record.bytes, self._largest))
        source_id = content_id(record.path)
        record = replace(record, source_id=source_id, modality=kind.modality)
        catalogue = self._library.catalogue
        with catalogue.snapshot():
            stored = catalogue.sources([source_id]).get(source_id)
            begun = catalogue.stages(catalogue.source_key(source_id) or 0)
        if stored is not None and not begun:
            return Known(record, stored)
        if kind.modality in ("audio", "video"):
            return Heard(record, kind)
        belongs_to = recording_of(path)
        if belongs_to is not None:
            raise Unsupported(f"{path.name} is read with {belongs_to.name}, whose subtitles it is.")
        with self._lock:
            if source_id in self._claimed:
                return Same(record)
            self._claimed.add(source_id)

        told = 0.0

        def advanced(pieces: int, place: Place) -> None:
            nonlocal told
            if time.monotonic() - told > _A_WHILE:
                self._told.put(FileAdvanced(record.path, pieces, place))
                told = time.monotonic()

        try:
            try:
                with self._room.shared():
                    document = read_document(record, kind, process.pieces(path, kind), self._shelf, advanced)
            except OutOfMemory:
                if self._whole <= self._share:
                    raise
                document = self._read_alone(record, kind, advanced)
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) != (record.bytes, record.mtime_ns):
                raise ExtractionError(
                    f"{path.name} was written while it was read, for instance copied here. It is read when its folder"
                    " is indexed again.",
                    "open",
                )
            return document
        except BaseException:
            self.release(source_id)
            raise

    def _read_alone(self, record: FileRecord, kind: Kind, advanced: Callable[[int, Place], None]) -> Document:
        """A file for which a share of the memory does not suffice, with all of it and no other file beside it."""
        process = self._new_process(self._whole)
        try:
            with self._room.alone():
                return read_document(record, kind, process.pieces(Path(record.path), kind), self._shelf, advanced)
        finally:
            process.close()


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
            return Refused(replace(record, status="failed", stage=error.stage, reason=str(error)))
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
