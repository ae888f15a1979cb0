"""The FTS5 tables in which the words of segments stand: shards, one for each range of ids.

FTS5 only marks what is removed, and erases it when it rewrites a table as a whole. So that this takes as long for a
million segments as for a few, a table that is full is followed by another one, and only those are rewritten of which
something was removed. Knows tables; what is looked for in them is left to `keywords`.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

SPAN = 1 << 16  # ids in a shard; to rewrite so many segments takes half a second

_FIRST = "keywords"
_OPTIONS = """content_rowid='id', tokenize="porter unicode61 remove_diacritics 2\""""

# The table of all words, as libraries had it before there were shards, became the first of them.
WORDS = f"""
CREATE VIEW segment_words AS
    SELECT id, words(heading) AS heading, words(text) AS text FROM segments;
CREATE VIRTUAL TABLE {_FIRST} USING fts5(heading, text, content='segment_words', {_OPTIONS});
"""


@dataclass(frozen=True, slots=True)
class Shard:
    """The words of segments from the id `first` on, up to the next shard's."""

    first: int

    @property
    def table(self) -> str:
        return f"{_FIRST}_from_{self.first}" if self.first else _FIRST

    @property
    def view(self) -> str:
        return f"segment_words_from_{self.first}" if self.first else "segment_words"

    def shown(self, end: int | None = None) -> str:
        """The statement that makes its view: the segments before the id `end`, as FTS5 is to read them."""
        before = "" if end is None else f" AND id < {end}"
        return (
            f"CREATE VIEW {self.view} AS SELECT id, words(heading) AS heading, words(text) AS text"
            f" FROM segments WHERE id >= {self.first}{before}"
        )

    def made(self) -> str:
        """The statement that makes its table, which stores no text: it reads the view."""
        return f"CREATE VIRTUAL TABLE {self.table} USING fts5(heading, text, content='{self.view}', {_OPTIONS})"


SCHEMA = f"""
CREATE TABLE shards (
    first INTEGER PRIMARY KEY,
    removed INTEGER NOT NULL DEFAULT 0); -- 1 while words of removed segments may still stand in it
INSERT INTO shards VALUES (0, EXISTS (SELECT 1 FROM facts WHERE name = 'left behind' AND value > 0));
DROP VIEW segment_words;
{Shard(0).shown()};
"""


def shards(connection: sqlite3.Connection) -> list[Shard]:
    """All of them, in the order of ids."""
    return [Shard(int(row[0])) for row in connection.execute("SELECT first FROM shards ORDER BY first")]


def add(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Index segments that are new in the catalogue; none has a smaller id than one that is indexed already."""
    (*_, last) = shards(connection)
    while ids:
        if ids[0] - last.first >= SPAN:
            last = _begin(connection, last, ids[0])
        held = bisect_left(ids, last.first + SPAN)
        connection.executemany(
            f"INSERT INTO {last.table}(rowid, heading, text) SELECT id, heading, text FROM {last.view} WHERE id = ?",
            [(i,) for i in ids[:held]],
        )
        ids = ids[held:]


def part(connection: sqlite3.Connection, firsts: Iterable[int]) -> None:
    """Begin further shards at these ids, ascending."""
    (*_, last) = shards(connection)
    for first in firsts:
        last = _begin(connection, last, first)


def _begin(connection: sqlite3.Connection, last: Shard, first: int) -> Shard:
    """The shard that follows the last one."""
    new = Shard(first)
    for statement in (f"DROP VIEW IF EXISTS {last.view}", last.shown(first), new.shown(), new.made()):
        connection.execute(statement)
    connection.execute("INSERT INTO shards(first) VALUES (?)", (first,))
    return new


def put_back(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Index segments that were removed and have other words now."""
    for shard, within in _by_shard(connection, ids).items():
        connection.executemany(
            f"INSERT INTO {shard.table}(rowid, heading, text) SELECT id, heading, text FROM {shard.view} WHERE id = ?",
            within,
        )


def _by_shard(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[Shard, list[tuple[int]]]:
    present = shards(connection)
    firsts = [shard.first for shard in present]
    by_shard: dict[Shard, list[tuple[int]]] = {}
    for i in ids:
        by_shard.setdefault(present[bisect_right(firsts, i) - 1], []).append((i,))
    return by_shard


def remove(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Mark segments as removed: to be called while they still are in the catalogue, as FTS5 needs their words."""
    for shard, within in _by_shard(connection, ids).items():
        connection.executemany(
            f"INSERT INTO {shard.table}({shard.table}, rowid, heading, text)"
            f" SELECT 'delete', id, heading, text FROM {shard.view} WHERE id = ?",
            within,
        )
        connection.execute("UPDATE shards SET removed = 1 WHERE first = ?", (shard.first,))


def uncleared(connection: sqlite3.Connection) -> list[Shard]:
    """Those in which words of removed segments may still stand."""
    return [Shard(int(row[0])) for row in connection.execute("SELECT first FROM shards WHERE removed ORDER BY first")]


def erase(connection: sqlite3.Connection) -> None:
    """Rewrite the shards of which something was removed. (FTS5's option secure-delete takes eight milliseconds for each
    segment, and makes a table that SQLite before 3.42 cannot read.)"""
    for shard in uncleared(connection):
        _command(connection, shard, "optimize")
    connection.execute("UPDATE shards SET removed = 0")


def check(connection: sqlite3.Connection) -> str:
    """An empty string when the words agree with the catalogue, else what FTS5 says."""
    says = []
    for shard in shards(connection):
        try:
            connection.execute(f"INSERT INTO {shard.table}({shard.table}, rank) VALUES('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            says.append(str(error))
    return "; ".join(says)


def rebuild(connection: sqlite3.Connection) -> None:
    """Index all segments anew, also where FTS5 cannot open what it has: each table begins with the contents of a new
    one. Tables of libraries that had only one are parted."""
    (first, *others) = shards(connection)
    for shard in (first, *others):
        _empty(connection, shard)
    for shard in others:
        connection.execute(f"DROP TABLE {shard.table}")
        connection.execute(f"DROP VIEW IF EXISTS {shard.view}")
    connection.execute("DELETE FROM shards WHERE first > 0")
    connection.execute(f"DROP VIEW IF EXISTS {first.view}")
    connection.execute(first.shown())
    ids = [row[0] for row in connection.execute("SELECT id FROM segments ORDER BY id")]
    part(connection, ids[SPAN::SPAN])
    for shard in shards(connection):
        _command(connection, shard, "rebuild")
    connection.execute("UPDATE shards SET removed = 0")


def _empty(connection: sqlite3.Connection, shard: Shard) -> None:
    with closing(sqlite3.connect(":memory:")) as new:
        new.execute(shard.made())
        tables = new.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE TABLE %'")
        for name, made in tables.fetchall():
            connection.execute(made.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
            connection.execute(f"DELETE FROM {name}")
            for row in new.execute(f"SELECT * FROM {name}"):
                connection.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)


def _command(connection: sqlite3.Connection, shard: Shard, command: str) -> None:
    connection.execute(f"INSERT INTO {shard.table}({shard.table}) VALUES(?)", (command,))
