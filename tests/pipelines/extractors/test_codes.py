"""QR and bar codes: what they say, in pictures and on pages of PDFs, and where they stand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from indexes.records import Place
from pipelines.extractors import extract
from pipelines.extractors.codes import codes_in
from pipelines.models.ocr import Line
from pipelines.reading.kinds import kind_of
from pipelines.reading.looking import look
from pipelines.records import Piece
from tests.making_files import PAGE, PdfPage, a_picture, make_pdf

PROSE = ["The pump stands in the cellar of the north tower and", "is to be serviced by its maker every second spring."]


def code_of(said: str | bytes, sort: str = "QRCode", scale: int = 4) -> Image.Image:
    code = zxingcpp.create_barcode(said, getattr(zxingcpp.BarcodeFormat, sort))
    return Image.fromarray(np.array(code.to_image(scale=scale))).convert("RGB")


def on_paper(code: Image.Image, size: tuple[int, int] = (900, 900)) -> Image.Image:
    paper = Image.new("RGB", size, "white")
    paper.paste(code, (80, 60))
    return paper


@pytest.mark.parametrize(
    ("sort", "said", "told"),
    [
        ("QRCode", "https://example.org/pump-7", "QR code: https://example.org/pump-7"),
        ("QRCode", "BEGIN:VCARD\nN:Berg;Anna\nEND:VCARD", "QR code: BEGIN:VCARD N:Berg;Anna END:VCARD"),
        ("QRCode", "入口は三番", "QR code: 入口は三番"),
        ("EAN13", "4006381333931", "Bar code (EAN-13): 4006381333931"),
        ("UPCA", "036000291452", "Bar code (UPC-A): 036000291452"),
        ("Code128", "PAT-3847-2024", "Bar code (Code 128): PAT-3847-2024"),
        ("DataMatrix", "LOT 77", "Data Matrix: LOT 77"),
        ("PDF417", "gate 4", "PDF417: gate 4"),
        ("Aztec", "gate 4", "Aztec: gate 4"),
    ],
)
def test_what_a_code_says(sort: str, said: str, told: str) -> None:
    code = code_of(said, sort)
    for turns in range(4):
        ((text, box),) = codes_in(on_paper(code.rotate(90 * turns, expand=True)))
        assert text == told
        assert 80 / 900 <= box[0] < box[2] <= (81 + max(code.size)) / 900


def test_where_there_is_none_or_no_text_in_it() -> None:
    assert codes_in(a_picture()) == codes_in(Image.new("L", (1, 1))) == []
    assert codes_in(on_paper(code_of(bytes(range(30)), "QRCode"))) == []


def test_two_codes_from_top_to_bottom() -> None:
    paper = on_paper(code_of("first"))
    paper.paste(code_of("second"), (400, 300))
    assert [code.text for code in codes_in(paper)] == ["QR code: first", "QR code: second"]


def shelf_that_reads(*lines: Line) -> Any:
    seen = SimpleNamespace(look=lambda _: [SimpleNamespace(tags=(), vector=np.zeros(2))])
    return SimpleNamespace(ocr=SimpleNamespace(read=lambda _: list(lines)), image=seen, captions=False)


def test_a_picture_says_what_its_code_says_and_nothing_that_was_read_into_it() -> None:
    paper = on_paper(code_of("https://example.org"))
    ((text, box),) = codes_in(paper)
    title, dots = Line("Pump 7", (0.1, 0.7, 0.4, 0.75), 0.9), Line("8%B", (box[0], box[1], box[2], box[1] + 0.1), 0.8)
    shelf = shelf_that_reads(title, dots)
    (picture,) = look(Piece("picture", picture=paper), shelf)
    assert picture.text == f"Pump 7\n{text}" and picture.marks == ((title.text, title.box), (text, box))
    page, code = look(Piece("scan", place=Place(page=3), picture=paper), shelf)
    assert page.text == "Pump 7" and (code.text, code.place) == (text, Place(page=3, box=box))
    (coarse,) = look(Piece("picture", picture=paper), shelf, read=False)
    assert "example" not in coarse.text


def pieces_of(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def test_small_pictures_on_a_page_are_read_where_they_stand(tmp_path: Path) -> None:
    page = PdfPage().prose(60, 100, PROSE).picture(code_of("https://example.org/pump-7"), 450, 60, 60, 60)
    words, code = pieces_of(make_pdf(tmp_path / "a.pdf", [page]))
    assert words.text == "\n".join(PROSE) and code.text == "QR code: https://example.org/pump-7"
    x0, y0, x1, y1 = code.place.box or (0, 0, 0, 0)
    assert code.place.page == 1
    assert 450 <= x0 * PAGE[0] < x1 * PAGE[0] <= 510 and 60 <= y0 * PAGE[1] < y1 * PAGE[1] <= 120


def drawn(page: PdfPage, code: Image.Image, x: float, y: float, side: float) -> PdfPage:
    """The dark modules of a code as areas."""
    dark = np.asarray(code.convert("L")) < 128
    for row, column in zip(*np.nonzero(dark), strict=True):
        page.area(x + column * side, y + row * side, side, side, 0.0)
    return page


@pytest.mark.parametrize(
    ("sort", "told"), [("QRCode", "QR code: PAT-3847"), ("Code128", "Bar code (Code 128): PAT-3847")]
)
def test_drawn_codes_are_read(tmp_path: Path, sort: str, told: str) -> None:
    page = drawn(PdfPage().prose(60, 100, PROSE), code_of("PAT-3847", sort, scale=1), 300, 300, 1.2)
    *_, code = pieces_of(make_pdf(tmp_path / "a.pdf", [page]))
    assert code.text == told and code.place.page == 1


def test_a_code_in_a_picture_to_be_seen_is_left_to_it(tmp_path: Path) -> None:
    page = PdfPage().prose(60, 100, PROSE).picture(on_paper(code_of("PAT-3847")), 100, 300, 400, 300)
    drawn(page, code_of("LOT 77", scale=1), 60, 650, 1.2)
    words, picture, code = pieces_of(make_pdf(tmp_path / "a.pdf", [page]))
    assert (words.kind, picture.kind, code.text) == ("text", "picture", "QR code: LOT 77")


def test_a_chart_of_many_areas_is_no_code(tmp_path: Path) -> None:
    page = PdfPage().prose(60, 100, PROSE)
    for n in range(60):
        page.area(100 + 6 * n, 500 - n, 4, n, 0.3)
    (words,) = pieces_of(make_pdf(tmp_path / "a.pdf", [page]))
    assert words.text == "\n".join(PROSE)
