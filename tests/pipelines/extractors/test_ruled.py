"""Ruled tables of PDFs: cells as the drawn rules part them, heads over several columns, and what is no table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path
from random import Random

import pytest

from pipelines.extractors import extract
from pipelines.extractors.grids import grids_of
from pipelines.extractors.layout import blocks
from pipelines.extractors.lines import Run
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PdfPage, a_picture, make_pdf


def read(path: Path, *pages: PdfPage) -> list[Piece]:
    file = make_pdf(path / "a.pdf", list(pages))
    return list(extract(file, kind_of(file)))


def tables(pieces: list[Piece]) -> list[list[str]]:
    return [piece.text.split("\n") for piece in pieces if piece.kind == "table"]


def grid(page: PdfPage, xs: tuple[int, ...], ys: tuple[int, ...]) -> PdfPage:
    for y in ys:
        page.rule(xs[0], y, xs[-1], y)
    for x in xs:
        page.rule(x, ys[0], x, ys[-1])
    return page


def filled(page: PdfPage, xs: tuple[int, ...], y: int, rows: Sequence[tuple[str, ...]], step: int = 20) -> PdfPage:
    for number, row in enumerate(rows):
        for x, cell in zip(xs, row, strict=False):
            if cell:
                page.line(x + 4, y + 14 + step * number, cell, 10)
    return page


def test_cells_of_several_lines_and_heads_over_several_columns(tmp_path: Path) -> None:
    page, xs = PdfPage(), (50, 150, 230, 310, 390, 470)
    for x0, y0, x1, y1 in ((50, 100, 470, 100), (150, 120, 470, 120), (50, 150, 470, 150), (50, 180, 470, 180)):
        page.rule(x0, y0, x1, y1)
    page.rule(50, 210, 470, 210)
    for n, x in enumerate(xs):
        page.rule(x, 120 if n in (2, 4) else 100, x, 210)
    page.line(54, 128, "Harbour", 10).line(154, 114, "In summer", 10).line(314, 114, "In winter", 10)
    for n, x in enumerate(xs[1:5]):
        page.line(x + 4, 132, ("Fee per", "Dues per")[n % 2], 10).line(x + 4, 144, ("night", "month")[n % 2], 10)
    filled(page, xs, 155, [("", "10.40", "200", "5.20", "100"), ("Bregenz", "8.10", "150", "4.00", "80")], 30)
    page.line(54, 163, "Lindau, below", 10).line(54, 175, "the lighthouse", 10)
    assert tables(read(tmp_path, page)) == [
        [
            "Harbour | In summer, Fee per night | In summer, Dues per month"
            " | In winter, Fee per night | In winter, Dues per month",
            "Lindau, below the lighthouse | 10.40 | 200 | 5.20 | 100",
            "Bregenz | 8.10 | 150 | 4.00 | 80",
        ]
    ]


def test_a_cell_over_several_rows_is_told_in_each(tmp_path: Path) -> None:
    page, xs = PdfPage(), (50, 150, 250, 350)
    for y in (100, 120, 180):
        page.rule(50, y, 350, y)
    for y in (140, 160):
        page.rule(50, y, 250, y)
    for x in xs:
        page.rule(x, 100, x, 180)
    filled(page, xs, 100, [("Boat", "Length", "Berth"), ("Amalie", "7.5"), ("Berta", "9.1", "North"), ("Carla", "6.2")])
    assert tables(read(tmp_path, page)) == [
        ["Boat | Length | Berth", "Amalie | 7.5 | North", "Berta | 9.1 | North", "Carla | 6.2 | North"]
    ]


def test_grounds_of_cells_are_rules_but_for_those_of_lines(tmp_path: Path) -> None:
    page, xs = PdfPage(), (50, 151, 252)
    rows = [("Boat", "Keeper"), ("Amalie, the old", "Anna Vane of the"), ("Berta", "Ben Holm"), ("Carla", "Cleo Ray")]
    for y, height in ((100, 20), (121, 30), (152, 20), (173, 20)):
        for x in xs[:2]:
            page.area(x, y, 100, height, 0.8)
    for y in (122, 136):  # a word processor draws the ground of each line of text once more
        page.area(54, y, 60, 14, 0.8).area(155, y, 60, 14, 0.8)
    for y, row in zip((100, 119, 152, 173), rows, strict=True):
        filled(page, xs, y, [row])
    page.line(54, 147, "ferry", 10).line(155, 147, "harbour", 10)
    assert tables(read(tmp_path, page)) == [
        ["Boat | Keeper", "Amalie, the old ferry | Anna Vane of the harbour", "Berta | Ben Holm", "Carla | Cleo Ray"]
    ]


def test_rules_part_what_stands_close_together(tmp_path: Path) -> None:
    rows = [("Town", "Staff"), ("Lindau", "40"), ("Bregenz", "7")]
    page = grid(PdfPage(), (50, 150, 200), (100, 120, 140, 160))
    for number, (town, staff) in enumerate(rows):
        page.line(146 - 5 * len(town), 114 + 20 * number, town, 10).line(152, 114 + 20 * number, staff, 10)
    assert tables(read(tmp_path, page)) == [[" | ".join(row) for row in rows]]


def test_rows_that_no_rule_parts_stay_rows(tmp_path: Path) -> None:
    page, xs = PdfPage(), (50, 150, 250, 350)
    page.rule(50, 120, 350, 120).rule(50, 100, 350, 100)
    for x in (150, 250):
        page.rule(x, 100, x, 200)
    rows = [("Boat", "Built", "Crew"), ("Amalie", "1911", "3"), ("Berta", "1950", "4"), ("Carla", "2001", "2")]
    filled(page, xs, 100, rows)
    assert tables(read(tmp_path, page)) == [[" | ".join(row) for row in rows]]


def test_lines_of_long_cells_are_no_rows(tmp_path: Path) -> None:
    page = grid(PdfPage(), (50, 300, 500), (100, 120, 180, 240)).line(54, 114, "Risk").line(304, 114, "Measure")
    for n in range(2):
        page.prose(54, 142 + 60 * n, [f"The crane falls over {n}", "when the wind is strong"])
        page.prose(304, 135 + 60 * n, ["Look at the wind", f"and lower at {n} knots", "all that hangs"])
    risk, measure = (
        "The crane falls over {0} when the wind is strong",
        "Look at the wind and lower at {0} knots all that hangs",
    )
    assert tables(read(tmp_path, page)) == [["Risk | Measure", *(f"{risk} | {measure}".format(n) for n in range(2))]]


STAFF = [("Company", "Town", "Staff"), ("Bolt Works", "Lindau", "40"), ("Nut Works", "Bregenz", "7")]
MONTHS = [("Month", "Fires", "Dead", "Saved"), ("May", "4", "0", "11"), ("June", "6", "1", "9")]


@pytest.mark.parametrize("gap", [0, 12])
def test_tables_below_each_other_are_two(tmp_path: Path, gap: int) -> None:
    page = grid(PdfPage(), (50, 200, 300, 400), (100, 120, 140, 160))
    grid(page, (50, 130, 240, 350, 400), tuple(y + gap for y in (160, 180, 200, 220)))
    filled(page, (50, 200, 300), 100, STAFF)
    filled(page, (50, 130, 240, 350), 160 + gap, MONTHS)
    assert tables(read(tmp_path, page)) == [[" | ".join(row) for row in rows] for rows in (STAFF, MONTHS)]


def test_a_new_head_begins_a_new_table(tmp_path: Path) -> None:
    rows = [("", "This year", "Last year"), ("Sales", "40", "37"), ("Wages", "20", "21"), ("", "June", "May")]
    rows += [("Assets", "81", "80"), ("Debts", "9", "12")]
    page = grid(PdfPage(), (50, 200, 300, 400), (100, 120, 140, 160, 180, 200, 220))
    first, second = tables(read(tmp_path, filled(page, (50, 200, 300), 100, rows)))
    assert (first[0], second[0], len(first)) == (" | This year | Last year", " | June | May", 3)


def test_a_title_within_the_rules_is_text_and_a_group_a_row(tmp_path: Path) -> None:
    page = PdfPage()
    for y in range(100, 221, 20):
        page.rule(50, y, 350, y)
    page.rule(50, 100, 50, 220).rule(350, 100, 350, 220)
    for y0, y1 in ((120, 160), (180, 220)):
        page.rule(200, y0, 200, y1)
    rows = [
        ("Boats of the harbour", ""),
        ("Boat", "Crew"),
        ("Amalie", "3"),
        ("Sunk", ""),
        ("Berta", "4"),
        ("Carla", "2"),
    ]
    title, found = read(tmp_path, filled(page, (50, 200), 100, rows))
    assert (title.kind, title.text) == ("text", "Boats of the harbour")
    assert found.text.split("\n") == ["Boat | Crew", "Amalie | 3", "Sunk |", "Berta | 4", "Carla | 2"]


def test_a_ruled_table_goes_on_over_pages_below_its_head(tmp_path: Path) -> None:
    xs, ys = (50, 200, 300, 400), (100, 120, 140, 160)
    more = [("Washer Works", "Wangen", "12"), ("Screw Works", "", "3"), ("Ring Works", "Lindau", "5")]
    pages = [filled(grid(PdfPage(), xs, ys), xs, 100, rows) for rows in (STAFF, more)]
    assert tables(read(tmp_path, *pages))[1] == [
        "Company | Town | Staff",
        "Washer Works | Wangen | 12",
        "Screw Works |  | 3",
        "Ring Works | Lindau | 5",
    ]


def test_a_table_stands_where_it_stands_between_paragraphs(tmp_path: Path) -> None:
    page = PdfPage().prose(50, 60, ["The works of the town and", "those who work in them are"])
    page.prose(50, 200, ["These figures are those of", "the town's own office."])
    pieces = read(tmp_path, filled(grid(page, (50, 200, 300, 400), (100, 120, 140, 160)), (50, 200, 300), 100, STAFF))
    assert [piece.kind for piece in pieces] == ["text", "table", "text"]
    box = pieces[1].place.box
    assert box == pytest.approx((50 / 600, 100 / 800, 400 / 600, 160 / 800), abs=0.002)


def test_a_table_printed_sideways(tmp_path: Path) -> None:
    page = filled(PdfPage(sideways=True), (50, 200, 300), 100, STAFF)
    grid(page, (100, 120, 140, 160), (400, 500, 600, 750))
    assert tables(read(tmp_path, page)) == [[" | ".join(row) for row in STAFF]]


def test_a_chart_a_frame_and_boxes_of_prose_are_no_tables(tmp_path: Path) -> None:
    chart = grid(PdfPage(), (100, 200, 300, 400), (100, 150, 200, 250))
    for n in range(4):
        chart.line(97 + 100 * n, 253, str(10 * n), 9).line(97, 103 + 50 * n, str(40 - 10 * n), 9)
    boxes = grid(PdfPage(), (40, 300, 560), (100, 300, 500))
    for x in (50, 310):
        for y in (120, 320):
            boxes.prose(x, y, [f"The keeper of the lighthouse wrote line {n} here" for n in range(12)])
    frame = PdfPage().rule(40, 90, 560, 90).rule(40, 200, 560, 200).rule(40, 90, 40, 200).rule(560, 90, 560, 200)
    frame.prose(50, 110, ["Whoever reads this is asked to", "write to the harbour's office."])
    pieces = read(tmp_path, chart, boxes, frame)
    assert not tables(pieces)
    assert sum(piece.text.count("keeper") for piece in pieces) == 48


@pytest.mark.parametrize("count", [700, 4000, 9000])
def test_thousands_of_rules_and_letters_on_a_page_take_no_time(tmp_path: Path, count: int) -> None:
    page = PdfPage().line(60, 60, "A page full of rules")
    for n in range(count // 2):
        page.rule(10 + 580 * n / count, 80, 10 + 580 * n / count, 780)
        page.rule(10, 80 + 700 * n / count, 590, 80 + 700 * n / count)
    for n in range(900):
        page.line(12 + 19 * (n % 30), 90 + 20 * (n // 30), "a b", 6)
    path = make_pdf(tmp_path / "a.pdf", [page])
    before = time.process_time()
    pieces = list(extract(path, kind_of(path)))
    assert time.process_time() - before < 5
    assert sum(piece.text.count("b") for piece in pieces) == 900


def test_rules_over_a_picture_leave_a_scan_one(tmp_path: Path) -> None:
    page = grid(PdfPage().picture(a_picture(600, 800), 0, 0, 600, 800), (50, 200, 400), (100, 200, 300))
    (piece,) = read(tmp_path, page)
    assert piece.kind == "scan"


def test_no_word_is_lost_whichever_rules_are_missing() -> None:
    for seed in range(400):
        random = Random(seed)
        wide, high = random.randint(2, 6), random.randint(2, 8)
        xs, ys = (
            sorted(random.sample(range(50, 550, 25), wide + 1)),
            sorted(random.sample(range(50, 700, 20), high + 1)),
        )
        rules = [(a, y, b, y) for y in ys for a, b in pairwise(xs) if y in (ys[0], ys[-1]) or random.random() < 0.75]
        rules += [(x, a, x, b) for x in xs for a, b in pairwise(ys) if x in (xs[0], xs[-1]) or random.random() < 0.75]
        runs: list[Run] = []
        for (x0, x1), (y0, y1) in product(pairwise(xs), pairwise(ys)):
            for y in range(y0 + 3, y1 - 9, 11)[: random.choice([0, 1, 1, 1, 2])]:
                digits = str(len(runs))
                word = f"w{digits}" if random.random() < 0.5 else "".join(chr(97 + int(n)) for n in f"00{digits}")
                end = min(x0 + 2 + 5 * len(word), x1 - 1)
                runs.append(Run(word, x0 + 2, y, end, y + 9, 9.0, False, len(runs)))
        told = {word.strip(",|") for block in blocks(runs, None, grids_of(rules)) for word in block.text.split()}
        assert {run.text for run in runs} <= told, seed
