"""A turn of a conversation: quotes first, what a model writes above them, and no refusal over one's own quote."""

import re
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from indexes.library import Library
from pipelines.answering import Answering
from pipelines.records import Answer, AnswerFinished, EvidenceFound, Question, QuotesFound, TextDelta, Turn
from tests.chat_models import Down, ShelfWith

FIRST = "Who was the first keeper of the light?"
FILES = {
    "keeper.txt": "The first keeper of the light was Thomas Vane. He stayed for 31 years.",
    "oil.txt": "The lamp of the light burned 412 litres of oil a year.",
    "tools.md": "Tools of the keeper are:\n\n- two wicks\n- a brass funnel\n- a pair of scissors\n- a tin of polish\n",
    "fees.csv": "item,fee\nboat trip,12\ntower climb,7\n",
    "köln.txt": "Joe Biden visited Köln in May. He praised the cathedral.",
}


def quoted(library: Library, shelf: Any, question: str, **more: Any) -> Answer:
    return Answering(library, shelf, ability="quotes").invoke(Question(question, **more))


def ask(library: Library, shelf: Any, written: str, question: str = FIRST, **more: Any) -> Answer:
    chat = GenericFakeChatModel(messages=iter([AIMessage(written)]))
    answering = Answering(library, ShelfWith(shelf, chat), ability="writes", **more)
    return answering.invoke(Question(question))


def test_the_files_own_sentences_stand_before_the_model_has_written(library, shelf) -> None:
    chat = GenericFakeChatModel(messages=iter([AIMessage("It was Thomas Vane.")]))
    events = list(Answering(library, ShelfWith(shelf, chat), ability="writes").stream(Question(FIRST)))
    kinds = [type(event) for event in events]
    assert kinds.index(EvidenceFound) < kinds.index(QuotesFound) < kinds.index(TextDelta)
    quotes = next(event.answer for event in events if isinstance(event, QuotesFound))
    assert "The first keeper of the light was **Thomas Vane**." in quotes.text and quotes.citations
    assert isinstance(events[-1], AnswerFinished)
    assert events[-1].answer.seconds["first_cited"] <= events[-1].answer.seconds["first_token"]


def test_every_quote_is_cited_word_for_word(library, shelf) -> None:
    for question in (FIRST, "list the tools of the keeper", "what does the tower climb cost"):
        answer = quoted(library, shelf, question)
        by_number = {each.number: each.result for each in answer.evidence}
        assert answer.citations and not answer.abstained and answer.model == ""
        for citation in answer.citations:
            assert citation.quote in (citation.segment or by_number[citation.number].segment).text
            assert answer.text[citation.end :].startswith(f" [{citation.number}]")


def test_a_fact_is_short_and_a_list_is_whole(library, shelf) -> None:
    assert len(quoted(library, shelf, FIRST).text.split()) < 60
    answer = quoted(library, shelf, "list all tools of the keeper")
    assert answer.intent == "list"
    for item in ("two wicks", "a brass funnel", "a pair of scissors", "a tin of polish"):
        assert f"- {item} [" in answer.text


def test_a_row_comes_with_the_head_of_its_table(library, shelf) -> None:
    answer = quoted(library, shelf, "what does the tower climb cost")
    assert re.search(r"\|item\|fee \[\d\]\|\n\|---\|---\|\n(.*\n)*\|tower climb\|7 \[\d\]\|", answer.text)


def test_what_the_model_writes_leads_and_the_quotes_say_the_rest(library, shelf) -> None:
    answer = ask(library, shelf, "The first keeper was Thomas Vane.")
    text, _, below = answer.text.partition("From your files:")
    assert text.startswith("The first keeper was Thomas Vane. [") and answer.model
    assert "He stayed for 31 years." in below
    for citation in answer.citations:
        assert answer.text[citation.end :].startswith(f" [{citation.number}]")


def test_what_no_source_bears_out_is_replaced_by_the_quotes_and_no_refusal(library, shelf) -> None:
    answer = ask(library, shelf, "The first keeper of the light was Edwin Holt.")
    assert not answer.abstained and "Holt" not in answer.text and "Thomas Vane" in answer.text
    assert answer.trace is not None and any("Holt" in step.text for step in answer.trace.steps)


def test_a_refusal_of_the_model_takes_nothing_away(library, shelf) -> None:
    answer = ask(library, shelf, "The sources do not say.")
    assert not answer.abstained and "Thomas Vane" in answer.text


def test_unsupported_sentences_are_marked_or_dropped(library, shelf) -> None:
    written = "The first keeper was Thomas Vane. The lamp burned 412 litres of oil a year. He stayed for 13 years."
    answer = ask(library, shelf, written)
    doubted = [answer.text[check.start : check.end] for check in answer.checks if not check.supported]
    assert doubted == ["He stayed for 13 years."]
    assert "13 years" not in ask(library, shelf, written, drop_unsupported=True).text


