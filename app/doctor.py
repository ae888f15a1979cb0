"""Proves that catalogue, words, vectors and files agree; mends what does not, without running a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.preparing import sweep
from indexes.library import Library

if TYPE_CHECKING:
    from app.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined, and in a sentence what was seen."""

    what: str
    healthy: bool
    says: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(assistant: Assistant) -> list[Finding]:
    library = assistant.library
    damage = library.catalogue.damage()
    if damage:
        return [Finding("catalogue", False, f"SQLite says: {damage}. Restore catalogue.sqlite from a backup.")]
    return [
        _catalogue(library),
        _keywords(library),
        *_spaces(library),
        *_models(assistant),
        _languages(assistant),
        _ledger(library),
        _graphics(),
    ]


def repair(library: Library) -> None:
    """Rebuild keywords and FAISS files from the catalogue; delete what was made of recordings that have gone."""
    sweep(library)
    with library.writing():
        with library.catalogue.transaction() as connection:
            library.keywords.rebuild(connection)
        library.rebuild_spaces()


def reembed(assistant: Assistant) -> None:
    """Make vectors with the models that are set now, where others are in use; all of them anew where none are."""
    from app.progress import grow_with_progress

    grow_with_progress(assistant.grow(anew=True))


def _catalogue(library: Library) -> Finding:
    orphans = len(library.catalogue.orphans())
    segments = library.catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0]
    return Finding("catalogue", not orphans, f"{segments} segments, {orphans} sources that no file leads to")


def _keywords(library: Library) -> Finding:
    says = library.keywords.check(library.catalogue.connection)
    return Finding("keywords", not says, says or "agree with the catalogue")


def _spaces(library: Library) -> Iterator[Finding]:
    for row in library.catalogue.connection.execute("SELECT * FROM spaces WHERE NOT growing").fetchall():
        expected = library.catalogue.vector_ids(row["key"])
        held, generation = library.saved_ids(row["name"])
        agree = held is not None and np.array_equal(np.sort(held), expected)
        if held is None:
            says = "its FAISS file is missing or damaged"
        elif generation != library.catalogue.generation and agree is False:
            says = (
                f"its FAISS file is behind ({len(held)} of {len(expected)} vectors); it is brought level when searched"
            )
        else:
            says = f"{len(held)} vectors in FAISS, {len(expected)} in the catalogue"
        behind = held is not None and generation < library.catalogue.generation
        yield Finding(f"{row['name']} vectors", agree or behind, says)


def _models(assistant: Assistant) -> Iterator[Finding]:
    catalogue, growths = assistant.library.catalogue, {growth.name: growth for growth in assistant.growths()}
    for row in catalogue.connection.execute("SELECT name, model FROM spaces WHERE NOT growing").fetchall():
        growth, begun = growths.get(row["name"]), catalogue.space(row["name"], growing=True)
        says = row["model"]
        if growth is not None:
            says += f" is in use; {growth.says} by {growth.model}: python -m app doctor --reembed goes on with them"
        elif begun is not None:
            says += f"; {begun['vectors']} vectors by {begun['model']} are kept in case it is set again"
        yield Finding(f"{row['name']} model", growth is None, says)


def _languages(assistant: Assistant) -> Finding:
    return Finding("languages", True, assistant.suggestion() or "nothing that the text model is known to read poorly")


def _ledger(library: Library) -> Finding:
    files = library.catalogue.files()
    gone = [file.path for file in files if file.source_id and not Path(file.path).exists()]
    failed = sum(file.status == "failed" for file in files)
    says = f"{len(files)} files known, {failed} failed, {len(gone)} no longer on disk"
    if gone:
        says += f" (first: {gone[0]}); index their folder again"
    return Finding("files", not gone, says)


def _graphics() -> Finding:
    import faiss

    count = faiss.get_num_gpus()
    says = f"FAISS searches on {count} GPUs" if count else "no GPU: FAISS searches on the CPU"
    return Finding("graphics", True, says)
