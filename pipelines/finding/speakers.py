"""Who a question asks the words of ('what did Anna say about the bridge?'), of those who speak in the library.

A name counts beside a word for saying alone: who is only spoken about narrows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from indexes.keywords import STOPWORDS
from indexes.records import Place, Segment, voiced
from pipelines.query.lexicon import words_of

_NUMBERED = re.compile(r"\D+ \d+")  # 'Speaker 2'
_SHORTEST = 3  # letters of a part of a name that stands for it


def asked_of(question: str, names: Sequence[str]) -> tuple[tuple[int, int], frozenset[str]] | None:
    """Where a question says whose words it asks for, and those of the names that it means; None where it does not."""
    by_form: dict[str, set[str]] = {}
    folded = question.lower()
    written = question if folded != question else ""  # where there are capitals, a part of a name has its own: 'man'
    for name in names:
        if name.lower() in folded:
            by_form.setdefault(name.lower(), set()).add(name)
        for part in _parts(name):
            if part in written or (not written and part.lower() in folded):
                by_form.setdefault(part.lower(), set()).add(name)
    if not by_form:
        return None
    one = "|".join(re.escape(form) for form in sorted(by_form, key=len, reverse=True))
    for pattern in _patterns(one):
        match = re.search(pattern, question, re.IGNORECASE)
        if match is not None:
            found = re.findall(rf"(?<!\w)(?:{one})(?!\w)", match["who"].lower())
            return match.span(), frozenset(name for form in found for name in by_form[form])
    return None


def is_numbered(name: str) -> bool:
    """Whether it can mean nobody but a voice of a recording ('Speaker 2'); an Anna may also have written something."""
    return bool(_NUMBERED.fullmatch(name))


def _parts(name: str) -> list[str]:
    """What else a name is called: 'Anna Berg' also 'Anna'."""
    parts = re.findall(r"[^\W\d_]+", name)
    if len(parts) < 2 or is_numbered(name):
        return []
    return [part for part in parts if len(part) >= _SHORTEST and part.lower() not in STOPWORDS]


def _patterns(one: str) -> Iterator[str]:
    """Regular expressions whose group `who` holds one or several names."""
    said, has = (_any(words_of(role)) for role in ("said", "has"))
    turned = "|".join(_any(words_of("said", language)) for language in ("de", "fr", "es"))
    joined = rf"\s*(?:,|\s(?:{_any(words_of('and'))})\s)\s*(?:the\s+)?"
    who = rf"(?:the\s+)?(?P<who>(?<!\w)(?:{one})(?:{joined}(?:{one}))*(?!\w))"
    yield rf"(?:\b(?:{has})\s+)?{who}\s+(?:(?:{has})\s+)?(?:[^\W\d_]+ly\s+|ever\s+|also\s+|just\s+)?(?:{said})\b"
    yield rf"\b(?:{turned})\s+(?:denn\s+)?{who}"
    yield rf"\b(?:{has})\s+{who}(?=[^.?!]*\s(?:{_any(words_of('said', 'de'))})\s*[.?!]*$)"
    yield rf"\b(?:according\s+to|(?:said|told|mentioned|asked)\s+by|in\s+the\s+(?:words|opinion)\s+of)\s+{who}"
    yield rf"\b(?:laut|selon|d['’]après|según)\s+{who}"
    yield rf"{who}['’]s?\s+(?:words|opinion|view|views|answer|statement|remarks?)\b"
    yield rf"(?P<who>(?:{one}))\s*(?:都|是怎么|怎么|有没有)?(?:{_any(words_of('said', 'zh'))})"


def _any(words: Collection[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def spoken_by(segment: Segment, names: Collection[str]) -> Segment | None:
    """What these speakers say of a segment, with its seconds: None where they say nothing, all of it where nobody is
    told to speak."""
    if not any(cue.speaker for cue in segment.cues):
        return segment
    cues = tuple(cue for cue in segment.cues if cue.speaker in names)
    if not cues:
        return None
    place = Place(start=cues[0].start, end=max(cue.end for cue in cues))
    return replace(segment, text=" ".join(voiced(cues)), cues=cues, place=place)
