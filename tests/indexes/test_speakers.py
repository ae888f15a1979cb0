"""The names that people give to those who are heard in a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from indexes import shards
from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Cue, FileRecord, Place, Segment, Source
from indexes.speakers import Speaker, called, said_by
from pipelines.recordings.talk import speech_segments

CALL = (
    Cue(0, 2, "The stone bridge is closed.", "Speaker 1"),
    Cue(2, 4, "Since when?", "Speaker 2"),
    Cue(4, 6, "Since Monday.", "Speaker 1"),
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    hear(library, CALL, {"speech": 6.0})
    yield library
    library.close()


def hear(library: Library, cues: Sequence[Cue], stages: dict[str, float], instead_of: Sequence[int] = ()) -> None:
    record = FileRecord("/files/call.wav", "draft" if stages else "indexed", "audio", "call")
    source = Source("call", "audio", "audio/wav", 1, duration=60.0)
    library.extend(source, record, speech_segments(cues, "call", "audio"), {}, stages, instead_of)


def texts(library: Library) -> list[str]:
    return [segment.text for segment in library.catalogue.segments_of("call")]


def found(library: Library, words: str, *names: str) -> int:
    return len(library.search_keywords(words, 9, said_by(names) if names else library.scope()))


def test_a_name_stands_in_what_is_read_and_searched_and_can_be_taken_back(library: Library) -> None:
    assert library.speakers("call") == [Speaker("Speaker 1"), Speaker("Speaker 2")]
    given = library.name_speakers("call", {"Speaker 2": "  Anna \n Berg "})
    assert given == [Speaker("Speaker 1"), Speaker("Speaker 2", "Anna Berg")]
    named = "Speaker 1: The stone bridge is closed. Anna Berg: Since when? Speaker 1: Since Monday."
    assert texts(library) == [named]
    (segment,) = library.catalogue.segments_of("call")
    assert [cue.speaker for cue in segment.cues] == ["Speaker 1", "Anna Berg", "Speaker 1"]
    assert found(library, "Berg") == 1 and shards.check(library.catalogue.connection) == ""
    assert found(library, "bridge", "Anna Berg") == 1 and found(library, "bridge", "Speaker 2") == 0
    assert called(library.catalogue.connection) == ["Anna Berg", "Speaker 1"]
    library.name_speakers("call", {"Speaker 2": ""})
    assert texts(library) == [named.replace("Anna Berg", "Speaker 2")] and found(library, "Berg") == 0


def test_two_voices_with_one_name_are_one_speaker_and_come_apart_again(library: Library) -> None:
    library.name_speakers("call", {"Speaker 1": "Anna", "Speaker 2": "Anna"})
    assert texts(library) == ["Anna: The stone bridge is closed. Since when? Since Monday."]
    library.name_speakers("call", {"Speaker 1": "Ben"})
    assert texts(library) == ["Ben: The stone bridge is closed. Anna: Since when? Ben: Since Monday."]


def test_names_stay_when_more_is_heard_or_heard_again(library: Library) -> None:
    library.name_speakers("call", {"Speaker 2": "Anna"})
    hear(library, (Cue(30, 32, "The ferry goes.", "Speaker 2"),), {"speech": 32.0})
    first = library.catalogue.segments_of("call")[0].id or 0
    hear(library, (Cue(0, 2, "The stone bridge is shut.", "Speaker 2"),), {}, [first])
    assert texts(library) == ["Anna: The stone bridge is shut.", "Anna: The ferry goes."]
    assert found(library, "Anna") == 2


def test_what_is_only_to_be_seen_stays_as_it_is(library: Library) -> None:
    frame = Segment("call", 1, "audio", "Speaker 2: a slide", Place(start=0, end=2), kind="frame")
    record = FileRecord("/files/call.wav", "indexed", "audio", "call")
    library.extend(Source("call", "audio", "audio/wav", 1), record, [frame], {}, {})
    library.name_speakers("call", {"Speaker 2": "Anna"})
    assert texts(library)[1] == "Speaker 2: a slide"


@pytest.mark.parametrize(
    ("source", "names", "says"),
    [
        ("call", {"Speaker 3": "Anna"}, "Heard are: Speaker 1, Speaker 2"),
        ("other", {"Speaker 1": "Anna"}, "Nobody is told apart"),
        ("call", {"Speaker 1": "A" * 81}, "up to 80"),
    ],
)
def test_a_name_for_nobody_or_that_is_none_is_refused(library: Library, source: str, names: dict, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        library.name_speakers(source, names)
    assert called(library.catalogue.connection) == ["Speaker 1", "Speaker 2"]


def test_names_go_with_the_recording(library: Library) -> None:
    library.name_speakers("call", {"Speaker 2": "Anna"})
    library.forget("/files/call.wav")
    assert called(library.catalogue.connection) == []
