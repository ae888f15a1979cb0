"""Mail: invitations, mails inside mails, alternatives, encodings of bodies."""

from __future__ import annotations

import base64
import quopri
import re
from pathlib import Path

import pytest

from pipelines.reading.segmenting import segment
from pipelines.reading.unread import unread
from tests.making_files import make_zip
from tests.pipelines.extractors.test_calendars import calendar, read

HEAD = "From: a@example.org\nTo: b@example.org\nSubject: Boilers\nMIME-Version: 1.0\n"
INNER = "From: c@example.org\nTo: d@example.org\nSubject: Crate\n\nIt leaves at noon.\n"
INVITED = [
    "DTSTART;TZID=Europe/Berlin:20260311T143000",
    "DTEND;TZID=Europe/Berlin:20260311T153000",
    "SUMMARY:Prüfung der",
    "  Kessel",
    "LOCATION:Halle 5\\, Nord",
    "ORGANIZER;CN=Ana:mailto:ana@example.org",
    'ATTENDEE;CN="Bo, C";PARTSTAT=ACCEPTED:mailto:bo@example.org',
    "ATTENDEE:mailto:di@example.org",
    "DESCRIPTION:Bring boots.\\nAnd plans.",
]


def part(kind: str, content: str, more: str = "") -> str:
    return f"Content-Type: {kind}\n{more}\n{content}\n"


