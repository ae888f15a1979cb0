"""Word documents to Pieces: paragraphs under headings with the numbers that Word draws, tables, charts, pictures.

One walk over the body. What is no main text (notes, comments, headers and footers, hidden text) is told as such behind
the paragraph that it belongs to; it is read by the same walk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import in_short
from pipelines.extractors.embedded import embedded_pieces
from pipelines.extractors.formulas import formula
from pipelines.extractors.graphics import GRAPHICS, graphic_pieces
from pipelines.extractors.numbering import Numbering, numeral
from pipelines.extractors.ooxml import (
    OFF,
    TEXTS,
    A,
    M,
    Package,
    Part,
    R,
    W,
    children,
    number,
    said,
    value,
)
from pipelines.extractors.spans import Cell, spread
from pipelines.extractors.symbols import symbol
from pipelines.extractors.tables import table_pieces
from pipelines.extractors.text import Headings
from pipelines.extractors.word_nodes import (
    DELETED,
    form_field,
    goes_on,
    holds_more,
    only_prompts,
    open_or_close,
    paragraph_id,
    skipped,
    within,
)
from pipelines.extractors.word_styles import Styles
from pipelines.records import Piece

_LEFT_OUT = (*DELETED, *(f"{W}{name}" for name in "pPr rPr sdtPr sectPr tblPr trPr tcPr rt instrText".split()))
_AS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote", f"{W}commentReference": "comment"}
_BESIDE = (f"{W}txbxContent", *_NOTES, *GRAPHICS)
_LONGEST_HEADING = 300
_MOST_NESTED = 3
"""Documents in documents that were put in as they were."""


def read_docx(path: Path) -> Iterator[Piece]:
    """Everything in order; page numbers where Word has left the breaks it drew, headers and footers at the end."""
    package = Package(path, path.name)
    with package.archive:
        for told in _told(package, 0):
            if isinstance(told, Piece):
                yield told
            else:
                yield from graphic_pieces(told.node, told.part, told.place, told.heading, told.seen)
        yield from package.budget.lost()


@dataclass(frozen=True)
class _Graphic:
    """A node of `GRAPHICS` that is yet to be read: wherever pictures wait, they are not held decoded."""

    node: Any
    part: Part
    place: Place
    heading: str
    seen: set[str]


_Told = Piece | _Graphic


def _told(package: Package, depth: int) -> Iterator[_Told]:
    word = _Word(package.main("word/document.xml"), depth)
    yield from word.blocks(word.main.root)
    yield from word.headers_and_footers()


@dataclass
class _Line:
    """A paragraph while it is read.

    `beside` are the nodes of what stands apart from its text. `fields` says of each field that is open whether its
    instruction is being read ('REF figure'), which nobody sees, and not yet its result; `unseen` holds what was read of
    instructions, and where it would stand, should they never end.
    """

    text: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    beside: list[Any] = field(default_factory=list)
    fields: list[bool] = field(default_factory=list)
    unseen: list[tuple[list[str], int, str]] = field(default_factory=list)
    page: int | None = None


class _Word:
    """What is known while the body is walked: the headings above, the page, lists, notes, what was shown already.

    `part` is the one that is being read. `waiting` holds what stands beside the text of cells until their table is
    complete, `carried` the text of a paragraph that goes on in the next one.
    """

    def __init__(self, main: Part, depth: int) -> None:
        self.main = self.part = main
        self.depth = depth
        self.styles = Styles(main)
        self.numbering = Numbering(main.first("numbering"))
        self.notes = {
            kind: {note.get(f"{W}id"): (part, note) for part in main.all(f"{kind}s") for note in part.entries(kind)}
            for kind in _NOTES.values()
        }
        answers = (entry for part in main.all("commentsExtended") for entry in part.entries("commentEx"))
        self.replies = {paragraph_id(entry) for entry in answers if entry.xpath("@*[local-name()='paraIdParent']")}
        self.counts = dict.fromkeys(_NOTES.values(), 0)
        self.headings = Headings()
        drawn = next(main.root.iter(f"{W}lastRenderedPageBreak"), None)
        self.page: int | None = 1 if drawn is not None else None
        self.seen: set[str] = set()
        self.cells = 0
        self.waiting: list[_Told] = []
        self.carried = ""

    def blocks(self, parent: Any) -> Iterator[_Told]:
        """What stands in a body, a cell, a text box or a note."""
        for node in children(parent):
            if node.tag == f"{W}p":
                yield from self._paragraph(node)
            elif node.tag == f"{W}tbl":
                yield from self._unfinished()
                yield from self._table(node)
            elif node.tag == f"{W}altChunk":
                yield from self._document_inside(node)
            elif node.tag not in _LEFT_OUT and not only_prompts(node):
                yield from self.blocks(node)  # content controls, tracked insertions
        yield from self._unfinished()

    # --- Paragraphs ---

    def _paragraph(self, paragraph: Any) -> Iterator[_Told]:
        line, unfinished = _Line(), goes_on(paragraph)
        self._read(paragraph, line, self.styles.hides(paragraph) or False)
        for told, at, unseen in line.unseen:
            told[at] = unseen
        text, self.carried = self.carried + "".join(line.text), ""
        if not unfinished:
            label, level = self.styles.of(paragraph, self.numbering)
            chain = self.headings.chain
            if text := text.strip():
                text = f"{label} {text}".strip()
                if level is not None and len(text) < _LONGEST_HEADING and not self.cells:
                    chain = self.headings.enter(level, text)
                yield Piece("text", text, Place(page=line.page or self.page), chain)
        if self.cells:
            self.waiting.extend(self._beside(line))
        else:
            yield from self._beside(line)
        if unfinished:
            self.carried = text

    def _unfinished(self) -> Iterator[Piece]:
        """What was to go on, where nothing follows."""
        text, self.carried = self.carried.strip(), ""
        if text:
            yield Piece("text", text, Place(page=self.page), self.headings.chain)

    def _read(self, node: Any, line: _Line, hidden: bool) -> None:
        """The text below a node; page breaks are counted on the way."""
        for child in children(node):
            tag, told = child.tag, line.hidden if hidden else line.text
            if tag in TEXTS:
                line.page = line.page or self.page
                if any(line.fields):
                    line.unseen.append((told, len(told), said(child)))
                told.append("" if any(line.fields) else said(child, next(filter(None, reversed(told)), "")))
            elif tag in _BESIDE:
                line.beside.append(child)
            elif tag == f"{W}lastRenderedPageBreak":
                self.page = self.page and self.page + 1
            elif tag == f"{M}oMath":
                line.page = line.page or self.page
                told.append(formula(child))
            elif tag == f"{W}sym":
                told.append(symbol(child.get(f"{W}font", ""), child.get(f"{W}char", "")))
            elif tag == f"{W}fldChar":
                open_or_close(line.fields, child.get(f"{W}fldCharType"))
                if not any(line.fields):
                    line.unseen.clear()
                told.append(form_field(child))
            elif tag not in _LEFT_OUT and not only_prompts(child):
                told.append(_AS.get(tag, ""))
                told.append(child.get("string", "") if tag.endswith("}textpath") else "")  # WordArt, watermarks
                own = self.styles.hides(child) if tag == f"{W}r" else None
                if tag == f"{A}p" and next((text for text in reversed(told) if text), "\n") != "\n":
                    told.append("\n")  # of a drawing
                self._read(child, line, hidden if own is None else own)
                told.append("\n" if tag == f"{A}p" else "")

    def _beside(self, line: _Line) -> Iterator[_Told]:
        place, chain = Place(page=line.page or self.page), self.headings.chain
        if hidden := "".join(line.hidden).strip():
            yield Piece("text", f"Hidden text: {hidden}", place, chain)
        for node in line.beside:
            if node.tag == f"{W}txbxContent":
                yield from self.blocks(node)
            elif node.tag in _NOTES:
                yield from self._note(_NOTES[node.tag], node)
            else:
                yield _Graphic(node, self.part, Place(page=self.page), chain, self.seen)

    # --- Tables ---

    def _table(self, table: Any) -> Iterator[_Told]:
        place, chain = Place(page=self.page), self.headings.chain
        kept = [row for row in within(table, f"{W}tr") if row.find(f"{W}trPr/{W}del") is None]
        rows = [list(within(row, f"{W}tc")) for row in kept]
        frame = len(rows) == 1 and any(map(holds_more, rows[0]))
        if frame or max(map(len, rows), default=0) == 1:  # around text, or to put things side by side
            for row in rows:
                for cell in row:
                    yield from self.blocks(cell)
            return
        self.cells += 1
        cells = [[*skipped(row), *map(self._cell, inner)] for row, inner in zip(kept, rows, strict=True)]
        self.cells -= 1
        yield from table_pieces(spread(cells), lambda first, last: place, chain)
        if not self.cells:
            yield from self.waiting
            self.waiting = []

    def _cell(self, cell: Any) -> Cell:
        """Its text, in which a table inside stands as 'Pressure: 16 bar; Flow: 3 l'."""
        parts = []
        for piece in self.blocks(cell):
            if isinstance(piece, _Graphic):
                self.waiting.append(piece)  # of a document inside
                continue
            rows = piece.text.split("\n") if piece.kind == "table" else []
            told = "; ".join(row.replace(" | ", ": ", 1).replace(" | ", ", ").removesuffix(" |") for row in rows)
            parts.append(told or piece.text)
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        goes_on = merged is not None and merged.get(f"{W}val") != "restart"
        deleted = cell.find(f"{W}tcPr/{W}cellDel") is not None
        return "" if deleted else " ".join(parts), number(value(cell, "tcPr/gridSpan"), 1), goes_on

    # --- What is no main text ---

    def _note(self, kind: str, reference: Any) -> Iterator[_Told]:
        """A footnote, an endnote or a comment, told once."""
        part, note = self.notes[kind].pop(reference.get(f"{W}id"), (None, None))
        if part is None or note is None:
            return
        if kind == "comment":
            answers = any(paragraph_id(paragraph) in self.replies for paragraph in note.iter(f"{W}p"))
            author = note.get(f"{W}author", "").strip()
            label = ("Reply" if answers else "Comment") + (f" by {author}" if author else "")
        elif reference.get(f"{W}customMarkFollows", "0") not in OFF:
            label = kind.capitalize()  # its mark is no number: '*'
        else:
            self.counts[kind] += 1
            label = f"{kind.capitalize()} {numeral(self.counts[kind], self.styles.note_forms[kind])}"
        yield from self._aside(label, part, note)

    def headers_and_footers(self) -> Iterator[_Told]:
        """Each once, however many pages and sections show it; without those that say nothing but a number."""
        self.page = self.page and 1
        told: set[str] = set()
        parts: set[str] = set()
        for kind in ("header", "footer"):
            for reference in self.main.root.iter(f"{W}{kind}Reference"):
                part = self.main.at(reference.get(f"{R}id"))
                if part is None or part.member in parts:
                    continue
                parts.add(part.member)
                for piece in self._aside(kind.capitalize(), part, part.root):
                    if isinstance(piece, _Graphic):
                        yield piece
                    elif piece.text not in told:
                        told.add(piece.text)
                        if any(map(str.isalpha, piece.text.partition(":")[2])):
                            yield piece

    def _aside(self, label: str, part: Part, node: Any) -> Iterator[_Told]:
        """The texts and rows in a node as one text, behind what they are; then its pictures and charts."""
        before = self.part, self.headings
        self.part, self.headings = part, Headings()
        pieces = [] if node is None else list(self.blocks(node))
        self.part, self.headings = before
        texts = "\n".join(piece.text for piece in pieces if isinstance(piece, Piece))
        if texts:
            yield Piece("text", f"{label}: {texts}", Place(page=self.page), self.headings.chain)
        yield from (replace(piece, heading=self.headings.chain) for piece in pieces if isinstance(piece, _Graphic))

    def _document_inside(self, node: Any) -> Iterator[_Told]:
        """A file that was put into the document as it was, and that Word shows as a part of it."""
        part = self.part.at(node.get(f"{R}id"))
        if part is None or part.member in self.seen:
            return
        self.seen.add(part.member)
        place, chain = Place(page=self.page), self.headings.chain
        try:
            for piece in self._embedded(part):
                yield replace(piece, place=place, heading=" › ".join(filter(None, (chain, piece.heading))))
        except MemoryError:
            raise
        except Exception as error:
            part.lose(in_short(error, part.name))

    def _embedded(self, part: Part) -> Iterator[_Told]:
        data = part.data
        if not data.startswith(b"PK"):
            yield from embedded_pieces(data)
        elif self.depth < _MOST_NESTED:
            yield from _told(Package(io.BytesIO(data), part.name, part.package.budget), self.depth + 1)
        else:
            part.lose("too deep inside other files")
