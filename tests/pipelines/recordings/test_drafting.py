"""Recordings: read bit by bit, answerable early, completed later, never doubled, also when the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexes.library import Library
from indexes.records import Cue
from pipelines.ingest import Ingest
from pipelines.recordings import drafting
from pipelines.recordings.speech import Portion
from pipelines.records import FileAdvanced, FileFinished
from tests.conftest import ROOT
from tests.making_media import make_video, slide, tone
from tests.pipelines.recordings.test_media_broken import smashed

SECONDS = 24
SLIDES = ("HARBOUR OFFICE\nopens at seven", "TIDE TABLE\nhigh water 14:20", "THE LAMP\nflashes twice")
SPOKEN = (
    "The ferry is painted green.",
    "The keeper has two dogs.",
    "The bell rings in fog.",
    "Nobody lives there now.",
)


class Speech:
    """Hears a sentence every six seconds, and tells of each when it is asked for more."""

    name = "test"

    def __init__(self, spoken: tuple[str, ...] = SPOKEN) -> None:
        self.spoken = spoken

    def transcribe(self, windows) -> Iterator[Portion]:
        for start, samples in windows:
            end = start + len(samples) / 16_000
            for number, text in enumerate(self.spoken):
                at = number * 6.0
                if start <= at + 0.5 < end:
                    yield Portion(min(at + 6.0, end), (Cue(at + 0.5, at + 2.0, text),), "en")


class Shelf:
    def __init__(self, shelf) -> None:
        self._shelf = shelf
        self.speech = Speech()
        self.closer_speech: Speech | None = None

    def name(self, role: str) -> str:
        return "closer" if role == "closer_speech" and self.closer_speech else self._shelf.name(role)

    def __getattr__(self, name):
        return getattr(self._shelf, name)


@pytest.fixture(scope="module")
def talk(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    shots = [(SECONDS / len(SLIDES), slide(text)) for text in SLIDES]
    make_video(path, shots, tone(SECONDS), size=(640, 360), gop=24)
    return path


@pytest.fixture
def drafts(monkeypatch) -> None:
    monkeypatch.setattr(drafting, "AT_ONCE", 1.0)


def ingest(folder: Path, shelf) -> Ingest:
    return Ingest(Library(folder), Shelf(shelf), 10**9)


def read(library: Library) -> list[tuple[str, float, float, str]]:
    """What is stored of the one recording: kind, start, end and words."""
    (source,) = library.catalogue.sources().values()
    return [
        (s.kind, s.place.start or 0.0, s.place.end or 0.0, s.text) for s in library.catalogue.segments_of(source.id)
    ]


def test_a_short_recording_is_complete_at_once(shelf, talk, tmp_path) -> None:
    one = ingest(tmp_path, shelf)
    records = [event.record for event in one.index([talk]) if isinstance(event, FileFinished)]
    assert [(record.status, record.modality) for record in records][-1] == ("indexed", "video")
    segments = read(one.library)
    speech = " ".join(text for kind, _, _, text in segments if kind == "speech")
    assert speech == " ".join(SPOKEN)
    frames = [(start, end, text) for kind, start, end, text in segments if kind == "frame"]
    assert len(frames) == 3
    for (start, end, text), word, at in zip(frames, ("HARBOUR", "TIDE", "LAMP"), (0, 8, 16), strict=True):
        assert word in text and abs(start - at) < 0.5 and abs(end - at - 8) < 0.5
    assert one.library.catalogue.sources()[records[0].source_id].duration == pytest.approx(SECONDS, abs=0.3)
    again = [event.record for event in one.index([talk]) if isinstance(event, FileFinished)]
    assert [record.status for record in again] == ["unchanged"]


def test_a_long_one_can_be_asked_as_a_draft_and_its_speech_stays_when_it_is_completed(
    shelf, talk, tmp_path, drafts
) -> None:
    one = ingest(tmp_path, shelf)
    events = one.index([talk], complete=False)
    early = next(event for event in events if isinstance(event, FileAdvanced) and event.pieces)
    assert "transcribed" in early.note and f"of 0:{SECONDS}" in early.note
    found = one.library.search_keywords("What colour is the ferry?", 5)
    assert len(found) == 1
    assert one.library.catalogue.file(str(talk)).status == "draft"
    (record,) = [event.record for event in events if isinstance(event, FileFinished)]
    assert record.status == "draft" and "can be asked" in record.reason
    assert one.library.search_keywords("high water", 5) == []  # the slides are not read yet
    assert sum(kind == "frame" for kind, *_ in read(one.library)) >= 3
    done = [event.record for event in one.complete() if isinstance(event, FileFinished)][-1]
    assert (done.status, done.reason) == ("indexed", "")
    assert [hit.segment_id for hit in one.library.search_keywords("What colour is the ferry?", 5)] == [
        hit.segment_id for hit in found
    ]
    assert len(one.library.search_keywords("high water", 5)) == 1
    assert len([kind for kind, *_ in read(one.library) if kind == "frame"]) == 3
    assert list(one.complete()) == []


def test_a_larger_speech_model_hears_it_again_in_the_second_pass(shelf, talk, tmp_path, drafts) -> None:
    one = ingest(tmp_path, shelf)
    better = ("The ferry is painted grey.", *SPOKEN[1:])
    one.shelf.closer_speech = Speech(better)  # type: ignore[assignment]
    list(one.index([talk], complete=False))
    assert len(one.library.search_keywords("green", 5)) == 1
    list(one.complete())
    said = [text for kind, *_, text in read(one.library) if kind == "speech"]
    assert " ".join(said) == " ".join(better)
    assert one.library.search_keywords("green", 5) == []


def test_both_ways_of_reading_give_the_same(shelf, talk, tmp_path, monkeypatch) -> None:
    at_once = ingest(tmp_path / "at once", shelf)
    list(at_once.index([talk]))
    monkeypatch.setattr(drafting, "AT_ONCE", 1.0)
    in_two = ingest(tmp_path / "in two", shelf)
    list(in_two.index([talk]))
    frames = [part for part in read(at_once.library) if part[0] == "frame"]
    assert [part for part in read(in_two.library) if part[0] == "frame"] == frames
    words = [" ".join(text for kind, *_, text in read(one.library) if kind == "speech") for one in (at_once, in_two)]
    assert words[0] == words[1]


@pytest.mark.parametrize("stop", ["transcribed 0:12", "looked at", "read the screen"])
def test_killed_in_the_middle_nothing_is_doubled_and_finished_work_is_kept(shelf, talk, tmp_path, drafts, stop) -> None:
    script = f"""
        import os, sys
        from pathlib import Path
        from pipelines.recordings import drafting
        from pipelines.recordings import recording as recordings
        from pipelines.models.shelf import ModelShelf
        from pipelines.records import FileAdvanced
        from tests.conftest import MODELS
        from tests.pipelines.recordings.test_drafting import ingest
        drafting.AT_ONCE, recordings._SHOTS = 1.0, 1
        for event in ingest(Path(sys.argv[2]), ModelShelf({{}}, MODELS, device="cpu")).index([Path(sys.argv[1])]):
            if isinstance(event, FileAdvanced) and event.note.startswith({stop!r}):
                os.kill(os.getpid(), {int(signal.SIGKILL)})
    """
    folder = tmp_path / "library"
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(talk), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    one = ingest(folder, shelf)
    before = {segment.id for segment in one.library.catalogue.segments_of(next(iter(one.library.catalogue.sources())))}
    assert before and one.library.catalogue.file(str(talk)).status == "draft"
    notes = [event.note for event in one.index([talk]) if isinstance(event, FileAdvanced)]
    if stop != "transcribed 0:12":
        assert not any(note.startswith("transcribed") for note in notes)  # that stage was finished
    segments = read(one.library)
    assert " ".join(text for kind, *_, text in segments if kind == "speech") == " ".join(SPOKEN)
    frames = [(start, end) for kind, start, end, _ in segments if kind == "frame"]
    assert len(frames) == 3 and all(abs(end - start - 8) < 0.5 for start, end in frames)
    after = one.library.catalogue.segments_of(next(iter(one.library.catalogue.sources())))
    assert any(segment.id in before for segment in after)
    assert one.library.catalogue.file(str(talk)).status == "indexed"


def test_subtitles_beside_it_are_used_instead_of_listening(shelf, talk, tmp_path) -> None:
    copy = tmp_path / "talk.mp4"
    copy.write_bytes(talk.read_bytes())
    words = tmp_path / "talk.srt"
    words.write_text("1\n00:00:02,000 --> 00:00:05,000\nThe written word wins.\n")
    one = ingest(tmp_path / "library", shelf)
    records = {Path(r.path).name: r for r in (e.record for e in one.index([tmp_path]) if isinstance(e, FileFinished))}
    assert records["talk.mp4"].reason == "The transcript is from talk.srt."
    assert records["talk.srt"].status == "skipped" and "talk.mp4" in records["talk.srt"].reason
    speech = [part for part in read(one.library) if part[0] == "speech"]
    assert speech == [("speech", 2.0, 5.0, "The written word wins.")]
    words.write_text("1\n00:00:02,000 --> 00:00:05,000\nIt was corrected later.\n")
    later = copy.stat().st_mtime + 3600
    os.utime(words, (later, later))
    list(one.index([tmp_path]))
    assert [text for kind, *_, text in read(one.library) if kind == "speech"] == ["It was corrected later."]


def test_a_long_recording_says_where_its_words_are_from_and_a_changed_one_is_left_alone(
    shelf, talk, tmp_path, drafts
) -> None:
    copy = tmp_path / "talk.mp4"
    copy.write_bytes(talk.read_bytes())
    (tmp_path / "talk.srt").write_text("1\n00:00:02,000 --> 00:00:05,000\nThe written word wins.\n")
    one = ingest(tmp_path / "library", shelf)
    list(one.index([tmp_path], complete=False))
    held = read(one.library)
    whole = copy.read_bytes()
    copy.write_bytes(b"something else")
    list(one.complete())
    assert read(one.library) == held and one.library.catalogue.file(str(copy)).status == "draft"
    copy.write_bytes(whole)
    list(one.index([tmp_path]))
    record = one.library.catalogue.file(str(copy))
    assert (record.status, record.reason) == ("indexed", "The transcript is from talk.srt.")


def test_a_copy_of_a_draft_is_completed_with_it(shelf, talk, tmp_path, drafts) -> None:
    copy = tmp_path / "copy of talk.mp4"
    copy.write_bytes(talk.read_bytes())
    one = ingest(tmp_path / "library", shelf)
    list(one.index([talk, copy]))
    assert {one.library.catalogue.file(str(path)).status for path in (talk, copy)} == {"indexed"}
    assert sum(kind == "frame" for kind, *_ in read(one.library)) == 3


def test_recordings_have_a_limit_of_their_own(shelf, talk, tmp_path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The harbour is quiet. " * 100)
    assert talk.stat().st_size > 1000 and notes.stat().st_size > 1000
    one = Ingest(Library(tmp_path / "library"), Shelf(shelf), 1000, 10**9)  # type: ignore[arg-type]
    records = {Path(e.record.path).name: e.record for e in one.index([talk, notes]) if isinstance(e, FileFinished)}
    assert {name: record.status for name, record in records.items()} == {"talk.mp4": "indexed", "notes.txt": "skipped"}
    assert "max_file_mb" in records["notes.txt"].reason


@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_first_pass_could_not_hear_is_told_also_when_it_is_completed(
    shelf, tmp_path, drafts, at_once: bool
) -> None:
    path = smashed(make_video(tmp_path / "a.mp4", [(12, slide(text)) for text in SLIDES[:2]], tone(24)), "audio")
    made = ingest(tmp_path / "library", shelf)
    if not at_once:
        list(made.index([path], complete=False))
        draft = made.library.catalogue.file(str(path))
        assert draft is not None and draft.status == "draft"
        assert draft.reason.endswith("is still being read. The sound cannot be decoded.")
    record = next(e.record for e in reversed(list(made.index([path]))) if isinstance(e, FileFinished))
    assert (record.status, record.reason) == ("partial", "The sound cannot be decoded.")
    again = [e.record for e in made.index([path]) if isinstance(e, FileFinished)]
    assert [record.status for record in again] == ["unchanged"]
    made.library.close()
