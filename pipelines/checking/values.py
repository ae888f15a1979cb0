"""The values that a text states: numbers with their units, dates, times and codes, each in one form however written.

'4,287.50' is '4287.5', 'forty-two percent' is '42 %', '12 March 1911' is '1911-03-12', '5 pm' is '17:00', 'an hour and
a half' is '90 minutes'. Where a notation can be read in two ways ('3/4/2021', '1.250'), both readings are kept, and one
that fits is enough. Number words are read by text2num and cn2an, units by pint, months by the tables of dateparser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from math import isclose
from typing import Any, Literal

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
from pipelines.checking.units import measured, unit_at, units
from pipelines.languages import detect, is_english

ValueKind = Literal["number", "date", "time", "code"]
_EITHER = ({"pound", "£"}, {"¥", "yen"}, {"¥", "yuan"})  # one word or sign for both
Day = tuple[int | None, int | None, int | None]  # year, month, day


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its offsets in the text. `readings` are what it may mean: floats of a number, (year, month, day)
    of a date, (minutes since midnight, 'am', 'pm' or '') of a time, folded letters and digits of a code. A value that
    is not `strict` ('one', 'first') bears others out, but need not be borne out itself."""

    kind: ValueKind
    text: str
    start: int
    end: int
    readings: frozenset[Any]
    unit: str = ""
    strict: bool = True

    @property
    def is_year(self) -> bool:
        return self.kind == "number" and not self.unit and _is_year(self.text, self.readings)

    def measures(self, other: Value) -> bool:
        """Whether another number has its unit, or one of the same dimension, or either has none."""
        if not self.unit or not other.unit or {self.unit, other.unit} in _EITHER:
            return True
        return measured(1.0, self.unit)[0] == measured(1.0, other.unit)[0]

    def equals(self, other: Value) -> bool:
        """Whether another number may mean as much."""
        if not (self.unit and other.unit) or self.unit == other.unit or {self.unit, other.unit} in _EITHER:
            return bool(self.readings & other.readings)
        mine, theirs = ([measured(each, value.unit) for each in value.readings] for value in (self, other))
        return any(a == b and isclose(x, y, rel_tol=1e-6) for a, x in mine for b, y in theirs)


def _months() -> dict[str, int]:
    """Names of months in several languages, lower case, with the number of each. Many short ones are other words, too
    ('out', 'set', 'des'), so those that are none stand here."""
    found = {name: n for n, names in enumerate(_SHORT_MONTHS, start=1) for name in names.split()}
    for language in "en de fr es it pt nl da sv nb fi pl cs ru uk".split():
        info = import_module(f"dateparser.data.date_translation_data.{language}").info
        for n, month in enumerate(_ENGLISH_MONTHS, start=1):
            for name in (month, *info.get(month, ())):
                if name.isalpha() and len(name) >= _LONG_MONTH:
                    found.setdefault(name.lower(), n)
    return found


