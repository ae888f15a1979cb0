"""PDF to Pieces through pdfium: text blocks, tables, pictures with their boxes, and pages to be read by OCR.

pdfium is not safe for threads: whoever calls it (the page previews too) holds PDFIUM_LOCK. One page is in memory
at a time. How runs become blocks is layout.py's matter, what a page looks like with a mark previews.py's.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from indexes.records import Box, Place
from pipelines.errors import ExtractionError
from pipelines.extractors import pdf_xfa
from pipelines.extractors.codes import codes_in, within
from pipelines.extractors.inside import Inside, too_deep
from pipelines.extractors.layout import open_table
from pipelines.extractors.lines import Block
from pipelines.extractors.pdf_attachments import files_inside
from pipelines.extractors.pdf_characters import MOST_CHARACTERS
from pipelines.extractors.pdf_objects import objects_of
from pipelines.extractors.pdf_page import PageView
from pipelines.extractors.pdf_strings import wide_text
from pipelines.extractors.sense import is_senseless
from pipelines.extractors.text import Headings
from pipelines.records import Piece

PDFIUM_LOCK = threading.RLock()
"""Held around every call of pdfium, here and elsewhere; never while a Piece is given out."""

FEWEST_CHARACTERS = 16
"""A page with fewer characters, but with something drawn on it, is a scan."""
MOST_STAMPED = 120
"""Characters that a scanner or a shop may print over a scan; the page is still one."""
MOST_PAGES = 20_000
"""Of a file that are read; a file of few bytes may say that it has millions."""
_LONGEST_PRINTED = 20
_WITHOUT_LETTERS = re.compile("[\ue000-\uf8ff\ufffd]{3}")
"""Not single ones: of 193 pages at hand, 11 had bullets and signs of such fonts, and none a word."""
_COVER = 600
"""Characters of the page that stands for a portfolio."""
_LOOKED_AT = 4  # pages, beside the last, by which it is told whether a file is a scan
MOST_ON_PICTURE = 600
"""Characters on a picture that fills the page; with more it is a background."""


def survey(path: Path) -> tuple[int, float]:
    """How many pages a file has, and about which part of them, in 0..1, has no text layer. Raises ExtractionError for a
    locked or unreadable file."""
    import pypdfium2 as pdfium

    with PDFIUM_LOCK:
        document = _opened(path)
        try:
            count = len(document)
            looked_at = sorted({round(i * (count - 1) / _LOOKED_AT) for i in range(_LOOKED_AT + 1)}) if count else []
            scans = 0
            for index in looked_at:
                with contextlib.suppress(pdfium.PdfiumError):
                    scans += document[index].get_textpage().count_chars() < FEWEST_CHARACTERS
            return count, scans / max(1, len(looked_at))
        finally:
            document.close()


def read(path: Path, inside: Inside = too_deep, after: int = 0) -> Iterator[Piece]:
    """Blocks of each page in reading order, then its pictures; a `scan`, with what text there is, for a page of which
    there is more to be seen than its text layer says; then what `inside` makes of the files that are attached.

    Damaged pages are `unread`. Scans among the first `after` pieces have no picture: they were looked at already.
    Raises ExtractionError for a locked or unreadable file.
    """
    document = _opened(path)
    given = 0
    try:
        known = _Known()
        with PDFIUM_LOCK:
            count = len(document)
            dynamic = pdf_xfa.is_dynamic(document)
            lines = pdf_xfa.lines_of(document) if dynamic else []
        if dynamic:
            if not lines:
                raise ExtractionError(
                    f"{path.name} is a form that only Adobe's programs show. "
                    "Open it there, print it as PDF and index that."
                )
            yield from (Piece("text", line, Place(page=1)) for line in lines)
            return
        readable = 0
        if count > MOST_PAGES:
            yield Piece("unread", f"beyond {MOST_PAGES:,} pages", Place(), f"pages {MOST_PAGES + 1:,}–{count:,}")
        for number in range(1, min(count, MOST_PAGES) + 1):
            pieces = _page_pieces(document, number, known, drawn=given >= after)
            if pieces is None:
                yield Piece("unread", "damaged", Place(page=number))
                continue
            readable += 1
            if count > 1 or not _is_cover(pieces, document):
                given += sum(piece.kind != "unread" for piece in pieces)
                yield from pieces
        if not readable:
            raise ExtractionError(
                f"{path.name} is damaged: none of its {count} pages can be opened. Copy or download it again."
                if count
                else f"{path.name} has no pages. Copy or download it again."
            )
        with PDFIUM_LOCK:
            files = files_inside(document, known.with_files)
        if files:
            yield Piece("text", f"Attachments: {', '.join(dict.fromkeys(file.name for file in files))}")
        for file in files:
            yield from inside(file)
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
    which pictures were seen (SHA-256 of their pixels), and to which pages files are attached."""

    headings: Headings = field(default_factory=Headings)
    table: Block | None = None
    seen: set[bytes] = field(default_factory=set)
    with_files: list[int] = field(default_factory=list)


