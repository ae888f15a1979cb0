"""Two voices on two channels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.exporting import export_text
from app.settings import load_settings
from indexes.records import Cue
from pipelines.errors import ExtractionError
from pipelines.models.shelf import ModelShelf
from pipelines.models.whisper import RATE
from pipelines.reading.kinds import Kind, kind_of
from pipelines.recordings import channels
from pipelines.recordings.channels import apart, samples, together
from pipelines.recordings.media import audio_windows, both_channels
from pipelines.recordings.speech import Portion
from pipelines.records import AnswerFinished, Question
from tests.conftest import SAMPLES
from tests.making_media import make_audio


def test_two_voices_are_apart_and_one_sound_on_both_is_not() -> None:
    one, other = np.random.default_rng(0).normal(0, 0.1, (2, 16000)).astype(np.float32)
    assert apart(np.stack((one, other)))
    for same in (0.5 * one + 0.1 * other, -one, np.roll(one, 160) + 0.5 * other, np.zeros_like(one)):
        assert not apart(np.stack((one, same))) and not apart(np.stack((same, one)))
    assert not apart(np.zeros((2, 0), np.float32))


def test_a_party_that_speaks_late_is_noticed(tmp_path: Path) -> None:
    both = np.random.default_rng(0).normal(0, 0.1, (2, 200 * RATE)).astype(np.float32)
    both[1, : 150 * RATE] = 0
    path = make_audio(tmp_path / "call.mp3", both)
    assert apart(samples(path, kind_of(path), 200.0))
    path = make_audio(tmp_path / "talk.mp3", both[[0, 0]])
    assert not apart(samples(path, kind_of(path), 200.0))


def test_a_recording_that_ends_before_its_header_says_is_looked_at_as_far_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = np.random.default_rng(0).normal(0, 0.1, (2, 30 * RATE)).astype(np.float32)
    path, looks = make_audio(tmp_path / "call.wav", both), list[float]()

    def looked(path: Path, kind: Kind, start: float, seconds: float) -> np.ndarray:
        looks.append(start)
        return both_channels(path, kind, start, seconds)

    monkeypatch.setattr(channels, "both_channels", looked)
    assert samples(path, kind_of(path), 1e9).shape == (2, 5 * RATE) and len(looks) == 2
    assert samples(path, kind_of(path), 0.0).shape == (2, 5 * RATE), "no length is known"


def test_who_says_it_is_seen_in_transcript_search_and_answer(shelf: ModelShelf, tmp_path: Path) -> None:
    note = SAMPLES / "Voice note - harbour master.mp3"
    (_, sound), *_ = audio_windows(note, kind_of(note))
    half = len(sound) // 2
    both = np.stack((sound, sound))
    both[0, half:] = both[1, :half] = 0
    call = make_audio(tmp_path / "call.wav", both)
    assistant = Assistant(load_settings({"library": str(tmp_path / "library"), "chat": "none"}))
    assistant.shelf = shelf
    try:
        for _ in assistant.index([call]):
            pass
        lines = export_text(*assistant.export(str(call)), "txt").splitlines()
        speakers = [line.split("] ")[1].split(":")[0] for line in lines if line]
        assert speakers == sorted(speakers) and set(speakers) == {"Speaker 1", "Speaker 2"}
        found = " ".join(result.segment.text for result in assistant.search("stone bridge", k=3))
        assert "Speaker 1: " in found and "Speaker 2: " in found
        *_, finished = assistant.ask(Question("Which bridge should we use instead?"))
        assert isinstance(finished, AnswerFinished)
        answer = finished.answer
        assert "Speaker 2: Use the" in answer.text.replace("*", "")
        assert any(citation.quote.startswith("Speaker 2: Use the stone bridge") for citation in answer.citations)
    finally:
        assistant.close()


def test_what_one_channel_breaks_off_costs_nothing_of_the_other() -> None:
    def broken() -> Iterator[Portion]:
        yield Portion(2.0, (Cue(0, 1, "Hello?"),), "en")
        raise ExtractionError("call.wav: damaged.")

    heard = []
    with pytest.raises(ExtractionError):
        for portion in together([broken(), iter([Portion(9.0, (Cue(1, 2, "Yes?"), Cue(6, 7, "Bye.")), "en")])]):
            heard += [cue.text for cue in portion.cues]
    assert heard == ["Hello?", "Yes?", "Bye."]


def test_channels_are_one_talk_in_order_of_time() -> None:
    left = [Portion(5.0, (Cue(0, 1, "Hello?"), Cue(3, 4, "Fine.")), "en"), Portion(9.0, (), "en")]
    right = [Portion(2.0, (Cue(1, 2, "How are you?"),), "en"), Portion(9.0, (Cue(6, 7, "Bye."),), "en")]
    portions = list(together([iter(left), iter(right)]))
    cues = [cue for portion in portions for cue in portion.cues]
    assert [(cue.speaker[-1], cue.text) for cue in cues] == [
        ("1", "Hello?"), ("2", "How are you?"), ("1", "Fine."), ("2", "Bye.")
    ]  # fmt: skip
    assert all(cue.start < portion.until for portion in portions for cue in portion.cues)
