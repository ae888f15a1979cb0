"""A section that a question names, by its number ('chapter three', 'section 2.1', 'das zweite Kapitel', 第三章) or by
what it is called ('the section on insurance') → the heading that it stands under.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexes.keywords import content_words
from pipelines.checking.numerals import read_cjk
from pipelines.query.lexicon import places_of, words_of

BETWEEN = " › "
"""Between the headings that a segment stands under, the outermost first."""

_WORD = re.compile(r"[\w.]+")
_CJK = re.compile(r"第?([0-9〇零一二两三四五六七八九十百]{1,5}+)(?:章|节|節|部分)")
_ROMAN = re.compile(r"(?=[ivxl])(xl|x{0,3})(ix|iv|v?i{0,3})")
_TENS = ("", "x", "xx", "xxx", "xl")
_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ALONE = re.compile(r"\s*+(?:([ivxl]++)(?:\s*+$|[.:)])|(\d[\d.]*+)(?:[:)\s–-]|$))", re.IGNORECASE)
"""A heading that begins with a number; behind a Roman one comes nothing, or a stop."""


def section_of(text: str, headings: Iterable[str]) -> str | None:
    """The heading, with those above it, of the section that a question names; None where it names none of them."""
    words = [word.strip(".") for word in _WORD.findall(text.lower())]
    naming = words_of("section")
    if not _CJK.search(text) and not any(word in naming for word in words):
        return None
    chains = [each.split(BETWEEN) for each in headings]
    paths = dict.fromkeys(BETWEEN.join(chain[: n + 1]) for chain in chains for n in range(len(chain)))
    asked = _numbers(text, words, naming)
    for path in paths:
        if asked and _number(path.rsplit(BETWEEN, 1)[-1], naming) in asked:
            return path
    if asked:
        return None
    known = set(content_words(text)) - set(content_words(" ".join(naming)))
    called = {path: {word for word in content_words(path.rsplit(BETWEEN, 1)[-1]) if word.isalpha()} for path in paths}
    met = [path for path, name in called.items() if name and name <= known]
    return max(met, key=lambda path: (len(called[path]), path.count(BETWEEN)), default=None)


def _numbers(text: str, words: list[str], naming: frozenset[str]) -> set[str]:
    """The numbers that stand before or after a word for a section."""
    found = {_read(each) for each in _CJK.findall(text)}
    for n, word in enumerate(words):
        if word in naming:
            found |= {_read(each) for each in (*words[n - 1 : n], *words[n + 1 : n + 2])}
    return found - {""}


def _number(heading: str, naming: frozenset[str]) -> str:
    """The number of a heading, '' where it has none."""
    if cjk := _CJK.match(heading.strip()):
        return _read(cjk.group(1))
    words = [word.strip(".") for word in _WORD.findall(heading.lower())]
    if len(words) > 1 and words[0] in naming:
        return _read(words[1])
    alone = _ALONE.match(heading)
    if not alone:
        return ""
    roman, digits = alone.groups()
    return _read(digits.rstrip(".") if digits else roman.lower())


def _read(word: str) -> str:
    """A number as digits, also from a number word or a Roman number; '' for any other word."""
    if re.fullmatch(r"\d+(?:\.\d+)*", word):
        return word
    if place := places_of("number").get(word):
        return str(place)
    if word and not word.isascii() and (cjk := read_cjk(word)) is not None:
        return str(int(cjk))
    if word and (roman := _ROMAN.fullmatch(word)):
        tens, ones = roman.groups()
        return str(10 * _TENS.index(tens) + _ONES.index(ones))
    return ""
