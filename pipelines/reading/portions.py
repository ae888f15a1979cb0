"""A document's pieces in portions, so that what was read can be asked and is kept while the rest is being read.

Where a portion ends depends on the pieces alone: work that goes on at the end of one gives what it would have given
without a break. Pure functions, no models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.reading.cleaning import FEWEST_PAGES
from pipelines.records import Piece

# What makes a portion full: about a second of reading without models, or half a minute of text recognition.
_PAGES = 24
_PICTURES = 8
_CHARACTERS = 100_000


@dataclass
class Gathered:
    """Pieces in their order, as they were `read`; `until`: how many of the file's pieces were given by their end."""

    read: list[Piece] = field(default_factory=list)
    until: int = 0
    filled: float = 0.0  # 1 when it is full

    def add(self, given: Sequence[Piece], read: Iterable[Piece], begins: bool) -> None:
        """Pieces as they were `given` and `read`; `begins`: on a new page."""
        self.read.extend(read)
        self.until += len(given)
        pictures = sum(piece.kind in ("scan", "doubt", "picture") for piece in given)
        characters = sum(len(piece.text) for piece in given)
        self.filled += begins / _PAGES + pictures / _PICTURES + characters / _CHARACTERS


def portions(
    pieces: Iterable[tuple[Sequence[Piece], Iterable[Piece]]], after: int = 0
) -> Iterator[tuple[Gathered, bool]]:
    """Each portion, and whether it is the last. `pieces`, some of one page each, with what was read in them, are those
    behind the first `after` of a file.

    A portion ends with a page or slide, in files without any with a piece. The last one is never so short that lines
    which repeat from page to page could not be told in it.
    """
    full = rest = Gathered(until=after)
    behind = 0
    page: tuple[int | None, int | None] = (0, 0)
    for given, read in pieces:
        here = (given[0].place.page, given[0].place.slide)
        begins, on_page = here != page, any(here)
        if (begins or not on_page) and full.filled >= 1:
            if behind == FEWEST_PAGES:
                yield full, False
                full, behind = rest, 0
            behind += full.filled >= 1
            if behind == 1:
                rest = Gathered(until=full.until)
        (rest if behind else full).add(given, read, begins and on_page)
        page = here
    yield Gathered([*full.read, *(rest.read if behind else [])], max(full.until, rest.until)), True
