"""A section that a question names, by its number ('chapter three', 'section 2.1', 'das zweite Kapitel', 第三章) or by
what it is called ('the section on insurance') → the heading that it stands under.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from indexes.keywords import content_words
from pipelines.checking.numerals import read_cjk
from pipelines.query.lexicon import places_of, words_of

BETWEEN = " › "
"""Between the headings that a segment stands under, the outermost first."""

_WORD = re.compile(r"[\w.]+")
_CJK = re.compile(r"第([0-9〇零一二两三四五六七八九十百]{1,5}+)(?:章|节|節|部分)")
_ROMAN = re.compile(r"(?=[ivxl])(xl|x{0,3})(ix|iv|v?i{0,3})")
_LONGEST = 6  # characters of a Chinese number
_TENS = ("", "x", "xx", "xxx", "xl")
_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ALONE = re.compile(r"\s*+(?:([ivxl]++)(?:\s*+$|[.:)])|(\d[\d.]*+)(?:[:)\s–-]|$))", re.IGNORECASE)
"""A heading that begins with a number; behind a Roman one comes nothing, or a stop."""


def behind_abstract(line: str) -> int | None:
    """Where the text begins, which may be at the end, in a line that a file's own summary begins with ('Abstract',
    'SUMMARY: We propose …'); None for any other line."""
    match = _abstract().match(line)
    return match.end() if match else None


@cache
def _abstract() -> re.Pattern[str]:
    names = sorted((word.replace("_", " ") for word in words_of("abstract")), key=len, reverse=True)
    said = "|".join(map(re.escape, names))
    return re.compile(rf"\W*+(?:\d[\d.]*+\s++)?(?:{said})\s*+(?:[:：.—–]\s*+|-\s++|$)", re.IGNORECASE)


def section_of(text: str, headings: Iterable[str]) -> str | None:
    """The heading, with those above it, of the section that a question names; None where it names none of them. Of
    several the outermost: chapter 2, and not the second section of chapter 1."""
    words = [word.strip(".") for word in _WORD.findall(text.lower())]
    naming = words_of("section")
    asked = _asked(text, words, naming)
    if not asked and not any(word in naming for word in words):
        return None
    chains = [each.split(BETWEEN) for each in headings]
    paths = dict.fromkeys(BETWEEN.join(chain[: n + 1]) for chain in chains for n in range(len(chain)))
    if asked:
        met = [path for path in paths if _meets(path.split(BETWEEN), asked, naming)]
        return min(met, key=lambda path: path.count(BETWEEN), default=None)
    without = set(content_words(" ".join(naming)))
    known = set(content_words(text)) - without
    outermost = {chain[0] for chain in chains}
    title = outermost if len(outermost) == 1 else set()  # all stands under it
    called = {path: _called(path.rsplit(BETWEEN, 1)[-1]) - without for path in paths if path not in title}
    met = [path for path, name in called.items() if name and name <= known]
    return max(met, key=lambda path: (len(called[path]), path.count(BETWEEN)), default=None)


def _called(heading: str) -> set[str]:
    return {word for word in content_words(heading) if word.isalpha()}


def _asked(text: str, words: list[str], naming: frozenset[str]) -> list[tuple[str, str]]:
    """The words for a section with the number or letter that stands behind or before each: ('chapter', '3')."""
    found = [("", _read(each)) for each in _CJK.findall(text)]
    for n, word in enumerate(words):
        if word in naming:
            behind, before = words[n + 1 : n + 2], words[n - 1 : n]
            number = next(filter(None, map(_read, behind)), "") if not _goes_on(words, n + 1) else ""
            number = number or next((each for each in behind if re.fullmatch("[a-h]", each)), "")
            number = number or next((_read(each) for each in before if each not in words_of("one")), "")
            found.append((word, number))
    return [(word, number) for word, number in found if number]


def _goes_on(words: list[str], n: int) -> bool:
    """Whether the word at n is an 'I' that does something: 'the article I uploaded'."""
    return words[n : n + 1] == ["i"] and len(words) > n + 1


def _meets(chain: list[str], asked: list[tuple[str, str]], naming: frozenset[str]) -> bool:
    """Whether the last heading is one that was asked for, and the others that were stand in the chain."""
    borne = [_number(heading, naming) for heading in chain]

    def met(word: str, number: str, where: tuple[str, str]) -> bool:
        return where[1] == number and (not word or not where[0] or where[0] == word)

    return any(met(*each, borne[-1]) for each in asked) and all(any(met(*each, one) for one in borne) for each in asked)


def _number(heading: str, naming: frozenset[str]) -> tuple[str, str]:
    """The word for a section that a heading begins with, and its number or letter; '' where it has none."""
    if cjk := _CJK.match(heading.strip()):
        return "", _read(cjk.group(1))
    words = [word.strip(".") for word in _WORD.findall(heading.lower())]
    if len(words) > 1 and words[0] in naming:
        return words[0], _read(words[1]) or (words[1] if re.fullmatch("[a-h]", words[1]) else "")
    alone = _ALONE.match(heading)
    if not alone:
        return "", ""
    roman, digits = alone.groups()
    return "", _read(digits.rstrip(".") if digits else roman.lower())


def _read(word: str) -> str:
    """A number as digits, also from a number word or a Roman number; '' for any other word."""
    if re.fullmatch(r"\d+(?:\.\d+)*", word):
        return word
    if place := places_of("number").get(word):
        return str(place)
    if not word.isascii() and len(word) <= _LONGEST and (cjk := read_cjk(word)) is not None:
        return str(int(cjk))
    if word and (roman := _ROMAN.fullmatch(word)):
        tens, ones = roman.groups()
        return str(10 * _TENS.index(tens) + _ONES.index(ones))
    return ""
