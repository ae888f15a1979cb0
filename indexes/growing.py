"""Vectors of another model, made beside those in use until they are complete and take their place.

What grows stands in no cache, so a batch is one short transaction beside the one who writes, and nobody waits for it.
Knows rows; making the vectors is left to `pipelines/growing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from indexes.catalogue import Catalogue
from indexes.errors import LibraryBusy, LibraryError


class Growing:
    """The space that grows under a name, from where it was left."""

    def __init__(self, catalogue: Catalogue, name: str, model: str, dimension: int) -> None:
        """What was begun by another model goes."""
        self.name = name
        self.model = model
        self._catalogue = catalogue
        with catalogue.transaction(counts=False):
            begun = catalogue.space(name, growing=True)
            if begun is not None and (begun["model"], begun["dimension"]) == (model, dimension):
                self.key = int(begun["key"])
                return
            if begun is not None:
                _remove(catalogue, begun["key"])
            self.key = catalogue.add_space(name, model, dimension, growing=True)

    def lacking(self, above: int, most: int, pictured: bool = False) -> list[int]:
        """Ids of up to so many segments above an id that have no vector here, ascending; `pictured`: only of those that
        stand for something to be seen."""
        seen = "AND kind IN ('picture', 'frame')" if pictured else ""
        rows = self._catalogue.connection.execute(
            f"SELECT id FROM segments WHERE id > ? {seen} AND NOT EXISTS"
            " (SELECT 1 FROM vectors WHERE space = ? AND segment = segments.id) ORDER BY id LIMIT ?",
            (above, self.key, most),
        )
        return [row[0] for row in rows]

    def store(self, vectors: Mapping[int, np.ndarray], codes: Mapping[int, np.ndarray]) -> None:
        """A batch by segment id, in one transaction. What was forgotten meanwhile is left out.

        Raises LibraryError when another process has begun to make vectors by another model instead.
        """
        with self._catalogue.transaction(counts=False) as connection:
            if connection.execute("SELECT 1 FROM spaces WHERE key = ?", (self.key,)).fetchone() is None:
                raise LibraryError(
                    f"The new {self.name} vectors by {self.model} were given up for those of another model, which"
                    f" another process makes. Start with {self.name}= set the same everywhere."
                )
            self._catalogue.store_made(self.key, vectors, codes)

    def take_over(self) -> None:
        """Become the space in use, in one transaction; the vectors that were in use go. For the one who writes."""
        with self._catalogue.transaction() as connection:
            before = self._catalogue.space(self.name)
            if before is not None:
                _remove(self._catalogue, before["key"])
            connection.execute("UPDATE spaces SET growing = 0 WHERE key = ?", (self.key,))


def _remove(catalogue: Catalogue, key: int) -> None:
    """A space with all that is in it."""
    for table in ("vectors", "codes", "removals"):
        catalogue.connection.execute(f"DELETE FROM {table} WHERE space = ?", (key,))
    catalogue.connection.execute("DELETE FROM spaces WHERE key = ?", (key,))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the one who makes new vectors for a library. Raises LibraryBusy when another process does."""
    import filelock

    lock = filelock.FileLock(folder / "growing.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise LibraryBusy(
            f"New vectors for {folder} are being made by another process already, perhaps by the server."
            " See how far they are: python -m app status"
        ) from error
    try:
        yield
    finally:
        lock.release()
