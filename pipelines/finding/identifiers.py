"""Identifiers in a question: order numbers, codes, dates, addresses. Whoever types one means the few places that hold
it, whatever else the question says."""

from __future__ import annotations

import re

MOST_HOLDING = 5
"""Segments; what stands in more of them is no identifier but a word like others ('covid-19', '2024')."""

_MOST = 8  # of one question; each is looked up by itself
_SHORTEST = 3  # letters and digits
_LONG = 5  # digits of a number that is no year
_DENSE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"  # scripts that set no space between words
_DAY = "年月日号號"
_RUN = re.compile(rf"\d[\d{_DAY}]*[{_DAY}][\d{_DAY}]*|[^\s{_DENSE}]+")
_OUTSIDE = "\"'“”‘’„«»()[]{}<>,;:!?.…*`"
_PARTS = re.compile(r"[^\W\d_]+|\d+")


def identifiers(text: str) -> list[str]:
    """Those of a text, in order: with a digit and something besides, a long number, or with marks inside that no word
    has ('anna_k', 'a.b@c.org')."""
    found = []
    for match in _RUN.finditer(text):
        word = match.group().strip(_OUTSIDE)
        parts = _PARTS.findall(word)
        digits = any(part.isdigit() for part in parts)
        marked = any(mark in word for mark in "_@/\\#")
        long = sum(map(len, parts)) >= _SHORTEST
        if long and ((digits and (len(parts) > 1 or len(word) >= _LONG)) or (marked and len(parts) > 1)):
            found.append(word)
    return list(dict.fromkeys(found))[:_MOST]
