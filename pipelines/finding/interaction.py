"""Late interaction: how well each word of a question is met by some word of a passage, each in its context.

MaxSim (Khattab and Zaharia 2020, arXiv:2004.12832), with the token vectors of the text model as it is: it was trained
for their mean, so this order is mixed with the one before and does not stand instead of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from indexes.keywords import STOPWORDS


class TokenEmbedder(Protocol):
    """A text model that also gives the vectors of single tokens."""

    def embed_tokens(self, texts: Sequence[str]) -> list[tuple[list[str], np.ndarray]]:
        """The tokens of each text with their vectors (t, d), each row of unit length."""
        ...


class LateInteraction:
    """Scores passages for a question by the mean, over the question's words, of the nearest token of the passage."""

    share = 0.3  # of the order that comes of it; the rest is fusion's

    def __init__(self, embedder: TokenEmbedder) -> None:
        self._embedder = embedder

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """(n,) float32, in the order of the texts."""
        (tokens, asked), *passages = self._embedder.embed_tokens([question, *texts])
        telling = [i for i, token in enumerate(tokens) if token[:1].isalnum() or token.startswith("##")]
        telling = [i for i in telling if tokens[i] not in STOPWORDS] or telling
        if not telling:
            return np.zeros(len(texts), np.float32)
        return np.array([float((asked[telling] @ rows.T).max(axis=1).mean()) for _, rows in passages], np.float32)
