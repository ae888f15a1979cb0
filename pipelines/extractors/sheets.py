"""Workbooks (XLSX, XLS, ODS) and delimited text (CSV, TSV) to tables with the header row repeated."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from indexes.records import Place
from pipelines.errors import ExtractionError, in_short
from pipelines.extractors.archives import Budget, check_size
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.ods import OdsSheet, ods_sheets
from pipelines.extractors.table_heads import tables_of
from pipelines.extractors.tables import REPEATED, Row, table_pieces, written
from pipelines.extractors.text import LONGEST_TITLE
from pipelines.extractors.workbooks import BEYOND, MOST_CELLS, Sheet, Workbook
from pipelines.records import Piece

_LONGEST_MANIFEST = 1_000_000
"""Bytes of the list of a file's members in which a password is looked for."""
_NAMED_DELIMITER = re.compile(r"sep=(.)\n", re.IGNORECASE)
MOST_CHARACTERS = 200_000_000
"""Of a workbook. One long text may stand in the file once and in each of its cells."""


def read_workbook(path: Path) -> Iterator[Piece]:
    """The rows of every sheet as they are shown, each table with its head; Place has sheet and lines."""
    yield from workbook_pieces(path, path.name)


def workbook_pieces(file: Path | BinaryIO, name: str, budget: Budget | None = None) -> Iterator[Piece]:
    """The same, also of bytes in memory; `name` is for the sentence if it fails, `budget` as in `check_size`."""
    left, own = MOST_CHARACTERS, budget or Budget()
    for piece in _sheet_pieces(file, name, own):
        left -= len(piece.text)
        if left < 0:
            own.lose(f"{name} beyond {MOST_CHARACTERS:,} characters", "its texts are repeated")
            break
        yield piece
    if budget is None:
        yield from own.lost()


def _sheet_pieces(file: Path | BinaryIO, name: str, budget: Budget) -> Iterator[Piece]:
    parts = _parts(file)
    sheets: Iterable[Sheet | OdsSheet]
    if "content.xml" in parts and not _is_locked(file):
        check_size(file, name, budget)
        sheets = ods_sheets(file, budget)
    elif parts and "xl/workbook.bin" not in parts and "content.xml" not in parts:
        sheets = Workbook(file, name, budget).sheets
    else:
        yield from _by_calamine(file, name, budget)
        return
    for sheet in sheets:
        title = _titled(sheet.title, sheet.hidden)
        yield from _pieces(_shown(sheet), title)
        for row, text in sheet.comments():
            yield Piece("text", text, _in_sheet(title, row, row), title)


def _titled(title: str, hidden: bool) -> str:
    """What a sheet is called in citations and above its tables."""
    return f"{title[:LONGEST_TITLE]} (hidden)" if hidden else title[:LONGEST_TITLE]


def _parts(file: Path | BinaryIO) -> set[str]:
    """The names of its members; none of what is no zip, such as XLS and all that is locked."""
    if not zipfile.is_zipfile(file):
        return set()
    with zipfile.ZipFile(file) as archive:
        return {name.replace("\\", "/").lstrip("/").lower() for name in archive.namelist()}


def _is_locked(file: Path | BinaryIO) -> bool:
    """Whether an OpenDocument file needs a password."""
    manifest = "META-INF/manifest.xml"
    with zipfile.ZipFile(file) as archive:
        if manifest not in archive.namelist():
            return False
        with archive.open(manifest) as stream:
            return b"encryption-data" in stream.read(_LONGEST_MANIFEST)


def _by_calamine(file: Path | BinaryIO, name: str, budget: Budget) -> Iterator[Piece]:
    import python_calamine as calamine

    if zipfile.is_zipfile(file):
        check_size(file, name, budget)
    if not isinstance(file, Path):
        file.seek(0)
    try:
        with calamine.CalamineWorkbook.from_object(file) as workbook:
            hidden = {s.name for s in workbook.sheets_metadata if s.visible != calamine.SheetVisibleEnum.Visible}
            for title in workbook.sheet_names:
                try:
                    sheet = workbook.get_sheet_by_name(title)
                except calamine.WorksheetNotFound:
                    continue  # a sheet that is only a chart
                except calamine.CalamineError as error:
                    budget.lose("", in_short(error, name), Place(sheet=title))
                    continue
                lose = partial(budget.lose, "", BEYOND, Place(sheet=title))
                yield from _pieces(_rows_of(sheet, lose), _titled(title, title in hidden))
    except calamine.PasswordError as error:
        raise ExtractionError(
            f"{name} is locked with a password; save a copy without it and index that.", "open"
        ) from error


