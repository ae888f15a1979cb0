"""Conversations: what was asked and answered, in the library's catalogue, and what people thought of the answers."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from indexes.database import Database
from indexes.errors import LibraryError, UsageError

_TITLE = 120  # characters of a first question that a title keeps

SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE turns (                      -- answer is a JSON document of the layer above
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL,
    thumb INTEGER NOT NULL DEFAULT 0,     -- 1 up, -1 down
    created REAL NOT NULL);
CREATE INDEX turns_conversation ON turns(conversation);

CREATE TABLE measures (                   -- what was measured in this library, as JSON, and at which generation
    name TEXT PRIMARY KEY, value TEXT NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID;
"""

_TURN = "SELECT key, conversation, question, answer, thumb, created FROM turns"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is listed. `created` and `updated` are seconds since 1970; `turns` is how many it has."""

    id: str
    title: str
    created: float
    updated: float
    turns: int


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question and its finished answer, a JSON document of the layer above. `thumb` is 1 up, -1 down, 0 none."""

    key: int
    conversation: str
    question: str
    answer: dict[str, Any]
    thumb: int
    created: float


class Conversations:
    """The conversations of one library. Reads and writes from any thread, also while another process indexes.

    What writes raises LibraryError when the catalogue cannot be written. Unknown ids raise UsageError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, title: str) -> str:
        """A new conversation's id."""
        id, now = uuid.uuid4().hex, time.time()
        with self._writing() as connection:
            connection.execute("INSERT INTO conversations VALUES (?,?,?,?)", (id, _titled(title), now, now))
        return id

    def add(self, conversation: str, question: str, answer: Mapping[str, Any]) -> int:
        """Store a finished turn; its key."""
        now = time.time()
        with self._writing() as connection:
            self._touch(connection, "UPDATE conversations SET updated = ? WHERE id = ?", now, conversation)
            cursor = connection.execute(
                "INSERT INTO turns(conversation, question, answer, created) VALUES (?,?,?,?)",
                (conversation, question, json.dumps(answer, ensure_ascii=False), now),
            )
        return int(cursor.lastrowid or 0)

    def get(self, conversation: str) -> Conversation:
        """One conversation as it is listed."""
        found = self._listed("WHERE c.id = ?", conversation)
        if not found:
            raise _unknown(conversation)
        return found[0]

    def list(self) -> tuple[Conversation, ...]:
        """All conversations, the one that was last gone on with first."""
        return self._listed("")

    def turns(self, conversation: str) -> tuple[StoredTurn, ...]:
        """The turns of a conversation, oldest first."""
        self.get(conversation)
        return self._turns("WHERE conversation = ? ORDER BY key", conversation)

    def turn(self, key: int) -> StoredTurn:
        found = self._turns("WHERE key = ?", key)
        if not found:
            raise _no_turn(key)
        return found[0]

    def thumb(self, turn: int, value: int) -> None:
        """What a person thinks of an answer: 1 up, -1 down, 0 nothing any more. Raises UsageError for other values."""
        if value not in (-1, 0, 1):
            raise UsageError(f"A thumb is 1 (up), -1 (down) or 0 (none), not {value}.")
        with self._writing() as connection:
            if not connection.execute("UPDATE turns SET thumb = ? WHERE key = ?", (value, turn)).rowcount:
                raise _no_turn(turn)

    def thumbs(self) -> tuple[StoredTurn, ...]:
        """The turns that people gave a thumb, oldest first."""
        return self._turns("WHERE thumb != 0 ORDER BY key")

    def rename(self, conversation: str, title: str) -> None:
        with self._writing() as connection:
            self._touch(connection, "UPDATE conversations SET title = ? WHERE id = ?", _titled(title), conversation)

    def delete(self, conversation: str) -> None:
        """A conversation with its turns and thumbs, for good."""
        with self._erasing() as connection:
            self._touch(connection, "DELETE FROM conversations WHERE id = ?", conversation)

    def clear(self) -> int:
        """Delete all conversations, for good; how many there were."""
        with self._erasing() as connection:
            return int(connection.execute("DELETE FROM conversations").rowcount)

    def replace_answers(self, about: Iterable[str], instead: Mapping[str, Any]) -> int:
        """Put another answer in the place of those whose document names one of these sources by id; how many."""
        text, count = json.dumps(instead, ensure_ascii=False), 0
        with self._writing() as connection:
            for source in about:
                found = connection.execute("UPDATE turns SET answer = ? WHERE instr(answer, ?)", (text, source))
                count += found.rowcount
        return count

    # --- rows ---

    def _listed(self, where: str, *values: object) -> tuple[Conversation, ...]:
        rows = self._database.connection.execute(
            "SELECT c.id, c.title, c.created, c.updated,"
            " (SELECT count(*) FROM turns t WHERE t.conversation = c.id) AS turns"
            f" FROM conversations c {where} ORDER BY c.updated DESC, c.id",
            values,
        )
        return tuple(Conversation(**row) for row in map(dict, rows))

    def _turns(self, where: str, *values: object) -> tuple[StoredTurn, ...]:
        rows = self._database.connection.execute(f"{_TURN} {where}", values)
        return tuple(StoredTurn(**{**row, "answer": json.loads(row["answer"])}) for row in map(dict, rows))

    def _touch(self, connection: sqlite3.Connection, statement: str, *values: object) -> None:
        """Change the one conversation that the last value names."""
        if not connection.execute(statement, values).rowcount:
            raise _unknown(str(values[-1]))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.transaction(counts=False) as connection:
                yield connection
        except (sqlite3.OperationalError, LibraryError) as error:
            raise LibraryError(
                f"{self._database.path} cannot be written now, so conversations are not kept: {error}. See whether the"
                " folder may be written and the disk has room, or set history=off."
            ) from error

    @contextmanager
    def _erasing(self) -> Iterator[sqlite3.Connection]:
        """What is deleted inside does not stay in the write-ahead log either."""
        with self._writing() as connection:
            yield connection
        self._database.empty_log()


def _titled(text: str) -> str:
    """One line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"


def _unknown(conversation: str) -> UsageError:
    return UsageError(f"No conversation has the id {conversation}. It may have been deleted.")


def _no_turn(key: int) -> UsageError:
    return UsageError(f"No answer of a conversation has the key {key}. It may have been deleted.")
