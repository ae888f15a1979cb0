"""Word and PowerPoint documents to Pieces: paragraphs under headings, tables, notes, pictures with their member."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.records import Box, Place
from pipelines.extractors.archives import check_size, parse_xml, picture_inside
from pipelines.extractors.tables import table_pieces, written
from pipelines.extractors.text import Headings
from pipelines.records import Piece

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DESCRIPTION = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"

DEEPEST = 12
"""Groups within groups, tables within tables."""


# --- Word ------------------------------------------------------------------------------------------------------


def read_docx(path: Path) -> Iterator[Piece]:
    """Paragraphs, tables and pictures in order; page numbers where Word has left the breaks it drew."""
    import docx

    check_size(path)
    document = docx.Document(str(path))
    yield from _Word(document).pieces(document.element.body)
    for relation in document.part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external:
            for note in parse_xml(relation.target_part.blob, recover=True):
                text = "".join(node.text or "" for node in note.iter(f"{_W}t")).strip()
                if text:
                    yield Piece("text", text)


class _Word:
    """What is known while the body is walked: the headings above, the page, the pictures seen."""

    def __init__(self, document: Any) -> None:
        self.part = document.part
        self.levels = _heading_levels(document)
        self.headings = Headings()
        drawn = next(document.element.body.iter(f"{_W}lastRenderedPageBreak"), None)
        self.page: int | None = 1 if drawn is not None else None
        self.seen: set[str] = set()

    def pieces(self, parent: Any, depth: int = 0) -> Iterator[Piece]:
        for element in parent:
            if element.tag == f"{_W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{_W}tbl":
                yield from self._table(element)
            elif depth < DEEPEST and element.tag not in (_FALLBACK, f"{_W}sectPr", f"{_W}del"):
                yield from self.pieces(element, depth + 1)  # content controls, tracked insertions

    def _paragraph(self, paragraph: Any) -> Iterator[Piece]:
        before, text = self._text_and_pages(paragraph)
        place = Place(page=before)
        chain = self.headings.chain
        level = self.levels.get(_style(paragraph))
        if text:
            if level is not None and len(text) < 300:
                chain = self.headings.enter(level, text)
            yield Piece("text", text, place, chain)
        yield from self._drawings(paragraph)

    def _text_and_pages(self, paragraph: Any) -> tuple[int | None, str]:
        """The text and the page that it begins on; page breaks are counted on the way."""
        began, parts = None, []
        for node in _iterate(paragraph):
            if node.tag == f"{_W}lastRenderedPageBreak" and self.page is not None:
                self.page += 1
            elif node.tag in (f"{_W}t", f"{_M}t"):
                began = began or self.page
                parts.append(node.text or "")
            elif node.tag == f"{_W}tab":
                parts.append("\t")
            elif node.tag in (f"{_W}br", f"{_W}cr"):
                parts.append("\n")
            elif node.tag == f"{_W}noBreakHyphen":
                parts.append("-")
        return began or self.page, "".join(parts).strip()

    def _table(self, table: Any) -> Iterator[Piece]:
        page, rows = self.page, []
        for number, row in enumerate(table.iterchildren(f"{_W}tr"), 1):
            cells = []
            for cell in row.iter(f"{_W}tc"):
                texts = [self._text_and_pages(paragraph)[1] for paragraph in cell.iter(f"{_W}p")]
                cells.append(" ".join(text for text in texts if text))
            rows.append((number, cells))
        if max((len(cells) for _, cells in rows), default=0) == 1:
            for _, cells in rows:  # a frame around text rather than a table
                if cells and cells[0]:
                    yield Piece("text", cells[0], Place(page=page), self.headings.chain)
        else:
            yield from table_pieces(rows, lambda first, last: Place(page=page), self.headings.chain)
        yield from self._drawings(table)

    def _drawings(self, element: Any) -> Iterator[Piece]:
        for box in element.iter(f"{_W}txbxContent"):
            if _FALLBACK not in {ancestor.tag for ancestor in box.iterancestors()}:
                yield from self.pieces(box, 1)
        for blip in element.iter(f"{_A}blip"):
            part = self.part.related_parts.get(blip.get(f"{_R}embed"))
            if part is None or part.partname in self.seen or not hasattr(part, "blob"):
                continue
            self.seen.add(part.partname)
            described = next((a.get("descr") for a in _descriptions(blip) if a.get("descr")), "")
            yield from picture_inside(
                part.blob, part.partname.lstrip("/"), Place(page=self.page), self.headings.chain, described
            )


def _iterate(paragraph: Any) -> Iterator[Any]:
    """The nodes of a paragraph without text boxes (they come on their own), deletions and fallbacks."""
    for node in paragraph:
        if node.tag in (f"{_W}txbxContent", f"{_W}del", f"{_W}pPr", _FALLBACK):
            continue
        yield node
        yield from _iterate(node)


def _descriptions(blip: Any) -> Iterator[Any]:
    for ancestor in blip.iterancestors():
        if ancestor.tag == f"{_W}drawing":
            yield from ancestor.iter(_DESCRIPTION)
            return


def _style(paragraph: Any) -> str:
    found = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return "" if found is None else found.get(f"{_W}val", "")


def _heading_levels(document: Any) -> dict[str, int]:
    """Level by style id: 0 for Title, 1 for Heading 1 …; styles that are based on a heading inherit its level."""
    levels: dict[str, int] = {}
    based_on: dict[str, str] = {}
    for style in document.styles.element.iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        title = "" if name is None else name.get(f"{_W}val", "").lower()
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        parent = style.find(f"{_W}basedOn")
        identifier = style.get(f"{_W}styleId", "")
        if title == "title":
            levels[identifier] = 0
        elif title.startswith("heading ") and title[8:].isdigit():
            levels[identifier] = int(title[8:])
        elif outline is not None and outline.get(f"{_W}val", "9").isdigit() and int(outline.get(f"{_W}val", "9")) < 9:
            levels[identifier] = int(outline.get(f"{_W}val")) + 1
        elif parent is not None:
            based_on[identifier] = parent.get(f"{_W}val", "")
    for _ in range(4):
        levels |= {style: levels[parent] for style, parent in based_on.items() if parent in levels}
    return levels


# --- PowerPoint ------------------------------------------------------------------------------------------------


def read_pptx(path: Path) -> Iterator[Piece]:
    """For each slide its title, texts, tables, charts, pictures and notes; Place has slide and box."""
    import pptx

    check_size(path)
    presentation = pptx.Presentation(str(path))
    whole = (presentation.slide_width or 1, presentation.slide_height or 1)
    seen: set[str] = set()
    for number, slide in enumerate(presentation.slides, 1):
        title = slide.shapes.title.text_frame.text.strip() if slide.shapes.title is not None else ""
        heading = " ".join(title.split())
        for shape in slide.shapes:
            is_title = slide.shapes.title is not None and shape.shape_id == slide.shapes.title.shape_id
            place = Place(slide=number, box=_slide_box(shape, whole))
            yield from _shape_pieces(shape, place, "" if is_title else heading, seen)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text.strip()
            if notes:
                yield Piece("text", _clean(notes), Place(slide=number), heading)


def _shape_pieces(shape: Any, place: Place, heading: str, seen: set[str], depth: int = 0) -> Iterator[Piece]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    if getattr(shape, "shape_type", None) == MSO_SHAPE_TYPE.GROUP:
        if depth < DEEPEST:
            for inner in shape.shapes:
                yield from _shape_pieces(inner, place, heading, seen, depth + 1)
        return
    if shape.has_text_frame:
        text = _clean(shape.text_frame.text).strip()
        if text:
            yield Piece("text", text, place, heading)
    if getattr(shape, "has_table", False):
        rows = [(n, [_clean(cell.text) for cell in row.cells]) for n, row in enumerate(shape.table.rows, 1)]
        yield from table_pieces(rows, lambda first, last: place, heading)
    if getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, place, heading)
    for blip in shape._element.iter(f"{_A}blip"):
        identifier = blip.get(f"{_R}embed")
        part = shape.part.related_part(identifier) if identifier in shape.part.rels else None
        if part is not None and part.partname not in seen:
            seen.add(part.partname)
            described = shape._element.xpath(".//p:cNvPr/@descr")
            yield from picture_inside(
                part.blob, part.partname.lstrip("/"), place, heading, described[0] if described else ""
            )


def _chart(chart: Any, place: Place, heading: str) -> Iterator[Piece]:
    """The numbers behind a chart as a table: categories down, series across."""
    for plot in chart.plots:
        series = list(plot.series)
        rows = [(1, ["Category", *(one.name or "" for one in series)])]
        for n, category in enumerate(plot.categories):
            rows.append((n + 2, [str(category), *(written(v) for s in series for v in list(s.values)[n : n + 1])]))
        title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
        if title:
            yield Piece("text", title, place, heading)
        yield from table_pieces(rows, lambda first, last: place, heading)


def _clean(text: str) -> str:
    return text.replace("\v", "\n").replace("\xa0", " ")


def _slide_box(shape: Any, whole: tuple[int, int]) -> Box | None:
    if None in (shape.left, shape.top, shape.width, shape.height):
        return None
    x0, y0 = shape.left / whole[0], shape.top / whole[1]
    x1, y1 = x0 + shape.width / whole[0], y0 + shape.height / whole[1]
    return tuple(round(min(max(value, 0.0), 1.0), 4) for value in (x0, y0, x1, y1))  # type: ignore[return-value]
