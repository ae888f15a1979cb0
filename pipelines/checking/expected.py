"""Which kind of answer a question expects: an amount, or a time. What is none does not answer it, however true."""

from __future__ import annotations

import re
from collections.abc import Callable

from indexes.keywords import is_cjk
from pipelines.checking.statements import Statement
from pipelines.checking.values import holds

_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|high|wide|deep|large|big|heavy|fast|often)\b"
    r"|\bwhat (?:percentage|percent|proportion|fraction)\b",
    re.IGNORECASE,
)
# 'When the storm came, who was there?' does not ask when.
_TIME = re.compile(
    r"^\W*(?:and\s+|but\s+|so\s+)?when\b(?!.*\b(?:who|whom|whose|what|which|where|why|how)\b)"
    r"|\b(?:what|which) (?:year|month|day|date|decade|century)\b",
    re.IGNORECASE,
)
# Amounts and times in words.
_QUANTITY = frozenset(
    """all any none no half most many much more less few fewer several some both every each either neither nothing
    enough little lot lots plenty dozens hundreds thousands millions billions once twice thrice double triple single
    pair couple dozen majority minority quarter third unlimited infinite equal equally slightly greatly always usually
    often sometimes rarely seldom never daily weekly monthly yearly annually hourly nightly constantly regularly
    frequently forever free""".split()
)
_WHILE = frozenset(
    """after before during until till since while when whenever as upon following between by around at within
    now today yesterday tomorrow tonight soon then early late later earlier recently currently always never once
    spring summer autumn fall winter morning noon afternoon evening night midnight monday tuesday wednesday thursday
    friday saturday sunday easter christmas year years month months week weeks day days century centuries
    decade decades era age reign""".split()
)


def expected(question: str) -> Callable[[str], bool]:
    """Tells of a sentence whether it is of the kind that the question expects; of any where it expects no kind."""
    words = _QUANTITY if _AMOUNT.search(question) else _WHILE if _TIME.search(question) else None
    if words is None or is_cjk(question):
        return lambda sentence: True
    asked = Statement(question)

    def of_kind(sentence: str) -> bool:
        said = Statement(sentence)
        named = any(not holds(asked.values, asked.text, value) for value in said.values)
        return named or bool((said.words - asked.words) & words)

    return of_kind
