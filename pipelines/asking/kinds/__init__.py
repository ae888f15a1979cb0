"""The kinds of answer, one file each behind one interface: a new kind is a new file and a line here.

Which kind a question wants is its intent (`query/intent.py`); a person may ask for another length instead.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.asking.choosing import Amount
from pipelines.asking.kinds.base import Kind
from pipelines.asking.kinds.comparison import Comparison
from pipelines.asking.kinds.show import Show
from pipelines.asking.kinds.summary import Summary
from pipelines.query.plan import QueryPlan

# Prose around a good sentence explains it. A fact ends where what follows fits much less: where one sentence stands out
# it is the answer, where several fit alike they all are. Lists and tables are read whole.
FACT = Kind(
    "fact",
    Amount(60, after=1, least=0.75, rows=0.8, lists=False),
    "Give the value that is asked for in one short sentence.",
    prose=True,
)
# No word stands in front of a yes or no unless a model writes it: on 60 questions of BoolQ the odds of the built-in
# model's first word, where they are above .9, are right for .74 (.72 are 'yes'), and it says 'yes' to 95 of 100.
YES_NO = Kind(
    "yes_no",
    Amount(110, after=1, before=1, lists=False),
    "Begin with yes or no, then give the condition or the reason in a sentence.",
    prose=True,
    tables=False,
)
EXPLANATION = Kind(
    "explanation",
    Amount(120, after=3, before=1),
    "Explain it: give all reasons or steps that the passages state, in order.",
    prose=True,
    tables=False,
)
LIST = Kind(
    "list",
    Amount(190, after=2, before=1, rows=0.7),
    "List every item that the passages state, one a line, none left out.",
)
COUNT = Kind(
    "count",
    Amount(190, after=1, before=1, rows=0.8),
    "List what is counted or added, one a line, then give the number or the sum.",
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (FACT, YES_NO, EXPLANATION, LIST, COUNT, Comparison(), Summary(), Show())
}

_DOUBTFUL = 0.75  # how surely an intent must be recognised to be answered as shortly as a fact


def kind_of(plan: QueryPlan) -> Kind:
    """The kind that a plan wants, with more or less text where that is not clear, or a person asks for it."""
    kind = KINDS.get(plan.intent, FACT)
    if plan.length == "short":
        return replace(kind, amount=replace(kind.amount, words=min(45, kind.amount.words)))
    if plan.length == "list":
        return LIST
    if plan.length == "detailed":
        return replace(kind, amount=replace(kind.amount, words=2 * kind.amount.words, after=3, before=1))
    if kind is FACT and plan.sure < _DOUBTFUL:
        return replace(FACT, amount=Amount(110, after=1, before=1, least=0.5, rows=0.8))
    return kind
