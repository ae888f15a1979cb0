"""What sentences claim, compared strictly: values in any notation, names, negations, opposites."""

import pytest

from pipelines.checking.claims import differences
from pipelines.checking.statements import Statement
from pipelines.checking.values import holds, values


def texts(
    sentence: str, quote: str, question: str = "", head: str = "", beside: str = "", passage: str = ""
) -> list[str]:
    parts = [Statement(text) for text in (sentence, quote, head, beside, question, passage)]
    return [each.text for each in differences(*parts)]


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("4,287.50", "4287.5"),
        ("4\u202f287,50", "4,287.50"),
        ("42 %", "forty-two percent"),
        ("42 per cent", "42%"),
        ("a hundred and five", "105"),
        ("two million", "2,000,000"),
        ("$4.5 million", "4,500,000 dollars"),
        ("3.5 km", "3,5 kilometres"),
        ("5km", "5 km"),
        ("the 21st century", "the twenty-first century"),
        ("between 3 and 5", "3–5"),
        ("1973–1974", "the winter of 1973-74"),
        ("12 March 1911", "March 12, 1911"),
        ("12 March 1911", "1911-03-12"),
        ("November 1911", "on 3 November 1911"),
        ("1911", "on 3 November 1911"),
        ("4 March 2021", "3/4/2021"),
        ("5 pm", "17:00"),
        ("5:30 p.m.", "at 17:30"),
        ("Covid-19", "COVID 19"),
        ("2024年3月5日", "二〇二四年三月五日"),
        ("三十一块", "31块"),
        ("3万人", "30000人"),
        ("百分之四十二", "42%"),
    ],
)
def test_one_value_in_two_notations(sentence: str, quote: str) -> None:
    strict = [value for value in values(sentence) if value.strict]
    assert strict and all(holds(values(quote), quote, value) for value in strict)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("413 litres", "412 litres"),
        ("5 km", "5 miles"),
        ("5 %", "5 years"),
        ("-5 °C", "5 °C"),
        ("4.5 million", "4.5 billion"),
        ("November 1912", "on 3 November 1911"),
        ("3 November 1911", "November 1911"),
        ("13 March 1911", "12 March 1911"),
        ("5 pm", "5 am"),
        ("4", "between 3 and 5"),
        ("B211", "B210"),
        ("B21", "B210"),
        ("2024年4月5日", "2024年3月5日"),
        ("三十二块", "31块"),
    ],
)
def test_another_value_is_not_borne_out(sentence: str, quote: str) -> None:
    strict = [value for value in values(sentence) if value.strict]
    assert strict and not all(holds(values(quote), quote, value) for value in strict)


def test_words_that_only_look_like_numbers_are_no_claims() -> None:
    assert not [v for v in values("One of the first may say no second time.") if v.strict]
    assert not [v for v in values("一些人认为这十分重要。") if v.strict]


VANE = "Thomas Vane was appointed keeper on 3 November 1911 and stayed for 31 years."


@pytest.mark.parametrize(
    ("sentence", "flag"),
    [
        ("Vane was appointed keeper on 3 November 1912.", "the sources say 3 November 1911 instead of 3 November 1912"),
        ("He stayed for 13 years.", "the sources say 31 years instead of 13 years"),
        ("Emily Stone was appointed keeper on 3 November 1911.", "the sources say Thomas Vane instead of Emily Stone"),
        ("The keeper was Emily Stone.", "the sources do not name Emily Stone"),
        ("Thomas Vane was not appointed keeper.", "the negation is not in the sources"),
        ("It cost $400.", "$400 is not in the sources"),
    ],
)  # fmt: skip
def test_what_was_changed_is_said_in_words(sentence: str, flag: str) -> None:
    assert flag in texts(sentence, VANE)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Vane's keeper stayed for thirty-one years.", VANE),
        ("T. Vane was appointed in November 1911.", VANE),
        ("José Muñoz wrote it.", "It was written by Jose Munoz."),
        ("The UN sent help.", "Help was sent by the United Nations."),
        ("British ships came.", "Ships from Britain came."),
        ("He didn't sign.", "He did not sign the letter."),
        ("It is not without risk.", "It is not without risk for them."),
        ("Not only ships but also trains came.", "Ships and trains came."),
        ("The bridge is open.", "The bridge is open, but the road is not."),
        ("博物馆不开放。", "博物馆星期二不开放。"),
        ("博物馆非常大。", "博物馆很大。"),
    ],
)
def test_what_is_told_in_other_words_does_not_differ(sentence: str, quote: str) -> None:
    assert texts(sentence, quote) == []


@pytest.mark.parametrize(
    ("sentence", "quote", "question"),
    [
        ("He signed the letter.", "He did not sign the letter.", "Did he sign the letter?"),
        ("The price increased.", "The price decreased in May.", "What happened to the price?"),
        ("The last keeper was Vane.", "The first keeper was Vane.", "Who was Vane?"),
        ("The test was successful.", "The test was unsuccessful.", "How was the test?"),
        ("博物馆星期二开放。", "博物馆星期二不开放。", "博物馆星期二开放吗？"),
        ("博物馆星期二不开放。", "博物馆星期二开放。", "博物馆星期二开放吗？"),
    ],
)
def test_the_opposite_is_told_from_what_is_said(sentence: str, quote: str, question: str) -> None:
    assert texts(sentence, quote, question)


def test_a_negative_question_may_be_answered_in_its_words() -> None:
    question = "Why did they not surrender?"
    assert texts("They did not surrender because help was near.", "Help was near, so they held out.", question) == []


def test_a_name_exchanged_for_its_neighbour_is_noticed() -> None:
    quote, beside = "Vaudreuil sent Dieskau to the fort.", "Johnson led the others, and he was feared."
    assert texts("Johnson sent Dieskau to the fort.", quote, beside=beside)
    assert texts("Dieskau was sent by Johnson.", quote, beside=beside)
    assert not texts("Johnson was feared.", "He was feared by all.", beside="Johnson led the others.")


def test_values_that_change_places_in_one_quote_are_noticed() -> None:
    quote = "It weighed 12 kg in 1950 and 15 kg in 1960."
    assert not texts("It weighed 12 kg in 1950.", quote)
    assert texts("It weighed 15 kg in 1950 and 15 kg in 1960.", quote)


def test_a_row_is_read_with_its_header() -> None:
    head = "Month | Turnover in USD"
    assert texts("The turnover in March was 700 USD.", "March | 700", head=head) == []
    assert texts("The turnover in March was 800 USD.", "March | 700", head=head)


def test_the_year_of_a_day_may_stand_elsewhere_in_the_passage() -> None:
    quote, passage = "By December 25 the harbour was free of ice.", "On 7 November 1973 it froze, and more lay ahead."
    assert texts("It was free of ice on December 25, 1973.", quote, passage=passage) == []
    assert texts("It was free of ice on December 25, 1974.", quote, passage=passage)


def test_two_and_three_are_two_numbers() -> None:
    assert [value.text for value in values("between two and three weeks")] == ["two", "three weeks"]
    assert [value.text for value in values("two hundred and three weeks")] == ["two hundred and three weeks"]


def test_short_years_of_a_list_are_years() -> None:
    assert holds(values("1755, 56 and 57"), "1755, 56 and 57", values("1757")[0])
    assert not holds(values("1755, 56 metres"), "1755, 56 metres", values("1857")[0])
