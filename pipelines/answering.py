"""One turn of a conversation: finds evidence, streams the answer, ties its sentences to the evidence.

Yields EvidenceFound, TextDelta…, AnswerFinished; the deltas joined are exactly the answer's text. Closing the
generator stops the chat model.
"""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from indexes.errors import FolioscopeError
from indexes.keywords import content_words, is_cjk
from indexes.library import Library
from indexes.records import Segment, clock
from pipelines.citations import Citer, open_mark, without_numbers
from pipelines.errors import ModelUnavailable
from pipelines.evidence import BUDGET, pick_evidence, tokens
from pipelines.models import ModelShelf
from pipelines.prompting import build_messages, unanswered
from pipelines.records import (
    Answer,
    AnswerEvent,
    AnswerFinished,
    Citation,
    Evidence,
    EvidenceFound,
    Question,
    Result,
    TextDelta,
)
from pipelines.retrieval import Retriever, checked, leans
from pipelines.seeing import drawn, streamed, with_pictures
from pipelines.sentences import sentence_spans
from pipelines.times import RECORDING

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

log = logging.getLogger(__name__)

NOTHING_FOUND = "Nothing in the library answers this."
_EMPTY = "The library is empty. Add a folder first."
_SHOW = re.compile(
    r"\b(show|find|where)\b.*\b(picture|photo|photograph|image|drawing|painting|screenshot)s?\b|^\W*show (me|us)\b"
    r"|(照片|图片|圖片|画像|写真)",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"^\W*(?:when|at (?:what|which) (?:time|minute|second|point|moment)|where in the (?:video|recording|talk|film))\b"
    r".*\b(?:say|says|said|explain\w*|mention\w*|talk\w*|speak\w*|spoken|discuss\w*|describe[sd]?|introduce[sd]?"
    r"|shown?|appears?|visible|seen|heard)\b",
    re.IGNORECASE,
)
_AT_WHAT_TIME = re.compile(
    r"^\W*(?:when|at (?:what|which) (?:time|minute|second|point|moment)"
    r"|where\b.*\b(?:appears?|visible|see|seen|shown?))\b",
    re.IGNORECASE,
)
# 'When was it first shown?' asks for a date, unless a recording is named.
_DATED = re.compile(r"^\W*when\s+(?:was|were|had)\b.*\b(?:described|introduced|shown|visible|seen)\b", re.IGNORECASE)
_RECORDING = re.compile(rf"\b{RECORDING}", re.IGNORECASE)
_CLEARLY = 0.45  # how well a moment must fit to be named without a model,
_BEFORE_OTHERS = 0.1  # and how much better than others
_ROOM = 1500  # tokens of earlier messages that are handed on; the chat model holds 4,096
_TURNS_KEPT = 64


