"""Where a quote says something else in the place of what a question takes for granted.

'Who was Old France's governor?' is not answered by a sentence about New France's, however much of it agrees. Told by
what stands beside the words that both share: another name, number or date, or a word of opposite sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from indexes.keywords import STOPWORDS
from pipelines.checking.claims import Difference, stated
from pipelines.checking.opposites import opposed
from pipelines.checking.statements import BEGINNING, Statement, Token
from pipelines.checking.units import agree
from pipelines.checking.values import Value, alike, holds

_REACH = 2  # content words around a shared word in which the other one may stand
_REGNAL = re.compile(r"[IVX]{1,5}")
_TITLES = frozenset(
    """president king queen emperor empress prince princess pope bishop saint lord lady sir dame duke count general
    captain colonel admiral minister prime chancellor governor senator mayor judge dr mr mrs ms miss professor doctor
    sultan caliph khan tsar author actor actress singer""".split()
)


def contradictions(asked: Statement, quote: Statement, around: Statement) -> Iterator[Difference]:
    """What the quote says in place of words of the question. `around` is what the quote is read with: its passage,
    headings, file name; names and values that stand there are granted."""
    mine, theirs = _content(asked), _content(quote)
    shared = {_key(unit) for unit in theirs}
    for at, unit in enumerate(mine):
        if _stands(unit, quote):
            continue
        near = [(at + side, -side) for side in (-1, 1) if 0 <= at + side < len(mine)]
        anchors = [(_key(mine[i]), side) for i, side in near if _key(mine[i]) in shared]
        others = (other for anchor, side in anchors for other in _beside(anchor, side, theirs))
        other = next((other for other in others if _excludes(other, unit, asked, quote, around)), None)
        if other is not None:
            yield Difference(f"the sources say {_text(other)}, not {_text(unit)}", True, unit.start, unit.end)
    yield from _denied(asked, quote, mine)


def _denied(asked: Statement, quote: Statement, mine: Sequence[Value | Token]) -> Iterator[Difference]:
    """'What is fully understood?' where the quote says 'not fully understood'."""
    if asked.negations:
        return
    for one, other in pairwise(mine):
        if not (isinstance(one, Token) and isinstance(other, Token) and _runs_on(one, other, quote)):
            continue
        if quote.negated.get(one.stem) and quote.negated.get(other.stem):
            yield Difference(f"the sources say not {one.text} {other.text}", True, one.start, other.end)
            return


def _runs_on(one: Token, other: Token, quote: Statement) -> bool:
    return any(a.stem == one.stem and b.stem == other.stem for a, b in pairwise(quote.tokens))


def _beside(anchor: str, side: int, theirs: Sequence[Value | Token]) -> Iterator[Value | Token]:
    """What stands near an anchor in the quote, on one side."""
    for at, word in enumerate(theirs):
        if _key(word) == anchor:
            places = (at + side * step for step in range(1, _REACH + 1))
            yield from (theirs[place] for place in places if 0 <= place < len(theirs))


def _excludes(other: Value | Token, unit: Value | Token, asked: Statement, quote: Statement, around: Statement) -> bool:
    if _stands(other, asked):
        return False
    if opposed(unit.text.lower(), other.text.lower()):
        return True
    if _stands(unit, around):
        return False
    if isinstance(unit, Value) or isinstance(other, Value):
        return isinstance(unit, Value) and isinstance(other, Value) and _unlike(unit, other)
    if _REGNAL.fullmatch(unit.text) and _REGNAL.fullmatch(other.text):
        return True
    return unit in asked.names and other in quote.names and unit.text.lower() not in _TITLES


def _unlike(value: Value, other: Value) -> bool:
    """Of one kind and not the same; also 'three weeks' and 'three days'."""
    units = bool(value.unit and other.unit) and not agree(value.unit, other.unit)
    return alike(value, other) or (units and bool(value.readings & other.readings))


def _stands(unit: Value | Token, there: Statement) -> bool:
    if isinstance(unit, Value):
        return holds(there.values, there.text, unit)
    if _REGNAL.fullmatch(unit.text):
        return any(token.text == unit.text for token in there.tokens)
    if unit.stem in there.stems or unit.stem[:BEGINNING] in there.begins:
        return True
    return stated(unit.text, there.words)


def _content(statement: Statement) -> list[Value | Token]:
    """Values and content words, in order."""
    inside = [(value.start, value.end) for value in statement.values]
    units: list[Value | Token] = [value for value in statement.values if value.kind != "code"]
    for i, token in enumerate(statement.tokens):
        if any(start <= token.start < end for start, end in inside):
            continue
        before = statement.tokens[i - 1] if i else None
        regnal = _REGNAL.fullmatch(token.text) and before is not None and before.capital and not before.leads
        if regnal or token.text.lower() not in STOPWORDS:
            units.append(token)
    return sorted(units, key=lambda unit: unit.start)


def _key(unit: Value | Token) -> str:
    """What words are compared by. A value is no anchor: others stand beside it everywhere."""
    return f"value at {unit.start}" if isinstance(unit, Value) else unit.stem


def _text(unit: Value | Token) -> str:
    return unit.text.removesuffix("'s").removesuffix("’s")
