"""What cells say, however they are written."""

import pytest

from pipelines.tables.cells import Column, words_of, written
from pipelines.tables.days import day_of
from pipelines.tables.numbers import number_of


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("180,00", 180),
        ("1.234,50 EUR", 1234.5),
        ("$ 5,686", 5686),
        ("1,772,133", 1772133),
        ("12 707", 12707),
        ("(12)", -12),
        ("−3.5", -3.5),
        ("72.5\u00a0/km2 (188\u00a0/sq\u00a0mi)", 72.5),
        ("7th", 7),
        ("0.125", 0.125),
        ("0,5 %", 0.5),
        ("3960", 3960),
        ("1,234.567", 1234.567),
        ("1.234,567", 1234.567),
        ("1’234.50", 1234.5),
        ("5e-05", 0.00005),
        ("EUR 500", 500),
        ("3.14159", 3.14159),
        ("0.0625", 0.0625),
        ("12,3456", 12.3456),
        ("1234,567", 1234.567),
        ("1,00,000", 100000),
        ("40,00-", -40),
        ("40.00- EUR", -40),
        ("\u201140.00", -40),
        ("－5", -5),
        ("△5", -5),
        ("(1,250) EUR", -1250),
        ("(1) Alpha", 1),
        ("1.2M", 1_200_000),
        ("800K", 800_000),
        ("3.5 Mio. EUR", 3_500_000),
        ("2 billion", 2e9),
        ("2,184.3万人", 21_843_000),
        ("5 m", 5),
        ("(555) 123-4567", None),
        ("6-Mar-25", None),
        ("6 de marzo de 2025", None),
        ("06.03.2025 10:00", None),
        ("2025年3月6日", None),
        ("12/2023", None),
        ("2024-06", None),
        ("1e308", None),
        ("W 16–13", None),
        ("nd", None),
        ("", None),
        ("12:30", None),
        ("2025-01-20", None),
    ],
)
def test_a_number_is_read_as_people_write_it(cell, number):
    assert number_of(cell) == number


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-03-06", (2025, 3, 6)),
        ("06.03.2025", (2025, 3, 6)),
        ("3/6/2025", (2025, 3, 6)),
        ("16/3/2025", (2025, 3, 16)),
        ("March 6, 2025", (2025, 3, 6)),
        ("Friday, March 6, 2025", (2025, 3, 6)),
        ("6. März 2025", (2025, 3, 6)),
        ("May 2016", (2016, 5, 0)),
        ("20 June", (0, 6, 20)),
        ("6-Mar-25", (2025, 3, 6)),
        ("06.03.2025 10:00", (2025, 3, 6)),
        ("2025/3/6", (2025, 3, 6)),
        ("6 de marzo de 2025", (2025, 3, 6)),
        ("1er mars 2025", (2025, 3, 1)),
        ("2025年3月6日", (2025, 3, 6)),
        ("12/2023", (2023, 12, 0)),
        ("2024-06", (2024, 6, 0)),
        ("2009-10", None),
        ("13/13/2025", None),
        ("2024-13-45", None),
        ("1.5", None),
    ],
)
def test_a_day_is_read_as_people_write_it(cell, day):
    assert day_of(cell) == day


def test_a_column_is_of_the_sort_that_most_of_its_cells_are():
    assert Column("paid", ("2025-01-31", "", "2025-02-12", "open")).sort == "text"
    assert Column("paid", ("2025-01-31", "", "2025-02-12", "2025-03-01", "open", "2025-04-01")).sort == "date"
    assert Column("amount", ("180,00", "96,00", "-", "unknown", "7", "8")).numbers == (180, 96, None, None, 7, 8)
    assert Column("name", ("Anna", "3 Sisters")).sort == "text"


def test_a_column_is_read_as_one():
    assert Column("amount", ("1.000", "12.500", "999,50")).numbers == (1000, 12500, 999.5)
    assert Column("ratio", ("1.125", "0.500", "2.5")).numbers == (1.125, 0.5, 2.5)
    assert Column("amount", ("1.000 €", "2.500 €", "12.000 €")).numbers == (1000, 2500, 12000)
    assert Column("people", ("1.000", "2.500", "900")).numbers == (1000, 2500, 900)
    assert Column("kg", ("1,250", "0,750", "2,5")).numbers == (1.25, 0.75, 2.5)
    assert Column("rupees", ("1,00,000", "2,50,000", "75,000")).numbers == (100000, 250000, 75000)
    assert Column("paid", ("100 EUR", "40 USD", "60 EUR")).sort == "text"
    assert Column("seen", ("05/03/2024", "16/03/2024")).values == ((2024, 3, 5), (2024, 3, 16))
    assert Column("seen", ("05/03/2024", "06/03/2024")).values == ((2024, 5, 3), (2024, 6, 3))


def test_words_agree_without_case_accents_and_plural():
    assert words_of("Invoices_of Stadtbücherei") == words_of("invoice of stadtbucherei")
    assert words_of("北京市") == ("北", "京", "市")


def test_numbers_are_written_as_people_do():
    assert [written(number) for number in (920.0, 1043.5, -0.25, 1e9)] == ["920", "1043.5", "-0.25", "1000000000"]
