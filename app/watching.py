"""Stay beside folders and index again what changes in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.progress import index_with_progress, print_index_summary
from indexes.errors import LibraryBusy

if TYPE_CHECKING:
    from app.assistant import Assistant


def watch(assistant: Assistant, paths: list[str]) -> None:
    """Until it is interrupted. Changes are gathered for two seconds, so that a file being copied is read once."""
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
            print_index_summary(records, time.monotonic() - began)
