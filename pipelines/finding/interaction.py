"""Late interaction: how well each word of a question is met by some word of a passage, each in its context.

MaxSim (Khattab and Zaharia 2020, arXiv:2004.12832), with the token vectors of the text model as it is: it was trained
for their mean, so this order is mixed with the one before and does not stand instead of it. Passages are not read
anew: their words were kept as bits when they were indexed (`models/words.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.models.words import unpacked

SHARE = 0.3  # of the order that comes of it; the rest is fusion's


def max_sim(question: np.ndarray, passages: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) float32: for each passage the mean, over the question's words, of the nearest of its words.

    `question` (w, BITS) float32; each passage (w, BITS / 8) uint8. A passage without words gets the least.
    """
    if not len(question) or not len(passages):
        return np.zeros(len(passages), np.float32)
    ends = np.cumsum([len(passage) for passage in passages])
    near = question @ unpacked(np.concatenate(passages)).T
    scores = [
        float(near[:, begin:end].max(axis=1).mean()) if end > begin else -np.inf
        for begin, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
    least = min((score for score in scores if score > -np.inf), default=0.0)
    return np.array([max(score, least) for score in scores], np.float32)
