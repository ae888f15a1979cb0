"""Ties each sentence of an answer to the evidence that supports it. The model's own numbers are never trusted.

A sentence is compared with every sentence of the evidence: by the words they share, by meaning, and strictly by what
it claims (`claims.py`). What the question already said counts little, since an answer may repeat it without proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import PurePath
from typing import Protocol

import numpy as np

from indexes.keywords import STOPWORDS, content_words, is_cjk
from indexes.records import Segment, clock
from pipelines.checking.claims import Difference, differences, stated, years_of
from pipelines.checking.rows import Row, Rows, differences_of_row
from pipelines.checking.statements import Statement, stem
from pipelines.checking.units import measured, units
from pipelines.checking.value import Value
from pipelines.checking.values import alike, holds
from pipelines.finding.moments import place_of, said_at
from pipelines.models.embedding import TextEmbedder
from pipelines.records import Check, Citation, Evidence
from pipelines.sentences import sentence_spans

SUPPORTED = 0.5  # below this a sentence gets no citation
_MARK = r"(?:\[\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\]|【[^】]{1,40}】)"
_MODEL_MARKS = re.compile(rf"(?:(?<![A-Za-z0-9_\])\s])|\s+){_MARK}(?:\s*{_MARK})*")  # but argv[1] is no mark
_OPEN_MARK = re.compile(rf"(?:\s*{_MARK})*\s*(?:\[[\d\s,;–-]{{0,40}}|【[^】]{{0,40}})?\Z")
_ITEM = re.compile(r"^\s*(?:[-*•–]\s+|\(?\d{1,2}[.)、]\s*(?=\D)|#+\s*)")
_SAYS_NOTHING = re.compile(
    r"^(?:yes|no|sure|certainly|of course|here (?:is|are)\b.{0,80}|in (?:short|summary)|是的?|不是|好的|以下.{0,40})?"
    r"[.,!:：。！]*$"
    r"|[:：]\s*$|[?？]\s*$|^(?:I|we) (?:cannot|can['’]t|could not|do not|don['’]t) (?:tell|know|say|find)\b.{0,60}$",
    re.IGNORECASE,
)
_ASKED_WORD = 0.3  # what a word weighs that stands in the question, too
_BESIDE = 0.4  # what a word counts that stands only in the heading or in the sentences beside the quote
_CANDIDATES = 6  # of the quotes, so many are compared strictly
_NEARER = 0.15  # a quote that is so much closer to what is asked and says something else outweighs one that agrees
_BARE_NUMBER = 0.5  # what a number counts whose unit is not named there
_NEW = 0.5  # the share of what is new in a sentence that must stand in the quote,
_NEW_JOINED = 0.8  # and in two quotes together
_JOINED = 4  # of the candidates, so many are joined
_BELOW = SUPPORTED - 0.001


class Entailment(Protocol):
    """Says for pairs of premise and hypothesis how likely the one entails the other."""

    def entail(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """(n, 3) float32: probabilities of entailment, neutral, contradiction."""
        ...


def without_numbers(text: str) -> str:
    """The model's text without the citation marks that it may have written."""
    return _MODEL_MARKS.sub("", text)


def open_mark(text: str) -> str:
    """The end of a text that may still become such a mark, with the space before it; '' if there is none."""
    match = _OPEN_MARK.search(text)
    return match.group() if match else ""


@dataclass
class _Quote:
    """A sentence of the evidence with what it is read with."""

    number: int
    segment: Segment
    start: int
    end: int
    name: str  # file name, and the time that the evidence names
    rows: Rows  # of its segment

    @property
    def text(self) -> str:
        return self.segment.text[self.start : self.end]

    @cached_property
    def statement(self) -> Statement:
        return Statement(self.text)

    @cached_property
    def row(self) -> Row | None:
        """The same as a row of its table, where it is one."""
        return self.rows.at(self.start)

    @cached_property
    def head(self) -> Statement:
        """What it always is read with: heading, file name, header row, speaker."""
        header = self.row.grid.head if self.row else ()
        speakers = {cue.speaker for cue in said_at(self.segment, self.start, self.end)}
        return Statement("\n".join(filter(None, [self.segment.heading, self.name, *header, *sorted(speakers)])))

    @cached_property
    def beside(self) -> Statement:
        """The sentences before and behind; of a row of a table none."""
        if self.row:
            return Statement("")
        text = self.segment.text
        spans = sentence_spans(text)
        if (self.start, self.end) not in spans:
            return Statement("")  # it is several sentences itself
        at = spans.index((self.start, self.end))
        return Statement("\n".join(text[slice(*spans[i])] for i in (at - 1, at + 1) if 0 <= i < len(spans)))

    @property
    def beside_counts(self) -> float:
        """What a word counts that stands only there. The names of its columns are a part of what a row says."""
        return 1.0 if self.row else _BESIDE

    @cached_property
    def around(self) -> Statement:
        """Its passage and headings."""
        return Statement(f"{self.head.text}\n{self.segment.text}")

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_matchable(self.text))

    @cached_property
    def near(self) -> frozenset[str]:
        return frozenset(_matchable(f"{self.head.text}\n{self.beside.text}"))


