"""Notes and form fields of a PDF page, read through pdfium's C interface. The caller holds PDFIUM_LOCK."""

from __future__ import annotations

import ctypes
from typing import Any


def annotations_of(page: Any) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Texts of notes and form fields with their rectangles (left, bottom, right, top) in the page's coordinates."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    found = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 500)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                name, value = _string(annotation, b"T"), _string(annotation, b"V")
                text = "" if value in ("", "Off") else f"{name}: {value}" if name else value
            elif subtype in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                continue
            else:
                text = _string(annotation, b"Contents")
            rectangle = raw.FS_RECTF()
            if text and raw.FPDFAnnot_GetRect(annotation, rectangle):
                found.append((text, (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _string(annotation: Any, key: bytes) -> str:
    import pypdfium2.raw as raw

    length = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace").replace("\r", "\n").strip()
