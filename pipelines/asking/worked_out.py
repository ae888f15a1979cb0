"""What the tables that were found answer: cells, counts, sums, orders, worked out over whole tables and not only over
the rows that were found. The rows that it stands on are quoted below it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from indexes.records import Segment, Source
from pipelines.asking.material import Material
from pipelines.asking.passages import Sentence, is_head, sentences_of
from pipelines.asking.phrases import phrase
from pipelines.asking.recorded import recorded
from pipelines.extractors.tables import cells_of
from pipelines.query.plan import QueryPlan
from pipelines.records import Result
from pipelines.tables.cells import words_of as table_words
from pipelines.tables.conditions import Asked
from pipelines.tables.judging import Match, What, also_asked, also_meant, held, judged, parts_of, rightness
from pipelines.tables.numbers import number_of
from pipelines.tables.programs import ROWS, Program, Reading, readings
from pipelines.tables.sql import query
from pipelines.tables.table import Table
from pipelines.tables.telling import shown
from pipelines.tables.wording import ASKING

SURE: dict[What, float] = {"answer": 0.45, "rows": 0.35}
"""From which on an answer of a table is told, or else the rows that it stands on, which are true whatever is asked."""

_RESULTS = 30  # whose tables are looked at
_FEWEST = 2  # rows and columns of a table
_CELLS = 120_000  # of all tables of a question that are looked at: about a second and a half
_CHARACTERS = 10  # of a row that are as much work as a cell
_NAMED = 20  # files, sheets and headings that a table is known by
_LONGEST = 20_000  # rows of a table that are looked at
_ROWS = 12  # that are quoted
_NEAR = 0.2  # a table that holds so much less of the question than another is not looked at closely


_SIGNS = re.compile(r"[%$€£¥°‰]")
_Head = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class WorkedOut:
    """`statement` is what is said (Markdown), if anything: what `answers`, or which rows follow, which is true whatever
    is asked; `rows` what it stands on, the head of their table first."""

    statement: str
    rows: tuple[Sentence, ...]
    answers: bool


@dataclass(frozen=True)
class _Part:
    """Rows of one table of a `source`, with their head, `under` its name, sheet and heading."""

    source: Source
    under: str
    rows: Sequence[Sentence]


@dataclass(frozen=True)
class _Found:
    """A table with the sentence of each of its rows; `about` is what it stands under, in which `sources`; `cut`: it has
    more rows."""

    table: Table
    rows: tuple[Sentence, ...]
    about: str
    sources: dict[str, Source]
    cut: bool


def worked_out(plan: QueryPlan, material: Material, quoted: Sequence[Sentence] = ()) -> WorkedOut | None:
    """The likeliest answer of a table among the results, or its likeliest rows; None where none is likely enough. Where
    what is `quoted` begins with rows of that table, those that the question's words name are likelier meant."""
    asked = Asked(plan.text, plan.language)
    tables = [*_tables(plan, material), *_records(plan, material)]
    under = [(found.table, found.about) for found in tables]
    read = [readings(part, under, material.context.shelf.text) for part in (asked, *parts_of(asked))]
    rarity = material.context.rarity(set(asked.spoken))
    most = max(rarity.values(), default=1.0)  # what stands in no file tells most: no table holds it
    worth = {word: rarity.get(word) or (word not in ASKING) * most for word in asked.spoken}
    likeliest = _likeliest(read, worth, _match(plan, material))
    for what, (sure, program, reading, _) in likeliest.items():
        said = query(program, reading.table)
        material.context.trace.note("table", f"{what}: {said} ({sure:.2f}; {SURE[what]:.2f} would be told)")
    told = next((what for what in SURE if what in likeliest and likeliest[what][0] >= SURE[what]), None)
    if told is None and "rows" in likeliest:
        _, program, _, n = likeliest["rows"]
        own = {(row.segment.id, row.start) for row in tables[n].rows}
        first = next((each for each in quoted if not is_head(each)), None)
        told = "rows" if first and program.which.all and (first.segment.id, first.start) in own else None
    if told is None:
        return None
    sure, program, reading, n = likeliest[told]
    statement = ""
    if told == "answer":
        material.worked_out = sure
        programs = [program, *also_asked(program, reading, [part[n] for part in read[1:]])]
        statement = _stated(programs, tables[n], plan.language)
    elif len(program.rows) > 1 and program.which.all:
        also = [*also_asked(program, reading, [part[n] for part in read[1:]]), *also_meant(program, reading)]
        statement = _which(program, reading, also, tables[n], plan.language)
    rows = tuple(_quotable(row, tables[n], material) for row in _shown(program, tables[n]))
    return WorkedOut(statement, rows, told == "answer")


def _match(plan: QueryPlan, material: Material) -> Match | None:
    """What reads a question together with programs, where there is something that reads its language."""
    reader = material.context.shelf.cross_encoder
    return reader.match if reader is not None and plan.language == "en" else None


