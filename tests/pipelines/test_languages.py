"""Which language a text is in, and when another text model is suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.assistant import Assistant
from app.settings import load_settings
from pipelines.languages import detect, shares, suggestion
from pipelines.models.shelf import ModelShelf
from tests.conftest import MODELS

GERMAN = "Der Leuchtturm wurde im Jahre 1887 gebaut und steht am äußersten Ende der Insel. Sein Wärter hieß Vogel. "
ENGLISH = "The lighthouse was built in 1887 and stands at the far end of the island. Its keeper was called Vane. "
CHINESE = "灯塔建于一八八七年，矗立在小岛的尽头。守塔人名叫韦恩，他在那里住了二十三年。"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (CHINESE, "zh"),
        ("東京タワーに行きました。とても高かったです。", "ja"),
        ("등대는 섬의 끝에 서 있다. 등대지기는 그곳에서 살았다.", "ko"),
        ("El museo está cerrado los martes y los días de fiesta.", "es"),
        ("Маяк был построен в 1887 году и стоит на краю острова.", "ru"),
        ("", ""),
        ("OK", ""),
        ("hello", ""),
        ("IMG_2034.jpg", ""),
        ("12 45 2019 | 3.5 | 77 %\n" * 20, ""),
        ("id;sku;qty\n1;WX-33;3\n2;GG-12;4\n" * 10, ""),
        ("for i in range(10):\n    x[i] = y[i]\n" * 10, ""),
    ],
)
def test_languages_of_texts(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.fixture
def library_of(tmp_path: Path):
    made: list[Assistant] = []

    def library_of(**texts: str) -> Assistant:
        assistant = Assistant(load_settings({"library": str(tmp_path / "library"), "text": "builtin:english"}))
        assistant.shelf = ModelShelf({"text": "builtin:english"}, MODELS, device="cpu")
        made.append(assistant)
        folder = tmp_path / "files"
        folder.mkdir()
        for name, text in texts.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        list(assistant.index([folder]))
        return assistant

    yield library_of
    for assistant in made:
        assistant.close()


@pytest.mark.slow
def test_shares_are_by_segments(library_of) -> None:
    assistant = library_of(one=ENGLISH, two=ENGLISH * 2, three=GERMAN, four=CHINESE)
    assert shares(assistant.library) == {"en": 0.5, "de": 0.25, "zh": 0.25}
    said = suggestion(assistant.library, assistant.shelf)
    assert said.startswith("About 50 % of this library is in German and Chinese, which the text model all-MiniLM-L6-v2")


@pytest.mark.slow
def test_sources_without_a_language_are_judged_when_they_are_asked_for(library_of) -> None:
    assistant = library_of(one=GERMAN, two=GERMAN * 2)
    with assistant.library.catalogue.transaction() as connection:
        connection.execute("UPDATE sources SET language = ''")
    assert shares(assistant.library) == {"de": 1.0}
    assert "is in German, which" in assistant.status()["suggestion"]


@pytest.mark.slow
def test_an_english_library_needs_nothing(library_of) -> None:
    assistant = library_of(a=ENGLISH, b=ENGLISH * 2, c=ENGLISH * 3, d=ENGLISH * 4, e=ENGLISH * 5, f=CHINESE)
    assert assistant.status()["suggestion"] == ""


def test_an_empty_library_needs_nothing(library_of) -> None:
    assistant = library_of()
    assert shares(assistant.library) == {} and assistant.status()["suggestion"] == ""


@pytest.mark.slow
def test_a_model_of_which_nothing_is_known_is_left_alone(library_of, tmp_path: Path) -> None:
    assistant = library_of(one=GERMAN)
    for text in ("hf:of/somebody", "builtin:multilingual", "builtin"):
        assert suggestion(assistant.library, ModelShelf({"text": text}, tmp_path)) == ""
