"""Rows to Pieces: groups of rows that each repeat the header row, so that every Piece is understood alone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from indexes.records import Place
from pipelines.records import Piece

_BAR = re.compile(r"(?:^| )\|(?= |$)")
YEAR = re.compile(r"\b(?:19|20)\d\d(?:[/–-]\d{2,4})?\b")

LONGEST = 900
"""Characters of one group of rows."""
_LONGEST_HEADER = 5_000
"""Characters of a header row that is repeated; a longer one stands above the first rows only."""
REPEATED = 100
"""Characters of a cell over several rows that is told in each of them; a longer one stands once."""

Row = tuple[int, Sequence[str]]
"""The number of a row, as people count, and its cells."""


def table_pieces(
    rows: Iterable[Row], place: Callable[[int, int], Place], heading: str = "", named: bool = True
) -> Iterator[Piece]:
    """Tables with the header row repeated; `place` gives the Place of a first and a last row.

    The header is the first row with several cells; single cells above it (a title, a remark) come as text.
    Rows without any text are left out. A table whose first row is no header (`named` False) has nothing repeated.
    """
    header: str | None = None if named else ""
    group: list[str] = []
    first = last = size = 0
    for number, cells in rows:
        line = line_of(cells)
        if not line:
            continue
        if header is None:
            if sum(bool(cell) for cell in cells) < 2:
                yield Piece("text", line_of([cell for cell in cells if cell]), place(number, number), heading)
                continue
            header, first, last = line, number, number
            continue
        if not named and not group:
            first = number
        if " | " in header and " | " not in line:
            line = f"{line} |"  # a row still, of which only the first cell says something
        if group and size + len(line) > LONGEST:
            yield Piece("table", "\n".join(filter(None, [header, *group])), place(first, last), heading)
            group, size, first = [], 0, number
            header = header if len(header) <= _LONGEST_HEADER else ""
        group.append(line)
        size, last = size + len(line) + 1, number
    if group or header:
        yield Piece("table", "\n".join(filter(None, [header, *group])), place(first, last), heading)


def line_of(cells: Sequence[str]) -> str:
    """The cells on one line, joined by ' | '; '' if all are empty."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return " | ".join(flat)


def cells_of(line: str) -> list[str]:
    """The cells of such a line, also of one whose empty cells lost their spaces ('a | | c')."""
    return [cell.strip() for cell in _BAR.split(line)]


def written(value: object) -> str:
    """A cell's value as people write it: 3 and not 3.0, a date without a time of midnight, TRUE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e16 else f"{value:.12g}"
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat(" ", "minutes" if not value.second else "seconds")
    if isinstance(value, datetime.time):
        return value.isoformat("minutes" if not value.second else "seconds")
    return str(value)
