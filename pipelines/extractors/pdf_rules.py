"""Rules of a PDF page: the straight lines along its edges that are drawn, or at which a filled area ends. Read through
pdfium's C interface; the caller holds PDFIUM_LOCK.

Cells of tables are drawn in all of these ways: as strokes, as thin rectangles, as areas of different grounds.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.extractors.lines import Rectangle
from pipelines.extractors.pdf_characters import View
from pipelines.extractors.pdf_objects import bounds_of, objects_of

MOST_PATHS = 5_000
"""Of one page; what has more is a drawing."""
MOST_POINTS = 40_000
"""Of all paths of a page."""
_SHORTEST = 2.0
"""Points; shorter lines are those of letters and dots."""
_SLANT = 0.5
"""Points by which the ends of a straight line may differ."""
_GROUNDS = 40
"""Filled areas that are remembered: what is filled like the area that it lies on ends nowhere that is seen."""
_PAPER = b"\xff\xff\xff"
_ALIKE = 5
"""Of 255: colours that look the same."""


def rules_of(page: Any, view: View) -> list[Rectangle]:
    """Rules as rectangles without a height or without a width, in the view's coordinates; none of a drawing."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    found: list[Rectangle] = []
    left = MOST_POINTS
    grounds: deque[tuple[Rectangle, bytes]] = deque(maxlen=_GROUNDS)
    for number, (path, forms) in enumerate(objects_of(page, raw.FPDF_PAGEOBJ_PATH)):
        left -= max(raw.FPDFPath_CountSegments(path), 0)
        if number == MOST_PATHS or left < 0:
            return []
        if _is_seen(path, grounds):
            for (ax, ay), (bx, by) in _lines(path, forms, view):
                x0, x1 = max(min(ax, bx), 0.0), min(max(ax, bx), view.width)  # what is seen of it
                y0, y1 = max(min(ay, by), 0.0), min(max(ay, by), view.height)
                if 0 <= x1 - x0 <= _SLANT and y1 - y0 >= _SHORTEST:
                    found.append(((x0 + x1) / 2, y0, (x0 + x1) / 2, y1))
                elif 0 <= y1 - y0 <= _SLANT and x1 - x0 >= _SHORTEST:
                    found.append((x0, (y0 + y1) / 2, x1, (y0 + y1) / 2))
    return found


def _is_seen(path: Any, grounds: deque[tuple[Rectangle, bytes]]) -> bool:
    """Whether a path is drawn, and in another colour than what it lies on: on paper, or on one of the `grounds`, to
    which it is added."""
    import pypdfium2.raw as raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path, fill, stroke):
        return False
    colour = [ctypes.c_uint() for _ in range(4)]
    if not fill.value or not raw.FPDFPageObj_GetFillColor(path, *colour) or not colour[3].value:
        return bool(stroke.value)
    own, bounds = bytes(part.value & 255 for part in colour[:3]), bounds_of(path)
    if bounds is None:
        return False
    x0, y0, x1, y1 = bounds
    around = (
        ground
        for (left, bottom, right, top), ground in reversed(grounds)
        if left <= x0 + _SLANT and bottom <= y0 + _SLANT and x1 <= right + _SLANT and y1 <= top + _SLANT
    )
    below = next(around, _PAPER)
    grounds.append((bounds, own))
    return bool(stroke.value) or any(abs(a - b) > _ALIKE for a, b in zip(own, below, strict=True))


def _lines(path: Any, forms: Iterable[Any], view: View) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight lines of a path, from point to point."""
    import pypdfium2.raw as raw

    a, b, c, d, e, f = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    m = raw.FS_MATRIX()
    for thing in (path, *forms):
        if raw.FPDFPageObj_GetMatrix(thing, m):
            a, b, c, d = a * m.a + b * m.c, a * m.b + b * m.d, c * m.a + d * m.c, c * m.b + d * m.d
            e, f = e * m.a + f * m.c + m.e, e * m.b + f * m.d + m.f
    x, y = ctypes.c_float(), ctypes.c_float()
    begin = at = (0.0, 0.0)
    for n in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, n)
        if not raw.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        px, py = a * x.value + c * y.value + e, b * x.value + d * y.value + f
        here = view.rectangle(px, py, px, py)[:2]
        sort = raw.FPDFPathSegment_GetType(segment)
        if sort == raw.FPDF_SEGMENT_MOVETO:
            begin = here
        elif sort == raw.FPDF_SEGMENT_LINETO:
            yield at, here
        at = here
        if raw.FPDFPathSegment_GetClose(segment):
            yield at, begin
            at = begin
