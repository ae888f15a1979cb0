"""What the header, the Library tab and the Settings tab look like: records → HTML. Pure functions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from app.schemas import coverage
from app.ui.escaping import escape, file_name
from app.ui.player import is_recording, recording
from indexes.records import FileRecord, Segment, Source, clock
from pipelines.models.choices import EXAMPLES
from pipelines.reading.ignoring import summary

if TYPE_CHECKING:
    from app.jobs import Job
    from pipelines.models.shelf import ModelInfo

LEAF = 50  # lines of the table that are shown at once
_READ = 60_000  # characters of a source that are shown
_RECENT = 6  # finished files shown while others are being read

_ROLES = {
    "text": "Finds passages by meaning",
    "image": "Finds pictures by what they show",
    "ocr": "Reads text in pictures and scans",
    "speech": "Writes down what is said",
    "closer_speech": "Hears long recordings again, more closely",
    "chat": "Writes the answers",
    "rerank": "Looks at the best passages once more",
    "entailment": "Checks whether sources bear an answer out",
    "cross_encoder": "Reads questions together with what tables may answer",
}


def status_line(statuses: Mapping[str, int], jobs: Sequence[Job], growing: Sequence[str] = ()) -> str:
    """How much of what was seen is in the library, what is being read now, and how far vectors of another model are."""
    line = coverage(statuses)
    if jobs and jobs[0].work != "growing":
        job = jobs[0]
        current = f" {PurePath(job.current).name}" if job.current else ""
        of = f" ({len(job.finished_files):,} of {job.total:,})" if job.total else ""
        reached = f", {job.note}" if job.note else ""
        line = f"{line} · reading{current}{reached}{of}"
    line = " · ".join([line, *growing])
    live = " fs-live" if jobs else ""
    return f'<p class="fs-status{live}" role="status">{escape(line)}</p>'


def progress(jobs: Sequence[Job], last: Job | None) -> str:
    """The job that runs with its files, those that wait, or how the last one ended."""
    if not jobs:
        return f'<div class="fs-job">{_ended(last)}</div>' if last is not None else ""
    job, waiting = jobs[0], len(jobs) - 1
    if job.work == "growing":
        return f'<div class="fs-job" role="status"><p><span class="fs-dots"></span>Making {escape(job.note)}</p></div>'
    reached = job.note or job.place
    place = f", {reached}" if reached else ""
    current = f"{file_name(job.current)}{escape(place)}" if job.current else "looking for files"
    bar = f"<progress{f' max={job.total} value={len(job.finished_files)}' if job.total else ''}></progress>"
    count = f"{len(job.finished_files):,} of {job.total:,}" if job.total else ""
    count += f", {clock(job.left)} left" if job.left is not None else ""
    recent = "".join(_finished(record) for record in list(job.records)[: -_RECENT - 1 : -1])
    more = f'<p class="fs-foot">{waiting} more waiting</p>' if waiting else ""
    stopping = " · stopping" if job.stopping.is_set() else ""
    return (
        f'<div class="fs-job" role="status"><p><span class="fs-dots"></span>Reading {current}'
        f'<span class="fs-foot"> {count}{stopping}</span></p>{bar}<ul>{recent}</ul>{more}</div>'
    )


def _finished(record: FileRecord) -> str:
    reason = f' <span class="fs-reason">{escape(record.reason)}</span>' if record.reason else ""
    return f"<li>{badge(record.status)} {file_name(record.path)}{reason}</li>"


def _ended(job: Job) -> str:
    if job.state == "failed":
        return f'<p class="fs-error" role="alert">{escape(job.error)}</p>'
    counts: dict[str, int] = {}
    for record in job.records:
        counts[record.status] = counts.get(record.status, 0) + 1
    said = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items())) or "nothing to do"
    if job.ignored:
        said += f"; ignored: {summary(job.ignored)}"
    lead = "Stopped" if job.state == "stopped" else "Finished"
    bad = "".join(_finished(r) for r in job.records if r.status in ("partial", "failed", "skipped"))
    failed = f"<ul>{bad}</ul>" if len(counts) and len(job.finished_files) <= LEAF else ""
    return f'<p role="status">{lead} after {job.seconds:.0f} s: {escape(said)}.</p>{failed}'


def badge(status: str) -> str:
    return f'<span class="fs-badge fs-{escape(status)}">{escape(status)}</span>'


def sources_table(files: Sequence[FileRecord], leaf: int, total: int) -> str:
    """One leaf of the ledger; `leaf` counts from 0, `files` is what passed the filter, `total` all there are."""
    if not files:
        text = "No file matches." if total else "No files yet. Add a folder or upload files above."
        return f'<p class="fs-empty">{text}</p>'
    leaves = (len(files) - 1) // LEAF
    leaf = min(leaf, leaves)
    rows = "".join(map(_source_row, files[leaf * LEAF : (leaf + 1) * LEAF]))
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("File", "Kind", "Passages", "Status", "Read"))
    first, last = leaf * LEAF + 1, min(len(files), (leaf + 1) * LEAF)
    return (
        f'<table class="fs-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f'<nav class="fs-pager" aria-label="Pages of the table">{_turn(leaf - 1, "Earlier", leaf > 0)}'
        f"<span>{first:,}–{last:,} of {len(files):,}</span>{_turn(leaf + 1, 'Later', leaf < leaves)}</nav>"
        '<p class="fs-foot"><a href="/api/ledger.csv" download>All files as CSV</a>,'
        ' <a href="/api/status">as JSON</a></p>'
    )


def _turn(leaf: int, label: str, possible: bool) -> str:
    return f'<button type="button" data-leaf="{leaf}"{"" if possible else " disabled"}>{label}</button>'


def _source_row(file: FileRecord) -> str:
    reason = f'<div class="fs-reason">{escape(file.reason)}</div>' if file.reason else ""
    when = time.strftime("%d %b %Y, %H:%M", time.localtime(file.updated)) if file.updated else ""
    kind = "picture" if file.modality == "image" else file.modality or PurePath(file.path).suffix.lstrip(".").lower()
    return (
        f'<tr><td><button type="button" class="fs-link" data-open="{escape(file.path)}">{file_name(file.path)}</button>'
        f'<div class="fs-folder"><bdi>{escape(PurePath(file.path).parent)}</bdi></div></td>'
        f'<td>{escape(kind)}</td><td class="fs-count">{file.segments:,}</td>'
        f'<td>{badge(file.status)}{reason}</td><td class="fs-when">{when}</td></tr>'
    )


def source_detail(file: FileRecord, source: Source | None, segments: Sequence[Segment]) -> str:
    """One file of the ledger and what was read in it; a recording with its player."""
    link = ""
    if file.source_id:
        address = f"/api/media/{escape(file.source_id)}"
        link = f'<a class="fs-open" href="{address}" target="_blank" rel="noopener">Open file</a>'
    reason = f'<p class="fs-reason">{escape(file.reason)}</p>' if file.reason else ""
    size = f" · {file.bytes / 1e6:.1f} MB" if file.bytes >= 100_000 else f" · {file.bytes / 1e3:.1f} kB"
    if source is not None and is_recording(source):
        read = recording(source)
    else:
        read = f'<div class="fs-passages" tabindex="0">{_passages(segments)}</div>'
    return (
        f'<article class="fs-source"><header><span class="fs-name">{file_name(file.path)}</span>{link}</header>'
        f'<p class="fs-folder"><bdi>{escape(file.path)}</bdi>{size}</p><p>{badge(file.status)} '
        f"{file.segments:,} passages</p>{reason}{read}</article>"
    )


def _passages(segments: Sequence[Segment]) -> str:
    passages, left = "", _READ
    for segment in segments:
        place = segment.place.label()
        head = " · ".join(part for part in (place, segment.heading) if part)
        passages += f'<h4>{escape(head)}</h4><div class="fs-passage" dir="auto">{escape(segment.text)}</div>'
        left -= len(segment.text)
        if left < 0:
            return passages + '<p class="fs-foot">The rest is left out here; `export` writes all of it.</p>'
    return passages


def settings_page(models: Sequence[ModelInfo], library: str, versions: Mapping[str, str], suggestion: str = "") -> str:
    """Which models are in use, which would suit the library better, how to change them, where the library lies, which
    versions run."""
    hint = f'<p class="fs-note" role="note">{escape(suggestion)}</p>' if suggestion else ""
    cards = "".join(map(_model_card, models))
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(version)}</dd>" for name, version in versions.items())
    return (
        f'<div class="fs-settings"><h2>Models</h2>{hint}<div class="fs-cards">{cards}</div>'
        "<h2>To use another model</h2><p>Start with a setting in front, for example"
        ' <code>FOLIOSCOPE_CHAT=gguf:/models/other.gguf make run</code>, or write <code>chat = "gguf:…"</code> into'
        " <code>folioscope.toml</code> beside the Makefile. After another text or image model, new vectors are made in"
        " the background; until they are complete, the earlier model answers.</p>"
        f"<h2>Library</h2><p><code>{escape(library)}</code></p>"
        f'<h2>Versions</h2><dl class="fs-versions">{rows}</dl></div>'
    )


def _model_card(model: ModelInfo) -> str:
    size = f"{model.bytes / 1e6:,.0f} MB" if model.bytes else ""
    facts = " · ".join(
        escape(fact) for fact in (model.origin, model.licence, size, model.device) if fact not in ("", "-")
    )
    loaded = "off" if model.model == "none" else "loaded" if model.loaded else "loads when needed"
    choices = [choice for choice in EXAMPLES.get(model.role, "").split(", ") if choice]
    others = ", ".join(f"<code>{escape(choice)}</code>" for choice in choices)
    name = f"<code>FOLIOSCOPE_{escape(model.role.upper())}</code>"
    return (
        f'<section class="fs-card"><h3>{escape(_ROLES.get(model.role, model.role))} <span class="fs-foot">'
        f"{escape(model.role)} · {loaded}</span></h3><p><strong>{escape(model.model)}</strong></p>"
        f'<p class="fs-foot">{facts}</p><p class="fs-foot">{name} takes, for example: {others}</p></section>'
    )
