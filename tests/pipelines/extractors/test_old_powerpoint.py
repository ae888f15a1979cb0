"""PowerPoint's format of before 2007: slides in their order and as they were last saved, shapes, notes."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.reading.kinds import kind_of
from pipelines.reading.unread import unread
from tests.making_files import make_compound


def record(kind: int, inner: bytes, instance: int = 0, holds: bool = False) -> bytes:
    return struct.pack("<HHI", instance << 4 | (0xF if holds else 0), kind, len(inner)) + inner


def said(text: str, title: bool = False) -> bytes:
    return record(3999, struct.pack("<I", 0 if title else 4)) + record(4000, text.encode("utf-16-le"))


def slide(kind: int, inner: bytes, first: bytes = b"") -> bytes:
    return record(kind, first + record(1036, record(0xF00D, inner), holds=True), holds=True)


def listed(which: int, *slides: tuple[int, int, bytes]) -> bytes:
    inner = b"".join(
        record(1011, struct.pack("<4I", number, 0, 0, id) + bytes(4)) + more for number, id, more in slides
    )
    return record(4080, inner, which, holds=True)


def make_ppt(path: Path, token: int = 0xE391C05F, *more: tuple[int, int, bytes], **streams: bytes) -> Path:
    slides = (3, 256, said("Launch", title=True)), (2, 257, said("Żuraw") + record(4008, b"caf\xe9\rbar"))
    outline = listed(0, *slides, *more)
    objects = {
        1: record(1000, outline + listed(2, (5, 0, b"")), holds=True),
        2: slide(1006, said("old words")),
        3: slide(1006, said("In a shape.")),
        5: slide(1008, said("Say hello."), record(1009, struct.pack("<II", 256, 0))),
    }
    data, places = b"", {}
    for number, each in objects.items():
        places[number] = len(data)
        data += each
    edits = []
    for runs in ([(1, 3), (5, 1)], [(2, 1)]):  # in the second edit slide 2 was changed
        if edits:
            places[2] = len(data)
            data += slide(1006, said("new words"))
        inner = b""
        for first, count in runs:
            inner += struct.pack("<I", first | count << 20)
            inner += b"".join(struct.pack("<I", places[number]) for number in range(first, first + count))
        directory = len(data)
        data += record(6002, inner)
        edits.append(len(data))
        data += record(4085, struct.pack("<6I", 0, 0, edits[-2] if len(edits) > 1 else 0, directory, 1, 6))
    current = record(4086, struct.pack("<III", 20, token, edits[-1]))
    return make_compound(path, {"PowerPoint Document": data, "Current User": current, **streams})


def test_slides_are_read_in_their_order_as_they_were_last_saved(tmp_path: Path) -> None:
    path = make_ppt(tmp_path / "a.ppt")
    assert [(piece.place.slide, piece.heading, piece.text) for piece in extract(path, kind_of(path))] == [
        (1, "", "Launch"),
        (1, "Launch", "In a shape."),
        (1, "Launch", "Notes: Say hello."),
        (2, "", "Żuraw"),
        (2, "", "café\nbar"),
        (2, "", "new words"),
    ]


def test_pictures_and_slides_that_are_missing_are_unread(tmp_path: Path) -> None:
    path = make_ppt(tmp_path / "a.ppt", 0xE391C05F, (9, 258, b""), Pictures=b"\xff\xd8")
    found = list(extract(path, kind_of(path)))
    assert unread(found) == "Not read: pictures (in a format of before 2007); slide 3 (damaged)."
    assert [piece.text for piece in found if piece.place.slide == 2] == ["Żuraw", "café\nbar", "new words"]


def test_a_locked_presentation_is_told(tmp_path: Path) -> None:
    path = make_ppt(tmp_path / "a.ppt", 0xF3D1C4DF)
    with pytest.raises(ExtractionError, match="locked with a password"):
        list(extract(path, kind_of(path)))
