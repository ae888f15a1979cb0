"""Words that mean something to questions, by language: one data file, so that a language is some lines of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("lexicon.tsv")


@cache
def words_of(role: str, language: str = "") -> frozenset[str]:
    """All words with a role ('join', 'and', 'article', …), lower case; of every language where none is named."""
    rows = (line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return frozenset(
        word for found, spoken, words in rows if found == role and language in ("", spoken) for word in words.split(" ")
    )
