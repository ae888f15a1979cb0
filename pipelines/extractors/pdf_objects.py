"""What is drawn on a PDF page, read through pdfium's C interface. The caller holds PDFIUM_LOCK.

pypdfium2's own iterator makes an object of each piece of text on its way to the few others, which takes longer than
all that is done with those.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

_DEEPEST = 4
"""Forms may stand in forms."""


def objects_of(page: Any, sort: int) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The objects of one sort (raw.FPDF_PAGEOBJ_...) with the forms that each stands in, the innermost first."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    count = raw.FPDFPage_CountObjects(page.raw)
    yield from _within((raw.FPDFPage_GetObject(page.raw, n) for n in range(count)), sort, ())


def _within(things: Iterator[Any], sort: int, forms: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    import pypdfium2.raw as raw

    for thing in things:
        found = raw.FPDFPageObj_GetType(thing) if thing else None
        if found == sort:
            yield thing, forms
        elif found == raw.FPDF_PAGEOBJ_FORM and len(forms) + 1 < _DEEPEST:
            count = raw.FPDFFormObj_CountObjects(thing)
            inner = (raw.FPDFFormObj_GetObject(thing, n) for n in range(count))
            yield from _within(inner, sort, (thing, *forms))


def bounds_of(thing: Any) -> tuple[float, float, float, float] | None:
    """Left, bottom, right and top in the page's coordinates."""
    import pypdfium2.raw as raw

    bounds = [ctypes.c_float() for _ in range(4)]
    return tuple(each.value for each in bounds) if raw.FPDFPageObj_GetBounds(thing, *bounds) else None  # type: ignore[return-value]
