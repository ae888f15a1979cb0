"""Routes of media: ranges, versions for browsers, frames, waveforms and downloads. No model runs."""

import io
import json
import os
import time

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.assistant import Assistant
from app.exporting import export_text
from app.forgetting import forget
from app.server import build_app
from app.settings import load_settings
from indexes.errors import UsageError
from indexes.records import Cue, FileRecord, Place, Segment, Source
from pipelines.reading.kinds import kind_of
from tests.making_media import make_audio, make_video, slide, tone

CUES = (Cue(0.0, 1.5, "Good morning & welcome.", "Ann"), Cue(1.5, 3.25, "Cost --> 5 < 6"))


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    assistant = Assistant(load_settings({"library": str(tmp_path_factory.mktemp("library"))}))
    yield assistant
    assistant.close()


@pytest.fixture(scope="module")
def client(assistant):
    with TestClient(build_app(assistant), base_url="http://127.0.0.1:7860") as made:
        yield made


def store(assistant, path, modality, media_type, segments=()) -> Source:
    source = Source(path.name, modality, media_type, path.stat().st_size)
    assistant.library.extend(source, FileRecord(str(path), "indexed", modality, source.id), list(segments), {}, {})
    return source


def stored(assistant, path, segments=()) -> Source:
    kind = kind_of(path)
    return store(assistant, path, kind.modality, kind.media_type, segments)


def talk(source_id: str) -> list[Segment]:
    speech = Segment(source_id, 0, "video", " ".join(cue.text for cue in CUES), Place(start=0.0, end=3.25),
                     kind="speech", cues=CUES)  # fmt: skip
    seen = Segment(source_id, 1, "video", "HARBOUR", Place(start=0.0, end=2.0), kind="frame", member="1.500",
                   marks=(("HARBOUR", (0.05, 0.15, 0.7, 0.35)),))  # fmt: skip
    return [speech, seen]


def awaited(client, address):
    """The answer once it is more than a promise, and the shares that were told until then."""
    shares = []
    for _ in range(400):
        answer = client.get(address)
        if answer.status_code != 202:
            return answer, shares
        shares.append(answer.json()["done"])
        time.sleep(0.02)
    raise AssertionError("it never became ready")


