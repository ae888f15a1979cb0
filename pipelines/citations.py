"""Ties each sentence of an answer to the evidence that supports it. The model's own numbers are never trusted.

A sentence is compared with every sentence of the evidence: by the words they share, numbers strictly, and by
meaning. What the question already said counts little, since an answer may repeat it without proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from indexes.keywords import content_words, is_cjk
from pipelines.embedding import TextEmbedder
from pipelines.moments import place_of
from pipelines.records import Citation, Evidence
from pipelines.sentences import sentence_spans

SUPPORTED = 0.5  # below this a sentence gets no citation
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_MARK = r"(?:\[\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\]|【[^】]{1,40}】)"
_MODEL_MARKS = re.compile(rf"(?:(?<![A-Za-z0-9_\])\s])|\s+){_MARK}(?:\s*{_MARK})*")  # but argv[1] is no mark
_OPEN_MARK = re.compile(rf"(?:\s*{_MARK})*\s*(?:\[[\d\s,;–-]{{0,40}}|【[^】]{{0,40}})?\Z")
_ASKED_WORD = 0.3  # what a word weighs that stands in the question, too


def _matchable(text: str) -> list[str]:
    """Content words; of Chinese and the like single characters, since pairs lie across the borders of words."""
    if not is_cjk(text):
        return content_words(text)
    return list(dict.fromkeys(part for word in content_words(text) for part in (word if is_cjk(word) else [word])))


def without_numbers(text: str) -> str:
    """The model's text without the citation marks that it may have written."""
    return _MODEL_MARKS.sub("", text)


def open_mark(text: str) -> str:
    """The end of a text that may still become such a mark, with the space before it; '' if there is none."""
    match = _OPEN_MARK.search(text)
    return match.group() if match else ""


class Citer:
    """Finds the citation of one sentence after the other, for one question and its evidence."""

    def __init__(self, question: str, evidence: Sequence[Evidence], embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._question = question
        self._asked = set(_matchable(question))
        self._quotes = [
            (each.number, segment, start, end)
            for each in evidence
            for segment in dict.fromkeys((each.result.segment, *(segment for segment, _ in each.beside)))
            for start, end in sentence_spans(segment.text)
        ]
        self._own = {each.number: each.result.segment for each in evidence}
        self._rows: np.ndarray | None = None

    def cite(self, sentence: str, start: int = 0) -> Citation | None:
        """The best support for a sentence that stands at `start` of the answer; None where nothing supports it."""
        if not self._quotes or not _matchable(sentence):
            return None
        if self._rows is None:
            self._rows = self._embedder.embed_passages(
                [segment.text[start:end] for _, segment, start, end in self._quotes]
            )
        # A bare 'Emily Rodriguez' means something only together with what was asked.
        cosines = self._rows @ self._embedder.embed_question(f"{self._question} {sentence}")
        shared = [self._shared(sentence, s.text[start:end], s.heading) for _, s, start, end in self._quotes]
        supports = [
            0.7 * words + 0.3 * max(0.0, float(c)) if words else 0.0 for words, c in zip(shared, cosines, strict=True)
        ]
        best = int(np.argmax(supports))
        if supports[best] < SUPPORTED:
            return None
        number, segment, first, last = self._quotes[best]
        quote, support = segment.text[first:last], round(min(1.0, supports[best]), 3)
        beside = None if segment is self._own[number] else segment
        place = place_of(segment, first, last) if beside or segment.cues else None
        return Citation(number, start, start + len(sentence), quote, support, beside, place)

    def _shared(self, sentence: str, quote: str, heading: str) -> float:
        """0..1: the share of the sentence's words, by weight, that stand in the quote; 0 if a number does not."""
        there = set(_matchable(f"{heading} {quote}"))
        digits = {_digits(n) for n in _NUMBER.findall(f"{heading} {quote}")}
        total = found = 0.0
        for word in _matchable(sentence):
            asked = word in self._asked
            weight = _ASKED_WORD if asked else 1.0
            if any(c.isdigit() for c in word):
                numbers = {_digits(n) for n in _NUMBER.findall(word)}
                if not numbers <= digits and not asked:
                    return 0.0
                weight *= 2
                found += weight * (numbers <= digits)
            else:
                found += weight * (word in there or (len(word) >= 5 and any(w[:5] == word[:5] for w in there)))
            total += weight
        return found / total if total else 0.0


def _digits(number: str) -> str:
    """'4,287.50' and '4287.5' are the same number."""
    whole, point, fraction = number.replace(",", "").partition(".")
    fraction = fraction.rstrip("0") if fraction.isdigit() else fraction
    return f"{whole}{point}{fraction}" if fraction else whole
