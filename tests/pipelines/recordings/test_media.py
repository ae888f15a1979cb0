"""Recordings as streams: every container, one clock, and what is damaged or hostile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.reading.kinds import kind_of
from pipelines.recordings.media import RATE, Frame, MediaInfo, audio_windows, frame_at, frames, probe, subtitle_cues
from tests.making_media import make_audio, make_video, silence, slide, tone

VIDEOS = [
    ("a.mp4", "libx264", "video/mp4"),
    ("a.m4v", "libx264", "video/mp4"),
    ("a.mkv", "libx264", "video/x-matroska"),
    ("a.webm", "libvpx", "video/webm"),
    ("a.mov", "libx264", "video/quicktime"),
    ("a.avi", "mpeg4", "video/x-msvideo"),
    ("a.flv", "flv", "video/x-flv"),
    ("a.ts", "libx264", "video/mp2t"),
    ("a.mpg", "mpeg1video", "video/mpeg"),
    ("a.3gp", "h263", "video/3gpp"),
    ("a.gif", "gif", "image/gif"),
]
SOUNDS = "a.wav a.mp3 a.m4a a.flac a.ogg a.opus a.wma a.aac a.aiff a.amr a.mka a.mp4".split()


def of(path: Path) -> MediaInfo:
    return probe(path, kind_of(path))


def seen(path: Path, **options: object) -> list[Frame]:
    return list(frames(path, kind_of(path), **options))  # type: ignore[arg-type]


def heard(path: Path, **options: object) -> list[tuple[float, np.ndarray]]:
    return list(audio_windows(path, kind_of(path), **options))  # type: ignore[arg-type]


def colour(picture: np.ndarray) -> str:
    red, green, blue = picture.reshape(-1, 3).mean(0)
    return "red" if red > 2 * max(green, blue) else "blue" if blue > 2 * max(red, green) else "other"


def loud(samples: np.ndarray) -> bool:
    return float(np.sqrt((samples**2).mean())) > 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("name", "codec", "media_type"), VIDEOS)
def test_every_video_container_gives_its_frames_and_sound_at_their_times(
    tmp_path: Path, name: str, codec: str, media_type: str
) -> None:
    sound = None if name.endswith("gif") else np.concatenate([silence(2), tone(2)])
    fps, size = (25 if codec == "mpeg1video" else 12), (352, 288)
    path = make_video(tmp_path / name, [(2, "red"), (2, "blue")], sound, fps, size, codec)
    path = path.rename(tmp_path / "called.wrongly")
    assert (kind_of(path).modality, kind_of(path).media_type) == ("video", media_type)
    info = of(path)
    assert (info.video, info.audio, info.width, info.height) == (True, sound is not None, *size)
    assert info.duration == pytest.approx(4, abs=0.15)
    shown = seen(path, width=64)
    assert all(frame.picture.shape == (52, 64, 3) and frame.picture.dtype == np.uint8 for frame in shown)
    first_blue = next(frame.time for frame in shown if colour(frame.picture) == "blue")
    assert first_blue == pytest.approx(2, abs=0.2)
    assert [f.time for f in shown] == sorted(f.time for f in shown)
    if sound is not None:
        samples = np.concatenate([part for _, part in heard(path)])
        assert not loud(samples[: int(1.9 * RATE)]) and loud(samples[int(2.1 * RATE) : int(3.8 * RATE)])


@pytest.mark.parametrize("name", SOUNDS)
def test_every_sound_container_gives_windows_that_follow_each_other(tmp_path: Path, name: str) -> None:
    path = make_audio(tmp_path / name, np.concatenate([tone(1), silence(2), tone(1)]))
    assert kind_of(path).modality == "audio"
    info = of(path)
    assert info.audio and not info.video and info.duration == pytest.approx(4, abs=0.16) and info.channels == 1
    windows = heard(path, seconds=1.5)
    assert [start for start, _ in windows] == [0, 1.5, 3]
    assert [len(part) for _, part in windows[:2]] == [1.5 * RATE] * 2
    assert all(part.dtype == np.float32 and part.ndim == 1 for _, part in windows)
    whole = np.concatenate([part for _, part in windows])
    assert len(whole) / RATE == pytest.approx(4, abs=0.16)
    quiet = [not loud(whole[round(at * RATE) : round((at + 0.5) * RATE)]) for at in (0.2, 1.3, 2.3, 3.3)]
    assert quiet == [False, True, True, False]


def test_windows_from_a_second_on_are_the_same_samples(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.flac", np.concatenate([tone(2), silence(2), tone(2)]))
    whole = np.concatenate([part for _, part in heard(path)])
    start, later = heard(path, start=3.0)[0]
    assert start == 3.0
    assert np.abs(later[: 2 * RATE] - whole[3 * RATE : 5 * RATE]).max() < 0.01


def test_a_cover_makes_no_video(tmp_path: Path) -> None:
    for name in ("a.m4a", "a.mp3"):
        path = make_audio(tmp_path / name, tone(1), cover=slide("Cover"))
        assert kind_of(path).modality == "audio"
        assert not of(path).video and seen(path) == []


def test_a_phone_clip_is_set_upright(tmp_path: Path) -> None:
    picture = slide("", (320, 180), "blue")
    picture.paste("red", (0, 0, 160, 180))  # the left half, which a clockwise quarter turn brings up
    path = make_video(tmp_path / "a.mp4", [(1, picture)], turned=-90)
    info = of(path)
    assert (info.width, info.height) == (180, 320)
    frame = seen(path, width=90)[0].picture
    assert frame.shape == (160, 90, 3)
    assert (colour(frame[:70]), colour(frame[90:])) == ("red", "blue")
    assert frame_at(path, kind_of(path), 0.5).size == (180, 320)


def test_variable_frame_rate_keeps_the_times_of_the_stamps(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", [(1, "red"), (1, "blue"), (1, "red")], times=[0, 1.5, 9.25])
    assert [frame.time for frame in seen(path)] == pytest.approx([0, 1.5, 9.25], abs=0.002)
    at = [colour(np.asarray(frame_at(path, kind_of(path), second))) for second in (1.4, 1.6, 9.2, 9.3, 999)]
    assert at == ["red", "blue", "blue", "red", "red"]


@pytest.mark.parametrize("name", ["a.ts", "a.mkv"])
def test_a_container_that_begins_late_begins_at_zero(tmp_path: Path, name: str) -> None:
    sound = np.concatenate([silence(1), tone(1)])
    path = make_video(tmp_path / name, [(1, "red"), (1, "blue")], sound, starts=500)
    assert of(path).duration == pytest.approx(2, abs=0.2)
    blue = next(frame.time for frame in seen(path) if colour(frame.picture) == "blue")
    samples = np.concatenate([part for _, part in heard(path)])
    assert blue == pytest.approx(1, abs=0.2)
    assert not loud(samples[: int(0.8 * RATE)]) and loud(samples[int(1.2 * RATE) : int(1.8 * RATE)])
    assert [colour(np.asarray(frame_at(path, kind_of(path), at))) for at in (0, 0.5, 1.5)] == ["red", "red", "blue"]


def test_frames_between_two_seconds_and_key_frames_only(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", [(4, "red"), (4, "blue")], gop=24)
    some = [frame.time for frame in seen(path, start=3.0, end=5.0)]
    assert some == pytest.approx([3 + n / 12 for n in range(24)], abs=0.002)
    keys = [frame.time for frame in seen(path, key_only=True)]
    assert set(keys) < {frame.time for frame in seen(path)} and len(keys) in (4, 5)


def test_a_tag_before_the_sound_does_not_hide_its_kind(tmp_path: Path) -> None:
    tag = b"ID3\4\0\0\0\0\7\x68" + bytes(1000)
    for name, media_type in (("a.aac", "audio/aac"), ("a.flac", "audio/flac"), ("a.mp3", "audio/mpeg")):
        path = make_audio(tmp_path / name, tone(2))
        data = path.read_bytes()
        path.write_bytes(data if data.startswith(b"ID3") else tag + data)
        assert kind_of(path).media_type == media_type
        assert sum(len(part) for _, part in heard(path)) / RATE == pytest.approx(2, abs=0.15)


def test_words_that_look_like_a_box_of_quicktime_are_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Citywide rules for bees.\n")
    assert kind_of(tmp_path / "a.txt").modality == "document"


def test_a_still_gif_stays_a_picture(tmp_path: Path) -> None:
    slide("One").save(tmp_path / "a.gif")
    assert kind_of(tmp_path / "a.gif").modality == "image"


def test_transparent_animations_stand_on_white(tmp_path: Path) -> None:
    from PIL import Image

    clear = [Image.new("RGBA", (64, 64), (0, 0, 0, 0)) for _ in range(2)]
    for number, picture in enumerate(clear):
        picture.paste("red", (number * 8, 0, number * 8 + 8, 8))
    clear[0].save(tmp_path / "a.gif", save_all=True, append_images=clear[1:], duration=500, disposal=2)
    assert seen(tmp_path / "a.gif")[0].picture[40, 40].tolist() == [255, 255, 255]


def test_embedded_subtitles(tmp_path: Path) -> None:
    lines = [(0.5, 1.5, "Hello <i>you</i>"), (2.0, 3.25, "Second\nline")]
    for name in ("a.mkv", "a.mp4"):
        path = make_video(tmp_path / name, [(4, "red")], subtitles=lines)
        assert len(of(path).subtitles) == 1
        cues = subtitle_cues(path, kind_of(path))
        assert [(c.start, c.end) for c in cues] == [(0.5, 1.5), (2.0, 3.25)]
        assert cues[1].text == "Second line" and "Hello" in cues[0].text
    assert subtitle_cues(make_video(tmp_path / "b.mp4", [(1, "red")]), kind_of(tmp_path / "b.mp4")) == []
