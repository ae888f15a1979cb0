"""Chinese and Japanese that are written from top to bottom, in columns from right to left: turned by a quarter, columns
become lines that are read as any others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.extractors.lines import turned
from pipelines.extractors.pdf_characters import Glyph, is_wide

_FEWEST = 3
"""Characters below each other."""
_STEP = (0.6, 1.5)
"""Times the font size, from the middle of one to that of the next; rows of tables are farther apart."""
_ASIDE = 0.6
"""Of the font size, by which marks such as '。' stand beside the middle of their column."""


def with_columns_turned(glyphs: Sequence[Glyph], width: float, height: float) -> list[Glyph]:
    """The characters of a page of that size; those of columns as if the page had been turned once counter-clockwise."""
    found: list[Glyph] = []
    if not any(map(is_wide, {glyph.text for glyph in glyphs})):
        return list(glyphs)
    for column in _columns(glyphs):
        if len(column) < _FEWEST or not all(is_wide(cell[0].text) for cell in column[:_FEWEST]):
            found += (glyph for cell in column for glyph in cell)
            continue
        for first, *beside in column:
            x, y, half = first.centre, first.middle, first.size / 2
            box = turned((x - half, y - half, x + half, y + half), 1, width, height)
            text = "".join([first.text, *(glyph.text for glyph in beside)])
            found.append(replace(first, text=text, box=box, baseline=box[3], quarter=1))
    return found


def _columns(glyphs: Sequence[Glyph]) -> Iterator[list[list[Glyph]]]:
    """Cells that follow each other downwards: a character, or figures that stand side by side in a column."""
    column: list[list[Glyph]] = []
    for glyph in glyphs:
        last = column[-1][-1] if column else None
        if last and len(column) >= _FEWEST and _is_beside(glyph, last):
            column[-1].append(glyph)
        elif last and _is_below(glyph, column[-1]):
            column.append([glyph])
        else:
            yield column
            column = [[glyph]]
    yield column


def _is_below(glyph: Glyph, cell: Sequence[Glyph]) -> bool:
    last = cell[0]
    if glyph.is_space or last.is_space or glyph.quarter or last.quarter or glyph.size != last.size:
        return False
    aside = abs(glyph.centre - sum(each.centre for each in cell) / len(cell))
    return _STEP[0] * last.size < glyph.middle - last.middle < _STEP[1] * last.size and aside <= _ASIDE * last.size


def _is_beside(glyph: Glyph, last: Glyph) -> bool:
    figures = glyph.text.isdigit() and last.text.isdigit() and glyph.quarter == last.quarter == 0
    gap = glyph.box[0] - last.box[2]
    return figures and abs(glyph.middle - last.middle) < 0.2 * last.size and abs(gap) < 0.3 * last.size
