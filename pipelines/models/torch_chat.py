"""Chat models in safetensors on transformers, of which some also take pictures. Knows messages, nothing of evidence."""

from __future__ import annotations

import base64
import io
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from pipelines.errors import ModelUnavailable
from pipelines.models.generation import LocalChat

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)

# A model folder without a chat template of its own gets this one.
_PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


class TransformersChat(LocalChat):
    """A language model in safetensors, from a folder or from the hub's cache, on transformers.

    One with a vision part also reads the pictures in messages; `profile` says whether it has one. Raises
    ModelUnavailable when it cannot be loaded.
    """

    model: str
    device: str = "cpu"
    _network: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()
    _processor: Any = PrivateAttr()
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._network, self._tokenizer, self._processor = _load(self.model, self.device)
        self.profile = {"image_inputs": self._processor is not None}

    @property
    def _llm_type(self) -> str:
        return "transformers"

    def _write(self, messages: list[BaseMessage], stop: list[str], give: Callable[[ChatGenerationChunk], bool]) -> None:
        import torch
        from transformers import TextStreamer

        closed = threading.Event()
        came: list[float] = []  # when each token did; first of all the whole prompt

        class Giver(TextStreamer):  # it holds back words that are not whole yet, and calls this with the rest
            def put(self, value: Any) -> None:
                came.append(time.monotonic())
                super().put(value)

            def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
                if text and give(_chunk(text)):
                    closed.set()

        class Closed:
            def __call__(self, ids: Any, scores: Any, **kwargs: Any) -> Any:
                return torch.full((len(ids),), closed.is_set(), device=ids.device)

        # The tokenizer is not safe to share, and two answers at once would only halve each other's speed.
        with self._lock, torch.inference_mode():
            prompt = self._prompt(convert_to_openai_messages(messages))
            began = time.monotonic()
            self._network.generate(
                **prompt,
                max_new_tokens=self.max_tokens,
                do_sample=self.temperature > 0,
                **({"temperature": self.temperature} if self.temperature > 0 else {}),
                **({"stop_strings": stop, "tokenizer": self._tokenizer} if stop else {}),
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
                streamer=Giver(self._tokenizer, skip_prompt=True, skip_special_tokens=True),
                stopping_criteria=[Closed()],
            )
        if len(came) > 1:
            self.pace.add_read(prompt["input_ids"].shape[1], came[1] - began)
            self.pace.add_written(len(came) - 2, came[-1] - came[1])

    def _prompt(self, messages: list[dict[str, Any]]) -> Any:
        """Messages in OpenAI's dialect → token ids, and the pixels of pictures, where the network wants them."""
        if self._processor is None:
            return self._tokenizer.apply_chat_template(
                messages,
                chat_template=self._tokenizer.chat_template or _PLAIN_TEMPLATE,
                add_generation_prompt=True,
                return_tensors="pt",
                return_dict=True,
            ).to(self._network.device)
        # A passage that says '<image>' would else stand for a picture that is not there.
        read = self._processor.apply_chat_template(
            [{**message, "content": _blocks(message["content"])} for message in messages],
            add_generation_prompt=True,
            tokenize=True,
            sanitize_control_tokens=True,
            return_tensors="pt",
            return_dict=True,
        )
        return read.to(self._network.device, dtype=self._network.dtype)


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Content as blocks of text and pictures, which is what templates for pictures expect."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [
        {"type": "image", "image": _picture(block["image_url"]["url"])} if block["type"] == "image_url" else block
        for block in content
    ]


def _picture(url: str) -> Image:
    """The picture within a data URL. Others are refused: transformers would fetch them."""
    from PIL import Image

    head, _, data = url.partition(";base64,")
    if not head.startswith("data:image/"):
        raise ModelUnavailable("A picture for the chat model must be in the message itself, and is an address.")
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def _load(model: str, device: str) -> tuple[Any, Any, Any]:
    """Network, tokenizer, and a processor of pictures where the model has a vision part and says how to talk to it."""
    try:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        common: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(model, **common)
        processor = None
        if hasattr(AutoConfig.from_pretrained(model, **common), "vision_config"):
            processor = _load_processor(model, common)
        kind = AutoModelForCausalLM if processor is None else AutoModelForImageTextToText
        network = kind.from_pretrained(model, use_safetensors=True, dtype="auto", **common)
        return network.eval().to(device), tokenizer if processor is None else processor.tokenizer, processor
    except Exception as error:  # a model that is missing or damaged shows in many types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"The chat model {model} cannot be loaded: {reason} Give the folder of a model with safetensors weights,"
            f" or fetch it first: hf download {model}"
        ) from error


def _load_processor(model: str, common: dict[str, Any]) -> Any:
    """None where a folder lacks what is needed to read pictures; its words can still be used."""
    from transformers import AutoProcessor

    try:
        processor = AutoProcessor.from_pretrained(model, **common)
    except (OSError, ValueError, ImportError) as error:
        log.warning("The chat model %s takes no pictures: %s", model, str(error).split("\n")[0])
        return None
    return processor if getattr(processor, "chat_template", None) and hasattr(processor, "image_processor") else None


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))
