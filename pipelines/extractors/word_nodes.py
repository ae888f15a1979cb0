"""Small questions about the nodes of a Word document, for the walk in `word.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.extractors.ooxml import W, children, is_on, number, value
from pipelines.extractors.spans import Cell

DELETED = (f"{W}del", f"{W}moveFrom")
_WRAPPERS = tuple(f"{W}{name}" for name in "sdt sdtContent customXml ins moveTo".split())


def within(node: Any, tag: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls and tracked insertions."""
    for child in children(node):
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from within(child, tag)


def skipped(row: Any) -> list[Cell]:
    """An empty cell for the columns that a row leaves out at its beginning."""
    before = number(value(row, "trPr/gridBefore"))
    return [("", before, False)] if before > 0 else []


def holds_more(cell: Any) -> bool:
    """Whether a cell holds more than a value: a table, or several paragraphs."""
    return cell.find(f".//{W}tbl") is not None or len(cell.findall(f"{W}p")) > 2


def goes_on(paragraph: Any) -> bool:
    """Whether it is one with the next paragraph: its end is deleted, or it is the large first letter of a text."""
    frame = paragraph.find(f"{W}pPr/{W}framePr")
    deleted = any(paragraph.find(f"{W}pPr/{W}rPr/{name}") is not None for name in DELETED)
    return deleted or (frame is not None and frame.get(f"{W}dropCap") in ("drop", "margin"))


def only_prompts(node: Any) -> bool:
    """Whether it is a content control that was not filled in: 'Click here to enter text'."""
    return node.tag == f"{W}sdt" and is_on(node, f"{W}sdtPr/{W}showingPlcHdr")


def open_or_close(fields: list[bool], mark: str | None) -> None:
    if mark == "begin":
        fields.append(True)
    elif fields and mark == "separate":
        fields[-1] = False
    elif fields:
        fields.pop()


def form_field(mark: Any) -> str:
    """What is seen of a field of an old form: a box, ticked or not, or the chosen entry of a list."""
    box, choice = mark.find(f"{W}ffData/{W}checkBox"), mark.find(f"{W}ffData/{W}ddList")
    if box is not None:
        ticked = is_on(box, f"{W}checked" if box.find(f"{W}checked") is not None else f"{W}default")
        return "☒ " if ticked else "☐ "
    entries = [] if choice is None else [entry.get(f"{W}val", "") for entry in choice.iter(f"{W}listEntry")]
    return "".join(entries[number(value(choice, "result")) :][:1])


def paragraph_id(node: Any) -> str:
    return next(iter(node.xpath("@*[local-name()='paraId']")), "")
