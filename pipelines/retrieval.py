"""A question → segments: asks each index, fuses their lists, and says which index found what.

Leaves picking sentences to `evidence` and wording answers to `answering`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from indexes.errors import UsageError
from indexes.keywords import content_words, is_cjk
from indexes.library import Library
from indexes.records import Hit, Modality
from pipelines.fusion import reciprocal_rank_fusion
from pipelines.models import ModelShelf
from pipelines.records import Question, Result

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_QUESTION = 4000  # characters; the encoder reads some 1,000 of them
_POINTS_BACK = re.compile(
    r"^\W*(and|but|or|so|also|what about|how about)\b"
    r"|\b(it|its|he|him|his|she|her|they|them|their|that|this|these|those)\b|[它他她其这那]",
    re.IGNORECASE,
)
_ABOUT_AS_WELL = 0.7
_PICTURE_WEIGHT = 1.5  # a picture without words in it has this list only, where a passage has two
DEPTH = 100  # how many hits of each index are fused


class Retriever:
    """Finds segments by text vectors, words and image vectors."""

    def __init__(self, library: Library, shelf: ModelShelf) -> None:
        self.library = library
        self.shelf = shelf

    def find(self, question: Question, k: int = 10) -> list[Result]:
        """The k best segments for a question, best first. Raises UsageError for an empty or endless question."""
        text = checked(question.text)
        scope = self.library.scope(question.source, question.modality)
        if question.history and leans(text):
            text = f"{question.history[-1].question} {text}"
        depth = max(DEPTH, k)
        lists = [self.library.search_keywords(text, depth, scope)]
        weights = {}
        if self.library.catalogue.space("text") is not None:
            embedder = self.shelf.text
            self.library.check_space("text", embedder.name, embedder.dimension)
            lists.append(self.library.search_vectors("text", embedder.embed_question(text), depth, scope))
            if is_cjk(text) and not embedder.multilingual:
                weights["text"] = 0.1  # it tells such texts apart little better than chance
        if self.library.catalogue.space("image") is not None:
            image = self.shelf.image
            self.library.check_space("image", image.name, image.dimension)
            hits = self.library.search_vectors("image", image.embed_question(text), depth, scope)
            # There always is a best picture: it counts when it fits, and others when they fit about as well.
            enough = max([image.floor, *(_ABOUT_AS_WELL * hit.score for hit in hits[:1])])
            lists.append([hit for hit in hits if hit.score >= enough])
            weights["image"] = _PICTURE_WEIGHT
        return self._results(lists, weights, k)

    def find_similar(
        self, picture: Image, k: int = 10, source: str | None = None, modality: Modality | None = None
    ) -> list[Result]:
        """The k segments whose pictures look most like this one."""
        scope = self.library.scope(source, modality)
        if self.library.catalogue.space("image") is None:
            return []
        image = self.shelf.image
        self.library.check_space("image", image.name, image.dimension)
        vector = image.look([picture])[0].vector
        return self._results([self.library.search_vectors("image", vector, k, scope)], {}, k)

    def _results(self, lists: Sequence[Sequence[Hit]], weights: dict[str, float], k: int) -> list[Result]:
        fused = reciprocal_rank_fusion(lists, weights)[:k]
        found_by: dict[int, dict[str, int]] = {}
        scores: dict[int, dict[str, float]] = {}
        for hit in (hit for hits in lists for hit in hits):
            found_by.setdefault(hit.segment_id, {})[hit.index] = hit.rank
            scores.setdefault(hit.segment_id, {})[hit.index] = hit.score
        segments = self.library.catalogue.segments([i for i, _ in fused])
        sources = self.library.catalogue.sources({segment.source_id for segment in segments.values()})
        # A source that was forgotten between the search and now is left out.
        there = [(i, score) for i, score in fused if i in segments and segments[i].source_id in sources]
        return [
            Result(segments[i], sources[segments[i].source_id], rank, score, found_by[i], scores[i])
            for rank, (i, score) in enumerate(there, start=1)
        ]


def leans(question: str) -> bool:
    """Whether a question can only be understood with the one before it: it goes on with 'and', points back with a
    pronoun, or says almost nothing itself."""
    return bool(_POINTS_BACK.search(question)) or len(content_words(question)) < 2


def checked(question: str) -> str:
    """The question without space around it. Raises UsageError when it is empty or too long."""
    text = question.strip()
    if not text:
        raise UsageError("The question is empty. Ask something, for example: what is this folder about?")
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(text):,} characters; {LONGEST_QUESTION:,} are the limit."
            " Put long texts into a file, index it, and ask about it."
        )
    return text
