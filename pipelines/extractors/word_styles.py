"""The styles of a Word document: which paragraphs are headings or numbered, which runs are hidden, how notes count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipelines.extractors.numbering import Numbering
from pipelines.extractors.ooxml import DEEPEST, Part, W, is_on, number, value


class Styles:
    def __init__(self, main: Part) -> None:
        self.styles = {
            style.get(f"{W}styleId", ""): style for part in main.all("styles") for style in part.entries("style")
        }
        settings = [root for root in (main.root, main.first("settings")) if root is not None]
        self.note_forms = {kind: _note_form(settings, kind) for kind in ("footnote", "endnote")}
        """In which format they are numbered."""

    def of(self, paragraph: Any, numbering: Numbering) -> tuple[str, int | None]:
        """The number that Word draws before a paragraph, and the level of heading that it is (0 is the title)."""
        properties = paragraph.find(f"{W}pPr")
        style = value(properties, "pStyle")
        listed = "" if properties is None else value(properties, "numPr/numId")
        level = value(properties, "numPr/ilvl")
        if not listed:
            listed, inherited = self._first(style, _list) or ("", "")
            level = level or inherited
        at = number(level) if level else numbering.level_of(listed, style)
        outline = _outline(properties)
        return numbering.label(listed, at), self._first(style, _level) if outline is None else outline

    def hides(self, node: Any) -> bool | None:
        """Whether a run or a paragraph is hidden; None where neither it nor its style says so."""
        if node.tag == f"{W}r" and node.find(f"{W}rPr/{W}vanish") is not None:
            return _vanishes(node)
        return self._first(value(node, "rPr/rStyle") or value(node, "pPr/pStyle"), _vanishes)  # type: ignore[no-any-return]

    def _first(self, style: str, wanted: Callable[[Any], Any]) -> Any:
        """What is wanted of a style or of those that it is based on: the first that is not None."""
        for _ in range(DEEPEST):
            node = self.styles.get(style)
            found = None if node is None else wanted(node)
            if node is None or found is not None:
                return found
            style = value(node, "basedOn")
        return None


def _note_form(settings: list[Any], kind: str) -> str:
    said = (value(node, "numFmt") for root in settings for node in root.iter(f"{W}{kind}Pr"))
    return next(filter(None, said), "decimal" if kind == "footnote" else "lowerRoman")


def _level(style: Any) -> int | None:
    name = value(style, "name").lower()
    if name == "title":
        return 0
    level = number(name.removeprefix("heading "), -1)
    if name.startswith("heading ") and level >= 0:
        return level
    return _outline(style.find(f"{W}pPr"))


def _outline(properties: Any) -> int | None:
    level = number(value(properties, "outlineLvl"), 9)
    return level + 1 if 0 <= level < 9 else None


def _list(style: Any) -> tuple[str, str] | None:
    found = value(style, "pPr/numPr/numId")
    return (found, value(style, "pPr/numPr/ilvl")) if found else None


def _vanishes(node: Any) -> bool | None:
    return is_on(node, f"{W}rPr/{W}vanish") if node.find(f"{W}rPr/{W}vanish") is not None else None
