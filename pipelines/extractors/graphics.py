"""What is shown in Word and PowerPoint files and stands in a part of its own: pictures, charts, diagrams, workbooks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from indexes.records import Place
from pipelines.errors import in_short
from pipelines.extractors.archives import picture_inside
from pipelines.extractors.charts import chart_pieces
from pipelines.extractors.ooxml import BLIP, DEEPEST, DGM, DIAGRAM, IMAGE, SHOWN, A, P, Part, R, inline, number
from pipelines.extractors.sheets import workbook_pieces
from pipelines.records import Piece

_OBJECTS = ("{urn:schemas-microsoft-com:office:office}OLEObject", f"{P}oleObj")
GRAPHICS = SHOWN | dict.fromkeys(_OBJECTS, f"{R}id")
"""Elements that show another part or have one behind them, and which of their attributes names it."""


def graphic_pieces(node: Any, part: Part, place: Place, heading: str, seen: set[str]) -> Iterator[Piece]:
    """What a node of `GRAPHICS` shows. Each part once: a logo on every page is one picture, and nothing can circle.

    What cannot be read costs itself, whatever is wrong with it, and is lost.
    """
    identifier = node.get(GRAPHICS[node.tag])
    target = part.at(identifier)
    if target is None or target.member in seen:
        _, missing = part.relations.get(identifier or "", ("", ""))
        if missing and target is None and not missing.endswith("NULL"):  # which Word writes for what it never had
            part.package.lose(missing, "missing")
        return
    seen.add(target.member)
    try:
        found = list(_pieces(node, target, place, heading))
    except MemoryError:
        raise
    except Exception as error:
        target.lose(in_short(error, target.name))
        return
    yield from found
    if node.tag == DIAGRAM and target.root is not None:
        for picture in target.root.iter(BLIP):
            yield from graphic_pieces(picture, target, place, heading, seen)


def _pieces(node: Any, target: Part, place: Place, heading: str) -> Iterator[Piece]:
    if node.tag in (BLIP, IMAGE):
        yield from picture_inside(target.data, target.name, place, heading, _described(node))
    elif node.tag in _OBJECTS:
        yield from _workbook(target, place, heading)
    elif target.root is None:
        target.lose("missing or empty")  # unless it is known to be damaged
    elif node.tag == DIAGRAM:
        yield from _diagram(target.root, place, heading)
    else:
        found = list(chart_pieces(target.root, place, heading))
        yield from found
        series = next(target.root.iter("{*}ser", "{*}series"), None)
        if series is not None and not any(piece.kind == "table" for piece in found):  # stored without its values
            for workbook in target.all("package"):
                yield from _workbook(workbook, place, heading)


def _workbook(part: Part, place: Place, heading: str) -> Iterator[Piece]:
    """The sheets of a workbook that was put into a text: what is drawn for it is seldom a picture that can be read."""
    data = part.data
    if not data.startswith(b"PK") or b"xl/workbook" not in data:
        part.lose("put into it, of a kind that is not read there")
        return
    for piece in workbook_pieces(io.BytesIO(data), part.name, part.package.budget):
        yield replace(piece, place=place, heading=" › ".join(filter(None, (heading, piece.heading))))


def _described(node: Any) -> str:
    """What a person wrote about a picture (its alternative text), in its own shape or in the drawing around it."""
    shape = "ancestor::*[local-name()='pic' or local-name()='sp' or local-name()='wsp'][1]"
    drawing = "ancestor::*[local-name()='drawing' or local-name()='pict' or local-name()='object'][1]"
    own = node.xpath(f"{shape}/*[local-name()='cNvPr']/@descr | {shape}/*/*[local-name()='cNvPr']/@descr | ../@alt")
    around = node.xpath(f"{drawing}/*[local-name()='docPr']/@descr | {drawing}/*/*[local-name()='docPr']/@descr")
    return next((text for text in (*own, *around) if text.strip()), "")


def _diagram(root: Any, place: Place, heading: str) -> Iterator[Piece]:
    """The texts of a diagram (SmartArt), each below the one that it belongs to."""
    texts: dict[str, str] = {}
    below: dict[str, list[tuple[int, str]]] = {}
    for point in root.iter(f"{DGM}pt"):
        lines = (inline(paragraph) for paragraph in point.iter(f"{A}p"))
        texts[point.get("modelId", "")] = " ".join(" ".join(lines).split()) if point.get("type") != "pres" else ""
    for link in root.iter(f"{DGM}cxn"):
        if link.get("type", "parOf") == "parOf":
            below.setdefault(link.get("srcId"), []).append((number(link.get("srcOrd")), link.get("destId", "")))
    lower = {name for each in below.values() for _, name in each}
    told = []
    waiting = [(0, name) for name in sorted(texts, key=lambda name: name in lower)[::-1]]
    while waiting:
        depth, name = waiting.pop()
        if name in texts:  # each once, also in a circle
            text = texts.pop(name)
            if text:
                told.append(f"{'– ' * min(depth, DEEPEST) or '• '}{text}")
            waiting += [(depth + bool(text), each) for _, each in sorted(below.get(name, ()), reverse=True)]
    if told:
        yield Piece("text", "\n".join(told), place, heading)
