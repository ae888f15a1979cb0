"""Programs as SQL, so that people can read what was worked out; and SQL over a table, read-only and bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from typing import Any

from pipelines.tables.cells import Column, words_of
from pipelines.tables.numbers import number_of
from pipelines.tables.operations import called
from pipelines.tables.programs import Program
from pipelines.tables.table import Table

MOST = 1_000
"""Rows of a result."""

_LONGEST = 1_000_000  # bytes of a value
_STEPS = 20_000_000  # of SQLite's machine that a query may take
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}

_VALUES = {
    "count": "COUNT(*)",
    "count distinct": "COUNT(DISTINCT {1})",
    "sum": "SUM({0})",
    "average": "AVG({0})",
    "max": "MAX({0})",
    "min": "MIN({0})",
    "difference": "MAX({0}) - MIN({0})",
    "share": "100.0 * MIN({0}) / MAX({0})",
}
_ROW = {
    "first": "(SELECT MIN(row) FROM t{where})",
    "last": "(SELECT MAX(row) FROM t{where})",
    "next": "(SELECT row FROM t{where}) + 1",
    "previous": "(SELECT row FROM t{where}) - 1",
}


def query(program: Program, table: Table) -> str:
    """The SQL of a program over a table `t` with a column `row`. `says` and `mentions` compare words without case and
    accents, `number` reads the number of a cell that holds words, too."""
    names = [table.quoted[n] for n in program.columns]
    written = [table.written[n] for n in program.columns]
    where = _where(program, table)
    operation, last = program.operation, written[-1] if written else ""
    if operation in _VALUES:
        return f"SELECT {_VALUES[operation].format(*names[-1:], *written[-1:])} FROM t{where}"
    if operation in _ROW:
        return f"SELECT {last} FROM t WHERE row = {_ROW[operation].format(where=where)}"
    if operation == "select":
        return f"SELECT DISTINCT {last} FROM t{_and(where, f'{last} IS NOT NULL')}"
    if operation in ("argmax", "argmin"):
        best = f"(SELECT {operation[3:].upper()}({names[0]}) FROM t{where})"
        return f"SELECT DISTINCT {last} FROM t{_and(where, f'{names[0]} = {best} AND {last} IS NOT NULL')}"
    if operation == "extremes":
        ends = f"(SELECT MAX({names[0]}) FROM t{where}), (SELECT MIN({names[0]}) FROM t{where})"
        return f"SELECT DISTINCT {last} FROM t{_and(where, f'{names[0]} IN ({ends})')}"
    if operation == "part":
        whole = f"SELECT SUM({names[0]}) FROM t{f' WHERE {_no_sums(table, table.every)}' if table.apart else ''}"
        return f"SELECT 100.0 * SUM({names[0]}) / ({whole}) FROM t{where}"
    if operation in ("mode", "mode count"):
        grouped = f"FROM t{_and(where, f'{last} IS NOT NULL')} GROUP BY {last}"
        most = f"(SELECT MAX(times) FROM (SELECT COUNT(*) AS times {grouped}))"
        return (
            f"SELECT {last} {grouped} HAVING COUNT(*) = {most}"
            if operation == "mode"
            else f"SELECT MAX(times) FROM (SELECT COUNT(*) AS times {grouped})"
        )
    if operation == "change":
        later, earlier = (f"(SELECT {names[-1]} FROM t WHERE row = {row})" for row in program.rows)
        return f"SELECT 100.0 * ({later} - {earlier}) / {earlier}"
    if operation == "ratio":
        first, second = (f"(SELECT {names[-1]} FROM t WHERE row = {row})" for row in program.rows)
        return f"SELECT 1.0 * {first} / {second}"
    if operation == "columns select":
        return f"SELECT {', '.join(written)} FROM t{where}"
    shown = [called(n, program.columns, table.columns) for n in program.columns]
    labels = ["'" + name.replace("'", "''") + "'" for name in shown]
    return f"SELECT {_across(operation, names, labels)} FROM t{where}"


def _where(program: Program, table: Table) -> str:
    told = [program.which.sql] if program.which.all else []
    if table.apart & program.which.rows and not program.which.rows <= table.apart:
        told.append(_no_sums(table, program.which.rows))
    return f" WHERE {' AND '.join(told)}" if told else ""


def _no_sums(table: Table, rows: Collection[int]) -> str:
    return f"row NOT IN ({', '.join(map(str, sorted(table.apart & set(rows))))})"


def run(sql: str, table: Table, most: int = MOST) -> list[tuple[Any, ...]]:
    """The rows that a query over a table `t` gives, at most so many. It can read this table and nothing else, and for
    some seconds. Raises sqlite3.Error for what is no query, reads other things, or takes too long."""
    with closing(_database(table)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        database.set_authorizer(_allowed)
        database.set_progress_handler(lambda: 1, _STEPS)
        return database.execute(sql).fetchmany(most)


def _allowed(action: int, name: str | None, *_: str | None) -> int:
    other = action == sqlite3.SQLITE_READ and name != "t"
    return sqlite3.SQLITE_OK if action in _READING and not other else sqlite3.SQLITE_DENY


def schema(table: Table) -> str:
    """The statement that makes the table `t`."""
    return f"CREATE TABLE t (row INTEGER PRIMARY KEY, {', '.join(f'{name} {sort}' for name, sort, _ in _typed(table))})"


def _database(table: Table) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.create_function("says", 2, _says, deterministic=True)
    database.create_function("mentions", 2, _mentions, deterministic=True)
    database.create_function(
        "number", 1, lambda cell: cell if cell is None else number_of(str(cell)), deterministic=True
    )
    database.execute(schema(table))
    columns = [cells for _, _, cells in _typed(table)]
    marks = ", ".join("?" * (len(columns) + 1))
    rows = zip(*columns, strict=True)
    database.executemany(f"INSERT INTO t VALUES ({marks})", ((n, *row) for n, row in enumerate(rows)))
    return database


def _typed(table: Table) -> list[tuple[str, str, list[str | float | None]]]:
    """The name, type and cells of each column in SQL."""
    types = {"number": "REAL", "date": "TEXT", "text": "TEXT"}
    typed = [
        (name, types[column.sort], _meant(column)) for name, column in zip(table.quoted, table.columns, strict=True)
    ]
    return typed + [
        (name, "TEXT", _as_written(column))
        for name, column in zip(table.written, table.columns, strict=True)
        if column.sort != "text"
    ]


def _meant(column: Column) -> list[str | float | None]:
    """Numbers, days as ISO writes them, or words; NULL for what is none of the column's sort."""
    if column.sort == "text":
        return _as_written(column)
    return [f"{day[0]:04}-{day[1]:02}-{day[2]:02}" if isinstance(day, tuple) else day for day in column.values]


