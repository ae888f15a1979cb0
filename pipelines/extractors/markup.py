"""HTML to Pieces: main text under its headings, tables as rows."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.records import Place
from pipelines.extractors.decoding import decode
from pipelines.extractors.numbering import numeral
from pipelines.extractors.spans import WIDEST, Cell, spread
from pipelines.extractors.symbols import raised
from pipelines.extractors.tables import table_pieces
from pipelines.extractors.text import Headings, paragraphs
from pipelines.records import Piece

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_DECLARED = re.compile(rb"""(?:charset|encoding)\s*+=\s*+["']?\s*+([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_NO_TEXT = re.compile("script|style|noscript|template|svg|iframe|object|select|button|nav|head|dialog")
_ROLES = re.compile("navigation|banner|contentinfo|search|menu|menubar|dialog")
_CLASSES = re.compile(
    "nav|navbar|navbox|navigation|menu|vector-menu|vector-dropdown|breadcrumbs?|pagination(-nav)?|skip-link|"
    "site-header|site-footer|cookie-[a-z]+|noprint|mw-editsection|mw-jump-link|catlinks"
)
_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|header|hr|"
    "html|main|ol|p|section|summary|td|th|tr|ul|table|caption"
)
_PARTS = ("br", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "img", "input", "button")
_DESCRIBES = 3
"""Words with which a picture is described."""
_STRUCK = ("del", "s", "strike")
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_DEEPEST = 150
_MOST_SPANNED = 20_000
"""Cells of a table that others spread over, and holes before these: a few that span thousands of rows would make a
page a library."""
_LONGEST_LIST = 700
"""Characters after which the items of a list begin a new Piece."""


def read_html(path: Path) -> Iterator[Piece]:
    """The title and the main text of a page, without navigation, scripts and what is hidden."""
    yield from html_document(path.read_bytes())


def html_document(data: bytes) -> Iterator[Piece]:
    """The same of the bytes of a page."""
    declared = _DECLARED.search(data[:4096])
    yield from html_pieces(decode(data, declared[1].decode("ascii") if declared else ""))


