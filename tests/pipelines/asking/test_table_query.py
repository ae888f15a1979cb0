"""What a chat model that writes asks in SQL, where no learned program is sure enough of what a table answers."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from pipelines.answering import Answering
from pipelines.records import Answer, Question, TextDelta
from tests.chat_models import Down, ShelfWith

SOON = "which owners paid within a month after the date of their mooring?"
RIGHT = 'SELECT DISTINCT "Owner" FROM t WHERE julianday("Paid on") - julianday("Date") < 28'
FILES = {
    "moorings 2024.csv": "no;date;owner;boat;amount_eur;paid_on\n"
    "M-01;2024-01-12;Fischer;Heron;120,00;2024-02-01\n"
    "M-02;2024-02-03;Okafor;Curlew;80,50;\n"
    "M-03;2024-02-20;Fischer;Heron;45,00;2024-03-02\n"
    "M-04;2024-03-15;Brandt;Plover;210,00;\n"
    "M-05;2024-04-01;Okafor;Curlew;99,50;2024-05-11\n"
    + "".join(f"M-{n};2024-05-09;Brandt;Dunlin;{n},00;2024-06-30\n" for n in range(10, 40)),
    "moorings 2023.csv": "No,Date,Owner,Boat,Amount EUR,Paid on\n"
    "L-01,2023-06-12,Fischer,Heron,100.00,2023-07-01\n"
    "L-02,2023-08-03,Lindt,Tern,70.00,2023-08-09\n",
    "harbour.md": "# The harbour\n\nThe harbour was dug in 1871. Its wall is forty metres long, and the light on the "
    "mole is red. Boats lie here from April to October; in winter they stand in the shed.\n",
}


class Scripted(GenericFakeChatModel):
    """Says one text after the other, then blanks; `asked` are the prompts."""

    asked: list[str]

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked.append("\n".join(str(message.content) for message in messages))
        return super()._generate(messages, *args, **kwargs)


def scripted(*said: str) -> Scripted:
    return Scripted(messages=map(AIMessage, (*said, " ", " ")), asked=[])


def answering(library: Any, shelf: Any, chat: Any, ability: str = "writes", budget: int = 2_000) -> Answering:
    return Answering(library, ShelfWith(shelf, chat), budget=budget, ability=ability)  # type: ignore[arg-type]


def noted(answer: Answer) -> str:
    assert answer.trace is not None
    return "\n".join(step.text for step in answer.trace.steps if step.stage == "table")


@pytest.mark.parametrize(
    "written",
    [
        RIGHT,
        f"{RIGHT};",
        f"```sql\n{RIGHT}\n```\nIt compares the days.",
        f"Sure: `{RIGHT}`",
        f"{RIGHT};\n\nIt compares the days.",
    ],
)
def test_the_value_stands_above_the_rows_that_it_is_made_of(library, shelf, written) -> None:
    chat = scripted(written)
    answer = answering(library, shelf, chat).invoke(Question(SOON))
    assert answer.text.startswith("Owner: **Fischer, Lindt** (2 files) [1]") and len(chat.asked) == 1 and answer.model
    assert all(f"|{row}|" in answer.text for row in ("L-01", "L-02", "M-01", "M-03")) and "M-05" not in answer.text
    assert RIGHT in noted(answer) and ": Owner: **Fischer, Lindt**" in noted(answer)
    assert answer.trace is not None and chat.asked[0].split("\n")[-1] in answer.trace.prompt


def test_rows_are_cited_word_for_word_and_their_marks_stand_behind_them(library, shelf) -> None:
    answer = answering(library, shelf, scripted(RIGHT)).invoke(Question(SOON))
    by_number = {each.number: each.result for each in answer.evidence}
    assert {each.quote.split(" | ")[0] for each in answer.citations} >= {"L-01", "L-02", "M-01", "M-03"}
    for each in answer.citations:
        assert each.quote in (each.segment or by_number[each.number].segment).text
        assert answer.text[each.end :].startswith(f" [{each.number}]")


def test_a_value_of_many_rows_says_so_and_shows_the_one_that_holds_it(library, shelf) -> None:
    chat = scripted('SELECT MIN("Amount EUR") FROM t WHERE "Owner" = \'Brandt\' AND "Paid on" > "Date"')
    first, table = answering(library, shelf, chat).invoke(Question(SOON)).text.split("\n\n")[:2]
    assert "Amount EUR, at least: **10** (2 files, 12 of 30 rows below)" in first
    assert "M-10" in table and table.count("Brandt") == 12


def test_the_model_reads_the_columns_some_rows_and_the_question(library, shelf) -> None:
    chat = scripted("NONE")
    answering(library, shelf, chat).invoke(Question(SOON))
    for said in ('"Amount EUR" REAL', '"Paid on" TEXT', "L-01 | 2023-06-12", f"Question: {SOON}", "moorings 2024"):
        assert said in chat.asked[0]
    assert "M-05" not in chat.asked[0]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("NONE", "no SQL was written"),
        (" ", "no SQL was written"),
        ("Fischer and Lindt have paid soon.", "no SQL was written"),
        ("With pleasure: Fischer.", "no SQL was written"),
        (f"{RIGHT}; {RIGHT}", "one statement"),
        ("DELETE FROM t", "no SQL was written"),
        ("```sql\nPRAGMA table_info(t)\n```", "no SQL was written"),
        ("SELECT owner FROM t; ATTACH 'x.db' AS x", "one statement"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", "not authorized"),
        ("SELECT name FROM sqlite_master", "prohibited"),
        ('SELECT "Keel" FROM t', "no such column: Keel"),
        ("SELECT 'Fischer' FROM t", "stands in no cell"),
        ('SELECT "Owner" FROM t WHERE "Amount EUR" > 10000', "nothing was found"),
        ("SELECT * FROM t", "a whole row"),
        ("SELECT " + '"Owner", ' * 3_000, "incomplete input"),
    ],
)
def test_what_is_no_sound_sql_tells_nothing_and_breaks_nothing(library, shelf, written, why) -> None:
    quoted = answering(library, shelf, scripted(), "quotes").invoke(Question(SOON))
    chat = scripted(written)
    answer = answering(library, shelf, chat).invoke(Question(SOON))
    assert answer.text == quoted.text and answer.citations == quoted.citations and not answer.model
    assert why in noted(answer) and len(chat.asked) == 2  # and it was asked to write


@pytest.mark.parametrize("ability", ["shortens", "chooses", "quotes"])
def test_a_model_that_does_not_write_is_not_asked(library, shelf, ability) -> None:
    chat = scripted(RIGHT)
    answer = answering(library, shelf, chat, ability).invoke(Question(SOON))
    assert not any("CREATE TABLE" in each for each in chat.asked) and "Lindt**" not in answer.text


@pytest.mark.parametrize("question", ["what is the total amount eur for okafor?", "when was the harbour dug?"])
def test_it_is_not_asked_where_a_table_has_answered_or_no_table_is_meant(library, shelf, question) -> None:
    chat = scripted()
    answer = answering(library, shelf, chat).invoke(Question(question))
    assert len(chat.asked) == 1 and "CREATE TABLE" not in chat.asked[0]
    assert "**180**" in answer.text or "1871" in answer.text


def test_it_is_not_asked_what_it_cannot_read_in_time(library, shelf) -> None:
    chat = scripted()
    answer = answering(library, shelf, chat, budget=300).invoke(Question(SOON))
    assert "reads in time" in noted(answer) and not any("CREATE TABLE" in each for each in chat.asked)


def test_who_waits_for_the_sql_can_stop_and_endless_sql_is_cut(library, shelf) -> None:
    chat = scripted("SELECT " + '"Owner", ' * 3_000)
    with closing(answering(library, shelf, chat).stream(Question(SOON))) as events:
        next(each for each in events if isinstance(each, TextDelta))
    assert len(chat.asked) == 1
    chat = scripted("SELECT " + '"Owner", ' * 3_000)
    events = list(answering(library, shelf, chat).stream(Question(SOON)))
    assert sum(isinstance(each, TextDelta) for each in events) < 1_000


def test_a_chat_model_that_is_down_leaves_the_quotes_and_says_so(library, shelf) -> None:
    quoted = answering(library, shelf, scripted(), "quotes").invoke(Question(SOON))
    answer = answering(library, shelf, Down()).invoke(Question(SOON))
    assert answer.text == quoted.text and not answer.model and answer.trace is not None
    assert any("connection refused" in step.text for step in answer.trace.steps)
