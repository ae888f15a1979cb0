"""Plain text, Markdown and source code to Pieces with their line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from indexes.records import Place
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.front_matter import front_matter
from pipelines.records import Piece

LONGEST = 2_000
"""Characters of one Piece; a longer paragraph is divided between lines."""
LONGEST_TITLE = 1_000
"""Characters of a heading that are told with all that stands below it."""

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
# Possessive and bounded, so that no line can keep them busy.
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s++(.*)")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+)\s*$")
_RULE = re.compile(r"\s{0,3}([-*_])(\s*\1){2,}\s*$")
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*$")
_TABLE_RULE = re.compile(r"(?=[^-]*+-)[\s:|-]++$")
_LIST_ITEM = re.compile(r"\s*([-*+]|\d+[.)])\s")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# Code within a line, which stands as it is: each pattern of marks passes over it.
_CODE = r"(?<![`\\])(?P<code>`++)[\s\S]{1,1000}?(?<!`)(?P=code)(?!`)"
_ADDRESS = r"<[^<>\n]{0,1000}+>|(?:[^()<>\s]|\([^()\s]{0,300}+\)){0,1000}+"
_TITLE = r"\"[^\"\n]{0,1000}+\"|'[^'\n]{0,1000}+'|\([^()\n]{0,1000}+\)"
# A label may hold brackets; some converters escape those around it.
_LINK = re.compile(
    rf"{_CODE}|"
    r"!?\\?\[(?P<label>(?:[^\[\]\\]|\\[^\[\]]|\[[^\[\]\n]{0,300}+\]){0,1000}+)\\?\]"
    rf"\((?P<address>{_ADDRESS})(?:\s++(?:{_TITLE}))?\s*+\)"
)
_NOTE_MARK = re.compile(r"\[?(?:\d{1,4}|[a-z]{1,2}|note \d{1,3})\]?")
# Underscores within a word ('a__b__c') are part of it; the bound keeps lines of unclosed marks linear.
_BOLD = re.compile(rf"{_CODE}|(\*\*|(?<!\w)__)(?P<words>.{{1,1000}}?)\2(?:(?<!_)|(?!\w))")
_TAG = re.compile(
    rf"{_CODE}|</?(?P<tag>a|abbr|b|br|center|code|details|div|em|font|h[1-6]|hr|i|img|kbd|li|mark|ol|p|picture|pre|"
    rf"small|source|span|strong|summary|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>\n]{{0,1000}}+)?/?>",
    re.IGNORECASE,
)
_PARTING = frozenset("br div h1 h2 h3 h4 h5 h6 hr li p summary td th tr".split())
_ESCAPED = re.compile(rf"{_CODE}|\\(?P<words>[!-/:-@\[-`{{-~])")


def read_text(path: Path) -> Iterator[Piece]:
    """Paragraphs: runs of lines that are not blank."""
    yield from paragraphs(read_characters(path))


def read_code(path: Path) -> Iterator[Piece]:
    """Source code in runs of lines, divided at blank lines before a line that is not indented."""
    group: list[str] = []
    first, size = 1, 0
    for number, line in enumerate(read_characters(path).split("\n"), 1):
        starts_anew = bool(line) and not line[0].isspace() and bool(group) and not group[-1].strip()
        if group and (size + len(line) > LONGEST or (starts_anew and size > 300)):
            yield from _lines_piece(group, first)
            group, first, size = [], number, 0
        group.append(line)
        size += len(line) + 1
    yield from _lines_piece(group, first)


def paragraphs(text: str, first: int = 1, heading: str = "") -> Iterator[Piece]:
    """The paragraphs of `text`, whose first line has the number `first`."""
    group: list[str] = []
    start, size = first, 0
    for number, line in enumerate(text.split("\n"), first):
        if group and (not line.strip() or size + len(line) > LONGEST):
            yield from _lines_piece(group, start, heading)
            group, size = [], 0
        if line.strip():
            if not group:
                start = number
            group.append(line.rstrip())
            size += len(line) + 1
    yield from _lines_piece(group, start, heading)


def read_markdown(path: Path) -> Iterator[Piece]:
    """Fields at the top, paragraphs, list items, tables and code of Markdown under their chain of headings."""
    yield from markdown(read_characters(path))


def markdown(text: str, headings: Headings | None = None) -> Iterator[Piece]:
    """The Pieces of Markdown text, under `headings` if there are some already."""
    before, end_of_comment, after = text.rpartition("-->")  # behind it each beginning would be followed to the end
    closed = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), before + end_of_comment)
    lines = (closed + after).split("\n")
    headings = headings or Headings()
    number, fields = front_matter(lines)
    yield from fields
    while number < len(lines):
        line = lines[number]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        end = number + 1
        if not line.strip() or _RULE.match(line):
            pass
        elif match := _HEADING.match(line):
            yield from _heading(headings, len(match[1]), match[2].rstrip().rstrip("#").rstrip(), number)
        elif _UNDERLINE.match(following) and not _TABLE_ROW.match(line) and not _LIST_ITEM.match(line):
            yield from _heading(headings, 1 if "=" in following else 2, line.strip(), number)
            end = number + 2
        elif fence := _FENCE.match(line):
            while end < len(lines) and not lines[end].lstrip().startswith(fence[1]):
                end += 1
            for piece in _lines_piece(lines[number + 1 : end], number + 2, headings.chain):
                yield replace(piece, kind="code")
            end += 1
        elif "|" in line and "|" in following and _TABLE_RULE.match(following):
            while end < len(lines) and "|" in lines[end]:
                end += 1
            rows = [_row(row) for row in lines[number:end] if not _TABLE_RULE.match(row)]
            yield Piece("table", "\n".join(rows), Place(lines=(number + 1, end)), headings.chain)
        else:
            while end < len(lines) and lines[end].strip() and not _starts_block(lines, end):
                end += 1
            plain = _plain("\n".join(lines[number:end]))
            yield from paragraphs(plain, number + 1, headings.chain)
        number = end


class Headings:
    """The chain of headings above the place that is being read."""

    def __init__(self) -> None:
        self._stack: list[tuple[float, str]] = []

    def enter(self, level: float, title: str) -> str:
        """Open a heading; a smaller `level` is a higher one. Returns the chain *above* it."""
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        above = self.chain
        self._stack.append((level, " ".join(title.split())[:LONGEST_TITLE]))
        return above

    @property
    def chain(self) -> str:
        return " › ".join(title for _, title in self._stack)


def _heading(headings: Headings, level: int, title: str, number: int) -> Iterator[Piece]:
    title = _plain(title)
    if title:
        above = headings.enter(level, title)
        yield Piece("text", title, Place(lines=(number + 1, number + 1)), above)


def _starts_block(lines: list[str], number: int) -> bool:
    line = lines[number]
    following = lines[number + 1] if number + 1 < len(lines) else ""
    table = "|" in line and "|" in following and bool(_TABLE_RULE.match(following))
    return table or bool(_HEADING.match(line) or _FENCE.match(line))


def _row(line: str) -> str:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return " | ".join(_plain(cell.strip()).replace("\\|", "|") for cell in cells)


def _plain(text: str) -> str:
    """Without the marks of links, pictures and bold type, whose words stay, and without links to notes ('[97]')."""
    text = _TAG.sub(_without_tag, text)
    return _ESCAPED.sub(_words, _BOLD.sub(_words, _LINK.sub(_words_of_link, text)))


def _without_tag(tag: re.Match[str]) -> str:
    """Nothing instead of a tag of HTML, which is not seen, or a space if it parts words. Exponents keep theirs."""
    if tag["code"]:
        return tag[0]
    return " " if tag["tag"].lower() in _PARTING else ""


def _words(match: re.Match[str]) -> str:
    return match["words"] or match[0]


def _words_of_link(link: re.Match[str]) -> str:
    if link["code"]:
        return link[0]
    to_note = link["address"].lstrip("<").startswith("#") and _NOTE_MARK.fullmatch(link["label"])
    return "" if to_note else link["label"]


def _lines_piece(lines: list[str], first: int, heading: str = "") -> Iterator[Piece]:
    said = [n for n, line in enumerate(lines) if line.strip()]
    if not said:
        return
    first, last = first + said[0], first + said[-1]
    text = "\n".join(lines[said[0] : said[-1] + 1])
    for start in range(0, len(text), LONGEST * 4):  # a single endless line, as in minified code
        yield Piece("text", text[start : start + LONGEST * 4], Place(lines=(first, last)), heading)
