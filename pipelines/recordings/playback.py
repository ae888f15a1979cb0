"""Recordings as browsers can play them: tells which they can, makes MP4 and M4A of the others, and finds waveforms.

Streams are copied where the new container takes them as they are, else made anew. Leaves keeping what is made, and
making it in the background, to whoever asks.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import ExtractionError
from pipelines.recordings.containers import Clock, Damage, only, opened, origin, packets, pictures_of, sound_of
from pipelines.recordings.media import RATE as HEARD_RATE
from pipelines.recordings.media import audio_windows, frames, probe

if TYPE_CHECKING:
    from pipelines.reading.kinds import Kind
    from pipelines.recordings.media import MediaInfo

# Which codecs play in the browsers of today inside which container (MDN: media container and codec guides).
_PLAYED: dict[str, frozenset[str]] = {
    "video/mp4": frozenset(("h264", "av1", "vp9", "aac", "mp3", "opus", "flac")),
    "video/webm": frozenset(("vp8", "vp9", "av1", "vorbis", "opus")),
    "audio/mp4": frozenset(("aac", "mp3", "flac", "opus")),
    "audio/mpeg": frozenset(("mp3",)),
    "audio/wav": frozenset(("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw")),
    "audio/flac": frozenset(("flac",)),
    "audio/ogg": frozenset(("vorbis", "opus", "flac")),
    "audio/webm": frozenset(("vorbis", "opus")),
}
_NAMES = {"libdav1d": "av1", "libaom-av1": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9", "libvorbis": "vorbis"}
_NAMES |= {"libopus": "opus", "mp3float": "mp3"}
"""What libav's decoders are called where that is not the codec's name."""

_COPIED = frozenset(("h264", "vp9", "av1", "aac", "mp3", "opus"))  # that MP4 takes as they are
_PLAIN = ("yuv420p", "yuvj420p")  # what every H.264 decoder knows
_LONGER, _SHORTER = 1280, 720  # pixels of a preview's sides at most
_APART = 1 / 31  # seconds between two frames of a preview at least
_RATE = 48_000
_JITTER = 0.1  # seconds by which time stamps may differ from the samples counted
_BEAT = 0.1  # seconds of a recording that one peak stands for at first
_PEAKS = 2000  # that a waveform has at most

Report = Callable[[float], None]
"""Told which share of the work is done, 0..1. What it raises ends the work."""

Packets = Iterator[tuple[float, Any]]
"""Encoded packets of one track, each with its second, in order."""


def playable(info: MediaInfo, media_type: str) -> bool:
    """Whether browsers play this container with these codecs."""
    codecs = {_NAMES.get(codec, codec) for codec in (info.video_codec, info.audio_codec) if codec}
    return bool(codecs) and codecs <= _PLAYED.get(played_as(media_type), frozenset())


def played_as(media_type: str) -> str:
    """The name under which browsers take a container: MOV is MP4's elder brother, but refused by its own name."""
    return "video/mp4" if media_type == "video/quicktime" else media_type


def preview_of(path: Path, kind: Kind, out: Path, report: Report = lambda _: None) -> None:
    """Write MP4 that every browser plays: H.264 of at most 720 lines and AAC, or sound alone.

    Raises ExtractionError when there is nothing that can be decoded.
    """
    from av.error import FFmpegError

    info = probe(path, kind)
    try:
        _write(path, kind, info, out, report, copying=True)
        return
    except (FFmpegError, ValueError):
        pass  # some streams lack what the container needs, such as times
    try:
        _write(path, kind, info, out, report, copying=False)
    except (FFmpegError, ValueError) as error:
        raise ExtractionError(f"{path.name} cannot be made playable: {error}. Open the file itself.", "play") from error


def waveform_of(path: Path, kind: Kind, out: Path, report: Report = lambda _: None) -> None:
    """Write {"duration": seconds, "peaks": up to 2,000 of 0..1, the loudest being 1} as JSON.

    Raises ExtractionError when nothing can be heard.
    """
    info = probe(path, kind)
    beat = round(_BEAT * HEARD_RATE)
    peaks: list[np.ndarray] = []
    end = 0.0
    for second, samples in audio_windows(path, kind, seconds=60.0):
        padded = np.pad(np.abs(samples), (0, -len(samples) % beat))
        peaks.append(padded.reshape(-1, beat).max(axis=1))
        end = second + len(samples) / HEARD_RATE
        report(end / info.duration if info.duration else 0.0)
    if not peaks:
        raise ExtractionError(f"{path.name} has no sound, so it has no waveform.", "play")
    every = np.concatenate(peaks)
    borders = np.linspace(0, len(every), min(_PEAKS, len(every)), endpoint=False).astype(int)
    shown = np.maximum.reduceat(every, borders) / max(float(every.max()), 1e-4)
    values = {"duration": round(end, 3), "peaks": [round(float(peak), 3) for peak in shown]}
    out.write_text(json.dumps(values), encoding="utf-8")


