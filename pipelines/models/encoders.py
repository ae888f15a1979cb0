"""Where an encoder runs: on a graphics card through torch, on a processor through CTranslate2, without importing torch.

Token ids → token vectors; making ids of texts, and a row of vectors, is left to the models that stand on them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pipelines.models.bert import Bert, limit_blas
from pipelines.models.ct2_bert import Ct2Bert, convert
from pipelines.models.devices import cores, multiplies_bytes
from pipelines.models.embedding import powers_of_two

# torch keeps kernels for every shape that it has met, some 2 MB each, so the shapes are few: widths in tokens to which
# texts are padded, and powers of two of texts.
_WIDTHS = (16, 32, 48, 64, *range(96, 257, 32), *range(320, 513, 64))
_AT_ONCE = 2  # texts that a worker on a processor reads; 16 take a fifth longer, in int8 two fifths

Tensors = Callable[[], Mapping[str, np.ndarray]]
"""Reads weights, by the names that transformers gives them; not called where they were converted before."""


class Encoder(Protocol):
    """`encode` makes rows of token ids the vectors of their tokens, (t, d) float32 each; `parts` says how many texts
    are read at once, `workers` how many such parts."""

    workers: int

    def encode(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]: ...

    def encode_question(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]: ...

    def parts(self, batch: list[int]) -> Iterator[list[int]]: ...


def encoder(tensors: Tensors, heads: int, device: str, made: Path, small: bool = False) -> Encoder:
    """`made` is the folder that takes what is made of the weights for a processor; `small`: kept in bytes there."""
    limit_blas()
    if device != "cpu":
        return _OnTorch(tensors(), heads, device)
    if not made.exists():
        convert(tensors(), heads, made, small)
    return _OnProcessor(made, small)


class _OnTorch:
    """The encoder on a graphics card."""

    workers = 1  # two batches at once would only halve each other's speed

    def __init__(self, tensors: Mapping[str, np.ndarray], heads: int, device: str) -> None:
        import torch

        # Copied, since torch must own what it is given.
        weights = {name: torch.from_numpy(np.array(tensor)).to(device) for name, tensor in tensors.items()}
        self._bert = Bert(weights, heads, device)

    def parts(self, batch: list[int]) -> Iterator[list[int]]:
        return powers_of_two(batch)

    def encode(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        width = next(width for width in _WIDTHS if width >= max(map(len, rows)))
        vectors = self._bert.encode(rows, width)[0].float().cpu().numpy()
        return [vectors[i, : len(row)] for i, row in enumerate(rows)]

    def encode_question(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        return self.encode(rows)


class _OnProcessor:
    """The encoder on CTranslate2: for passages one worker a core, for a question all cores and float32, which takes
    half as long. What only indexes never loads the second, and where the weights are `small` because they are many,
    there is none."""

    def __init__(self, folder: Path, small: bool) -> None:
        self.workers = cores()
        self._all = Ct2Bert(folder, self.workers, 1, exact=not multiplies_bytes())
        self._lock = threading.Lock()
        self._alone: Ct2Bert | None = None
        self._folder, self._small = folder, small

    def parts(self, batch: list[int]) -> Iterator[list[int]]:
        return (batch[i : i + _AT_ONCE] for i in range(0, len(batch), _AT_ONCE))

    def encode(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        return self._all.encode(rows)

    def encode_question(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        if self._small:
            return self.encode(rows)
        with self._lock:
            self._alone = self._alone or Ct2Bert(self._folder, 1, self.workers)
        return self._alone.encode(rows)
