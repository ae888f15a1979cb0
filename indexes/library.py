"""The library: one folder on disk in which catalogue, keywords and vector spaces go together.

Adds, replaces and forgets a source in one transaction; `caches` keeps FAISS level with the catalogue. Layout:

    catalogue.sqlite            the truth
    faiss/text-3-1042.faiss     cache: space 'text', its key 3, generation 1042 of the catalogue; sealed (`vectors`)
    uploads/                    files that people dropped on the page
    writer.lock, writer.json    held by the one process that writes
    growing.lock                held by the one process that makes vectors of another model
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexes import shards, speakers
from indexes.backups import ELSEWHERE, follow
from indexes.caches import Caches
from indexes.catalogue import Catalogue
from indexes.conversations import Conversations
from indexes.errors import LibraryBusy, LibraryError, SpaceMismatch, UsageError
from indexes.growing import Growing
from indexes.keywords import KeywordIndex
from indexes.records import FileRecord, Hit, Segment, Source
from indexes.scopes import Scope
from indexes.speakers import Speaker

_AT_ONCE = 2  # shards; where words of no more are removed, as a file has, they are erased at the end of each writing
_LONGEST_NAME = 80  # characters of what a speaker is called
_LEFT = "left behind"  # the fact that says whether words of removed segments may still stand in files
_NOTHING, _SOME_TIME, _NOW = range(3)  # what it says: when they are to be erased

FORGOTTEN = "forgotten on request"
"""What the ledger says of a file that a person wanted to be forgotten."""

Vectors = Mapping[str, Mapping[int, np.ndarray]]
"""Space name → index of the segment among those added → vector (dimension,) float32 of unit length."""

Codes = Mapping[int, np.ndarray]
"""Index of the segment among those added → its words (w, bytes) uint8, as the text model gives them."""


class Library:
    """One folder with everything that is remembered."""

    def __init__(self, folder: Path, create: bool = True, index: str = "auto") -> None:
        """`index`: the kind of index to hold vectors in (auto, exact, compact).

        Raises LibraryError when the folder cannot be used, or is none and `create` is false.
        """
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
        self._opened: dict[str, int] = {}  # keys of the spaces that vectors are added to
        self._writer = threading.Lock()
        self.caches = Caches(self.folder / "faiss", self.catalogue, index, self._writer.locked)

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
            self.caches.sweep()
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
        words_first: bool = False,
    ) -> None:
        """Store more of a source that is read bit by bit, each bit in one transaction.

        `stages` says how far the reading has come, for the next start; {} when it is complete, and only then the
        path's earlier content goes. The new segments may stand `instead_of` older ones, whose ids go for good.
        `words_first`: the vectors of texts are to be made, and are stored by `fill`.
        """
        with self.catalogue.transaction() as connection:
            key = self.catalogue.source_key(source.id)
            if key is None:
                key = self.catalogue.add_source(source)
            else:
                self.catalogue.update_source(key, source)
            shards.remove(connection, instead_of)
            self.catalogue.remove_segments(instead_of)
            if instead_of:
                self._leave_behind(_SOME_TIME)
            self._add_segments(key, segments, vectors, {})
            self.catalogue.set_stages(key, stages)
            if words_first:
                self.catalogue.await_vectors(key)
            self._record(file)

    def fill(self, vectors: Mapping[int, np.ndarray], codes: Codes, until: int, failed: Mapping[str, str]) -> list[str]:
        """Store vectors of texts and their words by id of the segment; all up to the id `until` have theirs now, but
        for those that `failed`, of which the ledger says why, by id of the source. Ids of the sources of which nothing
        lacks any more."""
        with self.catalogue.transaction():
            if vectors:
                self.catalogue.store_made(self._opened["text"], vectors, codes)
            whole = self.catalogue.have_vectors(until)
            for source in self.catalogue.sources(failed).values():
                _, said = self.catalogue.partial(source.id)
                reason = said if failed[source.id] in said else f"{said} {failed[source.id]}".lstrip()
                for file in filter(None, map(self.catalogue.file, source.paths)):
                    self._record(replace(file, status="partial", stage="embed", reason=reason))
            return whole

    def _add_segments(self, key: int, segments: Sequence[Segment], vectors: Vectors, codes: Codes) -> None:
        ids = self.catalogue.add_segments(key, segments)
        shards.add(self.catalogue.connection, ids)
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

    def speakers(self, source_id: str) -> list[Speaker]:
        """Who speaks in a source."""
        return speakers.of_source(self.catalogue.connection, self.catalogue.source_key(source_id) or 0)

    def name_speakers(self, source_id: str, names: Mapping[str, str]) -> list[Speaker]:
        """Call speakers of a source, by what they were heard as, by these names; '' takes a name back. Vectors stay as
        they are. Raises UsageError for somebody who is not heard in it, or a name that is none."""
        heard = [each.heard for each in self.speakers(source_id)]
        names = {each: " ".join(name.split()) for each, name in names.items()}
        for each, name in names.items():
            if each not in heard:
                who = f"Heard are: {', '.join(heard)}." if heard else "Nobody is told apart in it."
                raise UsageError(f"No {each!r} is heard in it. {who}")
            if len(name) > _LONGEST_NAME:
                raise UsageError(f"{name[:20]!r}… has {len(name)} characters. Names have up to {_LONGEST_NAME}.")
        with self.catalogue.transaction() as connection:
            key = self.catalogue.source_key(source_id) or 0
            ids = self.catalogue.segment_ids(key)
            shards.remove(connection, ids)
            self.catalogue.name_speakers(key, names)
            shards.put_back(connection, ids)
            self._leave_behind(_SOME_TIME)
        return self.speakers(source_id)

    def expect(self, paths: Sequence[str]) -> None:
        """Write into the ledger which files will be read, so that what was not reached is known as well."""
        if paths:
            with self.catalogue.transaction(counts=False):
                self.catalogue.expect(paths)

    def forget(self, path: str) -> list[FileRecord]:
        """Forget a file or everything below a folder: the lines of the ledger as they were before.

        Nothing of it is found from then on; `erase` also overwrites what is left in files.
        """
        known = [file for file in self.catalogue.files(path) if file.status != "removed"]
        self.record(*(removed(file, FORGOTTEN) for file in known))
        return known

    def erase(self) -> None:
        """Leave no byte of what was removed in the library's files: at the end of this writing, or of the next if this
        one is killed. Takes half a second for each shard of which something was removed."""
        self._leave_behind(_NOW)

    def _leave_behind(self, when: int) -> None:
        """Note that words of removed segments may still stand in files, and when they are to be erased. In the
        catalogue, so that nobody who is killed leaves them there."""
        if int(self.catalogue.fact(_LEFT, 0)) < when:
            self.catalogue.set_fact(_LEFT, when)

    def _level_files(self) -> None:
        """At the end of writing: erase what is left behind, and bring the FAISS files level."""
        left = int(self.catalogue.fact(_LEFT, 0))
        few = len(shards.uncleared(self.catalogue.connection)) <= _AT_ONCE
        erasing = left == _NOW or (left == _SOME_TIME and few)
        if erasing:
            with self.catalogue.transaction(counts=False) as connection:
                shards.erase(connection)
            self.caches.write_anew()
        self.save_spaces()
        if self.catalogue.empty_log() and erasing:
            self.catalogue.set_fact(_LEFT, _NOTHING)

    def _record(self, file: FileRecord) -> None:
        orphans = self.catalogue.record_file(file)
        elsewhere = f"{self.folder / ELSEWHERE}/"
        if file.source_id is not None and not file.path.startswith(elsewhere):
            self.catalogue.drop_lines(file.source_id, elsewhere)  # it is here after all
        for orphan in orphans:
            shards.remove(self.catalogue.connection, self.catalogue.segment_ids(orphan))
            self.catalogue.remove_source(orphan)
            self._leave_behind(_SOME_TIME)

    # --- finding ---

    def scope(self, glob: str | None = None, modality: str | None = None) -> Scope:
        """Narrow a search. Raises UsageError when no indexed file matches the glob."""
        conditions: list[str] = []
        values: list[object] = []
        if glob:
            keys = self.catalogue.keys_matching(glob)
            if not keys:
                raise UsageError(
                    f"No indexed file matches {glob!r}. `python -m app status` lists them; * stands for any characters."
                )
            conditions.append(f"source IN ({','.join(map(str, sorted(keys)))})")
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
        ids, scores = self.caches.search(space, vector, k, scope, lambda: self._check(space, model, len(vector)))
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
        with self.catalogue.snapshot():  # what is counted and what is found are of one state
            return self.keywords.search(self.catalogue.connection, question, k, scope.where, scope.values)

    def holding(self, phrase: str, most: int, scope: Scope = Scope()) -> list[int]:
        """The segments in which these words stand next to each other, by id; none where more than `most` hold them."""
        with self.catalogue.snapshot():
            return self.keywords.holding(self.catalogue.connection, phrase, most, scope.where, scope.values)

    def respelt(self, words: Sequence[str]) -> dict[str, list[str]]:
        """The beginnings of words of this library that are spelt almost like those that stand nowhere in it."""
        with self.catalogue.snapshot():
            return self.keywords.respelt(self.catalogue.connection, words)

    def rarity(self, words: Collection[str]) -> dict[str, float]:
        """What each word says, by how rare it is here; 0 for one that stands nowhere."""
        with self.catalogue.snapshot():
            return self.keywords.rarity(self.catalogue.connection, words)

    # --- the FAISS caches ---

    def save_spaces(self) -> None:
        """Write FAISS files that are too far behind; see `caches`."""
        self.caches.save()

    def saved_ids(self, name: str) -> tuple[np.ndarray | None, int]:
        """What the space's FAISS file on disk holds, and its generation; (None, -1) when it cannot be read."""
        return self.caches.saved_ids(name)

    def rebuild_spaces(self) -> None:
        """Throw the FAISS files away and build them from the catalogue."""
        self.caches.rebuild()


def removed(file: FileRecord, reason: str) -> FileRecord:
    """The ledger's line for a path that leads nowhere any more."""
    return replace(file, status="removed", source_id=None, segments=0, stage="find", reason=reason, updated=time.time())


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text())
        return f"Process {owner['pid']} (since {owner['since']})"
    except (OSError, ValueError, KeyError):
        return "Another process"
