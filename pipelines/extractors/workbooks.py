"""XLSX as it is shown: the cells of every sheet by their formats, row by row, and what is hidden marked as such.

The XML of a sheet is read as a stream and only cells that are there are made, so that one far cell costs one cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from indexes.records import Place
from pipelines.extractors.archives import Budget, streamed_xml
from pipelines.extractors.calculation import LONGEST, LONGEST_TEXT, Calculator, Cells, Value
from pipelines.extractors.number_formats import BUILT_IN, shown
from pipelines.extractors.ooxml import OFF, Package, Part, number
from pipelines.extractors.tables import written

WIDEST = 16_384
"""Columns of a sheet."""
MOST_CELLS = 200
"""Of a row that are told; what stands further right is hardly ever text."""
BEYOND = f"cells beyond {MOST_CELLS} of a row"
MOST_HELD = 200_000
"""Cells of a sheet that are held for formulas without results; those of a longer one are not computed. Also how many of
its cells have a formula that they share moved to where they are."""


MOST_MERGED = 20_000
"""Merged cells of a sheet that count for each of their rows."""
_MERGED = re.compile(rb"<(?:\w{1,9}:)?mergeCell\s[^>]{0,80}?ref=\"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})\"")
_LONGEST_MERGED = 150
_CHUNK = 1_000_000


class Cell(NamedTuple):
    """What one cell shows, what it holds, its number format, and its formula if the file has no result of it."""

    text: str
    value: Value
    form: str = ""
    formula: str = ""


class SheetRow(NamedTuple):
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
    down: dict[tuple[int, int], int] = field(default_factory=dict)
    """Of cells that are merged over rows, by row and column: the last row. Known as the hidden columns are."""

    def rows(self) -> Iterator[SheetRow]:
        """The rows that hold something, from above."""
        self.hidden_columns.clear()
        self.down = dict(self._merged())
        at, columns, rows_hidden = 0, 0, False
        formulas = _Shared()
        tags = [f"{{*}}{name}" for name in ("row", "col", "sheetFormatPr")]
        for _, node in streamed_xml(self.book.package.archive, self.part.name, tags, self.part.lose):
            if node.tag.endswith("}row"):
                at = number(node.get("r"), at + 1)
                cells = dict(self._cells(node, formulas))
                hidden = node.get("hidden", "1" if rows_hidden else "0") not in OFF or node.get("ht") == "0"
                if cells:
                    yield SheetRow(at, cells, hidden)
            elif node.tag.endswith("}col"):
                first, columns = (
                    columns + 1,
                    max(columns, min(number(node.get("max"), 1), WIDEST)),
                )  # they come in order
                if node.get("hidden", "0") not in OFF or node.get("width") == "0":
                    self.hidden_columns.update(range(max(number(node.get("min"), 1), first), columns + 1))
            else:
                rows_hidden = node.get("zeroHeight", "0") not in OFF

    def _merged(self) -> Iterator[tuple[tuple[int, int], int]]:
        """Which cells are merged over rows: it stands behind all rows, and is looked for without reading these."""
        rest, left = b"", MOST_MERGED
        with suppress(Exception), self.book.package.archive.open(self.part.name) as stream:  # rows are read as they go
            while left > 0 and (data := stream.read(_CHUNK)):
                for found in islice(_MERGED.finditer(rest + data), left):
                    left -= 1
                    column, first, last = _column(found[1].decode()), int(found[2]), int(found[3])
                    if last > first:
                        yield (first, column), last
                rest = (rest + data)[-_LONGEST_MERGED:] if b"mergeCell" in data[-_LONGEST_MERGED:] else b""

    def comments(self) -> Iterator[tuple[int, str]]:
        """The row of each comment, and what it says of which cell; a thread stands in the file twice."""
        parts = self.part.all("threadedComment", "comments")
        for node in (node for part in parts for node in part.entries("threadedComment", "comment")):
            address = node.get("ref", "")
            text = " ".join((node.findtext("{*}text") or "").split()) or " ".join(_string(node).split())
            if text and not text.startswith("[Threaded comment]"):
                yield number(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 1), f"Comment on {address}: {text}"

    def _cells(self, row: Any, formulas: _Shared) -> Iterator[tuple[int, Cell]]:
        book, column = self.book, 0
        for node in row.iterchildren("{*}c"):
            address, stored, inline, formula = node.get("r", ""), "", None, None
            column = _column(address) or column + 1
            if column > WIDEST:
                continue
            for part in node.iterchildren("*"):
                if part.tag.endswith("}v"):
                    stored = (part.text or "").strip()
                elif part.tag.endswith("}f"):
                    formula = part
                    formulas.keep(part, address)
                elif part.tag.endswith("}is"):
                    inline = part
            form = book.form_of(node.get("s"))
            text, value = book.content(node.get("t", "n"), stored, form, inline)
            if text and not (formula is not None and book.stale and stored == "0"):
                yield column, Cell(text[:LONGEST_TEXT], value, form)
            elif formula is not None and (told := formulas.told(formula, address)):
                yield column, Cell("", None, form, told)


def _column(reference: str) -> int:
    """The column of an address: 28 of 'AB7', 0 of none."""
    column = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column


class _Shared:
    """The formulas of a sheet that cells share, by their group."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[str, str]] = {}
        self._left = MOST_HELD

    def keep(self, node: Any, address: str) -> None:
        """Remember the formula of a cell if others share it."""
        if node.text and node.get("t") == "shared":
            self._groups[node.get("si", "")] = (f"={node.text}", address)

    def told(self, node: Any, address: str) -> str:
        """The formula of a cell; one of a group has it moved to where the cell is."""
        if node.text or node.get("t") != "shared":
            return f"={node.text}"[:LONGEST_TEXT] if node.text else ""
        from openpyxl.formula.tokenizer import TokenizerError
        from openpyxl.formula.translate import Translator, TranslatorError

        formula, origin = self._groups.get(node.get("si", ""), ("", ""))
        self._left -= 1 + len(formula) // LONGEST
        if not formula or self._left < 0:
            return ""
        try:
            return str(Translator(formula, origin).translate_formula(address))
        except (TokenizerError, TranslatorError, ValueError, AttributeError):  # no address, or no formula
            return formula[:LONGEST_TEXT]


