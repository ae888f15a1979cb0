"""A full question → results and evidence: looked up in one, or in parts where it asks about several things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from glob import escape

from indexes.keywords import content_words, share
from indexes.library import Library
from pipelines.asking.abstaining import known_of
from pipelines.asking.comparing import Part, parts
from pipelines.asking.evidence import pick_evidence
from pipelines.asking.premises import lacking
from pipelines.asking.summarising import Summarising
from pipelines.asking.wanted import Wanted
from pipelines.in_use import in_use
from pipelines.models.shelf import ModelShelf
from pipelines.records import Evidence, Question, Result
from pipelines.retrieval import Retriever
from pipelines.tracing import Trace

DEPTH = 10  # results that are looked at
_CLOSELY = 4  # of these, what is asked for by name must stand in one
_NAMED = 0.5  # share of the words asked that a passage must hold which was only found by a name


class Gathering:
    """Finds what answers rest on, in one library."""

    def __init__(self, library: Library, shelf: ModelShelf) -> None:
        self.library = library
        self.shelf = shelf
        self.retriever = Retriever(library, shelf)

    def gather(self, question: Question, budget: int, trace: Trace) -> tuple[list[Result], tuple[Evidence, ...]]:
        """Results and, of `budget` tokens, evidence numbered from 1."""
        several = parts(question.text, self.library) if question.source is None else ()
        if several:
            trace.parts = tuple(part.label for part in several)
            return self._of_parts(several, question, budget, trace)
        with trace.timed("search"):
            results = self._found(question, trace)
        with trace.timed("evidence"):
            evidence = pick_evidence(question.text, results, self._used.text, budget, trace) if results else ()
        return results, evidence

    @property
    def _used(self) -> ModelShelf:
        return in_use(self.library, self.shelf)

    def _found(self, question: Question, trace: Trace) -> list[Result]:
        """The best results. Where a name that is asked for stands in none of them, but in a passage that has much else
        in common with the question, that comes first."""
        results = self.retriever.find(question, DEPTH, trace)
        missing = lacking(question.text, [known_of(result) for result in results[:_CLOSELY]])
        if not missing:
            return results
        asked = set(content_words(question.text))
        named = self.retriever.find(replace(question, text=" ".join(missing)), DEPTH)
        fitting = [
            result
            for result in named
            if not lacking(question.text, [known_of(result)]) and share(asked, known_of(result)) >= _NAMED
        ]
        if not fitting:
            return results
        trace.note("names", f"{', '.join(missing)} was looked up by itself")
        known = {result.segment.id for result in fitting}
        results = [*fitting[:2], *(result for result in results if result.segment.id not in known)][:DEPTH]
        return [replace(result, rank=rank) for rank, result in enumerate(results, start=1)]

    def _of_parts(
        self, several: Sequence[Part], question: Question, budget: int, trace: Trace
    ) -> tuple[list[Result], tuple[Evidence, ...]]:
        """Each part is looked up by itself and gets its share of the budget, so that none outvotes the others."""
        results: list[Result] = []
        evidence: list[Evidence] = []
        share_of_it = budget // len(several) + budget // 4  # several things need more words than one
        for part in several:
            source = escape(part.source) if part.source else None
            asked = replace(question, text=part.question or question.text, source=source)
            if part.source and not part.question:
                found, picked = self._whole(part.source, share_of_it, trace)
            else:
                with trace.timed("search"):
                    found = self.retriever.find(asked, DEPTH, trace)
                with trace.timed("evidence"):
                    picked = pick_evidence(asked.text, found[:2], self._used.text, share_of_it, trace)
            results += found
            known = {each.result.segment.id for each in evidence}
            evidence += [each for each in picked if each.result.segment.id not in known]
        return results, tuple(replace(each, number=number) for number, each in enumerate(evidence, start=1))

    def _whole(self, path: str, budget: int, trace: Trace) -> tuple[list[Result], tuple[Evidence, ...]]:
        """What one file is about: the sentences that stand for it."""
        file = self.library.catalogue.file(path)
        if file is None or file.source_id is None:
            return [], ()
        reading = Summarising(self.library, self.shelf, budget).read(
            Wanted("", (file.source_id,), path.rsplit("/", 1)[-1]), budget, trace
        )
        while True:
            try:
                next(reading)
            except StopIteration as finished:
                picked: tuple[Evidence, ...] = finished.value
                return [each.result for each in picked], picked
