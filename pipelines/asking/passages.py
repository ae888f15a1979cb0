"""Results → passages as they stand in their files: sentences, list items with their lead-in, rows with their head.

A list goes on where its segment ends: what was cut for storing is put together again for reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from indexes.catalogue import Catalogue
from indexes.records import Segment
from pipelines.records import Result
from pipelines.sentences import sentence_spans

Form = Literal["sentence", "item", "row", "heading"]
"""A heading is a short line without a stop or a number: it says what follows and is no answer itself."""

LONGEST = 500
"""Characters of a sentence; text without stops is cut between words."""

_ITEM = re.compile(r"\s*+(?:[-*•‣▪◦–·●]|\(?\d{1,3}[.)]|\(?[a-z][.)]|[①-⑳])\s++")
_BULLET = re.compile(r"\s*+[-*•‣▪◦–·●]\s++")
_HEADING = 7  # words of a line that says nothing by itself
_LINES = 3  # short lines that are a list, with what stands above them
_ON = 3  # segments that a list is followed into


@dataclass(frozen=True, slots=True)
class Sentence:
    """What can be quoted by itself: text[start:end] of a segment. `context` is what it is read with: the lead-in of an
    item, the head of a row's table. `result` is the index of the result that it belongs to."""

    result: int
    segment: Segment
    start: int
    end: int
    form: Form = "sentence"
    context: str = ""

    @property
    def text(self) -> str:
        return self.segment.text[self.start : self.end]

    @property
    def words(self) -> str:
        """Without the bullet of an item; a number may be a day ('3. Oktober') or be spoken of ('as in (3)')."""
        return _BULLET.sub("", self.text, count=1) if self.form == "item" else self.text


@dataclass(frozen=True, slots=True)
class Passage:
    """The sentences of one result in reading order, also those of neighbouring segments into which a list goes on."""

    result: int
    sentences: tuple[Sentence, ...]

    def block(self, sentence: Sentence) -> tuple[Sentence, ...]:
        """The list or the rows that a sentence belongs to, with the lead-in; the sentence alone where it is in none."""
        at = self.sentences.index(sentence)
        form = sentence.form
        if form in ("sentence", "heading"):
            following = self.sentences[at + 1 : at + 2]
            if not (following and following[0].form == "item" and following[0].context == sentence.text):
                return (sentence,)
            form, first = "item", at + 1
        else:
            first = at
            while first and self.sentences[first - 1].form == form:
                first -= 1
        last = first
        while last < len(self.sentences) and self.sentences[last].form == form:
            last += 1
        lead = first - 1 if form == "item" and first and self.sentences[first].context else first
        return self.sentences[lead:last]


def read_passages(
    results: Sequence[Result], catalogue: Catalogue, indexes: Sequence[int] | None = None
) -> list[Passage]:
    """A passage for each result, in their order; what stands in one is in no other. `indexes` are what its sentences
    shall call each result; their places in the sequence where nothing is said."""
    passages: list[Passage] = []
    taken: set[tuple[str, int]] = set()
    for i, result in zip(indexes or range(len(results)), results, strict=True):
        found: list[Sentence] = []
        for segment in (result.segment, *result.beside):
            found += _with_neighbours(sentences_of(segment, i), segment, catalogue)
        new = [each for each in found if (each.segment.source_id, _key(each)) not in taken]
        taken |= {(each.segment.source_id, _key(each)) for each in new}
        if new:
            passages.append(Passage(i, tuple(new)))
    return passages


def is_head(sentence: Sentence) -> bool:
    """Whether it is the head of a table."""
    return sentence.form == "row" and not sentence.context


def sentences_of(segment: Segment, result: int = 0) -> list[Sentence]:
    """Those of one segment, in order."""
    found: list[Sentence] = []
    lead = head = ""
    at = 0
    lines = segment.text.split("\n")
    for number, line in enumerate(lines):
        start, at = at, at + len(line) + 1
        if _is_row(line) and any(map(_is_row, (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2]))):
            context = "" if line == head else head  # a table that goes on repeats it
            found.append(Sentence(result, segment, start, start + len(line), "row", context))
            head = head or line
            continue
        head = ""
        if _ITEM.match(line):
            found.append(Sentence(result, segment, start, start + len(line), "item", lead))
            continue
        heading = _is_heading(line) and segment.kind == "text"
        for first, last in sentence_spans(line):
            for begin, end in _cut(line, first, last):
                form: Form = "heading" if heading else "sentence"
                found.append(Sentence(result, segment, start + begin, start + end, form))
        lead = found[-1].text if line.strip() else lead
    return list(_listed(found))


def _is_row(line: str) -> bool:
    return " | " in line or line.endswith(" |")


def _listed(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Short lines one below the other, of which the text ends, say something: the first of them what the others are. A
    number alone makes no list: '5. Actions' is a heading."""
    for form, run in groupby(sentences, key=lambda each: each.form):
        told = list(run)
        if form == "heading" and len(told) >= _LINES and told[-1] is sentences[-1]:
            yield told[0]
            told = [replace(each, form="item", context=told[0].text) for each in told[1:]]
        elif form == "item" and len(told) == 1 and _is_numbered_heading(told[0]):
            told = [replace(told[0], form="heading", context="")]
        yield from told


def _is_numbered_heading(item: Sentence) -> bool:
    rest = _ITEM.sub("", item.text, count=1)
    return not _BULLET.match(item.text) and not item.context.endswith((":", "：")) and _is_heading(rest)


def _is_heading(line: str) -> bool:
    line = line.strip()
    return (
        len(line.split()) <= _HEADING
        and len(line) <= 80
        and not line.endswith((".", "!", "?", ":", "…", "。", "！", "？", "：", "”", '"'))
        and not any(map(str.isdigit, line))
    )


def _cut(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        space = line.rfind(" ", start + 1, start + LONGEST)
        stop = space if space > 0 else start + LONGEST
        yield start, stop
        start = stop + (space > 0)
    yield start, end


def _key(sentence: Sentence) -> int:
    return sentence.segment.position * 100_000 + sentence.start


def _with_neighbours(own: list[Sentence], segment: Segment, catalogue: Catalogue) -> list[Sentence]:
    """A segment's sentences with the rest of the lists that it is cut out of."""
    if not own or segment.kind != "text":
        return own
    lead = ""
    if own[0].form == "item":
        for before in catalogue.neighbours(segment, -_ON):
            part = sentences_of(before, own[0].result)
            others = [n for n, each in enumerate(part) if each.form != "item"]
            first = others[-1] if others else 0
            own = part[first:] + own
            if others:
                lead = part[first].text
                break
        own = [replace(each, context=lead) if each.form == "item" and not each.context else each for each in own]
    if own[-1].form == "item" or own[-1].text.rstrip().endswith((":", "：")):
        lead = own[-1].context if own[-1].form == "item" else own[-1].text
        for after in catalogue.neighbours(segment, _ON):
            part = sentences_of(after, own[0].result)
            if len(part) > 1 and part[0].form == "heading":
                part = part[1:]  # the head of the next page
            stop = next((n for n, each in enumerate(part) if each.form != "item"), len(part))
            own = own + [replace(each, context=lead) for each in part[:stop]]
            if stop < len(part) or not part:
                break
    return own
