"""Two versions of one text: what one says differently from the other, sentence by sentence.

Which files are versions shows in their sentences: many of one have a near twin in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from indexes.records import Segment, Source
from pipelines.asking.choosing import count_words
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence
from pipelines.checking.values import values
from pipelines.records import Result

_FOUND = 6  # results among which both must be
_LONGEST = 60  # segments of a version
_MOST = 120  # sentences of a version
_TWIN = 0.7  # cosine of sentences that say about the same,
_LIKE = 0.55  # and of those that speak of the same
_SHORTEST = 4  # words of a sentence that only one of them has
_SHARED = 0.3  # of the shorter text's sentences that have a twin

Row = tuple[Sentence | None, Sentence | None]


def versions_in(material: Material) -> tuple[Source, Source] | None:
    """The two files that were found first, the earlier by name first, where both may be versions of one text."""
    sources = list({result.source.id: result.source for result in material.results[:_FOUND]}.values())
    for other in sources[1:3]:
        if sources[0].modality == other.modality == "document":
            earlier, later = sorted((sources[0], other), key=lambda source: source.path)
            return earlier, later
    return None


def differing(pair: tuple[Source, Source], material: Material, words: int) -> list[Row]:
    """What both say differently and what one says alone, in the later one's order, values that differ first, in about
    so many words; nothing where they are no versions of one text."""
    catalogue = material.context.library.catalogue
    segments = [catalogue.segments_of(source.id) for source in pair]
    if max(map(len, segments)) > _LONGEST:
        return []
    read = replace(material, results=list(material.results))
    one, other = (_sentences(source, some, read) for source, some in zip(pair, segments, strict=True))
    if not (1 < len(one) <= _MOST and 1 < len(other) <= _MOST):
        return []
    embedder = material.context.shelf.text
    cosines = embedder.embed_passages(list(map(_read, one))) @ embedder.embed_passages(list(map(_read, other))).T
    if (cosines.max(axis=0 if len(one) > len(other) else 1) >= _TWIN).mean() < _SHARED:
        return []
    twins = _matched(cosines)
    rows: list[tuple[int, Row]] = []
    for i, j in twins.items():
        if _folded(one[i]) != _folded(other[j]):
            rows.append((_numbers(one[i]) == _numbers(other[j]), (one[i], other[j])))
    rows += [(2, (None, each)) for j, each in enumerate(other) if j not in twins.values() and _says(each)]
    rows += [(2, (each, None)) for i, each in enumerate(one) if i not in twins and _says(each)]
    chosen, left = list[Row](), words
    for _, row in sorted(rows, key=lambda each: each[0]):
        cost = sum(count_words(each.words) for each in row if each)
        if cost <= left:
            chosen.append(row)
            left -= cost
    material.results = read.results if chosen else material.results
    place = {each: n for n, each in enumerate([*one, *other])}
    return sorted(chosen, key=lambda row: place[row[1] or row[0]])  # type: ignore[index]


def _sentences(source: Source, found: Sequence[Segment], material: Material) -> list[Sentence]:
    """Those of a file that say something, as results of the material."""
    known = {result.segment.id: result for result in material.results}
    results = [known.get(each.id) or Result(each, source, n, 0.0, {}) for n, each in enumerate(found, start=1)]
    told = [each for passage in material.passages(results) for each in passage.sentences]
    return [each for each in told if each.form != "heading" and (each.form != "row" or each.context)]


def _matched(cosines: np.ndarray) -> dict[int, int]:
    """Rows and columns that are each other's, the likeliest first."""
    found: dict[int, int] = {}
    for flat in np.argsort(-cosines, axis=None):
        i, j = divmod(int(flat), cosines.shape[1])
        if cosines[i, j] < _LIKE:
            break
        if i not in found and j not in found.values():
            found[i] = j
    return found


def _says(sentence: Sentence) -> bool:
    return count_words(sentence.words) >= _SHORTEST


def _read(sentence: Sentence) -> str:
    return sentence.words if sentence.form != "row" else sentence.text.replace(" | ", ": ")


def _folded(sentence: Sentence) -> str:
    return "".join(character for character in _read(sentence).casefold() if character.isalnum())


def _numbers(sentence: Sentence) -> Sequence[object]:
    return sorted((str(sorted(map(str, each.readings))), each.unit) for each in values(_read(sentence)))
