"""Which rows of a table a question speaks of: those that hold words of it, a number more or less, a year, nothing.

Every way to read its words as a condition is kept; which is meant, `judging` says.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations, product
from typing import Any

from pipelines.tables.cells import Column, spoken, words_of, written
from pipelines.tables.numbers import Mark, number_of
from pipelines.tables.periods import Period, periods
from pipelines.tables.table import Table
from pipelines.tables.wording import NEGATIONS, SMALL, in_english

Rows = frozenset[int]

_LONGEST = 80  # words of a question that are read: each is looked for in all cells
_FIGURES = 10  # numbers and periods of a question that are compared with all cells
_TOGETHER = 12  # words that may stand in a cell as they stand in a question,
_PLACES = 12  # and words of a cell that are compared with it
_RUN = 3  # words that may name a column
_MOST = 14  # conditions that are put together,
_THREES = 6  # and of which three are
_MOST_EITHER = 6  # conditions of which either holds
_SETS = 20  # of conditions that are kept
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")  # of Chinese or Japanese: a part of a word
_EITHER = ("has", "year=", "month=")
_NUMBERS = {
    word: float(n) for n, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
}
_COMMAS = frozenset("de fr es it pt nl da sv nb no fi pl cs sk ru uk tr id".split())
"""Languages with a comma before decimals."""

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Asked:
    """A question's words: as spoken, and without plural. Those that mean the same everywhere are English."""

    text: str
    language: str = "en"

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        return spoken(in_english(self.text, self.language))[:_LONGEST]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(in_english(self.text, self.language))[:_LONGEST]

    @cached_property
    def periods(self) -> list[Period]:
        return periods(in_english(self.text, self.language), _LONGEST)

    @cached_property
    def asking(self) -> list[str]:
        """The words that may say what is done with the rows, alone and by two; 'before' is none in 'before May'."""
        of_days = {each.by for each in self.periods}
        pairs = zip(self.spoken, self.spoken[1:], strict=False)
        alone = [word for at, word in enumerate(self.spoken) if at not in of_days]
        both = [" ".join(pair) for at, pair in enumerate(pairs) if not {at, at + 1} & of_days]
        return [*dict.fromkeys(alone), *both]

    @cached_property
    def content(self) -> frozenset[int]:
        """The places of the words that say what is asked about."""
        return frozenset(at for at, word in enumerate(self.spoken) if word not in SMALL)

    @cached_property
    def runs(self) -> list[str]:
        """Few words together, by which a column may be meant."""
        return sorted({" ".join(self.spoken[at : at + n]) for at in self.content for n in range(1, _RUN + 1)})


@dataclass(frozen=True)
class Condition:
    """A column's cells hold words or a number ('has'), a number or a day that compares ('number>', 'year<=' also where
    a month or a day is named, 'month=' of any year), or nothing ('empty'); 'not' turns it round. `words` are the places
    of the question's words that it comes from, `at` the first; `exact`: they are the whole of the cells. `sql` says the
    same (`sql.py`). It may hold where either `of` some others does."""

    column: int
    test: str
    rows: Rows
    words: frozenset[int]
    exact: bool
    at: int
    sql: str
    of: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """Some that hold together, with the rows that are left."""

    all: tuple[Condition, ...]
    rows: Rows

    @property
    def words(self) -> frozenset[int]:
        return frozenset().union(*(each.words for each in self.all))

    @property
    def either(self) -> tuple[Condition, ...]:
        """Those of which either holds, where there are some."""
        return next((each.of for each in self.all if each.of), ())

    @property
    def sql(self) -> str:
        return " AND ".join(each.sql for each in self.all)


def conditions(asked: Asked, table: Table) -> list[Condition]:
    """All that the question's words may mean, each once."""
    found: dict[tuple[int, str, Rows], Condition] = {}
    for n in range(len(table.columns)):
        for each in (*_worded(asked, n, table), *_compared(asked, n, table)):
            known = found.get((n, each.test, each.rows))
            if known is None or len(known.words) < len(each.words):
                found[n, each.test, each.rows] = each
    denied = frozenset(at for at, word in enumerate(asked.spoken) if word in NEGATIONS)
    if denied:
        for each in list(found.values()):
            if each.test in ("has", "number<="):
                rows = table.every - each.rows - _without(table.columns[each.column])
                sql = f"NOT ({each.sql}) AND {table.written[each.column]} IS NOT NULL"
                if rows:
                    turned = Condition(each.column, f"not {each.test}", rows, each.words, each.exact, each.at, sql)
                    found.setdefault((each.column, turned.test, rows), turned)
    for n in range(len(table.columns)):
        found |= {(n, each.test, each.rows): each for each in _valueless(asked, n, table, denied)}
    return list(found.values())


