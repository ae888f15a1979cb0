"""What a sentence claims, compared strictly with a quote: values, names, negations, and words of opposite sense.

`differences` names what keeps a quote from bearing a sentence out. It knows words, not meaning: a sentence without
differences may still be wrong, so the words that both share are counted elsewhere (`citations.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from indexes.keywords import STOPWORDS
from pipelines.checking.opposites import OPPOSITES, prefixed
from pipelines.checking.statements import Statement, Token
from pipelines.checking.value import Value, folded
from pipelines.checking.values import alike, holds

Replaced = dict[tuple[int, int], Value | Token]
"""What a quote says in place of what stands at (start, end) of a sentence."""

_CLOSE = 0.7  # share of a sentence's words that stand in the quote in the same order, when it repeats it
_ENDINGS = (
    "'s",
    "’s",
    "ians",
    "ian",
    "ans",
    "an",
    "ish",
    "ese",
    "ers",
    "er",
    "es",
    "s",
    "en",
    "ic",
    "ism",
    "ist",
    "n",
    "ain",
)
_DEGREES = frozenset("mr mrs ms dr prof sir lady lord saint st the of de von van der la le du".split())


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a quote does not bear a sentence out, in a short sentence for people. `stands` is true where the quote says
    something else instead (and not only nothing)."""

    text: str
    stands: bool
    start: int = 0
    end: int = 0


def differences(
    sentence: Statement,
    quote: Statement,
    head: Statement,
    beside: Statement,
    given: Statement,
    passage: Statement | None = None,
) -> list[Difference]:
    """What in the sentence the quote does not bear out.

    `head` is what the quote always is read with: heading, header row, file name, speaker; `beside` are the sentences
    before and behind, which count where the quote refers to them ('he', 'this'); `given` is the question, whose words
    an answer may repeat; `passage` is all that stands around, of whose years the quote's days may be.
    """
    around = Statement(f"{head.text}\n{beside.text}") if quote.refers else head
    instead, close = _replaced(sentence, quote)
    years = [*years_of(passage)] if passage is not None else []
    found = list(_differing_values(sentence, quote, around, given, instead, close, years))
    found += differing_names(sentence, quote, around, given, instead, close)
    if not found:
        found += denied(sentence, quote, given)
        found += opposed(sentence, quote, given)
    return found


def stated(name: str, there: Iterable[str]) -> bool:
    """Whether a name stands among words: itself, inflected, without diacritics, or as an initial."""
    key = folded(name)
    for word in there:
        other = folded(word)
        if key == other or (min(len(key), len(other)) >= 4 and _bare(key) & _bare(other)):
            return True
    return False


def _initialled(sentence: Statement, token: Token, text: str) -> bool:
    """'John Smith' and 'J. Smith' are one, whichever stands where."""
    behind = re.match(r"(?:[\s.]*[A-Z]\.)*[\s.]+([^\W\d_]{2,})", sentence.text[token.end :])
    if not behind or not behind[1][0].isupper():
        return False
    rest = r"\w*\.?" if len(token.text.rstrip(".")) == 1 else r"\."
    return bool(re.search(rf"\b{re.escape(token.text[0])}{rest}\s+(?:[A-Z]\w*\.?\s+)?{re.escape(behind[1])}\b", text))


def _differing_values(
    sentence: Statement,
    quote: Statement,
    around: Statement,
    given: Statement,
    instead: Replaced,
    close: bool,
    years: Sequence[Value],
) -> Iterator[Difference]:
    """`years` stand around the quote: its days may be of them."""
    for value in sentence.values:
        if not value.strict:
            continue
        other = instead.get((value.start, value.end))
        if other and close:
            yield Difference(f"the sources say {other.text} instead of {value.text}", True, value.start, value.end)
            continue
        if holds(quote.values, quote.text, value):
            if other and isinstance(other, Value) and not holds(given.values, given.text, value):
                yield Difference(f"the sources say {other.text} instead of {value.text}", True, value.start, value.end)
            continue
        if other is None:
            if holds(given.values, given.text, value) or holds(around.values, around.text, value):
                continue
            if value.kind == "date" and holds([*quote.values, *years], quote.text, value):
                continue
            candidates = [
                v for v in quote.values if v.strict and alike(value, v) and not holds(sentence.values, sentence.text, v)
            ]
            other = candidates[0] if len(candidates) == 1 else None
        if other:
            yield Difference(f"the sources say {other.text} instead of {value.text}", True, value.start, value.end)
        else:
            yield Difference(f"{value.text} is not in the sources", False, value.start, value.end)