@dataclass(frozen=True, slots=True)
class _Judged:
    """A quote with how well it bears a sentence out: in all, by what is new in the sentence, by the common words of
    sentence and question (not by values and names); and what differs."""

    quote: _Quote
    score: float
    new: float
    about: float
    found: tuple[Difference, ...]

    @property
    def bears_out(self) -> bool:
        return not self.found and self.score >= SUPPORTED and self.new >= _NEW


class Citer:
    """Checks one sentence after the other, for one question and its evidence."""

    def __init__(
        self,
        question: str,
        evidence: Sequence[Evidence],
        embedder: TextEmbedder,
        entailment: Entailment | None = None,
    ) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._question = question
        self._asked = frozenset(_matchable(question))
        self._quotes = [
            _Quote(each.number, segment, start, end, _named(each), rows)
            for each in evidence
            for segment in dict.fromkeys((each.result.segment, *(segment for segment, _ in each.beside)))
            for rows in [Rows(segment.text)]
            for start, end in sentence_spans(segment.text)
        ]
        self._given = Statement(self._known(question))
        self._own = {each.number: each.result.segment for each in evidence}

    def cite(self, sentence: str, start: int = 0) -> Citation | None:
        """The best support for a sentence that stands at `start` of the answer; None where nothing supports it."""
        return self.check(sentence, start)[1]

    def check(self, sentence: str, start: int = 0) -> tuple[Check | None, Citation | None]:
        """How well the evidence bears out a sentence that stands at `start` of the answer, and the quote that does.

        The check is None for a sentence that says nothing ('Here is a list:'); the citation is None where nothing
        supports the sentence.
        """
        said = Statement(_ITEM.sub(lambda match: " " * len(match.group()), sentence))
        words = _matchable(said.text)
        if not words or _SAYS_NOTHING.search(said.text.strip()):
            return None, None
        end = start + len(sentence)
        if not self._quotes:
            return Check(start, end, 0.0, False), None
        best = self._best(said)
        support, found = (best.score, best.found) if best.new >= _NEW else (min(best.score, _BELOW), best.found)
        if self._entailment is not None:
            support = self._entailed(said, best, support)
        flags = tuple(dict.fromkeys(difference.text for difference in found))
        if flags or support < SUPPORTED:
            return Check(start, end, round(min(support, _BELOW), 3), False, flags), None
        support, quote = round(min(1.0, support), 3), best.quote
        beside = None if quote.segment is self._own[quote.number] else quote.segment
        place = place_of(quote.segment, quote.start, quote.end) if beside or quote.segment.cues else None
        return Check(start, end, support, True), Citation(quote.number, start, end, quote.text, support, beside, place)

    def _best(self, said: Statement) -> _Judged:
        """The quote that bears a sentence out best, or that comes nearest to it."""
        shares = [self._shared(said, quote) for quote in self._quotes]
        cosines = self._cosines(said.text)
        scores = [_score(share[0], cosine) for share, cosine in zip(shares, cosines, strict=True)]
        order = sorted(range(len(scores)), key=lambda i: -scores[i])[:_CANDIDATES]
        judged = [_Judged(q := self._quotes[i], scores[i], *shares[i][1:], self._differences(said, q)) for i in order]
        for each in judged:
            if each.bears_out:
                nearer = [other for other in judged if other.about > each.about + _NEARER and _instead(said, other)]
                return max(nearer, key=lambda other: other.about, default=each)
        return self._joined(said, judged) or max(judged, key=lambda each: (each.about, each.score))

    def _known(self, question: str) -> str:
        """The question without those names that stand nowhere in the evidence: an answer may repeat what was asked, but
        not that something is so of whom no source knows."""
        there = [text.tokens for quote in self._quotes for text in (quote.statement, quote.head)]
        words = {token.text for tokens in there for token in tokens}
        begins = {token.stem[:5] for tokens in there for token in tokens}
        for token in reversed(Statement(question).names):
            if not stated(token.text, words) and token.stem[:5] not in begins:
                question = question[: token.start] + " " * len(token.text) + question[token.end :]
        return question

    def _differences(self, said: Statement, quote: _Quote) -> tuple[Difference, ...]:
        if quote.row is not None:
            return tuple(differences_of_row(said, quote.row, quote.head, self._given))
        return tuple(differences(said, quote.statement, quote.head, quote.beside, self._given, quote.around))

    def _joined(self, said: Statement, judged: Sequence[_Judged]) -> _Judged | None:
        """Two quotes that bear a sentence out together. Each must bring words of its own besides names and values: a
        name or number alone may stand anywhere."""
        special = {token.stem for token in said.names} | self._given.stems
        plain = said.stems - special - STOPWORDS
        for one, other in combinations(judged[:_JOINED], 2):
            mine, theirs = one.quote.statement.stems & plain, other.quote.statement.stems & plain
            if not (mine - theirs and theirs - mine) or any(d.stands for d in (*one.found, *other.found)):
                continue
            lacking = any(a.start < b.end and b.start < a.end for a in one.found for b in other.found)
            share, new, about = self._share(said, [one.quote, other.quote])
            score = 0.7 * share + 0.3 * max(one.score, other.score)
            if not lacking and score >= SUPPORTED and new >= _NEW_JOINED:
                return _Judged(one.quote, score, new, about, ())
        return None

    def _cosines(self, sentence: str) -> list[float]:
        """(n,) of the quotes to the sentence. A bare 'Emily Rodriguez' means something only with what was asked."""
        row = self._embedder.embed_question(f"{self._question} {sentence}")
        return [float(cosine) for cosine in self._quote_rows @ row]

    @cached_property
    def _quote_rows(self) -> np.ndarray:
        """(n, d) of the quotes."""
        return self._embedder.embed_passages([quote.text for quote in self._quotes])

    def _shared(self, said: Statement, quote: _Quote) -> tuple[float, float, float]:
        return self._share(said, [quote])

    def _share(self, said: Statement, quotes: Sequence[_Quote]) -> tuple[float, float, float]:
        """0..1: the share of what is asked and said, by weight, that stands in the quotes or beside them; of what
        is said and was not asked; and of the common words, without values and names."""
        total = found = new = new_found = common = common_found = 0.0
        names = {token.stem for token in said.names}
        for value in said.values:
            if not value.strict:
                continue
            asked = holds(self._given.values, self._given.text, value)
            there = max(_value_stands(value, quote) for quote in quotes)
            weight = 2 * (_ASKED_WORD if asked else 1.0)
            total, found = total + weight, found + weight * there
            if not asked:
                new, new_found = new + weight, new_found + weight * there
        inside = [(value.start, value.end) for value in said.values]
        plain = "".join(" " if any(a <= i < b for a, b in inside) else c for i, c in enumerate(said.text))
        words = [word for word in _matchable(plain) if any(map(str.isalnum, word))] if plain.strip(" .,;:!?。") else []
        for word in dict.fromkeys([*words, *self._asked]):
            asked = word in self._asked
            weight = _ASKED_WORD if asked else 1.0
            there = max(1.0 if _stands(word, q.words) else q.beside_counts * _stands(word, q.near) for q in quotes)
            total, found = total + weight, found + weight * there
            if not asked:
                new, new_found = new + weight, new_found + weight * there
            if word not in names:
                common, common_found = common + weight, common_found + weight * there
        return (
            found / total if total else 0.0,
            new_found / new if new else 1.0,
            common_found / common if common else 0.0,
        )

    def _entailed(self, said: Statement, best: _Judged, support: float) -> float:
        """The support after a language inference model was asked, too: it decides where our comparison does not."""
        assert self._entailment is not None
        premise = " ".join(filter(None, (best.quote.head.text, best.quote.beside.text, best.quote.text)))
        hypothesis = said.text.strip() if said.stems & self._given.stems else f"{self._question} {said.text.strip()}"
        entailed, _, contradicted = map(float, self._entailment.entail([(" ".join(premise.split()), hypothesis)])[0])
        if max(entailed, contradicted) < 0.5:
            return support
        return max(support, entailed) if entailed > contradicted else min(support, _BELOW)


