"""What a sentence claims, compared with a row of a table.

The order of words says nothing there, but the place does: a figure belongs to its row and its column. Where all that a
sentence says of the row or the column in which its figure stands fits another one as well, and more of it does, the
figure is taken from the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from indexes.keywords import STOPWORDS
from pipelines.checking.claims import Difference, denied, differing_names, opposed
from pipelines.checking.statements import Statement
from pipelines.checking.value import Value
from pipelines.checking.values import alike, holds
from pipelines.extractors.tables import cells_of
from pipelines.sentences import sentence_spans
from pipelines.tables.numbers import number_of
from pipelines.tables.table import Table

_SIGN = re.compile(r"[%#№$€£¥]")


class Row:
    """A line of a table with the lines around it; lines of the `head` are rows, too. A `caption` may stand above."""

    def __init__(self, lines: list[str], at: int, caption: str = "") -> None:
        self.statement = Statement(lines[at])
        cells = [[Statement(cell) for cell in cells_of(line)] for line in lines]
        first = Table.made([[cell.text for cell in line] for line in cells]).first
        self.head = [caption, *lines[:first]]
        self.cells = cells[at]
        self._others = cells[first:at] + cells[max(at + 1, first) :]
        self._names = [
            frozenset().union(*(_words(line[n]) for line in cells[:first] if n < len(line)))
            for n in range(max(map(len, cells)))
        ]

    @cached_property
    def denies(self) -> bool:
        """Whether a column is called by a word that negates: 'No.' is none there."""
        return any(Statement(line).negations for line in self.head)

    def places(self, value: Value, said: Statement) -> list[int]:
        """The columns in which a value stands; none where it is a part of a cell that is said as a whole: 'Radio 4'."""
        at = [n for n, cell in enumerate(self.cells) if holds(cell.values, cell.text, value)]
        named = (self.cells[n] for n in at if number_of(self.cells[n].text) is None)
        return [] if any(cell.stems <= said.stems for cell in named) else at

    def instead(self, value: Value, at: list[int], said: Statement, asked: frozenset[str]) -> Value | None:
        """What stands where a sentence means the value to stand, if that is not in one of the columns `at`."""
        around = {token.stem for token in said.tokens if not value.start <= token.start < value.end}
        words = asked | around | {*_SIGN.findall(said.text)}
        found = None
        for n in at:
            beside = ((cell, self._names[m] & words) for m, cell in enumerate(self.cells) if m not in at)
            below = ((line[n], _label(line, n) & words) for line in self._others if n < len(line))
            found = next(_better(beside, self._names[n] & words, None, said), None) or next(
                _better(below, _label(self.cells, n) & words, value, said), None
            )
            if found is None:
                return None
        return found

    def named(self, value: Value, said: Statement, asked: frozenset[str]) -> Value | None:
        """The one value like it that the row holds and the sentence does not."""
        found = [v for cell in self.cells for v in _instead_of(value, cell, said)]
        return found[0] if len(found) == 1 else None


def row_of(text: str, start: int) -> Row | None:
    """The row that begins at `start` of a segment's text, with the lines next to it; None for what is no row."""
    spans = sentence_spans(text)
    at = next((n for n, span in enumerate(spans) if span[0] == start), None)
    if at is None or not _is_row(text, spans[at]):
        return None
    first = last = at
    while first and _is_row(text, spans[first - 1]):
        first -= 1
    while last + 1 < len(spans) and _is_row(text, spans[last + 1]):
        last += 1
    caption = text[slice(*spans[first - 1])] if first else ""
    return Row([text[slice(*spans[n])] for n in range(first, last + 1)], at - first, caption)


def differences_of_row(sentence: Statement, row: Row, head: Statement, given: Statement) -> list[Difference]:
    """What in a sentence the row does not bear out. `head` is what it is read with (heading, file name, names of the
    columns), `given` the question, whose words an answer may repeat."""
    found = list(_differing_values(sentence, row, head, given))
    found += differing_names(sentence, row.statement, head, given, {}, False)
    if not found and not row.denies:
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
            other = row.named(value, sentence, given.stems)
        if other:
            yield Difference(f"the sources say {other.text} instead of {value.text}", True, value.start, value.end)
        elif not at:
            yield Difference(f"{value.text} is not in the sources", False, value.start, value.end)


def _is_row(text: str, span: tuple[int, int]) -> bool:
    return " |" in text[slice(*span)]


def _label(line: list[Statement], but: int) -> frozenset[str]:
    """The words of a row, without those of one column."""
    return frozenset().union(*(cell.stems for n, cell in enumerate(line) if n != but)) - STOPWORDS


def _words(name: Statement) -> frozenset[str]:
    """Those of a column's name: without small ones, unless there are no others, as in 'No' and '%'."""
    return name.stems - STOPWORDS or name.stems or frozenset(_SIGN.findall(name.text))


def _better(
    cells: Iterator[tuple[Statement, frozenset[str]]], mine: frozenset[str], value: Value | None, said: Statement
) -> Iterator[Value]:
    """Values, like `value` where one is given, of cells for whose place all `mine` words speak and others, too."""
    for cell, words in cells:
        if words > mine and not (value and holds(cell.values, cell.text, value)):
            yield from _instead_of(value, cell, said)


def _instead_of(value: Value | None, cell: Statement, said: Statement) -> Iterator[Value]:
    """Values, like `value` where one is given, that a sentence does not state."""
    for other in cell.values:
        if other.strict and (value is None or alike(value, other)) and not holds(said.values, said.text, other):
            yield other
