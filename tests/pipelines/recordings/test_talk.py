from __future__ import annotations

from dataclasses import replace

import pytest

from indexes.records import Cue, Segment
from pipelines.finding.moments import said_at
from pipelines.models.whisper import Word
from pipelines.recordings.talk import cues_of, speech_segments


def words(text: str, start: float = 0.0, each: float = 0.4) -> list[Word]:
    """Words that follow each other without a pause."""
    return [Word(start + at * each, start + (at + 1) * each, f" {word}") for at, word in enumerate(text.split())]


def cues(*lengths: float, gap: float = 0.3, stop: str = ".") -> list[Cue]:
    made: list[Cue] = []
    for length in lengths:
        start = made[-1].end + gap if made else 0.0
        made.append(Cue(start, start + length, f"Sentence {len(made)}{stop}"))
    return made


def segments(made: list[Cue]) -> list[Segment]:
    return speech_segments(made, "s" * 64, "audio", "Talk")


def test_sentences_and_pauses_end_cues() -> None:
    made, rest = cues_of([*words("Mind the step. It is"), *words("steep here", start=4.0)])
    assert [cue.text for cue in made] == ["Mind the step.", "It is", "steep here"] and rest == []
    assert (made[0].start, made[0].end) == (0.0, pytest.approx(1.2))
    assert made[2].start == 4.0


def test_a_sentence_that_may_go_on_is_kept_back() -> None:
    made, rest = cues_of(words("It is late. We should"), final=False)
    assert [cue.text for cue in made] == ["It is late."]
    assert "".join(word.text for word in rest) == " We should"


def test_abbreviations_inside_numbers_end_nothing() -> None:
    made, _ = cues_of(words("It costs 3.50 euros, she said."))
    assert [cue.text for cue in made] == ["It costs 3.50 euros, she said."]


def test_long_sentences_are_cut_at_commas() -> None:
    made, _ = cues_of(words("one two three four " * 4 + "five, six " + "seven eight nine " * 6 + "ten."))
    assert len(made) == 2 and made[0].text.endswith("five,")
    assert all(cue.end - cue.start <= 12 for cue in made)


def test_chinese_needs_no_spaces() -> None:
    signs = [Word(at * 0.3, (at + 1) * 0.3, sign) for at, sign in enumerate(["你", "好。", "请", "坐。"])]
    assert [cue.text for cue in cues_of(signs)[0]] == ["你好。", "请坐。"]


def test_segments_hold_their_cues_exactly() -> None:
    made = cues(*[4.0] * 20)
    found = segments(made)
    assert [cue for segment in found for cue in segment.cues] == made
    for segment in found:
        assert segment.text == " ".join(cue.text for cue in segment.cues)
        assert (segment.place.start, segment.place.end) == (segment.cues[0].start, segment.cues[-1].end)
        assert segment.position == round(segment.cues[0].start * 1000)
        assert (segment.kind, segment.modality, segment.heading) == ("speech", "audio", "Talk")
    assert all(10 <= s.cues[-1].end - s.cues[0].start <= 30 for s in found[:-1])


def test_a_long_pause_ends_a_segment() -> None:
    made = [Cue(0, 4, "Before."), Cue(7.5, 11, "After.")]
    assert [segment.text for segment in segments(made)] == ["Before.", "After."]


def test_without_a_stop_a_segment_ends_after_thirty_seconds() -> None:
    found = segments(cues(*[7.0] * 12, gap=0.1, stop=","))
    assert all(segment.cues[-1].end - segment.cues[0].start <= 30 for segment in found)
    assert all(segment.cues[-1].end - segment.cues[0].start >= 20 for segment in found[:-1])


def test_segments_stay_below_a_thousand_characters() -> None:
    made = [Cue(at * 2.0, at * 2 + 1.9, "word " * 50 + ".") for at in range(12)]
    assert all(len(segment.text) <= 1000 for segment in segments(made))


def test_nothing_said_is_no_segment() -> None:
    assert segments([]) == [] and cues_of([]) == ([], [])


def test_who_says_it_stands_where_another_says_it() -> None:
    turns = (
        Cue(0, 1, "Hello?", "Ann"),
        Cue(1, 2, "Who is it?", "Ann"),
        Cue(2, 3, "It is me.", "Ben"),
        Cue(3, 4, "Bell."),
    )
    (segment,) = speech_segments(turns, "s", "audio")
    assert segment.text == "Ann: Hello? Who is it? Ben: It is me. Bell."
    for old in (segment, replace(segment, text="Hello? Who is it? It is me. Bell.")):
        start = old.text.index("It is me.")
        assert said_at(old, start, start + 9) == (turns[2],)
