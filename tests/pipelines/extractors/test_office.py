"""DOCX, PPTX, XLSX, ODS, ODT, ODP and mail."""

from __future__ import annotations

import datetime
import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.reading.kinds import KINDS, kind_of
from pipelines.records import Piece
from tests.making_files import a_picture, make_zip, picture_bytes

ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in [*((same, same) for same in "office text table style presentation".split()), ("draw", "drawing")]
)
ODF += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def make_docx(path: Path) -> Path:
    import docx
    from docx.oxml import OxmlElement

    document = docx.Document()
    document.add_heading("Handbook", 1)
    document.add_paragraph("Wear gloves.")
    document.add_heading("Storage", 2)
    paragraph = document.add_paragraph("Keep it dry.")
    paragraph.runs[0]._r.append(OxmlElement("w:lastRenderedPageBreak"))
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Shelf", "Load", "A1", "40 kg"], strict=True):
        cell.text = text
    document.add_picture(io.BytesIO(picture_bytes(a_picture())))
    document.add_picture(io.BytesIO(picture_bytes(a_picture(20, 20))))
    document.save(str(path))
    return path


def test_docx_headings_table_picture_and_pages(tmp_path: Path) -> None:
    pieces = read(make_docx(tmp_path / "a.docx"))
    assert [(p.kind, p.text, p.heading, p.place.page) for p in pieces] == [
        ("text", "Handbook", "", 1),
        ("text", "Wear gloves.", "Handbook", 1),
        ("text", "Storage", "Handbook", 1),
        ("text", "Keep it dry.", "Handbook › Storage", 1),
        ("table", "Shelf | Load\nA1 | 40 kg", "Handbook › Storage", 2),
        ("picture", "", "Handbook › Storage", 2),
    ]
    member = pieces[-1].member
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert archive.read(member) == picture_bytes(a_picture())


