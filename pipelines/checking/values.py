"""The values that a text states: numbers with their units, dates, times and codes, each in one form however written.

'4,287.50' is '4287.5', 'forty-two percent' is '42 %', '12 March 1911' is '1911-03-12', '5 pm' is '17:00'. Where a
notation can be read in two ways ('3/4/2021', '1.250'), both readings are kept, and one that fits is enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pipelines.checking.numerals import ONES, ORDINALS, SCALES, TENS, read_cjk, read_digits, read_words
from pipelines.checking.units import UNITS, agree

ValueKind = Literal["number", "date", "time", "code"]
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


MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "january jan januar janvier enero", "february feb februar février febrero", "march mar märz mars marzo",
            "april apr avril abril", "may mai mayo", "june jun juni juin junio", "july jul juli juillet julio",
            "august aug août agosto", "september sep sept septembre septiembre",
            "october oct oktober okt octobre octubre", "november nov novembre noviembre",
            "december dec dezember dez décembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<{{0}}>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?P<{0}>1\d{{3}}|20\d{{2}})"
_DAY = r"(?P<{0}>[0-3]?\d)(?:st|nd|rd|th|\.|er)?"
_DATE = re.compile(
    rf"""(?<![\w]) (?:
      (?P<iso>(?P<iy>[12]\d{{3}})-(?P<im>[01]?\d)-(?P<id>[0-3]?\d)) (?!\d)
    | (?P<numeric>(?P<na>[0-3]?\d)(?P<sep>[./])(?P<nb>[0-3]?\d)(?P=sep)(?P<ny>[12]\d{{3}})) (?!\d)
    | {_DAY.format("d1")}\s+(?:of\s+|de\s+)?{_MONTH.format("m1")}(?:,?\s+(?:of\s+|de\s+)?{_YEAR.format("y1")})? (?!\w)
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
    r"""(?<![\w:.,]) (?P<h>[0-2]?\d) (?: :(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))? )?
        (?: \s?(?P<half>[ap])\.?\s?m\b\.? | (?P<clock>\s?o['’]clock)? ) (?![\w:])""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\w])(?:[^\W\d_]+[-/.]?\d[\w]*(?:[-/.]\w+)*|\d+[^\W\d_]\w*(?:[-/.]\w+)*)(?!\w)")
_PLAIN = re.compile(r"\d+(?:st|nd|rd|th|s)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"""(?P<sign>(?<![\w)])[-−](?=[\d$€£¥])|\bminus\s)? (?P<symbol>[$€£¥]\s?)?
        (?<![\d.,])(?P<digits>\d{1,3}(?:[\u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)""",
    re.VERBOSE | re.IGNORECASE,
)
_SCALE = re.compile(rf"[\s-]?({'|'.join(SCALES)})(?![a-z])", re.IGNORECASE)
_UNIT = re.compile(
    rf"[\s-]?({'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})(?![a-z²])", re.IGNORECASE
)
_SMALL = "|".join(sorted((*ONES, *TENS), key=len, reverse=True))
_WORDS = re.compile(
    rf"\b(?:(?:{_SMALL}|an?(?=\s+(?:hundred|thousand|million|billion|dozen)))"
    rf"(?:(?:\s+and\s+|[\s-]+)(?:{_SMALL}|hundred|thousand|million|billion|dozen)s?\b)*)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b(?:(?P<tens>{'|'.join(TENS)})[\s-])?(?P<ones>{'|'.join(ORDINALS)})\b", re.IGNORECASE)
_CJK_NUMBER = re.compile(r"(?P<percent>百分之)?(?P<digits>[〇零一二三四五六七八九两兩十百千万亿]+)")
_COUNTED = re.compile(r"[个個块塊只隻条條张張本位名人次年岁歲天周月日元米公千厘毫斤吨小分秒座艘辆架间層层章卷回倍成届]")
_SHORT_YEARS = re.compile(r"(?<!\d)(1\d|20)\d\d(?P<short>(?:\s?(?:[-–—/,&]|,?\s(?:and|or))\s?\d\d(?![\d.,]*\d))+)")


def values(text: str) -> list[Value]:
    """All values of a text in order, none within another."""
    text = unicodedata.normalize("NFKC", text) if any(c in text for c in "０１２３４５６７８９％") else text
    found: list[Value] = []
    taken = bytearray(len(text))
    for finder in (_dates, _times, _codes, _numbers, _ordinals, _number_words, _cjk_numbers):
        for value in finder(text):
            if not any(taken[value.start : value.end]):
                found.append(value)
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
    return sorted(found, key=lambda value: value.start)


def holds(there: Sequence[Value], text: str, value: Value) -> bool:
    """Whether a text with the values `there` states this value, or one that says more ('3 November 1911' states
    'November 1911')."""
    if value.kind == "code":
        return any(re.search(rf"{re.escape(str(key))}(?!\d)", folded(text)) for key in value.readings)
    if value.kind == "time":
        times = [reading for other in there if other.kind == "time" for reading in other.readings]
        return any(_same_time(mine, other) for mine in value.readings for other in times)
    if value.kind == "date":
        return any(_states_day(there, day) for day in value.readings) or _stands(value.text, text)
    for other in there:
        if other.kind == "number" and value.readings & other.readings and agree(value.unit, other.unit):
            return True
        if other.kind == "date" and value.is_year and any(float(d[0] or -1) in value.readings for d in other.readings):
            return True
    return bool(re.fullmatch(r"[〇零一二三四五六七八九两兩十百千万亿]+", value.text)) and value.text in text


def alike(value: Value, other: Value) -> bool:
    """Of the same kind, so that one may stand instead of the other."""
    if value.kind != other.kind or (value.readings & other.readings and value.unit == other.unit):
        return (value.is_year and other.kind == "date") or (other.is_year and value.kind == "date")
    return value.kind != "number" or (value.is_year == other.is_year and agree(value.unit, other.unit))


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """Letters and digits only, lower case, without diacritics."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain.lower() if c.isalnum())


def _stands(words: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text))


def _same_time(mine: tuple[int, str], other: tuple[int, str]) -> bool:
    (minutes, half), (others, other_half) = mine, other
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
            if n != "5" and not word[0].isupper() and word.lower() in ("may", "march", "mar", "mars", "sep", "mai"):
                continue  # 'you may 2 …'
            y, d = named.get(f"y{n}"), named.get(f"d{n}")
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
        if not (match["m"] or match["half"] or match["clock"]):
            continue
        hour, half = int(match["h"]), {"a": "am", "p": "pm"}.get((match["half"] or "").lower(), "")
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif hour > 12:
            half = "pm"
        yield Value("time", match.group().strip(), *match.span(), frozenset([(60 * hour + int(match["m"] or 0), half)]))


def _codes(text: str) -> Iterator[Value]:
    for match in _CODE.finditer(text):
        code = match.group()
        letters = re.split(r"\d", code, maxsplit=1)[0]
        if _PLAIN.fullmatch(code) or (letters[-1:] == "-" and letters[:-1].islower()):
            continue  # '20th', '1990s', 'mid-1970s'
        number = re.match(r"\d+", code)
        unit = number and (_UNIT.match(code, number.end()) or _SCALE.match(code, number.end()))
        if unit and (unit.end() == len(code) or code[unit.end()] in "-/."):
            continue  # '5km'
        if any("\u3040" <= c <= "\u9fff" for c in code):
            continue
        yield Value("code", code, *match.span(), frozenset([folded(code)]))


def _numbers(text: str) -> Iterator[Value]:
    centuries = {
        match.start("short") + short.start(): match.group(1)
        for match in _SHORT_YEARS.finditer(text)
        for short in re.finditer(r"\d\d", match["short"])
    }
    for match in _NUMBER.finditer(text):
        start, digits = match.start("digits"), match["digits"]
        end = match.end()
        readings = read_digits(digits)
        if start in centuries:
            readings |= {float(centuries[start] + digits)}  # 1973-74; 1755, 56 and 57
        suffix = _PLAIN.match(text, start)
        if suffix and suffix.end() > end:
            end = suffix.end()
        scale = _SCALE.match(text, end)
        if scale:
            readings = {reading * SCALES[scale.group(1).lower()] for reading in readings}
            end = scale.end()
        unit = _UNIT.match(text, end)
        named = UNITS[unit.group(1).lower()] if unit else ""
        if match["symbol"]:
            named = match["symbol"].strip()
        elif text[max(0, start - 3) : start] == "百分之":
            named = "%"
        elif unit:
            end = unit.end()
        if match["sign"]:
            readings = {-reading for reading in readings}
        begin = match.start("symbol") if match["symbol"] else match.start()
        yield Value("number", text[begin:end].strip(), begin, end, frozenset(round(r, 9) for r in readings), named)


def _number_words(text: str) -> Iterator[Value]:
    for match in _WORDS.finditer(text):
        start = match.start()
        for part in _counted_apart(match.group()):
            end = start + len(part)
            unit = _UNIT.match(text, end)
            named = UNITS[unit.group(1).lower()] if unit else ""
            words = [w for w in re.split(r"[\s-]+", part.lower()) if w != "and"]
            until = unit.end() if unit else end
            readings = frozenset([read_words(words)])
            yield Value("number", text[start:until].strip(), start, until, readings, named, part.lower() != "one")
            start = end + len(" and ")


def _counted_apart(words: str) -> list[str]:
    """'two and three' are two numbers, 'two hundred and three' is one."""
    if re.search(r"hundred|thousand|million", words, re.IGNORECASE):
        return [words]
    return re.split(r"\sand\s", words, flags=re.IGNORECASE)


def _ordinals(text: str) -> Iterator[Value]:
    for match in _ORDINAL.finditer(text):
        value = TENS.get((match["tens"] or "").lower(), 0.0) + ORDINALS[match["ones"].lower()]
        strict = value > 2
        yield Value("number", match.group(), *match.span(), frozenset([value]), "", strict)


def _cjk_numbers(text: str) -> Iterator[Value]:
    for match in _CJK_NUMBER.finditer(text):
        digits = match["digits"]
        counted = bool(_COUNTED.match(text, match.end())) or bool(match["percent"])
        value = read_cjk(digits)
        if value is None or not (counted or (len(digits) > 1 and digits not in ("千万", "万一", "十分", "万千"))):
            continue
        unit = _UNIT.match(text, match.end())
        named = "%" if match["percent"] else UNITS[unit.group(1).lower()] if unit else ""
        strict = digits not in ("一", "百", "千", "万", "十")
        yield Value("number", match.group(), *match.span(), frozenset([value]), named, strict)


def _is_year(text: str, readings: frozenset[Any]) -> bool:
    return bool(re.fullmatch(r"[12]\d{3}(?:年)?|\d\d", text)) and any(1000 <= float(r) <= 2100 for r in readings)
