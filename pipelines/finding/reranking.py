"""The best results in a better order: mixed with late interaction, or that of a cross-encoder where one is set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from pipelines.finding.moments import Moment


class Reranker(Protocol):
    """Compares a question and a text closely. Higher scores are better; they compare within one question only."""

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """(n,) float32, in the order of the texts."""
        ...


def rerank(
    moments: Sequence[tuple[Moment, float]],
    score: Callable[[list[Moment]], np.ndarray | None],
    most: int,
    share: float = 1.0,
) -> list[tuple[Moment, float]]:
    """The best `most` in the order of `score`, mixed by its share with their own, the others behind them as they were.

    A picture without words stays where it is: there is nothing to read in it, and so does what gets NaN. All stay where
    `score` gives None.
    """
    first = list(moments[:most])
    read = [i for i, (moment, _) in enumerate(first) if "image" not in moment.lead.ranks]
    scores = score([first[i][0] for i in read]) if len(read) > 1 else None
    if scores is None:
        return list(moments)
    scores = np.asarray(scores)
    read = [i for i, score in zip(read, scores, strict=True) if not np.isnan(score)]
    scores = scores[~np.isnan(scores)]
    if len(read) < 2:
        return list(moments)
    fused = _normalised(np.array([first[i][1] for i in read]))
    mixed = share * _normalised(scores) + (1 - share) * fused
    order = [read[j] for j in np.argsort(-mixed, kind="stable")]
    best = sorted((first[i][1] for i in read), reverse=True)  # fused scores go on falling
    put = {place: (first[i][0], score) for place, i, score in zip(read, order, best, strict=True)}
    return [put.get(i, each) for i, each in enumerate(first)] + list(moments[most:])


def text_of(moment: Moment) -> str:
    """What a cross-encoder reads of a moment."""
    segment = moment.lead.segment
    return f"{segment.heading}\n{segment.text}".strip()


def _normalised(scores: np.ndarray) -> np.ndarray:
    """(n,) between 0 for the lowest and 1 for the highest."""
    low, high = float(scores.min()), float(scores.max())
    normalised: np.ndarray = (scores - low) / max(high - low, 1e-9)
    return normalised