def sets_of(found: list[Condition], table: Table) -> list[Conditions]:
    """None, each, and those of two or three that leave rows and are no part of each other; of several that leave the
    same rows, the one with the most words of the question. What covers most of it first."""
    best = sorted(found, key=lambda each: (-len(each.words) - 0.5 * each.exact, len(each.rows)))[:_MOST]
    either = _either(best)
    made = [Conditions((), table.every), *(Conditions((each,), each.rows) for each in (*best, *either))]
    for one, other in (*combinations(best, 2), *product(either, best)):
        alike = one.column == other.column and one.test == other.test in _EITHER
        if one.rows & other.rows and not alike and not _of_the_same(one, other):
            made.append(Conditions((one, other), one.rows & other.rows))
    for three in combinations(best[:_THREES], 3):
        rows = three[0].rows & three[1].rows & three[2].rows
        pairs = {one.rows & other.rows for one, other in combinations(three, 2)}
        if rows and rows not in pairs and len({each.column for each in three}) == len(three):
            made.append(Conditions(three, rows))
    kept: dict[tuple[Rows, bool], Conditions] = {}
    for each in made:
        known = kept.get((each.rows, bool(each.either)))
        if known is None or len(known.words) < len(each.words):
            kept[each.rows, bool(each.either)] = each
    return sorted(kept.values(), key=lambda each: -len(each.words))[:_SETS]


def _either(found: Sequence[Condition]) -> list[Condition]:
    """Two, or all that name whole cells, of one column, of which either holds: 'Anna or Ben', 'EUR, AOA and USD'."""
    several: list[Sequence[Condition]] = list(combinations(found, 2))
    for n in {each.column for each in found}:
        exact = [each for each in found if each.column == n and each.test == "has" and each.exact]
        if len(exact) > 2:
            several.append(exact)
    made = []
    for some in several:
        first, rows = some[0], frozenset[int]().union(*(each.rows for each in some))
        alike = all(each.column == first.column and each.test == first.test in _EITHER for each in some)
        parts = any(one.rows <= other.rows or _of_the_same(one, other) for one, other in permutations(some, 2))
        if alike and not parts:
            of = tuple(sorted(some, key=lambda each: each.at))
            words = frozenset[int]().union(*(each.words for each in some))
            sql = f"({' OR '.join(each.sql for each in of)})"
            made.append(Condition(first.column, first.test, rows, words, all(c.exact for c in some), of[0].at, sql, of))
    return sorted(made, key=lambda each: -len(each.words))[:_MOST_EITHER]


def _of_the_same(one: Condition, other: Condition) -> bool:
    """Whether two conditions come from the same words, or one from some of the other's."""
    if one.words == other.words or one in other.of or other in one.of:
        return True
    part = one.words <= other.words or other.words <= one.words
    return one.column != other.column and part and bool(one.words & other.words)


def _without(column: Column) -> Rows:
    return frozenset(row for row, empty in enumerate(column.empty) if empty)


def _named(asked: Asked, column: Column) -> frozenset[int]:
    """The places of the words that stand in a column's name."""
    return frozenset(at for at in asked.content if asked.words[at] in column.words)


def _valueless(asked: Asked, n: int, table: Table, denied: frozenset[int]) -> Iterator[Condition]:
    """'no payment date', 'unpaid': rows without a value."""
    column = table.columns[n]
    rows = _without(column)
    undone = frozenset(at for at, word in enumerate(asked.words) if word[:2] == "un" and word[2:] in column.words)
    if rows and rows != table.every and (undone or denied):
        words = undone | denied | _named(asked, column)
        yield Condition(n, "empty", rows, words, bool(undone), min(words), f"{table.written[n]} IS NULL")


