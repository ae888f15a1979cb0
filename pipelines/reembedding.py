"""New vectors for what is stored already, after another model was chosen. Texts come from the catalogue, pictures
from their files; a picture whose file is gone keeps its words and loses its vector."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexes.library import Library
from pipelines.errors import ExtractionError
from pipelines.models.embedding import TextEmbedder
from pipelines.models.pictures import PictureEmbedder
from pipelines.models.words import embed
from pipelines.reading.batching import BATCH
from pipelines.reading.looking import to_embed
from pipelines.reading.previews import picture_of

log = logging.getLogger(__name__)


def reembed_texts(library: Library, embedder: TextEmbedder) -> None:
    """All segments' texts, in one transaction: before it the old space answers, after it the new one."""
    library.replace_space("text", embedder.name, embedder.dimension, _texts(library, embedder))


def reembed_pictures(library: Library, embedder: PictureEmbedder) -> None:
    library.replace_space("image", embedder.name, embedder.dimension, _pictures(library, embedder))


def _texts(library: Library, embedder: TextEmbedder) -> Iterator[tuple[dict[int, np.ndarray], dict[int, np.ndarray]]]:
    for source_id in library.catalogue.sources():
        segments = [segment for segment in library.catalogue.segments_of(source_id) if to_embed(segment)]
        for start in range(0, len(segments), BATCH):
            batch = segments[start : start + BATCH]
            rows, codes = embed(embedder, [to_embed(segment) for segment in batch])
            ids = [segment.id or 0 for segment in batch]
            yield dict(zip(ids, rows, strict=True)), dict(zip(ids, codes, strict=False))


def _pictures(
    library: Library, embedder: PictureEmbedder
) -> Iterator[tuple[dict[int, np.ndarray], dict[int, np.ndarray]]]:
    for source in library.catalogue.sources().values():
        path = next((Path(p) for p in source.paths if Path(p).exists()), None)
        for segment in library.catalogue.segments_of(source.id):
            if not segment.pictured or path is None:
                continue
            try:
                picture = picture_of(segment, source, path)
            except ExtractionError as error:
                log.warning("%s", error)
                continue
            if picture is not None:
                yield {segment.id or 0: embedder.look([picture])[0].vector}, {}
