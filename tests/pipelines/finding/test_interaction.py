"""Words of passages, kept as bits, and late interaction with them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.settings import load_settings
from pipelines.finding.interaction import max_sim
from pipelines.models import words
from pipelines.models.shelf import ModelShelf

TEXTS = ["The keeper slept in the tower.", "The keeper wound the clockwork of the lamp.", "Herring is a fish."]


@pytest.fixture
def assistant(tmp_path: Path, shelf: ModelShelf) -> Iterator[Assistant]:
    made = Assistant(load_settings({"library": str(tmp_path / "library")}))
    made.shelf = shelf
    yield made
    made.close()


def test_the_passage_that_meets_every_word_is_nearest(shelf: ModelShelf) -> None:
    rows, codes = words.embed(shelf.text, TEXTS)
    assert np.allclose(rows, shelf.text.embed_passages(TEXTS), atol=1e-3)
    assert [each.shape for each in codes] == [(3, 32), (4, 32), (2, 32)]  # no stop words, no marks
    scores = max_sim(shelf.text.embed_words("Who wound the clockwork?"), codes)  # type: ignore[attr-defined]
    assert scores.argmax() == 1 and scores.argmin() == 2


def test_the_projection_stays_the_same_for_ever() -> None:
    # What libraries keep was made with it: another one would compare with noise.
    rows = words.projection(384)
    assert rows.shape == (384, words.BITS) and set(np.unique(rows)) == {-1.0, 1.0}
    assert rows[:2, :8].tolist() == [[1, 1, -1, -1, -1, 1, 1, 1], [1, -1, 1, -1, 1, -1, 1, -1]]


def test_a_word_is_the_sum_of_its_tokens_and_stop_words_are_none() -> None:
    tokens = ["[CLS]", "the", "clock", "##work", "of", "1", ",", "lamp"]
    assert words.spans(tokens) == [(2, 4), (5, 6), (7, 8)]
    vectors = np.random.default_rng(0).normal(size=(8, 16)).astype(np.float32)
    assert np.allclose(words.projected(tokens, vectors)[0], (vectors[2] + vectors[3]) @ words.projection(16), atol=1e-4)


def test_bits_come_back_as_signs() -> None:
    given = np.random.default_rng(0).normal(size=(3, words.BITS)).astype(np.float32)
    assert (words.unpacked(words.packed(given)) == np.sign(given)).all()


@pytest.mark.parametrize("passages", [[], [np.empty((0, 32), np.uint8)]])
def test_nothing_to_compare_is_no_error(passages: list[np.ndarray]) -> None:
    scores = max_sim(np.ones((2, words.BITS), np.float32), passages)
    assert scores.shape == (len(passages),) and not scores.any()


def test_a_passage_without_words_comes_last(shelf: ModelShelf) -> None:
    asked = shelf.text.embed_words("herring")  # type: ignore[attr-defined]
    _, codes = words.embed(shelf.text, [TEXTS[2], TEXTS[0]])
    scores = max_sim(asked, [np.empty((0, 32), np.uint8), *codes])
    assert scores.argmax() == 1 and scores[0] == scores.min()


def test_words_are_kept_with_their_segments_and_go_with_them(assistant: Assistant, tmp_path: Path) -> None:
    paths = []
    for name, text in zip("abc", TEXTS, strict=True):
        paths.append(tmp_path / f"{name}.txt")
        paths[-1].write_text(text)
    list(assistant.index(paths))
    count = "SELECT count(*) FROM codes"
    execute = assistant.library.catalogue.connection.execute
    assert execute(count).fetchone()[0] == 3
    found = assistant.search("Who wound the clockwork?")
    assert found[0].source.path == str(paths[1])
    assistant.forget(str(paths[1]))
    assert execute(count).fetchone()[0] == 2


def test_a_library_without_words_is_searched_without_them(assistant: Assistant, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n\n".join(TEXTS))
    (tmp_path / "b.txt").write_text(TEXTS[0])
    list(assistant.index([path, tmp_path / "b.txt"]))
    with assistant.library.catalogue.transaction() as connection:
        connection.execute("DELETE FROM codes")
    assert assistant.search("Who wound the clockwork?")[0].source.path == str(path)
