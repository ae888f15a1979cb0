"""What the cells of a table say: numbers, days, words; and the columns that they make."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from pipelines.checking.values import MONTHS

Sort = Literal["number", "date", "text"]
"""What a column holds. A date is a year, a month and a day, of which 0 is not known."""

Day = tuple[int, int, int]

_MOSTLY = 0.75  # share of a column's cells that make it one of numbers, or of dates
_LONGEST = 60  # characters of a cell that is a number with words around it
_NOTHING = frozenset(("", "n/a", "nd", "none", "null"))
_WORDS = re.compile(r"\d+(?:[.,]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
_DIGITS = r"(\d{1,3}+(?:[,.'’\s]\d{3})++(?:[.,]\d{1,3}+)?|\d++(?:[.,]\d++)?(?:e[+-]?\d+)?)"
_NUMBER = re.compile(
    rf"(?:[A-Z]{{3}}\s)?[^\w(+-]{{0,3}}\s*([(+-]?)\s*[$€£¥#~≈]?\s*{_DIGITS}(?!\d*[-/.:]\d+[-/.:])(?!:\d)"
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})$")
_MONTH_FIRST = re.compile(r"(?:\w+,\s+)?([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?$")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?\s+([^\W\d_]{3,9})\.?(?:,?\s+(\d{4}))?$")
_MONTH = re.compile(r"([^\W\d_]{3,9})\.?,?\s+(\d{4})$")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[/-]\d{2,4})?$")


@dataclass(frozen=True)
class Column:
    """A column by its name and cells, each as it is written; `cells` has one for each row."""

    name: str
    cells: tuple[str, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(self.name)

    @cached_property
    def empty(self) -> tuple[bool, ...]:
        return tuple(is_empty(cell) for cell in self.cells)

    @cached_property
    def sort(self) -> Sort:
        return self._read[0]

    @property
    def values(self) -> tuple[float | Day | None, ...]:
        """What the cells mean, in a column of numbers or dates; None for words and empty cells."""
        return self._read[1]

    @cached_property
    def numbers(self) -> tuple[float | None, ...]:
        return tuple(value if isinstance(value, float) else None for value in self.values)

    @cached_property
    def cell_words(self) -> tuple[tuple[str, ...], ...]:
        return tuple(words_of(cell) for cell in self.cells)

    @cached_property
    def unique(self) -> bool:
        return len(set(self.cells)) == len(self.cells)

    @cached_property
    def _read(self) -> tuple[Sort, tuple[float | Day | None, ...]]:
        full = sum(not empty for empty in self.empty)
        told = [match for cell in self.cells if (match := _NUMERIC.match(cell.strip()))]
        day_first = any(int(match[1]) > 12 for match in told)
        days = tuple(
            None if empty else day_of(cell, day_first) for cell, empty in zip(self.cells, self.empty, strict=True)
        )
        if full and sum(day is not None for day in days) >= _MOSTLY * full:
            return "date", days
        thousands = _has_thousands(self.cells)
        numbers = tuple(
            None if empty else number_of(cell, thousands) for cell, empty in zip(self.cells, self.empty, strict=True)
        )
        if full and sum(number is not None for number in numbers) >= _MOSTLY * full:
            return "number", numbers
        return "text", (None,) * len(self.cells)


def is_empty(cell: str) -> bool:
    return cell.strip(" -–—|_.…").lower() in _NOTHING


def is_figure(cell: str) -> bool:
    """Whether a cell is a number, and no year, as heads are."""
    return any(map(str.isdigit, cell)) and number_of(cell) is not None and not _YEAR.match(cell.strip())


def number_of(cell: str, thousands: bool = False) -> float | None:
    """The number that a cell begins with: '1.234,50 EUR', '(12)' for -12, '72.5 /km2', '7th'; None where there is none.

    Of two kinds of separators the last parts decimals. Three digits behind a comma are thousands, behind a point only
    where a column has `thousands` like that.
    """
    cell = cell.strip().replace("–", "-").replace("−", "-").replace("\u00a0", " ").replace("\u202f", " ")
    match = _NUMBER.match(cell)
    if match is None or len(cell) > _LONGEST:
        return None
    sign, digits = match.groups()
    digits = re.sub(r"[\s'’]", "", digits)
    last = max(digits.rfind(","), digits.rfind("."))
    if last >= 0:
        whole, rest = digits[:last], digits[last + 1 :]
        groups = digits[last] in whole or (not set(",.") & set(whole) and (digits[last] == "," or thousands))
        grouped = len(rest) == 3 and whole != "0" and groups
        digits = re.sub(r"[.,]", "", whole) + ("" if grouped else ".") + rest
    number = -float(digits) if sign and sign in "(-" else float(digits)
    return number if math.isfinite(number) else None


def day_of(cell: str, day_first: bool = False) -> Day | None:
    """The day, or the month, that a cell names: '2025-03-06', '06.03.2025', '3/6/2025', 'March 6, 2025', 'May 2016'.
    Between strokes the month is first, unless a column has the day there."""
    cell = cell.strip()
    if match := _ISO.match(cell):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.match(cell):
        one, other, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (one, other) if match[2] == "." or one > 12 or day_first else (other, one)
        return _day(year + (2000 if year < 50 else 1900 if year < 100 else 0), month, day)
    for pattern, month_at, day_at, year_at in ((_MONTH_FIRST, 1, 2, 3), (_DAY_FIRST, 2, 1, 3), (_MONTH, 1, 0, 2)):
        match = pattern.match(cell)
        if match and match[month_at].lower() in MONTHS:
            day = int(match[day_at]) if day_at else 0
            return _day(int(match[year_at] or 0), MONTHS[match[month_at].lower()], day)
    return None


def _day(year: int, month: int, day: int) -> Day | None:
    return (year, month, day) if 0 < month <= 12 and 0 <= day <= 31 else None


def _has_thousands(cells: Sequence[str]) -> bool:
    """Whether points part thousands: all have three digits behind them, and some cell has two, or a decimal comma."""
    digits = [match[2] for cell in cells if (match := _NUMBER.match(cell.strip()))]
    points = [each.split(".")[1:] for each in digits if "." in each]
    sure = any(re.search(r"\.\d{3}[.,]\d|^\d+,\d{1,2}$", each) for each in digits)
    return sure and all(len(part.split(",")[0]) == 3 for parts in points for part in parts)


def written(number: float) -> str:
    """As people write it: '920', '1043.5'."""
    plain = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


@lru_cache(200_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and plural; numbers as they are, and each sign of Chinese by itself."""
    return tuple(_singular(word) for word in spoken(text))


@lru_cache(1_000)
def spoken(text: str) -> tuple[str, ...]:
    """The same with their endings."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return tuple(_WORDS.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _singular(word: str) -> str:
    if len(word) > 5 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("es"):
        return word[:-2] if word[-3] in "sxzh" else word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
