"""A run as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.evaluation.metrics import METRICS, STAGES

_OF_GROUPS = {  # the columns of groups of questions, and what they hold
    "points": "points",
    "whole": "whole",
    "contains": "contains",
    "refused": "declined answerable",
    "declined": "declined unanswerable",
    "right file": "right file",
    "cited right": "citation precision",
    "wrong": "wrong",
    "found first": "recall@1",
    "needed@10": "needed@10",
}
_SECONDS_OF_GROUPS = {"s to cited": "first_cited", "s to word": "first_token", "s to end": "total"}


def groups(run: dict[str, Any]) -> Iterator[tuple[str, list[list[str]]]]:
    """By kind and by language, as far as the set names them: a heading and rows of cells, of which the first names the
    columns and the last is over all questions. Seconds are median / 95th percentile."""
    for heading, found in (("By kind", run["kinds"]), ("By language", run["languages"])):
        if found:
            every = _cells(run)
            rows = [(name, _cells(each)) for name, each in found.items()]
            shown = [[name, *(cells.get(column, "–") for column in every)] for name, cells in (*rows, ("all", every))]
            yield heading, [["", *every], *shown]


def _cells(found: dict[str, Any]) -> dict[str, str]:
    metrics, seconds = found["metrics"], found["seconds_by_stage"]
    cells = {"n": str(found["questions"])}
    cells |= {column: number(metrics[name]["mean"]) for column, name in _OF_GROUPS.items() if name in metrics}
    if found["words"]:
        cells["words"] = f"{found['words']['p50']:.0f}"
    for column, stage in _SECONDS_OF_GROUPS.items():
        if stage in seconds:
            cells[column] = f"{seconds[stage]['p50']:.1f} / {seconds[stage]['p95']:.1f}"
    return cells


def spreads(run: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], int]]:
    """Words and seconds: what differences call it, its label, its spread, and the digits it is worth."""
    if run["words"]:
        yield "words", "words of an answer", run["words"], 0
    for stage, spent in run["seconds_by_stage"].items():
        yield f"seconds {stage}", f"seconds {STAGES.get(stage, stage)}", spent, 3


def table(run: dict[str, Any]) -> str:
    """All figures of a run, readable: means with intervals, the difference to another run, seconds, memory."""
    return "\n".join(_lines(run))


def number(value: float | None, sign: bool = False) -> str:
    """Three digits behind the point, as in '.873', '1.000', '+.020'."""
    if value is None:
        return "–"
    text = f"{value:{'+' if sign else ''}.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.9995 else text


def verdict(difference: dict[str, Any]) -> str:
    """What a difference means, in words."""
    if difference["noise"]:
        return "within noise"
    if difference["better"] is None:
        return "more" if difference["mean"] > 0 else "fewer"
    return "better" if difference["better"] else "worse"


def span(low: float | None, high: float | None, sign: bool = False) -> str:
    return "" if low is None else f"[{number(low, sign)} … {number(high, sign)}]"


def header(run: dict[str, Any]) -> list[str]:
    """What was run, in sentences."""
    said = [f"{run['questions']} questions of {run['set']} in {run['seconds']:.0f} s; k = {run['k']}."]
    if run["stopped"]:
        said.append(f"Stopped before the end: {run['stopped']}. The figures are those of what was measured.")
    if "against" in run:
        said.append(f"Compared with {run['against']['run']}: {run['against']['pairs']} questions in both.")
    return said


def _lines(run: dict[str, Any]) -> Iterator[str]:
    yield from header(run)
    differences = run.get("against", {}).get("differences", {})
    group = ""
    for metric in METRICS:
        found = run["metrics"].get(metric.name)
        if found is None:
            continue
        if metric.group != group:
            group = metric.group
            yield f"\n{group:<46}{'mean':>7}  {'95 % interval':<18}{'n':>5}"
        line = f"  {metric.label:<44}{number(found['mean']):>7}  {span(found['low'], found['high']):<18}"
        line += f"{found['count']:>5}"
        yield line + (_told(differences[metric.name]) if metric.name in differences else "")
    for heading, rows in groups(run):
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield f"\n{heading}"
        for name, *cells in rows:
            yield f"  {name:<{widths[0]}}" + "".join(f"  {c:>{w}}" for c, w in zip(cells, widths[1:], strict=True))
    yield f"\n{'Words and seconds':<46}{'p50':>7}  {'p95':<18}{'n':>5}"
    for name, label, found, digits in spreads(run):
        line = f"  {label:<44}{found['p50']:>7.{digits}f}  {found['p95']:<18.{digits}f}{found['count']:>5}"
        yield line + (_told(differences[name]) if name in differences else "")
    yield f"\nPeak memory of the process: {run['peak_bytes'] / 1e9:.2f} GB"


def _told(difference: dict[str, Any]) -> str:
    around = span(difference["low"], difference["high"], sign=True)
    return f"   {number(difference['mean'], sign=True):>7} {around:<18} {verdict(difference)}"
