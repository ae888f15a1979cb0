"""Merges ranked lists by segment id. Knows nothing of models or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexes.records import Hit

CONSTANT = 60  # how slowly a rank loses weight


def reciprocal_rank_fusion(
    lists: Sequence[Sequence[Hit]], weights: Mapping[str, float] | None = None
) -> list[tuple[int, float]]:
    """(segment id, fused score), best first; ties go to the smaller id.

    Ranks are compared and not scores, since scores of two indexes have nothing in common (Cormack, Clarke and
    Büttcher: Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods, SIGIR 2009).
    `weights` by name of the index; 1 where none is given. A hit's `fit` is a share of its weight.
    """
    weights = weights or {}
    scores: dict[int, float] = {}
    for hits in lists:
        for hit in hits:
            gain = hit.fit * weights.get(hit.index, 1.0) / (CONSTANT + hit.rank)
            scores[hit.segment_id] = scores.get(hit.segment_id, 0.0) + gain
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
