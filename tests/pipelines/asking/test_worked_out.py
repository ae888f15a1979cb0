"""What whole tables answer: values that stand in no single row, each with the rows that it stands on."""

from itertools import pairwise

import pytest

from pipelines.answering import Answering
from pipelines.records import Question

FILES = {
    "moorings 2024.csv": "no;date;owner;boat;amount_eur;paid_on\n"
    "M-01;2024-01-12;Fischer;Heron;120,00;2024-02-01\n"
    "M-02;2024-02-03;Okafor;Curlew;80,50;\n"
    "M-03;2024-02-20;Fischer;Heron;45,00;2024-03-02\n"
    "M-04;2024-03-15;Brandt;Plover;210,00;\n"
    "M-05;2024-04-01;Okafor;Curlew;99,50;2024-05-11\n"
    "M-06;2024-05-09;Fischer;Dunlin;60,00;2024-06-01\n",
    "moorings 2023.csv": "No,Date,Owner,Boat,Amount EUR,Paid on\n"
    "L-01,2023-06-12,Fischer,Heron,100.00,2023-07-01\n"
    "L-02,2023-08-03,Lindt,Tern,70.00,2023-09-01\n",
    "berths.csv": "berth,boat,pier,let until,fee\n"
    + "".join(
        f"B-{n},Skiff{n},{'West' if 2 < n < 41 else 'East'},{'2025-01-01' if n % 3 == 0 else ''},{10 * n}\n"
        for n in range(1, 43)
    ),
    "dredging.csv": "crew;2021;2022;2023\nHired;;;\nBaltic crew;31;33;30\nTidewater crew;20;16;12\n"
    "Volunteers;;;\nBaltic crew;12;22;19\nTidewater crew;7;9;8\n",
    "harbour.md": "# The harbour\n\nThe harbour was dug in 1871. Its wall is forty metres long, and the light on the "
    "mole is red. Boats lie here from April to October; in winter they stand in the shed.\n",
}


@pytest.fixture(scope="module")
def answering(library, shelf):
    return Answering(library, shelf, ability="quotes")


def first_line(answering, question, language=None):
    return answering.invoke(Question(question)).text.split("\n")[0]


def test_a_sum_is_worked_out_over_all_rows_that_are_meant(answering) -> None:
    answer = answering.invoke(Question("what is the total amount eur for okafor?"))
    assert "**180**" in answer.text.split("\n")[0]
    assert "|M-02|2024-02-03|Okafor|Curlew|80,50" in answer.text and "M-05" in answer.text
    assert {each.quote.split(" | ")[0] for each in answer.citations} >= {"M-02", "M-05"}


def test_a_year_is_that_of_the_rows_own_day_and_a_mistake_in_altogether_is_forgiven(answering) -> None:
    assert "**225**" in first_line(answering, "what is the total amount eur of all 2024 moorings for fischer?")
    assert "**180**" in first_line(answering, "what amount eur for okafor alltogether?")


def test_rows_of_tables_with_the_same_head_are_counted_together(answering) -> None:
    assert "**4**" in first_line(answering, "how many fischer?")


def test_since_a_day_means_the_rows_of_all_files_from_then_on(answering) -> None:
    text = answering.invoke(Question("what is the total amount eur for fischer since june 2023?")).text
    assert "**325**" in text and "L-01" in text and "M-06" in text
    assert "**225**" in first_line(answering, "what is the total amount eur for fischer since january 2024?")
    assert "**165**" in first_line(answering, "total amount eur for fischer from january to march 2024?")


def test_the_largest_is_told_with_its_row(answering) -> None:
    answer = answering.invoke(Question("which owner has the highest amount eur?"))
    assert "**Brandt**" in answer.text.split("\n")[0] and "M-04" in answer.text


def test_what_has_no_value_is_found(answering) -> None:
    text = answering.invoke(Question("which boat have no paid on?")).text
    table = text.split("\n\n")[1]
    assert "M-02" in table and "M-04" in table and "M-01" not in table


def test_the_trace_says_it_in_sql(answering) -> None:
    answer = answering.invoke(Question("what is the total amount eur for okafor?"))
    said = [step.text for step in answer.trace.steps if step.stage == "table"]
    assert any('SELECT SUM("Amount EUR") FROM t WHERE says("Owner", \'okafor\')' in each for each in said)


@pytest.mark.parametrize("question", ["when was the harbour dug?", "where do the boats stand in winter?"])
def test_a_table_answers_nothing_about_other_things(answering, question) -> None:
    assert "|" not in answering.invoke(Question(question)).text.split("\n")[0]


def test_marks_stand_behind_what_they_cite(answering) -> None:
    answer = answering.invoke(Question("which owner has the highest amount eur?"))
    for each in answer.citations:
        assert answer.text[each.end :].lstrip("[]0123456789 ").strip() or answer.text[each.end :].startswith(" [")
        assert answer.text[each.end : each.end + 2] == " ["


def test_what_a_table_answers_is_not_declined(answering) -> None:
    answer = answering.invoke(Question("total amount eur of curlew"))
    assert not answer.abstained and "**180**" in answer.text


def test_empty_cells_and_heads_that_are_repeated_move_nothing(answering) -> None:
    answer = answering.invoke(Question("what is the total fee of all berths?"))
    assert f"**{sum(10 * n for n in range(1, 43))}**" in answer.text and "42 rows" in answer.text
    assert "**420**" in first_line(answering, "which berth has the highest fee?") or "B-42" in first_line(
        answering, "which berth has the highest fee?"
    )


def test_rows_of_one_table_stand_in_one_wherever_they_were_found(answering) -> None:
    answer = answering.invoke(Question("what is the total fee of east?"))
    assert "**860**" in answer.text
    assert len({each.number for each in answer.citations}) > 1
    assert answer.text.count("|---") == answer.text.split("\n\n")[1].count("|---")


def test_a_table_that_answers_leaves_nothing_open(answering) -> None:
    answer = answering.invoke(Question("what is the total amount eur for okafor?"))
    assert "harbour was dug" not in answer.text


def test_a_file_that_is_forgotten_while_it_is_asked_breaks_no_answer(library, shelf, monkeypatch) -> None:
    monkeypatch.setattr(library.catalogue, "segments_of", lambda source: [])
    answer = Answering(library, shelf, ability="quotes").invoke(Question("what is the total amount eur for okafor?"))
    assert "Okafor" in answer.text and "**180**" not in answer.text


def test_how_many_rows_a_table_has_is_no_answer_to_any_how_many(answering) -> None:
    answer = answering.invoke(Question("how many keepers did the lighthouse have and what did they cost in total"))
    assert "**" not in answer.text.split("\n")[0]


def test_rows_that_are_told_say_which_they_are_and_what_they_add_up_to(answering) -> None:
    question = "which moorings of 2024 have no paid on date, please with the total amount eur"
    first = first_line(answering, question)
    assert (
        "**2** rows: date = 2024, paid_on = –" in first.lower().replace("paid on", "paid_on") and "**290.5**" in first
    )


def test_rows_stand_below_the_lines_that_name_their_groups(answering) -> None:
    text = answering.invoke(Question("which figures has the baltic crew in 2022?")).text
    table = [line.split("|")[1] for line in text.split("\n") if line.startswith("|")]
    above = [before for before, row in pairwise(table) if row == "Baltic crew"]
    assert above and set(above) <= {"Hired", "Volunteers"}
