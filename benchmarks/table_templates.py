"""Questions made over tables, of the kinds that people ask of their own and sets of questions hardly hold: sums, what
has no value, what is more than something, all of a sort."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from pipelines.tables.cells import Column, written
from pipelines.tables.table import Table

Asked = tuple[str, list[str]]
"""A question and its answers."""

_OVER = ("over", "more than", "above", "greater than")
_UNDER = ("under", "less than", "below")
_MOST = {"argmax": ("highest", "most", "largest"), "argmin": ("lowest", "least", "smallest")}


def made(table: Table, rng: random.Random) -> list[Asked]:
    """A few questions over a table, each of another kind, without those that have no answer."""
    kinds = rng.sample(_KINDS, k=len(_KINDS))
    found = [asked for kind in kinds for asked in list(kind(table, rng))[:1]]
    return [(_careless(question, rng), answers) for question, answers in found[:4] if answers and len(answers) <= 12]


def _careless(question: str, rng: random.Random) -> str:
    question = " ".join(question.split())
    return question if rng.random() < 0.5 else question.lower().rstrip("?")


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


def _sum(table: Table, rng: random.Random) -> Iterator[Asked]:
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


def _average(table: Table, rng: random.Random) -> Iterator[Asked]:
    number = _pick(table, rng, _numbers)
    known = [figure for figure in number.numbers if figure is not None] if number else []
    if number is not None and known:
        yield (
            f"{rng.choice(('what is the average', 'average', 'mean'))} {number.name}?",
            [written(sum(known) / len(known))],
        )


def _count(table: Table, rng: random.Random) -> Iterator[Asked]:
    sort = _of_a_sort(table, rng)
    if sort:
        value, rows = sort
        says = rng.choice(
            (f"how many {value} are there?", f"number of {value}", f"how many are {value}?", f"count {value}")
        )
        yield says, [str(len(rows))]


def _all_of_a_sort(table: Table, rng: random.Random) -> Iterator[Asked]:
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


def _without(table: Table, rng: random.Random) -> Iterator[Asked]:
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


def _compared(table: Table, rng: random.Random) -> Iterator[Asked]:
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


def _cell(table: Table, rng: random.Random) -> Iterator[Asked]:
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


def _most(table: Table, rng: random.Random) -> Iterator[Asked]:
    label, number = _label(table), _pick(table, rng, _numbers)
    if label and number:
        operation = rng.choice(("argmax", "argmin"))
        known = [(figure, row) for row, figure in enumerate(number.numbers) if figure is not None]
        best = (max if operation == "argmax" else min)(known)[0]
        rows = [row for figure, row in known if figure == best]
        says = f"which {label.name} has the {rng.choice(_MOST[operation])} {number.name}?"
        if len(rows) == 1:
            yield says, [label.cells[rows[0]]]


_KINDS: Any = (_sum, _average, _count, _all_of_a_sort, _without, _compared, _cell, _most)