def _write(path: Path, kind: Kind, info: MediaInfo, out: Path, report: Report, copying: bool) -> None:
    import av

    with ExitStack() as stack:
        target = stack.enter_context(av.open(str(out), "w", format="mp4", options={"movflags": "faststart"}))
        tracks: list[Packets] = []
        if info.video:
            copied = copying and info.video_codec in _COPIED
            tracks.append(
                (copied and _copied(path, kind, target, stack, pictures_of)) or _frames(path, kind, info, target)
            )
        if info.audio:
            copied = copying and info.audio_codec in _COPIED
            tracks.append((copied and _copied(path, kind, target, stack, sound_of)) or _sound(path, kind, info, target))
        length, told = info.duration or 0.0, 0.0
        for second, packet in heapq.merge(*tracks, key=lambda timed: timed[0]):
            target.mux(packet)
            if length and second - told > length / 200:
                told = second
                report(min(second / length, 1.0))


def _copied(path: Path, kind: Kind, target: Any, stack: ExitStack, choose: Callable[[Any], Any]) -> Packets | None:
    """The track as it is; None for H.264 of a sort that browsers refuse."""
    source = stack.enter_context(opened(path, kind.media_type))
    stream = choose(source)
    if stream.codec_context.name == "h264" and stream.codec_context.pix_fmt not in _PLAIN:
        return None
    only(source, stream)
    made = target.add_stream_from_template(stream)

    def track() -> Packets:
        shift = round(origin(source) / stream.time_base)
        for packet in packets(source, stream, Damage("copy")):
            if not packet.size:
                continue
            if packet.dts is None or packet.pts is None:
                raise ValueError("packets without times")
            packet.dts, packet.pts = packet.dts - shift, packet.pts - shift
            packet.stream = made
            yield float(packet.dts * packet.time_base), packet

    return track()


def _frames(path: Path, kind: Kind, info: MediaInfo, target: Any) -> Packets:
    scale = min(1.0, _LONGER / max(info.width, info.height), _SHORTER / min(info.width, info.height))
    made = target.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "25"})
    made.width, made.height = (max(2, round(side * scale / 2) * 2) for side in (info.width, info.height))
    made.pix_fmt = "yuv420p"
    made.codec_context.time_base = Fraction(1, 90_000)

    def track() -> Packets:
        import av

        last = -1.0
        for frame in frames(path, kind, width=made.width):
            if frame.time < last + _APART:
                continue
            last = frame.time
            picture = av.VideoFrame.from_ndarray(frame.picture, format="rgb24")
            picture = picture.reformat(made.width, made.height, "yuv420p")
            picture.pts, picture.time_base = round(frame.time * 90_000), Fraction(1, 90_000)
            yield from _timed(made.encode(picture))
        yield from _timed(made.encode(None))

    return track()


def _sound(path: Path, kind: Kind, info: MediaInfo, target: Any) -> Packets:
    layout = "stereo" if info.channels > 1 else "mono"
    made = target.add_stream("aac", rate=_RATE, layout=layout)
    made.bit_rate = 128_000 if info.channels > 1 else 64_000

    def track() -> Packets:
        written = 0
        for frame in _levelled(path, kind, layout):
            frame.pts, frame.time_base = written, Fraction(1, _RATE)
            written += frame.samples
            yield from _timed(made.encode(frame))
        yield from _timed(made.encode(None))

    return track()


def _levelled(path: Path, kind: Kind, layout: str) -> Iterator[Any]:
    """Sound at 48 kHz without a gap: where there is none for a while, it is silent, so that times stay right."""
    import av
    from av.error import FFmpegError

    sent = 0  # samples
    with opened(path, kind.media_type) as source:
        stream = sound_of(source)
        only(source, stream)
        timeline, resampler = Clock(source), av.AudioResampler("fltp", layout, _RATE)
        for packet in packets(source, stream, Damage("sound")):
            try:
                decoded = packet.decode()
            except (FFmpegError, ValueError):
                continue
            for frame in decoded:
                second = timeline.second(None if frame.pts is None else float(frame.pts * frame.time_base))
                missing = round(second * _RATE) - sent
                while missing > _JITTER * _RATE:
                    portion = min(missing, _RATE)
                    yield _silence(portion, layout)
                    sent, missing = sent + portion, missing - portion
                frame.pts = None
                try:
                    parts = resampler.resample(frame)
                except ValueError:  # the number of channels or the rate has changed
                    resampler = av.AudioResampler("fltp", layout, _RATE)
                    parts = resampler.resample(frame)
                for part in parts:
                    sent += part.samples
                    yield part


def _silence(samples: int, layout: str) -> Any:
    import av

    zeros = np.zeros((2 if layout == "stereo" else 1, samples), np.float32)
    frame = av.AudioFrame.from_ndarray(zeros, format="fltp", layout=layout)
    frame.sample_rate = _RATE
    return frame


def _timed(encoded: Any) -> Packets:
    for packet in encoded:
        yield float((packet.dts if packet.dts is not None else packet.pts or 0) * packet.time_base), packet
