"""Files inside other files, each read as what it is. Recordings and what cannot be read are only told by name."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from indexes.errors import FolioscopeError
from indexes.records import Place
from pipelines.errors import in_short
from pipelines.extractors.archives import Budget
from pipelines.extractors.pdf_attachments import FileInside
from pipelines.reading.kinds import Kind, kind_of
from pipelines.records import Piece

_LEAST = 100_000
"""Bytes that each file takes of the budget at least: no file unpacks to thousands of small ones."""


def pieces_inside(file: FileInside, budget: Budget, read: Callable[[Path, Kind], Iterator[Piece]]) -> Iterator[Piece]:
    """The pieces of a file that is attached to a PDF, below its name and at the page where it is attached: places
    inside it are none of the PDF's. It is unread where the `budget` does not allow it, or it cannot be read."""
    budget.left -= max(len(file.data), _LEAST)
    if budget.left < 0 or not file.data:
        yield Piece("unread", "damaged, or larger than is safe to unpack", Place(page=file.page), file.name)
        return
    with tempfile.TemporaryDirectory(prefix="folioscope-") as folder:
        path = Path(folder) / ("attachment" + Path(file.name).suffix[:12])
        path.write_bytes(file.data)
        try:
            for number, piece in enumerate(read(path, kind_of(path))):
                if piece.kind == "doubt":
                    continue
                within = piece.heading or (piece.place.label() if piece.kind == "unread" else "")
                heading = " › ".join(filter(None, (file.name, within)))
                member = f"{file.name}#{number}" if piece.picture is not None else ""
                kind = "picture" if piece.kind == "scan" else piece.kind  # it is a page, but none of this file
                yield replace(piece, kind=kind, place=Place(page=file.page), heading=heading, member=member)
        except FolioscopeError as error:
            yield Piece("unread", in_short(error, path.name), Place(page=file.page), file.name)
