"""A run as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.evaluation.metrics import METRICS

BY_KIND = ("file first", "contains", "declined", "cited right")


def of_kind(found: dict[str, Any]) -> list[str]:
    """The figures of one kind of questions, in the order of BY_KIND."""
    metrics = found["metrics"]
    declined = "declined unanswerable" if "declined unanswerable" in metrics else "declined answerable"
    names = ("recall@1", "contains", declined, "citation precision")
    return [number(metrics.get(name, {}).get("mean")) for name in names]


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
        if metric.name in differences:
            line += _told(differences[metric.name])
        yield line
    if run["kinds"]:
        yield f"\n{'By kind':<42}{'n':>5}" + "".join(f"{label:>12}" for label in BY_KIND)
    for kind, found in run["kinds"].items():
        yield f"  {kind:<40}{found['questions']:>5}" + "".join(f"{each:>12}" for each in of_kind(found))
    yield f"\n{'Seconds':<46}{'p50':>7}  {'p95':<18}{'n':>5}"
    for stage, spent in run["seconds_by_stage"].items():
        line = f"  {stage:<44}{spent['p50']:>7.3f}  {spent['p95']:<18.3f}{spent['count']:>5}"
        if f"seconds {stage}" in differences:
            line += _told(differences[f"seconds {stage}"])
        yield line
    yield f"\nPeak memory of the process: {run['peak_bytes'] / 1e9:.2f} GB"


def _told(difference: dict[str, Any]) -> str:
    around = span(difference["low"], difference["high"], sign=True)
    return f"   {number(difference['mean'], sign=True):>7} {around:<18} {verdict(difference)}"
