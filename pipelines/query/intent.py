"""The intent of a question: what kind of answer is wanted, told by what similar questions wanted; and of a fact its
answer type: a number, a date, a time of day, a name or something else.

The examples are in intents.tsv and answer_types.tsv; a new language or a new way to ask is a row there. They are
compared in two ways:
by the text model's vectors, which know that 'gist' means 'summary' but also what the question is about, and by their
runs of characters, which find 'warum' or '为什么' also where the model does not read the language. What a question is
about must not decide, so a run counts by how much it tells about the intent, and a ridge regression over both finds
what the examples of one intent share and the others lack.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.models.embedding import TextEmbedder, to_unit

INTENTS = Path(__file__).with_name("intents.tsv")
ANSWER_TYPES = Path(__file__).with_name("answer_types.tsv")

# Set by cross-validation over the examples. None matters much: near these values accuracy changes by a percent or so.
_MEANING = 0.45  # the share of the vectors in a comparison; the rest is that of the characters
_RIDGE = 0.3  # keeps single examples from deciding
_LEVEL = 0.1  # added to each comparison, so that intents may differ in how common they are
_LONGEST_RUN = 4  # characters
_LONGEST_START = 16  # characters; how a question begins tells most
_SHARPNESS = 10.0  # makes probabilities of the scores that are as sure as they are right

_UNHEARD = 2  # words of what is said to a person, and of nothing in a file, that no example has

_NOT_WORDS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[\u2e80-\U0003ffff]|[^\W_\u2e80-\U0003ffff]+")


class Intents:
    """Recognises intents (fact, list, count, explanation, comparison, summary, yes_no, show, none) and answer types
    (number, date, time, name, other).

    Embeds the examples when it is first asked, which takes a second or two; with a `cache` folder, once for each model.
    Safe to share between threads.
    """

    def __init__(self, embedder: TextEmbedder, cache: Path | None = None) -> None:
        self._intents = _Examples(INTENTS, embedder, cache)
        self._types = _Examples(ANSWER_TYPES, embedder, cache)
        self.names = self._intents.names

    def recognise(self, text: str, before: str = "") -> tuple[str, float]:
        """The likeliest intent of what was typed, and how sure that is: its probability, 0..1.

        `before` is the question that it leans on: what 'and Grindelwald?' wants, that says; 'why?' says it itself.
        What nothing is asked with ('none') says little that the examples do not say: by likeness alone, 104 of 3,183
        questions of question sets in ten languages were taken for it, now 7, and of 203 such texts 191, now 179.
        """
        if not _plain(text):
            return "none", 1.0
        sure = self._intents.probabilities(text)
        if before:
            own = float(sure.max())
            sure = own * sure + (1 - own) * self._intents.probabilities(before)
        if self._intents.unheard(text, "none") > _UNHEARD:
            sure[self.names.index("none")] = 0.0
        best = int(sure.argmax())
        return self.names[best], float(sure[best])

    def answer_type(self, text: str) -> tuple[str, float]:
        """The likeliest type of what a fact is asked for, and its probability."""
        if not _plain(text):
            return "other", 1.0
        sure = self._types.probabilities(text)
        best = int(sure.argmax())
        return self._types.names[best], float(sure[best])


class _Examples:
    """Texts with a name each, in a table whose first column holds the names."""

    def __init__(self, file: Path, embedder: TextEmbedder, cache: Path | None) -> None:
        with file.open(encoding="utf-8", newline="") as table:
            rows = list(csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
        self._texts = [text for _, _, text in rows]
        self._named = [name for name, _, _ in rows]
        self.names = tuple(dict.fromkeys(self._named))
        self._embedder = embedder
        self._cache = cache
        self._model: IntentModel | None = None
        self._lock = threading.Lock()

    def probabilities(self, text: str) -> np.ndarray:
        """Of each name, in their order."""
        return self._fitted().probabilities(text, self._embedder.embed_question(text))

    def unheard(self, text: str, name: str) -> int:
        """How many words of a text, in Chinese and Japanese characters, stand in none of the examples of a name."""
        heard = {
            word
            for other, named in zip(self._texts, self._named, strict=True)
            if named == name
            for word in _words(other)
        }
        return len(_words(text) - heard)

    def _fitted(self) -> IntentModel:
        with self._lock:
            if self._model is None:
                wanted = np.array([self.names.index(name) for name in self._named])
                self._model = fit(self._texts, self._vectors(), wanted)
            return self._model

    def _vectors(self) -> np.ndarray:
        """(t, d) of the examples. A file that is damaged or cannot be written costs the seconds again."""
        if self._cache is None:
            return self._embedder.embed_passages(self._texts)
        key = hashlib.sha256("\n".join([self._embedder.name, *self._texts]).encode()).hexdigest()[:16]
        file = self._cache / f"intents-{key}.npy"
        try:
            kept: np.ndarray = np.load(file, allow_pickle=False)
            if kept.shape == (len(self._texts), self._embedder.dimension):
                return kept.astype(np.float32)
        except (OSError, ValueError):
            pass
        made = self._embedder.embed_passages(self._texts)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            aside = file.with_suffix(f".{os.getpid()}.npy")
            np.save(aside, made.astype(np.float16), allow_pickle=False)
            aside.replace(file)
        return made


@dataclass(frozen=True, slots=True)
class IntentModel:
    """n intents, told by d numbers of meaning and by r runs of characters."""

    centre: np.ndarray  # (d,) the mean of the examples' vectors: what all questions share tells nothing
    by_meaning: np.ndarray  # (d, n)
    runs: dict[str, int]  # to their rows of the next two
    weights: np.ndarray  # (r,)
    by_runs: np.ndarray  # (r, n)
    level: np.ndarray  # (n,)

    def probabilities(self, text: str, vector: np.ndarray) -> np.ndarray:
        """A text and its vector (d,) → (n,) that sum to one."""
        meaning = to_unit((vector - self.centre)[None])[0]
        found = np.array(sorted(self.runs[run] for run in _runs(text) if run in self.runs), np.intp)
        weights = to_unit(self.weights[found][None])[0]
        scores = meaning @ self.by_meaning + weights @ self.by_runs[found] + self.level
        odds = np.exp(_SHARPNESS * (scores - scores.max()))
        probabilities: np.ndarray = odds / odds.sum()
        return probabilities


def fit(texts: Sequence[str], vectors: np.ndarray, intents: np.ndarray) -> IntentModel:
    """Texts, their vectors (t, d) and the numbers of their intents (t,) → what tells these intents.

    Ridge regression of kernels onto the intents as indicators (Rifkin, Yeo and Poggio 2003, "Regularized
    least-squares classification"). The kernel is linear, so it comes down to one weight a feature and intent.
    """
    indicators = np.eye(intents.max() + 1)[intents]
    centre = vectors.mean(axis=0)
    meaning = to_unit(vectors - centre)

    having: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        for run in sorted(_runs(text)):  # sets have a new order in each process, and sums depend on it
            having.setdefault(run, []).append(i)
    ones = np.concatenate(list(having.values()))
    starts = np.cumsum([0, *map(len, having.values())])[:-1]
    weights = _informative(np.add.reduceat(indicators[ones], starts), indicators.mean(axis=0), len(texts))

    together: dict[tuple[int, ...], float] = defaultdict(float)  # parts of one word are in the same texts
    for who, weight in zip(having.values(), weights, strict=True):
        together[tuple(who)] += weight**2
    forms = np.zeros((len(texts), len(texts)))
    for each, square in together.items():
        forms[np.ix_(each, each)] += square
    lengths = np.sqrt(forms.diagonal()).clip(1e-12)[:, None]

    kernel = _MEANING * meaning @ meaning.T + (1 - _MEANING) * forms / (lengths * lengths.T) + _LEVEL
    kernel[np.diag_indices_from(kernel)] += _RIDGE
    shares = np.linalg.solve(kernel, indicators)
    return IntentModel(
        centre=centre,
        by_meaning=_MEANING * meaning.T @ shares,
        runs={run: i for i, run in enumerate(having)},
        weights=weights,
        by_runs=(1 - _MEANING) * weights[:, None] * np.add.reduceat((shares / lengths)[ones], starts),
        level=_LEVEL * shares.sum(axis=0),
    )


def _informative(counts: np.ndarray, usual: np.ndarray, texts: int) -> np.ndarray:
    """How often each run occurs with each intent, (r, n), the usual shares of these, (n,), and the number of texts
    → the weight of each run, (r,).

    It is the geometric mean of how rare a run is and of what it tells: the distance (Kullback-Leibler) from how common
    the intents are to how common they are with it. One more occurrence that tells nothing is added, since a run that
    occurred once always occurred with one intent.
    """
    often = counts.sum(axis=1)
    with_it = (counts + usual) / (often + 1)[:, None]
    told = (with_it * np.log(with_it / usual)).sum(axis=1).clip(0)  # rounding may bring a zero below it
    rare = 1 + np.log((1 + texts) / (1 + often))
    weights: np.ndarray = np.sqrt(told * rare)
    return weights


def _runs(text: str) -> set[str]:
    """The runs of up to 4 characters, and the beginnings; '^' and '$' mark where the text begins and ends."""
    marked = f"^{_plain(text)}$"
    runs = {marked[i : i + n] for n in range(1, _LONGEST_RUN + 1) for i in range(len(marked) - n + 1)}
    return runs | {marked[:n] for n in range(2, _LONGEST_START)}


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(_plain(text)))


def _plain(text: str) -> str:
    """Letters and digits without their accents, which are often not typed, words apart by one space."""
    letters = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", "".join(letters)).strip()
