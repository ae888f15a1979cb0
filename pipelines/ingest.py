"""Indexing: find files → recognise → read → look at pictures → clean → segment → embed → store.

Yields an event for each step that a person wants to see. One bad file never stops the rest, and closing the
generator stops the work after the current file with everything before it stored.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from indexes.errors import FolioscopeError
from indexes.library import Library, removed
from indexes.records import FileRecord, Modality, Segment, Source, Status
from pipelines.errors import ExtractionError, Unsupported
from pipelines.extractors import extract
from pipelines.finding import floors
from pipelines.languages import language_of
from pipelines.models.shelf import ModelShelf
from pipelines.models.words import embed
from pipelines.reading.cleaning import clean
from pipelines.reading.files import Found, absolute, content_id, find_files, too_large
from pipelines.reading.kinds import Kind, kind_of
from pipelines.reading.looking import look, to_embed
from pipelines.reading.segmenting import segment
from pipelines.recordings.drafting import Drafting
from pipelines.recordings.recording import recording_of, subtitles_changed
from pipelines.records import FileAdvanced, FileFinished, FilesFound, FileStarted, IngestEvent, Piece

log = logging.getLogger(__name__)

BATCH = 128  # segments that are embedded together, across files
PATIENCE = 2.0  # seconds after which a smaller batch is embedded, so that progress is seen
_LONGEST_TITLE = 200  # characters
_WRAPPED = frozenset({"text", "markdown", "eml", "msg", "rtf"})
_RACY_NS = 2_000_000_000  # a file written this shortly before it was indexed may have changed since unseen


@dataclass
class _Read:
    """A source that was read and waits for its vectors."""

    source: Source
    record: FileRecord
    segments: list[Segment]
    pictures: dict[int, np.ndarray] = field(default_factory=dict)


class Ingest:
    """Brings a library level with files and folders."""

    def __init__(
        self,
        library: Library,
        shelf: ModelShelf,
        largest: int,
        largest_recording: int | None = None,
        most_frames: int = 480,
    ) -> None:
        """`largest`: files above this many bytes are skipped; recordings, which are never held as a whole, above
        `largest_recording`. `most_frames`: key frames of one video."""
        self.library = library
        self.shelf = shelf
        self.largest = largest
        self.largest_recording = max(largest, largest_recording or 0)
        self._drafting = Drafting(library, shelf, most_frames)
        self._waiting: list[_Read] = []
        self._waiting_since = 0.0

    def index(self, names: Sequence[Path], complete: bool = True) -> Iterator[IngestEvent]:
        """Add and update what is below `names`, forget what vanished there. Raises LibraryBusy.

        Long recordings become drafts, and at the end are completed, unless `complete` is false.
        """
        with self.library.writing():
            files = list(find_files(names, self.largest_recording, self.library.folder))
            yield FilesFound(len(files), sum(file.bytes for file in files))
            try:
                for file in files:
                    yield from self._one(file)
                    if self._full():
                        yield from self._store_waiting()
                yield from self._forget_vanished(names, {file.path for file in files})
            finally:
                # Also when the person stops the work: what was read is not read again, if storing it is quick.
                if sum(len(read.segments) for read in self._waiting) > BATCH:
                    self._waiting = []
                stored = list(self._store_waiting())
            yield from stored
            if complete:
                yield from self._complete(names)
            floors.update(self.library, self.shelf)

    def complete(self) -> Iterator[IngestEvent]:
        """Complete the recordings that are drafts. Raises LibraryBusy."""
        with self.library.writing():
            yield from self._complete([Path("/")])

    def _complete(self, names: Sequence[Path]) -> Iterator[IngestEvent]:
        known = [str(absolute(name)) for name in names if _is_text(str(name))]
        paths = dict.fromkeys(file.path for path in known for file in self.library.catalogue.files(path))
        for path in paths:
            draft = self.library.catalogue.file(path)  # completing one of two copies completes both
            if draft is None or draft.status != "draft":
                continue
            yield FileStarted(path)
            try:
                status = os.stat(path)
                if (status.st_size, status.st_mtime_ns) != (draft.bytes, draft.mtime_ns):
                    continue  # it is another file by now: the next indexing of its folder will see to it
                kind = kind_of(Path(path))
                yield from self._drafting.read(draft, kind)
                yield from self._drafting.complete(self.library.catalogue.file(path) or draft, kind)
            except (ExtractionError, OSError) as error:
                reason = f"It can be asked, but reading it was not completed: {error}"
                draft = replace(self.library.catalogue.file(path) or draft, status="partial", reason=reason)
                self.library.record(draft)
                yield FileFinished(draft)

    def _one(self, found: Found) -> Iterator[IngestEvent]:
        yield FileStarted(found.path)
        began = time.monotonic()
        record = FileRecord(found.path, "indexed", bytes=found.bytes, mtime_ns=found.mtime_ns, updated=time.time())
        known = self.library.catalogue.file(found.path)
        if found.problem:
            if not os.path.lexists(found.path):
                if not self.library.catalogue.files(found.path):  # else _forget_vanished tells of it
                    yield FileFinished(replace(record, status="failed", stage="find", reason=found.problem))
                return
            status: Status = "skipped" if found.refused else "failed"
            yield self._finish(replace(record, status=status, stage="find", reason=found.problem), known)
            return
        try:
            rewritten = known is not None and subtitles_changed(known)
            if known is not None and _same_file(known, found) and not rewritten:
                yield FileFinished(replace(known, status="unchanged", seconds=0.0))
                return
            if found.bytes > self.largest and kind_of(Path(found.path)).modality not in ("audio", "video"):
                raise Unsupported(too_large(Path(found.path), found.bytes, self.largest))
            source_id = content_id(found.path)
            record = replace(record, source_id=source_id)
            if rewritten:
                self.library.forget(found.path)
            stored = self.library.catalogue.sources([source_id]).get(source_id)
            waiting = next((read for read in self._waiting if read.source.id == source_id), None)
            begun = self.library.catalogue.stages(self.library.catalogue.source_key(source_id) or 0)
            if (stored is not None and not begun) or waiting is not None:
                yield from self._alias(record, known, stored or waiting.source)  # type: ignore[union-attr]
                return
            kind = kind_of(Path(found.path))
            record = replace(record, modality=kind.modality)
            if kind.modality in ("audio", "video"):
                yield from self._store_waiting()
                yield from self._drafting.read(record, kind)
                return
            belongs_to = recording_of(Path(found.path))
            if belongs_to is not None:
                raise Unsupported(f"{Path(found.path).name} is read with {belongs_to.name}, whose subtitles it is.")
            read = yield from self._read(record, kind)
            read.record = replace(read.record, seconds=time.monotonic() - began)
            if not self._waiting:
                self._waiting_since = time.monotonic()
            self._waiting.append(read)
        except Unsupported as error:
            yield self._finish(replace(record, status="skipped", stage="recognise", reason=str(error)), known)
        except ExtractionError as error:
            seconds = time.monotonic() - began
            record = replace(record, status="failed", stage=error.stage, reason=str(error), seconds=seconds)
            yield self._finish(record, known)
        except OSError as error:
            reason = f"{Path(found.path).name} cannot be read: {error.strerror or error}."
            yield self._finish(replace(record, status="failed", stage="open", reason=reason), known)
        except FolioscopeError:
            raise  # a model is missing or the library unusable: no file would fare better
        except Exception as error:  # a bug of ours or of a library: it costs this file only
            log.info("reading %s failed", found.path, exc_info=True)
            reason = f"{Path(found.path).name} could not be read ({type(error).__name__}: {error})."
            yield self._finish(replace(record, status="failed", stage="read", reason=reason), known)

    def _read(self, record: FileRecord, kind: Kind) -> Generator[IngestEvent, None, _Read]:
        path = Path(record.path)
        pieces: list[Piece] = []
        for piece in extract(path, kind):
            pieces.extend(look(piece, self.shelf) if piece.picture is not None else [piece])
            yield FileAdvanced(record.path, len(pieces), piece.place)
        pieces = clean(pieces, wrapped=kind.name in _WRAPPED)
        title = _title(pieces)
        made = segment(pieces, record.source_id or "", kind.modality, title)
        if not made:
            raise ExtractionError(f"No text and no picture was found in {path.name}. Is it the right file?", "read")
        segments = [each for each, _ in made]
        source = Source(
            id=record.source_id or "",
            modality=kind.modality,
            media_type=kind.media_type,
            bytes=record.bytes,
            title=title,
            language=language_of(segments),
        )
        pictures = {s.position: p.vector for s, p in made if p is not None and p.vector is not None}
        return _Read(source, replace(record, segments=len(segments)), segments, pictures)

    def _alias(self, record: FileRecord, known: FileRecord | None, source: Source) -> Iterator[IngestEvent]:
        """The same content under another path, or a file that was only touched."""
        if any(read.source.id == source.id for read in self._waiting):
            yield from self._store_waiting()
        modality: Modality = source.modality
        ids = self.library.catalogue.segment_ids(self.library.catalogue.source_key(source.id) or 0)
        record = replace(record, modality=modality, segments=len(ids), reason="")
        self.library.record(record)
        same = known is not None and known.source_id == source.id
        yield FileFinished(replace(record, status="unchanged") if same else record)

    def _full(self) -> bool:
        waiting = sum(len(read.segments) for read in self._waiting)
        return waiting >= BATCH or (waiting > 0 and time.monotonic() - self._waiting_since > PATIENCE)

    def _store_waiting(self) -> Iterator[IngestEvent]:
        """Embed what was read and store it, source by source. What cannot be stored costs itself only."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        began = time.monotonic()
        embedder = self.shelf.text
        self.library.open_space("text", embedder.name, embedder.dimension)
        if any(read.pictures for read in waiting):
            self.library.open_space("image", self.shelf.image.name, self.shelf.image.dimension)
        texts = [(read, s) for read in waiting for s in read.segments if to_embed(s)]
        vectors: dict[str, dict[int, np.ndarray]] = {read.source.id: {} for read in waiting}
        codes: dict[str, dict[int, np.ndarray]] = {read.source.id: {} for read in waiting}
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            rows, words = embed(embedder, [to_embed(s) for _, s in batch])
            for (read, s), row in zip(batch, rows, strict=True):
                vectors[read.source.id][s.position] = row
            for (read, s), each in zip(batch, words, strict=False):
                codes[read.source.id][s.position] = each
            if start + BATCH < len(texts):
                read, s = batch[-1]
                yield FileAdvanced(read.record.path, start + BATCH, s.place)
        share = (time.monotonic() - began) / max(1, sum(len(read.segments) for read in waiting))
        for read in waiting:
            record = replace(read.record, seconds=read.record.seconds + share * len(read.segments))
            by_space = {"text": vectors[read.source.id], "image": read.pictures}
            try:
                filled = {name: by_index for name, by_index in by_space.items() if by_index}
                self.library.add(read.source, record, read.segments, filled, codes[read.source.id])
                yield FileFinished(record)
            except (ValueError, TypeError) as error:  # something in this source that no database takes
                log.info("storing %s failed", record.path, exc_info=True)
                reason = f"What was read in {Path(record.path).name} could not be stored: {error}."
                known = self.library.catalogue.file(record.path)
                yield self._finish(replace(record, status="failed", stage="store", reason=reason), known)

    def _finish(self, record: FileRecord, known: FileRecord | None) -> FileFinished:
        """A file that was not indexed. What an earlier version of it gave stays, and the ledger says so."""
        record = replace(record, source_id=None)
        if known is not None and known.source_id:
            reason = f"{record.reason} What was read from its earlier version is kept."
            record = replace(record, source_id=known.source_id, segments=known.segments, reason=reason)
        self.library.record(record)
        return FileFinished(record)

    def _forget_vanished(self, names: Sequence[Path], there: set[str]) -> Iterator[IngestEvent]:
        """Files below `names` that were indexed and are gone. A folder missing as a whole is no evidence of that."""
        for name in names:
            path = absolute(name)
            if not _is_text(str(path)):
                continue
            known = self.library.catalogue.files(str(path))
            if not path.exists() and (not path.parent.is_dir() or any(file.path != str(path) for file in known)):
                if known:
                    reason = f"{path} is not there. Nothing was removed; to forget it: python -m app forget '{path}'"
                    yield FileFinished(FileRecord(str(path), "failed", stage="find", reason=reason))
                continue
            gone = [f for f in known if f.path not in there and f.status != "removed" and not os.path.lexists(f.path)]
            records = [removed(file, "the file is gone") for file in gone]
            self.library.record(*records)
            yield from map(FileFinished, records)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _title(pieces: Sequence[Piece]) -> str:
    """The first heading; without any, a short first paragraph. It goes with every segment, and so says what a later
    page is about: on Cranfield, nDCG@10 .413 without it and .430 with it."""
    heading = next((piece.heading.split(" › ")[0] for piece in pieces if piece.heading), "")
    first = pieces[0].text if len(pieces) > 1 and pieces[0].kind == "text" else ""
    return heading or (first if len(first) <= _LONGEST_TITLE and "\n" not in first else "")


def _same_file(known: FileRecord, found: Found) -> bool:
    """By size and time of change, as far as they can be trusted; otherwise the content decides."""
    if known.source_id is None or known.status in ("failed", "skipped", "removed", "draft"):
        return False
    if (known.bytes, known.mtime_ns) != (found.bytes, found.mtime_ns):
        return False
    return known.updated * 1e9 - known.mtime_ns > _RACY_NS
