"""From runs of characters on a page to blocks in reading order: columns, paragraphs, tables.

Pure geometry: knows nothing of PDF. Lengths are in points, the origin is the upper left corner, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipelines.extractors.lines import Cell, Rectangle, Row, Run, cells_of, enclosing, joined_text, rows_of


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`table` False) or a table; `text` has one line for each visual line. `columns` are the intervals of
    x of a table whose columns can be told apart."""

    text: str
    rectangle: Rectangle
    size: float
    bold: bool
    table: bool
    columns: tuple[tuple[float, float], ...] = ()


_MARGIN = 150
"""Characters of a running header or footer, at most."""
_FITTING = 0.9
"""Of the runs of rows that go on with a table, so many stand in one of its columns each."""


def blocks(runs: Sequence[Run], above: Block | None = None) -> list[Block]:
    """The blocks of one page in reading order. `above` is the table that the page before ends with: rows that begin
    this page in its columns go on with it, below its head."""
    found: list[Block] = []
    for region in _regions(list(runs)):
        for rows in _groups(region):
            begins = above and above.columns and sum(len(block.text) for block in found) <= _MARGIN
            known = above if begins and not any(block.table for block in found) else None
            found.append(_block(rows, known))
    return found


def open_table(found: Sequence[Block]) -> Block | None:
    """The table that a page ends with; None where more than a footer stands below the last one."""
    below = 0
    for block in reversed(found):
        if block.table:
            return block
        below += len(block.text)
        if below > _MARGIN:
            return None
    return None


# --- columns ---------------------------------------------------------------------------------------------------


def _regions(runs: list[Run], depth: int = 0) -> list[list[Run]]:
    """Parts of the page to be read one after the other: columns of prose, and what spans them."""
    gutter = _gutter(runs) if depth < 4 and len(runs) >= 8 else None
    if gutter is None:
        return [runs] if runs else []
    crossing = sorted((run for run in runs if run.x0 < gutter < run.x1), key=lambda run: run.middle)
    regions: list[list[Run]] = []
    top = float("-inf")
    for span in [*crossing, None]:
        bottom = span.middle if span else float("inf")
        for side in (lambda run: run.x1 <= gutter, lambda run: run.x0 >= gutter):
            inside = [run for run in runs if top <= run.middle < bottom and side(run)]
            regions += _regions(inside, depth + 1)
        if span:
            if regions and len(regions[-1]) and _all_crossing(regions[-1], gutter):
                regions[-1].append(span)
            else:
                regions.append([span])
        top = bottom
    return regions


def _all_crossing(region: list[Run], gutter: float) -> bool:
    return all(run.x0 < gutter < run.x1 for run in region)


def _gutter(runs: list[Run], divided: bool = False) -> float | None:
    """The x of the empty strip between two columns of prose, or None. What stands beside it may be `divided` itself
    already: then it is one column.

    Two columns of prose are drawn one after the other and each of their lines is one run; the rows of a table are
    drawn across, or its cells are short. A strip that only a few wide lines (title, figure caption) cross counts.
    """
    starts: dict[int, int] = {}
    for run in runs:
        starts[round(run.x0 / 3)] = starts.get(round(run.x0 / 3), 0) + 1
    best: tuple[float, float] | None = None
    for key in sorted(starts, key=lambda k: -starts[k])[:6]:
        start = min(run.x0 for run in runs if round(run.x0 / 3) == key)
        ends = sorted(run.x1 for run in runs if run.x1 <= start)
        x = (start + ends[int(len(ends) * 0.9)]) / 2 if ends else start
        left = [run for run in runs if run.x1 <= x]
        right = [run for run in runs if run.x0 >= x]
        if len(left) < 4 or len(right) < 4:
            continue
        if not all(_is_prose(side) or (not divided and _gutter(side, True)) for side in (left, right)):
            continue
        if len(runs) - len(left) - len(right) > 0.34 * len(runs):
            continue
        drawn = sorted(left + right, key=lambda run: run.order)
        changes = sum((a.x1 <= x) != (b.x1 <= x) for a, b in pairwise(drawn))
        if changes > 0.3 * min(len(left), len(right)) + 1:
            continue
        weight = min(len(left), len(right))
        if best is None or weight > best[0]:
            best = (weight, x)
    return best[1] if best else None


def _is_prose(runs: list[Run]) -> bool:
    """Lines of text rather than cells: long, and one run a line."""
    rows = rows_of(runs)
    lengths = [sum(len(run.text) for run in row) for row in rows]
    single = sum(len(cells_of(row)) == 1 for row in rows)
    return median(lengths) >= 18 and single >= 0.6 * len(rows)


# --- blocks ----------------------------------------------------------------------------------------------------


