"""A video's frames → its shots, each with a key frame. Knows nothing of files, text or models.

A shot here is a time during which one picture stands for what is to be seen: between two cuts, and again when what is
seen has changed inside (the next slide, a line written, someone coming in; `changes.py`). Its key frame is
the sharpest near its middle (`keyframes.py`). Shots follow each other without a gap; flashes and short black
belong to their neighbours.
"""

from __future__ import annotations

import io
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.errors import ExtractionError
from pipelines.recordings.changes import SETTLE, Change, Changes, blocks, small_copy
from pipelines.recordings.keyframes import PICK, Candidate, Stand, candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from pipelines.recordings.media import Frame

_STEP = 0.1  # seconds between frames that are looked at: a cut is told to a tenth of a second
_FLASH = 0.5  # seconds below which a shot is part of its neighbour …
_BLANK = 1.5  # … and below which one without any picture (black, white) is
_NEAR = 6  # of 64 bits of the perceptual hash: the same view
_STRETCHES = 20  # parts of a video among which the budget is divided, where its duration is known
_LETTER = 3  # difference of a block's mean colour, 0..255, that is another letter
_BACK = 8  # shots among which one is compared to tell how new it is


@dataclass(frozen=True, slots=True)
class Shot:
    """`picture` (RGB, upright, at most 1,920 px on the longer side), seen at `time`, stands for what is to be seen from
    `start` to `end` (excluded). In seconds."""

    start: float
    end: float
    time: float
    picture: Image


@dataclass(frozen=True, slots=True)
class _Kept:
    """A shot that waits: its picture as JPEG, whether that is blank, its perceptual hash, the mean colours of blocks,
    and which of these move all the time."""

    start: float
    end: float
    time: float
    jpeg: bytes
    blank: bool
    hash: Any
    colours: NDArray[np.uint8]
    busy: NDArray[np.bool_]

    @classmethod
    def of(cls, best: Candidate, start: float, end: float, busy: NDArray[np.bool_]) -> _Kept:
        import imagehash
        from PIL import Image

        picture, jpeg = Image.fromarray(best.picture), io.BytesIO()
        picture.save(jpeg, "JPEG", quality=92)
        view = imagehash.phash(Image.fromarray(best.small))
        return cls(start, end, best.time, jpeg.getvalue(), best.blank, view, blocks(best.small), busy)

    @property
    def fleeting(self) -> bool:
        return self.end - self.start < (_BLANK if self.blank else _FLASH)

    def repeats(self, other: _Kept) -> bool:
        """Whether it is the same view, and no letter of it has changed where it is still."""
        return self.hash - other.hash <= _NEAR and not (self._apart(other) & ~self.busy & ~other.busy).any()

    def shot(self) -> Shot:
        from PIL import Image

        return Shot(self.start, self.end, self.time, Image.open(io.BytesIO(self.jpeg)).convert("RGB"))

    def unlike(self, other: _Kept) -> float:
        """0 (the same) … 2."""
        return (self.hash - other.hash) / 64 + float(self._apart(other).mean())

    def _apart(self, other: _Kept) -> NDArray[np.bool_]:
        import cv2

        return cv2.absdiff(self.colours, other.colours).max(axis=2) > _LETTER


def find_shots(frames: Iterator[Frame], budget: int, duration: float | None = None) -> Iterator[Shot]:
    """Shots in order of time, at most `budget`: where there are more, the most different ones.

    Takes every density, from all frames (ten a second are looked at) to those that a decoder gives without effort
    (key frames only). Where the `duration` in seconds is known, the budget is divided fairly over the time and shots
    come as they are found; else all come at the end. Holds a dozen full frames, and waiting shots as JPEG. An
    ExtractionError of the frames comes last, after the shots of what could be read.
    """
    budget = max(budget, 1)
    troubles: list[ExtractionError] = []
    waiting: list[_Kept] = []
    stretch = (duration or math.inf) / _STRETCHES
    given, due = 0, stretch
    for kept in _shots(_stands(_until_trouble(frames, troubles), duration)):
        waiting.append(kept)
        if duration and due <= kept.start and kept.end < duration:  # videos may go on: one is left for the end
            left = (duration - kept.end) * min(1.0, budget / duration)  # no second needs more than one
            allowed = min(int(budget - given - left), budget - given - 1)
            due = kept.start + stretch
            if allowed >= 1:
                ready = _most_different(waiting, allowed)
                yield from (one.shot() for one in ready)
                given, waiting = given + len(ready), []
        elif len(waiting) > 2 * (budget - given):
            waiting = _most_different(waiting, max(budget - given, 1))
    yield from (one.shot() for one in _most_different(waiting, budget - given))
    if troubles:
        raise troubles[0]


