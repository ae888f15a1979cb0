"""Runs of characters, the visual lines that they stand in, and blocks: the ground that layout.py and ruled.py build on.

Pure geometry: lengths are in points, the origin is the upper left corner, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters side by side in one line, without a wide gap. `size` is the font size, `order` that of drawing.
    `against`: it is read the other way than the page, as Latin words in an Arabic one."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    order: int
    against: bool = False

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`table` False) or a table; `text` has one line for each visual line. `columns` are the intervals of
    x of a table whose columns can be told apart, `head` is its first line where that names them."""

    text: str
    rectangle: Rectangle
    size: float
    bold: bool
    table: bool
    columns: tuple[tuple[float, float], ...] = ()
    head: str = ""


def turned(rectangle: Rectangle, quarter: int, width: float, height: float) -> Rectangle:
    """A rectangle of a page of that size after `quarter` turns of the page counter-clockwise."""
    x0, y0, x1, y1 = rectangle
    if quarter == 1:
        return y0, width - x1, y1, width - x0
    if quarter == 2:
        return width - x1, height - y1, width - x0, height - y0
    if quarter == 3:
        return height - y1, x0, height - y0, x1
    return rectangle


def turned_back(rectangle: Rectangle, quarter: int, width: float, height: float) -> Rectangle:
    """The inverse of `turned`; `width` and `height` are again those of the page as it is seen."""
    if quarter % 2:
        width, height = height, width
    return turned(rectangle, (4 - quarter) % 4, width, height)


def mirrored(rectangle: Rectangle, width: float) -> Rectangle:
    """A rectangle of a page of that width as a mirror shows it: what is read from the right begins on the left."""
    x0, y0, x1, y1 = rectangle
    return width - x1, y0, width - x0, y1


def enclosing(rectangles: Iterable[Rectangle]) -> Rectangle:
    x0, y0, x1, y1 = zip(*rectangles, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def united(rectangles: list[Rectangle]) -> list[Rectangle]:
    """Rectangles that overlap or touch become one."""
    joined: list[Rectangle] = []
    for rectangle in rectangles:
        touching = [other for other in joined if _touch(other, rectangle)]
        while touching:
            joined = [other for other in joined if other not in touching]
            rectangle = enclosing([rectangle, *touching])
            touching = [other for other in joined if _touch(other, rectangle)]
        joined.append(rectangle)
    return joined


def _touch(one: Rectangle, other: Rectangle, gap: float = 1.5) -> bool:
    across = one[0] <= other[2] + gap and other[0] <= one[2] + gap
    return across and one[1] <= other[3] + gap and other[1] <= one[3] + gap


def rows_of(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that stand on one visual line, from top to bottom, each from left to right."""
    rows: list[list[Run]] = []
    heights: list[float] = []
    for run in sorted(runs, key=lambda r: (r.middle, r.x0)):
        for n in range(len(rows) - 1, max(len(rows) - 4, -1), -1):
            row = rows[n]
            middle = (row[(len(row) - 1) // 2].middle + row[len(row) // 2].middle) / 2  # the median: they are in order
            if abs(run.middle - middle) < 0.45 * min(run.y1 - run.y0, heights[n]):
                row.append(run)
                heights[n] = max(heights[n], run.y1 - run.y0)
                break
        else:
            rows.append([run])
            heights.append(run.y1 - run.y0)
    return [sorted(row, key=lambda r: r.x0) for row in rows]


class Cell:
    """Runs of one row that belong together."""

    def __init__(self, run: Run) -> None:
        self.runs = [run]
        self.x0, self.x1 = run.x0, run.x1

    def add(self, run: Run) -> None:
        self.runs.append(run)
        self.x1 = max(self.x1, run.x1)

    @property
    def text(self) -> str:
        return joined_text(self.runs)


def joined_text(runs: Sequence[Run]) -> str:
    """The text of runs that stand side by side, in the order of reading."""
    text, last = "", None
    for run in _as_read(runs):
        beside = last is None or max(run.x0 - last.x1, last.x0 - run.x1) < 0.12 * run.size
        text += run.text if beside else " " + run.text
        last = run
    return text


def _as_read(runs: Sequence[Run]) -> Iterator[Run]:
    for against, group in groupby(runs, lambda run: run.against):
        beside = list(group)
        yield from reversed(beside) if against else beside


def cells_of(row: Sequence[Run]) -> list[Cell]:
    """The runs of a row, joined where the gap is no wider than a space can become in justified text."""
    cells: list[Cell] = []
    covered = sum(run.x1 - run.x0 for run in row) / max(row[-1].x1 - row[0].x0, 1.0)
    widest = 2.2 if covered > 0.8 else 1.35
    for run in row:
        if cells and run.x0 - cells[-1].x1 < widest * run.size:
            cells[-1].add(run)
        else:
            cells.append(Cell(run))
    return cells


class Row:
    """The cells of one visual line."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.cells = cells_of(runs)
        self.middle = runs[0].middle
        self.x0, self.x1 = runs[0].x0, max(run.x1 for run in runs)
        self.size = max(runs, key=lambda run: len(run.text)).size
        self.bold = all(run.bold for run in runs)

    @property
    def several(self) -> bool:
        return len(self.cells) > 1

    @property
    def text(self) -> str:
        return " | ".join(cell.text for cell in self.cells)

    @property
    def runs(self) -> list[Run]:
        return [run for cell in self.cells for run in cell.runs]

    def join(self) -> None:
        """Make it one cell."""
        first, *others = self.runs
        self.cells = [Cell(first)]
        for run in others:
            self.cells[0].add(run)


def is_head(lines: Sequence[Sequence[str]], known: str = "") -> bool:
    """Whether the first of some lines of cells names the columns: no figures where the lines below it hold some. Where
    none do, a table's first line is its head; of lines that may go on with a `known` one, only the same."""
    first, *others = lines
    figures = [n for n in range(len(first)) if 2 * sum(is_figure(line[n]) for line in others) > len(others)]
    if not others or not figures:
        return not known or " | ".join(first) == known
    return not any(is_figure(first[n]) for n in figures)


def is_figure(text: str) -> bool:
    return any(map(str.isdigit, text))
