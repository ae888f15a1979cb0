"""The chat: what a person does → conversation, evidence panel, and what of it is kept in the library.

The steps of one exchange are made in `steps`; here they become Views.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from app.history import attached, from_kept, keep_turn
from app.ui import render
from app.ui.conversations import listed, topic
from app.ui.escaping import escape
from app.ui.exchanges import Exchange
from app.ui.kinds import LENGTHS
from app.ui.steps import Past, Steps
from indexes.errors import FolioscopeError

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.jobs import Jobs

log = logging.getLogger(__name__)


class View(NamedTuple):
    """What one step changes on the page; the fields are the outputs of every event of the chat, in this order."""

    box: Any = gr.skip()
    intro: Any = gr.skip()
    earlier: Any = gr.skip()
    current: Any = gr.skip()
    panel: Any = gr.skip()
    past: Any = gr.skip()
    conversation: Any = gr.skip()
    topic: Any = gr.skip()
    drawer: Any = gr.skip()


class Chat:
    """The events of the chat tab, for all who have the page open."""

    def __init__(self, assistant: Assistant, jobs: Jobs) -> None:
        self._assistant = assistant
        self._steps = Steps(assistant, jobs)
        self._running: dict[str, threading.Event] = {}
        self._warned = False  # that conversations cannot be kept is said once

    def send(self, message: dict[str, Any], past: Past, conversation: str, request: gr.Request) -> Iterator[View]:
        """The event of the message box: {"text", "files"}."""
        question, files = (message.get("text") or "").strip(), list(message.get("files") or [])
        if not (question or files):
            yield View()
            return
        exchange = Exchange(len(past) + 1, question, tuple(Path(file).name for file in files))
        yield from self._exchange(exchange, files, past, len(past), conversation, request)

    def ask_example(self, text: str, past: Past, conversation: str, request: gr.Request) -> Iterator[View]:
        yield from self.send({"text": text}, past, conversation, request)

    def again(self, number: int, length: str, past: Past, conversation: str, request: gr.Request) -> Iterator[View]:
        """Ask the question of an exchange again, for another kind of answer.

        It is a new exchange with the same words: every answer is kept and may be rated, so what was said stays there
        to be compared, and this works for any answer of the conversation, not only for the last one.
        """
        if length not in LENGTHS or not 0 < number <= len(past):
            yield View()
            return
        asked = past[number - 1]
        first = number
        while first > 1 and past[first - 2].question == asked.question:  # 'and why?' does not lean on itself
            first -= 1
        exchange = Exchange(len(past) + 1, asked.question, asked.files, scope=asked.scope, length=length)
        yield from self._exchange(exchange, [], past, first - 1, conversation, request)

    def _exchange(
        self, exchange: Exchange, files: list[str], past: Past, before: int, conversation: str, request: gr.Request
    ) -> Iterator[View]:
        """The steps of a new exchange. The question may lean on those `before` it."""
        session = str(request.session_hash)
        if session in self._running:
            yield View()
            return
        stopping = self._running[session] = threading.Event()
        past = self._with_thumbs(past, conversation)
        exchange = replace(exchange, activity="looking in the library")
        begun = render.exchange_html(exchange)
        yield View(_busy(), gr.update(visible=False), render.conversation(past), begun, drawer="")
        seen: object = None
        try:
            with closing(self._steps.run(exchange, files, past[:before], stopping)) as steps:
                for step in steps:
                    if self._running.get(session) is not stopping:
                        break
                    exchange = step  # kept for when the next step fails
                    known = (step.quotes is not None, len(step.evidence))
                    panel = gr.skip() if known == seen or not step.evidence else render.panel((*past, step))
                    seen = known
                    yield View(current=render.exchange_html(step), panel=panel)
        except FolioscopeError as error:
            exchange = replace(exchange, error=str(error))
        except Exception as error:
            log.exception("a question failed")
            exchange = replace(exchange, error=f"A bug of ours: {type(error).__name__}. The server's log says more.")
        finally:
            stopping.set()
            cleared = self._running.get(session) is not stopping
            if not cleared:
                del self._running[session]
        if cleared:
            yield View()  # the page shows the last one again when all is over
            return
        exchange, conversation = self._kept(replace(exchange, activity=""), conversation)
        past = (*past, exchange)
        shown, panel = render.exchange_html(exchange), render.panel(past)
        yield View(
            _ready(), current=shown, panel=panel, past=past, conversation=conversation, topic=self.topic(conversation)
        )

    def stop(self, request: gr.Request) -> None:
        """Stop what this browser tab waits for."""
        running = self._running.get(str(request.session_hash))
        if running is not None:
            running.set()

    def clear(self, request: gr.Request) -> View:
        """A new conversation. What is being answered is no longer for this page."""
        self._let_go(request)
        return View(_ready(), gr.update(visible=True), "", "", render.panel(()), (), "", self.topic(""), "")

    def open(self, conversation: str, request: gr.Request) -> View:
        """Show a conversation of the library again; what is being answered is no longer for this page."""
        if not conversation or not self.keeps_history:
            return View(topic=self.topic(""))
        library = self._assistant.library
        try:
            turns = library.conversations.turns(conversation)
        except FolioscopeError:
            return View(topic=self.topic(""))  # deleted meanwhile, in another window
        self._let_go(request)
        past: Past = ()
        for number, turn in enumerate(turns, start=1):
            answer = from_kept(turn, library)
            exchange = Exchange(number, turn.question, attached(turn), text=answer.text, evidence=answer.evidence)
            past += (replace(exchange, answer=answer, turn=turn.key, thumb=turn.thumb, why=None),)
        shown = render.conversation(past)
        hidden, named = gr.update(visible=False), self.topic(conversation)
        return View(_ready(), hidden, shown, "", render.panel(past), past, conversation, named, "")

    def _let_go(self, request: gr.Request) -> None:
        running = self._running.pop(str(request.session_hash), None)
        if running is not None:
            running.set()

    # --- what is kept in the library ---

    @property
    def keeps_history(self) -> bool:
        return str(getattr(self._assistant.settings, "history", "on")) == "on"

    def topic(self, conversation: str) -> str:
        """The line above the conversation."""
        title = ""
        if conversation and self.keeps_history:
            try:
                title = self._assistant.library.conversations.get(conversation).title
            except FolioscopeError:  # deleted meanwhile, in another window
                conversation = ""
        return topic(conversation, title, self.keeps_history)

    def toggle(self, drawer: str | None, conversation: str) -> str:
        """Open the list of conversations, or close it."""
        return "" if drawer else listed(self._assistant.library.conversations.list(), conversation)

    def rename(self, of: str, title: str, conversation: str) -> View:
        if title.strip():
            self._changed(lambda: self._assistant.library.conversations.rename(of, title))
        return View(topic=self.topic(conversation), drawer=self.toggle("", conversation))

    def delete(self, of: str, conversation: str, request: gr.Request) -> View:
        """Delete one conversation, or all of them when `of` is ''."""
        kept = self._assistant.library.conversations
        self._changed(lambda: kept.delete(of) if of else kept.clear())
        if of in ("", conversation):
            return self.clear(request)._replace(drawer=self.toggle("", ""))
        return View(drawer=self.toggle("", conversation))

    def thumb(self, turn: int, value: int) -> None:
        self._changed(lambda: self._assistant.library.conversations.thumb(turn, value))

    def _changed(self, change: Callable[[], object]) -> None:
        try:
            change()
        except FolioscopeError as error:
            gr.Warning(escape(error))

    def _kept(self, exchange: Exchange, conversation: str) -> tuple[Exchange, str]:
        """The exchange with its key in the library, and the conversation's id. A library that cannot be written still
        answers."""
        if exchange.answer is None or not self.keeps_history:
            return exchange, conversation
        try:
            library = self._assistant.library
            conversation, turn = keep_turn(library, conversation, exchange.answer, exchange.files)
        except FolioscopeError as error:
            if not self._warned:
                self._warned = True
                gr.Warning(escape(error))
            return exchange, conversation
        return replace(exchange, turn=turn), conversation

    def _with_thumbs(self, past: Past, conversation: str) -> Past:
        """A thumb goes straight to the library, so that it is not lost to an answer that is being written."""
        if not conversation:
            return past
        try:
            thumbs = {turn.key: turn.thumb for turn in self._assistant.library.conversations.turns(conversation)}
        except FolioscopeError:  # deleted meanwhile, in another window
            thumbs = {}
        return tuple(replace(each, thumb=thumbs.get(each.turn or 0, 0)) for each in past)


def _busy() -> dict[str, Any]:
    return gr.update(value=None, submit_btn=False, stop_btn=True, placeholder="Answering …")


def _ready() -> dict[str, Any]:
    return gr.update(submit_btn=True, stop_btn=False, placeholder=PLACEHOLDER)


PLACEHOLDER = "Ask, drop files, or paste a picture"
