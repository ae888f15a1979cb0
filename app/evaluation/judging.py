"""What of a result or an answer is right: compares them with what a question's set expects of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import PurePath

from app.evaluation.metrics import NEEDED, contains, ranking, squeezed, token_f1
from app.evaluation.points import score_points, share_found
from app.evaluation.sets import Example
from indexes.records import Place, Segment, Source
from pipelines.checking.citations import without_numbers
from pipelines.records import Answer, Citation, Evidence, Result
from pipelines.sentences import sentences

_NEAR = 1.0  # seconds around the right time that count as right
_TELLING = 20  # characters from which on a sentence tells which passage it is from


def right_source(source: Source, wanted: Sequence[str]) -> str | None:
    """The first name, path or glob among those wanted that means this source."""
    for name in wanted:
        for path in source.paths:
            file = PurePath(path)
            if name in (path, file.name) or path.endswith(f"/{name}"):
                return name
            if fnmatch.fnmatch(file.name, name) or fnmatch.fnmatch(path, name):
                return name
    return None


def right_place(place: Place, wanted: Place) -> bool:
    """The same page, slide, sheet; lines that overlap; a start within the wanted seconds, or one second around."""
    for name in ("page", "slide", "sheet"):
        expected = getattr(wanted, name)
        if expected is not None and getattr(place, name) != expected:
            return False
    if wanted.lines is not None and not _overlap(place.lines, wanted.lines):
        return False
    if wanted.start is not None or wanted.end is not None:
        first = 0.0 if wanted.start is None else wanted.start
        last = first if wanted.end is None else wanted.end
        if place.start is None or not first - _NEAR <= place.start <= last + _NEAR:
            return False
    return True


def _overlap(lines: tuple[int, int] | None, others: tuple[int, int]) -> bool:
    return lines is not None and lines[0] <= others[1] and lines[1] >= others[0]


def in_passage(text: str, passages: Sequence[str], whole: bool) -> bool:
    """Whether a text is from one of the passages: all of it, or (of a segment, which may go on into the next passage)
    at least one sentence that is long enough to tell."""
    targets = [squeezed(passage) for passage in passages]
    parts = [squeezed(part) for part in ([text] if whole else sentences(text))]
    parts = [part for part in parts if part and (whole or len(part) >= _TELLING)] or [squeezed(text)]
    return any(part in target or target in part for part in parts for target in targets)


def located(source: Source, place: Place, text: str, example: Example, whole: bool = False) -> str | None:
    """The wanted source in which something stands at a wanted place; None where it stands elsewhere, or where the
    example names no place at all."""
    if not example.places and not example.passages:
        return None
    name = right_source(source, example.sources) if example.sources else "*"
    if name is None or (example.places and not any(right_place(place, each) for each in example.places)):
        return None
    return name if not example.passages or in_passage(text, example.passages, whole) else None


def score_results(example: Example, results: Sequence[Result], k: int) -> dict[str, float]:
    """The ranking metrics, by source and, where the example names a place, by place; and the needed sentences."""
    scores: dict[str, float] = {}
    if example.answerable is False:  # a file may be near, but there is nothing in it to be found
        return scores
    if example.sources:
        by_source = [right_source(result.source, example.sources) or f"\n{result.source.id}" for result in results]
        scores |= ranking(list(dict.fromkeys(by_source)), example.sources, k)
    if example.places or example.passages:
        by_place = [
            located(result.source, result.place, result.segment.text, example) or f"\n{result.segment.id}"
            for result in results
        ]
        scores |= ranking(list(dict.fromkeys(by_place)), example.sources or ("*",), k, " place")
    if example.evidence:
        texts = [
            "\n".join(part.text for part in (result.segment, *result.beside))
            if not example.sources or right_source(result.source, example.sources)
            else ""
            for result in results[: max(NEEDED)]
        ]
        scores |= {f"needed@{most}": share_found(example.evidence, texts[:most]) for most in NEEDED}
    return scores


def score_answer(example: Example, answer: Answer) -> dict[str, float]:
    """The metrics of one answer, those that the example allows to tell."""
    scores: dict[str, float] = {}
    text = without_numbers(answer.text)
    if example.answerable is not None:
        scores["declined answerable" if example.answerable else "declined unanswerable"] = float(answer.abstained)
    if example.answerable and example.answers:
        scores["contains"] = float(contains(text, example.answers))
        scores["F1"] = token_f1(text, example.answers)
    scores |= score_points(example, text, answer.abstained)
    numbered = {each.number: each for each in answer.evidence}
    scores["not retrieved"] = float(sum(not retrieved(cited, numbered) for cited in answer.citations))
    if answer.checks:
        scores["unsupported"] = sum(not check.supported for check in answer.checks) / len(answer.checks)
    if not example.answerable or not (example.answers or example.sources or example.passages):
        return scores
    cited = [each for each in answer.citations if each.number in numbered]
    right = [each in cited and right_citation(each, numbered[each.number], example) for each in answer.citations]
    if right:
        scores["citation precision"] = sum(right) / len(right)
    scores["citation recall"] = float(any(right))
    if example.sources:
        sources = [numbered[each.number].result.source for each in cited]
        scores["right file"] = float(any(right_source(source, example.sources) for source in sources))
    name = "right passage" if example.passages else ""
    if example.places:
        name = "right second" if any(place.start is not None for place in example.places) else "right page"
    if name:
        scores[name] = float(any(_at_place(each, numbered[each.number], example) for each in cited))
    return scores


def retrieved(citation: Citation, evidence: dict[int, Evidence]) -> bool:
    """Whether a citation names evidence of this answer, and quotes it word for word."""
    return citation.number in evidence and citation.quote in cited_segment(citation, evidence[citation.number]).text


def right_citation(citation: Citation, evidence: Evidence, example: Example) -> bool:
    """The cited passage holds an expected answer, or is the right place. Where neither is known, a right source will
    do."""
    if contains(f"{citation.quote}\n{cited_segment(citation, evidence).text}", example.answers):
        return True
    if example.answers or example.places or example.passages:
        return _at_place(citation, evidence, example)
    return right_source(evidence.result.source, example.sources) is not None


def cited_segment(citation: Citation, evidence: Evidence) -> Segment:
    return citation.segment or evidence.result.segment


def _at_place(citation: Citation, evidence: Evidence, example: Example) -> bool:
    place = citation.place or evidence.result.place
    return located(evidence.result.source, place, citation.quote, example, whole=True) is not None