def several(kind: str, *parts: str, border: str = "B") -> str:
    inner = "".join(f"--{border}\n{each}" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{border}"\n\n{inner}--{border}--\n'


def base64_of(data: bytes) -> str:
    return base64.encodebytes(data).decode()


CODED = "Content-Transfer-Encoding: base64\n"
TOLD = [
    "Summary: Prüfung der Kessel",
    "Start: 2026-03-11 14:30 Europe/Berlin",
    "End: 2026-03-11 15:30 Europe/Berlin",
    "Place: Halle 5, Nord",
    "Organizer: Ana <ana@example.org>",
    "Attendees: Bo, C <bo@example.org> (accepted), di@example.org",
]


@pytest.mark.parametrize("coding", ["8bit", "base64", "quoted-printable"])
def test_a_mail_that_is_only_an_invitation(tmp_path: Path, coding: str) -> None:
    data = calendar(*INVITED).encode()
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(coding, bytes)(data)
    head = f"{HEAD}Content-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: {coding}\n\n".encode()
    _, invitation, description = read(tmp_path / "a.eml", head + body)
    assert invitation.text.split("\n") == TOLD
    assert (description.text, description.heading) == ("Bring boots.\nAnd plans.", "Boilers › Prüfung der Kessel")


def test_an_invitation_beside_text_is_told_once(tmp_path: Path) -> None:
    coded = base64_of(calendar(*INVITED).encode())
    bodies = [part("text/plain", "You are invited"), part("text/html", "<p>html"), part("text/calendar", coded, CODED)]
    named = part("application/ics", coded, CODED + "Content-Disposition: attachment; filename=invite.ics\n")
    mail = HEAD + several("mixed", several("alternative", *bodies, border="C"), named)
    head, text, invitation, _ = read(tmp_path / "a.eml", mail)
    assert head.text.endswith("Attachments: invite.ics")
    assert text.text == "You are invited"
    assert invitation.text.split("\n") == TOLD


@pytest.mark.parametrize(
    "inside",
    [
        several("mixed", part("text/plain", "see below"), part("message/rfc822", INNER)),
        several("mixed", part("text/plain", "see below"), part("message/rfc822", base64_of(INNER.encode()), CODED)),
        several(
            "mixed",
            part("text/plain", "see below"),
            part('application/octet-stream; name="crate.eml"', base64_of(INNER.encode()), CODED),
        ),
        several("mixed", several("mixed", part("text/plain", "see below"), part("message/rfc822", INNER), border="C")),
        part("message/rfc822", INNER),
    ],
)
def test_a_mail_inside_a_mail_is_part_of_it(tmp_path: Path, inside: str) -> None:
    pieces = read(tmp_path / "a.eml", HEAD + inside)
    assert pieces[-2].text == "Subject: Crate\nFrom: c@example.org\nTo: d@example.org"
    assert [piece.heading for piece in pieces[-2:]] == ["Boilers", "Boilers › Crate"]
    assert pieces[-1].text == "It leaves at noon."


def test_all_texts_and_attachments_however_they_are_nested(tmp_path: Path) -> None:
    empty = several("alternative", part("text/plain", " "), part("text/html", "<p>from HTML</p>"), border="C")
    note = part("text/plain", "a note", "Content-Disposition: attachment; filename=note.txt\n")
    nested = several("mixed", note, border="D")
    head, *rest = read(tmp_path / "a.eml", HEAD + several("mixed", empty, part("text/html", "<p>below"), nested))
    assert head.text.endswith("Attachments: note.txt")
    assert [(piece.text, piece.heading) for piece in rest] == [
        ("from HTML", "Boilers"),
        ("below", "Boilers"),
        ("a note", "Boilers › note.txt"),
    ]


def test_a_bad_part_takes_no_other_with_it(tmp_path: Path) -> None:
    deep = "".join(f'Content-Type: multipart/mixed; boundary="D{n}"\n\n--D{n}\n' for n in range(2_000))
    bad = part('application/octet-stream; name="deep.eml"', base64_of(deep.encode()), CODED)
    after = part("text/plain", "a note", "Content-Disposition: attachment; filename=note.txt\n")
    pieces = read(tmp_path / "a.eml", HEAD + several("mixed", bad, after))
    assert pieces[-1].text == "a note"
    assert [piece.heading for piece in pieces if piece.kind == "unread"] == ["deep.eml"]


@pytest.mark.parametrize(
    ("head", "content"),
    [
        ("Subject: " + "x" * 100_000, "Content-Type: text/plain\n"),
        ("Subject: Boilers", f"Content-Disposition: attachment; filename={'x' * 100_000}.txt\n"),
    ],
)
def test_an_endless_name_is_not_repeated_with_all_that_it_is_above(tmp_path: Path, head: str, content: str) -> None:
    mail = f"From: a@example.org\n{head}\nTo: b@example.org\n{content}\n" + "a paragraph\n\n" * 50
    pieces = read(tmp_path / "a.eml", mail)
    assert pieces[-1].text == "a paragraph"
    assert sum(len(piece.text) + len(piece.heading) for piece in pieces) < 20_000


def test_only_the_beginning_of_an_endless_field_is_taken_apart(tmp_path: Path) -> None:
    head, body = read(tmp_path / "a.eml", "From: a@example.org\nTo: " + '"a" ' * 100_000 + "\n\nHello")
    assert len(head.text) < 20_000
    assert body.text == "Hello"


@pytest.mark.parametrize("charset", ["windows-950", "big5"])
def test_headers_and_body_in_big5(tmp_path: Path, charset: str) -> None:
    named = f"=?{charset}?B?{base64.b64encode('會議'.encode('cp950')).decode()}?="
    body = part(f"text/plain; charset={charset}", base64_of("明天上午".encode("cp950")), CODED)
    head, text = read(tmp_path / "a.eml", f"Subject: {named}\nFrom: a@example.org\nTo: b@example.org\n{body}")
    assert head.text.startswith("Subject: 會議")
    assert text.text == "明天上午"


@pytest.mark.parametrize("field", ["Content-Type: attachment; filename*", "Content-Type: text/plain; charset*"])
def test_a_malformed_field_of_a_part_takes_no_other_part_with_it(tmp_path: Path, field: str) -> None:
    parts = f"--b\n{field}\n\nodd\n--b\nContent-Type: text/plain\n\ngood\n--b--\n"
    found = read(tmp_path / "a.eml", f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{parts}")
    assert [piece.text for piece in found][-2:] == ["odd", "good"]


BOX = f"""From a@x Mon Jan  1 00:00:00 2024
From: Anna <a@x.org>
Subject: Boiler
Date: Mon, 1 Jan 2024

Off.
>From here on.

From Anna, 2024 was cold

From b@x Tue Jan  2 00:00:00 2024
{HEAD}{several("mixed", part("text/plain", "On again."), part("application/x; name=log.csv", "valve,open,7", ""))}"""


@pytest.mark.parametrize("name", ["box.mbox", "box"])
def test_a_mailbox_is_read_mail_by_mail(tmp_path: Path, name: str) -> None:
    pieces = read(tmp_path / name, BOX.encode())
    anna, other = "box › Anna <a@x.org>, Mon, 1 Jan 2024", "box › a@example.org"
    assert [(piece.heading, piece.text.partition("\n")[0]) for piece in pieces] == [
        (anna, "Subject: Boiler"),
        (f"{anna} › Boiler", "Off."),
        (f"{anna} › Boiler", "From Anna, 2024 was cold"),
        (other, "Subject: Boilers"),
        (f"{other} › Boilers", "On again."),
        (f"{other} › Boilers › log.csv", "valve | open | 7"),
    ]
    assert pieces[1].text == "Off.\nFrom here on."
    assert {piece.place.lines for piece in pieces} == {(2, 10), (12, BOX.count("\n"))}
    segments = [each for each, _ in segment(pieces, "s", "document")]
    assert [each.text.partition("\n")[0] for each in segments] == [
        "Subject: Boiler",
        "Subject: Boilers",
        "valve | open | 7",
    ]


def test_a_text_that_begins_like_a_mailbox_is_none(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.txt", b"From Riga to Ulm 2024\nwe went by boat.\n")
    assert piece.text.startswith("From Riga")


def test_documents_that_hang_on_a_mail_are_read(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"in/b.txt": "The key is here.", "c.exe": b"MZ" + bytes(99)}).read_bytes()
    hanging = part("application/zip; name=a.zip", base64_of(archive), CODED)
    found = read(tmp_path / "a.eml", (HEAD + several("mixed", part("text/plain", "See a."), hanging)).encode())
    assert [(piece.kind, piece.heading, piece.text) for piece in found[-2:]] == [
        ("text", "Boilers › a.zip › in/b.txt", "The key is here."),
        ("unread", "a.zip › c.exe", "a program"),
    ]


def nested(kind: str, depth: int) -> str:
    inner = part("text/plain", "The bottom.")
    for number in range(depth):
        mail = f"Content-Type: message/rfc822\n\nFrom: a@x\nSubject: {number}\n{inner}"
        inner = mail if kind == "mail" else several("mixed", inner, part("text/plain", "Beside."), border=f"B{number}")
    return inner


@pytest.mark.parametrize(
    ("kind", "depth", "said"),
    [
        ("mail", 500, "a part (message/rfc822) (too deep inside other mails)"),
        ("mail", 3_000, "a.eml (its parts are nested too deeply in each other)"),
        ("mixed", 500, "a.eml (its parts are nested too deeply in each other)"),
    ],
)
def test_parts_that_are_nested_too_deeply_are_told(tmp_path: Path, kind: str, depth: int, said: str) -> None:
    assert unread(read(tmp_path / "a.eml", (HEAD + nested(kind, depth)).encode())) == f"Not read: {said}."


def test_a_mail_in_ten_others_is_read_and_deep_ones_cost_no_other_mail_of_a_box(tmp_path: Path) -> None:
    assert read(tmp_path / "a.eml", (HEAD + nested("mail", 10)).encode())[-1].text == "The bottom."
    border = "From a@x Mon Jan  1 00:00:00 2024\n"
    box = f"{border}{HEAD}{nested('mixed', 500)}\n{border}{HEAD}\nThe last.\n"
    pieces = read(tmp_path / "a.mbox", box)
    assert [piece.text.partition("\n")[0] for piece in pieces[-2:]] == ["Subject: Boilers", "The last."]
    assert re.fullmatch(r"Not read: lines 2–\d+ \(its parts are nested too deeply in each other\)\.", unread(pieces))
