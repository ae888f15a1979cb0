"""What a question may ask of a table: programs that take cells, count, add, compare, order; each with its answer.

All that its words allow are made, as in the floating parser of Pasupat and Liang 2015, 'Compositional semantic parsing
on semi-structured tables'; `judging` chooses. Nothing is made up: an answer is cells, or worked out from them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from pipelines.models.embedding import TextEmbedder
from pipelines.tables.cells import words_of, written
from pipelines.tables.conditions import Asked, Condition, Conditions, conditions, sets_of
from pipelines.tables.numbers import number_of
from pipelines.tables.operations import (
    called,
    change,
    compared,
    later_first,
    of_column,
    of_part,
    of_two,
    whole_of,
    year_of,
)
from pipelines.tables.table import Table
from pipelines.tables.wording import LEAST, MOST, SMALL

# Columns, the likeliest first: to be read where rows are named, to be ordered by or added, to be read of a row that was
# found, and to be listed or counted.
_ASKED, _ORDERED, _READ, _FEW = 8, 4, 6, 4
_NAMED_ROWS = 40  # of which cells are read
_ALL_CELLS = 12  # different ones, of all rows
_TIES = 5
_MOST_MADE = 1_500

UNLIKE = 0.15
"""The cosine of a column without a name to a question: about that of names that have nothing to do with it."""

ROWS = frozenset(("select", "argmax", "argmin", "first", "last", "next", "previous", "mode", "extremes"))
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
    column's name to the question, `nearest` that to the few words of it that come nearest, `alike` those to each of its
    words by their places."""

    asked: Asked
    table: Table
    about: str
    likeness: Sequence[float]
    nearest: Sequence[float]
    alike: Sequence[Mapping[int, float]] = ()

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
    def extremes(self) -> bool:
        """Whether the most and the least are asked for at once."""
        return bool(MOST & set(self.asked.spoken)) and bool(LEAST & set(self.asked.spoken))

    @cached_property
    def likely(self) -> tuple[int, ...]:
        """The columns, those that the question names first; the first column names what a row is about."""
        worth = [self.overlap[n] + self.nearest[n] + 0.1 * (n == 0) for n in range(len(self.table.columns))]
        return tuple(sorted(range(len(worth)), key=lambda n: -worth[n]))

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        columns = self.table.columns[: len(self.table.columns) - self.table.grouped]  # groups of years are no numbers
        return tuple(n for n in self.likely if n < len(columns) and columns[n].sort == "number")[:_ORDERED]

    @cached_property
    def whole(self) -> dict[int, float]:
        """The sum of each such column; 0 where it has no shares."""
        rows = self.table.every - self.table.apart
        return {n: whole_of(self.table.columns[n], rows) for n in self.numeric}

    @cached_property
    def ordered(self) -> tuple[int, ...]:
        return tuple(n for n in self.likely if self.table.columns[n].sort != "text")[:_ORDERED]


