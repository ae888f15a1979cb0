"""A word that stands nowhere in a library → those of its words that are spelt alike ('acording', 'according')."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexes.shards import Shard

SHORTEST = 5  # letters; shorter words are told apart by one
_LONG = 9  # letters of a stem from which on two mistakes are forgiven
_BEGINS = 6  # letters of a stem that may be the beginning of a longer word
_MOST = 3  # words that are equally near


def nearest(connection: sqlite3.Connection, tables: Sequence[str], word: str) -> list[str]:
    """Stems of longer words that begin with it ('Grundwasser', 'Grundwasserstand'), and of the nearest: as few letters
    as can be are left out, put in, exchanged or swapped (Damerau 1964, CACM 7(3)), one in short words. The first letter
    is taken to be right, so that a part of the words is looked at. `tables` are shards."""
    if len(word) < SHORTEST or not word.isalpha():
        return []
    sought = stem(word)
    most = 2 if len(sought) >= _LONG else 1
    held: dict[str, int] = {}
    for table in tables:
        connection.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table}_terms USING fts5vocab(main, {table}, row)")
        rows = connection.execute(
            f"SELECT term, doc FROM temp.{table}_terms WHERE term >= ? AND term < ?"
            " AND (length(term) BETWEEN ? AND ? OR substr(term, 1, ?) = ?)",
            (sought[0], chr(ord(sought[0]) + 1), len(sought) - most, len(sought) + most, len(sought), sought),
        )
        for term, segments in rows:
            held[term] = held.get(term, 0) + segments
    longer = [term for term in held if len(sought) >= _BEGINS and term.startswith(sought)]
    most = 1 if longer else most
    near = process.extract(sought, [*held], scorer=OSA.distance, processor=None, score_cutoff=most, limit=50)
    least = min((distance for _, distance, _ in near), default=0)
    best = [term for term, distance, _ in near if distance == least and term.isalpha()]
    return sorted({*longer, *best}, key=lambda term: (-held[term], term))[:_MOST]


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """A word as it stands in the index, by its own tokenizer."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("words", 1, str)
        connection.execute("CREATE TABLE segments (id INTEGER PRIMARY KEY, heading, text)")
        shard = Shard(0)
        connection.execute(shard.shown())
        connection.execute(shard.made())
        connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(keywords, row)")
        connection.execute("INSERT INTO keywords(rowid, heading, text) VALUES (1, '', ?)", (word,))
        row = connection.execute("SELECT term FROM terms").fetchone()
    return str(row[0]) if row else word
