"""Word's format of before 2007 (DOC, [MS-DOC]) to Pieces: its text in order, rows of tables, notes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from struct import Struct

from indexes.records import Place
from pipelines.errors import ExtractionError, Unsupported
from pipelines.extractors.archives import DAMAGED
from pipelines.extractors.tables import table_pieces
from pipelines.records import Piece

_SHORT, _LONG, _PAIR = Struct("<H"), Struct("<I"), Struct("<II")
_MAGIC, _WORD_97 = 0xA5EC, 0x00C1
_LOCKED, _TABLE_1 = 0x0100, 0x0200  # flags at 10
_LENGTHS = 0x4C
"""Where it stands how many characters each part has, of those in `_PARTS`, which follow each other in the text."""
_PARTS = ("", "Footnotes", "Headers and footers", "", "Comments", "Endnotes", "Text boxes", "Text boxes")
_PIECES = 0x01A2
"""Where it stands at which byte of the table stream, and with how many bytes, the list of pieces is."""
_EIGHT_BITS = 0x40000000
_AS = str.maketrans({"\x0b": "\n", "\x1e": "-", "\xa0": " "} | dict.fromkeys("\x01\x02\x03\x04\x05\x08\x1f"))
_CELL = "\x07"
_DRAWN = re.compile("[\x01\x08]")
BEFORE_2007 = "in a format of before 2007"


def read_doc(path: Path) -> Iterator[Piece]:
    """Pictures are unread. Raises ExtractionError for what is locked or damaged, Unsupported for formats of before
    1997."""
    text, lengths = _text(path)
    at = 0
    for name, length in zip(_PARTS, lengths, strict=True):
        part, at = text[at : at + length], at + length
        if not name and at == length:
            yield from _blocks(part)
            if _DRAWN.search(_said(part)):
                yield Piece("unread", BEFORE_2007, Place(), "pictures and drawings")
        elif name:
            told = "\n".join(filter(None, (line.strip() for line in re.split("[\r\x07\x0c]", _plain(part)))))
            if any(map(str.isalpha, told)):
                yield Piece("text", f"{name}: {told}")
    if any(map(str.isalpha, text[at:])):
        yield Piece("unread", DAMAGED, Place(), "what stands behind its last part")


def _text(path: Path) -> tuple[str, list[int]]:
    """All characters of the file, and how many of them each of its parts has."""
    import olefile  # type: ignore[import-untyped]

    with olefile.OleFileIO(path) as container:
        main = container.openstream("WordDocument").read()
        magic, version = _SHORT.unpack_from(main, 0)[0], _SHORT.unpack_from(main, 2)[0]
        flags = _SHORT.unpack_from(main, 10)[0]
        if magic != _MAGIC or version < _WORD_97:
            raise Unsupported(f"{path.name} is in Word's format of before 1997; save it as DOCX.", "open")
        if flags & _LOCKED:
            raise ExtractionError(
                f"{path.name} is locked with a password; save a copy without it and index that.", "open"
            )
        listed = "1Table" if flags & _TABLE_1 else "0Table"
        if not container.exists(listed):
            raise ValueError("the list of its pieces is missing")
        table = container.openstream(listed).read()
    start, size = _PAIR.unpack_from(main, _PIECES)
    lengths = [_LONG.unpack_from(main, _LENGTHS + 4 * n)[0] for n in range(len(_PARTS))]
    parts, left = [], len(main)
    for count, first, wide in _pieces(table[start : start + size]):
        data = main[first : first + count * (2 if wide else 1)]
        left -= len(data)
        if left < 0:
            raise ValueError("pieces of its text stand in each other")
        parts.append(data.decode("utf-16-le" if wide else "cp1252", "replace"))
    return "".join(parts), lengths


def _pieces(listed: bytes) -> Iterator[tuple[int, int, bool]]:
    """Of each piece of the text: how many characters, at which byte, and whether two bytes are one."""
    at = 0
    while at + 3 <= len(listed) and listed[at] == 1:  # formats of pieces
        at += 3 + _SHORT.unpack_from(listed, at + 1)[0]
    if at + 5 > len(listed) or listed[at] != 2:
        raise ValueError("the list of its pieces is missing")
    count = (_LONG.unpack_from(listed, at + 1)[0] - 4) // 12
    borders = [_LONG.unpack_from(listed, at + 5 + 4 * n)[0] for n in range(count + 1)]
    for n in range(count):
        (place,) = _LONG.unpack_from(listed, at + 5 + 4 * (count + 1) + 8 * n + 2)
        wide = not place & _EIGHT_BITS
        first = place & (_EIGHT_BITS - 1)
        yield max(borders[n + 1] - borders[n], 0), first if wide else first // 2, wide


def _plain(text: str) -> str:
    """Without what is drawn or marked, and of fields ('REF figure') only their results."""
    return _said(text).translate(_AS)


def _said(text: str) -> str:
    """Of fields only their results."""
    said: list[str] = []
    fields: list[bool] = []  # of each that is open, whether its instruction is being read
    unseen = 0
    for part in re.split("([\x13-\x15])", text):
        if part == "\x13":
            fields.append(True)
            unseen += 1
        elif part in ("\x14", "\x15") and fields:
            unseen -= fields[-1]
            fields[-1] = False
            if part == "\x15":
                fields.pop()
        elif not unseen:
            said.append(part)
    return "".join(said)


def _blocks(text: str) -> Iterator[Piece]:
    """Paragraphs, and of cells that follow each other the rows."""
    parts = re.split("([\r\x07\x0c])", _plain(text) + "\r")
    ended = zip(parts[::2], parts[1::2], strict=False)
    for is_cell, group in groupby(ended, key=lambda each: each[1] == _CELL):
        lines = [line.strip() for line, _ in group]
        if is_cell:
            yield from table_pieces(list(enumerate(_rows(lines), 1)), lambda first, last: Place())
        else:
            yield from (Piece("text", line) for line in lines if line)


def _rows(cells: list[str]) -> list[list[str]]:
    """Behind the cells of each row an empty one ends it: rows of the fewest columns for which that holds."""
    for wide in range(1, min(len(cells), 64)):
        if len(cells) % (wide + 1) == 0 and not any(cells[wide :: wide + 1]):
            return [cells[at : at + wide] for at in range(0, len(cells), wide + 1)]
    return [list(group) for filled, group in groupby(cells, key=bool) if filled]
