"""The tables among what was found, each put together from its segments wherever its rows stand, and rows of them as
quotes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath

from indexes.records import Segment, Source
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence, sentences_of
from pipelines.asking.phrases import phrase
from pipelines.asking.recorded import recorded
from pipelines.extractors.tables import cells_of
from pipelines.query.plan import QueryPlan
from pipelines.records import Result
from pipelines.tables.cells import words_of as table_words
from pipelines.tables.days import day_of
from pipelines.tables.table import Table

_RESULTS = 30  # whose tables are looked at
_FEWEST = 2  # rows and columns of a table
_CELLS = 120_000  # of all tables of a question that are looked at: about a second and a half
_CHARACTERS = 10  # of a row that are as much work as a cell
_NAMED = 20  # files, sheets and headings that a table is known by
_LONGEST = 20_000  # rows of a table that are looked at
_SHOWN = 12  # rows of an answer
_LOOKED_AT = 200  # rows by which the year of a table is told
_SIGNS = re.compile(r"[%$€£¥°‰]")
_Head = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Part:
    """Rows of one table of a `source`, with their head, `under` its name, sheet and heading."""

    source: Source
    under: str
    rows: Sequence[Sentence]


@dataclass(frozen=True)
class FoundTable:
    """A table with the sentence of each of its rows; `about` is what it stands under, in which `sources`; `cut`: it has
    more rows."""

    table: Table
    rows: tuple[Sentence, ...]
    about: str
    sources: dict[str, Source]
    cut: bool


def found_tables(plan: QueryPlan, material: Material) -> list[FoundTable]:
    """Those of the results, and the records that they are of."""
    return [*_tables(plan, material), *_records(plan, material)]


def quoted_rows(rows: Iterable[int], found: FoundTable, material: Material) -> tuple[Sentence, ...]:
    """Rows of a table as results, in each file below the head, each below the lines that name its group: as many as are
    shown, those that come first."""
    shown: dict[Sentence, None] = {}
    for row in sorted(islice(rows, _SHOWN)):
        quoted = found.rows[row]
        if all(other.segment.source_id != quoted.segment.source_id for other in shown):
            shown[_head_of(quoted)] = None
        shown |= dict.fromkeys(found.rows[line] for line in found.table.group_lines(row))
        shown[quoted] = None
    return tuple(_quotable(row, found, material) for row in shown)


def stated(said: Iterable[str], found: FoundTable, rows: int, language: str, alone: bool = False) -> str:
    """What is said of some rows, and what it was worked out from where that is not to be seen. What stands `alone` in a
    row is of that file only."""
    of = [phrase("files", language, n=len(found.sources))] if len(found.sources) > 1 and not alone else []
    of += [phrase("table_cut", language, n=found.table.height)] if found.cut else []
    of += [phrase("table_shown", language, n=rows, shown=_SHOWN)] if rows > _SHOWN else []
    text = "; ".join(dict.fromkeys(said))
    return f"{text} ({', '.join(of)})" if of else text


def _tables(plan: QueryPlan, material: Material) -> Iterator[FoundTable]:
    """Those of the results, each whole as far as there is time; tables with the same head are one, wherever they stand.
    What is counted or listed may stand further down, since rows are found badly by what they add up to."""
    under: dict[_Head, dict[str, Source]] = defaultdict(dict)
    more = material.context.find(plan.text, _RESULTS, traced=False) if plan.intent in ("count", "list") else ()
    for result in (*material.results, *more):
        for row in _rows_of(result.segment):
            if not row.context:
                under[_names(row.text)][result.source.id] = result.source
    known: dict[str, list[Sentence]] = {}
    left = _CELLS
    asked = set(table_words(plan.text))
    for head, found in under.items():
        sources = dict(sorted(found.items(), key=lambda each: each[1].path))
        for source in sources.keys() - known.keys():
            known[source] = _rows_in(source, material)
        parts = _meant(_parts(head, sources, known), asked)
        lines = [row for part in parts for row in part.rows]
        first = next((row for row in lines if not row.context), None)
        rows = [row for row in lines if row.context]
        if first is None or len(head) < _FEWEST:
            continue  # a file that was forgotten meanwhile has no rows
        kept: list[Sentence] = []
        for row in rows:
            cost = max(len(head), len(row.text) // _CHARACTERS)
            if cost > left:
                break
            kept.append(row)
            left -= cost
        place = [(row.segment.source_id, row.segment.place.sheet, row.segment.heading) for row in (first, *kept)]
        begins = {n for n in range(1, len(place)) if place[n] != place[n - 1]}  # another table, or one of another file
        table = Table.made([_cells(first), *map(_cells, kept)], begins=begins)
        if table.height >= _FEWEST:
            within = {part.source.id: part.source for part in parts}
            about = " ".join(dict.fromkeys(part.under for part in parts[:_NAMED]))
            cut = len(kept) < len(rows) or any(len(known[source]) > _LONGEST for source in within)
            yield FoundTable(table, (first, *kept)[table.first :], about, within, cut)


def _records(plan: QueryPlan, material: Material) -> Iterator[FoundTable]:
    """Files that are records of one kind, as a table."""
    asked = set(table_words(plan.text))
    for kind in recorded(plan, material):
        parts = [_Part(each.source, _stem(each.source), [each.quoted]) for each in kind.records]
        meant = _meant(parts, asked)
        chosen = set(map(id, meant))
        lines = [line for part, line in zip(parts, kind.lines[1:], strict=True) if id(part) in chosen]
        table = Table.made([kind.lines[0], *lines], records=True)
        if table.height >= _FEWEST:
            within = {part.source.id: part.source for part in meant}
            about = " ".join(dict.fromkeys(part.under for part in meant[:_NAMED]))
            yield FoundTable(table, tuple(part.rows[0] for part in meant), about, within, kind.cut)


def _parts(head: _Head, sources: Mapping[str, Source], known: Mapping[str, Sequence[Sentence]]) -> Iterator[_Part]:
    """The rows below the same head, apart by file, sheet and heading; the same rows in another file are a copy."""
    seen: set[tuple[tuple[str, ...], ...]] = set()
    for key, source in sources.items():
        parts: dict[tuple[str | None, str], list[Sentence]] = defaultdict(list)
        for row in known[key]:
            if _names(row.context or row.text) == head:
                parts[row.segment.place.sheet, row.segment.heading].append(row)
        cells = tuple(_cells(row) for rows in parts.values() for row in rows if row.context)
        if cells not in seen:
            seen.add(cells)
            stem = _stem(source)
            for (sheet, heading), rows in parts.items():
                yield _Part(source, " ".join(filter(None, (stem, sheet, heading))), rows)


def _stem(source: Source) -> str:
    return PurePath(source.path).stem.replace("_", " ")


def _meant(parts: Iterable[_Part], asked: Collection[str]) -> list[_Part]:
    """Those that are called as the question has it, where only some are: 'in 2023' is the file 'sales 2023.csv', if its
    rows have no days of 2023 that say the same: 'since 2023' may mean others, too."""
    found = list(parts)
    words: list[set[str]] = [set(table_words(part.under)) & set(asked) - _years_of(part) for part in found]
    everywhere = set.intersection(*words) if words else set()
    told = [each - everywhere for each in words]
    most = max(map(len, told), default=0)
    return [part for part, each in zip(found, told, strict=True) if len(each) == most]


def _years_of(part: _Part) -> set[str]:
    """The year of which all days of some column are."""
    cells = [_cells(row) for row in part.rows if row.context][:_LOOKED_AT]
    years = [{str(day[0]) if (day := day_of(cell)) else "" for cell in column} for column in zip(*cells, strict=False)]
    return {year for column in years for year in column if len(column) == 1}


def _rows_in(source: str, material: Material) -> list[Sentence]:
    """The rows of a file, about as many as are looked at."""
    rows: list[Sentence] = []
    for segment in material.context.library.catalogue.segments_of(source):
        rows += _rows_of(segment)
        if len(rows) > _LONGEST:
            break
    return rows


def _head_of(row: Sentence) -> Sentence:
    """The head as it stands in the row's own segment."""
    return next((each for each in _rows_of(row.segment) if each.text == row.context), row)


def _quotable(row: Sentence, found: FoundTable, material: Material) -> Sentence:
    """The row as one of the results."""
    known = next((n for n, each in enumerate(material.results) if each.segment.id == row.segment.id), None)
    if known is None:
        known = len(material.results)
        source = found.sources[row.segment.source_id]
        material.results.append(Result(row.segment, source, known + 1, 0.0, {"table": known + 1}))
    return replace(row, result=known, segment=material.results[known].segment)


def _rows_of(segment: Segment) -> list[Sentence]:
    return [each for each in sentences_of(segment) if each.form == "row"] if " | " in segment.text else []


def _names(head: str) -> _Head:
    """'amount_eur | paid_on' is 'Amount EUR | Paid on', but '%' is not '€'."""
    return tuple((*table_words(cell), *_SIGNS.findall(cell)) for cell in cells_of(head))


def _cells(row: Sentence) -> tuple[str, ...]:
    return tuple(cells_of(row.text))
