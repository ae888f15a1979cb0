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
from pathlib import PurePath
from typing import TYPE_CHECKING

from indexes.errors import FolioscopeError
from indexes.keywords import content_words, is_cjk
from indexes.library import Library
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
from pipelines.retrieval import Retriever, checked
from pipelines.sentences import sentence_spans

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
_ROOM = 1500  # tokens of earlier messages that are handed on; the chat model holds 4,096
_TURNS_KEPT = 64


class Answering:
    """Answers questions from one library with the models of one shelf."""

    def __init__(self, library: Library, shelf: ModelShelf, budget: int = BUDGET) -> None:
        """`budget`: how many tokens of evidence the chat model reads."""
        self.library = library
        self.shelf = shelf
        self.budget = budget
        self.retriever = Retriever(library, shelf)
        self._told: OrderedDict[tuple[str, str], list[BaseMessage]] = OrderedDict()

    def ask(self, question: Question) -> Iterator[AnswerEvent]:
        """Raises UsageError for a question that cannot be asked."""
        began = time.monotonic()
        text = checked(question.text)
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
        pictured = _pictured(text, evidence)
        if pictured is not None:
            shown, citation = pictured
            yield TextDelta(shown)
            yield from self._finish(question, shown, False, [citation], evidence, seconds, began)
            return
        citer = Citer(text, evidence, self.shelf.text)
        cited = _CitedText(citer)
        messages = build_messages(text, evidence, question.history, earlier)
        written = ""
        for delta in self._stream(messages):
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

    def _stream(self, messages: list[BaseMessage]) -> Iterator[str]:
        stream = self.shelf.chat.stream(messages)
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
        if any("image" in result.found_by for result in results):
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
    sentence = f"{PurePath(found.result.source.path).name} shows this."
    text = f"{sentence} [{found.number}]"
    quote = found.result.segment.text.split("\n")[-1]
    return text, Citation(found.number, 0, len(sentence), quote, round(found.result.scores["image"], 3))


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
