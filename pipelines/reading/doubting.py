"""Pages whose text layer hardly reads as a language: what is seen of them is read, and whatever reads better stands."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from indexes.errors import FolioscopeError
from pipelines.extractors.sense import sense
from pipelines.models.shelf import ModelShelf
from pipelines.reading.looking import look
from pipelines.records import Piece

log = logging.getLogger(__name__)

_BETTER = 1.25
"""Times the sense of a text layer that what was read in its place must have."""
_ENOUGH = 0.4
"""Of the letters of the text layer, so many must have been read."""
_IN_VAIN = 3
"""Pages of a file after which only those are doubted that are surely senseless: it is a list of names, or in a script
that is not read."""
_SURELY = 0.5


def looked_at(pieces: Iterable[Piece], shelf: ModelShelf) -> Iterator[tuple[list[Piece], list[Piece]]]:
    """The pieces of a file, and what they say without pixels (see `looking.look`) and doubts: piece by piece, those of
    a page in doubt together."""
    in_vain = 0
    for given in _by_doubt(pieces):
        first, told = given[0], given[1:]
        if first.kind == "doubt":
            seen = _seen_instead(first, told, shelf, in_vain >= _IN_VAIN)
            in_vain = 0 if seen else in_vain + 1
            yield given, seen or told
        else:
            yield given, given if first.picture is None else _looked(first, shelf)


def _looked(piece: Piece, shelf: ModelShelf) -> list[Piece]:
    """What a piece says without its pixels; unread where a model fails on these, which costs no other piece."""
    try:
        return list(look(piece, shelf))
    except (FolioscopeError, MemoryError):
        raise
    except Exception as error:
        log.info("looking at %s failed", piece.place.label() or piece.member, exc_info=True)
        why = f"its picture could not be looked at: {type(error).__name__}"
        return [Piece("unread", why, piece.place, "" if piece.place.label() else piece.member or "the picture")]


def _by_doubt(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Each piece by itself, but a doubt with what the text layer of its page says."""
    doubted: list[Piece] = []
    for piece in pieces:
        if doubted and piece.kind in ("text", "table") and piece.place.page == doubted[0].place.page:
            doubted.append(piece)
            continue
        if doubted:
            yield doubted
        doubted = [piece] if piece.kind == "doubt" else []
        if not doubted:
            yield [piece]
    if doubted:
        yield doubted


def _seen_instead(page: Piece, told: list[Piece], shelf: ModelShelf, trusting: bool) -> list[Piece]:
    """What is seen of a page, where that is better than what its text layer says; `trusting`: one that is not surely
    senseless is not even looked at."""
    layer = "\n".join(piece.text for piece in told)
    if trusting and sense(layer) > _SURELY:
        return []
    read = _looked(replace(page, kind="scan", text=""), shelf)
    seen = "\n".join(piece.text for piece in read if piece.kind != "unread")
    better = sense(seen) > _BETTER * sense(layer) and _letters(seen) >= _ENOUGH * _letters(layer)
    return read if better else []


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
