"""Recordings opened by PyAV, safely, and their clock. Leaves sound and frames to media.py.

Which demuxer reads a file is fixed by its content (kinds.py), so that a playlist or a script is never read as one. It
is handed an open file and no means to open another: what refers to other files or addresses leads nowhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.records import clock
from pipelines.errors import ExtractionError, Unsupported

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MOST_PIXELS = 64 * 1024 * 1024
"""A frame with more is not decoded: 8K has 33 million."""

LONGEST_LEAP = 2 * 3600.0
"""Seconds of nothing that are believed in one recording, all gaps together; beyond them its clock is wrong."""

_FEW = 1000
"""Bytes a second below which a header's word on the duration is not taken: counting such packets costs nothing."""

_DEMUXERS = {
    "mov": "video/mp4 video/quicktime video/3gpp audio/mp4",
    "matroska": "video/x-matroska video/webm audio/x-matroska audio/webm",
    "avi": "video/x-msvideo audio/x-msvideo",
    "flv": "video/x-flv audio/x-flv",
    "asf": "video/x-ms-asf audio/x-ms-asf",
    "mpegts": "video/mp2t audio/mp2t",
    "mpeg": "video/mpeg audio/mp2p",
    "mpegvideo": "video/mpv",
    "ogg": "video/ogg audio/ogg",
    "gif": "image/gif",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "caf": "audio/x-caf",
    "wv": "audio/x-wavpack",
}
"""The demuxers of libavformat that are used, with the media types that kinds.py tells by content."""

_FORMS = {"quicktime": "mp4", "3gpp": "mp4", "mpeg": "mp2p"}
"""Forms of video that have another name where they hold only sound."""

_GUESSED = ("mp3", "aac", "mpeg", "mpegvideo")
"""Demuxers that guess the duration from the bit rate."""


