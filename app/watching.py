"""Stay beside folders and index again what changes in them."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from app.progress import index_with_progress, print_index_summary
from indexes.errors import FolioscopeError, UsageError
from pipelines.reading.files import absolute

if TYPE_CHECKING:
    from app.assistant import Assistant

_QUIET, _LONGEST = 2_000, 60_000  # milliseconds without a change after which it is told, and after which in any case
_ASKED = 5.0  # seconds after which it is seen whether the folders are still the same
_EVERY = 600.0  # seconds after which all is looked at, told or not


def watchable(paths: Sequence[str]) -> list[str]:
    """The paths in full. Raises UsageError for one that does not exist, since nothing can stay beside it."""
    found = [absolute(path) for path in paths]
    for path in found:
        if not path.exists():
            raise UsageError(f"{path} does not exist, so it cannot be watched. Check the path.")
    return [str(path) for path in found]


def watch(assistant: Assistant, paths: Sequence[str], summaries: TextIO | None = None) -> None:
    """Until it is interrupted; what changed is told on `summaries` (default: stdout)."""
    print("watching; Ctrl-C ends it", file=sys.stderr)
    for _ in changes(paths):
        began = time.monotonic()
        try:
            records = [r for r in index_with_progress(assistant.index(paths)) if r.status != "unchanged"]
        except FolioscopeError as error:  # another process writes, or the drive with the library is away: it may return
            print(f"folioscope: {error}", file=sys.stderr)
            continue
        if records:
            print_index_summary(records, time.monotonic() - began, summaries)


def changes(paths: Sequence[str]) -> Iterator[None]:
    """Once whenever something may have changed below the paths: when nothing has been written for two seconds (a file
    that is being copied is read once), when a drive went away or came back, and from time to time, since folders on
    other machines do not tell what others do in them."""
    from watchfiles import watch as told

    while True:
        roots = _roots(paths)
        looked = 0.0  # what changed before the watch began is not told, so all is looked at once it has
        try:
            if not roots:
                time.sleep(_ASKED)
                continue
            for found in told(
                *roots, debounce=_LONGEST, step=_QUIET, rust_timeout=int(1000 * _ASKED), yield_on_timeout=True
            ):
                if found or time.monotonic() - looked > _EVERY:
                    looked = time.monotonic()
                    yield
                if _roots(paths) != roots:
                    break
        except (OSError, RuntimeError) as error:  # too many folders for the system, or one has just gone
            print(f"folioscope: {error}: looking again in {_EVERY:.0f} s", file=sys.stderr)
            time.sleep(_EVERY if _roots(paths) == roots else _ASKED)
            yield


def _roots(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Those that are there, with what tells whether they are still the same."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            status = os.stat(path)
            found[path] = (status.st_dev, status.st_ino)
    return found
