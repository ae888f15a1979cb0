"""The built-in text model reads all languages in one space; English costs what it did before."""

from __future__ import annotations

import numpy as np
import pytest

from indexes.library import Library
from pipelines.languages import is_english
from pipelines.models.shelf import ModelShelf
from pipelines.records import Question
from pipelines.retrieval import Retriever
from tests.conftest import MODELS

FILES = {
    "lighthouse.md": "灯塔的第一位守护人是托马斯·韦恩。他在岛上住了二十三年。\n",
    "brot.md": "Für das Brot mischt man Mehl, Wasser und Salz und lässt den Teig über Nacht ruhen.\n",
    "abeilles.md": "En hiver, les abeilles restent dans la ruche et gardent leur reine au chaud jusqu'au printemps.\n",
    "bridge.md": "The bridge over the river was closed in March, because its cables had rusted.\n",
    "school.md": "The school library lends every pupil two books a week, and one more during the summer holidays.\n",
}
QUESTIONS = {
    "How long must the dough rest?": "brot.md",
    "where do bees spend the cold months": "abeilles.md",
    "Wo verbringen Bienen die kalten Monate?": "abeilles.md",
    "Warum war die Brücke gesperrt?": "bridge.md",
    "¿Por qué cerraron el puente?": "bridge.md",
    "灯塔最早是由谁看守的？": "lighthouse.md",
    "学生每周可以借几本书？": "school.md",
    "Why was the bridge closed?": "bridge.md",
}


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("how long must the dough rest", True),
        ("telex number of the company?", True),
        ("invoice_no | date | customer", True),
        ("1,250.00", True),
        ("", True),
        ("wie lange muss der Teig ruhen", False),
        ("Warum ist das Grundwasser gestiegen?", False),
        ("quelle est la date du bail", False),
        ("什么时候", False),
        ("как работает маяк", False),
    ],
)
def test_english_is_told_from_other_languages(text: str, english: bool) -> None:
    assert is_english(text) is english


@pytest.mark.slow
def test_a_question_finds_its_passage_in_any_language(library: Library, shelf: ModelShelf) -> None:
    retriever = Retriever(library, shelf)
    found = {question: retriever.find(Question(question), 1)[0].source.path for question in QUESTIONS}
    assert {question for question, file in QUESTIONS.items() if not found[question].endswith(file)} == set()


@pytest.mark.slow
def test_english_is_read_as_by_the_english_model_alone(shelf: ModelShelf) -> None:
    alone = ModelShelf({"text": "builtin:english"}, MODELS, device="cpu").text
    texts = [FILES["bridge.md"], FILES["brot.md"], FILES["school.md"]]
    mixed, english = shelf.text.embed_passages(texts), alone.embed_passages(texts)
    assert np.allclose(mixed[[0, 2]], english[[0, 2]], atol=2e-2) and not np.allclose(mixed[1], english[1], atol=0.1)
    rows, codes = shelf.text.embed_passages_and_words(texts)
    assert np.allclose(rows, mixed, atol=2e-2) and [len(each) > 0 for each in codes] == [True, False, True]
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


@pytest.mark.slow
def test_only_another_language_loads_the_other_model(tmp_path) -> None:
    own = ModelShelf({}, MODELS, device="cpu").text
    own.embed_question("Why was the bridge closed?")
    own.embed_passages([FILES["school.md"]])
    assert "_others" not in vars(own)
    own.embed_question("Warum war die Brücke gesperrt?")
    assert "_others" in vars(own)