def _as_written(column: Column) -> list[str | float | None]:
    return [None if empty else cell for cell, empty in zip(column.cells, column.empty, strict=True)]


def _said(cell: object) -> str:
    return " ".join(words_of(str(cell or "")))


def _says(cell: object, said: object) -> bool:
    return _said(cell) in (said, _said(said))  # programs give words without their endings, chat models as they are


def _mentions(cell: object, said: object) -> bool:
    return any(f" {each} " in f" {_said(cell)} " for each in (said, _said(said)))


def _across(operation: str, names: Sequence[str], labels: Sequence[str]) -> str:
    numbers = [f"number({name})" for name in names]
    if operation in ("columns max", "columns min"):
        best = f"{operation[-3:].upper()}({', '.join(numbers)})"
        cases = (f"WHEN {number} THEN {label}" for number, label in zip(numbers, labels, strict=True))
        return f"CASE {best} {' '.join(cases)} END"
    if operation == "columns difference":
        return " - ".join(numbers)
    if operation == "columns change":
        return f"100.0 * ({numbers[0]} - {numbers[1]}) / {numbers[1]}"
    if operation == "columns ratio":
        return f"1.0 * {numbers[0]} / {numbers[1]}"
    if operation == "columns share":
        return f"100.0 * MIN({', '.join(numbers)}) / MAX({', '.join(numbers)})"
    total = " + ".join(numbers)
    return total if operation == "columns sum" else f"({total}) / {len(numbers)}.0"


def _and(where: str, condition: str) -> str:
    return f"{where} AND {condition}" if where else f" WHERE {condition}"
