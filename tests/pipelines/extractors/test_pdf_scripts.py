"""PDF: scripts that are read from right to left, and lines whose characters stand above or below them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.extractors import extract
from pipelines.extractors.bidi import from_right, logical
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PdfPage, make_pdf, make_placed_pdf

HEBREW = ["הפגישה נדחתה ליום רביעי בשעה 14:30.", "התקציב שאושר הוא 52,000 שקלים."]
SEEN = [".14:30 העשב יעיבר םויל התחדנ השיגפה", ".םילקש 52,000 אוה רשואש ביצקתה"]


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def words(path: Path) -> str:
    return "\n".join(piece.text for piece in read(path))


def placed(line: str, x: float, y: float, size: float = 12) -> list[tuple[str, float, float]]:
    """Characters from left to right."""
    return [(character, x + size / 2 * n, y) for n, character in enumerate(line)]


def test_hebrew_is_told_as_it_is_read_whatever_order_it_is_stored_in(tmp_path: Path) -> None:
    for backwards in (False, True):
        lines = [placed(line, 400 - 6 * len(line), 100 + 16 * n) for n, line in enumerate(SEEN)]
        stored = [each for line in lines for each in (line[::-1] if backwards else line)]
        assert words(make_placed_pdf(tmp_path / "a.pdf", stored)).split("\n") == HEBREW


def test_shaped_arabic_becomes_its_letters(tmp_path: Path) -> None:
    # 'لا غير' as it is drawn: the ligature lam-alef, and letters as they stand at the end, within and at the beginning.
    shaped = [
        ("\ufefb", 250.0, 100.0),
        (" ", 244, 100),
        ("\ufecf", 238, 100),
        ("\ufef4", 232, 100),
        ("\ufeae", 226, 100),
    ]
    assert words(make_placed_pdf(tmp_path / "a.pdf", shaped[::-1])) == "لا غير"


@pytest.mark.parametrize(
    ("meant", "seen"),
    [
        ("הרווח עלה ב-12.5% לעומת 2023", "2023 תמועל 12.5%-ב הלע חוורה"),
        ("חברת Windows 10 Corporation הודיעה", "העידוה Windows 10 Corporation תרבח"),
        ('(כולל מע"מ) ביום 12/05/2024', '12/05/2024 םויב (מ"עמ ללוכ)'),
        ("بنسبة 50% في عام 2023", "2023 ماع يف %50 ةبسنب"),
        ("تاریخ ۱۴۰۲/۰۵/۱۲ است", "تسا ۱۴۰۲/۰۵/۱۲ خیرات"),
    ],
)
def test_numbers_and_latin_words_keep_their_order_among_others(meant: str, seen: str) -> None:
    assert from_right(seen, usual=True)
    assert logical(seen, True) == meant


def test_words_from_the_right_in_a_latin_line() -> None:
    seen = "The words םולש םלוע (page 3) mean peace"
    assert not from_right(seen)
    assert logical(seen, False) == "The words עולם שלום (page 3) mean peace"


def test_brackets_open_before_they_close_whichever_was_stored() -> None:
    assert logical(")גבא(", True) == logical("(גבא)", True) == "(אבג)"


def test_the_columns_of_a_hebrew_table_begin_on_the_right(tmp_path: Path) -> None:
    rows = [("שם", "עיר", "מחיר"), ("דנה", "חיפה", "120"), ("יוסי", "אילת", "450")]
    stored = [
        each
        for n, row in enumerate(rows)
        for right, cell in zip((400, 300, 200), row, strict=True)
        for each in placed(cell if cell.isdigit() else cell[::-1], right - 6 * len(cell), 100 + 18 * n)
    ]
    (table,) = read(make_placed_pdf(tmp_path / "a.pdf", stored))
    assert table.kind == "table" and table.text.split("\n") == [" | ".join(row) for row in rows]
    x0, _, x1, _ = table.place.box or (0, 0, 0, 0)
    assert (x0, x1) == pytest.approx((176 / 600, 400 / 600), abs=0.01)


def test_a_page_with_little_text_keeps_it(tmp_path: Path) -> None:
    (only,) = read(make_placed_pdf(tmp_path / "a.pdf", placed("Room 12", 60, 100)))
    assert (only.kind, only.text) == ("text", "Room 12")
    (scan,) = read(make_placed_pdf(tmp_path / "b.pdf", placed("Room 12", 60, 100), drawn=b"9 9 m 90 90 l S"))
    assert (scan.kind, scan.text) == ("scan", "Room 12")


def test_a_raised_character_stays_in_its_line(tmp_path: Path) -> None:
    page = PdfPage().line(60, 100, "updated on the 10").line(146, 95, "th", 6).line(156, 100, "of each month")
    assert "10th of" in words(make_pdf(tmp_path / "a.pdf", [page])).replace(" th", "th")


@pytest.mark.parametrize("step", [0.85, 1.0, 1.15])
def test_letters_that_are_spaced_out_are_words(tmp_path: Path, step: float) -> None:
    title = "THE OLD HARBOUR OF LINDAU"
    stored, x = [], 60.0
    for character in title:
        stored += [(character, x, 100.0)] if character != " " else []
        x += 12 * step * (0.7 if character == " " else 1)
    assert words(make_placed_pdf(tmp_path / "a.pdf", stored)) == title
    typed = (
        PdfPage().line(60, 100, "   ".join(" ".join(word) for word in title.split())).line(60, 140, "A B C D is a list")
    )
    assert words(make_pdf(tmp_path / "b.pdf", [typed])).split("\n") == [title, "A B C D is a list"]


def test_japanese_from_top_to_bottom_is_read_column_by_column_from_the_right(tmp_path: Path) -> None:
    columns = ["港の灯台は嵐の後に再建された。", "番人は毎朝七時に天気を書き留める。", "予備のポンプは七番倉庫にある。"]
    for order in (columns, columns[::-1]):
        stored = [
            (character, 330.0 - 20 * columns.index(column), 100.0 + 13 * n)
            for column in order
            for n, character in enumerate(column)
        ]
        (found,) = read(make_placed_pdf(tmp_path / "a.pdf", stored))
        assert found.text.split("\n") == columns
    x0, y0, x1, y1 = found.place.box or (0, 0, 0, 0)
    assert (x0, x1) == pytest.approx((288 / 600, 338 / 600), abs=0.02) and y1 - y0 > 0.25


def test_figures_side_by_side_stay_in_their_column(tmp_path: Path) -> None:
    stored = [(character, 330.0, 100.0 + 13 * n) for n, character in enumerate("番人は毎朝")]
    stored += [("1", 327, 165), ("2", 333, 165), ("時", 330, 178), ("に", 330, 191)]
    assert words(make_placed_pdf(tmp_path / "a.pdf", stored)) == "番人は毎朝12時に"


def test_single_characters_in_cells_are_no_column(tmp_path: Path) -> None:
    rows = [("項目", "是"), ("倉庫", "否"), ("灯台", "是"), ("港口", "否")]
    stored = [
        (character, x + 6.0 * n, 100.0 + 22 * y)
        for x, column in ((60, 0), (200, 1))
        for y, row in enumerate(rows)
        for n, character in enumerate(row[column])
    ]
    assert words(make_placed_pdf(tmp_path / "a.pdf", stored)).split("\n") == [" | ".join(row) for row in rows]
