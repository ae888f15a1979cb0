"""What could not be read inside a file is named by every extractor, and costs nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipelines.errors import ExtractionError, in_short
from pipelines.extractors import extract, pdf, pdf_characters, pdf_page, pictures
from pipelines.reading.kinds import kind_of
from pipelines.reading.unread import unread
from pipelines.records import Piece
from tests.making_files import PdfPage, a_picture, make_pdf, make_zip, picture_bytes
from tests.making_office import make_docx, make_pptx, para, shape
from tests.pipelines.extractors.test_office import odf
from tests.pipelines.extractors.test_pdf_inside import with_files

PRINTABLE = "abcdefghijklmnoprstuvwxyzTABCDE "
CUT = picture_bytes(a_picture())[:900]
HUGE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\x02\0\0\0"
EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
    "b.opf": '<package><manifest><item id="a" href="one.xhtml"/><item id="b" href="two.xhtml"/></manifest>'
    '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
    "one.xhtml": '<p>The tide turns.</p><img src="sea.png"/>' + "<!-- -->" * 99,
    "two.xhtml": "<p>The waves break.</p>",
    "sea.png": CUT,
}


def spoilt(path: Path, member: str) -> Path:
    """The same archive with some bytes of a member changed."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    written = bytearray(path.read_bytes())
    at = info.header_offset + 30 + len(member)
    written[at : at + info.compress_size] = b"\xff" * info.compress_size
    path.write_bytes(written)
    return path


def without(path: Path, member: str) -> Path:
    """The same archive without a member."""
    with zipfile.ZipFile(path) as archive:
        rest = {name: archive.read(name) for name in archive.namelist() if name != member}
    assert len(rest) < len(zipfile.ZipFile(path).namelist())
    return make_zip(path, {**rest})


def book(path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append([f"c{n}" for n in range(250)])
    made.save(path)
    return path


def two_sheets(path: Path) -> Path:
    made = openpyxl.Workbook()
    made.create_sheet("Second").append(["nut", 7])
    assert made.active is not None
    made.active.append(["bolt", 40])
    made.save(path)
    return path


def wide_ods(path: Path) -> Path:
    cells = "".join(f"<table:table-cell><text:p>c{n}</text:p></table:table-cell>" for n in range(250))
    row = f'<table:table table:name="Wide"><table:table-row>{cells}</table:table-row></table:table>'
    return odf(path, "ods", f"<office:spreadsheet>{row}</office:spreadsheet>")


def headed(path: Path) -> Path:
    return odf(path, "odt", "<office:text><text:p>The tide.</text:p></office:text>", **{"styles.xml": "<a/>" * 99})


def document(path: Path, picture: bytes) -> Path:
    shown = '<w:r><w:drawing><a:blip r:embed="p"/></w:drawing></w:r>'
    return make_docx(path, para("Text.", "", shown), {"image p": picture})


def mail(path: Path) -> Path:
    parts = [
        "Content-Type: text/plain\n\nThe offer is attached.",
        'Content-Type: application/pdf; name="offer.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQgY3V0',
        f'Content-Type: image/png; name="view.png"\nContent-Disposition: attachment\n\n{"nonsense " * 9}',
        'Content-Type: application/pgp-signature; name="signature.asc"\n\nabc',
    ]
    body = "".join(f"\n--x\n{part}\n" for part in parts)
    path.write_text(f"Subject: Offer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n{body}--x--\n")
    return path


def mailbox(path: Path) -> Path:
    hanging = mail(path).read_text()
    return text(path, "".join(f"From a@x Mon Jan  1 00:00:00 2024\n{hanging}\n" for _ in range(2)))


def archive(path: Path) -> Path:
    """One that holds what is damaged, what is locked, what is empty, and an archive more deeply than is read."""
    inner = b"The tide turns."
    for name in ("d.txt", "c.zip", "b.zip", "a.zip"):
        inner = make_zip(path, {name: inner}).read_bytes()
    texts: dict[str, str | bytes] = {"empty.txt": " ", "locked.txt": "The lock.", "spoilt.txt": "The tide." * 9}
    make_zip(path, {"deep.zip": inner, "cut.png": CUT, **texts, "read.txt": "The waves break."})
    written = bytearray(spoilt(path, "spoilt.txt").read_bytes())
    at = written.rindex(b"PK\1\2", 0, written.rindex(b"locked.txt"))
    written[at + 8] |= 1
    path.write_bytes(written)
    return path


def notebook(path: Path) -> Path:
    outputs = [{"text": "x" * 5_000}]
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "f()", "outputs": outputs}]}))
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def odd_font(path: Path) -> Path:
    """A PDF in which some letters have no meaning, on its second page several next to each other."""
    pages = [
        PdfPage().line(60, 100, f"The keeper saw {birds} on the second day of the week") for birds in ("q", "qqqq")
    ]
    return make_pdf(path, pages, meanings={**{letter: letter for letter in PRINTABLE}, "q": "\ue001"})


