"""The columns of a table, and what their cells say: numbers, days, words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from pipelines.tables.days import Day, day_of, is_day_first
from pipelines.tables.numbers import Mark, currencies, decimal_mark, measures, number_of

Sort = Literal["number", "date", "text"]
"""What a column holds."""

_MOSTLY = 0.75  # share of a column's cells that make it one of numbers, or of dates
_NOTHING = frozenset(("", "n/a", "nd", "none", "null"))
_WORDS = re.compile(r"(?<!\S)-?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
_READ = 400  # characters of a cell whose words are read
_YEAR = re.compile(r"(?:19|20)\d\d(?:[/-]\d{2,4})?\D{0,3}$")


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
    def mark(self) -> Mark:
        """What parts the decimals of its numbers."""
        return decimal_mark(self.cells)

    @cached_property
    def cell_words(self) -> tuple[tuple[str, ...], ...]:
        return tuple(words_of(cell[:_READ]) for cell in self.cells)

    @cached_property
    def unique(self) -> bool:
        return len(set(self.cells)) == len(self.cells)

    @cached_property
    def _read(self) -> tuple[Sort, tuple[float | Day | None, ...]]:
        full = sum(not empty for empty in self.empty)
        told = [cell for cell, empty in zip(self.cells, self.empty, strict=True) if not empty]
        day_first = is_day_first(told)
        days = tuple(
            None if empty else day_of(cell, day_first) for cell, empty in zip(self.cells, self.empty, strict=True)
        )
        if full and sum(day is not None for day in days) >= _MOSTLY * full:
            return "date", days
        numbers = tuple(
            None if empty else number_of(cell, self.mark) for cell, empty in zip(self.cells, self.empty, strict=True)
        )
        one = len(currencies(told)) < 2 and len(measures(told)) < 2
        if full and sum(number is not None for number in numbers) >= _MOSTLY * full and one:
            return "number", numbers
        return "text", (None,) * len(self.cells)


def is_empty(cell: str) -> bool:
    return cell.strip(" -–—|_.…").lower() in _NOTHING


def is_figure(cell: str) -> bool:
    """Whether a cell is a number, and no year, as heads are."""
    return any(map(str.isdigit, cell)) and number_of(cell) is not None and not _YEAR.match(cell.strip())


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
    plain = unicodedata.normalize("NFKD", text.lower().replace("−", "-"))
    return tuple(_WORDS.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _singular(word: str) -> str:
    if len(word) > 5 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("es"):
        return word[:-2] if word[-3] in "sxzh" else word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
