"""From the characters of a PDF page to runs: characters side by side in one line, in the order of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipelines.extractors.bidi import from_right, is_left, is_right, logical
from pipelines.extractors.grids import Grid
from pipelines.extractors.lines import Rectangle, Run
from pipelines.extractors.pdf_characters import MADE, Glyph, is_wide

_APART = 0.1
"""Of the font size; what stands closer is not parted by a rule."""
_LEVEL = 0.1
"""Of the font size; baselines that differ by less are one."""
_STRIP = 0.5
"""Of the font size; such a gap parts columns where it is"""
_WIDER = 1.6
"""times as wide as the spaces before it."""
_FEWEST_LETTERS = 5
"""Of a title that is spaced out,"""
_APART_AT_MOST = 1.0
"""whose letters stand so many times the font size apart,"""
_BETWEEN_WORDS = 3.6
"""and whose words at most so many times as far as letters."""
_RAISED = 0.85
"""Of a line's font size; smaller characters may stand above or below its baseline."""
_TOUCHING = 0.05
"""Of the font size; between Chinese characters that are closer pdfium's own spaces are mistakes."""
_SPACE = 0.28
"""Of the font size; what stands farther apart is parted by a space."""
_SPACE_FROM_RIGHT = 0.22
"""The same where pdfium's own spaces cannot be used, since characters were put into another order."""


@dataclass(frozen=True, slots=True)
class Text:
    """The runs of a page that the same `quarter` turns (see `lines.turned`) make upright, in the order of drawing. They
    come turned that way, so that a table printed sideways can be read like any other. `right`: they are read from right
    to left."""

    quarter: int
    runs: list[Run]
    right: bool


def texts_of(
    glyphs: Sequence[Glyph], grids: Callable[[int], Sequence[Grid]], bold: Callable[[int], bool]
) -> Iterator[Text]:
    """Rules of the `grids`, which are asked for by their quarter turns, part runs; `bold` tells it of a character by
    its index."""
    for quarter in sorted({glyph.quarter for glyph in glyphs}):
        own = [glyph for glyph in glyphs if glyph.quarter == quarter]
        letters = {text for text in {glyph.text for glyph in own} if is_right(text)}
        right = bool(letters) and from_right([glyph.text for glyph in own])
        found: list[Run] = []
        for strip in _strips(own) if letters else [own]:
            turns = bool(letters) and any(glyph.text in letters for glyph in strip)
            found += _runs(strip, turns, right, grids(quarter), bold)
        yield Text(quarter, [run for run in found if run.text], right)


