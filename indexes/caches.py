"""The FAISS caches of a library: an index a vector space, in memory and as a file, kept level with the catalogue.

Knows which generation of the catalogue each index and file is of, and builds another kind of index beside the present
one when a space has grown. Leaves searching to `vectors`, what suits how many to `kinds`.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexes.catalogue import Catalogue
from indexes.errors import LibraryError
from indexes.kinds import EXACT, Kind, suited
from indexes.scopes import Scope
from indexes.vectors import Exactly, VectorIndex, threads

log = logging.getLogger(__name__)

_PORTION = 10_000  # vectors that are read at once
_SOON = 20_000  # vectors; the file of a space with no more is written whenever something changed
_ALL = 1 << 62  # changes: more than there can be, where no file is of any use
_STALE = 0.05  # part of a larger one that must have changed, since writing it takes as long as the library is large


@dataclass(slots=True)
class _Space:
    key: int
    index: VectorIndex
    generation: int
    changes: int = 0  # since it was read from its file, or written to it

    def write_anew(self) -> None:
        self.changes = _ALL


class Caches:
    """The indexes of all spaces of one library; any thread may ask."""

    def __init__(self, folder: Path, catalogue: Catalogue, setting: str, writing: Callable[[], bool]) -> None:
        """`setting`: auto, exact or compact, as in `kinds`. `writing`: whether this process is the writer just now."""
        self._folder = folder
        self._catalogue = catalogue
        self._setting = setting
        self._writing = writing
        self._spaces: dict[str, _Space] = {}
        self._lock = threading.RLock()  # guards the indexes in memory; taken before a snapshot, so that none is older
        self._builders: dict[str, threading.Thread] = {}
        self._given_up = threading.Event()

    def search(
        self, name: str, vector: np.ndarray, k: int, scope: Scope, check: Callable[[], None] = lambda: None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of one vector (dimension,) within a scope: ids int64 and cosines float32, best first. `check`
        may refuse the state of the catalogue that is searched."""
        with self._lock, self._catalogue.snapshot():
            check()
            space = self._level(name)
            if space is None:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            allowed = None
            if scope.where:
                rows = self._catalogue.connection.execute(f"SELECT id FROM segments WHERE {scope.where}", scope.values)
                allowed = np.fromiter((row[0] for row in rows), dtype=np.int64)
            return space.index.search(vector, k, allowed)

    # --- level with the catalogue ---

    def _level(self, name: str) -> _Space | None:
        """The space's index, level with the catalogue. Ids only grow, so what is new lies above the largest."""
        row = self._catalogue.space(name)
        if row is None:
            return None
        generation = self._catalogue.generation
        space = self._spaces.get(name)
        if space is None or space.key != row["key"]:
            space = self._spaces[name] = self._load(row)
        if space.generation != generation:
            self._follow(space, row)
            space.generation = generation
        if self._writing():  # who only reads may end at any moment
            self._outgrow(space, row)
        return space

    def _follow(self, space: _Space, row: sqlite3.Row) -> None:
        """Bring an index to the catalogue's state; what that costs depends on what has changed, not on the library."""
        index, key = space.index, row["key"]
        gone = self._catalogue.removed_since(key, space.generation)
        if gone is None:
            gone = np.setdiff1d(index.ids(), self._catalogue.vector_ids(key))
        space.changes += index.remove(gone[gone <= index.newest]) + sum(self._add_newer(index, row))
        if len(index) != row["vectors"]:
            log.warning("the index of %s vectors does not agree with the catalogue: building it anew", row["name"])
            space.index = self._new(row)
            space.changes = _ALL + sum(self._add_newer(space.index, row))

    def _add_newer(self, index: VectorIndex, row: sqlite3.Row) -> Iterator[int]:
        """Add what is new in portions, of which the sizes are told."""
        while True:
            with self._catalogue.snapshot():
                ids = self._catalogue.vector_ids(row["key"], above=index.newest, most=_PORTION)
                vectors = self._exactly(row)(ids)
            if not len(ids):
                return
            index.add(ids, vectors)
            yield len(ids)

    def _exactly(self, row: sqlite3.Row) -> Exactly:
        key, dimension = row["key"], row["dimension"]
        return lambda ids: self._catalogue.vectors(key, ids.tolist(), dimension)

    # --- another kind ---

    def _new(self, row: sqlite3.Row, present: Kind = EXACT) -> VectorIndex:
        """An empty index of the kind that suits a space, taught with some of its vectors where it has to be."""
        index = VectorIndex(row["dimension"], suited(self._setting, row["vectors"], present), self._exactly(row))
        if index.kind.lessons:
            with self._catalogue.snapshot():
                ids = self._catalogue.vector_ids(row["key"])
                some = np.random.default_rng(0).choice(ids, min(index.kind.lessons, len(ids)), replace=False)
                lessons = self._exactly(row)(some)
            index.teach(lessons)
        return index

    def _outgrow(self, space: _Space, row: sqlite3.Row) -> None:
        """Build the kind of index that suits a space by now in the background; the present one answers meanwhile."""
        name, present = row["name"], space.index.kind
        if name not in self._builders and suited(self._setting, row["vectors"], present) != present:
            builder = threading.Thread(target=self._build, args=(row, present), name=f"index of {name} vectors")
            self._builders[name] = builder
            builder.start()

    def _build(self, row: sqlite3.Row, present: Kind) -> None:
        """Like a file that was read, it is of the generation in which it was begun, and is brought level when used.

        What fails is not tried again by this process.
        """
        name, began = row["name"], time.monotonic()
        try:
            with threads(0.5):  # the rest is left to questions
                generation = self._catalogue.generation
                index = self._new(row, present)
                for _ in self._add_newer(index, row):
                    if self._given_up.is_set():
                        return
            with self._lock:
                if name in self._spaces and self._spaces[name].key == row["key"]:
                    space = self._spaces[name] = _Space(row["key"], index, generation)
                    space.write_anew()
                del self._builders[name]
            log.info("%s vectors: %s index built in %.1f s", name, index.kind, time.monotonic() - began)
        except Exception:
            log.exception("The index of %s vectors could not be built anew; the present one stays.", name)

    def _finish_building(self) -> None:
        with self._lock, self._catalogue.snapshot():
            for row in self._catalogue.connection.execute("SELECT name FROM spaces WHERE NOT growing").fetchall():
                self._level(row["name"])
        try:
            for builder in list(self._builders.values()):
                builder.join()
        except BaseException:
            self._given_up.set()  # whoever interrupts does not want to wait for it
            raise

    # --- files ---

    @property
    def _lineage(self) -> str:
        return str(self._catalogue.fact("lineage"))

    def _files(self, name: str, key: int) -> list[tuple[int, Path]]:
        """Saved files of a space by generation, newest first; those ahead of the catalogue are of no use."""
        found = []
        for path in self._folder.glob(f"{name}-{key}-*.faiss"):
            number = path.stem.rsplit("-", 1)[1]
            if number.isdigit() and int(number) <= self._catalogue.generation:
                found.append((int(number), path))
        return sorted(found, reverse=True)

    def _load(self, row: sqlite3.Row) -> _Space:
        for generation, path in self._files(row["name"], row["key"]):
            try:
                index = VectorIndex.load(path, row["dimension"], self._exactly(row), self._lineage)
                return _Space(row["key"], index, generation)
            except LibraryError as error:
                log.warning("%s; rebuilding it from the catalogue", error)
        return _Space(row["key"], self._new(row), -1, _ALL)

    def save(self) -> None:
        """Write files that are too far behind, and remove the older ones. What a file lacks is read from the catalogue
        when it is opened. Indexes that are being built are waited for."""
        self._finish_building()
        with self._lock, self._catalogue.snapshot():
            oldest = self._catalogue.generation
            rows = self._catalogue.connection.execute("SELECT name, key FROM spaces WHERE NOT growing").fetchall()
            self._remove_others({f"{row['name']}-{row['key']}" for row in rows})
            for row in rows:
                space = self._level(row["name"])
                if space is None:
                    continue
                files = self._files(row["name"], row["key"])
                behind = space.changes > _STALE * len(space.index) or len(space.index) <= _SOON
                if files and space.changes <= len(space.index):
                    if files[0][0] == space.generation:
                        continue
                    if not behind:
                        oldest = min(oldest, files[0][0])
                        continue
                path = self._folder / f"{row['name']}-{row['key']}-{space.generation}.faiss"
                try:
                    space.index.save(path, self._lineage)
                except OSError as error:
                    log.warning("%s was not written (%s): it is a cache, and will be written another time", path, error)
                    oldest = min(oldest, files[0][0] if files else oldest)
                    continue
                space.changes = 0
                for _, older in files:
                    if older != path:
                        older.unlink(missing_ok=True)
        self._catalogue.forget_removals(until=oldest)

    def write_anew(self) -> None:
        """Have all files written at the next saving, whatever has changed."""
        with self._lock, self._catalogue.snapshot():
            for row in self._catalogue.connection.execute("SELECT name FROM spaces WHERE NOT growing").fetchall():
                if (space := self._level(row["name"])) is not None:
                    space.write_anew()

    def _remove_others(self, spaces: Container[str]) -> None:
        """Delete the files of spaces whose place others have taken."""
        for path in self._folder.glob("*.faiss"):
            if path.stem.rpartition("-")[0] not in spaces:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete files that a killed writer left unfinished, and those ahead of the catalogue, which then is a copy of
        an earlier day: it will give the same ids to other segments."""
        for path in self._folder.glob("*"):
            number = path.stem.rsplit("-", 1)[-1]
            if path.suffix == ".aside" or (number.isdigit() and int(number) > self._catalogue.generation):
                path.unlink(missing_ok=True)

    def saved_ids(self, name: str) -> tuple[np.ndarray | None, int]:
        """What the space's file on disk holds, and its generation; (None, -1) when it cannot be read.

        Without a file, as after a kill before the first was written, it holds nothing yet.
        """
        row = self._catalogue.space(name)
        if row is None:
            return None, -1
        files = self._files(name, row["key"])
        if not files:
            return np.empty(0, np.int64), -1
        for generation, path in files:
            try:
                return VectorIndex.load(path, row["dimension"], lineage=self._lineage).ids(), generation
            except LibraryError:
                continue
        return None, -1

    def rebuild(self) -> None:
        """Throw the files away and build them from the catalogue."""
        with self._lock:
            for path in self._folder.glob("*"):
                path.unlink()
            self._spaces.clear()
        self.save()
