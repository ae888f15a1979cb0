"""Values: whatever way a number, a measure or a day is written, it is the same; and another is another."""

from __future__ import annotations

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.checking.numerals import number_words, read_cjk
from pipelines.checking.units import _NAMES, measured
from pipelines.checking.values import holds, values

WHOLE = st.integers(min_value=2, max_value=99_999)
DAYS = st.dates(min_value=datetime.date(1000, 1, 1), max_value=datetime.date(2099, 12, 31))


def states(text: str, value: str) -> bool:
    """Whether the text states all values of the other."""
    strict = [each for each in values(value) if each.strict]
    return bool(strict) and all(holds(values(text), text, each) for each in strict)


def same(one: str, other: str) -> bool:
    return states(one, other) and states(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two and a half million", "2.5 million"),
        ("half a million", "500,000"),
        ("$5m", "5 million dollars"),
        ("2,5 Mio. Euro", "€2,500,000"),
        ("zwei Millionen", "2 million"),
        ("90 minutes", "an hour and a half"),
        ("half an hour", "30 minutes"),
        ("1.5 km", "1500 m"),
        ("5 ft", "60 inches"),
        ("10 °C", "50 °F"),
        ("3½", "3.5"),
        ("0,125", "0.125"),
        ("12,34,567", "1.234.567"),
        (".5 inches", "0.5 inches"),
        ("20 000 Euro", "€20,000"),
        ("1 000,50", "1000.5"),
        ("(Smith,2019)", "in 2019"),
        ("–5 °C", "minus 5 °C"),
        ("F-16", "two F16s"),
        ("AB-1234/X", "ab 1234 x"),
        ("two thirds", "2/3"),
        ("Die Schulden betragen 2 Billion Euro und mehr", "2000 Mrd. Euro"),
        ("5 miljoen", "5 million"),
        ("5 crore", "50 million"),
        ("two dozen", "24"),
        ("half a dozen", "six"),
        ("USD 5 million", "$5m"),
        ("5M users", "5 million users"),
        ("10 kilometres per hour", "10 km/h"),
        ("10 degrees Celsius", "50 °F"),
        ("¥500", "500 yen"),
        ("2.4 GHz", "2400 MHz"),
        ("a third of them", "one-third of them"),
        ("三分之二", "2/3"),
        ("one and a half hours", "90 minutes"),
        ("an hour and a quarter", "75 minutes"),
        ("5.30 pm", "17.30 Uhr"),
        ("10:15", "10:15:30"),
        ("12 mai 1911", "12-May-1911"),
        ("le 14 mars", "14 mars 2019"),
        ("2021/04/03", "3 April 2021"),
        ("3/4 cup", "0.75 cup"),
        ("a dozen eggs", "12 eggs"),
        ("two hundred thousand people", "200,000 people"),
        ("two point five million dollars", "$2.5m"),
        ("3千万元", "30000000元"),
        ("一点五亿元", "1.5亿元"),
        ("3亿5000万元", "3.5亿元"),
        ("67 000 000 habitants", "67 millions d'habitants"),
        ("5 million pounds", "£5 million"),
        ("30 miles per gallon", "30 mpg"),
        ("一亿二千万", "120 million"),
        ("03-04-2021", "3 April 2021"),
        ("03-04-2021", "March 4, 2021"),
        ("12 de março de 2020", "12 March 2020"),
        ("4 марта 2021", "2021-03-04"),
    ],
)
def test_written_in_two_ways(one: str, other: str) -> None:
    assert states(other, one) or states(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5 km", "1500 miles"),
        ("90 minutes", "an hour"),
        ("$5m", "5 m"),
        ("10 °C", "10 °F"),
        ("3½", "3"),
        ("1/2", "2"),
        ("192.168.0.1", "192.16.80.1"),
        ("version 1.12.1", "version 11.2.1"),
        ("0.125", "125"),
        ("1999/2001", "1999/2000"),
        ("3/4/21", "3/5/21"),
        ("–5 °C", "5 °C"),
        ("零下5", "5"),
        ("10%-15%", "10% and -15%"),
        ("2.5GHz", "3.5GHz"),
        ("room 2A", "room 12A"),
        ("the A4", "via 4 roads"),
        ("one third", "3"),
        ("The debt is 2 billion euros", "The debt is 2 trillion euros"),
        ("USD 5", "€5"),
        ("10 degrees Celsius", "10 degrees Fahrenheit"),
        ("500 yen", "500 yuan"),
        ("5 MW", "5 kW"),
        ("三分之一", "3"),
        ("in 2:01:09", "in 2:01:39"),
        ("00:30", "12:30 pm"),
    ],
)
def test_another_measure(one: str, other: str) -> None:
    assert not states(other, one)


