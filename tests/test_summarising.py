"""Summaries read every part of what is meant, within a budget, and say what they were made from."""

import hashlib
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Cue, FileRecord, Place, Segment, Source
from pipelines.asking.evidence import tokens
from pipelines.asking.summarising import Summarising, asked_for
from pipelines.ingest import Ingest
from pipelines.records import AnswerAdvanced, Turn
from pipelines.tracing import Trace

BIRDS = "puffin kittiwake gannet fulmar razorbill guillemot cormorant tern skua petrel".split()
FILLING = (
    "The {0} breeds on the rock from May until August. In most years the {0} is counted in June. The {0} feeds on"
    " small fish near the shore. Visitors see the {0} from the gallery in the evening. The keepers wrote of it."
    " A pair of the {0} was ringed by the warden. The warden counted {1} pairs of the {0} in 1987. Boats must"
    " keep away from the {0} in summer. The nest of the {0} lies between stones. In autumn the {0} goes to sea."
)
BOOK = "\n\n".join(f"## {n}. The {bird}\n\n{FILLING.format(bird, 40 + n)}" for n, bird in enumerate(BIRDS, start=1))


@pytest.fixture(scope="module")
def library(tmp_path_factory, shelf):
    folder = tmp_path_factory.mktemp("files")
    (folder / "sea birds.md").write_text(f"# Birds of the rock\n\n{BOOK}")
    (folder / "Minutes 2024-05-06.txt").write_text(
        "Present were five members. The roof is mended in July for 900 pounds."
    )
    (folder / "costs.csv").write_text("Item,Pounds\n" + "".join(f"thing {n},{n}\n" for n in range(60)) + "Total,1770\n")
    (folder / "来信.txt").write_text(
        "博物馆每逢星期二闭馆维修。三桅帆船在一九三一年到达港口。船长写了三封信给灯塔管理员。"
    )
    made = Library(tmp_path_factory.mktemp("library"))
    list(Ingest(made, shelf, 10**7).index([folder]))
    _add_talk(made)
    yield made
    made.close()


def _add_talk(library: Library) -> None:
    """A recording of ten minutes with a sentence every ten seconds."""
    talk = hashlib.sha256(b"talk").hexdigest()
    segments = []
    for n in range(30):
        cues = tuple(
            Cue(20.0 * n + 10 * i, 20.0 * n + 10 * i + 8, f"At step {2 * n + i} we talk about the {BIRDS[n // 3]}.")
            for i in range(2)
        )
        place = Place(start=cues[0].start, end=cues[-1].end)
        text = " ".join(cue.text for cue in cues)
        segments.append(Segment(talk, 20_000 * n, "audio", text, place, kind="speech", cues=cues))
    source = Source(talk, "audio", "audio/mpeg", 1, duration=600.0)
    library.add(source, FileRecord("/rec/evening talk.mp3", "indexed", "audio", talk), segments, {})


def summarised(question: str, library: Library, shelf: Any, budget: int = 260, **kwargs: Any):
    wanted = asked_for(question, library, **kwargs)
    assert wanted is not None
    trace, notes = Trace(), []
    run = Summarising(library, shelf, budget).run(wanted, trace)
    while True:
        try:
            notes.append(next(run))
        except StopIteration as done:
            evidence, messages = done.value
            return wanted, evidence, messages, notes, trace


def told(evidence: Any) -> str:
    return " ".join(sentence for each in evidence for sentence in each.sentences)


def test_every_part_is_read_and_stands_in_the_evidence_in_order(library, shelf) -> None:
    _, evidence, messages, notes, trace = summarised("Summarise sea birds.md", library, shelf)
    text = told(evidence)
    places = [text.find(bird) for bird in BIRDS]
    assert -1 not in places and places == sorted(places)
    assert [note.note for note in notes][-1] == f"read {len(notes)} of {len(notes)} parts of sea birds.md"
    assert all(isinstance(note, AnswerAdvanced) for note in notes) and len(notes) >= 5
    assert [each.number for each in evidence] == list(range(1, len(evidence) + 1))
    assert all(sentence in each.result.segment.text for each in evidence for sentence in each.sentences)
    assert "100 sentences" in trace.steps[0].text
    assert "puffin" in str(messages[-1].content) and "never instructions" in str(messages[0].content)


def test_the_budget_holds_for_what_is_long(library, shelf) -> None:
    for budget in (60, 120, 260):
        evidence = summarised("Summarise sea birds.md", library, shelf, budget)[1]
        assert 0 < tokens(told(evidence)) <= 4 * budget * 1.25


def test_what_is_short_is_read_as_it_is(library, shelf) -> None:
    evidence = summarised("What is the meeting of May about?", library, shelf)[1]
    assert told(evidence) == "Present were five members. The roof is mended in July for 900 pounds."


def test_of_a_table_the_head_and_the_total_are_told(library, shelf) -> None:
    text = told(summarised("Summarise costs.csv", library, shelf)[1])
    assert "Item | Pounds" in text and "Total | 1770" in text and "thing 31" not in text


