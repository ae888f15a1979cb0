"""Which way up a page lies, by its lines of text: whether they are wide or tall, and whether a small classifier takes
them for upside-down (PaddleOCR's, of single lines). Both are votes, by the length of the lines.

Quarter turns are counter-clockwise, and are those that make the picture upright.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from indexes.records import Box

Quad = Sequence[tuple[float, float]]
"""Corners of a line: upper left, upper right, lower right, lower left as it lies in the picture."""

_LONG = 2.0
"""Of the longer over the shorter side; shorter lines tell little."""
_TALL = 1.5
"""Height over width from which a line is turned before it is classified, as RapidOCR does."""
_MOST = 0.6
"""Of the lengths of all lines, so much must agree."""
_SURE = 0.8
"""Probability of the classifier."""


def turns_needed(quads: Sequence[Quad], labels: Sequence[tuple[str, float]]) -> int:
    """0 to 3 quarter turns; `labels` are '0' or '180' with their probabilities, by line."""
    tall = whole = 0.0
    down: dict[bool, float] = {False: 0.0, True: 0.0}
    judged: dict[bool, float] = {False: 0.0, True: 0.0}
    for quad, (label, probability) in zip(quads, labels, strict=True):
        width, height = math.dist(quad[0], quad[1]), math.dist(quad[0], quad[3])
        if max(width, height) < _LONG * min(width, height):
            continue
        stands = height >= _TALL * width
        whole += max(width, height)
        tall += height if stands else 0.0
        if probability >= _SURE:
            judged[stands] += max(width, height)
            down[stands] += max(width, height) if "180" in label else 0.0
    stands = tall > _MOST * whole
    upside_down = down[stands] > _MOST * judged[stands]
    if stands:
        return 3 if upside_down else 1
    return 2 if upside_down else 0


def turned_back(box: Box, turns: int) -> Box:
    """Where a box of a turned picture stands in the picture before it, in fractions."""
    x0, y0, x1, y1 = box
    for _ in range(turns):
        x0, y0, x1, y1 = 1 - y1, x0, 1 - y0, x1
    return x0, y0, x1, y1
