"""Files that arrive through the browser: kept in the library's folder, each drop in a folder of its own, until they
are forgotten."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.assistant import Assistant

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:<>"|?*\u202a-\u202e\u2066-\u2069]+')
_LONGEST_NAME = 200  # bytes; file systems allow 255


def uploads_of(assistant: Assistant) -> Path:
    """The folder of the copies."""
    return assistant.library.folder / "uploads"


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
