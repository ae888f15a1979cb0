"""A turn of a conversation: what streams adds up, marks are ours alone, failures are sentences."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from indexes.library import Library
from pipelines.answering import Answering
from pipelines.asking.abstaining import NOTHING_FOUND
from pipelines.errors import ModelUnavailable
from pipelines.ingest import Ingest
from pipelines.records import AnswerFinished, EvidenceFound, Question, TextDelta, Turn


class ShelfWith:
    """The real shelf, but for the chat model."""

    def __init__(self, shelf: Any, chat: Any) -> None:
        self._shelf, self.chat = shelf, chat

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shelf, name)


class Down:
    def stream(self, messages: object) -> Iterator[object]:
        yield from ()
        raise ConnectionError("connection refused")


@pytest.fixture(scope="module")
def library(tmp_path_factory, shelf):
    folder = tmp_path_factory.mktemp("files")
    (folder / "keeper.txt").write_text("The first keeper of the light was Thomas Vane. He stayed for 31 years.")
    (folder / "oil.txt").write_text("The lamp of the light burned 412 litres of oil a year.")
    made = Library(tmp_path_factory.mktemp("library"))
    list(Ingest(made, shelf, 10**7).index([folder]))
    yield made
    made.close()


def ask(library: Library, shelf: Any, written: str, question: str = "Who was the first keeper of the light?"):
    chat = GenericFakeChatModel(messages=iter([AIMessage(written)]))
    events = list(Answering(library, ShelfWith(shelf, chat)).ask(Question(question)))
    assert isinstance(events[0], EvidenceFound) and isinstance(events[-1], AnswerFinished)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == events[-1].answer.text
    return events[-1].answer


def test_each_supported_sentence_gets_our_mark_and_others_none(library, shelf) -> None:
    answer = ask(library, shelf, "The first keeper was Thomas Vane. He liked penguins. He stayed for 31 years.")
    numbers = {e.number: e.result.source.path for e in answer.evidence}
    assert [answer.text[c.start : c.end] for c in answer.citations] == [
        "The first keeper was Thomas Vane.",
        "He stayed for 31 years.",
    ]
    assert all(numbers[c.number].endswith("keeper.txt") for c in answer.citations)
    assert answer.text.count("[") == 2


@pytest.mark.parametrize(
    "mark",
    ["[7]", "[1, 2, 3, 4, 5, 6]", "【4†source】", " [2] [3]", "[1][2]"],
    ids=["far", "many", "wide", "two", "joined"],
)
def test_the_models_marks_are_taken_out_and_nothing_else(library, shelf, mark) -> None:
    answer = ask(library, shelf, f"Thomas Vane stayed {mark} for 31 years {mark}. He used argv[1] and a[0].")
    assert re.sub(r" \[1\]", "", answer.text) == "Thomas Vane stayed for 31 years. He used argv[1] and a[0]."


@pytest.mark.parametrize("text", ["", "   ", "[", "A list: [a, b", "x [1", "Yes.\n\n- one\n- two", "…", "12 [3]"])
def test_odd_answers_add_up(library, shelf, text) -> None:
    ask(library, shelf, text or " ")


def test_an_answer_from_what_says_otherwise_than_the_question_is_replaced_by_what_it_says(library, shelf) -> None:
    answer = ask(library, shelf, "Thomas Vane", "Who was the last keeper of the light?")
    assert answer.abstained and "they say first, not last" in answer.text
    assert "Thomas Vane" in answer.text and answer.citations[0].quote.startswith("The first keeper")


def test_a_refusal_of_the_model_is_an_abstention_with_the_nearest_quote(library, shelf) -> None:
    answer = ask(library, shelf, "The sources do not say.")
    assert answer.abstained and answer.text.startswith("The sources do not state this.")
    assert [citation.quote for citation in answer.citations] == ["The first keeper of the light was Thomas Vane."]


def test_an_answer_that_no_source_bears_out_is_replaced_by_the_quote(library, shelf) -> None:
    answer = ask(library, shelf, "The first keeper of the light was Edwin Holt.")
    assert answer.abstained and "Holt" not in answer.text
    assert "Thomas Vane" in answer.text and "Holt" in answer.trace.steps[-1].text


def test_unsupported_sentences_are_marked_or_dropped(library, shelf) -> None:
    written = "The first keeper was Thomas Vane. He stayed for 13 years."
    answer = ask(library, shelf, written)
    assert [check.supported for check in answer.checks] == [True, False]
    assert answer.checks[1].flags and answer.text[slice(answer.checks[1].start, answer.checks[1].end)].startswith("He")
    chat = GenericFakeChatModel(messages=iter([AIMessage(written)]))
    answering = Answering(library, ShelfWith(shelf, chat), drop_unsupported=True)
    *_, last = answering.ask(Question("Who was the first keeper of the light?"))
    assert "13" not in last.answer.text and "Vane" in last.answer.text


def test_unrelated_questions_call_no_model(library, shelf) -> None:
    answer = ask(library, shelf, "should never be asked", "which football club won the cup?")
    assert answer.abstained and answer.text == NOTHING_FOUND and answer.model == ""


def test_a_name_that_no_passage_knows_is_told_and_calls_no_model(library, shelf) -> None:
    answer = ask(library, shelf, "should never be asked", "How long did Edwin Holt stay as keeper of the light?")
    assert answer.abstained and answer.model == "" and "mentions “Edwin”, “Holt”" in answer.text


def test_an_answer_says_how_it_came_about(library, shelf) -> None:
    answer = ask(library, shelf, "Thomas Vane.")
    assert set(answer.trace.hits) >= {"text", "keywords"} and answer.trace.fused and answer.trace.floors
    assert "Question: Who was the first keeper of the light?" in answer.trace.prompt
    assert {"understand", "evidence", "write"} <= set(answer.trace.seconds)


def test_a_chat_model_that_is_down_is_a_sentence(library, shelf) -> None:
    with pytest.raises(ModelUnavailable, match="did not answer: connection refused"):
        list(Answering(library, ShelfWith(shelf, Down())).ask(Question("Who was the keeper?")))


def test_an_empty_library_says_so(tmp_path, shelf) -> None:
    empty = Library(tmp_path)
    *_, last = Answering(empty, shelf).ask(Question("Who was the keeper?"))
    assert last.answer.abstained and "empty" in last.answer.text
    empty.close()


def test_a_follow_up_hands_on_what_was_said_word_for_word(library, shelf) -> None:
    seen = []

    class Recording(GenericFakeChatModel):
        def _generate(self, messages, *args, **kwargs):
            seen.append(messages)
            return super()._generate(messages, *args, **kwargs)

    chat = Recording(messages=iter([AIMessage("Thomas Vane [1]."), AIMessage("For 31 years.")]))
    answering = Answering(library, ShelfWith(shelf, chat))
    *_, first = answering.ask(Question("Who was the first keeper of the light?"))
    history = (Turn("Who was the first keeper of the light?", first.answer.text),)
    *_, second = answering.ask(Question("And how long did he stay?", history=history))
    assert seen[1][: len(seen[0])] == seen[0]
    assert seen[1][len(seen[0])].content == "Thomas Vane [1]."
    assert second.answer.citations[0].quote == "He stayed for 31 years."
