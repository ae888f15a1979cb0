"""Results → numbered Evidence: the few sentences that matter for the question, within a budget of tokens.

Sentences and not whole segments, because a small model on two cores reads about a hundred tokens a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexes.keywords import content_words
from indexes.records import Segment
from pipelines.finding.moments import place_of, shared
from pipelines.models.embedding import TextEmbedder
from pipelines.records import Evidence, Result
from pipelines.sentences import sentence_spans
from pipelines.tracing import Cut, Trace

BUDGET = 260  # tokens of evidence; with the fixed part and the question the prompt stays near 350
_READING = 3.0  # seconds that a chat model may read evidence before it answers
_LEAST = 200  # tokens; with fewer, what is needed to understand a sentence is cut, also where the machine is busy
_MOST = 1500  # tokens; more passages bring more that is beside the point, and the built-in model holds 4,096
MOST_SOURCES = 4
_WORTH = 0.6  # a sentence that counts less than this share of the best one is left out
_LONGEST_SENTENCE = 600  # characters; a longer one is cut around the words of the question
_MEANWHILE = 0.25  # share of the budget for what is said or seen beside the best sentence, whatever words it has
_MEANWHILE_ASKED = 0.5  # when the question is about that
_NARROWED = 0.15  # what the part of a moment that was found counts more
_CLOSELY = 2  # of so many results, what stands beside is compared by meaning; of others by words
_SEEN = re.compile(
    r"\b(slides?|screen|shown?|shows|writ\w+|read|displayed|visible|see[ns]?)\b|[屏幕显示看写]|画面", re.I
)
_SAID = re.compile(
    r"\b(sa(?:y|ys|id|ying)|speak\w*|spoken|talk\w*|mention\w*|explain\w*|tells?|told|hear\w*)\b|[说講讲]", re.I
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    result: int
    part: int  # of the result: 0 is the segment that was found, others stand beside it
    start: int
    end: int
    text: str
    score: float


def tokens(text: str) -> int:
    """About how many tokens a chat model makes of a text: four characters each, one for a CJK character."""
    wide = sum(c >= "\u2e80" for c in text)
    return wide + math.ceil((len(text) - wide) / 4)


def affordable(speed: tuple[float, float] | None) -> int:
    """How many tokens of evidence a chat model with this speed (tokens a second read and written) reads in time; on two
    cores the built-in one reads about 70 a second, on a GPU any model reads thousands."""
    return BUDGET if speed is None else int(min(_MOST, max(_LEAST, _READING * speed[0])))


def pick_evidence(
    question: str,
    results: Sequence[Result],
    embedder: TextEmbedder,
    budget: int = BUDGET,
    trace: Trace | None = None,
) -> tuple[Evidence, ...]:
    """Evidence numbered from 1 in the order of the results, of which the best are used.

    A sentence counts by how near it is to the question in meaning, by the question's words in it, and by the rank
    of its segment. The best come first until the budget is spent. In the passage of the best one, each brings its
    neighbours along, so that it can be understood; a row brings the head of its table anywhere.
    """
    results = results[:MOST_SOURCES]
    chosen: dict[tuple[int, int], set[tuple[int, int]]] = {}
    left = budget
    ranked = _ranked(question, results, embedder)

    def take(sentence: _Sentence, spans: Sequence[tuple[int, int]]) -> int:
        """Tokens that were spent."""
        text = _parts(results[sentence.result])[sentence.part].text
        spent = 0
        for span in spans:
            taken = chosen.setdefault((sentence.result, sentence.part), set())
            cost = tokens(text[span[0] : span[1]]) + (12 if not taken else 0)
            if span not in taken and (cost <= left - spent or (left == budget and not taken)):
                taken.add(span)
                spent += cost
        return spent

    for sentence in ranked:
        if sentence.score < _WORTH * ranked[0].score:
            break
        left -= take(sentence, [(sentence.start, sentence.end), *_context(results, sentence, ranked)])
        if sentence is ranked[0]:
            for other, reserve in _meanwhile(question, results[sentence.result], sentence, ranked, budget):
                before = left
                for each in other:
                    if before - left < reserve:
                        left -= take(each, [(each.start, each.end)])
        if left < 12:
            break
    used = sorted({i for (i, _), spans in chosen.items() if spans})
    best: dict[int, str] = {}
    for sentence in ranked:
        if (sentence.start, sentence.end) in chosen.get((sentence.result, sentence.part), ()):
            best.setdefault(sentence.result, sentence.text)
    if trace is not None:
        for i, result in enumerate(results):
            if i not in used and result.segment.id is not None:
                trace.cut.append(Cut(result.segment.id, "evidence", "no sentence fits nearly as well as the best"))
        trace.note("evidence", f"{sum(map(len, chosen.values()))} of {len(ranked)} sentences, {budget - left} tokens")
    return tuple(
        Evidence(number, results[i], *_told(results[i], i, chosen), best.get(i, ""))
        for number, i in enumerate(used, start=1)
    )


def _parts(result: Result) -> tuple[Segment, ...]:
    return (result.segment, *result.beside)


def _told(
    result: Result, i: int, chosen: dict[tuple[int, int], set[tuple[int, int]]]
) -> tuple[tuple[str, ...], tuple[tuple[Segment, tuple[str, ...]], ...]]:
    """The chosen sentences of a result, and of what stands beside it."""
    told = [
        (segment, tuple(segment.text[start:end] for start, end in sorted(chosen.get((i, part), ()))))
        for part, segment in enumerate(_parts(result))
    ]
    return told[0][1], tuple(each for each in told[1:] if each[1])


def _meanwhile(
    question: str, result: Result, best: _Sentence, ranked: Sequence[_Sentence], budget: int
) -> Iterator[tuple[list[_Sentence], float]]:
    """What is seen while the best sentence is said, or said while it is seen, with the tokens that it may cost: lines
    with the question's words first, then from the top of the slide, or from the time of the best."""
    parts = _parts(result)
    place = place_of(parts[best.part], best.start, best.end)
    for part, segment in enumerate(parts):
        if segment.kind == parts[best.part].kind or segment.kind == "text" or shared(segment.place, place) <= 0:
            continue
        lines = [each for each in ranked if (each.result, each.part) == (best.result, part)]
        wanted = _SEEN if segment.kind == "frame" else _SAID
        if segment.cues:
            lines.sort(key=lambda each: (-shared(place_of(segment, each.start, each.end), place), each.start))
        else:
            asked = [word for word in content_words(question) if not _SEEN.fullmatch(word)]
            lines.sort(key=lambda each: (not any(_stands(w, set(content_words(each.text))) for w in asked), each.start))
        yield lines, budget * (_MEANWHILE_ASKED if wanted.search(question) else _MEANWHILE)
        return


