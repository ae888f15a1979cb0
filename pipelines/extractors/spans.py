"""Cells that span rows and columns, as Word, PowerPoint and HTML have them, to rows of equal columns."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.extractors.tables import REPEATED, YEAR

WIDEST = 100
"""Columns that one cell may span; Word has 63."""

Cell = tuple[str, int, bool]
"""Text, how many columns it spans, whether it goes on from the cell above."""


def spread(rows: Sequence[Sequence[Cell]]) -> list[tuple[int, list[str]]]:
    """Rows of equal columns, numbered: what spans rows stands in each, what spans columns in the first of them.

    What is long stands in the first row only: told in each of thousands, a page becomes a library.
    """
    rows = [[(text, min(max(span, 1), WIDEST), goes_on) for text, span, goes_on in row] for row in rows]
    grid: list[list[str]] = []
    for row in rows:
        line: list[str] = []
        for text, span, goes_on in row:
            above = grid[-1][len(line)] if goes_on and grid and len(line) < len(grid[-1]) else ""
            line += [(above if len(above) <= REPEATED else "") or text, *[""] * (span - 1)]
        grid.append(line)
    if len(rows) > 2 and len(rows[0]) > 1 and len(grid[0]) == len(grid[1]):
        _join_heads(rows[0], rows[1], grid)
    return list(enumerate(grid, 1))


def _join_heads(first: Sequence[Cell], second: Sequence[Cell], grid: list[list[str]]) -> None:
    """A head of two rows becomes one: 'Region | Sales' over '  | 2025 | 2026' is 'Region | Sales 2025 | Sales 2026'.

    It is one where the second row has names for columns that a cell of the first spans, and none elsewhere. Figures
    are no names, but years are.
    """
    groups = [(text, span > 1) for text, span, _ in first for _ in range(span)]
    names = ["" if goes_on else text for text, span, goes_on in second for _ in range(span)]
    named = {wide for (_, wide), name in zip(groups, names, strict=True) if name}
    if named == {True} and not any(map(_is_only_figure, names)):
        cells = zip(grid[0], groups, names, strict=True)
        grid[:2] = [[f"{group} {name}" if name else own for own, (group, _), name in cells]]


def _is_only_figure(text: str) -> bool:
    text = YEAR.sub("", text)
    return any(map(str.isdigit, text)) and not any(map(str.isalpha, text))
