"""How well a hit fits the question: every index has a first, also where nothing in it is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from indexes.keywords import content_words, share
from indexes.records import Hit
from pipelines.finding.fusion import CONSTANT

ENOUGH = 0.6  # share of the words asked; more can hardly be wished for


def fit_vector(cosine: float, floor: float | None) -> float:
    """Of a text vector: its cosine lies between chance and surely. `floor` is where chance ends; 1 without one."""
    return _between(cosine, 0.0, 1.6 * floor) ** 2 if floor else 1.0


def fit_pictures(hits: Sequence[Hit], floor: float) -> list[Hit]:
    return [replace(hit, fit=_between(hit.score, 0.9 * floor, 1.9 * floor)) for hit in hits]


def fit_words(texts: Iterable[str], question: str) -> float:
    """Of the text that holds most of the words asked: the share of them; 0 where there is no text."""
    asked = set(content_words(question))
    most = 0.0
    for text in texts:
        most = max(most, min(1.0, max(0.05, share(asked, text) / ENOUGH)))
        if most == 1.0:  # mostly the first does
            break
    return most


def by_score(
    hits: Sequence[Hit], best: float, least: float | None = None, scores: Sequence[float] | None = None
) -> list[Hit]:
    """The same hits, each counting in fusion by its score instead of its rank: 1 for the best, 0 for `least` (None:
    the last), times `best`, which is how well the best fits. With reciprocal ranks divided out, fusion becomes a convex
    combination of normalised scores (Bruch, Gai and Ingber 2023, arXiv:2210.11934). `scores`, in the order of the
    hits, count instead of their own.
    """
    if not hits:
        return []
    scores = [hit.score for hit in hits] if scores is None else scores
    low = min(scores) if least is None else least
    gain = best / max(max(scores) - low, 1e-9) / (CONSTANT + 1)
    return [
        Hit(hit.segment_id, hit.rank, hit.score, hit.index, gain * max(0.0, score - low) * (CONSTANT + hit.rank))
        for hit, score in zip(hits, scores, strict=True)
    ]


def _between(score: float, least: float, most: float) -> float:
    return min(1.0, max(0.02, (score - least) / (most - least)))
