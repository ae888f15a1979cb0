"""The sample library keeps its promises: every format is there, it is small, and its figures agree across the files."""

from __future__ import annotations

import csv
import email
import email.policy
import html
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SAMPLES

LETTER = SAMPLES / "澜湾航海博物馆来信.txt"
SURVEY = SAMPLES / "Condition survey 2024.pdf"
SCAN = SAMPLES / "keepers-log-1911-11.pdf"


def pdf_pages(path: Path) -> list[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return pages


def sheets() -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(SAMPLES / "Budget 2024-25.xlsx")
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def amount(rows: list[list[Any]], label: str, column: int = 1) -> float:
    """The number in the row that holds the label."""
    [row] = [row for row in rows if label in row]
    value = row[column]
    assert isinstance(value, float)
    return value


def slides() -> list[str]:
    from pptx import Presentation

    texts = []
    for slide in Presentation(str(SAMPLES / "Members evening 2024-11-16.pptx")).slides:
        parts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        parts += [
            cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells
        ]
        texts.append("\n".join(parts))
    return texts


def epub() -> str:
    with zipfile.ZipFile(SAMPLES / "Oral history - Edith Penrose.epub") as book:
        chapters = [book.read(name).decode() for name in book.namelist() if "chapter" in name]
    assert len(chapters) == 3
    return re.sub(r"<[^>]+>", " ", " ".join(chapters))


def readings() -> list[dict[str, str]]:
    with (SAMPLES / "bedroom-humidity-2024-10.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mail() -> str:
    message = email.message_from_bytes((SAMPLES / "Re scaffold dates.eml").read_bytes(), policy=email.policy.default)
    assert message["subject"] == "Re: Scaffold dates"
    return str(message.get_content())


def test_every_kind_of_file_is_there_and_the_library_is_small() -> None:
    files = [path for path in SAMPLES.iterdir() if path.is_file()]
    kinds = {path.suffix for path in files}
    assert kinds == {
        *(".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".html", ".md", ".txt", ".csv", ".json", ".eml"),
        *(".jpg", ".png", ".mp3", ".mp4"),
    }
    assert len(files) == 18
    assert sum(path.stat().st_size for path in files) < 4_000_000


@pytest.mark.parametrize(
    "name", ["lighthouse-at-dusk.jpg", "supply-boat.jpg", "watch-room-clock.jpg", "tower-monitor-screenshot.png"]
)
def test_pictures_open_and_are_large_enough_to_look_at(name: str) -> None:
    from PIL import Image

    with Image.open(SAMPLES / name) as picture:
        picture.load()
        assert picture.mode == "RGB"
        assert min(picture.size) >= 800


def test_the_survey_has_five_pages_with_text_and_page_numbers() -> None:
    pages = pdf_pages(SURVEY)
    assert len(pages) == 5
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of 5" in text
        assert len(text) > 500
    assert "Watch room 1.20 17.7 12.9" in pages[2]


def test_the_scan_has_no_text_layer_and_is_one_picture() -> None:
    import pypdfium2
    import pypdfium2.raw

    assert pdf_pages(SCAN) == [""]
    document = pypdfium2.PdfDocument(SCAN)
    kinds = [thing.type for thing in document[0].get_objects()]
    document.close()
    assert kinds == [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]


def test_the_letter_is_chinese() -> None:
    text = LETTER.read_text(encoding="utf-8")
    chinese = re.findall(r"[\u4e00-\u9fff]", text)
    assert len(chinese) > 300
    assert len(chinese) / len(re.sub(r"\s", "", text)) > 0.6


def test_what_is_missing_in_the_lens_is_what_the_museum_gives() -> None:
    lens_page = pdf_pages(SURVEY)[3]
    panels = re.findall(r"\b([1-8]) 33 (\d) (\d)\b", lens_page)
    missing = {panel: int(count) for panel, _, count in panels if count != "0"}
    assert [panel for panel, *_ in panels] == list("12345678")
    assert f"Total 264 {sum(int(chipped) for _, chipped, _ in panels)} {sum(missing.values())}" in lens_page
    notes = (SAMPLES / "lens workshop notes.md").read_text(encoding="utf-8")
    gaps = re.findall(r"\| L\d \| panel (\d)", notes)
    assert {panel: gaps.count(panel) for panel in gaps} == missing == {"2": 2, "5": 2, "7": 1, "8": 1}
    assert "六块棱镜" in LETTER.read_text(encoding="utf-8")
    assert "焦距500毫米" in LETTER.read_text(encoding="utf-8")
    assert "focal length of 500 mm" in lens_page


def test_the_works_sum_up_and_agree_with_the_survey() -> None:
    rows = sheets()["Works"]
    works = [row for row in rows if row[0] in ("A", "B", "C")]
    page = pdf_pages(SURVEY)[4]
    assert len(works) == 7
    for row in works:
        assert f"{row[0]} {row[1]} £{row[2]:,.0f}" in page
        assert row[5] == row[3] - row[4]
    for column in (2, 3, 4, 5):
        assert amount(rows, "Total", column) == sum(row[column] for row in works)
    assert f"Total without scaffolding £{amount(rows, 'Total', 2):,.0f}" in page


def test_the_money_still_to_be_found_agrees_in_budget_and_slides() -> None:
    book = sheets()
    summary = book["Summary"]
    raised, cost, missing = (amount(summary, label) for label in ("Total raised", "Total cost", "Still to be found"))
    income = (
        "Coastal heritage grant",
        "County council",
        "Donations, April to October 2024",
        "Membership fees",
        "Open days, tickets",
    )
    assert raised == sum(amount(summary, label) for label in income)
    assert cost == sum(
        amount(summary, label) for label in ("Works, quotes accepted", "Scaffolding (bidder B)", "Reserve")
    )
    assert missing == cost - raised == 2400
    assert amount(summary, "Works, quotes accepted") == amount(book["Works"], "Total", 3)
    assert amount(summary, "Donations, April to October 2024") == amount(book["Donations"], "Total")
    months = [row for row in book["Donations"] if isinstance(row[1], float) and row[0] != "Total"]
    assert amount(book["Donations"], "Total") == sum(row[1] for row in months)
    money = slides()[4]
    for value in (raised, cost, missing):
        assert f"{value:,.0f}" in money


def test_the_museums_freight_is_what_has_been_paid_for_the_prisms() -> None:
    paid = amount(sheets()["Works"], "Replace six missing prisms of the lens", 4)
    assert f"{paid:.0f}英镑" in LETTER.read_text(encoding="utf-8")


def test_the_accepted_bid_is_the_scaffolding_in_the_budget() -> None:
    import docx

    document = docx.Document(str(SAMPLES / "Minutes 2024-06-06.docx"))
    bids = {row.cells[0].text: row.cells[1].text for row in document.tables[0].rows}
    accepted = amount(sheets()["Summary"], "Scaffolding (bidder B)")
    assert bids["Bidder B"] == f"£{accepted:,.0f}" == "£9,600"
    headings = [p.text for p in document.paragraphs if str(p.style and p.style.name).startswith("Heading")]
    assert headings == ["1. Condition survey", "2. Scaffolding", "3. The missing prisms", "4. Open days", "5. Actions"]


def test_the_dates_of_the_scaffold_agree_in_mail_and_slides() -> None:
    timetable, body = slides()[3], mail()
    for day, event in (
        ("17 March", "nesting birds"),
        ("24 March", "goes up"),
        ("7 April", "e-pointing"),
        ("30 June", "comes down"),
    ):
        assert re.search(rf"{day} 2025[^\n]*{event}", body)
        assert re.search(rf"{day}\n[^\n]*{event}", timetable)


def test_alarms_follow_the_threshold_of_the_monitor() -> None:
    threshold = json.loads((SAMPLES / "monitor-config.json").read_text(encoding="utf-8"))["alarm"]["humidity_percent"]
    rows = readings()
    assert len(rows) == 62
    assert {row["date"] for row in rows if row["alarm"] == "yes"} == {"2024-10-09", "2024-10-10"}
    assert all((row["alarm"] == "yes") == (int(row["humidity_percent"]) >= threshold) for row in rows)
    highest = max(rows, key=lambda row: int(row["humidity_percent"]))
    assert (highest["date"], highest["time"], highest["humidity_percent"]) == ("2024-10-09", "20:00", "93")
    assert f"{threshold} %" in mail()


def test_steps_first_light_and_automation_agree() -> None:
    page = html.unescape((SAMPLES / "visit-us.html").read_text(encoding="utf-8"))
    tower, told = pdf_pages(SURVEY)[1], epub()
    assert "139 steps" in page and "139 steps" in tower and "one hundred and thirty-nine" in told
    assert "4 October 1871" in page and "4 October 1871" in tower
    assert "2 September 1986" in tower and "2 September 1986" in told


def test_the_one_difference_is_deliberate_and_explained() -> None:
    page = (SAMPLES / "visit-us.html").read_text(encoding="utf-8")
    notes = (SAMPLES / "lens workshop notes.md").read_text(encoding="utf-8")
    assert re.search(r"34\s+metres tall", page)
    assert "31.4 metres" in pdf_pages(SURVEY)[1]
    assert "The survey is right: 31.4 m" in notes and "34 m" in notes
