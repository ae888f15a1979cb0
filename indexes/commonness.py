"""How common words are in a library, estimated from a sample of its segments.

FTS5 knows it exactly, but only by walking all places where a word stands, which takes as long as a search for it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable

SAMPLE = 1_000  # segments; a word that stands in one of 200 is met five times
_GROWTH = 1.25  # a library that has grown by so much is sampled again


class Commonness:
    """The share of a library's segments in which a word stands.

    `split` makes the words of a text, as they are counted. Safe to share between threads.
    """

    def __init__(self, split: Callable[[str], Iterable[str]]) -> None:
        self._split = split
        self._counted: tuple[int, int, Counter[str]] = (0, 0, Counter())

    def update(self, connection: sqlite3.Connection) -> None:
        """Sample again where the library has grown."""
        largest = connection.execute("SELECT coalesce(max(id), 0) FROM segments").fetchone()[0]
        if self._counted[0] <= largest < _GROWTH * self._counted[0]:
            return
        step = max(1, largest // SAMPLE)
        # Ids may have gaps where files were forgotten: the next one there is stands for them.
        rows = connection.execute(
            "SELECT heading, text FROM segments WHERE id IN"
            " (SELECT (SELECT min(id) FROM segments WHERE id >= value) FROM json_each(?))",
            (json.dumps(list(range(1, largest + 1, step))),),
        ).fetchall()
        counts = Counter(word for heading, text in rows for word in set(self._split(f"{heading} {text}")))
        self._counted = (largest, len(rows), counts)

    @property
    def segments(self) -> int:
        """About how many segments there are."""
        return self._counted[0]

    def share(self, word: str) -> float:
        """In 0..1, and above 0 also for a word that the sample does not hold."""
        _, sampled, counts = self._counted
        return (counts[word] + 0.5) / (sampled + 1)