def test_a_recording_is_read_to_its_end_and_cited_by_seconds(library, shelf) -> None:
    _, evidence, _, _, _ = summarised("Summarise the evening talk", library, shelf, 100)
    starts = [each.result.place.start for each in evidence]
    assert starts == sorted(starts) and starts[0] < 60 and starts[-1] >= 540
    first = evidence[0]
    cue = next(cue for cue in first.result.segment.cues if cue.text == first.sentences[0])
    assert first.result.place.start == cue.start


def test_a_time_of_a_recording_is_a_part_of_it(library, shelf) -> None:
    wanted, evidence, *_ = summarised("Summarise the last 2 minutes of evening talk.mp3", library, shelf)
    assert wanted.span == (480.0, 600.0)
    assert all(each.result.segment.place.end > 480 for each in evidence) and "tern" not in told(evidence)


@pytest.mark.parametrize("part", ["chapter 3", "the third chapter", "the chapter on the gannet"])
def test_a_chapter_is_a_part_of_a_file(part: str, library, shelf) -> None:
    _, evidence, *_ = summarised(f"Summarise {part} of sea birds.md", library, shelf)
    text = told(evidence)
    assert "43 pairs of the gannet" in text and "puffin" not in text and "The fulmar breeds" not in text


def test_a_chapter_that_heads_no_segment_is_found_by_its_line(library, shelf) -> None:
    text = told(summarised("Summarise chapter 4 of sea birds.md", library, shelf)[1])
    assert "44 pairs of the fulmar" in text and "gannet" not in text and "The razorbill" not in text


def test_the_library_is_told_file_by_file(library, shelf) -> None:
    wanted, evidence, *_ = summarised("Give me an overview of the library", library, shelf)
    assert wanted.library and {each.result.source.path for each in evidence} == {
        source.path for source in library.catalogue.sources().values()
    }


def test_scripts_that_the_model_cannot_read_are_told_by_their_words(library, shelf) -> None:
    _, evidence, messages, *_ = summarised("总结来信.txt", library, shelf)
    assert "星期二" in told(evidence) and "总结" in str(messages[-1].content)


def test_closing_stops_the_reading(library, shelf) -> None:
    run = Summarising(library, shelf).run(asked_for("Summarise sea birds.md", library))
    next(run)
    run.close()
    with pytest.raises(StopIteration):
        next(run)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Summarize sea birds.md", "sea birds.md"),
        ("tl;dr of sea birds.md", "sea birds.md"),
        ("Please give me a short summary of the sea birds", "sea birds.md"),
        ("What are the main points of the minutes?", "Minutes 2024-05-06.txt"),
        ("Worum geht es in sea birds.md?", "sea birds.md"),
        ("Fasse sea birds.md kurz zusammen", "sea birds.md"),
        ("Résume sea birds.md", "sea birds.md"),
        ("来信.txt讲了什么？", "来信.txt"),
        ("Summarise the recording in 2 sentences", "evening talk.mp3"),
        ("Summarise everything", "the library"),
    ],
)
def test_what_shall_be_summarised_is_found(question: str, name: str, library) -> None:
    wanted = asked_for(question, library)
    assert wanted is not None and wanted.name == name
    assert wanted.sentences == (2 if "2 sentences" in question else 0)


def test_this_file_is_the_one_in_scope_or_the_one_cited_last(library) -> None:
    assert asked_for("Summarise this file", library) is None
    scoped = asked_for("Summarise this file", library, "*.csv")
    assert scoped is not None and scoped.name == "costs.csv"
    cited = asked_for("Summarise it", library, None, (Turn("Who?", "He.", files=("sea birds.md",)),))
    assert cited is not None and cited.name == "sea birds.md"


@pytest.mark.parametrize(
    "question",
    ["Summarise what the minutes say about the roof", "What is the quarrel about?", "Who wrote the summary?",
     "What is it about?",
     "Summarise the reasons for the strike", "Where are the sea birds?", "Summarise costs.csv regarding thing 3"],
)  # fmt: skip
def test_other_questions_want_no_summary_of_a_whole(question: str, library) -> None:
    assert asked_for(question, library) is None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Summarise chapter 14 of sea birds.md", "no “chapter 14”.*Its headings are: .*puffin"),
        ("Summarise page 3 of sea birds.md", "no pages"),
        ("Summarise evening talk.mp3 after 20:00", "ends at 10:00"),
    ],
)
def test_parts_that_are_not_there_are_a_sentence(question: str, reason: str, library) -> None:
    with pytest.raises(UsageError, match=reason):
        asked_for(question, library)


def test_a_chat_model_can_write_from_the_messages(library, shelf) -> None:
    chat = GenericFakeChatModel(messages=iter([AIMessage("Ten birds breed on the rock.")]))
    messages = summarised("Summarise sea birds.md", library, shelf)[2]
    assert chat.invoke(messages).content == "Ten birds breed on the rock."
    assert sum(tokens(str(message.content)) for message in messages) < 2000


def test_the_built_in_model_summarises(library, shelf) -> None:
    messages = summarised("Summarise the minutes in one sentence", library, shelf)[2]
    written = str(shelf.chat.invoke(messages).content)
    assert "roof" in written or "members" in written
