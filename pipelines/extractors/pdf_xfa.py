"""Forms of Adobe LiveCycle (XFA) inside a PDF: what they ask and what was filled in, from their XML.

The pages of a dynamic one only say 'Please wait …': programs that know XFA draw the form instead. XFA 3.3 (Adobe,
2012): the packet `template` holds captions and fields, `datasets` what was filled in.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pipelines.extractors.archives import parse_xml
from pipelines.extractors.pdf_attachments import MOST_ANNOTATIONS

_MOST_PACKETS = 50
_LONGEST_PACKET = 20_000_000
"""Bytes."""
_MOST_FIELDS = 20_000
_CONTAINERS = frozenset(("subform", "subformSet", "area", "exclGroup", "template", "pageSet", "pageArea"))


def is_dynamic(document: Any) -> bool:
    """Whether the pages of a PDF stand for a form that is only drawn from its XML: it says so, or has no fields on
    them. The caller holds PDFIUM_LOCK."""
    import pypdfium2 as pdfium  # type: ignore[import-untyped]
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    sort = document.get_formtype()
    if sort != raw.FORMTYPE_XFA_FOREGROUND:
        return bool(sort == raw.FORMTYPE_XFA_FULL)
    for page in range(min(len(document), _MOST_PACKETS)):
        try:
            own = document[page]
        except pdfium.PdfiumError:
            continue
        try:
            for index in range(min(raw.FPDFPage_GetAnnotCount(own.raw), MOST_ANNOTATIONS)):
                annotation = raw.FPDFPage_GetAnnot(own.raw, index)
                widget = raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET
                raw.FPDFPage_CloseAnnot(annotation)
                if widget:
                    return False
        finally:
            own.close()
    return True


def lines_of(document: Any) -> list[str]:
    """The texts of a form in their order, each field as 'caption: value'; none where its XML cannot be read. The caller
    holds PDFIUM_LOCK."""
    roots = [root for data in _packets(document) if (root := _parsed(data)) is not None]
    values = _Values(roots)
    told = (line for root in roots for template in _outermost(root, "template") for line in _told(template, (), values))
    lines = list(islice(told, _MOST_FIELDS))
    return [*lines, *values.left()[: _MOST_FIELDS - len(lines)]]


def _packets(document: Any) -> Iterator[bytes]:
    import pypdfium2.raw as raw

    length = ctypes.c_ulong()
    for n in range(min(raw.FPDF_GetXFAPacketCount(document.raw), _MOST_PACKETS)):
        if not raw.FPDF_GetXFAPacketContent(document.raw, n, None, 0, length) or length.value > _LONGEST_PACKET:
            continue
        buffer = ctypes.create_string_buffer(length.value)
        if raw.FPDF_GetXFAPacketContent(document.raw, n, buffer, length.value, length):
            yield buffer.raw[: length.value]


def _parsed(data: bytes) -> Any:
    try:
        return parse_xml(data.strip(b"\0 \r\n\t"), recover=True)
    except (SyntaxError, ValueError):
        return None  # the beginning and end of the whole, which are packets of their own


class _Values:
    """What was filled in, by the names that lead to it; each is told once."""

    def __init__(self, roots: list[Any]) -> None:
        self.by_name: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for root in roots:
            for data in _outermost(root, "data"):
                self._add(data, ())

    def _add(self, node: Any, above: tuple[str, ...]) -> None:
        waiting = [(child, above) for child in reversed(list(node.iterchildren("*")))]
        while waiting:
            child, names = waiting.pop()
            path = (*names, _name(child))
            inner = list(child.iterchildren("*"))
            if inner and _namespace(inner[0]) != "http://www.w3.org/1999/xhtml":
                waiting += [(each, path) for each in reversed(inner)]
            elif text := _text(child):
                self.by_name[path[-1]].append((path, text))

    def take(self, path: tuple[str, ...]) -> str:
        """The first value of the field's name that shares most of the names that lead to it; '' if there is none."""
        found = self.by_name.get(path[-1] if path else "")
        if not found:
            return ""
        at = max(range(min(len(found), 200)), key=lambda n: len(set(found[n][0]) & set(path)))
        return found.pop(at)[1]

    def left(self) -> list[str]:
        return [f"{name}: {text}" for name, found in self.by_name.items() for _, text in found]


def _told(node: Any, path: tuple[str, ...], values: _Values) -> Iterator[str]:
    """Texts and fields below a node of a template, in its order."""
    waiting = [(node, path)]
    while waiting:
        node, path = waiting.pop()
        sort = _name(node)
        name = node.get("name")
        own = (*path, name) if name else path
        if node.get("presence") in ("hidden", "inactive"):
            continue
        if sort == "draw":
            if text := _value(node):
                yield text
        elif sort == "field":
            yield from _field(node, own, values)
        elif sort in _CONTAINERS:
            if caption := _caption(node):
                yield caption
            waiting += [(child, own) for child in reversed(list(node.iterchildren("*")))]


def _field(node: Any, path: tuple[str, ...], values: _Values) -> Iterator[str]:
    caption = _caption(node) or next((text for each in _all(node, "toolTip") if (text := _text(each))), "")
    ui = next((_name(each) for part in node.iterchildren("{*}ui") for each in part.iterchildren("*")), "")
    if ui in ("button", "signature", "barcode"):
        return
    reference = next((each.get("ref") or "" for each in node.iterchildren("{*}bind")), "")
    bound = tuple(part.split("[")[0].strip("$") for part in reference.split(".") if part.strip("$"))
    value = values.take(bound or path) or _value(node)
    lists = [[_text(item) for item in each.iterchildren("*")] for each in node.iterchildren("{*}items")]
    label = caption or (path[-1] if path else "")
    if ui == "checkButton":
        on = lists[0][0] if lists and lists[0] else "1"
        yield f"{'☒' if value == on else '☐'} {label}".strip()
    elif value:
        if len(lists) == 2 and value in lists[1]:  # what is shown, then what is stored for it
            value = lists[0][min(lists[1].index(value), len(lists[0]) - 1)] if lists[0] else value
        yield f"{label.rstrip(' :：')}: {value}" if label else value
    elif caption:
        yield caption


def _caption(node: Any) -> str:
    return next((_value(each) for each in node.iterchildren("{*}caption")), "")


def _value(node: Any) -> str:
    return next((_text(each) for each in node.iterchildren("{*}value")), "")


def _text(node: Any) -> str:
    return " ".join(" ".join(node.itertext()).split())


def _outermost(root: Any, name: str) -> Iterator[Any]:
    """The elements of a name that stand in no other of it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if _name(node) == name:
            yield node
        else:
            waiting += reversed(list(node.iterchildren("*")))


def _all(node: Any, name: str) -> Iterator[Any]:
    yield from node.iter(f"{{*}}{name}")


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _namespace(node: Any) -> str:
    return str(node.tag)[1:].partition("}")[0]
