"""The built-in cross-encoder: MiniLM's encoder, trained further to read two English texts together.

It says how well a passage answers a question, which words of the passage do (Chirkova et al. 2025, 'Provence',
arXiv:2501.16214: one reading ranks passages and picks from them), and whether a passage bears a sentence out. The
weights (`cross_encoder.safetensors`: layers in bytes, the words' vectors are MiniLM's own) are made by
`python -m benchmarks.cross_encoder DATA --learn`; docs/cross_encoder.md says from what, and how well it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.errors import ModelUnavailable
from pipelines.languages import is_english
from pipelines.models.encoders import encoder

if TYPE_CHECKING:
    from tokenizers import Encoding

WEIGHTS = Path(__file__).with_name("cross_encoder.safetensors")
LONGEST = 256  # tokens of a pair
_ASKED = 60  # words of the first text
_AT_ONCE = 2  # pairs that a core reads
_HEADS = 12  # of MiniLM's attention


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a passage with a question, as log odds: `answers` that it answers it, `words` that each of its
    tokens does, `spans` where those stand (start, end) in the passage."""

    answers: float
    words: np.ndarray
    spans: tuple[tuple[int, int], ...]

    def of(self, start: int, end: int) -> float | None:
        """The mean log odds of the words between two places of the passage; None where none was read."""
        inside = [odds for odds, (first, _) in zip(self.words, self.spans, strict=True) if start <= first < end]
        return float(np.mean(inside)) if inside else None


class BuiltInCrossEncoder:
    """Safe to share between threads. `folder` holds MiniLM's weights and tokenizer; `cache` takes what is made of them
    for this machine. Raises ModelUnavailable for files that cannot be read."""

    name = "folioscope-cross-encoder"

    def __init__(self, folder: Path, cache: Path, device: str = "cpu") -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        try:
            stored = load_file(WEIGHTS)
            self._heads = {name[6:]: tensor for name, tensor in stored.items() if name.startswith("heads.")}
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(LONGEST, strategy="longest_first")
            made = cache / f"{self.name}-{sha256(WEIGHTS.read_bytes()).hexdigest()[:8]}-ct2"

            def tensors() -> dict[str, np.ndarray]:
                return load_file(folder / "model.safetensors") | unpacked(stored)

            self._encoder = encoder(tensors, _HEADS, device, made)
            self._workers = ThreadPoolExecutor(self._encoder.workers, thread_name_prefix="pairs")
        except Exception as error:  # all of these libraries raise bare exceptions
            raise ModelUnavailable(
                f"The cross-encoder in {WEIGHTS} cannot be read: {error}. Install Folioscope again."
            ) from error

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """What was read of each passage, in their order; None for one that is not English, as all are for a question
        that is not."""
        if not is_english(question):
            return [None] * len(passages)
        known: dict[str, Reading] = {}
        new = [text for text in dict.fromkeys(passages) if is_english(text)]
        for text, (encoding, vectors) in zip(new, self._vectors([(question, text) for text in new]), strict=True):
            places = [i for i, sequence in enumerate(encoding.sequence_ids) if sequence == 1]
            words = self._apply("token", vectors[places])[:, 0]
            spans = tuple(encoding.offsets[i] for i in places)
            known[text] = Reading(float(self._apply("answers", vectors[0])[0]), words, spans)
        return [known.get(text) for text in passages]

    def entail(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Pairs of premise and hypothesis → probabilities (n, 3) float32: the premise bears the hypothesis out, says
        neither, contradicts it. NaN for what is not English."""
        scores = np.full((len(pairs), 3), np.nan, np.float32)
        read = [i for i, pair in enumerate(pairs) if all(map(is_english, pair))]
        found = self._vectors([(pairs[i][1], pairs[i][0]) for i in read])
        for i, (_, vectors) in zip(read, found, strict=True):
            scores[i] = self._apply("label", vectors[0])
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances: np.ndarray = scores / scores.sum(axis=1, keepdims=True)
        return chances

    def match(self, question: str, programs: Sequence[str]) -> np.ndarray:
        """(n,) float32: how well each program over a table, told in words, is what a question asks for. Comparable for
        one question only."""
        found = self._vectors([(question, program) for program in programs])
        return np.array([self._apply("program", vectors[0])[0] for _, vectors in found], np.float32)

    def _vectors(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[Encoding, np.ndarray]]:
        """The tokens of each pair and their vectors, those of like length read together, on all cores."""
        encodings: list[Encoding] = self._tokenizer.encode_batch([*map(shortened, pairs)])
        order = sorted(range(len(pairs)), key=lambda i: len(encodings[i].ids))
        parts = [order[at : at + _AT_ONCE] for at in range(0, len(order), _AT_ONCE)]
        rows = self._workers.map(lambda part: self._encoder.encode([encodings[i].ids for i in part]), parts)
        found = {
            i: vectors for part, some in zip(parts, rows, strict=True) for i, vectors in zip(part, some, strict=True)
        }
        return [(encodings[i], found[i]) for i in range(len(pairs))]

    def _apply(self, head: str, vectors: np.ndarray) -> np.ndarray:
        made: np.ndarray = vectors @ self._heads[f"{head}.weight"].T + self._heads[f"{head}.bias"]
        return made


def shortened(pair: tuple[str, str]) -> tuple[str, str]:
    """A pair of which the first text is short enough to leave room for the second."""
    return " ".join(pair[0].split()[:_ASKED]), pair[1]


def packed(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Matrices as int8 by row with what each row is multiplied by ('name/scale'), vectors and heads as they are."""
    found = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and name.startswith("encoder."):
            scale = np.maximum(np.abs(tensor).max(axis=1), 1e-9) / 127
            found[name] = np.rint(tensor / scale[:, None]).astype(np.int8)
            found[f"{name}/scale"] = scale.astype(np.float32)
        else:
            found[name] = tensor.astype(np.float32)
    return found


def unpacked(stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The layers that `packed` made, in float32."""
    return {
        name: tensor.astype(np.float32) * stored[f"{name}/scale"][:, None] if tensor.dtype == np.int8 else tensor
        for name, tensor in stored.items()
        if name.startswith("encoder.") and not name.endswith("/scale")
    }
