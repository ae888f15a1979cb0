"""Records of the library that a question may be about: fourteen invoices that each say 'Status: …' are a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from indexes.records import Segment, Source
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence
from pipelines.query.plan import QueryPlan
from pipelines.tables.cells import words_of
from pipelines.tables.records import FEWEST, Pair, pairs_of, shared_keys, table_of

_LOOKED_AT = 400  # segments with such keys
_KEYS = 6  # by which more files are looked for
_LONGEST = 400  # characters of a record that is quoted whole

Recorded = tuple[list[list[str]], list[Sentence], list[Source]]
"""Lines of cells, the head first; for each row what it was read from, and in which file."""


def recorded(plan: QueryPlan, material: Material) -> Iterator[Recorded]:
    """The records that the results are of, each kind once, all of them as far as the words of their keys find them."""
    context = material.context
    catalogue, library = context.library.catalogue, context.library
    found: dict[str, _Record] = {}
    for result in material.results:
        _add(found, result.source, result.segment)
    keys = shared_keys([each.pairs for each in found.values()])
    if not keys:
        often = Counter(key for each in found.values() for key in each.pairs)
        asked = set(words_of(plan.text))
        keys = [key for key, times in often.most_common() if times > 1 and set(words_of(key)) & asked]
    if not keys:
        return
    hits = library.search_keywords(" ".join(keys[:_KEYS]), _LOOKED_AT, library.scope(context.question.source))
    segments = catalogue.segments([hit.segment_id for hit in hits])
    sources = catalogue.sources({each.source_id for each in segments.values()})
    for segment in segments.values():
        if segment.source_id in sources:
            _add(found, sources[segment.source_id], segment)
    own = {each.casefold() for each in keys}
    some = [each for each in found.values() if len(own & {key.casefold() for key in each.pairs}) >= min(2, len(own))]
    some.sort(key=lambda each: each.source.path)
    columns = shared_keys([each.pairs for each in some])
    if len(some) >= FEWEST and columns:
        rows = [{key: pair.value for key, pair in each.pairs.items()} for each in some]
        yield table_of(rows, columns), [each.quoted for each in some], [each.source for each in some]


@dataclass(slots=True)
class _Record:
    """What a file says of each key, and the lines of it that are quoted."""

    source: Source
    pairs: dict[str, Pair]
    quoted: Sentence


def _add(found: dict[str, _Record], source: Source, segment: Segment) -> None:
    """What a segment says of keys; a file is one record, of which the first segment is quoted."""
    pairs: dict[str, Pair] = {}
    for pair in pairs_of(segment.text):
        pairs.setdefault(pair.key, pair)
    if source.id in found:
        found[source.id].pairs = pairs | found[source.id].pairs
    elif len(pairs) > 1:
        start, end = min(pair.start for pair in pairs.values()), max(pair.end for pair in pairs.values())
        if end - start > _LONGEST:
            end = next(iter(pairs.values())).end
        found[source.id] = _Record(source, pairs, Sentence(0, segment, start, end))
