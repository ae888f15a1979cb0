"""What happened on the way to one answer, for who asks why. Written by the stages, read by panel, terminal and JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from indexes.records import Hit
from pipelines.query.plan import QueryPlan


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did ('fusion', 'reranking', 'folding', 'evidence' …), in a sentence for people."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What was found and then left out: a segment's id, at which stage, and why."""

    segment_id: int
    stage: str
    reason: str


@dataclass(slots=True)
class Trace:
    """`hits` are the lists of each index as they came, best first; `fused` is what fusion made of them: segment ids
    with their scores. `relevance` is how surely what was found answers, and what would be enough. `prompt`
    is what the chat model read, exactly. `seconds` are spent by stage, in the order in which the stages began."""

    asked: str = ""
    """What was searched: the question, or with what it leans on of the turn before."""
    intent: str = ""
    sure: float = 0.0
    """How clearly the intent was recognised, in 0..1."""
    parts: tuple[str, ...] = ()
    """What a comparison has sides."""
    filters: tuple[str, ...] = ()
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    fused: list[tuple[int, float]] = field(default_factory=list)
    relevance: tuple[float, float] | None = None
    steps: list[Step] = field(default_factory=list)
    cut: list[Cut] = field(default_factory=list)
    prompt: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def understood(self, plan: QueryPlan) -> None:
        """Keep what a question was taken for."""
        self.asked, self.intent, self.sure = plan.text, plan.intent, plan.sure
        self.parts = tuple(side.label for side in plan.sub_queries)

    def note(self, stage: str, text: str) -> None:
        self.steps.append(Step(stage, text))

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Counts the seconds spent inside to a stage; several times add up."""
        self.seconds.setdefault(stage, 0.0)
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] += time.monotonic() - began
