"""Files inside other files, each read as what it is: attachments of PDFs and mails, members of ZIP archives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from indexes.errors import FolioscopeError
from indexes.records import Place
from pipelines.errors import ExtractionError, in_short
from pipelines.extractors.archives import BOUNDED, DAMAGED, Budget, member_of, open_zip
from pipelines.reading.kinds import Kind, kind_of
from pipelines.records import Piece

_LEAST = 10_000
"""Bytes that each file takes of the budget at least: no file unpacks to thousands of small ones."""
_SWOLLEN, _DENSEST = 10_000_000, 100
"""Bytes from which on a member is no document if it unpacks to more than so many times what it takes."""
_LONGEST_NAME = 300
_OF_PROGRAMS = (".", "__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class FileInside:
    """`page` is where it is attached, None where it is attached to the whole; `data` is empty where it cannot be
    unpacked."""

    name: str
    data: bytes
    page: int | None = None


Inside = Callable[[FileInside], Iterator[Piece]]
"""What a file inside another holds, or that it is unread."""


def too_deep(file: FileInside) -> Iterator[Piece]:
    """That a file is unread because of how many others it is inside of."""
    yield _unread("too deep inside other files", file)


def pieces_inside(file: FileInside, budget: Budget, read: Callable[[Path, Kind], Iterator[Piece]]) -> Iterator[Piece]:
    """The pieces of a file inside another, below its name and at the page where it is attached: places inside it are
    none of the other's. It is unread where the `budget` does not allow it, or it cannot be read."""
    budget.left -= max(len(file.data), _LEAST)
    if budget.left < 0 or not file.data:
        yield _unread("more than is safe to unpack of one file" if file.data else DAMAGED, file)
        return
    with tempfile.TemporaryDirectory(prefix="folioscope-") as folder:
        path = Path(folder) / ("attachment" + Path(file.name).suffix[:12])
        path.write_bytes(file.data)
        try:
            number = 0
            for piece in read(path, kind_of(path)):
                if piece.kind == "doubt":
                    continue
                within = piece.heading or (piece.place.label() if piece.kind == "unread" else "")
                heading = " › ".join(filter(None, (file.name, within.removeprefix(path.name).strip())))
                member = f"{file.name}#{number}" if piece.picture is not None else file.name
                kind = "picture" if piece.kind == "scan" else piece.kind  # it is a page, but none of this file
                number, place = number + 1, Place(page=file.page)
                yield replace(piece, kind=kind, place=place, heading=heading, member=member)
            if not number:
                yield _unread("nothing is in it", file)
        except FolioscopeError as error:
            yield _unread(in_short(error, path.name), file)


def _unread(why: str, file: FileInside) -> Piece:
    return Piece("unread", why, Place(page=file.page), file.name)


def read_zip(path: Path, inside: Inside = too_deep) -> Iterator[Piece]:
    """The files in an archive, each below its path."""
    with open_zip(path) as archive:
        members = [each for each in archive.infolist() if each.file_size and not _is_of_programs(each.filename)]
        if not members:
            raise ExtractionError(f"There is no file in {path.name}. Is it the right one?", "open")
        if all(each.flag_bits & 1 for each in members):
            raise ExtractionError(f"{path.name} is locked with a password. Unpack it and index the folder.", "open")
        for each in members:
            name = each.filename.replace("\\", "/")[-_LONGEST_NAME:]
            if each.flag_bits & 1:
                yield Piece("unread", "locked with a password", Place(), name)
            elif each.file_size > max(_SWOLLEN, _DENSEST * each.compress_size) or each.compress_type not in BOUNDED:
                yield Piece("unread", "larger than is safe to unpack", Place(), name)
            else:
                yield from inside(FileInside(name, member_of(archive, each) or b""))


def _is_of_programs(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith(_OF_PROGRAMS) for part in parts if part != "..")
