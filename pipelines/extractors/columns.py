"""The columns of tables that no rules part, told from where their words stand; and where one table ends below which
another stands. Pure geometry, as in lines.py.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter

from pipelines.extractors.lines import Cell, Row, Run, is_figure, joined_text

_FEWEST = 3
"""Rows of each of two tables that stand below each other."""
_MOST = 0.9
"""Of the rows of either, so many do not fit the columns of the other; of a column's cells, so many are of a sort."""
_MOST_TRIES = 20
"""Rows with which another table may begin; each is looked at with all others."""
_MOST_RUNS = 3000
"""Of rows that are looked at so."""


def tables_in(rows: list[Row]) -> list[list[Row]]:
    """Rows that stand close below each other, parted where the places of their columns change for good, or where a new
    head begins."""
    ends = [0, len(rows)]
    for n in _beginnings(rows):
        at = bisect_right(ends, n)
        part, begin = rows[ends[at - 1] : ends[at]], n - ends[at - 1]
        if _is_another(part, begin) or _is_new_head(part, begin):
            ends.insert(at, n)
    return [rows[first:last] for first, last in pairwise(ends)]


def _beginnings(rows: Sequence[Row]) -> list[int]:
    """The rows with which another table may begin: first those without figures below one with some, as heads are; then
    those with more or fewer cells than the one above."""
    heads, others = list[int](), list[int]()
    if sum(len(row.runs) for row in rows) > _MOST_RUNS:
        return []
    for n in range(_FEWEST, len(rows) - _FEWEST + 1):
        above, row = rows[n - 1], rows[n]
        if above.several and row.several:
            if _may_be_head(rows, n):
                heads.append(n)
            elif len(above.cells) != len(row.cells):
                others.append(n)
    return [*heads, *others][:_MOST_TRIES]


def _may_be_head(rows: Sequence[Row], n: int) -> bool:
    return is_figure(rows[n - 1].text) and not is_figure(rows[n].text)


def _is_another(rows: list[Row], n: int) -> bool:
    """Whether the rows from n on stand in other columns than those above."""
    return _misfit(rows[:n], columns_of(rows[n:])) and _misfit(rows[n:], columns_of(rows[:n]))


def _misfit(rows: Sequence[Row], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether nearly all rows with several cells have one that stands in none of some columns, or in two."""
    several = [row for row in rows if row.several]
    misfits = sum(any(_columns_at(cell, columns) != 1 for cell in row.cells) for row in several)
    return bool(columns) and len(several) >= _FEWEST and misfits >= _MOST * len(several)


def _columns_at(cell: Cell, columns: Sequence[tuple[float, float]]) -> int:
    return bisect_left(columns, cell.x1, key=itemgetter(0)) - bisect_right(columns, cell.x0, key=itemgetter(1))


def _is_new_head(rows: list[Row], n: int) -> bool:
    """Whether the row names all columns of those below it, and is bold as the first head is, or figures stand below it
    where words do above, or words where figures do."""
    columns = columns_of(rows) if _may_be_head(rows, n) else ()
    told = texts_of(filled_in(row, columns) for row in rows) if columns else []
    used = [c for c in range(len(columns)) if any(row[c] for row in told[n + 1 :])]
    if not used or not all(told[n][c] for c in used):
        return False
    bold = rows[0].bold and rows[n].bold and not rows[n - 1].bold
    return bold or any({_sort(told[1:n], c), _sort(told[n + 1 :], c)} == {"figures", "words"} for c in used)


def _sort(rows: Sequence[Sequence[str]], column: int) -> str:
    """What nearly all cells of a column are; '' where there are few, or some of either."""
    figures = [is_figure(row[column]) for row in rows if row[column]]
    share = sum(figures) / len(figures) if len(figures) >= _FEWEST - 1 else 0.5
    return "figures" if share >= _MOST else "words" if share <= 1 - _MOST else ""


def columns_of(rows: list[Row]) -> tuple[tuple[float, float], ...]:
    """The columns of a table, from left to right; none if they cannot be told apart."""
    edges = _edges(rows)
    cells = [_split(row, edges) for row in rows]
    columns = max(_columns(cells), _columns(cells[1:]), key=len)  # the words of a header row may bridge two columns
    if not 2 <= len(columns) <= 2 * max(len(row) for row in cells):
        return ()
    filled = [filled_in(row, columns) for row in rows]
    titled = [bool(row) for row in filled[0]]
    below = [any(row[n] for row in filled[1:]) for n in range(len(columns))]
    # A title that stands beside the numbers below it, as titles to the left and numbers to the right do.
    alone = [titled[n] and not below[n] and not is_figure(joined_text(filled[0][n])) for n in range(len(columns))]
    without = [below[n] and not titled[n] for n in range(len(columns))]
    joined = list[tuple[float, float]]()
    at = 0
    while at < len(columns):
        pair = at + 1 < len(columns) and ((alone[at] and without[at + 1]) or (without[at] and alone[at + 1]))
        near = range(max(0, at - 1), min(len(columns), at + 3))
        together = pair and len(columns) > 2 and sum(alone[n] + without[n] for n in near) == 2
        joined.append((columns[at][0], columns[at + together][1]))
        at += 1 + together
    return tuple(joined)


def filled_in(row: Row, columns: Sequence[tuple[float, float]]) -> list[list[Run]]:
    """The runs of a row by the column that each shares most with."""
    filled: list[list[Run]] = [[] for _ in columns]
    for run in row.runs:
        first = max(0, bisect_right(columns, run.x0, key=itemgetter(1)) - 1)
        near = range(first, min(len(columns), bisect_right(columns, run.x1, key=itemgetter(0)) + 1))
        shared = [min(run.x1, columns[n][1]) - max(run.x0, columns[n][0]) for n in near]
        filled[near[shared.index(max(shared))]].append(run)
    return filled


def texts_of(filled: Iterable[Sequence[Sequence[Run]]]) -> list[list[str]]:
    return [[joined_text(runs) for runs in row] for row in filled]


def _edges(rows: list[Row]) -> set[int]:
    """Where, in steps of 3 points, runs begin in at least half of the rows: the left edges of columns."""
    counts = Counter(key for row in rows for key in {round(run.x0 / 3) for run in row.runs})
    return {key for key, count in counts.items() if count >= max(3, 0.5 * len(rows))}


def _split(row: Row, edges: set[int]) -> list[Cell]:
    """The cells of a row, also divided where a run begins at the edge of a column."""
    cells: list[Cell] = []
    for cell in row.cells:
        cells.append(Cell(cell.runs[0]))
        for run in cell.runs[1:]:
            if round(run.x0 / 3) in edges:
                cells.append(Cell(run))
            else:
                cells[-1].add(run)
    return cells


def _columns(rows: list[list[Cell]]) -> list[tuple[float, float]]:
    """The intervals of x that the cells of the rows with several cells fill."""
    columns: list[tuple[float, float]] = []
    for cell in sorted((cell for row in rows if len(row) > 1 for cell in row), key=lambda c: c.x0):
        if columns and cell.x0 < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], cell.x1))
        else:
            columns.append((cell.x0, cell.x1))
    return columns
