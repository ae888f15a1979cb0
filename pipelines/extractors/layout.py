"""From runs of characters on a page to blocks in reading order: columns, paragraphs, tables.

Pure geometry: knows nothing of PDF. Lengths are in points, the origin is the upper left corner, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from pipelines.extractors.columns import columns_of, filled_in, tables_in, texts_of
from pipelines.extractors.grids import Grid
from pipelines.extractors.lines import (
    Block,
    Row,
    Run,
    enclosing,
    is_figure,
    is_head,
    joined_text,
    rows_of,
)
from pipelines.extractors.regions import regions
from pipelines.extractors.ruled import going_on, ruled

_MARGIN = 150
"""Characters of a running header or footer, at most."""
_PARAGRAPH = 20
"""Characters of a line that goes on with a sentence in another column, at least."""
_FITTING = 0.9
"""Of the runs of rows that go on with a table, so many stand in one of its columns each."""
_EDGE = 4.0
"""Points by which the edges of such columns may differ."""


def blocks(runs: Sequence[Run], above: Block | None = None, grids: Sequence[Grid] = ()) -> list[Block]:
    """The blocks of one page in reading order. `above` is the table that the page before ends with: rows that begin
    this page in its columns go on with it, below its head. What stands in `grids` as in a table is one."""
    tables, others = ruled(grids, runs)
    found: list[Block] = []
    for part in (part for region in regions([*others, *tables]) for part in _around(region, tables)):
        if isinstance(part, Run):
            for block in tables[part]:
                found.append(going_on(block, above) if above and _begins(found, block.size) else block)
            continue
        for rows in chain.from_iterable(map(tables_in, _groups(part))):
            size = max(row.size for row in rows)
            block = _block(rows, above if above and _begins(found, size) else None)
            if found and _runs_on(found[-1], block):
                block = _joined(found.pop(), block)
            found.append(block)
    return found


def _runs_on(above: Block, block: Block) -> bool:
    """Whether a paragraph goes on in the next block, at the head of a column or below a box: in the middle of a
    sentence, in the same type."""
    if above.table or block.table or above.bold != block.bold or abs(above.size - block.size) > 0.5:
        return False
    last, item = above.text.rpartition("\n")[2], block.text[1:2] in (")", ".")
    return (
        not item and len(last) >= _PARAGRAPH and (last[-1].isalpha() or last[-1] in ",-") and block.text[:1].islower()
    )


def _joined(above: Block, block: Block) -> Block:
    rectangle = enclosing([above.rectangle, block.rectangle])
    return replace(above, text=f"{above.text}\n{block.text}", rectangle=rectangle)


def _around(region: list[Run], tables: Collection[Run]) -> Iterator[list[Run] | Run]:
    """What stands above each ruled table of a region, the table, and what stands beside and below the last."""
    left = [run for run in region if run not in tables]
    for place in sorted((run for run in region if run in tables), key=lambda run: run.y0):
        yield [run for run in left if run.middle < place.y0]
        yield place
        left = [run for run in left if run.middle >= place.y0]
    yield left


def _begins(before: Sequence[Block], size: float) -> bool:
    """Whether nothing but a running header stands before something on its page: no table, and no title."""
    titles = any(block.table or block.bold or block.size > 1.1 * size for block in before)
    return not titles and sum(len(block.text) for block in before) <= _MARGIN


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
    head = ""
    if above and several and _goes_on(rows, above):
        table, columns, head = True, above.columns, above.head
        lines = [*filter(None, [head]), *_lines(rows, columns)]
    elif table:
        columns = columns_of(rows)
        lines = _lines(rows, columns) if columns else [" | ".join(cell.text for cell in row.cells) for row in rows]
        head = lines[0] if columns and is_head(texts_of(filled_in(row, columns) for row in rows)) else ""
    else:
        lines = [row.text for row in rows]
    rectangle = enclosing((run.x0, run.y0, run.x1, run.y1) for row in rows for run in row.runs)
    size, bold = max(row.size for row in rows), all(row.bold for row in rows)
    return Block("\n".join(lines), rectangle, size, bold, table, columns, head)


def _goes_on(rows: list[Row], above: Block) -> bool:
    """Whether rows go on with a table: each run in one of its columns, which begin or end where they did, and no head
    of their own."""
    runs = [run for row in rows for run in row.runs]
    columns = above.columns
    within = sum(sum(x0 < run.x1 and run.x0 < x1 for x0, x1 in columns) == 1 for run in runs)
    several = sum(row.several for row in rows)
    if not columns or within < _FITTING * len(runs) or 2 * several <= len(rows):
        return False
    filled = [filled_in(row, columns) for row in rows]
    if several == 1 and sum(map(bool, filled[0])) < len(columns):
        return False  # a running header may stand above two columns
    told = [line.split(" | ") for line in above.text.split("\n")[bool(above.head) :]]
    for n in range(len(columns)):  # what holds figures goes on with figures
        mine = [is_figure(joined_text(row[n])) for row in filled if row[n]]
        theirs = [is_figure(line[n]) for line in told if len(line) > n and line[n]]
        if mine and theirs and sum(theirs) >= _FITTING * len(theirs) and 2 * sum(mine) < len(mine):
            return False
    edges = 0
    used = [n for n in range(len(columns)) if any(row[n] for row in filled)]
    for n in used:
        own = [run for row in filled for run in row[n]]
        left, right = min(run.x0 for run in own) - columns[n][0], max(run.x1 for run in own) - columns[n][1]
        edges += min(abs(left), abs(right)) <= _EDGE
    return edges >= _FITTING * len(used) and not is_head(texts_of(filled), above.head)


def _lines(rows: list[Row], columns: Sequence[tuple[float, float]]) -> list[str]:
    """Rows as lines with an empty cell where a column has none."""
    width = columns[-1][1] - columns[0][0]
    return [
        row.text
        if not row.several and row.x1 - row.x0 > 0.5 * width
        else " | ".join(joined_text(runs) for runs in filled_in(row, columns)).rstrip()
        for row in rows
    ]
