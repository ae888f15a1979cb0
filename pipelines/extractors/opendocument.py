"""OpenDocument text and presentations (ODT, ODP) to Pieces: one walk over content.xml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import member_of, open_zip, parse_xml, picture_inside
from pipelines.extractors.tables import table_pieces
from pipelines.extractors.text import Headings
from pipelines.records import Piece

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _DRAW, _OFFICE = (_URN % name for name in ("text", "table", "drawing", "office"))
_LINK = "{http://www.w3.org/1999/xlink}href"
_LEFT_OUT = (f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_OFFICE}forms", f"{_TEXT}sequence-decls")
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
        for piece in _Walk().pieces(root, 0):
            if piece.kind != "picture":
                yield piece
            elif piece.member in names and piece.member not in seen:
                seen.add(piece.member)
                yield from picture_inside(member_of(archive, piece.member), piece.member, piece.place, piece.heading)


class _Walk:
    def __init__(self) -> None:
        self.headings = Headings()
        self.place = Place()
        self.slide = 0

    def pieces(self, parent: Any, depth: int) -> Iterator[Piece]:
        """Pieces below `parent`; a picture comes without its pixels, its member names them."""
        for node in parent:
            tag = node.tag
            if not isinstance(tag, str) or tag in _LEFT_OUT or depth > _DEEPEST:
                continue
            if tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield from self._paragraph(node)
            elif tag == f"{_TABLE}table":
                yield from table_pieces(_rows(node), lambda first, last: self.place, self.headings.chain)
                yield from self._pictures(node)
            elif tag == f"{_DRAW}page":
                self.slide += 1
                self.place, self.headings = Place(slide=self.slide), Headings()
                yield from self.pieces(node, depth + 1)
            elif tag == f"{_DRAW}image":
                yield Piece("picture", "", self.place, self.headings.chain, None, node.get(_LINK, ""))
            else:
                yield from self.pieces(node, depth + 1)

    def _paragraph(self, node: Any) -> Iterator[Piece]:
        text = text_of(node).strip()
        chain = self.headings.chain
        if text and node.tag == f"{_TEXT}h":
            level = node.get(f"{_TEXT}outline-level", "1")
            chain = self.headings.enter(int(level) if level.isdigit() else 1, text)
        if text:
            yield Piece("text", text, self.place, chain)
        yield from self._pictures(node)

    def _pictures(self, node: Any) -> Iterator[Piece]:
        for image in node.iter(f"{_DRAW}image"):
            yield Piece("picture", "", self.place, self.headings.chain, None, image.get(_LINK, ""))


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
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            parts.append(text_of(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _rows(table: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(table.iter(f"{_TABLE}table-row"), 1):
        cells = row.iterchildren(f"{_TABLE}table-cell")
        yield number, [" ".join(text_of(paragraph) for paragraph in cell.iter(f"{_TEXT}p")) for cell in cells]