class Answering:
    """Answers questions from one library with the models of one shelf."""

    def __init__(self, library: Library, shelf: ModelShelf, budget: int = BUDGET, pictures: int = 0) -> None:
        """`budget`: how many tokens of evidence the chat model reads; `pictures`: how many it is shown, if it sees."""
        self.library = library
        self.shelf = shelf
        self.budget = budget
        self.pictures = pictures
        self.retriever = Retriever(library, shelf)
        self._told: OrderedDict[tuple[str, str], list[BaseMessage]] = OrderedDict()

    def ask(self, question: Question) -> Iterator[AnswerEvent]:
        """Raises UsageError for a question that cannot be asked."""
        began = time.monotonic()
        text = checked(question.text)
        if not leans(text):
            question = replace(question, history=())  # a small model repeats an earlier answer that stands before it
        results = self.retriever.find(question, k=10)
        earlier = self._earlier(question)
        # A follow-up finds much of its evidence told already, and should be answered sooner.
        budget = self.budget // 2 if earlier else self.budget
        evidence = pick_evidence(text, results, self.shelf.text, budget) if results else ()
        seconds = {"retrieve": time.monotonic() - began}
        yield EvidenceFound(evidence)
        if not results or not self._anything(text, results):
            answer = NOTHING_FOUND if results or self.library.catalogue.sources() else _EMPTY
            yield TextDelta(answer)
            yield from self._finish(question, answer, True, [], evidence, seconds, began)
            return
        plain = _pictured(text, evidence) or _timed(text, evidence)
        if plain is not None:
            shown, citation = plain
            yield TextDelta(shown)
            yield from self._finish(question, shown, False, [citation], evidence, seconds, began)
            return
        citer = Citer(text, evidence, self.shelf.text)
        cited = _CitedText(citer)
        messages = build_messages(text, evidence, question.history, earlier)
        written = ""
        for delta in self._stream(self._illustrated(messages, evidence)):
            written += delta
            for part in cited.feed(delta):
                seconds.setdefault("first_token", time.monotonic() - began)
                yield TextDelta(part)
        for part in cited.close():
            seconds.setdefault("first_token", time.monotonic() - began)
            yield TextDelta(part)
        self._remember(question.text, cited.text, messages, written)
        abstained = unanswered(cited.text)
        citations = [] if abstained else cited.citations
        model = self.shelf.name("chat")
        yield from self._finish(question, cited.text, abstained, citations, evidence, seconds, began, model)

    def _earlier(self, question: Question) -> list[BaseMessage]:
        """The messages of the turn before, word for word, if it was answered here and there is room for another."""
        if not question.history:
            return []
        last = question.history[-1]
        messages = self._told.get((last.question, last.answer), [])
        return messages if sum(tokens(str(m.content)) for m in messages) <= _ROOM else []

    def _remember(self, asked: str, answered: str, messages: list[BaseMessage], written: str) -> None:
        from langchain_core.messages import AIMessage

        self._told[asked, answered] = [*messages, AIMessage(written)]
        while len(self._told) > _TURNS_KEPT:
            self._told.popitem(last=False)

    def _illustrated(self, messages: list[BaseMessage], evidence: Sequence[Evidence]) -> list[BaseMessage]:
        """For this turn only: pictures would fill the room for earlier messages, and new evidence brings its own."""
        shown = self.pictures > 0 and self.shelf.chat_sees
        return with_pictures(messages, evidence, drawn, self.pictures) if shown else messages

    def _stream(self, messages: list[BaseMessage]) -> Iterator[str]:
        stream = streamed(self.shelf.chat, messages)
        try:
            for chunk in stream:
                if isinstance(chunk.content, str) and chunk.content:
                    yield chunk.content
        except FolioscopeError:
            raise
        except Exception as error:  # each provider has errors of its own: no server, a wrong key, too long a prompt
            raise ModelUnavailable(
                f"The chat model {self.shelf.name('chat')} did not answer: {error}. If it runs on a server, see whether"
                " that is up; `python -m app models` shows what is set."
            ) from error
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()

    def _anything(self, question: str, results: Sequence[Result]) -> bool:
        """A first rule for 'nothing found': no passage is near in meaning, and none holds most of the words asked."""
        embedder = self.shelf.text
        if any(result.scores.get("text", -1.0) >= (embedder.floor or 0.0) for result in results):
            return True
        if any({"image", "time"} & set(result.found_by) for result in results):
            return True
        asked = content_words(question)
        # Pairs of characters lie across the borders of words, so fewer of them can be met.
        enough = (0.3 if is_cjk(question) else 0.6) * len(asked)
        return any(
            sum(word in there for word in asked) >= enough
            for there in (set(content_words(result.segment.text)) for result in results)
        )

    def _finish(
        self,
        question: Question,
        text: str,
        abstained: bool,
        citations: Sequence[Citation],
        evidence: tuple[Evidence, ...],
        seconds: dict[str, float],
        began: float,
        model: str = "",
    ) -> Iterator[AnswerFinished]:
        total = time.monotonic() - began
        seconds = {"first_token": total, **seconds, "total": total}
        rounded = {name: round(seconds[name], 3) for name in ("retrieve", "first_token", "total")}
        yield AnswerFinished(Answer(question.text, text, abstained, tuple(citations), evidence, rounded, model))


def _pictured(question: str, evidence: Sequence[Evidence]) -> tuple[str, Citation] | None:
    """Who asks to be shown something wants the picture and no words: the best picture, if the evidence has one."""
    found = next((each for each in evidence if "image" in each.result.found_by), None)
    if found is None or not _SHOW.search(question) or found.result.found_by["image"] > 3:
        return None
    result = found.result
    picture = next((each for each in (result.segment, *result.beside) if each.pictured), result.segment)
    place = result.place if picture is result.segment else picture.place
    at = "" if place.start is None else f" at {clock(place.start)}"
    sentence = f"{PurePath(result.source.path).name} shows this{at}."
    support = round(result.scores["image"], 3)
    return f"{sentence} [{found.number}]", _cited(found, sentence, picture, picture.text.split("\n")[-1], support)


