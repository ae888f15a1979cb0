"""What a question asks for, once it is understood: one QueryPlan, which all later stages are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Intent = Literal["fact", "list", "count", "explanation", "comparison", "summary", "yes_no", "show", "none"]
INTENTS: tuple[str, ...] = get_args(Intent)

AnswerType = Literal["number", "date", "time", "name", "other"]
"""What a fact is asked for; 'other' also for all other intents."""

Length = Literal["short", "list", "detailed", ""]
"""What a person may ask for instead of what was understood; '' leaves it to the intent."""


@dataclass(frozen=True, slots=True)
class SubQuery:
    """One thing of several that are asked about: what it is called, and the question about it alone. `source` narrows
    it to a file (a glob over paths)."""

    label: str
    text: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """`question` is what was typed, `text` what is searched and answered: the same, or with what it leans on of the
    turn before (`leans`). `sure` in 0..1 is how clearly the intent was recognised. `language` is a two-letter code.
    `sub_queries` are the sides of a comparison; `answer_type` is that of a fact, and
    `type_sure` in 0..1 how clearly it was recognised."""

    question: str
    text: str
    intent: Intent
    sure: float = 1.0
    leans: bool = False
    length: Length = ""
    language: str = "en"
    sub_queries: tuple[SubQuery, ...] = ()
    answer_type: AnswerType = "other"
    type_sure: float = 0.0
