"""XLSX as it is shown: the cells of every sheet by their formats, row by row, and what is hidden marked as such.

The XML of a sheet is read as a stream and only cells that are there are made, so that one far cell costs one cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.extractors.archives import Budget
from pipelines.extractors.number_formats import BUILT_IN, shown
from pipelines.extractors.ooxml import OFF, Package, Part, number

WIDEST = 16_384
"""Columns of a sheet."""


@dataclass(frozen=True)
class Cell:
    """What one cell shows, and its formula if the file holds no result of it."""

    text: str
    form: str = ""
    formula: str = ""


@dataclass(frozen=True)
class SheetRow:
    """The cells of a row that hold something, by column from 1."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


@dataclass
class Sheet:
    """One sheet. Its hidden columns are known once its first row has come."""

    book: Workbook
    part: Part
    title: str
    hidden: bool
    hidden_columns: set[int] = field(default_factory=set)

    def rows(self) -> Iterator[SheetRow]:
        """The rows that hold something, from above."""
        from lxml import etree

        member = self.book.package.members[self.part.member.lower()]
        self.hidden_columns.clear()
        at, rows_hidden = 0, False
        formulas: dict[str, tuple[str, str]] = {}
        with self.book.package.archive.open(member) as stream:
            tags = [f"{{*}}{name}" for name in ("row", "col", "sheetFormatPr")]
            for _, node in etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True):
                if node.tag.endswith("}row"):
                    at = number(node.get("r"), at + 1)
                    cells = dict(self._cells(node, formulas))
                    hidden = node.get("hidden", "1" if rows_hidden else "0") not in OFF or node.get("ht") == "0"
                    if cells:
                        yield SheetRow(at, cells, hidden)
                    node.clear()
                    while node.getprevious() is not None:
                        del node.getparent()[0]
                elif node.tag.endswith("}col"):
                    if node.get("hidden", "0") not in OFF or node.get("width") == "0":
                        self.hidden_columns.update(
                            range(number(node.get("min"), 1), min(number(node.get("max"), 1), WIDEST) + 1)
                        )
                else:
                    rows_hidden = node.get("zeroHeight", "0") not in OFF

    def _cells(self, row: Any, formulas: dict[str, tuple[str, str]]) -> Iterator[tuple[int, Cell]]:
        column = 0
        for node in row.iterchildren("{*}c"):
            column = _column(node.get("r", "")) or column + 1
            text = self.book.text_of(node)
            made = node.find("{*}f")
            formula = _formula(made, node.get("r", ""), formulas) if made is not None else ""
            missing = formula and (not text.strip() or (self.book.stale and node.findtext("{*}v") == "0"))
            cell = Cell(text, self.book.form_of(node), formula if missing else "")
            if cell.text or cell.formula:
                yield column, cell


def _column(reference: str) -> int:
    """The column of an address: 28 of 'AB7', 0 of none."""
    column = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column


def _formula(node: Any, address: str, formulas: dict[str, tuple[str, str]]) -> str:
    """The formula of a cell; one of a group that shares a formula has it moved to where the cell is."""
    text, group = node.text or "", node.get("si")
    if group is None or node.get("t") != "shared":
        return f"={text}" if text else ""
    if text:
        formulas[group] = (f"={text}", address)
        return f"={text}"
    from openpyxl.formula.translate import Translator

    formula, origin = formulas.get(group, ("", ""))
    return str(Translator(formula, origin).translate_formula(address)) if formula and origin and address else ""


class Workbook:
    """An XLSX file and the sheets in it. Raises ExtractionError if it is none."""

    def __init__(self, file: Path | BinaryIO, name: str, budget: Budget | None = None) -> None:
        self.package = Package(file, name, budget)
        self.main = self.package.main("xl/workbook.xml")
        properties = {node.tag.rpartition("}")[2]: node for node in self.main.entries("workbookPr", "calcPr")}
        self.epoch_1904 = "workbookPr" in properties and properties["workbookPr"].get("date1904", "0") not in OFF
        self.stale = "calcPr" in properties and properties["calcPr"].get("fullCalcOnLoad", "0") not in OFF
        """Whether it asks to be computed when it is opened: programs that cannot compute write 0 for each result."""

    @cached_property
    def sheets(self) -> list[Sheet]:
        """Those of cells, in their order; sheets that are only a chart are left out."""
        found = []
        for node in self.main.entries("sheet"):
            identifier = next((value for key, value in node.attrib.items() if key.endswith("}id")), None)
            part = self.main.at(identifier)
            if part is not None and self.main.relations[identifier or ""][0] == "worksheet":
                found.append(Sheet(self, part, node.get("name", ""), node.get("state", "visible") != "visible"))
        return found

    def text_of(self, node: Any) -> str:
        """What a cell shows."""
        kind, value = node.get("t", "n"), node.findtext("{*}v") or ""
        if kind == "s":
            at = number(value, -1)
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if kind == "inlineStr":
            return _string(node.find("{*}is"))
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE" if value else ""
        if kind == "d":
            return value.removesuffix("T00:00:00").replace("T", " ")
        return shown(value, self.form_of(node), self.epoch_1904) if kind == "n" and value else value

    def form_of(self, node: Any) -> str:
        """The number format of a cell."""
        at = number(node.get("s"), 0)
        return self._forms[at] if 0 <= at < len(self._forms) else ""

    @cached_property
    def _strings(self) -> list[str]:
        from lxml import etree

        found = []
        for part in self.main.all("sharedStrings")[:1]:
            with self.package.archive.open(self.package.members[part.member.lower()]) as stream:
                for _, node in etree.iterparse(stream, tag="{*}si", resolve_entities=False, no_network=True):
                    found.append(_string(node))
                    node.clear()
                    while node.getprevious() is not None:
                        del node.getparent()[0]
        return found

    @cached_property
    def _forms(self) -> list[str]:
        """The number format of each style that cells have."""
        root = self.main.first("styles")
        if root is None:
            return []
        own = {node.get("numFmtId"): node.get("formatCode", "") for node in root.iterfind("{*}numFmts/{*}numFmt")}
        ids = [node.get("numFmtId", "0") for node in root.iterfind("{*}cellXfs/{*}xf")]
        return [own.get(each) or BUILT_IN.get(number(each), "") for each in ids]


def _string(node: Any) -> str:
    """The text of a string, without the small letters that say how it is pronounced."""
    if node is None:
        return ""
    return "".join(t.text or "" for t in node.iter("{*}t") if not t.getparent().tag.endswith("}rPh"))
