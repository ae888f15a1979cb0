"""Which days a question names, in several languages."""

import pytest

from pipelines.tables.periods import Period, periods
from pipelines.tables.wording import in_english

YEAR = ((2024, 1, 1), (2024, 12, 31))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("due before 1 july 2025", "en", [((2025, 7, 1), (2025, 7, 1))]),
        ("rent from january 2024 to june 2025", "en", [((2024, 1, 1), (2025, 6, 31))]),
        ("jan-march 2025 against jan-march 2024", "en", [((2025, 1, 1), (2025, 3, 31)), ((2024, 1, 1), (2024, 3, 31))]),
        ("in 2024 and in the first half of 2025", "en", [YEAR, ((2025, 1, 1), (2025, 6, 31))]),
        ("Q2 2024", "en", [((2024, 4, 1), (2024, 6, 31))]),
        ("between 2019 and 2021", "en", [((2019, 1, 1), (2021, 12, 31))]),
        ("2018, 2020", "en", [((2018, 1, 1), (2018, 12, 31)), ((2020, 1, 1), (2020, 12, 31))]),
        ("in may and june 2024", "en", [((2024, 5, 1), (2024, 5, 31)), ((2024, 6, 1), (2024, 6, 31))]),
        ("in march", "en", [((0, 3, 1), (0, 3, 31))]),
        ("what you may do with 40 of them", "en", []),
        ("invoices of 2024 that were paid in march", "en", [YEAR, ((0, 3, 1), (0, 3, 31))]),
        ("vor dem 1. Juli 2025", "de", [((2025, 7, 1), (2025, 7, 1))]),
        ("im ersten Halbjahr 2024", "de", [((2024, 1, 1), (2024, 6, 31))]),
        ("zwischen März und Mai 2024", "de", [((2024, 3, 1), (2024, 5, 31))]),
        ("du 3 mars au 5 avril 2024", "fr", [((2024, 3, 3), (2024, 4, 5))]),
        ("2024年3月到2024年6月", "zh", [((2024, 3, 1), (2024, 6, 31))]),
    ],
)
def test_days_that_are_named(text, language, expected):
    found = periods(in_english(text, language), 80)
    assert [(each.first, each.last) for each in found] == expected


def test_what_stands_behind_the_words_that_are_read_is_no_period():
    assert periods("word " * 79 + "2024 2025", 80) == periods("word " * 79 + "2024", 80) != []


def test_a_month_that_is_known_alone_is_its_first_day():
    july = Period((2025, 7, 1), (2025, 7, 31), range(1))
    for test, expected in {"=": True, ">=": True, "<=": True, "<": False, ">": False}.items():
        assert july.holds(test, (2025, 7, 0)) is expected, test
    assert not any(july.holds(test, (0, 7, 4)) for test in ("=", "<", ">")), "no year is known"
    of_any_year = Period((0, 7, 1), (0, 7, 31), range(1))
    assert of_any_year.holds("=", (1999, 7, 4)) and of_any_year.holds("<", (1999, 6, 30))


@pytest.mark.parametrize(
    ("text", "language", "compared"),
    [
        ("since june 2023", "en", ">="),
        ("up to the 3rd of may 2024", "en", "<="),
        ("prior to march 2024", "en", "<"),
        ("later than 2019", "en", ">"),
        ("in 2024", "en", ""),
        ("vor dem 1. Juli 2025", "de", "<"),
        ("seit Mai 2024", "de", ">="),
        ("avant le 3 mai 2024", "fr", "<"),
    ],
)
def test_what_stands_before_a_period_says_how_it_is_compared(text, language, compared):
    (found,) = periods(in_english(text, language), 80)
    assert found.compared == compared
