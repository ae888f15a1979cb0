"""PDF to Pieces through pdfium: text blocks, tables, pictures with their boxes, and pages to be read by OCR.

pdfium is not safe for threads: whoever calls it (the page previews too) holds PDFIUM_LOCK. One page is in memory
at a time. How runs become blocks is layout.py's matter, what a page looks like with a mark previews.py's.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.records import Box, Place
from pipelines.errors import ExtractionError
from pipelines.extractors.grids import Grid, grids_of
from pipelines.extractors.layout import blocks, open_table
from pipelines.extractors.lines import Block, Rectangle, mirrored, turned, turned_back, united
from pipelines.extractors.pdf_annotations import annotations_of
from pipelines.extractors.pdf_characters import Font, glyphs_of, is_strange
from pipelines.extractors.pdf_objects import bounds_of, objects_of
from pipelines.extractors.pdf_rules import rules_of
from pipelines.extractors.pdf_runs import Text, texts_of
from pipelines.extractors.pictures import LONGEST
from pipelines.extractors.sense import is_senseless
from pipelines.extractors.text import Headings
from pipelines.records import Piece

if TYPE_CHECKING:
    from PIL.Image import Image

PDFIUM_LOCK = threading.RLock()
"""Held around every call of pdfium, here and elsewhere; never while a Piece is given out."""

SCAN_DPI = 200
SMALLEST_PICTURE = 64
"""Pixels; smaller pictures are ornaments."""
SMALLEST_SHARE = 0.02
"""Part of the page that a picture must cover."""
FEWEST_CHARACTERS = 16
"""A page with fewer characters, but with something drawn on it, is a scan."""
MOST_STAMPED = 120
"""Characters that a scanner or a shop may print over a scan; the page is still one."""
MOST_ON_PICTURE = 600
"""Characters on a picture that fills the page; with more it is a background."""


def read(path: Path) -> Iterator[Piece]:
    """Blocks of each page in reading order, then its pictures; a `scan`, with what text there is, for a page of which
    there is more to be seen than its text layer says.

    Damaged pages are left out. Raises ExtractionError for a locked or unreadable file.
    """
    document = _opened(path)
    try:
        known = _Known()
        with PDFIUM_LOCK:
            count = len(document)
        readable = 0
        for number in range(1, count + 1):
            pieces = _page_pieces(document, number, known)
            if pieces is None:
                continue
            readable += 1
            yield from pieces
        if not readable:
            raise ExtractionError(
                f"{path.name} is damaged: none of its {count} pages can be opened. Copy or download it again."
                if count
                else f"{path.name} has no pages. Copy or download it again."
            )
    finally:
        with PDFIUM_LOCK:
            document.close()


def _opened(path: Path) -> Any:
    import pypdfium2 as pdfium  # type: ignore[import-untyped]

    with PDFIUM_LOCK:
        try:
            document = pdfium.PdfDocument(path)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                raise ExtractionError(
                    f"{path.name} is locked with a password; save a copy without it and index that.", "open"
                ) from error
            raise ExtractionError(
                f"{path.name} is damaged or cut short and cannot be opened as PDF. Copy or download it again.", "open"
            ) from error
        with contextlib.suppress(pdfium.PdfiumError):
            document.init_forms()  # so that what people filled in is drawn
        return document


@contextlib.contextmanager
def opened_page(path: Path, number: int) -> Iterator[PageView]:
    """One page of a file, counted from 1, with PDFIUM_LOCK held. Raises ExtractionError where it cannot be opened."""
    import pypdfium2 as pdfium

    with PDFIUM_LOCK:
        document = _opened(path)
        try:
            yield PageView(document[number - 1])
        except pdfium.PdfiumError as error:
            raise ExtractionError(f"{path.name} is damaged: page {number} cannot be opened. Copy it again.") from error
        finally:
            document.close()


@dataclass(slots=True)
class _Known:
    """What the pages before tell of one: the headings that it stands under, the table that it may go on with, and
    which pictures were seen (SHA-256 of their pixels)."""

    headings: Headings = field(default_factory=Headings)
    table: Block | None = None
    seen: set[bytes] = field(default_factory=set)


def _page_pieces(document: Any, number: int, known: _Known) -> list[Piece] | None:
    """All Pieces of one page, or None where the page is damaged."""
    import pypdfium2 as pdfium

    with PDFIUM_LOCK:
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            return None
        try:
            view = PageView(page)
            found, letters, strange = view.blocks(known.table)
            known.table = open_table(found)
            headings, seen = known.headings, known.seen
            regions = view.picture_regions()
            covered = max((view.share(region) for region in regions), default=0.0)
            stamped = letters < MOST_STAMPED and covered > 0.6
            senseless = strange > 0.3 * letters
            drawn = letters < FEWEST_CHARACTERS and (regions or _draws_anything(page))
            if drawn or senseless or stamped:
                known_text = "" if senseless else "\n".join(block.text for block in found)
                scan = Piece("scan", known_text, Place(page=number), headings.chain, view.render())
                return [scan, *view.filled_in(number, headings.chain)]
            pieces = view.filled_in(number, headings.chain)
            if is_senseless("\n".join(block.text for block in found)):
                doubt = Piece("doubt", place=Place(page=number), heading=headings.chain, picture=view.render())
                pieces += [doubt, *_text_pieces(found, number, view, deepcopy(headings))]
            else:
                pieces = [*_text_pieces(found, number, view, headings), *pieces]
            for region in regions:
                if view.share(region) > 0.9 and letters > MOST_ON_PICTURE:
                    continue  # the page's background, or the scan that the text layer was read from
                picture = view.render(region)
                print_ = hashlib.sha256(picture.tobytes()).digest()
                if print_ in seen:
                    continue
                seen.add(print_)
                place = Place(page=number, box=view.box(region))
                pieces.append(Piece("picture", place=place, heading=headings.chain, picture=picture))
            return pieces
        except pdfium.PdfiumError:
            return None
        finally:
            page.close()


def _text_pieces(found: list[Block], number: int, view: PageView, headings: Headings) -> Iterator[Piece]:
    sizes: Counter[float] = Counter()
    for block in found:
        sizes[round(block.size)] += len(block.text)
    body = sizes.most_common(1)[0][0] if sizes else 0
    for block in found:
        place = Place(page=number, box=view.box(block.rectangle))
        chain = headings.chain
        if _is_heading(block, body):
            # Larger type is a higher heading; bold type of the body's size is the lowest.
            chain = headings.enter(-round(block.size), block.text)
        yield Piece("table" if block.table else "text", block.text, place, chain)


def _is_heading(block: Block, body: float) -> bool:
    if block.table or len(block.text) > 150 or block.text.count("\n") > 2 or " | " in block.text:
        return False
    letters = sum(character.isalpha() for character in block.text)
    if letters < 3 or letters < 2 * sum(character.isdigit() for character in block.text):
        return False
    larger = round(block.size) > 1.1 * body
    stands_out = block.bold and round(block.size) >= body and not block.text.rstrip().endswith((".", ":", ",", ";"))
    return larger or (stands_out and "\n" not in block.text)


def _draws_anything(page: Any) -> bool:
    """Whether there is more on it than text."""
    import pypdfium2.raw as raw

    others = (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING)
    return any(True for sort in others for _ in objects_of(page, sort))


class PageView:
    """One page as it is seen: turned as the page says, cropped, with the origin in the upper left corner."""

    def __init__(self, page: Any) -> None:
        import ctypes

        import pypdfium2.raw as raw  # type: ignore[import-untyped]

        self.page = page
        self.upright: Text | None = None
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

    def rectangle(self, left: float, bottom: float, right: float, top: float) -> Rectangle:
        """From the page's own coordinates to the view's."""
        x0, x1 = self.a * left + self.c * bottom + self.e, self.a * right + self.c * top + self.e
        y0, y1 = self.b * left + self.d * bottom + self.f, self.b * right + self.d * top + self.f
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

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
        rules = rules_of(self.page, self)

        @cache
        def grids(quarter: int, right: bool = False) -> list[Grid]:
            own = [turned(rule, quarter, self.width, self.height) for rule in rules]
            return grids_of([mirrored(rule, self._width(quarter)) for rule in own] if right else own)

        textpage = self.page.get_textpage()
        try:
            glyphs = glyphs_of(textpage, self)
            texts = list(texts_of(glyphs, grids, Font(textpage, self).bold))
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
        return found, letters, sum(is_strange(glyph.text) for glyph in glyphs)

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

    def filled_in(self, number: int, heading: str) -> list[Piece]:
        """What people wrote into form fields and notes; called after `blocks`."""
        printed, right = (self.upright.runs, self.upright.right) if self.upright else ([], False)
        return [
            Piece("text", told.text, Place(page=number, box=self.box(told.rectangle)), heading)
            for told in annotations_of(self.page, self, printed, right)
        ]
