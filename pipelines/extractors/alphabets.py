"""Which encoding of one byte a letter a text in Latin letters is in: the one in which it reads as a language.

Judged by py3langid, which scores how likely a language is to write these words. Knows nothing of other alphabets.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_WESTERN = "en de fr es pt it nl sv da no nb nn fi is ca gl eu af id ga cy br oc"
_CENTRAL = "pl cs sk hu sl hr bs ro sq"
_LANGUAGES = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": "tr az",
    "cp1257": "lt lv et",
}
LATIN = frozenset(_LANGUAGES)

_MOST = 8_192
"""Bytes that are judged, of those lines only that have letters beyond ASCII."""
_SPOILT = 20.0
"""What a sign inside a word costs, as a score: 'z±b' is no word."""
_SIGN_IN_WORD = re.compile(
    "(?<=[^\\W\\d_])(?:[\xa4\xa6\xb1\xb6]|[\xa1-\xb4\xb6-\xbf\u02c7\u02d8\u02db\xd7\xf7](?=[^\\W\\d_]))"
)
_CONTROL = re.compile("[\x80-\x9f]")


def latin_encoding(data: bytes, usual: str = "cp1252", margin: float = 10.0) -> str:
    """The encoding in which `data` reads best; `usual` where none is better by `margin`."""
    plain = re.sub(rb"<[^<>]*>", b" ", data)
    sample = b"\n".join(line for line in plain.splitlines() if not line.isascii())[:_MOST]
    scores = {name: score for name in _LANGUAGES if (score := _score(sample, name)) is not None}
    if usual in scores:
        scores[usual] += margin
    return max(scores, key=lambda name: scores[name], default=usual)


def _score(sample: bytes, name: str) -> float | None:
    """How likely the languages of this encoding are to write this; None where the bytes do not fit it."""
    try:
        text = sample.decode(name)
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text):
        return None
    languages = _LANGUAGES[name].split()
    best = max(float(score) for language, score in _identifier().rank(text) if language in languages)
    return best - _SPOILT * len(_SIGN_IN_WORD.findall(text))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
    known = " ".join(_LANGUAGES.values()).split()
    identifier.set_languages([label for label in identifier.labels if label in known])
    return identifier
