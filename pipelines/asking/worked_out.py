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
from pipelines.tables.judging import (
    Match,
    What,
    also_asked,
    also_meant,
    held,
    judged,
    parts_of,
    rightness,
    said_by,
    used,
)
from pipelines.tables.numbers import number_of
from pipelines.tables.programs import ROWS, Program, Reading, readings
from pipelines.tables.sql import query
from pipelines.tables.table import Table
from pipelines.tables.telling import shown
from pipelines.tables.wording import ASKING, corrected

SURE: dict[What, float] = {"answer": 0.45, "rows": 0.35}
"""From which on an answer of a table is told, or else the rows that it stands on, which are true whatever is asked."""

_LIKELY = 0.2  # rows of a table that would be quoted anyway, below other things
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


@dataclass(frozen=True)
class _Meant:
    """A program with how surely its answer, or only its rows, are meant, by which reading of the `n`th table."""

    what: What
    sure: float
    program: Program
    reading: Reading
    n: int


def worked_out(plan: QueryPlan, material: Material, quoted: Sequence[Sentence] = ()) -> WorkedOut | None:
    """The likeliest answer of a table among the results, or its likeliest rows; None where none is likely enough. Where
    rows of a table are `quoted` anyway, those that the question's words name are likelier meant."""
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
    prose = max((said_by(each.text, asked, worth) for each in material.scores if each.form != "row"), default=0.0)
    likeliest = _likeliest(read, worth, shares, prose, _match(plan, material))
    best = [next((each for each in likeliest if each.what == what), None) for what in SURE]
    for each in filter(None, best):
        said = query(each.program, each.reading.table)
        material.context.trace.note(
            "table", f"{each.what}: {said} ({each.sure:.2f}; {SURE[each.what]:.2f} would be told)"
        )
    told = next((each for each in best if each and each.sure >= SURE[each.what]), None)
    if told is None:
        told = next((each for each in likeliest if _is_quoted(each, tables[each.n], quoted)), None)
        if told is None:
            return None
        material.context.trace.note("table", "rows of this table would be quoted anyway: these are told")
    program, reading, n = told.program, told.reading, told.n
    statement = ""
    if told.what == "answer":
        material.worked_out = told.sure
        programs = [program, *also_asked(program, reading, [part[n] for part in read[1:]])]
        statement = _stated(programs, tables[n], plan.language)
    elif len(program.rows) > 1 and program.which.all:
        also = [*also_asked(program, reading, [part[n] for part in read[1:]]), *also_meant(program, reading)]
        statement = _which(program, reading, also, tables[n], plan.language)
    return WorkedOut(statement, quoted_rows(_answering(program, reading), tables[n], material), told.what == "answer")


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
    read: Sequence[Sequence[Reading]],
    worth: Mapping[str, float],
    shares: Sequence[float],
    prose: float,
    match: Match | None,
) -> list[_Meant]:
    """The likeliest answer and the likeliest rows of each table, the surest first; the tables hold `shares` of the
    question. The first part of a question may say which rows it means, those behind it lean on that. What is said of
    all rows, as how many they are, is no answer where a sentence holds more of the question: `prose` is what the best
    does."""
    found: list[_Meant] = []
    for part in read[:2]:
        for n, reading in enumerate(part):
            behind = max(shares) - shares[n]
            for each in judged(reading, match if behind < _NEAR else None):
                some = bool(each.program.which.all)
                meant = some or (part is read[0] and used(each.program, reading, worth) >= prose)
                if meant and (sure := rightness(each, reading, worth, behind)) > 0:
                    found.append(_Meant(each.what, sure, each.program, reading, n))
    return sorted(found, key=lambda each: -each.sure)


def _is_quoted(meant: _Meant, found: FoundTable, quoted: Sequence[Sentence]) -> bool:
    """Whether some rows of a table are told in the place of those that would be quoted: of the table that comes first,
    or of any where they are likely."""
    own = {(row.segment.id, row.start) for row in found.rows}
    among = [(each.segment.id, each.start) in own for each in quoted if not is_head(each)]
    likely = any(among[:1]) or (any(among) and meant.sure >= _LIKELY)
    return meant.what == "rows" and bool(meant.program.which.all) and likely


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
