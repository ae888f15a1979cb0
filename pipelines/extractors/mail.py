"""Mail (EML, MSG) to Pieces: who wrote to whom and when, the text, and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import picture_inside
from pipelines.extractors.decoding import decode
from pipelines.extractors.markup import html_pieces
from pipelines.extractors.text import Headings, paragraphs
from pipelines.records import Piece

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

_TEXT_NAMES = (".txt", ".md", ".csv", ".log", ".json")


def read_eml(path: Path) -> Iterator[Piece]:
    """Head, text (plain before HTML), then attachments that are text or pictures; others by their names."""
    import email
    import email.policy

    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if not message.keys() and not message.get_payload():
        raise ExtractionError(f"{path.name} holds no message. Export it from the mail program again.")
    yield from _message(message)


def _message(message: EmailMessage, depth: int = 0) -> Iterator[Piece]:
    names = {"Subject": "subject", "From": "from", "To": "to", "Cc": "cc", "Date": "date"}
    facts = {label: _header(message, name) for label, name in names.items()}
    attachments = list(message.iter_attachments()) if message.is_multipart() else []
    called = [part.get_filename() or "" for part in attachments]
    facts["Attachments"] = ", ".join(name for name in called if name)
    headings = _head(facts["Subject"])
    yield Piece("text", "\n".join(f"{label}: {fact}" for label, fact in facts.items() if fact))
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = _content(body)
        if body.get_content_type() == "text/html":
            yield from html_pieces(text, headings=headings)
        else:
            yield from _without_lines(text, headings.chain)
    for part, name in zip(attachments, called, strict=True):
        yield from _attachment(part, name, headings.chain, depth)


def _attachment(part: MIMEPart, name: str, heading: str, depth: int) -> Iterator[Piece]:
    kind = part.get_content_maintype()
    if part.get_content_type() == "message/rfc822" and depth < 3:
        inner = part.get_payload(0) if part.is_multipart() else None
        if inner is not None and not isinstance(inner, str):
            yield from _message(inner, depth + 1)  # type: ignore[arg-type]
    elif kind == "image":
        yield from picture_inside(_bytes(part), name or "picture", Place(), heading, name)
    elif kind == "text" or name.lower().endswith(_TEXT_NAMES):
        text = _content(part) if kind == "text" else decode(_bytes(part))
        under = " › ".join(filter(None, (heading, name)))
        if part.get_content_type() == "text/html":
            yield from html_pieces(text, headings=_head(under))
        else:
            yield from _without_lines(text, under)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # the parser of headers fails on some that are malformed
        return ""


def _bytes(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _content(part: MIMEPart) -> str:
    return decode(_bytes(part), part.get_content_charset() or "")


def _without_lines(text: str, heading: str) -> Iterator[Piece]:
    """Paragraphs without line numbers: those of a decoded part are not those of the file."""
    for piece in paragraphs(text):
        yield Piece("text", piece.text, Place(), heading)


def _head(subject: str) -> Headings:
    headings = Headings()
    if subject:
        headings.enter(-1, subject)
    return headings


def read_msg(path: Path) -> Iterator[Piece]:
    """The same of an Outlook message."""
    import oxmsg

    message = oxmsg.Message.load(str(path))
    sent = message.sent_date
    subject = (message.subject or "").strip()
    recipients = [_decoded(recipient.name or recipient.email_address or "") for recipient in message.recipients]
    attachments = list(message.attachments)
    facts = {
        "Subject": subject,
        "From": _decoded(message.sender or ""),
        "To": ", ".join(filter(None, recipients)),
        "Date": sent.strftime("%Y-%m-%d %H:%M") if sent else "",
        "Attachments": ", ".join(attachment.file_name or "" for attachment in attachments),
    }
    headings = _head(subject)
    yield Piece("text", "\n".join(f"{label}: {fact}" for label, fact in facts.items() if fact))
    if message.body:
        yield from _without_lines(message.body.replace("\r\n", "\n"), headings.chain)
    elif message.html_body:
        yield from html_pieces(message.html_body, headings=headings)
    for attachment in attachments:
        name, data = attachment.file_name or "", attachment.file_bytes or b""
        if (attachment.mime_type or "").startswith("image/"):
            yield from picture_inside(data, name, Place(), headings.chain, name)
        elif name.lower().endswith(_TEXT_NAMES):
            yield from _without_lines(decode(data), " › ".join(filter(None, (headings.chain, name))))


def _decoded(text: str) -> str:
    """A name whose letters are written as '=?UTF-8?…?=', as some programs leave it in the message."""
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text
