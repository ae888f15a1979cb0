"""What a question narrows itself to: files by their names, times where they surely are those of a recording."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexes.library import Library
from indexes.records import FileRecord, Modality, Segment, Source
from pipelines.finding.focus import focus_of
from pipelines.records import Question, Result
from pipelines.retrieval import Retriever
from tests.making_moments import LibraryOf, said, shown

RECORDINGS = {
    "lecture_d1.mp4": 600.0,
    "lecture_d10.mp4": 600.0,
    "Talk 2025-02-15 - relighting the lamp.mp4": 60.0,
    "lamp.mp4": 60.0,
}
DOCUMENTS = (
    "test.xlsx", "notes.txt", "summary.md", "report 2019.pdf", "2019.pdf", "2 boats.txt", "budget_plan.md",
    "the end.txt", "会议记录.txt",
)  # fmt: skip


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> Iterator[Library]:
    """Files of which only the names and lengths matter."""
    library = Library(tmp_path_factory.mktemp("names"))
    for name, length in {**RECORDINGS, **dict.fromkeys(DOCUMENTS)}.items():
        modality: Modality = "video" if length else "document"
        source = Source(name, modality, "x/y", 1, duration=length)
        file = FileRecord(f"/files/{name}", "indexed", modality, name, segments=1)
        library.extend(source, file, [Segment(name, 0, modality, "something")], {}, {})
    yield library
    library.close()


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("What costs most in test.xlsx?", ["test.xlsx"]),
        ("What stands in files/test.xlsx?", ["test.xlsx"]),
        ("What is in NOTES.TXT.", ["notes.txt"]),
        ('What does "notes" say?', ["notes.txt"]),
        ("What is the paint in budget_plan?", ["budget_plan.md"]),
        ("What is said in the lecture d1?", ["lecture_d1.mp4"]),
        ("What is said in lecture-d10?", ["lecture_d10.mp4"]),
        ("Compare lecture_d1 with lecture_d10", ["lecture_d1.mp4", "lecture_d10.mp4"]),
        ("Compare test.xlsx with notes.txt", ["notes.txt", "test.xlsx"]),
        ("What does it say in the report 2019?", ["report 2019.pdf"]),
        (
            "Who speaks in Talk 2025-02-15 - relighting the lamp.mp4?",  # and not lamp.mp4
            ["Talk 2025-02-15 - relighting the lamp.mp4"],
        ),
        ("lecture_d1.mp4里说了什么？", ["lecture_d1.mp4"]),
        ("会议记录.txt里有什么？", ["会议记录.txt"]),
    ],
)
def test_a_file_that_is_named_narrows(names, question: str, files: list[str]) -> None:
    found = focus_of(question, names, names.scope()).files
    assert found is not None and sorted(found) == files


@pytest.mark.parametrize(
    "question",
    [
        "What is in the notes?",
        "Give me a summary of the test.",
        "Which lamp is lit at the end?",
        "Who lit the lamp in 2019?",
        "What does the report of 2019 say?",
        "Who owns the 2 boats?",
        "Is there a plan for the budget?",
        "What is in latest.xlsx?",
        "What is in my-test.xlsx?",
        "What is in test.xlsx.bak?",
        "Which mail mentions lecture_d1.mp4?",
        "What changed in version 3.20?",
    ],
)
def test_ordinary_words_narrow_nothing(names, question: str) -> None:
    focus = focus_of(question, names, names.scope())
    assert focus.files is None and focus.text == question


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much is the paint in test.xlsx?", "How much is the paint ?"),
        ("Compare the oil in lecture_d1 and in lecture_d10", "Compare the oil and"),
        ("What is said about oil at 3:20 in lecture_d1?", "What is said about oil ?"),
        ("Who sings in the first minute of the film?", "Who sings ?"),
    ],
)
def test_what_narrows_is_not_searched_for(names, question: str, text: str) -> None:
    assert focus_of(question, names, names.scope()).text == text


@pytest.mark.parametrize(
    ("question", "modality", "sure"),
    [
        ("What is said at 3:20?", None, True),
        ("What is on screen at the end?", None, True),
        ("What does the woman wear at the end of the film?", None, True),
        ("Which bird sings at 3:20?", "video", True),  # nothing but recordings is searched
        ("When does the ferry leave, at 3:20?", None, False),
    ],
)
def test_a_time_is_a_filter_where_it_surely_is_one_of_a_recording(names, question, modality, sure) -> None:
    focus = focus_of(question, names, names.scope(None, modality))
    assert focus.sure is sure and set(focus.spans) <= set(RECORDINGS) and focus.spans


@pytest.mark.parametrize(
    "question",
    [
        "What is the house at the end of the road?",
        "Which recording mentions the house at the end of the road?",
        "What is on screen halfway through the forest?",
        "Who was there at the beginning?",  # of anything
        "What does John 3:16 say?",
        "What last minute changes are mentioned?",
        "What is said at 45:00?",  # no recording is so long
        "What is in the summary at the end?",
    ],
)
def test_other_times_are_words_like_any(names, question: str) -> None:
    focus = focus_of(question, names, names.scope())
    assert (focus.sure, focus.spans, focus.text) == (False, {}, question)


@pytest.mark.parametrize(
    ("question", "span"),
    [("What is shown at the end?", (540, 600)), ("What is said halfway through the video?", (270, 330))],
)
def test_a_time_alone_leaves_nothing_to_search_for(names, question: str, span: tuple[float, float]) -> None:
    focus = focus_of(f"{question[:-1]} in lecture_d1.mp4?", names, names.scope())
    assert focus.text == "" and focus.sure and focus.spans == {"lecture_d1.mp4": span}


# --- and what is found then ---


@pytest.fixture(scope="module")
def retriever(tmp_path_factory, shelf) -> Iterator[Retriever]:
    library = Library(tmp_path_factory.mktemp("library"))
    made = LibraryOf(library, shelf)
    made.recording(
        "beekeeping talk.mp4",
        400.0,
        [
            said(10, "Good evening and welcome to everybody.", "Tonight I speak about bees in winter."),
            said(90, "A colony needs fifteen kilos of honey.", "Feed them sugar when it is not enough."),
            said(198, "Wrap the hive against the wind.", "Mice come in through the entrance."),
            said(
                380,
                "Thank you for coming.",
                "That is what happens in spring.",
                "The next evening is about making candles.",
            ),
            shown(0, 60, "Bees in winter", "An evening with Ida Holm"),
            shown(60, 190, "Stores: 15 kg"),
            shown(190, 260, "Wind and mice", "Entrance reducer 8 mm"),
            shown(360, 400, "Questions?", "ida@holm.example"),
        ],
    )
    made.recording("robin.wav", 30.0, [said(3, "A robin sings in the hedge behind the church.")], modality="audio")
    made.document(
        "ferry.eml",
        "Hello Ann, the ferry leaves at 3:20 from the north pier. Be there ten minutes before.",
        "The return boat leaves the island at 7:45.",
    )
    made.document("bread.txt", "After 5 minutes in the oven turn the bread, then bake it until it is brown.")
    made.document("sermons.txt", "John 3:16 is the verse about God who so loved the world.")
    yield Retriever(library, shelf)
    library.close()


def find(retriever: Retriever, question: str, **narrowed: str) -> list[Result]:
    return retriever.find(Question(question, **narrowed))


def names_of(results: list[Result]) -> list[str]:
    return [result.source.path.removeprefix("/files/") for result in results]


def test_what_is_said_at_a_time_is_found_without_any_word_of_it(retriever) -> None:
    best = find(retriever, "What is said at 3:20?")[0]
    assert best.segment.kind == "speech" and "Wrap the hive" in best.segment.text
    assert best.place.start <= 200 <= best.place.end
    assert [each.text.split("\n")[0] for each in best.beside] == ["Wind and mice"]
    assert "Wrap the hive against the wind." in best.segment.text


def test_what_is_on_screen_at_the_end_is_the_last_picture(retriever) -> None:
    best = find(retriever, "What is on screen at the end?", source="*talk*")[0]
    assert best.segment.kind == "frame" and "ida@holm.example" in best.segment.text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is said in the first minute?", "welcome to everybody"),
        ("What is said in the last 30 seconds?", "making candles"),
        ("What is said between 1:00 and 2:00?", "fifteen kilos"),
        ("最后30秒说了什么？", "making candles"),
    ],
)
def test_spans_of_a_recording(retriever, question: str, words: str) -> None:
    found = find(retriever, question, source="*talk*")
    assert words in found[0].segment.text
    assert all(words in each.segment.text or each.segment.kind == "frame" for each in found)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("When does the ferry leave, at 3:20?", "ferry.eml"),
        ("Who says that the ferry leaves at 3:20?", "ferry.eml"),
        ("What does John 3:16 say?", "sermons.txt"),
        ("What happens after 5 minutes in the oven?", "bread.txt"),
    ],
)
def test_times_of_documents_are_found_in_them(retriever, question: str, name: str) -> None:
    assert names_of(find(retriever, question))[0] == name


def test_a_file_that_is_named_keeps_all_others_out(retriever) -> None:
    assert set(names_of(find(retriever, "What leaves at which time in robin.wav?"))) == {"robin.wav"}
    assert "ferry.eml" in names_of(find(retriever, "Which mail mentions robin.wav?"))
