"""The JSON contract: our records as the values that CLI and HTTP give out, the same in both."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from indexes.library import Library
from indexes.records import FileRecord, Hit, Segment, Source, Status
from indexes.speakers import Speaker
from pipelines.reading.previews import key_second
from pipelines.records import Answer, Check, Citation, Evidence, Result
from pipelines.tracing import Trace

_TRACED = 10  # hits of each index that a trace names


def file_json(record: FileRecord) -> dict[str, Any]:
    return {
        "path": record.path,
        "status": record.status,
        "modality": record.modality,
        "segments": record.segments,
        "seconds": round(record.seconds, 3),
        "stage": record.stage,
        "reason": record.reason,
        "tries": record.tries,
    }


def index_json(
    records: Sequence[FileRecord], seconds: float, ignored: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """`ignored` counts what was passed over, by reason."""
    counts = count_statuses(records)
    names: tuple[Status, ...] = ("indexed", "draft", "partial", "unchanged", "skipped", "failed", "removed")
    return {
        **{name: counts.get(name, 0) for name in names},
        "seconds": round(seconds, 3),
        "ignored": dict(ignored or {}),
        "files": [file_json(record) for record in records],
    }


def count_statuses(records: Iterable[FileRecord]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in records:
        counts[record.status] = counts.get(record.status, 0) + 1
    return counts


IN_LIBRARY = ("indexed", "unchanged", "partial", "draft")


def coverage(statuses: Mapping[str, int]) -> str:
    """'423 of 501 files indexed, 3 in part, 12 failed', of how many files have which status."""
    total = sum(count for status, count in statuses.items() if status != "removed")
    if not total:
        return "The library is empty"
    indexed = sum(statuses.get(status, 0) for status in IN_LIBRARY)
    files = "file" if total == 1 else "files"
    text = f"{indexed:,} of {total:,} {files} indexed" if indexed != total else f"{total:,} {files} indexed"
    said = {"partial": "in part", "waiting": "waiting", "failed": "failed", "skipped": "skipped"}
    return ", ".join([text, *(f"{statuses[name]:,} {word}" for name, word in said.items() if statuses.get(name))])


def hit_json(result: Result) -> dict[str, Any]:
    return {
        "rank": result.rank,
        "score": round(result.score, 5),
        "source": result.source.path,
        "modality": result.segment.modality,
        "place": result.place.as_dict(),
        "text": result.segment.text,
        "found_by": list(result.found_by),
        "copies": sorted({copy.source.path for copy in result.copies} - {result.source.path}),
        "why": result.why,
        "id": result.segment.id,
    }


def search_json(query: str, results: Sequence[Result], seconds: float) -> dict[str, Any]:
    return {"query": query, "seconds": round(seconds, 3), "hits": [hit_json(result) for result in results]}


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    return {"number": evidence.number, **hit_json(evidence.result)}


def citation_json(citation: Citation, evidence: Sequence[Evidence]) -> dict[str, Any]:
    cited = next(each for each in evidence if each.number == citation.number).result
    return {
        "number": citation.number,
        "source": cited.source.path,
        "place": (citation.place or cited.place).as_dict(),
        "quote": citation.quote,
        "support": citation.support,
    }


def sentence_json(check: Check, answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text[check.start : check.end],
        "start": check.start,
        "end": check.end,
        "support": round(check.support, 3),
        "supported": check.supported,
        "flags": list(check.flags),
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """`asked` is the question that was looked up, also where it is the one that was put. `sentences` are those of the
    answer that say something, each with what bears it out."""
    return {
        "question": answer.question,
        "asked": answer.asked or answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "citations": [citation_json(citation, answer.evidence) for citation in answer.citations],
        "evidence": [evidence_json(evidence) for evidence in answer.evidence],
        "sentences": [sentence_json(check, answer) for check in answer.checks],
        "waiting": list(answer.waiting),
        "unread": list(answer.unread),
        "seconds": answer.seconds,
        "model": answer.model,
        "intent": answer.intent,
    }


def _relevance(sure: float, enough: float) -> dict[str, float]:
    return {"sure": round(sure, 3), "enough": round(enough, 3)}


def trace_json(trace: Trace, library: Library) -> dict[str, Any]:
    """How an answer came about. Segments have their source and place beside the id, where they still are there."""
    hits = {index: found[:_TRACED] for index, found in trace.hits.items()}
    fused = trace.fused[:_TRACED]
    ids = [hit.segment_id for found in hits.values() for hit in found] + [id for id, _ in fused]
    names = _named(dict.fromkeys(ids + [cut.segment_id for cut in trace.cut]), library)
    return {
        "asked": trace.asked,
        "intent": trace.intent,
        "sure": round(trace.sure, 2),
        "parts": list(trace.parts),
        "filters": list(trace.filters),
        "relevance": _relevance(*trace.relevance) if trace.relevance else None,
        "hits": {index: [{**_traced(hit), **names.get(hit.segment_id, {})} for hit in hits[index]] for index in hits},
        "fused": [{"id": id, "score": round(score, 5), **names.get(id, {})} for id, score in fused],
        "steps": [{"stage": step.stage, "text": step.text} for step in trace.steps],
        "cut": [
            {"id": cut.segment_id, "stage": cut.stage, "reason": cut.reason, **names.get(cut.segment_id, {})}
            for cut in trace.cut
        ],
        "prompt": trace.prompt,
        "seconds": {stage: round(seconds, 4) for stage, seconds in trace.seconds.items()},
    }


def _traced(hit: Hit) -> dict[str, Any]:
    return {"id": hit.segment_id, "rank": hit.rank, "score": round(hit.score, 5), "fit": round(hit.fit, 4)}


def _named(ids: Iterable[int], library: Library) -> dict[int, dict[str, Any]]:
    segments = library.catalogue.segments(ids)
    sources = library.catalogue.sources({segment.source_id for segment in segments.values()})
    return {
        id: {"source": sources[segment.source_id].path, "place": segment.place.as_dict()}
        for id, segment in segments.items()
        if segment.source_id in sources
    }


def source_json(source: Source, file: FileRecord | None) -> dict[str, Any]:
    return {
        "id": source.id,
        "path": source.path,
        "paths": list(source.paths),
        "modality": source.modality,
        "media_type": source.media_type,
        "bytes": source.bytes,
        "title": source.title,
        "language": source.language,
        "status": file.status if file else "indexed",
        "segments": file.segments if file else 0,
        "updated": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(file.updated)) if file else None,
    }


def speakers_json(speakers: Sequence[Speaker]) -> list[dict[str, str]]:
    """`heard` is what a speaker was heard as, `name` what a person calls them ('': nobody has said)."""
    return [{"heard": each.heard, "name": each.name} for each in speakers]


def export_json(
    source: Source, segments: Sequence[Segment], speakers: Sequence[Speaker] = (), unread: str = ""
) -> dict[str, Any]:
    """`speakers` are there where some are told apart; `unread` says what could not be read of it."""
    return {
        "source": source.path,
        "modality": source.modality,
        "language": source.language,
        **({"speakers": speakers_json(speakers)} if speakers else {}),
        "unread": unread,
        "segments": [_segment_json(segment) for segment in segments],
    }


def _segment_json(segment: Segment) -> dict[str, Any]:
    """`kind` keeps what is said apart from what is to be seen; `cues` are sentences with their seconds, `frame` is the
    second of the key frame."""
    values: dict[str, Any] = {
        "id": segment.id,
        "kind": segment.kind,
        "place": segment.place.as_dict(),
        "text": segment.text,
    }
    if segment.cues:
        values["cues"] = [
            {"start": cue.start, "end": cue.end, "text": cue.text, "speaker": cue.speaker} for cue in segment.cues
        ]
    if segment.kind == "frame":
        values["frame"] = key_second(segment)
    return values
