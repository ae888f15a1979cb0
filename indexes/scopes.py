"""Which segments a search may return."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition on the table `segments` with its values. Empty: all of them."""

    where: str = ""
    values: tuple[object, ...] = ()
    of_files: bool = False  # whether certain files are meant

    def __and__(self, other: Scope) -> Scope:
        both = " AND ".join(where for where in (self.where, other.where) if where)
        return Scope(both, self.values + other.values, self.of_files or other.of_files)


def of_sources(ids: Collection[str]) -> Scope:
    """What stands in these sources."""
    return Scope(
        "source IN (SELECT key FROM sources WHERE id IN (SELECT value FROM json_each(?)))", (json.dumps([*ids]),), True
    )


def during(spans: Mapping[str, tuple[float, float]]) -> Scope:
    """What is said or to be seen in these recordings (by source id) between these seconds.

    One value and one pass over the recordings' rows, however many they are.
    """
    return Scope(
        "id IN (SELECT s.id FROM json_each(?) asked JOIN sources o ON o.id = asked.key JOIN segments s"
        " ON s.source = o.key AND json_extract(s.place, '$.start') <= json_extract(asked.value, '$[1]')"
        " AND json_extract(s.place, '$.end') >= json_extract(asked.value, '$[0]'))",
        (json.dumps({source: list(span) for source, span in spans.items()}),),
    )


def of_media(*types: str) -> Scope:
    """What stands in sources of these media types."""
    return Scope(f"source IN (SELECT key FROM sources WHERE media_type IN ({','.join('?' * len(types))}))", types)


def of_language(language: str) -> Scope:
    """What stands in sources in this language (two letters)."""
    return Scope("source IN (SELECT key FROM sources WHERE language = ?)", (language,))


def of_pages(first: int, last: int) -> Scope:
    """What stands on these pages or slides, both included, by their count or by the number that is printed on them."""
    return Scope(
        "(coalesce(json_extract(place, '$.page'), json_extract(place, '$.slide')) BETWEEN ? AND ?"
        " OR CAST(json_extract(place, '$.printed') AS INTEGER) BETWEEN ? AND ?)",
        (first, last, first, last),
    )


def of_printed(label: str) -> Scope:
    """What stands on a page that its document calls so, in any case."""
    return Scope("lower(json_extract(place, '$.printed')) = ?", (label.lower(),))


def is_met(scope: Scope, connection: sqlite3.Connection) -> bool:
    """Whether any segment lies within a scope."""
    found = connection.execute(f"SELECT EXISTS (SELECT 1 FROM segments WHERE {scope.where or 'true'})", scope.values)
    return bool(found.fetchone()[0])
