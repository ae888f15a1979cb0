"""The built-in cross-encoder, with its real weights: what it says of pairs of texts, and of which it says nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import ModelUnavailable
from pipelines.models import cross_encoder
from pipelines.models.cross_encoder import WEIGHTS, BuiltInCrossEncoder, packed, unpacked
from pipelines.models.shelf import ModelShelf

KEEPER = "The light was built in 1868. Its first keeper was Thomas Vane, who stayed for 31 years. Gulls nest there."
PARIS = "Paris is the capital of France. About two million people live in the city, and many more around it."


@pytest.fixture(scope="module")
def model(shelf: ModelShelf) -> BuiltInCrossEncoder:
    assert shelf.cross_encoder is not None
    return shelf.cross_encoder


def test_a_passage_that_answers_is_the_likelier(model: BuiltInCrossEncoder) -> None:
    for question, right in (("who was the first keeper?", 0), ("what is the capital of france", 1)):
        read = model.read(question, [KEEPER, PARIS])
        odds = [reading.answers for reading in read if reading is not None]
        assert len(odds) == 2 and odds[right] > odds[1 - right] + 1


def test_words_stand_where_they_are_read(model: BuiltInCrossEncoder) -> None:
    (reading,) = model.read("who was the first keeper?", [KEEPER])
    assert reading is not None and len(reading.words) == len(reading.spans)
    assert all(0 <= start < end <= len(KEEPER) for start, end in reading.spans)
    first, other = KEEPER.index("Its first"), KEEPER.index("Gulls")
    keeper, gulls = reading.of(first, other), reading.of(other, len(KEEPER))
    assert keeper is not None and gulls is not None and keeper > gulls
    assert reading.of(10_000, 10_001) is None


def test_what_contradicts_is_told_from_what_follows(model: BuiltInCrossEncoder) -> None:
    said = ["Thomas Vane was the first keeper.", "Thomas Vane stayed for 13 years."]
    chances = model.entail([(KEEPER, each) for each in said])
    assert chances.shape == (2, 3) and np.allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert chances[0, 0] > chances[1, 0] and chances[1, 2] > chances[0, 2]


def test_the_program_that_is_asked_for_fits_best(model: BuiltInCrossEncoder) -> None:
    programs = ["how many rows where town is Lindau : 2", "staff where town is Lindau : 40, 7", "largest staff : 40"]
    assert int(np.argmax(model.match("how many companies are in Lindau?", programs))) == 0


@pytest.mark.parametrize("question", ["", "x" * 4000, "long-" * 800, "how many " + "漢" * 500])
def test_any_question_is_read_with_programs(model: BuiltInCrossEncoder, question: str) -> None:
    assert np.isfinite(model.match(question, ["how many rows : 3", ""])).all()


def test_other_languages_are_left_to_others(model: BuiltInCrossEncoder) -> None:
    german = "Der Leuchtturm wurde 1868 gebaut und hat sechsundneunzig Stufen aus Stein."
    assert model.read("Wer war der erste Wärter des Leuchtturms?", [KEEPER]) == [None]
    assert model.read("who was the first keeper?", [german]) == [None]
    assert np.isnan(model.entail([(german, "The light was built in 1868.")])).all()


def test_a_reading_is_the_same_alone_and_among_others(model: BuiltInCrossEncoder) -> None:
    question = "how long did the keeper stay?"
    (alone,) = model.read(question, [KEEPER])
    among = model.read(question, [PARIS * 8, KEEPER, PARIS])[1]
    assert alone is not None and among is not None and alone.answers == pytest.approx(among.answers, abs=0.15)


def test_layers_are_kept_in_bytes() -> None:
    rows = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    stored = packed({"encoder.layer.0.x.weight": rows, "encoder.layer.0.x.bias": rows[0], "heads.a.weight": rows})
    assert stored["encoder.layer.0.x.weight"].dtype == np.int8
    assert set(unpacked(stored)) == {"encoder.layer.0.x.weight", "encoder.layer.0.x.bias"}
    assert np.abs(unpacked(stored)["encoder.layer.0.x.weight"] - rows).max() < np.abs(rows).max() / 100


def test_the_weights_are_those_of_the_model_card() -> None:
    card = (Path(__file__).parents[3] / "docs" / "cross_encoder.md").read_text(encoding="utf-8")
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() in card
    assert WEIGHTS.stat().st_size < 25_000_000


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    assert ModelShelf({}, tmp_path).name("cross_encoder") == "folioscope-cross-encoder"
    assert ModelShelf({"cross_encoder": "none"}, tmp_path).cross_encoder is None


def test_it_is_described_as_our_own(tmp_path: Path) -> None:
    (info,) = [each for each in ModelShelf({}, tmp_path).describe() if each.role == "cross_encoder"]
    assert (info.origin, info.bytes) == ("comes with Folioscope", WEIGHTS.stat().st_size)


def test_damaged_weights_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(cross_encoder, "WEIGHTS", tmp_path / "x.safetensors")
    with pytest.raises(ModelUnavailable, match="Install Folioscope again"):
        BuiltInCrossEncoder(tmp_path, tmp_path)
