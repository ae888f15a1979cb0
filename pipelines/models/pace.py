"""How fast a chat model reads and writes, from what its last answers took."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median
from typing import TypeVar

Piece = TypeVar("Piece")

_LAST = 9  # of which the median is taken: one slow answer beside other work changes little
_READ_LEAST, _WRITTEN_LEAST = 32, 4  # tokens; of fewer, what is fixed in each call would be measured


class Pace:
    """The running median of tokens a second, read and written. Safe to share between threads."""

    def __init__(self) -> None:
        self._read: deque[float] = deque(maxlen=_LAST)
        self._written: deque[float] = deque(maxlen=_LAST)

    @property
    def speed(self) -> tuple[float, float] | None:
        """Tokens a second read and written; None before both were measured."""
        read, written = list(self._read), list(self._written)
        return (median(read), median(written)) if read and written else None

    def add_read(self, tokens: int, seconds: float) -> None:
        if tokens >= _READ_LEAST and seconds > 0:
            self._read.append(tokens / seconds)

    def add_written(self, tokens: int, seconds: float) -> None:
        if tokens >= _WRITTEN_LEAST and seconds > 0:
            self._written.append(tokens / seconds)

    def timed(self, stream: Iterator[Piece], prompt: int, count: Callable[[Piece], int]) -> Iterator[Piece]:
        """The same stream, measured from outside, for models that give no timings: `prompt` tokens are read until
        the first piece that holds any comes; `count` says how many tokens a piece holds.

        A server may keep the start of a prompt, so that reading seems quicker than it is.
        """
        began = last = time.monotonic()
        first = 0.0
        written = 0
        try:
            for piece in stream:
                tokens = count(piece)
                if tokens:
                    last = time.monotonic()
                if tokens and not first:
                    first = last
                    self.add_read(prompt, first - began)
                else:
                    written += tokens
                yield piece
        finally:
            self.add_written(written, last - first)