def test_of_a_gigabyte_only_the_range_is_read(assistant, client, tmp_path, monkeypatch) -> None:
    path, size = tmp_path / "long.mp4", 1_000_000_000
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(700_000_000)
        file.write(b"here it is")
    source = store(assistant, path, "video", "video/mp4")
    address = f"/api/media/{source.id}"
    read = []
    original = os.stat(path).st_size
    import anyio

    real = anyio.AsyncFile.read

    async def counted(self, length=-1):
        read.append(length)
        return await real(self, length)

    monkeypatch.setattr(anyio.AsyncFile, "read", counted)
    part = client.get(address, headers={"Range": "bytes=700000000-700000009"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"here it is", "video/mp4")
    assert part.headers["content-range"] == f"bytes 700000000-700000009/{original}"
    tail = client.get(address, headers={"Range": "bytes=-4"})
    assert (tail.status_code, tail.headers["content-range"]) == (206, f"bytes {size - 4}-{size - 1}/{size}")
    assert sum(read) == 14
    beyond = client.get(address, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    same = client.get(address, headers={"Range": "bytes=0-3", "If-Range": part.headers["etag"]})
    assert same.status_code == 206
    assert client.head(address, headers={"Range": "bytes=0-3", "If-Range": '"another"'}).status_code == 200
    assert client.head(address).headers["accept-ranges"] == "bytes"


def test_what_plays_is_sent_as_it_is_and_mov_as_mp4(assistant, client, tmp_path) -> None:
    path = make_video(tmp_path / "a.mov", [(1.0, "red")], tone(1.0))
    source = stored(assistant, path)
    answer = client.get(f"/api/play/{source.id}")
    assert answer.content == path.read_bytes() and answer.headers["content-type"] == "video/mp4"
    assert client.get("/api/play/none").status_code == 404
    converted, _ = awaited(client, f"/api/play/{source.id}?convert=true")
    assert converted.status_code == 200 and converted.content != path.read_bytes()


def test_what_does_not_play_is_prepared_once_and_goes_with_its_source(assistant, client, tmp_path) -> None:
    path = make_video(tmp_path / "a.avi", [(4.0, "red")], tone(4.0), codec="mpeg4")
    source = stored(assistant, path)
    answer, shares = awaited(client, f"/api/play/{source.id}")
    assert shares and answer.headers["content-type"] == "video/mp4" and b"ftyp" in answer.content[:12]
    part = client.get(f"/api/play/{source.id}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    previews = assistant.library.folder / "previews"
    assert (previews / f"{source.id}.mp4").exists()
    forget(assistant, str(path))
    assert not (previews / f"{source.id}.mp4").exists() and path.exists()


def test_what_cannot_be_prepared_says_why(assistant, client, tmp_path) -> None:
    path = make_video(tmp_path / "mute.mp4", [(1.0, "red")])
    source = stored(assistant, path)
    answer, _ = awaited(client, f"/api/waveform/{source.id}")
    assert answer.status_code == 404 and "no sound" in answer.json()["error"]
    (tmp_path / "broken.mp4").write_bytes(path.read_bytes()[:400])
    broken = store(assistant, tmp_path / "broken.mp4", "video", "video/mp4")
    answer, _ = awaited(client, f"/api/play/{broken.id}")
    assert answer.status_code == 404 and "broken.mp4" in answer.json()["error"]


def test_waveforms_are_numbers(assistant, client, tmp_path) -> None:
    source = stored(assistant, make_audio(tmp_path / "a.mp3", tone(2.0)))
    answer, _ = awaited(client, f"/api/waveform/{source.id}")
    assert 1.9 < answer.json()["duration"] < 2.2 and max(answer.json()["peaks"]) == 1
    assert "private" in answer.headers["cache-control"]


def test_frames_are_pictures_of_their_second(assistant, client, tmp_path) -> None:
    path = make_video(tmp_path / "a.mp4", [(2.0, slide("HARBOUR")), (2.0, "blue")], size=(640, 360))
    source = stored(assistant, path, talk(path.name))
    answer = client.get(f"/api/frame/{source.id}?at=3&width=200")
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert picture.width == 200 and np.asarray(picture).mean(axis=(0, 1)).argmax() == 2
    assert "private" in answer.headers["cache-control"]
    assert client.get(f"/api/frame/{source.id}?at=-1").status_code == 400
    assert client.get(f"/api/frame/{source.id}?at=nan").status_code == 400
    assert client.get(f"/api/frame/{source.id}?at=1&width=99999").status_code == 400
    assert client.get("/api/frame/none?at=1").status_code == 404
    said, seen = assistant.library.catalogue.segments_of(source.id)
    plain = np.asarray(Image.open(io.BytesIO(client.get(f"/api/preview/{said.id}").content)), int)
    marked = np.asarray(Image.open(io.BytesIO(client.get(f"/api/preview/{seen.id}?quote=HARBOUR").content)), int)
    differs = np.abs(plain - marked).max(axis=2) > 60
    assert differs[54:126, 32:448].mean() > 0.5 and differs[200:].mean() < 0.01
    sound = stored(assistant, make_audio(tmp_path / "b.mp3", tone(1.0)))
    assert client.get(f"/api/frame/{sound.id}?at=0").status_code == 404


def test_exports_keep_what_is_said_apart_from_what_is_seen(assistant, client, tmp_path) -> None:
    (tmp_path / "tälk.mp4").write_bytes(b"any")
    source = store(assistant, tmp_path / "tälk.mp4", "video", "video/mp4", talk("tälk.mp4"))
    address = f"/api/export/{source.id}"
    answer = client.get(f"{address}?format=srt")
    assert answer.text == (
        "1\n00:00:00,000 --> 00:00:01,500\nAnn: Good morning & welcome.\n\n"
        "2\n00:00:01,500 --> 00:00:03,250\nCost → 5 < 6"
    )
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''t%C3%A4lk.srt"
    assert client.get(f"{address}?format=vtt").text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Ann>Good morning &amp; welcome.\n\n"
        "00:00:01.500 --> 00:00:03.250\nCost --&gt; 5 &lt; 6"
    )
    text = client.get(f"{address}?format=txt").text
    assert text == "[0:00] Ann: Good morning & welcome.\n[0:01] Cost --> 5 < 6\n\n[0:00–0:02, on screen]\nHARBOUR"
    said, seen = json.loads(client.get(f"{address}?format=json").text)["segments"]
    assert (said["kind"], said["cues"][1]["start"], said["place"]) == ("speech", 1.5, {"start": 0.0, "end": 3.25})
    assert (seen["kind"], seen["frame"], seen["text"]) == ("frame", 1.5, "HARBOUR")
    assert client.get(f"{address}?format=pdf").status_code == 422
    assert client.get("/api/export/none").status_code == 400


def test_a_speaker_is_called_by_the_name_that_was_given(assistant, client, tmp_path) -> None:
    (tmp_path / "call.mp4").write_bytes(b"any call")
    source = store(assistant, tmp_path / "call.mp4", "video", "video/mp4", talk("call.mp4"))
    address, export = f"/api/sources/{source.id}/speakers", f"/api/export/{source.id}?format="
    answer = client.put(address, json={"names": {"Ann": "Anna Berg"}})
    assert answer.json() == {"speakers": [{"heard": "Ann", "name": "Anna Berg"}]}
    assert client.get(f"{export}json").json()["speakers"] == answer.json()["speakers"]
    assert "[0:00] Anna Berg: Good morning" in client.get(f"{export}txt").text
    assert "<v Anna Berg>Good morning" in client.get(f"{export}vtt").text
    refused = client.put(address, json={"names": {"Ben": "Anna"}})
    assert refused.status_code == 400 and "Heard are: Ann" in refused.json()["error"]


def test_a_silent_video_has_no_subtitles() -> None:
    with pytest.raises(UsageError, match="no speech"):
        export_text(Source("a", "video", "video/mp4", 1, paths=("/d/a.mp4",)), talk("a")[1:], "srt")
