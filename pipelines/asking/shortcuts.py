"""Answers that need no chat model: the picture that was asked for, or the time at which something is said or seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from indexes.records import Segment, clock
from pipelines.finding.times import RECORDING
from pipelines.records import Citation, Evidence, Result

_SHOW = re.compile(
    r"\b(show|find|where)\b.*\b(picture|photo|photograph|image|drawing|painting|screenshot)s?\b|^\W*show (me|us)\b"
    r"|(照片|图片|圖片|画像|写真)",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"^\W*(?:when|at (?:what|which) (?:time|minute|second|point|moment)|where in the (?:video|recording|talk|film))\b"
    r".*\b(?:say|says|said|explain\w*|mention\w*|talk\w*|speak\w*|spoken|discuss\w*|describe[sd]?|introduce[sd]?"
    r"|shown?|appears?|visible|seen|heard)\b",
    re.IGNORECASE,
)
_AT_WHAT_TIME = re.compile(
    r"^\W*(?:when|at (?:what|which) (?:time|minute|second|point|moment)"
    r"|where\b.*\b(?:appears?|visible|see|seen|shown?))\b",
    re.IGNORECASE,
)
# 'When was it first shown?' asks for a date, unless a recording is named.
_DATED = re.compile(r"^\W*when\s+(?:was|were|had)\b.*\b(?:described|introduced|shown|visible|seen)\b", re.IGNORECASE)
_RECORDING = re.compile(rf"\b{RECORDING}", re.IGNORECASE)
_CLEARLY = 0.45  # how well a moment must fit to be named without a model,
_BEFORE_OTHERS = 0.1  # and how much better than others


def pictured(question: str, evidence: Sequence[Evidence]) -> tuple[str, Citation] | None:
    """Who asks to be shown something wants the picture and no words: the best picture, if the evidence has one."""
    found = next((each for each in evidence if "image" in each.result.found_by), None)
    if found is None or not _SHOW.search(question) or found.result.found_by["image"] > 3:
        return None
    result = found.result
    picture = next((each for each in (result.segment, *result.beside) if each.pictured), result.segment)
    place = result.place if picture is result.segment else picture.place
    at = "" if place.start is None else f" at {clock(place.start)}"
    sentence = f"{PurePath(result.source.path).name} shows this{at}."
    support = round(result.scores["image"], 3)
    return f"{sentence} [{found.number}]", cited(found, sentence, picture, picture.text.split("\n")[-1], support)


def timed(question: str, evidence: Sequence[Evidence]) -> tuple[str, Citation] | None:
    """Who asks when something is said or to be seen wants the time, if one moment is clearly the best. What is only
    to be seen no words could tell a model."""
    if not evidence or not evidence[0].result.why:
        return None
    if _DATED.match(question) and not _RECORDING.search(question):
        return None
    result, others = evidence[0].result, [each.result for each in evidence[1:]]
    fits = _fits_best(result)
    seen_only = result.segment.kind == "frame" and result.found_by.get("image") == 1 and not result.segment.marks
    if not (seen_only and _AT_WHAT_TIME.match(question)):
        if not _WHEN.search(question) or fits < _CLEARLY:
            return None
        if any(_fits_best(other) > fits - _BEFORE_OTHERS for other in others):
            return None
    segment = result.segment
    quote = max(evidence[0].sentences, key=len, default=segment.text.split("\n")[0])
    for cue in segment.cues:
        if cue.start == result.place.start:
            quote = cue.text
    sentence = f"At {clock(result.place.start or 0.0)} in {PurePath(result.source.path).name}."
    return f"{sentence} [{evidence[0].number}]", cited(evidence[0], sentence, segment, quote, round(fits, 3))


def _fits_best(result: Result) -> float:
    return max(
        (*result.why.values(), *(score for index, score in result.scores.items() if index == "text")), default=0.0
    )


def cited(evidence: Evidence, sentence: str, segment: Segment, quote: str, support: float) -> Citation:
    """The citation of a sentence that is the whole answer."""
    if segment is evidence.result.segment:
        return Citation(evidence.number, 0, len(sentence), quote, support)
    return Citation(evidence.number, 0, len(sentence), quote, support, segment, segment.place)
