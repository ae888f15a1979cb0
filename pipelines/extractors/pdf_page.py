"""A page of a PDF as it is seen: its blocks of text, where its pictures stand, and its own picture.

Read through pdfium's C interface. The caller holds PDFIUM_LOCK.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from indexes.records import Box
from pipelines.extractors.grids import Grid, grids_of
from pipelines.extractors.layout import blocks
from pipelines.extractors.lines import Block, Rectangle, mirrored, turned, turned_back, united
from pipelines.extractors.pdf_annotations import Told, annotations_of
from pipelines.extractors.pdf_characters import MOST_CHARACTERS, Font, glyphs_of, is_strange
from pipelines.extractors.pdf_objects import bounds_of, objects_of
from pipelines.extractors.pdf_rules import rules_of
from pipelines.extractors.pdf_runs import Text, texts_of
from pipelines.extractors.pdf_vertical import with_columns_turned
from pipelines.extractors.pictures import LONGEST

if TYPE_CHECKING:
    from PIL.Image import Image

SCAN_DPI = 200
SMALLEST_PICTURE = 64
"""Pixels; smaller pictures are ornaments."""
SMALLEST_SHARE = 0.02
"""Part of the page that a picture must cover."""


_SMALLEST_CODE = 14.0
"""Points, as the bars of a bar code are high."""
_QUIET = 12.0
"""Points around a code that are left empty, so that it is known."""
_CORNERS = 120
"""Of what is filled: a QR code of 21 modules has some 500, a bar code of ten characters 150."""
_RECTANGLE = 5
"""Segments of a rectangle's path."""
_LONGEST_BAR = 100.0
"""Points."""
_MOST_THINGS = 5000
"""A map has more, and they are asked for one by one."""


