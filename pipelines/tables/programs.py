"""What a question may ask of a table: programs that take cells, count, add, compare, order; each with its answer.

All that its words allow are made, as in the floating parser of Pasupat and Liang 2015, 'Compositional semantic parsing
on semi-structured tables'; `judging` chooses. Nothing is made up: an answer is cells, or worked out from them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from pipelines.models.embedding import TextEmbedder
from pipelines.tables.cells import Column, words_of, written
from pipelines.tables.conditions import Asked, Condition, Conditions, conditions, sets_of
from pipelines.tables.numbers import number_of
from pipelines.tables.table import Table
from pipelines.tables.wording import SMALL

# Columns, the likeliest first: to be read where rows are named, to be ordered by or added, to be read of a row that was
# found, and to be listed or counted.
_ASKED, _ORDERED, _READ, _FEW = 8, 4, 6, 4
_NAMED_ROWS = 40  # of which cells are read
_ALL_CELLS = 12  # different ones, of all rows
_TIES = 5
_YEAR = re.compile(r"(?:19|20)\d\d")
_SPREAD = 40  # rows of which a difference is that of the largest and the smallest
_MOST = 1_500

UNLIKE = 0.15
"""The cosine of a column without a name to a question: about that of names that have nothing to do with it."""

ROWS = frozenset(("select", "argmax", "argmin", "first", "last", "next", "previous", "mode"))
"""Operations whose answer are cells of the last column; of the others it is worked out."""


@dataclass(frozen=True)
class Program:
    """An `operation` on the rows that `which` leaves. `columns` are those that it reads: the one that is ordered by
    first, the one that the answer is taken from, or that is likeliest meant, last. `rows` are those that the answer
    stands in, or is made of; `words` the places of the question's words that a condition or a column was met by."""

    operation: str
    columns: tuple[int, ...]
    which: Conditions
    answer: tuple[str, ...]
    rows: tuple[int, ...]
    words: frozenset[int]


@dataclass(frozen=True)
class Reading:
    """A question and a table that it may be about, which stands under `about`. `likeness` is the cosine of each
    column's name to the question, `nearest` that to the few words of it that come nearest."""

    asked: Asked
    table: Table
    about: str
    likeness: Sequence[float]
    nearest: Sequence[float]

    @cached_property
    def above(self) -> frozenset[int]:
        """The places of the question's words that stand above the table."""
        words = set(words_of(self.about.replace("_", " ")))
        return frozenset(at for at in self.asked.content if self.asked.words[at] in words)

    @cached_property
    def programs(self) -> list[Program]:
        """All that the question may ask."""
        return programs(self)

    @cached_property
    def conditions(self) -> list[Condition]:
        """All that the question's words may mean of the rows."""
        return conditions(self.asked, self.table)

    @cached_property
    def named(self) -> tuple[frozenset[int], ...]:
        """For each column the places of the question's words that stand in its name."""
        said = [(at, word) for at, word in enumerate(self.asked.words) if self.asked.spoken[at] not in SMALL]
        return tuple(frozenset(at for at, word in said if word in column.words) for column in self.table.columns)

    @cached_property
    def overlap(self) -> tuple[float, ...]:
        """For each column the share of its name's words that stand in the question."""
        said = set(self.asked.words)
        names = [[word for word in column.words if word not in SMALL] for column in self.table.columns]
        return tuple(sum(word in said for word in name) / len(name) if name else 0.0 for name in names)

    @cached_property
    def likely(self) -> tuple[int, ...]:
        """The columns, those that the question names first; the first column names what a row is about."""
        worth = [self.overlap[n] + self.nearest[n] + 0.1 * (n == 0) for n in range(len(self.table.columns))]
        return tuple(sorted(range(len(worth)), key=lambda n: -worth[n]))

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        return tuple(n for n in self.likely if self.table.columns[n].sort == "number")[:_ORDERED]

    @cached_property
    def ordered(self) -> tuple[int, ...]:
        return tuple(n for n in self.likely if self.table.columns[n].sort != "text")[:_ORDERED]