def _page_pieces(document: Any, number: int, known: _Known, drawn: bool) -> list[Piece] | None:
    """All Pieces of one page, or None where the page is damaged. A scan has its picture if it is to be `drawn`."""
    import pypdfium2 as pdfium

    with PDFIUM_LOCK:
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            return None
        try:
            view, here = PageView(page), Place(page=number, printed=_printed(document, number))
            found, letters, strange = view.blocks(known.table)
            unread = [Piece("unread", f"beyond {MOST_CHARACTERS:,} characters", here)] if view.overfull else []
            if any(_WITHOUT_LETTERS.search(block.text) for block in found):
                unread.append(Piece("unread", "words in a font that does not say its letters", here))
            known.table = open_table(found)
            headings, seen = known.headings, known.seen
            regions = view.picture_regions()
            covered = max((view.share(region) for region in regions), default=0.0)
            stamped = letters < MOST_STAMPED and covered > 0.6
            told = view.annotations()
            if any(each.file for each in told):
                known.with_files.append(number)
            filled_in = [
                Piece("text", each.text, replace(here, box=view.box(each.rectangle)), headings.chain)
                for each in told
                if each.text
            ]
            senseless = strange > 0.3 * letters
            seen_only = letters < FEWEST_CHARACTERS and (regions or _draws_anything(page))
            if seen_only or senseless or stamped:
                known_text = "" if senseless else "\n".join(block.text for block in found)
                scan = Piece("scan", known_text, here, headings.chain, view.render() if drawn else None)
                return [scan, *filled_in]  # whatever stands on it is seen
            pieces = filled_in
            if is_senseless(
                *("\n".join(block.text for block in found if block.table is table) for table in (False, True))
            ):
                doubt = Piece("doubt", place=here, heading=headings.chain, picture=view.render() if drawn else None)
                pieces += [doubt, *_text_pieces(found, here, view, deepcopy(headings))]
            else:
                pieces = [*_text_pieces(found, here, view, headings), *pieces]
            for region in regions:
                if view.share(region) > 0.9 and letters > MOST_ON_PICTURE:
                    continue  # the page's background, or the scan that the text layer was read from
                picture = view.render(region)
                print_ = hashlib.sha256(picture.tobytes()).digest()
                if print_ in seen:
                    continue
                seen.add(print_)
                place = replace(here, box=view.box(region))
                pieces.append(Piece("picture", place=place, heading=headings.chain, picture=picture))
            pieces += _codes(view, here, headings.chain, [view.box(region) for region in regions])
            return [*pieces, *unread]
        except pdfium.PdfiumError:
            return None
        finally:
            page.close()


def _codes(view: PageView, here: Place, heading: str, pictures: list[Box]) -> Iterator[Piece]:
    """QR and bar codes of a page that stand in none of its pictures, in which they are read when those are."""
    region = view.code_region()
    if region is None:
        return
    x0, y0, x1, y1 = view.box(region)
    width, height = x1 - x0, y1 - y0
    for text, (left, top, right, bottom) in codes_in(view.render(region), clean=True):
        box = (x0 + left * width, y0 + top * height, x0 + right * width, y0 + bottom * height)
        if not any(within(box, picture) for picture in pictures):
            yield Piece("text", text, replace(here, box=box), heading)


def _printed(document: Any, number: int) -> str | None:
    """What the document itself calls a page, where that is not its number."""
    import pypdfium2.raw as raw

    label = wide_text(lambda buffer, length: raw.FPDF_GetPageLabel(document.raw, number - 1, buffer, length))
    label = " ".join(label.split())[:_LONGEST_PRINTED]
    return label if label and label != str(number) else None


def _is_cover(pieces: list[Piece], document: Any) -> bool:
    """Whether the only page tells that another program is to open the portfolio that it stands for."""
    with PDFIUM_LOCK:
        if not document.count_attachments():
            return False
    text = " ".join(piece.text for piece in pieces)
    return len(text) <= _COVER and ("Acrobat" in text or "Adobe" in text)


def _text_pieces(found: list[Block], here: Place, view: PageView, headings: Headings) -> Iterator[Piece]:
    sizes: Counter[float] = Counter()
    for block in found:
        sizes[round(block.size)] += len(block.text)
    body = sizes.most_common(1)[0][0] if sizes else 0
    for block in found:
        place = replace(here, box=view.box(block.rectangle))
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
