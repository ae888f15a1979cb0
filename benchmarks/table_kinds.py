"""The kinds of questions that are made over tables (`table_templates`): each a function that gives a question in one of
its wordings, with its answers, or nothing where the table does not allow it."""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Iterator

from pipelines.tables.cells import Column, written
from pipelines.tables.days import Day
from pipelines.tables.table import Table

Made = tuple[str, list[str]]

_OVER = ("over", "more than", "above", "greater than")
_UNDER = ("under", "less than", "below")
_MOST = {"argmax": ("highest", "most", "largest"), "argmin": ("lowest", "least", "smallest")}


def _pick(table: Table, rng: random.Random, fits: Callable[[Column], bool]) -> Column | None:
    known = [column for column in table.columns if column.words and fits(column)]
    return rng.choice(known) if known else None


def _label(table: Table) -> Column | None:
    """The column that says what a row is about."""
    return next((c for c in table.columns[:2] if c.words and c.sort == "text" and c.unique and not any(c.empty)), None)


def _sorts(column: Column) -> bool:
    return column.sort == "text" and len(set(column.cells)) <= 0.6 * len(column.cells) and not all(column.empty)


def _numbers(column: Column) -> bool:
    return column.sort == "number" and sum(number is not None for number in column.numbers) > 2


def _of_a_sort(table: Table, rng: random.Random) -> tuple[str, list[int]] | None:
    column = _pick(table, rng, _sorts)
    if column is None:
        return None
    value = rng.choice([cell for cell, empty in zip(column.cells, column.empty, strict=True) if not empty])
    return value, [row for row, cell in enumerate(column.cells) if cell == value]


def _sum(table: Table, rng: random.Random) -> Iterator[Made]:
    number, sort = _pick(table, rng, _numbers), _of_a_sort(table, rng)
    if number is None:
        return
    value, rows = sort if sort and rng.random() < 0.7 else ("", list(range(table.height)))
    known = [figure for row in rows if (figure := number.numbers[row]) is not None]
    if len(known) > 1:
        of = f"{rng.choice(('for', 'of', 'from'))} {value}" if value else ""
        says = rng.choice(
            (
                f"what is the total {number.name} {of}?",
                f"how much {number.name} {of} altogether?",
                f"what do the {number.name} {of} add up to?",
                f"sum of {number.name} {of}",
                f"{number.name} {of} in total?",
                f"{value} {number.name} all together?",
            )
        )
        yield says, [written(sum(known))]


def _measure(table: Table) -> Column | None:
    """The one column of figures that 'how much' must mean, named or not."""
    figures = [column for column in table.columns if _numbers(column) and not (column.unique or _years(column))]
    figures = figures or [column for column in table.columns if _numbers(column) and not _years(column)]
    return figures[0] if len(figures) == 1 else None


def _years(column: Column) -> bool:
    return all(number is None or (1500 < number < 2100 and number == int(number)) for number in column.numbers)


def _how_much(table: Table, rng: random.Random) -> Iterator[Made]:
    measure, sort = _measure(table), _of_a_sort(table, rng)
    if measure and sort:
        value, rows = sort
        known = [figure for row in rows if (figure := measure.numbers[row]) is not None]
        says = rng.choice(
            (
                f"how much did we spend on {value}?",
                f"how much for {value} in total?",
                f"total {value}",
                f"what did {value} cost altogether?",
                f"how much was {value}?",
                f"what does {value} add up to?",
                f"{value} expenses, sum",
                f"how much {value} together?",
            )
        )
        if len(known) > 1:
            yield says, [written(sum(known))]


