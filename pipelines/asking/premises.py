"""What a question takes for granted: the people, places, years and amounts that it names.

Passages that do not name them are about something else, however alike they sound: 'What did Basset find?' is not
answered by what Basker found. Plain rules on words, so that a refusal can say what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise

from indexes.keywords import STOPWORDS, is_cjk
from pipelines.checking.claims import stated
from pipelines.checking.statements import BEGINNING, Statement, Token
from pipelines.checking.values import Value, folded, holds

# German writes every noun with a capital, so its capitals tell no names.
_GERMAN = re.compile(
    r"\b(?:der|die|das|den|dem|des|ein|eine|einen|einem|ist|sind|war|und|wie|wer|wann|wo|warum|welche[rsmn]?|nicht)\b",
    re.IGNORECASE,
)
# Capitals that name no thing that a passage would name: kinds of files, languages, who asks.
_OWN = frozenset(
    """pdf pdfs excel word powerpoint csv jpg jpeg png mp3 mp4 ocr html url english german french spanish chinese
    please ok yes no i""".split()
)
_COUNTED = 12  # a bare number up to this may be the asker's own: 'three reasons', 'the top 5'
_SPELT = 0.84  # how alike two spellings of a name are: 'Shirey' and 'Shirley'


def lacking(question: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The names, years, dates and amounts of a question that stand in none of the texts, as they are written."""
    asked = Statement(question)
    there = "\n".join(texts)
    told = Statement(there)
    missing = [
        value.text for value in asked.values if _counts(value, question) and not holds(told.values, there, value)
    ]
    if not _tells_names(question) or is_cjk(there):
        return tuple(missing)
    words = {token.text for token in told.tokens}
    plain = {folded(word) for word in words}
    capitals = {word for word in words if word[0].isupper()} or words
    names = sorted({folded(word) for word in capitals if len(word) >= 4})
    initials = "".join(token.text[0].lower() for token in told.tokens if token.text.lower() not in STOPWORDS)
    for token in asked.names:
        name = token.text.removesuffix("'s").removesuffix("’s")
        key = folded(name)
        begins = token.leads and not asked.text[token.end :].lstrip()[:1].isupper()
        if not key or begins or key in plain or name.lower() in _OWN:
            continue
        if stated(name, capitals) or (len(key) >= 5 and get_close_matches(key, names, 1, _SPELT)):
            continue
        if token.stem[:BEGINNING] in told.begins and len(token.stem) >= BEGINNING:  # 'Designated' of a Designation Act
            continue
        if name.isupper() and 2 <= len(key) <= 5 and key in initials:  # 'AAA' of an American Automobile Association
            continue
        missing.append(name)
    missing += [name for name in _long_names(asked) if not _in_part(name, folded(there))]
    return tuple(dict.fromkeys(missing))


def _long_names(asked: Statement) -> list[str]:
    """Names of three words and more ('East India Company')."""
    runs: list[list[Token]] = []
    for token in asked.names:
        if runs and not asked.text[runs[-1][-1].end : token.start].strip():
            runs[-1].append(token)
        else:
            runs.append([token])
    return [asked.text[run[0].start : run[-1].end] for run in runs if len(run) >= 3]


def _in_part(name: str, there: str) -> bool:
    """Whether two words of a name stand side by side: the words of 'East India Company' stand in many texts."""
    words = [folded(re.sub(r"['’]s$", "", word)) for word in name.split()]
    return any(f"{one}{other}" in there for one, other in pairwise(words))


def _counts(value: Value, question: str) -> bool:
    """Whether a passage must state the value: not a time (it may be one of a recording), a page, or a small count."""
    if not value.strict or value.kind in ("time", "code"):
        return False
    if re.search(
        r"\b(?:pages?|slides?|chapter|section|lines?|minutes?|seconds?|top|figure|table|no\.?)\W*$",
        question[: value.start],
        re.I,
    ):
        return False
    small = any(isinstance(reading, float) and reading <= _COUNTED for reading in value.readings)
    return value.kind == "date" or value.is_year or bool(value.unit) or not small


def _tells_names(question: str) -> bool:
    """Whether capitals in it are those of names."""
    words = [word for word in re.findall(r"[^\W\d_]+", question)[1:] if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    if question.isupper() or is_cjk(question) or len(_GERMAN.findall(question)) > 1:
        return False
    return len(words) < 4 or capitals < len(words)  # a title has them all
