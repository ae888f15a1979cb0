"""The chat: a message and its files → `assistant.ask` → conversation and evidence panel.

One step of a conversation is a generator of Views. The models work in a pool of this module's own, so that Stop
answers at once even while a model is silent.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from app.ui import render
from app.ui.render import Exchange
from app.uploads import keep, scope_of, uploads_of
from indexes.errors import FolioscopeError
from indexes.records import FileRecord
from pipelines.records import (
    AnswerAdvanced,
    AnswerEvent,
    AnswerFinished,
    Evidence,
    EvidenceFound,
    Question,
    TextDelta,
    Turn,
)

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.jobs import Job, Jobs

log = logging.getLogger(__name__)

AT_ONCE = 4  # conversations that may wait for an answer at the same time
_TURNS = 3  # how many earlier exchanges a question is given
_ALIKE = 8  # pictures shown for a picture
_PATIENCE = 30.0  # seconds that a question waits for more of a recording than its first minutes
_PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic"))

Past = tuple[Exchange, ...]
Steps = Generator[Exchange, None, None]


class View(NamedTuple):
    """What one step changes on the page; the fields are the outputs of every event of the chat, in this order."""

    box: Any = gr.skip()
    intro: Any = gr.skip()
    earlier: Any = gr.skip()
    current: Any = gr.skip()
    panel: Any = gr.skip()
    past: Any = gr.skip()


class Chat:
    """The events of the chat tab, for all who have the page open."""

    def __init__(self, assistant: Assistant, jobs: Jobs) -> None:
        self._assistant = assistant
        self._jobs = jobs
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking")
        self._running: dict[str, threading.Event] = {}

    def send(self, message: dict[str, Any], past: Past, request: gr.Request) -> Iterator[View]:
        """The event of the message box: {"text", "files"}."""
        question, files = (message.get("text") or "").strip(), list(message.get("files") or [])
        session = str(request.session_hash)
        if not (question or files) or session in self._running:
            yield View()
            return
        stopping = self._running[session] = threading.Event()
        exchange = Exchange(len(past) + 1, question, tuple(Path(file).name for file in files), "looking in the library")
        yield View(_busy(), gr.update(visible=False), render.conversation(past), render.exchange_html(exchange))
        seen: tuple[Evidence, ...] = ()
        try:
            with closing(self._steps(exchange, files, past, stopping)) as steps:
                for step in steps:
                    if self._running.get(session) is not stopping:
                        break
                    exchange = step  # kept for when the next step fails
                    panel = gr.skip() if step.evidence is seen else render.panel((*past, step))
                    seen = step.evidence
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
        exchange = replace(exchange, activity="")
        past = (*past, exchange)
        yield View(_ready(), current=render.exchange_html(exchange), panel=render.panel(past), past=past)

    def ask_example(self, text: str, past: Past, request: gr.Request) -> Iterator[View]:
        yield from self.send({"text": text}, past, request)

    def stop(self, request: gr.Request) -> None:
        """Stop what this browser tab waits for."""
        running = self._running.get(str(request.session_hash))
        if running is not None:
            running.set()

    def clear(self, request: gr.Request) -> View:
        """A new conversation. What is being answered is no longer for this page."""
        running = self._running.pop(str(request.session_hash), None)
        if running is not None:
            running.set()
        return View(_ready(), gr.update(visible=True), "", "", render.panel(()), ())

    # --- the steps of one exchange ---

    def _steps(self, exchange: Exchange, files: list[str], past: Past, stopping: threading.Event) -> Steps:
        if len(files) == 1 and not exchange.question and Path(files[0]).suffix.lower() in _PICTURES:
            yield self._alike(exchange, files[0])
            return
        scope = None
        if files:
            kept = keep(files, uploads_of(self._assistant))
            exchange = yield from self._read(exchange, kept, stopping)
            readable = [path for path in kept if self._readable(path)]
            if stopping.is_set() or not readable:
                return
            scope = scope_of(readable if len(readable) == 1 else kept)
        if exchange.question:
            history = tuple(Turn(e.question, e.answer.text) for e in past if e.answer)[-_TURNS:]
            yield from self._ask(exchange, Question(exchange.question, scope, history=history), stopping)

    def _alike(self, exchange: Exchange, file: str) -> Exchange:
        """A picture alone asks for pictures that look like it; it is not added to the library."""
        results = self._assistant.search_picture(file, _ALIKE)
        evidence = tuple(Evidence(number, result, ()) for number, result in enumerate(results, start=1))
        marks = " ".join(f"[{each.number}]" for each in evidence)
        text = f"These look most like it: {marks}" if evidence else "The library holds no picture to compare it with."
        return replace(exchange, text=text, evidence=evidence, activity="")

    def _read(
        self, exchange: Exchange, kept: list[Path], stopping: threading.Event
    ) -> Generator[Exchange, None, Exchange]:
        """Index the files; the exchange with a note for each that could not be read.

        A long recording can be asked as soon as some of it was read; who asked with it waits a little for more.
        """
        job = self._jobs.submit([str(path) for path in kept])
        early: list[FileRecord] = []
        asked = time.monotonic()
        try:
            while not job.finished.wait(0.2):
                if stopping.is_set():
                    job.stop()
                exchange = replace(exchange, activity=_progress(job))
                yield exchange
                early = self._begun(job, kept)
                if not early:
                    asked = time.monotonic()
                elif not exchange.question or time.monotonic() - asked > _PATIENCE:
                    break
        finally:
            if stopping.is_set():
                job.stop()
        notes = [f"{Path(r.path).name}: {r.reason}" for r in job.records if r.status in ("failed", "skipped")]
        if job.error:
            notes.append(job.error)
        if not job.finished.is_set():
            notes += [f"{Path(record.path).name}: {record.reason}" for record in early]
        if not notes and not exchange.question and not stopping.is_set():
            passages = sum(record.segments for record in job.records)
            notes = [f"Read: {passages} passages. Ask about them whenever you like."]
        exchange = replace(exchange, notes=(*exchange.notes, *notes), activity="looking in the files")
        yield exchange
        return exchange

    def _begun(self, job: Job, kept: list[Path]) -> list[FileRecord]:
        """The recordings of which only a part was read so far, if that part can be asked and all else was read."""
        done = {record.path for record in job.records}
        waiting = [str(path) for path in kept if str(path) not in done]
        files = [self._assistant.library.catalogue.file(path) for path in waiting]
        drafts = [file for file in files if file is not None and file.status == "draft" and file.segments]
        return drafts if len(drafts) == len(waiting) else []

    def _readable(self, path: Path) -> bool:
        record = self._assistant.library.catalogue.file(str(path))
        return record is not None and record.source_id is not None

    def _ask(self, exchange: Exchange, question: Question, stopping: threading.Event) -> Iterator[Exchange]:
        events = self._assistant.ask(question)
        for arrived in in_background(events, self._pool, stopping):
            for event in arrived:
                exchange = _after(exchange, event)
            yield exchange
        if exchange.answer is None:
            yield replace(exchange, notes=(*exchange.notes, "Stopped."))


def _after(exchange: Exchange, event: AnswerEvent) -> Exchange:
    match event:
        case AnswerAdvanced(note=note):
            return replace(exchange, activity=note)
        case EvidenceFound(evidence=evidence):
            return replace(exchange, evidence=evidence, activity="reading the evidence")
        case TextDelta(text=text):
            return replace(exchange, text=exchange.text + text, activity="")
        case AnswerFinished(answer=answer):
            return replace(exchange, text=answer.text, evidence=answer.evidence, answer=answer, activity="")


def in_background(
    events: Iterator[AnswerEvent], pool: ThreadPoolExecutor, stopping: threading.Event
) -> Iterator[list[AnswerEvent]]:
    """The events as they come, those of a tenth of a second together.

    Ends soon after `stopping` is set; the model's generator is then closed as soon as it lets go.
    """
    arrived: queue.Queue[AnswerEvent | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            for event in events:
                if stopping.is_set():
                    break
                arrived.put(event)
        except Exception as error:
            arrived.put(error)
        finally:
            events.close()  # type: ignore[attr-defined]
            arrived.put(None)

    pool.submit(work)
    try:
        while not stopping.is_set():
            batch, finished = _drain(arrived)
            if batch:
                yield batch
            if finished:
                return
            stopping.wait(0.1)
    finally:
        stopping.set()  # also when the person has left the page


def _drain(arrived: queue.Queue[AnswerEvent | Exception | None]) -> tuple[list[AnswerEvent], bool]:
    batch: list[AnswerEvent] = []
    while True:
        try:
            item = arrived.get_nowait()
        except queue.Empty:
            return batch, False
        if item is None:
            return batch, True
        if isinstance(item, Exception):
            raise item
        batch.append(item)


def _progress(job: Job) -> str:
    """'reading report.pdf, page 3 (2 of 5)'."""
    if job.state == "waiting":
        return "waiting for other files to be read"
    if not job.current:
        return "reading"
    place = f", {job.note or job.place}" if job.note or job.place else ""
    count = f" ({len(job.records) + 1} of {job.total})" if job.total > 1 else ""
    return f"reading {Path(job.current).name}{place}{count}"


def _busy() -> dict[str, Any]:
    return gr.update(value=None, submit_btn=False, stop_btn=True, placeholder="Answering …")


def _ready() -> dict[str, Any]:
    return gr.update(submit_btn=True, stop_btn=False, placeholder=PLACEHOLDER)


PLACEHOLDER = "Ask, drop files, or paste a picture"
