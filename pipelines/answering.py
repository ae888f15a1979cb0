"""One turn of a conversation: understands the question, gathers evidence, writes, and checks each sentence.

Yields AnswerAdvanced*, EvidenceFound, TextDelta…, AnswerFinished; the deltas joined are exactly the answer's text.
Closing the generator stops the chat model. How evidence is gathered is in `gathering`, when no answer is given in
`abstaining`, how text is checked as it grows in `writing`.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexes.errors import FolioscopeError
from indexes.library import Library
from pipelines.asking.abstaining import EMPTY, NOTHING_FOUND, meant_and_waiting, not_stated, nothing_found, waiting
from pipelines.asking.evidence import affordable, tokens
from pipelines.asking.followups import rewrite
from pipelines.asking.gathering import Gathering
from pipelines.asking.prompting import build_messages
from pipelines.asking.shortcuts import cited, pictured, timed
from pipelines.asking.summarising import Summarising, asked_for
from pipelines.asking.wanted import Wanted
from pipelines.asking.writing import CheckedText
from pipelines.checking.citations import Citer
from pipelines.checking.expected import expected
from pipelines.errors import ModelUnavailable
from pipelines.finding.floors import measured
from pipelines.finding.searching import reads
from pipelines.in_use import in_use
from pipelines.models.seeing import drawn, streamed, with_pictures
from pipelines.models.shelf import ModelShelf
from pipelines.records import (
    Answer,
    AnswerEvent,
    AnswerFinished,
    Check,
    Citation,
    Evidence,
    EvidenceFound,
    Question,
    TextDelta,
)
from pipelines.retrieval import checked
from pipelines.tracing import Trace

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

log = logging.getLogger(__name__)

_ROOM = 1500  # tokens of earlier messages that are handed on; the chat model holds 4,096
_TURNS_KEPT = 64
_SILENCE = 0.25  # seconds after which an empty delta is given
_REWRITTEN = 80  # tokens that a rewritten question may have


@dataclass(slots=True)
class _Turn:
    """What is known of the answer that is being made."""

    question: Question
    began: float
    trace: Trace = field(default_factory=Trace)
    evidence: tuple[Evidence, ...] = ()
    found_after: float = 0.0  # seconds
    first_text: float = 0.0

    @property
    def asked(self) -> str:
        return self.trace.asked


class Answering:
    """Answers questions from one library with the models of one shelf."""

    def __init__(
        self, library: Library, shelf: ModelShelf, budget: int = 0, pictures: int = 0, drop_unsupported: bool = False
    ) -> None:
        """`budget`: how many tokens of evidence the chat model reads, 0 for as many as its speed allows; `pictures`:
        how many it is shown, if it sees; `drop_unsupported`: leave out sentences that no source bears out."""
        self.library = library
        self.shelf = shelf
        self.budget = budget
        self.pictures = pictures
        self.drop_unsupported = drop_unsupported
        self.gathering = Gathering(library, shelf)
        self._told: OrderedDict[tuple[str, str], list[BaseMessage]] = OrderedDict()

    def ask(self, question: Question) -> Iterator[AnswerEvent]:
        """Raises UsageError for a question that cannot be asked."""
        turn = _Turn(question, time.monotonic())
        text = checked(question.text)
        with turn.trace.timed("understand"):
            rewritten = rewrite(text, question.history, self._written)
            turn.trace.asked, turn.trace.rewritten_by = rewritten.text, rewritten.by
            wanted = asked_for(rewritten.text, self.library, question.source, question.history)
        messages = yield from self._summarised(turn, wanted) if wanted is not None else self._answered(turn)
        if messages is not None:
            yield from self._write(turn, messages, wanted is not None)

    def _answered(self, turn: _Turn) -> Generator[AnswerEvent, None, list[BaseMessage] | None]:
        """Evidence for a question, and what the model shall read; None when it was answered without one."""
        question, trace = turn.question, turn.trace
        earlier = self._earlier(question) if trace.rewritten_by else []
        budget = self.budget or affordable(self.shelf.chat_speed)
        # A follow-up finds much of its evidence told already, and should be answered sooner.
        budget = budget // 2 if earlier else budget
        full = replace(question, text=turn.asked, history=())
        results, turn.evidence = self.gathering.gather(full, budget, trace)
        turn.found_after = time.monotonic() - turn.began
        yield EvidenceFound(turn.evidence)
        floors, floor = measured(self.library), self._floor()
        can_read = floor is None or reads(self._used.text, turn.asked)
        nothing = "" if trace.parts else nothing_found(turn.asked, results, floors, floor, trace, can_read)
        if nothing or not turn.evidence:
            said = EMPTY if not self.library.catalogue.sources() else nothing or NOTHING_FOUND
            yield from self._plain(turn, f"{said}{waiting(self.library)}", True)
            return None
        plain = pictured(turn.asked, turn.evidence) or timed(turn.asked, turn.evidence)
        if plain is not None:
            yield from self._plain(turn, plain[0], False, plain[1])
            return None
        return build_messages(turn.asked, turn.evidence, earlier)

    def _summarised(self, turn: _Turn, wanted: Wanted) -> Generator[AnswerEvent, None, list[BaseMessage] | None]:
        budget = self.budget or affordable(self.shelf.chat_speed)
        with turn.trace.timed("summarise"):
            reading = Summarising(self.library, self.shelf, budget).run(wanted, turn.trace)
            turn.evidence, messages = yield from reading
        turn.found_after = time.monotonic() - turn.began
        yield EvidenceFound(turn.evidence)
        if not turn.evidence:
            yield from self._plain(turn, f"There is no text to summarise in {wanted.name}.", True)
            return None
        return messages

    def _write(self, turn: _Turn, messages: list[BaseMessage], whole: bool) -> Iterator[AnswerEvent]:
        """The model's text, checked sentence by sentence. `whole`: it is a summary, in which no sentence answers."""
        trace = turn.trace
        trace.prompt = "\n\n".join(f"[{message.type}]\n{message.text}" for message in messages)
        asked = "" if whole else turn.asked
        citer = Citer(asked, turn.evidence, self._used.text, self.shelf.entailment, premises=not trace.parts)
        text = CheckedText(citer.check, self.drop_unsupported, expected(asked))
        written, told = "", time.monotonic()
        with trace.timed("write"):
            for delta in self._stream(messages if whole else self._illustrated(messages, turn.evidence)):
                written += delta
                yield from self._given(turn, text.feed(delta))
                if time.monotonic() - told > _SILENCE:
                    told = time.monotonic()
                    yield TextDelta("")  # who waits can stop here, also while a sentence is held back
            yield from self._given(turn, text.close())
        self._remember(turn.question.text, text.text, messages, written)
        if text.dropped:
            trace.note("check", f"{text.dropped} sentences that no source bears out were left out")
        if text.supported:
            yield from self._finish(turn, text.text, False, text.citations, text.checks)
            return
        trace.note("check", f"no source bears out what the model wrote: “{' '.join(written.split())[:300]}”")
        instead, nearest, quote = not_stated(turn.asked, turn.evidence)
        citations = []
        if nearest is not None:
            segment = next(part for part, sentences in nearest.parts if quote in sentences)
            citations = [cited(nearest, instead, segment, quote, 0.0)]
            instead = f"{instead} [{nearest.number}]"
        yield from self._plain(turn, f"{instead}{waiting(self.library)}", True, *citations)

    def _given(self, turn: _Turn, parts: Iterator[str]) -> Iterator[TextDelta]:
        for part in parts:
            turn.first_text = turn.first_text or time.monotonic()
            yield TextDelta(part)

    def _plain(self, turn: _Turn, text: str, abstained: bool, *citations: Citation) -> Iterator[AnswerEvent]:
        """An answer that no model wrote."""
        yield TextDelta(text)
        yield from self._finish(turn, text, abstained, citations, ())

    def _finish(
        self, turn: _Turn, text: str, abstained: bool, citations: Sequence[Citation], checks: Sequence[Check]
    ) -> Iterator[AnswerFinished]:
        trace, now = turn.trace, time.monotonic()
        seconds = {
            "retrieve": round(turn.found_after, 3),
            "first_token": round((turn.first_text or now) - turn.began, 3),
            "total": round(now - turn.began, 3),
        }
        model = self.shelf.name("chat") if "write" in trace.seconds else ""
        yield AnswerFinished(
            Answer(
                turn.question.text,
                text,
                abstained,
                tuple(citations),
                turn.evidence,
                seconds,
                model,
                tuple(checks),
                trace.asked,
                trace,
                meant_and_waiting(turn.asked or turn.question.text, self.library),
            )
        )

    # --- the chat model ---

    def _written(self, messages: Sequence[BaseMessage]) -> str:
        """All that the chat model writes to some messages, which is a line or two."""
        text = ""
        for delta in self._stream(list(messages)):
            text += delta
            if tokens(text) > _REWRITTEN:
                break
        return text

    def _stream(self, messages: list[BaseMessage]) -> Iterator[str]:
        stream = streamed(self.shelf.chat, messages)
        try:
            for chunk in self._used.timed(stream, "".join(message.text for message in messages)):
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

    def _illustrated(self, messages: list[BaseMessage], evidence: Sequence[Evidence]) -> list[BaseMessage]:
        """For this turn only: pictures would fill the room for earlier messages, and new evidence brings its own."""
        shown = self.pictures > 0 and self.shelf.chat_sees
        return with_pictures(messages, evidence, drawn, self.pictures) if shown else messages

    def _earlier(self, question: Question) -> list[BaseMessage]:
        """The messages of the turn before, word for word, if it was answered here and there is room for another."""
        if not question.history:
            return []
        last = question.history[-1]
        messages = self._told.get((last.question, last.answer), [])
        return messages if sum(tokens(message.text) for message in messages) <= _ROOM else []

    def _remember(self, asked: str, answered: str, messages: list[BaseMessage], written: str) -> None:
        from langchain_core.messages import AIMessage

        self._told[asked, answered] = [*messages, AIMessage(written)]
        while len(self._told) > _TURNS_KEPT:
            self._told.popitem(last=False)

    def _floor(self) -> float | None:
        return self._used.text.floor if self.library.catalogue.space("text") is not None else None

    @property
    def _used(self) -> ModelShelf:
        """The shelf with the models that the library is asked with just now."""
        return in_use(self.library, self.shelf)
