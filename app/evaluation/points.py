"""Key points: how much of what a full answer must state was stated.

A coarse reader, and the same for every model: each number of a point must stand in the answer, in whatever notation,
and four fifths of its other words, in any order and with any endings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.evaluation.metrics import tokens
from app.evaluation.sets import Example
from indexes.keywords import CJK, content_words, is_cjk, share
from pipelines.checking.value import Value
from pipelines.checking.values import holds, values

_MOST, _MOST_OF_A_LIST = 120, 200  # words of an answer that count: who writes on hits more by chance
_LISTS = ("list", "summar")  # how kinds begin whose answers have to be longer
_WORDS = 0.8  # share of a point's words that must be met
_RUN, _MET = 4, 0.5  # words that are compared together, and the share of such runs from which on a sentence was found
_WORD = re.compile(rf"[{CJK}]{{1,3}}|[^\s{CJK}]+")  # three characters of Chinese take the room of a word
_BRACKETS = re.compile(r"\([^()]*\)|（[^（）]*）")
_SIGN = re.compile(r"(?<!\w)[-−](?=\d)")  # 'fell by 3' says -3
_SPACED = re.compile(r"(?<![\w.,-])\d{1,3}(?: \d{3})+(?!\d)")
_OR = re.compile(r"\bor\b")


def count_words(text: str) -> int:
    return len(_ends(text))


def opening(text: str, kind: str = "") -> str:
    """What counts of an answer to such a question: its beginning."""
    most = _MOST_OF_A_LIST if kind.casefold().startswith(_LISTS) else _MOST
    ends = _ends(text)
    return text if len(ends) <= most else text[: ends[most - 1]]


def stated(text: str, points: Sequence[str]) -> list[bool]:
    """For each point whether one of its wordings, between which ' | ' stands, is stated. What is in brackets is there
    for people."""
    text = _plain(text)
    there = [*values(text), *values(_joined(text))]  # a space may also part two numbers
    return [any(_states(there, text, wording) for wording in _BRACKETS.sub(" ", p).split("|")) for p in points]


def score_points(example: Example, text: str, declined: bool) -> dict[str, float]:
    """The metrics of an answer's key points, and whether it stated what is wrong and nothing that is right."""
    if example.answerable is None:
        return {}
    text, scores = opening(text, example.kind), {}
    met = stated(text, example.key_points) if example.answerable else []
    if met:
        scores = {"points": sum(met) / len(met), "whole": float(all(met))}
    if example.wrong_if:
        trapped = any(stated(text, [_OR.sub("|", each) for each in example.wrong_if]))
        scores["wrong"] = float(trapped and not declined and not any(met))
    return scores


def share_found(sentences: Sequence[str], texts: Sequence[str]) -> float:
    """The share of the sentences that stand in the texts, at least half of each; it may go on in the next text."""
    there = [tokens(text) for text in texts]

    def found(sentence: str) -> bool:
        wanted = tokens(sentence)
        size = min(_RUN, len(wanted))
        runs, seen = _runs(wanted, size), set[tuple[str, ...]]().union(*(_runs(each, size) for each in there))
        return len(runs & seen) >= _MET * len(runs)

    return sum(map(found, sentences)) / len(sentences)


def _states(there: Sequence[Value], text: str, wording: str) -> bool:
    wording = _joined(_plain(wording))
    numbers = [value for value in values(wording) if value.strict]
    if not all(_holds(there, text, value) for value in numbers):
        return False
    for value in reversed(numbers):
        wording = f"{wording[: value.start]} {wording[value.end :]}"
    words = content_words(re.sub(r"[^\w\s]|_", " ", wording))
    telling = [word for word in words if len(word) > 2 or (len(word) == 2 and is_cjk(word))]
    words = telling or ([] if numbers else words)  # 'no' may be all that is to be said
    return share(words, text) >= _WORDS if words else bool(numbers)


def _holds(there: Sequence[Value], text: str, value: Value) -> bool:
    if value.kind != "code":
        return holds(there, text, value)
    written = (r"[\W_]?".join(code) for code in value.readings)  # KS-250, KS 250 or KS250
    return any(re.search(rf"(?<!\w){code}(?!\w)", text, re.IGNORECASE) for code in written)


def _plain(text: str) -> str:
    return _SIGN.sub("", unicodedata.normalize("NFKC", text).replace("’", "'"))


def _joined(text: str) -> str:
    """'1 043' as '1043'."""
    return _SPACED.sub(lambda number: number.group().replace(" ", ""), text)


def _ends(text: str) -> list[int]:
    """Where the words end."""
    return [word.end() for word in _WORD.finditer(text) if any(map(str.isalnum, word.group()))]


def _runs(words: Sequence[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
