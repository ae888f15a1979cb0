"""Stay beside folders and index again what changes in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from app.progress import index_with_progress, print_index_summary
from indexes.errors import LibraryBusy, UsageError
from pipelines.reading.files import absolute

if TYPE_CHECKING:
    from app.assistant import Assistant


def watchable(paths: Sequence[str]) -> list[str]:
    """The paths in full. Raises UsageError for one that does not exist, since nothing can stay beside it."""
    found = [absolute(path) for path in paths]
    for path in found:
        if not path.exists():
            raise UsageError(f"{path} does not exist, so it cannot be watched. Check the path.")
    return [str(path) for path in found]


def watch(assistant: Assistant, paths: Sequence[str], summaries: TextIO | None = None) -> None:
    """Until it is interrupted; what changed is told on `summaries` (default: stdout).

    Changes are gathered for two seconds, so that a file being copied is read once.
    """
    import time

    from watchfiles import watch as changes

    print("watching; Ctrl-C ends it", file=sys.stderr)
    for _ in changes(*paths, debounce=2000, step=200, raise_interrupt=True):
        began = time.monotonic()
        try:
            records = [r for r in index_with_progress(assistant.index(paths)) if r.status != "unchanged"]
        except LibraryBusy as error:
            print(f"folioscope: {error}", file=sys.stderr)
            continue
        if records:
            print_index_summary(records, time.monotonic() - began, summaries)