@contextmanager
def opened(path: Path, media_type: str) -> Iterator[InputContainer]:
    """The container in the file, its streams known. Raises ExtractionError or Unsupported (stage 'open')."""
    import av

    demuxer = next((name for name, types in _DEMUXERS.items() if media_type in types.split()), None)
    if demuxer is None:
        raise Unsupported(f"{path.name} is {media_type}, which is neither sound nor video.", "open")
    try:
        file = _Reader(io.FileIO(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExtractionError(f"{path.name} cannot be opened: {reason}. Check that you may read it.", "open") from error
    with file:
        try:
            container = av.open(
                file,
                "r",
                format=demuxer,
                options={"protocol_whitelist": "file", "max_pixels": str(MOST_PIXELS)},
                metadata_errors="replace",
                buffer_size=1 << 18,
                io_open=_refuse,
            )
        except Exception as error:  # FFmpegError of any kind, and what its wrappers raise on odd headers
            raise ExtractionError(_why_not(path, demuxer, error), "open") from error
        try:
            yield container
        finally:
            container.close()


def recording_type(path: Path, media_type: str) -> str:
    """The media type of a container that may hold sound or video, by what is in it. A cover is no video."""
    try:
        with opened(path, media_type) as container:
            if pictures_of(container) is not None or sound_of(container) is None:
                return media_type
    except ExtractionError:
        return media_type  # whoever reads it says what is wrong
    form = media_type.removeprefix("video/")
    return f"audio/{_FORMS.get(form, form)}"


def sound_of(container: InputContainer) -> AudioStream | None:
    """The stream of sound that is meant to be heard: the default one, else the first."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return next((stream for stream in streams if stream.disposition & _default()), streams[0] if streams else None)


def pictures_of(container: InputContainer) -> VideoStream | None:
    """The stream of moving pictures that is meant to be seen. Covers and thumbnails are none."""
    from av.stream import Disposition

    stills = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if s.codec_context is not None and not s.disposition & stills]
    return next((stream for stream in streams if stream.disposition & _default()), streams[0] if streams else None)


def only(container: InputContainer, *wanted: Any) -> None:
    """Spares the demuxer all other streams."""
    from av.stream import Discard

    for stream in container.streams:
        stream.discard = Discard.default if stream in wanted else Discard.all


def origin(container: InputContainer) -> float:
    """The second at which the container begins. What comes before zero is for the decoder to warm up."""
    return max(0.0, (container.start_time or 0) / 1e6)


def end_of(container: InputContainer, path: Path) -> float:
    """The second at which the recording ends, for a freshly opened container; 0 where it holds nothing.

    The header is believed if the packets at the end bear it out. Otherwise (a truncated file, 200 hours in 3 MB, a
    recording without a duration) all packets are looked at, without decoding.
    """
    from av.error import FFmpegError

    claimed = claim(container)
    likely = claimed and path.stat().st_size >= _FEW * claimed and container.format.name not in _GUESSED
    if claimed and likely:
        try:
            tail = claimed - 5 if claimed > 10 else 0.0
            if tail:
                container.seek(int((tail + origin(container)) * 1e6))
            last = _last(container, tail)
            if last and last >= claimed - slack(claimed):
                return max(claimed, last)
        except FFmpegError:
            pass
    try:
        container.seek(int(origin(container) * 1e6))
    except FFmpegError:
        return 0.0
    return _last(container)


def claim(container: InputContainer) -> float:
    """How long it lasts by its header, in seconds; 0 where that says nothing."""
    seconds = (container.duration or 0) / 1e6
    if container.format.name in ("matroska", "flv"):  # they note the last time stamp
        seconds -= origin(container)
    return max(0.0, seconds)


def slack(seconds: float) -> float:
    """How much of a duration may be missing before it is a sign of damage."""
    return max(2.0, seconds * 0.01)


class Clock:
    """Seconds from the container's beginning for the time stamps of one stream.

    Steps back (two recordings joined) and leaps over hours (damage) are taken out, so that whoever fills gaps never
    fills what only a broken number claims.
    """

    def __init__(self, container: InputContainer, start: float = 0.0) -> None:
        self.shift = -origin(container)
        self.now = start
        self.sought = start > 0  # then the first stamp lies before
        self.leapt = 0.0

    def second(self, stamp: float | None) -> float:
        """The second for a time stamp in seconds; without one, that of the last."""
        if stamp is None:
            return self.now
        second = stamp + self.shift
        step = second - self.now
        leap = step if step > 1 else 0.0
        if (step < -1 and not self.sought) or self.leapt + leap > LONGEST_LEAP:
            self.shift -= step
            second, leap = self.now, 0.0
        self.leapt += leap
        self.now = second if self.sought else max(self.now, second)
        self.sought = False
        return second


class Damage:
    """What could not be decoded of one stream, and the sentence about it."""

    def __init__(self, what: str, problems: list[str] | None = None) -> None:
        self.what, self.problems = what, problems
        self.count, self.first = 0, 0.0

    def at(self, second: float) -> None:
        self.first = second if not self.count else self.first
        self.count += 1

    def say(self, sentence: str) -> None:
        if self.problems is not None and sentence not in self.problems:
            self.problems.append(sentence)

    def close(self, path: Path, media_type: str, reached: float, claimed: float, nothing: bool) -> None:
        """Says what was wrong once the stream has been read to its end, which is at second `reached`; `nothing` says
        that none of it could be decoded."""
        if nothing:
            self.say(f"The {self.what} cannot be decoded.")
            return
        if self.count:
            parts = "part is" if self.count == 1 else "parts are"
            self.say(f"{self.count} {parts} damaged in the {self.what}, first near {clock(self.first)}; left out.")
        if claimed - reached > slack(claimed):
            with opened(path, media_type) as container:
                end = max(reached, end_of(container, path))
            if claimed - end > slack(claimed):
                self.say(f"The file ends at {clock(end)} of {clock(claimed)}: it is truncated, or its header is wrong.")


def packets(container: InputContainer, streams: Any, damage: Damage) -> Iterator[Any]:
    """The packets of one or several streams up to the end; what the demuxer stumbles over is skipped."""
    from av.error import FFmpegError

    stumbles, position = 0, 0.0
    while stumbles < 100:
        try:
            for packet in container.demux(streams):
                if packet.pts is not None:
                    position = float(packet.pts * packet.time_base)
                yield packet
            return
        except FFmpegError:
            damage.at(max(0.0, position - origin(container)))
            stumbles += 1


def seek(container: InputContainer, stream: Any, second: float) -> None:
    """To the key frame before the second; to the beginning where the container cannot seek."""
    from av.error import FFmpegError

    try:
        container.seek(int((second + origin(container)) / stream.time_base), stream=stream)
    except FFmpegError:
        with suppress(FFmpegError):
            container.seek(0)


class _Reader(io.BufferedReader):
    """Answers -1, as C does, where a damaged header points before the beginning of the file."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        try:
            return super().seek(offset, whence)
        except (OSError, ValueError):
            return -1


def _last(container: InputContainer, start: float = 0.0) -> float:
    """The end of the last packet of sound or picture, in seconds from the container's beginning."""
    streams = (*container.streams.audio, *container.streams.video)
    clocks, last = {stream.index: Clock(container, start) for stream in streams}, 0.0
    for packet in packets(container, streams, Damage("any stream")):
        if packet.pts is not None and packet.size:
            lasts = float((packet.duration or 0) * packet.time_base)
            second = clocks[packet.stream_index].second(float(packet.pts * packet.time_base))
            last = max(last, second + min(lasts, LONGEST_LEAP))
    return last


def _default() -> Any:
    from av.stream import Disposition

    return Disposition.default


def _refuse(url: str, flags: int, options: dict[str, str]) -> Any:
    raise PermissionError(f"The recording refers to {url}, which is not followed.")


def _why_not(path: Path, demuxer: str, error: Exception) -> str:
    if demuxer == "mov":
        why = "its index (the part named moov) is missing or damaged, as after a recording or copy that was cut off"
        return f"{path.name} cannot be played: {why}. Copy or download it again."
    reason = getattr(error, "strerror", "") or str(error).split("\n")[0][:120] or type(error).__name__
    return f"{path.name} is damaged and cannot be played ({reason}). Copy or download it again."