def _pieces(rows: Iterator[Row], title: str) -> Iterator[Piece]:
    for table in tables_of(rows):
        yield from table_pieces(table, partial(_in_sheet, title), title)


def _in_sheet(name: str, first: int, last: int) -> Place:
    return Place(sheet=name, lines=(first, last))


def _rows_of(sheet: object, lose: Callable[[], None]) -> Iterator[Row]:
    start = getattr(sheet, "start", None)
    if start is None:  # an empty sheet
        return
    for number, row in enumerate(sheet.iter_rows(), 1):  # type: ignore[attr-defined]
        if len(row) > MOST_CELLS and any(map(written, row[MOST_CELLS:])):
            lose()
        yield number, [written(value) for value in row[:MOST_CELLS]]


def _shown(sheet: Sheet | OdsSheet) -> Iterator[Row]:
    """The rows of a sheet; hidden ones say so, and so does each text in a hidden column. A cell that is merged over
    rows stands in each of them, unless it is long."""
    open_: dict[int, tuple[int, str]] = {}  # by column: the last row of a merged cell, and its text
    for row in sheet.rows():
        texts: dict[int, str] = {}
        if len(row.cells) > MOST_CELLS and isinstance(sheet, Sheet):
            sheet.part.lose(BEYOND)
        for column, cell in sorted(row.cells.items())[:MOST_CELLS]:
            text = cell.text
            if cell.formula and isinstance(sheet, Sheet):
                found = sheet.book.result(sheet, row.number, column, cell.form)
                text = found or f"{cell.formula}, not computed"
            if column in sheet.hidden_columns and any(map(str.isalpha, text)):
                text = f"{text} (hidden)"
            texts[column] = text
            if (row.number, column) in sheet.down and len(text) <= REPEATED:
                open_[column] = sheet.down[row.number, column], text
        open_ = {column: merged for column, merged in open_.items() if merged[0] >= row.number}
        texts = {column: text for column, (_, text) in open_.items()} | texts
        cells: list[str] = []
        for column, text in sorted(texts.items()):
            if column <= MOST_CELLS:
                cells += [""] * (column - len(cells) - 1) + [text]
            else:
                cells.append(text)
        if row.hidden:
            first = next((n for n, text in enumerate(cells) if text), 0)
            cells[first] = f"(hidden row) {cells[first]}"
        yield row.number, cells


def read_csv(path: Path) -> Iterator[Piece]:
    """Delimited text; the delimiter is the one that gives the most even columns. Place has lines."""
    text = read_characters(path)
    named = _NAMED_DELIMITER.match(text)  # as Excel writes and reads it
    first = 0 if named is None else 1
    text = text if named is None else text[named.end() :]
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text), delimiter=named[1] if named else delimiter_of(text[:20_000]))
    yield from table_pieces(_records(reader, first), lambda first, last: Place(lines=(first, last)))


def _records(reader: Iterator[list[str]], before: int) -> Iterator[Row]:
    for cells in reader:
        yield reader.line_num + before, cells  # type: ignore[attr-defined]


def delimiter_of(sample: str) -> str:
    """Of comma, semicolon, tab and bar the one by which the most lines have the same number of columns, several."""
    best, best_score = ",", 0.0
    for delimiter in ",;\t|":
        counts = [len(row) for row in csv.reader(sample.splitlines()[:50], delimiter=delimiter) if row]
        usual = max(set(counts), key=counts.count) if counts else 1
        even = counts.count(usual) / len(counts) if counts else 0.0
        score = even * min(usual, 20) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
