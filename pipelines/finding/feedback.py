"""Pseudo-relevance feedback: the best passages of a first search say what else to look for. Knows vectors, no index."""

from __future__ import annotations

import numpy as np

from pipelines.models.embedding import to_unit

PASSAGES = 3  # that are taken to be right
SHARE = 1.0  # of their mean vector, the question's own being 1


def moved(question: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """The question's vector (d,) moved towards the mean of passages (n, d); all of unit length (Rocchio 1971; for dense
    vectors Li et al. 2021, arXiv:2108.11044)."""
    return np.asarray(to_unit((question + SHARE * passages.mean(axis=0))[None])[0], np.float32)
