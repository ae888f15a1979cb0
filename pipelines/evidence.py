"""Results → numbered Evidence: the few sentences that matter for the question, within a budget of tokens.

Sentences and not whole segments, because a small model on two cores reads about a hundred tokens a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from indexes.keywords import content_words
from pipelines.embedding import TextEmbedder
from pipelines.records import Evidence, Result
from pipelines.sentences import sentence_spans

BUDGET = 260  # tokens of evidence; with the fixed part and the question the prompt stays near 350
MOST_SOURCES = 4
_WORTH = 0.6  # a sentence that counts less than this share of the best one is left out
_LONGEST_SENTENCE = 600  # characters; a longer one is cut around the words of the question


@dataclass(frozen=True, slots=True)
class _Sentence:
    result: int
    start: int
    end: int
    text: str
    score: float


def tokens(text: str) -> int:
    """About how many tokens a chat model makes of a text: four characters each, one for a CJK character."""
    wide = sum(c >= "\u2e80" for c in text)
    return wide + math.ceil((len(text) - wide) / 4)


def pick_evidence(
    question: str, results: Sequence[Result], embedder: TextEmbedder, budget: int = BUDGET
) -> tuple[Evidence, ...]:
    """Evidence numbered from 1 in the order of the results, of which the best are used.

    A sentence counts by how near it is to the question in meaning, by the question's words in it, and by the rank
    of its segment. The best come first until the budget is spent; each brings its neighbours along, or the head of
    its table, so that it can be understood.
    """
    results = results[:MOST_SOURCES]
    chosen: dict[int, set[tuple[int, int]]] = {}
    left = budget
    ranked = _ranked(question, results, embedder)
    for sentence in ranked:
        if sentence.score < _WORTH * ranked[0].score:
            break
        text = results[sentence.result].segment.text
        spans = [(sentence.start, sentence.end), *_context(text, sentence)]
        taken = chosen.setdefault(sentence.result, set())
        for span in spans:
            cost = tokens(text[span[0] : span[1]]) + (12 if not taken else 0)
            if span not in taken and (cost <= left or (left == budget and not taken)):
                taken.add(span)
                left -= cost
        if left < 12:
            break
    used = [i for i in sorted(chosen) if chosen[i]]
    return tuple(
        Evidence(number, results[i], tuple(results[i].segment.text[s:e] for s, e in sorted(chosen[i])))
        for number, i in enumerate(used, start=1)
    )


def _ranked(question: str, results: Sequence[Result], embedder: TextEmbedder) -> list[_Sentence]:
    spans = [(i, *span) for i, r in enumerate(results) for span in _sentences(r.segment.text)]
    if not spans:
        return []
    texts = [results[i].segment.text[start:end] for i, start, end in spans]
    headings = [results[i].segment.heading for i, _, _ in spans]
    rows = embedder.embed_passages([f"{h}\n{t}" if h else t for h, t in zip(headings, texts, strict=True)])
    cosines = rows @ embedder.embed_question(question)
    asked = content_words(question)
    ranked = []
    for (i, start, end), text, cosine in zip(spans, texts, cosines, strict=True):
        there = set(content_words(text))
        overlap = sum(_stands(word, there) for word in asked) / max(1, len(asked))
        score = float(cosine) + 0.5 * overlap - 0.04 * i
        ranked.append(_Sentence(i, start, end, text, score))
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _stands(word: str, there: set[str]) -> bool:
    """The word itself or another form of it: words of five letters or more agree in their beginnings."""
    return word in there or (len(word) >= 5 and any(other[:5] == word[:5] for other in there))


def _sentences(text: str) -> list[tuple[int, int]]:
    spans = []
    for start, end in sentence_spans(text):
        for begin in range(start, end, _LONGEST_SENTENCE):
            spans.append((begin, min(end, begin + _LONGEST_SENTENCE)))
    return spans


def _context(text: str, sentence: _Sentence) -> list[tuple[int, int]]:
    """What is needed to understand a sentence: the head of its table, or the sentences before and behind it."""
    spans = _sentences(text)
    at = spans.index((sentence.start, sentence.end))
    if " | " in sentence.text:
        head = next(span for span in spans if " | " in text[slice(*span)])
        return [head] if head != spans[at] else spans[at + 1 : at + 2]
    return [spans[i] for i in (at - 1, at + 1) if 0 <= i < len(spans)]
