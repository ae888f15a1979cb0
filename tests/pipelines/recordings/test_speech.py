from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from indexes.errors import UsageError
from pipelines.errors import ModelUnavailable
from pipelines.models.shelf import ModelShelf
from pipelines.models.whisper import RATE, Reading, Word
from pipelines.reading.kinds import kind_of
from pipelines.recordings.hearing import Piece, careful_words, unlooped
from pipelines.recordings.media import audio_windows
from pipelines.recordings.speech import Portion, Transcriber
from tests.conftest import MODELS, SAMPLES
from tests.making_media import silence, tone

NOTE = SAMPLES / "Voice note - harbour master.mp3"


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return np.concatenate([samples for _, samples in audio_windows(NOTE, kind_of(NOTE))])


@pytest.fixture(scope="module")
def heard(shelf: ModelShelf, sound: np.ndarray) -> list[Portion]:
    return list(shelf.speech.transcribe(iter([(0.0, sound)])))


def windows(sound: np.ndarray, seconds: float, start: float = 0.0) -> Iterator[tuple[float, np.ndarray]]:
    size = int(seconds * RATE)
    for at in range(0, len(sound), size):
        yield start + at / RATE, sound[at : at + size]


def said(portions: Sequence[Portion]) -> str:
    return " ".join(cue.text for portion in portions for cue in portion.cues)


def test_a_voice_note_is_written_down_sentence_by_sentence(heard: list[Portion], sound: np.ndarray) -> None:
    cues = [cue for portion in heard for cue in portion.cues]
    assert heard[-1].language == "en" and heard[-1].until == pytest.approx(len(sound) / RATE)
    assert "use the stone bridge instead" in said(heard).lower()
    assert "somebody left a guitar in my office" in said(heard).lower()
    assert all(0 <= cue.start < cue.end <= len(sound) / RATE + 0.01 and cue.end - cue.start <= 12.5 for cue in cues)
    assert all(one.end <= other.start for one, other in pairwise(cues))
    assert sum(cue.text.endswith((".", "?", "!")) for cue in cues) >= 0.8 * len(cues)


def test_cues_lie_where_there_is_sound(heard: list[Portion], sound: np.ndarray) -> None:
    def loudness(start: float, end: float) -> float:
        return float(np.abs(sound[int(start * RATE) : int(end * RATE)]).mean())

    cues = [cue for portion in heard for cue in portion.cues]
    pauses = [
        loudness(one.end + 0.1, other.start - 0.1) for one, other in pairwise(cues) if other.start - one.end > 0.4
    ]
    assert pauses and max(pauses) < min(loudness(cue.start, cue.end) for cue in cues) / 2


def test_windows_cut_no_word_and_move_no_time(shelf: ModelShelf, heard: list[Portion], sound: np.ndarray) -> None:
    hours = 7200.0
    portions = list(shelf.speech.transcribe(windows(sound[: 24 * RATE], 7.0, hours)))
    untils = [portion.until for portion in portions]
    assert untils == sorted(untils) and untils[-1] == pytest.approx(hours + 24)
    whole = [cue for portion in heard for cue in portion.cues if cue.end < 23]
    known = " ".join(cue.text for cue in whole).lower().split()
    assert difflib.SequenceMatcher(None, known, said(portions).lower().split()).ratio() > 0.85
    starts = [cue.start - hours for portion in portions for cue in portion.cues]
    assert all(min(abs(cue.start - start) for start in starts) < 0.5 for cue in whole)


@pytest.mark.parametrize("kind", ["silence", "tone", "noise", "nothing", "no window"])
def test_nothing_is_heard_where_nobody_speaks(shelf: ModelShelf, kind: str) -> None:
    noise = np.random.default_rng(4).normal(0, 0.1, 20 * RATE).astype(np.float32)
    sounds = {"silence": silence(20), "tone": tone(20), "noise": noise, "nothing": silence(0)}
    portions = list(shelf.speech.transcribe(windows(sounds.get(kind, silence(0)), 10)))
    assert said(portions) == "" and all(portion.language == "" for portion in portions)
    if kind in ("silence", "tone", "noise"):
        assert portions[-1].until == 20


