"""Programs over a table in few words, as they are read together with a question: 'people where city is paris : 9'."""

from __future__ import annotations

import re

from pipelines.tables.conditions import Condition
from pipelines.tables.programs import Program, Reading
from pipelines.tables.table import Table

_OPERATIONS = {
    "select": "",
    "count": "how many rows",
    "count distinct": "how many different",
    "sum": "sum of",
    "average": "average of",
    "max": "largest",
    "min": "smallest",
    "difference": "difference of largest and smallest",
    "argmax": "of the largest",
    "argmin": "of the smallest",
    "mode": "most often",
    "mode count": "how often the most often",
    "change": "change in percent",
    "share": "share in percent of",
    "part": "share in percent of all",
    "ratio": "ratio of",
    "extremes": "of the largest and the smallest",
    "columns select": "",
    "columns share": "columns share in percent",
    "columns ratio": "columns ratio",
}  # all others are called by their name
_YEAR = re.compile(r'CAST\(substr\(("[^"]*"), 1, 4\) AS INTEGER\)')
_MONTH = re.compile(r'CAST\(substr\(("[^"]*"), 6, 2\) AS INTEGER\)')
_WORDS = re.compile(r"""(?:says|mentions)\(("[^"]*"), '([^']*)'\)""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")  # names of columns, and words
_DENSE = re.compile(r"(?<=[\u2e80-\ufaff]) (?=[\u2e80-\ufaff])")
_COMPARED = re.compile(r" (<=|>=|=|<|>) (-?[\d.]+)")
_COLUMNS, _ANSWERS, _LONGEST = 3, 4, 80  # that are named; characters of the answer


def conditions_told(program: Program) -> str:
    """Which rows are meant: 'Day fee > 10 AND town is lindau'."""
    where = _WORDS.sub(r"\1 is \2", _MONTH.sub(r"month of \1", _YEAR.sub(r"year of \1", program.which.sql)))
    return where.replace('"', "")


def shown(program: Program, reading: Reading) -> str:
    """The same for people, in words of the cells or the question and none of a language: 'town = Lindau, fee > 10'."""
    return ", ".join(" / ".join(_shown(part, reading) for part in each.of or (each,)) for each in program.which.all)


def _shown(condition: Condition, reading: Reading) -> str:
    name, spoken = reading.table.columns[condition.column].name, reading.asked.spoken
    denied = condition.test.startswith("not ")
    if condition.test == "empty":
        return f"{name} = –"
    if condition.test.startswith(("year", "month")):
        of_days = sorted(condition.words - reading.named[condition.column] | {condition.at})
        return f"{name} {condition.test.lstrip('yearmonth')} {' '.join(spoken[at] for at in of_days)}"
    if compared := _COMPARED.search(_QUOTED.sub("", condition.sql)):
        said = f"{name} {compared[1]} {compared[2]}"
        return f"¬ ({said})" if denied else said
    if condition.exact and condition.rows and not denied:  # as it is written there
        return _named(name, reading.table.columns[condition.column].cells[min(condition.rows)].strip())
    said = _DENSE.sub("", " ".join(spoken[at] for at in sorted(condition.words)))
    return f"{name} ≠ {said}".strip() if denied else _named(name, said)


def _named(name: str, value: str) -> str:
    """A value with its column's name, or alone: the column of labels has often none."""
    return f"{name} = {value}" if name else value


def told(program: Program, table: Table) -> str:
    """What is asked of which columns, the conditions, the answer."""
    names = [table.columns[n].name or "?" for n in program.columns]
    operation = _OPERATIONS.get(program.operation, program.operation)
    if program.operation in ("argmax", "argmin", "extremes"):
        asked = f"{names[-1]} {operation} {names[0]}"
    else:
        asked = f"{operation} {' and '.join(names[-_COLUMNS:])}".strip()
    where = conditions_told(program)
    answer = ", ".join(program.answer[:_ANSWERS])[:_LONGEST]
    return f"{asked}{' where ' + where if where else ''} : {answer}"
