"""Sound, frames and subtitles of recordings as streams: one window or frame in memory. Leaves meaning to the models.

All seconds are on one clock for sound and picture, which begins with the container. Times come from the time stamps,
never from counting frames. What is damaged is skipped and named in `problems`; a damaged stream leaves the others be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexes.records import Cue, clock
from pipelines.errors import ExtractionError, Unsupported
from pipelines.reading.kinds import Kind
from pipelines.recordings.containers import (
    Clock,
    Damage,
    claim,
    end_of,
    only,
    opened,
    origin,
    packets,
    pictures_of,
    seek,
    sound_of,
)
from pipelines.recordings.moving import decoded, upright, upright_size

if TYPE_CHECKING:
    from av.audio.resampler import AudioResampler
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from PIL.Image import Image

RATE = 16_000
"""Samples a second of all sound that is handed on."""

LONGEST = 1920
"""Pixels on the longer side of a frame that is drawn for people."""

_JITTER = 0.1
"""Seconds by which time stamps may differ from the samples counted before a gap is filled or an overlap dropped."""

_TEXT_SUBTITLES = ("mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text")


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a recording is. `duration` in seconds is what can be read, whatever the header claims; width and height
    are those of the upright picture; `subtitles` are the indexes of its streams of text."""

    duration: float | None
    audio: bool
    video: bool
    width: int
    height: int
    fps: float
    subtitles: tuple[int, ...]
    container: str
    video_codec: str
    audio_codec: str
    title: str
    channels: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its second, and its pixels as uint8 (h, w, 3), RGB, upright."""

    time: float
    picture: np.ndarray


def probe(path: Path, kind: Kind) -> MediaInfo:
    """What is in the recording. Raises ExtractionError where it holds nothing that can be decoded."""
    with opened(path, kind.media_type) as container:
        sound, pictures = sound_of(container), pictures_of(container)
        if sound is None and pictures is None:
            raise _nothing(container, path)
        size = _first_size(path, kind, pictures) if pictures is not None else (0, 0)
        words = tuple(s.index for s in container.streams.subtitles if _codec(s) in _TEXT_SUBTITLES)
        title = container.metadata.get("title", "").strip()
        rate = (pictures.average_rate or pictures.guessed_rate) if pictures is not None else None
    with opened(path, kind.media_type) as container:
        sound, pictures = sound_of(container), pictures_of(container)
        duration = end_of(container, path)
        if duration <= 0:
            raise ExtractionError(
                f"{path.name} lasts 0 seconds: it has a header but no sound or picture after it: it was cut off, or "
                "refers to other files, which is not followed. Copy or download the whole recording."
            )
        return MediaInfo(
            duration=duration or None,
            audio=sound is not None,
            video=pictures is not None,
            width=size[0],
            height=size[1],
            fps=float(rate or 0),
            subtitles=words,
            container=container.format.name,
            video_codec=_codec(pictures_of(container)),
            audio_codec=_codec(sound_of(container)),
            title=title,
            channels=channels_of(container),
        )


def channels_of(container: InputContainer) -> int:
    sound = sound_of(container)
    return sound.codec_context.layout.nb_channels if sound is not None else 0


def audio_windows(
    path: Path,
    kind: Kind,
    seconds: float = 300.0,
    start: float = 0.0,
    problems: list[str] | None = None,
    channel: int | None = None,
) -> Iterator[tuple[float, np.ndarray]]:
    """The sound from second `start` on, as (second of the window's beginning, float32 (n,), mono, 16 kHz): of one
    `channel` (0 or 1), or the mean of all.

    Windows of `seconds` follow each other without gap or overlap; the last is shorter. Where the recording has no
    sound for a while there are zeros, so that times stay right. Nothing comes from a recording without sound.
    """
    length = round(seconds * RATE)
    begin = at = round(start * RATE)  # first sample of the window, and the next that is expected
    jitter = 0.0  # none where reading begins
    window = np.zeros(length, np.float32)
    for second, samples in _sounds(path, kind, start, problems, both=channel is not None):
        samples = samples[channel or 0]
        place = round(second * RATE)
        if abs(place - at) <= jitter * RATE:
            place = at
        elif place < at:
            samples = samples[at - place :]
            place = at
        jitter = _JITTER if len(samples) else jitter
        while len(samples):
            while place - begin >= length:
                yield begin / RATE, window
                begin += length
                window = np.zeros(length, np.float32)
            part = samples[: begin + length - place]
            window[place - begin : place - begin + len(part)] = part
            samples = samples[len(part) :]
            at = place = place + len(part)
    if at > begin:
        yield begin / RATE, window[: at - begin]


def frames(
    path: Path,
    kind: Kind,
    start: float = 0.0,
    end: float | None = None,
    key_only: bool = False,
    width: int | None = None,
    problems: list[str] | None = None,
    every: float = 0.0,
) -> Iterator[Frame]:
    """The frames with start ≤ time < end, in order; with `key_only` those that stand by themselves, which is many
    times faster. They are scaled down to `width` pixels, keeping the shape of the picture. Frames less than `every`
    seconds after the one before are passed over, which spares their conversion. Nothing comes from a recording without
    pictures.
    """
    last = start - every
    for second, frame in decoded(path, kind, start, end, key_only, problems):
        if second >= start and second - last >= 0.95 * every:  # clocks are rounded
            last = second
            yield Frame(second, upright(frame, width))


def frame_at(path: Path, kind: Kind, second: float) -> Image:
    """The picture to be seen at that second: RGB, upright, at most 1920 px on the longer side.

    Beyond the end it is the last one. Raises ExtractionError where there is none.
    """
    from PIL import Image

    found: VideoFrame | None = None
    for back in (0.0, 10.0, second):  # in some containers seeking ends behind the second that was asked for
        for _, frame in decoded(path, kind, max(0.0, second - back), second + 0.001):
            found = frame
        if found is not None:
            break
    else:  # before the first frame
        found = next((frame for _, frame in decoded(path, kind)), None)
    if found is None:
        raise ExtractionError(f"{path.name} has no picture that can be decoded near {clock(second)}.", "look")
    return Image.fromarray(upright(found, longest=LONGEST))


def both_channels(path: Path, kind: Kind, start: float, seconds: float) -> np.ndarray:
    """Both channels from second `start` on, as float32 (2, n), 16 kHz; shorter than `seconds` at the end."""
    parts, most = [np.zeros((2, 0), np.float32)], round(seconds * RATE)
    for second, samples in _sounds(path, kind, start, [], both=True):
        parts.append(samples[:, max(0, round((start - second) * RATE)) :])
        if sum(part.shape[1] for part in parts) >= most:
            break
    return np.concatenate(parts, axis=1)[:, :most]


def subtitle_cues(path: Path, kind: Kind) -> list[Cue]:
    """The first embedded track of text, [] without one."""
    from av.error import FFmpegError

    from pipelines.extractors.subtitles import plain, tidied

    cues = []
    with opened(path, kind.media_type) as container:
        tracks = [s for s in container.streams.subtitles if _codec(s) in _TEXT_SUBTITLES]
        if not tracks:
            return []
        track = next((s for s in tracks if s.disposition.name and "default" in s.disposition.name), tracks[0])
        only(container, track)
        begins = origin(container)
        for packet in packets(container, track, Damage("subtitles")):
            if packet.pts is None or not packet.size:
                continue
            try:
                lines = [line.dialogue for line in packet.decode()]
            except (FFmpegError, AttributeError):
                continue
            text = plain(b"\n".join(lines).decode("utf-8", "replace"))
            start = float(packet.pts * packet.time_base) - begins
            cues.append(Cue(start, start + float((packet.duration or 0) * packet.time_base), text))
    return tidied(cues)


def _sounds(
    path: Path, kind: Kind, start: float, problems: list[str] | None, both: bool
) -> Iterator[tuple[float, np.ndarray]]:
    """Decoded sound as (second, float32 (1, n), 16 kHz), or (2, n) with `both` channels, about as the packets come."""
    from av.error import FFmpegError

    damage = Damage("sound", problems)
    with opened(path, kind.media_type) as container:
        stream = sound_of(container)
        if stream is None:
            return
        only(container, stream)
        timeline, resampler, reached, any_sound = Clock(container, start), None, 0.0, False
        if start:
            seek(container, stream, start)
        for packet in packets(container, stream, damage):
            try:
                decoded = packet.decode()
            except (FFmpegError, ValueError):
                damage.at(reached)
                continue
            for frame in decoded:
                second = reached = timeline.second(None if frame.pts is None else float(frame.pts * frame.time_base))
                frame.pts = None  # the resampler would reorder by it; places are ours to keep
                try:
                    resampler = resampler or _resampler(both)
                    parts = resampler.resample(frame)
                except ValueError:  # the number of channels or the rate has changed
                    resampler = _resampler(both)
                    parts = resampler.resample(frame)
                for part in parts:
                    samples = part.to_ndarray()
                    any_sound = True
                    yield second, samples
                    second += samples.shape[1] / RATE
                reached += frame.samples / (frame.sample_rate or RATE)
        claimed = claim(container)
    damage.close(path, kind.media_type, reached, claimed, nothing=not any_sound and not start)


def _resampler(both: bool) -> AudioResampler:
    """Several channels become their mean, so that nothing gets louder than 1."""
    import av

    return av.AudioResampler("fltp", "stereo" if both else "mono", RATE, options={"rematrix_maxval": "1"})


def _first_size(path: Path, kind: Kind, stream: Any) -> tuple[int, int]:
    """Of the first frame, since only a decoded one knows how it is turned; else what the header says."""
    first = next((frame for _, frame in decoded(path, kind)), None)
    return upright_size(first) if first is not None else (stream.codec_context.width, stream.codec_context.height)


def _codec(stream: Any) -> str:
    return stream.codec_context.name if stream is not None and stream.codec_context is not None else ""


def _nothing(container: InputContainer, path: Path) -> ExtractionError:
    known = [stream for stream in container.streams if stream.type in ("audio", "video")]
    if any(stream.codec_context is None for stream in known):
        return Unsupported(f"{path.name} is encoded in a way that cannot be decoded. Save it as MP4 (H.264, AAC).")
    return ExtractionError(f"{path.name} holds neither sound nor moving pictures. Check where it comes from.")
