"""Follow-ups ('and in 2023?', 'who said that?', 'why?') → what to search for them.

Whether a question leans on what was said before is judged by logistic regression over a few signals that mean the same
in every language; the words behind them are in `follow_up.tsv`. A question that leans is searched together with words
of the turns before, which finds more than a sentence put together by rules (`benchmarks/follow_ups.py` learns the one
and measures both).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from indexes.keywords import CJK, is_cjk
from pipelines.records import Turn
from pipelines.sentences import sentences

Words = list[tuple[str, str]]
"""The words of a text, each with its kind: one of `follow_up.tsv`, or 'own' for those that are in no list."""

SURE = 0.6  # above it a question leans: a question that stands alone suffers more from words that it did not mean
SIGNALS = ("", "joins", "points", "shows", "others", "closes", "short", "ends", "named", "bare")
# Learned by `python -m benchmarks.follow_ups DATA --learn` from 5,000 questions of conversations and of single ones.
WEIGHTS = (-1.15, 2.39, 3.18, 1.96, 0.97, 1.52, 2.98, -4.12, -0.85, 1.99)
_LONGEST = 15  # words of an answer's first sentence
_NAMES = 3  # of the last answer; more of them lead away from the question
_MARK = re.compile(r"\[\d+\]")  # of a citation
_STEM = 6  # letters by which forms of a word are the same
_WORD = rf"[^\W_{CJK}]+(?:[.,][^\W_{CJK}]+)*|[{CJK}]"


@dataclass(frozen=True, slots=True)
class Standalone:
    """What is searched: the question itself where it stands alone, else (`leans`) with what it leans on behind it."""

    text: str
    leans: bool


def standalone(question: str, history: Sequence[Turn]) -> Standalone:
    """A question that can be searched without what was said before it (`history`, oldest first)."""
    if not history or probability(question, history[-1].question) <= SURE:
        return Standalone(question, False)
    return Standalone(with_words_before(question, history), True)


def probability(question: str, last: str) -> float:
    """How likely a question leans on what was said before; `last` is the question before it. In 0..1."""
    score = sum(weight * signal for weight, signal in zip(WEIGHTS, signals(question, last), strict=True))
    return 1 / (1 + math.exp(-score))


def signals(question: str, last: str) -> list[float]:
    """What speaks for or against a question that leans, each in 0..1, as `SIGNALS` names them; the first is always 1.
    `last` only tells the language of a question of few words."""
    language = _language(question, last)
    found = _split(question, language)
    kinds = [kind for kind, _ in found]
    own = 0.0
    early = {"points": 0.0, "shows": 0.0}  # 'he' counts less where it may stand for something in the same question
    for kind, word in found:
        if kind == "own":
            own += len(word) / 2 if is_cjk(word) else 1
        elif kind in early:
            early[kind] = max(early[kind], 1 / (1 + own))
    # Every noun has a capital in German, so there it tells nothing.
    named = language != "de" and any(kind == "own" and word[0].isupper() for kind, word in found[1:])
    return [
        1.0,
        float([kind for kind in kinds if kind != "ends"][:1] == ["joins"]),
        early["points"],
        early["shows"],
        float("others" in kinds),
        float(bool(kinds) and kinds[-1] in ("points", "shows", "others")),
        1 / (1 + own),
        kinds.count("ends") / max(1, len(kinds)),
        float(named),
        float(own < 2 and set(kinds) == {"own"}),
    ]


def with_words_before(question: str, history: Sequence[Turn]) -> str:
    """The question, then words that it does not have: of the question that the conversation came from, which names
    what all is about; of the last question; and the first names of the last answer."""
    last = history[-1]
    start = next((turn for turn in reversed(history) if turn.asked in ("", turn.question)), history[0])
    told = next(iter(sentences(_MARK.sub("", last.answer))), "")
    if len(told.split()) > _LONGEST or not _MARK.search(last.answer):
        told = ""  # a quote of many names says of none that it is meant, and what cites nothing was not found
    before = [*_own(start.question), *_own(last.question), *islice(_names(told), _NAMES)]
    kept = _own(question)
    text = [question]
    for word in before:
        if not any(met.lower().startswith(word[:_STEM].lower()) for met in kept):
            kept.append(word)
            text.append(word)
    return " ".join(text)


def _own(text: str) -> list[str]:
    return [word for kind, word in _split(text, _language(text)) if kind == "own"]


def _names(text: str) -> Iterator[str]:
    """Words with a capital, and numbers; not the first word, which may be any."""
    found = _split(text, _language(text))[1:]
    return (word for kind, word in found if kind == "own" and (word[0].isupper() or word[0].isdigit()))


# --- words and their kinds ---


def _language(text: str, like: str = "") -> str:
    """The language whose lists know most of the letters; `like` is more text in the same language."""
    if is_cjk(text):
        return "ja" if re.search("[\u3040-\u30ff]", text) else "zh"
    known = {
        language: sum(len(word) for kind, word in _split(f"{text} {like}", language) if kind != "own")
        for language in _lexicon()
        if language not in ("zh", "ja")
    }
    return max(known, key=lambda language: known[language])


def _split(text: str, language: str) -> Words:
    known, splitting = _lexicon()[language]
    found: Words = []
    for word in splitting.findall(text.replace("’", "'")):
        kind = known.get(word.lower(), "own")
        if kind == "own" and found and found[-1][0] == "own" and is_cjk(word) and is_cjk(found[-1][1]):
            found[-1] = ("own", found[-1][1] + word)
        else:
            found.append((kind, word))
    return found


@cache
def _lexicon() -> dict[str, tuple[dict[str, str], re.Pattern[str]]]:
    """For each language the kinds of its words, and what splits a text: the longest entry, else a word."""
    kinds: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for line in Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()[1:]:
        kind, language, entries = line.split("\t")
        for entry in entries.split():
            kinds[language].setdefault(entry.replace("_", " "), kind)
    return {language: (known, _splitting(known)) for language, known in kinds.items()}


def _splitting(entries: Iterable[str]) -> re.Pattern[str]:
    """Phrases before words: 'is it called' before 'it'. No space parts Chinese, so there all entries are phrases."""
    phrases = sorted((entry for entry in entries if is_cjk(entry) or not entry.isalpha()), key=len, reverse=True)
    ended = (re.escape(phrase) if is_cjk(phrase) else rf"\b{re.escape(phrase)}\b" for phrase in phrases)
    return re.compile("|".join([*ended, _WORD]), re.IGNORECASE)
