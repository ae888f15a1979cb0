"""What a sentence claims, compared with a row of a table.

The order of words says nothing there, but the place does: a figure belongs to its row and its column. Where all that a
sentence says of the row or the column in which its figure stands fits another one as well, and more of it does, the
figure is taken from the wrong place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby

from indexes.keywords import STOPWORDS
from pipelines.checking.claims import Difference, denied, differing_names, opposed
from pipelines.checking.statements import Statement
from pipelines.checking.value import Value
from pipelines.checking.values import alike, holds
from pipelines.extractors.tables import cells_of
from pipelines.tables.numbers import number_of
from pipelines.tables.table import Table

_BREAK = re.compile("\n")
_SIGN = re.compile(r"[%#№$€£¥]")


class Rows:
    """The rows of a segment's text, taken apart when the first of them is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def at(self, offset: int) -> Row | None:
        """The row in whose line an offset stands; None for what is no row. Lines and not sentences are rows: a cell
        may hold several."""
        found = bisect_right(self._begins, offset) - 1
        return self._rows.get(found) if found >= 0 else None

    @cached_property
    def _begins(self) -> list[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self._text))]

    @cached_property
    def _rows(self) -> dict[int, Row]:
        """By the number of their line."""
        lines = self._text.split("\n")
        rows: dict[int, Row] = {}
        for together, group in groupby(range(len(lines)), lambda n: " |" in lines[n]):
            numbers = list(group)
            if together:
                above = lines[numbers[0] - 1] if numbers[0] else ""
                grid = _Grid([lines[n] for n in numbers], above)
                rows.update((n, Row(grid, at)) for at, n in enumerate(numbers))
        return rows


class _Grid:
    """Lines of cells that stand together, the `head` first; what stands `above` belongs to it."""

    def __init__(self, lines: Sequence[str], above: str) -> None:
        self.lines = [[Statement(cell) for cell in cells_of(line)] for line in lines]
        self.first = Table.made([[cell.text for cell in line] for line in self.lines]).first
        self.head = [above, *lines[: self.first]]
        self.names = [
            frozenset().union(*(_words(line[n]) for line in self.lines[: self.first] if n < len(line)))
            for n in range(max(map(len, self.lines)))
        ]
        # 'No.' is no negation where a column is called so.
        self.denies = any(Statement(line).negations for line in self.head)


class Row:
    """A line of a table, which knows the lines around it. Those of the head are rows, too."""

    def __init__(self, grid: _Grid, at: int) -> None:
        self.grid, self._at = grid, at
        self.cells = grid.lines[at]

    @cached_property
    def statement(self) -> Statement:
        return Statement(" | ".join(cell.text for cell in self.cells))

    def places(self, value: Value, said: Statement) -> list[int]:
        """The columns in which a value stands; none where it is a part of a name that is said as a whole: 'Radio 4'."""
        at = [n for n, cell in enumerate(self.cells) if holds(cell.values, cell.text, value)]
        named = (self.cells[n] for n in at if number_of(self.cells[n].text) is None)
        return [] if any(cell.stems <= said.stems for cell in named) else at

    def instead(self, value: Value, at: Sequence[int], said: Statement, asked: frozenset[str]) -> Value | None:
        """What stands where a sentence means the value to stand, if that is not in one of the columns `at`."""
        around = {token.stem for token in said.tokens if not value.start <= token.start < value.end}
        words = asked | around | {*_SIGN.findall(said.text)}
        names = [name & words for name in self.grid.names]
        mine = _Label(self.cells, words)
        others = [
            (line, _Label(line, words))
            for number, line in enumerate(self.grid.lines)
            if number >= self.grid.first and number != self._at
        ]
        found = None
        for n in at:
            beside = (cell for m, cell in enumerate(self.cells) if m not in at and names[m] > names[n])
            below = (line[n] for line, label in others if n < len(line) and label.but(n) > mine.but(n))
            found = next((each for cell in beside for each in _unsaid(cell, said)), None) or next(
                (
                    each
                    for cell in below
                    if not holds(cell.values, cell.text, value)
                    for each in _unsaid(cell, said)
                    if alike(value, each)
                ),
                None,
            )
            if found is None:
                return None
        return found

    def named(self, value: Value, said: Statement) -> Value | None:
        """The one value like it that the row holds and the sentence does not."""
        found = [each for cell in self.cells for each in _unsaid(cell, said) if alike(value, each)]
        return found[0] if len(found) == 1 else None


class _Label:
    """Which of some words a row holds, and in how many cells."""

    def __init__(self, line: Sequence[Statement], words: frozenset[str]) -> None:
        self._held = [(cell.stems & words) - STOPWORDS for cell in line]
        self._times = Counter(word for held in self._held for word in held)

    def but(self, column: int) -> frozenset[str]:
        """Those that stand in other columns."""
        return frozenset(word for word, times in self._times.items() if times > (word in self._held[column]))


def differences_of_row(sentence: Statement, row: Row, head: Statement, given: Statement) -> list[Difference]:
    """What in a sentence the row does not bear out. `head` is what it is read with (heading, file name, names of the
    columns), `given` the question, whose words an answer may repeat."""
    found = list(_differing_values(sentence, row, head, given))
    found += differing_names(sentence, row.statement, head, given, {}, False)
    if not found and not row.grid.denies:
        found += denied(sentence, row.statement, given)
    return found or list(opposed(sentence, row.statement, given))


def _differing_values(sentence: Statement, row: Row, head: Statement, given: Statement) -> Iterator[Difference]:
    for value in sentence.values:
        if not value.strict or holds(given.values, given.text, value):
            continue
        at = row.places(value, sentence)
        if at:
            other = row.instead(value, at, sentence, given.stems)
        elif any(holds(text.values, text.text, value) for text in (row.statement, head)):
            continue
        else:
            other = row.named(value, sentence)
        if other:
            yield Difference(f"the sources say {other.text} instead of {value.text}", True, value.start, value.end)
        elif not at:
            yield Difference(f"{value.text} is not in the sources", False, value.start, value.end)


def _words(name: Statement) -> frozenset[str]:
    """Those of a column's name: without small ones, unless there are no others, as in 'No' and '%'."""
    return name.stems - STOPWORDS or name.stems or frozenset(_SIGN.findall(name.text))


def _unsaid(cell: Statement, said: Statement) -> Iterator[Value]:
    """Values of a cell that a sentence does not state."""
    for value in cell.values:
        if value.strict and not holds(said.values, said.text, value):
            yield value
