"""Copies of a library that are libraries themselves: made while it is in use.

A copy has another `lineage`, so that caches of the one are never taken for caches of the other: both go on giving out
ids. It notes of which folder it is a copy and of when; where uploads lie is put right when it is first opened.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from indexes.database import Database
from indexes.errors import LibraryError, UsageError
from indexes.placing import flush
from indexes.restoring import CATALOGUE

UPLOADS = "uploads"
ELSEWHERE = "elsewhere"
"""Below this name, in the library's folder, stand the paths of files that came with a bundle and are not on this
machine. No such folder is there."""


def back_up(folder: Path, database: Database, target: Path) -> list[Path]:
    """Copy a library into a folder that is not there yet, or its catalogue alone into a file NAME.sqlite; the files of
    the copy. Takes what was committed, while others read and write. The uploads come with a folder.

    Raises UsageError when the target is there, LibraryError when it cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target} is there already, and is not overwritten. Name a folder or a file that is not.")
    aside = target.with_name(f"{target.name}.aside")
    try:
        remove(aside)  # what a killed one left
        if target.suffix == ".sqlite":
            aside.parent.mkdir(parents=True, exist_ok=True)
            copy_catalogue(folder, database, aside)
        else:
            aside.mkdir(parents=True)
            copy_catalogue(folder, database, aside / CATALOGUE)
            for path, name in uploads(folder):
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, aside / name)
        return place(aside, target)
    except (OSError, sqlite3.Error) as error:
        remove(aside)
        raise LibraryError(
            f"{target} cannot be written: {getattr(error, 'strerror', None) or error}. See whether its folder may be"
            " written and the disk has room, or name another."
        ) from error


def copy_catalogue(folder: Path, database: Database, path: Path) -> None:
    """The catalogue of a library as it is now, as one file."""
    marks = {"backup of": str(folder), "backup made": time.time(), "folder": str(folder), "lineage": uuid.uuid4().hex}
    database.copy_to(path, marks)


def uploads(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files that people dropped on the page, with their names below the library's folder. Links are none."""
    for path in sorted((folder / UPLOADS).rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.relative_to(folder).as_posix()


def place(aside: Path, target: Path) -> list[Path]:
    """A file or folder that was written aside, flushed to disk, under its name where nothing is; its files."""
    names = [aside] if aside.is_file() else sorted(aside.rglob("*"))
    for each in (*names, aside):
        flush(each)
    aside.rename(target)
    flush(target.parent)
    return [target] if target.is_file() else [path for path in sorted(target.rglob("*")) if path.is_file()]


def remove(path: Path) -> None:
    """A file or a folder with all that is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def follow(folder: Path, database: Database) -> bool:
    """Notice that a library lies in another folder than before, and have the ledger lead to its uploads there; whether
    it does. A copy of the folder has its own; a copy without them still leads to the first ones."""
    before = str(database.fact("folder"))
    if not database.written or before == str(folder) or _same(Path(before), folder):
        return False
    old, moved = f"{Path(before) / UPLOADS}/", 0
    with database.transaction(counts=False) as connection:
        rows = connection.execute("SELECT path FROM files WHERE substr(path, 1, ?) = ?", (len(old), old)).fetchall()
        for (path,) in rows if before else ():
            here = folder / UPLOADS / path[len(old) :]
            if here.exists():
                values = (str(here), path)
                moved += connection.execute("UPDATE OR IGNORE files SET path = ? WHERE path = ?", values).rowcount
        database.set_fact("folder", str(folder))
    return moved > 0


def _same(before: Path, folder: Path) -> bool:
    """Whether both are names of one folder."""
    try:
        return bool(before.name) and before.samefile(folder)
    except OSError:
        return False
