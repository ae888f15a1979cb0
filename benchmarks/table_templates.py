"""Questions made over tables, of the kinds that people ask of their own and sets of questions hardly hold: sums, what
has no value, what is more than something, all of a sort."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from benchmarks.table_kinds import KINDS
from pipelines.tables.table import Table


class Asked(NamedTuple):
    """A question, its answers, those of its second part where it has one, and what its table stands under."""

    question: str
    answers: list[str]
    also: Sequence[str] = ()
    about: str = ""


_OTHERWISE = 0.4  # share of columns that are called otherwise


def made(table: Table, rng: random.Random, near: Mapping[str, Sequence[str]]) -> list[Asked]:
    """A few questions over a table, each of another kind, without those that have no answer. Columns are called by
    their names or, as people would, by one that is `near` it in meaning."""
    columns = tuple(
        replace(column, name=rng.choice(near[column.name]))
        if near.get(column.name) and rng.random() < _OTHERWISE
        else column
        for column in table.columns
    )
    table = replace(table, columns=columns)
    kinds = rng.sample(KINDS, k=len(KINDS))
    found = [each for kind in kinds for each in list(kind(table, rng))[:1]]
    asked = [Asked(question, answers) for question, answers in found[:4] if answers and len(answers) <= 12]
    return [_careless(_above(_two_parts(each, rng), rng), rng) for each in asked]


def _two_parts(asked: Asked, rng: random.Random) -> Asked:
    """Who asks for all of a sort asks how many they are as well."""
    if len(asked.answers) < 2 or rng.random() < 0.6:
        return asked
    more = rng.choice((" and how many are there", ", and how many is that", ". how many are there"))
    return asked._replace(question=asked.question.rstrip("?") + more + "?", also=[str(len(asked.answers))])


def _above(asked: Asked, rng: random.Random) -> Asked:
    """The question may name the file, or the year that its name holds."""
    if rng.random() < 0.5:
        return asked
    about = rng.choice(("sales", "members", "survey", "stock", "price list", "orders", "results", "register", "plan"))
    year = rng.choice(("", str(rng.randint(1995, 2026))))
    said = rng.choice(
        (f"in the {year} {about}", f"in the {about} of {year}" if year else f"in the {about}", f"in {year or about}")
    )
    question = asked.question.rstrip("?")
    first = rng.random() < 0.3
    return asked._replace(question=f"{said} {question}?" if first else f"{question} {said}?", about=f"{about} {year}")


def _careless(asked: Asked, rng: random.Random) -> Asked:
    question = " ".join(asked.question.split())
    return asked._replace(question=question if rng.random() < 0.5 else question.lower().rstrip("?"))
