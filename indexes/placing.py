"""Files that are there as a whole or not at all, also after a power cut. Knows paths only."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def put_in_place(aside: Path, path: Path) -> None:
    """A file that was written aside, in the place of what is there: a reader sees the old one or the new one.

    Its content is on the disk before its name is, and its name before this returns; a rename alone may survive a power
    cut without the content (https://www.kernel.org/doc/html/latest/admin-guide/ext4.html, auto_da_alloc).
    """
    flush(aside)
    os.replace(aside, path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk. Raises OSError for a file."""
    if path.is_dir():
        with contextlib.suppress(OSError):  # some systems open no folders
            _flush(path, os.O_RDONLY)
    else:
        _flush(path, os.O_RDWR)


def _flush(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
