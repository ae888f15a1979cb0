"""The text role: passages and questions as unit vectors of one space. Knows nothing of files, segments or indexes."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.devices import has_bfloat16

MOST_TEXTS, MOST_CHARACTERS = 128, 32_000
"""The largest batch. More is no quicker, and a question that is asked meanwhile waits for one batch."""

_CHINESE = "澜湾航海博物馆每逢星期二闭馆维修三桅帆船"


class TextEmbedder(Protocol):
    """Puts passages and questions into one space; their dot product is their cosine.

    A passage whose cosine to a question lies below `floor` has nothing to do with it (None: not known).
    `multilingual` is false when texts in Chinese and the like are told apart little better than by chance.
    """

    name: str
    dimension: int
    floor: float | None
    multilingual: bool

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32, each row of unit length, in the order of the texts."""
        ...

    def embed_question(self, text: str) -> np.ndarray:
        """(d,) float32 of unit length."""
        ...

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model: a folder, or an id of the hub that has been fetched before.

    Safe to share between threads. Raises ModelUnavailable when it cannot be loaded.
    """

    def __init__(
        self, model: str | Path, name: str | None = None, device: str = "cpu", floor: float | None = None
    ) -> None:
        self.name = name or str(model)
        self.floor = floor
        self._device = device
        self._model = _load(model, self.name, device)
        if not self._model.prompts.get("query") and "e5" in Path(str(model)).name.lower().split("-"):
            # The E5 family is trained with these words, but its older model folders don't hold them.
            self._model.prompts = {"query": "query: ", "document": "passage: "}
        self._autocast = _reduced_precision(device)
        self._lock = threading.Lock()
        self.multilingual = self._reads_chinese()
        self.dimension = int(self.embed_question("a question").shape[0])

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), self.dimension), np.float32)
        for batch in batches(texts):
            rows[batch] = self._encode(self._model.encode_document, [texts[i] for i in batch])
        return rows

    def embed_question(self, text: str) -> np.ndarray:
        """(d,) float32 of unit length."""
        row: np.ndarray = self._encode(self._model.encode_query, [text])[0]
        return row

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        with self._lock:
            return len(self._model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _encode(self, encode: Any, texts: list[str]) -> np.ndarray:
        with self._lock, self._autocast():
            rows = encode(texts, batch_size=MOST_TEXTS, show_progress_bar=False, convert_to_numpy=True)
        return to_unit(np.asarray(rows, np.float32))  # in bfloat16, the model's own lengths are a percent off

    def _reads_chinese(self) -> bool:
        """Judged by the vocabulary: it must know the characters, as whole ones or as words."""
        pieces = self._model.tokenizer.tokenize(_CHINESE)
        return self._model.tokenizer.unk_token not in pieces and len(pieces) <= 1.2 * len(_CHINESE)


def batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """The indexes of the texts in batches of like length, so that little is spent on padding."""
    batch: list[int] = []
    for i in sorted(range(len(texts)), key=lambda i: len(texts[i])):
        if batch and (len(batch) == MOST_TEXTS or (len(batch) + 1) * len(texts[i]) > MOST_CHARACTERS):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def powers_of_two(batch: list[int]) -> Iterator[list[int]]:
    """A batch in parts of 32, 16, 8 … texts: torch keeps kernels for every shape that it has met, some 2 MB each."""
    while batch:
        size = 1 << (len(batch).bit_length() - 1)
        yield batch[:size]
        batch = batch[size:]


def to_unit(rows: np.ndarray) -> np.ndarray:
    """(n, d) with each row brought to unit length; a row of zeros stays."""
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _load(model: str | Path, name: str, device: str) -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        return SentenceTransformer(
            str(model),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except ImportError as error:
        raise ModelUnavailable(
            f"The text model {name} needs sentence-transformers: {error}. Run: pip install -r requirements.txt"
        ) from error
    except Exception as error:  # a model that is missing or damaged shows in many types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"The text model {name} cannot be loaded: {reason} Give the folder of a sentence-transformers model"
            f" with safetensors weights, or fetch it first: hf download {name}"
        ) from error


def _reduced_precision(device: str) -> Any:
    """The context to run in: half the bits where the processor is quicker with them."""
    import torch

    if device == "cuda":
        return functools.partial(torch.autocast, "cuda", dtype=torch.float16)
    return functools.partial(torch.autocast, "cpu", dtype=torch.bfloat16, enabled=device == "cpu" and has_bfloat16())
