"""A SQLite file for many threads: connections, migrations, transactions. Knows no table but `facts`."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from indexes.errors import LibraryError, LibraryReadOnly
from indexes.keywords import words
from indexes.restoring import way_out

_PATIENCE = 250  # milliseconds for which emptying the log waits for those who read

_OF_INDEXES = re.compile("missing from index|wrong # of entries in index|non-unique entry in index")


class Database:
    """One SQLite file. Reads from any thread; writes inside `transaction()` only, and only where it may be `written`:
    not on a disk, in a folder or as a user that allows no more than reading.

    Raises LibraryError when the file is no database, or was written by a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self.written = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
        self._migrations = migrations
        self._local = threading.local()
        self._opened: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        try:
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise _understood(path, error) or LibraryError(
                f"{path} cannot be used as a library's catalogue: {error}. If it is not a Folioscope library,"
                f" choose another folder with --library; if it is, restore it from a backup. {way_out(path.parent)}"
            ) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connected()
            connection.row_factory = sqlite3.Row
            connection.create_function("words", 1, words, deterministic=True)
            connection.create_function("folded", 1, str.lower, deterministic=True)  # SQLite's own knows only ASCII
            connection.executescript("PRAGMA foreign_keys=ON; PRAGMA mmap_size=268435456")
            if self.written:
                # FULL: what was told to be done is on the disk, also after a power cut. With NORMAL the last sources
                # could go, and caches be ahead of a catalogue that gives their ids to others. It costs a flush for each
                # source, while others are read and embedded.
                # What is deleted is overwritten (https://sqlite.org/pragma.html#pragma_secure_delete).
                connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON")
            self._local.connection = connection
            with self._opening:
                # A server's threads come and go for days, and each leaves a connection.
                for thread in [thread for thread in self._opened if not thread.is_alive()]:
                    self._opened.pop(thread).close()
                self._opened[threading.current_thread()] = connection
        return connection

    def _connected(self) -> sqlite3.Connection:
        if self.written:
            return _connect(str(self.path))
        # Where nothing may be written SQLite reads along with who writes if it can; alone it must be told that nobody
        # does, as it could not make the files by which readers and writers know of each other.
        try:
            connection = _connect(f"{self.path.as_uri()}?mode=ro", uri=True)
            connection.execute("SELECT count(*) FROM sqlite_master")
            return connection
        except sqlite3.OperationalError as error:
            log = self.path.with_name(f"{self.path.name}-wal")
            if log.exists() and log.stat().st_size:
                raise LibraryError(
                    f"{self.path} was left in the middle of writing, and its folder may not be written, so that it"
                    " cannot be put right. Open it once where it may, or copy its folder and open that."
                ) from error
        return _connect(f"{self.path.as_uri()}?immutable=1", uri=True)

    def close(self) -> None:
        with self._opening:
            for connection in self._opened.values():
                connection.close()
            self._opened.clear()
            self._local = threading.local()

    def _migrate(self) -> None:
        taken = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if taken > len(self._migrations):
            raise LibraryError(f"{self.path} was written by a newer version of Folioscope. Please update.")
        if taken < len(self._migrations) and not self.written:
            raise LibraryError(
                f"{self.path} was written by an older version of Folioscope, and its folder may not be written, so that"
                " it cannot be brought to this one. Open it once where it may, or copy its folder and open that."
            )
        for number, step in enumerate(self._migrations[taken:], start=taken + 1):
            execute = self.connection.execute
            execute("BEGIN IMMEDIATE")
            try:
                # Another process may have taken it meanwhile; some steps could be taken twice, and would count back.
                if execute("PRAGMA user_version").fetchone()[0] < number:
                    for statement in _statements(step):
                        execute(statement)
                    execute(f"PRAGMA user_version={number}")
                execute("COMMIT")
            except BaseException:
                execute("ROLLBACK")
                raise

    def damage(self) -> str:
        """What SQLite finds wrong with the file, words aside; '' for nothing. Looks at every page and every index."""
        try:
            rows = [str(row[0]) for row in self.connection.execute("PRAGMA integrity_check(10)")]
        except sqlite3.DatabaseError as error:
            return str(error)
        return "; ".join(says for says in rows if says != "ok" and "fts5" not in says.lower())

    def mend_indexes(self) -> bool:
        """Make SQLite's own indexes anew, where nothing else is damaged; whether that is so."""
        damage = self.damage()
        if not damage or not all(_OF_INDEXES.search(says) for says in damage.split("; ")):
            return False
        with self.transaction(counts=False) as connection:
            connection.execute("REINDEX")
        return True

    def wasted(self, few: int = 0) -> float:
        """The part of the file that holds nothing, in 0..1; 0 where that is no more than a `few` pages."""
        empty, pages = (
            int(self.connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("freelist_count", "page_count")
        )
        return empty / pages if empty > few else 0.0

    def shrink(self) -> None:
        """Give the disk back what holds nothing. Needs as much room as the file takes, for a while."""
        self.check_written()
        self.connection.execute("VACUUM")

    def copy_to(self, path: Path, facts: dict[str, object]) -> None:
        """The file as it is now, while others read and write, with other `facts`, at a path where nothing is.

        In one step, so that no writer makes it begin again (https://sqlite.org/backup.html).
        """
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            self.connection.backup(copy)
            # In one file, which opens also where nothing may be written.
            copy.executescript("PRAGMA journal_mode=DELETE; PRAGMA secure_delete=ON")
            copy.executemany("INSERT OR REPLACE INTO facts(name, value) VALUES (?,?)", [*facts.items()])

    @contextmanager
    def transaction(self, counts: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing; counts the generation up, so that caches know that they are behind. What no cache holds
        (conversations, measures) needs no count. Inside another one of the same thread it is a part of that.

        Raises LibraryError where nothing may be written, or the disk takes no more.
        """
        self.check_written()
        connection = self.connection
        if getattr(self._local, "writing", False):
            yield connection
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._local.writing = True
            yield connection
            if counts:
                connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:  # on a full disk SQLite has rolled back already
                connection.execute("ROLLBACK")
            understood = _understood(self.path, error)
            if understood is not None:
                raise understood from error
            raise
        finally:
            self._local.writing = False

    def check_written(self) -> None:
        """Raises LibraryReadOnly where nothing may be written."""
        if not self.written:
            raise LibraryReadOnly(
                f"{self.path.parent} may only be read, so nothing in it can be changed. Make the folder and its files"
                " writable for yourself, or copy it and use the copy: --library COPY"
            )

    def empty_log(self) -> bool:
        """Fold the write-ahead log into the file, so that the file is complete and nothing that was deleted stays in
        the log; False where somebody reads just now, and the log is left to a later writer."""
        if not self.written:
            return False
        connection = self.connection
        (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
        try:
            return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        except sqlite3.OperationalError:
            return False
        finally:
            connection.execute(f"PRAGMA busy_timeout = {patience}")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read inside belongs to one state of the catalogue."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    @property
    def generation(self) -> int:
        return int(self.connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()[0])

    def fact(self, name: str, unknown: str | int = "") -> str | int:
        """A single value that is kept about the whole of it, a text or a number."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return unknown if row is None else row[0]

    def set_fact(self, name: str, value: str | int) -> None:
        with self.transaction(counts=False) as connection:
            connection.execute("INSERT OR REPLACE INTO facts(name, value) VALUES (?,?)", (name, value))


def _statements(script: str) -> Iterator[str]:
    """Those of a script, one by one: `executescript` would end the transaction that it stands in."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _connect(name: str, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=30, isolation_level=None, check_same_thread=False, uri=uri)


def _understood(path: Path, error: BaseException) -> LibraryError | None:
    """What a person can do about a failure of the disk; None for other failures."""
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return LibraryError(
                f"The disk is full, so {path} cannot be written. What was finished is kept: make room, and run the same"
                " command again."
            )
        case sqlite3.SQLITE_IOERR:
            return LibraryError(
                f"The disk does not let {path} be read or written ({error}). What was finished is kept: see whether it"
                " has room and works, and run the same command again."
            )
        case sqlite3.SQLITE_READONLY:
            return LibraryReadOnly(
                f"{path} may only be read now, so nothing in it can be changed ({error}). Make its folder writable."
            )
    return None