@given(WHOLE)
def test_digits_with_and_without_separators(number: int) -> None:
    assert same(f"{number:,} tons", f"{number} tons")
    assert same(f"{number} million", f"{number},000,000")


@given(WHOLE)
def test_measures_in_other_units(number: int) -> None:
    assert same(f"{number} km", f"{number * 1000} metres")
    assert same(f"{number} hours", f"{number * 60} minutes")
    assert same(f"{number} kg", f"{number * 1000} grams")
    assert not states(f"{number + 1} km", f"{number * 1000} metres")


@given(DAYS)
def test_days(day: datetime.date) -> None:
    written = (
        f"{day.day} {day:%B} {day.year}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    )
    iso = f"{day.year}-{day.month:02}-{day.day:02}"
    assert all(same(each, iso) for each in written)
    assert all(states(f"{day.day:02}{mark}{day.month:02}{mark}{day.year}", iso) for mark in "-./")
    other = day.replace(year=day.year + 1, day=1)
    assert not states(f"on {iso}", f"on {other.year}-{other.month:02}-{other.day:02}")


@given(st.integers(min_value=1, max_value=10**12))
def test_chinese_numerals(number: int) -> None:
    import cn2an

    assert read_cjk(cn2an.an2cn(number)) == number


def test_number_words_say_where_they_stand() -> None:
    text = "She has twenty-five dogs and one hundred and five cats."
    assert [(text[start:end], number) for start, end, number in number_words(text, "en")] == [
        ("twenty-five", 25.0),
        ("one hundred and five", 105.0),
    ]


def test_words_that_are_units_only_by_chance_are_none() -> None:
    assert [value.unit for value in values("5 cats, 10 people, 3 as well, 4 at once, 7 points")] == [
        "",
        "",
        "",
        "",
        "point",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "§ 5 des Gesetzes",
        "l'un des 12 pays",
        "10 out of 2000 people",
        "He set 5 records",
        "15 Häuser, 3 Männer, 10 Gäste",
        "En 1804 l'empereur",
        "In 1922 T. S. Eliot wrote it",
        "In 1990 an earthquake struck",
    ],
)
def test_words_that_are_no_months_and_no_units(text: str) -> None:
    assert all(value.kind == "number" and not value.unit for value in values(text))


@pytest.mark.parametrize(
    "text", ["Le projet a été confié à un architecte suisse.", "Ha comprado una casa.", "Os resultados dos exames"]
)
def test_articles_are_no_numbers(text: str) -> None:
    assert not [value for value in values(text) if value.strict]


@pytest.mark.parametrize("text", ["Umsatz 2019 – 12'500 Franken", "收入达到三亿五", "二十〇日", "一" * 400])
def test_odd_numbers_stop_nothing(text: str) -> None:
    assert isinstance(values(text), list)


def test_all_units_measure_something() -> None:
    assert all(measured(1.0, unit)[0] for unit in _NAMES.values())


def test_wide_digits_keep_the_offsets_of_what_stands_behind() -> None:
    text = "㎞… ﬁve ２０％ of 30 km"
    assert [(value.start, value.readings) for value in values(text)] == [(7, {20.0}), (14, {30.0})]


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for value in values(text):
        assert 0 <= value.start < value.end <= len(text)
        assert holds(values(text), text, value)


@pytest.mark.parametrize("again", ["hundred ", "1,", "1912, 13 ", "a1-", "and a half ", "5 billion "])
def test_reading_takes_time_in_proportion(again: str) -> None:
    before = time.process_time()
    values(again * (20_000 // len(again)))
    assert time.process_time() - before < 2
