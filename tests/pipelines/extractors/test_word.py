"""What stands in Word documents besides plain paragraphs: told once, where it belongs, and as what it is."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import archives, extract, word
from pipelines.reading.kinds import kind_of
from pipelines.reading.unread import unread
from pipelines.records import Piece
from tests.making_files import a_picture, make_zip, picture_bytes
from tests.making_office import DECLARED, Parts, a_chart, a_diagram, a_series, graphic, make_docx, para, root, table


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def texts(path: Path) -> list[str]:
    return [piece.text for piece in read(path) if piece.kind != "unread"]


# --- Numbers ---------------------------------------------------------------------------------------------------


def level(at: int, form: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbered(*levels: str, more: str = "") -> str:
    plan = f'<w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>'
    return root("w:numbering", f'{plan}<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}')


def item(text: str, at: int = 0, of: int = 1) -> str:
    return para(text, f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{of}"/></w:numPr>')


def test_items_have_the_numbers_that_word_draws(tmp_path: Path) -> None:
    numbering = numbered(level(0, "decimal", "%1."), level(1, "lowerLetter", "%2)"), level(2, "lowerRoman", "%3."))
    body = item("Open.") + item("left", 1) + item("right", 1) + item("up", 2) + para("A remark.") + item("Close.")
    body += item("first again", 1)
    assert texts(make_docx(tmp_path / "a.docx", body, {"numbering": numbering})) == [
        "1. Open.",
        "a) left",
        "b) right",
        "i. up",
        "A remark.",
        "2. Close.",
        "a) first again",
    ]


def test_lists_begin_anew_where_they_say_so_and_bullets_are_bullets(tmp_path: Path) -> None:
    again = '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
    again += "</w:lvlOverride></w:num>"
    numbering = numbered(level(0, "upperRoman", "%1."), level(1, "bullet", "\uf0b7"), more=again)
    body = item("a") + item("b") + item("c", 1) + item("d", 0, 2) + item("e", 0, 2) + item("no list", 0, 0)
    assert texts(make_docx(tmp_path / "a.docx", body, {"numbering": numbering})) == [
        "I. a",
        "II. b",
        "• c",
        "I. d",
        "II. e",
        "no list",
    ]


def test_lists_can_take_the_plan_of_a_style_and_begin_below_their_first_level(tmp_path: Path) -> None:
    levels = level(0, "decimal", "%1.") + level(1, "decimalZero", "%1.%2")
    plans = '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="Ours"/></w:abstractNum>'
    plans += f'<w:abstractNum w:abstractNumId="2"><w:styleLink w:val="Ours"/>{levels}</w:abstractNum>'
    numbering = root("w:numbering", f'{plans}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>')
    body = item("early", 1) + item("first") + item("below", 1)
    assert texts(make_docx(tmp_path / "a.docx", body, {"numbering": numbering})) == [
        "0.01 early",
        "1. first",
        "1.01 below",
    ]


def test_what_stands_before_items_is_no_longer_than_word_allows(tmp_path: Path) -> None:
    numbering = numbered(level(0, "decimal", "%1" + "x" * 3_000))
    (told,) = texts(make_docx(tmp_path / "a.docx", item("Open."), {"numbering": numbering}))
    assert told == f"1{'x' * 253} Open."


def test_headings_are_numbered_by_their_styles(tmp_path: Path) -> None:
    styles = "".join(
        f'<w:style w:styleId="H{n}"><w:name w:val="heading {n}"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        for n in (1, 2)
    )
    styles += '<w:style w:styleId="Own"><w:basedOn w:val="H2"/></w:style>'
    levels = [level(0, "decimal", "%1", '<w:pStyle w:val="H1"/>'), level(1, "decimal", "%1.%2")]
    levels[1] = levels[1].replace("<w:numFmt", '<w:pStyle w:val="H2"/><w:numFmt')
    styled = [para(text, f'<w:pStyle w:val="{style}"/>') for text, style in (("Use", "H1"), ("Safety", "H2"))]
    body = styled[0] + styled[1] + para("Storage", '<w:pStyle w:val="H2"/>') + para("Keep it dry.")
    pieces = read(
        make_docx(tmp_path / "a.docx", body, {"numbering": numbered(*levels), "styles": root("w:styles", styles)})
    )
    assert [piece.text for piece in pieces] == ["1 Use", "1.1 Safety", "1.2 Storage", "Keep it dry."]
    assert pieces[-1].heading == "1 Use › 1.2 Storage"


# --- What is no main text --------------------------------------------------------------------------------------


def test_notes_and_comments_stand_behind_their_paragraph(tmp_path: Path) -> None:
    def reference(*kinds: str) -> str:
        return "".join(f"<w:r><w:{kind}Reference w:id='{n}'/></w:r>" for n, kind in enumerate(kinds))

    body = para("Depth was 84 cm.", "", reference("footnote", "endnote"))
    body += para("Send the offer.", "", reference("comment", "comment"))
    comment = f'<w:comment w:id="0" w:author="Anna">{para("Ask Oslo.")}</w:comment>'
    answer = '<w:comment w:id="1" w:author="Bo"><w:p w14:paraId="0A"><w:r><w:t>Done.</w:t></w:r></w:p></w:comment>'
    parts = {
        "footnotes": root("w:footnotes", f'<w:footnote w:id="0">{para("In July.")}{para("By hand.")}</w:footnote>'),
        "endnotes": root("w:endnotes", f'<w:endnote w:id="1">{para("Grant 7.")}</w:endnote>'),
        "comments": root("w:comments", comment + answer),
        "commentsExtended": root("w15:commentsEx", '<w15:commentEx w15:paraId="0A" w15:paraIdParent="09"/>'),
    }
    assert texts(make_docx(tmp_path / "a.docx", body + para("The end."), parts)) == [
        "Depth was 84 cm.",
        "Footnote 1: In July.\nBy hand.",
        "Endnote i: Grant 7.",
        "Send the offer.",
        "Comment by Anna: Ask Oslo.",
        "Reply by Bo: Done.",
        "The end.",
    ]


def test_notes_count_as_word_counts_them(tmp_path: Path) -> None:
    marks = [
        f"<w:r><w:footnoteReference {star} w:id='{n}'/></w:r>"
        for n, star in enumerate(["", "w:customMarkFollows='1'", ""])
    ]
    notes = "".join(
        f'<w:footnote w:id="{n}">{para(text)}</w:footnote>' for n, text in enumerate(["a", "b", "c", "unused"])
    )
    settings = '<w:footnotePr><w:numFmt w:val="upperRoman"/></w:footnotePr>'
    parts = {"footnotes": root("w:footnotes", notes), "settings": root("w:settings", settings)}
    assert texts(make_docx(tmp_path / "a.docx", para("Text.", "", "".join(marks * 2)), parts)) == [
        "Text.",
        "Footnote I: a",
        "Footnote: b",
        "Footnote II: c",
    ]


def noted(text: str, note: str) -> tuple[str, Parts]:
    """A paragraph with a footnote, and the part that holds it."""
    paragraph = para(text, "", '<w:r><w:footnoteReference w:id="2"/></w:r>')
    return paragraph, {"footnotes": root("w:footnotes", f'<w:footnote w:id="2">{para(note)}</w:footnote>')}


def test_notes_of_cells_stand_behind_the_table(tmp_path: Path) -> None:
    cell, parts = noted("84", "In July.")
    body = table(["Place", "cm"], ["Kiruna", cell])
    assert texts(make_docx(tmp_path / "a.docx", body, parts)) == ["Place | cm\nKiruna | 84", "Footnote 1: In July."]


def test_headers_and_footers_come_once_and_no_page_numbers(tmp_path: Path) -> None:
    sections = "".join(
        f'<w:sectPr><w:headerReference r:id="h{n}"/><w:footerReference r:id="f{n}"/></w:sectPr>' for n in (1, 2)
    )
    header = root("w:hdr", para("Draft of the board"))
    footer = root("w:ftr", table(["Acme Ltd", "Oslo"]) + para("Confidential"))
    parts = {"header h1": header, "header h2": header, "footer f1": root("w:ftr", para("12")), "footer f2": footer}
    path = make_docx(tmp_path / "a.docx", para("Text.") + sections, parts)
    assert texts(path) == ["Text.", "Header: Draft of the board", "Footer: Acme Ltd | Oslo\nConfidential"]


def test_hidden_text_is_told_apart(tmp_path: Path) -> None:
    def run(text: str, properties: str) -> str:
        return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"

    styles = root("w:styles", '<w:style w:styleId="S"><w:rPr><w:vanish/></w:rPr></w:style>')
    runs = [(" costs 40.", '<w:vanish w:val="0"/>'), ("secret", "<w:vanish/>"), (" margin", '<w:rStyle w:val="S"/>')]
    body = para("It", "", "".join(run(*each) for each in runs))
    body += para("Internal.", '<w:pStyle w:val="S"/>', run("Shown.", '<w:vanish w:val="0"/>'))
    path = make_docx(tmp_path / "a.docx", body, {"styles": styles})
    assert texts(path) == ["It costs 40.", "Hidden text: secret margin", "Shown.", "Hidden text: Internal."]


# --- Boxes, tables, charts -------------------------------------------------------------------------------------


def test_text_boxes_are_read_once_whichever_program_they_are_for(tmp_path: Path) -> None:
    def box(*paragraphs: str) -> str:
        return f"<w:r><w:txbxContent>{''.join(paragraphs)}</w:txbxContent></w:r>"

    def either(choice: str, fallback: str) -> str:
        options = f'<mc:Choice Requires="wps">{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>'
        return f"<w:r><mc:AlternateContent>{options}</mc:AlternateContent></w:r>"

    body = para("Main.", "", either(box(para("new")), box(para("old"))))
    body += para("", "", either("<w:drawing/>", box(para("only old"))))
    body += para("", "", box(para("outer", "", box(para("inner")))))
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Main.", "new", "only old", "outer", "inner"]


def test_headings_in_cells_are_none_of_what_follows(tmp_path: Path) -> None:
    def heading(text: str) -> str:
        return para(text, '<w:pStyle w:val="H"/>')

    styles = root("w:styles", '<w:style w:styleId="H"><w:name w:val="heading 1"/></w:style>')
    body = heading("Safety") + table([heading("Name"), heading("Value")], ["x", "3"]) + para("Keep the lid closed.")
    pieces = read(make_docx(tmp_path / "a.docx", body, {"styles": styles}))
    assert [(piece.text, piece.heading) for piece in pieces[1:]] == [
        ("Name | Value\nx | 3", "Safety"),
        ("Keep the lid closed.", "Safety"),
    ]


def test_lines_of_a_canvas_are_lines(tmp_path: Path) -> None:
    lines = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in ("First", "Second"))
    canvas = f"<w:r><w:drawing><a:lockedCanvas><a:txBody>{lines}</a:txBody></a:lockedCanvas></w:drawing></w:r>"
    assert texts(make_docx(tmp_path / "a.docx", para("Main", "", canvas))) == ["Main\nFirst\nSecond"]


def test_nested_tables_stand_once_in_their_cell(tmp_path: Path) -> None:
    inner = table(["Pressure", "16 bar"], ["Flow", "3 l"])
    body = table(["Pump", "Details"], ["P-7", para("new") + inner + para()])
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Pump | Details\nP-7 | new Pressure: 16 bar; Flow: 3 l"]


def test_a_table_that_only_frames_others_is_none(tmp_path: Path) -> None:
    inner = table(["Pressure", "16 bar"], ["Flow", "3 l"])
    body = table([para("Left.") + inner, para("Right.")])
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Left.", "Pressure | 16 bar\nFlow | 3 l", "Right."]
    columns = table([para("Anna Berg") + para("Oslo") + para("Engineer"), para("Work since 2019.")])
    assert texts(make_docx(tmp_path / "a.docx", columns)) == ["Anna Berg", "Oslo", "Engineer", "Work since 2019."]


def test_merged_cells_count_for_each_row_and_column(tmp_path: Path) -> None:
    def cell(text: str, properties: str) -> str:
        return f"<w:tcPr>{properties}</w:tcPr>{para(text)}"

    body = table(
        ["Region", cell("Sales", '<w:gridSpan w:val="2"/>')],
        ["", "2025", "2026"],
        [cell("North", '<w:vMerge w:val="restart"/>'), "310", "455"],
        [cell("", "<w:vMerge/>"), "12", "18"],
    )
    expected = "Region | Sales 2025 | Sales 2026\nNorth | 310 | 455\nNorth | 12 | 18"
    assert texts(make_docx(tmp_path / "a.docx", body)) == [expected]
    figures = table(["Region", cell("Budget", '<w:gridSpan w:val="2"/>')], ["", "310", "4.5 %"], ["North", "1", "2"])
    assert texts(make_docx(tmp_path / "a.docx", figures)) == ["Region | Budget\n | 310 | 4.5 %\nNorth | 1 | 2"]
    odd = table([cell("a", '<w:gridSpan w:val="0"/>'), "b"], ["c", cell("d", '<w:gridSpan w:val="-3"/>')], ["e", "f"])
    assert texts(make_docx(tmp_path / "a.docx", odd)) == ["a | b\nc | d\ne | f"]


def test_a_long_cell_over_several_rows_stands_once(tmp_path: Path) -> None:
    def cell(text: str, properties: str) -> str:
        return f"<w:tcPr>{properties}</w:tcPr>{para(text)}"

    long = "long " * 30
    rows = [[cell("", "<w:vMerge/>"), str(n)] for n in range(20)]
    body = table(["Why", "Count"], [cell(long, '<w:vMerge w:val="restart"/>'), "1"], *rows)
    assert "".join(texts(make_docx(tmp_path / "a.docx", body))).count(long.strip()) == 1


def test_a_header_of_pages_stands_once(tmp_path: Path) -> None:
    body = table(["long " * 2_000, "Count"], *[["word " * 100, str(n)] for n in range(20)])
    assert "".join(texts(make_docx(tmp_path / "a.docx", body))).count("long") == 2_000


def test_rows_in_content_controls_are_read_and_deleted_ones_are_not(tmp_path: Path) -> None:
    _, head, bolt, nut = table(["Part", "Price"], ["Bolt", "3"], ["Nut", "9"])[: -len("</w:tbl>")].split("<w:tr>")
    controlled = f"<w:sdt><w:sdtPr/><w:sdtContent><w:tr>{bolt}</w:sdtContent></w:sdt>"
    body = f"<w:tbl><w:tr>{head}{controlled}<w:tr><w:trPr><w:del/></w:trPr>{nut}</w:tbl>"
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Part | Price\nBolt | 3"]


def test_charts_and_diagrams_are_read(tmp_path: Path) -> None:
    pie = a_chart("pieChart", a_series("Visitors", ["Q1", "Q2"], ["1200.0", "18.5"]))
    diagram = a_diagram([(0, ""), (1, "Plan"), (3, "Test"), (2, "Build")], [(0, 1), (1, 2), (1, 3)])
    shown = ('<c:chart r:id="chart"/>', '<dgm:relIds r:dm="d"/>')
    body = "".join(para("", "", f"<w:r><w:drawing>{graphic(one)}</w:drawing></w:r>") for one in shown)
    assert texts(make_docx(tmp_path / "a.docx", body, {"chart": pie, "diagramData d": diagram})) == [
        "Category | Visitors\nQ1 | 1200\nQ2 | 18.5",
        "• Plan\n– Build\n– Test",
    ]


# --- Paragraphs ------------------------------------------------------------------------------------------------


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    inside = "<w:del><w:r><w:delText>400</w:delText></w:r></w:del><w:ins><w:r><w:t>650</w:t></w:r></w:ins>"
    moved = "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t> euros</w:t></w:r></w:moveTo>"
    body = para("The fee is ", "", inside + moved) + para("One", "<w:rPr><w:del/></w:rPr>") + para(" paragraph.")
    body += para("Last", "<w:rPr><w:del/></w:rPr>")
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["The fee is 650 euros", "One paragraph.", "Last"]


def test_a_large_first_letter_belongs_to_its_word(tmp_path: Path) -> None:
    body = para("O", '<w:framePr w:dropCap="drop" w:lines="3"/>') + para("nce upon a time.")
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Once upon a time."]


def test_content_controls_are_read_where_they_were_filled_in(tmp_path: Path) -> None:
    def control(text: str, properties: str = "") -> str:
        content = f"<w:sdtContent><w:r><w:t>{text}</w:t></w:r></w:sdtContent>"
        return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr>{content}</w:sdt>"

    body = para("Tenant: ", "", control("Eva Holm")) + para("Since: ", "", control("Click here.", "<w:showingPlcHdr/>"))
    body += f"<w:sdt><w:sdtContent>{para('A block.')}</w:sdtContent></w:sdt>"
    body += para("", "", control("☒") + "<w:r><w:t> paid</w:t></w:r>")
    assert texts(make_docx(tmp_path / "a.docx", body)) == ["Tenant: Eva Holm", "Since:", "A block.", "☒ paid"]


def test_results_of_fields_forms_and_symbols(tmp_path: Path) -> None:
    def mark(kind: str, inside: str = "") -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}">{inside}</w:fldChar></w:r>'

    field = mark("begin") + "<w:r><w:instrText> REF x </w:instrText></w:r>" + mark("separate")
    nested = (
        f"{mark('begin')}{mark('begin')}{mark('separate')}<w:r><w:t>unseen</w:t></w:r>{mark('end')}{mark('separate')}"
    )
    seen = f"<w:r><w:t>figure 4</w:t></w:r>{mark('end')}"
    body = para("See ", "", field + seen) + para("Or ", "", nested + seen)
    endless = mark("begin") + "<w:r><w:instrText>REF x</w:instrText></w:r><w:r><w:t>figure 4 fails.</w:t></w:r>"
    body += para("But ", "", field + seen + "<w:r><w:t> and </w:t></w:r>" + endless)
    box = "<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
    body += para("", "", f"{mark('begin', box)}{mark('end')}<w:r><w:t>paid</w:t></w:r>")
    body += para("5 ", "", '<w:r><w:sym w:font="Symbol" w:char="F06D"/><w:t>m</w:t></w:r>')
    half = "<m:oMath><m:f><m:num><m:r><m:t>12</m:t></m:r></m:num><m:den><m:r><m:t>5</m:t></m:r></m:den></m:f></m:oMath>"
    body += para("x = ", "", half)
    assert texts(make_docx(tmp_path / "a.docx", body)) == [
        "See figure 4",
        "Or figure 4",
        "But figure 4 and figure 4 fails.",
        "☒ paid",
        "5 μm",
        "x = 12/5",
    ]


# --- Files -----------------------------------------------------------------------------------------------------


def test_documents_inside_are_parts_of_it(tmp_path: Path) -> None:
    inner = make_docx(tmp_path / "inner.docx", para("From a document.")).read_bytes()
    chunks = {
        "html": b"<html><body><h1>Report</h1><p>From a page.</p></body></html>",
        "rtf": rb"{\rtf1\ansi From rich text.}",
        "docx": inner,
        "txt": "Nur Text, schön.".encode(),
        "mht": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>From an archive.</p>",
        "plain mht": b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nOnly plain.",
        "letter": b"From: the roof you can see the sea.\n",
        "broken": b"PK nothing",
    }
    body = "".join(f'<w:altChunk r:id="{name}"/>' for name in chunks) + para("The end.")
    path = make_docx(tmp_path / "a.docx", body, {f"aFChunk {name}": data for name, data in chunks.items()})
    assert texts(path) == [
        "Report",
        "From a page.",
        "From rich text.",
        "From a document.",
        "Nur Text, schön.",
        "From an archive.",
        "Only plain.",
        "From: the roof you can see the sea.",
        "The end.",
    ]
    assert unread(read(path)) == "Not read: document.xml-aFChunkbroken.bin (damaged or cut short)."


def test_documents_inside_count_to_what_the_whole_unpacks_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import xlsxwriter

    monkeypatch.setattr(archives, "MOST_BYTES", 250_000)
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["a", "b", "x" * 32_000])
    inner = [make_docx(tmp_path / "inner.docx", para(f"Part {n}.") + " " * 100_000).read_bytes() for n in range(3)]
    body = "".join(f'<w:altChunk r:id="d{n}"/>' for n in range(3)) + para("The end.")
    body += para("", "", '<w:r><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="w"/></w:r>')
    chunks: Parts = {f"aFChunk d{n}": data for n, data in enumerate(inner)}
    chunks["package w"] = (tmp_path / "a.xlsx").read_bytes()
    path = make_docx(tmp_path / "a.docx", body, chunks)
    assert texts(path) == ["Part 0.", "Part 1.", "The end."]
    assert "d2.bin" in unread(read(path)) and "w.bin" in unread(read(path))


@pytest.mark.parametrize("how", ["strict", "with backslashes and capitals"])
def test_parts_are_found_however_they_are_written(tmp_path: Path, how: str) -> None:
    def strict(data: bytes) -> bytes:
        return data.replace(b"schemas.openxmlformats.org", b"purl.oclc.org/ooxml").replace(b"/2006/", b"/")

    with zipfile.ZipFile(make_docx(tmp_path / "plain.docx", *noted("Text.", "So it is."))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if how == "strict":
        members = {name: strict(data) for name, data in members.items()}
    else:
        members = {name.replace("/", "\\").upper(): data for name, data in members.items()}
    assert texts(make_zip(tmp_path / "a.docx", {**members})) == ["Text.", "Footnote 1: So it is."]


def test_pictures_with_what_a_person_wrote_of_them(tmp_path: Path) -> None:
    blip = graphic('<a:blip r:embed="p"/>')
    drawing = f'<w:drawing><wps:docPr descr="A red barn"/>{blip}</w:drawing>'
    pict = '<w:pict><v:shape alt="An old barn"><v:imagedata r:id="q"/></v:shape></w:pict>'
    parts = {"image p": picture_bytes(a_picture()), "image q": picture_bytes(a_picture(hue=90))}
    pieces = read(make_docx(tmp_path / "a.docx", para("", "", f"<w:r>{drawing}{drawing}{pict}</w:r>"), parts))
    assert [(piece.kind, piece.text) for piece in pieces] == [("picture", "A red barn"), ("picture", "An old barn")]


def test_a_picture_is_not_described_by_its_neighbour(tmp_path: Path) -> None:
    def shown(name: str, described: str) -> str:
        return f'<wps:pic><wps:nvPicPr><wps:cNvPr {described}/></wps:nvPicPr><a:blip r:embed="{name}"/></wps:pic>'

    group = graphic(shown("p", 'descr="A red barn"') + shown("q", ""))
    both = f"<w:r><w:drawing><wps:inline><wps:docPr/>{group}</wps:inline></w:drawing></w:r>"
    lone = graphic(shown("r", 'descr=""'))
    both += f'<w:r><w:drawing><wps:inline><wps:docPr descr="A mill"/>{lone}</wps:inline></w:drawing></w:r>'
    parts: Parts = {f"image {name}": picture_bytes(a_picture(hue=40 * n)) for n, name in enumerate("pqr")}
    path = make_docx(tmp_path / "a.docx", para("", "", both), parts)
    assert texts(path) == ["A red barn", "", "A mill"]


def test_pictures_are_opened_one_by_one_wherever_they_stand(tmp_path: Path) -> None:
    import gc

    from PIL import Image

    def shown(name: str) -> str:
        return f"<w:r><w:drawing>{graphic(f'<a:blip r:embed={name!r}/>')}</w:drawing></w:r>"

    names = [f"p{n}" for n in range(6)]
    parts: Parts = {f"image {name}": picture_bytes(a_picture(301, 201, hue=n)) for n, name in enumerate(names)}
    inner = make_docx(tmp_path / "inner.docx", "".join(para("In it.", "", shown(name)) for name in names), parts)
    rows = [[para(name, "", shown(name)), "cracked"] for name in names]
    body = table(["Photo", "State"], *rows, ["", '<w:altChunk r:id="d"/>'])
    path = make_docx(tmp_path / "a.docx", body, parts | {"aFChunk d": inner.read_bytes()})
    most = found = 0
    for piece in extract(path, kind_of(path)):
        found += piece.kind == "picture"
        del piece
        most = max(most, sum(isinstance(o, Image.Image) and o.size == (301, 201) for o in gc.get_objects()))
    assert (found, most <= 1) == (12, True)


def test_what_is_missing_or_damaged_costs_itself(tmp_path: Path) -> None:
    body = para("Text.", "", '<w:r><w:drawing><a:blip r:embed="gone"/><c:chart r:id="c"/></w:drawing></w:r>') + para(
        "End."
    )
    path = make_docx(tmp_path / "a.docx", body, {"chart c": b"no xml", "styles": b"<w:styles", "image x": b""})
    assert texts(path) == ["Text.", "End."]
    assert unread(read(path)) == (
        "Not read: document.xml-styles.bin (damaged, read as far as it goes); document.xml-chartc.bin (damaged)."
    )


def test_an_odd_part_costs_no_more_than_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes) -> None:
        raise RuntimeError("a page that nobody has thought of")

    monkeypatch.setattr(word, "embedded_pieces", fail)
    plan = f'<w:abstractNum w:abstractNumId="">{level(0, "decimal", "%1")}</w:abstractNum>'
    style = '<w:style w:styleId="X"><w:name w:val="heading ²"/></w:style>'
    body = para("Before.", '<w:pStyle w:val="X"/>') + '<w:altChunk r:id="x"/>' + para("After.")
    parts: Parts = {"numbering": root("w:numbering", plan), "styles": root("w:styles", style), "aFChunk x": b"<p>"}
    for kind in parts:
        assert texts(make_docx(tmp_path / "a.docx", body, {kind: parts[kind]})) == ["Before.", "After."], kind


def test_a_relation_to_a_missing_text_leads_to_the_usual_one(tmp_path: Path) -> None:
    gone = '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/gone.xml"/></Relationships>'
    document = root("w:document", f"<w:body>{para('Still here.')}</w:body>")
    path = make_zip(tmp_path / "a.docx", {"_rels/.rels": gone, "word/document.xml": document})
    assert texts(path) == ["Still here."]


def test_headers_lists_and_notes_are_looked_up_once(tmp_path: Path) -> None:
    header = {"header h": root("w:hdr", para("Draft") * 4_000)}
    sections = "<w:sectPr>" + '<w:headerReference r:id="h"/>' * 400 + "</w:sectPr>"
    lists = {"numbering": numbered('<w:lvl w:ilvl="0"/>' * 20_000)}
    marks = "".join(f'<w:r><w:footnoteReference w:id="{n}"/></w:r>' for n in range(2_000))
    notes = "".join(f'<w:footnote w:id="{n}">{para("n")}</w:footnote>' for n in range(2_000))
    noted = {"footnotes": root("w:footnotes", notes)}
    bodies = [(sections, header), (item("a") * 1_000, lists), (para("", "", marks) + "<w:p/>" * 40_000, noted)]
    for body, parts in bodies:
        path = make_docx(tmp_path / "a.docx", body, {**parts})
        before = time.process_time()
        assert len(read(path)) in (1, 1_000, 2_000)
        assert time.process_time() - before < 4


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    document = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    document += f"<w:document {DECLARED}><w:body>{para('Text &e;.')}</w:body></w:document>"
    make_zip(tmp_path / "a.docx", {"x": "", "word/document.xml": document})
    assert "secret" not in "".join(texts(tmp_path / "a.docx"))


def test_a_document_without_text_is_a_sentence(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.docx", {"x": "", "word/document.xml": ""})
    with pytest.raises(ExtractionError, match=r"a\.docx is damaged"):
        read(tmp_path / "a.docx")


def test_exponents_are_no_figures_of_their_number(tmp_path: Path) -> None:
    up = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>{}</w:t></w:r>"
    then = "<w:r><w:t> K on 5 m</w:t></w:r>"
    (piece,) = read(make_docx(tmp_path / "a.docx", para("10", inside=up.format("-3") + then + up.format("2"))))
    assert piece.text == "10⁻³ K on 5 m2"
