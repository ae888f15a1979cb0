"""Files of text that were put into a Word document as they were: rich text, pages, archives of pages, plain text."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.extractors.decoding import decode
from pipelines.extractors.markup import html_document
from pipelines.extractors.rtf import rtf_pieces
from pipelines.extractors.text import paragraphs
from pipelines.records import Piece

_HEADERS = (b"mime-version:", b"from:", b"content-type:")


def embedded_pieces(data: bytes) -> Iterator[Piece]:
    """What it is says its beginning: names and declared types are often wrong."""
    start = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(b"{\\rtf"):
        yield from rtf_pieces(data)
    elif start.startswith(b"<"):
        yield from html_document(data)
    else:
        found = _archived(data) if start.startswith(_HEADERS) else []
        yield from found or paragraphs(decode(data))


def _archived(data: bytes) -> list[Piece]:
    """The pages in a MIME message, or its plain texts where it has none; nothing where it is no message."""
    import email

    message = email.message_from_bytes(data)
    if "content-type" not in message and "mime-version" not in message:
        return []  # 'From: the roof you can see the sea.'
    parts = list(message.walk())
    pages = [part for part in parts if part.get_content_type() == "text/html"]
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    found: list[Piece] = []
    for part in pages or plain:
        own = part.get_payload(decode=True)
        own = own if isinstance(own, bytes) else b""
        found += html_document(own) if pages else paragraphs(decode(own, part.get_content_charset() or ""))
    return found
