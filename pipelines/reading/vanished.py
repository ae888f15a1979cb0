"""Files that the library knows below what a person named, and that are not there any more, or are ignored by now.

Whoever trusts a library with years of work must not lose it to a drive that was not plugged in: only what surely is
gone is forgotten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from indexes.library import Library, removed
from indexes.records import FileRecord
from pipelines.reading.files import absolute, is_text
from pipelines.reading.ignoring import Ignoring, is_gone
from pipelines.records import FileFinished

_DRIVES = "drives"  # the fact that names the mount points below which files were found


def forget_vanished(
    library: Library, names: Sequence[Path], there: set[str], ignoring: Ignoring
) -> Iterator[FileFinished]:
    """Forget them; `there` are the paths that were found."""
    away = _drives_away(library, there)
    for path in (absolute(name) for name in names if is_text(str(name))):
        known = [file for file in library.catalogue.files(str(path)) if file.status != "removed"]
        if not known:
            continue
        problem = _missing_as_a_whole(path, known)
        if problem:
            reason = f"{problem} Nothing was removed; to forget it: python -m app forget '{path}'"
            yield FileFinished(FileRecord(str(path), "failed", stage="find", reason=reason))
            continue
        for drive in away:
            others = [file for file in known if not _is_below(file.path, drive)]
            if kept := len(known) - len(others):
                known = others
                reason = (
                    f"{drive} was a drive and is not connected; nothing of it was removed"
                    f" (files known there: {kept:,}). To forget them: python -m app forget '{drive}'"
                )
                yield FileFinished(FileRecord(drive, "failed", stage="find", reason=reason))
        records = []
        for file in known:
            reason = "" if file.path in there else _why_gone(library, file, path, there, ignoring)
            if reason:
                records.append(removed(file, reason))
        library.record(*records)
        yield from map(FileFinished, records)
    _note_drives(library, there, away)


def _drives_away(library: Library, there: set[str]) -> list[str]:
    """Mount points below which files were found once, and that are ordinary folders without files by now, or gone."""
    noted = json.loads(str(library.catalogue.fact(_DRIVES, "[]")))
    return [drive for drive in noted if not os.path.ismount(drive) and not any(_is_below(p, drive) for p in there)]


def _note_drives(library: Library, there: set[str], away: Sequence[str]) -> None:
    """Note the mount points that the paths of found files lead through, as long as files are known below them."""
    folders = {
        str(folder)
        for path in {os.path.dirname(path) for path in there}
        for folder in (Path(path), *Path(path).parents)
    }
    noted = json.loads(str(library.catalogue.fact(_DRIVES, "[]")))
    drives = {folder for folder in folders if folder != os.sep and os.path.ismount(folder)}
    elsewhere = {drive for drive in noted if drive in away or os.path.ismount(drive)}
    known = sorted(drive for drive in drives | elsewhere if library.catalogue.files(drive))
    if known != noted:
        library.catalogue.set_fact(_DRIVES, json.dumps(known))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _missing_as_a_whole(path: Path, known: Sequence[FileRecord]) -> str:
    """Why what was named is no evidence that its files were deleted; '' where it is."""
    inside = any(file.path != str(path) for file in known)
    if not path.exists() and (inside or not path.parent.is_dir()):
        return f"{path} is not there."
    # What is left of a drive that was unmounted is an empty folder.
    if inside and path.is_dir() and not any(path.iterdir()):
        return f"{path} is empty, though {len(known):,} files below it are known: is its drive connected?"
    return ""


def _why_gone(library: Library, file: FileRecord, root: Path, there: set[str], ignoring: Ignoring) -> str:
    if is_gone(file.path):
        source = library.catalogue.sources([file.source_id or ""]).get(file.source_id or "")
        moved = next((path for path in source.paths if path in there), "") if source else ""
        return f"moved to {moved}" if moved else "the file is gone"
    if file.path == str(root):
        return ""
    why = ignoring.why_below(root, Path(file.path))
    return f"ignored now ({why})" if why else ""
