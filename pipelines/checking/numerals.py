"""Numerals → numbers: digits with separators, fractions, words of several languages (text2num), Chinese (cn2an)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

SCALES = {
    name: scale
    for scale, names in {
        1e3: "thousand thousands k tsd tausend mille mil 千",
        1e6: "million millions mn mio millionen millones millón milione milioni milhão milhões miljoen",
        1e9: "billion billions bn mrd mld milliarde milliarden milliard milliards miliardi miljard bilhão bilhões",
        1e12: "trillion trillions tn billionen billón billones bilione bilioni biljoen",
        1e5: "lakh lakhs",
        1e7: "crore crores",
        12: "dozen",
        1e2: "hundred hundreds 百",
        1e4: "万 萬",
        1e8: "亿 億",
    }.items()
    for name in names.split()
}
LONG_SCALE = {"billion": 1e12, "billions": 1e12, "trillion": 1e18, "trillions": 1e18}
"""What they say in German and French."""
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Of which number words are read."""

_SIMPLE = str.maketrans("〇兩萬億", "零两万亿")
_WORD = re.compile(r"[^\W\d_]+")
_GROUPED = re.compile(r"\d+(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d+(?:\.\d{3})+(?:,\d+)?")  # also 1,00,000
_ZERO = 4  # letters of a word for nothing; 'os' is none
_LONGEST = 12  # words of a number
_JOINING = frozenset("a an and und et y e en".split())  # begin and end no number
_ONES = frozenset("one ein eine einen einem einer un une una uno um uma een één dos".split())  # say no number, mostly
ORDINALS = {
    word: float(n)
    for n, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        start=1,
    )
}


def read_digits(digits: str) -> set[float]:
    """All that digits with separators may mean: '1.250' is 1.25 or 1250. '192.168.0.1' and '1,2,3' are no number."""
    plain = re.sub(r"[ \u00a0\u202f\u2009'’]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return {float(plain)}
    if len(separators) > 1 and not _GROUPED.fullmatch(plain):
        return set()
    whole, last = plain.rsplit(separators[-1], 1)
    merged = float(re.sub(r"[.,]", "", plain))
    decimal = float(f"{re.sub(r'[.,]', '', whole)}.{last}")
    if len(set(separators)) > 1:
        return {decimal}
    if len(separators) > 1:
        return {merged}
    if len(last) != 3 or len(whole) > 3 or whole in ("", "0"):
        return {decimal}
    return {merged} if separators[0] == "," else {decimal, merged}


def read_fraction(fraction: str) -> float | None:
    """'½' → 0.5, '3/4' → 0.75; None for what is none."""
    if len(fraction) == 1:
        return unicodedata.numeric(fraction, None)
    above, _, below = fraction.partition("/")
    return int(above) / int(below) if int(below) > int(above) > 0 else None


@lru_cache(maxsize=1000)
def number_words(text: str, language: str) -> Sequence[tuple[int, int, float]]:
    """(start, end, number) of each number that stands in words of one language."""
    from text_to_num import alpha2digit, text2num  # type: ignore[import-untyped]

    found: list[tuple[int, int, float]] = []
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    if not lower.strip() or alpha2digit(lower, language, threshold=0) == lower:
        return found
    words = list(_WORD.finditer(lower))
    at = 0
    while at < len(words):
        for behind in range(min(len(words), at + _LONGEST), at, -1):
            start, end = words[at].start(), words[behind - 1].end()
            said = lower[start:end]
            if (
                re.search(r"[^\w\s-]|\d", said)
                or {words[at].group(), words[behind - 1].group()} & _JOINING
                or said in _ONES
            ):
                continue
            try:
                number = float(text2num(said, language))
            except ValueError:
                continue
            if number or len(said) >= _ZERO:
                found.append((start, end, number))
            at = behind - 1
            break
        at += 1
    return found


def read_cjk(digits: str) -> float | None:
    """'三十一' → 31, '二〇二四' → 2024, '12' → 12, '一亿二千万' → 120000000; None for what is no number."""
    import cn2an  # type: ignore[import-untyped]

    plain = digits.translate(_SIMPLE)
    scale = SCALES.get(plain[-1:], 1.0) if "点" in plain else 1.0  # '一点五亿'
    try:
        return float(cn2an.cn2an(plain if scale == 1.0 else plain[:-1], "smart")) * scale
    except (ValueError, LookupError, OverflowError):
        return None
