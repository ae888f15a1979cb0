"""The portions of a recording, in two passes: soon searchable as a draft, then complete. Leaves storing to others.

The first pass gives speech as it is heard, and key frames without the text in them. The second pass puts finely looked
at frames, with their text, in their place. Each portion says how far the pass has come, so that work stopped at any
instant goes on there. Citations name a source and its seconds, which no pass changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.library import Library
from indexes.records import FileRecord, Place, Segment, SegmentKind, Source, clock
from pipelines.errors import ExtractionError
from pipelines.models.shelf import ModelShelf
from pipelines.reading.costs import Extent
from pipelines.reading.document import Portion
from pipelines.reading.kinds import Kind
from pipelines.recordings.recording import Part, Recording
from pipelines.records import FileAdvanced

if TYPE_CHECKING:
    import numpy as np

AT_ONCE = 180.0  # seconds; shorter recordings are read completely in one pass
_READ = "being read."  # ends what is said of a draft; what could not be read of it follows
_SCREEN = f"It can be asked; what is written on the screen is still {_READ}"


class Drafting:
    """Reads recordings, from where a library says that they were left."""

    def __init__(self, library: Library, shelf: ModelShelf, most_frames: int) -> None:
        self.library = library
        self.shelf = shelf
        self.most_frames = most_frames

    def read(self, record: FileRecord, kind: Kind) -> Iterator[Portion | FileAdvanced]:
        """The first pass, from where it was left; short recordings are complete after it. Each portion is to be stored
        before the next one is asked for.

        Raises ExtractionError when nothing of the recording can be read.
        """
        recording = self._open(record, kind)
        if recording.duration <= AT_ONCE and not self._stages(record):
            yield from self._whole(recording, record, kind)
            return
        began = time.monotonic()
        stages = {"speech": 0.0, "frames": 0.0, **self._stages(record)}
        passes = (("speech", "transcribed", recording.speech), ("frames", "looked at", recording.glance))
        for name, verb, parts in passes:
            if stages[name] >= recording.duration:
                continue
            for part in parts(stages[name]):
                left = _left(stages, recording.duration)
                stages[name] = part.until
                draft = replace(
                    record,
                    status="draft",
                    stage=name,
                    seconds=time.monotonic() - began,
                    reason=_draft(
                        f"{_of(stages['speech'], recording.duration)} can be asked; the rest is {_READ}", recording
                    ),
                )
                portion = self._portion(recording, draft, kind, part, stages, note=verb)
                portion.part = 1 - _left(stages, recording.duration) / left if left else 0.0
                yield portion
            stages[name] = max(stages[name], recording.duration)
        draft = replace(
            record,
            status="draft",
            stage="frames",
            seconds=time.monotonic() - began,
            reason=_draft(_SCREEN, recording),
        )
        yield self._portion(recording, draft, kind, Part([], recording.duration), stages)

    def complete(self, record: FileRecord, kind: Kind) -> Iterator[Portion | FileAdvanced]:
        """What is left of the first pass, and the second, from where it was left. Raises ExtractionError when the file
        cannot be opened any more."""
        for portion in self.read(record, kind):
            if isinstance(portion, Portion):
                record = portion.record
                portion.ends = not portion.stages
            yield portion
        if not self._stages(record):
            return
        recording = self._open(record, kind)
        began = time.monotonic()
        stages = {"screen": 0.0, "speech again": 0.0, **self._stages(record)}
        passes: list[tuple[str, SegmentKind, str, Callable[[float], Iterator[Part]]]]
        passes = [("screen", "frame", "read the screen of", recording.look_closely)]
        written = recording.subtitles()
        if self.shelf.name("closer_speech") != "none" and not written:
            passes.append(("speech again", "speech", "transcribed again", recording.closer_speech))
        old: list[int] = []
        for stage, segment_kind, verb, parts in passes:
            for part in parts(stages[stage]):
                # A part that moves nothing on holds nothing, and must not cost what is there.
                old = self._between(record.source_id or "", segment_kind, stages[stage], part.until)
                stages[stage] = max(stages[stage], part.until)
                draft = replace(record, reason=_draft(_SCREEN, recording))
                yield self._portion(recording, draft, kind, part, stages, old, verb)
        # Key frames of the first pass that lie behind the last shot.
        old = self._between(record.source_id or "", "frame", stages["screen"], float("inf")) if stages["screen"] else []
        done = self._done(replace(record, seconds=record.seconds + time.monotonic() - began), recording)
        yield self._portion(recording, done, kind, Part([], recording.duration), {}, old)

    def _whole(self, recording: Recording, record: FileRecord, kind: Kind) -> Iterator[Portion | FileAdvanced]:
        began = time.monotonic()
        segments: list[Segment] = []
        pictures: dict[int, np.ndarray] = {}
        for parts, verb in ((recording.speech(), "transcribed"), (recording.look_closely(), "looked at")):
            for part in parts:
                pictures |= {len(segments) + i: vector for i, vector in part.pictures.items()}
                segments += part.segments
                note = f"{verb} {_of(part.until, recording.duration)}"
                yield FileAdvanced(record.path, len(segments), Place(start=part.until), note)
        whole = Part(segments, recording.duration, pictures)
        done = self._done(replace(record, seconds=time.monotonic() - began), recording, bool(segments))
        portion = self._portion(recording, done, kind, whole, {}, self._ids(record))
        portion.in_one_go = True
        yield portion

    def _open(self, record: FileRecord, kind: Kind) -> Recording:
        """With what is known already that could not be read of it: of a draft the ledger says so."""
        recording = Recording(Path(record.path), kind, record.source_id or "", self.shelf, self.most_frames)
        line = self.library.catalogue.file(record.path)
        if line is not None and (line.status, line.source_id) == ("draft", record.source_id):
            recording.problems += filter(None, [line.reason.partition(f"{_READ} ")[2]])
        return recording

    def _done(self, record: FileRecord, recording: Recording, anything: bool = True) -> FileRecord:
        """Indexed or partial, with what is to be said of it."""
        problems = _problems(recording)
        if problems and not anything:
            raise ExtractionError(" ".join(problems))
        said = [*problems]
        if recording.words_from:
            said.append(f"The transcript is from {recording.words_from}.")
        if not anything:
            said.append("No speech was heard in it.")
        return replace(record, status="partial" if problems else "indexed", stage="", reason=" ".join(said))

    def _portion(
        self,
        recording: Recording,
        record: FileRecord,
        kind: Kind,
        part: Part,
        stages: dict[str, float],
        instead_of: Sequence[int] = (),
        note: str = "",
    ) -> Portion:
        """What is stored next; `note` says what was done, and is '' at the end of a pass."""
        before = len(self._ids(record)) - len(instead_of)
        known = self.library.catalogue.sources([record.source_id or ""]).get(record.source_id or "")
        source = Source(
            id=record.source_id or "",
            modality=kind.modality,
            media_type=kind.media_type,
            bytes=record.bytes,
            title=recording.info.title,
            language=recording.language or (known.language if known else ""),
            duration=recording.duration or None,
        )
        return Portion(
            source,
            replace(record, segments=before + len(part.segments), updated=time.time()),
            kind,
            Extent(seconds=recording.duration),
            part.segments,
            dict(stages),
            part.pictures,
            instead_of=instead_of,
            place=Place(start=part.until),
            note=f"{note} {_of(part.until, recording.duration)}" if note else "",
            ends=not note,
        )

    def _stages(self, record: FileRecord) -> dict[str, float]:
        return self.library.catalogue.stages(self.library.catalogue.source_key(record.source_id or "") or 0)

    def _ids(self, record: FileRecord) -> list[int]:
        return self.library.catalogue.segment_ids(self.library.catalogue.source_key(record.source_id or "") or 0)

    def _between(self, source_id: str, kind: SegmentKind, start: float, end: float) -> list[int]:
        """Ids of the segments of a kind that begin in [start, end)."""
        segments = self.library.catalogue.segments_of(source_id)
        return [s.id for s in segments if s.kind == kind and s.id and start <= (s.place.start or 0.0) < end]


def _problems(recording: Recording) -> list[str]:
    """What could not be read of it, each once: what an earlier run has told is one text of several sentences."""
    told: list[str] = []
    for problem in recording.problems:
        if not any(problem in each for each in told):
            told.append(problem)
    return told


def _draft(so_far: str, recording: Recording) -> str:
    """What the ledger says of a draft."""
    return " ".join([so_far, *_problems(recording)])


def _left(stages: Mapping[str, float], duration: float) -> float:
    """Which part of a pass is left, in 0..1."""
    return 1 - sum(min(until, duration) for until in stages.values()) / (len(stages) * duration) if duration else 0.0


def _of(done: float, duration: float) -> str:
    """'4:10 of 12:30'."""
    return f"{clock(min(done, duration) if duration else done)} of {clock(duration)}" if duration else clock(done)