_LONG_MONTH = 4  # letters
_SHORT_MONTHS = (
    "jan ene янв", "feb fév fev фев", "mar mär мар", "apr abr avr апр", "may mai mei maj май мая", "jun июн", "jul июл",
    "aug авг", "sep сен", "oct okt окт", "nov ноя", "dec dez déc dic дек",
)  # fmt: skip
_ENGLISH_MONTHS = "january february march april may june july august september october november december".split()
MONTHS = _months()
_MONTH = rf"(?P<{{0}}>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?P<{0}>1\d{{3}}|20\d{{2}})"
_DAY = r"(?P<{0}>[0-3]?\d)(?:st|nd|rd|th|\.|er)?"
_DATE = re.compile(
    rf"""(?<![\w]) (?:
      (?P<iso>(?P<iy>[12]\d{{3}})(?P<mark>[-/.])(?P<im>[01]?\d)(?P=mark)(?P<id>[0-3]?\d)) (?!\d)
    | (?P<numeric>(?P<na>[0-3]?\d)(?P<sep>[./-])(?P<nb>[0-3]?\d)(?P=sep)(?P<ny>[12]\d{{3}})) (?!\d)
    | {_DAY.format("d1")}(?:\s+|[-/])(?:of\s+|de\s+)?{_MONTH.format("m1")}
      (?:(?:,?\s+|[-/])(?:of\s+|de\s+)?{_YEAR.format("y1")})? (?!\w)
    | {_MONTH.format("m2")}\s+{_DAY.format("d2")}(?![\d.,]*\d)(?:,?\s+{_YEAR.format("y2")}(?!\w))? (?!\w)
    | {_MONTH.format("m3")},?\s+(?:of\s+|de\s+)?{_YEAR.format("y3")} (?!\w)
    | (?P<m4>January|February|April|June|July|August|September|October|November|December) (?!\w)
    | (?:(?<=in\s)|(?<=of\s)|(?<=by\s)|(?<=early\s)|(?<=late\s)|(?<=since\s)|(?<=until\s))
      (?-i:(?P<m5>March|May)) (?!\w)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CJK_DATE = re.compile(
    r"""(?:(?P<y>\d{4}|[〇零一二三四五六七八九]{4})\s*年\s*)
        (?:(?P<m>\d{1,2}|[一二三四五六七八九十]{1,3})\s*月\s*(?:(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号號])?)?
      | (?P<m2>\d{1,2}|[一二三四五六七八九十]{1,3})\s*月\s*(?P<d2>\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号號]""",
    re.VERBOSE,
)
_TIME = re.compile(
    r"""(?<![\w:.,]) (?P<h>[0-2]?\d)
        (?: :(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))? | \.(?P<minutes>[0-5]\d)(?=\s?(?:[ap]\.?\s?m\b|Uhr\b)) )?
        (?: \s?(?P<half>[ap])\.?\s?m\b\.? | (?P<clock>\s?o['’]clock|\s?Uhr)? ) (?![\w:])""",
    re.VERBOSE | re.IGNORECASE,
)
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
_NARROW = {n + 0xFEE0: n for n in range(128) if chr(n).isalnum() or chr(n) in "%."}  # one for one: offsets stay
_SHORT_YEARS = re.compile(
    r"(?<!\d)(1\d|20)\d\d(?P<short>(?:\s?(?:[-–—/,&]|,?\s(?:and|or))\s?\d\d(?![\d.,'’\u00a0\u202f\u2009]*\d))+)"
)


def values(text: str) -> list[Value]:
    """All values of a text in order, none within another."""
    text = text.translate(_NARROW)
    found: list[Value] = []
    taken = bytearray(len(text))
    for finder in (_dates, _times, _codes, _fractions, _ordinals, _numbers, _cjk_numbers):
        for value in finder(text):
            if not any(taken[value.start : value.end]):
                found.append(value)
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
    return sorted(found, key=lambda value: value.start)


def holds(there: Sequence[Value], text: str, value: Value) -> bool:
    """Whether a text with the values `there` states this value, or one that says more ('3 November 1911' states
    'November 1911')."""
    if value.kind == "code":
        return bool(_code(value.text).search(text.translate(_NARROW)))
    if value.kind == "time":
        times = [reading for other in there if other.kind == "time" for reading in other.readings]
        return any(_same_time(mine, other) for mine in value.readings for other in times)
    if value.kind == "date":
        return any(_states_day(there, day) for day in value.readings) or _stands(value.text, text)
    for other in there:
        if other.kind == "number" and value.equals(other):
            return True
        if other.kind == "date" and value.is_year and any(float(d[0] or -1) in value.readings for d in other.readings):
            return True
    return bool(re.fullmatch(r"[〇零一二三四五六七八九两兩十百千万亿]+", value.text)) and value.text in text


def alike(value: Value, other: Value) -> bool:
    """Of the same kind, so that one may stand instead of the other."""
    if value.kind != other.kind or (value.readings & other.readings and value.unit == other.unit):
        return (value.is_year and other.kind == "date") or (other.is_year and value.kind == "date")
    return value.kind != "number" or (value.is_year == other.is_year and value.measures(other))


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """Letters and digits only, lower case, without diacritics."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain.lower() if c.isalnum())


def _code(code: str) -> re.Pattern[str]:
    """'F-16' stands in 'two F16s', '2A' not in '12A', nor 'A4' in 'via 4 roads'."""
    parts = re.findall(r"\d+|[^\W\d_]+", code)
    return re.compile(r"(?<![^\W_])" + r"(?!(?<=\d)\d)[\W_]{0,3}".join(parts) + r"(?!\d)", re.IGNORECASE)


def _stands(words: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text))


def _same_time(mine: tuple[float, str], other: tuple[float, str]) -> bool:
    (minutes, half), (others, other_half) = mine, other
    if minutes == int(minutes):
        others = int(others)  # '10:15:30' states '10:15'
    if half and other_half:
        return bool(minutes == others)
    return bool(minutes % 720 == others % 720)


def _states_day(there: Sequence[Value], day: Day) -> bool:
    year, month, number = day
    days = [d for v in there if v.kind == "date" for d in v.readings]
    years = {d[0] for d in days} | {r for v in there if v.is_year for r in v.readings}
    for y, m, d in days:
        if month in (None, m) and number in (None, d) and (year in (None, y) or (y is None and year in years)):
            return True
    return month is None and year in years


def _dates(text: str) -> Iterator[Value]:
    for match in _DATE.finditer(text):
        named = match.groupdict()
        days: set[Day] = set()
        if named["iso"]:
            days = {(int(named["iy"]), int(named["im"]), int(named["id"]))}
        elif named["numeric"]:
            a, b, year = int(named["na"]), int(named["nb"]), int(named["ny"])
            days = {(year, month, day) for month, day in ((a, b), (b, a)) if 1 <= month <= 12 and 1 <= day <= 31}
        else:
            n = next(n for n in "12345" if named.get(f"m{n}"))
            word = named[f"m{n}"]
            y, d = named.get(f"y{n}"), named.get(f"d{n}")
            if not (d and y) and word in ("may march" if n == "1" else "may march mar mars sep mai").split():
                continue  # 'you may 2 …', but 'le 14 mai'
            days = {(int(y) if y else None, MONTHS[word.lower()], int(d) if d else None)}
        if days:
            yield Value("date", match.group(), *match.span(), frozenset(days))
    for match in _CJK_DATE.finditer(text):
        written = (match["y"], match["m"] or match["m2"], match["d"] or match["d2"])
        if written[0] and not written[1]:
            continue  # a year is a number
        numbers = [read_cjk(part) if part else None for part in written]
        read = tuple(None if number is None else int(number) for number in numbers)
        yield Value("date", match.group().strip(), *match.span(), frozenset([read]))


def _times(text: str) -> Iterator[Value]:
    for match in _TIME.finditer(text):
        minutes = match["m"] or match["minutes"]
        if not (minutes or match["half"] or match["clock"]):
            continue
        hour, half = int(match["h"]), {"a": "am", "p": "pm"}.get((match["half"] or "").lower(), "")
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif hour > 12 or not hour:
            half = "pm" if hour else "am"
        time = 60 * hour + int(minutes or 0) + int(match["s"] or 0) / 60
        yield Value("time", match.group().strip(), *match.span(), frozenset([(time, half)]))


def _codes(text: str) -> Iterator[Value]:
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


def _numbers(text: str) -> Iterator[Value]:
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


def _fractions(text: str) -> Iterator[Value]:
    for match in _FRACTION.finditer(text):
        above, below = _DIGITS.index((match["above"] or "one").lower()), _BELOW[match["below"].lower()]
        if above < below:
            yield Value("number", match.group(), *match.span(), frozenset([round(above / below, 9)]))


def _ordinals(text: str) -> Iterator[Value]:
    for match in _ORDINAL.finditer(text):
        value = _TENS.get((match["tens"] or "").lower(), 0.0) + ORDINALS[match["ones"].lower()]
        strict = value > 2
        yield Value("number", match.group(), *match.span(), frozenset([value]), "", strict)


def _cjk_numbers(text: str) -> Iterator[Value]:
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


def _is_year(text: str, readings: frozenset[Any]) -> bool:
    return bool(re.fullmatch(r"[12]\d{3}(?:年)?|\d\d", text)) and any(1000 <= float(r) <= 2100 for r in readings)
