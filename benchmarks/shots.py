"""Measures shots on evaluation data: cuts found against true cuts, key frames, frames a second.

    python -m benchmarks.shots DATA

DATA holds `video/videos.jsonl` (with `shot_changes_s`) and `video/composed/*.timeline.json` (with slides). A montage of
pieces of all the videos, with hard cuts and with dissolves of a second, gives more cuts than the films have. Where
PySceneDetect is installed, its detectors see the same frames. Figures are printed; nothing is asserted.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipelines.reading.kinds import kind_of
from pipelines.recordings.changes import Changes, small_copy
from pipelines.recordings.media import Frame, frames, probe
from pipelines.recordings.shots import find_shots

_NEAR = 0.3  # seconds
_STEP = 0.1  # seconds between the frames that are looked at


def score(found: list[float], true: list[float], near: float = _NEAR) -> str:
    """Each true cut counts once."""
    hits = sum(any(abs(one - cut) <= near for one in found) for cut in true)
    right = sum(any(abs(one - cut) <= near for cut in true) for one in found)
    recall = f"{hits / len(true):.2f}" if true else "–"
    precision = f"{right / len(found):.2f}" if found else "–"
    return f"{len(true)} true, {len(found)} found, recall {recall}, precision {precision}"


def cuts(some: Iterable[Frame]) -> list[float]:
    """What our detector calls a cut (not the changes inside a shot)."""
    changes: Changes | None = None
    found: list[float] = []
    for frame in some:
        small = small_copy(frame.picture)
        if changes is None:
            changes = Changes(frame.time, small)
            continue
        found += [change.start for change in changes.see(frame.time, small) if change.cut]
    return found


def rival(some: Iterable[Frame], adaptive: bool) -> list[float]:
    """What PySceneDetect says with its defaults, on frames 320 px wide, with scenes of at least half a second."""
    import cv2
    from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode
    from scenedetect.common import Timecode

    detector = AdaptiveDetector(min_scene_len=0.5) if adaptive else ContentDetector(min_scene_len=0.5)
    found: list[float] = []
    for frame in some:
        height = round(320 * frame.picture.shape[0] / frame.picture.shape[1])
        small = cv2.resize(frame.picture, (320, height), interpolation=cv2.INTER_AREA)[..., ::-1]
        clock = FrameTimecode(Timecode(round(frame.time * 1000), Fraction(1, 1000)), fps=10.0)
        found += [one.seconds for one in detector.process_frame(clock, np.ascontiguousarray(small))]
    return found


def compare(some: list[Frame], true: list[float], near: float = _NEAR) -> None:
    began = time.monotonic()
    print(f"  cuts, ours         {score(cuts(some), true, near)}, {time.monotonic() - began:.1f} s")
    try:
        import scenedetect  # noqa: F401
    except ImportError:
        return
    for name, adaptive in (("PySceneDetect adaptive", True), ("PySceneDetect content", False)):
        began = time.monotonic()
        print(f"  {name:22} {score(rival(some, adaptive), true, near)}, {time.monotonic() - began:.1f} s")


def truth(folder: Path) -> Iterator[tuple[Path, list[float] | None]]:
    with (folder / "videos.jsonl").open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            plan = folder / Path(entry["file"]).with_suffix(".timeline.json")
            slides = json.loads(plan.read_text(encoding="utf-8"))["slides"][1:] if plan.exists() else None
            known = [slide["start"] for slide in slides] if slides else entry.get("shot_changes_s")
            yield folder / entry["file"], known


def montage(pieces: list[list[Frame]], dissolve: float, seed: int) -> tuple[list[Frame], list[float]]:
    """Pieces in random order, each 2 to 4 s long and as wide as the first, and the seconds of the cuts (of the middle
    of each dissolve)."""
    import cv2

    chance = random.Random(seed)
    made: list[Frame] = []
    true: list[float] = []
    chosen = chance.sample(pieces, len(pieces))
    height, width = pieces[0][0].picture.shape[:2]
    for piece in chosen:
        scaled = [np.asarray(cv2.resize(one.picture, (width, height))) for one in piece]
        begin = len(made)
        over = min(round(dissolve * 10), begin, len(scaled))
        for index, picture in enumerate(scaled):
            at = begin - over + index
            if index < over:
                share = (index + 1) / (over + 1)
                mixed = cv2.addWeighted(made[at].picture, 1 - share, picture, share, 0)
                made[at] = Frame(at / 10, np.asarray(mixed, np.uint8))
            else:
                made.append(Frame(at / 10, picture))
        if begin:
            true.append((begin - over / 2) / 10)
    return made, true


def pieces_of(path: Path, film_cuts: list[float], chance: random.Random) -> Iterator[list[Frame]]:
    """Parts of 2 to 4 s without a cut, at 320 px."""
    some = list(frames(path, kind_of(path), width=320, every=_STEP))
    at = 0
    while at < len(some) - 20:
        part = some[at : at + chance.randint(20, 40)]
        if len(part) >= 20 and not any(part[0].time - 0.2 <= cut <= part[-1].time + 0.2 for cut in film_cuts):
            yield part
        at += len(part)


def measure(data: Path) -> None:
    chance = random.Random(1)
    pieces: list[list[Frame]] = []
    for path, true in truth(data / "video"):
        kind = kind_of(path)
        info = probe(path, kind)
        began = time.monotonic()
        shots = list(find_shots(frames(path, kind, every=_STEP), 300))
        seconds, length = time.monotonic() - began, shots[-1].end
        sparse = list(find_shots(frames(path, kind, key_only=True), 300, info.duration))
        print(
            f"{path.name} ({info.width} x {info.height}, {length:.1f} s): {len(shots)} key frames, "
            f"{length / seconds:.0f} times as fast as it plays, {length * info.fps / seconds:.0f} frames/s; "
            f"{len(sparse)} from key frames alone"
        )
        if true is not None:
            print(f"  key frames' starts {score([one.start for one in shots[1:]], true)}")
            compare(list(frames(path, kind, width=640, every=_STEP)), true)
        pieces += pieces_of(path, true or [], chance)
    for dissolve in (0.0, 1.0):
        some, true = montage(pieces, dissolve, seed=2)
        print(f"montage of {len(pieces)} pieces, {f'dissolves of {dissolve} s' if dissolve else 'hard cuts'}:")
        near = max(_NEAR, dissolve / 2 + 0.2)
        shots = list(find_shots(iter(some), 300))
        print(f"  key frames' starts {score([one.start for one in shots[1:]], true, near)}")
        bounds = [0.0, *true, some[-1].time]
        spans = [(begin + dissolve / 2, end - dissolve / 2) for begin, end in pairwise(bounds)]
        spans = [(begin, end) for begin, end in spans if end - begin >= 0.5]
        seen = sum(any(begin <= shot.time <= end for shot in shots) for begin, end in spans)
        print(f"  {seen} of {len(spans)} pieces that last half a second have a key frame of their own")
        compare(some, true, near)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
