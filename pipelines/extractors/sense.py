"""Whether a text reads as a language at all: fonts with a wrong Unicode map give another letter for each, old scanners
many wrong ones.

Judged by py3langid (naive Bayes over byte sequences, Lui and Baldwin 2011, aclanthology.org/I11-1062) by how far the
likeliest of 97 languages stands above the usual one, which takes no threshold for each language.
"""

from __future__ import annotations

from functools import cache
from statistics import median
from typing import Any

SENSELESS = 0.9
"""Of 500 pages 5 % have less sense (tables, lists of names), and all of the same pages with their letters exchanged;
with a quarter of their letters misread 75 %. What has less is read again, and stays where no more is read."""
FEWEST_LETTERS = 40
"""Of different words; in less, languages are told apart by luck."""

_FEWEST_IN_TABLES = 120
_MOST = 3000
"""Characters that are judged."""
_MOST_READ = 12_000
_MOST_RARE = 0.1
"""Of Chinese characters; of any ones taken by chance it is a fifth."""


def sense(text: str) -> float:
    """How much likelier a text is in its likeliest language than in the median one: the difference of the logarithms,
    by each different sequence of three bytes. 0 where many Chinese characters are ones that nobody writes."""
    judged = _judged(text)
    data = judged.encode("utf-8", "ignore")
    chinese = [character for character in judged if "\u4e00" <= character <= "\u9fff"]
    if len(data) < 3 or sum(map(_is_rare, chinese)) > _MOST_RARE * len(chinese):
        return 0.0
    scores = [float(score) for _, score in _identifier().rank(judged)]
    return (scores[0] - median(scores)) / len({data[n : n + 3] for n in range(len(data) - 2)})


def is_senseless(prose: str, tables: str = "") -> bool:
    """Whether prose hardly reads as any language; where there is none, long tables, which read worse than prose."""
    if _letters(prose) >= FEWEST_LETTERS:
        return sense(prose) < SENSELESS
    return _letters(f"{prose} {tables}") >= _FEWEST_IN_TABLES and sense(f"{prose} {tables}") < SENSELESS


def _letters(text: str) -> int:
    return sum(map(str.isalpha, _judged(text)))


def _judged(text: str) -> str:
    """Words of a text, each once: what is said again and again says no more. Numbers and signs are left out where
    enough words are left."""
    words = list(dict.fromkeys(text[:_MOST_READ].split()))
    plain = " ".join(w for w in words if not any(map(str.isdigit, w)) and 2 * sum(map(str.isalpha, w)) >= len(w))
    judged = (plain if len(plain) >= FEWEST_LETTERS else " ".join(words))[:_MOST]
    return judged.lower() if judged.isupper() else judged


def _is_rare(character: str) -> bool:
    """Whether a Chinese character is in none of the sets that were made for everyday use."""
    return not any(character.encode(name, "ignore") for name in ("gb2312", "shift_jis", "big5"))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
