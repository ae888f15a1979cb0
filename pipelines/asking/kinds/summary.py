"""A summary picks the sentences that stand for a file: they hold the words that the file uses much and others do not,
they have to do with what was asked, and those at its beginning count more, where a text says what it is about. Of a
matter that no one file is about, it picks from all that was found.

Centroids of weighted words after Radev et al. 2004, 'Centroid-based summarization of multiple documents'; what was said
already counts less as in SumBasic (Nenkova and Vanderwende 2005). A summary that a file begins with itself ('Abstract')
says it better, and stands first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexes.keywords import content_words
from indexes.records import Segment, Source
from pipelines.asking.choosing import Amount, count_words
from pipelines.asking.context import QueryContext
from pipelines.asking.kinds.base import Kind
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence
from pipelines.asking.quotes import Group
from pipelines.finding.speakers import spoken_by
from pipelines.query.plan import QueryPlan
from pipelines.query.sections import BETWEEN, behind_abstract, section_of
from pipelines.records import Result

_FOUND = 20  # results that tell which file is meant
_ONE = 0.5  # share of what was found by which one file is meant
_UNNAMED = 0.1  # what a file counts of which the question has no word
_BEGINS = 400  # characters of a file by which it is known, with its name and title
_TERMS = 80  # words that stand for a file
_MOST = 300  # segments of a file that are read; of a longer one, those at its beginning and those that were found
_LINE = 80  # characters of a first line that may be a heading
_NEAR = 40  # sentences that are compared with the question by meaning
_ASKED = 0.8  # what being near to what was asked counts beside the words that stand for the file,
_OPENS = 0.4  # and at most, being at its beginning
_OPENING = 0.15  # share of a file that is its beginning
_FIRST = 60  # sentences in which a file's own summary begins, or in its opening
_SAID = 0.3  # of a word's weight is left once it was said
_LEADERS = re.compile(r"\.{4}|(?:\. ){4}|…{2}")
_SHORTEST = 5  # words of a sentence that says something


@dataclass(frozen=True)
class Summary(Kind):
    name: str = "summary"
    amount: Amount = field(default=Amount(190))
    task: str = "Summarise the main points in a few lines, each a point of its own, in the order of the file."
    tables: bool = False

    def gather(self, plan: QueryPlan, material: Material) -> list[Group]:
        context = material.context
        results = context.find(plan.text, _FOUND)
        source = _meant(plan.text, results, context)
        heading = None
        if source is not None:
            results = _whole(source, results, context, context.speakers(plan.text))
            heading = section_of(plan.text, dict.fromkeys(_under(result.segment) for result in results))
            results = _to_read(results, heading)
        sentences = [each for passage in material.passages(results) for each in passage.sentences]
        if heading is not None:
            sentences = _from_heading(sentences, heading.rpartition(BETWEEN)[2])
        return [Group(_pick(plan.text, sentences, context, self.amount.words, opens=source is not None))]


def _meant(text: str, results: Sequence[Result], context: QueryContext) -> Source | None:
    """The file that is to be summarised; None where several hold what was found. A file counts by the ranks of its
    passages, and by how many of the words asked stand in its name, its title, its headings and where it begins."""
    ranks: dict[str, float] = defaultdict(float)
    sources = {result.segment.source_id: result.source for result in results}
    for result in results:
        ranks[result.segment.source_id] += 1 / (result.rank + 2)
    asked = context.rarity(content_words(text))
    total = sum(asked.values()) or 1.0
    worth = {}
    for key, source in sources.items():
        first = context.library.catalogue.beginning(key)[:_BEGINS]
        headings = " ".join({each.segment.heading for each in results if each.segment.source_id == key})
        known = set(content_words(f"{' '.join(source.paths)} {source.title} {headings} {first}".replace("_", " ")))
        named = sum(weight for word, weight in asked.items() if word in known) / total
        worth[key] = ranks[key] * (_UNNAMED + named) ** 2
    whole = sum(worth.values())
    best = max(worth, key=lambda key: worth[key], default="")
    return sources[best] if whole and worth[best] >= _ONE * whole else None


def _whole(source: Source, found: Sequence[Result], context: QueryContext, speakers: Collection[str]) -> list[Result]:
    """A file's segments in reading order, as results; of speech what some speakers say, where these are asked for."""
    known = {result.segment.id: result for result in found if result.segment.source_id == source.id}
    segments: list[Segment] = context.library.catalogue.segments_of(source.id)
    if speakers:
        segments = [own for each in segments if (own := spoken_by(each, speakers)) is not None]
    return [known.get(each.id) or Result(each, source, rank, 0.0, {}) for rank, each in enumerate(segments, start=1)]


