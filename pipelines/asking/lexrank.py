"""Which sentences stand for a text: central ones that do not repeat each other. Pure functions on texts and vectors.

Centrality is LexRank (Erkan and Radev 2004): the stationary distribution of a walk over sentences that are like each
other. Repetition is held down by maximal marginal relevance (Carbonell and Goldstein 1998).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from indexes.keywords import content_words

_DAMPING = 0.85  # as in the paper, and in PageRank
_ALIKE = 0.1  # cosines below say nothing: the paper's threshold
_RELEVANCE = 0.7  # what counts for being central, the rest counts against repeating
_STEPS = 50


def likeness(texts: Sequence[str], rows: np.ndarray | None) -> np.ndarray:
    """(n, n) in 0..1: cosines of the rows (n, d), or where there are none, the words that two texts share over the
    logarithms of their lengths (TextRank, Mihalcea and Tarau 2004)."""
    if rows is not None:
        return np.asarray(np.clip(rows @ rows.T, 0.0, 1.0))
    words = [set(content_words(text)) for text in texts]
    made = np.eye(len(texts))
    for i, one in enumerate(words):
        for j in range(i):
            size = math.log(len(one) + 1) + math.log(len(words[j]) + 1)
            made[i, j] = made[j, i] = min(1.0, len(one & words[j]) / size) if size else 0.0
    return made


def centrality(alike: np.ndarray) -> np.ndarray:
    """(n,) in 0..1, 1 for the most central sentence."""
    n = len(alike)
    weights = np.where(alike >= _ALIKE, alike, 0.0)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    ranks = np.full(n, 1.0 / n)
    for _ in range(_STEPS):
        ranks = (1 - _DAMPING) / n + _DAMPING * (ranks @ weights)
    return np.asarray(ranks / ranks.max())


def choose(central: np.ndarray, alike: np.ndarray, costs: Sequence[int], room: int) -> list[int]:
    """Indexes of sentences by worth, the best first, until the room is spent; the first is always taken."""
    left = list(range(len(central)))
    taken: list[int] = []
    spent = 0
    while left:
        repeats = alike[:, taken].max(axis=1) if taken else np.zeros(len(central))
        worth = _RELEVANCE * central - (1 - _RELEVANCE) * repeats
        best = max(left, key=lambda i: worth[i])
        left.remove(best)
        if taken and spent + costs[best] > room:
            continue
        taken.append(best)
        spent += costs[best]
    return taken
