"""Memory that was freed, back to the system while there is work.

glibc keeps what was freed in each of its arenas, of which threads have their own: after a few videos and scans some
300 MB that nobody uses.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_OFTEN = 1.0  # seconds; to look takes some milliseconds


@contextmanager
def given_back() -> Iterator[None]:
    """As long as this is open. Does nothing where the system's allocator is another one."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is None:
        yield
        return
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(_OFTEN):
            trim(0)

    thread = threading.Thread(target=go_on, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        trim(0)
