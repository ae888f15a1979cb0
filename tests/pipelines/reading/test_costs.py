"""What files cost: the cheap ones are read first, and what was seen tells how long the others will take."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexes.library import Library
from pipelines.reading import costs
from pipelines.reading.costs import Costs, Extent, Remaining
from pipelines.reading.kinds import KINDS
from pipelines.records import FileFinished, FileStarted
from tests.pipelines.reading.test_portions import Shelf, index, notes, printed, scanned

PDF = KINDS["pdf"]


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    yield made
    made.close()


def test_costs_are_learnt_and_kept(library: Library) -> None:
    learning = Costs(library)
    assert learning.guess("a.txt", 2_000) < learning.guess("b.txt", 9_000) < learning.guess("c.mp4", 90_000_000)
    scans = Extent(pages=100, scanned=1.0)
    before = learning.reading(PDF, 10**6, scans)
    assert before > learning.reading(PDF, 10**6, Extent(pages=100))
    for _ in range(50):
        learning.learn(PDF, 10**6, scans, seconds=1000.0, texts=200)
        learning.learn_vectors(6.0, 64)
    assert before < 900 < learning.reading(PDF, 10**6, scans) < 1100
    assert 800 < learning.guess("unopened.pdf", 10**6) < 1100  # also by its bytes alone
    assert learning.vectors(64) == pytest.approx(6.0, rel=0.1)
    assert learning.vectors(size=10**6) == pytest.approx(learning.vectors(200), rel=0.1)
    learning.keep()
    assert Costs(library).reading(PDF, 10**6, scans) == pytest.approx(learning.reading(PDF, 10**6, scans), rel=0.01)


def test_what_is_left_is_told_at_the_pace_of_what_was_done(library: Library, monkeypatch) -> None:
    now = 100.0
    monkeypatch.setattr(costs.time, "monotonic", lambda: now)
    left = Remaining(Costs(library))
    for name in ("a", "b"):
        left.expect(name, 10.0, 0)
    assert left.seconds(0) is None
    now = 120.0
    left.reached("a", 0.5)
    assert left.seconds(0) == pytest.approx(15.0 * 20.0 / 5.0)  # five of twenty have taken twenty
    left.drop("b")
    assert left.seconds(0) == pytest.approx(5.0 * 20.0 / 5.0)
    left.reached("a")
    assert left.seconds(0) == 0.0 and (left.seconds(64) or 0.0) > 0.0


@pytest.mark.slow
def test_what_is_dear_is_read_when_nothing_cheap_is_left(tmp_path: Path) -> None:
    folder = notes(tmp_path / "files", 40)
    scanned(folder / "000 scans.pdf", 10)
    printed(folder / "001 printed.pdf", 10)
    events = list(index(tmp_path / "library", Shelf(tmp_path / "read"), folder))
    started = [Path(event.path).name for event in events if isinstance(event, FileStarted)]
    assert {"000 scans.pdf", "001 printed.pdf"} == {*started[40:]}  # by their names they would have come first
    assert all(event.record.status != "failed" for event in events if isinstance(event, FileFinished))