class FakeWhisper:
    """Tells and reads what it is told to; remembers what it was asked."""

    name = "fake"

    def __init__(self, languages: Sequence[tuple[str, float]] = (), readings: Sequence[Reading] = ()) -> None:
        self._languages = list(languages)
        self._readings = list(readings)
        self.asked: list[tuple[str, bool, float]] = []

    def languages(self, pieces: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        return [self._languages.pop(0) if len(self._languages) > 1 else self._languages[0] for _ in pieces]

    def read(self, pieces: Sequence[np.ndarray], language: str, careful: bool = False) -> list[Reading]:
        self.asked += [(language, careful, len(piece) / RATE) for piece in pieces]
        return [self._readings.pop(0) if self._readings else spoken(f" {language}") for _ in pieces]


def spoken(text: str, each: float = 0.5, start: float = 0.0, **measures: float) -> Reading:
    """A reading of words that follow each other, `each` seconds long."""
    words = [Word(start + at * each, start + (at + 1) * each, f" {word}") for at, word in enumerate(text.split())]
    return Reading(tuple(words), **measures)  # type: ignore[arg-type]


def words_of(whisper: FakeWhisper, *speech: tuple[float, float]) -> str:
    """What comes of a piece whose speech has these seconds."""
    spans = tuple((int(start * RATE), int(end * RATE)) for start, end in speech)
    (words,) = careful_words(whisper, silence(30), [Piece("en", spans)])
    return "".join(word.text for word in words).strip()


def test_a_loop_is_read_again_with_care() -> None:
    whisper = FakeWhisper(
        readings=[spoken("thank you very much " * 12, 0.04), spoken("good morning to all", sure=-0.2)]
    )
    assert words_of(whisper, (0, 2)) == "good morning to all"
    assert [careful for _, careful, _ in whisper.asked] == [False, True]


def test_what_stays_a_guess_is_dropped() -> None:
    assert words_of(FakeWhisper(readings=[spoken("hm", sure=-1.4)] * 2), (0, 1)) == ""
    assert words_of(FakeWhisper(readings=[spoken("hm", sure=-0.9, silence=0.7)] * 2), (0, 1)) == ""
    assert words_of(FakeWhisper(readings=[spoken("well yes", sure=-0.9, silence=0.1)] * 2), (0, 1)) == "well yes"


def test_speech_that_a_reading_left_out_is_read_by_itself() -> None:
    whisper = FakeWhisper(readings=[spoken("first of all", each=1.0), spoken("the part between", each=1.0)])
    assert words_of(whisper, (0, 3), (4, 7)) == "first of all the part between"
    assert whisper.asked[1] == ("en", True, 3.0)


def test_a_phrase_that_goes_round_is_said_once() -> None:
    def plain(text: str) -> str:
        return "".join(word.text for word in unlooped(spoken(text).words)).strip()

    assert plain("so " + "see you soon, " * 6 + "bye") == "so see you soon, bye"
    assert plain("no, no, no, never") == "no, no, no, never"


@pytest.mark.slow
def test_a_second_and_a_half_tells_a_language(shelf: ModelShelf, heard: list[Portion], sound: np.ndarray) -> None:
    starts = [int(cue.start * RATE) for portion in heard for cue in portion.cues if cue.end - cue.start >= 1.5]
    told = shelf.speech._whisper.languages([sound[start : start + 3 * RATE // 2] for start in starts])
    assert [language for language, _ in told].count("en") >= 0.75 * len(starts) > 3


@pytest.mark.slow
def test_each_stretch_is_read_in_its_own_language(sound: np.ndarray) -> None:
    whisper = FakeWhisper(languages=[("en", 0.99), ("en", 0.95), ("de", 0.97), ("de", 0.4), ("cy", 0.5), ("de", 0.9)])
    portions = list(Transcriber(whisper).transcribe(iter([(0.0, sound)])))
    languages = [language for language, _, _ in whisper.asked]
    assert set(languages) == {"en", "de"} and portions[-1].language == "de"
    assert max(seconds for _, _, seconds in whisper.asked) <= 30
    assert said(portions).split()[0] == "en" and said(portions).split()[-1] == "de"


@pytest.mark.parametrize("choice", ["whisper:", "openai-whisper:", "vosk", "builtin:large", "hf:openai/whisper-base"])
def test_a_wrong_choice_is_answered_with_examples(choice: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"^speech={choice} names no model.*whisper:small"):
        ModelShelf({"speech": choice}, tmp_path)


def test_a_folder_of_ctranslate2_fills_the_role(shelf: ModelShelf, sound: np.ndarray, tmp_path: Path) -> None:
    from pipelines.models.weights import BUILT_IN, built_in

    folder = built_in(BUILT_IN["speech"], MODELS).parent
    own = ModelShelf({"speech": f"whisper:{folder}"}, tmp_path, device="cpu")
    assert own.speech.name == own.name("speech") == f"whisper:{folder}"
    assert shelf.speech.name == shelf.name("speech") == "whisper-base"
    assert "hello" in said(list(own.speech.transcribe(iter([(0.0, sound[: 3 * RATE])])))).lower()


@pytest.mark.slow
def test_a_folder_that_holds_no_model_is_explained(tmp_path: Path) -> None:
    own = ModelShelf({"speech": f"whisper:{tmp_path}"}, tmp_path, device="cpu")
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded.*folder of CTranslate2 with model\.bin"):
        _ = own.speech


@pytest.mark.slow
def test_a_size_that_was_never_downloaded_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    own = ModelShelf({"speech": "whisper:small"}, tmp_path, device="cpu")
    with pytest.raises(ModelUnavailable, match=r"'small' is not on this machine.*Download it once"):
        _ = own.speech


@pytest.mark.slow
@pytest.mark.skipif(find_spec("whisper") is not None, reason="openai-whisper is installed")
def test_checkpoints_of_openai_name_their_package(tmp_path: Path) -> None:
    (tmp_path / "small.pt").write_bytes(b"-")
    own = ModelShelf({"speech": f"openai-whisper:{tmp_path / 'small.pt'}"}, tmp_path, device="cpu")
    with pytest.raises(ModelUnavailable, match="pip install openai-whisper"):
        _ = own.speech
    gone = ModelShelf({"speech": f"openai-whisper:{tmp_path / 'gone.pt'}"}, tmp_path, device="cpu")
    with pytest.raises(ModelUnavailable, match="no checkpoint"):
        _ = gone.speech


@pytest.mark.slow
def test_speech_can_be_switched_off(tmp_path: Path) -> None:
    own = ModelShelf({"speech": "none"}, tmp_path)
    assert list(own.speech.transcribe(windows(tone(3), 1))) == [] and own.speech.name == own.name("speech") == "none"
