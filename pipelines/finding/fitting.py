"""How well a hit fits the question: every index has a first, also where nothing in it is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from indexes.keywords import content_words, share
from indexes.records import Hit
from pipelines.finding.fusion import CONSTANT

ENOUGH = 0.6  # share of the words asked; more can hardly be wished for


def fit_vectors(hits: Sequence[Hit], floor: float | None) -> list[Hit]:
    """Hits of text vectors: a cosine lies between chance and surely. `floor` is where chance ends."""
    if not floor:
        return list(hits)
    return [replace(hit, fit=_between(hit.score, 0.0, 1.6 * floor) ** 2) for hit in hits]


def fit_pictures(hits: Sequence[Hit], floor: float) -> list[Hit]:
    return [replace(hit, fit=_between(hit.score, 0.9 * floor, 1.9 * floor)) for hit in hits]


def fit_words(hits: Sequence[Hit], question: str, texts: Mapping[int, str]) -> list[Hit]:
    """Hits of words: the share of those asked that are there. `texts` by segment id; one may be gone meanwhile."""
    asked = set(content_words(question))
    return [replace(hit, fit=_share(asked, texts.get(hit.segment_id))) for hit in hits]


def by_score(hits: Sequence[Hit], least: float | None = None) -> list[Hit]:
    """The same hits, each counting in fusion by its score instead of its rank: 1 for the best, 0 for `least` (None:
    the last). With reciprocal ranks divided out, fusion becomes a convex combination of normalised scores (Bruch, Gai
    and Ingber 2023, arXiv:2210.11934), by how well the best hit fits."""
    if not hits:
        return []
    most = max(hit.score for hit in hits)
    low = min(hit.score for hit in hits) if least is None else least
    best = max(hit.fit for hit in hits)
    width = max(most - low, 1e-9)
    return [
        replace(hit, fit=best * max(0.0, hit.score - low) / width * (CONSTANT + hit.rank) / (CONSTANT + 1))
        for hit in hits
    ]


def _between(score: float, least: float, most: float) -> float:
    return min(1.0, max(0.02, (score - least) / (most - least)))


def _share(asked: set[str], text: str | None) -> float:
    return 1.0 if text is None or not asked else min(1.0, max(0.05, share(asked, text) / ENOUGH))
