"""Broken and hostile recordings: what is readable is kept, the rest is a sentence; nothing else is opened."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.errors import ExtractionError, Unsupported
from pipelines.reading.kinds import kind_of
from pipelines.recordings.containers import LONGEST_LEAP
from pipelines.recordings.media import RATE, frame_at, probe
from tests.making_media import boxes, cut, make_audio, make_video, silence, slide, tone
from tests.pipelines.recordings.test_media import heard, loud, of, seen


def busy(seconds: float) -> list[tuple[float, object]]:
    """Shots that fill a file with bytes: noise, each frame another."""
    from PIL import Image

    noise = np.random.default_rng(3)
    return [
        (1 / 12, Image.fromarray(noise.integers(0, 255, (180, 320, 3), np.uint8))) for _ in range(round(seconds * 12))
    ]


def test_a_truncated_mp4_gives_what_is_readable_and_says_so(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", busy(8), tone(8), options={"movflags": "faststart"})
    cut(path, 0.5)
    problems: list[str] = []
    shown, sound = seen(path, problems=problems), heard(path, problems=problems)
    assert 3 < shown[-1].time < 5 and 3 < len(sound[0][1]) / RATE < 5
    assert [problem for problem in problems if "ends at 0:0" in problem and "of 0:08: it is truncated" in problem]
    assert of(path).duration == pytest.approx(4, abs=0.7)


def test_an_mp4_without_its_index_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    path = cut(make_video(tmp_path / "a.mp4", busy(2)), 0.5)
    with pytest.raises(ExtractionError, match=r"a\.mp4 .*index.*Copy or download it again"):
        of(path)
    assert kind_of(path).modality == "video"


def test_an_mp4_with_nothing_but_its_index_is_an_error(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", [(2, "red")], options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: next(at for name, at, _ in boxes(data) if name == "mdat")])
    with pytest.raises(ExtractionError, match="lasts 0 seconds"):
        of(path)


def test_a_header_that_claims_200_hours_is_not_believed(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", [(4, "red")], tone(4))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # Duration: a float of eight bytes, in milliseconds
    data[at : at + 8] = struct.pack(">d", 200 * 3600 * 1000.0)
    path.write_bytes(data)
    problems: list[str] = []
    assert of(path).duration == pytest.approx(4, abs=0.2)
    assert sum(len(part) for _, part in heard(path, problems=problems)) < 5 * RATE
    assert problems == ["The file ends at 0:04 of 200:00:00: it is truncated, or its header is wrong."]


def test_stamps_that_leap_200_hours_fill_nothing(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", [(1, "red")] * 4, times=[0, 1, 720_000, 720_001])
    assert [frame.time for frame in seen(path)][-1] < LONGEST_LEAP
    assert (of(path).duration or 0) < LONGEST_LEAP


def test_recordings_joined_end_to_end_go_on_in_time(tmp_path: Path) -> None:
    one = make_video(tmp_path / "1.ts", [(3, "red")], tone(3)).read_bytes()
    two = make_video(tmp_path / "2.ts", [(3, "blue")], silence(3)).read_bytes()
    (tmp_path / "both.ts").write_bytes(one + two)
    times = [frame.time for frame in seen(tmp_path / "both.ts")]
    assert times == sorted(times) and times[-1] == pytest.approx(6, abs=0.3)
    assert sum(len(part) for _, part in heard(tmp_path / "both.ts")) / RATE == pytest.approx(6, abs=0.4)


def smashed(path: Path, kind: str) -> Path:
    """The packets of one stream become noise."""
    data, noise = bytearray(path.read_bytes()), np.random.default_rng(5)
    with av.open(str(path)) as container:
        for packet in container.demux(**{kind: 0}):
            if packet.pos is not None and packet.size:
                data[packet.pos : packet.pos + packet.size] = noise.bytes(packet.size)
    path.write_bytes(data)
    return path


def test_each_stream_fails_by_itself(tmp_path: Path) -> None:
    path = smashed(make_video(tmp_path / "a.mp4", [(2, "red"), (2, "blue")], tone(4)), "audio")
    problems: list[str] = []
    heard(path, problems=problems)
    assert problems and "sound" in problems[0]
    assert len(seen(path, problems=problems)) == 48 and len(problems) == 1
    path = smashed(make_video(tmp_path / "b.mp4", busy(4), tone(4)), "video")
    problems = []
    assert loud(heard(path, problems=problems)[0][1]) and problems == []
    assert seen(path, problems=problems) == []
    assert problems == ["The picture cannot be decoded."]
    with pytest.raises(ExtractionError, match="no picture that can be decoded"):
        frame_at(path, kind_of(path), 1.0)


def test_a_hole_in_the_sound_becomes_silence(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", np.concatenate([tone(4), silence(4), tone(2)]))
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 4 + 1500] = bytes(1500)
    path.write_bytes(data)
    problems: list[str] = []
    whole = np.concatenate([part for _, part in heard(path, problems=problems)])
    assert not loud(whole[int(5 * RATE) : int(7 * RATE)]) and loud(whole[int(8.5 * RATE) : int(9.5 * RATE)])


def test_playlists_and_scripts_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    target = make_video(tmp_path / "target.mp4", [(1, "red")])
    (tmp_path / "list.mp4").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{target.as_uri()}\n#EXT-X-ENDLIST\n"
    )
    (tmp_path / "script.mkv").write_text("ffconcat version 1.0\nfile 'target.mp4'\n")
    for name in ("list.mp4", "script.mkv"):
        with pytest.raises(Unsupported, match="is a playlist"):
            kind_of(tmp_path / name)
        with pytest.raises(ExtractionError):  # and no demuxer follows them where it is told that they are videos
            probe(tmp_path / name, kind_of(target))


def test_a_movie_that_keeps_its_pictures_in_another_file_is_refused(tmp_path: Path) -> None:
    target = make_video(tmp_path / "target.mov", busy(1))
    path = make_video(tmp_path / "a.mov", busy(1))
    path.write_bytes(referring(path.read_bytes(), target))
    with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}) as container:
        assert len(list(container.decode(video=0))) == 12  # the reference works where it is followed
    with pytest.raises(ExtractionError, match="refers to other files, which is not followed"):
        of(path)
    assert seen(path) == []


def referring(data: bytes, target: Path) -> bytes:
    """A movie whose data reference is a Macintosh alias of another file."""
    path = str(target).encode() + b"\0" * (len(str(target)) % 2)
    alias = bytes(10) + b"\3" + b"vol".ljust(27, b"\0") + bytes(12) + bytes([len(target.name)])
    alias += target.name.encode().ljust(63, b"\0") + bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
    alias += struct.pack(">HH", 2, len(path)) + path + struct.pack(">HH", 0xFFFF, 0)
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    at = data.index(b"url \0\0\0\1") - 4
    out = bytearray(data[:at] + entry + data[at + 12 :])

    def grow(start: int, end: int | None) -> None:
        for name, offset, size in boxes(bytes(out), start, end):
            if offset < at < offset + size:
                out[offset : offset + 4] = struct.pack(">I", size + len(entry) - 12)
                if name != "dref":
                    grow(offset + 8, offset + size)

    grow(0, None)
    return bytes(out)


def test_an_mp3_called_mp4_is_sound(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", tone(1)).rename(tmp_path / "a.mp4")
    assert (kind_of(path).modality, of(path).audio_codec[:3]) == ("audio", "mp3")


def test_frames_too_large_to_decode_are_left_alone(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.webm", [(1, "red")], codec="libvpx")
    data = bytearray(path.read_bytes())
    at = data.index(b"\x9d\x01\x2a") + 3  # what the key frame itself says of its width and height
    data[at : at + 4] = struct.pack("<HH", 16_383, 16_383)
    path.write_bytes(data)
    problems: list[str] = []
    assert seen(path, problems=problems) == []
    assert problems == ["The picture cannot be decoded."]


def test_a_container_that_announces_huge_frames_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_video(tmp_path / "a.mp4", [(1, "red")])
    monkeypatch.setattr(
        "pipelines.recordings.moving.MOST_PIXELS", 320 * 180 - 1
    )  # a real one would need gigabytes here
    with pytest.raises(ExtractionError, match="320 × 180 pixels, more than is safe to decode"):
        seen(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts", "a.webm", "a.mpg", "a.flv"])
def test_damage_anywhere_ends_in_frames_or_a_sentence(tmp_path: Path, name: str) -> None:
    codec = {"a.avi": "mpeg4", "a.webm": "libvpx", "a.mpg": "mpeg1video", "a.flv": "flv"}.get(name, "libx264")
    path = make_video(tmp_path / name, [(1, "red"), (1, slide("Words"))], tone(2), 25, codec=codec)
    data, dice = path.read_bytes(), np.random.default_rng(7)
    for round_ in range(12):
        broken = bytearray(data)
        within = len(broken) if round_ % 2 else min(len(broken), 3000)  # headers more often than their share
        for at in dice.integers(0, within, 12):
            broken[at] = dice.integers(0, 256)
        path.write_bytes(broken[: dice.integers(1, len(broken))] if round_ % 4 == 3 else broken)
        try:
            info, samples, shown = of(path), heard(path), seen(path, width=32)
            assert sum(len(part) for _, part in samples) <= (LONGEST_LEAP + 60) * RATE
            assert len(shown) <= 60 and (info.duration or 0) <= LONGEST_LEAP + 60
        except ExtractionError as error:
            assert path.name in str(error)
