"""One exchange, step by step: a question and its files → `assistant.ask` → the exchange as it grows.

The models work in a pool of this module's own, so that Stop answers at once even while a model is silent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.history import earlier_turns
from app.ui import why
from app.ui.background import in_background
from app.ui.exchanges import Exchange
from app.uploads import keep, scope_of, uploads_of
from indexes.records import FileRecord
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

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.jobs import Job, Jobs

AT_ONCE = 4  # conversations that may wait for an answer at the same time
_ALIKE = 8  # pictures shown for a picture
_WRITING = "writing an answer from this"
_PATIENCE = 30.0  # seconds that a question waits for more of a recording than its first minutes
_PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic"))

Past = tuple[Exchange, ...]


class Steps:
    """Makes the steps of exchanges, for all who have the page open."""

    def __init__(self, assistant: Assistant, jobs: Jobs) -> None:
        self._assistant = assistant
        self._jobs = jobs
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking")

    def run(
        self, exchange: Exchange, files: list[str], past: Past, stopping: threading.Event
    ) -> Generator[Exchange, None, None]:
        """The exchange as it grows, until it is answered or `stopping` is set. Raises FolioscopeError."""
        if len(files) == 1 and not exchange.question and Path(files[0]).suffix.lower() in _PICTURES:
            yield self._alike(exchange, files[0])
            return
        if files:
            kept = keep(files, uploads_of(self._assistant))
            exchange = yield from self._read(exchange, kept, stopping)
            readable = [path for path in kept if self._readable(path)]
            if stopping.is_set() or not readable:
                return
            exchange = replace(exchange, scope=scope_of(readable if len(readable) == 1 else kept))
        if exchange.question:
            history = earlier_turns([each.answer for each in past if each.answer])
            question = Question(exchange.question, exchange.scope, history=history, length=exchange.length)
            yield from self._ask(exchange, question, stopping)

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
        answer = exchange.answer
        if answer is None:
            yield replace(exchange, notes=(*exchange.notes, "Stopped."))
        else:
            notes = (*exchange.notes, *_failed(answer))
            waiting = self._waiting() if answer.abstained else 0
            yield replace(exchange, notes=notes, why=self._why(answer), waiting=waiting)

    def _why(self, answer: Answer) -> str:
        if answer.trace is None:
            return ""
        catalogue = self._assistant.library.catalogue
        segments = catalogue.segments(why.mentioned(answer.trace)).values()
        sources = catalogue.sources({segment.source_id for segment in segments})
        return why.explanation(answer.trace, answer.question, why.named(segments, sources))

    def _waiting(self) -> int:
        """How many files are still to be read."""
        jobs = [job for job in self._jobs.active() if job.work == "indexing"]
        return sum(max(job.total - len(job.records), 1) for job in jobs)


def _after(exchange: Exchange, event: AnswerEvent) -> Exchange:
    match event:
        case AnswerAdvanced(note=note):
            return replace(exchange, activity=note)
        case EvidenceFound(evidence=evidence):
            return replace(exchange, evidence=_with_quoted(exchange, evidence))
        case QuotesFound(answer=quotes):
            return replace(exchange, quotes=quotes, evidence=quotes.evidence, activity=_WRITING)
        case TextDelta(text=text):
            return replace(exchange, text=exchange.text + text, activity=_WRITING)
        case AnswerFinished(answer=answer):
            return replace(exchange, text=answer.text, evidence=answer.evidence, answer=answer, activity="")


def _failed(answer: Answer) -> list[str]:
    """Why the chat model wrote nothing, if it was asked: else who has set one up would wonder where its text is."""
    return [step.text for step in answer.trace.steps if step.stage == "write"] if answer.trace else []


def _with_quoted(exchange: Exchange, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """More evidence, for the chat model; what is quoted already stays as it is, so that its chips open the same."""
    quoted = exchange.quotes.evidence if exchange.quotes else ()
    known = {each.number for each in quoted}
    return (*quoted, *(each for each in evidence if each.number not in known))


def _progress(job: Job) -> str:
    """'reading report.pdf, page 3 (2 of 5)'."""
    if job.state == "waiting":
        return "waiting for other files to be read"
    if not job.current:
        return "reading"
    place = f", {job.note or job.place}" if job.note or job.place else ""
    count = f" ({len(job.records) + 1} of {job.total})" if job.total > 1 else ""
    return f"reading {Path(job.current).name}{place}{count}"
