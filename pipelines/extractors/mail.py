"""Mail (EML, MBOX, MSG) to Pieces: who wrote to whom and when, the text, and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from encodings.aliases import aliases
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.records import Place
from pipelines.errors import ExtractionError, in_short
from pipelines.extractors.archives import picture_inside
from pipelines.extractors.calendars import calendar_pieces
from pipelines.extractors.decoding import decode
from pipelines.extractors.inside import FileInside, Inside, too_deep
from pipelines.extractors.markup import html_pieces
from pipelines.extractors.text import Headings, paragraphs
from pipelines.records import Piece

if TYPE_CHECKING:
    from email.message import MIMEPart
    from email.policy import Policy

_TABLE_NAMES = (".csv", ".tsv", ".json")
_BORDER = re.compile(
    rb"From \S{1,300}\s.{0,60}?\d:\d\d.{0,60}?\d{4}\b"
)  # who and when, as it stands above each mail of a mailbox
_QUOTED = re.compile(rb">+From ")
_LONGEST_MAIL = 100_000_000
"""Bytes of one mail of a mailbox; the rest of a larger one is unread."""
# As Outlook names encodings, also of headers, which Python knows by other names.
aliases.update(windows_874="cp874", windows_936="gbk", windows_949="cp949", windows_950="cp950")

_NOT_READ = "attached, of a kind that is not read there"
_NESTED = "its parts are nested too deeply in each other"
_DEEPEST = 20
"""Mails inside mails that are read."""
_LONGEST_FIELD = 1_000
_LONGEST_LIST = 10_000
_LONGEST_NAME = 200
"""Characters of a field of the head, of a list of addresses, and of a name in the headings of all that it is above."""


def read_eml(path: Path, inside: Inside = too_deep) -> Iterator[Piece]:
    """Head, text (plain before HTML), invitations, then attachments: texts, pictures, mails, what `inside` reads."""
    try:
        message = _parsed(path.read_bytes())
        if not message.keys() and not message.get_payload():
            raise ExtractionError(f"{path.name} holds no message. Export it from the mail program again.")
        yield from _message(message, inside=inside)
    except RecursionError:
        yield Piece("unread", _NESTED, Place(), path.name)


def read_mbox(path: Path, inside: Inside = too_deep) -> Iterator[Piece]:
    """The same of each mail in a mailbox, below who wrote it when; Place has the lines of the mail."""
    for first, last, data in _mails(path):
        place = Place(lines=(first, last))
        if len(data) >= _LONGEST_MAIL:
            yield Piece("unread", f"beyond {_LONGEST_MAIL / 1e6:.0f} MB of a mail", place)
        try:
            message = _parsed(data)
            above = ", ".join(filter(None, (_header(message, "from"), _header(message, "date"))))[:_LONGEST_NAME]
            for piece in _message(message, _under(path.stem, above), inside=inside):
                heading = _under(place.label(), piece.heading) if piece.kind == "unread" else piece.heading
                yield replace(piece, place=place, heading=heading, member=f"{first}:{piece.member}")
        except RecursionError:
            yield Piece("unread", _NESTED, place)


def _mails(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """First and last line of each mail in a mailbox, and its bytes; one at a time, as there may be thousands.

    Not by the standard library, which ends a mail at any line that begins with 'From '."""
    lines: list[bytes] = []
    first, number, size, blank = 1, 0, 0, True
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if blank and _BORDER.match(line):
                if lines:
                    yield first, number - 1, b"".join(lines)
                lines, first, size = [], number + 1, 0
            elif size < _LONGEST_MAIL:
                lines.append(line[1:] if _QUOTED.match(line) else line)
                size += len(line)
            blank = not line.strip()
    if lines:
        yield first, number, b"".join(lines)


def _parsed(data: bytes) -> EmailMessage:
    import email

    return email.message_from_bytes(data, policy=_policy())  # type: ignore[arg-type, return-value]


@cache
def _policy() -> Policy:
    from email.policy import EmailPolicy

    class Bounded(EmailPolicy):
        """Takes only so much of a field apart: the parser's time grows with the square of it. One on which the parser
        fails is as it stands."""

        def header_fetch_parse(self, name: str, value: str) -> Any:
            longest = _LONGEST_LIST if name.lower() in ("from", "to", "cc") else _LONGEST_FIELD
            try:
                return super().header_fetch_parse(name, value[:longest])
            except Exception:  # 'filename*' without a value ends in an IndexError
                return value[:longest]

    return Bounded()


def _message(message: EmailMessage, above: str = "", depth: int = 0, inside: Inside = too_deep) -> Iterator[Piece]:
    """Its Pieces under the heading `above`, which names the mail that it hangs on."""
    names = {"Subject": "subject", "From": "from", "To": "to", "Cc": "cc", "Date": "date"}
    facts = {label: _header(message, name) for label, name in names.items()}
    parts = [(part, _filename(part)) for part in _leaves(message)]
    facts["Attachments"] = ", ".join(dict.fromkeys(name for _, name in parts if name))
    headings = _head(facts["Subject"][:_LONGEST_NAME], above)
    yield Piece("text", "\n".join(f"{label}: {fact}" for label, fact in facts.items() if fact), Place(), above)
    invitations: set[str] = set()
    for part, name in sorted(parts, key=lambda part: bool(part[1])):  # what is said, before what hangs on it
        try:
            if part.get_content_type() == "text/calendar" or name.lower().endswith(".ics"):
                calendar = _content(part)
                if "".join(calendar.split()) not in invitations:  # most hang on their mail a second time, as a file
                    invitations.add("".join(calendar.split()))
                    yield from calendar_pieces(calendar, _under(headings.chain, name))
            else:
                yield from _part(part, name, headings.chain, depth, inside)
        except MemoryError:
            raise
        except Exception as error:  # of whatever is inside; one bad part is no reason to lose the others
            yield _unread(part, name, _NESTED if isinstance(error, RecursionError) else in_short(error, name))


def _leaves(part: MIMEPart) -> Iterator[MIMEPart]:
    """The parts that hold something, in order; of alternatives the plain text, or the HTML where that says nothing."""
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    leaves = [leaf for inner in part.iter_parts() for leaf in _leaves(inner)]  # type: ignore[arg-type]
    if part.get_content_type() == "multipart/alternative":
        bodies = [leaf for leaf in leaves if leaf.get_content_maintype() == "text" and not _filename(leaf)]
        bodies = [leaf for leaf in bodies if leaf.get_content_type() != "text/calendar"]
        if len({leaf.get_content_type() for leaf in bodies}) > 1:  # otherwise there is nothing to choose
            kinds = {leaf.get_content_type() for leaf in bodies if _content(leaf).strip()}
            best = next((kind for kind in ("text/plain", "text/html") if kind in kinds), "")
            others = {id(leaf) for leaf in bodies if best and leaf.get_content_type() != best}
            leaves = [leaf for leaf in leaves if id(leaf) not in others]
    yield from leaves


def _part(part: MIMEPart, name: str, heading: str, depth: int, inside: Inside) -> Iterator[Piece]:
    kind, under = part.get_content_maintype(), _under(heading, name)
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        said = "\n\n".join(str(inner).strip() for inner in part.get_payload())
        yield from _without_lines(said, under)
    elif part.get_content_type() == "message/rfc822" or (kind != "text" and name.lower().endswith(".eml")):
        if depth < _DEEPEST:
            yield from _message(_mail_inside(part), heading, depth + 1, inside)
        else:
            yield _unread(part, name, "too deep inside other mails")
    elif kind == "image":
        yield from picture_inside(_bytes(part), name or "picture", Place(), heading, name)
    elif part.get_content_type() == "text/html" or name.lower().endswith((".htm", ".html")):
        yield from html_pieces(_content(part), headings=_head(under))
    elif kind in ("text", "multipart") and not name.lower().endswith(_TABLE_NAMES):
        yield from _without_lines(_content(part), under)
    elif part.get_content_type().endswith("signature"):
        return
    elif data := _bytes(part):
        yield from _attached(name, data, heading, inside)
    else:
        yield _unread(part, name, _NOT_READ)


def _unread(part: MIMEPart, name: str, why: str) -> Piece:
    return Piece("unread", why, Place(), name or f"a part ({part.get_content_type()})")


def _attached(name: str, data: bytes, heading: str, inside: Inside) -> Iterator[Piece]:
    for piece in inside(FileInside(name or "attachment", data)):
        yield piece if piece.kind == "unread" else replace(piece, heading=_under(heading, piece.heading))


def _mail_inside(part: MIMEPart) -> EmailMessage:
    """The mail that a part holds, also where it is encoded, which the parser takes for the text of an empty mail."""
    inner = part.get_payload(0) if part.is_multipart() else None
    if isinstance(inner, EmailMessage) and (inner.keys() or not part.get("content-transfer-encoding")):
        return inner
    if isinstance(inner, EmailMessage):
        part.set_payload(inner.get_payload())
    return _parsed(_bytes(part).lstrip())


def _filename(part: MIMEPart) -> str:
    try:
        return " ".join((part.get_filename() or "").split())[-_LONGEST_NAME:]  # its end says what it is
    except Exception:  # the parser of headers fails on some that are malformed
        return ""


def _under(heading: str, name: str) -> str:
    return " › ".join(filter(None, (heading, name)))


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # the parser of headers fails on some that are malformed
        return ""


def _bytes(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _content(part: MIMEPart) -> str:
    if part.get_content_maintype() == "multipart":  # one whose borders are missing: its text as it stands
        return str(part.get_payload())
    return decode(_bytes(part), part.get_content_charset() or "")


def _without_lines(text: str, heading: str) -> Iterator[Piece]:
    """Paragraphs without line numbers: those of a decoded part are not those of the file."""
    for piece in paragraphs(text):
        yield Piece("text", piece.text, Place(), heading)


def _head(subject: str, above: str = "") -> Headings:
    headings = Headings()
    if above:
        headings.enter(-2, above)
    if subject:
        headings.enter(-1, subject)
    return headings


def read_msg(path: Path, inside: Inside = too_deep) -> Iterator[Piece]:
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
    headings = _head(subject[:_LONGEST_NAME])
    yield Piece("text", "\n".join(f"{label}: {fact}" for label, fact in facts.items() if fact))
    if message.body:
        yield from _without_lines(message.body.replace("\r\n", "\n"), headings.chain)
    elif message.html_body:
        yield from html_pieces(message.html_body, headings=headings)
    for attachment in attachments:
        name, data = attachment.file_name or "", attachment.file_bytes or b""
        if (attachment.mime_type or "").startswith("image/"):
            yield from picture_inside(data, name, Place(), headings.chain, name)
        elif name.lower().endswith(".ics"):
            yield from calendar_pieces(decode(data), _under(headings.chain, name))
        elif data:
            yield from _attached(name, data, headings.chain, inside)
        else:
            yield Piece("unread", _NOT_READ, Place(), name or "an attachment")


def _decoded(text: str) -> str:
    """A name whose letters are written as '=?UTF-8?…?=', as some programs leave it in the message."""
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text