class Workbook:
    """An XLSX file and the sheets in it. Raises ExtractionError if it is none."""

    def __init__(self, file: Path | BinaryIO, name: str, budget: Budget | None = None) -> None:
        self.package = Package(file, name, budget)
        self.main = self.package.main("xl/workbook.xml")
        self._by_style: dict[str | None, str] = {}
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
            place = Place(sheet=node.get("name", ""))
            if part is None:
                self.package.lose("", "missing", place)
            elif self.main.relations[identifier or ""][0] == "worksheet":
                part.place = place
                found.append(Sheet(self, part, node.get("name", ""), node.get("state", "visible") != "visible"))
        return found

    def result(self, sheet: Sheet, row: int, column: int, form: str) -> str:
        """What a formula without a result would show; '' where that is not simple."""
        value = self._calculator.result(sheet.title, row, column)
        if isinstance(value, float) and math.isfinite(value):
            return shown(repr(value), form, self.epoch_1904)
        return "" if value is None or isinstance(value, float) else written(value)

    @cached_property
    def _calculator(self) -> Calculator:
        sheets = {sheet.title: sheet for sheet in self.sheets}
        held: dict[str, Cells | None] = {}

        def cells_of(title: str) -> Cells | None:
            if title not in held:
                held[title] = _held(sheets[title]) if title in sheets else None
            return held[title]

        return Calculator(cells_of)

    def content(self, kind: str, stored: str, form: str, inline: Any = None) -> tuple[str, Value]:
        """What a cell shows and what it holds, by what is stored for it."""
        if kind == "s":
            at = number(stored, -1)
            text = self._strings[at] if 0 <= at < len(self._strings) else ""
        elif kind == "inlineStr":
            text = _string(inline)
        elif kind == "b":
            return ("TRUE" if stored == "1" else "FALSE" if stored else ""), stored == "1"
        elif kind == "d":
            text = stored.removesuffix("T00:00:00").replace("T", " ")
        elif kind == "n" and stored:
            return shown(stored, form, self.epoch_1904), _float(stored)
        else:
            text = stored
        return text, text

    def form_of(self, style: str | None) -> str:
        """The number format of cells of a style."""
        if style not in self._by_style:
            at = number(style, 0)
            self._by_style[style] = self._forms[at] if 0 <= at < len(self._forms) else ""
        return self._by_style[style]

    @cached_property
    def _strings(self) -> list[str]:
        found = []
        for part in self.main.all("sharedStrings")[:1]:
            if part.member.lower() in self.package.members:
                nodes = streamed_xml(self.package.archive, part.name, ["{*}si"], part.lose)
                found = [_string(node) for _, node in nodes]
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


def _held(sheet: Sheet) -> Cells | None:
    """The cells of a sheet for formulas; None if they are too many."""
    cells: dict[tuple[int, int], tuple[Value, str]] = {}
    for row in Sheet(sheet.book, sheet.part, sheet.title, sheet.hidden).rows():
        cells.update({(row.number, column): (cell.value, cell.formula) for column, cell in row.cells.items()})
        if len(cells) > MOST_HELD:
            return None
    return cells


def _float(stored: str) -> Value:
    try:
        return float(stored)
    except ValueError:
        return stored


def _string(node: Any) -> str:
    """The text of a string, without the small letters that say how it is pronounced."""
    if node is None:
        return ""
    return "".join(t.text or "" for t in node.iter("{*}t") if not t.getparent().tag.endswith("}rPh"))
