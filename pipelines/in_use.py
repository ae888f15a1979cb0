"""The models that go with a library: those that filled its spaces, also after others were set.

A question and the passages it is compared with must be embedded by one model. So until the new vectors are complete
(`growing`), the old ones are asked by the model that made them. New files get its vectors, too: so they are found like
all others at once, and `growing` catches up. Where that model can't be loaded any more, words alone are searched, and
new files get vectors of the model that is set, which nobody then has to make again.
"""

from __future__ import annotations

from indexes.library import Library
from pipelines.models.shelf import ModelShelf

SPACES = ("text", "image")
"""The names of a library's spaces, which are the roles of the models that fill them."""


def in_use(library: Library, shelf: ModelShelf) -> ModelShelf:
    """The shelf with the models that filled the library's spaces, as far as they can be loaded, which they are then."""
    others = {}
    for name in SPACES:
        other = _of(library, shelf, name)
        if other is not None and other.loads(name):
            others[name] = other.name(name)
    return shelf.with_models(others) if others else shelf


def missing(library: Library, shelf: ModelShelf, name: str) -> str:
    """Why the model that filled a space could not be loaded, so that words alone are searched; '' as far as is known.
    Loads nothing."""
    other = _of(library, shelf, name)
    return "" if other is None else other.missing(name)


def filled_by(library: Library) -> tuple[str, ...]:
    """The models that filled the spaces, '' for a space that is not there."""
    rows = (library.catalogue.space(name) for name in SPACES)
    return tuple(str(row["model"]) if row is not None else "" for row in rows)


def _of(library: Library, shelf: ModelShelf, name: str) -> ModelShelf | None:
    """The shelf with the model that filled a space, where that is not the one that is set."""
    row = library.catalogue.space(name)
    return None if row is None or row["model"] == shelf.name(name) else shelf.with_models({name: row["model"]})
