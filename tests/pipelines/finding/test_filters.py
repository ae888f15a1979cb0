"""Filters that a question states in words: kinds of files, pages, dates. And the words and verses that state none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime

import pytest

from indexes.library import Library
from indexes.records import FileRecord, Modality, Place, Segment, Source
from pipelines.finding.filters import find_filters, without
from pipelines.finding.focus import focus_of

TODAY = date(2024, 6, 12)  # a Wednesday
FILES: tuple[tuple[str, Modality, str, str], ...] = (
    ("report.pdf", "document", "application/pdf", "2023-05-04"),
    ("covid-19.pdf", "document", "application/pdf", "2024-01-02"),
    ("studies.txt", "document", "text/plain", "2020-02-02"),
    ("budget.csv", "document", "text/csv", "2024-05-20"),
    ("holiday 2023-07-14.jpg", "image", "image/jpeg", "2024-06-10"),
    ("boat.jpg", "image", "image/jpeg", "2024-06-05"),
    ("talk.mp4", "video", "video/mp4", "2022-01-01"),
    ("vortrag.mp4", "video", "video/mp4", "2022-01-02"),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Iterator[Library]:
    library = Library(tmp_path_factory.mktemp("filters"))
    for name, modality, media_type, day in FILES:
        duration, language = (600.0 if modality == "video" else None), "de" if name == "vortrag.mp4" else "en"
        source = Source(name, modality, media_type, 1, duration=duration, language=language)
        changed = int(datetime.fromisoformat(day).timestamp() * 1e9)
        file = FileRecord(f"/files/{name}", "indexed", modality, name, mtime_ns=changed, segments=3)
        text = "Masks help covid-19 patients." if name == "studies.txt" else "something"
        kind = "picture" if modality == "image" else "text"
        pages = [Segment(name, n, modality, text, Place(page=n), kind=kind) for n in (1, 2, 3)]
        library.extend(source, file, pages, {}, {})
    yield library
    library.close()


@pytest.mark.parametrize(
    ("question", "told", "left"),
    [
        ("Where is a dog in the pictures?", ["pictures"], "Where is a dog ?"),
        ("Is there a deadline in my PDFs?", ["PDF files"], "Is there a deadline ?"),
        ("What animal crawls out in the video?", ["videos"], "What animal crawls out ?"),
        ("What does paint cost in the spreadsheet?", ["spreadsheets"], "What does paint cost ?"),
        (
            "what is said about boats, acording to that german recording",
            ["German recordings"],
            "what is said about boats,",
        ),
        (
            "what helmets are worn in the safety training video?",
            ["videos"],
            "what helmets are worn in the safety training ?",
        ),
        ("Was kostet der Kran laut der Tabelle?", ["spreadsheets"], "Was kostet der Kran ?"),
        ("Que dit-on dans la vidéo ?", ["videos"], "Que dit-on ?"),
        ("Qué se dice en el vídeo", ["videos"], "Qué se dice"),
        ("船的视频里说了什么？", ["videos"], "船的 说了什么？"),
        ("What is the deadline on page 3?", ["page 3"], "What is the deadline ?"),
        ("What is named on pages 2 to 3?", ["pages 2 to 3"], "What is named ?"),
        ("第2页写了什么？", ["page 2"], "写了什么？"),
        ("What is a boat in the photos from 2023?", ["pictures from 2023-01-01 to 2023-12-31"], "What is a boat ?"),
        ("Which files from last week mention it?", ["files from 2024-06-03 to 2024-06-09"], "Which mention it?"),
        ("Who is named in files from May 2023?", ["files from 2023-05-01 to 2023-05-31"], "Who is named ?"),
    ],
)
def test_filters_are_understood(library, question: str, told: list[str], left: str) -> None:
    found = find_filters(question, library, library.scope(), today=TODAY)
    assert [each.told for each in found] == told
    assert " ".join(without(question, found).split()) == left


@pytest.mark.parametrize(
    "question",
    [
        "How is the video game played?",
        "What is in the video game archive?",
        "Is there anything in the e-mails?",  # the library holds none
        "What is on page 12?",  # nothing has so many
        "What happened in 2023?",
        "Which files from 1950 are there?",
        "Who wrote the reports from 2023?",  # may be about that year
        "Is paint cheaper in picture frames?",
        "Who sits in the deck chairs?",
    ],
)
def test_what_states_no_filter(library, question: str) -> None:
    assert find_filters(question, library, library.scope(), today=TODAY) == []


def test_a_date_in_the_name_counts_more_than_the_time_of_the_last_change(library) -> None:
    (found,) = find_filters("Show the photos from June 2024", library, library.scope(), today=TODAY)
    rows = library.catalogue.connection.execute(
        "SELECT id FROM sources WHERE key IN (SELECT source FROM segments WHERE " + found.scope.where + ")",
        found.scope.values,
    )
    assert [row[0] for row in rows] == ["boat.jpg"]


def test_a_page_of_a_file_is_all_that_is_asked_and_told_so(library) -> None:
    focus = focus_of("What is on page 3 of report.pdf?", library, library.scope())
    assert focus.text == "" and focus.told(library.catalogue) == ("only report.pdf", "only page 3")
    focus = focus_of("What does paint cost on page 3 of report.pdf?", library, library.scope())
    assert focus.text.startswith("What does paint cost") and focus.filters[0].sure


@pytest.mark.parametrize(("asked", "counts"), [("4", [4, 5]), ("2", [2, 3]), ("ii", [2]), ("iv", [])])
def test_a_page_is_also_meant_by_what_is_printed_on_it(tmp_path, asked: str, counts: list[int]) -> None:
    with closing(Library(tmp_path / "library")) as library:
        file = FileRecord("/files/book.pdf", "indexed", "document", "book", segments=5)
        pages = [
            Segment("book", n, "document", "something", Place(page=n, printed=printed))
            for n, printed in enumerate(("i", "ii", "2", "3", "4"), 1)
        ]
        library.extend(Source("book", "document", "application/pdf", 1), file, pages, {}, {})
        found = find_filters(f"What stands on page {asked}?", library, library.scope(), today=TODAY)
        where = found[0].scope.where if found else "false"
        rows = library.catalogue.connection.execute(
            f"SELECT json_extract(place, '$.page') FROM segments WHERE {where}", found[0].scope.values if found else ()
        )
        assert [row[0] for row in rows] == counts


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("Do masks help in covid-19 patients?", None),
        ("How many people died in covid-19?", None),  # other files write about it
        ("What does covid-19.pdf say?", {"covid-19.pdf"}),
        ("What is said in the file covid-19?", {"covid-19.pdf"}),
    ],
)
def test_a_name_that_is_a_word_like_others_narrows_nothing(library, question: str, files: set[str] | None) -> None:
    assert focus_of(question, library, library.scope()).files == files


@pytest.mark.parametrize(
    ("question", "timed"),
    [
        ("What is said in John 3:16–3:18?", False),
        ("What is said at 3:16–3:18?", True),
        ("What is shown 3:16-3:18?", True),
    ],
)
def test_a_verse_is_no_time(library, question: str, timed: bool) -> None:
    assert bool(focus_of(question, library, library.scope()).spans) is timed
