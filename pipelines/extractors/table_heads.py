"""Several tables below each other in one sheet, told apart by the empty rows between them and by their heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pipelines.extractors.tables import YEAR, Row

_MOST_TITLES = 20
"""Rows with a single cell before a row of which it is not known whether it is a head."""


def tables_of(rows: Iterable[Row]) -> Iterator[Iterable[Row]]:
    """The rows of one table after the other, each with the titles above it; what stands below the last is one, too.

    A row below an empty one is a head if it has names only and no longer the columns of the table above, if there
    are figures below it, or a title above it. Else the table goes on. Groups must be used up in their order.
    """
    for _, group in groupby(_numbered(rows), key=lambda each: each[0]):
        yield (row for _, row in group)


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    table, head, last = 0, None, 0
    titles: list[Row] = []
    for row, below in _with_below(rows):
        number, cells = row
        columns = [n for n, cell in enumerate(cells) if cell.strip()]
        apart = head is not None and (number > last + 1 or bool(titles))
        last = number
        if apart and len(columns) == 1 and len(titles) < _MOST_TITLES:
            titles.append(row)
            continue
        if apart and _is_head(cells, below, bool(titles) or columns != head, number):
            table, head = table + 1, columns
        if head is None and len(columns) > 1:
            head = columns
        yield from ((table, title) for title in titles)
        titles = []
        yield table, row
    yield from ((table + 1, title) for title in titles)


def _with_below(rows: Iterable[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Each row with the next one that is not empty."""
    last: Row | None = None
    for row in rows:
        if any(cell.strip() for cell in row[1]):
            if last is not None:
                yield last, row
            last = row
    if last is not None:
        yield last, None


def _is_head(cells: Sequence[str], below: Row | None, new: bool, number: int) -> bool:
    names = [cell for cell in cells if cell.strip()]
    if len(names) < 2 or below is None or below[0] != number + 1 or not all(map(_is_name, names)):
        return False
    return new or not all(_is_name(cell) for cell in below[1] if cell.strip())


def _is_name(cell: str) -> bool:
    cell = cell.strip()
    return cell[0].isalpha() or YEAR.fullmatch(cell) is not None
