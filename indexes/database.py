"""A SQLite file for many threads: connections, migrations, transactions. Knows no table but `facts`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from indexes.errors import LibraryError
from indexes.keywords import words

_PATIENCE = 250  # milliseconds for which emptying the log waits for those who read


class Database:
    """One SQLite file. Reads from any thread; writes inside `transaction()` only.

    Raises LibraryError when the file is no database, or was written by a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._local = threading.local()
        self._opened: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        try:
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"{path} cannot be used as a library's catalogue: {error}. If it is not a Folioscope library,"
                " choose another folder with --library; if it is, restore it from a backup."
            ) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.create_function("words", 1, words, deterministic=True)
            connection.create_function("folded", 1, str.lower, deterministic=True)  # SQLite's own knows only ASCII
            # WAL with NORMAL: a power cut may cost the last source, which is then indexed again, never consistency.
            # What is deleted is overwritten (https://sqlite.org/pragma.html#pragma_secure_delete).
            connection.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                " PRAGMA mmap_size=268435456; PRAGMA secure_delete=ON"
            )
            self._local.connection = connection
            with self._opening:
                # A server's threads come and go for days, and each leaves a connection.
                for thread in [thread for thread in self._opened if not thread.is_alive()]:
                    self._opened.pop(thread).close()
                self._opened[threading.current_thread()] = connection
        return connection

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
        for number, step in enumerate(self._migrations[taken:], start=taken + 1):
            try:
                self.connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version={number}; COMMIT;")
            except sqlite3.OperationalError:
                # Another process may have taken the same step first.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if self.connection.execute("PRAGMA user_version").fetchone()[0] < number:
                    raise

    def damage(self) -> str:
        """What SQLite finds wrong with the file; '' for nothing."""
        try:
            says = str(self.connection.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.DatabaseError as error:
            return str(error)
        return "" if says == "ok" else says

    @contextmanager
    def transaction(self, counts: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing; counts the generation up, so that caches know that they are behind. What no cache holds
        (conversations, measures) needs no count."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            if counts:
                connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # on a full disk SQLite has rolled back already
                connection.execute("ROLLBACK")
            raise

    def empty_log(self) -> bool:
        """Fold the write-ahead log into the file, so that the file is complete and nothing that was deleted stays in
        the log; False where somebody reads just now, and the log is left to a later writer."""
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
