"""Files on disk: which ones there are below what a person named, and what content they hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.reading.ignoring import Ignoring, Rules


@dataclass(frozen=True, slots=True)
class Found:
    """A path below what was named. `problem` says why it cannot be read, if so; `refused` that it is not wanted."""

    path: str
    bytes: int = 0
    mtime_ns: int = 0
    problem: str = ""
    refused: bool = False


def absolute(path: str | Path) -> Path:
    """A path as the library knows it: from the root, without '..' and '~', links as they are."""
    return Path(os.path.abspath(os.path.expanduser(path)))


def is_text(path: str) -> bool:
    """Whether a path is valid text, as all that the library keeps must be."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def find_files(
    names: Sequence[Path], largest: int, apart: Path | None = None, ignoring: Ignoring | None = None
) -> Iterator[Found]:
    """Every file below the named files and folders, once, in order of name.

    What `ignoring` has a reason against is passed over, but never what was named itself. Links to files are followed,
    links to folders are not, so that no loop can arise. `largest` is the size limit in bytes. `apart` is a folder to
    pass over when it lies below a named one: the library does not read itself.
    """
    seen: set[str] = set()
    ignoring = ignoring or Ignoring()
    for name in names:
        for path in _walk(absolute(name), apart, ignoring):
            found = _look(path, largest)
            if found.path not in seen:
                seen.add(found.path)
                yield found


def _walk(path: Path, apart: Path | None, ignoring: Ignoring, above: Rules = ()) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError:
        yield path  # _look will say why
        return
    rules = ignoring.rules(path, above)
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and Path(entry.path) == apart:
            continue
        reason = ignoring.why(Path(entry.path), is_folder, rules)
        if reason:
            ignoring.counts[reason] += 1
        elif is_folder:
            yield from _walk(Path(entry.path), apart, ignoring, rules)
        else:
            yield Path(entry.path)


def _look(path: Path, largest: int) -> Found:
    name = str(path)
    if not is_text(name):
        name = os.fsencode(path).decode("utf-8", "backslashreplace")
        return Found(name, problem=f"The name {name!r} is not valid text. Rename the file and index it again.")
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            return Found(name, problem=f"{path.name} is a link to a file that is not there.")
        return Found(name, problem=f"{name} does not exist. Check the path.")
    except OSError as error:
        return Found(name, problem=f"{path.name} cannot be opened: {error.strerror}.")
    found = Found(name, status.st_size, status.st_mtime_ns)
    if path.is_dir():
        if path.is_symlink():
            problem = (
                f"{path.name} is a link to a folder, and links to folders are not followed. Index the folder itself."
            )
            return Found(name, problem=problem, refused=True)
        return Found(name, problem=f"The folder {name} cannot be read. Check its permissions.")
    if not path.is_file():
        return Found(name, problem=f"{path.name} is no regular file (a device or a pipe).", refused=True)
    if status.st_size > largest:
        problem = too_large(path, status.st_size, largest)
        return Found(name, status.st_size, status.st_mtime_ns, problem, refused=True)
    if status.st_size and not os.access(path, os.R_OK):
        return Found(name, problem=f"{path.name} cannot be read: permission denied. Check its permissions.")
    return found


def too_large(path: Path, size: int, largest: int) -> str:
    """Why a file is not read that is larger than it may be."""
    return (
        f"{path.name} has {size / 1e6:,.0f} MB; the limit is {largest / 1e6:,.0f} MB."
        " Raise it with the setting max_file_mb, or max_recording_mb for recordings."
    )


def content_id(path: str) -> str:
    """SHA-256 of a file's bytes in hex: the id of the Source. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
