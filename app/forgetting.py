"""Forgetting for good: what a file left in the library, and what was made of it elsewhere in the library's folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from app.preparing import sweep
from indexes.backups import uploads
from indexes.errors import UsageError
from indexes.library import FORGOTTEN, Library
from indexes.records import FileRecord

if TYPE_CHECKING:
    from app.assistant import Assistant


def forget(assistant: Assistant, name: str) -> list[FileRecord]:
    """What `Assistant.forget` does. Copies that were uploaded, what was made of them for browsers, and evaluation runs
    that name them are deleted; a person's own files never.

    Raises UsageError when the name is unknown or a copy cannot be deleted.
    """
    forgotten = assistant.forget(name)
    delete_forgotten(assistant.library)
    return forgotten


def delete_forgotten(library: Library) -> list[Path]:
    """Delete what is left of files that the ledger calls forgotten, also by one who was killed; the copies that were.

    Raises UsageError when one cannot be deleted.
    """
    sweep(library)
    paths = [file.path for file in library.catalogue.files() if file.reason == FORGOTTEN]
    _erase_runs(library.folder / "evaluations", paths)
    copies = forgotten_copies(library, paths)
    for copy in copies:
        try:
            copy.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"{copy} is forgotten, but this copy could not be deleted: {error.strerror}. Delete it yourself."
            ) from error
        with contextlib.suppress(OSError):  # other files of the same drop may be there
            copy.parent.rmdir()
    return copies


def forgotten_copies(library: Library, paths: Collection[str]) -> list[Path]:
    """The uploaded copies among these paths that are still there."""
    known = set(paths)
    return [path for path, _ in uploads(library.folder) if str(path) in known]


def _erase_runs(folder: Path, paths: Collection[str]) -> None:
    """Delete runs whose answers cite one of these files: they hold what was quoted, and are quickly made again."""
    named = [json.dumps(path, ensure_ascii=False) for path in paths]
    for run in folder.glob("eval-*.json"):
        text = run.read_text(encoding="utf-8")
        if any(name in text for name in named):
            run.unlink()
            run.with_suffix(".html").unlink(missing_ok=True)
