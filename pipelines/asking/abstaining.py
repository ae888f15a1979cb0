"""When not to answer, and what to say instead: nothing was found, or an answer was written that nothing bears out.

Before the model is called, three rules: something was found at all; it lies above what chance reaches in this library
(`floors`); and it knows the names and years that the question takes for granted (`premises`). No language model is
asked whether it knows: the small ones say that they do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from indexes.keywords import content_words, is_cjk, share
from indexes.library import Library
from pipelines.asking.premises import lacking
from pipelines.checking.contradictions import contradictions
from pipelines.checking.statements import Statement
from pipelines.finding.floors import Floors
from pipelines.records import Evidence, Result
from pipelines.tracing import Trace

NOTHING_FOUND = "Nothing in the library answers this."
EMPTY = "The library is empty. Add a folder first."
_CLOSELY = 4  # results whose words are looked at: those that give evidence
_WORDS_STAND = 0.6  # in a library that was not measured, a passage with so many of the words asked is about them
_PAIRS_STAND = 0.3  # pairs of characters lie across the borders of words, so fewer of them can be met
_SHORTEST = 4  # characters of a word by which a question means a file
_MOST_NAMED = 5  # files that are named because they were not read yet
_LONGEST_QUOTE = 400  # characters of a quote that stands instead of an answer


def nothing_found(
    question: str,
    results: Sequence[Result],
    floors: Floors | None,
    floor: float | None,
    trace: Trace,
    reads: bool = True,
) -> str:
    """The sentence that says so; '' when there is something to answer from. `floor` is the text model's own, for a
    library that was not measured; `reads` says whether that model reads the question's script: if not, its cosines say
    nothing, and words alone decide."""
    if not results:
        return _said(question)
    if any("time" in result.found_by for result in results):
        return ""
    if not _above(question, results, floors, floor, trace, reads):
        trace.note("floor", "nothing lies above what chance reaches in this library, so no model was asked")
        return _said(question)
    missing = lacking(question, [known_of(result) for result in results[:_CLOSELY]])
    if missing and not any("image" in result.found_by for result in results[:1]):
        trace.note("premises", f"no passage that was found knows {_listed(missing)}, so no model was asked")
        return _said(question, missing)
    return ""


def waiting(library: Library) -> str:
    """A sentence about what can't be found yet; '' when everything was read."""
    execute = library.catalogue.connection.execute
    said = []
    for status, one, more, what in (
        ("draft", "recording is", "recordings are", "still being read"),
        ("waiting", "file is", "files are", "waiting to be read"),
    ):
        (count,) = execute("SELECT count(*) FROM files WHERE status = ?", (status,)).fetchone()
        if count:
            said.append(f"{count:,} {one if count == 1 else more} {what}")
    return f" {' and '.join(said)} and may hold more." if said else ""


def meant_and_waiting(question: str, library: Library) -> tuple[str, ...]:
    """Names of files that were not read yet and share a word with the question."""
    asked = {word for word in content_words(question) if len(word) >= _SHORTEST}
    names = dict.fromkeys(Path(path).name for path in library.catalogue.waiting())
    return tuple(name for name in names if asked & set(content_words(re.sub(r"[\W_]+", " ", name))))[:_MOST_NAMED]


def not_stated(question: str, evidence: Sequence[Evidence]) -> tuple[str, Evidence | None, str]:
    """What stands instead of an answer that nothing bears out: a sentence with the nearest quote, the evidence that
    holds it, and the quote itself."""
    asked = set(content_words(question))
    nearest = max((each for each in evidence if each.best), key=lambda each: share(asked, each.best), default=None)
    if nearest is None:
        return _said(question), None, ""
    quote = nearest.best
    shown = " ".join(quote.split())
    shown = shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    if is_cjk(question):
        return f"资料没有说明这一点。最接近的原文是：“{shown}”", nearest, quote
    instead = _instead(question, nearest, quote)
    return f"The sources do not state this{instead}. The nearest passage says: “{shown}”", nearest, quote


def _instead(question: str, nearest: Evidence, quote: str) -> str:
    """': they say 1921, not 1911' where the question takes something else for granted than the quote."""
    found = contradictions(Statement(question), Statement(quote), Statement(known_of(nearest.result)))
    first = next((each.text for each in found), "")
    return f": they {first.removeprefix('the sources ')}" if first else ""


def _said(question: str, missing: Sequence[str] = ()) -> str:
    if is_cjk(question):
        return f"资料库里找不到答案{f'：没有提到{_listed(missing)}' if missing else ''}。"
    if missing:
        return f"{NOTHING_FOUND[:-1]}: no passage that was found mentions {_listed(missing)}."
    return NOTHING_FOUND


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:4])


def _above(
    question: str, results: Sequence[Result], floors: Floors | None, floor: float | None, trace: Trace, reads: bool
) -> bool:
    text = (floors.text if floors else None) or floor or 0.0
    image = (floors.image if floors else None) or 0.0
    best = {
        space: max((result.scores[space] for result in results if space in result.scores), default=None)
        for space in (("text", "image") if reads else ("image",))
    }
    asked = set(content_words(question))
    words = max(share(asked, known_of(result)) for result in results)
    enough = (floors.keywords if floors else None) or (_PAIRS_STAND if is_cjk(question) else _WORDS_STAND)
    reached = {"text": (text, best.get("text")), "image": (image, best["image"]), "keywords": (enough, words)}
    trace.floors.update({name: (need, score) for name, (need, score) in reached.items() if score is not None})
    return any(score >= need for need, score in trace.floors.values())


def known_of(result: Result) -> str:
    """All that is known of a result: its passage, what stands beside it, its headings, its file's name."""
    parts = (result.segment, *result.beside)
    name = result.source.path.rsplit("/", 1)[-1].replace("_", " ")
    speakers = {cue.speaker for part in parts for cue in part.cues if cue.speaker}
    return "\n".join(
        [*(f"{part.heading}\n{part.text}" for part in parts), name, result.source.title, *sorted(speakers)]
    )
