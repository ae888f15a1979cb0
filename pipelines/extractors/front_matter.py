"""The fields at the top of a Markdown file (YAML between '---', TOML between '+++'). Knows nothing of Markdown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from indexes.records import Place
from pipelines.extractors.facts import grouped, value_pieces
from pipelines.records import Piece

_ENDS = {"---": ("---", "..."), "+++": ("+++",)}
_MOST_LINES = 500
_MOST_CHARACTERS = 20_000
"""What is longer is no list of fields, and would take long to be taken apart."""
_FIELD = re.compile(r"\w[\w .-]{0,60}:(?: |$)")
_OTHER = re.compile(r"[ \t#-]|$")
_NESTED = re.compile(r"(?:[\[{][^\[{\]}]{0,20}+){30}|(?:[\w-]{1,20}+\.){30}")
"""Levels in levels, which no person writes, and which would take the square of their depth."""


def front_matter(lines: Sequence[str]) -> tuple[int, list[Piece]]:
    """How many lines the fields take with what surrounds them, and their Pieces; 0 where there are none."""
    mark = lines[0].rstrip() if lines else ""
    ends = _ENDS.get(mark, ())
    end = next((number for number, line in enumerate(lines[1:_MOST_LINES], 1) if line.rstrip() in ends), 0)
    inside = lines[1:end]
    if not end or sum(map(len, inside)) > _MOST_CHARACTERS or any(map(_NESTED.search, inside)):
        return 0, []
    place = Place(lines=(1, end + 1))
    try:
        text = "\n".join(inside)
        fields = tomllib.loads(text, parse_float=str) if mark == "+++" else _yaml(text)
        if not isinstance(fields, dict) and text.strip():
            return 0, []
        return end + 1, [replace(piece, place=place) for piece in value_pieces(fields, place)]
    except (ValueError, ArithmeticError, RecursionError):
        # Not quite YAML, such as 'title: Kilns: a manual': fields all the same, which stand as they are.
        if not (any(map(_FIELD.match, inside)) and all(_FIELD.match(line) or _OTHER.match(line) for line in inside)):
            return 0, []
        return end + 1, list(grouped(inside, place))


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, _loader())  # no objects are made: it has no constructors
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@cache
def _loader() -> Any:
    """YAML's plainest loader, to which each value is the text that stands there ('1.10', 'yes', '2026-02-03')."""
    import yaml

    class AsWritten(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):  # a few lines of them stand for gigabytes
                raise yaml.YAMLError("aliases are not followed")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            mapping = super().construct_mapping(node, deep)
            if len(mapping) < len(node.value):  # the later would be told in place of the first
                raise yaml.YAMLError("a name stands twice")
            return mapping

    return AsWritten
