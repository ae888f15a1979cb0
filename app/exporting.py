"""What the library read in one source, as text for people and subtitles for players."""

from __future__ import annotations

from collections.abc import Sequence

from indexes.errors import UsageError
from indexes.records import Segment, Source


def export_text(source: Source, segments: Sequence[Segment], format: str) -> str:
    """txt, srt or vtt. Raises UsageError when subtitles are wanted of a source without times."""
    if format == "txt":
        return "\n\n".join(_passage(segment) for segment in segments)
    timed = [segment for segment in segments if segment.place.start is not None]
    if not timed:
        raise UsageError(f"{source.path} has no times, so it cannot become {format}. Use --format txt or json.")
    comma = "," if format == "srt" else "."
    blocks = ["WEBVTT"] if format == "vtt" else []
    for number, segment in enumerate(timed, start=1):
        start = segment.place.start or 0.0
        end = segment.place.end if segment.place.end is not None else start
        times = f"{_timecode(start, comma)} --> {_timecode(end, comma)}"
        text = "\n".join(line for line in segment.text.split("\n") if line.strip())
        blocks.append(f"{number}\n{times}\n{text}" if format == "srt" else f"{times}\n{text}")
    return "\n\n".join(blocks)


def _passage(segment: Segment) -> str:
    place = segment.place.label()
    return f"[{place}]\n{segment.text}" if place else segment.text


def _timecode(seconds: float, comma: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{comma}{milliseconds:03}"
