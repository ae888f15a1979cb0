"""Times that questions name, read for a recording of ten minutes, and what only looks like one."""

from __future__ import annotations

import pytest

from pipelines.finding.times import find_time, seconds

DURATION = 600.0


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What is said at 3:20?", 199, 201),
        ("What is on the slide @3:20", 199, 201),
        ("3:20", 199, 201),
        ("What is said in the recording 3:20?", 199, 201),
        ("What is said at 00:03:20.500?", 199.5, 201.5),
        ("What is at 2m30s?", 149, 151),
        ("What is said at 90 seconds?", 89, 91),
        ("What is said at 1 minute and 30 seconds?", 89, 91),
        ("What is shown at the 2-minute mark?", 119, 121),
        ("What is said at second 12?", 11, 13),
        ("What is shown at minute 5?", 300, 360),
        ("What is said in the third minute?", 120, 180),
        ("What is said in the 5th minute?", 240, 300),
        ("What is shown around minute 5?", 285, 375),
        ("Around 2:00 something falls. What?", 105, 135),
        ("About two minutes in, what is shown?", 105, 135),
        ("What happens two minutes into the film?", 105, 135),
        ("What moves 4.4 seconds after the start?", 3.4, 5.4),
        ("What is said 30 seconds before the end?", 569, 571),
        ("What is said between 2:00 and 4:00?", 120, 240),
        ("What is said between 2 and 4 minutes?", 120, 240),
        ("What is said from 1:00 to 1:30?", 60, 90),
        ("Sum up 2:00–4:00", 120, 240),
        ("What is said in the first minute?", 0, 60),
        ("What is said during the first 90 seconds?", 0, 90),
        ("What is said in the last 30 seconds?", 570, 600),
        ("What is said in the final minute?", 540, 600),
        ("What is said after the first minute?", 60, 600),
        ("What is said before the last minute?", 0, 540),
        ("What is said after 8 minutes?", 480, 600),
        ("What is said before 1:30?", 0, 90),
        ("What is said until minute 2?", 0, 120),
        ("Was wird bei 3:20 gesagt?", 199, 201),
        ("Was wird in den ersten 30 Sekunden gesagt?", 0, 30),
        ("Was sieht man in der letzten Minute?", 540, 600),
        ("Qu'est-ce qui est dit à 3:20 ?", 199, 201),
        ("Que dit-elle dans les 30 dernières secondes ?", 570, 600),
        ("3分20秒说了什么？", 199, 201),
        ("前30秒说了什么？", 0, 30),
        ("最后一分钟说了什么？", 540, 600),
        ("两分钟的时候出现了什么？", 119, 121),
    ],
)
def test_times_are_read(question: str, start: float, end: float) -> None:
    asked = find_time(question)
    assert asked is not None and not asked.vague
    assert asked.within(DURATION) == pytest.approx((start, end))


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What is said at the beginning?", 0, 60),
        ("How does it look at the very end?", 540, 600),
        ("What is said in the first few seconds?", 0, 60),
        ("What is said halfway?", 270, 330),
        ("What is said in the middle?", 270, 330),
        ("Who speaks in the first half?", 0, 300),
        ("Who speaks in the second half?", 300, 600),
        ("Was wird am Ende gesagt?", 540, 600),
        ("Que dit-on au début ?", 0, 60),
        ("结尾出现了什么？", 540, 600),
    ],
)
def test_times_that_may_belong_to_anything_are_vague(question: str, start: float, end: float) -> None:
    asked = find_time(question)
    assert asked is not None and asked.vague
    assert asked.within(DURATION) == pytest.approx((start, end))


@pytest.mark.parametrize(
    "question",
    [
        "Does the ferry leave at 3:20 pm?",
        "Fährt die Fähre um 15:30 Uhr?",
        "What changed in version 3.20?",
        "What does John 3:16 mean?",
        "What does 1 Cor. 13:04 mean?",
        "Is a ratio of 3:20 enough?",
        "Which photo is 16:9?",
        "They won 3:20, did they?",
        "What happened in 2019?",
        "What is the second half of 2019 like?",
        "What is in the last chapter?",
        "Who was the last keeper?",
        "What did he do in the last 10 years?",
        "What grows in the first 12 months?",
        "Which last minute changes were there?",
        "Who asked for a second opinion?",
        "How long do I bake it, 20 minutes?",
        "Stir it for 20 minutes in the pan?",
        "How tall is it at 12 m?",
        "What is in the minutes of 2024?",
        "Is a third of it enough, 前三分之一?",
        "What is at 12:30:99?",
    ],
)
def test_what_only_looks_like_a_time_is_none(question: str) -> None:
    assert find_time(question) is None


def test_a_time_says_where_it_stands_in_the_question() -> None:
    question = "What is said at 3:20 about the lamp?"
    asked = find_time(question)
    assert asked is not None and question[asked.start : asked.end] == "at 3:20"


def test_times_beyond_the_end_lie_in_no_recording() -> None:
    asked = find_time("What is said at 45:00?")
    assert asked is not None
    assert not asked.lies_in(DURATION) and asked.lies_in(3000.0)
    assert asked.within(DURATION) == (600, 600)


def test_the_edges_of_a_recording_grow_with_it_within_bounds() -> None:
    asked = find_time("What is said at the end?")
    assert asked is not None
    assert [asked.within(length)[0] for length in (5.0, 60.0, 600.0, 7200.0)] == [0, 50, 540, 7020]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3:20", 200), ("1:02:45", 3765), ("minute 5", 300), ("1 hour and 5 minutes", 3900), ("half a minute", 30),
     ("1.5 minutes", 90), ("2m30s", 150), ("1h05m", 3900), ("3分20秒", 200), ("second 12", 12), ("nothing", 0)],
)  # fmt: skip
def test_seconds_of_a_time(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)
