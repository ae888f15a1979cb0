"""What stands in PowerPoint decks besides plain texts, and what one odd part costs."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexes.records import Place
from pipelines.extractors import extract, powerpoint
from pipelines.reading.kinds import kind_of
from pipelines.reading.unread import unread
from pipelines.records import Piece
from tests.making_files import a_picture, picture_bytes
from tests.making_office import Parts, a_chart, a_diagram, a_series, graphic, make_pptx, root, shape, tree


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def texts(path: Path) -> list[str]:
    return [piece.text for piece in read(path) if piece.kind != "unread"]


def test_notes_and_comments_of_both_kinds_are_told_as_such(tmp_path: Path) -> None:
    def body(text: str) -> str:
        return f"<p188:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p188:txBody>"

    modern = (
        f'<p188:replyLst><p188:reply authorId="G">{body("Mended.")}</p188:reply></p188:replyLst>{body("Too small?")}'
    )
    parts = {
        "notesSlide": root("p:notes", tree(shape("7", "sldNum") + shape("Speak slowly.", "body"))),
        "comments a": root("p:cmLst", '<p:cm authorId="0"><p:text>Check the sum.</p:text></p:cm>'),
        "comments b": root("p188:cmLst", f'<p188:cm authorId="G">{modern}</p188:cm>'),
    }
    deck = {
        "commentAuthors": root("p:cmAuthorLst", '<p:cmAuthor id="0" name="Anna"/>'),
        "authors": root("p188:authorLst", '<p188:author id="G" name="Bo"/>'),
    }
    path = make_pptx(tmp_path / "a.pptx", [shape("Budget", "title")], parts, deck)
    assert [(piece.text, piece.heading) for piece in read(path)] == [
        ("Budget", ""),
        ("Notes: Speak slowly.", "Budget"),
        ("Comment by Anna: Check the sum.", "Budget"),
        ("Comment by Bo: Too small?", "Budget"),
        ("Reply by Bo: Mended.", "Budget"),
    ]


def test_hidden_slides_are_marked(tmp_path: Path) -> None:
    hidden = f'<p:sld show="0">{tree(shape("Old prices", "title") + shape("It cost 59."))}</p:sld>'
    pieces = read(make_pptx(tmp_path / "a.pptx", [shape("It costs 79."), hidden]))
    assert [(piece.text, piece.heading, piece.place.slide) for piece in pieces] == [
        ("It costs 79.", "", 1),
        ("Hidden slide: Old prices", "", 2),
        ("Hidden slide: It cost 59.", "Old prices (hidden slide)", 2),
    ]


def test_one_odd_shape_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = '<p:graphicFrame><p:xfrm><a:off x="here"/></p:xfrm><a:graphic/></p:graphicFrame><p:sp/><p:strange/>'
    odd += f'<p:pic><a:blip r:embed="gone"/></p:pic>{graphic("<c:chart r:id=" + repr("c") + "/>")}'
    path = make_pptx(tmp_path / "a.pptx", [shape("one") + odd + shape("two"), shape("three")], {"chart c": "no xml"})
    assert texts(path) == ["one", "two", "three"]
    assert unread(read(path)) == "Not read: slide0.xml-chartc.bin (damaged)."

    def fail(*anything: object) -> None:
        raise RuntimeError("a shape that nobody has thought of")

    monkeypatch.setattr(powerpoint, "graphic_pieces", fail)
    assert texts(path) == ["one", "two", "three"]
    assert unread(read(path)) == "Not read: slide 1 (a shape in it is damaged or unusual)."


def test_a_missing_slide_costs_itself(tmp_path: Path) -> None:
    path = make_pptx(tmp_path / "a.pptx", [shape("one"), "<p:sld", shape("three")])
    *found, lost = read(path)
    assert [(piece.text, piece.place.slide) for piece in found] == [("one", 1), ("three", 3)]
    assert unread([lost]) == "Not read: slide 2 (damaged, read as far as it goes)."


def test_charts_and_diagrams_whichever_program_they_are_for(tmp_path: Path) -> None:
    choice = graphic('<c:chart r:id="c"/>')
    either = f"<mc:Choice>{choice}</mc:Choice><mc:Fallback>{shape('cannot be shown')}</mc:Fallback>"
    shapes = f"<mc:AlternateContent>{either}</mc:AlternateContent>" + graphic('<dgm:relIds r:dm="d"/>')
    diagram = a_diagram([(1, "Anna"), (2, "Bo"), (3, "Cy")], [(1, 2), (2, 3), (3, 1)])
    parts = {"chart c": a_chart("pieChart", a_series("Share", ["East", "West"], ["3", "4"])), "diagramData d": diagram}
    assert texts(make_pptx(tmp_path / "a.pptx", [shapes], parts)) == [
        "Category | Share\nEast | 3\nWest | 4",
        "• Anna\n– Bo\n– – Cy",
    ]


def test_groups_lie_where_they_lie_and_placeholders_where_the_layout_has_them(tmp_path: Path) -> None:
    frame = '<a:xfrm><a:off x="100" y="50"/><a:ext cx="200" cy="100"/></a:xfrm>'
    group = f"<p:grpSp><p:grpSpPr>{frame}</p:grpSpPr><p:grpSp>{shape('inside')}</p:grpSp></p:grpSp>"
    layout = shape("Click to add", "body").replace("<p:txBody>", f"<p:spPr>{frame}</p:spPr><p:txBody>")
    parts = {"slideLayout": root("p:sldLayout", tree(layout))}
    pieces = read(make_pptx(tmp_path / "a.pptx", [group + shape("placed", "body")], parts))
    expected = Place(slide=1, box=(0.1, 0.1, 0.3, 0.3))
    assert [(piece.text, piece.place) for piece in pieces] == [("inside", expected), ("placed", expected)]


def test_numbers_of_items_and_merged_cells(tmp_path: Path) -> None:
    def line(text: str, properties: str) -> str:
        return f"<a:p><a:pPr{properties}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>"

    lines = line("Open", '><a:buAutoNum type="arabicPeriod"/>') + line(
        "left", ' lvl="1"><a:buAutoNum type="alphaLcParenR"/>'
    )
    lines += line("Close", '><a:buAutoNum type="arabicPeriod"/>') + line("Mind the step", ">")
    lines += line("Go", '><a:buAutoNum type="arabicPeriod" startAt="4"/>')

    def cell(text: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    rows = [
        [cell("Tier"), cell("Price", 'gridSpan="2"'), cell("", 'hMerge="1"')],
        [cell("", 'vMerge="1"'), cell("month"), cell("year")],
        [cell("Team"), cell("15"), cell("149")],
    ]
    table = "".join(f"<a:tr>{''.join(row)}</a:tr>" for row in rows)
    shapes = f"<p:sp><p:txBody>{lines}</p:txBody></p:sp>{graphic(f'<a:tbl>{table}</a:tbl>')}"
    assert texts(make_pptx(tmp_path / "a.pptx", [shapes])) == [
        "1. Open\na) left\n2. Close\nMind the step\n4. Go",
        "Tier | Price month | Price year\nTeam | 15 | 149",
    ]


def test_footers_come_once_a_deck_and_slide_numbers_never(tmp_path: Path) -> None:
    slide = shape("Confidential", "ftr") + shape("12", "sldNum")
    assert texts(make_pptx(tmp_path / "a.pptx", [slide + shape("one"), slide + shape("two")])) == [
        "Footer: Confidential",
        "one",
        "two",
    ]


def test_workbooks_put_in_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Tier", "Price"])
        sheet.write_row(1, 0, ["Team", 149])
    old = graphic('<p:oleObj spid="_x0000_s1026" r:id="o"/>')
    new = graphic('<p:oleObj r:id="o"><p:pic><a:blip r:embed="gone"/></p:pic></p:oleObj>')
    either = f"<mc:AlternateContent><mc:Choice>{old}</mc:Choice><mc:Fallback>{new}</mc:Fallback></mc:AlternateContent>"
    broken = graphic('<p:oleObj r:id="b"/>')
    parts = {"package o": (tmp_path / "a.xlsx").read_bytes(), "oleObject b": b"PK xl/workbook of nonsense"}
    path = make_pptx(tmp_path / "a.pptx", [shape("Offer", "title") + either + broken], parts)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # a reader that is killed would leave its files
    *pieces, lost = read(path)
    assert [(piece.text, piece.heading, piece.place.slide) for piece in pieces] == [
        ("Offer", "", 1),
        ("Tier | Price\nTeam | 149", "Offer › Prices", 1),
    ]
    assert unread([lost]) == "Not read: slide0.xml-oleObjectb.bin (Cannot detect file format)."


def test_a_chart_without_its_values_has_them_in_its_workbook(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, ["Quarter", "Buyers"])
        sheet.write_row(1, 0, ["Q2", 205])
    path = make_pptx(
        tmp_path / "a.pptx", [graphic('<c:chart r:id="c"/>')], {"chart c": a_chart("pieChart", "<c:ser/>")}
    )
    with zipfile.ZipFile(path, "a") as archive:
        relation = f'<Relationship Id="w" Type="x/package" Target="{(tmp_path / "a.xlsx").name}"/>'
        archive.writestr("ppt/_rels/slide0.xml-chartc.bin.rels", f"<Relationships>{relation}</Relationships>")
        archive.writestr("ppt/a.xlsx", (tmp_path / "a.xlsx").read_bytes())
    assert texts(path) == ["Quarter | Buyers\nQ2 | 205"]


def test_symbols_are_what_is_seen(tmp_path: Path) -> None:
    run = '<a:r><a:rPr><a:sym typeface="Wingdings"/></a:rPr><a:t>Input \uf0e0 output</a:t></a:r>'
    path = make_pptx(tmp_path / "a.pptx", [f"<p:sp><p:txBody><a:p>{run}</a:p></p:txBody></p:sp>"])
    assert texts(path) == ["Input → output"]


def test_hidden_shapes_are_told_as_such(tmp_path: Path) -> None:
    known = '<p:nvSpPr><p:cNvPr id="2" hidden="1"/><p:nvPr/></p:nvSpPr>'
    hidden = shape("The old price was 59.").replace("<p:sp>", f"<p:sp>{known}")
    assert texts(make_pptx(tmp_path / "a.pptx", [hidden])) == ["Hidden text: The old price was 59."]


def test_titles_come_first(tmp_path: Path) -> None:
    pieces = read(make_pptx(tmp_path / "a.pptx", [shape("It costs 79.") + shape("Prices", "title")]))
    assert [(piece.text, piece.heading) for piece in pieces] == [("Prices", ""), ("It costs 79.", "Prices")]


def test_pictures_of_a_group_are_opened_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = "".join(f'<p:pic><a:blip r:embed="p{n}"/></p:pic>' for n in range(3))
    parts: Parts = {f"image p{n}": picture_bytes(a_picture(hue=40 * n)) for n in range(3)}
    path = make_pptx(tmp_path / "a.pptx", [f"<p:grpSp>{pictures}</p:grpSp>"], parts)
    opened = []
    usual = powerpoint.graphic_pieces

    def counted(*given: Any) -> Iterator[Piece]:
        opened.append(given)
        return usual(*given)

    monkeypatch.setattr(powerpoint, "graphic_pieces", counted)
    pieces = extract(path, kind_of(path))
    assert next(iter(pieces)).kind == "picture"
    assert len(opened) == 1
    assert len(list(pieces)) == 2


def test_exponents_are_no_figures_of_their_number(tmp_path: Path) -> None:
    runs = '<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r><a:r><a:t> cells</a:t></a:r>'
    path = make_pptx(tmp_path / "a.pptx", [f"<p:sp><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"])
    assert [piece.text for piece in extract(path, kind_of(path))] == ["10⁶ cells"]
