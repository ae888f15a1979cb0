"""Numbers with their scales and units, and codes, in a text: number words by text2num and cn2an, units by pint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.checking.numerals import (
    LANGUAGES,
    LONG_SCALE,
    ORDINALS,
    SCALES,
    number_words,
    read_cjk,
    read_digits,
    read_fraction,
)
from pipelines.checking.units import unit_at, units
from pipelines.checking.value import Value, folded
from pipelines.languages import detect, is_english

_CODE = re.compile(
    r"(?<!\w)(?<!\d[.,])(?:[^\W\d_]+[-/.]?\d\w*|(?P<number>\d+(?:[.,]\d+)*)[^\W\d_]\w*)(?:[-/.]\w+)*(?!\w)"
)
_PLAIN = re.compile(r"\d+(?:st|nd|rd|th|s)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"""(?P<sign>(?<![\w)%])(?<!\d\s)[-−–](?=[\d$€£¥])|\bminus\s|零下)?
        (?P<symbol>(?:[$€£¥]|\b(?:USD|EUR|GBP|CNY|RMB|JPY)(?=\s?\d))\s?)?
        (?<!\d)(?<!\d[.,])(?:(?P<fraction>(?<!/)\d{1,2}/\d{1,2}(?![\d/]))
      | (?P<digits>\d{1,3}(?:[\u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:\ \d{3}){2,}(?!\d)
      | [1-9]\d{0,2}(?:\ \d{3})*\ 0\d{2}(?:[.,]\d+)?(?!\d)  # no number begins with 0 but a part of one
      | \d+(?:[.,]\d+)*|(?<![\w.,])\.\d+))?
        (?P<part>(?<=\d)\s?[½⅓⅔¼¾⅕⅛]|[½⅓⅔¼¾⅕⅛]|(?<=\d)\s\d{1,2}/\d{1,2}(?![\d/]))?""",
    re.VERBOSE | re.IGNORECASE,
)
_SCALES = sorted((name for name in SCALES if name < "\u3000"), key=len, reverse=True)
_SCALE = re.compile(
    rf"[\s\u00a0-]?(?P<name>{'|'.join(_SCALES)})(?![^\W\d_])\.?|(?P<dense>[百千万萬亿億])", re.IGNORECASE
)
_MILLIONS = re.compile(r"\s?m(?![^\W\d_])", re.IGNORECASE)  # of money, or '5M'
_HALF = re.compile(r"\s+and\s+(?:a\s+)?(half|quarter)\b", re.IGNORECASE)
_PARTS = re.compile(
    r"\b(?:(?P<half>half)\s+an?\s|(?P<quarter>a\s+quarter)\b|(?P<dozen>(?:an?\s)?dozen)\b|(?P<both>one)(?=\s+and\s+a\s)"
    r"|(?P<one>an?)(?=\s+[a-z]+\s+and\s+a\s+(?:half|quarter)\b))",
    re.IGNORECASE,
)
_DIGITS = "zero one two three four five six seven eight nine".split()
_POINT = re.compile(rf"\s+point\s+((?:{'|'.join(_DIGITS)})(?:\s+(?:{'|'.join(_DIGITS)}))*)\b", re.IGNORECASE)
_AMOUNTS = {"half": 0.5, "quarter": 0.25, "dozen": 12.0, "both": 1.0, "one": 1.0}
_BELOW = {"half": 2, "quarter": 4} | {word: int(n) for word, n in ORDINALS.items() if 2 < n <= 10}
_FRACTION = re.compile(
    rf"\b(?:one|an?(?=\s\w+\s+of\b)|(?P<above>{'|'.join(_DIGITS[2:])}))[\s-](?P<below>{'|'.join(_BELOW)})(?(above)s)\b",
    re.IGNORECASE,
)
_TENS = {word: 10.0 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_ORDINAL = re.compile(rf"\b(?:(?P<tens>{'|'.join(_TENS)})[\s-])?(?P<ones>{'|'.join(ORDINALS)})\b", re.IGNORECASE)
_CJK_DIGITS = "[〇零一二三四五六七八九两兩十百千万亿点]{1,20}+"
_CJK_NUMBER = re.compile(rf"(?:(?P<below>{_CJK_DIGITS})分之)?(?P<digits>{_CJK_DIGITS})")
_CJK_MIXED = re.compile(r"(?<![\d.,])\d+[百千万萬亿億]+(?:\d+[百千万萬亿億]+)+")  # '3亿5000万'
_COUNTED = re.compile(r"[个個块塊只隻条條张張本位名人次年岁歲天周月日元米公千厘毫斤吨小分秒座艘辆架间層层章卷回倍成届]")
_NOTHING_ELSE = 0.8  # of a text are number words
_FRACTIONS = set("½⅓⅔¼¾⅕⅛")
_SHORT_YEARS = re.compile(
    r"(?<!\d)(1\d|20)\d\d(?P<short>(?:\s?(?:[-–—/,&]|,?\s(?:and|or))\s?\d\d(?![\d.,'’\u00a0\u202f\u2009]*\d))+)"
)


def codes(text: str) -> Iterator[Value]:
    for match in _CODE.finditer(text):
        code = match.group()
        letters = re.split(r"\d", code, maxsplit=1)[0]
        if _PLAIN.fullmatch(code) or (letters[-1:] == "-" and letters[:-1].islower()):
            continue  # '20th', '1990s', 'mid-1970s'
        behind = len(match["number"] or "")
        if behind and code[behind] in _FRACTIONS:
            continue  # '3½'
        scale = _SCALE.match(code, behind) if behind else None
        unit = unit_at(code, behind) if behind else None
        end = scale.end() if scale else unit[1] if unit else 0
        if end and (end == len(code) or code[end] in "-/."):
            continue  # '5km'
        if any("\u3040" <= c <= "\u9fff" for c in code):
            continue
        yield Value("code", code, *match.span(), frozenset([folded(code)]))


def numbers(text: str) -> Iterator[Value]:
    reached = 0
    for start, end, readings, symbol, strict in sorted(_atoms(text), key=lambda atom: (atom[0], -atom[1])):
        if start < reached:
            continue  # within the one before
        half = _HALF.match(text, end)
        if half:
            readings, end = {each + (0.5 if half[1].lower() == "half" else 0.25) for each in readings}, half.end()
        scale = _SCALE.match(text, end)
        millions = (symbol or text[end : end + 1] == "M") and not scale and _MILLIONS.match(text, end)
        while scale:  # 'two hundred thousand', '3千万'
            name = (scale["name"] or scale["dense"]).lower()
            times = {SCALES[name]}
            if name in LONG_SCALE and not is_english(text):
                times.add(LONG_SCALE[name])
            readings, end = {each * one for each in readings for one in times}, scale.end()
            scale = _SCALE.match(text, end)
        if millions:
            readings, end = {each * 1e6 for each in readings}, millions.end()
        unit = unit_at(text, end)
        if symbol:
            unit = symbol, max(end, unit[1]) if unit and unit[0] == symbol else end
        elif text[max(0, start - 3) : start] == "百分之":
            unit = "%", end
        named, end = unit or ("", end)
        behind = None if half else _HALF.match(text, end)
        if behind:  # 'an hour and a half'
            readings, end = {each + (0.5 if behind[1].lower() == "half" else 0.25) for each in readings}, behind.end()
        reached = end
        found = frozenset(round(each, 9) for each in readings)
        yield Value("number", text[start:end].strip(), start, end, found, named, strict or bool(named))


def _atoms(text: str) -> Iterator[tuple[int, int, set[float], str, bool]]:
    """(start, end, readings, symbol of money, strict) of each number, without its scale and unit."""
    centuries = {
        match.start("short") + short.start(): match.group(1)
        for match in _SHORT_YEARS.finditer(text)
        for short in re.finditer(r"\d\d", match["short"])
    }
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if not (match["digits"] or match["part"] or match["fraction"]):
            continue
        fraction = read_fraction(match["fraction"]) if match["fraction"] else None
        readings = {fraction} if fraction else read_digits(match["digits"]) if match["digits"] else {0.0}
        if not readings or (match["fraction"] and not fraction):  # '24/7' are two numbers, '192.168.0.1' four
            for each in re.compile(r"\d+").finditer(text, start, end):
                yield *each.span(), {float(each.group())}, "", True
            continue
        if match["part"]:
            part = read_fraction(match["part"].strip()) or 0.0
            readings = {each + part for each in readings}
        if match["digits"] and match.start("digits") in centuries:
            readings |= {float(centuries[match.start("digits")] + match["digits"])}  # 1973-74; 1755, 56 and 57
        suffix = _PLAIN.match(text, match.start("digits")) if match["digits"] else None
        readings = {-each for each in readings} if match["sign"] else readings
        symbol = "".join(units(match["symbol"] or ""))
        begin = match.start("symbol") if match["symbol"] else start
        yield begin, max(end, suffix.end() if suffix else 0), readings, symbol, True
    for match in _CJK_MIXED.finditer(text):
        number = read_cjk(match.group())
        if number is not None:
            yield *match.span(), {number}, "", True
    for match in _PARTS.finditer(text):
        kind = match.lastgroup or "one"
        end = match.end() - 1 if kind == "half" else match.end()
        yield match.start(), end, {_AMOUNTS[kind]}, "", kind != "one"
    for language in _languages(text):
        for start, end, number in number_words(text, language):
            point = _POINT.match(text, end) if language == "en" else None
            if point:  # 'two point five'
                digits = "".join(str(_DIGITS.index(word)) for word in point[1].lower().split())
                number, end = number + float(f"0.{digits}"), point.end()
            yield start, end, {number}, "", True


def _languages(text: str) -> Sequence[str]:
    """English, or another in which the text has number words and may be written."""
    others = {language: number_words(text, language) for language in LANGUAGES[1:]}
    others = {language: found for language, found in others.items() if found}
    if not others:
        return ("en",)
    most = max(others, key=lambda language: sum(end - start for start, end, _ in others[language]))
    if sum(end - start for start, end, _ in others[most]) >= _NOTHING_ELSE * len(text) and not number_words(text, "en"):
        return (most,)
    if is_english(text):
        return ("en",)
    known = detect(text)
    return (known,) if known in others else () if known in LANGUAGES else (most,)


def fractions(text: str) -> Iterator[Value]:
    for match in _FRACTION.finditer(text):
        above, below = _DIGITS.index((match["above"] or "one").lower()), _BELOW[match["below"].lower()]
        if above < below:
            yield Value("number", match.group(), *match.span(), frozenset([round(above / below, 9)]))


def ordinals(text: str) -> Iterator[Value]:
    for match in _ORDINAL.finditer(text):
        value = _TENS.get((match["tens"] or "").lower(), 0.0) + ORDINALS[match["ones"].lower()]
        strict = value > 2
        yield Value("number", match.group(), *match.span(), frozenset([value]), "", strict)


def cjk_numbers(text: str) -> Iterator[Value]:
    for match in _CJK_NUMBER.finditer(text):
        digits, percent = match["digits"], match["below"] == "百"
        value = read_cjk(digits)
        counted = bool(_COUNTED.match(text, match.end())) or bool(match["below"])
        if value is None or not (counted or (len(digits) > 1 and digits not in ("千万", "万一", "十分", "万千"))):
            continue
        if match["below"] and not percent:
            value = round(value / (read_cjk(match["below"]) or 1.0), 9)
        named = "%" if percent else (unit_at(text, match.end()) or ("", 0))[0]
        strict = bool(match["below"]) or digits not in ("一", "百", "千", "万", "十")
        yield Value("number", match.group(), *match.span(), frozenset([value]), named, strict)
