"""Whether the library holds anything about a question at all, and what is said where it does not.

No rule decides: a few signals are weighed by logistic regression. The weights (`declining.json`) were learned by
`python -m benchmarks.declining DATA --learn` from 2,700 questions to small libraries made of question sets in ten
languages, of tables, of pictures, and of files about other things, with a part of them left out; apart for each `case`.
What is found is never withheld because one signal is low.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple

from indexes.keywords import content_words, is_cjk
from indexes.library import Library
from pipelines.asking.answer_types import names_in
from pipelines.asking.material import Material
from pipelines.asking.passages import sentences_of
from pipelines.asking.phrases import phrase
from pipelines.query.lexicon import words_of
from pipelines.query.plan import QueryPlan
from pipelines.records import Result

WEIGHTS = Path(__file__).with_name("declining.json")

Case = Literal["english", "foreign", "dense", "rows", "across", "unread"]


class Relevance(NamedTuple):
    """How surely what was found answers the question, in 0..1, half of all questions being answerable; and from which
    on it is told: where 4 of 100 answerable questions are refused, or .5 where that was not measured ('unread')."""

    sure: float
    enough: float


_SURELY = {"time", "place"}  # what stands at the time or on the page asked for is what was asked for
_NEAR = 0.5  # what a word counts that stands in the passage of a sentence only
_START = 5  # letters in which words agree: inflected and slightly mistyped ones are no unknown words
_LEAD = 0.15  # cosine; more between the first and the second says no more
_MOST_MISSING = 3
_SHORTEST = 4  # characters of a word by which a question means a file
_MOST_NAMED = 5  # files that are named because they were not read yet
_MOST_WORDS = 6  # of a question that are named as what was looked for


def relevance(plan: QueryPlan, material: Material) -> Relevance:
    """Logistic regression over `signals` (Cox 1958, 'The regression analysis of binary sequences'), by weights for the
    `case`."""
    if any(_SURELY & result.found_by.keys() for result in material.results):
        return Relevance(1.0, 0.5)
    weights = _told()[case(plan, material)]
    return Relevance(probability(weigh(signals(plan, material), weights)), weights["enough"])


def case(plan: QueryPlan, material: Material) -> Case:
    """Which signals can say something, and how much. The text model may not read the script of the question ('unread');
    what was found first may be in another language and hold none of its words ('across'), or be rows of a table, which
    hold few words at all ('rows'). English has an embedder of its own, whose cosines are others; in Chinese and the
    like ('dense') pairs of characters are words."""
    if not material.context.reads(plan.text):
        return "unread"
    first = material.results[0]
    if first.source.language and plan.language and first.source.language != plan.language:
        return "across"
    forms = [each.form for each in sentences_of(first.segment)]
    if 2 * forms.count("row") > len(forms):
        return "rows"
    return "english" if plan.language == "en" else "dense" if is_cjk(plan.text) else "foreign"


def probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def weigh(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The log odds that some signals give by some weights; 'level' is the constant."""
    return weights["level"] + sum(weights[name] * value for name, value in found.items())


def signals(plan: QueryPlan, material: Material) -> dict[str, float]:
    """What tells whether something was found, by name:

    - `fit`: of the best sentence, the cosine above what chance reaches in this library, and the share of the words
      asked that it holds, rare ones counting more; those around it count half
    - `met`: how many of the words asked the best passage holds, common ones counting less
    - `missing`: names and numbers of the question that do not stand there
    - `lead`: by how much the cosine of the best passage is above that of the second
    - `picture`: how well the best picture fits, 1 being what chance reaches
    """
    context, results = material.context, [each for each in material.results if each.scores] or material.results
    read = context.reads(plan.text)
    asked = _weights(plan, material)
    passages = {id(result): _starts(_text_of(result)) for result in results}
    best = max(passages.values(), key=lambda held: _share(asked, held))
    floors = context.floors
    floor = ((floors.text if floors else None) or context.shelf.text.floor or 0.0) if read else 0.0
    fits = [_share(asked, passages[id(each)]) + read * each.scores.get("text", 0.0) for each in results[:1]]
    for sentence, cosine in material.cosines.items():
        around = passages.get(id(material.results[sentence.result]), ())
        own = _starts(f"{sentence.segment.heading} {sentence.context} {sentence.text}")
        fits.append(_share(asked, own, around) + read * cosine)
    cosines = sorted((each.scores.get("text", 0.0) for each in results), reverse=True)
    return {
        "fit": max(fits) - floor,
        "met": sum(weight for word, weight in asked.items() if word in best),
        "missing": float(min(_MOST_MISSING, sum(start not in best for start in _names(plan) & asked.keys()))),
        "lead": min(_LEAD, cosines[0] - cosines[1]) if read and len(cosines) > 1 else 0.0,
        "picture": _picture(results, material),
    }


