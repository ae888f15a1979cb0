"""Rich text (RTF) to Pieces: striprtf reads what is said; here is told apart what it leaves out or puts together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from indexes.records import Place
from pipelines.extractors.symbols import raised
from pipelines.extractors.tables import table_pieces
from pipelines.records import Piece

_BRACES = re.compile(rb"\\[{}\\]|[{}]")
_ASIDE = re.compile(
    rb"\{\s*+(?:\\\*\s*+)?\\(?P<what>footnote|annotation|header[lrf]?|footer[lrf]?|deleted|v|fonttbl)(?![a-z0-9])"
)
_AUTHOR = re.compile(rb"\{\\\*\\atnauthor ([^{}\\]{1,200})\}")
_NUMBER = re.compile(rb"\{(?:\\\*)?\\(?:listtext|pntext)(?![a-z])")  # of an item, as it is shown
_RAISED = re.compile(rb"(?<=\d)(\{?)\\super ?([+-]?\d{1,3})(?=[}\\])")
_MARK, _END = re.compile("\1(\\d{1,6})\2"), re.compile("\3(\\d{1,6})\4")  # where an aside stands, and where it ends


def read_rtf(path: Path) -> Iterator[Piece]:
    """The paragraphs and tables of a rich text file; its lines are not lines of the file, so Place is empty."""
    yield from rtf_pieces(path.read_bytes())


def rtf_pieces(data: bytes) -> Iterator[Piece]:
    """Notes, comments and hidden text are told as such behind their paragraph, headers and footers at the end."""
    data = _NUMBER.sub(b"{", data.translate(None, b"\1\2\3\4"))
    data = _RAISED.sub(_as_characters, data)
    fonts, main, asides = _parted(data)
    start = re.match(rb"\{\\rtf[^{}]{0,300}", data)
    head = (start[0] if start else rb"{\rtf1\ansi") + fonts
    notes, last = [], []
    count = 0
    # All at once: the fonts at the head are read with each text.
    marked = b"".join(b"{%b}\3%d\4" % (inner, n) for n, (_, _, inner) in enumerate(asides))
    parts = _END.split(_said(head + marked + b"}"))
    texts = dict(zip(map(int, parts[1::2]), parts[::2], strict=False))
    for n, (what, author, inner) in enumerate(asides):
        text = " ".join(texts.get(n, "").split())
        if what == "footnote":
            kind = "Endnote" if inner.startswith(rb"\ftnalt") else "Footnote"
            count += 1
            label = f"{kind} {count}"
        elif what == "annotation":
            label = f"Comment by {author}" if author else "Comment"
        else:
            label = "Hidden text" if what == "v" else what[:6].capitalize()
        told = Piece("text", f"{label}: {text}") if text and what != "deleted" else None
        notes.append(None if what.startswith(("header", "footer")) else told)
        if told and notes[-1] is None and any(map(str.isalpha, text)) and told not in last:
            last.append(told)
    for is_table, lines in groupby(_said(main).split("\n"), key=lambda line: line.count("|") > 1):
        yield from _pieces(is_table, lines, notes)
    yield from last


def _pieces(is_table: bool, lines: Iterable[str], notes: list[Piece | None]) -> Iterator[Piece]:
    rows: list[tuple[int, list[str]]] = []
    told: list[Piece] = []
    for line in lines:
        told += [note for mark in _MARK.findall(line) if int(mark) < len(notes) and (note := notes[int(mark)])]
        text = _MARK.sub("", line).strip()
        if is_table:
            rows.append((0, [cell.strip() for cell in text.removesuffix("|").split("|")]))
            continue
        if text:
            yield Piece("text", text)
        yield from told
        told = []
    yield from table_pieces(rows, lambda first, last: Place())
    yield from told


def _parted(data: bytes) -> tuple[bytes, bytes, list[tuple[str, str, bytes]]]:
    """The table of fonts, the text in which a mark with a number stands for each group that is read by itself, and of
    these groups what they are, by whom, and what is in them."""
    fonts, kept = b"", []
    asides: list[tuple[str, str, bytes]] = []
    start = depth = outer = 0
    found: re.Match[bytes] | None = None
    for brace in _BRACES.finditer(data):
        if brace[0] == b"{":
            if found is None and (found := _ASIDE.match(data, brace.start())):
                outer = depth
            depth += 1
        elif brace[0] == b"}":
            depth -= 1
            if found is None or depth != outer:
                continue
            what = found["what"].decode()
            if what == "fonttbl":
                fonts = data[found.start() : brace.end()]
            else:
                before = data[start : found.start()]
                author = _AUTHOR.findall(before[-600:])
                kept += [before, b"\1%d\2" % len(asides)]
                asides.append((what, _said(author[-1]) if author else "", data[found.end() : brace.start()]))
                start = brace.end()
            found = None
    return fonts, b"".join([*kept, data[start:]]), asides


def _said(data: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    text = rtf_to_text(data.decode("latin-1"), errors="replace")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # characters beyond 65,535 come in halves


def _as_characters(match: re.Match[bytes]) -> bytes:
    characters = b"".join(rb"\u%d " % ord(each) for each in raised(match[2].decode(), "1"))
    return match[1] + rb"\uc0" + characters + rb"\uc1 "
