"""A question → results: narrows it, has the indexes searched, and makes their fused list into results.

Leaves picking sentences to `evidence` and wording answers to `answering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indexes.errors import SpaceMismatch, UsageError
from indexes.keywords import share
from indexes.library import Library
from indexes.records import Hit, Modality
from indexes.scopes import Scope, during
from pipelines.finding.focus import Focus, focus_of, subject
from pipelines.finding.folding import COMPARED, fold, spread
from pipelines.finding.interaction import SHARE, max_sim
from pipelines.finding.moments import (
    Found,
    Moment,
    best_ranks,
    best_scores,
    join,
    led_by_words,
    narrow,
    ranked,
    why,
    with_beside,
)
from pipelines.finding.reranking import rerank, text_of
from pipelines.finding.searching import Search, reads
from pipelines.in_use import filled_by, in_use
from pipelines.models.shelf import ModelShelf
from pipelines.models.words import BITS, WordEmbedder
from pipelines.records import Question, Result
from pipelines.tracing import Trace

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.models.embedding import TextEmbedder

LONGEST_QUESTION = 4000  # characters; the encoder reads some 1,000 of them
_MET = 50  # results that are compared word by word
_READ = 20  # results that a cross-encoder reads
_SURELY = 1.4  # of several segments at a time, one reaches the floor by chance


class Retriever:
    """Finds segments by text vectors, words and image vectors."""

    def __init__(self, library: Library, shelf: ModelShelf) -> None:
        self.library = library
        self.shelf = shelf

    def find(self, question: Question, k: int = 10, trace: Trace | None = None) -> list[Result]:
        """The k best segments for a question, best first; `trace` is told how they were found.

        Raises UsageError for an empty or endless question.
        """
        trace = Trace() if trace is None else trace
        text = checked(question.text)
        scope = self.library.scope(question.source, question.modality)
        with trace.timed("filters"):
            focus = focus_of(text, self.library, scope)
            trace.filters = (*trace.filters, *focus.told(self.library.catalogue))
        found = self._within(focus, text, scope, k, trace)
        sure = all(each.sure for each in focus.filters)
        times = _SURELY if focus.speakers else 1.0  # what an Anna says may stand in a letter, too
        if sure or not focus.text or any(self._fits(result, focus.text, times) for result in found):
            return found
        # 'Who is in the pictures of the prospectus?' may mean what the prospectus says of them.
        unmet = " and ".join(each.told for each in focus.filters)
        trace.note("filters", f"nothing fits within {unmet}: all was searched")
        focus = replace(focus_of(text, self.library, scope, stated=False), speakers=focus.speakers)
        trace.filters = focus.told(self.library.catalogue)
        return self._within(focus, text, scope, k, trace) or found

    def _within(self, focus: Focus, text: str, scope: Scope, k: int, trace: Trace) -> list[Result]:
        """What is found within the files, filters and times that a question names."""
        inside = scope & focus.scope
        if not focus.sure:
            return self._find(focus, inside, k, trace)
        timed = self._find(focus, inside & during(focus.spans), k, trace)
        if not focus.text or any(self._fits(result, focus.text, _SURELY) for result in timed):
            return timed
        # 'Who dies at the end of the film?' may mean a review of it.
        elsewhere = Trace()
        anywhere = self._find(replace(focus, text=text, sure=False), inside, k, elsewhere)
        told = anywhere and anywhere[0].segment.kind not in ("speech", "frame") and self._fits(anywhere[0], text)
        if timed and not told:
            return timed
        trace.note("filters", "what stands elsewhere fits better than anything at that time")
        trace.hits, trace.fused, trace.cut = elsewhere.hits, elsewhere.fused, elsewhere.cut
        return anywhere

    def _find(self, focus: Focus, scope: Scope, k: int, trace: Trace) -> list[Result]:
        filled = filled_by(self.library)
        search = self._search(focus, scope, k, trace)
        if filled_by(self.library) != filled:  # new vectors took the place of others in the middle of it
            search = self._search(focus, scope, k, trace)
        trace.hits = search.lists
        with trace.timed("fusion"):
            return self._results(search, focus, k)

    def _search(self, focus: Focus, scope: Scope, k: int, trace: Trace) -> Search:
        search = Search(self.library, self._used, focus, scope, k, trace)
        search.ask()
        return search

    def find_similar(
        self, picture: Image, k: int = 10, source: str | None = None, modality: Modality | None = None
    ) -> list[Result]:
        """The k segments whose pictures look most like this one.

        Raises SpaceMismatch when the model that filled the image space is not there any more.
        """
        scope = self.library.scope(source, modality)
        if self.library.catalogue.space("image") is None:
            return []
        filled, shelf = filled_by(self.library), self._used
        vector = shelf.image.look([picture])[0].vector
        search = Search(self.library, shelf, Focus(""), scope, k, Trace())
        try:
            search.lists["image"] = self.library.search_vectors("image", vector, k, scope, shelf.image.name)
        except SpaceMismatch:
            if filled_by(self.library) == filled:
                raise
            return self.find_similar(picture, k, source, modality)
        return self._results(search, Focus(""), k)

    def _fits(self, result: Result, question: str, times: float = 1.0) -> bool:
        """Whether it has to do with the question: looks like it, means something like it (by so many times what is
        chance), or holds half its words."""
        if "image" in result.found_by or result.scores.get("text", -1.0) >= times * (self._used.text.floor or 0.0):
            return True
        words = " ".join(each.text for each in (result.segment, *result.beside))
        return "keywords" in result.found_by and share(subject(question), words) >= 0.5

    def _results(self, search: Search, focus: Focus, k: int) -> list[Result]:
        fused, used = search.fused(), search.shelf
        search.trace.fused = fused
        floor = self._floor()
        moments = ranked(join(self._found(search, fused)), search.weights, floor)
        moments = led_by_words(moments, focus.text)
        if focus.text:
            moments = self._reranked(moments, focus.text, used, search.trace)
        most = max(2 * k, COMPARED) if focus.text else k
        results = fold(self._shown(moments[:most], floor))
        folded = sum(len(result.copies) for result in results)
        if folded:
            search.trace.note("folding", f"folded {folded} {'copy' if folded == 1 else 'copies'} of other results")
        results = (spread(results) if focus.text else results)[:k]
        if not any(result.segment.modality in ("audio", "video") for result in results):
            return results
        results = narrow(results, focus.text, used.text, focus.spans if focus.sure else {})
        return [with_beside(result, self.library.catalogue) for result in results]

    def _reranked(
        self, moments: list[tuple[Moment, float]], text: str, used: ModelShelf, trace: Trace
    ) -> list[tuple[Moment, float]]:
        """In the order that comes of a closer look at the best."""
        with trace.timed("interaction"):
            moments = rerank(moments, lambda best: self._interaction(best, text, used.text, trace), _MET, SHARE)
        reranker = self.shelf.rerank
        if reranker is not None:
            with trace.timed("reranking"):
                moments = rerank(moments, lambda best: reranker.score(text, [text_of(each) for each in best]), _READ)
            trace.note("reranking", f"the best {min(_READ, len(moments))} were read together with the question")
        return moments

    def _interaction(self, moments: list[Moment], text: str, embedder: TextEmbedder, trace: Trace) -> np.ndarray | None:
        """Late interaction with the words that are kept, NaN for a passage of which none are; None where the model
        gives none, or can't read the script."""
        space = self.library.catalogue.space("text")
        if space is None or space["model"] != embedder.name:
            return None
        if not isinstance(embedder, WordEmbedder) or not reads(embedder, text):
            return None
        ids = [moment.lead.segment.id or 0 for moment in moments]
        kept = {i: code for i, code in self.library.catalogue.codes(space["key"], ids).items() if code}
        codes = [np.frombuffer(kept[i], np.uint8).reshape(-1, BITS // 8) for i in ids if i in kept]
        scores = np.full(len(ids), np.nan, np.float32)  # a photograph has no words to be compared
        scores[[i in kept for i in ids]] = max_sim(embedder.embed_words(text), codes)
        trace.note("interaction", f"{len(codes)} of the best {len(ids)} were compared word by word")
        return scores

    def _found(self, search: Search, fused: Sequence[tuple[int, float]]) -> list[Found]:
        """What was fused, with its rank, score and fit in each list."""
        segments = search.segments([i for i, _ in fused])
        by_id: dict[int, dict[str, Hit]] = {}
        for name, hits in search.lists.items():
            for hit in hits:
                by_id.setdefault(hit.segment_id, {})[name] = hit
        return [
            Found(
                segments[i],
                score,
                {name: hit.rank for name, hit in by_id[i].items()},
                {name: hit.score for name, hit in by_id[i].items()},
                {name: hit.fit for name, hit in by_id[i].items()},
            )
            for i, score in fused
            if i in segments
        ]

    def _shown(self, moments: Sequence[tuple[Moment, float]], floor: float | None) -> list[Result]:
        sources = self.library.catalogue.sources({moment.lead.segment.source_id for moment, _ in moments})
        # A source that was forgotten between the search and now is left out.
        there = [each for each in moments if each[0].lead.segment.source_id in sources]
        return [
            Result(
                moment.lead.segment,
                sources[moment.lead.segment.source_id],
                rank,
                score,
                best_ranks(moment.own),
                best_scores(moment.own),
                beside=tuple(other.segment for other in moment.others),
                why=why(moment.all, floor),
            )
            for rank, (moment, score) in enumerate(there, start=1)
        ]

    def _floor(self) -> float | None:
        return self._used.text.floor if self.library.catalogue.space("text") is not None else None

    @property
    def _used(self) -> ModelShelf:
        return in_use(self.library, self.shelf)


def checked(question: str) -> str:
    """The question without needless space. Raises UsageError when it is empty or too long."""
    # Halves of characters and the zero character cannot be searched.
    text = " ".join(question.encode("utf-8", "ignore").decode("utf-8").replace("\0", " ").split())
    if not text:
        raise UsageError("The question is empty. Ask something, for example: what is this folder about?")
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(text):,} characters; {LONGEST_QUESTION:,} are the limit."
            " Put long texts into a file, index it, and ask about it."
        )
    return text
