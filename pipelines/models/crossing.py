"""Models that read two texts together: how well a text answers a question, and whether one follows from another.

Both are set by people, since no such weights come with the install. Knows texts and numbers, nothing of segments.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import ModelUnavailable

_BATCH = 32
_LONGEST = 512  # tokens of a pair, where a model sets no limit of its own
_LABELS = ("entail", "neutral", "contradict")


class CrossEncoder:
    """Scores pairs of a question and a text (Nogueira and Cho 2019, arXiv:1901.04085): any cross-encoder of
    sentence-transformers with one output, from a folder or fetched before. Safe to share between threads.

    Raises ModelUnavailable when it cannot be loaded or has several outputs.
    """

    def __init__(self, model: str | Path, name: str | None = None, device: str = "cpu") -> None:
        self.name = name or str(model)
        self._pairs = _Pairs(model, self.name, "rerank", device)
        if self._pairs.outputs != 1:
            raise ModelUnavailable(
                f"rerank=hf:{self.name} gives {self._pairs.outputs} numbers for a pair, and not one score."
                " Set a cross-encoder that was trained for reranking."
            )

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """(n,) float32: the better a text answers the question, the higher. Comparable for one question only."""
        return self._pairs.read([(question, text) for text in texts]).reshape(len(texts))


class Entailment:
    """Judges pairs of a premise and a hypothesis (Williams et al. 2018, arXiv:1704.05426): any model for the
    classification of pairs whose labels are entailment, neutral and contradiction. Safe to share between threads.

    Raises ModelUnavailable when it cannot be loaded or has other labels.
    """

    def __init__(self, model: str | Path, name: str | None = None, device: str = "cpu") -> None:
        self.name = name or str(model)
        self._pairs = _Pairs(model, self.name, "entailment", device)
        labels = [label.lower() for label in self._pairs.labels]
        found = [[i for i, label in enumerate(labels) if label.startswith(wanted)] for wanted in _LABELS]
        if len(labels) != 3 or not all(found):
            raise ModelUnavailable(
                f"entailment=hf:{self.name} tells apart {', '.join(self._pairs.labels)}, and not entailment, neutral"
                " and contradiction. Set a model for natural language inference, with these labels in its config.json."
            )
        self._order = [at for at, *_ in found]

    def entail(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Pairs of premise and hypothesis → probabilities (n, 3) float32: the premise bears the hypothesis out, says
        neither, contradicts it."""
        scores = self._pairs.read(pairs).reshape(len(pairs), 3)[:, self._order]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances: np.ndarray = scores / scores.sum(axis=1, keepdims=True)
        return chances


class _Pairs:
    """A loaded model: pairs of texts → its raw outputs."""

    def __init__(self, model: str | Path, name: str, role: str, device: str) -> None:
        self._model = _load(model, name, role, device)
        self._lock = threading.Lock()
        self.outputs = int(self._model.num_labels)
        labels = self._model.config.id2label or {}
        self.labels = [str(labels[i]) for i in sorted(labels)]

    def read(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """(n, outputs) or, for one output, (n,) float32, before any softmax."""
        import torch

        if not pairs:
            return np.empty((0, self.outputs), np.float32)
        with self._lock:  # in full precision: bfloat16 would make ties of scores that differ by a percent
            scores = self._model.predict(
                [list(pair) for pair in pairs],
                batch_size=_BATCH,
                show_progress_bar=False,
                activation_fn=torch.nn.Identity(),
                convert_to_numpy=True,
            )
        return np.asarray(scores, np.float32)


def _load(model: str | Path, name: str, role: str, device: str) -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from sentence_transformers import CrossEncoder as Model
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        loaded = Model(
            str(model),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
        limit = loaded.max_seq_length
        loaded.max_seq_length = min(limit or _LONGEST, loaded.config.max_position_embeddings, 1 << 16)
        return loaded
    except ImportError as error:
        raise ModelUnavailable(
            f"{role}=hf:{name} needs sentence-transformers: {error}. Run: pip install -r requirements.txt"
        ) from error
    except Exception as error:  # a model that is missing or damaged shows in many types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"{role}=hf:{name} cannot be loaded: {reason} Give the folder of a model with safetensors weights,"
            f" or fetch it first: hf download {name}"
        ) from error
