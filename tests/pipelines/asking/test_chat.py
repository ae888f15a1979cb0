"""What a chat model is asked, by what it is trusted with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from indexes.library import Library
from pipelines.answering import Answering
from pipelines.models.shelf import ModelShelf
from pipelines.records import AnswerAdvanced, AnswerFinished, Question, TextDelta
from tests.chat_servers import ChatServer, chat_server

WHY = "why was the mill closed"
FILES = {
    "mill.md": "# The mill\n\nThe mill was closed in 1931 because the river had been led away to the new dam. "
    "Grain was ground in the town from then on.\n",
    "bakery.md": "# The bakery\n\nThe bakery beside the mill was closed for a summer because its oven had cracked. "
    "Bread came by boat.\n",
    "chronicle.md": "# Chronicle of the valley\n\n"
    + "\n\n".join(
        f"## {1900 + n}\n\nIn {1900 + n} the valley council met {n + 2} times. It paid {n * 7 + 11} crowns for road "
        f"number {n + 1}, and the winter lasted {n % 5 + 9} weeks. The school had {n + 20} pupils that year."
        for n in range(40)
    ),
}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


def asking(library: Library, shelf: Any, server: ChatServer, ability: str, budget: int = 0) -> Answering:
    own = ModelShelf({"chat": f"openai:some@{server.url}/v1"}, shelf.cache, device="cpu")
    return Answering(library, own, budget=budget, ability=ability)


def test_a_model_that_shortens_reads_the_quotes_alone_and_its_words_lead(library, shelf, server) -> None:
    server.says = "The mill was closed in 1931 because the river had been led away."
    answer = asking(library, shelf, server, "shortens").invoke(Question(WHY, intent="explanation"))
    prompt = server.chats[0][-1]["content"]
    assert "led away to the new dam" in prompt and "Passages:" not in prompt
    assert answer.text.startswith("The mill was closed in 1931 because the river had been led away. [1]")
    assert answer.model


def test_what_it_adds_of_its_own_does_not_lead(library, shelf, server) -> None:
    server.says = "The miller Tom Hale died of fever in 1955."
    answer = asking(library, shelf, server, "shortens").invoke(Question(WHY, intent="explanation"))
    assert "Tom Hale" not in answer.text and "river had been led away" in answer.text


def test_what_a_model_chooses_stands_first_and_nothing_is_lost(library, shelf, server) -> None:
    question = Question(WHY, intent="explanation")
    quoted = asking(library, shelf, server, "quotes").invoke(question)
    assert {"mill", "bakery"} <= {each.result.source.path.rsplit("/", 1)[1][:-3] for each in quoted.evidence}
    server.says = "2"
    answer = asking(library, shelf, server, "chooses").invoke(question)
    assert answer.citations[0].number == 2 and quoted.citations[0].number == 1
    assert sorted(answer.text.split("\n\n")) == sorted(quoted.text.split("\n\n"))
    for each in answer.citations:
        assert answer.text[each.end :].startswith(f" [{each.number}]")


@pytest.mark.parametrize("said", ["", "none of them", "99999999999", "7, 7, 7", "2, " * 5_000])
def test_a_choice_that_makes_no_sense_loses_nothing(library, shelf, server, said) -> None:
    question = Question(WHY, intent="explanation")
    quoted = asking(library, shelf, server, "quotes").invoke(question)
    server.says = said
    answer = asking(library, shelf, server, "chooses").invoke(question)
    assert sorted(answer.text.split("\n\n")) == sorted(quoted.text.split("\n\n"))


def test_a_list_is_neither_shortened_nor_put_in_another_order(library, shelf, server) -> None:
    asking(library, shelf, server, "chooses").invoke(Question("list what was paid for roads", intent="list"))
    assert not server.chats


def test_a_long_file_is_read_in_parts_with_notes_and_progress(library, shelf, server) -> None:
    marks = " ".join(f"[{number}]" for number in range(1, 50))
    server.says = f"In 1900 the valley council met 2 times. The school had 59 pupils that year {marks}."
    answering = asking(library, shelf, server, "writes", budget=900)
    events = list(answering.stream(Question("summarise the chronicle of the valley", intent="summary")))
    told = [event.note for event in events if isinstance(event, AnswerAdvanced)]
    assert len(told) >= 2 and told[0] == f"reading part 1 of {len(told)}"
    assert len(server.chats) == len(told) + 1
    read = "".join(chat[-1]["content"] for chat in server.chats[:-1])
    assert all(f"In {1900 + n} the valley council" in read for n in range(40))
    assert "Notes on the whole text" in server.chats[-1][-1]["content"]
    answer = next(event.answer for event in events if isinstance(event, AnswerFinished))
    assert answer.model and [each.number for each in answer.evidence] == list(range(1, len(answer.evidence) + 1))
    assert all(each.number <= len(answer.evidence) for each in answer.citations)


def test_endless_notes_are_cut_so_that_all_can_be_read_at_once(library, shelf, server) -> None:
    server.says = "The valley council met again and again. " * 2_000
    answering = asking(library, shelf, server, "writes", budget=900)
    with closing(answering.stream(Question("summarise the chronicle of the valley", intent="summary"))) as events:
        for event in events:
            if isinstance(event, TextDelta) and event.text:
                break  # it writes: who reads has seen enough
    assert len(server.chats[-1][-1]["content"]) < 2 * 900 + 1_000


def test_who_waits_for_the_notes_can_stop(library, shelf, server) -> None:
    server.says = "The valley council met. " * 200
    stream = asking(library, shelf, server, "writes", budget=900).stream(
        Question("summarise the chronicle of the valley", intent="summary")
    )
    first = next(n for n, event in enumerate(stream) if isinstance(event, TextDelta))
    stream.close()
    assert first and len(server.chats) == 1


def test_a_server_that_dies_between_the_parts_leaves_the_quotes(library, shelf, server) -> None:
    server.says = "The valley council met. " * 3
    answer = None
    for event in asking(library, shelf, server, "writes", budget=900).stream(
        Question("summarise the chronicle of the valley", intent="summary")
    ):
        if isinstance(event, AnswerAdvanced) and event.note.startswith("reading part 2"):
            server.shutdown()
            server.server_close()
        if isinstance(event, AnswerFinished):
            answer = event.answer
    assert answer is not None and answer.citations and not answer.model


def test_a_short_file_is_read_at_once(library, shelf, server) -> None:
    server.says = "The mill was closed in 1931."
    asking(library, shelf, server, "writes", budget=5_000).invoke(Question("summarise the mill", intent="summary"))
    assert len(server.chats) == 1
