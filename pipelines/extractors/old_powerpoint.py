"""PowerPoint's format of before 2007 (PPT, [MS-PPT]) to Pieces: the texts of each slide in order, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import DAMAGED
from pipelines.extractors.old_word import BEFORE_2007
from pipelines.extractors.text import Headings
from pipelines.records import Piece

_HEAD, _LONG = Struct("<HHI"), Struct("<I")
_CONTAINER = 0xF
_SLIDE, _NOTES, _LIST, _PERSIST = 1006, 1008, 4080, 1011
_OUTLINE_SLIDES, _OUTLINE_NOTES = 0, 2  # which list it is
_WIDE, _NARROW, _TEXT_KIND, _NOTES_ATOM = 4000, 4008, 3999, 1009
_TITLES = (0, 6)  # kinds of texts
_EDIT, _PLACES, _IN_SHAPE = 4085, 6002, 0xF00D
_LOCKED = 0xF3D1C4DF
_MOST_EDITS, _DEEPEST = 1_000, 50
_AS = str.maketrans({"\r": "\n", "\x0b": "\n"})


def read_ppt(path: Path) -> Iterator[Piece]:
    """Place has the slide. Pictures are unread. Raises ExtractionError for what is locked or damaged."""
    import olefile  # type: ignore[import-untyped]

    with olefile.OleFileIO(path) as container:
        data = container.openstream("PowerPoint Document").read()
        current = container.openstream("Current User").read()
        if container.exists("Pictures"):
            yield Piece("unread", BEFORE_2007, Place(), "pictures")
    places, document = _places(data, current, path.name)
    slides = list(_outline(data, places[document], _OUTLINE_SLIDES))
    notes = {slide: place for place, slide in _notes(data, places, places[document])}
    read: set[int] = set()
    for number, (persist, identity, outlined) in enumerate(slides, 1):
        place, headings = Place(slide=number), Headings()
        told: set[str] = set()
        if persist in read:
            yield Piece("unread", DAMAGED, place)
            continue
        read.add(persist)
        if _at(data, places.get(persist, -1))[0] != _SLIDE:
            yield Piece("unread", DAMAGED, place)
        texts = [*outlined, *_texts(data, places.get(persist, -1))]
        for is_title, text in sorted(texts, key=lambda each: not each[0]):
            if text and text not in told:
                told.add(text)
                above = headings.enter(1, text) if is_title else headings.chain
                yield Piece("text", text, place, above)
        spoken = "\n".join(text for _, text in _texts(data, notes.get(identity, -1)) if text and text != "*")
        if spoken:
            yield Piece("text", f"Notes: {spoken}", place, headings.chain)


def _records(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int, bool]]:
    """Records beside each other: type, instance, first byte, byte behind the last, whether they hold others."""
    while start + 8 <= end:
        head, kind, length = _HEAD.unpack_from(data, start)
        first = start + 8
        start = min(first + length, end)
        yield kind, head >> 4, first, start, head & 0xF == _CONTAINER


def _at(data: bytes, place: int) -> tuple[int, int, int]:
    """Type of the record at a byte, its first byte, and that behind its last."""
    if not 0 <= place <= len(data) - 8:
        return 0, 0, 0
    _, kind, length = _HEAD.unpack_from(data, place)
    return kind, place + 8, min(place + 8 + length, len(data))


def _places(data: bytes, current: bytes, name: str) -> tuple[dict[int, int], int]:
    """Where each object stands that is in use, and the number of the document: what was changed is appended."""
    if _LONG.unpack_from(current, 12)[0] == _LOCKED:
        raise ExtractionError(f"{name} is locked with a password; save a copy without it and index that.", "open")
    (edit,) = _LONG.unpack_from(current, 16)
    found: dict[int, int] = {}
    document = None
    for _ in range(_MOST_EDITS):
        kind, first, _ = _at(data, edit)
        if kind != _EDIT:
            break
        edit, listed, own = (_LONG.unpack_from(data, first + at)[0] for at in (8, 12, 16))
        document = own if document is None else document
        kind, at, end = _at(data, listed)
        while kind == _PLACES and at + 4 <= end:
            (run,) = _LONG.unpack_from(data, at)
            at += 4
            for number in range(run >> 20):
                if at + 4 <= end:
                    found.setdefault((run & 0xFFFFF) + number, _LONG.unpack_from(data, at)[0])
                at += 4
        if not edit:
            break
    if document not in found:
        raise ValueError("the list of its slides is missing")
    return found, document


def _outline(data: bytes, document: int, which: int) -> Iterator[tuple[int, int, list[tuple[bool, str]]]]:
    """Of each slide its number as an object, its identity, and the texts that stand in the outline."""
    _, first, end = _at(data, document)
    for kind, instance, at, behind, _ in _records(data, first, end):
        if (kind, instance) != (_LIST, which):
            continue
        slide: tuple[int, int, list[tuple[bool, str]]] | None = None
        title = False
        for inner, _, place, until, _ in _records(data, at, behind):
            if inner == _PERSIST:
                if slide:
                    yield slide
                slide = _LONG.unpack_from(data, place)[0], _LONG.unpack_from(data, place + 12)[0], []
            elif inner == _TEXT_KIND:
                title = _LONG.unpack_from(data, place)[0] in _TITLES
            elif inner in (_WIDE, _NARROW) and slide:
                slide[2].append((title, _text(data[place:until], inner)))
        if slide:
            yield slide


def _notes(data: bytes, places: dict[int, int], document: int) -> Iterator[tuple[int, int]]:
    """Where notes stand, and the identity of the slide that they are of."""
    for persist, _, _ in _outline(data, document, _OUTLINE_NOTES):
        place = places.get(persist, -1)
        _, first, end = _at(data, place)
        for kind, _, at, _, _ in _records(data, first, end):
            if kind == _NOTES_ATOM:
                yield place, _LONG.unpack_from(data, at)[0]


def _texts(data: bytes, place: int) -> Iterator[tuple[bool, str]]:
    """The texts of the shapes of a slide or of notes, and whether each is a title."""
    kind, first, end = _at(data, place)
    if kind in (_SLIDE, _NOTES):
        yield from _in_shapes(data, first, end, 0)


def _in_shapes(data: bytes, first: int, end: int, depth: int) -> Iterator[tuple[bool, str]]:
    title = False
    for kind, _, at, behind, holds in _records(data, first, end):
        if kind == _TEXT_KIND:
            title = _LONG.unpack_from(data, at)[0] in _TITLES
        elif kind in (_WIDE, _NARROW):
            yield title, _text(data[at:behind], kind)
        elif (holds or kind == _IN_SHAPE) and depth < _DEEPEST:
            yield from _in_shapes(data, at, behind, depth + 1)


def _text(data: bytes, kind: int) -> str:
    text = data.decode("utf-16-le" if kind == _WIDE else "cp1252", "replace").translate(_AS)
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)
