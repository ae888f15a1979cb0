"""What can be worked out of the numbers of a table: of a column, of two numbers, of the columns of one row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence

from pipelines.tables.cells import Column
from pipelines.tables.table import Table

_YEAR = re.compile(r"(?:19|20)\d\d")
_SPREAD = 40  # rows of which a difference is that of the largest and the smallest
_DIGITS = 2  # behind the point of what is divided

Worked = Iterator[tuple[str, float]]
"""Operations, each with what it gives."""


def of_column(column: Column, rows: Sequence[int]) -> Worked:
    """Of the numbers of some rows."""
    numbers = [number for row in rows if (number := column.numbers[row]) is not None]
    if len(numbers) < 2:
        return
    yield "sum", math.fsum(numbers)
    yield "average", round(math.fsum(numbers) / len(numbers), _DIGITS)
    yield "max", max(numbers)
    yield "min", min(numbers)
    if len(numbers) <= _SPREAD:
        yield "difference", max(numbers) - min(numbers)


def of_two(first: float, second: float) -> Worked:
    """Of two numbers in the order in which they are asked for. 'Which percentage of all costs is rent' names the whole
    first: a share is that of the smaller number, and whose it is has to be told."""
    if first > 0 and second > 0:
        yield "ratio", rounded(first / second)
        yield "share", share(min(first, second), max(first, second))


def of_part(column: Column, rows: Sequence[int], whole: float) -> Worked:
    """The share of some rows of the `whole` of a column, which is 0 where there are no shares."""
    numbers = [number for row in rows if (number := column.numbers[row]) is not None]
    if numbers and whole > 0:
        yield "part", share(math.fsum(numbers), whole)


def whole_of(column: Column, rows: Collection[int]) -> float:
    """The sum of all; 0 where a number is below 0."""
    numbers = [number for row in rows if (number := column.numbers[row]) is not None]
    return math.fsum(numbers) if min(numbers, default=-1.0) >= 0 else 0.0


def share(part: float, whole: float) -> float:
    """In percent."""
    return rounded(100 * part / whole)


def rounded(number: float) -> float:
    """To two digits behind the point, or to two that are no 0."""
    small = 0 < abs(number) < 10**-_DIGITS
    return round(number, 1 - math.floor(math.log10(abs(number))) if small else _DIGITS)


def change(later: float, earlier: float) -> float | None:
    """In percent, of a loss that of its size; None where there are no percents, as from a loss to a gain."""
    return share(later - earlier, earlier) if earlier > 0 <= later or max(earlier, later) < 0 else None


def later_first(table: Table, rows: Sequence[int]) -> list[int]:
    """Two rows by the first column of dates or years, where there is one; as they stand where not."""
    for column in table.columns:
        when = [column.values[row] for row in rows]
        years = column.sort == "number" and all(_YEAR.fullmatch(column.cells[row].strip()) for row in rows)
        if (column.sort == "date" or years) and None not in when and len(set(when)) > 1:
            return sorted(rows, key=lambda row: column.values[row], reverse=True)  # type: ignore[arg-type,return-value]
    return list(rows)


def compared(
    pair: Sequence[int], columns: Sequence[Column], place: Callable[[int], int], starts: Collection[int]
) -> Sequence[int]:
    """Which of two columns, the one named first first, is compared with which: the later with the earlier year, 'from A
    to B' B with A, else the first with the second. `place` is that of a column in the question, `start` that of what
    stands behind 'from'."""
    first, second = pair
    one, other = year_of(columns[first]), year_of(columns[second])
    if one and other and one != other:
        return pair if one > other else (second, first)
    return (second, first) if place(first) in starts else pair


def year_of(column: Column) -> str:
    """The one year that a column's name holds, or ''."""
    years = set(_YEAR.findall(column.name))
    return years.pop() if len(years) == 1 else ""


def called(column: int, among: Sequence[int], columns: Sequence[Column]) -> str:
    """A column's name; where each of some is another year, its year: '2019', not 'December 31, 2019 $m'."""
    years = {n: year_of(columns[n]) for n in among}
    apart = all(years.values()) and len(set(years.values())) == len(years)
    return years[column] if apart else columns[column].name
