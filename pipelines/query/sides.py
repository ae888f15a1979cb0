"""The things that a question compares: 'A or B', 'A vs B', 'difference between A and B', in several languages.

A word that joins two things (`lexicon.tsv`) parts the question; what stands next to it on either side, up to a comma
or a word that says nothing, is what each is called. Each side is asked about without the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexes.keywords import STOPWORDS, is_cjk
from pipelines.query.lexicon import words_of
from pipelines.query.plan import SubQuery

Span = tuple[int, int]
Words = Sequence[tuple[str, Span]]

_LONGEST = 5  # words of a side's name
_WORD = re.compile(r"[\w'’./-]*\w[+#]*|[,;:?!。，；：？！]")


def sides_of(text: str) -> tuple[SubQuery, ...]:
    """Two sub-queries, or none where the question joins no two things."""
    if is_cjk(text):
        return _chinese(text)
    words = [(match.group(), match.span()) for match in _WORD.finditer(text)]
    for strong in (True, False):  # 'or' and 'vs' part two things more surely than 'and'
        joins = words_of("join" if strong else "and")
        for i, (word, _) in enumerate(words):
            if word.lower().rstrip(".") not in joins or not 0 < i < len(words) - 1:
                continue
            left = _name(words[:i][::-1])[::-1]
            right = _name(words[i + 1 :])
            if left and right:
                return _parted(text, words, left, right)
    return ()


def _name(words: Words) -> list[Span]:
    """The spans of the words next to the joining one, until one that says nothing."""
    name: list[Span] = []
    for word, span in words[: _LONGEST + 1]:
        if word.lower() in words_of("article") and not name:
            continue
        if (not word[-1].isalnum() and word[-1] not in "+#") or word.lower() in STOPWORDS | words_of("filling"):
            break
        name.append(span)
    return name[:_LONGEST]


def _parted(text: str, words: Words, left: Sequence[Span], right: Sequence[Span]) -> tuple[SubQuery, ...]:
    def without(spans: Sequence[Span]) -> str:
        kept = [word for word, span in words if span not in spans and word.lower() not in words_of("join")]
        return " ".join(kept)

    def label(spans: Sequence[Span]) -> str:
        return text[spans[0][0] : spans[-1][1]]

    return (SubQuery(label(left), without(right)), SubQuery(label(right), without(left)))


def _chinese(text: str) -> tuple[SubQuery, ...]:
    text = re.sub("(?:请|如何|怎么)?比较(?:一下)?", "", text)
    joins, ands = words_of("join"), words_of("and")
    for join in (*sorted(joins, key=lambda word: (-len(word), word)), *sorted(ands)):
        if not is_cjk(join):
            continue
        found = re.search(rf"([\w]{{1,12}}?){re.escape(join)}([\w]{{1,12}})", text)
        if found:
            left, right = found[1], re.split("的|哪|谁|有|在|各|相|，", found[2])[0]
            if left and right:
                return (
                    SubQuery(left, text.replace(join + right, "")),
                    SubQuery(right, text.replace(left + join, "")),
                )
    return ()