def scans(path: Path, count: int, damaged: int = 0) -> Path:
    made = [a_picture(hue=10 * n).convert("RGB") for n in range(count)]
    out = io.BytesIO()
    made[0].save(out, "TIFF", save_all=True, append_images=made[1:], compression="tiff_lzw")
    written = out.getvalue()
    if damaged:
        from PIL import Image

        with Image.open(io.BytesIO(written)) as picture:
            picture.seek(damaged - 1)
            at, length = picture.tag_v2[273][0], picture.tag_v2[279][0]  # type: ignore[attr-defined]
        written = written[:at] + b"\xff" * length + written[at + length :]
    path.write_bytes(written)
    return path


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("a.epub", lambda p: make_zip(p, EPUB), "sea.png (damaged or incomplete)"),
        ("a.epub", lambda p: spoilt(make_zip(p, EPUB), "one.xhtml"), "chapter one.xhtml (missing or damaged)"),
        ("a.epub", lambda p: spoilt(make_zip(p, EPUB), "sea.png"), "sea.png (missing or damaged)"),
        ("a.xlsx", book, "sheet Sheet (cells beyond 200 of a row)"),
        ("a.ods", wide_ods, "sheet Wide (cells beyond 200 of a row)"),
        ("a.odt", lambda p: spoilt(headed(p), "styles.xml"), "headers and footers (damaged)"),
        ("a.docx", lambda p: document(p, CUT), "document.xml-imagep.bin (damaged or incomplete)"),
        (
            "a.docx",
            lambda p: document(p, HUGE),
            "document.xml-imagep.bin (says it has 65,536 × 65,536 pixels, more than is safe to open)",
        ),
        (
            "a.docx",
            lambda p: without(document(p, CUT), "word/document.xml-imagep.bin"),
            "document.xml-imagep.bin (missing)",
        ),
        (
            "a.pptx",
            lambda p: without(make_pptx(p, [shape("one"), shape("two")]), "ppt/slide1.xml"),
            "slide 2 (missing or empty)",
        ),
        ("a.xlsx", lambda p: without(two_sheets(p), "xl/worksheets/sheet2.xml"), "sheet Second (missing)"),
        (
            "a.eml",
            mail,
            "offer.pdf (damaged or cut short and cannot be opened as PDF); view.png (no picture that can be opened)",
        ),
        (
            "a.mbox",
            mailbox,
            "lines 2–28 › offer.pdf, lines 30–56 › offer.pdf (damaged or cut short and cannot be opened as PDF); "
            "lines 2–28 › view.png, lines 30–56 › view.png (no picture that can be opened)",
        ),
        (
            "a.zip",
            archive,
            "deep.zip › a.zip › b.zip › c.zip (too deep inside other files); cut.png (damaged or incomplete); "
            "empty.txt (nothing is in it); locked.txt (locked with a password); "
            "spoilt.txt (damaged)",
        ),
        ("a.xml", lambda p: text(p, "<?xml version='1.0'?><a><b>One.</b>"), "a.xml (damaged, read as far as it goes)"),
        ("a.pdf", odd_font, "page 2 (words in a font that does not say its letters)"),
        ("a.ipynb", notebook, "output of a cell (beyond 3,600 characters)"),
        ("a.tiff", lambda p: scans(p, 4, damaged=3), "page 3 (damaged or incomplete)"),
        (
            "a.pdf",
            lambda p: with_files(p, "The annual report", {"talk.xyz": b"\0\1\2\3" * 99, "plan.pdf": b"%PDF-1.4 cut"}),
            "talk.xyz (holds binary data of an unknown kind);"
            " plan.pdf (damaged or cut short and cannot be opened as PDF)",
        ),
    ],
)
def test_it_is_named_and_costs_nothing_else(tmp_path: Path, name: str, make: Callable[[Path], Path], said: str) -> None:
    found = read(make(tmp_path / name))
    assert unread(found) == f"Not read: {said}."
    assert any(piece.kind != "unread" for piece in found)


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def test_limits_name_what_is_beyond_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PAGES", 2)
    found = read(scans(tmp_path / "a.tiff", 5))
    assert [piece.place.page for piece in found if piece.kind == "picture"] == [1, 2]
    assert unread(found) == "Not read: pages 3–5 (beyond 2 pages)."
    for module in (pdf_characters, pdf_page):
        monkeypatch.setattr(module, "MOST_CHARACTERS", 40)
    pages = [PdfPage().line(60, 100, "words " * 5), PdfPage().line(60, 100, "words " * 20)]
    assert unread(read(make_pdf(tmp_path / "a.pdf", pages))) == "Not read: page 2 (beyond 60,000 characters)."
    monkeypatch.setattr(pdf, "MOST_PAGES", 3)
    found = read(make_pdf(tmp_path / "b.pdf", [PdfPage().line(60, 100, f"Page {n}") for n in range(1, 8)]))
    assert [piece.text for piece in found if piece.kind != "unread"] == ["Page 1", "Page 2", "Page 3"]
    assert unread(found) == "Not read: pages 4–7 (beyond 3 pages)."


def test_members_that_may_unpack_without_end_are_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.txt", "a" * 5000, zipfile.ZIP_BZIP2)
        archive.writestr("../c.txt", "The waves break.")
    pieces = list(extract(tmp_path / "a.zip", kind_of(tmp_path / "a.zip")))
    assert [(piece.kind, piece.heading) for piece in pieces] == [("unread", "b.txt"), ("text", "../c.txt")]
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>", zipfile.ZIP_BZIP2)
        archive.writestr("word/document.xml", "<w:document/>")
    with pytest.raises(ExtractionError, match="not packed as documents are"):
        list(extract(tmp_path / "a.docx", kind_of(tmp_path / "a.docx")))


def test_a_reason_is_not_cut_at_the_name_of_its_file() -> None:
    assert in_short(ExtractionError("Foto (1).png is damaged. Save it again."), "Foto (1).png") == "damaged"
