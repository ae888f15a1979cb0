"""An answer made of the files' own sentences: Markdown with a mark behind each quote, and the citation for it.

Prose becomes paragraphs, items a list under their lead-in, rows a table under its head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from indexes.records import Segment
from pipelines.asking.passages import Sentence
from pipelines.finding.moments import place_of
from pipelines.records import Check, Citation, Evidence, Result

CELL = "|"


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that stand together in the answer, under a label where it has one."""

    sentences: Sequence[Sentence]
    label: str = ""


@dataclass(slots=True)
class Quotes:
    """`text` is Markdown; `citations` and `checks` hold offsets into it; `evidence` is numbered from 1."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def cited(self) -> bool:
        return bool(self.citations)


def compose(groups: Sequence[Group], results: Sequence[Result], lead: str = "") -> Quotes:
    """The groups one below the other, below a lead. Evidence is numbered in the order in which it is quoted."""
    made = _Composer(results)
    if lead:
        made.line(lead)
    for group in groups:
        if not group.sentences:
            continue
        if group.label:
            made.line(f"**{group.label}**")
        for _, same in groupby(group.sentences, key=lambda each: each.result):
            made.passage(list(same))
    return made.quotes


class _Composer:
    def __init__(self, results: Sequence[Result]) -> None:
        self.quotes = Quotes()
        self._results = results
        self._numbers: dict[int, int] = {}  # of a result
        self._lines: dict[int, list[tuple[Segment, str]]] = {}

    def line(self, text: str) -> None:
        self.quotes.text += f"\n\n{text}" if self.quotes.text else text

    def passage(self, sentences: list[Sentence]) -> None:
        for form, run in groupby(sentences, key=lambda each: each.form):
            told = list(run)
            if form == "sentence":
                for part in _unbroken(told):
                    self._begin("\n\n")
                    self._quote(part[0], part[-1])
            elif form == "item":
                for number, each in enumerate(told):
                    self._begin("\n" if number else "\n\n", "- ")
                    self._quote(each, each, each.words)
            else:
                self._table(told)

    def _table(self, rows: list[Sentence]) -> None:
        for number, row in enumerate(rows):
            cells = [" ".join(cell.split()) for cell in row.text.split(" | ")]
            if number == 0 and row.context:  # its head was quoted above: what stands in no head is none
                self._begin("\n\n", f"{CELL * (len(cells) + 1)}\n{CELL}{'---|' * len(cells)}")
                number = 1
            self._begin("\n" if number else "\n\n", CELL)
            self._quote(row, row, CELL.join(cells))
            self.quotes.text += CELL
            if number == 0:
                self.quotes.text += f"\n{CELL}{'---|' * len(cells)}"

    def _begin(self, space: str, mark: str = "") -> None:
        self.quotes.text += (space if self.quotes.text else "") + mark

    def _quote(self, first: Sentence, last: Sentence, shown: str = "") -> None:
        """From one sentence of a segment to another, as one quote with one mark."""
        quote = first.segment.text[first.start : last.end]
        shown = shown or " ".join(quote.split())
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
