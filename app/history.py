"""An answer as its conversation keeps it, and back: the JSON of `schemas.answer_json`, with what is needed to show its
evidence again.

How an answer came about (`Answer.trace`) is not kept: it holds the prompt, and with it more of the files than was
cited.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any, TypeVar

from app.schemas import answer_json
from indexes.conversations import StoredTurn
from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Place, Segment, Source
from pipelines.records import Answer, Check, Citation, Evidence, Result, Turn

log = logging.getLogger(__name__)

T = TypeVar("T")

RECENT = 3  # earlier exchanges that a question is given


def keep_turn(library: Library, conversation: str, answer: Answer, files: Sequence[str] = ()) -> tuple[str, int]:
    """Store an answer; the ids of its conversation and turn.

    A new conversation is begun where `conversation` is '' or was deleted meanwhile. `files` are the names of those that
    were attached to the question. Raises LibraryError when the library cannot be written.
    """
    conversations = library.conversations
    kept = as_kept(answer, files)
    if conversation:
        try:
            return conversation, conversations.add(conversation, answer.question, kept)
        except UsageError:
            log.info("the conversation %s is gone; a new one is begun", conversation)
    conversation = conversations.start(answer.question)
    return conversation, conversations.add(conversation, answer.question, kept)


def earlier_turns(answers: Sequence[Answer]) -> tuple[Turn, ...]:
    """What a question is told of the conversation before it: the latest exchanges, oldest first."""
    return tuple(_as_turn(answer) for answer in answers[-RECENT:])


def _as_turn(answer: Answer) -> Turn:
    by_number = {each.number: PurePath(each.result.source.path).name for each in answer.evidence}
    cited = Counter(by_number[citation.number] for citation in answer.citations if citation.number in by_number)
    return Turn(answer.question, answer.text, answer.asked, tuple(name for name, _ in cited.most_common()))


def as_kept(answer: Answer, files: Sequence[str] = ()) -> dict[str, Any]:
    """An answer as a JSON document, with the evidence that it shows: what was cited, or what came nearest. What was
    only found beside that is not kept, so that an answer goes only with a file that it rested on."""
    shown = {citation.number for citation in answer.citations}
    if not answer.abstained:
        answer = replace(answer, evidence=tuple(each for each in answer.evidence if each.number in shown))
    document = answer_json(answer)
    for values, evidence in zip(document["evidence"], answer.evidence, strict=True):
        source = evidence.result.source
        values |= {"source_id": source.id, "media_type": source.media_type, "sentences": evidence.sentences}
        values["beside"] = [{"id": segment.id, "sentences": sentences} for segment, sentences in evidence.beside]
    for values, citation in zip(document["citations"], answer.citations, strict=True):
        values |= {"start": citation.start, "end": citation.end}
        if citation.segment is not None:
            values["segment"] = citation.segment.id
    return {**document, "files": list(files)}


def forgotten_answer() -> dict[str, Any]:
    """What stands instead of an answer that rested on a file which was forgotten: it may have quoted it."""
    text = "This answer rested on a file that was forgotten, and went with it."
    return {"answer": text, "abstained": True, "citations": [], "evidence": [], "sentences": []}


def attached(turn: StoredTurn) -> tuple[str, ...]:
    """The names of the files that came with the question."""
    names = turn.answer.get("files")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def from_kept(turn: StoredTurn, library: Library) -> Answer:
    """The answer of a stored turn. Evidence whose source has left the library has a source without id, and its segment
    has none. What was written by another version and cannot be read is left out."""
    document = turn.answer
    text = str(document.get("answer", ""))
    evidence = _read(lambda: _evidence(document["evidence"], library), turn)
    return Answer(
        question=turn.question,
        text=text,
        abstained=bool(document.get("abstained")),
        citations=_read(lambda: _citations(document["citations"], text, evidence, library), turn),
        evidence=evidence,
        seconds={str(name): float(value) for name, value in _mapping(document.get("seconds")).items()},
        model=str(document.get("model", "")),
        checks=_read(lambda: _checks(document["sentences"]), turn),
        asked=str(document.get("asked", "")),
        intent=str(document.get("intent", "")),
        unread=_read(lambda: tuple(map(str, document.get("unread", ()))), turn),
    )


def _read(part: Callable[[], tuple[T, ...]], turn: StoredTurn) -> tuple[T, ...]:
    try:
        return part()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.info("a part of turn %d cannot be read: %r", turn.key, error)
        return ()


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _evidence(entries: Sequence[dict[str, Any]], library: Library) -> tuple[Evidence, ...]:
    beside = [each["id"] for entry in entries for each in entry.get("beside", ())]
    segments = library.catalogue.segments([i for i in (*(e["id"] for e in entries), *beside) if i is not None])
    named = {segment.source_id for segment in segments.values()} | {str(e.get("source_id", "")) for e in entries}
    sources = library.catalogue.sources(named)
    made = []
    for entry in entries:
        place = Place.from_dict(entry["place"])
        segment = segments.get(entry["id"])
        if segment is None:  # read anew meanwhile, or gone with its source
            segment = Segment(str(entry.get("source_id", "")), 0, entry["modality"], str(entry["text"]), place)
        source = sources.get(segment.source_id)
        if source is None:
            media_type = str(entry.get("media_type", ""))
            source = Source("", entry["modality"], media_type, 0, paths=(str(entry["source"]),))
        others = tuple(
            (segments[each["id"]], tuple(map(str, each["sentences"])))
            for each in entry.get("beside", ())
            if each["id"] in segments
        )
        found_by = {str(index): rank for rank, index in enumerate(entry["found_by"], start=1)}
        why = {str(name): float(value) for name, value in _mapping(entry.get("why")).items()}
        rank, score = int(entry["rank"]), float(entry["score"])
        beside_it = tuple(other for other, _ in others)
        result = Result(segment, source, rank, score, found_by, {}, place, beside_it, why)
        made.append(Evidence(int(entry["number"]), result, tuple(map(str, entry.get("sentences", ()))), others))
    return tuple(made)


def _citations(
    entries: Sequence[dict[str, Any]], text: str, evidence: Sequence[Evidence], library: Library
) -> tuple[Citation, ...]:
    segments = library.catalogue.segments([e["segment"] for e in entries if e.get("segment") is not None])
    numbers = {each.number for each in evidence}
    made, after = [], 0
    for entry in entries:
        number = int(entry["number"])
        if "end" in entry:
            start, end = int(entry["start"]), int(entry["end"])
        else:  # kept by a front door that knows no offsets: the marks stand in the order of the citations
            mark = re.compile(rf" ?\[{number}\]").search(text, after)
            start, end = (after, mark.start()) if mark else (0, 0)
            after = mark.end() if mark else after
        if number in numbers:
            place = Place.from_dict(entry["place"])
            segment = segments.get(entry.get("segment", -1))
            made.append(Citation(number, start, end, str(entry["quote"]), float(entry["support"]), segment, place))
    return tuple(made)


def _checks(entries: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
    return tuple(
        Check(int(e["start"]), int(e["end"]), float(e["support"]), bool(e["supported"]), tuple(map(str, e["flags"])))
        for e in entries
    )
