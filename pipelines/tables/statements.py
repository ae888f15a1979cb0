"""SQL over a table that somebody wrote who may err: one SELECT, with what it gives and the rows that this stands on."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from pipelines.tables.cells import written
from pipelines.tables.days import day_of
from pipelines.tables.sql import run
from pipelines.tables.table import Table

_OPERATIONS = {exp.Sum: "sum", exp.Avg: "average", exp.Max: "max", exp.Min: "min", exp.Count: "count"}
_OF_GROUPS = ("distinct", "group", "having", "order", "limit", "offset")
_CONDITIONS = (exp.Where, exp.Having, exp.Join)


@dataclass(frozen=True)
class Selected:
    """What a statement gives: `lines` of values, as people write them, and the `rows` that it is made of, those that
    hold one of the values first. Where that is one `column`, its name, and the `operation` that was done on it."""

    lines: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]
    column: str
    operation: str


def selected(sql: str, table: Table) -> Selected:
    """What a SELECT over a table `t` gives. Raises ValueError, which says why, for what is none, cannot be run or taken
    apart, finds nothing, or gives what stands in no cell."""
    try:
        lines = [line for line in run(sql, table) if any(value is not None for value in line)]
        statement = sqlglot.parse_one(sql, dialect="sqlite")  # SQLite has run it: there are no others behind it
        if not isinstance(statement, exp.Select):
            raise ValueError("this is no SELECT")
        names = {name[1:-1].lower() for name in (*table.quoted, *table.written)}
        known = names | {"row", "*"} | {each.alias.lower() for each in statement.find_all(exp.Alias)}
        unknown = [each.name for each in statement.find_all(exp.Column) if each.name.lower() not in known]
        if unknown:  # SQLite takes them for words, where they stand in double quotes
            raise ValueError(f"no such column: {unknown[0]}")
        rows = [row for (row,) in run(_rows_of(statement), table, table.height)]
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise ValueError("it cannot be taken apart") from error
    if not lines or not rows:
        raise ValueError("nothing was found")
    if any(select.is_star for select in statement.selects):
        raise ValueError("a whole row is no answer")
    _check([value for line in lines for value in line if value is not None], table)
    values = {value for line in lines for value in line} - {None}
    rows.sort(key=lambda row: not any({each.cells[row], each.numbers[row]} & values for each in table.columns))
    said = tuple(tuple(map(_said, line)) for line in lines)
    return Selected(said, tuple(rows), *_named(statement.selects, names, "group" in statement.args))


def _check(values: Sequence[Any], table: Table) -> None:
    """Raises ValueError for words that stand in no cell, and for what is no number."""
    cells = [cell for column in table.columns for cell in (column.name, *column.cells)]
    for value in values:
        if isinstance(value, str) and not any(value in cell for cell in cells) and day_of(value) is None:
            raise ValueError("it gives what stands in no cell")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("it gives what is no number")


def _rows_of(statement: exp.Select) -> str:
    """The SQL that gives the rows that a statement is made of: those of each SELECT that reads the table itself, but
    for those in conditions."""
    read: list[str] = []
    for each in statement.walk(prune=lambda node: isinstance(node, _CONDITIONS)):
        if not isinstance(each, exp.Select):
            continue
        if not all(value.find(exp.Column, exp.Star, exp.Count) for value in each.selects):
            raise ValueError("it gives what stands in no cell")
        if _reads(each) and not any(map(_reads, _above(each))):
            read.append(f"SELECT row FROM ({_with_row(each).sql(dialect='sqlite')})")
    return " UNION ".join(read) or "SELECT row FROM t WHERE 0"


def _reads(node: Any) -> bool:
    """Whether it is a SELECT from the table."""
    source = node.args.get("from_") if isinstance(node, exp.Select) else None
    return source is not None and isinstance(source.this, exp.Table) and source.this.name.lower() == "t"


def _above(node: Any) -> list[Any]:
    return [] if node.parent is None else [node.parent, *_above(node.parent)]


def _with_row(select: exp.Select) -> exp.Select:
    """The same with the number of each row in front, all those that were put together by themselves."""
    made = select.copy()
    # What is selected may be named in a condition.
    alone = [column for column in made.selects if not any(map(_is_aggregate, column.find_all(exp.Func)))]
    if len(alone) < len(made.selects) or made.args.get("group") or made.args.get("distinct"):
        for part in _OF_GROUPS:
            made.set(part, None)
    made.set("expressions", [exp.column("row", made.args["from_"].this.alias_or_name, quoted=True), *alone])
    return made


def _is_aggregate(function: Any) -> bool:
    """sqlglot does not know SQLite's TOTAL."""
    return isinstance(function, exp.AggFunc) or (
        isinstance(function, exp.Anonymous) and function.name.lower() == "total"
    )


def _named(columns: list[Any], names: Collection[str], grouped: bool) -> tuple[str, str]:
    """The name of the one column that is selected, and the operation on it; '' where it is none of the table's, or is
    that of groups."""
    told = columns[0].unalias()
    of, operation = told.this, _OPERATIONS.get(type(told), "")
    if operation == "count" and isinstance(of, exp.Distinct):
        of, operation = of.expressions[0], "count_distinct"
    column = told if isinstance(told, exp.Column) else of if operation else None
    name = column.name if isinstance(column, exp.Column) and column.name.lower() in names else ""
    return (name, operation) if len(columns) == 1 and not grouped and (name or operation == "count") else ("", "")


def _said(value: Any) -> str:
    if value is None:
        return "–"
    return written(value) if isinstance(value, float) else " ".join(str(value).split())
