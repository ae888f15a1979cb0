"""Pages whose text layer hardly reads as a language: what is seen of them is read, and whatever reads better stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from pipelines.extractors.sense import sense
from pipelines.models.shelf import ModelShelf
from pipelines.reading.looking import look
from pipelines.records import Piece

_BETTER = 1.25
"""Times the sense of a text layer that what was read in its place must have."""
_ENOUGH = 0.4
"""Of the letters of the text layer, so many must have been read."""
_IN_VAIN = 3
"""Pages of a file after which only those are doubted that are surely senseless: it is a list of names, or in a script
that is not read."""
_SURELY = 0.5


def looked_at(pieces: Iterable[Piece], shelf: ModelShelf) -> Iterator[Piece]:
    """The pieces of a file without pixels (see `looking.look`), and without doubts."""
    doubts = _Doubts(shelf)
    for piece in chain(pieces, [None]):
        if piece is not None and doubts.concern(piece):
            doubts.held.append(piece)
            continue
        yield from doubts.settled()
        if piece is None:
            return
        if piece.kind == "doubt":
            doubts.page = piece
        elif piece.picture is not None:
            yield from look(piece, shelf)
        else:
            yield piece


@dataclass
class _Doubts:
    """The page that is in doubt, and what its text layer says."""

    shelf: ModelShelf
    page: Piece | None = None
    held: list[Piece] = field(default_factory=list)
    in_vain: int = 0

    def concern(self, piece: Piece) -> bool:
        return self.page is not None and piece.kind in ("text", "table") and piece.place.page == self.page.place.page

    def settled(self) -> list[Piece]:
        """What the page says, by its text layer or by what is seen."""
        page, held = self.page, self.held
        self.page, self.held = None, []
        if page is None:
            return held
        told = "\n".join(piece.text for piece in held)
        if self.in_vain >= _IN_VAIN and sense(told) > _SURELY:
            return held
        read = list(look(replace(page, kind="scan", text=""), self.shelf))
        seen = "\n".join(piece.text for piece in read)
        if sense(seen) > _BETTER * sense(told) and _letters(seen) >= _ENOUGH * _letters(told):
            self.in_vain = 0
            return read
        self.in_vain += 1
        return held


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
