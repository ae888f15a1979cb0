"""PDF: files that are attached to one, and forms whose pages only ask for another program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract, pdf_attachments
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PdfPage, a_picture, make_pdf, picture_bytes, stream, written


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def with_files(path: Path, text: str, files: dict[str, bytes], on_page: bool = False) -> Path:
    """A PDF of one page with files attached to the whole, or to a place `on_page`."""
    first = 6
    specs = [first + 2 * n for n in range(len(files))]
    names = b" ".join(b"(%s) %d 0 R" % (name.encode(), at) for name, at in zip(files, specs, strict=True))
    notes = b" ".join(
        b"<< /Type /Annot /Subtype /FileAttachment /Rect [50 50 70 70] /FS %d 0 R /Contents (see the file) >>" % at
        for at in specs
    )
    path.write_bytes(
        written(
            b"<< /Type /Catalog /Pages 2 0 R %s >>"
            % (b"" if on_page else b"/Names << /EmbeddedFiles << /Names [%s] >> >>" % names),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Annots [%s]"
            b" /Resources << /Font << /F 5 0 R >> >> >>" % (notes if on_page else b""),
            stream(b"BT /F 12 Tf 60 700 Td (%s) Tj ET" % text.encode()),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *(
                each
                for n, (name, data) in enumerate(files.items())
                for each in (
                    b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %d 0 R >> >>"
                    % (name.encode(), name.encode(), specs[n] + 1),
                    stream(data, b"/Type /EmbeddedFile"),
                )
            ),
        )
    )
    return path


def test_attached_files_are_read_as_what_they_are(tmp_path: Path) -> None:
    inner = make_pdf(tmp_path / "inner.pdf", [PdfPage().line(60, 60, "The lamp burns for nine seconds")]).read_bytes()
    files = {"stock.csv": b"item;price\nbolt;40\nnut;7\n", "lamp.pdf": inner, "talk.xyz": b"\0\1\2\3" * 99}
    files["view.png"] = picture_bytes(a_picture())
    found = read(with_files(tmp_path / "a.pdf", "The annual report of the harbour", files))
    texts = {piece.text: piece for piece in found}
    assert found[0].text == "The annual report of the harbour"
    assert "Attachments: " + ", ".join(sorted(files, key=list(files).index)) in texts
    lamp = texts["The lamp burns for nine seconds"]
    assert (lamp.heading, lamp.place.page) == ("lamp.pdf", None)
    assert any("bolt | 40" in text for text in texts)
    picture = next(piece for piece in found if piece.kind == "picture")
    assert picture.member.startswith("view.png")


def test_a_file_on_a_page_is_cited_there(tmp_path: Path) -> None:
    found = read(with_files(tmp_path / "a.pdf", "See the clip", {"a.txt": b"The key is in the drawer."}, on_page=True))
    drawer = next(piece for piece in found if "drawer" in piece.text)
    assert (drawer.place.page, drawer.heading) == (1, "a.txt")
    assert "Note: see the file" in [piece.text for piece in found]


def test_a_file_that_many_places_name_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[int] = []
    data = pdf_attachments._data
    monkeypatch.setattr(pdf_attachments, "_data", lambda *given: unpacked.append(1) or data(*given))
    file = with_files(tmp_path / "a.pdf", "See the clip", {"a.txt": b"The key is in the drawer."}, on_page=True)
    place = re.search(rb"<< /Type /Annot .*?>>", file.read_bytes())
    assert place
    file.write_bytes(file.read_bytes().replace(place[0], place[0] * 50))
    found = [piece.text for piece in read(file)]
    assert found.count("The key is in the drawer.") == 1 and found.count("Note: see the file") == 50
    assert len(unpacked) == 1


def test_the_cover_of_a_portfolio_says_nothing(tmp_path: Path) -> None:
    cover = "For the best experience, open this PDF portfolio in Acrobat X or Adobe Reader X, or later."
    found = read(with_files(tmp_path / "a.pdf", cover, {"a.txt": b"The key is in the drawer."}))
    assert [piece.text for piece in found] == ["Attachments: a.txt", "The key is in the drawer."]


def test_a_file_whose_name_no_file_system_takes_is_read_as_any_other(tmp_path: Path) -> None:
    files = {"a.\\000x": b"The key is in the drawer.", "b.txt": b"The door is green."}
    found = [piece.text for piece in read(with_files(tmp_path / "a.pdf", "See the files", files))]
    assert found[0] == "See the files" and found[-2:] == ["The key is in the drawer.", "The door is green."]


def test_files_in_files_in_files_end(tmp_path: Path) -> None:
    file = make_pdf(tmp_path / "a.pdf", [PdfPage().line(60, 60, "The innermost page of all")])
    for n in range(8):
        file = with_files(tmp_path / f"{n}.pdf", f"The page around it, number {n}", {f"{n}.pdf": file.read_bytes()})
    found = [piece.text for piece in read(file)]
    assert "The page around it, number 5" in found and "The page around it, number 2" not in found


TEMPLATE = b"""<template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><subform name="form">
 <draw><value><text>Request for a mooring</text></value></draw>
 <field name="boat"><caption><value><text>Name of the boat:</text></value></caption></field>
 <field name="kind"><caption><value><text>Kind</text></value></caption>
  <items><text>Sailing boat</text><text>Motor boat</text></items>
  <items save="1"><text>S</text><text>M</text></items></field>
 <field name="wet"><caption><value><text>Wet berth</text></value></caption><ui><checkButton/></ui>
  <items><integer>1</integer><integer>0</integer></items></field>
 <field name="send"><caption><value><text>Send</text></value></caption><ui><button/></ui></field>
 <subform name="owner"><field name="name"><caption><value><text>Owner</text></value></caption></field></subform>
 <subform name="heir"><field name="name"><caption><value><text>Heir</text></value></caption></field></subform>
