"""Word's format of before 2007: pieces of one and of two bytes, fields, rows, notes; what is locked or older."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError, Unsupported
from pipelines.extractors import extract
from pipelines.reading.kinds import kind_of
from tests.making_files import make_compound

WIDE = "Żuraw\rCity\x07Sum\x07\x07Riga\x07\x07\x07"
NARROW = "See \x13 REF \x13 PAGE \x14x\x15 \x14figure 2\x15.\rÉté\x0bhere\r"


def make_doc(path: Path, flags: int = 0x0200, version: int = 0xC1, ends: str = "") -> Path:
    narrow, notes = NARROW + ends, "\x02 Of brass.\r"
    main = WIDE + narrow
    text = struct.pack("<HH6xH", 0xA5EC, version, flags).ljust(0x4C, b"\0")
    text += struct.pack("<8I", len(main), len(notes), *[0] * 6)
    first = 1000
    second = first + 2 * len(WIDE)
    pieces = struct.pack("<3I", 0, len(WIDE), len(main + notes))
    pieces += struct.pack("<HIHHIH", 0, first, 0, 0, second * 2 | 0x40000000, 0)
    listed = b"\1" + struct.pack("<H", 3) + b"abc" + b"\2" + struct.pack("<I", len(pieces)) + pieces
    text = text.ljust(0x1A2, b"\0") + struct.pack("<II", 7, len(listed))
    text = text.ljust(first, b"\0") + WIDE.encode("utf-16-le") + (narrow + notes).encode("cp1252")
    return make_compound(path, {"WordDocument": text, "1Table": bytes(7) + listed})


def test_text_fields_rows_and_notes(tmp_path: Path) -> None:
    path = make_doc(tmp_path / "a.doc")
    assert [(piece.kind, piece.text) for piece in extract(path, kind_of(path))] == [
        ("text", "Żuraw"),
        ("table", "City | Sum\nRiga |"),
        ("text", "See figure 2."),
        ("text", "Été\nhere"),
        ("text", "Footnotes: Of brass."),
    ]


def test_pictures_are_unread_and_fields_that_need_one_are_none(tmp_path: Path) -> None:
    for ends, said in (("\x13 FORMTEXT \x01\x14 Ann\x15\r", ""), ("\x01\r", "pictures and drawings")):
        path = make_doc(tmp_path / "a.doc", ends=ends)
        found = [piece.heading for piece in extract(path, kind_of(path)) if piece.kind == "unread"]
        assert "".join(found) == said


def test_what_is_locked_older_or_damaged_is_told(tmp_path: Path) -> None:
    for flags, version, error, said in (
        (0x0300, 0xC1, ExtractionError, "locked with a password"),
        (0x0200, 0x68, Unsupported, "before 1997; save it as DOCX"),
        (0x0000, 0xC1, ExtractionError, "damaged or unusual"),
    ):
        path = make_doc(tmp_path / "a.doc", flags, version)
        with pytest.raises(error, match=said):
            list(extract(path, kind_of(path)))


def test_text_behind_the_lengths_that_are_named_is_unread(tmp_path: Path) -> None:
    path = make_doc(tmp_path / "a.doc")
    data = path.read_bytes()
    length = struct.pack("<I", len(WIDE + NARROW))
    assert data.count(length + struct.pack("<I", len("\x02 Of brass.\r"))) == 1
    path.write_bytes(data.replace(length, struct.pack("<I", 5), 1))
    found = [piece.heading for piece in extract(path, kind_of(path)) if piece.kind == "unread"]
    assert found == ["what stands behind its last part"]
