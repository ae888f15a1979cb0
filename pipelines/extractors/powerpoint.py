"""PowerPoint decks to Pieces: for each slide what its shapes show, its notes and comments; Place has slide and box.

One walk over the tree of shapes, whatever kinds of shapes there are. A shape that cannot be read costs itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexes.records import Box, Place
from pipelines.extractors.graphics import GRAPHICS, graphic_pieces
from pipelines.extractors.numbering import numeral
from pipelines.extractors.ooxml import (
    A,
    P,
    Package,
    Part,
    R,
    children,
    inline,
    number,
)
from pipelines.extractors.spans import Cell, spread
from pipelines.extractors.tables import table_pieces
from pipelines.records import Piece

_TITLES = ("title", "ctrTitle")
_NO_NOTES = ("sldImg", "sldNum", "hdr", "ftr", "dt")
_FRAMES = (f"{A}xfrm", f"{P}xfrm")
_FORMS = {"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter"}
_FORMS |= {"romanLc": "lowerRoman", "romanUc": "upperRoman", "circleNumDb": "decimalEnclosedCircle"}
_ENDS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}
_ON_ALL_SLIDES = {"ftr": "Footer", "hdr": "Header", "dt": "Date"}


def read_pptx(path: Path) -> Iterator[Piece]:
    """The slides in the order in which they are shown; hidden ones are marked as such."""
    package = Package(path, path.name)
    with package.archive:
        deck = _Deck(package.main("ppt/presentation.xml"))
        for count, identifier in enumerate(deck.main.root.iterfind(f"{P}sldIdLst/{P}sldId"), 1):
            slide = deck.main.at(identifier.get(f"{R}id"))
            if slide is not None:
                slide.place = Place(slide=count)
            if slide is None or slide.root is None:
                package.lose("", "missing or empty", Place(slide=count))  # unless it is known to be damaged
            else:
                yield from deck.slide(slide, count)
        yield from package.budget.lost()


class _Deck:
    """What is known while slides are walked: their size, who comments, what was shown already."""

    def __init__(self, main: Part) -> None:
        self.main = main
        size = main.root.find(f"{P}sldSz")
        width, height = (0, 0) if size is None else (number(size.get("cx")), number(size.get("cy")))
        self.size = (width or 1, height or 1)
        people = [person for part in main.all("commentAuthors", "authors") for person in part.entries("*")]
        self.authors = {person.get("id"): person.get("name") or "" for person in people}
        self.layouts: dict[str, Part] = {}
        self.seen: set[str] = set()

    def slide(self, slide: Part, count: int) -> Iterator[Piece]:
        """What is on a slide. On a hidden one each text says so: it may be quoted alone."""
        title = next((_text(shape) for shape in slide.root.iter(f"{P}sp") if _role(shape) in _TITLES), "")
        heading = " ".join(title.split())
        if slide.root.get("show") not in ("0", "false"):
            yield from self._on(slide, Place(slide=count), heading)
            return
        for piece in self._on(slide, Place(slide=count), f"{heading} (hidden slide)" if heading else "Hidden slide"):
            yield replace(piece, text=f"Hidden slide: {piece.text}") if piece.kind == "text" else piece

    def _on(self, slide: Part, place: Place, heading: str) -> Iterator[Piece]:
        tree = slide.root.find(f"{P}cSld/{P}spTree")
        if tree is not None:
            yield from self._shapes(tree, slide, place, heading)
        for notes in slide.all("notesSlide"):
            told = [] if notes.root is None else [s for s in notes.root.iter(f"{P}sp") if _role(s) not in _NO_NOTES]
            text = "\n".join(filter(None, map(_text, told)))
            if text:
                yield Piece("text", f"Notes: {text}", place, heading)
        for part in slide.all("comments"):
            for comment in part.entries("cm", "reply"):
                author = self.authors.get(comment.get("authorId"), "")
                what = "Comment" if comment.tag.endswith("}cm") else "Reply"
                own = (node for node in comment if node.tag == f"{P}text" or str(node.tag).endswith("}txBody"))
                text = " ".join(node.text or "" if node.tag == f"{P}text" else _text(node) for node in own).strip()
                if text:
                    yield Piece("text", f"{what}{f' by {author}' if author else ''}: {text}", place, heading)

    def _shapes(self, tree: Any, part: Part, place: Place, heading: str) -> Iterator[Piece]:
        # The title first, wherever it was drawn: the rest stands under it.
        for shape in sorted(children(tree), key=lambda shape: _role(shape) not in _TITLES):
            try:
                yield from self._shape(shape, part, place, heading)  # one by one: pictures are large
            except MemoryError:
                raise
            except Exception:
                part.package.lose("", "a shape in it is damaged or unusual", Place(slide=place.slide))

    def _shape(self, shape: Any, part: Part, place: Place, heading: str) -> Iterator[Piece]:
        role = _role(shape)
        if place.box is None:  # what is in a group lies where the group lies
            place = replace(place, box=self._box(shape, part))
        if shape.tag == f"{P}grpSp":
            yield from self._shapes(shape, part, place, heading)
        elif role in _ON_ALL_SLIDES:
            text = f"{_ON_ALL_SLIDES[role]}: {_text(shape)}"
            if text not in self.seen and _text(shape):
                self.seen.add(text)
                yield Piece("text", text, Place(slide=place.slide))
        elif role != "sldNum":
            known = next(shape.iterfind(f"*/{P}cNvPr"), None)
            hidden = known is not None and known.get("hidden") in ("1", "true")
            for piece in self._shown(shape, part, place, "" if role in _TITLES else heading):
                yield replace(piece, text=f"Hidden text: {piece.text}") if hidden and piece.kind == "text" else piece

    def _shown(self, node: Any, part: Part, place: Place, heading: str) -> Iterator[Piece]:
        """Texts, tables, charts, diagrams and pictures below a node, however they are wrapped."""
        for child in children(node):
            if child.tag == f"{P}txBody":
                if text := _text(child):
                    yield Piece("text", text, place, heading)
            elif child.tag == f"{A}tbl":
                rows = [[_cell(cell) for cell in _cells(row)] for row in child.iterchildren(f"{A}tr")]
                yield from table_pieces(spread(rows), lambda first, last: place, heading)
            else:
                if child.tag in GRAPHICS:
                    yield from graphic_pieces(child, part, place, heading, self.seen)
                yield from self._shown(child, part, place, heading)  # also a picture that stands for an object

    def _box(self, shape: Any, part: Part) -> Box | None:
        """Where a shape lies; a placeholder that does not say so lies where the layout or its master has it."""
        frame, role = next(shape.iter(*_FRAMES), None), _placeholder(shape)
        for kind in ("slideLayout", "slideMaster"):
            found = next(iter(part.all(kind)), None)
            if frame is not None or role is None or found is None:
                break
            part = self.layouts.setdefault(found.member, found)
            alike = (other for other in part.entries("sp") if _alike(role, _placeholder(other), kind))
            frame = next((inner for other in alike for inner in other.iter(*_FRAMES)), None)
        corner, extent = (None, None) if frame is None else (frame.find(f"{A}off"), frame.find(f"{A}ext"))
        if corner is None or extent is None:
            return None
        x, y = number(corner.get("x")), number(corner.get("y"))
        edges = (x, y, x + number(extent.get("cx")), y + number(extent.get("cy")))
        return tuple(  # type: ignore[return-value]
            round(min(max(edge / whole, 0.0), 1.0), 4) for edge, whole in zip(edges, self.size * 2, strict=True)
        )


# --- Small questions about nodes -------------------------------------------------------------------------------


def _placeholder(shape: Any) -> Any:
    return next(shape.iterfind(f"*/{P}nvPr/{P}ph"), None)


def _role(shape: Any) -> str:
    """What a shape is for, where the layout says so: 'title', 'body', 'sldNum' …"""
    found = _placeholder(shape)
    return "" if found is None else found.get("type", "obj")


def _alike(one: Any, other: Any, kind: str) -> bool:
    if other is None or kind == "slideLayout":
        return other is not None and one.get("idx", "0") == other.get("idx", "0")
    roles = {"ctrTitle": "title", "subTitle": "body", "obj": "body"}
    first, second = (roles.get(each.get("type", "obj"), each.get("type")) for each in (one, other))
    return bool(first == second)


def _text(node: Any) -> str:
    """The paragraphs in a node as lines, with the numbers that PowerPoint draws before them."""
    lines: list[str] = []
    counts: dict[int, tuple[str, int]] = {}
    for paragraph in node.iter(f"{A}p"):
        text = inline(paragraph).strip()
        properties = paragraph.find(f"{A}pPr")
        level = 0 if properties is None else number(properties.get("lvl"))
        numbered = None if properties is None else properties.find(f"{A}buAutoNum")
        if text and numbered is not None:
            form, start = numbered.get("type", ""), number(numbered.get("startAt"), 1)
            known, last = counts.get(level, ("", 0))
            counts = {at: each for at, each in counts.items() if at < level}
            counts[level] = (form, last + 1 if known == form else start)
            text = f"{_numbered(form, counts[level][1])} {text}"
        elif text:
            counts = {at: each for at, each in counts.items() if at < level}
        lines.append(text)
    return "\n".join(filter(None, lines))


def _numbered(form: str, count: int) -> str:
    begin = next((begin for begin in _FORMS if form.startswith(begin)), "")
    return _ENDS.get(form[len(begin) :], "{}.").format(numeral(count, _FORMS.get(begin, "decimal")))


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row.iterchildren(f"{A}tc") if cell.get("hMerge") not in ("1", "true")]


def _cell(cell: Any) -> Cell:
    return " ".join(_text(cell).split("\n")), number(cell.get("gridSpan"), 1), cell.get("vMerge") in ("1", "true")
