"""Questions about recordings: the moment that is found, what the model is told of it, and what is cited or answered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from app.schemas import answer_json, citation_json, evidence_json, search_json
from indexes.library import Library
from indexes.records import Place
from pipelines.answering import Answering
from pipelines.asking.prompts import build_messages
from pipelines.records import Answer, Evidence, Question, Result
from pipelines.retrieval import Retriever
from tests.making_moments import LibraryOf, said, shown

HARVEST = (
    ("oats", "Tuesday"), ("barley", "Wednesday"), ("rye", "Thursday"), ("wheat", "Friday"), ("maize", "Saturday"),
    ("hay", "Sunday"), ("clover", "Monday"), ("flax", "Tuesday"), ("hemp", "Friday"), ("millet", "Saturday"),
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory, shelf) -> Iterator[LibraryOf]:
    library = Library(tmp_path_factory.mktemp("library"))
    made = LibraryOf(library, shelf)
    made.recording(
        "reading.mp4",
        60.0,
        [
            said(2, "Welcome to the reading hour.", "Today there are ten sentences.", speaker="Ann"),
            said(
                14,
                "The stove smelled of burnt porridge.",
                "The birch canoe slid on the smooth planks.",
                "Four hours of steady work faced us.",
                speaker="Ben",
            ),
            said(40, "The juice of lemons makes fine punch.", "That was all for today."),
            shown(0, 12, "Reading hour", "Hall 3"),
            shown(12, 30, "Annual report 2031", "Turnover 4,711 crowns"),
            shown(30, 60, "Thank you", "Tea is served in the foyer"),
        ],
    )
    harvest = [
        said(30.0 * i + 3, f"The harvest of {crop} begins on {day}.", "Everybody who has a cart should come along.")
        for i, (crop, day) in enumerate(HARVEST)
    ]
    made.recording("harvest.mp4", 320.0, [shown(0, 310, "Harvest plan", "Days and crops"), *harvest])
    car, dog = made.picture_of((1, "a red car")), made.picture_of((1, "a dog in the snow"))
    near = made.picture_of((1, "a red car"), (0.5, "a dog in the snow"))
    shots = [shown(start, start + 5) for start in (0, 5, 10, 15, 20)]
    made.recording("silent.mp4", 25.0, shots, {0: dog, 1: near, 2: car, 3: near, 4: dog})
    made.document(
        "clockwork.txt",
        "The clockwork that turns the lens was built in Bristol by Ezra Pike. It is wound every four hours.",
        "The keeper of the clockwork was paid 31 pounds a year.",
    )
    made.recording(
        "clocks.mp4",
        30.0,
        [
            said(0, "I like clocks.", "My kitchen clock is always late."),
            shown(0, 10, "Clocks", "A lecture on clocks and clockwork"),
        ],
        {1: made.picture_of((1, "a clock"), (1.2, "a dog in the snow"))},
    )
    yield made
    library.close()


@cache
def find(made: LibraryOf, question: str, **narrowed: str) -> list[Result]:
    return Retriever(made.library, made.shelf).find(Question(question, **narrowed))


def name(result: Result) -> str:
    return result.source.path.removeprefix("/files/")


def test_speech_is_found_with_its_sentence_and_with_what_is_on_screen(made) -> None:
    best = find(made, "What slid on the smooth planks?")[0]
    assert name(best) == "reading.mp4" and best.segment.kind == "speech"
    assert best.place == best.narrowed == Place(start=16.4, end=19.6)  # of 14 to 22.4
    assert [segment.text.split("\n")[0] for segment in best.beside] == ["Annual report 2031"]
    assert best.why["speech"] > 0.3


def test_what_stands_only_on_a_slide_is_found_with_what_is_said_meanwhile(made) -> None:
    best = find(made, "How much is the turnover in crowns?")[0]
    assert best.segment.text.startswith("Annual report 2031") and best.place == Place(start=12, end=30)
    assert [segment.kind for segment in best.beside] == ["speech"]
    assert list(best.why) == ["on-screen text"]


def test_many_moments_of_one_slide_stay_apart(made) -> None:
    results = find(made, "When does the harvest of each crop begin?", source="*harvest*")
    spoken = [result for result in results if result.segment.kind == "speech"]
    assert len(spoken) >= 9 and len({result.segment.id for result in results}) == len(results)
    assert all(result.beside[0].text.startswith("Harvest plan") for result in spoken)
    flax = find(made, "On which day does the harvest of flax begin?")[0]
    assert flax.place == Place(start=213, end=215.8)


def test_a_silent_event_begins_with_its_first_shot(made) -> None:
    best = find(made, "Where does the red car appear?")[0]
    assert name(best) == "silent.mp4" and best.segment.kind == "frame"
    assert best.place == Place(start=5, end=20)
    assert list(best.why) == ["picture"] and best.why["picture"] > 0.3


def test_documents_are_not_outvoted_by_a_moment_that_fits_less(made) -> None:
    results = find(made, "Who built the clockwork that turns the lens?")
    assert name(results[0]) == "clockwork.txt" and "Ezra Pike" in results[0].segment.text
    assert results[0].why == {} and results[0].narrowed is None and results[0].beside == ()
    other = next(result for result in results if name(result) == "clocks.mp4")
    assert {"text", "keywords", "image"} <= set(other.found_by)  # more indexes than found the document


def test_hits_tell_their_reasons_and_the_narrowed_place(made) -> None:
    hits = search_json("q", find(made, "What slid on the smooth planks?"), 0.1)["hits"]
    assert hits[0]["place"] == {"start": 16.4, "end": 19.6}
    assert hits[0]["text"].startswith("The stove smelled")  # the whole segment
    assert set(hits[0]["why"]) <= {"speech", "on-screen text", "picture"} and hits[0]["why"]
    assert all(0 <= value <= 1 for hit in hits for value in hit["why"].values())


# --- quoting ---


def ask(made: LibraryOf, question: str, intent: str = "") -> Answer:
    return Answering(made.library, made.shelf, ability="quotes").invoke(Question(question, intent=intent))


def test_what_is_said_and_what_is_on_screen_meanwhile_reach_the_model_in_one_line(made) -> None:
    question = "Which report is on the slide while the birch canoe is mentioned?"
    (best, *_) = find(made, question)
    beside = tuple((segment, (segment.text,)) for segment in best.beside)
    prompt = str(build_messages(question, "", [Evidence(1, best, (best.segment.text,), beside)])[-1].content)
    line = next(line for line in prompt.splitlines() if "birch canoe slid" in line)
    assert 'Ben says: "' in line and "On the screen: Annual report 2031" in line
    heading = prompt.splitlines()[prompt.splitlines().index(line) - 1]
    assert heading == "[1] reading.mp4, 0:16–0:19:"


def test_the_slide_that_is_shown_meanwhile_is_quoted_with_its_seconds(made) -> None:
    answer = ask(made, "which annual report is on the slide while the birch canoe is mentioned", "yes_no")
    citation = next(each for each in answer.citations if "Annual report 2031" in each.quote)
    assert citation.segment is None or citation.quote in citation.segment.text
    assert citation_json(citation, answer.evidence)["place"] == {"start": 12, "end": 30}


def test_the_place_of_a_citation_is_the_sentence_that_it_quotes(made) -> None:
    answer = ask(made, "how many hours of steady work faced us", "fact")
    citation = next(each for each in answer.citations if each.quote == "Four hours of steady work faced us.")
    assert citation_json(citation, answer.evidence)["place"] == {"start": 19.6, "end": 22.4}


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "When is the birch canoe on the smooth planks mentioned in the recording?",
            "At 0:16 in reading.mp4. [1]",
            "The birch canoe slid on the smooth planks.",
        ),
        ("At what time does he say that lemons make fine punch?", "At 0:40 in reading.mp4. [1]",
         "The juice of lemons makes fine punch."),
        ("Show me where the red car appears", "silent.mp4 shows this at 0:05. [1]", None),
        ("Show me the red car", "silent.mp4 shows this at 0:05. [1]", None),
    ],
)  # fmt: skip
def test_who_wants_to_be_shown_a_moment_is_told_its_time(made, question: str, text: str, quote: str | None) -> None:
    answer = ask(made, question, "show")
    assert answer.text.startswith(text) and answer.model == "" and not answer.abstained
    citation = answer.citations[0]
    assert text.startswith(answer.text[citation.start : citation.end]) and citation.quote and citation.support > 0
    cited = answer.evidence[0].result
    assert citation.quote in (citation.segment or cited.segment).text
    assert quote is None or citation.quote == quote


def test_a_day_is_asked_for_and_no_second(made) -> None:
    assert "The harvest of flax begins on Tuesday." in ask(made, "When does the harvest of flax begin?", "fact").text


def test_the_json_of_an_answer_leads_to_the_sentence_with_its_reasons(made) -> None:
    answer = ask(made, "What slid on the smooth planks?", "fact")
    told = answer_json(answer)
    place = told["citations"][0]["place"]
    assert place["start"] <= 16.4 and place["end"] >= 19.6
    assert told["evidence"][0]["why"]["speech"] > 0.3
    assert evidence_json(answer.evidence[0])["number"] == told["citations"][0]["number"] == 1
