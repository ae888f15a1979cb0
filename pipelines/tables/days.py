"""The day, or the month, that a cell of a table names: '2025-03-06', '06.03.2025 10:00', '6-Mar-25', '2025年3月6日'."""

from __future__ import annotations

import re

from pipelines.checking.dates import MONTHS

Day = tuple[int, int, int]
"""A year, a month and a day, of which 0 is not known."""

_NAME = r"([^\W\d_]{3,10})\.?"
_TIME = r"(?:[\sT,]+\d{1,2}[:.h]\d\d\b.*)?$"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})$")
_NUMERIC = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_MONTH_YEAR = re.compile(r"(\d{1,2})/(\d{4})$")
_CHINESE = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?[日号號])?")
_MONTH_FIRST = re.compile(rf"(?:\w+,\s+)?{_NAME}\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?{_TIME}")
_DAY_FIRST = re.compile(
    rf"(?:\w+,\s+)?(\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-]+(?:de\s)?{_NAME}(?:,?[\s-]+(?:de\s)?(\d{{4}}|\d{{2}}))?{_TIME}"
)
_MONTH = re.compile(rf"{_NAME},?\s+(?:de\s)?(\d{{4}})$")


def day_of(cell: str, day_first: bool = False) -> Day | None:
    """None for what is no day. Between strokes the month is first, unless a column has the day there; '2009-10' is a
    season, where others would be a month."""
    cell = cell.strip()
    if not any(map(str.isdigit, cell)):
        return None
    if match := _ISO.match(cell):
        return _day(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.match(cell):
        one, other = int(match[1]), int(match[3])
        day, month = (one, other) if match[2] == "." or one > 12 or day_first else (other, one)
        return _day(_year(match[4]), month, day)
    if match := _YEAR_MONTH.match(cell):
        season = (int(match[1]) + 1) % 100 == int(match[2])
        return None if season else _day(int(match[1]), int(match[2]), 0)
    if match := _MONTH_YEAR.match(cell):
        return _day(int(match[2]), int(match[1]), 0)
    if match := _CHINESE.match(cell):
        return _day(int(match[1]), int(match[2]), int(match[3] or 0))
    for pattern, month_at, day_at, year_at in ((_MONTH_FIRST, 1, 2, 3), (_DAY_FIRST, 2, 1, 3), (_MONTH, 1, 0, 2)):
        match = pattern.match(cell)
        if match and match[month_at].lower() in MONTHS:
            return _day(_year(match[year_at]), MONTHS[match[month_at].lower()], int(match[day_at]) if day_at else 0)
    return None


def is_day_first(cells: list[str]) -> bool:
    """Whether a column has the day before the month: some number there is none of a month."""
    return any(int(match[1]) > 12 for cell in cells if (match := _NUMERIC.match(cell.strip())))


def _year(digits: str | None) -> int:
    year = int(digits or 0)
    return year if not digits or len(digits) == 4 else year + (2000 if year < 50 else 1900)


def _day(year: int, month: int, day: int) -> Day | None:
    return (year, month, day) if 0 < month <= 12 and 0 <= day <= 31 else None
