"""From the pieces of one document to the segments that are stored, in portions, with the vectors of its pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from indexes.catalogue import Catalogue
from indexes.records import FileRecord, Place, Segment, Source
from pipelines.errors import ExtractionError
from pipelines.languages import language_of
from pipelines.models.shelf import ModelShelf
from pipelines.reading.cleaning import clean
from pipelines.reading.costs import Extent
from pipelines.reading.doubting import looked_at
from pipelines.reading.kinds import Kind
from pipelines.reading.portions import portions
from pipelines.reading.processes import ReadingProcess
from pipelines.reading.segmenting import joined, segment
from pipelines.reading.unread import unread
from pipelines.records import Piece

MOST_SECONDS = 4 * 3600.0
"""That one document is read in one run; what it has then is kept."""
_LONGEST_TITLE = 200  # characters
_WRAPPED = frozenset({"text", "markdown", "eml", "mbox", "msg", "rtf"})
_STAGE = "pieces"
_REST = "the rest is being read."


@dataclass
class Begun:
    """What is known of a document of which a part was read: how many of the file's `pieces`, its `title` and
    `language`, how many `segments` they gave, and the `texts` of these."""

    pieces: int = 0
    title: str = ""
    language: str = ""
    segments: int = 0
    texts: set[str] = field(default_factory=set)


def begun(catalogue: Catalogue, source_id: str) -> Begun | None:
    """What is stored of a document; None where it was read to its end."""
    stages = catalogue.stages(catalogue.source_key(source_id) or 0)
    source = catalogue.sources([source_id]).get(source_id)
    if source is None:
        return Begun()
    if not stages:
        return None
    stored = catalogue.segments_of(source_id)
    texts = {joined(segment.text) for segment in stored}
    return Begun(round(stages.get(_STAGE, 0)), source.title, source.language, len(stored), texts)


@dataclass(eq=False)
class Portion:
    """A part of a source that was read. `pictures` are image vectors by index into `segments`; `stages` say how far the
    reading has come, {} behind the last portion; `part` which part of what was left it is, in 0..1, as far as known.
    `in_one_go`: the file was read from its beginning.

    The segments stand `instead_of` stored ones, by id; `note` and `place` say how far that is, and `ends` that nothing
    follows for now. `stored`: who reads may go on.
    """

    source: Source
    record: FileRecord
    kind: Kind
    extent: Extent
    segments: list[Segment]
    stages: dict[str, float]
    pictures: dict[int, np.ndarray] = field(default_factory=dict)
    part: float = 0.0
    in_one_go: bool = False
    instead_of: Sequence[int] = ()
    place: Place = field(default_factory=Place)
    note: str = ""
    ends: bool = True
    stored: threading.Event = field(default_factory=threading.Event)


def read_document(
    record: FileRecord,
    kind: Kind,
    extent: Extent,
    process: ReadingProcess,
    shelf: ModelShelf,
    known: Begun,
    advanced: Callable[[int, Place], None],
) -> Iterator[Portion]:
    """What stands behind what is `known` already, which is brought up to date with each portion.

    `record` names the file and its content's id; `advanced` hears how many pieces there are, and of which place.
    A file of which something could not be read is partial. Raises ExtractionError, also when there is nothing in it.
    """
    lost: list[Piece] = []
    began, place = time.monotonic(), Place()

    def pieces() -> Iterator[Piece]:
        nonlocal place
        try:
            for piece in process.pieces(Path(record.path), kind, known.pieces):
                if piece.kind == "unread":
                    lost.append(piece)
                    continue
                if time.monotonic() - began > MOST_SECONDS:
                    why = f"reading took more than {MOST_SECONDS / 3600:g} hours"
                    lost.append(Piece("unread", why, Place(), f"all behind {place.label() or 'its beginning'}"))
                    return
                yield piece
                place = piece.place
        except ExtractionError as error:
            error.args = (" ".join(filter(None, (str(error), unread(lost)))),)
            raise

    def looked() -> Iterator[tuple[list[Piece], list[Piece]]]:
        number = known.pieces
        for given, read in looked_at(pieces(), shelf):
            number += len(given)
            advanced(number, given[-1].place)
            lost.extend(piece for piece in read if piece.kind == "unread")
            yield given, [piece for piece in read if piece.kind != "unread"]

    before, part, in_one_go, so_far = 0, 0.0, not known.pieces, ""
    for gathered, last in portions(looked(), known.pieces):
        read = clean(gathered.read, wrapped=kind.name in _WRAPPED)
        known.title = known.title if known.segments else _title(read)
        made = segment(read, record.source_id or "", kind.modality, known.title, known.segments, known.texts)
        segments = [each for each, _ in made]
        known.language = known.language or language_of(segments)
        known.pieces = gathered.until
        known.segments += len(segments)
        if last and not known.segments:
            name = Path(record.path).name
            why = unread(lost) or "Is it the right file?"
            raise ExtractionError(f"No text and no picture was found in {name}. {why}", "read")
        source = Source(
            id=record.source_id or "",
            modality=kind.modality,
            media_type=kind.media_type,
            bytes=record.bytes,
            title=known.title,
            language=known.language,
        )
        pictures = {i: p.vector for i, (_, p) in enumerate(made) if p is not None and p.vector is not None}
        line = replace(record, segments=known.segments)
        if not last:
            page = max((piece.place.page or 0 for piece in gathered.read), default=0)
            so_far = _so_far(page, extent.pages)
            line = replace(line, status="draft", stage="read", reason=f"{so_far}; {_REST}")
            part = (page - before) / (extent.pages - before) if extent.pages > page else 0.0
            before = page
        elif lost:
            line = replace(line, status="partial", stage="read", reason=unread(lost))
        stages = {} if last else {_STAGE: float(gathered.until)}
        place = segments[-1].place if segments else Place()
        yield Portion(
            source, line, kind, extent, segments, stages, pictures, part, in_one_go, (), place, so_far, ends=last
        )


def _so_far(page: int, pages: int) -> str:
    """What can be asked of a document."""
    return f"Pages 1–{page} of {pages} can be asked" if pages else "What was read so far can be asked"


def _title(pieces: Sequence[Piece]) -> str:
    """The first heading; without any, a short first paragraph. It goes with every segment, and so says what a later
    page is about: on Cranfield, nDCG@10 .413 without it and .430 with it."""
    heading = next((piece.heading.split(" › ")[0] for piece in pieces if piece.heading), "")
    first = pieces[0].text if len(pieces) > 1 and pieces[0].kind == "text" else ""
    return heading or (first if len(first) <= _LONGEST_TITLE and "\n" not in first else "")
