"""A comparison speaks of every side: what stands about all of them first, then what is lacking about one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from indexes.keywords import content_words, share
from pipelines.asking.choosing import Amount, choose
from pipelines.asking.kinds.base import Kind
from pipelines.asking.material import Material
from pipelines.asking.quotes import Group
from pipelines.query.plan import QueryPlan

_SIDE = 25  # words about a side that was not spoken of
_RESULTS = 6  # that are read for it


@dataclass(frozen=True)
class Comparison(Kind):
    name: str = "comparison"
    amount: Amount = field(default=Amount(120, after=1, rows=0.7))
    task: str = "Compare the sides point by point; where there are several points, in a table with a column for each."

    def gather(self, plan: QueryPlan, material: Material) -> list[Group]:
        """What is found for the whole question, and for each side by itself where that does not speak of it."""
        passages, scores = material.search(plan.text)
        sides = plan.sub_queries
        whole = choose(passages, scores, replace(self.amount, words=self.amount.words - _SIDE * len(sides)))
        said = " ".join(f"{each.segment.heading} {each.context} {each.text}" for each in whole)
        lacking = [side for side in sides if share(content_words(side.label), said) < 1]
        if sides and len(lacking) < len(sides):
            unused = _SIDE * (len(sides) - len(lacking))
            whole = choose(
                passages, scores, replace(self.amount, words=self.amount.words - _SIDE * len(sides) + unused)
            )
        elif sides:  # nothing speaks of them together
            whole = []
        groups = [Group(whole)]
        for side in lacking:
            room = self.amount.words // len(sides) if not whole else _SIDE
            found = choose(*material.search(side.text, _RESULTS, side.source), replace(self.amount, words=room))
            groups.append(Group([each for each in found if each not in whole], side.label))
        return groups
