"""XML to Pieces: feeds as their entries, documents (JATS, TEI, DocBook …) as prose, data as tables and lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import AS_FAR, parse_xml
from pipelines.extractors.facts import LONGEST, common_keys, grouped
from pipelines.extractors.markup import html_pieces, html_table
from pipelines.extractors.tables import table_pieces
from pipelines.extractors.text import Headings, read_text
from pipelines.records import Piece

_PARAGRAPHS = {"p", "para", "simpara", "ab"}
_TITLES = {"title", "head", "article-title", "title-group"}
_PROSE = _PARAGRAPHS | {"l", "item", "list-item", "listitem"}
_BLOCKS = _PROSE | {"title", "title-group", "tr", "row"}
_MARKS = {"xref", "ref", "note", "fn", "footnote"}
"""What stands behind a word without being part of it."""
_CELLS = {"row": "tr", "entry": "td", "cell": "td"}  # of CALS and TEI, as HTML names them
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:\?xml|!DOCTYPE)|\xff\xfe|\xfe\xff|\0|.\0", re.IGNORECASE)
_NAMES = ({"surname", "family-names"}, {"given-names", "forename", "firstname"})
_LONGEST_VALUE = 200
"""Characters of an attribute; longer ones are drawings or other programs' data."""
_LONGEST_MIXED = 2_000
"""Characters of an element of data that is told in one line with all that is in it."""


def read_xml(path: Path) -> Iterator[Piece]:
    """Feeds as their entries, files with paragraphs as documents, any other as tables and lines of 'name: text'. What
    has several elements beside each other, as logs do, is read as if they stood in one; other text that only looks like
    XML, as text."""
    data = path.read_bytes()
    try:
        root = parse_xml(data)
    except (SyntaxError, ValueError):
        if not _DECLARED.match(data):
            try:
                yield from _data(parse_xml(b"<r>" + data + b"</r>"), "")
            except (SyntaxError, ValueError):
                yield from read_text(path)
            return
        root = parse_xml(data, recover=True)
        yield Piece("unread", AS_FAR, Place(), path.name)
    if root is None:
        raise ExtractionError(f"{path.name} is damaged: it is not well-formed XML. Save it again and index that.")
    entries = [node for node in root.iter() if name_of(node) in ("item", "entry")]
    if name_of(root) in ("rss", "feed", "RDF") and entries:
        yield from _feed(root, entries)
    elif any(name_of(node) in _PARAGRAPHS for node in root.iter()):
        yield from _Document(root).pieces()
    else:
        yield from _data(root, name_of(root))


def name_of(node: Any) -> str:
    """The name of an element without its namespace; '' of comments and the like."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _said(node: Any, most: float = math.inf) -> str:
    """All text in an element, in its order; elements that no text stands between are parted by a space. Where it is
    longer than `most` characters, it may end behind them."""
    parts: list[str] = []
    waiting: list[Any] = [node]
    length = 0
    while waiting and length <= 2 * most:  # spaces are not told, but counted
        length += len(parts[-1]) if parts else 0
        each = waiting.pop()
        if isinstance(each, str):
            parts.append(each)
        elif not isinstance(each.tag, str):
            entity = unescape(each.text or "")  # comments and instructions begin with no '&'
            parts.append(entity if (each.text or "").startswith("&") and not entity.startswith("&") else "")
        else:
            apart = " " if len(each) > 1 and not _has_text(each) else ""
            for child in reversed(each):
                waiting += [child.tail or apart, child]
            parts.append(each.text or "")
    return " ".join("".join(parts).split())


def _has_text(node: Any) -> bool:
    """Whether text stands in it outside of its elements."""
    return any(text and not text.isspace() for text in (node.text, *(child.tail for child in node)))


# --- Documents -------------------------------------------------------------------------------------------------


class _Document:
    """Walks the tree: paragraphs, headings, tables, and what is known about the document, a record a line."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._headings = Headings()
        self._label = ""  # of what follows: '2.1', 'Table 3'
        self._gathered: list[str] = []
        self._with_blocks: set[Any] = set()  # elements that are blocks, or hold some
        for node in root.iter():
            if name_of(node) in _BLOCKS:
                while node is not None and node not in self._with_blocks:
                    self._with_blocks.add(node)
                    node = node.getparent()

    def pieces(self) -> Iterator[Piece]:
        yield from self._walk(self._root, 0)

    def _walk(self, node: Any, depth: int) -> Iterator[Piece]:
        name = name_of(node)
        if name in _TITLES:
            title, parent = self._labelled(_said(node)), node.getparent()
            if title:
                whole = not self._headings.chain and not name_of(parent).startswith(("sec", "div"))
                yield self._text(title, self._headings.enter(-1 if whole else depth, title))
        elif name == "tgroup" or (name == "table" and next(node.iter("{*}tgroup"), None) is None):
            yield from self._table(node)
        elif (name in _PROSE and depth) or (len(node) and _has_text(node)):
            yield from self._paragraph(node, depth)
        elif name == "label":
            self._label = _said(node)
        elif node in self._with_blocks or len(_listed(node)) > LONGEST:
            for child in node:
                yield from self._walk(child, depth + 1)
        elif said := _listed(node):
            yield self._text(self._labelled(f"{name}: {said}"), self._headings.chain)

    def _paragraph(self, node: Any, depth: int) -> Iterator[Piece]:
        """Text between blocks that stand in it, such as lists."""
        self._gathered = [node.text or ""]
        for child in node:
            if child in self._with_blocks:
                yield from self._flush()
                yield from self._walk(child, depth + 1)
            else:
                self._gathered += [" " if name_of(child) in _MARKS else "", _said(child)]
            self._gathered.append(child.tail or "")
        yield from self._flush()

    def _flush(self) -> Iterator[Piece]:
        text, self._gathered = " ".join("".join(self._gathered).split()), []
        if text:
            yield self._text(self._labelled(text), self._headings.chain)

    def _table(self, node: Any) -> Iterator[Piece]:
        from lxml import etree

        for inner in list(node.iter()):
            name = name_of(inner)
            if name in _TITLES or name == "caption":
                if said := _said(inner):
                    yield self._text(self._labelled(said), self._headings.chain)
                inner.getparent().remove(inner)
            elif name:
                inner.tag = _CELLS.get(name, name)
        node.tag = "table"
        yield from html_table(etree.tostring(node, with_tail=False), self._headings.chain)

    def _labelled(self, text: str) -> str:
        label, self._label = self._label, ""
        return f"{label} {text}" if label and text else text

    @staticmethod
    def _text(text: str, heading: str) -> Piece:
        return Piece("text", text, Place(), heading)