</subform></template>"""
DATA = b"""<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form><boat>Kestrel</boat><kind>M</kind>
 <wet>1</wet><heir><name>Rosa Lint</name></heir><owner><name>Ole Brand</name></owner><row><depth>3 m</depth></row>
</form></xfa:data></xfa:datasets>"""


def xfa(path: Path, template: bytes, data: bytes) -> Path:
    path.write_bytes(
        written(
            b"<< /Type /Catalog /Pages 2 0 R /NeedsRendering true /AcroForm << /Fields [] /XFA [(template) 6 0 R"
            b" (datasets) 7 0 R] >> >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
            b" /Resources << /Font << /F 5 0 R >> >> >>",
            stream(b"BT /F 12 Tf 60 700 Td (Please wait... If this message is not eventually replaced) Tj ET"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            stream(template),
            stream(data),
        )
    )
    return path


def test_a_form_of_livecycle_is_read_from_its_xml_and_its_placeholder_never(tmp_path: Path) -> None:
    assert [piece.text for piece in read(xfa(tmp_path / "a.pdf", TEMPLATE, DATA))] == [
        "Request for a mooring",
        "Name of the boat: Kestrel",
        "Kind: Motor boat",
        "☒ Wet berth",
        "Owner: Ole Brand",
        "Heir: Rosa Lint",
        "depth: 3 m",
    ]


def test_what_stands_in_elements_of_one_name_is_told_once(tmp_path: Path) -> None:
    template = b"<template><template><draw><value><text>Request</text></value></draw></template></template>"
    data = b"<datasets><data><form><data><depth>3 m</depth></data></form></data></datasets>"
    assert [piece.text for piece in read(xfa(tmp_path / "a.pdf", template, data))] == ["Request", "depth: 3 m"]


def test_a_form_of_livecycle_tells_so_many_fields_and_no_more(tmp_path: Path) -> None:
    template = b"<template>%s</template>" % (b"<draw><value><text>Hi</text></value></draw>" * 20_500)
    found = read(xfa(tmp_path / "a.pdf", template, b"<datasets><data><depth>3 m</depth></data></datasets>"))
    assert [piece.text for piece in found] == ["Hi"] * 20_000


def test_a_form_of_livecycle_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match="print it as PDF"):
        read(xfa(tmp_path / "a.pdf", b"nothing", b""))