def _groups(runs: list[Run]) -> list[list[Row]]:
    """The rows of each block of a region."""
    rows = [Row(row) for row in rows_of(runs)]
    steps = sorted(step for step in (b.middle - a.middle for a, b in pairwise(rows)) if step > 0)
    pitch = steps[len(steps) // 3] if steps else 0.0  # the usual distance from line to line
    for above, row, below in zip(rows, rows[1:], rows[2:], strict=False):
        if row.several and _is_justified(above, row, below):
            row.join()
    found: list[list[Row]] = []
    for row in rows:
        if not found or _breaks(found[-1], row, pitch):
            found.append([])
        found[-1].append(row)
    return found


def _is_justified(above: Row, row: Row, below: Row) -> bool:
    """Whether a row with wide gaps is only a loosely set line between two full lines of a paragraph."""
    if above.several or below.several or len(row.text) < 30:
        return False
    edge = row.size
    return abs(above.x1 - row.x1) < edge and abs(below.x0 - row.x0) < edge and above.x0 < row.x0 + edge


def _breaks(group: list[Row], row: Row, pitch: float) -> bool:
    """Whether a new block begins with `row`."""
    above = group[-1]
    step = row.middle - above.middle
    usual = max(pitch, 1.15 * row.size)
    in_table = any(earlier.several for earlier in group[-3:])
    ratio = max(row.size, above.size) / min(row.size, above.size)
    if ratio > (1.45 if in_table and (row.several or row.size < above.size) else 1.12):
        return True
    if row.several and above.several:
        # Rows of a table often have more air between them than lines of prose.
        return step > (4.5 if len(row.cells) == len(above.cells) else 2.6) * usual
    if step > (1.9 if in_table else 1.45) * usual:
        return True
    if row.several:
        return not in_table
    if in_table:
        # A line alone below rows of cells: the second line of a cell stays, a heading or a sentence leaves.
        left = min(earlier.x0 for earlier in group)
        outside = row.x0 < left + row.size and len(row.text) > 60
        return outside or (row.bold and not above.bold and above.several)
    return row.bold != above.bold and len(group) <= 2


def _block(rows: list[Row], above: Block | None = None) -> Block:
    several = sum(row.several for row in rows)
    table = several >= 2 and several >= 0.4 * len(rows)
    columns: tuple[tuple[float, float], ...] = ()
    if above and several and _fits(rows, above.columns):
        table, columns = True, above.columns
        head = above.text.split("\n", 1)[0]
        lines = _lines(rows, columns)
        lines = lines if lines[0] == head else [head, *lines]
    elif table:
        columns = _columns_of(rows)
        lines = _lines(rows, columns) if columns else [" | ".join(cell.text for cell in row.cells) for row in rows]
    else:
        lines = [row.text for row in rows]
    rectangle = enclosing((run.x0, run.y0, run.x1, run.y1) for row in rows for run in row.runs)
    size, bold = max(row.size for row in rows), all(row.bold for row in rows)
    return Block("\n".join(lines), rectangle, size, bold, table, columns)


def _fits(rows: list[Row], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether rows stand in some columns: each run in one, and at least two of a row."""
    runs = [run for row in rows for run in row.runs]
    within = sum(sum(x0 < run.x1 and run.x0 < x1 for x0, x1 in columns) == 1 for run in runs)
    return within >= _FITTING * len(runs) and 2 * sum(row.several for row in rows) > len(rows)


def _columns_of(rows: list[Row]) -> tuple[tuple[float, float], ...]:
    """The columns of a table, from left to right; none if they cannot be told apart."""
    edges = _edges(rows)
    cells = [_split(row, edges) for row in rows]
    columns = max(_columns(cells), _columns(cells[1:]), key=len)  # the words of a header row may bridge two columns
    if not 2 <= len(columns) <= 2 * max(len(row) for row in cells):
        return ()
    filled = [_filled(row, columns) for row in rows]
    joined = [columns[0]]
    for at in range(1, len(columns)):
        mine, theirs = ([bool(row[i]) for row in filled] for i in (at - 1, at))
        apart = not any(a and b for a, b in zip(mine, theirs, strict=True))
        # A title that stands beside the numbers below it, as titles to the left and numbers to the right do.
        beside = apart and mine[0] != theirs[0] and not any((mine if mine[0] else theirs)[1:])
        if beside and len(columns) > 2:
            joined[-1] = joined[-1][0], columns[at][1]
        else:
            joined.append(columns[at])
    return tuple(joined)


def _filled(row: Row, columns: Sequence[tuple[float, float]]) -> list[list[Run]]:
    """The runs of a row by the column that each shares most with."""
    filled: list[list[Run]] = [[] for _ in columns]
    for run in row.runs:
        shared = [min(run.x1, x1) - max(run.x0, x0) for x0, x1 in columns]
        filled[shared.index(max(shared))].append(run)
    return filled


def _lines(rows: list[Row], columns: Sequence[tuple[float, float]]) -> list[str]:
    """Rows as lines with an empty cell where a column has none."""
    width = columns[-1][1] - columns[0][0]
    return [
        row.text
        if not row.several and row.x1 - row.x0 > 0.5 * width
        else " | ".join(joined_text(runs) for runs in _filled(row, columns)).rstrip()
        for row in rows
    ]


def _edges(rows: list[Row]) -> set[int]:
    """Where, in steps of 3 points, runs begin in at least half of the rows: the left edges of columns."""
    counts: dict[int, int] = {}
    for row in rows:
        for key in {round(run.x0 / 3) for run in row.runs}:
            counts[key] = counts.get(key, 0) + 1
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
