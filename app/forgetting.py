"""Forgetting for good: what a file left in the library, and what was made of it elsewhere in the library's folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.preparing import sweep
from app.uploads import uploads_of
from indexes.errors import UsageError
from indexes.records import FileRecord
from pipelines.reading.files import absolute

if TYPE_CHECKING:
    from app.assistant import Assistant


def forget(assistant: Assistant, name: str) -> list[FileRecord]:
    """What `Assistant.forget` does. Copies that were uploaded, what was made of them for browsers, and evaluation runs
    that name them are deleted; a person's own files never.

    Raises UsageError when the name is unknown or a copy cannot be deleted.
    """
    forgotten = assistant.forget(name)
    sweep(assistant.library)
    _erase_runs(assistant.library.folder / "evaluations", [record.path for record in forgotten])
    uploads = absolute(uploads_of(assistant))
    for copy in (path for path in (Path(record.path) for record in forgotten) if path.is_relative_to(uploads)):
        try:
            copy.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"{copy} is forgotten, but this copy could not be deleted: {error.strerror}. Delete it yourself."
            ) from error
        with contextlib.suppress(OSError):  # other files of the same drop may be there
            copy.parent.rmdir()
    return forgotten


def _erase_runs(folder: Path, paths: Sequence[str]) -> None:
    """Delete runs whose answers cite one of these files: they hold what was quoted, and are quickly made again."""
    named = [json.dumps(path, ensure_ascii=False) for path in paths]
    for run in folder.glob("eval-*.json"):
        text = run.read_text(encoding="utf-8")
        if any(name in text for name in named):
            run.unlink()
            run.with_suffix(".html").unlink(missing_ok=True)
