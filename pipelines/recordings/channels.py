"""Two channels with a voice on each → one talk in order of time, speakers told apart by channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from indexes.records import Cue
from pipelines.recordings.speech import Portion

_SAME = 0.2  # correlation from which on two channels carry the same sound
_SILENT = 1e-3  # root mean square of a channel on which nobody speaks


def apart(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two channels, float32 (n,), carry different sounds, as calls with one party on each do."""
    if min(float(np.sqrt(np.mean(one**2))) if one.size else 0.0 for one in (left, right)) < _SILENT:
        return False
    return abs(float(np.corrcoef(left, right)[0, 1])) < _SAME


def together(channels: Sequence[Iterator[Portion]], start: float = 0.0) -> Iterator[Portion]:
    """What is heard on each channel from second `start` on as one talk: up to `until` all channels are transcribed."""
    reached, waiting = dict.fromkeys(range(len(channels)), start), list[Cue]()
    while reached:
        at = min(reached, key=reached.__getitem__)
        portion = next(channels[at], None)
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
