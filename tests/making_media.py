"""Makes small real recordings and videos for the tests, with PyAV alone."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

RATE = 16_000
"""Samples a second of every sound made and given here."""

Shot = tuple[float, Any]
"""Seconds, and a colour (any that Pillow knows) or a picture."""

_SOUND = {".webm": "libopus", ".ogg": "libopus", ".opus": "libopus", ".mp3": "libmp3lame", ".wav": "pcm_s16le"}
_SOUND |= {".flac": "flac", ".aiff": "pcm_s16be", ".wma": "wmav2", ".avi": "libmp3lame", ".flv": "libmp3lame"}
_SOUND |= {".mpg": "mp2", ".amr": "libopencore_amrnb", ".asf": "wmav2"}
_FORMAT = {".m4v": "mp4", ".aac": "adts", ".wma": "asf", ".ts": "mpegts", ".mpg": "mpeg"}


def tone(seconds: float, pitch: float = 440.0, loudness: float = 0.3) -> np.ndarray:
    """A sine tone as float32 (n,), mono, 16 kHz."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (loudness * np.sin(2 * np.pi * pitch * times)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    """Zeros as float32 (n,), mono, 16 kHz."""
    return np.zeros(round(seconds * RATE), np.float32)


def slide(text: str, size: tuple[int, int] = (640, 360), colour: str = "white", ink: str = "black") -> Image.Image:
    """A picture with large words on it, a line of them each."""
    from PIL import ImageFont

    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).multiline_text(
        (size[0] * 0.08, size[1] * 0.2), text, ink, ImageFont.load_default(size[1] / 9), spacing=size[1] / 18
    )
    return picture


def make_video(
    path: Path,
    shots: list[Shot],
    audio: np.ndarray | None = None,
    fps: int = 12,
    size: tuple[int, int] = (320, 180),
    codec: str = "libx264",
    *,
    turned: int = 0,
    starts: float = 0.0,
    times: list[float] | None = None,
    subtitles: list[tuple[float, float, str]] | None = None,
    title: str = "",
    gop: int = 12,
    options: dict[str, str] | None = None,
) -> Path:
    """Writes a video; the suffix says the container (.mp4 .mkv .webm .mov .avi .m4v .flv .ts .mpg .3gp .gif).

    Each shot is shown for its seconds. `audio` is float32 (n,), mono, 16 kHz. `turned` is what the display matrix
    says, in degrees counterclockwise. The clock of the container begins at `starts` seconds. `times` gives one second
    for each shot at which its single frame is shown (variable frame rate) instead of filling it with frames.
    `subtitles` are (start, end, text) of an embedded track. `options` go to the muxer (movflags …).
    """
    import av

    plain = "rgb8" if codec == "gif" else "yuvj420p" if codec == "mjpeg" else "yuv420p"
    with av.open(str(path), "w", format=_FORMAT.get(path.suffix), options=options or {}) as out:
        if title:
            out.metadata["title"] = title
        settings = {"preset": "ultrafast"} if codec == "libx264" else {}
        settings = {"deadline": "realtime", "cpu-used": "8"} if codec.startswith("libvpx") else settings
        pictures = out.add_stream(codec, rate=fps, options=settings)
        pictures.width, pictures.height, pictures.pix_fmt = *size, plain
        pictures.codec_context.gop_size = gop
        if turned:
            pictures.set_display_rotation(turned)
        fine = codec in ("libx264", "libvpx", "libvpx-vp9") and path.suffix != ".avi"
        ticks = Fraction(1, 1000) if fine else Fraction(1, fps)
        pictures.codec_context.time_base = ticks
        sound = None
        if audio is not None:
            sound = out.add_stream(_SOUND.get(path.suffix, "aac"), rate=_rate(path.suffix), layout="mono")
        words = None
        if subtitles:
            words = out.add_mux_stream("mov_text" if path.suffix in (".mp4", ".mov", ".m4v") else "subrip")
            words.time_base = Fraction(1, 1000)
        out.start_encoding()
        for second, picture in _shown(shots, fps, times):
            frame = av.VideoFrame.from_image(_picture(picture, size)).reformat(format=plain)
            frame.pts, frame.time_base = round((second + starts) / ticks), ticks
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        if sound is not None and audio is not None:
            _mux_sound(out, sound, audio, starts)
        for start, end, text in subtitles or ():
            _mux_words(out, words, start + starts, end + starts, text, path.suffix != ".mkv")
    return path


def make_audio(path: Path, samples: np.ndarray, title: str = "", cover: Image.Image | None = None) -> Path:
    """Writes float32 (n,) mono or (2, n) stereo, 16 kHz, as the suffix says:
    .wav .mp3 .m4a .flac .ogg .opus .wma .aac .aiff .mka .mp4 …

    `cover` is attached as a picture (.m4a, .mp3).
    """
    import av

    form = "mp4" if cover is not None and path.suffix == ".m4a" else _FORMAT.get(path.suffix)
    with av.open(str(path), "w", format=form) as out:
        if title:
            out.metadata["title"] = title
        sound = out.add_stream(_SOUND.get(path.suffix, "aac"), rate=_rate(path.suffix), layout=_layout(samples))
        if path.suffix in (".wma", ".amr"):  # their encoders guess no rate
            sound.bit_rate = 12_200 if path.suffix == ".amr" else 32_000
        art = None
        if cover is not None:
            art = out.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = *cover.size, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
        out.start_encoding()
        if art is not None and cover is not None:
            frame = av.VideoFrame.from_image(cover).reformat(format="yuvj420p")
            frame.pts = 0
            out.mux(art.encode(frame))
            out.mux(art.encode(None))
        _mux_sound(out, sound, samples, 0.0)
    return path


def cut(path: Path, share: float) -> Path:
    """Keeps the first `share` (0..1) of the file's bytes, as a broken copy does."""
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * share)])
    return path


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[tuple[str, int, int]]:
    """The boxes of an MP4 between two offsets as (name, offset, size)."""
    found, at = [], start
    while at + 8 <= (len(data) if end is None else end):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        found.append((name.decode("latin-1"), at, size))
        at += max(size, 8)
    return found


