"""Pieces → Segments of a size that an encoder reads whole and a person reads at a glance. Pure functions.

A segment never crosses a page, slide or sheet, nor a file or mail inside the source. Tables are cut between rows, and
each part repeats the header row, so that it can be understood alone. Other texts are cut between sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from indexes.records import Box, Marks, Modality, Place, Segment
from pipelines.records import Piece
from pipelines.sentences import sentence_spans

LONGEST = 1000  # characters; about 230 tokens of English, and the built-in encoder reads 256
_LONGEST_ROW = 3000  # of a table; what it says further on is no longer found by its meaning
SHORTEST = 350  # a segment goes on under a new heading until it has this many characters


@dataclass
class _Gathered:
    """Neighbouring pieces on their way to become one segment."""

    texts: list[str] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    heading: str = ""
    marks: Marks = ()
    head: str = ""  # the first line of the table that it ends with
    member: str = ""

    def __len__(self) -> int:
        return sum(map(len, self.texts)) + len(self.texts)


def segment(
    pieces: Iterable[Piece],
    source_id: str,
    modality: Modality,
    title: str = "",
    first: int = 0,
    seen: set[str] | None = None,
) -> list[tuple[Segment, Piece | None]]:
    """Segments in reading order, each with the picture piece that it stands for, if it is one.

    Their positions count from `first`. Equal texts of one source are kept once, tables excepted: `seen` holds those of
    earlier pieces of it, and takes up these.
    """
    made: list[tuple[Segment, Piece | None]] = []
    seen = set() if seen is None else seen
    for gathered, picture in _passages(pieces):
        text = "\n".join(gathered.texts)
        fingerprint = joined(text)
        if picture is None and (not fingerprint or (fingerprint in seen and not gathered.head)):
            continue  # rows may be equal, and count nevertheless
        seen.add(fingerprint)
        made.append(
            (
                Segment(
                    source_id=source_id,
                    position=first + len(made),
                    modality="image" if picture is not None else modality,
                    text=text,
                    place=gathered.place,
                    heading=_under(title, gathered.heading),
                    member="" if picture is None else picture.member,
                    marks=gathered.marks,
                    kind="text" if picture is None else "picture",
                    fingerprint="" if picture is None else picture.fingerprint,
                ),
                picture,
            )
        )
    return made


def joined(text: str) -> str:
    """A text without its line breaks, by which equal ones are known."""
    return " ".join(text.split())


def _under(title: str, heading: str) -> str:
    """The chain of headings starts with the title, once."""
    if not title or heading.casefold().startswith(title.casefold()):
        return heading
    return f"{title} › {heading}" if heading else title


def _passages(pieces: Iterable[Piece]) -> Iterator[tuple[_Gathered, Piece | None]]:
    gathered = _Gathered()
    for piece in pieces:
        if piece.kind == "picture":
            # The text around a figure goes on behind it.
            yield _Gathered([piece.text], piece.place, piece.heading, piece.marks), piece
            continue
        for text, place in _cut(piece):
            head = text.partition("\n")[0] if piece.kind == "table" else ""
            apart = _apart(gathered.place, place) or piece.member != gathered.member
            moved = piece.heading != gathered.heading and len(gathered) >= SHORTEST
            if gathered.texts and (apart or moved or len(gathered) + len(text) > LONGEST):
                yield gathered, None
                gathered = _Gathered()
            if not gathered.texts:
                gathered = _Gathered([text], place, piece.heading, member=piece.member)
            else:
                # Between two tables there is a line without anything, else they would be one.
                other = gathered.head and head and gathered.head != head
                gathered.texts.append(f"\n{text}" if other else text)
                gathered.place = join_places(gathered.place, place)
            gathered.marks += piece.marks
            gathered.head = head
    if gathered.texts:
        yield gathered, None


def _apart(one: Place, other: Place) -> bool:
    if one.start is not None and other.start is not None:  # what is said comes in passages already
        return True
    return (one.page, one.slide, one.sheet) != (other.page, other.slide, other.sheet)


def join_places(one: Place, other: Place) -> Place:
    """The smallest place that holds both; they lie on the same page, slide or sheet."""
    lines = one.lines or other.lines
    if one.lines and other.lines:
        lines = (min(one.lines[0], other.lines[0]), max(one.lines[1], other.lines[1]))
    starts = [p.start for p in (one, other) if p.start is not None]
    ends = [p.end for p in (one, other) if p.end is not None]
    return replace(
        one,
        lines=lines,
        box=_join_boxes(one.box, other.box),
        start=min(starts, default=None),
        end=max(ends, default=None),
    )


def _join_boxes(one: Box | None, other: Box | None) -> Box | None:
    if one is None or other is None:
        return one or other
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


def _cut(piece: Piece) -> Iterator[tuple[str, Place]]:
    """A piece in parts of at most LONGEST characters; line numbers follow the parts."""
    if len(piece.text) <= LONGEST:
        yield piece.text, piece.place
    elif piece.kind == "table":
        yield from _cut_table(piece)
    else:
        for start, end in _spans(piece.text):
            yield piece.text[start:end], _part(piece, start, end)


def _cut_table(piece: Piece) -> Iterator[tuple[str, Place]]:
    header, _, body = piece.text.partition("\n")
    if len(header) > _LONGEST_ROW or not body:
        for start, end in _spans(piece.text):
            yield piece.text[start:end], _part(piece, start, end)
        return
    offset = len(header) + 1
    for start, end in _rows(body, max(LONGEST - offset, LONGEST // 2)):
        yield f"{header}\n{body[start:end]}", _part(piece, offset + start, offset + end)


def _rows(body: str, longest: int) -> Iterator[tuple[int, int]]:
    """Runs of whole rows of at most `longest` characters; a longer row is one by itself, but for very long ones."""
    begin = at = 0
    for row in body.split("\n"):
        if at > begin and at + len(row) - begin > longest:
            yield begin, at - 1
            begin = at
        if len(row) > _LONGEST_ROW:
            yield from ((at + start, at + end) for start, end in _spans(row, longest))
            begin = at + len(row) + 1
        at += len(row) + 1
    if at - 1 > begin:
        yield begin, at - 1


def _part(piece: Piece, start: int, end: int) -> Place:
    """The place of text[start:end] of a piece: its own lines where the piece's lines are the source's."""
    place = piece.place
    if place.lines is None or place.lines[1] - place.lines[0] != piece.text.count("\n"):
        return place
    first = place.lines[0] + piece.text.count("\n", 0, start)
    return replace(place, lines=(first, first + piece.text.count("\n", start, end)))


def _spans(text: str, longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Runs of whole sentences of at most `longest` characters; a longer sentence is cut at spaces."""
    begin = finish = None
    for start, end in sentence_spans(text):
        while end - start > longest:
            cut = text.rfind(" ", start + longest // 2, start + longest)
            cut = start + longest if cut < 0 else cut
            if begin is not None and finish is not None:
                yield begin, finish
                begin = finish = None
            yield start, cut
            start = cut
        if begin is not None and finish is not None and end - begin > longest:
            yield begin, finish
            begin = None
        begin, finish = (start if begin is None else begin), end
    if begin is not None and finish is not None:
        yield begin, finish
