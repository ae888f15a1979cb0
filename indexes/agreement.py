"""What must hold between the tables of a catalogue: rules, each with a query that counts what breaks it and, where no
model is needed for that, statements that mend it.

Knows rows only. What must hold between the catalogue and the files beside it is left to the layers above.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from indexes.catalogue import BEHIND

_NOT_THERE = "What was read in it is not in the library any more. Index it again."
_REEMBED = "python -m app doctor --reembed"
_IN_PART = "Only a part of what was read in it is in the library. Forget it and index it again."


@dataclass(frozen=True, slots=True)
class Rule:
    """`breaches` selects how many rows break it. Where `mend` is '', `step` says what helps."""

    what: str
    breaches: str
    mend: str = ""
    step: str = ""

    @property
    def model(self) -> bool:
        """Whether it may be broken by what no model gave, and only a model mends it."""
        return self.step == _REEMBED


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule, and how many rows break it."""

    rule: Rule
    count: int

    def __str__(self) -> str:
        step = "" if self.rule.mend else f" ({self.rule.step})"
        return f"{self.count} {self.rule.what}{step}"


def _rows(what: str, table: str, wrong: str, mend: str = "", step: str = "") -> Rule:
    """Rows of a table for which a condition says that they are wrong; deleted unless another `mend` or a `step` is
    named."""
    mend = mend or ("" if step else f"DELETE FROM {table} WHERE {wrong};")
    return Rule(what, f"SELECT count(*) FROM {table} WHERE {wrong}", mend, step)


_HELD = "(SELECT count(*) FROM segments WHERE segments.source = files.source)"
_LED_TO = "SELECT source FROM files WHERE source NOT NULL UNION SELECT earlier FROM files WHERE earlier NOT NULL"
_OF_THEIR_SPACE = "(SELECT 2 * dimension FROM spaces WHERE key = vectors.space)"
_UNREADABLE = "NOT (json_valid(place) AND json_valid(marks) AND json_valid(cues))"

# In the order in which they are mended: what one deletes may leave something to the next.
RULES: tuple[Rule, ...] = (
    _rows(
        "files that lead to an unknown source",
        "files",
        "source NOT NULL AND source NOT IN (SELECT key FROM sources)",
        f"UPDATE files SET source = NULL, status = 'failed', segments = 0, stage = 'store', reason = '{_NOT_THERE}'"
        " WHERE source NOT NULL AND source NOT IN (SELECT key FROM sources);",
    ),
    _rows("sources that no file leads to", "sources", f"key NOT IN ({_LED_TO})"),
    _rows("segments without a source", "segments", "source NOT IN (SELECT key FROM sources)"),
    _rows(
        "vectors without a segment or a space",
        "vectors",
        "segment NOT IN (SELECT id FROM segments) OR space NOT IN (SELECT key FROM spaces)",
    ),
    _rows("vectors of another length than their space's", "vectors", f"length(vector) != {_OF_THEIR_SPACE}"),
    _rows(
        "codes without a segment or a space",
        "codes",
        "segment NOT IN (SELECT id FROM segments) OR space NOT IN (SELECT key FROM spaces)",
    ),
    _rows("stages of unknown sources", "stages", "source NOT IN (SELECT key FROM sources)"),
    _rows("speakers of unknown sources", "speakers", "source NOT IN (SELECT key FROM sources)"),
    _rows("turns of unknown conversations", "turns", "conversation NOT IN (SELECT id FROM conversations)"),
    _rows(
        "files called indexed that lead to no source",
        "files",
        "status IN ('indexed', 'draft', 'partial') AND source IS NULL",
        f"UPDATE files SET status = 'failed', segments = 0, stage = 'store', reason = '{_NOT_THERE}'"
        " WHERE status IN ('indexed', 'draft', 'partial') AND source IS NULL;",
    ),
    _rows(
        "files of which the ledger counts other segments than there are",
        "files",
        f"status = 'indexed' AND source NOT NULL AND segments != {_HELD}",
        f"UPDATE files SET status = 'partial', segments = {_HELD}, stage = 'store', reason = '{_IN_PART}'"
        f" WHERE status = 'indexed' AND source NOT NULL AND segments != {_HELD};",
    ),
    _rows(
        "segments whose place, marks or cues cannot be read",
        "segments",
        _UNREADABLE,
        f"UPDATE segments SET place = '{{}}', marks = '[]', cues = '[]' WHERE {_UNREADABLE};",
    ),
    _rows(
        "spaces that count their vectors wrongly",
        "spaces",
        "vectors != (SELECT count(*) FROM vectors v WHERE v.space = spaces.key)",
        "UPDATE spaces SET vectors = (SELECT count(*) FROM vectors v WHERE v.space = spaces.key);",
    ),
    _rows(
        "texts without a vector",
        "segments",
        "kind IN ('text', 'speech') AND trim(text) != '' AND id NOT IN (SELECT segment FROM vectors JOIN spaces"
        f" ON spaces.key = vectors.space WHERE spaces.name = 'text' AND NOT growing) AND source NOT IN ({BEHIND})",
        step=_REEMBED,
    ),
    Rule(
        "rows that refer to what is not there",
        "SELECT count(*) FROM pragma_foreign_key_check",
        step="restore a backup",
    ),
)


def breaches(connection: sqlite3.Connection) -> Iterator[Breach]:
    """Every rule that does not hold."""
    for rule in RULES:
        count = int(connection.execute(rule.breaches).fetchone()[0])
        if count:
            yield Breach(rule, count)


def mend(connection: sqlite3.Connection) -> list[Breach]:
    """What was mended. To be called inside a transaction; words must be rebuilt after it."""
    mended = []
    connection.execute("PRAGMA defer_foreign_keys = ON")  # each rule may leave something to the next
    for rule in RULES:
        count = int(connection.execute(rule.breaches).fetchone()[0])
        if count and rule.mend:
            connection.execute(rule.mend)
            mended.append(Breach(rule, count))
    return mended
