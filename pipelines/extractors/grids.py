"""From the rules of a page to grids: which lines touch each other, and which cells they part.

Pure geometry, as in lines.py. Whether a grid is a table is told by the text in it (ruled.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from statistics import mean

from pipelines.extractors.lines import Rectangle

_SNAP = 4.0
"""Points: rules that are closer are one; no text stands between them."""
_TOUCH = 3.0
"""Points between the ends of rules that meet."""
_SHORTEST = 6.0
"""Points of a rule that parts cells."""
_MOST_RULES = 500
"""Along one axis of a page, after those that go on with each other were joined; with more it is a drawing."""
_MOST_GRIDS = 40
"""Of a page."""
_MOST_CELLS = 20_000
"""Of a grid."""

Span = tuple[float, float, float]
"""Where a rule lies on one axis, and its ends on the other."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rules that touch: columns lie between `xs`, bands between `ys`. `right` and `below` tell for each band and column
    whether a rule parts it from the next one."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    right: tuple[tuple[bool, ...], ...]
    below: tuple[tuple[bool, ...], ...]

    @property
    def rectangle(self) -> Rectangle:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    def holds(self, x: float, y: float) -> bool:
        return self.xs[0] <= x < self.xs[-1] and self.ys[0] <= y < self.ys[-1]

    def parts(self, x0: float, x1: float, y: float) -> bool:
        """Whether a rule stands between two points at the height y."""
        first, last = bisect_right(self.xs, x0), bisect_left(self.xs, x1)
        if first >= last or not self.ys[0] <= y < self.ys[-1]:
            return False
        band = self.right[bisect_right(self.ys, y) - 1]
        return any(n in (0, len(self.xs) - 1) or band[n - 1] for n in range(first, last))

    def strikes(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether a rule goes through a rectangle, and not only beside or below what is written there."""
        column, height = bisect_right(self.xs, (x0 + x1) / 2) - 1, y1 - y0
        levels = range(bisect_right(self.ys, y0 + height / 4), bisect_left(self.ys, y1 - height / 4))
        across = self.parts(x0 + height, x1 - height, (y0 + y1) / 2)
        return across or any(n > 0 and self.below[n - 1][column] for n in levels)


def grids_of(rules: Sequence[Rectangle]) -> list[Grid]:
    """Those of a page, the small ones first: they may stand in others."""
    level = _joined((y0, x0, x1) for x0, y0, x1, y1 in rules if x1 - x0 > y1 - y0)
    upright = _joined((x0, y0, y1) for x0, y0, x1, y1 in rules if x1 - x0 <= y1 - y0)
    if not (2 <= len(level) <= _MOST_RULES and upright and len(upright) <= _MOST_RULES):
        return []
    found = [grid for each in _touching(level, upright) if (grid := _grid(*each))]
    found.sort(key=lambda grid: (grid.xs[-1] - grid.xs[0]) * (grid.ys[-1] - grid.ys[0]))
    return found[-_MOST_GRIDS:]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that go on with each other as one, the short ones left out."""
    clusters: list[list[Span]] = []
    for span in sorted(spans):
        if not clusters or span[0] - clusters[-1][0][0] > _SNAP:
            clusters.append([])
        clusters[-1].append(span)
    found: list[Span] = []
    for cluster in clusters:
        at = mean(map(itemgetter(0), cluster))
        ends: list[tuple[float, float]] = []
        for _, start, end in sorted(cluster, key=itemgetter(1)):
            if ends and start <= ends[-1][1] + _TOUCH:
                ends[-1] = (ends[-1][0], max(ends[-1][1], end))
            else:
                ends.append((start, end))
        found += [(at, start, end) for start, end in ends if end - start >= _SHORTEST]
    return found


def _touching(level: Sequence[Span], upright: Sequence[Span]) -> list[tuple[list[Span], list[Span]]]:
    """Rules that touch each other, also through others."""
    of = list(range(len(level) + len(upright)))

    def root(n: int) -> int:
        while of[n] != n:
            of[n] = n = of[of[n]]
        return n

    for n, (y, x0, x1) in enumerate(level):
        for m in range(
            bisect_left(upright, x0 - _TOUCH, key=itemgetter(0)), bisect_right(upright, x1 + _TOUCH, key=itemgetter(0))
        ):
            if upright[m][1] - _TOUCH <= y <= upright[m][2] + _TOUCH:
                of[root(len(level) + m)] = root(n)
    found: dict[int, tuple[list[Span], list[Span]]] = defaultdict(lambda: ([], []))
    for n, span in enumerate([*level, *upright]):
        found[root(n)][n >= len(level)].append(span)
    return list(found.values())


def _grid(level: Sequence[Span], upright: Sequence[Span]) -> Grid | None:
    """A table may be open to its sides: there the rules end."""
    if len(level) < 2 or not upright:
        return None
    xs, ys = _lanes(upright, level), _lanes(level, upright)
    columns, bands = len(xs) - 1, len(ys) - 1
    if columns < 2 or bands < 2 or columns * bands > _MOST_CELLS:
        return None
    right = [[False] * columns for _ in range(bands)]
    for x, y0, y1 in upright:
        if n := bisect_left(xs, x):
            for band in range(*_covered(ys, y0, y1)):
                right[band][n - 1] = True
    below = [[False] * columns for _ in range(bands)]
    for y, x0, x1 in level:
        if n := bisect_left(ys, y):
            for column in range(*_covered(xs, x0, x1)):
                below[n - 1][column] = True
    return Grid(xs, ys, tuple(map(tuple, right)), tuple(map(tuple, below)))


def _lanes(across: Sequence[Span], along: Sequence[Span]) -> tuple[float, ...]:
    """Where the rules `across` lie, and the outermost ends of those `along`."""
    found = sorted({span[0] for span in across})
    first, last = min(map(itemgetter(1), along)), max(map(itemgetter(2), along))
    return (*[first] * (first < found[0] - _SNAP), *found, *[last] * (last > found[-1] + _SNAP))


def _covered(lanes: Sequence[float], start: float, end: float) -> tuple[int, int]:
    """The lanes whose middle lies between two points, as a range."""
    middles = [(a + b) / 2 for a, b in pairwise(lanes)]
    return bisect_left(middles, start), bisect_right(middles, end)
