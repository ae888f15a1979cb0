"""What the library read in one source, as text for people and subtitles for players."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from html import escape

from indexes.errors import UsageError
from indexes.records import Cue, FileRecord, Segment, Source, clock

MEDIA_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt", "txt": "text/plain", "json": "application/json"}
"""The formats and their IANA names."""


def ledger_csv(records: Sequence[FileRecord]) -> str:
    """The ledger as a table, a line a file, for spreadsheets; times in local time."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = ("path", "status", "modality", "bytes", "segments", "seconds", "tries", "stage", "reason")
    writer.writerow([*names, "updated"])
    for record in records:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.updated))
        writer.writerow([*(_plain(getattr(record, name)) for name in names), when])
    return out.getvalue()


def _plain(value: object) -> object:
    """A cell that no spreadsheet takes as a formula: names of files may begin with anything."""
    text = str(value) if isinstance(value, str) else ""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else "" if value is None else value


def export_text(source: Source, segments: Sequence[Segment], format: str) -> str:
    """txt, srt or vtt. Raises UsageError when subtitles are wanted of a source in which nothing is said."""
    if format == "txt":
        return "\n\n".join(_passage(segment) for segment in segments)
    cues = list(_cues(segments))
    if not cues:
        why = "no speech was heard in it" if source.modality in ("audio", "video") else "it has no times"
        raise UsageError(f"{source.path}: {why}, so it cannot become {format}. Use --format txt or json.")
    return _srt(cues) if format == "srt" else _vtt(cues)


def _passage(segment: Segment) -> str:
    """A line a sentence for speech, each with its time; else the passage below its place."""
    if segment.cues:
        return "\n".join(f"[{clock(cue.start)}] {_spoken(cue)}" for cue in segment.cues)
    place = segment.place.label()
    seen = ", on screen" if segment.kind == "frame" else ""
    return f"[{place}{seen}]\n{segment.text}" if place else segment.text


def _cues(segments: Sequence[Segment]) -> Iterator[Cue]:
    """What is said, in order of time; what is only to be seen is no subtitle."""
    for segment in segments:
        if segment.cues:
            yield from segment.cues
        elif segment.kind != "frame" and segment.place.start is not None:
            yield Cue(segment.place.start, segment.place.end or segment.place.start, segment.text)


def _srt(cues: Sequence[Cue]) -> str:
    """SubRip: numbered blocks; an arrow in a text would be read as times."""
    blocks = [
        f"{number}\n{_times(cue, ',')}\n{_unbroken(_spoken(cue)).replace('-->', '→')}"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n\n".join(blocks)


def _vtt(cues: Sequence[Cue]) -> str:
    """WebVTT (W3C): texts are escaped, speakers are voice spans."""
    blocks = ["WEBVTT"]
    for cue in cues:
        voice = f"<v {escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        blocks.append(f"{_times(cue, '.')}\n{voice}{escape(_unbroken(cue.text), quote=False)}")
    return "\n\n".join(blocks)


def _spoken(cue: Cue) -> str:
    return f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text


def _unbroken(text: str) -> str:
    """Without empty lines, which would end a block."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def _times(cue: Cue, comma: str) -> str:
    return f"{_timecode(cue.start, comma)} --> {_timecode(max(cue.start, cue.end), comma)}"


def _timecode(seconds: float, comma: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{comma}{milliseconds:03}"
