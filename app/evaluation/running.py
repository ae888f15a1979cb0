"""Runs a question set through the product's own verbs, one question after the other."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.evaluation.judging import right_source, score_answer, score_results
from app.evaluation.metrics import NEEDED, aggregate
from app.evaluation.points import count_words, opening, stated
from app.evaluation.sets import Example
from app.history import earlier_turns
from app.schemas import citation_json
from indexes.errors import UsageError
from pipelines.checking.citations import without_numbers
from pipelines.in_use import in_use
from pipelines.records import Answer, AnswerFinished, Citation, Question, Result, Turn

if TYPE_CHECKING:
    from app.assistant import Assistant

Row = dict[str, Any]
"""One question: what was expected, found and answered, `scores` by metric, `seconds` by stage; JSON values only."""

_SECRET = ("password", "host", "port")
_SHOWN = 10  # hits of a question that are kept in the run


def evaluate(
    assistant: Assistant, examples: Sequence[Example], k: int = 10, search_only: bool = False
) -> Iterator[Row]:
    """A row for each question as soon as it is measured. Raises what search and ask raise.

    A question is first asked, then searched for, so that the seconds of the answer are those of a question that is new
    to every cache. Models are loaded before.
    """
    warm(assistant, search_only)
    for example in examples:
        row: Row = {**example.as_dict(), "scores": {}, "seconds": {}}
        if not search_only:
            earlier: list[Answer] = []
            for question in example.history:
                earlier.append(ask(assistant, question, earlier_turns(earlier)))
            answer = ask(assistant, example.question, earlier_turns(earlier))
            row |= {"answer": answer.text, "abstained": answer.abstained, "model": answer.model}
            row["citations"] = [_cited(each, answer) for each in answer.citations]
            row["unsupported"] = [answer.text[each.start : each.end] for each in answer.checks if not each.supported]
            row |= _read(example, answer)
            row["scores"] |= score_answer(example, answer)
            row["seconds"] |= _seconds(answer)
        began = time.monotonic()
        results = assistant.search(example.query, max(k, max(NEEDED) if example.evidence else _SHOWN))
        row["seconds"]["search"] = round(time.monotonic() - began, 4)
        row["scores"] |= score_results(example, results, k)
        row["hits"] = [_hit(result, example) for result in results[:_SHOWN]]
        row["right"] = judged_right(row)
        yield row


def ask(assistant: Assistant, question: str, history: tuple[Turn, ...] = ()) -> Answer:
    """The finished answer. Raises UsageError for a question that cannot be asked."""
    try:
        *_, last = assistant.ask(Question(question, history=history))
    except UsageError as error:
        raise UsageError(f"The question {question[:60]!r}: {error}") from error
    assert isinstance(last, AnswerFinished)
    return last.answer


def warm(assistant: Assistant, search_only: bool) -> None:
    """Loads the models, and measures what the chat model can be trusted with, so that the first question is measured
    like the others."""
    if search_only:
        in_use(assistant.library, assistant.shelf).text.embed_question("warm")
    else:
        assistant.measure_chat()
        assistant.warm()


def judged_right(row: Row) -> bool | None:
    """Whether a question went well, for who looks through the wrong ones: rightly declined, or answered with an
    expected text, all key points and, where the set tells, a right citation; searched only, found first. None where
    nobody can tell."""
    scores = row["scores"]
    if "declined unanswerable" in scores:
        return bool(scores["declined unanswerable"])
    told = [scores[name] for name in ("contains", "whole", "citation recall") if name in scores]
    if "abstained" not in row:
        told = [scores[name] for name in ("recall@1 place", "recall@1") if name in scores][:1]
    if not told:
        return None
    return all(told) and not row.get("abstained", False)


def run_json(
    assistant: Assistant, rows: Sequence[Row], name: str, expected: int, k: int, seconds: float, stopped: str = ""
) -> dict[str, Any]:
    """The document of a run. `expected` is how many questions there were; `stopped` says why it ended before."""
    settings = {key: value for key, value in asdict(assistant.settings).items() if key not in _SECRET}
    return {
        "set": name,
        "began": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - seconds)),
        "complete": len(rows) == expected,
        "stopped": stopped,
        "k": k,
        "seconds": round(seconds, 1),
        "peak_bytes": peak_bytes(),
        "settings": settings,
        "models": [model.as_dict() for model in assistant.models()],
        "generation": assistant.library.catalogue.generation,
        **aggregate(rows),
        "kinds": _grouped(rows, "kind"),
        "languages": _grouped(rows, "language"),
        "rows": list(rows),
    }


def _grouped(rows: Sequence[Row], key: str) -> dict[str, Any]:
    names = sorted({row[key] for row in rows if key in row})
    return {name: aggregate([row for row in rows if row.get(key) == name]) for name in names}


def peak_bytes() -> int:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def _seconds(answer: Answer) -> dict[str, float]:
    stages = answer.trace.seconds if answer.trace is not None else {}
    spent = {name: value for name, value in answer.seconds.items() if name not in stages}
    if not answer.model:  # nothing was written by a model: there is no first token
        spent.pop("first_token", None)
    return {name: round(value, 4) for name, value in (stages | spent).items()}


def _read(example: Example, answer: Answer) -> Row:
    """How long an answer is that was not declined, and the key points that it misses."""
    text = without_numbers(answer.text)
    met = stated(opening(text, example.kind), example.key_points) if example.answerable else []
    return {
        **({} if answer.abstained else {"words": count_words(text)}),
        "missing": [point for point, is_met in zip(example.key_points, met, strict=False) if not is_met],
    }


def _hit(result: Result, example: Example) -> dict[str, Any]:
    wanted = right_source(result.source, example.sources) if example.sources else None
    return {
        "source": result.source.path,
        "place": result.place.as_dict(),
        "score": round(result.score, 5),
        "found_by": list(result.found_by),
        **({"right_source": wanted is not None} if example.sources else {}),
    }


def _cited(citation: Citation, answer: Answer) -> dict[str, Any]:
    """Also of a citation to what is no evidence, which the bench is there to find."""
    if not any(each.number == citation.number for each in answer.evidence):
        return {"number": citation.number, "source": "", "place": {}, "quote": citation.quote, "support": 0.0}
    return citation_json(citation, answer.evidence)
