"""An answer made of the files' own sentences: Markdown with a mark behind each quote, and the citation for it.

Prose becomes paragraphs, items a list under their lead-in, rows a table under its head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest

from indexes.records import Segment
from pipelines.asking.passages import Sentence
from pipelines.extractors.tables import cells_of
from pipelines.finding.moments import place_of
from pipelines.records import Check, Citation, Evidence, Result

CELL = "|"

Shown = Callable[[Sentence], str]
"""How a sentence, or an item without its bullet, is shown (Markdown), in one line."""


def as_it_is(sentence: Sentence) -> str:
    return " ".join(sentence.words.split())


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that stand together in the answer, under a label where it has one, or under what is `stated` of them
    (Markdown); or the `columns` of a table, each with what its head is called."""

    sentences: Sequence[Sentence] = ()
    label: str = ""
    stated: str = ""
    columns: Mapping[str, Sequence[Sentence | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Quotes:
    """`text` is Markdown; `citations` and `checks` hold offsets into it; `evidence` is numbered from 1."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


def compose(groups: Sequence[Group], results: Sequence[Result], lead: str = "", shown: Shown = as_it_is) -> Quotes:
    """The groups one below the other, below a lead. Evidence is numbered in the order in which it is quoted. `shown`
    is for prose and items."""
    made = _Composer(results, shown)
    if lead:
        made.line(lead)
    for group in groups:
        if group.columns:
            made.columns(group.columns)
        if not group.sentences:
            continue
        if group.label:
            made.line(f"**{group.label}**")
        if group.stated:
            made.statement(group.stated, group.sentences)
        for _, same in groupby(group.sentences, key=_together):
            made.passage(list(same))
    return made.quotes


class _Composer:
    def __init__(self, results: Sequence[Result], shown: Shown) -> None:
        self.quotes = Quotes()
        self._shown = shown
        self._results = results
        self._numbers: dict[int, int] = {}  # of a result

    def line(self, text: str) -> None:
        self.quotes.text += f"\n\n{text}" if self.quotes.text else text

    def statement(self, text: str, sentences: Sequence[Sentence]) -> None:
        """What was worked out of the sentences that are quoted next."""
        self.line(text)
        start = len(self.quotes.text) - len(text)
        for each in {sentence.result: sentence for sentence in sentences}.values():
            number = self._numbers.setdefault(each.result, len(self._numbers) + 1)
            self.quotes.citations.append(Citation(number, start, len(self.quotes.text), each.text, 1.0))
            self.quotes.text += f" [{number}]"
        self.quotes.checks.append(Check(start, start + len(text), 1.0, True))

    def passage(self, sentences: list[Sentence]) -> None:
        for (form, _), run in groupby(sentences, key=_table_of):
            told = list(run)
            if form == "sentence":
                for part in _unbroken(told):
                    self._begin("\n\n")
                    self._quote(part[0], part[-1], self._as_shown(part))
            elif form == "item":
                for number, each in enumerate(told):
                    self._begin("\n" if number else "\n\n", "- ")
                    self._quote(each, each, self._shown(each))
            else:
                self._table(told)

    def columns(self, columns: Mapping[str, Sequence[Sentence | None]]) -> None:
        """The n-th sentences of all columns are a row."""
        head = CELL.join(label.replace(CELL, " ") for label in columns)
        self.line(f"{CELL}{head}{CELL}\n{CELL}{'---|' * len(columns)}")
        for row in zip_longest(*columns.values()):
            self._begin("\n", CELL)
            for each in row:
                if each is not None:
                    self._quote(each, each, self._shown(each).replace(CELL, " "))
                self.quotes.text += CELL

    def _table(self, rows: list[Sentence]) -> None:
        for number, row in enumerate(rows):
            cells = [" ".join(cell.split()) for cell in cells_of(row.text)]
            if number == 0 and row.context:  # its head was quoted above: what stands in no head is none
                self._begin("\n\n", f"{CELL * (len(cells) + 1)}\n{CELL}{'---|' * len(cells)}")
                number = 1
            self._begin("\n" if number else "\n\n", CELL)
            self._quote(row, row, CELL.join(cells))
            self.quotes.text += CELL
            if number == 0:
                self.quotes.text += f"\n{CELL}{'---|' * len(cells)}"

    def _as_shown(self, sentences: Sequence[Sentence]) -> str:
        """Sentences that follow each other, apart as they are in their text."""
        made = ""
        for each in sentences:
            apart = " " * (bool(made) and each.segment.text[each.start - 1 : each.start].isspace())
            made += apart + self._shown(each)
        return made

    def _begin(self, space: str, mark: str = "") -> None:
        self.quotes.text += (space if self.quotes.text else "") + mark

    def _quote(self, first: Sentence, last: Sentence, shown: str) -> None:
        """From one sentence of a segment to another, as one quote with one mark."""
        quote = first.segment.text[first.start : last.end]
        start = len(self.quotes.text)
        number = self._number(first.result, first.segment, quote)
        self.quotes.text += f"{shown} [{number}]"
        end = start + len(shown)
        result = self._results[first.result]
        beside = None if first.segment is result.segment else first.segment
        place = place_of(first.segment, first.start, last.end) if beside or first.segment.cues else None
        self.quotes.citations.append(Citation(number, start, end, quote, 1.0, beside, place))
        self.quotes.checks.append(Check(start, end, 1.0, True))

    def _number(self, index: int, segment: Segment, quote: str) -> int:
        number = self._numbers.setdefault(index, len(self._numbers) + 1)
        result = self._results[index]
        if number > len(self.quotes.evidence):
            self.quotes.evidence.append(Evidence(number, result, (), (), quote))
        evidence = self.quotes.evidence[number - 1]
        if segment is result.segment:
            evidence = replace(evidence, sentences=(*evidence.sentences, quote))
        else:
            evidence = replace(evidence, beside=(*evidence.beside, (segment, (quote,))))
        self.quotes.evidence[number - 1] = evidence
        return number


def _together(sentence: Sentence) -> tuple[int, str]:
    """Rows of one table stand together, wherever they were found; of other sentences those of a result."""
    return (-1, sentence.context or sentence.text) if sentence.form == "row" else (sentence.result, "")


def _table_of(sentence: Sentence) -> tuple[str, str]:
    """The form of what is quoted, and of a row, the head of its table."""
    if sentence.form == "row":
        return "row", sentence.context or sentence.text
    return ("item" if sentence.form == "item" else "sentence"), ""


def _unbroken(sentences: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    """Runs of sentences that follow each other in one segment."""
    run: list[Sentence] = []
    for each in sentences:
        broken = run and (each.segment is not run[-1].segment or each.segment.text[run[-1].end : each.start].strip())
        if broken:
            yield run
            run = []
        run.append(each)
    if run:
        yield run
