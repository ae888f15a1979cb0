"""A better order of the best results, whatever stands among them."""

from __future__ import annotations

import numpy as np

from indexes.records import Place, Segment
from pipelines.finding.moments import Found, Moment
from pipelines.finding.reranking import rerank


def moments(*scores: float, picture: int = -1) -> list[tuple[Moment, float]]:
    made = []
    for n, score in enumerate(scores):
        segment = Segment("a", n, "document", f"text {n}", Place(), id=n)
        made.append((Moment(Found(segment, score, {"image" if n == picture else "text": 1}, {})), score))
    return made


def places(found: list[tuple[Moment, float]]) -> list[int]:
    return [moment.lead.segment.position for moment, _ in found]


def test_a_photograph_among_the_results_leaves_the_others_to_be_compared() -> None:
    seen: list[int] = []

    def score(best: list[Moment]) -> np.ndarray:
        seen.extend(moment.lead.segment.position for moment in best)
        return np.array([0.1, 0.5, 0.9])

    found = rerank(moments(4.0, 3.0, 2.0, 1.0, picture=1), score, 10)
    assert seen == [0, 2, 3] and places(found) == [3, 1, 2, 0]


def test_one_passage_without_kept_words_leaves_the_others_to_be_compared() -> None:
    found = rerank(moments(4.0, 3.0, 2.0), lambda best: np.array([0.1, np.nan, 0.9]), 10)
    assert places(found) == [2, 1, 0]


def test_the_order_stays_where_nothing_can_be_compared() -> None:
    assert places(rerank(moments(4.0, 3.0), lambda best: None, 10)) == [0, 1]
    assert places(rerank(moments(4.0, 3.0, 2.0), lambda best: np.full(3, np.nan), 10)) == [0, 1, 2]


def test_only_the_best_are_compared() -> None:
    assert places(rerank(moments(4.0, 3.0, 2.0), lambda best: np.array([0.1, 0.9]), 2)) == [1, 0, 2]
