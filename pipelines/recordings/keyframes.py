"""The frames that may stand for a time during which nothing changes, and the best of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipelines.recordings.media import Frame

LONGEST = 1920  # px of the longer side of a key frame's picture: small print of a slide can still be read
PICK = 0.2  # seconds between frames that may become a key frame
_KEPT = 6  # full pictures that a stand remembers until it ends
_BARE = 6.0  # standard deviation of the strongest channel, 0..255, below which a picture is blank


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame that may become a key frame: its picture (at most 1,920 px on the longer side) and its small copy, how
    sharp it is (deviation of the Laplacian of the small copy), and whether it shows nothing (black, white, one colour).
    """

    time: float
    picture: NDArray[np.uint8]
    small: NDArray[np.uint8]
    sharpness: float
    blank: bool


def candidate(frame: Frame, small: NDArray[np.uint8]) -> Candidate:
    import cv2

    height, width = frame.picture.shape[:2]
    scale = LONGEST / max(height, width)
    picture: Any = frame.picture
    if scale < 1:
        picture = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    sharpness = float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0])
    return Candidate(frame.time, picture, small, sharpness, bool(cv2.meanStdDev(small)[1].max() < _BARE))


@dataclass(slots=True)
class Stand:
    """A time without change from `start`, after a `cut` or inside a shot, with some frames of it: the best of each of
    up to six parts of about the same length, however long it lasts."""

    start: float
    cut: bool
    candidates: list[Candidate] = field(default_factory=list)
    _spacing: float = PICK

    def add(self, one: Candidate) -> None:
        """The next in time."""
        if self.candidates and one.time // self._spacing == self.candidates[-1].time // self._spacing:
            self.candidates[-1] = max(self.candidates[-1], one, key=_worth)
            return
        self.candidates.append(one)
        while len(self.candidates) > _KEPT:
            self._spacing *= 2
            parts: dict[float, Candidate] = {}
            for other in self.candidates:
                part = other.time // self._spacing
                parts[part] = max(parts.get(part, other), other, key=_worth)
            self.candidates = list(parts.values())

    def best(self, end: float) -> Candidate | None:
        """The sharpest of the middle half, of all where there is none or that is blank; None without frames.

        `end` may lie before the last of them, where it was found out late.
        """
        inside, quarter = [one for one in self.candidates if self.start <= one.time < end], (end - self.start) / 4
        middle = [one for one in inside if self.start + quarter <= one.time <= end - quarter]
        seen = [one for one in middle if not one.blank] or inside
        return max(seen, key=_worth, default=None)


def _worth(one: Candidate) -> tuple[bool, float]:
    return not one.blank, one.sharpness
