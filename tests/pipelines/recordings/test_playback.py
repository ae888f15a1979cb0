"""What browsers can play, and what is made for those that cannot: same pictures, same seconds."""

import json

import numpy as np
import pytest

from pipelines.errors import ExtractionError
from pipelines.reading.kinds import kind_of
from pipelines.recordings.media import audio_windows, frame_at, probe
from pipelines.recordings.playback import playable, preview_of, waveform_of
from tests.making_media import make_audio, make_video, silence, tone

SHOTS = [(1.0, "red"), (1.0, "blue")]


def sound(path) -> np.ndarray:
    return np.concatenate([samples for _, samples in audio_windows(path, kind_of(path))])


def colour(path, second) -> str:
    pixel = np.asarray(frame_at(path, kind_of(path), second)).mean(axis=(0, 1))
    return ("red", "green", "blue")[int(pixel.argmax())]


@pytest.mark.parametrize(
    ("name", "options", "plays"),
    [
        ("a.mp4", {}, True),
        ("a.mov", {}, True),
        ("a.webm", {"codec": "libvpx"}, True),
        ("a.mkv", {}, False),
        ("a.avi", {"codec": "mpeg4"}, False),
        ("a.mp4", {"codec": "mpeg4"}, False),
        ("a.ts", {}, False),
    ],
)
def test_containers_and_codecs_decide_what_plays(tmp_path, name, options, plays) -> None:
    path = make_video(tmp_path / name, SHOTS, tone(2.0), **options)
    kind = kind_of(path)
    assert playable(probe(path, kind), kind.media_type) is plays


@pytest.mark.parametrize(
    ("name", "plays"), [("a.wav", True), ("a.mp3", True), ("a.m4a", True), ("a.flac", True), ("a.ogg", True),
                        ("a.aiff", False), ("a.wma", False)]
)  # fmt: skip
def test_sounds_that_play(tmp_path, name, plays) -> None:
    path = make_audio(tmp_path / name, tone(1.0))
    kind = kind_of(path)
    assert playable(probe(path, kind), kind.media_type) is plays


def previewed(path, out):
    shares = []
    preview_of(path, kind_of(path), out, shares.append)
    assert shares == sorted(shares) and all(0 <= share <= 1 for share in shares)
    return probe(out, kind_of(out))


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_streams_are_copied_where_they_can_be(tmp_path, name) -> None:
    path = make_video(
        tmp_path / name, SHOTS, np.concatenate([silence(1.0), tone(1.0)]), starts=1.4 if name == "a.ts" else 0
    )
    info = previewed(path, tmp_path / "out.mp4")
    assert playable(info, "video/mp4") and abs(info.duration - 2.0) < 0.2
    out = tmp_path / "out.mp4"
    assert (colour(out, 0.8), colour(out, 1.2)) == ("red", "blue")
    heard = np.abs(sound(out))
    assert heard[:15_000].max() < 0.1 < heard[17_000:30_000].max()


@pytest.mark.slow
def test_other_codecs_are_made_anew_upright_and_small(tmp_path) -> None:
    path = make_video(tmp_path / "a.avi", SHOTS, tone(2.0), codec="mpeg4", size=(1600, 900))
    info = previewed(path, tmp_path / "out.mp4")
    assert (info.video_codec, info.audio_codec, info.width, info.height) == ("h264", "aac", 1280, 720)
    turned = make_video(tmp_path / "b.mov", SHOTS, None, codec="mpeg4", turned=90)
    info = previewed(turned, tmp_path / "turned.mp4")
    assert (info.width, info.height, info.audio) == (180, 320, False)
    assert (colour(tmp_path / "turned.mp4", 0.8), colour(tmp_path / "turned.mp4", 1.2)) == ("red", "blue")
    copied = make_video(tmp_path / "c.mkv", SHOTS, None, turned=90)
    info = previewed(copied, tmp_path / "copied.mp4")
    assert (info.width, info.height) == (probe(copied, kind_of(copied)).width, probe(copied, kind_of(copied)).height)


def test_sound_alone_becomes_aac_and_its_index_comes_first(tmp_path) -> None:
    path = make_audio(tmp_path / "a.wma", np.concatenate([silence(1.0), tone(1.0)]))
    info = previewed(path, tmp_path / "out.m4a")
    assert (info.audio_codec, info.video) == ("aac", False) and abs(info.duration - 2.0) < 0.2
    content = (tmp_path / "out.m4a").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_whoever_asks_may_end_it(tmp_path) -> None:
    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        raise Enough

    path = make_video(tmp_path / "a.avi", SHOTS, codec="mpeg4")
    with pytest.raises(Enough):
        preview_of(path, kind_of(path), tmp_path / "out.mp4", stop)


def test_a_waveform_is_loud_where_the_sound_is(tmp_path) -> None:
    path = make_audio(
        tmp_path / "a.wav", np.concatenate([tone(1.0, loudness=0.25), silence(1.0), tone(2.0, loudness=0.5)])
    )
    waveform_of(path, kind_of(path), tmp_path / "w.json")
    made = json.loads((tmp_path / "w.json").read_text())
    peaks = np.array(made["peaks"])
    assert abs(made["duration"] - 4.0) < 0.1 and len(peaks) == 40
    assert abs(peaks[2:8].mean() - 0.5) < 0.05 and peaks[12:18].max() < 0.02 and peaks[25:38].min() > 0.95
    mute = make_video(tmp_path / "mute.mp4", SHOTS)
    with pytest.raises(ExtractionError, match="no sound"):
        waveform_of(mute, kind_of(mute), tmp_path / "m.json")
