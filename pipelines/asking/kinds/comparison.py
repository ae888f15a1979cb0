"""A comparison speaks of every side: what stands about all of them first, then each in a column of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from pipelines.asking.choosing import Amount, choose
from pipelines.asking.kinds.base import Kind
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence
from pipelines.asking.quotes import Group
from pipelines.asking.ranking import stems
from pipelines.asking.versions import differing, versions_in
from pipelines.query.plan import QueryPlan

_VERSIONS = 190  # words of what two versions of a text say differently
_SIDE = 25  # words about a side that was not spoken of
_ALL = 0.5  # what a sentence brings that speaks of all sides, or a row of a table that does
_RESULTS = 6  # that are read for it


@dataclass(frozen=True)
class Comparison(Kind):
    name: str = "comparison"
    amount: Amount = field(default=Amount(120, after=1, rows=0.7))
    task: str = "Compare the sides point by point; where there are several points, in a table with a column for each."

    def gather(self, plan: QueryPlan, material: Material) -> list[Group]:
        """What is found for the whole question, and for each side by itself where that does not speak of it."""
        passages, scores = material.search(plan.text)
        pair = versions_in(material)
        rows = differing(pair, material, _VERSIONS) if pair else []
        if pair and rows:
            names = [PurePath(source.path).stem.replace("_", " ") for source in pair]
            return [Group(columns={name: [row[n] for row in rows] for n, name in enumerate(names)})]
        sides = plan.sub_queries
        if sides:
            scores = {
                each: score + _ALL * all(_names(each, side.label) for side in sides) for each, score in scores.items()
            }
        whole = choose(passages, scores, replace(self.amount, words=self.amount.words - _SIDE * len(sides)))
        lacking = [side for side in sides if not any(_names(each, side.label) for each in whole)]
        if sides and len(lacking) < len(sides):
            unused = _SIDE * (len(sides) - len(lacking))
            whole = choose(
                passages, scores, replace(self.amount, words=self.amount.words - _SIDE * len(sides) + unused)
            )
        elif sides:  # nothing speaks of them together
            whole = []
        apart: dict[str, list[Sentence]] = {}
        for side in lacking:
            room = self.amount.words // len(sides) if not whole else _SIDE
            found = choose(*material.search(side.text, _RESULTS, side.source), replace(self.amount, words=room))
            apart[side.label] = [each for each in found if each not in whole]
        return _side_by_side([side.label for side in sides], whole, apart)


def _names(sentence: Sentence, label: str) -> bool:
    """Whether a sentence, its lead-in or its heading speaks of a side."""
    wanted = stems(label)
    return bool(wanted) and wanted <= stems(f"{sentence.segment.heading} {sentence.context} {sentence.text}")


def _side_by_side(labels: Sequence[str], whole: Sequence[Sentence], apart: Mapping[str, list[Sentence]]) -> list[Group]:
    """Prose that speaks of one side only, in columns; what speaks of both before it, and of neither behind it."""
    columns = {label: list[Sentence]() for label in labels}
    both, neither = list[Sentence](), list[Sentence]()
    for each in whole:
        met = [label for label in labels if _names(each, label)]
        prose = each.form in ("sentence", "item")
        (columns[met[0]] if len(met) == 1 and prose else both if met or not prose else neither).append(each)
    for label, sentences in apart.items():
        columns[label] += sentences
    if not (labels and all(columns.values())):
        return [Group(whole), *(Group(sentences, label) for label, sentences in apart.items())]
    return [Group(both), Group(columns=columns), Group(neither)]
