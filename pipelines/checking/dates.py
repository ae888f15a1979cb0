"""Dates and times of day in a text, however written: months by the tables of dateparser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from pipelines.checking.numerals import read_cjk
from pipelines.checking.value import Day, Value


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
        (?: :(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))? | \.(?P<minutes>[0-5]\d)(?=\s?(?:[ap]\.?\s?m\b|Uhr\b))
          | \s?h\s?(?P<after_h>[0-5]\d) )?
        (?: \s?(?P<half>[ap])\.?\s?m\b\.? | (?P<clock>\s?o['’]clock|\s?Uhr)? ) (?![\w:])""",
    re.VERBOSE | re.IGNORECASE,
)
_PARTS = dict.fromkeys(("上午", "早上", "凌晨", "午前"), "am") | dict.fromkeys(("下午", "晚上", "中午", "午後"), "pm")
_CJK_TIME = re.compile(
    rf"""(?P<part>{"|".join(_PARTS)})? \s*
        (?P<h>\d{{1,2}}|[一二两三四五六七八九十]{{1,3}}) \s* [点點时時]
        (?: \s*(?P<m>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*分 | (?P<half>半) )?""",
    re.VERBOSE,
)


def dates(text: str) -> Iterator[Value]:
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
            no_month = "may march" if n == "1" else "may march mar mars sep mai"
            if n in "12" and not y and word in no_month.split():
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


def times(text: str) -> Iterator[Value]:
    for match in _TIME.finditer(text):
        minutes = match["m"] or match["minutes"] or match["after_h"]
        if not (minutes or match["half"] or match["clock"]):
            continue
        hour, half = int(match["h"]), {"a": "am", "p": "pm"}.get((match["half"] or "").lower(), "")
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif hour > 12 or not hour:
            half = "pm" if hour else "am"
        time = 60 * hour + int(minutes or 0) + int(match["s"] or 0) / 60
        yield Value("time", match.group().strip(), *match.span(), frozenset([(time, half)]))
    for match in _CJK_TIME.finditer(text):
        if not (match["part"] or match["m"] or match["half"]):
            continue  # '三点' may be three points
        hours, minute = read_cjk(match["h"]), read_cjk(match["m"]) if match["m"] else 30.0 * bool(match["half"])
        if hours is None or minute is None or hours > 24 or minute >= 60:
            continue
        part = _PARTS.get(match["part"] or "", "pm" if hours > 12 else "")
        time = 60 * (hours + 12 * (part == "pm" and hours < 12)) + minute
        yield Value("time", match.group().strip(), *match.span(), frozenset([(time, part)]))