def years_of(statement: Statement) -> Iterator[Value]:
    """The years that it names, also those of its dates."""
    for value in statement.values:
        if value.is_year:
            yield value
        elif value.kind == "date":
            years = {float(year) for year, _, _ in value.readings if year}
            if years:
                yield Value("number", str(int(min(years))), value.start, value.end, frozenset(years))


def differing_names(
    sentence: Statement,
    quote: Statement,
    around: Statement,
    given: Statement,
    instead: Replaced,
    close: bool,
) -> Iterator[Difference]:
    here = {token.text for token in quote.tokens}
    near = {token.text for token in around.tokens}
    asked = {token.text for token in given.tokens}
    own = {token.text for token in sentence.tokens}
    texts = f"{quote.text}\n{around.text}"
    missing: dict[Token, Token | None] = {}
    for token in sentence.tokens:
        if token.text.lower() in _DEGREES:
            continue
        other = instead.get((token.start, token.end))
        sure = close or not (
            token not in sentence.names or stated(token.text, asked | here) or (other and stated(other.text, own))
        )
        if isinstance(other, Token) and sure:
            missing[token] = other
        elif token in sentence.names and not (
            stated(token.text, asked | here | near)
            or _initialled(sentence, token, texts)
            or _acronym(token, quote, around)
        ):
            missing[token] = None
    for run in _runs(sentence, list(missing)):
        start, end = run[0].start, run[-1].end
        others = [other for token in run if (other := missing[token])]
        if others:
            name = _whole_name(quote, others)
            yield Difference(f"the sources say {name} instead of {sentence.text[start:end]}", True, start, end)
        else:
            yield Difference(f"the sources do not name {sentence.text[start:end]}", False, start, end)


def _whole_name(statement: Statement, tokens: Sequence[Token]) -> str:
    """The name that the first of some tokens is part of."""
    run = next((run for run in _runs(statement, statement.names) if tokens[0] in run), list(tokens[:1]))
    return statement.text[run[0].start : run[-1].end]


def _runs(sentence: Statement, names: Sequence[Token]) -> list[list[Token]]:
    """Names that stand side by side are one."""
    runs: list[list[Token]] = []
    for token in names:
        if runs and not sentence.text[runs[-1][-1].end : token.start].strip(" .,-"):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _acronym(token: Token, quote: Statement, around: Statement) -> bool:
    """'UN' is borne out by 'United Nations', and the other way round."""
    letters = folded(token.text).upper()
    for text in (quote, around):
        words = [t for t in text.tokens if t.text.lower() not in ("of", "the", "and")]
        initials = "".join(t.text[0] if t.capital else " " for t in words)
        if token.text.isupper() and len(letters) > 1 and letters in initials:
            return True
    return False


