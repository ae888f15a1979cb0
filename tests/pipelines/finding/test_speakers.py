"""Whose words a question asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from indexes.library import Library
from indexes.records import Cue, Place, Segment
from pipelines.answering import Answering
from pipelines.finding.focus import focus_of
from pipelines.finding.speakers import asked_of, spoken_by
from pipelines.recordings.talk import speech_segments
from pipelines.records import AnswerFinished, Question
from pipelines.retrieval import Retriever
from tests.making_moments import LibraryOf, said, shown

NAMES = ["Anna Berg", "Ben", "Speaker 1", "Speaker 2", "The Old Man", "李明"]


@pytest.mark.parametrize(
    ("question", "names", "left"),
    [
        ("What did Speaker 2 say about the bridge?", {"Speaker 2"}, "What  about the bridge?"),
        ("what does speaker 2 think of it", {"Speaker 2"}, "what  of it"),
        ("What did Anna say about Ben?", {"Anna Berg"}, "What  about Ben?"),
        ("Which bridge has Anna Berg recommended?", {"Anna Berg"}, "Which bridge ?"),
        ("What did Anna and Ben say about tea?", {"Anna Berg", "Ben"}, "What  about tea?"),
        ("what did anna say of tea?", {"Anna Berg"}, "what  of tea?"),
        ("What did the old man say?", {"The Old Man"}, "What ?"),
        ("When did Ben also mention the canoe?", {"Ben"}, "When  the canoe?"),
        ("According to Ben, when is tea served?", {"Ben"}, ", when is tea served?"),
        ("What is Ben's opinion on tea?", {"Ben"}, "What is  on tea?"),
        ("Was sagt Anna über die Brücke?", {"Anna Berg"}, "Was  über die Brücke?"),
        ("Was hat Ben über die Brücke gesagt?", {"Ben"}, "Was  über die Brücke gesagt?"),
        ("Qu'a dit Ben sur le pont ?", {"Ben"}, "Qu'a  sur le pont ?"),
        ("¿Qué dijo Ben sobre el puente?", {"Ben"}, "¿Qué  sobre el puente?"),
        ("李明说了什么？", {"李明"}, "了什么？"),
    ],
)
def test_whose_words_are_asked_for(question: str, names: set[str], left: str) -> None:
    found = asked_of(question, NAMES)
    assert found is not None
    (start, end), who = found
    assert who == names and question[:start] + question[end:] == left


@pytest.mark.parametrize(
    "question",
    [
        "What is said about Ben?",
        "Who told Ben about the bridge?",
        "Where does Ben live?",
        "What did the speaker say about the bridge?",
        "What did Benjamin say about the bridge?",
        "Was sagt man über Anna?",
        "What did Speaker 3 say?",
    ],
)
def test_who_is_only_spoken_about_narrows_nothing(question: str) -> None:
    assert asked_of(question, NAMES) is None


def test_of_a_segment_stays_what_they_say() -> None:
    cues = (Cue(0, 1, "Hello?", "Ann"), Cue(1, 2, "It is me.", "Ben"), Cue(2, 3, "Come in.", "Ann"))
    segment = Segment("s", 0, "audio", "", Place(start=0, end=3), kind="speech", cues=cues)
    own = spoken_by(segment, {"Ben"})
    assert own is not None
    assert own.text == "Ben: It is me." and own.cues == cues[1:2] and own.place == Place(start=1, end=2)
    assert spoken_by(segment, {"Eve"}) is None
    untold = replace(segment, cues=(Cue(0, 1, "Hello?"),))
    assert spoken_by(untold, {"Ben"}) is untold


@pytest.fixture(scope="module")
def made(tmp_path_factory, shelf) -> Iterator[LibraryOf]:
    library = Library(tmp_path_factory.mktemp("library"))
    made = LibraryOf(library, shelf)
    bridge = said(2, "The stone bridge is closed for repairs.", "We take the ferry instead.", speaker="Speaker 1")
    tea = said(9, "The wooden bridge is open, but only to the north.", "Tea is at four.", speaker="Speaker 2")
    (both,) = speech_segments(bridge.cues + tea.cues, "", "video")
    made.recording(
        "call.mp4", 60.0, [both, shown(0, 30, "Bridges 2031"), said(40, "That was all.", speaker="Speaker 1")]
    )
    made.document("bridges.txt", "The bridge is painted green every spring.", "Anna says that the toll is two crowns.")
    yield made
    library.close()


def answered(made: LibraryOf, question: str) -> str:
    *_, finished = Answering(made.library, made.shelf).stream(Question(question))
    assert isinstance(finished, AnswerFinished)
    return finished.answer.text


def test_only_what_they_say_is_found(made) -> None:
    for speaker, text in (("Speaker 1", "The stone bridge is closed"), ("Speaker 2", "The wooden bridge is open")):
        best, *others = Retriever(made.library, made.shelf).find(Question(f"What did {speaker} say about the bridge?"))
        assert best.segment.text.startswith(f"{speaker}: {text}") and best.place.start == best.segment.place.start
        assert {cue.speaker for each in (best, *others) for cue in each.segment.cues} == {speaker}
        assert all(each.segment.kind == "speech" for each in (best, *others))


def test_all_that_somebody_says_at_a_time_is_found(made) -> None:
    results = Retriever(made.library, made.shelf).find(Question("What did Speaker 1 say?"))
    assert [each.segment.text.split(".")[0] for each in results] == [
        "Speaker 1: The stone bridge is closed for repairs",
        "Speaker 1: That was all",
    ]
    (last,) = Retriever(made.library, made.shelf).find(Question("What did Speaker 1 say in the last 30 seconds?"))
    assert last.segment.text == "Speaker 1: That was all."


def test_who_was_given_a_name_is_asked_for_by_it(made) -> None:
    made.library.name_speakers("id of call.mp4", {"Speaker 2": "Anna Berg"})
    try:
        best, *others = Retriever(made.library, made.shelf).find(Question("What did Anna say about the bridge?"))
        assert best.segment.text.startswith("Anna Berg: The wooden bridge is open") and not others
        anywhere = Retriever(made.library, made.shelf).find(Question("What did Anna say about the toll?"))
        assert anywhere[0].segment.text == "Anna says that the toll is two crowns."
        assert not any("stone bridge" in each.segment.text for each in anywhere)  # that is said by somebody else
        answer = answered(made, "Summarise what Anna said.")
        assert "wooden bridge" in answer and "stone bridge" not in answer and "That was all" not in answer
    finally:
        made.library.name_speakers("id of call.mp4", {"Speaker 2": ""})


def test_the_answer_tells_whose_words_were_looked_for(made) -> None:
    focus = focus_of("What did Speaker 2 say about tea?", made.library, made.library.scope())
    assert focus.told(made.library.catalogue) == ("only what Speaker 2 says",)
    assert focus_of("What did Anna say about the toll?", made.library, made.library.scope()).filters == ()
