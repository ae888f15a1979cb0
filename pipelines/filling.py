"""Vectors for the texts that are stored, made beside reading and storing.

Words come first: a text is stored when it was read, and what has no vectors yet is known to the catalogue, which so is
the queue, in the order of ids. Nothing is lost with who is stopped or killed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from indexes.errors import FolioscopeError
from indexes.library import Library
from indexes.records import Segment
from pipelines.models.embedding import TextEmbedder
from pipelines.models.shelf import ModelShelf
from pipelines.models.words import embed
from pipelines.reading.looking import to_embed

log = logging.getLogger(__name__)

BATCH = 64  # texts
_AT_ONCE = 2  # batches: while the last texts of one are read, some workers would have nothing to do

_ALL = 1 << 62

Made = tuple[dict[int, np.ndarray], dict[int, np.ndarray]]
"""Vectors and words by segment id."""


def text_vectors(segments: Sequence[Segment], embedder: TextEmbedder) -> Made:
    """Those of all segments that hold words."""
    texts = {segment.id or 0: text for segment in segments if (text := to_embed(segment))}
    if not texts:
        return {}, {}
    rows, codes = embed(embedder, [*texts.values()])
    return dict(zip(texts, rows, strict=True)), dict(zip(texts, codes, strict=False))


@dataclass(frozen=True, slots=True)
class Batch:
    """What was made for the segments `until` an id. `failed` says by id of the source why a text has no vector."""

    until: int
    made: Made
    seconds: float
    failed: dict[str, str] = field(default_factory=dict)


class Filling:
    """Makes what is lacking in a library's space of texts. All methods are for the one thread that writes."""

    def __init__(
        self, library: Library, shelf: ModelShelf, made: Callable[[int, float], None], woken: Callable[[], None]
    ) -> None:
        """`made` hears how many texts have got vectors, in how many seconds; `woken` is called, by another thread, when
        a batch is ready."""
        self._library = library
        self._shelf = shelf
        self._made = made
        self._woken = woken
        self._last = 0  # the id up to which all have vectors, or get them just now
        self._flying: deque[Future[Batch]] = deque()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="embedding")

    def feed(self) -> bool:
        """Give the encoder work: full batches while it has less than two, and any batch when it has none. Whether it
        has any."""
        catalogue = self._library.catalogue
        while len(self._flying) < _AT_ONCE:
            ids = catalogue.lacking(self._shelf.name("text"), self._last, BATCH)
            if not ids or (len(ids) < BATCH and self._flying):
                break
            self._last = ids[-1]
            future = self._pool.submit(self._make, [*catalogue.segments(ids).values()])
            future.add_done_callback(lambda _: self._woken())
            self._flying.append(future)
        return bool(self._flying)

    def store(self) -> Iterator[str]:
        """Store what is ready, in the order of ids: so caches find what is new above what they hold. Ids of the sources
        that have all vectors now. Raises FolioscopeError where there is no model."""
        while self._flying and self._flying[0].done():
            batch = self._flying.popleft().result()
            if batch.made[0]:
                self._library.open_space("text", self._shelf.text.name, self._shelf.text.dimension)
                self._made(len(batch.made[0]), batch.seconds)
            yield from self._library.fill(*batch.made, batch.until, batch.failed)

    def rest(self) -> list[str]:
        """When nothing is lacking any more, the sources of which the last segments hold no words."""
        return self._library.fill({}, {}, _ALL, {}) if self._library.catalogue.behind() else []

    def lacking(self) -> int:
        """How many segments still lack vectors, those aside that get theirs just now."""
        return self._library.catalogue.lacks(self._last)

    def close(self) -> None:
        """Give up what is not made yet, without waiting for it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, segments: Sequence[Segment]) -> Batch:
        embedder, until = self._shelf.text, segments[-1].id or 0
        began = time.monotonic()
        try:
            made = text_vectors(segments, embedder)
            return Batch(until, made, time.monotonic() - began)
        except FolioscopeError:
            raise
        except Exception:
            log.info("a batch of texts could not be embedded: one by one", exc_info=True)
        rows: dict[int, np.ndarray] = {}
        codes: dict[int, np.ndarray] = {}
        failed: dict[str, str] = {}
        for segment in segments:
            try:
                row, words = text_vectors([segment], embedder)
            except Exception as error:
                why = f"it could not be embedded ({type(error).__name__}: {error})"
                failed[segment.source_id] = f"Some of it is found by its words only: {why}."
            else:
                rows |= row
                codes |= words
        return Batch(until, (rows, codes), time.monotonic() - began, failed)