def _until_trouble(frames: Iterator[Frame], troubles: list[ExtractionError]) -> Iterator[Frame]:
    try:
        yield from frames
    except ExtractionError as error:
        troubles.append(error)


def _stands(frames: Iterator[Frame], duration: float | None) -> Iterator[tuple[Stand, float, NDArray[np.bool_]]]:
    """Times without change, each with its end and the blocks that move all the time."""
    changes: Changes | None = None
    stand, following = Stand(0.0, True), Stand(0.0, False)
    young: deque[Candidate] = deque()  # frames of the last second: it is not clear yet what they belong to
    now = gap = 0.0
    for frame in frames:
        if changes is not None and frame.time - now < 0.95 * _STEP:
            continue
        small = small_copy(frame.picture)
        if changes is None:
            changes, stand = Changes(frame.time, small), Stand(frame.time, True)
        else:
            gap, busy = frame.time - now, changes.busy
            for change in changes.see(frame.time, small):
                yield _ended(stand, young, change.start), change.start, busy
                stand, following = _begun(change, following, young), Stand(0.0, False)
        now = frame.time
        while young and now - young[0].time > SETTLE:
            one = young.popleft()
            (stand if changes.pending is None or one.time < changes.pending else following).add(one)
        if changes.pending is None:
            following = Stand(0.0, False)
        if not young or now - young[-1].time >= 0.95 * PICK:
            young.append(candidate(frame, small))
    if changes is None:
        return
    end, busy = max(now + _STEP, min(now + gap, duration or math.inf)), changes.busy
    for change in changes.finish(end):
        yield _ended(stand, young, change.start), change.start, busy
        stand = _begun(change, following, young)
    yield _ended(stand, young, end), end, busy


def _ended(stand: Stand, young: deque[Candidate], end: float) -> Stand:
    while young and young[0].time < end:
        stand.add(young.popleft())
    return stand


def _begun(change: Change, following: Stand, young: deque[Candidate]) -> Stand:
    """What begins with a change, with the frames that show it complete."""
    stand = Stand(change.start, change.cut)
    for one in following.candidates:
        if one.time >= change.ready:
            stand.add(one)
    while young and young[0].time < change.ready:
        young.popleft()
    return stand


def _shots(stands: Iterator[tuple[Stand, float, NDArray[np.bool_]]]) -> Iterator[_Kept]:
    """Stands as shots: what is too short or blank, or shows again what was shown just before, extends its neighbour."""
    last: _Kept | None = None
    for stand, end, busy in stands:
        best = stand.best(end)
        if best is None:  # shorter than the time between two candidates
            last = replace(last, end=end) if last else None
            continue
        kept = _Kept.of(best, stand.start, end, busy)
        if last is None:
            last = replace(kept, start=0.0 if stand.start < _FLASH else stand.start)
        elif kept.fleeting or (stand.cut and kept.repeats(last)):
            last = replace(last, end=end)
        elif last.fleeting:  # only the very first can be
            last = replace(kept, start=last.start)
        else:
            yield last
            last = kept
    if last is not None:
        yield last


def _most_different(shots: list[_Kept], most: int) -> list[_Kept]:
    """At most `most` of them: what shows least that is new is left out, and its time goes to a neighbour."""
    shots = list(shots)

    def novelty(index: int) -> float:
        before = shots[max(0, index - _BACK) : index]
        return min((shots[index].unlike(one) for one in before), default=2.0)

    news = [novelty(index) for index in range(len(shots))] if len(shots) > most else []
    while len(shots) > max(most, 0):
        index = min(range(len(shots)), key=news.__getitem__)
        gone = shots.pop(index)
        news.pop(index)
        if index > 0:
            shots[index - 1] = replace(shots[index - 1], end=gone.end)
        elif shots:
            shots[0] = replace(shots[0], start=gone.start)
        for later in range(index, min(index + _BACK, len(shots))):
            news[later] = novelty(later)
    return shots
