"""Chat models for tests, and the shelf that hands them out."""

from collections.abc import Iterator
from typing import Any


class ShelfWith:
    """The real shelf, but for the chat model."""

    def __init__(self, shelf: Any, chat: Any) -> None:
        self._shelf, self.chat, self.has_chat = shelf, chat, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shelf, name)


class Down:
    """A server that is not there."""

    def stream(self, messages: object, config: object = None) -> Iterator[object]:
        yield from ()
        raise ConnectionError("connection refused")
