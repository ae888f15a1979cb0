"""Records of the library that a question may be about: fourteen invoices that each say 'Status: …' are a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from indexes.keywords import content_words
from indexes.records import Segment, Source
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence
from pipelines.query.plan import QueryPlan
from pipelines.tables.cells import words_of
from pipelines.tables.records import FEWEST, Pair, folded, pairs_of, shared_keys, table_of

_LOOKED_AT = 2_000  # segments with such keys
_MOST = 5_000  # records that are looked at
_KEYS = 6  # by which more files are looked for
_KINDS = 3  # of the results that are looked at
_SHARED = 0.5  # of these keys that a record of the kind has, at least
_LONGEST = 400  # characters of a record that is quoted whole


@dataclass(slots=True)
class Record:
    """What is said of each key in one place of a file, and the lines of it that are quoted."""

    source: Source
    quoted: Sentence
    pairs: dict[str, Pair] = field(default_factory=dict)

    @property
    def words(self) -> set[str]:
        said = {word for key, pair in self.pairs.items() for word in words_of(f"{key} {pair.value}")}
        return said.union(words_of(PurePath(self.source.path).stem.replace("_", " ")))

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((folded(key), pair.value) for key, pair in self.pairs.items()))


@dataclass(frozen=True, slots=True)
class Kind:
    """Records of one kind as `lines` of cells, the head first; `cut`: there may be more."""

    lines: list[list[str]]
    records: list[Record]
    cut: bool


def recorded(plan: QueryPlan, material: Material) -> Iterator[Kind]:
    """The records that the results are of, each kind by itself, as far as the words of their keys find them. Copies are
    left out."""
    known = {result.segment: result.source for result in material.results}
    asked = set(words_of(" ".join(content_words(plan.text))))
    kinds = [kind for kind in _kinds(_records(known)) if any(asked & each.words for each in kind)]
    for found in kinds[:_KINDS]:
        often = Counter(key for each in found for key in each.pairs)
        keys = [key for key, _ in often.most_common(_KEYS)]
        segments, cut = _holding(keys, material)
        own = set(map(folded, keys))
        records = _records(known | segments)
        alike = {
            each.said: each for each in records[:_MOST] if len(own & set(map(folded, each.pairs))) >= _SHARED * len(own)
        }
        first = set(found[0].said)
        kind = next((some for some in _kinds(list(alike.values())) if any(first <= set(r.said) for r in some)), [])
        columns = shared_keys([each.pairs for each in kind])
        if len(kind) >= FEWEST and columns:
            rows = [{key: pair.value for key, pair in each.pairs.items()} for each in kind]
            yield Kind(table_of(rows, columns), kind, cut or len(records) > _MOST)


def _holding(keys: Sequence[str], material: Material) -> tuple[dict[Segment, Source], bool]:
    """The segments that hold words of some keys, with their files; whether there may be more."""
    library = material.context.library
    hits = library.search_keywords(" ".join(keys), _LOOKED_AT, library.scope(material.context.question.source))
    segments = library.catalogue.segments([hit.segment_id for hit in hits])
    sources = library.catalogue.sources({each.source_id for each in segments.values()})
    there = {each: sources[each.source_id] for each in segments.values() if each.source_id in sources}
    return there, len(hits) == _LOOKED_AT


def _records(segments: dict[Segment, Source]) -> list[Record]:
    """In the order of their files. A new one begins where a key is said again."""
    found: list[Record] = []
    for segment in sorted(segments, key=lambda each: (segments[each].path, each.position)):
        source = segments[segment]
        pairs = list(pairs_of(segment.text))
        for pair in pairs if len(pairs) > 1 or (found and found[-1].source.id == source.id) else ():
            last = found[-1] if found and found[-1].source.id == source.id else None
            if last is None or folded(pair.key) in map(folded, last.pairs):
                last = Record(source, Sentence(0, segment, pair.start, pair.end))
                found.append(last)
            last.pairs[pair.key] = pair
            if last.quoted.segment is segment and pair.end - last.quoted.start <= _LONGEST:
                last.quoted = Sentence(0, segment, last.quoted.start, pair.end)
    return [each for each in found if len(each.pairs) > 1]


def _kinds(records: Sequence[Record]) -> list[list[Record]]:
    """Records apart by the key that they begin with: 'Invoice no', 'Offer no'. Keys that one record has both are of
    one kind."""
    same = {key: key for key in (folded(next(iter(each.pairs))) for each in records)}

    def kind_of(key: str) -> str:
        while same[key] != key:
            same[key] = same[same[key]]
            key = same[key]
        return key

    for each in records:
        first, *others = [key for key in map(folded, each.pairs) if key in same]
        for key in others:
            same[kind_of(key)] = kind_of(first)
    kinds: dict[str, list[Record]] = {}
    for each in records:
        kinds.setdefault(kind_of(folded(next(iter(each.pairs)))), []).append(each)
    return list(kinds.values())
