"""The values that a text states: numbers with their units, dates, times and codes, each in one form however written.

'4,287.50' is '4287.5', 'forty-two percent' is '42 %', '12 March 1911' is '1911-03-12', '5 pm' is '17:00', 'an hour and
a half' is '90 minutes'. Where a notation can be read in two ways ('3/4/2021', '1.250'), both readings are kept, and one
that fits is enough. Number words are read by text2num and cn2an, units by pint, months by the tables of dateparser.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.dates import dates, times
from pipelines.checking.quantities import cjk_numbers, codes, fractions, numbers, ordinals
from pipelines.checking.value import Day, Value

_NARROW = {n + 0xFEE0: n for n in range(128) if chr(n).isalnum() or chr(n) in "%."}  # one for one: offsets stay


def values(text: str) -> list[Value]:
    """All values of a text in order, none within another."""
    text = text.translate(_NARROW)
    found: list[Value] = []
    taken = bytearray(len(text))
    for finder in (dates, times, codes, fractions, ordinals, numbers, cjk_numbers):
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
        told = [reading for other in there if other.kind == "time" for reading in other.readings]
        return any(_same_time(mine, other) for mine in value.readings for other in told)
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