def _likeliest(
    read: Sequence[Sequence[Reading]], worth: Mapping[str, float], match: Match | None
) -> dict[What, tuple[float, Program, Reading, int]]:
    """The likeliest answer and the likeliest rows of some tables: how surely, by which reading, of which table. The
    first part of a question may say which rows it means, those behind it lean on that."""
    found: dict[What, tuple[float, Program, Reading, int]] = {}
    shares = [held(reading, worth) for reading in read[0]]
    for part in read[:2]:
        for n, reading in enumerate(part):
            behind = max(shares) - shares[n]
            for each in judged(reading, match if behind < _NEAR else None):
                sure = rightness(each, reading, worth, behind) if part is read[0] or each.program.which.all else 0.0
                if sure > found.get(each.what, (0.0,))[0]:
                    found[each.what] = sure, each.program, reading, n
    return found


def _which(program: Program, reading: Reading, also: Sequence[Program], found: _Found, language: str) -> str:
    """How many rows there are, and which they are; and what else was asked of them."""
    more = [_said(each, found.table, language) for each in also if each.operation not in ROWS]
    said = "; ".join(
        dict.fromkeys([phrase("table_where", language, n=len(program.rows), where=shown(program, reading)), *more])
    )
    return f"{said} ({', '.join(of)})" if (of := _of([program], found, language)) else said


def _of(programs: Sequence[Program], found: _Found, language: str) -> list[str]:
    """What something was worked out from, where that is not to be seen."""
    alone = len(programs) == len(programs[0].rows) == 1 and programs[0].operation == "select"
    of = [phrase("files", language, n=len(found.sources))] if len(found.sources) > 1 and not alone else []
    of += [phrase("table_cut", language, n=found.table.height)] if found.cut else []
    rows = len(programs[0].rows)
    return of + ([phrase("table_shown", language, n=rows, shown=_ROWS)] if rows > _ROWS else [])


def _stated(programs: Sequence[Program], found: _Found, language: str) -> str:
    """What is said of programs, and what it was worked out from where that is not to be seen."""
    said = "; ".join(dict.fromkeys(_said(each, found.table, language) for each in programs))
    return f"{said} ({', '.join(of)})" if (of := _of(programs, found, language)) else said


def _shown(program: Program, found: _Found) -> list[Sentence]:
    """The rows that a program stands on, in each file below the head; those that hold the answer first, where there
    are many."""
    shown: dict[Sentence, None] = {}
    column = found.table.columns[program.columns[-1]] if program.columns else None
    answer = {number_of(each) for each in program.answer} if program.operation in ("max", "min") else set()
    rows = sorted(program.rows, key=lambda row: column is None or column.numbers[row] not in answer)
    for row in sorted(rows[:_ROWS]):
        quoted = found.rows[row]
        if all(other.segment.source_id != quoted.segment.source_id for other in shown):
            shown[_head_of(quoted)] = None
        shown[quoted] = None
    return list(shown)


def _tables(plan: QueryPlan, material: Material) -> Iterator[_Found]:
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
        table = Table.made([_cells(first), *map(_cells, kept)])
        if table.height >= _FEWEST:
            within = {part.source.id: part.source for part in parts}
            about = " ".join(dict.fromkeys(part.under for part in parts[:_NAMED]))
            cut = len(kept) < len(rows) or any(len(known[source]) > _LONGEST for source in within)
            yield _Found(table, (first, *kept)[table.first :], about, within, cut)


def _records(plan: QueryPlan, material: Material) -> Iterator[_Found]:
    """Files that are records of one kind, as a table."""
    asked = set(table_words(plan.text))
    for kind in recorded(plan, material):
        parts = [_Part(each.source, _stem(each.source), [each.quoted]) for each in kind.records]
        meant = _meant(parts, asked)
        lines = [line for part, line in zip(parts, kind.lines[1:], strict=True) if part in meant]
        table = Table.made([kind.lines[0], *lines], records=True)
        if table.height >= _FEWEST:
            within = {part.source.id: part.source for part in meant}
            about = " ".join(dict.fromkeys(part.under for part in meant[:_NAMED]))
            yield _Found(table, tuple(part.rows[0] for part in meant), about, within, kind.cut)


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
    """Those that are called as the question has it, where only some are: 'in 2023' is the file 'sales 2023.csv'."""
    found = list(parts)
    words: list[set[str]] = [set(table_words(part.under)) & set(asked) for part in found]
    everywhere = set.intersection(*words) if words else set()
    told = [each - everywhere for each in words]
    most = max(map(len, told), default=0)
    return [part for part, each in zip(found, told, strict=True) if len(each) == most]


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


def _quotable(row: Sentence, found: _Found, material: Material) -> Sentence:
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


def _said(program: Program, table: Table, language: str) -> str:
    """'amount_eur, together: **920**', 'district: **Pankow** (people: 409,453)'."""
    value = f"**{', '.join(program.answer)}**"
    names = [table.columns[n].name or "?" for n in program.columns]
    if program.operation in ROWS:
        beside = ""
        if len(names) > 1 and names[0] != names[-1]:
            beside = f" ({names[0]}: {table.columns[program.columns[0]].cells[program.rows[0]]})"
        return f"{names[-1]}: {value}{beside}"
    role = "table_" + re.sub(r"\W", "_", program.operation.removeprefix("columns "))
    return phrase(
        role, language, value=value, column=" / ".join(names) if program.columns else "", n=str(len(program.which.rows))
    )
