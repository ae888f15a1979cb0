"""Texts that pdfium hands out as UTF-16."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any


def wide_text(call: Callable[[Any, int], int]) -> str:
    """A text that pdfium writes as UTF-16 into a buffer, whose length in bytes it tells first."""
    length = call(None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    call(buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