def _shown(shots: list[Shot], fps: int, times: list[float] | None) -> list[tuple[float, Any]]:
    """Every frame with its second."""
    if times is not None:
        return [(second, picture) for second, (_, picture) in zip(times, shots, strict=True)]
    frames: list[tuple[float, Any]] = []
    for seconds, picture in shots:
        frames += [(len(frames) / fps + number / fps, picture) for number in range(round(seconds * fps))]
    return [(number / fps, picture) for number, (_, picture) in enumerate(frames)]


def _picture(what: Any, size: tuple[int, int]) -> Image.Image:
    return what.convert("RGB").resize(size) if isinstance(what, Image.Image) else Image.new("RGB", size, what)


def _rate(suffix: str) -> int:
    if suffix == ".amr":
        return 8_000
    return {".opus": 48_000, ".ogg": 48_000, ".webm": 48_000, ".flv": 44_100, ".mpg": 48_000}.get(suffix, RATE)


def _layout(samples: np.ndarray) -> str:
    return "mono" if samples.ndim == 1 else "stereo"


def _mux_sound(out: Any, stream: Any, samples: np.ndarray, starts: float) -> None:
    import av

    layout = _layout(samples)
    resampler = av.AudioResampler(
        stream.codec_context.format, layout, stream.codec_context.sample_rate, stream.codec_context.frame_size or 1024
    )
    rate = stream.codec_context.sample_rate
    position = round(starts * rate)
    whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.atleast_2d(samples), np.float32), "fltp", layout)
    whole.sample_rate, whole.pts, whole.time_base = RATE, 0, Fraction(1, RATE)
    for frame in [*resampler.resample(whole), *resampler.resample(None)]:
        frame.pts, frame.time_base = position, Fraction(1, rate)
        position += frame.samples
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _mux_words(out: Any, stream: Any, start: float, end: float, text: str, counted: bool) -> None:
    import av

    raw = text.encode()
    packet = av.Packet(struct.pack(">H", len(raw)) + raw if counted else raw)  # mov_text says its length first
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = round(start * 1000)
    packet.duration = round((end - start) * 1000)
    out.mux(packet)
