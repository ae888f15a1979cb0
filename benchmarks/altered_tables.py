"""Whether the check of answers notices a figure of a table that belongs to another row or another column.

    python -m benchmarks.altered_tables DATA [--each N] [--seed N] [--show]

DATA/train/tables.jsonl.zst holds tables (zstandard must be installed). Of N tables of each set a cell with a figure is
told in sentences of several kinds, with a question or alone; then the figure is taken from another row, or another
column. The evidence is the rows that would be stored around it, and those of two other tables of the set. A line for
each kind of sentence and of change: the share that is flagged.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.follow_ups import lines
from benchmarks.measure import new_assistant
from benchmarks.support import evidence
from indexes.records import Place
from pipelines.checking.citations import Citer
from pipelines.extractors.tables import cells_of, table_pieces
from pipelines.tables.numbers import number_of
from pipelines.tables.table import Table

FORMS = {
    "told": ("", "The {column} of {row} is {value}."),
    "told the other way round": ("", "For {row}, {column} was {value}."),
    "list item": ("", "- {row}: {value} ({column})"),
    "with its verb": ("", "{row} has {value} as its {column}."),
    "bare": ("What is the {column} of {row}?", "{value}."),
    "bare, half told": ("{row}: what {column}?", "It is {value}."),
}
_ROWS = 3  # that a table has at least


class Told(NamedTuple):
    """A cell and what might be put in its place, with the row and the column that its sentences name."""

    row: str
    column: str
    value: str
    other_row: str
    other_column: str


def told(table: Table, chance: random.Random) -> Told | None:
    """A figure whose row and column have names of their own; None where none has."""
    if not table.columns or table.height < _ROWS:
        return None
    names = [column.name for column in table.columns]
    label = next((c for c in table.columns if c.sort == "text" and len(set(c.cells)) == table.height), None)
    if label is None or not all(label.cells):
        return None
    places = [(row, n) for row in range(table.height) for n in range(len(names)) if row not in table.apart]
    for row, n in chance.sample(places, len(places)):
        column, value = table.columns[n], table.columns[n].cells[row]
        if column is label or names.count(column.name) > 1 or not column.name or not _is_figure(value):
            continue
        mine = {number_of(each.cells[row]) for each in table.columns}
        below = [v for r, v in enumerate(column.cells) if r != row and _is_figure(v) and number_of(v) not in mine]
        beside = [
            c.cells[row]
            for c in table.columns
            if c.name != column.name and _is_figure(c.cells[row]) and number_of(c.cells[row]) != number_of(value)
        ]
        if below and beside:
            return Told(label.cells[row], column.name, value, chance.choice(below), chance.choice(beside))
    return None


def _is_figure(cell: str) -> bool:
    return number_of(cell) is not None


def cases(data: Path, each: int, seed: int) -> Iterator[tuple[str, Told, list[str]]]:
    """Set, cell and evidence. The table comes as it is stored: the part that holds the cell, with its head."""
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in lines(data / "train" / "tables.jsonl.zst"):
        tables[row["set"]][str(row["table"])] = row["table"]
    chance = random.Random(seed)
    for name, known in sorted(tables.items()):
        some = [known[key] for key in chance.sample(sorted(known), min(len(known), 3 * each + 2))]
        parts = [_parts(table) for table in some]
        made = 0
        for n, table in enumerate(some[:-2]):
            cell = told(Table.made([table["columns"], *table["rows"]]), chance)
            around = cell and [
                part
                for part in parts[n]
                if any({cell.row, cell.value} <= {*cells_of(line)} for line in part.split("\n"))
            ]
            if cell and around and made < each:
                made += 1
                yield name, cell, [around[0], parts[n + 1][0], parts[n + 2][0]]


def _parts(table: Any) -> list[str]:
    """The parts of a table as they are stored, each with what stands above the head."""
    rows = enumerate([table["columns"], *table["rows"]], start=1)
    pieces = list(table_pieces(rows, lambda first, last: Place(lines=(first, last))))
    above = [piece.text for piece in pieces if piece.kind == "text"]
    return ["\n".join([*above, piece.text]) for piece in pieces if piece.kind == "table"] or [""]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.altered_tables", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--each", type=int, default=40, help="tables of a set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what is missed and what is flagged wrongly")
    options = parser.parse_args()
    flagged: dict[tuple[str, str], list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        shelf = new_assistant(folder).shelf
        for name, cell, passages in cases(options.data, options.each, options.seed):
            for form, (asked, sentence) in FORMS.items():
                citer = Citer(asked.format(**cell._asdict()), evidence(passages), shelf.text)
                for change, value in (
                    ("true", cell.value),
                    ("another row's", cell.other_row),
                    ("another column's", cell.other_column),
                ):
                    check, citation = citer.check(sentence.format(**{**cell._asdict(), "value": value}))
                    bad = check is not None and not check.supported
                    for of in (form, f"set {name}", "all"):
                        flagged[change, of].append(bad)
                    if options.show and bad is (change == "true"):
                        says: object = citation.quote if citation else check and (check.flags or check.support)
                        print(f"[{change}] {asked} {sentence} {cell} {value}: {says}")
    for (change, of), values in sorted(flagged.items()):
        print(f"{change}, {of}: flagged {np.mean(values):.3f} of {len(values)}")


if __name__ == "__main__":
    main()
