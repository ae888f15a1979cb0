"""The catalogue: one SQLite file that is the truth about a library. Everything else can be rebuilt from it.

Knows rows. Leaves searching vectors to `vectors`, words to `keywords`, and how they go together to `library`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexes import speakers
from indexes.database import Database
from indexes.migrations import MIGRATIONS
from indexes.records import Cue, FileRecord, Place, Segment, Source, voiced
from indexes.scopes import Scope

_VECTORS = "vectors"  # the stage of what was read and has no vectors yet; the others are stages of reading
BEHIND = f"SELECT source FROM stages WHERE name = '{_VECTORS}'"
"""Selects the keys of sources with texts that have no vectors yet."""

BY_WORDS = "It can be asked by its words; its vectors are being made."

_READ = ("indexed", "partial")
_FILE = (
    f"SELECT f.*, s.id AS source_id, f.source IN ({BEHIND}) AS behind"
    " FROM files f LEFT JOIN sources s ON s.key = f.source"
)
_SEGMENT = (
    "SELECT s.id, o.id AS source_id, s.position, s.modality, s.heading, s.text, s.place, s.member, s.marks,"
    " s.kind, s.cues, s.fingerprint, (SELECT json_group_object(heard, name) FROM speakers"
    " WHERE source = s.source AND name != '') AS names"
    " FROM segments s JOIN sources o ON o.key = s.source"
)
_GLOB = " OR ".join(["folded(f.path) GLOB ?"] * 4)  # of `_patterns`


class Catalogue(Database):
    """Rows of one library."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, MIGRATIONS)

    # --- sources ---

    def add_source(self, source: Source) -> int:
        """The new source's key. To be called inside a transaction, like all that write."""
        cursor = self.connection.execute(
            "INSERT INTO sources(id, modality, media_type, bytes, title, language, duration, added)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (source.id, source.modality, source.media_type, source.bytes, source.title, source.language,
             source.duration, time.time()),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def source_key(self, source_id: str) -> int | None:
        row = self.connection.execute("SELECT key FROM sources WHERE id = ?", (source_id,)).fetchone()
        return None if row is None else int(row[0])

    def sources(self, ids: Iterable[str] | None = None) -> dict[str, Source]:
        """Sources by id; all of them when `ids` is None."""
        if ids is None:
            rows = self.connection.execute("SELECT * FROM sources ORDER BY key").fetchall()
        else:
            rows = list(self._in("SELECT * FROM sources WHERE id IN", list(ids)))
        paths: dict[int, list[str]] = {}
        keys = [row["key"] for row in rows]
        for column in ("source", "earlier"):
            query = f"SELECT {column}, path FROM files WHERE {column} IN"
            for key, path in self._in(query, keys, " ORDER BY updated, path"):
                paths.setdefault(key, []).append(path)
        return {
            row["id"]: Source(
                id=row["id"],
                modality=row["modality"],
                media_type=row["media_type"],
                bytes=row["bytes"],
                title=row["title"],
                language=row["language"],
                paths=tuple(paths.get(row["key"], ())),
                duration=row["duration"],
            )
            for row in rows
        }

    def paths(self) -> list[tuple[str, str]]:
        """Every path that leads to a source, with the source's id."""
        rows = self.connection.execute("SELECT f.path, s.id FROM files f JOIN sources s ON s.key = f.source")
        return [(row["path"], row["id"]) for row in rows]

    def lengths(self, scope: Scope = Scope()) -> dict[str, float | None]:
        """Seconds of each source within a scope; None for what is no recording."""
        rows = self.connection.execute(
            "SELECT id, CASE WHEN modality IN ('audio', 'video') THEN coalesce(duration, (SELECT"
            " max(json_extract(place, '$.end')) FROM segments WHERE source = sources.key), 0) END AS seconds"
            f" FROM sources WHERE key IN (SELECT source FROM segments WHERE {scope.where or 'true'})",
            scope.values,
        )
        return {row["id"]: row["seconds"] for row in rows}

    def remove_source(self, key: int) -> None:
        """Vectors, segments and the source itself; its keywords must be gone already."""
        execute = self.connection.execute
        for table in ("vectors", "codes"):
            execute(f"DELETE FROM {table} WHERE segment IN (SELECT id FROM segments WHERE source = ?)", (key,))
        execute("DELETE FROM segments WHERE source = ?", (key,))
        execute("DELETE FROM stages WHERE source = ?", (key,))
        execute("DELETE FROM sources WHERE key = ?", (key,))

    def update_source(self, key: int, source: Source) -> None:
        """What was learnt about a source after it was added: title, language, duration."""
        values = (source.title, source.language, source.duration, key)
        self.connection.execute("UPDATE sources SET title = ?, language = ?, duration = ? WHERE key = ?", values)

    # --- drafts ---

    def stages(self, source_key: int) -> dict[str, float]:
        """How far each stage of reading has come: in seconds of a recording, in pages and pieces of a document. Empty
        for what was read to its end."""
        query = "SELECT name, until FROM stages WHERE source = ? AND name != ?"
        return {row["name"]: row["until"] for row in self.connection.execute(query, (source_key, _VECTORS))}

    def set_stages(self, source_key: int, stages: Mapping[str, float]) -> None:
        """These stages of reading instead of those that were noted."""
        self.connection.execute("DELETE FROM stages WHERE source = ? AND name != ?", (source_key, _VECTORS))
        self.connection.executemany(
            "INSERT INTO stages(source, name, until) VALUES (?,?,?)",
            [(source_key, name, until) for name, until in stages.items()],
        )

    def await_vectors(self, source_key: int) -> None:
        """Note that texts of a source have no vectors yet."""
        self.connection.execute("INSERT OR IGNORE INTO stages VALUES (?, ?, 0)", (source_key, _VECTORS))

    def lacking(self, model: str, above: int, most: int) -> list[int]:
        """Ids of up to so many segments above an id, ascending, of which the texts have no vectors by a model yet."""
        if not above:  # so that what was stored long ago need not be gone through
            (first,) = self.connection.execute(
                f"SELECT min(first) FROM (SELECT min(id) AS first FROM segments WHERE source IN ({BEHIND}) GROUP BY"
                " source)"
            ).fetchone()
            if first is None:
                return []
            above = first - 1
        # The + has SQLite walk through the ids: over the sources it would sort all that lack some for each batch.
        rows = self.connection.execute(
            f"SELECT id FROM segments WHERE id > ? AND +source IN ({BEHIND}) AND NOT EXISTS"
            " (SELECT 1 FROM vectors JOIN spaces ON spaces.key = space WHERE segment = segments.id AND name = 'text'"
            " AND model = ?) ORDER BY id LIMIT ?",
            (above, model, most),
        )
        return [row[0] for row in rows]

    def lacks(self, above: int) -> int:
        """How many segments above an id belong to sources of which texts have no vectors yet."""
        query = f"SELECT count(*) FROM segments WHERE source IN ({BEHIND}) AND id > ?"
        return int(self.connection.execute(query, (above,)).fetchone()[0])

    def have_vectors(self, until: int) -> list[str]:
        """Ids of the sources that were read to their end and have vectors for all texts, now that those of the segments
        up to an id have them. It is noted."""
        rows = self.connection.execute(
            f"SELECT key, id FROM sources WHERE key IN ({BEHIND})"
            " AND NOT EXISTS (SELECT 1 FROM segments WHERE source = key AND segments.id > ?)"
            " AND NOT EXISTS (SELECT 1 FROM stages WHERE source = key AND name != ?)",
            (until, _VECTORS),
        ).fetchall()
        whole = [(row["key"], _VECTORS) for row in rows]
        self.connection.executemany("DELETE FROM stages WHERE source = ? AND name = ?", whole)
        return [row["id"] for row in rows]

    def behind(self) -> bool:
        """Whether there are texts without vectors."""
        return self.connection.execute(f"{BEHIND} LIMIT 1").fetchone() is not None

    # --- the ledger ---

    def files(self, below: str | None = None) -> list[FileRecord]:
        """The ledger by path; of one file or of everything below a folder when `below` is given."""
        if below is None:
            rows = self.connection.execute(f"{_FILE} ORDER BY f.path")
        else:
            folder = below.rstrip("/") + "/"
            rows = self.connection.execute(
                f"{_FILE} WHERE f.path = ? OR substr(f.path, 1, ?) = ? ORDER BY f.path", (below, len(folder), folder)
            )
        return [_file(row) for row in rows]

    def counts(self) -> tuple[dict[str, int], int]:
        """How many files of the ledger have each status; and how many of the drafts were read to their end."""
        counts: Counter[str] = Counter()
        behind = 0
        rows = self.connection.execute(f"SELECT status, behind, count(*) AS n FROM ({_FILE}) GROUP BY status, behind")
        for status, lacks, count in rows:
            by_words = bool(lacks) and status in _READ
            counts["draft" if by_words else status] += count
            behind += count * by_words
        return dict(counts), behind

    def file(self, path: str) -> FileRecord | None:
        row = self.connection.execute(f"{_FILE} WHERE f.path = ?", (path,)).fetchone()
        return None if row is None else _file(row)

    def partial(self, source_id: str) -> tuple[str, str]:
        """The stage and the reason of a source of which not all could be read, also where its vectors are still being
        made; '' and '' where nothing is missing."""
        row = self.connection.execute(
            "SELECT stage, reason FROM files WHERE status = 'partial'"
            " AND source = (SELECT key FROM sources WHERE id = ?) LIMIT 1",
            (source_id,),
        ).fetchone()
        return ("", "") if row is None else (row["stage"], row["reason"])

    def record_file(self, record: FileRecord) -> list[int]:
        """Write what became of a path. `record.source_id` must be known to the catalogue already, or None.

        While a source is being read the path also leads to the version before. Keys of the sources that it led to
        before, if no path leads there any more.
        """
        before = self.connection.execute("SELECT source, earlier FROM files WHERE path = ?", (record.path,)).fetchone()
        led = [] if before is None else [each for each in (before["earlier"], before["source"]) if each is not None]
        key = None if record.source_id is None else self.source_key(record.source_id)
        being_read = key is not None and self.stages(key)
        earlier = next((each for each in led if each != key), None) if being_read else None
        self.connection.execute(
            "INSERT OR REPLACE INTO files(path, source, status, modality, bytes, mtime_ns, segments, seconds, stage,"
            " reason, updated, tries, earlier) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (record.path, key, record.status, record.modality, record.bytes, record.mtime_ns, record.segments,
             record.seconds, record.stage, record.reason, record.updated or time.time(), record.tries, earlier),
        )  # fmt: skip
        return [each for each in dict.fromkeys(led) if not self._led_to(each)]

    def _led_to(self, key: int) -> bool:
        """Whether a path leads to a source."""
        query = "SELECT 1 FROM files WHERE source = ? UNION ALL SELECT 1 FROM files WHERE earlier = ? LIMIT 1"
        return self.connection.execute(query, (key, key)).fetchone() is not None

    def earlier(self, path: str) -> str | None:
        """The id of the version of a file that stays until the one that is being read is whole."""
        query = "SELECT id FROM sources WHERE key = (SELECT earlier FROM files WHERE path = ?)"
        row = self.connection.execute(query, (path,)).fetchone()
        return None if row is None else str(row[0])

    def expect(self, paths: Sequence[str]) -> None:
        """Note files that were seen and wait to be read; what is known of a file already stays."""
        self.connection.executemany(
            "INSERT INTO files(path, status, bytes, mtime_ns, segments, seconds, stage, reason, updated)"
            " VALUES (?, 'waiting', 0, 0, 0, 0, '', '', ?) ON CONFLICT(path) DO UPDATE SET status = 'waiting',"
            " stage = '', reason = '' WHERE status = 'removed'",
            [(path, time.time()) for path in paths],
        )

    def waiting(self) -> list[str]:
        """Paths of files that were seen and not read yet."""
        rows = self.connection.execute("SELECT path FROM files WHERE status = 'waiting' ORDER BY path")
        return [row[0] for row in rows]

    def drop_lines(self, source_id: str, below: str) -> None:
        """Delete the ledger's lines that lead to a source with a path that begins so."""
        self.connection.execute(
            "DELETE FROM files WHERE source = (SELECT key FROM sources WHERE id = ?) AND substr(path, 1, ?) = ?",
            (source_id, len(below), below),
        )

    def matching(self, glob: str) -> list[FileRecord]:
        """Files in the library of which the path, its end, or a folder above matches a glob; case is ignored."""
        rows = self.connection.execute(
            f"{_FILE} WHERE f.source IS NOT NULL AND ({_GLOB}) ORDER BY f.path", _patterns(glob)
        )
        return [_file(row) for row in rows]

    def keys_matching(self, glob: str) -> set[int]:
        """Keys of the sources to which such files lead."""
        rows = self.connection.execute(f"SELECT source, earlier FROM files f WHERE {_GLOB}", _patterns(glob))
        return {key for row in rows for key in row if key is not None}

    # --- segments and vectors ---

    def add_segments(self, source_key: int, segments: Sequence[Segment]) -> list[int]:
        """Their new ids, in order. The names that were given to their speakers are put into what is searched."""
        speakers.hear(self.connection, source_key, segments)
        names = {each.heard: each.name for each in speakers.of_source(self.connection, source_key) if each.name}
        ids = []
        for segment in segments:
            cursor = self.connection.execute(
                "INSERT INTO segments(source, position, modality, heading, text, place, member, marks, kind, cues,"
                " fingerprint) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (source_key, segment.position, segment.modality, segment.heading, speakers.named(segment, names).text,
                 _json(segment.place.as_dict()), segment.member, _json(segment.marks), segment.kind,
                 _json([[cue.start, cue.end, cue.text, cue.speaker] for cue in segment.cues]), segment.fingerprint),
            )  # fmt: skip
            ids.append(int(cursor.lastrowid or 0))
        return ids

    def name_speakers(self, source_key: int, names: Mapping[str, str]) -> None:
        """Call speakers of a source by these names; the words of its speech must be out of the index meanwhile."""
        speakers.give_names(self.connection, source_key, names)
        rows = self.connection.execute(f"{_SEGMENT} WHERE s.source = ? AND s.cues != '[]'", (source_key,))
        texts = [(" ".join(voiced(_segment(row).cues)), row["id"]) for row in rows]
        self.connection.executemany("UPDATE segments SET text = ? WHERE id = ?", texts)

    def remove_segments(self, ids: Sequence[int]) -> None:
        """Segments and their vectors; their keywords must be gone already."""
        values = [(i,) for i in ids]
        self.connection.executemany("DELETE FROM vectors WHERE segment = ?", values)
        self.connection.executemany("DELETE FROM codes WHERE segment = ?", values)
        self.connection.executemany("DELETE FROM segments WHERE id = ?", values)

    def segment_ids(self, source_key: int) -> list[int]:
        rows = self.connection.execute("SELECT id FROM segments WHERE source = ? ORDER BY position", (source_key,))
        return [row[0] for row in rows]

    def segments(self, ids: Iterable[int]) -> dict[int, Segment]:
        return {row["id"]: _segment(row) for row in self._in(f"{_SEGMENT} WHERE s.id IN", list(ids))}

    def segments_of(self, source_id: str) -> list[Segment]:
        """All segments of a source in reading order."""
        rows = self.connection.execute(f"{_SEGMENT} WHERE o.id = ? ORDER BY s.position", (source_id,))
        return [_segment(row) for row in rows]

    def beginning(self, source_id: str) -> str:
        """The text of a source's first segment; '' where it has none."""
        row = self.connection.execute(
            "SELECT s.text FROM segments s JOIN sources o ON o.key = s.source WHERE o.id = ?"
            " ORDER BY s.position LIMIT 1",
            (source_id,),
        ).fetchone()
        return "" if row is None else str(row[0])

    def neighbours(self, segment: Segment, count: int) -> list[Segment]:
        """The next segments of the same source, nearest first; those before it where `count` is negative."""
        side, order = (">", "ASC") if count > 0 else ("<", "DESC")
        rows = self.connection.execute(
            f"{_SEGMENT} WHERE o.id = ? AND s.position {side} ? ORDER BY s.position {order} LIMIT ?",
            (segment.source_id, segment.position, abs(count)),
        )
        return [_segment(row) for row in rows]

    def segments_during(self, source_id: str, start: float, end: float) -> list[Segment]:
        """What is said or to be seen in a recording between these seconds, in order."""
        rows = self.connection.execute(
            f"{_SEGMENT} WHERE o.id = ? AND json_extract(s.place, '$.start') < ? AND json_extract(s.place, '$.end') > ?"
            " ORDER BY s.position",
            (source_id, end, start),
        )
        return [_segment(row) for row in rows]

    def space(self, name: str, growing: bool = False) -> sqlite3.Row | None:
        """key, name, model, dimension and number of vectors of the space in use under a name, if it has ever been
        filled; or of the one that grows beside it."""
        query = "SELECT * FROM spaces WHERE name = ? AND growing = ?"
        return self.connection.execute(query, (name, growing)).fetchone()  # type: ignore[no-any-return]

    def add_space(self, name: str, model: str, dimension: int, growing: bool = False) -> int:
        """The new space's key."""
        query = "INSERT INTO spaces(name, model, dimension, growing) VALUES (?,?,?,?)"
        return int(self.connection.execute(query, (name, model, dimension, growing)).lastrowid or 0)

    def store_made(self, space_key: int, vectors: Mapping[int, np.ndarray], codes: Mapping[int, np.ndarray]) -> None:
        """What was made for segments beside writing, by id; for those that are still there."""
        ids = _json([*vectors])
        rows = self.connection.execute("SELECT id FROM segments WHERE id IN (SELECT value FROM json_each(?))", (ids,))
        there = {row[0] for row in rows}
        self.add_vectors(space_key, {i: row for i, row in vectors.items() if i in there})
        self.add_codes(space_key, {i: words for i, words in codes.items() if i in there})

    def add_vectors(self, space_key: int, vectors: Mapping[int, np.ndarray]) -> None:
        """Vectors (dimension,) by segment id, kept as float16."""
        self.connection.executemany(
            "INSERT INTO vectors(space, segment, vector) VALUES (?,?,?)",
            [(space_key, segment, vector.astype(np.float16).tobytes()) for segment, vector in vectors.items()],
        )

    def vector_ids(self, space_key: int, above: int = 0, most: int = -1) -> np.ndarray:
        """Segment ids larger than `above` that have a vector in this space, ascending, int64 (n,); the first `most`."""
        rows = self.connection.execute(
            "SELECT segment FROM vectors WHERE space = ? AND segment > ? ORDER BY segment LIMIT ?",
            (space_key, above, most),
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def removed_since(self, space_key: int, generation: int) -> np.ndarray | None:
        """Segments whose vectors of this space have gone since a generation, int64 (n,); None where that is not known
        any more."""
        if generation < self._fact("removals"):
            return None
        rows = self.connection.execute(
            "SELECT segment FROM removals WHERE space = ? AND generation > ?", (space_key, generation)
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def forget_removals(self, until: int) -> None:
        """All caches on disk are of this generation or newer: what had gone by then need not be known."""
        if self.connection.execute("SELECT 1 FROM removals WHERE generation <= ? LIMIT 1", (until,)).fetchone():
            with self.transaction(counts=False) as connection:
                connection.execute("DELETE FROM removals WHERE generation <= ?", (until,))
                connection.execute("UPDATE facts SET value = max(value, ?) WHERE name = 'removals'", (until,))

    def _fact(self, name: str) -> int:
        return int(self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()[0])

    def vectors(self, space_key: int, ids: Sequence[int], dimension: int) -> np.ndarray:
        """float32 (n, dimension), in the order of `ids`, all of which must be there."""
        found = {
            row["segment"]: row["vector"]
            for row in self._in(
                "SELECT segment, vector FROM vectors WHERE space = ? AND segment IN", ids, "", space_key
            )
        }
        raw = b"".join(found[i] for i in ids)
        return np.frombuffer(raw, dtype=np.float16).reshape(len(ids), dimension).astype(np.float32)

    def add_codes(self, space_key: int, codes: Mapping[int, np.ndarray]) -> None:
        """Words (w, bytes) uint8 by segment id."""
        self.connection.executemany(
            "INSERT INTO codes(space, segment, words) VALUES (?,?,?)",
            [(space_key, segment, words.tobytes()) for segment, words in codes.items()],
        )

    def codes(self, space_key: int, ids: Sequence[int]) -> dict[int, bytes]:
        """Words by segment id, of those segments that have some."""
        query = "SELECT segment, words FROM codes WHERE space = ? AND segment IN"
        return {row["segment"]: row["words"] for row in self._in(query, ids, "", space_key)}

    def _in(self, query: str, values: Sequence[object], tail: str = "", *before: object) -> Iterator[sqlite3.Row]:
        """Rows of `query (?,?,…) tail`, in portions that SQLite's limit of variables allows."""
        for start in range(0, len(values), 900):
            portion = values[start : start + 900]
            marks = ",".join("?" * len(portion))
            yield from self.connection.execute(f"{query} ({marks}){tail}", (*before, *portion))


def _patterns(glob: str) -> tuple[str, ...]:
    glob = glob.lower().rstrip("/")
    return glob, f"*/{glob}", f"{glob}/*", f"*/{glob}/*"


def _file(row: sqlite3.Row) -> FileRecord:
    record = FileRecord(**{name: row[name] for name in FileRecord.__dataclass_fields__})
    if row["behind"] and record.status in _READ:
        reason = f"{BY_WORDS} {record.reason}".rstrip()
        return replace(record, status="draft", stage=_VECTORS, reason=reason)
    return record


def _segment(row: sqlite3.Row) -> Segment:
    values = {name: row[name] for name in Segment.__dataclass_fields__}
    marks = tuple((text, tuple(box)) for text, box in json.loads(row["marks"]))
    place = Place.from_dict(json.loads(row["place"]))
    cues = tuple(Cue(*cue) for cue in json.loads(row["cues"]))
    return speakers.named(Segment(**{**values, "place": place, "marks": marks, "cues": cues}), json.loads(row["names"]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