def _ranked(question: str, results: Sequence[Result], embedder: TextEmbedder) -> list[_Sentence]:
    spans = [
        (i, part, *span)
        for i, result in enumerate(results)
        for part, segment in enumerate(_parts(result))
        for span in _sentences(segment.text)
    ]
    if not spans:
        return []
    segments = [_parts(results[i])[part] for i, part, _, _ in spans]
    texts = [segment.text[start:end] for segment, (_, _, start, end) in zip(segments, spans, strict=True)]
    near = [n for n, (i, part, _, _) in enumerate(spans) if part == 0 or i < _CLOSELY]
    rows = embedder.embed_passages(
        [f"{segments[n].heading}\n{texts[n]}" if segments[n].heading else texts[n] for n in near]
    )
    cosines = dict(zip(near, map(float, rows @ embedder.embed_question(question)), strict=True))
    asked = content_words(question)
    ranked = []
    for n, ((i, part, start, end), text) in enumerate(zip(spans, texts, strict=True)):
        there = set(content_words(text))
        overlap = sum(_stands(word, there) for word in asked) / max(1, len(asked))
        score = cosines.get(n, 0.0) + 0.5 * overlap - 0.04 * i
        narrowed = results[i].narrowed
        if part == 0 and narrowed is not None and shared(place_of(segments[n], start, end), narrowed) > 0:
            score += _NARROWED
        ranked.append(_Sentence(i, part, start, end, text, score))
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


def _context(results: Sequence[Result], sentence: _Sentence, ranked: Sequence[_Sentence]) -> list[tuple[int, int]]:
    """What is needed to understand a sentence: the head of its table, or in the best passage the sentences before and
    behind it. A head brings the row that fits best, not the first, which would be taken for the answer."""
    text = _parts(results[sentence.result])[sentence.part].text
    spans = _sentences(text)
    at = spans.index((sentence.start, sentence.end))
    if " | " in sentence.text:
        head = next(span for span in spans if " | " in text[slice(*span)])
        if head != spans[at]:
            return [head]
        place = (sentence.result, sentence.part)
        rows = (s for s in ranked if (s.result, s.part) == place and s != sentence and " | " in s.text)
        return [(row.start, row.end) for row in rows][:1]
    if sentence.result != ranked[0].result:
        return []
    return [spans[i] for i in (at - 1, at + 1) if 0 <= i < len(spans)]
