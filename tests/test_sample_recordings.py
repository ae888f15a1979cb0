"""The talk and the voice note can be asked: what is said, what only stands on a slide, what is only to be seen.

The seconds are those of the timeline that `python tools/sample_talk.py` and `tools/sample_recording.py` print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.settings import load_settings
from indexes.records import Segment
from tests.conftest import SAMPLES

TALK = SAMPLES / "Talk 2025-02-15 - relighting the lamp.mp4"
NOTE = SAMPLES / "Voice note - harbour master.mp3"
OTHERS = (
    "visit-us.html",
    "lens workshop notes.md",
    "Re scaffold dates.eml",
    "supply-boat.jpg",
    "lighthouse-at-dusk.jpg",
)
CLOSE = 5.0  # seconds


@pytest.fixture(scope="module")
def samples(shelf, tmp_path_factory) -> Iterator[Assistant]:
    """Both recordings among other samples about the same things."""
    assistant = Assistant(load_settings({"library": str(tmp_path_factory.mktemp("samples"))}))
    assistant.shelf = shelf
    for _ in assistant.index([TALK, NOTE, *(SAMPLES / name for name in OTHERS)]):
        pass
    yield assistant
    assistant.close()


def heard(assistant: Assistant, file: Path) -> str:
    return " ".join(one.text for one in segments(assistant, file) if one.kind == "speech").lower()


def segments(assistant: Assistant, file: Path) -> list[Segment]:
    return assistant.export(str(file))[1]


def test_both_recordings_are_indexed_to_their_end(samples) -> None:
    for file, seconds in ((TALK, 133.4), (NOTE, 45.5)):
        record = samples.library.catalogue.file(str(file))
        assert record is not None and (record.status, record.reason) == ("indexed", "")
        assert samples.source(str(file)).duration == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize(
    ("question", "file", "start", "end"),
    [
        pytest.param("Who lost the teaspoon?", TALK, 33, 39.4, id="said"),
        pytest.param("How many kilograms is the iron weight?", TALK, 15.6, 18.6, id="said, in figures"),
        pytest.param("Which bakery gives us free bread?", TALK, 120.1, 124.1, id="said, late"),
        pytest.param("What is the telephone number of the harbour office?", TALK, 97, 108.6, id="on a slide"),
        pytest.param("Who built the clockwork in Bristol?", TALK, 10.8, 41, id="on a slide, early"),
        pytest.param("What is the price of the LED module?", TALK, 56, 75.5, id="in a table on a slide"),
        pytest.param("When does the balloon drift past?", TALK, 84, 97, id="only to be seen"),
        pytest.param("Where is the young seal asleep?", NOTE, 27.4, 30, id="note"),
        pytest.param("When does the ship with the stones arrive?", NOTE, 7.4, 12.9, id="note, a time"),
    ],
)
def test_a_question_leads_to_the_second(samples, question: str, file: Path, start: float, end: float) -> None:
    best = samples.search(question, k=1)[0]
    assert best.source.path == str(file)
    place = best.place
    assert start - CLOSE <= place.start < place.end <= end + CLOSE, place.label()


def test_what_is_told_is_told_once(samples) -> None:
    """No other way leads to the answers: slides are not read aloud, and nobody speaks of the balloon."""
    talk, note = heard(samples, TALK), heard(samples, NOTE)
    on_slides = " ".join(one.text for one in segments(samples, TALK) if one.kind == "frame").lower()
    assert "teaspoon" in talk and "90 kilograms" in talk and "bakery" in talk
    assert "young seal" in note and "half past six" in note
    assert "01632 960417" in on_slides and "50,000 hours" in on_slides
    assert not re.search(r"balloon|01632|50,000|bristol", talk + note)
    assert not re.search(r"teaspoon|kilogram|bakery|seal", on_slides)


def test_nobody_speaks_during_the_film(samples) -> None:
    cues = [cue for one in segments(samples, TALK) for cue in one.cues]
    assert not [cue for cue in cues if cue.end > 84.5 and cue.start < 96.5]
