"""The pictures of a video: decoded in order, set upright. Leaves choosing among them to shots.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.errors import ExtractionError
from pipelines.reading.kinds import Kind
from pipelines.recordings.containers import MOST_PIXELS, Clock, Damage, claim, only, opened, packets, pictures_of, seek

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MOST_DECODED = 4e12
"""Pixels of one file that are decoded frame by frame (two hours of 4K at 60 frames); after that key frames only."""


def decoded(
    path: Path,
    kind: Kind,
    start: float = 0.0,
    end: float | None = None,
    key_only: bool = False,
    problems: list[str] | None = None,
) -> Iterator[tuple[float, VideoFrame]]:
    """Frames with their seconds, from the key frame on that comes before `start`."""
    from av.error import FFmpegError

    damage = Damage("picture", problems)
    with opened(path, kind.media_type) as container:
        stream = pictures_of(container)
        if stream is None:
            return
        _check_size(path, stream.codec_context.width, stream.codec_context.height)
        _prepare(container, stream, key_only)
        if start:
            seek(container, stream, start)
        timeline, reached, pixels, any_frame = Clock(container, start), 0.0, 0.0, False
        for packet in packets(container, stream, damage):
            try:
                decoded = packet.decode()
            except (FFmpegError, ValueError):
                damage.at(reached)
                continue
            for frame in decoded:
                _check_size(path, frame.width, frame.height)
                reached = timeline.second(None if frame.pts is None else float(frame.pts * frame.time_base))
                if frame.is_corrupt:
                    damage.at(reached)
                    continue
                if end is not None and reached >= end:
                    return
                any_frame = True
                yield reached, frame
                before, pixels = pixels, pixels + frame.width * frame.height
                if before < _MOST_DECODED <= pixels:
                    stream.codec_context.skip_frame = "NONKEY"
                    damage.say("The video is too much to look at frame by frame; the rest was read by key frames.")
        claimed = claim(container)
    damage.close(path, kind.media_type, reached, claimed, nothing=not any_frame and not start)


def _prepare(container: InputContainer, stream: VideoStream, key_only: bool) -> None:
    """Threads where they cost little memory: each holds a frame of its own."""
    from av.stream import Discard

    only(container, stream)
    decoder = stream.codec_context
    decoder.thread_type = "AUTO" if decoder.width * decoder.height <= 9_000_000 else "SLICE"
    decoder.options = {"max_pixels": str(MOST_PIXELS)}
    if key_only:
        stream.discard = Discard.nonkey
        decoder.skip_frame = "NONKEY"


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise ExtractionError(
            f"{path.name} has frames of {width:,} × {height:,} pixels, more than is safe to decode "
            f"({MOST_PIXELS:,}). Save a smaller copy."
        )


def upright_size(frame: VideoFrame) -> tuple[int, int]:
    """Width and height as they are to be seen: pixels square, turned as the display matrix says."""
    shape = float(frame.sample_aspect_ratio or 1) if hasattr(frame, "sample_aspect_ratio") else 1.0
    wide, high = max(1, round(frame.width * shape)), frame.height
    return (high, wide) if _quarter_turns(frame) % 2 else (wide, high)


def _quarter_turns(frame: VideoFrame) -> int:
    return round(frame.rotation / 90) % 4  # counterclockwise


def upright(frame: VideoFrame, width: int | None = None, longest: int | None = None) -> np.ndarray:
    """The frame as uint8 (h, w, 3), scaled down to a width, or to the longest side."""
    wide, high = upright_size(frame)
    scale = min(1.0, width / wide if width else 1.0, longest / max(wide, high) if longest else 1.0)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    turns = _quarter_turns(frame)
    across, down = size[::-1] if turns % 2 else size
    clear = any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8"
    scaling = "AREA" if scale < 1 else "BICUBIC"
    pixels = frame.reformat(across, down, "rgba" if clear else "rgb24", interpolation=scaling).to_ndarray()
    if clear:  # on white, as pictures are
        opacity = pixels[..., 3:].astype(np.float32) / 255
        pixels = (pixels[..., :3] * opacity + 255 * (1 - opacity)).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, turns))
