"""Scripts that are written from right to left (Hebrew, Arabic, Persian …): from how a line looks to how it is read.

A PDF says where each character stands, whatever order it is stored in. What stands from left to right is put into the
order of reading here: the implicit part of the Unicode bidirectional algorithm (UAX #9, rules W1 to N2 and L2), which
is nearly its own inverse. Known packages for it are under the LGPL, or lay out lines and do not read them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_RIGHT = frozenset(("R", "AL"))
_NUMBERS = frozenset(("EN", "AN"))
_STRETCH = "\u0640"
"""What widens a word of Arabic to fill its line; no letter."""
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("«", "»"))
_FORMS = (("\ufb1d", "\ufdff"), ("\ufe70", "\ufefc"))
"""Ligatures, and letters of Hebrew and Arabic as they look at the beginning, in the middle and at the end of a word."""


def is_right(text: str) -> bool:
    """Whether any character of it is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in _RIGHT for character in text)


def is_left(text: str) -> bool:
    """Whether any character of it is written from left to right."""
    return any(unicodedata.bidirectional(character) == "L" for character in text)


def plain_letters(text: str) -> str:
    """Letters instead of the forms that they take in a word (NFKC), in the order of reading; no stretches."""
    if text.isascii():
        return text
    if any(first <= character <= last for character in text for first, last in _FORMS):
        text = unicodedata.normalize("NFKC", text)
    return text.replace(_STRETCH, "")


def from_right(clusters: Sequence[str], usual: bool = False) -> bool:
    """Whether a line, its characters from left to right, is read from right to left: most letters of it are, or, where
    that is `usual`, the rightmost one."""
    strong = [is_right(cluster) for cluster in clusters if is_right(cluster) or is_left(cluster)]
    return 2 * sum(strong) > len(strong) or (usual and bool(strong) and strong[-1])


def logical(clusters: Sequence[str], right: bool) -> str:
    """A line in the order of reading; `clusters` are its characters from left to right, each with its marks. `right`:
    the line as a whole is read from right to left."""
    sorts = [unicodedata.bidirectional(cluster[0]) if cluster else "" for cluster in clusters]
    if right:
        return _mended("".join(_read_from_right(clusters, sorts)))
    found: list[str] = []
    at = 0
    for first, last in _spans(sorts, _RIGHT):
        found += clusters[at:first]
        found.append(_mended("".join(_read_from_right(clusters[first:last], sorts[first:last]))))
        at = last
    return "".join([*found, *clusters[at:]])


def _spans(sorts: Sequence[str], kinds: frozenset[str]) -> list[tuple[int, int]]:
    """From the first to behind the last of each sequence of these kinds, with what is neutral or a number between."""
    found: list[tuple[int, int]] = []
    open_ = False
    for n, sort in enumerate(sorts):
        if sort in kinds:
            found.append((found.pop()[0] if open_ else n, n + 1))
            open_ = True
        elif sort in _RIGHT or sort == "L":
            open_ = False
    return found


def _read_from_right(clusters: Sequence[str], sorts: Sequence[str]) -> list[str]:
    """From right to left, but words of other scripts, numbers, and what belongs to them from left to right."""
    lefts = _left_to_right(sorts)
    found: list[str] = []
    n = len(clusters)
    while n:
        end = n
        while n and lefts[n - 1]:
            n -= 1
        found += clusters[n:end]
        if n:
            n -= 1
            found.append(clusters[n])
    return found


def _left_to_right(sorts: Sequence[str]) -> list[bool]:
    sorts = list(sorts)
    after_arabic = "AL" in sorts
    for n in range(len(sorts) - 1, -1, -1):  # W2: a number behind Arabic, which stands to its right
        if sorts[n] in ("R", "AL", "L"):
            after_arabic = sorts[n] == "AL"
        elif sorts[n] == "EN" and after_arabic:
            sorts[n] = "AN"
    for n in range(1, len(sorts) - 1):  # W4: what parts the digits of one number
        around = sorts[n - 1] if sorts[n - 1] == sorts[n + 1] else ""
        if (sorts[n] == "CS" and around in _NUMBERS) or (sorts[n] == "ES" and around == "EN"):
            sorts[n] = around
    for order in (range(1, len(sorts)), range(len(sorts) - 2, -1, -1)):  # W5: %, €, ° beside a number
        for n in order:
            beside = n - 1 if order.step > 0 else n + 1
            if sorts[n] == "ET" and sorts[beside] == "EN":
                sorts[n] = "EN"
    lefts = [sort == "L" or sort in _NUMBERS for sort in sorts]
    at, latin = -1, False  # N1, and W7: what stands between two words, or a word and a number
    for n, sort in enumerate(sorts):
        if lefts[n]:
            if at >= 0 and (latin or sort == "L"):
                lefts[at:n] = [True] * (n - at)
            at, latin = n, sort == "L" or (latin and at >= 0)
        elif sort in _RIGHT:
            at, latin = -1, False
    return lefts


def _mended(text: str) -> str:
    """With brackets that open before they close: programs store the one that is seen, or the one that is meant."""
    for opening, closing in _BRACKETS:
        if text.count(opening) != text.count(closing):
            continue
        depth = lowest = 0
        for character in text:
            depth += (character == opening) - (character == closing)
            lowest = min(lowest, depth)
        if lowest < 0:
            text = text.translate(str.maketrans(opening + closing, closing + opening))
    return text