class PageView:
    """One page as it is seen: turned as the page says, cropped, with the origin in the upper left corner."""

    def __init__(self, page: Any) -> None:
        import ctypes

        import pypdfium2.raw as raw  # type: ignore[import-untyped]

        self.page = page
        self.upright: Text | None = None
        self.overfull = False  # whether there is more text than is read; known after `blocks`
        self.width, self.height = page.get_size()
        # pdfium gives positions before the turn and the crop; three points tell the way from there to the view.
        fine = 1_000_000
        corners = []
        for x, y in ((0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0)):
            column, row = ctypes.c_int(), ctypes.c_int()
            raw.FPDF_PageToDevice(page.raw, 0, 0, fine, fine, 0, x, y, ctypes.byref(column), ctypes.byref(row))
            corners.append((column.value / fine * self.width, row.value / fine * self.height))
        (self.e, self.f), (ax, ay), (bx, by) = corners
        self.a, self.b = (ax - self.e) / 1000, (ay - self.f) / 1000
        self.c, self.d = (bx - self.e) / 1000, (by - self.f) / 1000

    def point(self, x: float, y: float) -> tuple[float, float]:
        """From the page's own coordinates to the view's."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def rectangle(self, left: float, bottom: float, right: float, top: float) -> Rectangle:
        """From the page's own coordinates to the view's; asked for each character, so without calls."""
        a, b, c, d, e, f = self.a, self.b, self.c, self.d, self.e, self.f
        x0, x1 = a * left + c * bottom + e, a * right + c * top + e
        y0, y1 = b * left + d * bottom + f, b * right + d * top + f
        if x1 < x0:
            x0, x1 = x1, x0
        if y1 < y0:
            y0, y1 = y1, y0
        return x0, y0, x1, y1

    def box(self, rectangle: Rectangle) -> Box:
        x0, y0, x1, y1 = rectangle
        return (
            round(min(max(x0 / self.width, 0.0), 1.0), 4),
            round(min(max(y0 / self.height, 0.0), 1.0), 4),
            round(min(max(x1 / self.width, 0.0), 1.0), 4),
            round(min(max(y1 / self.height, 0.0), 1.0), 4),
        )

    def region(self, box: Box) -> Rectangle:
        """The inverse of `box`."""
        x0, y0, x1, y1 = box
        return x0 * self.width, y0 * self.height, x1 * self.width, y1 * self.height

    def render(self, region: Rectangle | None = None, dpi: float = SCAN_DPI) -> Image:
        """The page, or a region of it, with no side longer than 4096 px."""
        x0, y0, x1, y1 = region or (0.0, 0.0, self.width, self.height)
        scale = min(dpi / 72, LONGEST / max(x1 - x0, y1 - y0, 1.0))
        crop = (max(x0, 0.0), max(self.height - y1, 0.0), max(self.width - x1, 0.0), max(y0, 0.0))
        bitmap = self.page.render(scale=scale, crop=crop, rev_byteorder=True)
        picture = bitmap.to_pil().convert("RGB")
        bitmap.close()
        return picture

    def blocks(self, above: Block | None = None) -> tuple[list[Block], int, int]:
        """The blocks of the text layer, the number of its characters, and of those without a meaning. `above` is the
        table that the page before ends with.

        Fonts without a Unicode map give characters without a meaning: only OCR can read them.
        """
        import pypdfium2.raw as raw

        rules = rules_of(self.page, self)

        @cache
        def grids(quarter: int, right: bool = False) -> list[Grid]:
            own = [turned(rule, quarter, self.width, self.height) for rule in rules]
            return grids_of([mirrored(rule, self._width(quarter)) for rule in own] if right else own)

        textpage = self.page.get_textpage()
        try:
            glyphs = with_columns_turned(glyphs_of(textpage, self), self.width, self.height)
            texts = list(texts_of(glyphs, grids, Font(textpage, self).bold))
            self.overfull = raw.FPDFText_CountChars(textpage.raw) > MOST_CHARACTERS
        finally:
            textpage.close()
        self.upright = next((text for text in texts if text.quarter == 0), None)
        found: list[Block] = []
        for text in texts:
            # What is read from the right is laid out as in a mirror: its columns begin on the left there.
            runs, width = text.runs, self._width(text.quarter)
            if text.right:
                runs = [replace(run, x0=width - run.x1, x1=width - run.x0) for run in runs]
            for block in blocks(runs, above if text.quarter == 0 else None, grids(text.quarter, text.right)):
                seen = mirrored(block.rectangle, width) if text.right else block.rectangle
                seen = turned_back(seen, text.quarter, self.width, self.height)
                found.append(replace(block, rectangle=seen))
        letters = sum(len(run.text) for text in texts for run in text.runs)
        each = Counter(glyph.text for glyph in glyphs)
        return found, letters, sum(count for text, count in each.items() if is_strange(text))

    def _width(self, quarter: int) -> float:
        """Of the page after so many quarter turns."""
        return self.height if quarter % 2 else self.width

    def picture_regions(self) -> list[Rectangle]:
        """Where pictures stand that are worth seeing; strips of one picture are put together."""
        import pypdfium2.raw as raw

        found: list[Rectangle] = []
        for thing, _ in objects_of(self.page, raw.FPDF_PAGEOBJ_IMAGE):
            if bounds := bounds_of(thing):
                found.append(self._visible(self.rectangle(*bounds)))
            if len(found) > 400:
                break  # drawn from thousands of tiles: the page's text will do
        return [region for region in united(found) if self._worth_seeing(region)]

    def code_region(self) -> Rectangle | None:
        """What a QR or bar code may stand in that is no picture worth seeing: around small pictures, and around what
        is filled, where that has as many corners as a code; None where nothing is."""
        import pypdfium2.raw as raw

        found, corners = list[Rectangle](), 0
        for thing, _ in islice(objects_of(self.page, raw.FPDF_PAGEOBJ_PATH), _MOST_THINGS):
            bounds, count = bounds_of(thing), raw.FPDFPath_CountSegments(thing)
            if bounds and _is_filled(thing):
                x0, y0, x1, y1 = region = self._visible(self.rectangle(*bounds))
                if count > _RECTANGLE or max(x1 - x0, y1 - y0) <= _LONGEST_BAR:  # longer ones are rules of tables
                    corners += count
                    found.append(region)
        if corners < _CORNERS:
            found = []
        for thing, _ in islice(objects_of(self.page, raw.FPDF_PAGEOBJ_IMAGE), _MOST_THINGS):
            if bounds := bounds_of(thing):
                x0, y0, x1, y1 = region = self._visible(self.rectangle(*bounds))
                if min(x1 - x0, y1 - y0) >= _SMALLEST_CODE and not self._worth_seeing(region):
                    found.append(region)
        if not found:
            return None
        left, top, right, bottom = zip(*found, strict=True)
        return self._visible((min(left) - _QUIET, min(top) - _QUIET, max(right) + _QUIET, max(bottom) + _QUIET))

    def _visible(self, rectangle: Rectangle) -> Rectangle:
        x0, y0, x1, y1 = rectangle
        return max(x0, 0.0), max(y0, 0.0), min(x1, self.width), min(y1, self.height)

    def _worth_seeing(self, region: Rectangle) -> bool:
        x0, y0, x1, y1 = region
        width, height = x1 - x0, y1 - y0
        return min(width, height) * SCAN_DPI / 72 >= SMALLEST_PICTURE and self.share(region) >= SMALLEST_SHARE

    def share(self, region: Rectangle) -> float:
        """Which part of the page the region covers."""
        x0, y0, x1, y1 = region
        return max(x1 - x0, 0.0) * max(y1 - y0, 0.0) / (self.width * self.height)

    def annotations(self) -> list[Told]:
        """What people wrote into form fields and notes; called after `blocks`."""
        printed, right = (self.upright.runs, self.upright.right) if self.upright else ([], False)
        return annotations_of(self.page, self, printed, right)


def _is_filled(path: Any) -> bool:
    import ctypes

    import pypdfium2.raw as raw

    mode, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(path, ctypes.byref(mode), ctypes.byref(stroke)) and mode.value)
