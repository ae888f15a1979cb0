"""XLSX as it is shown: formats, hidden parts, far cells, several tables in a sheet."""

from __future__ import annotations

import datetime
import tracemalloc
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.extractors.calculation import Calculator, Cells
from pipelines.extractors.number_formats import shown
from pipelines.extractors.ods import ods_sheets
from pipelines.extractors.sheets import workbook_pieces
from pipelines.reading.kinds import kind_of
from pipelines.reading.unread import unread
from pipelines.records import Piece
from tests.making_files import make_zip
from tests.pipelines.extractors.test_office import odf

NAMES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def make_book(path: Path, *rows: list[Any]) -> openpyxl.Workbook:
    """A workbook, not yet saved, with these rows in its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        ("0.075", "0.0%", "7.5%"),
        ("0.5", '0 "%"', "1 %"),
        ("46085", "dd/mm/yyyy", "2026-03-04"),
        ("46085", "[$-409]d mmmm yyyy;@", "4 March 2026"),
        ("46085", "dddd, d mmmm yyyy", "Wednesday, 4 March 2026"),
        ("46085", "mmm-yy", "Mar 2026"),
        ("46085", 'yyyy"年"m"月"d"日"', "2026-03-04"),
        ("46085.75", "dd.mm.yyyy hh:mm", "2026-03-04 18:00"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("0.75", "h:mm AM/PM", "6:00 PM"),
        ("1.5", "[h]:mm", "36:00"),
        ("0.0005", "mm:ss.0", "00:43.2"),
        ("417", "00000", "00417"),
        ("4155550123", "(000) 000-0000", "(415) 555-0123"),
        ("1234.5", '#,##0.00 "€"', "1,234.50 €"),
        ("-1500", "#,##0;(#,##0)", "-1,500"),
        ("-1500", "#,##0;[Red]#,##0", "-1,500"),
        ("-12.5", "_-* #,##0.00\\ [$€-407]_-;\\-* #,##0.00\\ [$€-407]_-", "-12.50 €"),
        ("-0.001", "0.0", "0.0"),
        ("1234567", "#,##0,", "1,235"),
        ("1234567", '0.0,,"M"', "1.2M"),
        ("0", '0;-0;"–"', "–"),
        ("1", '"yes";;"no"', "yes"),
        ("1500", '[>=1000]0.0,"k";0', "1.5k"),
        ("500", '[>=1000]0.0,"k";0', "500"),
        ("12345.678", "0.00E+00", "1.23E+4"),
        ("1.0049999999999999", "0.00", "1.01"),
        ("0.30000000000000004", "", "0.3"),
        ("1234567890123456", "", "1234567890123456"),
        ("1.2345678901234560E15", "0", "1234567890123456"),
        ("-3", "yyyy-mm-dd", "-3"),
        ("no number", "0.00", "no number"),
        ("1e999999999", "0.00", "1e999999999"),
    ],
)
def test_numbers_are_shown_by_their_format(number: str, form: str, expected: str) -> None:
    assert shown(number, form) == expected


def test_cells_are_read_as_they_are_shown(tmp_path: Path) -> None:
    book = make_book(
        tmp_path,
        ["Duty", "From", "Time", "Code", "Number"],
        [0.075, datetime.date(2026, 3, 4), 1.5, 417, 1234567890123456],
    )
    for column, form in zip("ABCD", ("0.0%", "d mmmm yyyy", "[h]:mm", "00000"), strict=True):
        book.active[f"{column}2"].number_format = form
    book.save(tmp_path / "a.xlsx")
    (table,) = read(tmp_path / "a.xlsx")
    assert table.text.endswith("\n7.5% | 4 March 2026 | 36:00 | 00417 | 1234567890123456")


def test_days_since_1904(tmp_path: Path) -> None:
    book = make_book(tmp_path, ["Name", "Day"], ["Ann", datetime.date(2026, 3, 4)])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0].text.endswith("Ann | 2026-03-04")


def test_what_is_hidden_says_so(tmp_path: Path) -> None:
    book = make_book(tmp_path, ["Team", "Size", "Secret"], ["Red", 5, 31], ["Ghost", 99], ["Blue", 7])
    book.active.column_dimensions["C"].hidden = True
    book.active.row_dimensions[3].hidden = True
    book.create_sheet("Old").append(["Plant", "orchid"])
    book["Old"].sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    table, old = read(tmp_path / "a.xlsx")
    assert table.text == "Team | Size | Secret (hidden)\nRed | 5 | 31\n(hidden row) Ghost | 99\nBlue | 7"
    assert (table.heading, old.heading, old.place.sheet) == ("Sheet", "Old (hidden)", "Old (hidden)")


def test_far_cells_cost_no_more_than_near_ones(tmp_path: Path) -> None:
    book = make_book(tmp_path, ["far corners"])
    book.active["B500000"], book.active["XFD1048576"] = "fern", "marigold"
    book.save(tmp_path / "a.xlsx")
    tracemalloc.start()
    pieces = read(tmp_path / "a.xlsx")
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert [(p.text, p.place.lines) for p in pieces] == [
        ("far corners", (1, 1)),
        ("fern", (500000, 500000)),
        ("marigold", (1048576, 1048576)),
    ]


def test_each_table_of_a_sheet_has_its_own_head(tmp_path: Path) -> None:
    book = make_book(
        tmp_path,
        *(["Tools"], ["Tool", "Price"], ["Saw", 12], [], ["Drill", 40], []),
        *(["Staff of 2026"], ["Name", "Town"], ["Ann", "Ulm"], [], ["Month", "Rain", "Sun"], ["May", 3, 9], []),
        ["Source: own counts"],
    )
    book.save(tmp_path / "a.xlsx")
    assert [(p.text, p.place.lines) for p in read(tmp_path / "a.xlsx")] == [
        ("Tools", (1, 1)),
        ("Tool | Price\nSaw | 12\nDrill | 40", (2, 5)),
        ("Staff of 2026", (7, 7)),
        ("Name | Town\nAnn | Ulm", (8, 9)),
        ("Month | Rain | Sun\nMay | 3 | 9", (11, 12)),
        ("Source: own counts", (14, 14)),
    ]


def test_formulas_without_results_are_computed_where_they_are_simple(tmp_path: Path) -> None:
    book = make_book(
        tmp_path,
        ["Total", "=SUM(B4:B6)", '=B4&" euros"'],
        [],
        *(["Month", "Euros", "Share"], ["May", 120, "=B4/B$1"], ["June", 80.5, "=ROUND(-B5^2,1)"]),
        *(["July", "=B5*50%", "='Other sheet'!A1+1"], ["Left", '=IF(B4>=100,"rich","poor")', "=AVERAGE(B4:B5,10)"]),
        *(["Not", "=VLOOKUP(1,A1:B2,2)", "=B9"], ["Round", "=C9", "=B9"], ["Empty", "=SUM(D1:D9)", "=1/0"]),
        ["Odd", "=SUM(Gone!A1:A3)", '=1+"}'],
    )
    book.active["C4"].number_format = "0.0%"
    book.create_sheet("Other sheet")["A1"] = 41
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0].text.split("\n") == [
        "Total | 240.75 | 120 euros",
    ]
    assert read(tmp_path / "a.xlsx")[1].text.split("\n") == [
        "Month | Euros | Share",
        "May | 120 | 49.8%",
        "June | 80.5 | 6480.3",
        "July | 40.25 | 42",
        "Left | rich | 70.1666666667",
        "Not | =VLOOKUP(1,A1:B2,2), not computed | =B9, not computed",
        "Round | =C9, not computed | =B9, not computed",
        "Empty | 0 | =1/0, not computed",
        'Odd | =SUM(Gone!A1:A3), not computed | =1+"}, not computed',
    ]


def test_a_shared_formula_is_moved_to_its_cells_and_zeros_of_a_program_that_cannot_compute_are_no_results(
    tmp_path: Path,
) -> None:
    cells = '<row><c><v>{0}</v></c><c r="B{0}"><f t="shared" si="0">{1}</f><v>0</v></c></row>'
    rows = cells.format(1, "A1*2") + cells.format(2, "") + cells.format(3, "")
    make_zip(
        tmp_path / "a.xlsx",
        {
            "xl/workbook.xml": f'<workbook {NAMES}><sheets><sheet name="S" r:id="s"/></sheets>'
            '<calcPr fullCalcOnLoad="1"/></workbook>',
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            'relationships"><Relationship Id="s" Type="x/worksheet" Target="s.xml"/></Relationships>',
            "xl/s.xml": f"<worksheet {NAMES}><sheetData>{rows}</sheetData></worksheet>",
        },
    )
    assert read(tmp_path / "a.xlsx")[0].text == "1 | 2\n2 | 4\n3 | 6"


def test_many_formulas_over_long_ranges_end(tmp_path: Path) -> None:
    book = make_book(tmp_path, ["Number", "So far"], *([n, f"=SUM(A$2:A{n + 1})"] for n in range(1, 3001)))
    book.save(tmp_path / "a.xlsx")
    text = "\n".join(piece.text for piece in read(tmp_path / "a.xlsx"))
    assert "\n1000 | 500500" in text
    assert "\n3000 | =SUM(A$2:A3001), not computed" in text


def test_the_end_of_a_long_chain_of_formulas_is_computed_and_a_circle_is_not() -> None:
    chain: Cells = {(row, 1): (None, f"=A{row - 1}+1") for row in range(2, 2001)}
    calculator = Calculator(lambda title: {**chain, (1, 1): (1.0, ""), (1, 2): (None, "=C1"), (1, 3): (None, "=B1")})
    assert calculator.result("Sheet", 2000, 1) == 2000
    assert calculator.result("Sheet", 1, 2) is None
    assert calculator.result("Sheet", 1000, 1) == 1000


def test_a_chain_of_formulas_with_brackets_is_computed_from_its_upper_end() -> None:
    chain: Cells = {(row, 1): (None, f"=ROUND(SUM((A{row + 1}),1),2)") for row in range(1, 2000)}
    calculator = Calculator(lambda title: {**chain, (2000, 1): (1.0, "")})
    assert calculator.result("Sheet", 1, 1) == 2000
    assert calculator.result("Sheet", 500, 1) == 1501


def test_a_long_circle_of_formulas_over_two_sheets_costs_itself() -> None:
    circle: Cells = {(row, 1): (None, f"={{}}!A{row % 10_007 + 1}") for row in range(1, 10_008)}
    sheets: dict[str, Cells] = {
        name: {at: (None, formula.format(other)) for at, (_, formula) in circle.items()}
        for name, other in (("A", "B"), ("B", "A"))
    }
    sheets["A"] = {**sheets["A"], (1, 2): (2.0, ""), (1, 3): (None, "=B1*2")}
    calculator = Calculator(sheets.get)
    assert {calculator.result(name, row, 1) for name in sheets for row in (1, 2, 5000, 10_007)} == {None}
    assert calculator.result("A", 1, 3) == 4


def test_ods_is_read_as_it_is_shown_with_what_is_hidden_and_far(tmp_path: Path) -> None:
    def row(*cells: str, more: str = "") -> str:
        return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"

    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"

    date = 'office:value-type="date" office:date-value="2026-03-04"'
    gap = '<table:table-cell table:number-columns-repeated="16000"/>'
    body = "".join(
        (
            '<office:spreadsheet><table:table table:name="Rates"><table:table-column/>',
            '<table:table-column table:visibility="collapse"/><table:table-column/>',
            row(cell("Duty"), cell("Secret"), cell("From")),
            row(cell("7.5%", 'office:value-type="percentage" office:value="0.075"'), cell("3"), cell("04/03/26", date)),
            row(cell("Ghost"), more='table:visibility="collapse"'),
            row(cell("same"), more='table:number-rows-repeated="2"'),
            row(gap, more='table:number-rows-repeated="1000000"'),
            row(gap, cell("marigold<office:annotation><text:p>!</text:p></office:annotation>")),
            '</table:table><table:table table:name="Two">',
            row(cell("A"), '<table:table-cell table:formula="of:=NOW()"/>'),
            "</table:table></office:spreadsheet>",
        )
    )
    rates, far, two = read(odf(tmp_path / "a.ods", "ods", body))
    assert rates.text.split("\n") == [
        *("Duty | Secret (hidden) | From", "7.5% | 3 | 2026-03-04", "(hidden row) Ghost |", "same |", "same |")
    ]
    assert (far.text, far.place.lines, far.place.sheet) == ("marigold", (1000006, 1000006), "Rates")
    assert (two.text, two.place.sheet) == ("A | =NOW(), not computed", "Two")


def test_comments_are_told_behind_the_tables_with_their_cell(tmp_path: Path) -> None:
    from openpyxl.comments import Comment

    book = make_book(tmp_path, ["Month", "Rain"], ["May", 3])
    book.active["B2"].comment = Comment("The gauge\nleaked.", "Ann")
    book.save(tmp_path / "a.xlsx")
    _, comment = read(tmp_path / "a.xlsx")
    assert (comment.text, comment.place.lines) == ("Comment on B2: The gauge leaked.", (2, 2))


def test_comments_of_ods_are_told_behind_the_tables_with_their_cell(tmp_path: Path) -> None:
    gap = '<table:table-cell table:number-columns-repeated="27"/>'
    comment = "<office:annotation><text:p>It leaked.</text:p></office:annotation>"
    row = f"<table:table-row>{gap}<table:table-cell>{comment}<text:p>3</text:p></table:table-cell></table:table-row>"
    body = f'<office:spreadsheet><table:table table:name="Rain">{row}</table:table></office:spreadsheet>'
    _, told = read(odf(tmp_path / "a.ods", "ods", body))
    assert (told.text, told.place.lines, told.place.sheet) == ("Comment on AB1: It leaked.", (1, 1), "Rain")


def test_cells_merged_over_rows_stand_in_each_of_them_and_count_once(tmp_path: Path) -> None:
    rows = [["City", "Sum"], ["Riga", 5], [None, 7], [None, 9], ["Ulm", 8], [None, "=SUM(B2:B5)"]]
    book = make_book(tmp_path, *rows)
    for merged in ("A2:A4", "B2:B3", "A5:B5"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    (piece,) = read(tmp_path / "a.xlsx")
    assert piece.text.split("\n")[1:] == ["Riga | 5", "Riga | 9", "Ulm |", " | 14"]
    down = '<table:table-cell table:number-rows-spanned="2"><text:p>Riga</text:p></table:table-cell>'
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    lines = (cell.format("City") + cell.format("Sum"), down + cell.format(5))
    lines += ("<table:covered-table-cell/>" + cell.format(7), cell.format("Ulm") + cell.format(8))
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    path = odf(
        tmp_path / "a.ods",
        "ods",
        f'<office:spreadsheet><table:table table:name="a">{body}</table:table></office:spreadsheet>',
    )
    assert read(path)[0].text == "City | Sum\nRiga | 5\nRiga | 7\nUlm | 8"


def test_formulas_that_double_a_text_end(tmp_path: Path) -> None:
    book = make_book(tmp_path, ["text"], ["abcdefgh"], *([f"=A{row - 1}&A{row - 1}"] for row in range(3, 43)))
    book.save(tmp_path / "a.xlsx")
    told = "\n".join(piece.text for piece in read(tmp_path / "a.xlsx"))
    assert "abcdefghabcdefgh" in told
    assert "=A41&A41, not computed" in told


def made_of_sheets(path: Path, *sheets: str, **parts: str) -> Path:
    """A workbook of sheets given as XML, called '0', '1', …; other parts by the kind of their relation."""
    entries = "".join(f'<sheet name="{n}" r:id="s{n}"/>' for n in range(len(sheets)))
    targets = [(f"s{n}", "worksheet", f"{n}.xml") for n in range(len(sheets))]
    targets += [(kind, kind, f"{kind}.xml") for kind in parts]
    relations = "".join(f'<Relationship Id="{key}" Type="x/{kind}" Target="{name}"/>' for key, kind, name in targets)
    return make_zip(
        path,
        {
            "xl/workbook.xml": f"<workbook {NAMES}><sheets>{entries}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            f'relationships">{relations}</Relationships>',
            **{f"xl/{n}.xml": text for n, text in enumerate(sheets)},
            **{f"xl/{kind}.xml": text for kind, text in parts.items()},
        },
    )


def sheet_of(rows: str) -> str:
    return f"<worksheet {NAMES}><sheetData>{rows}</sheetData></worksheet>"


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "a" * 40}">' for n in range(10))


@pytest.mark.parametrize(
    ("damaged", "expected", "told"),
    [
        ("", "", True),
        ("no XML", "", True),
        ("<other/>", "", False),
        (sheet_of("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>")[:-45], "1", True),
        (sheet_of("<row><c><v>1</v></c></wrong></row><row><c><v>2</v></c></row>"), "1\n2", True),
        (f"<!DOCTYPE x [{BOMB}]>" + sheet_of("<row><c><v>1</v></c></row><row><c><v>&a9;</v></c></row>"), "1", True),
        (sheet_of("<row><c><!-- one --><v>1</v></c></row>"), "1", False),
    ],
)
def test_a_damaged_sheet_costs_itself(tmp_path: Path, damaged: str, expected: str, told: bool) -> None:
    good = sheet_of('<row><c t="inlineStr"><is><t>good</t></is></c></row>')
    all_of_it = read(made_of_sheets(tmp_path / "a.xlsx", good, damaged, good))
    assert unread(all_of_it) == ("Not read: sheet 1 (damaged, read as far as it goes)." if told else "")
    found = [piece for piece in all_of_it if piece.kind != "unread"]
    assert "\n".join(piece.text for piece in found if piece.place.sheet == "1") == expected
    assert [piece.text for piece in found if piece.place.sheet != "1"] == ["good", "good"]


def test_damaged_texts_cost_themselves(tmp_path: Path) -> None:
    rows = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c><v>7</v></c></row>'
    texts = f"<sst {NAMES}><si><t>first</t></si><si><t"
    piece, lost = read(made_of_sheets(tmp_path / "a.xlsx", sheet_of(rows), sharedStrings=texts))
    assert piece.text == "first |  | 7"
    assert unread([lost]) == "Not read: sharedStrings.xml (damaged, read as far as it goes)."


def test_a_table_in_a_cell_of_ods_does_not_end_its_sheet(tmp_path: Path) -> None:
    def table(*cells: str) -> str:
        rows = (f"<table:table-row><table:table-cell>{cell}</table:table-cell></table:table-row>" for cell in cells)
        return f"<table:table>{''.join(rows)}</table:table>"

    inner = table("<text:p>inner</text:p>")
    body = f"<office:spreadsheet>{table(inner, '<text:p>after</text:p>')}{table('<text:p>next</text:p>')}"
    found = read(odf(tmp_path / "a.ods", "ods", f"{body}</office:spreadsheet>"))
    assert [piece.text for piece in found] == ["inner", "after", "next"]


def test_a_shared_formula_is_moved_only_where_there_is_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*given: Any) -> str:
        raise AssertionError("moved")

    monkeypatch.setattr("openpyxl.formula.translate.Translator.translate_formula", moved)
    rows = '<row><c r="A1"><f t="shared" si="0">B1</f><v>1</v></c></row>'
    rows += '<row><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
    assert read(made_of_sheets(tmp_path / "a.xlsx", sheet_of(rows)))[0].text == "1"


def test_texts_are_as_long_as_a_cell_may_be_and_a_workbook_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.extractors.sheets.MOST_CHARACTERS", 70_000)
    texts = f"<sst {NAMES}><si><t>{'a' * 500_000}</t></si></sst>"
    row = '<row><c t="s"><v>0</v></c></row>'
    path = made_of_sheets(tmp_path / "a.xlsx", sheet_of(row * 3), sharedStrings=texts)
    *found, lost = read(path)
    assert len(found) == 2
    assert unread([lost]) == "Not read: a.xlsx beyond 70,000 characters (its texts are repeated)."
    assert len(read(made_of_sheets(tmp_path / "b.xlsx", sheet_of(row), sharedStrings=texts))[0].text) == 32_767


def test_an_endless_name_of_a_sheet_is_not_repeated_with_each_of_its_rows(tmp_path: Path) -> None:
    row = f"<table:table-row><table:table-cell><text:p>{'x' * 900}</text:p></table:table-cell></table:table-row>"
    body = (
        f'<office:spreadsheet><table:table table:name="{"Kiln" * 20_000}">{row * 5}</table:table></office:spreadsheet>'
    )
    found = read(odf(tmp_path / "a.ods", "ods", body))
    assert {(piece.heading, piece.place.sheet) for piece in found} == {("Kiln" * 250, "Kiln" * 250)}


def test_cells_beyond_the_last_column_are_left_out(tmp_path: Path) -> None:
    row = '<row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c><c r="XFE1"><v>3</v></c><c><v>4</v></c></row>'
    assert read(made_of_sheets(tmp_path / "a.xlsx", sheet_of(row)))[0].text == "1 | 2"


def test_hidden_columns_are_those_between_the_first_and_the_last(tmp_path: Path) -> None:
    columns = '<cols><col min="-999999999" max="1" hidden="1"/><col min="3" max="999999999" width="0"/></cols>'
    row = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in "abc")
    sheet = sheet_of(f"<row>{row}</row>").replace("<sheetData>", f"{columns * 20_000}<sheetData>")
    assert read(made_of_sheets(tmp_path / "a.xlsx", sheet))[0].text == "a (hidden) | b | c (hidden)"


def test_columns_of_ods_do_not_count_backwards(tmp_path: Path) -> None:
    shown = '<table:table-column table:number-columns-repeated="-1"/>'
    hidden = '<table:table-column table:visibility="collapse"/>'
    row = "<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>"
    row += (
        '<table:table-cell table:number-columns-repeated="-5"><text:p>y</text:p></table:table-cell></table:table-row>'
    )
    body = f"<office:spreadsheet><table:table>{shown}{hidden}{row}</table:table></office:spreadsheet>"
    assert read(odf(tmp_path / "a.ods", "ods", body))[0].text == "x | y (hidden)"


def test_repeated_cells_of_ods_are_made_only_as_far_as_they_are_told(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="{}"><text:p>{}</text:p></table:table-cell>'
    row = "".join(f"<table:table-row>{cell.format(198, 'x')}{cell.format(16_000, 'y')}</table:table-row>" for _ in "ab")
    path = odf(tmp_path / "a.ods", "ods", f"<office:spreadsheet><table:table>{row}</table:table></office:spreadsheet>")
    assert [max(each.cells) for sheet in ods_sheets(path) for each in sheet.rows()] == [200, 200]
    assert read(path)[0].text.endswith(" | x | x | y | y")


def test_a_list_of_members_without_end_is_not_read_before_sizes_are_checked(tmp_path: Path) -> None:
    parts = {"content.xml": "<a/>", "META-INF/manifest.xml": " " * 210_000_000 + "encryption-data"}
    path = make_zip(tmp_path / "a.ods", parts)
    tracemalloc.start()
    try:
        with pytest.raises(ExtractionError, match="unpacks to"):
            list(workbook_pieces(path, "a.ods"))
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_repeated_rows_of_ods_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.extractors.ods.MOST_MADE", 3)
    row = '<table:table-row table:number-rows-repeated="3"><table:table-cell><text:p>x</text:p></table:table-cell>'
    body = f"<office:spreadsheet><table:table>{(row + '</table:table-row>') * 2}</table:table></office:spreadsheet>"
    assert len(read(odf(tmp_path / "a.ods", "ods", body))) == 5
