"""Values that a fact may be asked for."""

from __future__ import annotations

import pytest

from pipelines.asking.answer_types import in_bold, spans_of

LEASE = "The lease from 3 May 2021 costs 450 EUR a month and was signed by Mara Holt."


@pytest.mark.parametrize(
    ("answer_type", "found"),
    [("number", ["450 EUR"]), ("date", ["3 May 2021"]), ("name", ["May", "EUR", "Mara Holt"]), ("other", [])],
)
def test_each_type_finds_its_own_values(answer_type, found) -> None:
    assert [LEASE[start:end] for start, end in spans_of(answer_type, LEASE, "", "en")] == found


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Am 3. Mai 2023 schloss die Sitzung 0379 um 16.05 Uhr.", "16.05 Uhr"),
        ("La séance 2023-0379 est levée à 16h05.", "16h05"),
        ("The 2 ferries leave at 4:05 pm in summer.", "4:05 pm"),
        ("第3次会议下午3点20分结束。", "下午3点20分"),
    ],
)
def test_a_time_of_day_is_told_from_other_numbers(text, time) -> None:
    assert [text[start:end] for start, end in spans_of("time", text, "", "")] == [time]


def test_what_the_question_states_is_no_answer() -> None:
    assert spans_of("number", "In room 12 stand 30 chairs.", "how many chairs are in room 12", "en") == [(17, 19)]


def test_a_german_noun_is_no_name() -> None:
    assert spans_of("name", "Der Vertrag liegt beim Amt.", "", "de") == []


def test_a_value_is_bold_unless_there_are_too_many() -> None:
    assert in_bold("date", LEASE, "since when?", "en").startswith("The lease from **3 May 2021** costs")
    many = "It was done in 1901, in 1902 and in 1903."
    assert in_bold("date", many, "when?", "en") == many


@pytest.mark.parametrize(
    "text",
    [
        "Seen *once* in 1901.",
        "See https://example.org/1901/05 for more.",
        "Run `set year 1901` first.",
    ],
)
def test_what_is_markdown_or_an_address_stays_as_it_is(text: str) -> None:
    assert in_bold("date", text, "when?", "en") == text


def test_wide_digits_move_nothing() -> None:
    assert in_bold("date", "１９０１年的㎞数是 3 月 4 日", "when?", "en") == "**１９０１**年的㎞数是 **3 月 4 日**"


def test_small_letters_of_other_scripts_are_no_names() -> None:
    text = "Затем хор пел в Париже."
    assert [text[start:end] for start, end in spans_of("name", text, "", "ru")] == ["Париже"]
