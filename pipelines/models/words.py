"""Words of a text, each in its context, as 256 bits: small enough to be kept for every segment.

A text model gives each token a vector. The words that say something are projected onto 256 directions of chance, and
of each the sign is kept (Charikar 2002, STOC, 'Similarity estimation techniques from rounding algorithms'); the words
of a question keep their numbers. Late interaction (`finding/interaction.py`) compares the two.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from indexes.keywords import STOPWORDS

BITS = 256


@runtime_checkable
class WordEmbedder(Protocol):
    """A text model that also gives the words of a text."""

    def embed_passages_and_words(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """What `embed_passages` gives, and for each text its words (w, BITS / 8) uint8."""
        ...

    def embed_words(self, question: str) -> np.ndarray:
        """The words of a question (w, BITS) float32, each row of unit length."""
        ...


def embed(embedder: object, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Passages as rows (n, d), and their words by a model that gives them; else none."""
    if isinstance(embedder, WordEmbedder):
        return embedder.embed_passages_and_words(texts)
    return embedder.embed_passages(texts), []  # type: ignore[attr-defined]


@functools.cache
def projection(dimension: int) -> np.ndarray:
    """(dimension, BITS) float32 of +1 and -1 (Achlioptas 2003, JCSS 66). The same on every machine and for ever, since
    what is stored was made with it."""
    stream = hashlib.shake_256(b"words of folioscope").digest(dimension * BITS // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(dimension, BITS)
    return bits.astype(np.float32) * 2 - 1


def spans(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words that say something begin and end among WordPiece tokens: no stop words, no marks."""
    begins = [i for i, token in enumerate(tokens) if not token.startswith("##")]
    words = []
    for begin, end in zip(begins, [*begins[1:], len(tokens)], strict=True):
        word = tokens[begin] + "".join(token[2:] for token in tokens[begin + 1 : end])
        if word not in STOPWORDS and word[0] != "[" and any(map(str.isalnum, word)):
            words.append((begin, end))
    return words


def projected(tokens: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """The words of a text (w, BITS) float32, from its tokens and their vectors (t, d)."""
    found = spans(tokens)
    if not found:
        return np.empty((0, BITS), np.float32)
    sums = np.stack([vectors[begin] if end - begin == 1 else vectors[begin:end].sum(0) for begin, end in found])
    words: np.ndarray = sums @ projection(vectors.shape[1])
    return words


def packed(words: np.ndarray) -> np.ndarray:
    """(w, BITS) → (w, BITS / 8) uint8, a bit for each sign."""
    return np.packbits(words > 0, axis=1)


def unpacked(codes: np.ndarray) -> np.ndarray:
    """(w, BITS / 8) uint8 → (w, BITS) float32 of +1 and -1."""
    signs: np.ndarray = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    return signs
