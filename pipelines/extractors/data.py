"""JSON, JSON lines and notebooks to Pieces that read like sentences of facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.tables import table_pieces, written
from pipelines.extractors.text import Headings, markdown
from pipelines.records import Piece

LONGEST = 900
"""Characters of one Piece."""
DEEPEST = 60


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
    yield from _value_pieces(value, Place())


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
    keys = _common_keys([record for _, record in records])
    if keys:
        rows = [(0, keys), *((n, [written(record.get(key)) for key in keys]) for n, record in records)]
        yield from table_pieces(rows, lambda first, last: Place(lines=(max(first, 1), last)))
        return
    for number, record in records:
        yield from _value_pieces(record, Place(lines=(number, number)))


def _value_pieces(value: Any, place: Place, name: str = "") -> Iterator[Piece]:
    keys = _common_keys(value) if isinstance(value, list) else []
    if keys:
        rows = [(0, keys), *((n, [written(record.get(key)) for key in keys]) for n, record in enumerate(value, 1))]
        yield from table_pieces(rows, lambda first, last: place, name)
        return
    lines: list[str] = []
    for entry in _facts(value, name):
        if isinstance(entry, Piece):
            yield from _grouped(lines, place, name)
            lines = []
            yield entry
        else:
            lines.append(entry)
    yield from _grouped(lines, place, name)


def _facts(value: Any, path: str, depth: int = 0) -> Iterator[str | Piece]:
    """Lines of 'path: value'; a list of like records inside comes as its table."""
    if depth > DEEPEST:
        yield f"{path}: …"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and _common_keys(value):
        yield from _value_pieces(value, Place(), path)
    elif isinstance(value, list):
        if all(not isinstance(inner, (dict, list)) for inner in value):
            yield f"{path}: {', '.join(written(inner) for inner in value)}"
        else:
            for number, inner in enumerate(value, 1):
                yield from _facts(inner, f"{path}[{number}]", depth + 1)
    elif value is not None and value != "":
        yield f"{path}: {written(value)}" if path else written(value)


def _grouped(lines: list[str], place: Place, heading: str) -> Iterator[Piece]:
    group: list[str] = []
    for line in lines:
        if group and sum(map(len, group)) + len(line) > LONGEST:
            yield Piece("text", "\n".join(group), place, heading)
            group = []
        group.append(line)
    if group:
        yield Piece("text", "\n".join(group), place, heading)


def _common_keys(values: list[Any]) -> list[str]:
    """The keys of records that are flat and alike, in order; none if the values are something else."""
    if len(values) < 2 or not all(isinstance(value, dict) and value for value in values):
        return []
    keys = list(dict.fromkeys(str(key) for value in values for key in value))
    filled = sum(len(value) for value in values)
    flat = all(not isinstance(inner, (dict, list)) for value in values for inner in value.values())
    return keys if flat and 2 <= len(keys) <= 40 and filled >= 0.5 * len(keys) * len(values) else []


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
                yield Piece("text", shown[: LONGEST * 4], Place(), headings.chain)


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
