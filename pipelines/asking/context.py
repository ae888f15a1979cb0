"""What one question is answered with, resolved once and handed through: library, models, scope, floors, trace."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

from indexes.library import Library
from indexes.speakers import called
from pipelines.finding.floors import Floors, measured
from pipelines.finding.searching import reads
from pipelines.finding.speakers import asked_of
from pipelines.in_use import in_use
from pipelines.models.shelf import ModelShelf
from pipelines.records import Question, Result
from pipelines.retrieval import Retriever
from pipelines.tracing import Trace


@dataclass(slots=False)
class QueryContext:
    """`question` narrows what is searched (`source`, `modality`), `shelf` holds the models that the library is asked
    with, `trace` is told what happens, `began` is a monotonic second."""

    library: Library
    shelf: ModelShelf
    question: Question
    trace: Trace = field(default_factory=Trace)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.shelf = in_use(self.library, self.shelf)

    @cached_property
    def retriever(self) -> Retriever:
        return Retriever(self.library, self.shelf)

    @cached_property
    def floors(self) -> Floors | None:
        """What chance reaches in this library, where that was measured."""
        return measured(self.library)

    def find(self, text: str, k: int, source: str | None = None, traced: bool = True) -> list[Result]:
        """The k best results for a text, within what the person narrowed it to, or in one file of that. The trace shows
        how they were found, unless it shows another search."""
        asked = replace(self.question, text=text, history=(), source=source or self.question.source)
        with self.trace.timed("search"):
            return self.retriever.find(asked, k, self.trace if traced else Trace())

    def speakers(self, text: str) -> frozenset[str]:
        """Those of whose words alone a text asks for."""
        asked = asked_of(text, called(self.library.catalogue.connection))
        return asked[1] if asked else frozenset()

    def rarity(self, words: Collection[str]) -> dict[str, float]:
        """What each word says, by how rare it is in the library."""
        return self.library.rarity(words)

    def reads(self, text: str) -> bool:
        """Whether the text model tells texts in this script apart."""
        return reads(self.shelf.text, text)

    def elapsed(self) -> float:
        """Seconds since the question was put."""
        return time.monotonic() - self.began
