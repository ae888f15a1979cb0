"""Why this answer: what happened on the way to it, behind a line that opens. Trace → HTML, pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.ui.escaping import escape, file_name
from app.ui.kinds import NAMES
from indexes.records import Hit, Segment, Source
from pipelines.tracing import Cut, Trace

INDEXES = {"text": "meaning", "keywords": "words", "image": "picture", "rare": "rare words"}
_FIRST = 10  # hits of each index, and results of fusion, that are shown
_CUTS = 20  # what was left out, of which so much is shown

Named = Mapping[int, tuple[str, str]]
"""Segment id → the path of its file and the label of its place."""

NOT_KEPT = (
    '<details class="fs-why"><summary>Why this answer</summary><p>How an answer came about is shown as long as the page'
    " stays open; it is not kept with the conversation.</p></details>"
)


def mentioned(trace: Trace) -> set[int]:
    """The segments that `explanation` needs the names of."""
    found = {hit.segment_id for hits in trace.hits.values() for hit in hits[:_FIRST]}
    return found | {id for id, _ in trace.fused[:_FIRST]} | {cut.segment_id for cut in trace.cut[:_CUTS]}


def named(segments: Iterable[Segment], sources: Mapping[str, Source]) -> Named:
    return {
        segment.id: (sources[segment.source_id].path, segment.place.label())
        for segment in segments
        if segment.id is not None and segment.source_id in sources
    }


def explanation(trace: Trace, question: str, names: Named) -> str:
    """A disclosure, closed at first: question, intent, hits, fusion, what was cut, relevance, seconds, prompt."""
    sections = (
        ("Looked up", _asked(trace, question)),
        ("Taken for", _taken_for(trace)),
        ("Found", _hits(trace, names)),
        ("Enough to answer?", _list([_relevance(*trace.relevance)] if trace.relevance else [])),
        ("Then", _list(f"<strong>{escape(step.stage)}</strong> {escape(step.text)}" for step in trace.steps)),
        ("Left out", _cuts(trace.cut, names)),
        ("Seconds", _seconds(trace.seconds)),
        ("What the chat model read", _prompt(trace.prompt)),
    )
    shown = "".join(f"<section><h4>{heading}</h4>{body}</section>" for heading, body in sections if body)
    return f'<details class="fs-why"><summary>Why this answer</summary>{shown}</details>' if shown else ""


def _asked(trace: Trace, question: str) -> str:
    lines = [trace.asked] if trace.asked and trace.asked != question else []
    return _list(map(escape, [*lines, *(f"only: {each}" for each in trace.filters)]))


def _taken_for(trace: Trace) -> str:
    """The intent, how surely it was recognised, and the sides of a comparison."""
    if not trace.intent:
        return ""
    name = NAMES.get(trace.intent, "no question")
    sure = f'{name} <span class="fs-dim">({trace.sure:.0%} sure)</span>'
    return _list([sure, *(f"side: {escape(part)}" for part in trace.parts)])


def _hits(trace: Trace, names: Named) -> str:
    """One line for each segment: its rank and score in each index, and after fusion; the best first."""
    columns: dict[str, dict[int, str]] = {
        INDEXES.get(index, index): {hit.segment_id: _hit(hit) for hit in hits[:_FIRST]}
        for index, hits in trace.hits.items()
        if hits
    }
    if trace.fused:
        first = enumerate(trace.fused[:_FIRST], start=1)
        columns["together"] = {id: f"{rank}<small>{_number(score)}</small>" for rank, (id, score) in first}
    order = [id for id, _ in trace.fused[:_FIRST]]
    best: dict[int, int] = {}
    for hits in trace.hits.values():
        for hit in hits[:_FIRST]:
            best[hit.segment_id] = min(hit.rank, best.get(hit.segment_id, hit.rank))
    order += sorted(best.keys() - set(order), key=lambda id: (best[id], id))
    if not order:
        return ""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("passage", *columns))
    rows = "".join(
        f'<tr><th scope="row">{_name(id, names)}</th>'
        + "".join(f"<td>{cells.get(id, '–')}</td>" for cells in columns.values())
        + "</tr>"
        for id in order
    )
    return (
        '<div class="fs-why-table" tabindex="0" role="group" aria-label="Hits: rank and score in each index">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _hit(hit: Hit) -> str:
    return f"{hit.rank}<small>{_number(hit.score)}</small>"


def _relevance(sure: float, enough: float) -> str:
    return f"{sure:.0%} sure that what was found answers it; {enough:.0%} would be enough"


def _cuts(cuts: Sequence[Cut], names: Named) -> str:
    lines = [
        f'{_name(cut.segment_id, names)}: {escape(cut.reason)} <span class="fs-dim">({escape(cut.stage)})</span>'
        for cut in cuts[:_CUTS]
    ]
    if len(cuts) > _CUTS:
        lines.append(f"and {len(cuts) - _CUTS:,} more")
    return _list(lines)


def _seconds(seconds: Mapping[str, float]) -> str:
    longest = max(seconds.values(), default=0.0) or 1.0
    rows = "".join(
        f'<dt>{escape(stage)}</dt><dd><span class="fs-time" aria-hidden="true">'
        f'<span style="width:{100 * value / longest:.1f}%"></span></span>{value:.2f} s</dd>'
        for stage, value in seconds.items()
    )
    return f'<dl class="fs-seconds">{rows}</dl>' if rows else ""


def _prompt(prompt: str) -> str:
    return f'<pre tabindex="0" aria-label="The exact prompt" dir="auto">{escape(prompt)}</pre>' if prompt else ""


def _name(id: int, names: Named) -> str:
    if id not in names:
        return f"passage {id}"
    path, place = names[id]
    return f'{file_name(path)} <span class="fs-dim">{escape(place)}</span>' if place else file_name(path)


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