def _strips(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Characters that follow each other on one line."""
    strip: list[Glyph] = []
    last: Glyph | None = None
    for glyph in glyphs:
        if not glyph.is_space:
            if last and not any(_beside(glyph, each.box, each.baseline, each.size) for each in (last, strip[0])):
                yield strip
                strip = []
            last = glyph
        strip.append(glyph)
    yield strip


def _runs(
    strip: list[Glyph], turns: bool, right: bool, grids: Sequence[Grid], bold: Callable[[int], bool]
) -> Iterator[Run]:
    """The runs of one line; where it `turns`, since some characters are read from the right, all are put in their
    places first. `right`: its page is read so."""
    space = _SPACE
    if turns:
        strip, space = sorted((g for g in strip if g.text != MADE), key=lambda glyph: glyph.centre), _SPACE_FROM_RIGHT
    begins = _spaced_out(strip)
    current: _Open | None = None
    between = ""
    for glyph in strip:
        if glyph.is_space:
            between = " " if " " in (between, glyph.text) else MADE
            continue
        begun = begins.get(glyph.index)
        if current is None or (begun is None and not current.takes(glyph, grids)):
            if current:
                yield current.close(right)
            current = _Open(glyph, bold(glyph.index), space)
        current.add(glyph, current.is_apart(glyph, between) if begun is None else begun)
        between = ""
    if current:
        yield current.close(right)


def _spaced_out(strip: Sequence[Glyph]) -> dict[int, bool]:
    """Of letters that are spaced out as in some titles, all but the first of each line, by their index: whether a word
    begins with it."""
    found: dict[int, bool] = {}
    line: list[Glyph] = []
    last: Glyph | None = None
    spaced = False
    for glyph in strip:
        if glyph.is_space:
            spaced = True
            continue
        gap = glyph.box[0] - last.box[2] if last else 0.0
        apart = spaced or gap > _SPACE * glyph.size
        if not (line and apart and glyph.text.isalpha() and _is_next(glyph, line[-1], gap)):
            _add_words(line if apart or not line else line[:-1], found)
            line = [glyph] if glyph.text.isalpha() and (apart or last is None) else []
        else:
            line.append(glyph)
        last, spaced = glyph, False
    _add_words(line, found)
    return found


def _is_next(glyph: Glyph, before: Glyph, gap: float) -> bool:
    near = 0 < gap < _BETWEEN_WORDS * _APART_AT_MOST * glyph.size
    return near and glyph.size == before.size and abs(glyph.baseline - before.baseline) < _LEVEL * glyph.size


def _add_words(line: Sequence[Glyph], found: dict[int, bool]) -> None:
    if len(line) < _FEWEST_LETTERS:
        return
    gaps = [b.box[0] - a.box[2] for a, b in pairwise(line)]
    usual = median(gaps)
    if usual <= _APART_AT_MOST * line[0].size and max(gaps) <= _BETWEEN_WORDS * usual:
        found |= {glyph.index: gap > _WIDER * usual for glyph, gap in zip(line[1:], gaps, strict=True)}


def _beside(glyph: Glyph, box: Rectangle, baseline: float, size: float) -> bool:
    """Whether a character stands on a line of a box, a baseline and a size: its middle or its baseline does, or it is
    raised or lowered. The boxes of some fonts are as low as what is drawn, or much higher."""
    if _level(glyph.box, box):
        return True
    raised = baseline - glyph.baseline
    if glyph.size < _RAISED * size or glyph.box[3] - glyph.box[1] < 0.5 * size:
        return -0.35 * size < raised < 0.6 * size
    return abs(raised) < _LEVEL * size


def _level(one: Rectangle, other: Rectangle) -> bool:
    """Whether the middles of two boxes are at one height, by half of the lower one's."""
    off = abs(one[1] + one[3] - other[1] - other[3])
    return off < min(one[3] - one[1], other[3] - other[1]) + 0.02


class _Open:
    """A run that is still growing."""

    __slots__ = ("baseline", "bold", "characters", "last", "order", "size", "space", "spaces", "x0", "x1", "y0", "y1")

    def __init__(self, glyph: Glyph, bold: bool, space: float) -> None:
        self.characters: list[str] = []
        self.spaces: list[float] = []
        self.x0, self.y0, self.x1, self.y1 = self.last = glyph.box
        self.size, self.bold, self.order, self.space = glyph.size, bold, glyph.index, space
        self.baseline = glyph.baseline

    def takes(self, glyph: Glyph, grids: Sequence[Grid]) -> bool:
        """Whether a character continues this run: same line, no wide gap, not far back, no rule between."""
        x0, size = glyph.box[0], glyph.size
        gap = x0 - self.x1
        if not -0.6 * size < gap < 0.7 * max(size, self.size):
            return False
        if gap > _STRIP * size and len(self.spaces) > 1 and gap > _WIDER * max(self.spaces):
            return False
        if not _beside(glyph, (self.x0, self.y0, self.x1, self.y1), self.baseline, self.size):
            return False
        if x0 - self.last[2] < _APART * size:  # within a word, such as a label on the axis of a chart
            return True
        before = (self.last[0] + self.last[2]) / 2
        return not any(grid.parts(before, glyph.centre, glyph.middle) for grid in grids)

    def is_apart(self, glyph: Glyph, between: str) -> bool:
        """Whether a word begins with a character; `between` is the space before it, if there is one."""
        gap = glyph.box[0] - self.x1
        if between == MADE and is_wide(glyph.text) and is_wide(self.characters[-1] if self.characters else ""):
            return gap > _TOUCHING * self.size
        return bool(between) or gap > self.space * self.size

    def add(self, glyph: Glyph, apart: bool) -> None:
        box = glyph.box
        if self.characters and apart:
            self.characters.append(" ")
            self.spaces.append(box[0] - self.x1)
        self.characters.append(glyph.text)
        self.order = min(self.order, glyph.index)
        self.x0, self.x1 = min(self.x0, box[0]), max(self.x1, box[2])
        within = self.y0 <= box[1] and box[3] <= self.y1  # as nearly all are
        if not within and _level(box, (self.x0, self.y0, self.x1, self.y1)):
            self.y0, self.y1 = min(self.y0, box[1]), max(self.y1, box[3])
        self.last = box

    def close(self, right: bool) -> Run:
        """The run; `right`: its page is read from right to left."""
        text = "".join(self.characters)
        turns = is_right(text)
        against = is_left(text) and not turns if right else turns
        if turns:
            text = logical(self.characters, from_right(self.characters, right))
        size = max(0.5, round(self.size * 2) / 2)  # sizes are divided by
        return Run(text.strip(), self.x0, self.y0, self.x1, self.y1, size, self.bold, self.order, against)