def html_pieces(html: str, place: Place | None = None, headings: Headings | None = None) -> Iterator[Piece]:
    """The Pieces of HTML text, all at `place`, under `headings` if there are some already."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    headings = headings or Headings()
    place = place or Place()
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    first = soup.find("h1")
    if title and (first is None or " ".join(first.get_text().split()) != title):
        yield Piece("text", title, place)
        if first is None or " ".join(first.get_text().split()) not in title:
            headings.enter(0, title)
    yield from _Page(headings, place).pieces(_main_part(soup))


def _main_part(soup: BeautifulSoup) -> Tag:
    """`main`, or the only `article`, if it holds a good part of the text; else the body."""
    body = soup.body or soup
    for selector in ("main", "[role=main]", "article"):
        candidates = soup.select(selector)
        if len(candidates) == 1 and len(candidates[0].get_text()) > 0.3 * len(body.get_text()):
            return candidates[0]
    return body


class _Page:
    """Walks a tree of tags and gathers the text between the borders of blocks."""

    def __init__(self, headings: Headings, place: Place) -> None:
        self.headings = headings
        self.place = place
        self.gathered: list[str] = []
        self._numbers: dict[int, int] = {}  # by list: of the item that came last
        self._marker = ""
        self._described: set[str] = set()

    def pieces(self, root: Tag) -> Iterator[Piece]:
        yield from self._walk(root, 0)
        yield from self._flush()

    def _walk(self, parent: Tag, depth: int) -> Iterator[Piece]:
        from bs4 import NavigableString, Tag
        from bs4.element import PreformattedString

        for child in parent.children:
            if isinstance(child, PreformattedString):
                continue  # comments, declarations
            if isinstance(child, NavigableString):
                text = re.sub(r"\s+", " ", child)
                before = self.gathered[-1] if self.gathered and parent.name == "sup" else ""
                self.gathered.append(raised(text, before))
            elif isinstance(child, Tag) and not _left_out(child):
                yield from self._tag(child, depth)

    def _tag(self, tag: Tag, depth: int) -> Iterator[Piece]:
        from bs4 import Tag

        name = tag.name
        if depth > _DEEPEST:
            self.gathered.append(tag.get_text(" "))
        elif re.fullmatch("h[1-6]", name):
            yield from self._flush()
            title = " ".join(tag.get_text().split()).removesuffix("[edit]")
            if title:
                yield Piece("text", title, self.place, self.headings.enter(int(name[1]), title))
        elif name == "table" and _is_data(tag):
            yield from self._flush()
            caption = tag.find("caption", recursive=False)
            if isinstance(caption, Tag) and (text := _cell_text(caption)):
                yield Piece("text", text, self.place, self.headings.chain)
            yield from table_pieces(_rows(tag), lambda first, last: self.place, self.headings.chain, _is_named(tag))
        elif name == "pre":
            yield from self._flush()
            for piece in paragraphs(tag.get_text()):
                yield Piece("text", piece.text, self.place, self.headings.chain)
        elif name == "br":
            self.gathered.append("\n")
        elif name == "li":
            if sum(map(len, self.gathered)) > _LONGEST_LIST:
                yield from self._flush()
            self.gathered += ["\n", self._number(tag)]
            yield from self._walk(tag, depth + 1)
        elif name in _STRUCK:
            yield from self._walk(tag, depth + 1)
            self.gathered.append(" (struck out)" if "".join(self.gathered[-1:]).strip() else "")
        elif name == "img" and (said := self._description(tag)):
            self.gathered += ["\n", said, "\n"]
        elif name == "ol":
            self._numbers[id(tag)] = _number(tag.get("start")) - 1
            yield from self._flush()
            yield from self._walk(tag, depth + 1)
            yield from self._flush()
            self._marker, self.gathered = "", []  # of an item in which there is nothing
        elif _BLOCKS.fullmatch(name):
            yield from self._flush()
            yield from self._walk(tag, depth + 1)
            yield from self._flush()
        else:
            yield from self._walk(tag, depth + 1)

    def _description(self, picture: Tag) -> str:
        """What the page says is to be seen, once; a word or two name an ornament."""
        said = " ".join(str(picture.get("alt") or "").split())
        if len(said.split()) < _DESCRIBES or said in self._described:
            return ""
        self._described.add(said)
        return said

    def _number(self, item: Tag) -> str:
        """What stands before an item of a list that is numbered."""
        if item.parent is None or id(item.parent) not in self._numbers:
            return ""
        count = self._numbers[id(item.parent)] + 1
        count = self._numbers[id(item.parent)] = _number(item.get("value")) if item.get("value") else count
        self._marker = f"{numeral(count, _FORMS.get(str(item.parent.get('type')), ''))}."
        return f"{self._marker} "

    def _flush(self) -> Iterator[Piece]:
        lines = (" ".join(line.split()) for line in "".join(self.gathered).split("\n"))
        text = "\n".join(line for line in lines if line)
        self.gathered = []
        if text and text == self._marker:
            self.gathered = [f"{text} "]  # of a paragraph in an item
        elif text:
            yield Piece("text", text, self.place, self.headings.chain)


def _left_out(tag: Tag) -> bool:
    if _NO_TEXT.fullmatch(tag.name) or _ROLES.fullmatch(str(tag.get("role", ""))) or tag.get("hidden") is not None:
        return True
    if any(_CLASSES.fullmatch(name) for name in tag.get_attribute_list("class") if name):
        return True
    if tag.name == "footer":
        return tag.find_parent(["article", "main"]) is None
    return "display:none" in str(tag.get("style") or "").replace(" ", "").lower()


def _is_data(table: Tag) -> bool:
    """A table of data rather than one that only arranges the page: some columns, no tables or headings in it."""
    if table.find(["table", "h1", "h2", "h3", "form"]) is not None:
        return False
    return any(len(row.find_all(["td", "th"], recursive=False)) > 1 for row in table.find_all("tr"))


def _is_named(table: Tag) -> bool:
    """Whether the first row names the columns; in a table of facts each row begins with its name instead."""
    rows = [[cell.name for cell in row.find_all(["td", "th"], recursive=False)] for row in table.find_all("tr")]
    facts = sum(len(row) > 1 and row[0] == "th" and "td" in row for row in rows)
    return facts < 0.5 * len(rows) or (bool(rows) and "td" not in rows[0] and len(rows[0]) > 1)


def html_table(html: str | bytes, heading: str) -> Iterator[Piece]:
    """The rows of one table."""
    from bs4 import BeautifulSoup

    table = BeautifulSoup(html, "lxml").table
    if table is not None:
        yield from table_pieces(_rows(table), lambda first, last: Place(), heading, _is_named(table))


def _rows(table: Tag) -> list[tuple[int, list[str]]]:
    """Rows of equal columns; a cell over several rows is told in each of them."""
    rows: list[list[Cell]] = []
    spare = _MOST_SPANNED
    open_: dict[int, tuple[int, int]] = {}  # by column: how many rows below it still belong to the cell, and its width
    for row in table.find_all("tr"):
        cells: list[Cell] = []
        column, below, last = 0, dict(open_), max(open_, default=-1)
        waiting = deque(row.find_all(["td", "th"], recursive=False))
        while waiting or (column <= last and spare >= 0):
            if column in below:
                left, wide = below.pop(column)
                cells.append(("", wide, True))
                spare -= wide
            elif waiting:
                cell = waiting.popleft()
                left, wide = _number(cell.get("rowspan")), min(_number(cell.get("colspan")), WIDEST)
                cells.append((_cell_text(cell), wide, False))
                spare -= wide - 1
            else:  # a hole before a cell from above
                left, wide = 1, 1
                cells.append(("", 1, False))
                spare -= 1
            open_.pop(column, None)
            if spare < 0:
                left, wide = 1, 1
                cells[-1] = (cells[-1][0], 1, False)
                open_.clear()
                below.clear()
            if left > 1:
                open_[column] = (left - 1, wide)
            column += wide
        rows.append(cells)
    return spread(rows)


def _number(value: Any) -> int:
    return int(value) if re.fullmatch("[1-9][0-9]{0,3}", str(value)) else 1


def _cell_text(cell: Tag) -> str:
    """Its text on one line, parted where blocks are and not within words."""
    from bs4 import Tag
    from bs4.element import PreformattedString

    parts: list[str] = []
    for node in cell.descendants:
        around = [each.name for each in (node, node.previous_sibling) if isinstance(each, Tag)]
        if any(_BLOCKS.fullmatch(name) or name in _PARTS for name in around):
            parts.append(" ")
        if isinstance(node, (Tag, PreformattedString)) or node.parent is None:
            continue
        if node.parent.name not in ("style", "script"):
            parts.append(raised(str(node), parts[-1] if parts and node.parent.name == "sup" else ""))
    return " ".join("".join(parts).split())
