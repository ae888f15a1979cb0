"""Characters of a PDF page, read through pdfium's C interface. The caller holds PDFIUM_LOCK."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.extractors.bidi import plain_letters
from pipelines.extractors.lines import Rectangle, turned

MOST_CHARACTERS = 60_000
"""Of one page; more is a drawing made of letters."""
MADE = "\n"
"""A space without a place of its own, as pdfium puts some where a gap is wide or a line ends."""

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

    def point(self, x: float, y: float) -> tuple[float, float]: ...

    def rectangle(self, left: float, bottom: float, right: float, top: float) -> Rectangle: ...


@dataclass(slots=True)
class Glyph:
    """A character with its marks, or several that are drawn as one (a ligature), in the order of reading; ' ' or MADE
    for a space. `box` is where it stands on the page after `quarter` turns (see `lines.turned`) that make it upright,
    `baseline` the y of its line, `size` that of its font; `index` is pdfium's."""

    text: str
    box: Rectangle
    baseline: float
    size: float
    quarter: int
    index: int

    @property
    def is_space(self) -> bool:
        return self.text in (" ", MADE)

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def centre(self) -> float:
        return (self.box[0] + self.box[2]) / 2


def glyphs_of(textpage: Any, view: View) -> list[Glyph]:
    """The characters that are seen of a page in pdfium's order; slanting ones (watermarks) are left out."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    page = textpage.raw
    font = Font(textpage, view)
    loose, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    to_loose, to_x, to_y = ctypes.byref(loose), ctypes.byref(x), ctypes.byref(y)  # ctypes would make them for each call
    found: list[Glyph] = []
    for index in range(min(raw.FPDFText_CountChars(page), MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(page, index)
        if code in _UNSEEN or not raw.FPDFText_GetLooseCharBox(page, index, to_loose):
            continue
        box = view.rectangle(loose.left, loose.bottom, loose.right, loose.top)
        if code in _SPACES:
            if found:
                last = found[-1]
                box = turned(box, last.quarter, view.width, view.height)
                made = loose.right <= loose.left or raw.FPDFText_IsGenerated(page, index)
                found.append(Glyph(MADE if made else " ", box, last.baseline, last.size, last.quarter, index))
            continue
        if not (0 <= box[0] + box[2] <= 2 * view.width and 0 <= box[1] + box[3] <= 2 * view.height):
            continue  # outside what is seen of the page
        size, quarter = font.size_and_quarter(index)
        if quarter is None:
            continue
        raw.FPDFText_GetCharOrigin(page, index, to_x, to_y)
        at = view.point(x.value, y.value)
        baseline = at[1]
        if quarter:
            baseline = turned((*at, *at), quarter, view.width, view.height)[1]
            box = turned(box, quarter, view.width, view.height)
        size = size or max(box[3] - box[1], 1.0) / 1.15
        text = "-" if code in _LINE_END_HYPHENS else chr(code) if code < 128 else plain_letters(chr(code))
        glyph = Glyph(text, box, baseline, size, quarter, index)
        if found and _belongs(glyph, found[-1]):
            found[-1].text += glyph.text
        elif glyph.text:
            found.append(glyph)
    return found


def _belongs(glyph: Glyph, before: Glyph) -> bool:
    """Whether it is a mark on the character before it, or a part of the same ligature."""
    if glyph.quarter != before.quarter or before.is_space:
        return False
    if not glyph.text.isascii() and unicodedata.combining(glyph.text[0]):
        return before.box[0] <= glyph.centre <= before.box[2] and abs(before.middle - glyph.middle) < before.size
    return glyph.box == before.box and glyph.text != before.text


def is_wide(text: str) -> bool:
    """Whether it begins with a Chinese or Japanese character, or another of full width."""
    return not text[:1].isascii() and unicodedata.east_asian_width(text[:1]) in "WF"


def is_strange(text: str) -> bool:
    """Whether it holds a character without a meaning, as fonts without a Unicode map give them."""
    return any(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or (c < " " and text != MADE) for c in text)


class Font:
    """Size, direction and weight of single characters."""

    def __init__(self, textpage: Any, view: View) -> None:
        import pypdfium2.raw as raw

        self.page, self.view, self.raw = textpage.raw, view, raw
        self.buffer = ctypes.create_string_buffer(256)
        self.matrix = raw.FS_MATRIX()
        self.to_matrix = ctypes.byref(self.matrix)

    def size_and_quarter(self, index: int) -> tuple[float, int | None]:
        """Points (0 if unknown), and the quarter turns that make it upright (None if it slants)."""
        matrix, view = self.matrix, self.view
        if not self.raw.FPDFText_GetMatrix(self.page, index, self.to_matrix):
            return 0.0, 0
        a, b, d = matrix.a, matrix.b, matrix.d
        size = self.raw.FPDFText_GetFontSize(self.page, index) * math.hypot(b, d)
        across = view.a * a + view.c * b
        down = view.b * a + view.d * b
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
