"""The interface of a kind of answer, and what most kinds do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.asking.answer_types import in_bold
from pipelines.asking.choosing import Amount, choose
from pipelines.asking.material import Material
from pipelines.asking.quotes import Group, Quotes, compose
from pipelines.query.plan import QueryPlan


@dataclass(frozen=True)
class Kind:
    """`amount` says how much is quoted, `task` is what a chat model that writes is told to do. One that does not
    write may shorten, or choose among, what is quoted as `prose`; lists and tables stay as they are."""

    name: str
    amount: Amount
    task: str
    prose: bool = False

    def quote(self, plan: QueryPlan, material: Material) -> Quotes:
        """The answer of the files' own sentences; `material` keeps what was read for it."""
        return compose(self.gather(plan, material), material.results, shown=self.emphasis(plan))

    def emphasis(self, plan: QueryPlan) -> Callable[[str], str]:
        """How quoted sentences are shown (Markdown): the first value that a fact may be asked for is bold."""
        found = False

        def shown(text: str) -> str:
            nonlocal found
            marked = text if found else in_bold(plan.answer_type, text, plan.text, plan.language)
            found = found or marked != text
            return marked

        return shown

    def gather(self, plan: QueryPlan, material: Material) -> list[Group]:
        """What is quoted, in groups."""
        passages, scores = material.search(plan.text)
        return [Group(choose(passages, scores, self.amount))]