def _replaced(sentence: Statement, quote: Statement) -> tuple[Replaced, bool]:
    """What the quote says in place of a value or name of the sentence, where the words around it are the same; and
    whether the sentence repeats the quote nearly word for word, so that the places surely are the same."""
    mine, theirs = _units(sentence), _units(quote)
    matcher = SequenceMatcher(None, [key for key, _ in mine], [key for key, _ in theirs], autojunk=False)
    operations = matcher.get_opcodes()
    alike_words = sum(match.size for match in matcher.get_matching_blocks())
    close = len(mine) > 4 and alike_words >= _CLOSE * len(mine)
    found: Replaced = {}
    for n, (operation, i1, i2, j1, j2) in enumerate(operations):
        if operation != "replace" or i2 - i1 > 4 or j2 - j1 > 4:
            continue
        before = operations[n - 1] if n else None
        behind = operations[n + 1] if n + 1 < len(operations) else None
        anchors = [
            any(key not in STOPWORDS for key, _ in mine[part[1] : part[2]])
            for part in (before, behind)
            if part is not None and part[0] == "equal"
        ]
        if not any(anchors) or (i1 > 0 and i2 < len(mine) and len(anchors) < 2):
            continue
        here, there = [unit for _, unit in mine[i1:i2]], [unit for _, unit in theirs[j1:j2]]
        for unit in here:
            other = next((o for o in there if _exchanged(unit, o, sentence, quote, close)), None)
            if other is not None:
                found[unit.start, unit.end] = other
    return found, close


def _exchanged(mine: Value | Token, other: Value | Token, sentence: Statement, quote: Statement, close: bool) -> bool:
    if isinstance(mine, Value) and isinstance(other, Value):
        return alike(mine, other) and (close or not holds(sentence.values, sentence.text, other))
    if isinstance(mine, Token) and isinstance(other, Token):
        if not (mine.capital and other.capital and other in quote.names) or mine.stem[:5] == other.stem[:5]:
            return False
        short, long = sorted((folded(mine.text), folded(other.text)), key=len)
        return not stated(mine.text, [other.text]) and not (len(short) == 1 and long.startswith(short))
    return False


def _units(statement: Statement) -> list[tuple[str, Value | Token]]:
    """Words and values in order, each with what it is compared by."""
    units: list[tuple[str, Value | Token]] = [
        (f"{value.kind} {sorted(map(str, value.readings))}", value) for value in statement.values
    ]
    inside = [(value.start, value.end) for value in statement.values]
    units += [(t.stem, t) for t in statement.tokens if not any(start <= t.start < end for start, end in inside)]
    return sorted(units, key=lambda unit: unit[1].start)


def denied(sentence: Statement, quote: Statement, given: Statement) -> Iterator[Difference]:
    """A word under a negation here and not there, or the other way round."""
    if sentence.negations and not quote.negations and not given.negations:
        yield Difference("the negation is not in the sources", True)
        return
    mine, theirs, asked = sentence.negated, quote.negated, given.negated
    common = [stem for stem in mine if stem in theirs and not asked.get(stem, False)]
    # How far a negation reaches is a guess: where both deny the same, a word at its edge says nothing.
    both = any(mine[stem] and theirs[stem] for stem in common)
    more = [stem for stem in common if mine[stem] and not theirs[stem] and not both]
    # A bare answer is a part of what the quote says, and may be meant together with the negation in it.
    fewer = [stem for stem in common if theirs[stem] and not mine[stem]] if mine.keys() & asked.keys() else []
    if more:
        yield Difference("the sources say the opposite", True)
    elif fewer:
        yield Difference("the sources deny this", True)


def opposed(sentence: Statement, quote: Statement, given: Statement) -> Iterator[Difference]:
    mine, theirs = sentence.words, quote.words
    for pair in OPPOSITES:
        for one, other in (pair, pair[::-1]):
            said, instead = (mine & one) - given.words, theirs & other
            if said and instead and not theirs & one and not mine & other:
                yield Difference(f"the sources say {min(instead)} instead of {min(said)}", True)
    for word in mine - given.words - theirs:
        if len(word) < 5:
            continue
        for known in theirs:
            if prefixed(word, known):
                yield Difference(f"the sources say {known} instead of {word}", True)


@lru_cache(maxsize=50_000)
def _bare(key: str) -> frozenset[str]:
    ends = (end for end in _ENDINGS if key.endswith(end) and len(key) - len(end) >= 4)
    return frozenset([key, *(key.removesuffix(end) for end in ends)])
