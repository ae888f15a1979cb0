"""Proves that catalogue, words, vectors and the files beside them agree; mends what does not, without a model."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.forgetting import delete_forgotten, forgotten_copies
from app.preparing import useless
from indexes import shards
from indexes.agreement import breaches, mend
from indexes.backups import uploads
from indexes.errors import LibraryError
from indexes.library import FORGOTTEN, Library
from indexes.restoring import way_out

if TYPE_CHECKING:
    from app.assistant import Assistant

_MUCH = 0.25  # part of the catalogue's file that may hold nothing
_FEW = 256  # pages of 4 KB; a smaller file is not worth it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined, and in a sentence what was seen."""

    what: str
    healthy: bool
    says: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def doctor(assistant: Assistant, options: Namespace) -> None:
    """Print what is found, and what was mended before. Raises LibraryError where the catalogue itself is damaged."""
    mended = repair(assistant.library) if options.repair else []
    if options.reembed:
        reembed(assistant)
    findings = examine(assistant)
    if options.json:
        report = {"healthy": all(f.healthy for f in findings), "findings": [f.as_dict() for f in findings]}
        print(json.dumps({**report, "mended": mended} if options.repair else report, ensure_ascii=False, indent=2))
    else:
        for says in mended or ["nothing had to be mended"] * options.repair:
            print(f"     {says}")
        for finding in findings:
            print(f"{'ok  ' if finding.healthy else 'BAD '} {finding.what}: {finding.says}")
    if len(findings) == 1:  # nothing but the catalogue was looked at
        raise LibraryError(f"The catalogue is damaged. {findings[0].says}")


def examine(assistant: Assistant) -> list[Finding]:
    """All findings, or that the catalogue is damaged, and nothing else."""
    library = assistant.library
    damage = library.catalogue.damage()
    if damage:
        says = f"SQLite says: {damage}. Restore it from a backup. {way_out(library.folder)}"
        return [Finding("catalogue", False, says)]
    return [
        _catalogue(library),
        _keywords(library),
        *_spaces(library),
        *_models(assistant),
        _languages(assistant),
        _ledger(library),
        _uploads(library),
        _previews(library),
        _graphics(),
    ]


def repair(library: Library) -> list[str]:
    """Mend what can be mended without a model; what that was, a sentence each.

    Nothing but SQLite's own indexes is touched in a damaged catalogue: `examine` then says where a backup lies.
    """
    catalogue, mended = library.catalogue, []
    catalogue.check_written()
    if catalogue.damage():
        if not catalogue.mend_indexes():
            return []
        mended.append("SQLite's indexes were damaged, and made anew")
    gone = len(useless(library))
    copies = delete_forgotten(library)
    mended += [f"{gone} previews that no source needs were deleted"] if gone else []
    mended += [f"{len(copies)} uploaded copies of forgotten files were deleted"] if copies else []
    with library.writing():
        with catalogue.transaction() as connection:
            rows = mend(connection)
            mended += [f"mended: {breach}" for breach in rows]
            if rows or not _keywords(library).healthy:
                shards.rebuild(connection)
                mended.append("words were made anew from the catalogue")
        library.erase()
        if rows or not all(finding.healthy for finding in _spaces(library)):
            library.rebuild_spaces()
            mended.append("FAISS files were made anew from the catalogue")
    if catalogue.wasted(_FEW) > _MUCH:
        mended.append(f"{catalogue.wasted():.0%} of the catalogue's file held nothing, and were given back")
        catalogue.shrink()
    return mended


def reembed(assistant: Assistant) -> None:
    """Make vectors with the models that are set now, where others are in use; all of them anew where none are."""
    from app.progress import grow_with_progress

    grow_with_progress(assistant.grow(anew=True))


def _catalogue(library: Library) -> Finding:
    segments = library.catalogue.connection.execute("SELECT count(*) FROM segments").fetchone()[0]
    broken = list(breaches(library.catalogue.connection))
    says = ", ".join([f"{segments} segments", *map(str, broken)])
    if any(breach.rule.mend for breach in broken):
        says += "; to mend it: doctor --repair"
    return Finding("catalogue", not broken, says)


def _keywords(library: Library) -> Finding:
    if not library.catalogue.written:
        return Finding("keywords", True, "not examined: FTS5 does that only in a library that may be written")
    says = shards.check(library.catalogue.connection)
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
        says += f" (first: {gone[0]}); index their folder again, or forget them"
    return Finding("files", not gone, says)


def _uploads(library: Library) -> Finding:
    files = library.catalogue.files()
    forgotten = forgotten_copies(library, [file.path for file in files if file.reason == FORGOTTEN])
    known = {file.path for file in files if file.source_id or file.status in ("failed", "skipped")}
    there = [path for path, _ in uploads(library.folder)]
    unknown = [path for path in there if str(path) not in known and path not in forgotten]
    says = f"{len(there)} copies of files"
    if forgotten:
        says += f", {len(forgotten)} of forgotten ones: doctor --repair"
    if unknown:
        says += f", {len(unknown)} that were never read (first: {unknown[0]}): index {library.folder / 'uploads'}"
    return Finding("uploads", not forgotten and not unknown, says)


def _previews(library: Library) -> Finding:
    found = useless(library)
    says = "each belongs to a source and is whole"
    if found:
        says = (
            f"{len(found)} belong to no source or are damaged (first: {found[0].name}): python -m app doctor --repair"
        )
    return Finding("previews", not found, says)


def _graphics() -> Finding:
    import faiss

    count = faiss.get_num_gpus()
    says = f"FAISS searches on {count} GPUs" if count else "no GPU: FAISS searches on the CPU"
    return Finding("graphics", True, says)
