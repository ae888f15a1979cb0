"""JSON, JSON lines and notebooks to Pieces that read like sentences of facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.facts import LONGEST, common_keys, value_pieces
from pipelines.extractors.tables import table_pieces, written
from pipelines.extractors.text import Headings, markdown
from pipelines.records import Piece

_LONGEST_OUTPUT = 4 * LONGEST
"""Characters that are told of what a cell of a notebook has printed."""


def read_json(path: Path) -> Iterator[Piece]:
    """A list of like records as a table, everything else as lines of 'path: value'."""
    try:
        value = json.loads(read_characters(path))
    except RecursionError as error:
        raise ExtractionError(f"{path.name} is nested too deeply to be read. Flatten it and index that.") from error
    except json.JSONDecodeError as error:
        raise ExtractionError(
            f"{path.name} is no valid JSON ({error.msg} at line {error.lineno}). Correct it, or rename it to .txt."
        ) from error
    yield from value_pieces(value, Place())


def read_jsonl(path: Path) -> Iterator[Piece]:
    """One record a line; lines that are no JSON are kept as they stand. Place has lines."""
    records: list[tuple[int, Any]] = []
    for number, line in enumerate(read_characters(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append((number, json.loads(line)))
        except (json.JSONDecodeError, RecursionError):
            records.append((number, line.strip()))
    keys = common_keys([record for _, record in records])
    if keys:
        rows = [(0, keys), *((n, [written(record.get(key)) for key in keys]) for n, record in records)]
        yield from table_pieces(rows, lambda first, last: Place(lines=(max(first, 1), last)))
        return
    for number, record in records:
        yield from value_pieces(record, Place(lines=(number, number)))


def read_notebook(path: Path) -> Iterator[Piece]:
    """The cells of a Jupyter notebook: prose as Markdown, code as it is, and what it printed."""
    notebook = json.loads(read_characters(path))
    headings = Headings()
    for cell in notebook.get("cells", []):
        source = _joined(cell.get("source", ""))
        if cell.get("cell_type") == "markdown":
            for piece in markdown(source, headings):
                yield Piece(piece.kind, piece.text, Place(), piece.heading)
            continue
        if source.strip():
            yield Piece("text", source.strip(), Place(), headings.chain)
        for output in cell.get("outputs", []):
            shown = _joined(output.get("text") or output.get("data", {}).get("text/plain", "")).strip()
            if shown:
                yield Piece("text", shown[:_LONGEST_OUTPUT], Place(), headings.chain)
            if len(shown) > _LONGEST_OUTPUT:
                yield Piece("unread", f"beyond {_LONGEST_OUTPUT:,} characters", Place(), "output of a cell")


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
