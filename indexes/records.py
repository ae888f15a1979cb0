"""The things a library remembers: Source, Place, Segment, Hit.

Identity, once and for all:
- a Source *is* its bytes: `Source.id` is the SHA-256 of the content in hex. Paths are aliases of it.
- a Segment's integer id is its catalogue row, its FAISS id and its FTS5 rowid. Ids are never reused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Modality = Literal["document", "image", "audio", "video"]
MODALITIES: tuple[Modality, ...] = ("document", "image", "audio", "video")

Status = Literal["indexed", "draft", "partial", "unchanged", "skipped", "failed", "removed", "waiting"]
"""What became of a file. `unchanged` is told by a run and not kept; `waiting`: it was seen and not read yet."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 as fractions of the page or frame; the origin is the upper left corner."""

Marks = tuple[tuple[str, Box], ...]
"""Lines of text with the box that each fills."""

SegmentKind = Literal["text", "picture", "speech", "frame"]
"""What a segment stands for: a passage of text, a picture (of a document or by itself), what is said in a recording
for some seconds, or what is to be seen in a video for some seconds (a shot, a slide) by its key frame."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source something stands. Only what is known is set.

    `page` and `slide` count from 1; `lines` is first and last line, from 1, both included;
    `start` and `end` are seconds. `printed` is what a document itself calls the page, where that is another number.
    """

    page: int | None = None
    slide: int | None = None
    sheet: str | None = None
    lines: tuple[int, int] | None = None
    start: float | None = None
    end: float | None = None
    box: Box | None = None
    printed: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Only the keys that are known, as JSON values."""
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in known.items() if v is not None}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Place:
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**known)

    def label(self) -> str:
        """For people: 'page 3', 'slide 2', 'sheet Q1', 'lines 4–9', '3:20–3:31', or ''."""
        parts = []
        if self.page is not None:
            parts.append(f"page {self.page}" + (f" (printed {self.printed})" if self.printed else ""))
        if self.slide is not None:
            parts.append(f"slide {self.slide}")
        if self.sheet is not None:
            parts.append(f"sheet {self.sheet}")
        if self.lines is not None:
            first, last = self.lines
            parts.append(f"line {first}" if first == last else f"lines {first}–{last}")
        if self.start is not None:
            end = "" if self.end is None else f"–{clock(self.end)}"
            parts.append(f"{clock(self.start)}{end}")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as people write them: 0:07, 3:20, 1:02:45."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


@dataclass(frozen=True, slots=True)
class Cue:
    """A sentence, or a part of one, with the seconds during which it is said (WebVTT's word for it).

    `speaker` is who says it, where that is known.
    """

    start: float
    end: float
    text: str
    speaker: str = ""


def voiced(cues: Sequence[Cue]) -> list[str]:
    """The text of each cue, behind the name of who says it where that was another before: 'Ann: The tide is in.'"""
    before = ("", *(cue.speaker for cue in cues))
    return [
        f"{cue.speaker}: {cue.text}" if cue.speaker and cue.speaker != last else cue.text
        for cue, last in zip(cues, before, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Source:
    """One content. `paths` are all the places where it lies on disk, oldest first; `duration` is in seconds and None
    for what has none."""

    id: str
    modality: Modality
    media_type: str
    bytes: int
    title: str = ""
    language: str = ""
    paths: tuple[str, ...] = ()
    duration: float | None = None

    @property
    def path(self) -> str:
        """The path that is shown: the oldest that is known."""
        return self.paths[0] if self.paths else ""


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit that is stored and found. `id` is None until the catalogue has given it one.

    `text` is exactly what stands in the source (or was heard, read or recognised in it);
    `heading` is what it stands under and helps to find it. `member` names the picture inside
    a container file (a zip member), so that it can be shown again. `marks` are the lines that were read in a
    picture or scan, each with its box, so that a quote can be marked where it stands. `cues` are the sentences of
    speech with their times; their texts joined by spaces are `text`.

    `fingerprint` is how a picture looks, in hex, so that copies of it are known (`reading/looking.py`).

    `position` orders the segments of a source: a count in documents, milliseconds in recordings.
    """

    source_id: str
    position: int
    modality: Modality
    text: str
    place: Place = field(default_factory=Place)
    heading: str = ""
    member: str = ""
    marks: Marks = ()
    kind: SegmentKind = "text"
    cues: tuple[Cue, ...] = ()
    fingerprint: str = ""
    id: int | None = None

    @property
    def pictured(self) -> bool:
        """Whether it stands for something to be seen."""
        return self.kind in ("picture", "frame")


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment that one index returned. `score` compares only within that index; rank counts from 1; `fit` in 0..1
    says how surely it has to do with the question at all, where somebody has judged that."""

    segment_id: int
    rank: int
    score: float
    index: str
    fit: float = 1.0


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One line of the ledger: a path and what became of it the last time it was looked at. `tries` counts how often
    this content was read. Of a draft, `stage` says what is being done; 'vectors' when it was read to its end."""

    path: str
    status: Status
    modality: Modality | None = None
    source_id: str | None = None
    bytes: int = 0
    mtime_ns: int = 0
    segments: int = 0
    seconds: float = 0.0
    stage: str = ""
    reason: str = ""
    updated: float = 0.0
    tries: int = 0