def _worded(asked: Asked, n: int, table: Table) -> Iterator[Condition]:
    """Runs of the question's words that stand in cells as they stand there, each as long as it can be."""
    column, name = table.columns[n], table.written[n]
    where: dict[str, list[tuple[int, int]]] = {}
    sought = set(asked.words)
    for row, words in enumerate(column.cell_words):
        for place in [place for place, word in enumerate(words) if word in sought][:_PLACES]:
            where.setdefault(words[place], []).append((row, place))
    for start, word in enumerate(asked.words):
        met, end = set(where.get(word, ())), start + 1
        while met and end < min(len(asked.words), start + _TOGETHER):
            longer = {
                (row, place)
                for row, place in met
                if column.cell_words[row][place + end - start : place + end - start + 1] == (asked.words[end],)
            }
            if not longer:
                break
            met, end = longer, end + 1
        if not met or all(each in SMALL for each in asked.spoken[start:end]):
            continue
        if any(_of_time(asked, range(start, end), each, column) for each in asked.periods):
            continue
        rows = frozenset(row for row, _ in met)
        exact = frozenset(row for row in rows if len(column.cell_words[row]) == end - start)
        if not exact and end - start == 1 and _SIGN.match(word):
            continue
        said = " ".join(asked.words[start:end])
        sql = f"{'says' if exact else 'mentions'}({name}, '{said}')"
        yield Condition(n, "has", exact or rows, frozenset(range(start, end)), bool(exact), start, sql)


def _of_time(asked: Asked, run: range, period: Period, column: Column) -> bool:
    """Whether a run of words is a part of a period that says nothing by itself: a day is compared as a whole, and the 1
    of '1 July' stands in many cells."""
    within = period.at.start <= run.start and run.stop <= period.at.stop
    bare = not period.of_years and all(asked.spoken[at].isdigit() for at in run)
    return within and (column.sort == "date" or bare)


def _compared(asked: Asked, n: int, table: Table) -> Iterator[Condition]:
    """Numbers and periods of the question, each compared with the values of a column."""
    column = table.columns[n]
    heads = {word for each in table.columns for word in each.words}
    if column.sort == "date":
        for period in asked.periods[:_FIGURES]:
            if not all(asked.words[at] in heads for at in period.at):  # 'in 2019', where a column is called so
                yield from _of_days(asked, n, table, period)
    elif column.sort == "number":
        of_days = {at for each in asked.periods if not each.of_years for at in each.at}
        told = [at for at, word in enumerate(asked.spoken) if word in _NUMBERS or word.lstrip("-")[:1].isdigit()]
        for at in [at for at in told if at not in of_days and asked.words[at] not in heads][:_FIGURES]:
            yield from _of_numbers(asked, n, table, at)


def _of_numbers(asked: Asked, n: int, table: Table, at: int) -> Iterator[Condition]:
    column, word = table.columns[n], asked.spoken[at]
    mark: Mark = "," if asked.language in _COMMAS else ""
    wanted = _NUMBERS[word] if word in _NUMBERS else number_of(word, mark)
    if wanted is None:
        return
    for test in ("=",) if word in _NUMBERS else _TESTS:
        rows = frozenset(
            row for row, value in enumerate(column.numbers) if value is not None and _TESTS[test](value, wanted)
        )
        if rows and (test == "=" or len(rows) < table.height):
            name, words = ("has", {at}) if test == "=" else (f"number{test}", {at} | _named(asked, column))
            sql = f"{table.quoted[n]} {test} {written(wanted)}"
            yield Condition(n, name, rows, frozenset(words), test == "=", at, sql)


def _of_days(asked: Asked, n: int, table: Table, period: Period) -> Iterator[Condition]:
    """Those of a period, before and behind it."""
    column, words = table.columns[n], frozenset(period.at) | _named(asked, table.columns[n])
    for test in (period.compared,) if period.compared else _TESTS if period.of_years else ("=",):
        rows = frozenset(
            row for row, value in enumerate(column.values) if isinstance(value, tuple) and period.holds(test, value)
        )
        if rows and (test == "=" or len(rows) < table.height):
            name = f"{'year' if period.first[0] else 'month'}{test}"
            yield Condition(n, name, rows, words, test == "=", period.at.start, period.sql(test, table.quoted[n]))