def _weights(plan: QueryPlan, material: Material) -> dict[str, float]:
    """The beginnings of the words asked, each with what it says: 1 for a word that stands once or nowhere in the
    library, less for common ones. Words that only say what kind of answer is wanted are left out."""
    rarity = material.context.rarity(_looked_for(plan))
    connection = material.context.library.catalogue.connection
    segments = connection.execute("SELECT count(*) FROM segments").fetchone()[0]
    once = math.log(1 + (segments - 0.5) / 1.5)
    return {word[:_START]: min(1.0, rare / once) if rare else 1.0 for word, rare in rarity.items()}


def _looked_for(plan: QueryPlan) -> list[str]:
    words = content_words(plan.text)
    asking = words_of("small", plan.language) | words_of("filling", plan.language) | _asking(plan.language)
    return [word for word in words if word not in asking] or words


def _share(asked: Mapping[str, float], own: Collection[str], around: Collection[str] = ()) -> float:
    """How much of what was asked some text holds; weights are squared, so that the rarest words decide."""
    held = sum(weight**2 * (1.0 if word in own else _NEAR * (word in around)) for word, weight in asked.items())
    return held / (sum(weight**2 for weight in asked.values()) or 1.0)


def _names(plan: QueryPlan) -> set[str]:
    """The beginnings of names, as far as capitals tell them, and of numbers."""
    named = {each for start, end in names_in(plan.text, plan.language) for each in _starts(plan.text[start:end])}
    return named | {word[:_START] for word in content_words(plan.text) if any(map(str.isdigit, word))}


def _picture(results: Sequence[Result], material: Material) -> float:
    fits = [each.scores["image"] for each in results if "image" in each.found_by]
    if not fits:
        return 0.0
    floors = material.context.floors
    return max(fits) / ((floors.image if floors else None) or material.context.shelf.image.floor)


def _text_of(result: Result) -> str:
    """All that is known of a result: its passage, what stands beside it, its headings and its file's name."""
    parts = (result.segment, *result.beside)
    name = PurePath(result.source.path)
    told = f"{result.source.title} {name.name} {name.stem.replace('_', ' ')}"
    return " ".join([*(f"{part.heading} {part.text}" for part in parts), told])


def _starts(text: str) -> set[str]:
    return {word[:_START] for word in content_words(text)}


@cache
def _told() -> Any:
    return json.loads(WEIGHTS.read_text(encoding="utf-8"))


def _asking(language: str) -> frozenset[str]:
    """Words of a language by which a kind of answer is asked for ('overview'): no file needs to hold them."""
    return frozenset(_told()["asking"].get(language, "").split())


def nothing_found(plan: QueryPlan, library: Library) -> str:
    """The sentence that says so, with what was looked for and in how much."""
    count = len(library.catalogue.sources())
    if not count:
        return phrase("empty", plan.language)
    files = phrase("file" if count == 1 else "files", plan.language, n=f"{count:,}")
    words = ", ".join(f"“{word}”" for word in _looked_for(plan)[:_MOST_WORDS])
    return phrase("nothing", plan.language, files=files, words=words)


def waiting(library: Library) -> str:
    """A sentence about what can't be found yet; '' when everything was read."""
    counts, behind = library.catalogue.counts()
    said = []
    for count, what in (
        (counts.get("draft", 0) - behind, "still being read"),
        (counts.get("waiting", 0), "waiting to be read"),
        (behind, "found by their words only so far"),
    ):
        if count > 0:
            said.append(f"{count:,} {'file is' if count == 1 else 'files are'} {what}")
    return f" {' and '.join(said)} and may hold more." if said else ""


def meant_and_waiting(question: str, library: Library) -> tuple[str, ...]:
    """Names of files that were not read yet and share a word with the question."""
    asked = {word for word in content_words(question) if len(word) >= _SHORTEST}
    names = dict.fromkeys(Path(path).name for path in library.catalogue.waiting())
    return tuple(name for name in names if asked & set(content_words(re.sub(r"[\W_]+", " ", name))))[:_MOST_NAMED]
