"""Questions about several things are split where it is sure what the things are, and only there."""

import hashlib

import pytest

from indexes.library import Library
from indexes.records import FileRecord, Segment, Source
from pipelines.asking.comparing import parts

FILES = {
    "report_a.pdf": "Revenue was 4 pounds.", "report_b.pdf": "Revenue was 5 pounds.",
    "annual report 2022.pdf": "A year.",
    "annual report 2023.pdf": "Another year.", "Lease contract Miller.pdf": "A lease.",
    "Lease contract Jones.docx": "Too.",
    "Minutes 2024-05-06.docx": "Present were five.", "survey.pdf": "Damp in the wall.", "tower.mp4": "A tower.",
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("library"))
    for name, text in FILES.items():
        source = hashlib.sha256(name.encode()).hexdigest()
        modality = "video" if name.endswith("mp4") else "document"
        file = FileRecord(f"/docs/{name}", "indexed", modality, source)
        made.add(Source(source, modality, "", 1), file, [Segment(source, 0, modality, text)], {})
    yield made
    made.close()


def split(question: str, library: Library) -> list[tuple[str, str]]:
    return [(part.question, (part.source or "").removeprefix("/docs/")) for part in parts(question, library)]


JONES, MILLER = "Lease contract Jones.docx", "Lease contract Miller.pdf"
MINUTES = "Minutes 2024-05-06.docx"
Y22, Y23 = "annual report 2022.pdf", "annual report 2023.pdf"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("compare report_a.pdf and report_b.pdf", [("", "report_a.pdf"), ("", "report_b.pdf")]),
        ("Compare costs in report_a.pdf and report_b.pdf", [("costs", "report_a.pdf"), ("costs", "report_b.pdf")]),
        ("Compare the two contracts", [("", JONES), ("", MILLER)]),
        ("What do both contracts say about notice?", [("notice", JONES), ("notice", MILLER)]),
        ("Which of the two contracts is longer?", [("longer", JONES), ("longer", MILLER)]),
        ("How do the 2022 and 2023 reports differ in revenue?", [("revenue", Y22), ("revenue", Y23)]),
        ("What do the minutes and the survey say about damp?", [("damp", MINUTES), ("damp", "survey.pdf")]),
    ],
)  # fmt: skip
def test_files_are_asked_apart(question: str, expected: list[tuple[str, str]], library) -> None:
    assert split(question, library) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the difference between the tower and the wall?", ["the tower", "the wall"]),
        ("which is taller, the tower or the wall?", ["How tall is the tower?", "How tall is the wall?"]),
        ("Is the tower heavier than the wall?", ["How heavy is the tower?", "How heavy is the wall?"]),
        ("Which is bigger: Mars, Venus or Earth?", ["How big is Mars?", "How big is Venus?", "How big is Earth?"]),
        ("What do Ann Reed and Bob Hill say about the war?", ["Ann Reed: the war", "Bob Hill: the war"]),
        ("Compare the budget of 2024 with that of 2023", ["2024: the budget", "2023: the budget"]),
        ("What is the difference between lime and cement in price?", ["lime: price", "cement: price"]),
        ("What is the difference between life in Bern and life in Zurich?", ["life in Bern", "life in Zurich"]),
        ("红茶和绿茶有什么区别？", ["红茶", "绿茶"]),
        ("Was ist der Unterschied zwischen Kalk und Zement?", ["Kalk", "Zement"]),
    ],
)
def test_things_are_looked_up_apart(question: str, expected: list[str], library) -> None:
    assert split(question, library) == [(each, "") for each in expected]


@pytest.mark.parametrize(
    "question",
    [
        "What is the difference between 5 and 3?", "Compare and contrast", "Compare", "What is the difference?",
        "Compare it with that", "What is the difference between them?", "How do I differ?",
        "Is the tower taller than 30 m?",
        "Who built the tower and the wall?", "What were the costs of heating and lighting?",
        "Compare the three contracts",
        "Does report_a.pdf mention report_b.pdf?", "Is it cheaper than before?", "What does the lime mortar cost?",
        "What is the difference between the tower and the tower?", "Compare one, two, three, four and five apples",
        "Who is comparable to Newton?", "",
    ],
)  # fmt: skip
def test_a_question_that_is_one_stays_one(question: str, library) -> None:
    assert parts(question, library) == ()


def test_a_part_says_what_it_is(library) -> None:
    assert [part.label for part in parts("Compare revenue in report_a.pdf and report_b.pdf", library)] == [
        "report_a.pdf: revenue",
        "report_b.pdf: revenue",
    ]
