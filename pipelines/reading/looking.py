"""What a picture says: the text in it, what it shows, and its place in the image space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from indexes.records import Box, Marks, Segment
from pipelines.extractors.codes import codes_in, within
from pipelines.models.seeing import caption
from pipelines.records import Piece

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.models.ocr import Line
    from pipelines.models.shelf import ModelShelf


CAPTION = "Caption: "
SHOWS = "Shows: "
_NOTHING = "A picture."
_WORD = re.compile(r"\w+")
_FEWEST_BITS = 32  # of a fingerprint; an empty page looks like any other


def own_words(text: str) -> str:
    """What can be read in a picture, without what it was seen to show: its image vector says that already."""
    lines = [line for line in text.split("\n") if not line.startswith(SHOWS) and line != _NOTHING]
    return "\n".join(lines)


def to_embed(segment: Segment) -> str:
    """The text that stands for a segment in the text space: its heading says what it is about, also where the text
    begins with it (said once there, Cranfield's nDCG@10 fell from .4555 to .4454).

    '' for a picture without words of its own.
    """
    text = own_words(segment.text) if segment.pictured else segment.text
    return f"{segment.heading}\n{text}" if segment.heading and text else text


def look(piece: Piece, shelf: ModelShelf, read: bool = True) -> Iterator[Piece]:
    """The same piece without its pixels: a scan becomes its paragraphs, a picture gets words and a vector.

    `read`: also the text in it, and a caption where they are asked for, which takes ten times as long as all else.
    """
    assert piece.picture is not None
    lines = shelf.ocr.read(piece.picture) if read else []
    codes = codes_in(piece.picture) if read else []
    lines = [line for line in lines if not any(within(line.box, code.box) for code in codes)]
    if piece.kind == "scan":
        for block in paragraphs(lines):
            text, place = "\n".join(line.text for line in block), replace(piece.place, box=_around(block))
            yield Piece("text", text, place, piece.heading, marks=_marks(block))
        for code in codes:
            yield Piece("text", code.text, replace(piece.place, box=code.box), piece.heading, marks=(code,))
        if rest := _beyond(piece.text, lines):
            yield replace(piece, kind="text", text=rest, picture=None)
        return
    seen = shelf.image.look([piece.picture])[0]
    # Captions first, then what can be read in it, then what it shows: each is a sentence of the evidence.
    parts = [piece.text.strip(), *(line.text for line in lines), *(code.text for code in codes)]
    described = caption(piece.picture, shelf) if read and shelf.captions else ""
    if described:
        parts.insert(0, f"{CAPTION}{described}")
    if seen.tags:
        parts.append(f"{SHOWS}{', '.join(seen.tags)}.")
    text = "\n".join(part for part in parts if part) or _NOTHING
    yield replace(
        piece,
        text=text,
        picture=None,
        vector=seen.vector,
        marks=(*_marks(lines), *codes),
        fingerprint=fingerprint(piece.picture),
    )


def _beyond(text: str, lines: list[Line]) -> str:
    """The lines of a text of which some word was not read."""
    seen = {word for line in lines for word in _WORD.findall(line.text.lower())}
    return "\n".join(line for line in text.split("\n") if not set(_WORD.findall(line.lower())) <= seen)


def fingerprint(picture: Image) -> str:
    """256 bits in hex: for each of 16 × 16 points of the picture, whether it is brighter than its left neighbour (the
    'difference hash'). What was saved anew, smaller or coarser, differs in few bits: on 155 pictures at most 10 where
    they were copies, at least 71 where they were not. '' for a picture with hardly any differences at all."""
    import numpy as np
    from PIL.Image import Resampling

    grey = np.asarray(picture.convert("L").resize((17, 16), Resampling.BOX), np.int16)
    bits = grey[:, 1:] > grey[:, :-1]
    return np.packbits(bits).tobytes().hex() if bits.sum() >= _FEWEST_BITS else ""


def _marks(lines: list[Line]) -> Marks:
    return tuple((line.text, line.box) for line in lines)


def paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines that stand close below each other."""
    block: list[Line] = []
    for previous, line in pairwise([None, *lines]):
        if previous is not None and line is not None and not _follows(previous, line) and block:
            yield block
            block = []
        if line is not None:
            block.append(line)
    if block:
        yield block


def _follows(previous: Line, line: Line) -> bool:
    """True when a line continues the block: it lies within a line's height below, and overlaps sideways."""
    above, below = previous.upright, line.upright
    height = min(above[3] - above[1], below[3] - below[1])
    gap = below[1] - above[3]
    overlaps = below[0] < above[2] and above[0] < below[2]
    return -height < gap < height and overlaps


def _around(block: list[Line]) -> Box:
    boxes = [line.box for line in block]
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
