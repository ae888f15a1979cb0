"""The parts of a page that are read one after the other: columns of prose, boxes beside it, and what spans them.

A page is cut where an empty strip parts lines of prose, as far down as nothing crosses the strip; what stands above,
to the left, to the right and below is cut in the same way (after the recursive X-Y cut: Nagy, Seth and Viswanathan
1992, doi:10.1109/2.144436). Pure geometry, as in lines.py; left and right are those of the reading direction.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from pipelines.extractors.lines import Run, cells_of, rows_of

_MOST_RUNS = 3000
"""On a page that is read by columns: finding them takes the square of their time."""
_DEEPEST = 8
_MOST_STARTS = 6
"""Places at which most lines begin, each of which may be the left edge of a column."""
_FEWEST = 3
"""Lines of a column."""
_PROSE = 18
"""Characters of a line of prose at least, by the median of a column; of a narrow box beside it,"""
_NARROW = 9
_SLACK = 1.0
"""Points by which a line may reach into the strip beside its column."""
_CLOSE = 1.8
"""Of the font size; lines that follow each other in a paragraph are no farther apart."""
_STRIP = 0.5
"""Of the font size; how wide a strip between columns is at least."""
_OTHER = 1.25
"""How many times one font size must be another for cells of the same row."""
_FULL = 0.75
"""Of a column's width."""
_LEVEL = 0.25
"""Of the font size; lines whose middles differ by less stand beside each other."""


def regions(runs: list[Run], depth: int = 0) -> Iterator[list[Run]]:
    """Parts of the page in the order of reading."""
    gutter = _gutter(runs) if depth < _DEEPEST and 2 * _FEWEST <= len(runs) <= _MOST_RUNS else None
    if gutter is None:
        yield from [runs] if runs else ()
        return
    across: list[Run] = []
    for band, below in _bands(runs, gutter):
        left, right = _sides(band, gutter)
        if _are_columns(left, right) or _are_rest(left, right, gutter):
            for part in (across, left, right):
                yield from regions(part, depth + 1)
            across = []
        else:
            across += band
        across += below
    yield from regions(across, depth + 1)


def _gutter(runs: Sequence[Run], inside: bool = False) -> float | None:
    """Where the right one of two columns begins; None where nothing is parted so. `inside`: runs are one of two columns
    that are looked for, which may itself be two."""
    starts = Counter(round(run.x0 / 3) for run in runs)
    best: tuple[int, float] | None = None
    for key, _ in starts.most_common(_MOST_STARTS):
        x = min(run.x0 for run in runs if round(run.x0 / 3) == key)
        for band, _ in _bands(runs, x):
            left, right = _sides(band, x)
            runs_beside = min(len(left), len(right))
            if (best is None or runs_beside > best[0]) and _are_columns(left, right, inside):
                best = runs_beside, x
    return best[1] if best else None


def _bands(runs: Sequence[Run], x: float) -> Iterator[tuple[list[Run], list[Run]]]:
    """From top to bottom: runs of which none crosses an x, and those that cross it below them."""
    band, below = list[Run](), list[Run]()
    for run in sorted(runs, key=lambda run: run.middle):
        if run.x0 < x - _SLACK and run.x1 > x + _SLACK:
            below.append(run)
            continue
        if below:
            yield band, below
            band, below = [], []
        band.append(run)
    yield band, below


def _sides(runs: Sequence[Run], x: float) -> tuple[list[Run], list[Run]]:
    return [run for run in runs if run.x0 < x - _SLACK], [run for run in runs if run.x0 >= x - _SLACK]


def _are_columns(left: list[Run], right: list[Run], inside: bool = False) -> bool:
    """Whether these are columns, and not those of a table: its rows stand on a level, are drawn across, and no cell
    goes on in the next row."""
    if min(len(left), len(right)) < _FEWEST or min(map(len, map(rows_of, (left, right)))) < _FEWEST:
        return False
    ends = sorted(run.x1 for run in left)
    if min(run.x0 for run in right) - ends[int(0.9 * len(ends))] < _STRIP * median(run.size for run in left):
        return False
    level = _share_level(left, right) > 0.5
    apart = _drawn_apart(left, right)
    if _are_prose(left, right, inside=inside) and (apart or not level):
        return True
    shortest = _NARROW if apart and not level else _PROSE
    return _are_prose(left, right, shortest, inside) and _goes_on(left) and _goes_on(right)


def _are_rest(left: list[Run], right: list[Run], x: float) -> bool:
    """Whether few lines stand in columns that go on above or below: a wide strip parts them where the right one begins,
    and they are long, or of different type."""
    if not left or not right or min(run.x0 for run in right) > x + _SLACK:
        return False
    sizes = max(run.size for run in left), max(run.size for run in right)
    if x - max(run.x1 for run in left) < _STRIP * max(sizes):
        return False
    return max(sizes) > _OTHER * min(sizes) or _are_prose(left, right)


def _are_prose(left: list[Run], right: list[Run], shortest: int = _PROSE, inside: bool = False) -> bool:
    sides = (left, right)
    return all(_is_prose(side, shortest) or (not inside and _gutter(side, True) is not None) for side in sides)


def _is_prose(runs: list[Run], shortest: int) -> bool:
    """Lines of text rather than cells: long, and one run a line."""
    rows = rows_of(runs)
    lengths = [sum(len(run.text) for run in row) for row in rows]
    single = sum(len(cells_of(row)) == 1 for row in rows)
    return median(lengths) >= shortest and single >= 0.6 * len(rows)


def _drawn_apart(left: list[Run], right: list[Run]) -> bool:
    """Whether one column is drawn after the other."""
    drawn = sorted([(run.order, False) for run in left] + [(run.order, True) for run in right])
    changes = sum(a[1] != b[1] for a, b in pairwise(drawn))
    return changes <= 0.3 * min(len(left), len(right)) + 1


def _share_level(left: list[Run], right: list[Run]) -> float:
    """Which part of the lines of the column that has fewer stands beside one of the other."""
    fewer, more = sorted((left, right), key=len)
    middles = sorted(run.middle for run in more)
    beside = 0
    for run in fewer:
        n = bisect_left(middles, run.middle)
        beside += any(abs(run.middle - middle) < _LEVEL * run.size for middle in middles[max(0, n - 1) : n + 1])
    return beside / len(fewer)


def _goes_on(column: list[Run]) -> bool:
    """Whether most lines go on with the sentence of the line above: they begin small or, in scripts that have no small
    letters, below a line that is full."""
    rows = [(row[0], row[-1].x1, "".join(run.text for run in row)) for row in rows_of(column)]
    edge, start = max(end for _, end, _ in rows), min(first.x0 for first, _, _ in rows)
    close = on = 0
    for (first, end, above), (below, _, text) in pairwise(rows):
        if below.middle - first.middle < _CLOSE * below.size:
            close += 1
            cased = text[:1].lower() != text[:1].upper()
            on += (
                text[:1].islower()
                if cased
                else end - start > _FULL * (edge - start) and above[-1:] not in ".!?:;。！？"
            )
    return close >= _FEWEST - 1 and 2 * on >= close
