"""A run as one self-contained HTML page: nothing is requested from anywhere, and every text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePath
from typing import Any

from app.evaluation.metrics import METRICS
from app.evaluation.report import groups, header, number, span, spreads, verdict
from indexes.records import Place

_STYLE = Path(__file__).with_name("page.css")
_WIDTH = 190  # of a plot, in pixels
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(run: dict[str, Any]) -> str:
    """The whole document. Needs no script: 'only the wrong ones' is a box that the style sheet looks at."""
    title = escape(f"Evaluation of {PurePath(run['set']).name}, {run['began'].replace('T', ' ')}")
    told = "".join(f"<p>{escape(line)}</p>" for line in header(run))
    models = ", ".join(f"{model['role']}: {model['model']}" for model in run["models"])
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>{_STYLE.read_text(encoding="utf-8")}</style></head>
<body><h1>{title}</h1>{told}
<p class="soft">{escape(models)}</p>
{"".join(_metrics(run))}{"".join(_groups(run))}{"".join(_spreads(run))}{"".join(_questions(run["rows"]))}
</body></html>
"""


def _metrics(run: dict[str, Any]) -> Iterator[str]:
    differences = run.get("against", {}).get("differences", {})
    group = ""
    for metric in METRICS:
        found = run["metrics"].get(metric.name)
        if found is None:
            continue
        if metric.group != group:
            yield "</table></div>" if group else ""
            group = metric.group
            compared = '<th>difference</th><th scope="col"></th>' if differences else ""
            yield f'<h2>{group}</h2><div class="wide"><table><tr><th scope="col">metric</th><th class="n">mean</th>'
            yield f'<th>95 % interval</th><th>0 … 1</th><th class="n">questions</th>{compared}</tr>'
        label = escape(metric.label) + (" ↓" if metric.better < 0 else "")
        yield f'<tr><td>{label}</td><td class="n">{number(found["mean"])}</td>'
        yield f"<td>{span(found['low'], found['high'])}</td><td>{_plot(found, 0.0, 1.0)}</td>"
        yield f'<td class="n">{found["count"]}</td>'
        if differences:
            yield _difference(differences.get(metric.name))
        yield "</tr>"
    yield "</table></div>" if group else ""
    yield '<p class="soft">↓: less is better.</p>'


def _difference(difference: dict[str, Any] | None) -> str:
    if difference is None:
        return "<td></td><td></td>"
    said = verdict(difference)
    tone = {"better": "good", "worse": "bad"}.get(said, "soft")
    around = span(difference["low"], difference["high"], sign=True)
    mean = number(difference["mean"], sign=True)
    return f'<td class="{tone}">{mean} {around} {said}</td><td>{_plot(difference, -0.5, 0.5)}</td>'


def _plot(found: dict[str, Any], first: float, last: float) -> str:
    """The mean as a dot on its interval."""

    def at(value: float) -> float:
        return round(5 + (_WIDTH - 10) * (min(max(value, first), last) - first) / (last - first), 1)

    lines = f'<line class="axis" x1="5" x2="{_WIDTH - 5}" y1="7" y2="7"/>'
    if first < 0:
        lines += f'<line class="axis" x1="{at(0)}" x2="{at(0)}" y1="1" y2="13"/>'
    if found["low"] is not None:
        lines += f'<line class="span" x1="{at(found["low"])}" x2="{at(found["high"])}" y1="7" y2="7"/>'
    dot = f'<circle class="mean" cx="{at(found["mean"])}" cy="7" r="4"/>'
    label = f"{number(found['mean'])} {span(found['low'], found['high'])}"
    return f'<svg viewBox="0 0 {_WIDTH} 14" role="img" aria-label="{label}">{lines}{dot}</svg>'


def _groups(run: dict[str, Any]) -> Iterator[str]:
    for heading, (names, *rows) in groups(run):
        yield f'<h2>{heading}</h2><div class="wide"><table><tr>'
        yield "".join(f'<th class="n">{name}</th>' for name in names) + "</tr>"
        for name, *cells in rows:
            yield f"<tr><td>{escape(name)}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"
        yield "</table></div>"


def _spreads(run: dict[str, Any]) -> Iterator[str]:
    differences = run.get("against", {}).get("differences", {})
    slowest = max((spent["p95"] for spent in run["seconds_by_stage"].values()), default=0.0) or 1.0
    yield '<h2>Words and seconds</h2><div class="wide"><table><tr><th></th><th class="n">p50</th><th class="n">p95</th>'
    yield f'<th>p50 … p95, to {slowest:.1f} s</th><th class="n">questions</th><th></th></tr>'
    for name, label, found, digits in spreads(run):
        plotted = {"mean": found["p50"], "low": found["p50"], "high": found["p95"]}
        yield f'<tr><td>{escape(label)}</td><td class="n">{found["p50"]:.{digits}f}</td>'
        yield f'<td class="n">{found["p95"]:.{digits}f}</td><td>{_plot(plotted, 0.0, slowest) if digits else ""}</td>'
        yield f'<td class="n">{found["count"]}</td>'
        yield f"{_difference(differences.get(name)).split('<td>')[0] or '<td></td>'}</tr>"
    yield f"</table></div><p>Peak memory of the process: {run['peak_bytes'] / 1e9:.2f} GB</p>"


def _questions(rows: list[dict[str, Any]]) -> Iterator[str]:
    wrong = sum(row["right"] is False for row in rows)
    yield '<h2>Questions</h2><input type="checkbox" id="wrong"> '
    yield f'<label for="wrong">only the {wrong} that went wrong</label><ol>'
    for row in rows:
        state = {True: "right", False: "wrong", None: "not judged"}[row["right"]]
        tone = {True: "good", False: "bad", None: "soft"}[row["right"]]
        yield f'<li class="{state.replace(" ", "-")}"><details><summary>{escape(row["question"])}'
        yield f' <span class="{tone}">{state}</span></summary><dl>'
        yield "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in _told(row) if text)
        yield "</dl></details></li>"
    yield "</ol>"


def _told(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "asked before", "<br>".join(map(escape, row.get("history", [])))
    yield "expected", escape("no answer" if row.get("answerable") is False else " / ".join(row["answers"]))
    if row.get("answerable") is not False:
        missing = row.get("missing")
        marks = (("" if missing is None else " ✗" if p in missing else " ✓", p) for p in row.get("key_points", []))
        yield "key points", "<br>".join(escape(point) + mark for mark, point in marks)
    yield "source", escape(", ".join([row["source"]] if isinstance(row.get("source"), str) else row.get("source", [])))
    places = row.get("place", [])
    yield (
        "place",
        escape("; ".join(Place.from_dict(p).label() for p in ([places] if isinstance(places, dict) else places))),
    )
    yield "answer", escape(row.get("answer", "")) + (" <i>(declined)</i>" if row.get("abstained") else "")
    yield "cites", "".join(map(_citation, row.get("citations", [])))
    yield "unsupported", "<br>".join(map(escape, row.get("unsupported", [])))
    found = (f"{_where(hit)}{' ✓' if hit.get('right_source') else ''}" for hit in row.get("hits", [])[:5])
    yield "found", "<br>".join(found)
    yield "note", escape(row.get("note", ""))


def _citation(citation: dict[str, Any]) -> str:
    return f"[{citation['number']}] {_where(citation)}<blockquote>{escape(citation['quote'])}</blockquote>"


def _where(found: dict[str, Any]) -> str:
    place = Place.from_dict(found["place"]).label()
    return escape(PurePath(found["source"]).name + (f", {place}" if place else ""))
