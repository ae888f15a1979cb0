"""A question → segments: asks each index, fuses their lists, and says which index found what.

Leaves picking sentences to `evidence` and wording answers to `answering`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from indexes.errors import UsageError
from indexes.keywords import content_words, is_cjk
from indexes.library import Library
from indexes.records import Hit, Modality, Place, Segment
from indexes.scopes import Scope, during, of_sources
from pipelines.focus import Focus, focus_of, subject
from pipelines.fusion import reciprocal_rank_fusion
from pipelines.models import ModelShelf
from pipelines.moments import (
    LONG,
    Found,
    best_ranks,
    best_scores,
    join,
    led_by_words,
    narrow,
    ranked,
    share,
    shared,
    why,
    with_beside,
)
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
_TOLD = 0.5  # by which that falls where the words asked stand somewhere: then it is no question about pictures alone
_TIME_WEIGHT = 0.15  # among the words of a question, a time lifts what lies there by some five ranks
DEPTH = 100  # how many hits of each index are fused
_SURELY = 1.4  # of several segments at a time, one reaches the floor by chance
MOST_RECORDINGS = 200  # in which a time alone is looked up


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
        focus = focus_of(text, self.library, scope)
        if focus.files is not None:
            scope = scope & of_sources(focus.files)
        if not focus.sure:
            return self._find(focus, scope, k)
        timed = self._find(focus, scope & during(focus.spans), k)
        if not focus.text or any(self._fits(result, focus.text, _SURELY) for result in timed):
            return timed
        # 'Who dies at the end of the film?' may mean a review of it.
        anywhere = self._find(replace(focus, text=text, sure=False), scope, k)
        told = anywhere and anywhere[0].segment.kind not in ("speech", "frame") and self._fits(anywhere[0], text)
        return anywhere if told or not timed else timed

    def _find(self, focus: Focus, scope: Scope, k: int) -> list[Result]:
        depth = max(DEPTH, k)
        lists, weights = [], {}
        text = focus.text
        if focus.sure:
            lists.append(self._at_time(focus))
        if text:
            lists.append(self.library.search_keywords(text, depth, scope))
        if text and self.library.catalogue.space("text") is not None:
            embedder = self.shelf.text
            self.library.check_space("text", embedder.name, embedder.dimension)
            lists.append(self.library.search_vectors("text", embedder.embed_question(text), depth, scope))
            if is_cjk(text) and not embedder.multilingual:
                weights["text"] = 0.1  # it tells such texts apart little better than chance
        if text and self.library.catalogue.space("image") is not None:
            image = self.shelf.image
            self.library.check_space("image", image.name, image.dimension)
            hits = self.library.search_vectors("image", image.embed_question(text), depth, scope)
            # There always is a best picture: it counts when it fits, and others when they fit about as well.
            # In a few files that were named the best may fit less.
            floor = image.floor / 2 if scope.of_files else image.floor
            enough = max([floor, *(_ABOUT_AS_WELL * hit.score for hit in hits[:1])])
            lists.append([hit for hit in hits if hit.score >= enough])
        if focus.spans and not focus.sure:
            found = {hit.segment_id for hits in lists for hit in hits}
            lists.append([hit for hit in self._at_time(focus) if hit.segment_id in found])
        if text and focus.spans:
            weights["time"] = _TIME_WEIGHT
        return self._results(lists, weights, k, focus)

    def _at_time(self, focus: Focus) -> list[Hit]:
        """What is said or seen at the time asked for, in each recording by itself: what the question is about comes
        first, and at a point in time what fills it most."""
        hits = []
        for source, (start, end) in islice(focus.spans.items(), MOST_RECORDINGS):
            asked = Place(start=start, end=end)
            there = self.library.catalogue.segments_during(source, start, end)
            if end - start < LONG:
                there.sort(key=lambda one: -shared(one.place, asked))
            there.sort(key=lambda one: (one.kind == "frame") != focus.seen)
            hits += [Hit(one.id or 0, rank, 1 / rank, "time") for rank, one in enumerate(there, start=1)]
        return hits

    def _fits(self, result: Result, question: str, times: float = 1.0) -> bool:
        """Whether it has to do with the question: looks like it, means something like it (by so many times what is
        chance), or holds half its words."""
        if "image" in result.found_by or result.scores.get("text", -1.0) >= times * (self.shelf.text.floor or 0.0):
            return True
        words = " ".join(each.text for each in (result.segment, *result.beside))
        return "keywords" in result.found_by and share(subject(question), words) >= 0.5

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

    def _results(
        self, lists: Sequence[Sequence[Hit]], weights: dict[str, float], k: int, focus: Focus | None = None
    ) -> list[Result]:
        segments = self.library.catalogue.segments({hit.segment_id for hits in lists for hit in hits})
        if focus is not None:
            lists = [self._judged(hits, focus.text, segments) for hits in lists]
            told = max((hit.fit for hits in lists for hit in hits if hit.index == "keywords"), default=0.0)
            weights = {**weights, "image": _PICTURE_WEIGHT - _TOLD * told}
        fused = reciprocal_rank_fusion(lists, weights)
        found_by: dict[int, dict[str, int]] = {}
        scores: dict[int, dict[str, float]] = {}
        fits: dict[int, dict[str, float]] = {}
        for hit in (hit for hits in lists for hit in hits):
            found_by.setdefault(hit.segment_id, {})[hit.index] = hit.rank
            scores.setdefault(hit.segment_id, {})[hit.index] = hit.score
            fits.setdefault(hit.segment_id, {})[hit.index] = hit.fit
        sources = self.library.catalogue.sources({segment.source_id for segment in segments.values()})
        # A source that was forgotten between the search and now is left out.
        found = [
            Found(segments[i], score, found_by[i], scores[i], fits[i])
            for i, score in fused
            if i in segments and segments[i].source_id in sources
        ]
        moments = led_by_words(ranked(join(found), weights, self._floor()), focus.text if focus else "")[:k]
        results = [
            Result(
                moment.lead.segment,
                sources[moment.lead.segment.source_id],
                rank,
                score,
                best_ranks(moment.own),
                best_scores(moment.own),
                beside=tuple(other.segment for other in moment.others),
                why=why(moment.all, self._floor()),
            )
            for rank, (moment, score) in enumerate(moments, start=1)
        ]
        if not any(result.segment.modality in ("audio", "video") for result in results):
            return results
        text, spans = (focus.text, focus.spans if focus.sure else {}) if focus else ("", {})
        results = narrow(results, text, self.shelf.text, spans)
        return [with_beside(result, self.library.catalogue) for result in results]

    def _judged(self, hits: Sequence[Hit], question: str, segments: Mapping[int, Segment]) -> list[Hit]:
        """The same hits with how well each fits: every index has a first, also where nothing in it is meant.

        A vector's cosine says it, between chance and surely; of words, the share of those asked that are there.
        """
        if not hits:
            return []
        index = hits[0].index
        if index == "text" and self.shelf.text.floor:
            return [replace(hit, fit=_between(hit.score, 0.0, 1.6 * self.shelf.text.floor) ** 2) for hit in hits]
        if index == "image":
            floor = self.shelf.image.floor
            return [replace(hit, fit=_between(hit.score, 0.9 * floor, 1.9 * floor)) for hit in hits]
        if index == "keywords":
            asked = set(content_words(question))
            return [replace(hit, fit=_share(asked, segments.get(hit.segment_id))) for hit in hits]
        return list(hits)

    def _floor(self) -> float | None:
        return self.shelf.text.floor if self.library.catalogue.space("text") is not None else None


def _between(score: float, least: float, most: float) -> float:
    return min(1.0, max(0.02, (score - least) / (most - least)))


def _share(asked: set[str], segment: Segment | None) -> float:
    """How many of the words asked a segment holds, as a share; 0.6 and more are all that can be wished for."""
    if segment is None or not asked:
        return 1.0
    return min(1.0, max(0.05, share(asked, f"{segment.heading} {segment.text}") / 0.6))


def leans(question: str) -> bool:
    """Whether a question can only be understood with the one before it: it goes on with 'and', points back with a
    pronoun, or says almost nothing itself."""
    asked = content_words(question)
    pointers = {match[0].lower() for match in _POINTS_BACK.finditer(question)}
    # 'The weight that drives the clockwork' points at nothing before.
    return bool(pointers - {"that"} or (pointers and len(asked) < 4)) or len(asked) < 2


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
