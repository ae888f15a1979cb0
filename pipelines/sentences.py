"""Where sentences begin and end, in European and East Asian texts. Pure functions on strings."""

from __future__ import annotations

import re

# A full stop after one of these does not end a sentence.
_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof st sr jr vs etc e.g i.e cf al fig figs no nos vol pp p ch sec eq approx ca inc ltd co corp
    dept est jan feb mar apr jun jul aug sep sept oct nov dec bzw z.b d.h usw nr m.e""".split()
)
_END = re.compile(
    r"""(?P<stop>(?<![.!?…])[.!?…]++["'”’»)\]]*+)(?=\s)   # a stop, closing marks, then space
      | (?P<joined>(?<=[a-z]{3})[.!?])(?=[A-Z][a-z]+[ ,])  # or none, where two pages or lines were run together
      | (?P<cjk>[。！？｡]+[」』”’）]*)          # East Asian stops need no space after them
      | (?P<line>\n+)                          # lines are kept only where they mean something""",
    re.VERBOSE,
)
# What numbers a paragraph or an item: '3.', '2.1.', 'iv.'.
_LABEL = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,5}|x{0,3}(?:ix|iv|v?i{0,3})")
_LAST_WORD = re.compile(r"([\w.]{1,24})$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, without the white space around it; they cover all that is not white space.

    A line break ends a sentence, too: rows of tables and items of lists are sentences of their own.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if (match.group("stop") and _goes_on(text, match)) or (match.group("joined") and _named(text, match.start())):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    part = text[start:end]
    if part.strip():
        spans.append((start + len(part) - len(part.lstrip()), start + len(part.rstrip())))


def _named(text: str, stop: int) -> bool:
    """Whether what stands before a stop is no plain word, as in 'www.Example.Org'."""
    word = _LAST_WORD.search(text, max(0, stop - 24), stop)
    return word is None or not word.group(1).isalpha() or not word.group(1).islower()


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """True when this stop belongs to an abbreviation, an initial or a numbering."""
    if not match.group("stop").startswith("."):
        return False
    following = text[match.end() :].lstrip(" \t")[:1]
    if following.islower():
        return True
    word = _LAST_WORD.search(text, max(0, match.start() - 24), match.start())
    if word is None:
        return False
    last = word.group(1).lower()
    if text[word.start() - 1 : word.start()] == "°":
        return False  # '11 °C. The …'
    # 'J. Smith', 'No. 5', 'approx. 20'; a label such as '1.' only at the start of a line.
    if last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha() and last != "i"):
        return True
    before = text[: word.start()]
    return bool(_LABEL.fullmatch(last)) and (not before.strip() or before.rstrip(" \t").endswith("\n"))
