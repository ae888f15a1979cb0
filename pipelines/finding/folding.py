"""The same passage found several times becomes one result, and one source does not fill the first results alone.

Two results are copies when the one says nothing that the other does not: the words of the lower stand in the higher,
in the same order but for a few, and each of its numbers and names does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from indexes.keywords import words
from indexes.records import Segment
from pipelines.records import Result

COMPARED = 30  # results that are compared with each other; further down only equal texts are folded
FIRST = 4  # results that become evidence, among which another source gets a place
_ALIKE = 0.9  # share of the runs of words that copies have in common (Broder 1997: "roughly the same")
_RUN = 4  # words
_SHORTEST = 5  # words; less is a heading or a caption, which many documents share
_ABOUT_AS_GOOD = 0.8  # share of its rival's score that a result of another source needs
_WORD = re.compile(r"\w+(?:['’]t\b)?")
_NOT = frozenset("not no never none without nor cannot kein keine nicht nie ohne ne pas jamais sans".split())


def fold(results: Sequence[Result]) -> list[Result]:
    """The same results, best first and ranked anew, copies within the best that they are copies of.

    What is said or seen in recordings stays by itself: the same words at another time are another moment.
    """
    kept: list[Result] = []
    known: dict[str, int] = {}
    texts: list[_Text | None] = []
    for number, result in enumerate(results):
        text = _Text(result.segment) if result.segment.kind == "text" else None
        if text is not None and text.count < _SHORTEST:
            text = None
        same = None
        if text is not None:
            same = known.get(text.plain)
            if same is None and number < COMPARED:
                same = next((i for i, other in enumerate(texts) if other and text.is_copy_of(other)), None)
        if same is None:
            if text is not None:
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
    """A segment's text for comparing."""

    def __init__(self, segment: Segment) -> None:
        written = _WORD.findall(words(segment.text))
        self.plain = " ".join(word.lower() for word in written)
        self.count = len(written)
        # A number or a name makes two like texts different: two invoices, two contracts.
        self.strict = {word.lower() for word in written if word[0].isupper() or any(c.isdigit() for c in word)}
        self.negations = sum(word in _NOT or word.endswith(("n't", "n’t")) for word in self.plain.split())
        self._runs: set[tuple[str, ...]] | None = None

    @property
    def runs(self) -> set[tuple[str, ...]]:
        if self._runs is None:
            plain = self.plain.split()
            self._runs = {tuple(plain[i : i + _RUN]) for i in range(max(1, len(plain) - _RUN + 1))}
        return self._runs

    def is_copy_of(self, other: _Text) -> bool:
        """Whether this says nothing that the other does not."""
        if self.count > other.count / _ALIKE or self.negations != other.negations:
            return False
        if not self.strict <= set(other.plain.split()):
            return False
        return len(self.runs & other.runs) >= _ALIKE * len(self.runs)