def _timed(question: str, evidence: Sequence[Evidence]) -> tuple[str, Citation] | None:
    """Who asks when something is said or to be seen wants the time, if one moment is clearly the best. What is only
    to be seen no words could tell a model."""
    if not evidence or not evidence[0].result.why:
        return None
    if _DATED.match(question) and not _RECORDING.search(question):
        return None
    result, others = evidence[0].result, [each.result for each in evidence[1:]]
    fits = _fits_best(result)
    seen_only = result.segment.kind == "frame" and result.found_by.get("image") == 1 and not result.segment.marks
    if not (seen_only and _AT_WHAT_TIME.match(question)):
        if not _WHEN.search(question) or fits < _CLEARLY:
            return None
        if any(_fits_best(other) > fits - _BEFORE_OTHERS for other in others):
            return None
    segment = result.segment
    quote = max(evidence[0].sentences, key=len, default=segment.text.split("\n")[0])
    for cue in segment.cues:
        if cue.start == result.place.start:
            quote = cue.text
    sentence = f"At {clock(result.place.start or 0.0)} in {PurePath(result.source.path).name}."
    return f"{sentence} [{evidence[0].number}]", _cited(evidence[0], sentence, segment, quote, round(fits, 3))


def _fits_best(result: Result) -> float:
    return max(
        (*result.why.values(), *(score for index, score in result.scores.items() if index == "text")), default=0.0
    )


def _cited(evidence: Evidence, sentence: str, segment: Segment, quote: str, support: float) -> Citation:
    if segment is evidence.result.segment:
        return Citation(evidence.number, 0, len(sentence), quote, support)
    return Citation(evidence.number, 0, len(sentence), quote, support, segment, segment.place)


class _CitedText:
    """The answer as it grows: takes the model's deltas, gives them on with our citation marks in place."""

    def __init__(self, citer: Citer) -> None:
        self.text = ""  # all that was given on
        self.citations: list[Citation] = []
        self._citer = citer
        self._raw = ""  # the end of what came in, as long as it may become a mark of the model's own
        self._held = ""  # from the start of the sentence that is being written, without such marks
        self._given = 0  # how much of _held was given on

    def feed(self, delta: str) -> Iterator[str]:
        self._raw += delta
        whole = len(self._raw) - len(open_mark(self._raw))
        yield from self._take(self._raw[:whole])
        self._raw = self._raw[whole:]

    def close(self) -> Iterator[str]:
        yield from self._take(self._raw)
        self._held = self._held.rstrip()
        if self._held:
            yield from self._sentence(len(self._held), len(self._held))

    def _take(self, text: str) -> Iterator[str]:
        before = self._held[-1:]  # a mark is told by what stands in front of it
        self._held += without_numbers(before + text)[len(before) :]
        spans = sentence_spans(self._held)
        while len(spans) > 1:
            yield from self._sentence(spans[0][1], spans[1][0])
            spans = sentence_spans(self._held)
        yield from self._give(len(self._held.rstrip()))

    def _sentence(self, end: int, following: int) -> Iterator[str]:
        """A sentence is complete: give its rest, its mark, and the space behind it."""
        yield from self._give(end)
        sentence = self._held[:end]
        lead = len(sentence) - len(sentence.lstrip())
        start = len(self.text) - len(sentence) + lead
        citation = None if unanswered(sentence) else self._citer.cite(sentence.strip(), start)
        if citation is not None:
            self.citations.append(citation)
            yield self._add(f" [{citation.number}]")
        if following > end:
            yield self._add(self._held[end:following])
        self._held, self._given = self._held[following:], 0

    def _give(self, end: int) -> Iterator[str]:
        if end > self._given:
            part = self._held[self._given : end]
            if not self.text:
                part = part.lstrip()
            self._given = end
            if part:
                yield self._add(part)

    def _add(self, part: str) -> str:
        self.text += part
        return part
