"""Nested values (of JSON, of the head of a Markdown file) to Pieces that read like sentences of facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from indexes.records import Place
from pipelines.extractors.tables import table_pieces, written
from pipelines.records import Piece

LONGEST = 900
"""Characters of one Piece."""
DEEPEST = 60
_LONGEST_PATH = 300
"""Characters of the names above a value, which are told with each."""


def value_pieces(value: Any, place: Place, name: str = "") -> Iterator[Piece]:
    """Lists of like records as tables, everything else as lines of 'path: value', `name` before each path."""
    keys = common_keys(value) if isinstance(value, list) else []
    if keys:
        rows = [(0, keys), *((n, [written(record.get(key)) for key in keys]) for n, record in enumerate(value, 1))]
        yield from table_pieces(rows, lambda first, last: place, name)
        return
    lines: list[str] = []
    for entry in _facts(value, name):
        if isinstance(entry, Piece):
            yield from grouped(lines, place, name)
            lines = []
            yield entry
        else:
            lines.append(entry)
    yield from grouped(lines, place, name)


def _facts(value: Any, path: str, depth: int = 0) -> Iterator[str | Piece]:
    """Lines of 'path: value'; a list of like records inside comes as its table."""
    if depth > DEEPEST:
        yield f"{path}: …"
    elif isinstance(value, dict):
        for key, inner in value.items():
            named = f"{path}.{key}" if path else str(key)
            yield from _facts(inner, named if len(named) <= _LONGEST_PATH else f"…{named[-_LONGEST_PATH:]}", depth + 1)
    elif isinstance(value, list) and common_keys(value):
        yield from value_pieces(value, Place(), path)
    elif isinstance(value, list):
        if all(not isinstance(inner, (dict, list)) for inner in value):
            yield f"{path}: {', '.join(written(inner) for inner in value)}"
        else:
            for number, inner in enumerate(value, 1):
                yield from _facts(inner, f"{path}[{number}]", depth + 1)
    elif value is not None and value != "":
        yield f"{path}: {written(value)}" if path else written(value)


def grouped(lines: Iterable[str], place: Place, heading: str = "") -> Iterator[Piece]:
    """Lines together in Pieces of a readable size."""
    group: list[str] = []
    for line in lines:
        if group and sum(map(len, group)) + len(line) > LONGEST:
            yield Piece("text", "\n".join(group), place, heading)
            group = []
        group.append(line)
    if group:
        yield Piece("text", "\n".join(group), place, heading)


def common_keys(values: list[Any]) -> list[str]:
    """The keys of records that are flat and alike, in order; none if the values are something else."""
    if len(values) < 2 or not all(isinstance(value, dict) and value for value in values):
        return []
    keys = list(dict.fromkeys(str(key) for value in values for key in value))
    filled = sum(len(value) for value in values)
    flat = all(not isinstance(inner, (dict, list)) for value in values for inner in value.values())
    return keys if flat and 2 <= len(keys) <= 40 and filled >= 0.5 * len(keys) * len(values) else []
