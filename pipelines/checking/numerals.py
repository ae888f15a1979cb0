"""Numerals: digits with separators, English number words and Chinese numerals → numbers. Pure functions on strings."""

from __future__ import annotations

import re

SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12,
    "百": 1e2, "千": 1e3, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8,
}  # fmt: skip
ONES = {
    word: float(n)
    for n, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
}
TENS = {
    word: 10.0 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
ORDINALS = {
    word: float(n)
    for n, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        start=1,
    )
}
_CJK_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_CJK_SCALES = {"十": 10, "百": 100, "千": 1000}


def read_digits(digits: str) -> set[float]:
    """All that digits with separators may mean: '1.250' is 1.25 or 1250."""
    plain = re.sub(r"[\u00a0\u202f\u2009'’]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return {float(plain)}
    whole, last = plain.rsplit(separators[-1], 1)
    merged = float(re.sub(r"[.,]", "", plain))
    decimal = float(f"{re.sub(r'[.,]', '', whole)}.{last}")
    if len(set(separators)) > 1:
        return {decimal}
    if len(separators) > 1:
        return {merged}
    if len(last) != 3 or len(whole) > 3:
        return {decimal}
    return {merged} if separators[0] == "," else {decimal, merged}


def read_words(words: list[str]) -> float:
    """['a', 'hundred', 'five'] → 105; hundreds, thousands and dozens may stand in the plural."""
    total = part = 0.0
    for word in words:
        word = word if word in ONES or word in TENS else word.removesuffix("s")
        if word in ("hundred", "dozen"):
            part = (part or 1) * (100 if word == "hundred" else 12)
        elif word in SCALES:
            total, part = total + (part or 1) * SCALES[word], 0.0
        else:
            part += ONES.get(word, TENS.get(word, 0.0))
    return total + part


def read_cjk(digits: str) -> float | None:
    """'三十一' → 31, '二〇二四' → 2024, '12' → 12; None for what is no number."""
    if digits.isascii():
        return float(digits)
    if all(c in _CJK_DIGITS for c in digits):
        return float("".join(str(_CJK_DIGITS[c]) for c in digits))
    total = part = 0.0
    digit: float | None = None
    for c in digits:
        if c in _CJK_DIGITS:
            digit = float(_CJK_DIGITS[c])
        elif c in _CJK_SCALES:
            part, digit = part + (1.0 if digit is None else digit) * _CJK_SCALES[c], None
        elif c in "万亿":
            total, part, digit = (total + part + (digit or 0.0)) * (1e4 if c == "万" else 1e8), 0.0, None
        else:
            return None
    return total + part + (digit or 0.0)
