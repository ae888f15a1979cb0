"""A recording → its segments: what is said and what is to be seen, on one clock.

Speech comes from subtitles where there are some, else from the speech model. Pictures are looked at coarsely (only the
frames that decode by themselves) or finely (every frame, and the text in them is read). Everything is yielded in parts,
so that a long recording can be asked before it was read to its end. Leaves storing to `drafting`.
"""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.records import Cue, FileRecord, Place, Segment
from pipelines.errors import ExtractionError
from pipelines.extractors.subtitles import read_subtitles, sidecar
from pipelines.reading.kinds import Kind
from pipelines.reading.looking import look
from pipelines.recordings.media import frames, probe, subtitle_cues
from pipelines.recordings.shots import Shot, find_shots
from pipelines.recordings.talk import speech_segments
from pipelines.records import Piece

if TYPE_CHECKING:
    import numpy as np

    from pipelines.models.shelf import ModelShelf
    from pipelines.recordings.media import Frame
    from pipelines.recordings.speech import Portion, Transcriber

log = logging.getLogger(__name__)

EVERY_FRAME = 20 * 60.0  # seconds; of longer videos only the frames that decode alone are looked at, also finely
_SPARSE = 15.0  # seconds without a frame that decodes alone, after which all frames are decoded
_STEP = 0.1  # seconds between the frames that are looked at
_SHOTS = 12  # that make a part
_SECONDS_A_FRAME = 4.0  # of video for each key frame that may be kept …
_EACH = 60.0  # … but in videos up to so many seconds one for every second
_SUBTITLES = frozenset((".srt", ".vtt", ".ass", ".ssa"))
_RECORDINGS = frozenset(
    f".{extension}"
    for extension in (
        "mp4 m4v mkv webm mov avi flv wmv asf mpg mpeg ts 3gp ogv mp3 m4a wav flac ogg opus wma aac aiff amr".split()
    )
)
_ALIKE = 0.93  # share of equal characters from which on two texts are one slide's


@dataclass(frozen=True, slots=True)
class Part:
    """What was read since the part before. `pictures` are image vectors by index into `segments`; all before the
    second `until` was read."""

    segments: list[Segment]
    until: float
    pictures: dict[int, np.ndarray] = field(default_factory=dict)


