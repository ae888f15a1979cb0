"""Amounts and times that questions expect."""

import pytest

from pipelines.checking.expected import expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many lamps are there?", "Twelve."),
        ("How many lamps are there?", "There are none."),
        ("How much may the council raise?", "It may raise 3 pence."),
        ("How long did the keeper stay?", "He stayed for 31 years."),
        ("When did the clock stop?", "In January 1978."),
        ("When did the clock stop?", "After the storm."),
        ("In which year was it built?", "1904"),
        ("Who was the keeper?", "A man of the coast."),
        ("When the storm came, who was in the tower?", "Thomas Vane."),
        ("How do tides work?", "The moon pulls the water."),
        ("灯塔有多少盏灯？", "十二盏。"),
    ],
)
def test_what_is_of_the_kind(question: str, answer: str) -> None:
    assert expected(question)(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much can the council alter the rate?", "The council has limited powers to vary it."),
        ("How many of the 12 lamps burn?", "The 12 lamps burn oil."),  # the number that was asked with
        ("When did the clock stop?", "The clock stands in the watch room."),
        ("What percentage burnt down?", "The granary burnt down."),
    ],
)
def test_what_is_not(question: str, answer: str) -> None:
    assert not expected(question)(answer)
