"""One value that a text states: a number with its unit, a date, a time or a code."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from math import isclose
from typing import Any, Literal

from pipelines.checking.units import measured

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
        if self.kind != "number" or self.unit or not re.fullmatch(r"[12]\d{3}(?:年)?|\d\d", self.text):
            return False
        return any(1000 <= float(reading) <= 2100 for reading in self.readings)

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


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """Letters and digits only, lower case, without diacritics."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain.lower() if c.isalnum())
