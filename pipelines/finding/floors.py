"""What chance reaches in one library: the floor above which declining reads how well something fits.

A question that means nothing still has a best passage. How good it looks depends on the library, so it is measured
there: null questions are asked, and the score that all but a few of them stay below is the floor of each index.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from indexes.errors import FolioscopeError
from indexes.library import Library
from pipelines.in_use import filled_by, in_use
from pipelines.models.shelf import ModelShelf

log = logging.getLogger(__name__)

# Everyday questions from many walks of life. A library answers a few of them at most, which a quantile forgives.
UNRELATED = (
    "How do I bake bread with walnuts?",
    "When does the night train leave?",
    "How is the oil filter of a motorcycle changed?",
    "Which soil do tomatoes on a balcony need?",
    "How much is a ticket for the aquarium?",
    "Which vaccine does a puppy need first?",
    "At what temperature does tungsten melt?",
    "How can I cancel my mobile phone contract?",
    "Who plays the detective in the series?",
    "How many moons does Saturn have?",
    "What colour was the dress of the bride?",
    "Where can skis be rented near the glacier?",
    "Which chess opening begins with the queen's pawn?",
    "How often should a violin be restrung?",
    "What are the side effects of the ointment?",
    "Which knot moors a sailing boat?",
    "How do volcanoes make islands?",
    "Who scored the second goal in the final?",
    "What does a notary charge for a house?",
    "How long do hard-boiled eggs keep?",
    "Which exercises help against back pain?",
    "When do cherry trees blossom?",
    "How is a bicycle tyre mended?",
    "Which museum shows the golden mask?",
)
_QUANTILE = 0.9
_GROWN = 1.25  # by which a library has grown, or shrunk, until its floors are measured again
_NAME = "floors"


@dataclass(frozen=True, slots=True)
class Floors:
    """Cosines, None for a space that is not there. `models` fill the spaces, `segments` were there when it was
    measured."""

    text: float | None
    image: float | None
    models: tuple[str, ...] = ()
    segments: int = 0


def measured(library: Library) -> Floors | None:
    """The floors of a library; None when they were never measured, or with other models."""
    found = library.catalogue.connection.execute("SELECT value FROM measures WHERE name = ?", (_NAME,)).fetchone()
    if found is None:
        return None
    values = json.loads(found["value"])
    floors = Floors(values["text"], values["image"], tuple(values["models"]), values["segments"])
    return floors if floors.models == filled_by(library) else None


def update(library: Library, shelf: ModelShelf) -> Floors | None:
    """Measure where that was never done, or where the library has grown or shrunk by a quarter since; None for a
    library without segments. Takes about a second."""
    there = _count(library)
    known = measured(library)
    if known is not None and known.segments / _GROWN <= there <= known.segments * _GROWN:
        return known
    if not there:
        return None
    try:
        floors = _measure(library, shelf, there)
    except FolioscopeError as error:  # the model that filled the library is gone: what was indexed stays
        log.warning("the floors were not measured: %s", error)
        return None
    with library.catalogue.transaction(counts=False) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO measures VALUES (?, ?, ?)",
            (_NAME, json.dumps(asdict(floors)), library.catalogue.generation),
        )
    return floors


def _measure(library: Library, shelf: ModelShelf, segments: int) -> Floors:
    shelf = in_use(library, shelf)
    spaces: dict[str, float | None] = {"text": None, "image": None}
    for space, model in (("text", lambda: shelf.text), ("image", lambda: shelf.image)):
        if library.catalogue.space(space) is None:
            continue
        embedder = model()
        best = []
        for question in UNRELATED:
            hits = library.search_vectors(space, embedder.embed_question(question), 1, model=embedder.name)
            best += [hit.score for hit in hits]
        spaces[space] = _quantile(best) if best else None
    return Floors(spaces["text"], spaces["image"], filled_by(library), segments)


def _quantile(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return round(float(ordered[min(len(ordered) - 1, int(_QUANTILE * len(ordered)))]), 4)


def _count(library: Library) -> int:
    return int(library.catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0])
