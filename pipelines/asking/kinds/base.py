"""The interface of a kind of answer, and what most kinds do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.asking.answer_types import in_bold
from pipelines.asking.choosing import Amount, choose
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence, is_head
from pipelines.asking.quotes import Group, Quotes, Shown, as_it_is, compose
from pipelines.asking.worked_out import WorkedOut, worked_out
from pipelines.query.plan import QueryPlan


@dataclass(frozen=True)
class Kind:
    """`amount` says how much is quoted, `task` is what a chat model that writes is told to do. One that does not
    write may shorten, or choose among, what is quoted as `prose`; lists and tables stay as they are. What is asked of
    `tables` is worked out."""

    name: str
    amount: Amount
    task: str
    prose: bool = False
    tables: bool = True

    def quote(self, plan: QueryPlan, material: Material) -> Quotes:
        """The answer of the files' own sentences; `material` keeps what was read for it."""
        material.groups = self.gather(plan, material)
        quoted = [sentence for group in material.groups for sentence in group.sentences]
        return self.told(plan, material, worked_out(plan, material, quoted) if self.tables else None)

    def told(self, plan: QueryPlan, material: Material, found: WorkedOut | None) -> Quotes:
        """What a table answers, and below it what is quoted of sentences."""
        groups = material.groups
        if found is not None:
            rest = [replace(group, sentences=_beside(found, group.sentences)) for group in groups]
            groups = [Group(found.rows, stated=found.statement), *rest]
        return compose(groups, material.results, shown=self.emphasis(plan, material))

    def emphasis(self, plan: QueryPlan, material: Material) -> Shown:
        """How quoted sentences are shown (Markdown): the value that a fact is asked for is bold in the sentence that
        answers best. One beside it, or one that fits less, may state a value of anything."""
        best = max(material.scores, key=lambda each: material.scores[each], default=None)

        def shown(sentence: Sentence) -> str:
            text = as_it_is(sentence)
            return in_bold(plan.answer_type, text, plan.text, plan.language) if sentence == best else text

        return shown

    def gather(self, plan: QueryPlan, material: Material) -> list[Group]:
        """What is quoted, in groups."""
        passages, scores = material.search(plan.text)
        return [Group(choose(passages, scores, self.amount))]


def _beside(found: WorkedOut, sentences: Sequence[Sentence]) -> list[Sentence]:
    """What else is quoted: nothing twice, no head of which no row is left. A table that answers leaves nothing open:
    then no more of its rows, and nothing of other files."""
    files = {row.segment.source_id for row in found.rows}
    tables = {row.context or row.text for row in found.rows}
    left = [
        each
        for each in sentences
        if (is_head(each) or not any(_is_part(each, row) for row in found.rows))
        and not (found.answers and (each.context or each.text) in tables)
        and not (found.answers and found.sure and each.segment.source_id not in files)
    ]
    heads = {each.context for each in left}
    return [each for each in left if not is_head(each) or each.text in heads]


def _is_part(sentence: Sentence, row: Sentence) -> bool:
    """Whether a sentence stands in what is quoted: a record is quoted as a whole."""
    return sentence.segment.id == row.segment.id and row.start <= sentence.start and sentence.end <= row.end
