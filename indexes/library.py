"""The library: one folder on disk in which catalogue, keywords and vector spaces go together.

Adds, replaces and forgets a source in one transaction; keeps the FAISS caches level with the catalogue. Layout:

    catalogue.sqlite            the truth
    faiss/text-3-1042.faiss     cache: space 'text', its key 3, generation 1042 of the catalogue
    uploads/                    files that people dropped on the page
    writer.lock, writer.json    held by the one process that writes
    growing.lock                held by the one process that makes vectors of another model
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexes.catalogue import Catalogue
from indexes.conversations import Conversations
from indexes.errors import LibraryBusy, LibraryError, SpaceMismatch, UsageError
from indexes.growing import Growing
from indexes.keywords import KeywordIndex
from indexes.records import FileRecord, Hit, Segment, Source
from indexes.scopes import Scope
from indexes.vectors import VectorIndex

log = logging.getLogger(__name__)

_PORTION = 10_000  # vectors that are read at once
_SOON = 20_000  # vectors; the file of a space with no more is written whenever something changed
_AT_ONCE = 50_000  # segments; in a library with no more, what was removed is erased at the end of each writing
_STALE = 0.05  # part of a larger one that must have changed, since writing it takes as long as the library is large

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
        self.catalogue = Catalogue(catalogue)
        self.keywords = KeywordIndex()
        self.conversations = Conversations(self.catalogue)
        self._opened: dict[str, int] = {}  # keys of the spaces that vectors are added to
        self._spaces: dict[str, _Space] = {}
        self._lock = threading.RLock()  # guards the FAISS indexes in memory
        self._writer = threading.Lock()
        self._left_behind = False  # whether words of removed segments may still stand in the index's file

    def close(self) -> None:
        self.catalogue.close()

    # --- writing ---

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator[None]:
        """Be the one writer; FAISS files are brought level at the end. Raises LibraryBusy if another still is after
        `wait` seconds."""
        import filelock

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
            owner.write_text(json.dumps({"pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}))
            yield
        finally:
            try:
                if self._left_behind and self._segments() <= _AT_ONCE:
                    self.erase()
                self.save_spaces()
                self.catalogue.empty_log()
            finally:
                owner.unlink(missing_ok=True)
                lock.release()
                self._writer.release()

    def open_space(self, name: str, model: str, dimension: int) -> None:
        """Vectors that are added under this name are this model's from now on. Where another model's are in use, they
        go to the space that grows beside those."""
        space = self.catalogue.space(name)
        if space is None:
            with self.catalogue.transaction():
                self._opened[name] = self.catalogue.add_space(name, model, dimension)
        elif (space["model"], space["dimension"]) == (model, dimension):
            self._opened[name] = space["key"]
        else:
            self._opened[name] = Growing(self.catalogue, name, model, dimension).key

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
            self._left_behind = self._left_behind or bool(instead_of)
            self._add_segments(key, segments, vectors, codes or {})
            self.catalogue.set_stages(key, stages)
            self._record(file)

    def _add_segments(self, key: int, segments: Sequence[Segment], vectors: Vectors, codes: Codes) -> None:
        ids = self.catalogue.add_segments(key, segments)
        self.keywords.add(self.catalogue.connection, ids)
        for name, by_index in vectors.items():
            assert name in self._opened, f"space {name} was not opened"
            space = self._opened[name]
            self.catalogue.add_vectors(space, {ids[index]: vector for index, vector in by_index.items()})
            if name == "text":
                self.catalogue.add_codes(space, {ids[index]: words for index, words in codes.items()})

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
        self.record(*(removed(file, "forgotten on request") for file in known))
        return known

    def erase(self) -> None:
        """Leave no byte of what was removed in the library's files. Takes seconds in a library of 100,000 segments."""
        with self.catalogue.transaction(counts=False) as connection:
            self.keywords.erase(connection)
        self._left_behind = False
        with self._lock:
            for space in self._spaces.values():
                space.changes = max(space.changes, len(space.index) + 1)  # so that its file is written anew

    def _segments(self) -> int:
        return int(self.catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0])

    def _record(self, file: FileRecord) -> None:
        orphan = self.catalogue.record_file(file)
        if orphan is not None:
            self.keywords.remove(self.catalogue.connection, self.catalogue.segment_ids(orphan))
            self.catalogue.remove_source(orphan)
            self._left_behind = True

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

    def search_vectors(
        self, space: str, vector: np.ndarray, k: int, scope: Scope = Scope(), model: str | None = None
    ) -> list[Hit]:
        """The k nearest segments of one space; score is the cosine.

        `model` made the vector. Raises SpaceMismatch when another fills the space by now.
        """
        with self._lock, self.catalogue.snapshot():
            self._check(space, model, len(vector))
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

    def _check(self, name: str, model: str | None, dimension: int) -> None:
        space = self.catalogue.space(name)
        if space is not None and (space["model"], space["dimension"]) != (model or space["model"], dimension):
            raise SpaceMismatch(
                f"The {name} vectors of {self.folder} were made by {space['model']} ({space['dimension']} dimensions),"
                f" which is not what {model or 'the model in use'} gives ({dimension}). Make them anew:"
                " python -m app doctor --reembed"
            )

    def search_keywords(self, question: str, k: int, scope: Scope = Scope()) -> list[Hit]:
        """The k segments with the best bm25."""
        return self.keywords.search(self.catalogue.connection, question, k, scope.where, scope.values)

    # --- the FAISS caches ---

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
        """Saved files of a space by generation, newest first."""
        found = []
        for path in (self.folder / "faiss").glob(f"{name}-{key}-*.faiss"):
            number = path.stem.rsplit("-", 1)[1]
            if number.isdigit():
                found.append((int(number), path))
        return sorted(found, reverse=True)

    def _load(self, name: str, key: int, dimension: int) -> _Space:
        for generation, path in self._files(name, key):
            try:
                return _Space(key, VectorIndex.load(path, dimension), generation)
            except LibraryError as error:
                log.warning("%s; rebuilding it from the catalogue", error)
        return _Space(key, VectorIndex(dimension), -1)

    def save_spaces(self) -> None:
        """Write FAISS files that are too far behind, and remove the older ones. What a file lacks is read from the
        catalogue when it is opened."""
        with self._lock, self.catalogue.snapshot():
            oldest = self.catalogue.generation
            rows = self.catalogue.connection.execute("SELECT name, key FROM spaces WHERE NOT growing").fetchall()
            self._sweep({f"{row['name']}-{row['key']}" for row in rows})
            for row in rows:
                space = self._level(row["name"])
                files = self._files(row["name"], row["key"])
                if space is None or (files and files[0][0] == space.generation):
                    continue
                if files and space.changes <= _STALE * len(space.index) and len(space.index) > _SOON:
                    oldest = min(oldest, files[0][0])
                    continue
                space.index.save(self.folder / "faiss" / f"{row['name']}-{row['key']}-{space.generation}.faiss")
                space.changes = 0
                for _, older in files:
                    older.unlink(missing_ok=True)
        self.catalogue.forget_removals(until=oldest)

    def _sweep(self, spaces: Container[str]) -> None:
        """Delete the files of spaces whose place others have taken."""
        for path in (self.folder / "faiss").glob("*.faiss"):
            if path.stem.rpartition("-")[0] not in spaces:
                path.unlink(missing_ok=True)

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
                return VectorIndex.load(path, row["dimension"]).ids(), generation
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
