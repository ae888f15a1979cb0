"""OpenDocument text and presentations (ODT, ODP) to Pieces: one walk over content.xml."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import DAMAGED, member_of, open_zip, parse_xml, picture_inside
from pipelines.extractors.ooxml import number
from pipelines.extractors.spans import WIDEST, Cell, spread
from pipelines.extractors.tables import table_pieces
from pipelines.extractors.text import Headings
from pipelines.records import Piece

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_NAMES = ("text", "table", "drawing", "office", "style", "presentation")
_TEXT, _TABLE, _DRAW, _OFFICE, _STYLE, _SHOW = (_URN % name for name in _NAMES)
_LINK = "{http://www.w3.org/1999/xlink}href"
_LEFT_OUT = (f"{_TEXT}tracked-changes", f"{_OFFICE}forms", f"{_TEXT}sequence-decls")
_NOTE, _COMMENT, _BOX = f"{_TEXT}note", f"{_OFFICE}annotation", f"{_DRAW}text-box"
_BESIDE = (_NOTE, _COMMENT, _BOX)
"""What stands apart from the text of the paragraph that it is in."""
_ROWS = tuple(f"{_TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group"))
_AUTHOR = "{http://purl.org/dc/elements/1.1/}creator"
_DEEPEST = 60
MOST_SPACES = 100


def read(path: Path) -> Iterator[Piece]:
    """Paragraphs under their headings, tables as rows, pictures with their member; Place has the slide."""
    with open_zip(path) as archive:
        names = set(archive.namelist())
        if "content.xml" not in names:
            raise ExtractionError(f"{path.name} is damaged: its text is missing. Open it, save it again, index that.")
        if b"encryption-data" in (archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""):
            raise ExtractionError(
                f"{path.name} is locked with a password; save a copy without it and index that.", "open"
            )
        root = parse_xml(archive.read("content.xml"))
        seen: set[str] = set()
        stored = member_of(archive, "styles.xml")
        styles = parse_xml(stored, recover=True) if stored else None
        if "styles.xml" in names and styles is None:
            yield Piece("unread", DAMAGED, Place(), "headers and footers")
        for piece in chain(_Walk(root).pieces(root, 0), _headers_and_footers(styles)):
            if piece.kind != "picture":
                yield piece
            elif piece.member in names and piece.member not in seen:
                seen.add(piece.member)
                yield from picture_inside(member_of(archive, piece.member), piece.member, piece.place, piece.heading)


class _Walk:
    """What is known while the document is walked. What is no main text (notes, comments, hidden slides) is told as such
    behind what it belongs to."""

    def __init__(self, root: Any) -> None:
        self.headings = Headings()
        self.place = Place()
        self.slide = 0
        self.hidden = ""
        hides = f".//{_STYLE}drawing-page-properties[@{_SHOW}visibility='hidden']/.."
        self._hiding = {style.get(f"{_STYLE}name") for style in root.iterfind(hides)}

    def pieces(self, parent: Any, depth: int) -> Iterator[Piece]:
        """Pieces below `parent`; a picture comes without its pixels, its member names them."""
        for node in parent:
            tag = node.tag
            if not isinstance(tag, str) or tag in _LEFT_OUT or depth > _DEEPEST:
                continue
            if tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield from self._paragraph(node, depth)
            elif tag == f"{_TABLE}table":
                yield from table_pieces(_rows(node), lambda first, last: self.place, self.headings.chain)
                yield from self._beside(node, depth)
            elif tag == f"{_DRAW}page":
                self.slide += 1
                self.place, self.headings = Place(slide=self.slide), Headings()
                self.hidden = "Hidden slide: " if node.get(f"{_DRAW}style-name") in self._hiding else ""
                yield from self.pieces(node, depth + 1)
            elif tag in (_NOTE, _COMMENT, f"{_SHOW}notes"):
                yield from self._aside(node)
            elif tag == f"{_DRAW}image":
                yield Piece("picture", "", self.place, self.headings.chain, None, node.get(_LINK, ""))
            else:
                yield from self.pieces(node, depth + 1)

    def _paragraph(self, node: Any, depth: int) -> Iterator[Piece]:
        text = text_of(node).strip()
        above = self.headings.chain
        if text and node.tag == f"{_TEXT}h":
            level = node.get(f"{_TEXT}outline-level", "1")
            above = self.headings.enter(int(level) if level.isdigit() else 1, text)
        if text:
            yield Piece("text", f"{self.hidden}{text}", self.place, above)
        yield from self._beside(node, depth)

    def _beside(self, node: Any, depth: int) -> Iterator[Piece]:
        """Notes, comments, boxes and pictures in a paragraph or in the cells of a table."""
        for child in node:
            if child.tag == _BOX:
                yield from self.pieces(child, depth + 1)
            elif child.tag in (*_BESIDE, f"{_DRAW}image"):
                yield from self.pieces([child], depth)
            elif depth < _DEEPEST:
                yield from self._beside(child, depth + 1)

    def _aside(self, node: Any) -> Iterator[Piece]:
        label, paragraphs = "Notes", _paragraphs(node)
        if node.tag == f"{_SHOW}notes":  # which stand in a box
            paragraphs = node.iter(f"{_TEXT}p")
        elif node.tag == _COMMENT:
            author = " ".join((node.findtext(_AUTHOR) or "").split())
            label = f"Comment by {author}" if author else "Comment"
        else:
            kind = node.get(f"{_TEXT}note-class", "footnote").capitalize()
            label = f"{kind} {(node.findtext(f'{_TEXT}note-citation') or '').strip()}".strip()
        text = "\n".join(filter(None, (text_of(paragraph).strip() for paragraph in paragraphs)))
        if text:
            yield Piece("text", f"{self.hidden}{label}: {text}", self.place, self.headings.chain)


def _headers_and_footers(styles: Any) -> Iterator[Piece]:
    """Each once, however many pages show it; without those that say nothing but a number."""
    told: set[str] = set()
    for node in () if styles is None else styles.iter(f"{_STYLE}header", f"{_STYLE}footer"):
        text = "\n".join(filter(None, (text_of(paragraph).strip() for paragraph in _paragraphs(node))))
        label = "Header" if node.tag == f"{_STYLE}header" else "Footer"
        if any(map(str.isalpha, text)) and text not in told:
            told.add(text)
            yield Piece("text", f"{label}: {text}")


def comment_of(cell: Any) -> str:
    """What a comment on a cell of a sheet says; '' where there is none."""
    comments = (_paragraphs(comment) for comment in cell.iterchildren(_COMMENT))
    return " ".join(" ".join(text_of(paragraph) for each in comments for paragraph in each).split())


def _paragraphs(node: Any) -> Iterator[Any]:
    """The paragraphs in an element, without those of notes, comments and boxes in it."""
    for child in node:
        if child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            yield child
        elif child.tag not in _BESIDE:
            yield from _paragraphs(child)


def text_of(node: Any) -> str:
    """The text of a paragraph with its tabs, line breaks and runs of spaces."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            parts.append(" " * min(int(count) if count.isdigit() else 1, MOST_SPACES))
        elif isinstance(child.tag, str) and child.tag not in (*_LEFT_OUT, *_BESIDE):
            parts.append(text_of(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _rows(table: Any) -> Iterator[tuple[int, list[str]]]:
    return iter(spread([list(_cells(row)) for row in _own_rows(table)]))


def _own_rows(table: Any) -> Iterator[Any]:
    """Without those of tables in its cells."""
    for child in table:
        if child.tag == f"{_TABLE}table-row":
            yield child
        elif child.tag in _ROWS:
            yield from _own_rows(child)


def _cells(row: Any) -> Iterator[Cell]:
    covered = 0
    for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        if cell.tag == f"{_TABLE}table-cell":
            wide = min(number(cell.get(f"{_TABLE}number-columns-spanned"), 1), WIDEST)
            covered = wide - 1
            yield " ".join(text_of(paragraph) for paragraph in _paragraphs(cell)), wide, False
        elif covered:
            covered -= 1
        else:  # by one above
            yield "", 1, True