def _when(days: list[Day], rng: random.Random) -> tuple[str, Callable[[Day], bool]]:
    """A time in words, and whether a day is of it; one of some days is at its beginning or end."""
    year, month, day = rng.choice(days)
    other = rng.choice(days)[:2]
    name = rng.choice((calendar.month_name, calendar.month_abbr))
    said = f"{name[month]} {year}"
    whole = rng.choice((f"{day} {said}", f"{name[month]} {day}, {year}", f"{year}-{month:02}-{day:02}")) if day else ""
    n = (month + 2) // 3
    half = month > 6
    exactly = whole and rng.random() < 0.5
    at = whole if exactly else said
    mine: tuple[int, ...] = (year, month, day) if exactly else (year, month)
    one, two = sorted(((year, month), other))
    ways: list[tuple[str, Callable[[Day], bool]]] = [
        (f"in {said}", lambda each: each[:2] == (year, month)),
        (rng.choice((f"in {year}", f"from {year}", str(year))), lambda each: each[0] == year),
        (f"before {at}", lambda each: each[: len(mine)] < mine),
        (f"{rng.choice(('after', 'later than'))} {at}", lambda each: each[: len(mine)] > mine),
        (f"since {at}", lambda each: each[: len(mine)] >= mine),
        (f"{rng.choice(('until', 'up to'))} {at}", lambda each: each[: len(mine)] <= mine),
        (
            rng.choice(("from {0} to {1}", "between {0} and {1}", "{0} - {1}")).format(
                *(f"{name[m]} {y}" for y, m in (one, two))
            ),
            lambda each: one <= each[:2] <= two,
        ),
        (rng.choice((f"in Q{n} {year}", f"q{n} {year}")), lambda each: each[0] == year and (each[1] + 2) // 3 == n),
        (
            f"in the {'second' if half else 'first'} half of {year}",
            lambda each: each[0] == year and (each[1] > 6) == half,
        ),
        (f"since {year}", lambda each: each[0] >= year),
        (f"before {year}", lambda each: each[0] < year),
        (f"after {year}", lambda each: each[0] > year),
    ]
    return rng.choices(ways, weights=(3, 3, *(1,) * (len(ways) - 2)))[0]


def _dated(table: Table, rng: random.Random) -> Iterator[Made]:
    """Of a time: that of the first column of days, or of another, whose name is said."""
    label, columns = _label(table), [column for column in table.columns if column.sort == "date"]
    if not columns:
        return
    column = rng.choice(columns)
    days = [value for value in column.values if isinstance(value, tuple) and value[0]]
    if not days:
        return
    when, meant = _when(days, rng)
    value, among = (_of_a_sort(table, rng) if rng.random() < 0.5 else None) or ("", range(table.height))
    rows = [row for row in among if isinstance(day := column.values[row], tuple) and day[0] and meant(day)]
    if column is not columns[0]:
        when = rng.choice((f"with {column.name} {when}", f"{column.name} {when}"))
    measure = _measure(table)
    known = [figure for row in rows if (figure := measure.numbers[row]) is not None] if measure else []
    kind = rng.random()
    if kind < 0.3 and rows:
        yield f"{rng.choice(('how many', 'how many were there', 'number of rows'))} {value} {when}?", [str(len(rows))]
    elif kind < 0.7 and len(known) > 1:
        yield (
            f"{rng.choice(('how much', 'total', 'what was the sum', 'how much in total', 'sum of'))} {value} {when}?",
            [written(sum(known))],
        )
    elif label and rows:
        asks = rng.choice(("which", "list all", "all the"))
        yield f"{asks} {label.name} {value} {when}", [label.cells[row] for row in rows]


def _average(table: Table, rng: random.Random) -> Iterator[Made]:
    number = _pick(table, rng, _numbers)
    known = [figure for figure in number.numbers if figure is not None] if number else []
    if number is not None and known:
        yield (
            f"{rng.choice(('what is the average', 'average', 'mean'))} {number.name}?",
            [written(sum(known) / len(known))],
        )


def _count(table: Table, rng: random.Random) -> Iterator[Made]:
    sort = _of_a_sort(table, rng)
    if sort:
        value, rows = sort
        says = rng.choice(
            (f"how many {value} are there?", f"number of {value}", f"how many are {value}?", f"count {value}")
        )
        yield says, [str(len(rows))]


def _all_of_a_sort(table: Table, rng: random.Random) -> Iterator[Made]:
    label, sort = _label(table), _of_a_sort(table, rng)
    if label and sort:
        value, rows = sort
        says = rng.choice(
            (
                f"list all {label.name} of {value}",
                f"which {label.name} are {value}?",
                f"all {label.name} with {value}",
                f"name every {label.name} in {value}",
            )
        )
        yield says, [label.cells[row] for row in rows]


def _without(table: Table, rng: random.Random) -> Iterator[Made]:
    label = _label(table)
    column = _pick(table, rng, lambda c: any(c.empty) and sum(c.empty) <= 0.6 * len(c.empty))
    if label and column and label is not column:
        rows = [row for row, empty in enumerate(column.empty) if empty]
        says = rng.choice(
            (
                f"which {label.name} have no {column.name}?",
                f"{label.name} without {column.name}",
                f"which {label.name} has not {column.name} yet?",
                f"for which {label.name} is {column.name} missing?",
            )
        )
        yield says, [label.cells[row] for row in rows]
        yield f"how many have no {column.name}?", [str(len(rows))]


def _compared(table: Table, rng: random.Random) -> Iterator[Made]:
    label, number = _label(table), _pick(table, rng, _numbers)
    if label and number:
        figures = sorted({figure for figure in number.numbers if figure is not None})
        if len(figures) > 2:
            bound = rng.choice(figures[1:-1])
            over = rng.random() < 0.5
            rows = [
                row
                for row, figure in enumerate(number.numbers)
                if figure is not None and (figure > bound if over else figure < bound)
            ]
            word = rng.choice(_OVER if over else _UNDER)
            many = rng.random() < 0.4
            says = (
                f"how many {label.name} have {number.name} {word} {written(bound)}?"
                if many
                else rng.choice(
                    (
                        f"which {label.name} have {number.name} {word} {written(bound)}?",
                        f"{label.name} with {number.name} {word} {written(bound)}",
                    )
                )
            )
            yield says, [str(len(rows))] if many else [label.cells[row] for row in rows]


def _cell(table: Table, rng: random.Random) -> Iterator[Made]:
    label = _label(table)
    column = _pick(table, rng, lambda c: c is not label and not all(c.empty))
    if label and column:
        row = rng.choice([row for row, empty in enumerate(column.empty) if not empty])
        who = label.cells[row]
        says = rng.choice(
            (
                f"{column.name} of {who}?",
                f"what is the {column.name} of {who}?",
                f"{who} {column.name}",
                f"{column.name} for {who}",
            )
        )
        yield says, [column.cells[row]]


def _most(table: Table, rng: random.Random) -> Iterator[Made]:
    label, number = _label(table), _pick(table, rng, _numbers)
    if label and number:
        operation = rng.choice(("argmax", "argmin"))
        known = [(figure, row) for row, figure in enumerate(number.numbers) if figure is not None]
        best = (max if operation == "argmax" else min)(known)[0]
        rows = [row for figure, row in known if figure == best]
        says = f"which {label.name} has the {rng.choice(_MOST[operation])} {number.name}?"
        if len(rows) == 1:
            yield says, [label.cells[rows[0]]]


def _both_ends(table: Table, rng: random.Random) -> Iterator[Made]:
    label, number = _label(table), _pick(table, rng, _numbers)
    if label and number:
        known = sorted((figure, row) for row, figure in enumerate(number.numbers) if figure is not None)
        if known[0][0] < known[1][0] and known[-2][0] < known[-1][0]:
            most, least = rng.choice((("most", "fewest"), ("highest", "lowest"), ("largest", "smallest")))
            if rng.random() < 0.4:
                says = rng.choice((f"{most} and {least} {number.name}?", f"{number.name}: {most}, {least}, and when?"))
                yield says, [number.cells[known[-1][1]], number.cells[known[0][1]]]
                return
            says = rng.choice(
                (
                    f"which {label.name} has the {most} {number.name} and which the {least}?",
                    f"which {label.name} have the {most} and the {least} {number.name}?",
                )
            )
            yield says, [label.cells[known[-1][1]], label.cells[known[0][1]]]


def _part(table: Table, rng: random.Random) -> Iterator[Made]:
    label, number = _label(table), _pick(table, rng, lambda c: _numbers(c) and not _years(c))
    if not label or not number:
        return
    figures = {row: figure for row, figure in enumerate(number.numbers) if figure and row not in table.apart}
    value, rows = (_of_a_sort(table, rng) if rng.random() < 0.5 else None) or ("", [])
    if not rows and figures:
        row = rng.choice(list(figures))
        value, rows = label.cells[row], [row]
    whole, part = sum(figures.values()), sum(figures.get(row, 0.0) for row in rows)
    if min(figures.values(), default=-1) > 0 and 0 < part < whole:
        says = rng.choice(
            (
                f"what percentage of the {number.name} is {value}?",
                f"{value} as a share of all {number.name}?",
                f"what share of the total {number.name} does {value} have?",
                f"how many percent of {number.name} are {value}?",
                f"{value}: percent of total {number.name}",
            )
        )
        yield says, [written(round(100 * part / whole, 2))]


def _either(table: Table, rng: random.Random) -> Iterator[Made]:
    number, column = _pick(table, rng, _numbers), _pick(table, rng, _sorts)
    values = (
        sorted({cell for cell, empty in zip(column.cells, column.empty, strict=True) if not empty}) if column else []
    )
    if not column or len(values) < 3:
        return
    some = rng.sample(values, rng.choice((2, 2, 3)))
    rows = [row for row, cell in enumerate(column.cells) if cell in some]
    said = f"{', '.join(some[:-1])} {rng.choice(('and', 'or'))} {some[-1]}"
    known = [figure for row in rows if (figure := number.numbers[row]) is not None] if number else []
    if number and len(known) > 1 and rng.random() < 0.6:
        says = rng.choice((f"{number.name} of {said} together?", f"how much {number.name} for {said} in total?"))
        yield says, [written(sum(known))]
    else:
        yield rng.choice((f"how many are {said}?", f"number of {said}")), [str(len(rows))]


def _of_two(table: Table, rng: random.Random) -> Iterator[Made]:
    label, number = _label(table), _pick(table, rng, lambda c: _numbers(c) and not _years(c))
    figures = [(figure, row) for row, figure in enumerate(number.numbers) if figure and figure > 0] if number else []
    if not label or not number or len(figures) < 2:
        return
    (one, first), (other, second) = rng.sample(figures, 2)
    if rng.random() < 0.5:
        says = rng.choice(
            (
                f"what is the ratio of {label.cells[first]} to {label.cells[second]} in {number.name}?",
                f"{number.name}: ratio {label.cells[first]} {label.cells[second]}",
                f"how many times the {number.name} of {label.cells[second]} is that of {label.cells[first]}?",
            )
        )
        yield says, [written(round(one / other, 2))]
    elif one < other:
        says = rng.choice(
            (
                f"what is the {number.name} of {label.cells[first]} as a percentage of {label.cells[second]}?",
                f"{number.name} of {label.cells[first]} in percent of {label.cells[second]}",
            )
        )
        yield says, [written(round(100 * one / other, 2))]


def _some_cells(table: Table, rng: random.Random) -> Iterator[Made]:
    label = _label(table)
    columns = [column for column in table.columns if column.words and column is not label]
    if label and len(columns) > 1:
        one, other = rng.sample(columns, 2)
        rows = [row for row in range(table.height) if not (one.empty[row] or other.empty[row])]
        if rows:
            row = rng.choice(rows)
            who = label.cells[row]
            says = rng.choice(
                (
                    f"{one.name} and {other.name} of {who}?",
                    f"what are the {one.name} and the {other.name} of {who}?",
                    f"what is the respective {who} in {one.name} and {other.name}?",
                )
            )
            yield says, [one.cells[row], other.cells[row]]


# fmt: off
KINDS: tuple[Callable[[Table, random.Random], Iterator[Made]], ...] = (
    _sum, _how_much, _dated, _average, _count, _all_of_a_sort, _without, _compared, _cell, _most, _both_ends, _part,
    _of_two, _some_cells, _either,
)
# fmt: on
