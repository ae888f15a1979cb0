"""Clean data: makes the pieces of one source readable as running text. Pure functions, no models.

What is visible in the result: Unicode NFC without invisible characters, words that were hyphenated at a line's end
joined, wrapped lines joined to paragraphs, headers and footers that repeat on page after page dropped, empty
pieces dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from pipelines.records import Piece

# Soft hyphen, zero-width characters, byte-order mark, control characters other than tab and line feed, halves of
# characters, which no database takes. The non-joiner stays where it is spelling: within words of scripts that join
# their letters, from Arabic to those of India.
_INVISIBLE = re.compile(
    "[\ud800-\udfff\u00ad\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]"
    "|(?<![\u0620-\u0dff])\u200c|\u200c(?![\u0620-\u0dff])"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u2010]\n(?=[^\W\d_])")
_ITEM = re.compile(r"\s*(?:[-*•‣▪◦–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")

_PAIR = re.compile(r"(?![a-z])[^\W\d_][^:：\n]{0,30}[:：]\s+\S")

_REPEATS = 0.4  # a line on this share of the pages is a header or footer
FEWEST_PAGES = 3
"""Pages in which lines that repeat can be told."""
_EDGE_LINES = 2
_HEAD = 2  # bars in the head of a table
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")


def clean(pieces: Iterable[Piece], wrapped: bool) -> list[Piece]:
    """Pieces of one source, cleaned, in order.

    `wrapped`: lines of this kind of file are broken at a width, as they are on all pages. Elsewhere a line break is
    meant, as in code, lists and JSON.
    """
    normal = [
        replace(piece, text=normalise(piece.text), heading=" ".join(normalise(piece.heading).split()))
        for piece in pieces
    ]
    kept = drop_running_lines(normal)
    kept = [
        replace(piece, text=unwrap(piece.text))
        if piece.kind == "text" and (wrapped or piece.place.page is not None)
        else piece
        for piece in kept
    ]
    return [piece for piece in kept if piece.text.strip() or piece.vector is not None]


def normalise(text: str) -> str:
    """NFC, one kind of space and of line break, nothing invisible."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    text = unicodedata.normalize("NFC", text)
    lines = [_SPACES.sub(" ", line).rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def one_line(text: str) -> str:
    """The lines of one cell or label, joined."""
    joined = ""
    for line in filter(None, map(str.strip, _unhyphenated(text).split("\n"))):
        joined += (_between(joined, line) if joined else "") + line
    return joined


def unwrap(text: str) -> str:
    """Join lines that were broken at the page's width; a short line, an item or a blank line stays a break."""
    text = _unhyphenated(text)
    lines = text.split("\n")
    if len(lines) < 2:
        return text
    full = 0.7 * max(len(line) for line in lines)
    joined = lines[0]
    for previous, line in pairwise(lines):
        runs_on = len(previous) >= full or line[:1].islower()
        rows = " | " in previous or " | " in line
        pairs = _PAIR.match(previous) and _PAIR.match(line)
        if not rows and not pairs and previous.strip() and line.strip() and runs_on and not _ITEM.match(line):
            joined += _between(previous, line) + line.lstrip()
        else:
            joined += "\n" + line
    return joined


def _unhyphenated(text: str) -> str:
    return _HYPHENATED.sub(lambda m: "" if text[m.end()].islower() else "-", text)


def _between(before: str, after: str) -> str:
    """Chinese and Japanese are written without spaces."""
    wide = unicodedata.east_asian_width(before[-1]) in "WF" and unicodedata.east_asian_width(after.lstrip()[0]) in "WF"
    return "" if wide else " "


def drop_running_lines(pieces: list[Piece]) -> list[Piece]:
    """Without the headers and footers: lines at the edges of pages that repeat, page numbers aside.

    A page that would be left empty keeps its lines.
    """
    pages: dict[int, list[int]] = {}
    for index, piece in enumerate(pieces):
        if piece.place.page is not None and piece.kind in ("text", "code", "table") and piece.text.strip():
            pages.setdefault(piece.place.page, []).append(index)
    if len(pages) < FEWEST_PAGES:
        return pieces
    seen: Counter[str] = Counter()
    known: set[tuple[str, ...]] = set()
    for page, indices in pages.items():
        whole = tuple(pieces[i].text for i in indices)
        if whole in known:
            continue  # a copy of a page says nothing about what repeats on others
        known.add(whole)
        seen.update({pattern for line in _edge_lines(pieces, indices) for pattern in _patterns(line, page)})
    running = {pattern for pattern, count in seen.items() if count >= max(FEWEST_PAGES, _REPEATS * len(known))}
    kept = list(pieces)
    first = Counter(piece.text.partition("\n")[0] for piece in pieces if piece.kind == "table" and "\n" in piece.text)
    heads = {line for line, count in first.items() if count > 1 and " | " in line}
    for page, indices in pages.items():
        edges = {*indices[:_EDGE_LINES], *indices[-_EDGE_LINES:]}
        texts = {i: _without_edges(pieces[i], page, running, heads) for i in edges}
        if any(texts.get(i, pieces[i].text).strip() for i in indices):
            for i, text in texts.items():
                kept[i] = replace(pieces[i], text=text)
    return kept


def _edge_lines(pieces: list[Piece], indices: list[int]) -> list[str]:
    lines = [line for i in indices for line in pieces[i].text.split("\n") if line.strip()]
    return lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]


def _patterns(line: str, page: int) -> set[str]:
    """What could stay the same of a running line from page to page: the line itself, and the line with those of
    its numbers that may count the pages written as their distance from this page."""
    line = " ".join(line.lower().split())
    patterns = {line}
    for number in list(_SHORT_NUMBER.finditer(line))[:4]:
        distance = int(number.group()) - page
        patterns.add(f"{line[: number.start()]}#{distance:+}{line[number.end() :]}")
    return patterns


def _without_edges(piece: Piece, page: int, running: set[str], heads: set[str]) -> str:
    """The text of a piece without running lines at its edges. The heads of tables that go on over pages repeat, too;
    they stay, unless a number in them counts the pages."""
    lines = piece.text.split("\n")
    for _ in range(_EDGE_LINES):
        above = running
        if piece.kind == "table" and len(lines) > 1 and (lines[0] in heads or lines[0].count(" | ") >= _HEAD):
            above = {pattern for pattern in running if "#" in pattern}
        if lines and _patterns(lines[0], page) & above:
            lines = lines[1:]
        if lines and _patterns(lines[-1], page) & running:
            lines = lines[:-1]
    return "\n".join(lines)
