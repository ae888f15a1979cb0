"""Key–value records: what stands as 'Status: unpaid' or 'Status | unpaid' in file after file, as rows of a table.

The head of a mail, a form, an invoice: each is one row, its keys are the columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.extractors.tables import cells_of
from pipelines.tables.cells import words_of

FEWEST = 3
"""Records that make a table."""

_KEYS = 2  # that records share, at least
_SHARED = 0.5  # of the records that a key stands in, to be a column
_LONGEST, _WORDS = 40, 4  # characters and words of a key
_VALUE = 200  # characters of a value
_PAIR = re.compile(
    rf"[\s*_•-]*+(?P<key>[^\W\d_][^:：|\n]{{0,{_LONGEST}}}?)[\s*_]*+(?::[\s*_]+|：[\s*_]*+)(?P<value>\S.*)$"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its value, and where both stand in the text (start, end)."""

    key: str
    value: str
    start: int
    end: int


def pairs_of(text: str) -> Iterator[Pair]:
    """Those of a text, line by line."""
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        cells = cells_of(line) if " | " in line else []
        match = None if cells or len(line) > _LONGEST + _VALUE else _PAIR.match(line.rstrip(" *_\t"))
        key, value = cells if len(cells) == 2 else (match["key"], match["value"]) if match else ("", "")
        if key and value and len(key.split()) <= _WORDS and key[0].isalpha():
            yield Pair(key.strip(" *_:："), value.strip(), start, start + len(line))


def shared_keys(records: Sequence[Mapping[str, object]]) -> list[str]:
    """The keys by which records are of one kind, in the order in which they stand; none where they are of none."""
    known = [{folded(key): key for key in record} for record in records]
    often = Counter(key for record in known for key in record)
    least = max(FEWEST, _SHARED * len(records))
    shared = [key for key, times in often.items() if times >= least]
    return [next(record[key] for record in known if key in record) for key in shared] if len(shared) >= _KEYS else []


def table_of(records: Sequence[Mapping[str, str]], keys: Sequence[str]) -> list[list[str]]:
    """Lines of cells, the head first."""
    rows = [{folded(key): value for key, value in record.items()} for record in records]
    return [list(keys), *([row.get(folded(key), "") for key in keys] for row in rows)]


def folded(key: str) -> str:
    """A key as it is compared: without case, accents and plural."""
    return " ".join(words_of(key)) or key.casefold()
