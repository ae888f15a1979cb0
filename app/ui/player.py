"""What a recording looks like on the page: a player at its second, and the room that its transcript, waveform and
shots are put into. Records → HTML, pure functions; `player.js` fills it from `/api/export/{source}?format=json`.
"""

from __future__ import annotations

from pathlib import PurePath

from app.exporting import MEDIA_TYPES
from app.ui.escaping import escape
from indexes.records import Place, Source, clock
from pipelines.records import Citation, Evidence

_SAID = {"speech": "said", "on-screen text": "on screen", "picture": "picture"}


def is_recording(source: Source) -> bool:
    return source.modality in ("audio", "video")


def moment(evidence: Evidence, key: str) -> str:
    """The player of a piece of evidence, at the second where it begins. `key` tells it from all others of the page."""
    result = evidence.result
    return _player(result.source, result.place, key, _moments(result.place))


def recording(source: Source) -> str:
    """A whole recording: player, shots with their times, transcript to be searched, and what can be downloaded."""
    links = " ".join(
        f'<a href="/api/export/{escape(source.id)}?format={name}" download>{name.upper()}</a>' for name in MEDIA_TYPES
    )
    strip = '<ol class="fs-strip" data-strip tabindex="0" aria-label="Shots" hidden></ol>'
    find = (
        '<div class="fs-find"><input type="search" data-find placeholder="Search what is said and on screen"'
        ' aria-label="Search the transcript"><span class="fs-foot" data-found role="status"></span>'
        f'<span class="fs-exports">{links}</span>'
        '<div class="fs-speakers" data-speakers role="group" aria-label="Names of the speakers" hidden></div></div>'
    )
    return _player(source, Place(start=0.0), "library", strip + find)


def _player(source: Source, place: Place, key: str, between: str) -> str:
    """Nothing is loaded before the script sees it shown: a browser opens only few connections to one server."""
    start, end = place.start or 0.0, place.end if place.end is not None else place.start or 0.0
    name = escape(f"{PurePath(source.path).name}, {clock(start)}")
    if source.modality == "video":
        poster = f"/api/frame/{escape(source.id)}?at={start:.3f}&amp;width=960"
        screen = (
            f'<video class="fs-screen" controls playsinline preload="metadata" poster="{poster}" aria-label="{name}">'
            "</video>"
        )
    else:
        screen = (
            '<canvas class="fs-wave" data-wave height="72" aria-hidden="true"></canvas>'
            f'<audio class="fs-screen" controls preload="metadata" aria-label="{name}"></audio>'
        )
    return (
        f'<section class="fs-player" data-player="{escape(key)}" data-source="{escape(source.id)}"'
        f' data-start="{start:.3f}" data-end="{end:.3f}">{screen}'
        f'<p class="fs-foot" data-preparing role="status" hidden></p>{between}'
        '<p class="fs-onscreen" data-onscreen dir="auto" hidden></p>'
        '<ol class="fs-lines" data-lines tabindex="0" aria-label="Transcript" hidden></ol></section>'
    )


def _moments(place: Place) -> str:
    start = place.start or 0.0
    return (
        '<nav class="fs-moments" aria-label="Moments">'
        '<button type="button" data-step="-1" title="The moment before" disabled>‹ <span></span></button>'
        f'<button type="button" data-seek="{start:.3f}" title="The moment that was found">{clock(start)}</button>'
        '<button type="button" data-step="1" title="The moment after" disabled><span></span> ›</button></nav>'
    )


def why(evidence: Evidence) -> str:
    """How well each modality of a moment fits: 'said .71 · on screen .40 · picture .33'; '' when it is not known."""
    parts = [f"{_SAID.get(name, name)} {_fraction(value)}" for name, value in evidence.result.why.items()]
    return " · ".join(parts)


def second_of(evidence: Evidence, citation: Citation | None) -> float | None:
    """The second to play from: where a quote is said, or where the evidence begins; None for what has no times.

    What is quoted from the screen may have stood there for long before the moment that is meant.
    """
    found = evidence.result.place.start
    quoted = citation.place if citation else None
    if quoted is None or quoted.start is None or found is None:
        return found
    seen = (citation.segment or evidence.result.segment).pictured if citation else False
    lasts = quoted.start <= found < (quoted.end or quoted.start)
    return found if seen and lasts else quoted.start


def _fraction(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else f"{value:.1f}"
