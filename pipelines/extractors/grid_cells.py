"""The cells of a grid that text stands in. Pure geometry, as in lines.py.

Rules tell most of a table's cells, but not all: often only its columns are ruled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipelines.extractors.grids import Grid
from pipelines.extractors.lines import Run, is_figure, joined_text, rows_of
from pipelines.reading.cleaning import one_line

_ROWS = 4
"""Lines that are filled like rows and are some, though no rule parts them and they hold no figures."""
_SHORT = 12.0
"""The width of most lines in such cells, in their own height; wider ones are wrapped."""
_FILLED = 0.8
"""Of the columns, so many have something in the first line of such a row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is not parted by rules: from the first to the last of its bands and columns."""

    bands: tuple[int, int]
    columns: tuple[int, int]
    runs: list[Run]
    text: str


class Cells:
    """The cells of a grid that text stands in, by band and column."""

    def __init__(self, grid: Grid, runs: Sequence[Run]) -> None:
        label = _labels(grid)
        inside: dict[int, list[Run]] = defaultdict(list)
        for run in runs:
            inside[label[bisect_right(grid.ys, run.middle) - 1][bisect_right(grid.xs, run.centre) - 1]].append(run)
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for band, row in enumerate(label):
            for column, each in enumerate(row):
                places[each].append((band, column))
        self.grid, self.label = grid, label
        self.of: dict[int, Cell] = {}
        for each, own in inside.items():
            bands, columns = zip(*places[each], strict=True)
            text = one_line("\n".join(map(joined_text, rows_of(own))))
            self.of[each] = Cell((min(bands), max(bands)), (min(columns), max(columns)), own, text)
        self.are_rectangles = all(
            len(places[each]) == (cell.bands[1] - cell.bands[0] + 1) * (cell.columns[1] - cell.columns[0] + 1)
            for each, cell in self.of.items()
        )

    def at(self, band: int, column: int) -> Cell | None:
        return self.of.get(self.label[band][column])

    def within(self, first: int, last: int) -> list[Cell]:
        return [cell for cell in self.of.values() if cell.bands[0] <= last and first <= cell.bands[1]]

    def confined(self, band: int) -> list[Cell]:
        return [cell for cell in self.of.values() if cell.bands == (band, band)]


def cells_in(grid: Grid, runs: Sequence[Run]) -> Cells:
    cells = Cells(_with_rows(grid, runs), runs)
    columns = [cell for cell in cells.of.values() if _is_column(cell, cells.grid)]
    return Cells(_parted(cells.grid, columns), runs) if columns else cells


def _labels(grid: Grid) -> list[list[int]]:
    """A number for each place of the grid, the same where no rule stands between."""
    bands, columns = len(grid.ys) - 1, len(grid.xs) - 1
    label = [[-1] * columns for _ in range(bands)]
    for start in range(bands * columns):
        band, column = divmod(start, columns)
        if label[band][column] >= 0:
            continue
        open_ = [(band, column)]
        label[band][column] = start
        while open_:
            b, c = open_.pop()
            for parted, nb, nc in (
                (c + 1 == columns or grid.right[b][c], b, c + 1),
                (c == 0 or grid.right[b][c - 1], b, c - 1),
                (b + 1 == bands or grid.below[b][c], b + 1, c),
                (b == 0 or grid.below[b - 1][c], b - 1, c),
            ):
                if not parted and label[nb][nc] < 0:
                    label[nb][nc] = start
                    open_.append((nb, nc))
    return label


def _with_rows(grid: Grid, runs: Sequence[Run]) -> Grid:
    """The grid with a rule between rows that none parts: where only columns are ruled."""
    ys, right, below = list(grid.ys[:1]), list[tuple[bool, ...]](), list[tuple[bool, ...]]()
    inside: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        inside[bisect_right(grid.ys, run.middle) - 1].append(run)
    for band, bottom in enumerate(grid.ys[1:]):
        lines = rows_of(inside[band])
        for first in _first_lines(lines, grid)[1:]:
            ys.append((max(run.y1 for run in lines[first - 1]) + min(run.y0 for run in lines[first])) / 2)
            right.append(grid.right[band])
            below.append((True,) * len(grid.below[band]))
        ys.append(bottom)
        right.append(grid.right[band])
        below.append(grid.below[band])
    return replace(grid, ys=tuple(ys), right=tuple(right), below=tuple(below))


def _first_lines(lines: Sequence[Sequence[Run]], grid: Grid) -> list[int]:
    """Of lines between two rules, those that rows begin with: such as have something in nearly each column. None where
    they may be the lines of longer cells."""
    columns = [{bisect_right(grid.xs, run.centre) for run in line} for line in lines]
    wide = len(set().union(*columns))
    first = [n for n, own in enumerate(columns) if len(own) >= _FILLED * wide]
    fewest = len(lines) if wide == 2 else max(2, len(lines) / 2)  # of two columns, the lines are soon alike
    if wide < 2 or len(first) < fewest or first[0]:
        return []
    told = [{bisect_right(grid.xs, run.centre) for run in lines[n] if is_figure(run.text)} for n in first]
    figures = all(2 * len(own) >= wide for own in told)
    short = median((run.x1 - run.x0) / run.size for n in first for run in lines[n]) <= _SHORT
    certain = (figures and (short or wide > 2)) or (short and len(first) >= _ROWS)
    return first if certain else []


def _is_column(cell: Cell, grid: Grid) -> bool:
    """Whether a cell over several bands has its own text in each of them."""
    first, last = cell.bands
    own = {bisect_right(grid.ys, run.middle) - 1 for run in cell.runs}
    return last - first >= 2 and len(own) == last - first + 1


def _parted(grid: Grid, cells: Iterable[Cell]) -> Grid:
    below = list(map(list, grid.below))
    for cell in cells:
        for band in range(cell.bands[0], cell.bands[1]):
            for column in range(cell.columns[0], cell.columns[1] + 1):
                below[band][column] = True
    return replace(grid, below=tuple(map(tuple, below)))