def _to_read(results: Sequence[Result], heading: str | None) -> list[Result]:
    """Those of a file's segments that are read: of the section under a heading, as the place asked for, else of the
    whole."""
    if heading is not None:
        under = [f"{_under(result.segment)}{BETWEEN}".startswith(heading + BETWEEN) for result in results]
        first = under.index(True)
        if first and heading.rpartition(BETWEEN)[2] in results[first - 1].segment.text.split("\n"):
            under[first - 1] = True  # a short section goes on under the next heading in one segment
        within = [each for each, kept in zip(results, under, strict=True) if kept]
        results = [replace(each, found_by={**each.found_by, "place": each.rank}) for each in within]
    if len(results) <= _MOST:
        return list(results)
    return [each for n, each in enumerate(results) if n < _MOST // 2 or each.found_by.keys() - {"place"}]


def _from_heading(sentences: Sequence[Sentence], heading: str) -> list[Sentence]:
    """The sentences behind the line that a section begins with, all where there is no such line."""
    at = next((n for n, each in enumerate(sentences) if each.text.strip() == heading), 0)
    return list(sentences[at:])


def _under(segment: Segment) -> str:
    """The headings that a segment stands under; one that it begins with is stored as its text."""
    first, _, rest = segment.text.partition("\n")
    heads = rest and len(first) <= _LINE and not first.endswith((".", ":", ";", ","))
    known = first == segment.heading.rpartition(BETWEEN)[2]
    return f"{segment.heading}{BETWEEN}{first}" if heads and not known else segment.heading


def _pick(text: str, sentences: Sequence[Sentence], context: QueryContext, room: int, opens: bool) -> list[Sentence]:
    """Until there is no room left, in reading order; where the file `opens` with a summary of its own, that first."""
    once = list({" ".join(each.words.split()).lower(): each for each in reversed(sentences)}.values())[::-1]
    told = [each for each in once if each.form in ("sentence", "item") and count_words(each.words) >= _SHORTEST]
    whole = [each for each in told if _is_whole(each)]
    told = whole if count_words(" ".join(each.words for each in whole)) >= room else told
    told = told or [each for each in once if each.form != "heading"]
    own = _own(once, told, room) if opens else []
    words = [list(dict.fromkeys(content_words(each.words))) for each in told]
    terms = _terms(words, context)
    central = np.array([_weight(each, terms) for each in words])
    worth = central / max(float(central.max(initial=0.0)), 1e-9)
    if opens:
        worth += _OPENS * np.clip(1 - np.arange(len(told)) / max(1.0, _OPENING * len(told)), 0, 1)
    near = np.argsort(-worth)[:_NEAR]
    if len(near):
        embedder = context.shelf.text
        worth[near] += _ASKED * (embedder.embed_passages([told[i].words for i in near]) @ embedder.embed_question(text))
    scale = max(float(central.max(initial=0.0)), 1e-9)
    left, chosen = set(near.tolist()) - {*own}, list[int]()
    room -= sum(count_words(told[i].words) for i in own)
    terms = {word: weight * (_SAID if any(word in words[i] for i in own) else 1.0) for word, weight in terms.items()}
    while left:
        lost = {i: (central[i] - _weight(words[i], terms)) / scale for i in left}  # what was said already
        best = max(left, key=lambda i: worth[i] - lost[i])
        left.remove(best)
        cost = count_words(told[best].words)
        if cost > room:
            continue
        chosen.append(best)
        room -= cost
        terms = {word: weight * (_SAID if word in words[best] else 1.0) for word, weight in terms.items()}
    return [told[i] for i in (*own, *sorted(chosen))]


def _own(sentences: Sequence[Sentence], told: Sequence[Sentence], room: int) -> list[int]:
    """Which of those that can be told are the summary that a file begins with, up to its next heading."""
    opening = sentences[: max(_FIRST, round(_OPENING * len(sentences)))]
    begins = next((n for n, each in enumerate(opening) if behind_abstract(each.text) is not None), None)
    if begins is None:
        return []
    own = {sentences[begins]} if behind_abstract(sentences[begins].text) != len(sentences[begins].text) else set()
    for each in sentences[begins + 1 :]:
        room -= count_words(each.words)
        if each.form == "heading" or room < 0:
            break
        own.add(each)
    return [n for n, each in enumerate(told) if each in own]


def _is_whole(sentence: Sentence) -> bool:
    """Whether it is no title, no line of a table of contents and no half of a sentence."""
    text = sentence.words.strip()
    ends = text.endswith((".", "!", "?", "…", "。", "！", "？", ";", "”", '"', "»", ")"))
    return not _LEADERS.search(text) and (ends or sentence.form == "item") and not text[:1].islower()


def _terms(words: Sequence[Sequence[str]], context: QueryContext) -> dict[str, float]:
    """The words that stand for a text: how often they are used in it, by how rare they are elsewhere."""
    often = Counter(word for each in words for word in each)
    most = dict(often.most_common(_TERMS))
    return {word: np.log1p(most[word]) * weight for word, weight in context.rarity(most).items() if len(word) > 1}


def _weight(words: Sequence[str], terms: Mapping[str, float]) -> float:
    """A longer sentence holds more words, and must hold more."""
    return sum(terms.get(word, 0.0) for word in words) / max(4.0, len(words)) ** 0.5
