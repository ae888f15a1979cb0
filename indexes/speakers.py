"""Who speaks in a recording: what each speaker is called when it is heard, and the name that a person gave instead.

Cues are stored as they were heard; the names that were given are put in when they are read, and into the texts that
are searched. So a name can be changed and taken back, and stays when the recording is heard again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from indexes.records import Segment, voiced
from indexes.scopes import Scope

SCHEMA = """
CREATE TABLE speakers (
    source INTEGER NOT NULL REFERENCES sources(key) ON DELETE CASCADE,
    heard TEXT NOT NULL,                  -- as cues have it: 'Speaker 2', or a name of the subtitles
    name TEXT NOT NULL DEFAULT '',        -- what a person calls them
    PRIMARY KEY (source, heard)) WITHOUT ROWID;
INSERT OR IGNORE INTO speakers(source, heard)
    SELECT s.source, json_extract(cue.value, '$[3]') AS heard
    FROM segments s, json_each(CASE WHEN json_valid(s.cues) THEN s.cues ELSE '[]' END) cue
    WHERE s.kind = 'speech' AND heard != '';
"""

_CALLED = "CASE name WHEN '' THEN heard ELSE name END"


@dataclass(frozen=True, slots=True)
class Speaker:
    """`heard` is what they are called in the cues, `name` what a person calls them ('': nobody has said)."""

    heard: str
    name: str = ""


def said_by(names: Collection[str]) -> Scope:
    """Speech of which somebody so called says a part."""
    them = f"FROM speakers WHERE {_CALLED} IN (SELECT value FROM json_each(?))"
    return Scope(
        f"source IN (SELECT source {them}) AND kind = 'speech' AND EXISTS (SELECT 1 FROM json_each(cues) cue WHERE"
        f" json_extract(cue.value, '$[3]') IN (SELECT heard {them} AND speakers.source = segments.source))",
        (json.dumps([*names]),) * 2,
    )


def called(connection: sqlite3.Connection) -> list[str]:
    """What all speakers of a library are called, each name once."""
    return [row[0] for row in connection.execute(f"SELECT DISTINCT {_CALLED} FROM speakers ORDER BY 1")]


def hear(connection: sqlite3.Connection, source_key: int, segments: Sequence[Segment]) -> None:
    """Note who speaks in new segments of a source."""
    heard = {cue.speaker for segment in segments for cue in segment.cues if cue.speaker}
    connection.executemany(
        "INSERT OR IGNORE INTO speakers(source, heard) VALUES (?, ?)", [(source_key, each) for each in sorted(heard)]
    )


def of_source(connection: sqlite3.Connection, source_key: int) -> list[Speaker]:
    """Who speaks in a source, in the order of what they were heard as."""
    rows = connection.execute("SELECT heard, name FROM speakers WHERE source = ? ORDER BY heard", (source_key,))
    return [Speaker(row["heard"], row["name"]) for row in rows]


def give_names(connection: sqlite3.Connection, source_key: int, names: Mapping[str, str]) -> None:
    """Call speakers of a source by these names from now on; '' takes a name back."""
    connection.executemany(
        "UPDATE speakers SET name = ? WHERE source = ? AND heard = ?",
        [("" if name == heard else name, source_key, heard) for heard, name in names.items()],
    )


def named(segment: Segment, names: Mapping[str, str]) -> Segment:
    """The same segment with the names that were given, by what was heard, in its cues and in its text."""
    if not names or not segment.cues:
        return segment
    cues = tuple(replace(cue, speaker=names.get(cue.speaker) or cue.speaker) for cue in segment.cues)
    return replace(segment, text=" ".join(voiced(cues)), cues=cues)
