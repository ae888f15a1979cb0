"""A table: named columns and rows, with the lines that are its head told from those that are not."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.tables.cells import Column, is_empty, is_figure
from pipelines.tables.days import day_of
from pipelines.tables.wording import TOTALS

GROUP = "group"
WRITTEN = ", as written"  # behind the name of a column
_HEAD = 4  # lines that a head has at most
_FIGURES = 0.4  # share of a line's cells that are figures or days, and no names
_TOTAL = 3  # words of a label such as 'Grand total 2024'
_ADDENDS = 4  # of a sum that is not called one; the sum of few small numbers is met by chance
_WIDE = 3  # columns from which on a row with one cell is no row
_NAMED = 0.8  # share of the columns that a line names which is a head by itself


@dataclass(frozen=True)
class Table:
    """`columns` have one cell a row; where lines name a group, the last is the `GROUP` of each row, and the table
    `grouped`. The first row stands in line `first` of what the table was made of. Of `records` each row is one, and
    none a sum of others."""

    columns: tuple[Column, ...]
    first: int
    records: bool = False
    grouped: bool = False

    @classmethod
    def made(cls, lines: Sequence[Sequence[str]], records: bool = False, begins: Collection[int] = ()) -> Table:
        """Of lines of cells, the head first. Lines may be of different lengths; with those that `begins` names begin
        tables of other files under the same head."""
        width = max(map(len, lines), default=0)
        full = [[*line, *[""] * (width - len(line))] for line in lines]
        first = 1 if records else _end_of_head(full)
        names = [" ".join(filter(None, (line[n].strip() for line in full[:first]))) for n in range(width)]
        columns = [Column(name, tuple(line[n] for line in full[first:])) for n, name in enumerate(names)]
        groups = [] if records or width < _WIDE else _groups(full[first:], {line - first for line in begins})
        if any(groups):
            columns.append(Column(GROUP, tuple(groups)))
        return cls(tuple(columns), first, records, any(groups))

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.columns[0].cells) if self.columns else 0

    @cached_property
    def quoted(self) -> tuple[str, ...]:
        """The columns' names in SQL, each once."""
        names: list[str] = []
        for n, column in enumerate(self.columns, start=1):
            name = " ".join(column.name.split()).replace('"', "") or f"column {n}"
            while name.lower() in ("row", *(each.lower() for each in names)) or name.endswith(WRITTEN):
                name += f" {n}"
            names.append(name)
        return tuple(f'"{name}"' for name in names)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The same for the cells as they are written, of columns that hold numbers or dates."""
        return tuple(
            name if column.sort == "text" else f'{name[:-1]}{WRITTEN}"'
            for name, column in zip(self.quoted, self.columns, strict=True)
        )

    @cached_property
    def every(self) -> frozenset[int]:
        """All rows."""
        return frozenset(range(self.height))

    @cached_property
    def apart(self) -> frozenset[int]:
        """The rows that are no rows like the others: lines that name a group in a wide table, and sums: called so, and
        last or really the sum of what stands above them; or last, the sum of all that does, and not called so: 'Total
        cash and restricted cash' is asked for by its name."""
        if self.records:
            return frozenset()
        found = {row for row in range(self.height) if len(self.columns) >= _WIDE and self._names_group(row)}
        for row in reversed(range(self.height)):
            label = self._label(row)
            if len(label) <= _TOTAL and TOTALS & {*label, "".join(label)}:
                last = all(other in found for other in range(row + 1, self.height))
                if last or any(self._is_sum(column, row) for column in self.columns):
                    found.add(row)
        end = self.height - 1
        if end >= _ADDENDS and not TOTALS & {*self._label(end)} and any(map(self._is_sum_of_all, self.columns)):
            found.add(end)
        return frozenset(found)

    def group_lines(self, row: int) -> list[int]:
        """The rows above one that name its group; none where it has none."""
        if not self.grouped or self.columns[-1].empty[row]:
            return []
        last = next(above for above in range(row - 1, -1, -1) if self._names_group(above))
        first = next((above + 1 for above in range(last, -1, -1) if not self._names_group(above)), 0)
        return list(range(first, last + 1))

    def _names_group(self, row: int) -> bool:
        return not self.columns[0].empty[row] and all(column.empty[row] for column in self.columns[1:])

    def _label(self, row: int) -> tuple[str, ...]:
        return next((column.cell_words[row] for column in self.columns if not column.empty[row]), ())

    @staticmethod
    def _is_sum_of_all(column: Column) -> bool:
        *above, last = column.numbers
        if last is None or last <= _ADDENDS**3 or None in above or sum(map(bool, above)) < _ADDENDS:
            return False
        return math.isclose(math.fsum(above), last)  # type: ignore[arg-type]

    @staticmethod
    def _is_sum(column: Column, row: int) -> bool:
        """Whether a cell is the sum of some that stand right above it."""
        wanted, so_far = column.numbers[row], 0.0
        if wanted is None:
            return False
        for above in range(row - 1, -1, -1):
            so_far += column.numbers[above] or 0.0
            if row - above > 1 and math.isclose(so_far, wanted, rel_tol=1e-3):
                return True
        return False


def _groups(rows: Sequence[Sequence[str]], begins: Collection[int] = ()) -> list[str]:
    """For each row what the nearest lines above it say that have their first cell only; '' for these themselves. None
    where the table begins with other rows: there a row without values is no line that names a group."""
    group, found, before = "", list[str](), False
    for n, row in enumerate(rows):
        first, *others = (not is_empty(cell) for cell in row)
        names = first and not any(others)
        if n == 0 and not names:
            return []
        if n in begins:
            group, before = "", False
        if names:
            group = f"{group} {row[0]}" if before else row[0]
        found.append(group if any(others) else "")
        before = names
    return found


def _end_of_head(lines: Sequence[Sequence[str]]) -> int:
    """The head is one line that names every column, or the lines above the first with a figure in it: '| 2019 | 2018',
    '| in millions |'; those that name rows, too, where one below them names columns only. Of a table that goes on from
    a page before there is none."""
    names = [cell.strip() for cell in lines[0] if cell.strip()] if lines else []
    if not names or sum(map(_same_sort, *lines[:2])) >= _FIGURES * len(names):
        return 0
    if len(names) >= _NAMED * len(lines[0]) and len(set(names)) == len(names):
        return 1
    end, first = 1, lines[0][0].strip()
    for line in lines[1 : min(_HEAD, len(lines) - 1)]:
        label, others = line[0].strip(), [cell for cell in line[1:] if cell.strip()]
        told = label and sum(map(bool, names)) >= len(lines[0]) - 1  # only the corner is empty
        if not others or told or (label and first) or any(map(is_figure, line)):
            break
        first = first or label
        end += 1
    figures = next((n for n, line in enumerate(lines[1:_HEAD], 1) if any(map(is_figure, line))), _HEAD)
    most = 1  # cells of a line above that names a row, too: the line that names columns only has more
    for n, line in enumerate(lines[1 : min(figures, len(lines) - 1)], 1):
        names_columns = sum(bool(cell.strip()) for cell in line[1:])
        if line[0].strip():
            most = max(most, names_columns)
        elif names_columns > most:
            end = max(end, n + 1)
    return end


def _same_sort(name: str, below: str = "") -> bool:
    """Whether a cell of the first line is a figure above a figure, or a day above a day, and so no name. '5 mg' above
    '12' is one."""
    figures = is_figure(name) and is_figure(below) and _letters(name) in ("", _letters(below))
    return figures or (day_of(name) is not None and day_of(below) is not None)


def _letters(cell: str) -> str:
    return re.sub(r"[\W\d_]", "", cell)
