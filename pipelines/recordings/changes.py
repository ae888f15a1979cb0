"""Where the picture of a video changes, told frame by frame: cuts, and what comes, goes or is written inside a shot.

Knows small copies of frames and their times, nothing of files, key frames or budgets. The picture is divided into
blocks about the size of a letter. A cut is a step far above those around it, as in PySceneDetect's AdaptiveDetector
(https://www.scenedetect.com/docs/). Inside a shot a block counts once it has been still for a moment and shows
something else than before; a block that never is still (a speaker's window, leaves in the wind) never counts. What
moves where nothing moved before (someone comes in) counts by its size.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 640  # px of the longer side of a small copy: letters of a slide are still 5 px high
SETTLE = 0.7  # seconds for which a change has to stay: a clock's second is seen
_BLOCK = 8  # px of a small copy
_STIR = 6  # mean difference of a block, 0..255 in its strongest channel, that is more than a codec's noise …
_OTHER = 12  # … and one that is another letter
_CUT, _ABOVE = 12.0, 3.0  # a cut: the least mean difference of all blocks, and how far above its neighbours'
_SPARSE = 0.5  # seconds between frames above which steps say nothing (only key frames come)
_LINE = 4  # fresh blocks that change together: more than a pointer or a digit
_STALE = 3  # a block that has changed more often than this in a shot is a clock, not news
_BUSY = 0.12  # a block that has moved for this share of the shot's last ten seconds always does
_SPARE, _REFILL = 6.0, 5.0  # small changes that are reported at once, and seconds until one more is allowed
_LEAST, _MOST = 0.02, 0.35  # share of the picture that has to move where nothing moved: with all spares, with none
_WINDOW = 0.08  # share of the picture that is more than a speaker's window
_WHOLE = 0.6  # … and the share that counts even without spares: a dissolve, another view
_STAY = 1.2  # seconds for which it has to go on: most dissolves are over then
_PATIENCE = 5.0  # seconds to wait until somebody has written to the end


@dataclass(frozen=True, slots=True)
class Change:
    """From `start` on something else is to be seen; from `ready` on it is complete. In seconds."""

    start: float
    ready: float
    cut: bool


def blocks(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of each block: (h, w, 3) → (h // 8, w // 8, 3)."""
    import cv2

    size = (picture.shape[1] // _BLOCK, picture.shape[0] // _BLOCK)
    means: Any = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return means


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean difference of each block in its strongest channel, 0..255: (h, w, 3) twice → (h // 8, w // 8)."""
    import cv2

    apart: Any = cv2.absdiff(one, other)
    return _strongest(blocks(apart))


def _strongest(colours: Any) -> NDArray[np.uint8]:
    """(h, w, 3) → (h, w); many times faster than max(axis=2)."""
    return np.maximum(np.maximum(colours[..., 0], colours[..., 1]), colours[..., 2])


def small_copy(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) RGB → at most 640 px on the longer side, both sides whole blocks."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, SMALL / max(height, width))
    sides = [max(_BLOCK, round(side * scale / _BLOCK) * _BLOCK) for side in (width, height)]
    copy: Any = cv2.resize(picture, (sides[0], sides[1]), interpolation=cv2.INTER_AREA)
    return copy


class Changes:
    """Feed it frames in order of time with `see`. `pending` is since when something else may be to be seen that is
    not confirmed yet."""

    def __init__(self, time: float, small: NDArray[np.uint8]) -> None:
        self.pending: float | None = None
        self._waiting: Change | None = None  # what is written but not to the end, as it was when last …
        self._heard = time  # … looked at: a cut may end it
        self._spare, self._steps = _SPARE, deque([(time, 0.0)], maxlen=5)
        self._last_time, self._last = time, small
        self._still = small.copy()  # what each block showed when it last came to rest …
        self._since = np.full((small.shape[0] // _BLOCK, small.shape[1] // _BLOCK), time)  # … and when
        self._begin(time, small)

    def _begin(self, time: float, small: NDArray[np.uint8]) -> None:
        """A new shot."""
        self._first, self._begun, self._cut_at = small.copy(), time, time
        self._shown = np.zeros_like(small)  # what the blocks that are `known` have shown at rest
        self._known = np.zeros(self._since.shape, bool)
        self._changed = np.zeros(self._since.shape, bool)
        self._times = np.zeros(self._since.shape, np.int32)  # how often a block has changed
        self._moved = np.zeros(self._since.shape, np.float32)  # share of the last ten seconds
        self._loud: float | None = None

    @property
    def busy(self) -> NDArray[np.bool_]:
        """Blocks that move most of the time."""
        return self._moved > _BUSY

    def see(self, time: float, small: NDArray[np.uint8]) -> list[Change]:
        """The next frame; says what it confirms, oldest first."""
        gap = time - self._last_time
        step = difference(small, self._last)
        away = difference(small, self._still) > _STIR
        _put(self._still, small, away)
        self._since[away] = time
        self._moved += ((step > _STIR) - self._moved) * (min(gap, 0.3) / min(10.0, max(3.0, time - self._cut_at)))
        self._spare = min(_SPARE, self._spare + gap / _REFILL)
        self._last_time, self._last = time, small
        sparse = gap > _SPARSE
        cut = self._cut(time, float(step.mean()), sparse)
        if cut is not None:
            waited = self._waited(cut)
            self._begin(cut, small)
            self._waiting = self.pending = None
            return [*waited, Change(cut, cut, True)]
        found = self._written(time) or self._moving(time, small, sparse)
        if found is not None:
            self._begun, self._first, self._loud, self.pending = found.start, small.copy(), None, None
            self._waiting = None
        return [found] if found is not None else []

    def _cut(self, time: float, step: float, sparse: bool) -> float | None:
        """The time of the middle one of five steps, where it towers above the others."""
        if sparse:
            self._steps.clear()
        self._steps.append((time, 0.0 if sparse else step))
        if len(self._steps) < 5:
            return None
        when, middle = self._steps[2]
        others = sum(value for _, value in self._steps) - middle
        return when if middle >= _CUT and middle >= _ABOVE * others / 4 else None

    def _written(self, time: float) -> Change | None:
        """What has come to rest and differs from what stood there."""
        settled = time - self._since >= SETTLE
        late = settled & ~self._known & (difference(self._still, self._first) > _OTHER)
        late &= self._since - self._begun >= SETTLE
        new = settled & ~self._known & ~late
        _put(self._shown, self._still, new)
        self._known |= new
        before = self._changed
        self._changed = settled & self._known & (difference(self._still, self._shown) > _OTHER)
        if late.mean() >= _WINDOW:  # what has moved from the first has come to rest, as something else
            self._changed |= late
        self._times += self._changed & ~before
        self.pending = None
        if not self._changed.any() or self.busy.mean() > _MOST:  # where all moves, rest is chance
            return None
        # A detail may have changed before the rest did.
        start, ready = (float(time) for time in np.quantile(self._since[self._changed], (0.25, 1), method="lower"))
        self.pending = start
        fresh = np.count_nonzero(self._changed & (self._times <= _STALE))
        if fresh < _LINE and (self._spare < 1 or time - self._begun < SETTLE):
            return None
        writing = ~settled & ~self.busy & (self._times <= _STALE)
        if np.count_nonzero(writing) >= max(_LINE, np.count_nonzero(self._changed) / 8) and time - start < _PATIENCE:
            self._waiting, self._heard = Change(start, ready, False), time
            return None
        if fresh < _LINE:
            self._spare -= 1
        _put(self._shown, self._still, self._changed)
        self._known |= self._changed
        self._changed = np.zeros_like(self._changed)
        return Change(start, ready, False)

    def _moving(self, time: float, small: NDArray[np.uint8], sparse: bool) -> Change | None:
        """What moves where nothing moved before: the fewer spares there are, the more of the picture it has to be."""
        import cv2

        apart, missing = difference(small, self._first) > _OTHER, 1 - self._spare / _SPARE
        other = apart & ~self.busy
        view = np.mean(_strongest(cv2.absdiff(blocks(small), blocks(self._first))) > _OTHER)
        if view >= _MOST + (_WHOLE - _MOST) * missing:
            other = apart  # whatever moves all the time: it is another view
        share, least = float(other.mean()), _MOST if sparse else _LEAST + (_MOST - _LEAST) * missing
        if share < least or time - self._begun < 2 * SETTLE:
            self._loud = None
            return None
        self._loud = time if self._loud is None else self._loud
        self.pending = self._loud if self.pending is None else min(self.pending, self._loud)
        if not sparse and (time - self._loud < _STAY or (self._spare < 1 and share < _WHOLE)):
            return None
        self._spare = max(0.0, self._spare - 1)
        if share < _MOST:
            _put(self._shown, small, other & self._known)  # once it has gone, that is a change again
        else:
            self._known &= ~other  # what comes to rest there belongs to what begins now
        return Change(self._loud, time, False)

    def finish(self, end: float) -> list[Change]:
        """The last word: what came to rest before `end`."""
        found = self._written(end)
        return [found] if found is not None else self._waited(end)

    def _waited(self, end: float) -> list[Change]:
        """What was being written until just before `end`."""
        waiting = self._waiting
        return [waiting] if waiting is not None and waiting.ready < end < self._heard + SETTLE else []


def _put(target: NDArray[np.uint8], source: NDArray[np.uint8], blocks: NDArray[np.bool_]) -> None:
    """Copies the blocks that are set."""
    height, width = blocks.shape
    view = target.reshape(height, _BLOCK, width, _BLOCK, 3).swapaxes(1, 2)
    view[blocks] = source.reshape(height, _BLOCK, width, _BLOCK, 3).swapaxes(1, 2)[blocks]
