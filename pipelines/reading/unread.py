"""What could not be read inside a file, in words for its line of the ledger. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pipelines.records import Piece

_MOST_NAMES = 5  # of what could not be read for one reason
_MOST_REASONS = 5
_LONGEST_NAME = 80


def unread(pieces: Sequence[Piece]) -> str:
    """'Not read: pages 3, 7–9 (damaged); plan.dwg (of a kind that is not read).' of those pieces that are `unread`;
    '' of none."""
    reasons: dict[str, list[Piece]] = {}
    for piece in (piece for piece in pieces if piece.kind == "unread"):
        reasons.setdefault(piece.text, []).append(piece)
    told = [f"{_listed([*_names(found)])} ({why})" for why, found in reasons.items()]
    more = sum(map(len, [*reasons.values()][_MOST_REASONS:]))
    told = [*told[:_MOST_REASONS], *([f"{more:,} more"] if more else [])]
    return f"Not read: {'; '.join(told)}." if told else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([f"{more:,} more"] if more > 0 else [])])


def _names(pieces: Sequence[Piece]) -> Iterator[str]:
    """What each is called, pages and slides that follow each other as one."""
    names: dict[str, None] = {}
    for word in ("page", "slide"):
        numbers = sorted({n for piece in pieces if not piece.heading and (n := getattr(piece.place, word)) is not None})
        spans = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda each: each[1] - each[0])]
        shown = [str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in spans]
        if shown:
            names[f"{word}{'s' * (len(numbers) > 1)} {_listed(shown)}"] = None
    for piece in pieces:
        if piece.heading or (piece.place.page is None and piece.place.slide is None):
            name = piece.heading or piece.place.label()
            names[name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"] = None
    yield from names
