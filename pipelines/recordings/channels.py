"""Two channels with a voice on each → one talk in order of time, speakers told apart by channel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexes.records import Cue
from pipelines.errors import ExtractionError
from pipelines.models.whisper import RATE
from pipelines.reading.kinds import Kind
from pipelines.recordings.media import both_channels
from pipelines.recordings.speech import Portion

_SAME = 0.2  # correlation from which on two channels carry the same sound: of two voices at most .07,
# … of two microphones in an imitated room at least .37
_LATER = 0.03  # seconds by which one of two microphones may hear a voice later
_SILENT = 1e-3  # root mean square of a channel on which nobody speaks
_LOOKS = 24  # times, spread over a recording, at which channels are compared …
_LOOK = 5.0  # … for so many seconds each


def samples(path: Path, kind: Kind, duration: float) -> np.ndarray:
    """Both channels at times spread over a recording of `duration` seconds, float32 (2, n), 16 kHz."""
    looks = min(_LOOKS, math.ceil(duration / _LOOK)) or 1
    found = [np.zeros((2, 0), np.float32)]
    for at in range(looks):
        found.append(both_channels(path, kind, duration * at / looks, _LOOK))
        if not found[-1].size:  # the file ends before its header says so: each further look would read to its end
            break
    return np.concatenate(found, axis=1)


def apart(both: np.ndarray) -> bool:
    """Whether two channels, float32 (2, n), carry different sounds, as calls with one party on each do."""
    loudness = np.sqrt(np.mean(both**2, axis=1)) if both.size else np.zeros(2)
    if loudness.min() < _SILENT:
        return False
    length = 1 << (2 * both.shape[1]).bit_length()
    left, right = np.fft.rfft(both, length)
    shared = np.fft.irfft(left * right.conj(), length)  # (length,): the products summed, by samples that one is later
    later = round(_LATER * RATE)
    near = np.abs(np.concatenate((shared[: later + 1], shared[-later:]))).max()
    return float(near) < _SAME * both.shape[1] * float(loudness.prod())


def together(channels: Sequence[Iterator[Portion]], start: float = 0.0) -> Iterator[Portion]:
    """What is heard on each channel from second `start` on as one talk: up to `until` all channels are transcribed.

    An ExtractionError of one channel comes last, after what could be heard of all.
    """
    reached, waiting = dict.fromkeys(range(len(channels)), start), list[Cue]()
    troubles: list[ExtractionError] = []
    while reached:
        at = min(reached, key=reached.__getitem__)
        portion = None
        try:
            portion = next(channels[at], None)
        except ExtractionError as error:
            troubles.append(error)
        if portion is None:
            del reached[at]
            continue
        reached[at] = portion.until
        waiting += [replace(cue, speaker=f"Speaker {at + 1}") for cue in portion.cues]
        until = min(reached.values())
        ready = sorted((cue for cue in waiting if cue.start < until), key=lambda cue: cue.start)
        waiting = [cue for cue in waiting if cue.start >= until]
        yield Portion(until, tuple(ready), portion.language)
    if waiting:
        yield Portion(max(cue.end for cue in waiting), tuple(sorted(waiting, key=lambda cue: cue.start)), "")
    if troubles:
        raise troubles[0]
