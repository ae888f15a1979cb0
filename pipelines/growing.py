"""New vectors for what is stored already, after another text or image model was set. They are made beside those in use,
which answer questions meanwhile, and take their place when they are complete.

Texts come from the catalogue, pictures from their files; a picture whose file is gone keeps its words and loses its
vector. Each batch is stored when it is made, and ids only grow: one way through them in their order, from wherever it
was left, meets what was made before as little as it misses what was added since.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.errors import LibraryBusy
from indexes.growing import Growing, alone
from indexes.library import Library
from indexes.records import Segment, Source
from pipelines.errors import ModelUnavailable
from pipelines.filling import BATCH, Made, text_vectors
from pipelines.finding import floors
from pipelines.in_use import SPACES, missing
from pipelines.models.shelf import ModelShelf
from pipelines.reading.previews import picture_of

if TYPE_CHECKING:
    from pipelines.models.pictures import PictureEmbedder

log = logging.getLogger(__name__)

_PICTURES = 16  # a batch: about as many seconds as one of texts
_A_WHILE = 1.0  # seconds to wait for who writes, before looking for what was added meanwhile


@dataclass(frozen=True, slots=True)
class Growth:
    """How far the new vectors of one space are: `vectors` of about `of`, by `model`, instead of those by `before`.

    `missing` says why words alone are searched meanwhile, `problem` why the new ones can't be made; '' otherwise.
    `waits_for` names who writes just now, when nothing else is left to do.
    """

    name: str
    model: str
    vectors: int
    of: int
    before: str
    missing: str = ""
    problem: str = ""
    waits_for: str = ""

    @property
    def says(self) -> str:
        """'new text vectors: 40 %', and what people must know besides."""
        share = min(99, 100 * self.vectors // max(1, self.of))
        said = [f"new {self.name} vectors: {share} %"]
        if self.missing:
            what = "words alone are" if self.name == "text" else "no pictures are"
            said.append(f"{what} searched until then: {self.missing}")
        if self.problem:
            said.append(f"they cannot be made: {self.problem}")
        if self.waits_for:
            said.append(f"complete as soon as nobody writes: {self.waits_for}")
        return "; ".join(said)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "says": self.says}


def growths(library: Library, shelf: ModelShelf) -> list[Growth]:
    """The spaces for which new vectors are to be made, or were begun, by the models that are set. Loads nothing."""
    found = []
    for name in SPACES:
        used, begun = library.catalogue.space(name), library.catalogue.space(name, growing=True)
        model = shelf.name(name)
        if begun is not None and begun["model"] != model:
            begun = None  # of a model that was set for a while; kept, in case it is set again
        if used is None or (begun is None and used["model"] == model):
            continue
        made = 0 if begun is None else begun["vectors"]
        why, problem = missing(library, shelf, name), shelf.missing(name)
        found.append(Growth(name, model, made, used["vectors"], used["model"], why, problem))
    return found


def grow(library: Library, shelf: ModelShelf, anew: bool = False) -> Iterator[Growth]:
    """Make what `growths` names, and let it take its place; an event a batch. `anew`: all spaces, where it names none.

    Closing the generator, or a kill, costs a batch. Raises LibraryBusy when another process does so already, and
    ModelUnavailable, after all else was done, when a model that is set can't be loaded.
    """
    with alone(library.folder):
        names = [growth.name for growth in growths(library, shelf)]
        if anew and not names:
            names = [name for name in SPACES if library.catalogue.space(name) is not None]
        lacks = [name for name in names if not shelf.loads(name)]
        begun = []  # all at once: what is left of them is what the next start finds
        for name in names:
            if name not in lacks:
                model = shelf.embedder(name)
                begun.append(Growing(library.catalogue, name, model.name, model.dimension))
        for space in begun:
            yield from _fill(library, shelf, space)
    if lacks:
        raise ModelUnavailable(shelf.missing(lacks[0]))


def _fill(library: Library, shelf: ModelShelf, space: Growing) -> Iterator[Growth]:
    """All that is lacking, in the order of ids, until there is nothing more while nobody else may write."""
    text, last = space.name == "text", 0
    while True:
        while ids := space.lacking(last, BATCH if text else _PICTURES, pictured=not text):
            segments = [*library.catalogue.segments(ids).values()]
            made = text_vectors(segments, shelf.text) if text else _pictures(segments, library, shelf.image)
            space.store(*made)
            last = ids[-1]
            yield _growth(library, shelf, space)
        try:
            with library.writing(wait=_A_WHILE):
                if not space.lacking(last, 1, pictured=not text):
                    _take_over(library, shelf, space)
                    return
        except LibraryBusy as error:
            yield replace(_growth(library, shelf, space), waits_for=str(error))


def _take_over(library: Library, shelf: ModelShelf, space: Growing) -> None:
    before = library.catalogue.space(space.name)
    space.take_over()
    log.info("the %s vectors are by %s now", space.name, space.model)
    floors.update(library, shelf)
    if before is not None and before["model"] != space.model:
        shelf.with_models({space.name: before["model"]}).release(space.name)


def _growth(library: Library, shelf: ModelShelf, space: Growing) -> Growth:
    return next(growth for growth in growths(library, shelf) if growth.name == space.name)


def _pictures(segments: Sequence[Segment], library: Library, embedder: PictureEmbedder) -> Made:
    sources = library.catalogue.sources({segment.source_id for segment in segments})
    vectors = {}
    for segment in segments:
        source = sources.get(segment.source_id)
        path = _still_there(source) if source else None
        if source is None or path is None:
            continue
        try:
            picture = picture_of(segment, source, path)
            if picture is not None:
                vectors[segment.id or 0] = embedder.look([picture])[0].vector
        except Exception as error:  # a file costs itself, whatever has become of it since it was read
            log.warning("no new vector for a picture of %s: %s", path.name, error)
    return vectors, {}


def _still_there(source: Source) -> Path | None:
    """A file of the source, by its size."""
    paths = [Path(path) for path in source.paths]
    return next((path for path in paths if path.is_file() and path.stat().st_size == source.bytes), None)
