"""Workbooks (XLSX, XLS, ODS) and delimited text (CSV, TSV) to tables with the header row repeated."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import Budget, check_size
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.tables import Row, table_pieces, written
from pipelines.records import Piece

MOST_COLUMNS = 200
"""Of a sheet; what stands further right is hardly ever text."""


def read_workbook(path: Path) -> Iterator[Piece]:
    """The rows of every sheet, with the results of formulas as the file holds them; Place has sheet and lines."""
    yield from workbook_pieces(path, path.name)


def workbook_pieces(file: Path | BinaryIO, name: str, budget: Budget | None = None) -> Iterator[Piece]:
    """The same, also of bytes in memory; `name` is for the sentence if it fails, `budget` as in `check_size`."""
    import zipfile

    import python_calamine as calamine

    if zipfile.is_zipfile(file):
        check_size(file, name, budget)
    if not isinstance(file, Path):
        file.seek(0)
    try:
        with calamine.CalamineWorkbook.from_object(file) as workbook:
            for title in workbook.sheet_names:
                try:
                    sheet = workbook.get_sheet_by_name(title)
                except calamine.WorksheetNotFound:
                    continue  # a sheet that is only a chart
                yield from table_pieces(_rows_of(sheet), partial(_in_sheet, title), title)
    except calamine.PasswordError as error:
        raise ExtractionError(
            f"{name} is locked with a password; save a copy without it and index that.", "open"
        ) from error


def _in_sheet(name: str, first: int, last: int) -> Place:
    return Place(sheet=name, lines=(first, last))


def _rows_of(sheet: object) -> Iterator[Row]:
    start = getattr(sheet, "start", None)
    if start is None:  # an empty sheet
        return
    for number, row in enumerate(sheet.iter_rows(), 1):  # type: ignore[attr-defined]
        yield number, [written(value) for value in row[:MOST_COLUMNS]]


def read_csv(path: Path) -> Iterator[Piece]:
    """Delimited text; the delimiter is the one that gives the most even columns. Place has lines."""
    text = read_characters(path)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter_of(text[:20_000]))
    yield from table_pieces(_records(reader), lambda first, last: Place(lines=(first, last)))


def _records(reader: Iterator[list[str]]) -> Iterator[Row]:
    for cells in reader:
        yield reader.line_num, cells  # type: ignore[attr-defined]


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
