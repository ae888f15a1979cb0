"""Files inside a PDF: attached to it or to a place on a page, and those of which a portfolio is made."""

from __future__ import annotations

import ctypes
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.extractors.archives import MOST_BYTES
from pipelines.extractors.inside import FileInside
from pipelines.extractors.pdf_strings import wide_text

MOST_FILES = 200
MOST_ANNOTATIONS = 2_000
"""Of a page."""
_UNPRINTED = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""What no file system takes in a name."""


def is_attached(annotation: Any) -> bool:
    """Whether an annotation stands for a file."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    return bool(raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_FILEATTACHMENT)


def files_inside(document: Any, pages: Iterable[int]) -> list[FileInside]:
    """Each once, up to MOST_FILES and MOST_BYTES together; `pages`, counted from 1, are those to which files are
    attached. The caller holds PDFIUM_LOCK."""
    left, found, known = MOST_BYTES, dict[bytes, FileInside](), set[int | None]()
    for attachment, page in _attachments(document, pages):
        at = ctypes.cast(attachment, ctypes.c_void_p).value
        if at in known:
            continue  # many places may name one file, which is unpacked to be compared
        known.add(at)
        if len(found) == MOST_FILES:
            found[b""] = FileInside("further attachments", b"", None)
            break
        data = _data(attachment, left)
        print_ = hashlib.sha256(data).digest() if data else _name(attachment).encode()
        if print_ not in found:
            left -= len(data)
            found[print_] = FileInside(_name(attachment) or "attachment", data, page)
    return list(found.values())


def _attachments(document: Any, pages: Iterable[int]) -> Iterator[tuple[Any, int | None]]:
    import pypdfium2.raw as raw

    for number in pages:
        page = document[number - 1]
        try:
            for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MOST_ANNOTATIONS)):
                annotation = raw.FPDFPage_GetAnnot(page.raw, index)
                try:
                    if is_attached(annotation) and (attachment := raw.FPDFAnnot_GetFileAttachment(annotation)):
                        yield attachment, number
                finally:
                    raw.FPDFPage_CloseAnnot(annotation)
        finally:
            page.close()
    for index in range(min(raw.FPDFDoc_GetAttachmentCount(document.raw), MOST_FILES)):
        if attachment := raw.FPDFDoc_GetAttachment(document.raw, index):
            yield attachment, None


def _name(attachment: Any) -> str:
    import pypdfium2.raw as raw

    name = wide_text(lambda buffer, length: raw.FPDFAttachment_GetName(attachment, buffer, length))
    return " ".join(_UNPRINTED.sub(" ", name.replace("\\", "/").rpartition("/")[2]).split())[-120:]


def _data(attachment: Any, most: int) -> bytes:
    import pypdfium2.raw as raw

    length = ctypes.c_ulong()
    if not raw.FPDFAttachment_GetFile(attachment, None, 0, length) or not 0 < length.value <= most:
        return b""
    buffer = ctypes.create_string_buffer(length.value)
    return buffer.raw if raw.FPDFAttachment_GetFile(attachment, buffer, length.value, length) else b""
