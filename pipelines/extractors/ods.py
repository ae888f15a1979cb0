"""ODS as it is shown: the file holds each cell's text beside its value. Empty rows and cells are counted, not made."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from indexes.records import Place
from pipelines.extractors.archives import Budget, streamed_xml
from pipelines.extractors.calculation import LONGEST_TEXT
from pipelines.extractors.ooxml import number
from pipelines.extractors.opendocument import comment_of, text_of
from pipelines.extractors.workbooks import BEYOND, MOST_CELLS, WIDEST, Cell, SheetRow

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _STYLE, _TEXT = (_URN % name for name in ("table", "office", "style", "text"))
_TAGS = [*(f"{_TABLE}{name}" for name in ("table", "table-column", "table-row")), f"{_STYLE}style"]
MOST_REPEATED = 1_000
"""Equal rows below each other that are told one by one; of more the rest is left out."""
MOST_MADE = 200_000
"""Rows of a file that stand in it only as the number of times that another is repeated."""
_HIDDEN = ("collapse", "filter")


class OdsSheet:
    """One sheet; its rows come once."""

    def __init__(
        self, title: str, hidden: bool, events: Iterator[tuple[str, Any]], made: Iterator[int], budget: Budget
    ) -> None:
        self.title, self.hidden = title, hidden
        self._budget = budget
        self.hidden_columns: set[int] = set()
        self.down: dict[tuple[int, int], int] = {}
        self._events = events
        self._made = made
        self._comments: list[tuple[int, str]] = []

    def comments(self) -> Iterator[tuple[int, str]]:
        """The row of each comment and what it says, once the rows were read."""
        return iter(self._comments)

    def lose(self, why: str) -> None:
        """Note that not all of it could be read."""
        self._budget.lose("", why, Place(sheet=self.title))

    def rows(self) -> Iterator[SheetRow]:
        """The rows that hold something, from above."""
        at = columns = inner = 0
        for event, node in self._events:
            name = node.tag.rpartition("}")[2]
            if name == "table":  # there are tables in cells
                inner += 1 if event == "start" else -1
                if inner < 0:
                    return
            elif event == "end" and name == "table-column":
                first, columns = columns + 1, min(columns + _repeated(node, "columns"), WIDEST)
                if node.get(f"{_TABLE}visibility") in _HIDDEN:
                    self.hidden_columns.update(range(first, columns + 1))
            elif event == "end" and name == "table-row":
                repeated = _repeated(node, "rows")
                cells = dict(_cells(node, self.lose))
                for column, cell in _with_more(node):
                    if text := comment_of(cell):
                        self._comments.append((at + 1, f"Comment on {column_name(column)}{at + 1}: {text}"))
                    if (down := number(cell.get(f"{_TABLE}number-rows-spanned"), 1)) > 1:
                        self.down[at + 1, column] = at + down
                for n in range(min(repeated, MOST_REPEATED) if cells else 0):
                    if n and next(self._made, None) is None:
                        break
                    yield SheetRow(at + n + 1, cells, node.get(f"{_TABLE}visibility") in _HIDDEN)
                at += repeated


def ods_sheets(file: Path | BinaryIO, budget: Budget | None = None) -> Iterator[OdsSheet]:
    """The sheets, each to be used up before the next is asked for. The `budget` hears what is lost."""
    hidden, budget, title = set[str](), budget or Budget(), ""

    def damaged(why: str) -> None:
        budget.lose("" if title else "content.xml", why, Place(sheet=title or None))

    made = iter(range(MOST_MADE))
    with zipfile.ZipFile(file) as archive:
        events = streamed_xml(archive, "content.xml", _TAGS, damaged, ("start", "end"))
        for event, node in events:
            if event == "end" and node.tag == f"{_STYLE}style":
                properties = node.find(f"{_STYLE}table-properties")
                if properties is not None and properties.get(f"{_TABLE}display") == "false":
                    hidden.add(node.get(f"{_STYLE}name", ""))
            elif event == "start" and node.tag == f"{_TABLE}table":
                title = node.get(f"{_TABLE}name", "")
                yield OdsSheet(title, node.get(f"{_TABLE}style-name") in hidden, events, made, budget)


def _cells(row: Any, lose: Callable[[str], None]) -> Iterator[tuple[int, Cell]]:
    column, left = 0, MOST_CELLS
    for node in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        repeated = _repeated(node, "columns")
        text = _shown(node)
        told = min(repeated, WIDEST - column, left) if text else 0
        if text and not told:
            lose(BEYOND)
        for n in range(told):
            yield column + n + 1, Cell(text, text)
        left -= told
        column = min(column + repeated, WIDEST)


def _with_more(row: Any) -> Iterator[tuple[int, Any]]:
    """The cells of a row that may have a comment, or go on below, by column."""
    column = 0
    for node in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        if len(node):
            yield column + 1, node
        column = min(column + _repeated(node, "columns"), WIDEST)


def column_name(column: int) -> str:
    """What a sheet calls the column of this number, which counts from 1: 'A', 'AB'."""
    name = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _repeated(node: Any, what: str) -> int:
    """For how many rows or columns an element stands."""
    return max(number(node.get(f"{_TABLE}number-{what}-repeated"), 1), 1)


def _shown(node: Any) -> str:
    """What a cell shows; a date of figures alone year first, and a formula that has no result as it is."""
    text = "\n".join(text_of(paragraph) for paragraph in node.iterchildren(f"{_TEXT}p")).strip()
    if node.get(f"{_OFFICE}value-type") == "date" and not any(map(str.isalpha, text)):
        text = node.get(f"{_OFFICE}date-value", text).removesuffix("T00:00:00").replace("T", " ")
    stored = node.get(f"{_OFFICE}value") or node.get(f"{_OFFICE}string-value") or node.get(f"{_OFFICE}time-value")
    formula = node.get(f"{_TABLE}formula", "")
    return text[:LONGEST_TEXT] or stored or (f"{formula.partition(':')[2] or formula}, not computed" if formula else "")
