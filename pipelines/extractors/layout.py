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
    """A paragraph (`table` False) or a table; `text` has one line for each visual line."""

    text: str
    rectangle: Rectangle
    size: float
    bold: bool
    table: bool


def blocks(runs: Sequence[Run]) -> list[Block]:
    """The blocks of one page in reading order."""
    found: list[Block] = []
    for region in _regions(list(runs)):
        found += _blocks_of_region(region)
    return found


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


def _gutter(runs: list[Run]) -> float | None:
    """The x of the empty strip between two columns of prose, or None.

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
        if len(left) < 4 or len(right) < 4 or not (_is_prose(left) and _is_prose(right)):
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


def _blocks_of_region(runs: list[Run]) -> list[Block]:
    rows = [Row(row) for row in rows_of(runs)]
    steps = sorted(step for step in (b.middle - a.middle for a, b in pairwise(rows)) if step > 0)
    pitch = steps[len(steps) // 3] if steps else 0.0  # the usual distance from line to line
    for above, row, below in zip(rows, rows[1:], rows[2:], strict=False):
        if row.several and _is_justified(above, row, below):
            row.join()
    found: list[Block] = []
    group: list[Row] = []
    for row in rows:
        if group and _breaks(group, row, pitch):
            found.append(_block(group))
            group = []
        group.append(row)
    if group:
        found.append(_block(group))
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


def _block(rows: list[Row]) -> Block:
    several = sum(row.several for row in rows)
    table = several >= 2 and several >= 0.4 * len(rows)
    lines = _aligned(rows) if table else [row.text for row in rows]
    rectangle = enclosing((run.x0, run.y0, run.x1, run.y1) for row in rows for run in row.runs)
    return Block("\n".join(lines), rectangle, max(row.size for row in rows), all(row.bold for row in rows), table)


def _aligned(rows: list[Row]) -> list[str]:
    """Rows as lines with an empty cell where a column has none, if the columns can be told apart."""
    edges = _edges(rows)
    cells = [_split(row, edges) for row in rows]
    columns = max(_columns(cells), _columns(cells[1:]), key=len)  # the words of a header row may bridge two columns
    if not 2 <= len(columns) <= 2 * max(len(row) for row in cells):
        return [" | ".join(cell.text for cell in row) for row in cells]
    width = columns[-1][1] - columns[0][0]
    lines = []
    for row in rows:
        if not row.several and row.x1 - row.x0 > 0.5 * width:
            lines.append(row.text)
            continue
        filled: list[list[Run]] = [[] for _ in columns]
        for run in row.runs:
            # The column that the run shares most with.
            shared = [min(run.x1, x1) - max(run.x0, x0) for x0, x1 in columns]
            filled[shared.index(max(shared))].append(run)
        lines.append(" | ".join(joined_text(runs) for runs in filled).rstrip())
    return lines


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
