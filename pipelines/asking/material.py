"""What an answer is made from: results, their passages, and how well each sentence fits what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from pipelines.asking.context import QueryContext
from pipelines.asking.passages import Passage, Sentence, read_passages
from pipelines.asking.quotes import Group
from pipelines.asking.ranking import rank_sentences
from pipelines.query.plan import QueryPlan
from pipelines.records import Result

if TYPE_CHECKING:
    from pipelines.asking.found_tables import FoundTable

DEPTH = 10
"""Results that are read; on the open questions more bring little that fits into an answer."""


@dataclass(slots=True)
class Material:
    """`results` are numbered by their index, which sentences keep; each segment is there once. `cosines` are those of
    all sentences that were ranked to what they were ranked for, `scores` how well they answer it. Of a `plan` the
    ranking knows what is new in a follow-up, and which type of value a fact asks for. `groups` are
    what is quoted of sentences. `worked_out` says how surely a table answers it, where that is told; `table` is the one
    that holds most of the question."""

    context: QueryContext
    results: list[Result] = field(default_factory=list)
    cosines: dict[Sentence, float] = field(default_factory=dict)
    scores: dict[Sentence, float] = field(default_factory=dict)
    plan: QueryPlan | None = None
    groups: list[Group] = field(default_factory=list)
    worked_out: float = 0.0
    table: FoundTable | None = None

    def read(self, text: str, results: Sequence[Result]) -> tuple[list[Passage], dict[Sentence, float]]:
        """The passages of some results, and how well each of their sentences answers `text`."""
        passages = self.passages(results)
        names = {each.result: PurePath(self.results[each.result].source.path).stem for each in passages}
        scores, cosines = rank_sentences(text, passages, self.context, names, self.plan)
        self.cosines |= cosines
        self.scores |= scores
        return passages, scores

    def passages(self, results: Sequence[Result]) -> list[Passage]:
        """Some results as they stand in their files."""
        known = {result.segment.id: index for index, result in enumerate(self.results)}
        indexes = []
        for result in results:
            if result.segment.id not in known:
                known[result.segment.id] = len(self.results)
                self.results.append(result)
            indexes.append(known[result.segment.id])
        return read_passages(results, self.context.library.catalogue, indexes)

    def search(
        self, text: str, k: int = DEPTH, source: str | None = None
    ) -> tuple[list[Passage], dict[Sentence, float]]:
        """The same for what is found for `text`, within a file where one is named."""
        return self.read(text, self.context.find(text, k, source))