def _instead(said: Statement, other: _Judged) -> bool:
    """Whether a quote says something of the same kind in place of a value or name of the sentence."""
    lacking = [(d.start, d.end) for d in other.found if d.end]
    values = [v for v in said.values if (v.start, v.end) in lacking]
    if any(alike(v, o) for v in values for o in other.quote.statement.values if o.strict):
        return True
    return any(d.stands for d in other.found) or (len(lacking) > len(values) and bool(other.quote.statement.names))


def _value_stands(value: Value, quote: _Quote) -> float:
    """0..1: whether a value stands in a quote. A number without its unit may be one of something else."""
    years = years_of(quote.around) if value.kind == "date" else ()
    if holds([*quote.statement.values, *years], quote.text, value):
        named = units(quote.text) | units(quote.head.text)
        measures = {measured(1.0, unit)[0] for unit in named}
        return 1.0 if not value.unit or measured(1.0, value.unit)[0] in measures else _BARE_NUMBER
    return _BESIDE * holds(quote.head.values, quote.head.text, value)


def _score(share: float, cosine: float) -> float:
    return 0.7 * share + 0.3 * max(0.0, cosine) if share else 0.0


def _matchable(text: str) -> list[str]:
    """Stems of content words; of Chinese and the like single characters, as pairs lie across the borders of words."""
    words = content_words(text)
    if is_cjk(text):
        words = [part for word in words for part in (word if is_cjk(word) else [word])]
    return list(dict.fromkeys(map(stem, words)))


def _stands(word: str, there: frozenset[str]) -> bool:
    return word in there or (len(word) >= 5 and any(other[:5] == word[:5] for other in there))


def _named(evidence: Evidence) -> str:
    result = evidence.result
    times = {
        clock(t) for place in (result.segment.place, result.place) for t in (place.start, place.end) if t is not None
    }
    return " ".join([PurePath(result.source.path).stem.replace("_", " "), *sorted(times)])
