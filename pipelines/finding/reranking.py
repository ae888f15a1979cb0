"""The best results in a better order: that of a cross-encoder where one is set, else mixed with late interaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipelines.finding.moments import Moment

RERANKED = 20


class Reranker(Protocol):
    """Compares a question and a text closely. Higher scores are better; they compare within one question only.
    `share` is what its order counts, 1 to stand instead of fusion's."""

    share: float

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """(n,) float32, in the order of the texts."""
        ...


def rerank(moments: Sequence[tuple[Moment, float]], question: str, reranker: Reranker) -> list[tuple[Moment, float]]:
    """The best twenty in the reranker's order, mixed with their own by its share, the others behind them as they were.

    A picture without words stays where it is: there is nothing to read in it.
    """
    first = list(moments[:RERANKED])
    read = [i for i, (moment, _) in enumerate(first) if "image" not in moment.lead.ranks]
    if not question or len(read) < 2:
        return list(moments)
    closely = _normalised(np.asarray(reranker.score(question, [_text(first[i][0]) for i in read])))
    fused = _normalised(np.array([first[i][1] for i in read]))
    mixed = reranker.share * closely + (1 - reranker.share) * fused
    order = [read[j] for j in np.argsort(-mixed, kind="stable")]
    best = sorted((first[i][1] for i in read), reverse=True)  # fused scores go on falling
    put = {place: (first[i][0], score) for place, i, score in zip(read, order, best, strict=True)}
    return [put.get(i, each) for i, each in enumerate(first)] + list(moments[RERANKED:])


def _normalised(scores: np.ndarray) -> np.ndarray:
    """(n,) between 0 for the lowest and 1 for the highest."""
    low, high = float(scores.min()), float(scores.max())
    normalised: np.ndarray = (scores - low) / max(high - low, 1e-9)
    return normalised


def _text(moment: Moment) -> str:
    segment = moment.lead.segment
    return f"{segment.heading}\n{segment.text}".strip()
