"""The web API of the contract: the same JSON as the command line, with server-sent events for answers."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import AfterValidator, BaseModel, Field

from app.assistant import Assistant
from app.exporting import ledger_csv
from app.forgetting import forget as forget_with_copies
from app.history import RECENT, earlier_turns, from_kept, keep_turn
from app.jobs import Jobs
from app.playing import media_routes
from app.schemas import answer_json, evidence_json, file_json, search_json, source_json, speakers_json
from indexes.errors import FolioscopeError, LibraryBusy, LibraryError, UsageError
from indexes.records import Modality
from pipelines.errors import ExtractionError
from pipelines.records import (
    Answer,
    AnswerAdvanced,
    AnswerFinished,
    EvidenceFound,
    Question,
    QuotesFound,
    TextDelta,
    Turn,
)
from pipelines.retrieval import LONGEST_QUESTION

log = logging.getLogger(__name__)

_MOST_TOLD = 20_000  # characters of an earlier answer; a question leans on its beginning

Text = Annotated[str, AfterValidator(lambda text: text.encode("utf-8", "ignore").decode("utf-8"))]
"""Without halves of characters, which JSON can hold and an answer cannot be sent back with."""


class IndexRequest(BaseModel):
    paths: list[str]


class RetryRequest(BaseModel):
    path: str | None = None  # only below it


class SearchRequest(BaseModel):
    query: Text
    k: int = 10
    modality: Modality | None = None
    source: str | None = None


class TurnModel(BaseModel):
    question: Text = Field(max_length=LONGEST_QUESTION)
    answer: Text


class SpeakersRequest(BaseModel):
    names: dict[Text, Text]


class AskRequest(BaseModel):
    question: Text
    source: str | None = None
    history: list[TurnModel] = []
    conversation: str | None = None  # go on with one that the library keeps, or begin a 'new' one
    explain: bool = False
    intent: Literal["", "fact", "list", "count", "explanation", "comparison", "summary", "yes_no", "show"] = ""
    length: Literal["", "short", "list", "detailed"] = ""


class ThumbRequest(BaseModel):
    value: Literal[-1, 0, 1]


def add_api(app: FastAPI, assistant: Assistant, jobs: Jobs) -> None:
    """Put the routes of /api on an app, and make our errors readable answers."""
    router = APIRouter(prefix="/api")
    catalogue, kept = assistant.library.catalogue, assistant.library.conversations

    @router.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "segments": catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0]}

    @router.get("/status")
    def status() -> dict[str, Any]:
        numbers = assistant.status()
        ledger = numbers.pop("ledger")
        return {**numbers, "files": [file_json(record) for record in ledger]}

    @router.get("/sources")
    def sources() -> dict[str, Any]:
        files = {file.path: file for file in catalogue.files()}
        return {"sources": [source_json(s, files.get(s.path)) for s in catalogue.sources().values()]}

    @router.delete("/sources/{source_id}")
    def forget(source_id: str) -> dict[str, Any]:
        source = catalogue.sources([source_id]).get(source_id)
        if source is None:
            raise UsageError(f"No source has the id {source_id}.")
        return {"forgotten": [record.path for record in forget_with_copies(assistant, source.id)]}

    @router.put("/sources/{source_id}/speakers")
    def name_speakers(source_id: str, request: SpeakersRequest) -> dict[str, Any]:
        """Give names to who speaks in a recording, by what they were heard as; '' takes one back."""
        return {"speakers": speakers_json(assistant.library.name_speakers(source_id, request.names))}

    @router.post("/index")
    def index(request: IndexRequest) -> dict[str, Any]:
        if not request.paths:
            raise UsageError("Nothing to index. Name a file or a folder in paths.")
        return jobs.submit(request.paths).as_dict()

    @router.get("/jobs/{job_id}")
    def job(job_id: str) -> dict[str, Any]:
        found = jobs.get(job_id)
        if found is None:
            raise UsageError(f"No job has the id {job_id}.")
        return found.as_dict()

    @router.delete("/jobs/{job_id}")
    def stop(job_id: str) -> dict[str, Any]:
        found = jobs.get(job_id)
        if found is None:
            raise UsageError(f"No job has the id {job_id}.")
        found.stop()
        return found.as_dict()

    @router.post("/retry")
    def retry(request: RetryRequest) -> dict[str, Any]:
        return jobs.submit(assistant.failed(request.path), again=True).as_dict()

    @router.get("/ledger.csv")
    def ledger() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="folioscope-files.csv"'}
        text = ledger_csv(assistant.library.catalogue.files())
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/search")
    def search(request: SearchRequest) -> dict[str, Any]:
        began = time.monotonic()
        results = assistant.search(request.query, request.k, request.modality, request.source)
        return search_json(request.query, results, time.monotonic() - began)

    @router.post("/ask")
    def ask(body: AskRequest, request: Request) -> Response:
        history = tuple(Turn(turn.question, turn.answer[:_MOST_TOLD]) for turn in body.history[-RECENT:])
        if body.conversation is not None:
            history = _history(assistant, body.conversation) or history
        events = assistant.ask(
            Question(body.question, body.source, history=history, intent=body.intent, length=body.length)
        )

        def finished(answer: Answer) -> dict[str, Any]:
            return _finished(assistant, answer, body)

        first = next(events)  # a wrong question is an error here, not in the middle of a stream
        if "text/event-stream" in request.headers.get("accept", ""):
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(
                _server_sent(first, events, finished), media_type="text/event-stream", headers=headers
            )
        *_, last = first, *events
        assert isinstance(last, AnswerFinished)
        return JSONResponse(finished(last.answer))

    @router.get("/conversations")
    def conversations() -> dict[str, Any]:
        return {"conversations": [asdict(each) for each in kept.list()]}

    @router.delete("/conversations")
    def clear() -> dict[str, Any]:
        return {"deleted": kept.clear()}

    @router.get("/conversations/{conversation}")
    def turns(conversation: str) -> dict[str, Any]:
        found = kept.turns(conversation)
        return {**asdict(kept.get(conversation)), "turns": [asdict(turn) for turn in found]}

    @router.delete("/conversations/{conversation}")
    def delete(conversation: str) -> dict[str, Any]:
        kept.delete(conversation)
        return {"deleted": 1}

    @router.post("/conversations/{conversation}/turns/{key}/thumb")
    def thumb(conversation: str, key: int, request: ThumbRequest) -> dict[str, Any]:
        if key not in {turn.key for turn in kept.turns(conversation)}:
            raise UsageError(f"The conversation {conversation} has no answer with the key {key}.")
        kept.thumb(key, request.value)
        return {"key": key, "thumb": request.value}

    router.include_router(media_routes(assistant))
    app.include_router(router)

    @app.exception_handler(FolioscopeError)
    def explain(_: Request, error: FolioscopeError) -> JSONResponse:
        code = 400
        if isinstance(error, ExtractionError):
            code = 404
        elif isinstance(error, LibraryBusy):
            code = 409
        elif isinstance(error, LibraryError):
            code = 503
        return JSONResponse({"error": str(error)}, status_code=code)


def _history(assistant: Assistant, conversation: str) -> tuple[Turn, ...]:
    """What a conversation of the library tells the next question. Raises UsageError for one that is unknown."""
    if str(getattr(assistant.settings, "history", "on")) != "on":
        raise UsageError("Conversations are not kept here. Set history=on, or leave out the conversation.")
    if conversation == "new":
        return ()
    turns = assistant.library.conversations.turns(conversation)
    return earlier_turns([from_kept(turn, assistant.library) for turn in turns])


def _finished(assistant: Assistant, answer: Answer, asked: AskRequest) -> dict[str, Any]:
    """The answer's JSON, with its conversation and turn where it is kept, and its trace where that is asked for."""
    document = answer_json(answer)
    if asked.explain and answer.trace is not None:
        from app.schemas import trace_json

        document["trace"] = trace_json(answer.trace, assistant.library)
    if asked.conversation is not None:
        conversation = "" if asked.conversation == "new" else asked.conversation
        try:
            document["conversation"], document["turn"] = keep_turn(assistant.library, conversation, answer)
        except LibraryError as error:  # the answer is there all the same
            document["warning"] = str(error)
    return document


def _server_sent(
    first: object, events: Iterator[object], finished: Callable[[Answer], dict[str, Any]]
) -> Iterator[str]:
    """`progress` during long work, `evidence`, `quotes` (an answer of the files' own sentences, whole already), `delta`
    for each piece that the chat model writes above them, `answer` at the end, which takes the place of all; `error` if
    something fails on the way."""

    def event(name: str, data: Any) -> str:
        return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

    def each(item: object) -> str:
        match item:
            case AnswerAdvanced(note=note):
                return event("progress", {"note": note})
            case EvidenceFound(evidence=evidence):
                return event("evidence", [evidence_json(one) for one in evidence])
            case QuotesFound(answer=answer):
                return event("quotes", answer_json(answer))
            case TextDelta(text=text):
                return event("delta", {"text": text})
            case AnswerFinished(answer=answer):
                return event("answer", finished(answer))
        raise AssertionError(item)

    yield each(first)
    try:
        for item in events:
            yield each(item)
    except FolioscopeError as error:
        yield event("error", {"error": str(error)})
    except Exception:
        log.exception("an answer ended early")
        yield event("error", {"error": "Folioscope made a mistake here. The server's log says more; ask again."})
