"""The same passage found several times becomes one result, and one source does not fill the first results alone.

Two results are copies when the one says nothing that the other does not: the words of the lower stand in the higher,
in the same order but for a few, and each of its numbers and names does. Pictures are copies when they look the same and
hold the same words; what is said, when another file says it at the same second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from indexes.keywords import words
from indexes.records import Segment
from pipelines.reading.looking import own_words
from pipelines.records import Result

COMPARED = 30  # results that are compared with each other; further down only equal texts are folded
FIRST = 4  # results that become evidence, among which another source gets a place
_ALIKE = 0.9  # share of the runs of words that copies have in common (Broder 1997: "roughly the same")
_RUN = 4  # words
_SHORTEST = 5  # words; less is a heading or a caption, which many documents share
_ALMOST = 24  # of 256 bits in which the fingerprints of copies may differ
_AT_ONCE = 2.0  # seconds
_ABOUT_AS_GOOD = 0.8  # share of its rival's score that a result of another source needs
_WORD = re.compile(r"\w+(?:['’]t\b)?")
_NOT = frozenset("not no never none without nor cannot kein keine nicht nie ohne ne pas jamais sans".split())


def fold(results: Sequence[Result]) -> list[Result]:
    """The same results, best first and ranked anew, copies within the best that they are copies of.

    The same words at another time of a recording are another moment.
    """
    kept: list[Result] = []
    known: dict[str, int] = {}
    texts: list[_Text | None] = []
    for number, result in enumerate(results):
        text = _Text(result.segment) if result.segment.kind != "frame" else None
        if text is not None and text.count < _SHORTEST and not result.segment.fingerprint:
            text = None
        same = None
        if text is not None:
            same = known.get(text.plain) if text.kind == "text" else None
            if same is None and number < COMPARED:
                same = next((i for i, other in enumerate(texts) if other and text.is_copy_of(other)), None)
        if same is None:
            if text is not None and text.kind == "text":
                known[text.plain] = len(kept)
            kept.append(result)
            texts.append(text)
        else:
            kept[same] = replace(kept[same], copies=(*kept[same].copies, result))
    return [replace(result, rank=rank) for rank, result in enumerate(kept, start=1)]


def spread(results: Sequence[Result]) -> list[Result]:
    """The same results, ranked anew, where the first four are all of one source: the best of another source stands
    fourth, when it is about as good as what stands there (a rule for MMR's trade-off, Carbonell and Goldstein 1998)."""
    ordered = list(results)
    first = ordered[:FIRST]
    if len(first) == FIRST and len({result.source.id for result in first}) == 1:
        for i, result in enumerate(ordered[FIRST:COMPARED], start=FIRST):
            if result.source.id != first[0].source.id:
                if result.score >= _ABOUT_AS_GOOD * first[-1].score:
                    ordered.insert(FIRST - 1, ordered.pop(i))
                break
    return [replace(result, rank=rank) for rank, result in enumerate(ordered, start=1)]


class _Text:
    """A segment's text for comparing. Thirty are compared with each other for each question, so what is seldom needed
    is made when it is."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self.kind = segment.kind
        self._written = words(own_words(segment.text) if segment.pictured else segment.text)
        self._plain = _WORD.findall(self._written.lower())
        self.plain = " ".join(self._plain)
        self.count = len(self._plain)
        self.words = frozenset(self._plain)

    @cached_property
    def strict(self) -> set[str]:
        """Numbers and names: they make two like texts different, two invoices or two contracts."""
        written = _WORD.findall(self._written)
        return {word.lower() for word in written if word[0].isupper() or any(c.isdigit() for c in word)}

    @cached_property
    def negations(self) -> int:
        return sum(word in _NOT or word.endswith(("n't", "n’t")) for word in self._plain)

    @cached_property
    def runs(self) -> set[tuple[str, ...]]:
        return {tuple(self._plain[i : i + _RUN]) for i in range(max(1, self.count - _RUN + 1))}

    def is_copy_of(self, other: _Text) -> bool:
        """Whether this says nothing that the other does not."""
        one, two = self._segment, other._segment
        if one.kind != two.kind:
            return False
        if one.kind == "picture":
            if not one.fingerprint or not two.fingerprint:
                return False
            differing = (int(one.fingerprint, 16) ^ int(two.fingerprint, 16)).bit_count()
            return differing <= _ALMOST and self.strict == other.strict
        if one.kind == "speech":
            if one.source_id == two.source_id or one.place.start is None or two.place.start is None:
                return False
            if abs(one.place.start - two.place.start) > _AT_ONCE:
                return False
        # A word that is missing there breaks a run, so that few may be.
        if self.count > other.count / _ALIKE or len(self.words - other.words) > (1 - _ALIKE) * self.count:
            return False
        if self.negations != other.negations or not self.strict <= other.words:
            return False
        return len(self.runs & other.runs) >= _ALIKE * len(self.runs)
