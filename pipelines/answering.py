"""One turn of a conversation: understand → plan → gather → quote → write → check, as events.

The files' own sentences are the answer that stands at once; what a chat model writes, where it may, comes above them.
Nothing between the search and the person can turn a passage that was found into a refusal.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForChainRun
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import ensure_config, get_callback_manager_for_config, patch_config

from indexes.library import Library
from pipelines.asking.abilities import ability_of, known_of
from pipelines.asking.chat import MOST_PARTS, Chat
from pipelines.asking.context import QueryContext
from pipelines.asking.declining import Relevance, meant_and_waiting, nothing_found, relevance, waiting
from pipelines.asking.kinds import kind_of
from pipelines.asking.material import Material
from pipelines.asking.merging import merged
from pipelines.asking.phrases import phrase
from pipelines.asking.prompts import as_read
from pipelines.asking.quotes import Quotes, compose
from pipelines.asking.reading import in_parts, with_more
from pipelines.asking.table_query import table_query
from pipelines.asking.writing import CheckedText
from pipelines.checking.citations import Citer
from pipelines.errors import ModelUnavailable
from pipelines.models.embedding import TextEmbedder
from pipelines.models.shelf import ModelShelf
from pipelines.query.intent import Intents
from pipelines.query.plan import QueryPlan
from pipelines.query.understanding import understand
from pipelines.records import (
    Answer,
    AnswerAdvanced,
    AnswerEvent,
    AnswerFinished,
    Evidence,
    EvidenceFound,
    Question,
    QuotesFound,
    TextDelta,
)
from pipelines.retrieval import checked

_SILENCE = 0.25  # seconds after which an empty delta is given
_NEAREST = 3  # passages that are shown where nothing was found


@dataclass(slots=True)
class _Turn:
    """What is known of the answer that is being made."""

    question: Question
    context: QueryContext
    plan: QueryPlan = field(init=False)
    config: RunnableConfig = field(default_factory=RunnableConfig)
    evidence: tuple[Evidence, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    model: str = ""

    def reached(self, stage: str) -> None:
        """Note when a stage was reached first."""
        self.seconds.setdefault(stage, round(self.context.elapsed(), 3))


class Answering(Runnable[Question, Answer]):
    """Answers questions from one library with the models of one shelf. A LangChain Runnable: `invoke` gives the answer,
    `stream` the events on the way, and callbacks are told of the steps and of what the chat model writes."""

    def __init__(
        self,
        library: Library,
        shelf: ModelShelf,
        budget: int = 0,
        pictures: int = 0,
        drop_unsupported: bool = False,
        ability: str = "auto",
    ) -> None:
        """`budget`: how many tokens of evidence the chat model reads, 0 for as many as its speed allows; `pictures`:
        how many it is shown, if it sees; `drop_unsupported`: leave out written sentences that no source bears out;
        `ability`: what the chat model is trusted with ('auto': what its probe says)."""
        self.library = library
        self.shelf = shelf
        self.budget = budget
        self.pictures = pictures
        self.drop_unsupported = drop_unsupported
        self.ability = ability
        self._intents: tuple[Any, Intents] | None = None

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The finished answer. Raises UsageError for a question that cannot be asked."""
        *_, last = self.stream(input, config)
        assert isinstance(last, AnswerFinished)
        return last.answer

    def stream(  # type: ignore[override]  # the events say more than pieces of the answer
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AnswerEvent]:
        """The events of one answer. Closing the iterator stops the chat model. Raises UsageError."""
        config = ensure_config(config)
        run = get_callback_manager_for_config(config).on_chain_start(None, {"question": input.text}, name="answer")
        try:
            for event in self._events(input, patch_config(config, callbacks=run.get_child())):
                yield event
                if isinstance(event, AnswerFinished):
                    run.on_chain_end({"answer": event.answer.text})
        except BaseException as error:
            _failed(run, error)
            raise

    def intents(self, embedder: TextEmbedder) -> Intents:
        """What recognises intents by a text model."""
        known = self._intents
        if known is None or known[0] is not embedder:
            known = self._intents = (embedder, Intents(embedder, cache=self.shelf.cache))
        return known[1]

    def _events(self, question: Question, config: RunnableConfig) -> Iterator[AnswerEvent]:
        text = checked(question.text)
        turn = _Turn(question, QueryContext(self.library, self.shelf, question), config=config)
        turn.plan = self._step(
            "understand", lambda _: understand(question, text, self.intents(turn.context.shelf.text)), turn
        )
        turn.context.trace.understood(turn.plan)
        if turn.plan.intent == "none":
            yield from self._finish(turn, Quotes(phrase("heard", turn.plan.language)), False)
            return
        material = Material(turn.context, plan=turn.plan)
        quotes: Quotes = self._step("gather", lambda _: kind_of(turn.plan).quote(turn.plan, material), turn)
        turn.reached("retrieve")
        found = turn.context.trace.relevance = relevance(turn.plan, material) if material.results else None
        if found is None or not quotes.citations or (found.sure < found.enough and not material.worked_out):
            yield from self._decline(turn, material, found)
            return
        turn.evidence = tuple(with_more(quotes.evidence, material.results))
        yield EvidenceFound(turn.evidence)
        turn.reached("first_cited")
        yield QuotesFound(self._answer(turn, quotes, False))
        yield from self._written(turn, quotes, material)

    def _written(self, turn: _Turn, quotes: Quotes, material: Material) -> Iterator[AnswerEvent]:
        """What the chat model makes of it, as far as it can be trusted with; the quotes alone where there is none."""
        ability = ability_of(self.shelf, self.ability)
        if self.ability == "auto" and self.shelf.has_chat and (known := known_of(self.shelf)) and known.note:
            turn.context.trace.note("ability", known.note)
        chat = Chat(self.shelf, turn.plan, turn.config, self.budget, self.pictures)
        try:
            if ability == "writes":
                found = yield from table_query(turn.plan, material, chat)
                if found is not None:  # what a model writes of some rows can only say the same, or something else
                    quotes = kind_of(turn.plan).told(turn.plan, material, found)
                    turn.evidence = tuple(with_more(quotes.evidence, material.results))
                    yield EvidenceFound(turn.evidence)
                    turn.model = self.shelf.name("chat")
                else:
                    read = yield from self._reading(turn, quotes, material, chat)
                    quotes = yield from self._led(turn, quotes, chat, *read)
            elif ability == "shortens" and kind_of(turn.plan).prose:
                quotes = yield from self._led(turn, quotes, chat, *chat.to_shorten(quotes))
            elif ability == "chooses" and kind_of(turn.plan).prose:
                with turn.context.trace.timed("choose"):
                    quotes = chat.choose(quotes)
        except ModelUnavailable as error:
            turn.model = ""
            turn.context.trace.note("write", str(error))
            yield AnswerAdvanced(str(error))
        yield from self._finish(turn, quotes, False)

    def _reading(
        self, turn: _Turn, quotes: Quotes, material: Material, chat: Chat
    ) -> Generator[AnswerEvent, None, tuple[list[Evidence], list[BaseMessage]]]:
        """What a model that writes reads: what was found; of a text to be summarised that is too long for it, notes."""
        notes = ""
        if turn.plan.intent == "summary":
            whole = with_more(quotes.evidence, material.results, len(material.results))
            parts = in_parts(whole, chat.room(), turn.context.shelf.text)
            if len(parts) > 1:
                turn.context.trace.note("parts", f"{min(len(parts), MOST_PARTS)} of {len(parts)} parts were read")
                with turn.context.trace.timed("read in parts"):
                    notes, named = yield from chat.notes(parts[:MOST_PARTS])
                turn.evidence = tuple(with_more(quotes.evidence, [each.result for each in named], len(named)))
                yield EvidenceFound(turn.evidence)
        return chat.to_write(turn.evidence, turn.question.history, notes)

    def _led(
        self, turn: _Turn, quotes: Quotes, chat: Chat, evidence: Sequence[Evidence], messages: Sequence[BaseMessage]
    ) -> Generator[AnswerEvent, None, Quotes]:
        """The quotes below the model's text, checked sentence by sentence as it comes; alone where that is not borne
        out."""
        context = turn.context
        context.trace.prompt = as_read(messages)
        citer = Citer(turn.plan.text, evidence, context.shelf.text, self.shelf.entailment)
        text = CheckedText(citer.check, self.drop_unsupported)
        told = time.monotonic()
        turn.model = self.shelf.name("chat")
        with context.trace.timed("write"):
            for delta in chat.deltas(messages):
                for part in text.feed(delta):
                    turn.reached("first_token")
                    yield TextDelta(part)
                if time.monotonic() - told > _SILENCE:
                    told = time.monotonic()
                    yield TextDelta("")  # who waits can stop here, also while a sentence is held back
            for part in text.close():
                turn.reached("first_token")
                yield TextDelta(part)
        if text.dropped:
            context.trace.note("check", f"{text.dropped} sentences that no source bears out were left out")
        if text.borne_out:
            return merged(text, quotes, phrase("from_files", turn.plan.language))
        context.trace.note("check", f"most of what the model wrote is borne out by no source: “{text.text[:300]}”")
        turn.model = ""
        return quotes

    def _decline(self, turn: _Turn, material: Material, found: Relevance | None) -> Iterator[AnswerEvent]:
        """Nothing was found: what was looked for, and what comes nearest, quoted as such: who asked sees at once
        whether it answers."""
        if found is not None and found.sure >= found.enough:
            turn.context.trace.note("quote", "none of what was found can be quoted")
        said = f"{nothing_found(turn.plan, self.library)}{waiting(self.library)}"
        quotes = compose(material.groups, material.results, f"{said} {phrase('nearest', turn.plan.language)}")
        if not quotes.citations:
            quotes = Quotes(said)
        nearest = [Evidence(n, result, ()) for n, result in enumerate(material.results[:_NEAREST], start=1)]
        turn.evidence = tuple(quotes.evidence or nearest)
        yield EvidenceFound(turn.evidence)
        yield from self._finish(turn, quotes, True)

    def _finish(self, turn: _Turn, quotes: Quotes, abstained: bool) -> Iterator[AnswerFinished]:
        turn.reached("first_cited")
        yield AnswerFinished(self._answer(turn, quotes, abstained))

    def _answer(self, turn: _Turn, quotes: Quotes, abstained: bool) -> Answer:
        seconds = {"retrieve": 0.0, **turn.seconds, "total": round(turn.context.elapsed(), 3)}
        seconds.setdefault("first_token", seconds.get("first_cited", seconds["total"]))
        return Answer(
            turn.question.text,
            quotes.text,
            abstained,
            tuple(quotes.citations),
            turn.evidence,
            seconds,
            turn.model,
            tuple(quotes.checks),
            turn.plan.text,
            turn.context.trace,
            meant_and_waiting(turn.plan.text, self.library),
            turn.plan.intent,
            tuple(self._unread(turn, {citation.number for citation in quotes.citations})),
        )

    def _unread(self, turn: _Turn, cited: set[int]) -> Iterator[str]:
        """What could not be read in the files that are cited."""
        results = [evidence.result for evidence in turn.evidence if evidence.number in cited]
        for source in {result.source.id: result.source for result in results}.values():
            _, reason = self.library.catalogue.partial(source.id)
            if reason:
                yield f"{Path(source.path).name} was read in part. {reason}"

    def _step(self, name: str, work: Any, turn: _Turn) -> Any:
        """A step that callbacks are told of."""
        with turn.context.trace.timed(name):
            return RunnableLambda(work, name=name).invoke(turn.question.text, turn.config)


def _failed(run: CallbackManagerForChainRun, error: BaseException) -> None:
    """Tell callbacks; who stops an answer made no mistake."""
    if isinstance(error, GeneratorExit):
        run.on_chain_end({"answer": ""})
    else:
        run.on_chain_error(error)