def test_docx_without_drawn_pages_has_no_page(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("Hello")
    document.save(str(tmp_path / "a.docx"))
    assert read(tmp_path / "a.docx")[0].place.page is None


def test_a_docx_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.docx", {"x": "", "word/document.xml": b"0" * 201_000_000})
    with pytest.raises(ExtractionError, match="unpacks to 201 MB"):
        read(tmp_path / "a.docx")


def test_a_docx_full_of_nonsense_is_a_sentence(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.docx", {"word/document.xml": "no xml"})
    with pytest.raises(ExtractionError, match=r"a\.docx is damaged"):
        read(tmp_path / "a.docx")


def test_pptx_slides_tables_groups_charts_notes_and_pictures(tmp_path: Path) -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "First"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Budget"
    box = slide.shapes.add_group_shape().shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "inside a group"
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    for n, text in enumerate(["Year", "Sum", "2024", "12"]):
        table.cell(n // 2, n % 2).text = text
    data = CategoryChartData()
    data.categories = ["Jan", "Feb"]
    data.add_series("Sales", (3.0, 4.5))
    slide.shapes.add_chart(XL_CHART_TYPE.LINE, 0, 0, Inches(2), Inches(2), data)
    slide.shapes.add_picture(io.BytesIO(picture_bytes(a_picture())), 0, 0, deck.slide_width // 2)
    slide.notes_slide.notes_text_frame.text = "Speak slowly."
    deck.save(str(tmp_path / "a.pptx"))

    first, *pieces = read(tmp_path / "a.pptx")
    assert (first.text, first.place.slide) == ("First", 1)
    assert {piece.place.slide for piece in pieces} == {2}
    assert [(p.kind, p.text, p.heading) for p in pieces] == [
        ("text", "Budget", ""),
        ("text", "inside a group", "Budget"),
        ("table", "Year | Sum\n2024 | 12", "Budget"),
        ("table", "Category | Sales\nJan | 3\nFeb | 4.5", "Budget"),
        ("picture", "", "Budget"),
        ("text", "Notes: Speak slowly.", "Budget"),
    ]
    assert pieces[4].member.startswith("ppt/media/")
    assert pieces[4].place.box is not None
    assert pieces[4].place.box[2] == pytest.approx(0.5, abs=0.01)


def test_xlsx_sheets_with_values_as_people_write_them(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Q1")
        sheet.write(0, 0, "Stock list")
        sheet.write_row(3, 0, ["Item", "Count", "Since", "In stock"])
        for n in range(60):
            sheet.write_row(4 + n, 0, [f"Bolt of size M{n}", 3.0 + n])
            sheet.write_datetime(4 + n, 2, datetime.datetime(2024, 5, 1), dates)
            sheet.write_boolean(4 + n, 3, True)
        sheet.write_formula(64, 1, "=SUM(B5:B64)", value=1950)
        book.add_worksheet("Empty")
    title, *tables = read(tmp_path / "a.xlsx")
    assert (title.text, title.place.sheet, title.place.lines) == ("Stock list", "Q1", (1, 1))
    assert len(tables) > 1
    assert all(table.text.startswith("Item | Count | Since | In stock\n") for table in tables)
    (holder,) = [table for table in tables if "Bolt of size M7 | 10 | 2024-05-01 | TRUE" in table.text]
    first, last = holder.place.lines or (0, 0)
    assert first <= 12 <= last
    assert "1950" in tables[-1].text


def test_a_broken_workbook_is_a_sentence(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.xlsx", {"xl/workbook.xml": "no xml"})
    with pytest.raises(ExtractionError, match=r"a\.xlsx is damaged"):
        read(tmp_path / "a.xlsx")


def odf(path: Path, kind: str, body: str, **members: str | bytes) -> Path:
    content = f'<?xml version="1.0"?><office:document-content {ODF} xmlns:xlink="http://www.w3.org/1999/xlink">'
    content += f"<office:body>{body}</office:body></office:document-content>"
    return make_zip(path, {"mimetype": KINDS[kind].media_type, "content.xml": content, **members})


def test_odt_headings_tables_and_pictures(tmp_path: Path) -> None:
    body = (
        '<office:text><text:h text:outline-level="1">Garden</text:h><text:p>Water<text:s text:c="2"/>daily'
        "<text:line-break/>at seven.</text:p><table:table><table:table-row><table:table-cell><text:p>Bed</text:p>"
        "</table:table-cell><table:table-cell><text:p>Plant</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>Kale</text:p>"
        '</table:table-cell></table:table-row></table:table><text:p><draw:frame><draw:image xlink:href="p.png"/>'
        "</draw:frame></text:p></office:text>"
    )
    pieces = read(odf(tmp_path / "a.odt", "odt", body, **{"p.png": picture_bytes(a_picture())}))
    assert [(p.kind, p.text, p.heading, p.member) for p in pieces] == [
        ("text", "Garden", "", ""),
        ("text", "Water  daily\nat seven.", "Garden", ""),
        ("table", "Bed | Plant\n1 | Kale", "Garden", ""),
        ("picture", "", "Garden", "p.png"),
    ]


def test_odp_slides(tmp_path: Path) -> None:
    slide = "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    body = f"<office:presentation>{slide.format('one')}{slide.format('two')}</office:presentation>"
    pieces = read(odf(tmp_path / "a.odp", "odp", body))
    assert [(piece.text, piece.place.slide) for piece in pieces] == [("one", 1), ("two", 2)]


def test_odt_notes_comments_boxes_and_headers_are_told_apart(tmp_path: Path) -> None:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>It is brass.</text:p></text:note-body></text:note>"
    )
    comment = "<office:annotation><dc:creator>Rosa Lint</dc:creator><text:p>Check it.</text:p></office:annotation>"
    cell, covered = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>", "<table:covered-table-cell/>"
    inner = f"<table:table><table:table-row>{cell.format('', 'in')}</table:table-row></table:table>"
    wide = cell.format(' table:number-columns-spanned="2"', f"Year{note}")
    rows = (wide + covered + cell.format("", "Sum"), cell.format("", "1") + cell.format("", "2") + cell.format("", "3"))
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    body = (
        f"<office:text><text:p>The valve{note} opens{comment}.<draw:frame><draw:text-box><text:p>In a box.</text:p>"
        f"</draw:text-box></draw:frame></text:p><table:table>{table}</table:table><table:table><table:table-row>"
        f"{cell.format('', 'out')}<table:table-cell>{inner}</table:table-cell></table:table-row>"
        "</table:table></office:text>"
    )
    foot = "<style:header><text:p>Draft</text:p></style:header><style:footer><text:p>3</text:p></style:footer>"
    styles = f"<x {ODF}>{foot}</x>"
    found = [piece.text for piece in read(odf(tmp_path / "a.odt", "odt", body, **{"styles.xml": styles}))]
    assert found == [
        "The valve opens.",
        "Footnote 1: It is brass.",
        "Comment by Rosa Lint: Check it.",
        "In a box.",
        "Year |  | Sum\n1 | 2 | 3",
        "Footnote 1: It is brass.",
        "out | in",
        "Header: Draft",
    ]


def test_odp_notes_comments_and_hidden_slides_are_told_as_such(tmp_path: Path) -> None:
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    comment = "<office:annotation><text:p>Check it.</text:p></office:annotation>"
    style = (
        '<style:style style:name="h"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    notes = f"<presentation:notes>{box.format('Wave.')}</presentation:notes>"
    shown = f"<draw:page>{box.format('one')}{comment}{notes}</draw:page>"
    hidden = f'<draw:page draw:style-name="h">{box.format("two")}</draw:page>'
    pieces = read(odf(tmp_path / "a.odp", "odp", f"{style}<office:presentation>{shown}{hidden}</office:presentation>"))
    assert [piece.text for piece in pieces] == ["one", "Comment: Check it.", "Notes: Wave.", "Hidden slide: two"]


def test_mail_with_html_and_attachments(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Übergabe", "Ana <ana@example.org>", "bo@example.org"
    message["Date"] = "Mon, 06 May 2024 10:00:00 +0200"
    message.set_content("<p>The boiler is <b>hot</b>.</p>", subtype="html")
    message.add_attachment("pressure: 3 bar", filename="values.txt")
    message.add_attachment(picture_bytes(a_picture()), maintype="image", subtype="png", filename="boiler.png")
    message.add_attachment(b"\0PDF", maintype="application", subtype="pdf", filename="manual.pdf")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    head, body, attached, picture, unread = read(tmp_path / "a.eml")
    assert head.text.split("\n") == [
        "Subject: Übergabe",
        "From: Ana <ana@example.org>",
        "To: bo@example.org",
        "Date: Mon, 06 May 2024 10:00:00 +0200",
        "Attachments: values.txt, boiler.png, manual.pdf",
    ]
    assert (body.text, body.heading) == ("The boiler is hot.", "Übergabe")
    assert (attached.text, attached.heading) == ("pressure: 3 bar", "Übergabe › values.txt")
    assert (picture.kind, picture.member) == ("picture", "boiler.png")
    assert (unread.kind, unread.heading) == ("unread", "manual.pdf")


def test_mail_in_a_declared_encoding(tmp_path: Path) -> None:
    head = b"From: a@b.c\r\nSubject: x\r\nTo: d@e.f\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    (tmp_path / "a.eml").write_bytes(head + "会議は明日です".encode("iso-2022-jp"))
    assert read(tmp_path / "a.eml")[-1].text == "会議は明日です"
