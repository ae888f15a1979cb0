"""Chat models in safetensors: words stream, pixels arrive, and what cannot be loaded is explained."""

from __future__ import annotations

import base64
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from PIL import Image

from pipelines.errors import ModelUnavailable
from pipelines.models.shelf import ModelShelf
from pipelines.models.torch_chat import TransformersChat

pytestmark = pytest.mark.slow

CAPITAL = [HumanMessage("What is the capital of France? One word.")]
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
ENDLESS: dict[str, Any] = {"vocab_size": 400, "eos_token_id": None, "bos_token_id": None, **SMALL}
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {% for part in m['content'] %}{% if part['type'] == 'image' %}<image>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def tokenizer(**special: Any) -> Any:
    """One that knows a few words, and every byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel()
    words.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<end>", "<image>"], initial_alphabet=alphabet)
    words.train_from_iterator(["what is the capital of france one word paris"] * 3, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", **special)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of random weights that never ends by itself and has no chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer().save_pretrained(folder)
    torch.manual_seed(5)
    LlamaForCausalLM(LlamaConfig(max_position_embeddings=512, **ENDLESS)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny_llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LLaVA of random weights."""
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    folder = tmp_path_factory.mktemp("tiny_llava")
    words = tokenizer(extra_special_tokens={"image_token": "<image>"})
    pixels = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = LlavaProcessor(pixels, words, 8, "default", TEMPLATE, num_additional_image_tokens=1)
    processor.save_pretrained(folder)
    torch.manual_seed(5)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(image_size=32, patch_size=8, **SMALL),
        text_config=LlamaConfig(max_position_embeddings=1024, **ENDLESS),
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def llava(tiny_llava: Path) -> TransformersChat:
    shelf = ModelShelf({"chat": f"hf:{tiny_llava}"}, tiny_llava, device="cpu", answer_tokens=12)
    assert isinstance(shelf.chat, TransformersChat) and shelf.chat_sees
    return shelf.chat


def answer(model: TransformersChat, messages: list) -> str:
    return "".join(str(chunk.content) for chunk in model.stream(messages))


def picture(colour: str) -> dict[str, str]:
    buffer = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(buffer, "JPEG")
    return {"type": "image", "base64": base64.b64encode(buffer.getvalue()).decode(), "mime_type": "image/jpeg"}


def asking(*colours: str, text: str = "What is the word?") -> list[HumanMessage]:
    return [HumanMessage([*map(picture, colours), {"type": "text", "text": text}])]


def test_a_folder_of_safetensors_streams(tiny: Path, tmp_path: Path) -> None:
    shelf = ModelShelf({"chat": f"hf:{tiny}"}, tmp_path, device="cpu", answer_tokens=12)
    assert isinstance(shelf.chat, TransformersChat) and not shelf.chat_sees
    streamed = answer(shelf.chat, CAPITAL)
    assert streamed and streamed == shelf.chat.invoke(CAPITAL).content
    assert shelf.chat_speed is not None and min(shelf.chat_speed) > 0


def test_closing_the_stream_stops_transformers(tiny: Path) -> None:
    model = TransformersChat(model=str(tiny), max_tokens=400)
    stream = model.stream(CAPITAL)
    next(stream)
    writer = [thread for thread in threading.enumerate() if thread.name == "chat writer"][-1]
    stream.close()  # type: ignore[attr-defined]
    writer.join(timeout=60)
    assert not writer.is_alive() and answer(model, CAPITAL)


def test_weights_that_are_no_safetensors_are_refused(tiny: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    for file in tiny.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save(load_file(tiny / "model.safetensors"), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        TransformersChat(model=str(tmp_path))


def test_a_chat_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"nobody/nothing cannot be loaded.*hf download nobody/nothing"):
        TransformersChat(model="nobody/nothing")


def test_pixels_reach_a_model_with_a_vision_part_in_order(llava: TransformersChat) -> None:
    arrived: list[Any] = []
    hook = llava._network.model.vision_tower.register_forward_pre_hook(
        lambda _, args, named: arrived.append(args[0] if args else named["pixel_values"]), with_kwargs=True
    )
    try:
        assert answer(llava, asking("red", "blue")) and answer(llava, asking("lime")) and answer(llava, CAPITAL)
    finally:
        hook.remove()
    assert [tuple(pixels.shape) for pixels in arrived] == [(2, 3, 32, 32), (1, 3, 32, 32)]
    strongest = [int(pixels.mean(dim=(1, 2)).argmax()) for batch in arrived for pixels in batch]
    assert strongest == [0, 2, 1]  # red, blue; then green


def test_a_text_cannot_pretend_to_be_a_picture(llava: TransformersChat) -> None:
    assert answer(llava, [HumanMessage("A page that says <image> and <image>.")])
    assert answer(llava, asking("red", text="Another that says <image>."))


def test_pictures_that_would_have_to_be_fetched_are_refused(llava: TransformersChat) -> None:
    address = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/picture.jpg"}}
    with pytest.raises(ModelUnavailable, match="in the message itself"):
        llava.invoke([HumanMessage([address, {"type": "text", "text": "What is it?"}])])


def test_a_vision_model_without_its_processor_is_explained(tiny_llava: Path, tmp_path: Path) -> None:
    for file in tiny_llava.iterdir():
        if file.name not in ("processor_config.json", "chat_template.jinja"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        TransformersChat(model=str(tmp_path))
