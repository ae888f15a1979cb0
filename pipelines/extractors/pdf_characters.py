"""Characters and annotations of a PDF page, read through pdfium's C interface. The caller holds PDFIUM_LOCK."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pipelines.extractors.grids import Grid
from pipelines.extractors.lines import Rectangle, Run

MOST_CHARACTERS = 60_000
"""Of one page; more is a drawing made of letters."""

_APART = 0.1
"""Of the font size; what stands closer is not parted by a rule."""
_SPACES = frozenset((9, 10, 13, 32, 0xA0, 0x3000))
_UNSEEN = frozenset((0, 0x200B, 0xFEFF))
_LINE_END_HYPHENS = frozenset((2, 0xFFFE))
"""How pdfium marks a hyphen at the end of a line."""


class View(Protocol):
    """The part of a page's view that is needed here."""

    a: float
    b: float
    c: float
    d: float
    width: float
    height: float

    def rectangle(self, left: float, bottom: float, right: float, top: float) -> Rectangle: ...


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


class _Open:
    """A run that is still growing."""

    __slots__ = ("bold", "characters", "last", "order", "quarter", "size", "x0", "x1", "y0", "y1")

    def __init__(self, box: Rectangle, size: float, bold: bool, order: int, quarter: int) -> None:
        self.characters: list[str] = []
        self.x0, self.y0, self.x1, self.y1 = self.last = box
        self.size, self.bold, self.order, self.quarter = size, bold, order, quarter

    def takes(self, box: Rectangle, size: float, quarter: int, grids: Sequence[Grid]) -> bool:
        """Whether a character at `box` continues this run: same line, no wide gap, not far back, no rule between."""
        x0, y0, _, y1 = box
        if quarter != self.quarter or not -0.6 * size < x0 - self.x1 < 0.7 * max(size, self.size):
            return False
        height = min(self.y1 - self.y0, y1 - y0)
        if abs((y0 + y1) - (self.y0 + self.y1)) / 2 >= 0.5 * height + 0.01:
            return False
        if x0 - self.last[2] < _APART * size:  # within a word, such as a label on the axis of a chart
            return True
        before, after = (self.last[0] + self.last[2]) / 2, (x0 + box[2]) / 2
        return not any(grid.parts(before, after, (y0 + y1) / 2) for grid in grids)

    def add(self, character: str, box: Rectangle, spaced: bool) -> None:
        if self.characters and (spaced or box[0] - self.x1 > 0.28 * self.size) and self.characters[-1] != " ":
            self.characters.append(" ")
        self.characters.append(character)
        self.x0, self.y0 = min(self.x0, box[0]), min(self.y0, box[1])
        self.x1, self.y1 = max(self.x1, box[2]), max(self.y1, box[3])
        self.last = box

    def close(self) -> Run:
        text = "".join(self.characters).strip()
        size = max(0.5, round(self.size * 2) / 2)  # sizes are divided by
        return Run(text, self.x0, self.y0, self.x1, self.y1, size, self.bold, self.order)


def runs_of(textpage: Any, view: View, grids: Callable[[int], Sequence[Grid]]) -> tuple[dict[int, list[Run]], int]:
    """Runs in the order of drawing, and the number of characters without a meaning.

    Runs are grouped by the quarter turns (see `turned`) that make them upright, and come turned that way, so that
    a table printed sideways can be read like any other. Slanting characters (watermarks) are left out. Rules of the
    `grids`, which are asked for by their quarter turns, part runs.
    """
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    page = textpage.raw
    runs: dict[int, list[Run]] = {}
    current: _Open | None = None
    strange, spaced, font = 0, False, _Font(page, view)
    loose = raw.FS_RECTF()
    for index in range(min(raw.FPDFText_CountChars(page), MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(page, index)
        if code in _SPACES or code in _UNSEEN:
            spaced = spaced or code in _SPACES
            continue
        if not raw.FPDFText_GetLooseCharBox(page, index, loose):
            continue
        box = view.rectangle(loose.left, loose.bottom, loose.right, loose.top)
        if not (0 <= box[0] + box[2] <= 2 * view.width and 0 <= box[1] + box[3] <= 2 * view.height):
            continue  # outside what is seen of the page
        size, quarter = font.size_and_quarter(index)
        if quarter is None:
            continue
        if quarter:
            box = turned(box, quarter, view.width, view.height)
        size = size or max(box[3] - box[1], 1.0) / 1.15
        if code in _LINE_END_HYPHENS:
            character = "-"
        else:
            character = chr(code)
            strange += code == 0xFFFD or 0xE000 <= code <= 0xF8FF or code < 32
        if current is None or not current.takes(box, size, quarter, grids(quarter)):
            if current:
                runs.setdefault(current.quarter, []).append(current.close())
            current = _Open(box, size, font.bold(index), index, quarter)
        current.add(character, box, spaced)
        spaced = False
    if current:
        runs.setdefault(current.quarter, []).append(current.close())
    return {quarter: [run for run in group if run.text] for quarter, group in runs.items()}, strange


class _Font:
    """Size, direction and weight of single characters."""

    def __init__(self, page: Any, view: View) -> None:
        import pypdfium2.raw as raw

        self.page, self.view, self.raw = page, view, raw
        self.buffer = ctypes.create_string_buffer(256)
        self.matrix = raw.FS_MATRIX()

    def size_and_quarter(self, index: int) -> tuple[float, int | None]:
        """Points (0 if unknown), and the quarter turns that make it upright (None if it slants)."""
        matrix, view = self.matrix, self.view
        if not self.raw.FPDFText_GetMatrix(self.page, index, matrix):
            return 0.0, 0
        size = self.raw.FPDFText_GetFontSize(self.page, index) * math.hypot(matrix.b, matrix.d)
        across = view.a * matrix.a + view.c * matrix.b
        down = view.b * matrix.a + view.d * matrix.b
        if abs(across) > 5 * abs(down):
            return size, 0 if across > 0 else 2
        if abs(down) > 5 * abs(across):
            return size, 1 if down > 0 else 3
        return size, None

    def bold(self, index: int) -> bool:
        """By the name of the font, or by its weight."""
        flags = ctypes.c_int()
        length = self.raw.FPDFText_GetFontInfo(self.page, index, self.buffer, 256, ctypes.byref(flags))
        name = self.buffer.raw[: max(0, min(length, 256) - 1)].lower()
        if b"bold" in name or b"black" in name or b"heavy" in name:
            return True
        return bool(self.raw.FPDFText_GetFontWeight(self.page, index) >= 600)


def annotations_of(page: Any) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Texts of notes and form fields with their rectangles (left, bottom, right, top) in the page's coordinates."""
    import pypdfium2.raw as raw

    found = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 500)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                name, value = _string(annotation, b"T"), _string(annotation, b"V")
                text = "" if value in ("", "Off") else f"{name}: {value}" if name else value
            elif subtype in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                continue
            else:
                text = _string(annotation, b"Contents")
            rectangle = raw.FS_RECTF()
            if text and raw.FPDFAnnot_GetRect(annotation, rectangle):
                found.append((text, (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _string(annotation: Any, key: bytes) -> str:
    import pypdfium2.raw as raw

    length = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace").replace("\r", "\n").strip()