def readings(asked: Asked, tables: Sequence[tuple[Table, str]], embedder: TextEmbedder) -> list[Reading]:
    """A question read over tables with what each stands under, by the likeness that a text model finds. Names without
    words are like nothing."""
    names = sorted({column.name for table, _ in tables for column in table.columns if column.words})
    likeness, nearest = dict[str, float](), dict[str, float]()
    if names and asked.runs:
        rows = embedder.embed_passages(names)
        likeness = dict(zip(names, map(float, rows @ embedder.embed_question(asked.text)), strict=True))
        best = (rows @ embedder.embed_passages(asked.runs).T).max(axis=1)
        nearest = dict(zip(names, map(float, best), strict=True))
    return [
        Reading(asked, table, about, *(_of_columns(table, cosines) for cosines in (likeness, nearest)))
        for table, about in tables
    ]


def _of_columns(table: Table, cosines: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(cosines.get(column.name, UNLIKE) for column in table.columns)


def programs(reading: Reading) -> list[Program]:
    """All that the question may ask, as far as it has an answer."""
    made: list[Program] = []
    if not reading.table.height:
        return made
    for which in sets_of(reading.conditions, reading.table):
        made += _asked(reading, which)
        if len(made) > _MOST:
            break
    return made


Cells = Callable[[str, tuple[int, ...], Sequence[int]], Iterator[Program]]
"""An operation, the columns it reads and rows → the program whose answer are the cells of these."""


def _asked(reading: Reading, which: Conditions) -> Iterator[Program]:
    """Of the rows that some conditions leave; sums and lines that name a group are left out."""
    columns = reading.table.columns
    rows = tuple(sorted(which.rows - reading.table.apart)) or tuple(sorted(which.rows))

    def program(
        operation: str, read: tuple[int, ...], answer: Iterable[str], of: Sequence[int] = rows
    ) -> Iterator[Program]:
        answers = tuple(dict.fromkeys(answer))
        if answers:
            words = which.words.union(*(reading.named[n] for n in read))
            yield Program(operation, read, which, answers, tuple(of), words)

    def cells(operation: str, read: tuple[int, ...], of: Sequence[int]) -> Iterator[Program]:
        column = columns[read[-1]]
        yield from program(operation, read, [column.cells[row] for row in of if not column.empty[row]], of)

    listed = reading.likely[: _ASKED if which.all else _FEW]
    if not which.all or len(rows) <= _NAMED_ROWS:
        for n in listed:
            different = {columns[n].cells[row] for row in rows if not columns[n].empty[row]}
            if which.all or len(different) <= _ALL_CELLS:
                yield from cells("select", (n,), rows)
    yield from program("count", (), [str(len(rows))])
    for n in reading.likely[:_FEW]:
        different = {columns[n].cells[row] for row in rows if not columns[n].empty[row]}
        if not columns[n].unique and len(different) != len(rows):
            yield from program("count distinct", (n,), [str(len(different))])
    for n in reading.numeric:
        for operation, number in _worked_out(columns[n], rows):
            yield from program(operation, (n,), [written(number)])
        if len(rows) == 2:
            order = _later_first(reading.table, rows)
            later, earlier = (columns[n].numbers[row] for row in order)
            if later is not None and earlier and earlier > 0:  # of a loss there are no percents
                yield from program("change", (n,), [written(round(100 * (later - earlier) / earlier, 2))], order)
    if len(rows) > 1:
        yield from _ordered(reading, which, rows, cells)
        for n in reading.likely[:_READ]:
            yield from cells("first", (n,), rows[:1])
            yield from cells("last", (n,), rows[-1:])
            often = Counter(columns[n].cells[row] for row in rows if not columns[n].empty[row])
            most = max(often.values(), default=0)
            modes = [cell for cell, times in often.items() if times == most]
            if most > 1 and len(often) > 1 and len(modes) <= 2 and columns[n].sort != "number":
                of = [row for row in rows if columns[n].cells[row] in modes]
                yield from program("mode", (n,), modes, of)
                yield from program("mode count", (n,), [str(most)], of)
    elif not which.either:
        for n in reading.likely[:_READ]:
            for operation, row in (("next", rows[0] + 1), ("previous", rows[0] - 1)):
                if 0 <= row < reading.table.height:
                    yield from cells(operation, (n,), [row])
        yield from _across(reading, which, rows[0])


def _worked_out(column: Column, rows: Sequence[int]) -> Iterator[tuple[str, float]]:
    """What can be worked out of the numbers of a column."""
    numbers = [number for row in rows if (number := column.numbers[row]) is not None]
    if len(numbers) < 2:
        return
    yield "sum", math.fsum(numbers)
    yield "average", round(math.fsum(numbers) / len(numbers), 2)
    yield "max", max(numbers)
    yield "min", min(numbers)
    if len(numbers) <= _SPREAD:
        yield "difference", max(numbers) - min(numbers)


def _ordered(reading: Reading, which: Conditions, rows: Sequence[int], cells: Cells) -> Iterator[Program]:
    """The cells of the rows in which another column is largest or smallest."""
    columns = reading.table.columns
    for by in reading.ordered:
        known = [(columns[by].values[row], row) for row in rows if columns[by].values[row] is not None]
        if len(known) < 2:
            continue
        for operation, best in (("argmax", max(known)[0]), ("argmin", min(known)[0])):  # type: ignore[type-var]
            of = [row for value, row in known if value == best][:_TIES]
            for n in reading.likely[:_READ]:
                if n != by or columns[by].sort != "number":
                    yield from cells(operation, (by, n), of)


def _later_first(table: Table, rows: Sequence[int]) -> list[int]:
    """Two rows by the first column of dates or years, where there is one; as they stand where not."""
    for column in table.columns:
        when = [column.values[row] for row in rows]
        years = column.sort == "number" and all(_YEAR.fullmatch(column.cells[row].strip()) for row in rows)
        if (column.sort == "date" or years) and None not in when and len(set(when)) > 1:
            return sorted(rows, key=lambda row: column.values[row], reverse=True)  # type: ignore[arg-type,return-value]
    return list(rows)


def _compared(reading: Reading, pair: Sequence[int]) -> tuple[int, int]:
    """Which of two columns is compared with which: the later with the earlier year, 'from A to B' B with A, else the
    one that is named first with the other."""
    years = {n: _YEAR.search(reading.table.columns[n].name) for n in pair}
    first, second = sorted(pair, key=lambda n: min(reading.named[n]))
    if (one := years[first]) and (other := years[second]) and one[0] != other[0]:
        return (first, second) if one[0] > other[0] else (second, first)
    before = min(reading.named[first]) - 1
    return (second, first) if before >= 0 and reading.asked.spoken[before] == "from" else (first, second)


def _across(reading: Reading, which: Conditions, row: int) -> Iterator[Program]:
    """What can be worked out of the numbers of one row."""
    columns, of = reading.table.columns, (row,)
    filtered = {each.column for each in which.all}
    figures = {n: number_of(each.cells[row], each.mark) for n, each in enumerate(columns) if n not in filtered}
    known = {n: number for n, number in figures.items() if number is not None and not columns[n].empty[row]}
    named = sorted((n for n in known if reading.named[n]), key=lambda n: -reading.overlap[n] - reading.nearest[n])[
        :_FEW
    ]

    def program(operation: str, read: tuple[int, ...], answer: str) -> Program:
        words = which.words.union(*(reading.named[n] for n in read))
        return Program(operation, read, which, (answer,), of, words)

    for pair in combinations(named, 2):
        one, other = _compared(reading, pair)
        first, second = known[one], known[other]
        yield program("columns difference", (one, other), written(first - second))
        yield program("columns sum", (one, other), written(first + second))
        yield program("columns average", (one, other), written(round((first + second) / 2, 2)))
        if second > 0:
            yield program("columns change", (one, other), written(round(100 * (first - second) / second, 2)))
        larger = (other, one) if first > second else (one, other)
        yield program("columns max", larger, columns[larger[-1]].name)
    if len(known) > 2:
        for operation, last in (
            ("columns max", max(known, key=lambda n: known[n])),
            ("columns min", min(known, key=lambda n: known[n])),
        ):
            yield program(operation, (*(n for n in known if n != last), last), columns[last].name)
        every = sorted(known, key=lambda n: reading.overlap[n] + reading.nearest[n])
        yield program("columns sum", tuple(every), written(math.fsum(known.values())))
        yield program("columns average", tuple(every), written(round(math.fsum(known.values()) / len(known), 2)))
