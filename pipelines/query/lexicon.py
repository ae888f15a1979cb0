"""Words that mean something to questions, by language: one data file, so that a language is some lines of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("lexicon.tsv")


@cache
def words_of(role: str, language: str = "") -> frozenset[str]:
    """All words with a role ('join', 'and', 'article', …), lower case; of every language where none is named."""
    return frozenset(
        word for found, spoken, words in _rows() if found == role and language in ("", spoken) for word in words
    )


@cache
def places_of(role: str) -> dict[str, int]:
    """All words with a role, in any language, each with its place in its line, counted from 1."""
    return {word: n for found, _, words in _rows() if found == role for n, word in enumerate(words, start=1)}


def _rows() -> list[tuple[str, str, list[str]]]:
    lines = (line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return [(role, language, words.split(" ")) for role, language, words in lines]
