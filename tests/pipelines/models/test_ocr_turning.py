"""Which way up a page lies, told by the shape of its lines and by what the classifier says of each."""

from __future__ import annotations

import pytest

from pipelines.models.ocr_turning import Quad, turned_back, turns_needed


def line(width: float, height: float) -> Quad:
    return [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]


WIDE, TALL, SHORT = line(300, 20), line(20, 300), line(30, 20)
UP, DOWN, DOUBT = ("0", 0.99), ("180", 0.99), ("180", 0.6)


@pytest.mark.parametrize(
    ("quads", "labels", "turns"),
    [
        ([WIDE, WIDE], [UP, UP], 0),
        ([WIDE, WIDE, WIDE], [DOWN, DOWN, UP], 2),
        ([WIDE, WIDE], [DOWN, UP], 0),  # the classifier alone errs now and then
        ([WIDE, WIDE], [DOUBT, DOUBT], 0),
        ([TALL, TALL, WIDE], [UP, UP, UP], 1),
        ([TALL, TALL], [DOWN, DOWN], 3),
        ([TALL, WIDE], [UP, UP], 0),  # the label of an axis
        ([SHORT, SHORT], [DOWN, DOWN], 0),
        ([], [], 0),
    ],
)
def test_turns(quads: list[Quad], labels: list[tuple[str, float]], turns: int) -> None:
    assert turns_needed(quads, labels) == turns


def test_boxes_go_back_to_where_they_were() -> None:
    box = (0.1, 0.2, 0.4, 0.3)
    assert turned_back(box, 1) == pytest.approx((0.7, 0.1, 0.8, 0.4))
    for turns in range(4):
        assert turned_back(turned_back(box, turns), (4 - turns) % 4) == pytest.approx(box)
