"""PDF: blocks in reading order with their boxes, tables as rows, pictures, scans, locked and damaged files."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.extractors.layout import blocks
from pipelines.extractors.lines import Run
from pipelines.reading.cleaning import clean
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PAGE, PdfPage, a_picture, make_pdf, stream, written

PROSE = [
    "The harbour of Lindau was rebuilt after the storm, and the",
    "lighthouse has guided ships into the basin ever since. Its",
    "keeper writes down the weather every morning at seven.",
]


def read(path: Path, after: int = 0) -> list[Piece]:
    return list(extract(path, kind_of(path), after=after))


def words(pieces: list[Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def test_paragraphs_with_page_and_box(tmp_path: Path) -> None:
    pages = [PdfPage().prose(60, 100, PROSE), PdfPage().prose(60, 400, PROSE[:1])]
    first, second = read(make_pdf(tmp_path / "a.pdf", pages))
    assert first.text == "\n".join(PROSE)
    assert (first.place.page, second.place.page) == (1, 2)
    x0, y0, x1, y1 = first.place.box or (9, 9, 9, 9)
    assert x0 == pytest.approx(60 / PAGE[0], abs=0.01)
    assert 0.1 < y0 < 100 / PAGE[1] < y1 < 0.18
    assert x0 < x1 <= 1


def test_pages_are_called_what_the_document_calls_them(tmp_path: Path) -> None:
    kids = [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 7 0 R /Resources << /Font << /F 8 0 R >> >> >>"
    ] * 4
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R"
        b" /PageLabels << /Nums [0 << /S /r >> 2 << /S /D >> 3 << /S /D /P (A-) >>] >> >>",
        b"<< /Type /Pages /Count 4 /Kids [3 0 R 4 0 R 5 0 R 6 0 R] >>",
        *kids,
        stream(b"BT /F 12 Tf 60 700 Td (The same words on each page) Tj ET"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    (tmp_path / "a.pdf").write_bytes(written(*objects))
    places = [piece.place for piece in read(tmp_path / "a.pdf")]
    assert [place.printed for place in places] == ["i", "ii", "1", "A-1"]
    assert places[2].label() == "page 3 (printed 1)"
    first, *_ = read(make_pdf(tmp_path / "b.pdf", [PdfPage().prose(60, 100, PROSE)]))
    assert first.place.printed is None and first.place.label() == "page 1"


def test_a_page_whose_label_is_damaged_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(
        written(
            b"<< /Type /Catalog /Pages 2 0 R /PageLabels << /Nums [0 << /S /D /P <FEFFD800> >>] >> >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
            b" /Resources << /Font << /F 5 0 R >> >> >>",
            stream(b"BT /F 12 Tf 60 700 Td (The keeper writes down the weather) Tj ET"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        )
    )
    assert words(read(file)) == "The keeper writes down the weather"


def test_equal_pages_lose_nothing(tmp_path: Path) -> None:
    page = PdfPage().line(60, 60, "Notice to all", 20).prose(60, 100, PROSE).line(60, 400, "The harbour master")
    pieces = clean(read(make_pdf(tmp_path / "a.pdf", [page] * 5)), wrapped=True)
    by_page = [[piece.text for piece in pieces if piece.place.page == n] for n in range(1, 6)]
    assert by_page == [by_page[0]] * 5 and by_page[0][0] == "Notice to all" and "harbour master" in by_page[0][-1]


def test_headings_make_a_chain(tmp_path: Path) -> None:
    page = PdfPage().line(60, 60, "Harbour report", size=22).prose(60, 110, PROSE)
    page.line(60, 190, "Storm damage", size=15).prose(60, 220, PROSE)
    title, _, heading, last = read(make_pdf(tmp_path / "a.pdf", [page]))
    assert (title.text, title.heading) == ("Harbour report", "")
    assert (heading.text, heading.heading) == ("Storm damage", "Harbour report")
    assert last.heading == "Harbour report › Storm damage"


def test_a_table_without_borders_keeps_rows_and_empty_cells(tmp_path: Path) -> None:
    page = PdfPage()
    rows = [("Item", "Price", "Note"), ("Bolt M6", "0.40", ""), ("Nut M6", "", "sold out"), ("Washer", "0.10", "new")]
    for column, x in enumerate((60, 220, 380)):  # drawn column by column, as some programs do
        for number, row in enumerate(rows):
            if row[column]:
                page.line(x, 100 + 18 * number, row[column])
    (table,) = read(make_pdf(tmp_path / "a.pdf", [page]))
    assert table.kind == "table"
    assert table.text.split("\n") == [
        "Item | Price | Note",
        "Bolt M6 | 0.40 |",
        "Nut M6 |  | sold out",
        "Washer | 0.10 | new",
    ]


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"left column, line number {n} of them" for n in range(8)]
    right = [f"right column, line number {n} of it" for n in range(8)]
    page = PdfPage().line(150, 60, "A title that spans both of the columns", size=18)
    page.prose(50, 120, left).prose(320, 120, right)
    text = words(read(make_pdf(tmp_path / "a.pdf", [page])))
    assert text.index("A title") < text.index("line number 7 of them") < text.index("line number 0 of it")


def test_three_columns_with_lines_side_by_side_are_prose_and_no_table(tmp_path: Path) -> None:
    page = PdfPage()
    lines = [f"the keeper wrote line {n}" for n in range(18)]
    for column, x in enumerate((60, 230, 400)):
        page.prose(x, 100, [f"{line} of {column + 1}" for line in lines[column * 6 : column * 6 + 6]])
    pieces = read(make_pdf(tmp_path / "a.pdf", [page]))
    assert all(piece.kind == "text" for piece in pieces)
    assert [line.split(" of ")[0] for line in words(pieces).split("\n")] == lines


def test_a_table_goes_on_over_pages_below_its_head(tmp_path: Path) -> None:
    first, second = PdfPage(), PdfPage()
    rows = [("Company", "Town", "Staff"), ("Bolt Works Ltd.", "Lindau", "40"), ("Nut Works Limited", "Bregenz", "7")]
    more = [("Washer and Ring Works", "Wangen", "12"), ("Screw Works Ltd.", "Lindau", "3")]
    for page, part in ((first, rows), (second, more)):
        for number, row in enumerate(part):
            for x, cell in zip((60, 190, 320), row, strict=True):
                page.line(x, 100 + 18 * number, cell)
    pieces = read(make_pdf(tmp_path / "a.pdf", [first.line(300, 780, "Page 1 of 2"), second]))
    tables = [piece for piece in pieces if piece.kind == "table"]
    assert [piece.place.page for piece in tables] == [1, 2]
    assert tables[1].text.split("\n") == ["Company | Town | Staff", *(" | ".join(row) for row in more)]


def table(page: PdfPage, rows: list[tuple[str, ...]], xs: tuple[int, ...]) -> PdfPage:
    for number, row in enumerate(rows):
        for x, cell in zip(xs, row, strict=True):
            if cell:
                page.line(x, 100 + 18 * number, cell)
    return page


STAFF = [("Company", "Town", "Staff"), ("Bolt Works Ltd.", "Lindau", "40"), ("Nut Works Limited", "Bregenz", "7")]
FIRES = [("Street", "Quarter", "Dead"), ("Mill Lane", "North", "3"), ("Harbour Road", "South", "11")]


def test_another_table_on_the_next_page_is_its_own(tmp_path: Path) -> None:
    titled = PdfPage().line(60, 60, "Fires of the year", 13, True)
    for page in (titled, PdfPage()):
        pages = [table(PdfPage(), STAFF, (60, 190, 320)), table(page, FIRES, (60, 190, 320))]
        tables = [piece.text for piece in read(make_pdf(tmp_path / "a.pdf", pages)) if piece.kind == "table"]
        assert tables[1].split("\n")[0] == "Street | Quarter | Dead"


def test_a_form_does_not_go_on_with_a_table_of_figures(tmp_path: Path) -> None:
    first = table(PdfPage(), [("Item", "Price"), ("Bolt of steel", "40"), ("Nut of brass", "7")], (60, 300))
    second = table(PdfPage(), [("Name", "Anna Vane"), ("Born", "1911"), ("Keeper", "yes")], (60, 300))
    pieces = read(make_pdf(tmp_path / "a.pdf", [first, second]))
    assert "Price" not in pieces[-1].text and "Name | Anna Vane" in pieces[-1].text


def test_a_running_header_of_two_cells_is_no_row_of_a_table(tmp_path: Path) -> None:
    pages = []
    for n in range(4):
        page = PdfPage().line(60, 40, "Harbour Society").line(420, 40, "Annual report")
        rows = [STAFF[0]] * (n == 0) + [(f"Bolt Works {n}{i}", "Lindau", str(10 * n + i)) for i in range(5)]
        pages.append(table(page, rows, (60, 190, 400)))
    pieces = clean(read(make_pdf(tmp_path / "a.pdf", pages)), wrapped=True)
    assert [piece.text.split("\n")[0] for piece in pieces] == ["Company | Town | Staff"] * 4
    assert sum("Bolt Works 10" in piece.text for piece in pieces) == 1


def test_the_head_of_two_columns_stays_on_each_page(tmp_path: Path) -> None:
    pages = [
        table(PdfPage(), [("Company", "Staff")] * (n == 0) + [(f"Works {n} {i}", str(i)) for i in range(5)], (60, 300))
        for n in range(4)
    ]
    pieces = clean(read(make_pdf(tmp_path / "a.pdf", pages)), wrapped=True)
    assert [piece.text.split("\n")[0] for piece in pieces] == ["Company | Staff"] * 4


def test_debit_and_credit_of_a_table_without_a_head_stay_apart(tmp_path: Path) -> None:
    rows = [("01 Jan", "Opening", "500.00", ""), ("02 Jan", "Shop", "", "20.00"), ("03 Jan", "Rent", "", "300.00")]
    (found,) = read(make_pdf(tmp_path / "a.pdf", [table(PdfPage(), rows, (60, 150, 320, 420))]))
    assert found.text.split("\n")[1] == "02 Jan | Shop |  | 20.00"


def test_a_title_beside_its_numbers_makes_one_column(tmp_path: Path) -> None:
    page = PdfPage()
    rows = [("Company", "Town", "Staff"), ("Bolt Works", "Lindau", "40"), ("Nut Works", "Bregenz", "7")]
    for number, row in enumerate(rows):
        for x, cell in zip((60, 190, 360 if number == 0 else 320), row, strict=True):
            page.line(x, 100 + 18 * number, cell)
    (table,) = read(make_pdf(tmp_path / "a.pdf", [page]))
    assert table.text.split("\n") == [" | ".join(row) for row in rows]


def test_a_page_turned_by_its_rotation_has_upright_boxes(tmp_path: Path) -> None:
    sideways = PdfPage(turn=90, sideways=True).prose(60, 100, PROSE)
    (piece,) = read(make_pdf(tmp_path / "a.pdf", [sideways]))
    assert piece.text == "\n".join(PROSE)
    x0, y0, x1, y1 = piece.place.box or (9, 9, 9, 9)
    assert x1 - x0 > y1 - y0
    assert x0 == pytest.approx(60 / PAGE[1], abs=0.02)


def test_text_printed_sideways_is_read(tmp_path: Path) -> None:
    (piece,) = read(make_pdf(tmp_path / "a.pdf", [PdfPage(sideways=True).prose(60, 100, PROSE)]))
    assert piece.text == "\n".join(PROSE)
    x0, y0, x1, y1 = piece.place.box or (9, 9, 9, 9)
    assert y1 - y0 > x1 - x0


def test_a_page_without_text_is_a_scan(tmp_path: Path) -> None:
    page = PdfPage().picture(a_picture(600, 800), 0, 0, *PAGE)
    (piece,) = read(make_pdf(tmp_path / "a.pdf", [page, PdfPage()]))
    assert (piece.kind, piece.place.page) == ("scan", 1)
    assert piece.picture is not None
    assert piece.picture.mode == "RGB"
    assert piece.picture.size == pytest.approx((600 * 200 / 72, 800 * 200 / 72), abs=2)


def test_pictures_have_a_box_and_a_logo_comes_once(tmp_path: Path) -> None:
    logo, photo = a_picture(200, 100), a_picture(400, 300, hue=255)
    pages = [PdfPage().prose(60, 200, PROSE).picture(logo, 400, 20, 150, 75) for _ in range(3)]
    pages[1].picture(photo, 60, 400, 300, 225).picture(logo, 20, 760, 10, 5)
    pictures = [piece for piece in read(make_pdf(tmp_path / "a.pdf", pages)) if piece.kind == "picture"]
    assert [piece.place.page for piece in pictures] == [1, 2]
    assert pictures[1].place.box == pytest.approx((60 / 600, 400 / 800, 360 / 600, 625 / 800), abs=0.01)
    assert pictures[1].picture is not None
    assert pictures[1].picture.getpixel((300, 230)) == pytest.approx((200, 255, 40), abs=12)


def test_a_locked_file_says_what_to_do(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "secret.pdf", [PdfPage().prose(60, 100, PROSE)], password="open sesame")
    with pytest.raises(ExtractionError, match=r"secret\.pdf is locked with a password; save a copy"):
        read(path)


def test_a_file_with_permissions_only_is_read(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [PdfPage().prose(60, 100, PROSE)], password="")
    assert "lighthouse" in words(read(path))


def test_a_cut_file_is_read_or_refused_in_words(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [PdfPage().prose(60, 100, PROSE) for _ in range(5)])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ExtractionError, match=r"a\.pdf .*damaged"):
        read(path)


def test_a_damaged_page_is_unread(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [PdfPage().line(60, 100, f"This is page number {n}") for n in (1, 2, 3)])
    data = path.read_bytes()
    at = data.index(b"/Type /Page /", data.index(b"/Type /Page /") + 1)
    path.write_bytes(
        data[:at] + b"/Type /Junk /" + data[at + 13 :].replace(b"/MediaBox [0 0 600 800]", b"/MediaBox 7", 1)
    )
    found = read(path)
    assert [(piece.kind, piece.place.page) for piece in found] == [("text", 1), ("unread", 2), ("text", 3)]
    assert "page number 1" in found[0].text and "page number 3" in found[2].text
    assert read(path, after=1) == found[1:], "what is unread counts as no piece"
    assert read(path, after=2) == found[1:2], "and is told each time"


def test_two_threads_may_read_at_once(tmp_path: Path) -> None:
    paths = [
        make_pdf(tmp_path / f"{n}.pdf", [PdfPage().prose(60, 100, [*PROSE, f"file {n}"]) for _ in range(10)])
        for n in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        for n, pieces in enumerate(pool.map(read, paths)):
            assert words(pieces).count(f"file {n}") == 10


@pytest.mark.parametrize("size", [1, 2, 3000])
def test_characters_in_few_rows_take_time_in_proportion(size: int) -> None:
    """As many columns as there are runs: of all of them, each run was compared with each."""
    runs = [
        Run("a 1", 40.0 * (n // 2), 14.0 * (n % 2), 40.0 * (n // 2) + 20, 14.0 * (n % 2) + 10, 10.0, False, n)
        for n in range(2 * size)
    ]
    before = time.process_time()
    (block,) = blocks(runs)
    assert block.text.count("a 1") == 2 * size
    assert time.process_time() - before < 2


def test_the_smallest_letters_are_read(tmp_path: Path) -> None:
    page = PdfPage().line(60, 60, "tiny", size=0.2).line(60, 100, "Large enough", size=12)
    assert "Large enough" in words(read(make_pdf(tmp_path / "a.pdf", [page])))
