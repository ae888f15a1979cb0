"""Tables of PDFs that no rules part: where one ends below which another stands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.extractors import extract
from pipelines.extractors.layout import blocks
from pipelines.extractors.lines import Run
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PdfPage, make_pdf


def read(path: Path) -> list[Piece]:
    return list(extract(path, kind_of(path)))


def table(
    page: PdfPage, rows: Sequence[tuple[str, ...]], xs: tuple[int, ...], y: int = 100, bold: bool = False
) -> PdfPage:
    """Its head is `bold`, or nothing is."""
    for number, row in enumerate(rows):
        for x, cell in zip(xs, row, strict=True):
            if cell:
                page.line(x, y + 18 * number, cell, bold=bold and number == 0)
    return page


WORKS = [
    ("Company", "Town", "Staff"),
    *((f"{name} Works", "Lindau", str(n)) for n, name in enumerate(("Bolt", "Nut", "Ring", "Pin", "Nail"))),
]
MONTHS = [
    ("Month", "Fires", "Dead", "Saved"),
    ("May", "4", "0", "11"),
    ("June", "6", "1", "9"),
    ("July", "5", "3", "20"),
]


def parts(path: Path, page: PdfPage) -> list[str]:
    file = make_pdf(path / "a.pdf", [page])
    return [piece.text for piece in extract(file, kind_of(file)) if piece.kind == "table"]


@pytest.mark.parametrize("head", [True, False])
def test_a_table_ends_where_the_places_of_columns_change(tmp_path: Path, head: bool) -> None:
    page = table(PdfPage(), WORKS, (60, 230, 350))
    months = MONTHS if head else [*MONTHS[1:], ("August", "2", "0", "7")]
    table(page, months, (60, 170, 290, 430), 100 + 18 * len(WORKS))
    assert parts(tmp_path, page) == ["\n".join(map(" | ".join, rows)) for rows in (WORKS, months)]


@pytest.mark.parametrize(
    ("rows", "bold"), [([("Street", "Quarter", "Dead"), *WORKS[1:]], True), ([row[::-1] for row in WORKS], False)]
)
def test_a_table_ends_where_a_new_head_begins(tmp_path: Path, rows: Sequence[tuple[str, ...]], bold: bool) -> None:
    page = table(PdfPage(), WORKS, (60, 230, 350), bold=bold)
    table(page, rows, (60, 230, 350), 100 + 18 * len(WORKS), bold)
    assert parts(tmp_path, page) == ["\n".join(map(" | ".join, each)) for each in (WORKS, rows)]


def test_a_table_with_gaps_and_words_for_figures_stays_one(tmp_path: Path) -> None:
    rows = [WORKS[0], *WORKS[1:3], ("Nut Works", "", "none"), ("Ring Works", "Bregenz", ""), *WORKS[3:]]
    rows += [("Pin Works", "Wangen", "unknown"), *WORKS[1:4]]
    (found,) = parts(tmp_path, table(PdfPage(), rows, (60, 230, 350)))
    assert found.split("\n") == [" | ".join(row).rstrip() for row in rows]


@pytest.mark.parametrize("columns", [2, 400])
def test_rows_that_are_all_like_heads_take_no_time(columns: int) -> None:
    texts = [[("a", "1")[row % 2]] * columns for row in range(6000 // columns)]
    runs = [
        Run(text, 9.0 * x + row % 5, 14.0 * row, 9.0 * x + 5, 14.0 * row + 10, 10.0, False, row * columns + x)
        for row, cells in enumerate(texts)
        for x, text in enumerate(cells)
    ]
    before = time.process_time()
    assert sum(len(block.text) for block in blocks(runs)) >= len(runs)
    assert time.process_time() - before < 4


LEFT = [
    "The northern depot opens at",
    "six in the morning on weekdays",
    "and it is closed on the ninth",
    "of May every year.",
]
RIGHT = [
    "the southern depot opens at",
    "nine in the evening on Sundays",
    "and it is closed on the third",
    "of June every year.",
]


@pytest.mark.parametrize("gap", [7, 14, 40])
def test_columns_of_prose_are_not_fused_where_they_are_drawn_line_by_line(tmp_path: Path, gap: int) -> None:
    page = PdfPage()
    for n, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        page.line(50, 100 + 13 * n, left).line(203 + gap, 100 + 13 * n, right)
    assert [piece.text.split("\n") for piece in read(make_pdf(tmp_path / "a.pdf", [page]))] == [LEFT, RIGHT]


def test_columns_stand_between_paragraphs_over_the_whole_width(tmp_path: Path) -> None:
    wide = [" ".join([word] * 9) for word in ("harbour", "opened", "before", "winter")]
    page = PdfPage().prose(50, 60, wide).prose(50, 130, LEFT).prose(230, 130, RIGHT).prose(50, 210, wide)
    found = [piece.text.split("\n") for piece in read(make_pdf(tmp_path / "a.pdf", [page]))]
    assert found == [wide, LEFT, RIGHT, wide]


def test_a_box_beside_prose_is_read_by_itself(tmp_path: Path) -> None:
    prose = [f"the keeper of the light wrote line {n} of his log by hand" for n in range(9)]
    box = ["The lion of stone", "weighs as much as", "sixty tonnes and", "looks to the Alps"]
    page = PdfPage().prose(50, 100, prose)
    for n, text in enumerate(box):
        page.line(400, 113 + 11 * n, text, 9)
    found = [piece.text.split("\n") for piece in read(make_pdf(tmp_path / "a.pdf", [page]))]
    assert prose in found and box in found


def test_a_sentence_goes_on_in_the_next_column(tmp_path: Path) -> None:
    left = [*LEFT[:3], "of May, and the keeper knows"]
    right = ["every truck by its engine, and", *RIGHT[1:]]
    page = PdfPage().prose(50, 130, left).prose(230, 130, right)
    (found,) = read(make_pdf(tmp_path / "a.pdf", [page]))
    assert found.text.split("\n") == [*left, *right]
