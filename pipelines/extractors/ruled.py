"""Tables whose cells are ruled: which of a page's grids the text in them fills as cells do, and their rows.

Frames, forms, charts and pages that are laid out in boxes are no tables; their text is left to layout.py. Pure
geometry, as in lines.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from pipelines.extractors.grid_cells import Cells, cells_in
from pipelines.extractors.grids import Grid
from pipelines.extractors.lines import Block, Run, cells_of, is_figure, is_head, rows_of
from pipelines.extractors.tables import REPEATED, YEAR

_LONGEST = 250
"""Characters of the cells of a table on average; boxes with more are filled with prose."""
_LOOSE = 0.1
"""Of the lines in cells, so many may have wide gaps, with more there are columns that no rule parts; and so many may
be struck through, with more the rules are those of a chart."""
_HEAD = 4
"""Bands that a head has at most."""
_EDGE = 4.0
"""Points by which the columns of a table may differ from page to page."""


def ruled(grids: Sequence[Grid], runs: Sequence[Run]) -> tuple[dict[Run, list[Block]], list[Run]]:
    """What stands in grids that are tables, by a run that keeps its place on the page; and the other runs."""
    found: dict[Run, list[Block]] = {}
    left = list(runs)
    for grid in grids:
        inside = [run for run in left if grid.holds(run.centre, run.middle)]
        if inside and (blocks := _read(grid, inside)):
            taken = set(map(id, inside))
            left = [run for run in left if id(run) not in taken]
            x0, y0, x1, y1 = grid.rectangle
            found[Run("", x0, y0, x1, y1, inside[0].size, False, min(run.order for run in inside))] = blocks
    return found, left


def going_on(block: Block, above: Block) -> Block:
    """The block with the head of a table that it goes on with: its columns stand where those did, and it has no head of
    its own."""
    rows = [line.split(" | ") for line in block.text.split("\n")]
    rows = [[*row, *[""] * (len(block.columns) - len(row))] for row in rows]
    if not above.head or len(block.columns) != len(above.columns):
        return block
    edges = zip(chain(*block.columns), chain(*above.columns), strict=True)
    if any(abs(a - b) > _EDGE for a, b in edges) or is_head(rows, above.head):
        return block
    return replace(block, text=f"{above.head}\n{block.text}", table=True, head=above.head)


def _read(grid: Grid, runs: Sequence[Run]) -> list[Block]:
    """The blocks of a table; none where the grid is none."""
    cells = cells_in(grid, runs)
    if not cells.are_rectangles:
        return []  # rules are missing, and a row would not know what is in it
    lines = [row for cell in cells.of.values() for row in rows_of(cell.runs)]
    loose = sum(len(cells_of(row)) > 1 for row in lines)
    struck = sum(grid.strikes(run.x0, run.y0, run.x1, run.y1) for run in runs)
    characters = sum(len(cell.text) for cell in cells.of.values())
    if loose > _LOOSE * len(lines) or struck > _LOOSE * len(runs) or characters > _LONGEST * len(cells.of):
        return []
    found = [block for bands in _parts(cells) for block in _blocks(cells, bands)]
    return found if any(block.table for block in found) else []


def _used(spans: Iterable[tuple[int, int]]) -> list[int]:
    """The bands or columns that cells fill: each has one that does not go beyond it, if any of its cells does so."""
    all_ = sorted(set(spans))
    found = {first for first, last in all_ if first == last}
    for first, last in all_:
        if not any(first <= n <= last for n in found):
            found.add(first)
    return sorted(found)


def _parts(cells: Cells) -> Iterator[list[int]]:
    """The bands of each table: another begins where the columns' places change for good, or where a title over all of
    them and a head with other places follow."""
    bands = _used(cell.bands for cell in cells.of.values())
    columns = _used(cell.columns for cell in cells.of.values())
    walls = [{n for a, n in pairwise(columns) if cells.label[b][a] != cells.label[b][n]} for b in bands]
    part: list[int] = []
    above: set[int] = set()
    for n, band in enumerate(bands):
        changed = not walls[n] <= above and not above <= set.union(*walls[n:])
        titled = n + 2 < len(bands) and not walls[n] and walls[n - 1] and walls[n + 1] not in (set(), walls[n - 1])
        if part and (changed or (titled and not any(is_figure(cell.text) for cell in cells.confined(bands[n + 1])))):
            yield part
            part, above = [], set()
        part.append(band)
        above |= walls[n]
    yield part


def _blocks(cells: Cells, bands: list[int]) -> Iterator[Block]:
    """A table, what stands above it as its title and below it as a note; without columns, only text."""
    columns = _used(cell.columns for cell in cells.within(bands[0], bands[-1]))
    whole = [_is_whole(cells, band, columns) for band in bands]
    first = next((n for n, each in enumerate(whole) if not each), len(bands))
    last = next((n for n in range(len(bands), first, -1) if not whole[n - 1]), first)
    for band in bands[:first]:
        yield _block(cells, [band], columns[:1], [_name(cells, [band], columns[0])])
    if first < last:
        yield from _tables(cells, bands[first:last], columns)
    for band in bands[last:]:
        yield _block(cells, [band], columns[:1], [_name(cells, [band], columns[0])])


def _is_whole(cells: Cells, band: int, columns: Sequence[int]) -> bool:
    """Whether one cell goes over all columns."""
    return len({cells.label[band][column] for column in columns}) == 1


def _tables(cells: Cells, bands: list[int], columns: list[int]) -> Iterator[Block]:
    rows = [[_told(cells, bands, n, column, columns) for column in columns] for n in range(len(bands))]
    begin = 0
    for n in [*range(2, len(bands) - 1), len(bands)]:
        if n == len(bands) or _is_new_head(rows[begin:], n - begin):
            yield _table(cells, bands[begin:n], columns, rows[begin:n])
            begin = n


def _told(cells: Cells, bands: Sequence[int], n: int, column: int, columns: Sequence[int]) -> str:
    """What a row says in a column: a cell over several columns stands in the first, one over several rows in each."""
    cell = cells.at(bands[n], column)
    if not cell or next(each for each in columns if each >= cell.columns[0]) != column:
        return ""
    again = n > 0 and cells.at(bands[n - 1], column) is cell
    return cell.text if not again or len(cell.text) <= REPEATED else ""


def _is_new_head(rows: Sequence[Sequence[str]], n: int) -> bool:
    """Whether the row names other columns than the first does: only the corner is empty, and there is no figure."""
    corner, *names = rows[n]
    if n < 2 or corner or not all(names) or any(map(is_figure, names)):
        return False
    return is_head(rows) and is_head(rows[n:]) and all(is_figure(cell) for cell in rows[n + 1][1:] if cell)


def _table(cells: Cells, bands: list[int], columns: list[int], rows: list[list[str]]) -> Block:
    end = _end_of_head(cells, bands, columns)
    body = rows[end:]
    names = [_name(cells, bands[:end], column) for column in columns]
    figures = [n for n in range(len(columns)) if 2 * sum(is_figure(row[n]) for row in body) > len(body)]
    named = not any(is_figure(YEAR.sub("", names[n])) for n in figures)
    if named and (figures or end > 1):
        rows = [names, *body]
    lines = [" | ".join(row).rstrip() for row in rows]
    several = sum(sum(map(bool, row)) > 1 for row in rows)
    table = several >= 2 and several >= 0.4 * len(rows)
    head = lines[0] if table and is_head(rows) else ""
    return _block(cells, bands, columns, lines, table, head)


def _end_of_head(cells: Cells, bands: Sequence[int], columns: Sequence[int]) -> int:
    """The head goes down as far as the cells that it begins with, and to the names below one that columns share."""
    end = 1
    while end < min(_HEAD, len(bands) - 1):
        first, above, below = (cells.label[bands[n]] for n in (0, end - 1, end))
        down = [first[n] == below[n] and (n == columns[0] or first[n] in cells.of) for n in columns]
        shared = {above[a] for a, b in pairwise(columns) if above[a] == above[b] and below[a] != below[b]}
        shared &= cells.of.keys()
        named = (above[n] not in shared and above[n] in cells.of and below[n] in cells.of for n in columns)
        if not any(down) and (not shared or any(named)):
            break
        end += 1
    return end


def _name(cells: Cells, bands: Iterable[int], column: int) -> str:
    """All that stands in the head above a column."""
    found = (cells.at(band, column) for band in bands)
    return ", ".join(dict.fromkeys(cell.text for cell in found if cell))


def _block(
    cells: Cells, bands: Sequence[int], columns: Sequence[int], lines: list[str], table: bool = False, head: str = ""
) -> Block:
    xs, ys = cells.grid.xs, cells.grid.ys
    runs = [run for cell in cells.within(bands[0], bands[-1]) for run in cell.runs]
    edges = (*(xs[column] for column in columns), xs[-1])
    return Block(
        "\n".join(lines),
        (xs[0], ys[bands[0]], xs[-1], ys[bands[-1] + 1]),
        max(run.size for run in runs),
        all(run.bold for run in runs),
        table,
        tuple(pairwise(edges)) if len(columns) > 1 else (),
        head,
    )
