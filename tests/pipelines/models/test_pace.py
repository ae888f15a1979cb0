"""How fast a chat model is, from what it did."""

from __future__ import annotations

import pytest

from pipelines.models import pace
from pipelines.models.pace import Pace


def test_nothing_is_said_before_both_were_measured() -> None:
    own = Pace()
    assert own.speed is None
    own.add_read(300, 3.0)
    assert own.speed is None
    own.add_written(40, 2.0)
    assert own.speed == (100.0, 20.0)


def test_one_slow_answer_changes_little_and_old_ones_are_forgotten() -> None:
    own = Pace()
    for seconds in (3.0, 3.0, 60.0):
        own.add_read(300, seconds)
        own.add_written(40, seconds)
    assert own.speed == (100.0, pytest.approx(40 / 3))
    for _ in range(20):
        own.add_read(300, 1.0)
    assert own.speed is not None and own.speed[0] == 300.0


def test_too_few_tokens_are_no_measure() -> None:
    own = Pace()
    own.add_read(5, 1.0)
    own.add_read(500, 0.0)
    own.add_written(1, 0.001)
    assert own.speed is None


def test_a_stream_is_measured_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])

    def stream():
        for seconds, text in ((0.5, ""), (3.5, "one"), (0.5, "two two"), (0.5, "three three three three"), (9.0, "")):
            now[0] += seconds
            yield text

    own = Pace()
    pieces = list(own.timed(stream(), 200, lambda text: len(text.split())))
    assert pieces[1] == "one" and len(pieces) == 5
    assert own.speed == (50.0, 6.0)  # read until the first word; what comes empty at the end is not waited for


def test_a_stream_that_is_closed_counts_as_far_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])

    def stream():
        while True:
            now[0] += 1.0
            yield "two words"

    own = Pace()
    timed = own.timed(stream(), 100, lambda text: len(text.split()))
    for _ in range(4):
        next(timed)
    timed.close()
    assert own.speed == (100.0, 2.0)