@pytest.mark.parametrize(
    "mark",
    ["[7]", "[1, 2, 3, 4, 5, 6]", "【4†source】", " [2] [3]", "[1][2]"],
    ids=["far", "many", "wide", "two", "joined"],
)
def test_the_models_marks_are_taken_out_and_nothing_else(library, shelf, mark) -> None:
    answer = ask(library, shelf, f"Thomas Vane stayed {mark} for 31 years {mark}. Thomas Vane was the first keeper.")
    text = re.sub(r" \[\d\]", "", answer.text)
    assert text.startswith("Thomas Vane stayed for 31 years. Thomas Vane was the first keeper.")


@pytest.mark.parametrize("text", [" ", "[", "A list: [a, b", "x [1", "Yes.\n\n- one\n- two", "…", "12 [3]", "|a|b|"])
def test_odd_answers_leave_the_quotes(library, shelf, text) -> None:
    assert "Thomas Vane" in ask(library, shelf, text).text


def test_a_chat_model_that_is_down_leaves_the_quotes_and_says_so(library, shelf) -> None:
    answer = Answering(library, ShelfWith(shelf, Down()), ability="writes").invoke(Question(FIRST))
    assert "Thomas Vane" in answer.text and answer.trace is not None
    assert any("connection refused" in step.text for step in answer.trace.steps)


@pytest.mark.parametrize("typed", ["thanks!", "no", "ok", "danke dir", "谢谢"])
def test_who_asks_nothing_is_searched_nothing_for(library, shelf, typed) -> None:
    answer = quoted(library, shelf, typed)
    assert answer.intent == "none" and not answer.evidence and not answer.citations and answer.text


def test_an_empty_library_says_so(tmp_path, shelf) -> None:
    empty = Library(tmp_path)
    answer = quoted(empty, shelf, "Who was the keeper?")
    assert answer.abstained and "empty" in answer.text
    empty.close()


def test_a_name_is_met_by_part_of_it_and_in_another_spelling(library, shelf) -> None:
    for question in ("Where did President Biden go?", "Who visited Cologne and praised the cathedral?"):
        answer = quoted(library, shelf, question)
        assert not answer.abstained and any("Köln" in each.result.segment.text for each in answer.evidence)


def test_a_follow_up_is_searched_with_what_was_asked_before(library, shelf) -> None:
    first = quoted(library, shelf, FIRST)
    answer = quoted(library, shelf, "and how long did he stay?", history=(Turn(FIRST, first.text, FIRST),))
    assert "31 years" in answer.text and answer.asked != answer.question


def test_a_question_of_its_own_is_not_given_the_one_before(library, shelf) -> None:
    history = (Turn(FIRST, "Thomas Vane.", FIRST),)
    answer = quoted(library, shelf, "So what is the fee of the tower climb?", history=history)
    assert answer.asked == "So what is the fee of the tower climb?"


def test_the_model_sees_the_turn_before_and_no_forgotten_prompt(library, shelf) -> None:
    seen: list[Any] = []

    class Recording(GenericFakeChatModel):
        def _generate(self, messages, *args, **kwargs):
            seen.append(messages)
            return super()._generate(messages, *args, **kwargs)

    chat = Recording(messages=iter([AIMessage("For 31 years.")]))
    history = (Turn(FIRST, "Thomas Vane [1].", FIRST),)
    Answering(library, ShelfWith(shelf, chat), ability="writes").invoke(
        Question("and how long did he stay?", history=history)
    )
    assert [message.type for message in seen[0]] == ["system", "human", "ai", "human"]
    assert seen[0][1].content == FIRST and seen[0][2].content == "Thomas Vane [1]."


def test_callbacks_see_the_steps_and_the_model(library, shelf) -> None:
    names: list[str] = []

    class Watching(BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, **kwargs):
            names.append(str(kwargs.get("name")))

        def on_chat_model_start(self, serialized, messages, **kwargs):
            names.append("chat")

    chat = GenericFakeChatModel(messages=iter([AIMessage("Thomas Vane.")]))
    answering = Answering(library, ShelfWith(shelf, chat), ability="writes")
    answering.invoke(Question(FIRST), {"callbacks": [Watching()]})
    assert names == ["answer", "understand", "gather", "chat"]


def test_a_person_may_ask_for_another_length(library, shelf) -> None:
    short = quoted(library, shelf, "list all tools of the keeper", length="short")
    assert len(short.text.split()) <= len(quoted(library, shelf, "list all tools of the keeper").text.split())
    assert quoted(library, shelf, FIRST, intent="explanation").intent == "explanation"


def test_an_answer_says_how_it_came_about(library, shelf) -> None:
    answer = ask(library, shelf, "Thomas Vane.")
    assert answer.trace is not None and set(answer.trace.hits) >= {"text", "keywords"} and answer.trace.fused
    assert f"Question: {FIRST}" in answer.trace.prompt and answer.trace.intent == "fact"
    assert {"understand", "gather", "search", "sentences", "write"} <= set(answer.trace.seconds)
