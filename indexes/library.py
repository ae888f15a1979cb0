"""The library: one folder on disk in which catalogue, keywords and vector spaces go together.

Adds, replaces and forgets a source in one transaction; keeps the FAISS caches level with the catalogue. Layout:

    catalogue.sqlite            the truth
    faiss/text-3-1042.faiss     cache: space 'text', its key 3, generation 1042 of the catalogue; sealed (`vectors`)
    uploads/                    files that people dropped on the page
    writer.lock, writer.json    held by the one process that writes
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexes.backups import ELSEWHERE, follow
from indexes.catalogue import Catalogue
from indexes.conversations import Conversations
from indexes.errors import LibraryBusy, LibraryError, SpaceMismatch, UsageError
from indexes.keywords import KeywordIndex
from indexes.records import FileRecord, Hit, Segment, Source
from indexes.scopes import Scope
from indexes.vectors import VectorIndex

log = logging.getLogger(__name__)

_PORTION = 10_000  # vectors that are read at once
_SOON = 20_000  # vectors; the file of a space with no more is written whenever something changed
_AT_ONCE = 50_000  # segments; in a library with no more, what was removed is erased at the end of each writing
_LEFT = "left behind"  # the fact that says whether words of removed segments may still stand in files
_NOTHING, _SOME_TIME, _NOW = range(3)  # what it says: when they are to be erased
_STALE = 0.05  # part of a larger one that must have changed, since writing it takes as long as the library is large

FORGOTTEN = "forgotten on request"
"""What the ledger says of a file that a person wanted to be forgotten."""

Vectors = Mapping[str, Mapping[int, np.ndarray]]
"""Space name → index of the segment among those added → vector (dimension,) float32 of unit length."""

Codes = Mapping[int, np.ndarray]
"""Index of the segment among those added → its words (w, bytes) uint8, as the text model gives them."""


@dataclass(slots=True)
class _Space:
    key: int
    index: VectorIndex
    generation: int
    changes: int = 0  # since it was read from its file, or written to it


class Library:
    """One folder with everything that is remembered."""

    def __init__(self, folder: Path, create: bool = True) -> None:
        """Raises LibraryError when the folder cannot be used, or is none and `create` is false."""
        self.folder = Path(os.path.abspath(folder.expanduser()))
        catalogue = self.folder / "catalogue.sqlite"
        if not create and not catalogue.exists():
            raise LibraryError(f"There is no library in {self.folder} yet. Fill one: python -m app index FOLDER")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"The library folder {self.folder} cannot be used: {error.strerror}.") from error
        if not catalogue.exists() and not os.access(self.folder, os.W_OK):
            raise LibraryError(f"There is no library in {self.folder}, and none can be made: it may not be written.")
        self.catalogue = Catalogue(catalogue)
        with suppress(sqlite3.DatabaseError):  # a damaged one is opened, too: `doctor` says what can be done
            if self.catalogue.fact("folder"):  # else it is new, or of before this was noted: who writes will note it
                follow(self.folder, self.catalogue)
        self.keywords = KeywordIndex()
        self.conversations = Conversations(self.catalogue)
        self._spaces: dict[str, _Space] = {}
        self._lock = threading.RLock()  # guards the FAISS indexes in memory
        self._writer = threading.Lock()

    def close(self) -> None:
        self.catalogue.close()

    # --- writing ---

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator[None]:
        """Be the one writer; FAISS files are brought level at the end. Raises LibraryBusy if another still is after
        `wait` seconds, LibraryReadOnly where nothing may be written."""
        import filelock

        self.catalogue.check_written()
        owner = self.folder / "writer.json"
        lock = filelock.FileLock(self.folder / "writer.lock", timeout=wait)
        try:
            if not self._writer.acquire(timeout=wait):
                raise filelock.Timeout(lock.lock_file)
            try:
                lock.acquire()
            except BaseException:
                self._writer.release()
                raise
        except filelock.Timeout as error:
            raise LibraryBusy(
                f"{_owner(owner)} is writing to {self.folder}. Wait until it has finished, or stop it, and try again."
            ) from error
        try:
            with suppress(OSError):  # on a full disk others are not told who writes
                owner.write_text(json.dumps({"pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}))
            self._sweep()
            follow(self.folder, self.catalogue)
            yield
        finally:
            try:
                self._level_files()
            finally:
                owner.unlink(missing_ok=True)
                lock.release()
                self._writer.release()

    def open_space(self, name: str, model: str, dimension: int) -> None:
        """Make sure that a space exists and was filled by this model. Raises SpaceMismatch."""
        if self.catalogue.space(name) is None:
            with self.catalogue.transaction():
                self.catalogue.add_space(name, model, dimension)
        self.check_space(name, model, dimension)

    def check_space(self, name: str, model: str, dimension: int) -> None:
        """Raises SpaceMismatch when a space was filled by another model."""
        space = self.catalogue.space(name)
        if space is not None and (space["model"], space["dimension"]) != (model, dimension):
            raise SpaceMismatch(
                f"The {name} vectors of {self.folder} were made by {space['model']} ({space['dimension']} dimensions),"
                f" but the setting {name}= now names {model} ({dimension}). Set it back, or make them anew:"
                " python -m app doctor --reembed"
            )

    def replace_space(
        self, name: str, model: str, dimension: int, batches: Iterable[tuple[Mapping[int, np.ndarray], Codes]]
    ) -> None:
        """Another model's vectors and words by segment id instead of a space's present ones, in one transaction."""
        old = self.catalogue.space(name)
        with self.catalogue.transaction() as connection:
            if old is not None:
                connection.execute("DELETE FROM vectors WHERE space = ?", (old["key"],))
                connection.execute("DELETE FROM codes WHERE space = ?", (old["key"],))
                connection.execute("DELETE FROM spaces WHERE key = ?", (old["key"],))
            key = self.catalogue.add_space(name, model, dimension)
            for vectors, codes in batches:
                self.catalogue.add_vectors(key, vectors)
                self.catalogue.add_codes(key, codes)

    def add(
        self,
        source: Source,
        file: FileRecord,
        segments: Sequence[Segment],
        vectors: Vectors,
        codes: Codes | None = None,
    ) -> None:
        """Store a source with one path that leads to it, in one transaction.

        The path's earlier content, if no other path leads to it, is forgotten in the same transaction. Spaces must
        have been opened.
        """
        with self.catalogue.transaction():
            key = self.catalogue.source_key(source.id)
            if key is None:
                self._add_segments(self.catalogue.add_source(source), segments, vectors, codes or {})
            self._record(file)

    def extend(
        self,
        source: Source,
        file: FileRecord,
        segments: Sequence[Segment],
        vectors: Vectors,
        stages: Mapping[str, float],
        instead_of: Sequence[int] = (),
        codes: Codes | None = None,
    ) -> None:
        """Store more of a source that is read bit by bit, each bit in one transaction.

        `stages` says how far the reading has come, for the next start; {} when it is complete. The new segments may
        stand `instead_of` older ones, whose ids go for good.
        """
        with self.catalogue.transaction() as connection:
            key = self.catalogue.source_key(source.id)
            if key is None:
                key = self.catalogue.add_source(source)
            else:
                self.catalogue.update_source(key, source)
            self.keywords.remove(connection, instead_of)
            self.catalogue.remove_segments(instead_of)
            if instead_of:
                self._leave_behind(_SOME_TIME)
            self._add_segments(key, segments, vectors, codes or {})
            self.catalogue.set_stages(key, stages)
            self._record(file)

    def _add_segments(self, key: int, segments: Sequence[Segment], vectors: Vectors, codes: Codes) -> None:
        ids = self.catalogue.add_segments(key, segments)
        self.keywords.add(self.catalogue.connection, ids)
        for name, by_index in vectors.items():
            space = self.catalogue.space(name)
            assert space is not None, f"space {name} was not opened"
            self.catalogue.add_vectors(space["key"], {ids[index]: vector for index, vector in by_index.items()})
            if name == "text":
                self.catalogue.add_codes(space["key"], {ids[index]: words for index, words in codes.items()})

    def record(self, *files: FileRecord) -> None:
        """Write lines of the ledger; sources that no path leads to any more are forgotten with them."""
        if files:
            with self.catalogue.transaction():
                for file in files:
                    self._record(file)

    def forget(self, path: str) -> list[FileRecord]:
        """Forget a file or everything below a folder: the lines of the ledger as they were before.

        Nothing of it is found from then on; `erase` also overwrites what is left in files.
        """
        known = [file for file in self.catalogue.files(path) if file.status != "removed"]
        self.record(*(removed(file, FORGOTTEN) for file in known))
        return known

    def erase(self) -> None:
        """Leave no byte of what was removed in the library's files: at the end of this writing, or of the next if this
        one is killed. Takes seconds in a library of 100,000 segments."""
        self._leave_behind(_NOW)

    def _leave_behind(self, when: int) -> None:
        """Note that words of removed segments may still stand in files, and when they are to be erased. In the
        catalogue, so that nobody who is killed leaves them there."""
        if int(self.catalogue.fact(_LEFT, 0)) < when:
            self.catalogue.set_fact(_LEFT, when)

    def _level_files(self) -> None:
        """At the end of writing: erase what is left behind, and bring the FAISS files level."""
        left = int(self.catalogue.fact(_LEFT, 0))
        erasing = left == _NOW or (left == _SOME_TIME and self._segments() <= _AT_ONCE)
        if erasing:
            with self.catalogue.transaction(counts=False) as connection:
                self.keywords.erase(connection)
            with self._lock, self.catalogue.snapshot():
                for row in self.catalogue.connection.execute("SELECT name FROM spaces").fetchall():
                    if (space := self._level(row["name"])) is not None:
                        space.changes = len(space.index) + 1  # so that its file is written anew
        self.save_spaces()
        if self.catalogue.empty_log() and erasing:
            self.catalogue.set_fact(_LEFT, _NOTHING)

    def _sweep(self) -> None:
        """Delete FAISS files that a killed writer left unfinished, and those ahead of the catalogue, which then is a
        copy of an earlier day: it will give the same ids to other segments."""
        for path in (self.folder / "faiss").glob("*"):
            number = path.stem.rsplit("-", 1)[-1]
            if path.suffix == ".aside" or (number.isdigit() and int(number) > self.catalogue.generation):
                path.unlink(missing_ok=True)

    def _segments(self) -> int:
        return int(self.catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0])

    def _record(self, file: FileRecord) -> None:
        orphan = self.catalogue.record_file(file)
        elsewhere = f"{self.folder / ELSEWHERE}/"
        if file.source_id is not None and not file.path.startswith(elsewhere):
            self.catalogue.drop_lines(file.source_id, elsewhere)  # it is here after all
        if orphan is not None:
            self.keywords.remove(self.catalogue.connection, self.catalogue.segment_ids(orphan))
            self.catalogue.remove_source(orphan)
            self._leave_behind(_SOME_TIME)

    # --- finding ---

    def scope(self, glob: str | None = None, modality: str | None = None) -> Scope:
        """Narrow a search. Raises UsageError when no indexed file matches the glob."""
        conditions: list[str] = []
        values: list[object] = []
        if glob:
            keys = {self.catalogue.source_key(file.source_id or "") for file in self.catalogue.matching(glob)}
            if not keys:
                raise UsageError(
                    f"No indexed file matches {glob!r}. `python -m app status` lists them; * stands for any characters."
                )
            conditions.append(f"source IN ({','.join(map(str, sorted(filter(None, keys))))})")
        if modality:
            conditions.append("modality = ?")
            values.append(modality)
        return Scope(" AND ".join(conditions), tuple(values), of_files=bool(glob))

    def search_vectors(self, space: str, vector: np.ndarray, k: int, scope: Scope = Scope()) -> list[Hit]:
        """The k nearest segments of one space; score is the cosine."""
        with self._lock, self.catalogue.snapshot():
            opened = self._level(space)
            if opened is None:
                return []
            allowed = None
            if scope.where:
                rows = self.catalogue.connection.execute(f"SELECT id FROM segments WHERE {scope.where}", scope.values)
                allowed = np.fromiter((row[0] for row in rows), dtype=np.int64)
            ids, scores = opened.index.search(vector, k, allowed)
        found = zip(ids.tolist(), scores.tolist(), strict=True)
        return [Hit(i, rank, score, space) for rank, (i, score) in enumerate(found, start=1)]

    def search_keywords(self, question: str, k: int, scope: Scope = Scope()) -> list[Hit]:
        """The k segments with the best bm25."""
        return self.keywords.search(self.catalogue.connection, question, k, scope.where, scope.values)

    # --- the FAISS caches ---

    @property
    def _lineage(self) -> str:
        return str(self.catalogue.fact("lineage"))

    def _level(self, name: str) -> _Space | None:
        """The space's index, level with the catalogue. Ids only grow, so what is new lies above the largest."""
        row = self.catalogue.space(name)
        if row is None:
            return None
        generation = self.catalogue.generation
        space = self._spaces.get(name)
        if space is None or space.key != row["key"]:
            space = self._spaces[name] = self._load(name, row["key"], row["dimension"])
        if space.generation != generation:
            self._follow(space, row)
            space.generation = generation
        return space

    def _follow(self, space: _Space, row: sqlite3.Row) -> None:
        """Bring an index to the catalogue's state; what that costs depends on what has changed, not on the library."""
        index, key = space.index, row["key"]
        gone = self.catalogue.removed_since(key, space.generation)
        if gone is None:
            gone = np.setdiff1d(index.ids(), self.catalogue.vector_ids(key))
        space.changes += index.remove(gone[gone <= index.newest]) + self._add_newer(index, row)
        if len(index) != row["vectors"]:
            log.warning("the index of %s vectors does not agree with the catalogue: building it anew", row["name"])
            space.index = VectorIndex(row["dimension"])
            space.changes = self._add_newer(space.index, row)

    def _add_newer(self, index: VectorIndex, row: sqlite3.Row) -> int:
        new = self.catalogue.vector_ids(row["key"], above=index.newest)
        for start in range(0, len(new), _PORTION):
            portion = new[start : start + _PORTION]
            index.add(portion, self.catalogue.vectors(row["key"], portion.tolist(), row["dimension"]))
        return len(new)

    def _files(self, name: str, key: int) -> list[tuple[int, Path]]:
        """Saved files of a space by generation, newest first; those ahead of the catalogue are of no use."""
        found = []
        for path in (self.folder / "faiss").glob(f"{name}-{key}-*.faiss"):
            number = path.stem.rsplit("-", 1)[1]
            if number.isdigit() and int(number) <= self.catalogue.generation:
                found.append((int(number), path))
        return sorted(found, reverse=True)

    def _load(self, name: str, key: int, dimension: int) -> _Space:
        for generation, path in self._files(name, key):
            try:
                return _Space(key, VectorIndex.load(path, dimension, self._lineage), generation)
            except LibraryError as error:
                log.warning("%s; rebuilding it from the catalogue", error)
        return _Space(key, VectorIndex(dimension), -1)

    def save_spaces(self) -> None:
        """Write FAISS files that are too far behind, and remove the older ones. What a file lacks is read from the
        catalogue when it is opened."""
        with self._lock, self.catalogue.snapshot():
            oldest = self.catalogue.generation
            for row in self.catalogue.connection.execute("SELECT name, key FROM spaces").fetchall():
                space = self._level(row["name"])
                files = self._files(row["name"], row["key"])
                if space is None or (files and files[0][0] == space.generation and not space.changes):
                    continue
                if files and space.changes <= _STALE * len(space.index) and len(space.index) > _SOON:
                    oldest = min(oldest, files[0][0])
                    continue
                path = self.folder / "faiss" / f"{row['name']}-{row['key']}-{space.generation}.faiss"
                try:
                    space.index.save(path, self._lineage)
                except OSError as error:
                    log.warning("%s was not written (%s): it is a cache, and will be written another time", path, error)
                    oldest = min(oldest, files[0][0] if files else oldest)
                    continue
                space.changes = 0
                for _, older in files:
                    if older != path:  # else it was damaged
                        older.unlink(missing_ok=True)
        self.catalogue.forget_removals(until=oldest)

    def saved_ids(self, name: str) -> tuple[np.ndarray | None, int]:
        """What the space's FAISS file on disk holds, and its generation; (None, -1) when it cannot be read.

        Without a file, as after a kill before the first was written, it holds nothing yet.
        """
        row = self.catalogue.space(name)
        if row is None:
            return None, -1
        files = self._files(name, row["key"])
        if not files:
            return np.empty(0, np.int64), -1
        for generation, path in files:
            try:
                return VectorIndex.load(path, row["dimension"], self._lineage).ids(), generation
            except LibraryError:
                continue
        return None, -1

    def rebuild_spaces(self) -> None:
        """Throw the FAISS files away and build them from the catalogue."""
        with self._lock:
            for path in (self.folder / "faiss").glob("*"):
                path.unlink()
            self._spaces.clear()
        self.save_spaces()


def removed(file: FileRecord, reason: str) -> FileRecord:
    """The ledger's line for a path that leads nowhere any more."""
    return replace(file, status="removed", source_id=None, segments=0, stage="find", reason=reason, updated=time.time())


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text())
        return f"Process {owner['pid']} (since {owner['since']})"
    except (OSError, ValueError, KeyError):
        return "Another process"
