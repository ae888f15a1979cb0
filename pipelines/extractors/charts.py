"""The numbers behind a chart of Word and PowerPoint as a table: categories down, series across.

All kinds of charts hold series of points, so none is a special case: where series share their categories (or the x of
a scatter chart) they share a table. Read are the values stored with the drawing, as the program last showed them.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from indexes.records import Place
from pipelines.extractors.tables import table_pieces, written
from pipelines.records import Piece

_QUOTED = re.compile(r'"[^"]*"|\[[^\[\]]*\]|\\.')
_DATE = re.compile(r"(?<![a-z])(d{1,4}|y{2,4}|mmm+)(?![a-z])", re.IGNORECASE)

Points = dict[int, str]
"""What is shown at each index of a series."""


@dataclass
class _Series:
    name: str
    categories: Points
    values: dict[str, Points]
    """By what follows the name in the head: '' the values themselves, ', size' those of bubbles."""
    labels: Points = field(default_factory=dict)


def chart_pieces(root: Any, place: Place, heading: str) -> Iterator[Piece]:
    """The title with what the values are, then a table for each set of categories."""
    extended = root.find("{*}chartData") is not None
    series = [each for each in (_extended if extended else _series)(root) if any(each.values.values())]
    first, others = _axes(root)
    title = next((_words(found) for found in root.iterfind("{*}chart/{*}title")), "")
    told = [title, f"Values: {', '.join(others)}" if others else ""]
    if any(told):
        yield Piece("text", "\n".join(filter(None, told)), place, heading)
    for n, each in enumerate(series, 1):
        each.name = each.name or (f"Series {n}" if len(series) > 1 else "Value")
    for _, group in groupby(series, key=lambda each: each.categories):
        yield from table_pieces(list(_rows(list(group), first)), lambda first, last: place, heading)


def _rows(group: list[_Series], first: str) -> Iterator[tuple[int, list[str]]]:
    columns = [(each.name + what, points) for each in group for what, points in each.values.items() if points]
    categories, labels = group[0].categories, group[0].labels
    if labels:
        columns.insert(0, ("Label", labels))
    yield 1, [first, *(name for name, _ in columns)]
    for n, at in enumerate(sorted({*categories, *(at for _, points in columns for at in points)}), 2):
        yield n, [categories.get(at, "" if categories else str(at + 1)), *(points.get(at, "") for _, points in columns)]


def _series(root: Any) -> Iterator[_Series]:
    epoch = 1904 if root.find("{*}date1904[@val='1']") is not None else 1900
    for plot in root.iterfind("{*}chart/{*}plotArea/*"):
        for one in plot.iterfind("{*}ser"):
            categories = one.find("{*}cat")
            labels = one.find(".//{*}datalabelsRange")
            yield _Series(
                _words(one.find("{*}tx")),
                _points(one.find("{*}xVal") if categories is None else categories, epoch),
                {
                    "": _points(one.find("{*}yVal") if one.find("{*}val") is None else one.find("{*}val"), epoch),
                    ", size": _points(one.find("{*}bubbleSize"), epoch),
                },
                _points(labels, epoch),
            )


def _extended(root: Any) -> Iterator[_Series]:
    """Charts of the kinds that came in 2016: waterfall, treemap, sunburst, histogram, funnel, map …"""
    held = {data.get("id"): data for data in root.iterfind("{*}chartData/{*}data")}
    for one in root.iterfind(".//{*}series"):
        found = one.find("{*}dataId")
        data = held.get(found.get("val") if found is not None else None)
        if data is not None:
            numbers = {n.get("type", ""): _points(n) for n in data.iterfind("{*}numDim")}
            value = next((name for name in ("val", "y", "size", *numbers) if name in numbers), "")
            values = {"" if name == value else f", {name}": points for name, points in numbers.items()}
            yield _Series(_words(one.find("{*}tx")), _points(data.find("{*}strDim")), values)


def _points(node: Any, epoch: int = 1900) -> Points:
    """By index. Of categories in levels ('2025' above 'Q1' to 'Q4') each has what stands above it before it."""
    if node is None:
        return {}
    levels = list(node.iter("{*}lvl"))
    own, *above = [_level(level, epoch) for level in (levels or [node])]
    for level in above:
        held = ""
        for at in sorted({*own, *level}):
            held = level.get(at) or held
            own[at] = " ".join(filter(None, (held, own.get(at, ""))))
    return own


def _level(node: Any, epoch: int) -> Points:
    form = node.get("formatCode") or next((found.text or "" for found in node.iter("{*}formatCode")), "")
    found = {}
    for point in node.iter("{*}pt"):
        value = point.findtext("{*}v")
        at = point.get("idx", "")
        if at.isdecimal() and len(at) < 10:
            text = " ".join(((point.text if value is None else value) or "").split())
            found[int(at)] = _shown(text, point.get("formatCode") or form, epoch)
    return found


def _shown(text: str, form: str, epoch: int) -> str:
    """A stored value as people read it: 7.5% and not 0.075, a date and not the days since 1900."""
    try:
        value = float(text) if form else None
    except ValueError:
        value = None
    if value is None:
        return text
    form = _QUOTED.sub(" ", form)
    if "%" in form:
        return f"{value * 100:.10g}%"
    if _DATE.search(form) and 0 < value < 2_900_000:
        start = datetime.datetime(1904, 1, 1) if epoch == 1904 else datetime.datetime(1899, 12, 30)
        return written(start + datetime.timedelta(seconds=round(value * 86_400)))
    return written(value)


def _axes(root: Any) -> tuple[str, list[str]]:
    """The title of the axis along which the categories lie, and those of the others."""
    first, others = "", []
    for axis in root.iterfind("{*}chart/{*}plotArea/*"):
        title = _words(axis.find("{*}title"))
        position = axis.find("{*}axPos")
        along = axis.tag.endswith(("}catAx", "}dateAx")) or axis.find("{*}catScaling") is not None
        if axis.tag.endswith("}valAx") and root.find(".//{*}xVal") is not None:
            along = position is not None and position.get("val") in ("b", "t")
        if title and along and not first:
            first = title
        elif title:
            others.append(title)
    return first or ("X" if root.find(".//{*}xVal") is not None else "Category"), others


def _words(node: Any) -> str:
    """The text of a title or a name, typed in or taken from a cell."""
    if node is None:
        return ""
    lines = list(node.iter("{*}p")) or [node]
    told = ["".join(found.text or "" for found in line.iter("{*}t", "{*}v")) for line in lines]
    return " ".join(" ".join(told).split())
