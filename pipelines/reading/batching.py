"""Vectors for the texts of documents, in batches across files, made beside reading and storing.

As long as the encoder is busy, texts gather; when it has nothing left it gets what there is. So it rarely waits, and
batches are large where much is to be done.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from indexes.errors import FolioscopeError
from pipelines.models.shelf import ModelShelf
from pipelines.models.words import embed
from pipelines.reading.document import Portion
from pipelines.reading.looking import to_embed
from pipelines.reading.readers import Embedded, Told

BATCH = 64  # texts
_AT_ONCE = 2  # batches: while the last texts of one are read, some workers would have nothing to do

Text = tuple[Portion, int]
"""A portion and which of its segments."""


class Batching:
    """Takes portions and puts each on the queue when it has its vectors. All methods are for one thread."""

    def __init__(self, shelf: ModelShelf, told: queue.SimpleQueue[Told]) -> None:
        self.busy = 0.0  # seconds during which the encoder worked
        self._shelf = shelf
        self._told = told
        self._texts: list[Text] = []
        self._lock = threading.Lock()
        self._left: dict[int, int] = {}  # texts by portion that wait or are being embedded
        self._flying = 0  # batches
        self._since = 0.0
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="embedding")

    @property
    def texts(self) -> int:
        """How many wait or are being embedded."""
        with self._lock:
            return sum(self._left.values())

    def add(self, portion: Portion) -> None:
        texts = [(portion, i) for i, segment in enumerate(portion.segments) if to_embed(segment)]
        if not texts:
            self._told.put(Embedded(portion))
            return
        with self._lock:
            self._left[id(portion)] = len(texts)
        self._texts += texts

    def feed(self) -> None:
        """Give the encoder work: full batches while it has less than two, and any batch when it has none."""
        while self._texts and self._flying < _AT_ONCE and (len(self._texts) >= BATCH or not self._flying):
            batch, self._texts = self._texts[:BATCH], self._texts[BATCH:]
            with self._lock:
                if not self._flying:
                    self._since = time.monotonic()
                self._flying += 1
            self._pool.submit(self._embed, batch)

    def close(self, rest: bool) -> None:
        """Wait for what is being embedded; `rest` also embeds what waits, else it is dropped."""
        if rest:
            for start in range(0, len(self._texts), BATCH):
                self._pool.submit(self._embed, self._texts[start : start + BATCH])
        self._texts = []
        self._pool.shutdown()

    def _embed(self, batch: Sequence[Text]) -> None:
        began = time.monotonic()
        try:
            rows, codes = embed(self._shelf.text, [to_embed(portion.segments[i]) for portion, i in batch])
        except FolioscopeError as error:
            self._told.put(error)
            return
        except Exception as error:
            for portion, _ in batch:
                portion.problem = f"it could not be embedded ({type(error).__name__}: {error})"
            rows, codes = [], []  # type: ignore[assignment]
        for (portion, i), row in zip(batch, rows, strict=False):
            portion.rows[i] = row
        for (portion, i), each in zip(batch, codes, strict=False):
            portion.codes[i] = each
        seconds = time.monotonic() - began
        ready = []
        with self._lock:
            self._flying -= 1
            if not self._flying:
                self.busy += time.monotonic() - self._since
            for portion, _ in batch:
                portion.seconds += seconds / len(batch)
                self._left[id(portion)] -= 1
                if not self._left[id(portion)]:
                    del self._left[id(portion)]
                    ready.append(portion)
        for portion in ready:
            self._told.put(Embedded(portion))
        self._told.put(None)
