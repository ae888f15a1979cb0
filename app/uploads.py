"""Files that arrive through the browser: kept in the library's folder, each drop in a folder of its own, until they
are forgotten."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.preparing import sweep
from indexes.errors import UsageError
from indexes.records import FileRecord
from pipelines.reading.files import absolute

if TYPE_CHECKING:
    from app.assistant import Assistant

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:<>"|?*\u202a-\u202e\u2066-\u2069]+')
_LONGEST_NAME = 200  # bytes; file systems allow 255


def uploads_of(assistant: Assistant) -> Path:
    """The folder of the copies."""
    return assistant.library.folder / "uploads"


def forget(assistant: Assistant, name: str) -> list[FileRecord]:
    """What `Assistant.forget` does. Copies that were uploaded, and what was made of them for browsers, are deleted; a
    person's own files never.

    Raises UsageError when the name is unknown or a copy cannot be deleted.
    """
    forgotten = assistant.forget(name)
    sweep(assistant.library)
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


def keep(files: Sequence[str], uploads: Path) -> list[Path]:
    """Copies of the files in a new folder of `uploads`, under their own names as far as these are safe."""
    folder = _new_folder(uploads)
    kept: list[Path] = []
    for file in map(Path, files):
        name = safe_name(file.name)
        target, number = folder / name, 1
        while target.exists():
            number += 1
            target = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        shutil.copyfile(file, target)
        kept.append(target)
    return kept


def safe_name(name: str) -> str:
    """A file name that stays in its folder, is not hidden, and fits every file system."""
    name = _UNSAFE.sub("_", name).strip().lstrip(".") or "file"
    stem, suffix = Path(name).stem, Path(name).suffix[:20]
    while len(f"{stem}{suffix}".encode()) > _LONGEST_NAME:
        stem = stem[:-1]
    return f"{stem}{suffix}"


def scope_of(paths: Sequence[Path]) -> str:
    """The glob that means exactly these files of one drop: the file, or the folder that holds them."""
    path = paths[0] if len(paths) == 1 else paths[0].parent
    return re.sub(r"[\[*?]", lambda match: f"[{match[0]}]", str(path))


def _new_folder(uploads: Path) -> Path:
    stem = time.strftime("%Y-%m-%d %H.%M.%S")
    for number in range(1, 10_000):
        folder = uploads / (stem if number == 1 else f"{stem} ({number})")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise OSError(f"{uploads} takes no more folders")
