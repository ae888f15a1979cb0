"""The built-in text model: MiniLM for English, and multilingual-e5-small for all other languages, in one space.

What e5 makes of a text is brought into MiniLM's space by a linear map, so that questions and passages in any two
languages can be compared, and English costs what it did before. The map (`languages.npy`) is learned by `python -m
benchmarks.languages DATA --learn`: on English texts e5 is to give what MiniLM gives (Reimers and Gurevych 2020,
arXiv:2004.09813, with a map in place of a student), and questions are to lie nearest to their own passages, also in
other languages (InfoNCE, van den Oord et al. 2018, arXiv:1807.03748).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from pipelines.languages import is_english
from pipelines.models import words
from pipelines.models.embedding import to_unit
from pipelines.models.minilm import DIMENSION, MiniLM
from pipelines.models.multilingual import MultilingualE5

MAP = Path(__file__).with_suffix(".npy")
"""(385, 384) float16: what a row of e5 is multiplied with, and last what is added."""


class AllLanguages:
    """Safe to share between threads. `others` loads e5, when a text in another language is met first; it may raise
    ModelUnavailable."""

    dimension = DIMENSION
    multilingual = True

    def __init__(self, name: str, english: MiniLM, others: Callable[[], MultilingualE5]) -> None:
        self.name = name
        self.floor = english.floor
        self._english = english
        self._load = others

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        return self._put_together(texts, lambda english: (self._english.embed_passages(english), []))[0]

    def embed_passages_and_words(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The same, and for each text its words (w, BITS / 8) uint8: none where it is not English."""
        return self._put_together(texts, self._english.embed_passages_and_words)

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        if is_english(text):
            return self._english.embed_question(text)
        row: np.ndarray = mapped(self._others.embed_question(text)[None], self._map)[0]
        return row

    def embed_words(self, question: str) -> np.ndarray:
        """The words of a question (w, BITS) float32, each row of unit length; none where it is not English."""
        return self._english.embed_words(question) if is_english(question) else np.empty((0, words.BITS), np.float32)

    def tokens(self, text: str) -> int:
        """How many tokens the English model makes of a text, however long it is."""
        return self._english.tokens(text)

    def _put_together(
        self, texts: Sequence[str], read: Callable[[list[str]], tuple[np.ndarray, list[np.ndarray]]]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        english = [i for i, text in enumerate(texts) if is_english(text)]
        foreign = sorted({*range(len(texts))} - {*english})
        rows = np.empty((len(texts), DIMENSION), np.float32)
        codes: list[np.ndarray] = [np.empty((0, words.BITS // 8), np.uint8)] * len(texts)
        rows[english], found = read([texts[i] for i in english])
        for i, each in zip(english, found, strict=False):
            codes[i] = each
        if foreign:
            rows[foreign] = mapped(self._others.embed_passages([texts[i] for i in foreign]), self._map)
        return rows, codes

    @cached_property
    def _others(self) -> MultilingualE5:
        return self._load()

    @cached_property
    def _map(self) -> np.ndarray:
        return np.load(MAP, allow_pickle=False).astype(np.float32)


def mapped(rows: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(n, 384) of e5 → (n, 384) in MiniLM's space, of unit length; `by` (385, 384)."""
    return to_unit(rows @ by[:-1] + by[-1])
