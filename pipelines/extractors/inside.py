"""Files inside other files, each read as what it is. Recordings and what cannot be read are only told by name."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from indexes.errors import FolioscopeError
from indexes.records import Place
from pipelines.extractors.archives import Budget
from pipelines.extractors.pdf_attachments import FileInside
from pipelines.reading.kinds import Kind, kind_of
from pipelines.records import Piece

log = logging.getLogger(__name__)

_LEAST = 100_000
"""Bytes that each file takes of the budget at least: no file unpacks to thousands of small ones."""


def pieces_inside(file: FileInside, budget: Budget, read: Callable[[Path, Kind], Iterator[Piece]]) -> Iterator[Piece]:
    """The pieces of a file that is attached to a PDF, below its name and at the page where it is attached: places
    inside it are none of the PDF's. Nothing where the `budget` does not allow it, or it cannot be read."""
    budget.left -= max(len(file.data), _LEAST)
    if budget.left < 0:
        return
    with tempfile.TemporaryDirectory(prefix="folioscope-") as folder:
        path = Path(folder) / ("attachment" + Path(file.name).suffix[:12])
        path.write_bytes(file.data)
        try:
            for number, piece in enumerate(read(path, kind_of(path))):
                if piece.kind == "doubt":
                    continue
                heading = " › ".join(filter(None, (file.name, piece.heading)))
                member = f"{file.name}#{number}" if piece.picture is not None else ""
                kind = "picture" if piece.kind == "scan" else piece.kind  # it is a page, but none of this file
                yield replace(piece, kind=kind, place=Place(page=file.page), heading=heading, member=member)
        except FolioscopeError as error:
            log.warning("%s, attached to a PDF, could not be read: %s", file.name, error)
