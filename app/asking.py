"""`python -m app ask`: a question and its answer in the terminal, with where it stands and what is not borne out."""

from __future__ import annotations

import json
import logging
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from app.schemas import answer_json, trace_json
from indexes.errors import LibraryError, UsageError
from indexes.records import Place
from pipelines.records import Answer, AnswerAdvanced, AnswerFinished, Question, QuotesFound, Result, TextDelta

if TYPE_CHECKING:
    from app.assistant import Assistant

log = logging.getLogger(__name__)

NEW, LAST = "new", "last"


def ask_in_terminal(assistant: Assistant, options: Namespace) -> None:
    """Ask, print, and keep the answer where a conversation was named. Raises what asking raises."""
    conversation = _conversation(assistant, options.conversation) if options.conversation else ""
    history = _history(assistant, conversation)
    question = Question(options.text, options.source, history=history, length=options.length)
    answer = _follow(assistant, question, quiet=options.json)
    if options.conversation:
        conversation = _keep(assistant, conversation, answer)
    if options.json:
        document = answer_json(answer)
        if options.conversation:
            document["conversation"] = conversation
        if options.explain:
            document["trace"] = None if answer.trace is None else trace_json(answer.trace, assistant.library)
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return
    print("\n")
    print("\n".join(below(answer)))
    if options.conversation:
        print(f"Conversation: {conversation}", file=sys.stderr)
    if options.explain and answer.trace is not None:
        print("\n".join(explained(trace_json(answer.trace, assistant.library))))


def below(answer: Answer) -> Iterator[str]:
    """What stands below an answer: what was looked up, the citations, what is not borne out, what is near."""
    if answer.asked and answer.asked != answer.question:
        yield f"Asked: {answer.asked}"
    for evidence in answer.evidence:
        cited = [citation for citation in answer.citations if citation.number == evidence.number]
        if cited:
            yield f"[{evidence.number}] {where(evidence.result, cited[0].place)}"
            yield from (f"    “{' '.join(citation.quote.split())}”" for citation in cited)
    unsupported = [check for check in answer.checks if not check.supported or check.flags]
    if unsupported and not answer.abstained:
        yield "Not borne out by the sources:"
        for check in unsupported:
            yield f"    “{' '.join(answer.text[check.start : check.end].split())}”"
            yield from (f"      {flag}" for flag in check.flags)
    if answer.waiting:
        yield f"Not read yet: {', '.join(answer.waiting)}"
    yield from answer.unread
    if answer.abstained and answer.evidence and not answer.citations:
        yield "Nearest:"
        yield from (f"    {where(evidence.result)}" for evidence in answer.evidence[:3])


def where(result: Result, closer: Place | None = None) -> str:
    place = (closer or result.place).label()
    return f"{result.source.path}{f', {place}' if place else ''}"


def explained(trace: dict[str, Any]) -> Iterator[str]:
    """A trace as lines to read."""
    yield f"\nWhy this answer\n  looked up: {trace['asked']}\n  taken for: {trace['intent']} ({trace['sure']:.2f})"
    yield from (f"  part: {part}" for part in trace["parts"])
    yield from (f"  only: {filter}" for filter in trace["filters"])
    for index, found in trace["hits"].items():
        yield f"  {index}:"
        yield from (f"    {hit['rank']:>2}. {_spot(hit)}  {hit['score']:.3f}, fits {hit['fit']:.2f}" for hit in found)
    if trace["fused"]:
        yield "  together:"
        yield from (f"    {rank:>2}. {_spot(hit)}  {hit['score']:.4f}" for rank, hit in enumerate(trace["fused"], 1))
    yield from (f"  {step['stage']}: {step['text']}" for step in trace["steps"])
    if trace["cut"]:
        yield "  left out:"
        yield from (f"    {_spot(cut)}  at {cut['stage']}: {cut['reason']}" for cut in trace["cut"])
    if trace["relevance"]:
        yield "  relevance: {sure:.2f}, {enough:.2f} would be enough".format(**trace["relevance"])
    spent = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in trace["seconds"].items())
    if spent:
        yield f"  seconds: {spent}"
    if trace["prompt"]:
        yield "  prompt:"
        yield from (f"    {line}" for line in trace["prompt"].splitlines())


def _spot(found: dict[str, Any]) -> str:
    if "source" not in found:
        return f"segment {found['id']}"
    place = Place.from_dict(found["place"]).label()
    return PurePath(found["source"]).name + (f", {place}" if place else "")


def _follow(assistant: Assistant, question: Question, quiet: bool) -> Answer:
    """The finished answer. The files' own sentences are printed at once; what the chat model writes comes behind them,
    since a terminal cannot put it above."""
    answer, written, quoted = None, False, ""
    for event in assistant.ask(question):
        match event:
            case AnswerAdvanced(note=note):
                print(note, file=sys.stderr)
            case QuotesFound(answer=quotes) if not quiet:
                quoted = quotes.text
                print(quoted, flush=True)
            case TextDelta(text=text) if not quiet and text:
                print(text if written else f"\n---\n{text}", end="", flush=True)
                written = True
            case AnswerFinished():
                answer = event.answer
    assert answer is not None
    if not quiet and not written and answer.text != quoted:
        print(answer.text)
    elif written and not answer.model:
        print("\n---\nThe files do not bear this out: what they say themselves, above it, is the answer.")
    return answer


def _conversation(assistant: Assistant, named: str) -> str:
    """The id of the conversation to go on with; '' for a new one. Raises UsageError for one that is not there."""
    if assistant.settings.history != "on":
        raise UsageError("Conversations are not kept here. Set history=on, or leave out --conversation.")
    if named == NEW:
        return ""
    conversations = assistant.library.conversations
    if named != LAST:
        return conversations.get(named).id
    listed = conversations.list()
    if not listed:
        raise UsageError("There is no conversation yet. Begin one: --conversation new")
    return listed[0].id


def _history(assistant: Assistant, conversation: str) -> tuple[Any, ...]:
    if not conversation:
        return ()
    from app.history import earlier_turns, from_kept

    library = assistant.library
    return earlier_turns([from_kept(turn, library) for turn in library.conversations.turns(conversation)])


def _keep(assistant: Assistant, conversation: str, answer: Answer) -> str:
    from app.history import keep_turn

    try:
        return keep_turn(assistant.library, conversation, answer)[0]
    except LibraryError as error:
        print(f"folioscope: the answer is not kept: {error}", file=sys.stderr)
        return conversation