class Recording:
    """One recording while it is being read. `problems` says what could not be read of it, `words_from` what gave its
    words if no model did, `language` what is spoken, as far as known."""

    def __init__(self, path: Path, kind: Kind, source_id: str, shelf: ModelShelf, most_frames: int) -> None:
        """Raises ExtractionError for a file in which there is nothing to hear or to see."""
        self.path = path
        self.kind = kind
        self.source_id = source_id
        self.shelf = shelf
        self.info = probe(path, kind)
        self.duration = self.info.duration or 0.0
        self.problems: list[str] = []
        self.words_from = ""
        self.language = ""
        wanted = max(self.duration / _SECONDS_A_FRAME, min(self.duration, _EACH) + _SHOTS)
        self._budget = max(_SHOTS, min(most_frames, round(wanted)))

    def closer_speech(self, start: float = 0.0) -> Iterator[Part]:
        """What is said from second `start` on, as the model of the second pass hears it."""
        yield from self._heard(self.shelf.closer_speech, start)

    def speech(self, start: float = 0.0) -> Iterator[Part]:
        """What is said from second `start` on. What cannot be decoded is a problem, no error."""
        cues = self.subtitles()
        if cues:
            segments = self._speech_segments(cue for cue in cues if cue.start >= start)
            yield Part(segments, max([self.duration, *(cue.end for cue in cues)]))
            return
        if not self.info.audio or self.shelf.name("speech") == "none":
            return
        yield from self._heard(self.shelf.speech, start)

    def _heard(self, model: Transcriber, start: float) -> Iterator[Part]:
        pending: list[Cue] = []
        until = start
        try:
            for portion in self._talk(model, start):
                self.language = self.language or portion.language
                pending += portion.cues
                # The last segment may go on in the next portion.
                made = self._speech_segments(pending)
                pending = list(made.pop().cues) if made else []
                until = pending[0].start if pending else portion.until
                yield Part(made, until)
        except ExtractionError as error:
            self.problems.append(str(error))
        yield Part(self._speech_segments(pending), max(until, self.duration))

    def glance(self, start: float = 0.0) -> Iterator[Part]:
        """What is to be seen from second `start` on, by the frames that decode alone, without the text in them."""
        yield from self._shots(start, fine=False)

    def look_closely(self, start: float = 0.0) -> Iterator[Part]:
        """What is to be seen from second `start` on, by all frames, with the text in them."""
        yield from self._shots(start, fine=True)

    def _shots(self, start: float, fine: bool) -> Iterator[Part]:
        if not self.info.video:
            return
        shots: list[Shot] = []
        try:
            for shot in find_shots(self._frames(start, fine), self._budget, self.duration or None):
                shots.append(shot)
                if len(shots) == _SHOTS:
                    yield self._look(shots, fine)
                    shots = []
        except ExtractionError as error:
            self.problems.append(str(error))
        if shots:
            yield self._look(shots, fine)

    def _talk(self, model: Transcriber, start: float) -> Iterator[Portion]:
        """Each channel by itself where they carry different voices."""
        from pipelines.recordings.channels import apart, samples, together

        if self.info.channels == 2 and apart(samples(self.path, self.kind, self.duration)):
            return together([model.transcribe(self._windows(start, channel)) for channel in (0, 1)], start)
        return model.transcribe(self._windows(start))

    def _windows(self, start: float, channel: int | None = None) -> Iterator[tuple[float, np.ndarray]]:
        from pipelines.recordings.media import audio_windows

        # What is damaged is damaged for both channels, and is told once.
        problems = [] if channel == 1 else self.problems
        return audio_windows(self.path, self.kind, start=start, problems=problems, channel=channel)

    def _frames(self, start: float, fine: bool) -> Iterator[Frame]:
        if fine and self.duration <= EVERY_FRAME:
            yield from frames(self.path, self.kind, start=start, every=_STEP, problems=self.problems)
            return
        last = start
        for frame in frames(self.path, self.kind, start=start, key_only=True, problems=self.problems):
            if frame.time - last > _SPARSE:
                yield from self._between(last, frame.time)
            yield frame
            last = frame.time
        if self.duration - last > _SPARSE:
            yield from self._between(last, None)

    def _between(self, start: float, end: float | None) -> Iterator[Frame]:
        for frame in frames(self.path, self.kind, start=start, end=end, every=_STEP, problems=self.problems):
            if frame.time > start and (end is None or frame.time < end):
                yield frame

    def _look(self, shots: list[Shot], fine: bool) -> Part:
        seen: list[tuple[Piece, Shot]] = []
        for shot in shots:
            place = Place(start=round(shot.start, 3), end=round(shot.end, 3))
            piece = Piece("picture", place=place, picture=shot.picture)
            for looked in look(piece, self.shelf, read=fine):
                if seen and _same_slide(seen[-1][0], looked):
                    before, first = seen.pop()
                    looked = replace(before, place=replace(before.place, end=looked.place.end))
                    shot = first
                seen.append((looked, shot))
        segments = [self._frame_segment(piece, shot.time) for piece, shot in seen]
        pictures = {i: piece.vector for i, (piece, _) in enumerate(seen) if piece.vector is not None}
        return Part(segments, shots[-1].end, pictures)

    def _frame_segment(self, piece: Piece, second: float) -> Segment:
        return Segment(
            source_id=self.source_id,
            position=round((piece.place.start or 0.0) * 1000),
            modality=self.kind.modality,
            text=piece.text,
            place=piece.place,
            heading=self.info.title,
            member=f"{second:.3f}",
            marks=piece.marks,
            kind="frame",
        )

    def _speech_segments(self, cues: Iterable[Cue]) -> list[Segment]:
        return speech_segments(list(cues), self.source_id, self.kind.modality, self.info.title)

    def subtitles(self) -> list[Cue]:
        """What somebody wrote down is better than what a model hears."""
        beside = sidecar(self.path)
        if beside is not None:
            try:
                cues = read_subtitles(beside)
            except ExtractionError as error:
                self.problems.append(str(error))
            else:
                self.words_from = beside.name
                return cues
        if self.info.subtitles:
            cues = subtitle_cues(self.path, self.kind)
            if cues:
                self.words_from = "its subtitle track"
            return cues
        return []


def subtitles_changed(known: FileRecord) -> bool:
    """Whether the subtitles beside a recording were written after it was read."""
    if known.modality not in ("audio", "video") or known.source_id is None:
        return False
    beside = sidecar(Path(known.path))
    if beside is None:
        return False
    status = beside.stat()
    # A time to come, as of a clock that was wrong, would be later for ever; then the system knows when it was written.
    written = status.st_mtime if status.st_mtime <= time.time() else status.st_ctime
    return written > known.updated


def recording_of(path: Path) -> Path | None:
    """The recording beside a file of subtitles that are its own."""
    if path.suffix.lower() not in _SUBTITLES:
        return None
    beside = (each for each in sorted(path.parent.iterdir()) if each.suffix.lower() in _RECORDINGS)
    return next((each for each in beside if path.name.startswith(each.stem) and sidecar(each) == path), None)


def _same_slide(one: Piece, other: Piece) -> bool:
    """Whether two pictures that follow each other hold the same words, and enough of them to be a slide."""
    words, others = ("\n".join(text for text, _ in each.marks) for each in (one, other))  # a caption is none of it
    if len(words) < 30 or one.place.end != other.place.start:
        return False
    return difflib.SequenceMatcher(None, words, others, autojunk=False).ratio() >= _ALIKE
