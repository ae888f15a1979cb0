"""What the tables that were found answer: cells, counts, sums, orders, worked out over whole tables and not only over
the rows that were found. The rows that it stands on are quoted below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.asking.found_tables import FoundTable, found_tables, quoted_rows, stated
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence, is_head
from pipelines.asking.phrases import phrase
from pipelines.query.plan import QueryPlan
from pipelines.tables.conditions import Asked
from pipelines.tables.judging import Match, What, also_asked, also_meant, held, judged, parts_of, rightness
from pipelines.tables.numbers import number_of
from pipelines.tables.programs import ROWS, Program, Reading, readings
from pipelines.tables.sql import query
from pipelines.tables.table import Table
from pipelines.tables.telling import shown
from pipelines.tables.wording import ASKING, corrected

SURE: dict[What, float] = {"answer": 0.45, "rows": 0.35}
"""From which on an answer of a table is told, or else the rows that it stands on, which are true whatever is asked."""

_NEAR = 0.2  # a table that holds so much less of the question than another is not looked at closely
_HELD = 0.1  # of a question that is about a table stands in it, at least; of others hardly a word does


@dataclass(frozen=True)
class WorkedOut:
    """`statement` is what is said (Markdown), if anything: what `answers`, or which rows follow, which is true whatever
    is asked; `rows` what it stands on, the head of their table first. What is `sure` leaves nothing to other files."""

    statement: str
    rows: tuple[Sentence, ...]
    answers: bool
    sure: bool = True


def worked_out(plan: QueryPlan, material: Material, quoted: Sequence[Sentence] = ()) -> WorkedOut | None:
    """The likeliest answer of a table among the results, or its likeliest rows; None where none is likely enough. Where
    what is `quoted` begins with rows of that table, those that the question's words name are likelier meant."""
    asked = _asked(plan, material)
    tables = found_tables(plan, material)
    under = [(found.table, found.about) for found in tables]
    read = [readings(part, under, material.context.shelf.text) for part in (asked, *parts_of(asked))]
    rarity = material.context.rarity(set(asked.spoken))
    most = max(rarity.values(), default=1.0)  # what stands in no file tells most: no table holds it
    worth = {word: rarity.get(word) or (word not in ASKING) * most for word in asked.spoken}
    shares = [held(reading, worth) for reading in read[0]]
    if max(shares, default=0.0) >= _HELD:
        material.table = tables[shares.index(max(shares))]
    likeliest = _likeliest(read, worth, shares, _match(plan, material))
    for what, (sure, program, reading, _) in likeliest.items():
        said = query(program, reading.table)
        material.context.trace.note("table", f"{what}: {said} ({sure:.2f}; {SURE[what]:.2f} would be told)")
    told = next((what for what in SURE if what in likeliest and likeliest[what][0] >= SURE[what]), None)
    if told is None and "rows" in likeliest:
        _, program, _, n = likeliest["rows"]
        own = {(row.segment.id, row.start) for row in tables[n].rows}
        first = next((each for each in quoted if not is_head(each)), None)
        told = "rows" if first and program.which.all and (first.segment.id, first.start) in own else None
        if told:
            material.context.trace.note("table", "rows of this table would be quoted anyway: these are told")
    if told is None:
        return None
    sure, program, reading, n = likeliest[told]
    statement = ""
    if told == "answer":
        material.worked_out = sure
        programs = [program, *also_asked(program, reading, [part[n] for part in read[1:]])]
        statement = _stated(programs, tables[n], plan.language)
    elif len(program.rows) > 1 and program.which.all:
        also = [*also_asked(program, reading, [part[n] for part in read[1:]]), *also_meant(program, reading)]
        statement = _which(program, reading, also, tables[n], plan.language)
    return WorkedOut(statement, quoted_rows(_answering(program, reading), tables[n], material), told == "answer")


def _asked(plan: QueryPlan, material: Material) -> Asked:
    """The question without mistakes in words that ask, as far as these stand in no file."""
    asked = Asked(plan.text, plan.language)
    if plan.language != "en":
        return asked
    nowhere = {word for word, weight in material.context.rarity(set(asked.spoken)).items() if not weight}
    return Asked(corrected(plan.text, nowhere), plan.language)