def _listed(node: Any) -> str:
    """What an element says, part by part: names of persons and dates as they are written."""
    if not isinstance(node.tag, str) or not len(node) or _has_text(node):
        return _said(node) if isinstance(node.tag, str) else ""
    parts = {name_of(child): _said(child) for child in node}
    families, given = ([said for name, said in parts.items() if name in names] for names in _NAMES)
    if families:
        others = (_listed(child) for child in node if not any(name_of(child) in names for names in _NAMES))
        return ", ".join(filter(None, [" ".join([*given, *families]), *others]))
    if re.fullmatch(r"[12]\d{3}", parts.get("year", "")) and parts.keys() <= {"day", "month", "year"}:
        return "-".join(parts[name].zfill(2) for name in ("year", "month", "day") if name in parts)
    return ", ".join(filter(None, map(_listed, node)))


# --- Data ------------------------------------------------------------------------------------------------------


def _data(node: Any, heading: str) -> Iterator[Piece]:
    """Elements that are alike as a table, all others as lines."""
    lines: list[str] = []
    for entry in _facts(node):
        if isinstance(entry, str):
            lines.append(entry)
            continue
        yield from grouped(lines, Place(), heading)
        lines = []
        yield from entry
    yield from grouped(lines, Place(), heading)


def _facts(node: Any) -> Iterator[str | Iterator[Piece]]:
    name, children = name_of(node), list(node)
    said = _said(node, _LONGEST_MIXED) if not children or _has_text(node) else ""
    if len(said) > _LONGEST_MIXED and children:
        said = " ".join((node.text or "").split())
    elif said:
        children = []
    facts = ", ".join(f"{key} {value}" for key, value in _attributes(node).items())
    if said or facts:
        yield f"{name}: {said} ({facts})" if said and facts else f"{name}: {said or facts}"
    for _, group in groupby(children, key=lambda child: child.tag):
        alike = list(group)
        records = [_record(each) for each in alike]
        keys = common_keys(records)
        if keys and not any((each.tail or "").strip() for each in alike):
            rows = [(0, keys), *((n, [r.get(key, "") for key in keys]) for n, r in enumerate(records, 1))]
            yield table_pieces(rows, lambda first, last: Place(), name_of(alike[0]))
            continue
        for each in alike:
            if name_of(each):
                yield from _facts(each)
            if tail := " ".join((each.tail or "").split()):
                yield tail


def _record(node: Any) -> dict[str, str]:
    """An element as keys and values; {} where it is no flat record."""
    record = _attributes(node)
    for child in node:
        name = name_of(child)
        if not name or name in record or _attributes(child) or (len(child) and not _has_text(child)):
            return {}
        record[name] = _said(child)
    if said := " ".join((node.text or "").split()):
        record[name_of(node)] = said
    return {} if any((child.tail or "").strip() for child in node) else record


def _attributes(node: Any) -> dict[str, str]:
    """What its attributes say, without those of namespaces, which say how it is to be read."""
    return {
        key: " ".join(value.split())
        for key, value in node.attrib.items()
        if not key.startswith("{") and value.strip() and len(value) <= _LONGEST_VALUE
    }


# --- Feeds -----------------------------------------------------------------------------------------------------


def _feed(root: Any, entries: list[Any]) -> Iterator[Piece]:
    title = next((_said(node) for node in root.iter() if name_of(node) == "title"), "")
    headings = Headings()
    if title:
        yield Piece("text", title)
        headings.enter(0, title)
    for entry in entries:
        facts = {name_of(node): _written(node) for node in entry if name_of(node)}
        name = " ".join(facts.get("title", "").split())
        date = next((facts[key] for key in ("pubDate", "published", "updated", "date") if facts.get(key)), "")
        above = headings.enter(1, name or "entry")
        yield Piece("text", "\n".join(line for line in (name, date) if line), Place(), above)
        body = next((facts[key] for key in ("encoded", "content", "description", "summary") if facts.get(key)), "")
        yield from html_pieces(body, headings=headings)


def _written(node: Any) -> str:
    """The text of an element of a feed, which may be HTML as text or as elements."""
    from lxml import etree

    return (node.text or "").strip() or "".join(etree.tostring(child, encoding="unicode") for child in node)