def readings(asked: Asked, tables: Sequence[tuple[Table, str]], embedder: TextEmbedder) -> list[Reading]:
    """A question read over tables with what each stands under, by the likeness that a text model finds. Names without
    words are like nothing."""
    names = sorted({column.name for table, _ in tables for column in table.columns if column.words})
    likeness, nearest, alike = dict[str, float](), dict[str, float](), dict[str, dict[int, float]]()
    if names and asked.runs:
        rows = embedder.embed_passages(names)
        likeness = dict(zip(names, map(float, rows @ embedder.embed_question(asked.text)), strict=True))
        cosines = rows @ embedder.embed_passages(asked.runs).T
        nearest = dict(zip(names, map(float, cosines.max(axis=1)), strict=True))
        place = {at: asked.runs.index(asked.spoken[at]) for at in sorted(asked.content)}
        alike = {name: {at: float(row[n]) for at, n in place.items()} for name, row in zip(names, cosines, strict=True)}
    return [
        Reading(
            asked,
            table,
            about,
            likeness=_of_columns(table, likeness),
            nearest=_of_columns(table, nearest),
            alike=tuple(alike.get(column.name, {}) for column in table.columns),
        )
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
        if len(made) > _MOST_MADE:
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
        for operation, number in of_column(columns[n], rows):
            yield from program(operation, (n,), [written(number)])
        for operation, number in of_part(columns[n], rows, reading.whole[n]) if which.all else ():
            yield from program(operation, (n,), [written(number)])
        if len(rows) == 2:
            for operation, number, of in _of_two_rows(reading, which, rows, n):
                yield from program(operation, (n,), [written(number)], of)
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
        ends = [[row for value, row in known if value == best] for best in (max(known)[0], min(known)[0])]  # type: ignore[type-var]
        for n in reading.likely[:_READ] if reading.extremes else ():
            if n == by or (columns[n].sort != "number" and all(len(end) == 1 for end in ends)):
                of = [end[0] for end in ends]
                if not any(columns[n].empty[row] for row in of):
                    yield from cells("extremes", (by, n), of)


def _of_two_rows(
    reading: Reading, which: Conditions, rows: Sequence[int], n: int
) -> Iterator[tuple[str, float, list[int]]]:
    """What two numbers of a column give, with their rows: the later first, or as the question names them."""
    numbers = reading.table.columns[n].numbers
    order = later_first(reading.table, rows)
    later, earlier = (numbers[row] for row in order)
    if later is not None and earlier is not None and (percent := change(later, earlier)) is not None:
        yield "change", percent, order
    place = {row: min((c.at for c in which.either if row in c.rows), default=0) for row in rows}
    first, second = named = sorted(rows, key=place.__getitem__)
    if place[first] < place[second] and (one := numbers[first]) is not None and (other := numbers[second]) is not None:
        yield from ((operation, number, named) for operation, number in of_two(one, other))


def _across(reading: Reading, which: Conditions, row: int) -> Iterator[Program]:
    """What can be read or worked out of the cells of one row."""
    columns = reading.table.columns
    filtered = {each.column for each in which.all}
    full = [n for n, column in enumerate(columns) if n not in filtered and not column.empty[row]]
    figures = {n: number_of(columns[n].cells[row], columns[n].mark) for n in full}
    known = {n: number for n, number in figures.items() if number is not None}

    def program(operation: str, read: Sequence[int], *answer: str) -> Program:
        words = which.words.union(*(reading.named[n] for n in read))
        return Program(operation, tuple(read), which, answer, (row,), words)

    def place(n: int) -> int:
        return min(reading.named[n])

    named = sorted(_likeliest([n for n in full if reading.named[n]], reading), key=place)
    if len(named) > 1:
        yield program("columns select", named, *(columns[n].cells[row] for n in named))
    starts = [at for at, word in enumerate(reading.asked.spoken, 1) if word == "from"]
    for pair in combinations(_likeliest([n for n in known if reading.named[n]], reading), 2):
        one, other = compared(sorted(pair, key=place), columns, place, starts)
        first, second = known[one], known[other]
        yield program("columns difference", (one, other), written(first - second))
        yield program("columns sum", (one, other), written(first + second))
        yield program("columns average", (one, other), written(round((first + second) / 2, 2)))
        if (percent := change(first, second)) is not None:
            yield program("columns change", (one, other), written(percent))
        for operation, number in of_two(first, second):
            yield program(f"columns {operation}", (one, other), written(number))
    years = {n: number for n, number in known.items() if year_of(columns[n])}
    when = [year_of(columns[n]) for n in years if reading.named[n]]
    span = {n: number for n, number in years.items() if when and min(when) <= year_of(columns[n]) <= max(when)}
    for some in {tuple(each): each for each in (known, years, span) if len(each) > 1}.values():
        every = sorted(some, key=lambda n: reading.overlap[n] + reading.nearest[n])
        for operation, last in (
            ("columns max", max(every, key=lambda n: some[n])),
            ("columns min", min(every, key=lambda n: some[n])),
        ):
            yield program(operation, [*(n for n in every if n != last), last], called(last, every, columns))
        if len(some) > 2:
            yield program("columns sum", every, written(math.fsum(some.values())))
            yield program("columns average", every, written(round(math.fsum(some.values()) / len(some), 2)))


def _likeliest(columns: Sequence[int], reading: Reading) -> list[int]:
    return sorted(columns, key=lambda n: -reading.overlap[n] - reading.nearest[n])[:_FEW]