def _match(plan: QueryPlan, material: Material) -> Match | None:
    """What reads a question together with programs, where there is something that reads its language."""
    reader = material.context.shelf.cross_encoder
    return reader.match if reader is not None and plan.language == "en" else None


def _likeliest(
    read: Sequence[Sequence[Reading]], worth: Mapping[str, float], shares: Sequence[float], match: Match | None
) -> dict[What, tuple[float, Program, Reading, int]]:
    """The likeliest answer and the likeliest rows of some tables, which hold `shares` of the question: how surely, by
    which reading, of which table. The first part of a question may say which rows it means, those behind it lean on
    that."""
    found: dict[What, tuple[float, Program, Reading, int]] = {}
    for part in read[:2]:
        for n, reading in enumerate(part):
            behind = max(shares) - shares[n]
            for each in judged(reading, match if behind < _NEAR else None):
                sure = rightness(each, reading, worth, behind) if part is read[0] or each.program.which.all else 0.0
                if sure > found.get(each.what, (0.0,))[0]:
                    found[each.what] = sure, each.program, reading, n
    return found


def _which(program: Program, reading: Reading, also: Sequence[Program], found: FoundTable, language: str) -> str:
    """How many rows there are, and which they are; and what else was asked of them."""
    more = [_said(each, found.table, language) for each in also if each.operation not in ROWS]
    which = phrase("table_where", language, n=len(program.rows), where=shown(program, reading))
    return stated([which, *more], found, len(program.rows), language)


def _stated(programs: Sequence[Program], found: FoundTable, language: str) -> str:
    """What is said of programs, and what it was worked out from where that is not to be seen."""
    rows = len(programs[0].rows)
    alone = len(programs) == rows == 1 and programs[0].operation.startswith(("select", "columns"))
    return stated([_said(each, found.table, language) for each in programs], found, rows, language, alone)


def _answering(program: Program, reading: Reading) -> list[int]:
    """The rows that a program stands on, those that hold the answer first."""
    column = reading.table.columns[program.columns[-1]] if program.columns else None
    answer = {number_of(each) for each in program.answer} if program.operation in ("max", "min") else set()
    return sorted(program.rows, key=lambda row: column is None or column.numbers[row] not in answer)


def _said(program: Program, table: Table, language: str) -> str:
    """'amount_eur, together: **920**', 'district: **Pankow** (people: 409,453)'."""
    value = f"**{', '.join(program.answer)}**"
    names = [table.columns[n].name for n in program.columns]
    if program.operation == "columns select":
        return ", ".join(_named(name, f"**{cell}**") for name, cell in zip(names, program.answer, strict=True))
    if program.operation == "extremes":
        by, of = (table.columns[n].cells for n in (program.columns[0], program.columns[-1]))
        ends = [f"**{of[row]}**" + (f" ({_named(names[0], by[row])})" if by is not of else "") for row in program.rows]
        return _named(names[-1], ", ".join(ends))
    if program.operation in ROWS:
        beside = ""
        if len(names) > 1 and names[0] != names[-1]:
            beside = f" ({_named(names[0], table.columns[program.columns[0]].cells[program.rows[0]])})"
        return _named(names[-1], f"{value}{beside}")
    if program.operation in ("share", "ratio", "columns share", "columns ratio"):
        names = [" / ".join(_compared(program, table))]
    role = "table_" + re.sub(r"\W", "_", program.operation.removeprefix("columns "))
    return phrase(
        role, language, value=value, column=" / ".join(names) if program.columns else "", n=str(len(program.which.rows))
    )


def _named(name: str, value: str) -> str:
    """A value under its column's name, or alone: the column of labels has often none."""
    return f"{name}: {value}" if name else value


def _compared(program: Program, table: Table) -> list[str]:
    """What is divided by what: columns by their names, rows by their first cells; of a share the part first."""
    row, n = program.rows[0], program.columns[-1]
    if program.operation.startswith("columns"):
        told = [(number_of(table.columns[c].cells[row]), table.columns[c].name) for c in program.columns]
    else:
        told = [(table.columns[n].numbers[each], table.columns[0].cells[each]) for each in program.rows]
    if program.operation.endswith("share"):
        told.sort(key=lambda each: each[0] or 0.0)
    return [name for _, name in told]
