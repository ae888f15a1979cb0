"""Who wants to be shown something is given the picture, or the moment at which it is said or to be seen: what is only
to be seen no words could tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath

from indexes.records import Segment, clock
from pipelines.asking.choosing import Amount, choose
from pipelines.asking.kinds.base import Kind
from pipelines.asking.material import Material
from pipelines.asking.phrases import phrase
from pipelines.asking.quotes import Group, Quotes, compose
from pipelines.query.plan import QueryPlan
from pipelines.records import Check, Citation, Evidence, Result

_PICTURE = 3  # a picture that stands further down in its list is none that was meant


@dataclass(frozen=True)
class Show(Kind):
    name: str = "show"
    amount: Amount = field(default=Amount(60))
    task: str = "Say in one sentence what is shown or said, and at which time or where."

    def quote(self, plan: QueryPlan, material: Material) -> Quotes:
        """The picture or the moment in a sentence of ours, and what is said there; the files' sentences where nothing
        of that kind was found."""
        passages, scores = material.search(plan.text)
        material.groups = [Group(choose(passages, scores, self.amount))]
        first = material.results[0] if material.results else None
        pictured = first is not None and first.found_by.get("image", _PICTURE + 1) <= _PICTURE
        if first is None or not (pictured or first.place.start is not None):
            return compose(material.groups, material.results)
        quotes = _shown(first, pictured, plan.language)
        said = [each for each in scores if each.result == 0 and each.segment.kind == "speech"]
        if said and not (pictured and first.segment.kind == "frame"):
            best = max(said, key=lambda each: scores[each])
            quotes = _with_words(quotes, None if best.segment is first.segment else best.segment, best.text)
        return quotes


def _shown(result: Result, pictured: bool, language: str) -> Quotes:
    """'silent.mp4 shows this at 0:05. [1]', 'At 0:16 in reading.mp4. [1]'."""
    picture = next((each for each in (result.segment, *result.beside) if each.pictured), result.segment)
    place = result.place if picture is result.segment or not pictured else picture.place
    name = PurePath(result.source.path).name
    at = "" if place.start is None else clock(place.start)
    role = "shown" if pictured and not at else "shown_at" if pictured else "at"
    said = phrase(role, language, name=name, at=at)
    segment = picture if pictured else result.segment
    quote = segment.text.split("\n")[-1]
    support = round(result.scores.get("image", 1.0) if pictured else 1.0, 3)
    beside = None if segment is result.segment else segment
    citation = Citation(1, 0, len(said), quote, support, beside, beside.place if beside else None)
    check = Check(0, len(said), support, True)
    told = Evidence(1, result, () if beside else (quote,), ((beside, (quote,)),) if beside else (), quote)
    return Quotes(f"{said} [1]", [citation], [check], [told])


def _with_words(quotes: Quotes, beside: Segment | None, words: str) -> Quotes:
    """With what is said at that moment, as the quote of the sentence above it and below that itself; `beside` is the
    segment that holds it, if it is not the one that was found."""
    start = len(quotes.text) + 2
    shown = " ".join(words.split())
    quotes.text += f"\n\n{shown} [1]"
    place = beside.place if beside else None
    quotes.citations[0] = replace(quotes.citations[0], quote=words, support=1.0, segment=beside, place=place)
    narrow = ((), ((beside, (words,)),)) if beside else ((words,), ())
    quotes.evidence[0] = replace(quotes.evidence[0], sentences=narrow[0], beside=narrow[1])
    quotes.citations.append(replace(quotes.citations[0], start=start, end=start + len(shown)))
    quotes.checks.append(Check(start, start + len(shown), 1.0, True))
    return quotes
