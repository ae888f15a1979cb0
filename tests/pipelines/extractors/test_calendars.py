"""Calendars: when an event is, and what is told of one that cannot be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.extractors import extract
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece


def read(path: Path, data: str | bytes) -> list[Piece]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(extract(path, kind_of(path)))


def calendar(*lines: str, method: str = "REQUEST") -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["DTSTART;VALUE=DATE:20260311", "DTEND;VALUE=DATE:20260312"], ["Start: 2026-03-11, all day"]),
        (
            ["DTSTART;VALUE=DATE:20260311", "DTEND;VALUE=DATE:20260314"],
            ["Start: 2026-03-11, all day", "End: 2026-03-13"],
        ),
        (["DTSTART:20260311T080000Z", "DURATION:PT90M"], ["Start: 2026-03-11 08:00 UTC", "End: 2026-03-11 09:30 UTC"]),
        (
            ["DTSTART:20260310T080000", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20260630T000000Z"],
            ["Start: 2026-03-10 08:00", "Repeats: every 2 weeks on Tuesday until 2026-06-30"],
        ),
        (
            ["DTSTART:20260310T080000", "RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=5", "EXDATE:20260414T080000"],
            [
                "Start: 2026-03-10 08:00",
                "Repeats: every month on second Tuesday, 5 times",
                "Except on: 2026-04-14 08:00",
            ],
        ),
        (["DTSTART:20261311T080000"], ["Start: 20261311T080000"]),  # no such month
    ],
)
def test_when_an_event_is(tmp_path: Path, lines: list[str], told: list[str]) -> None:
    (event,) = read(tmp_path / "a.ics", calendar(*lines, "SUMMARY:Fair"))
    assert event.text.split("\n") == ["Summary: Fair", *told]


def test_a_calendar_tells_itself_without_its_name(tmp_path: Path) -> None:
    (event,) = read(tmp_path / "calendar", calendar("SUMMARY:Fair", "STATUS:CONFIRMED", method="CANCEL"))
    assert event.text == "Summary: Fair\nStatus: cancelled"


def test_a_calendar_that_is_cut_off_is_told_up_to_there(tmp_path: Path) -> None:
    whole, cut = read(
        tmp_path / "a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fair\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:Ball\nDTS"
    )
    assert [whole.text, cut.text] == ["Summary: Fair", "Summary: Ball"]


def test_a_calendar_without_an_event_is_told_as_it_stands(tmp_path: Path) -> None:
    (lines,) = read(tmp_path / "a.ics", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR")
    assert "VERSION:2.0" in lines.text


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["DTSTART:99991231T235959Z", "DURATION:P9D"], "Start: 9999-12-31 23:59 UTC"),
        (["DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:00010101"], "Start: 0001-01-01, all day"),
        ([f"DTSTART;TZID={'a' * 5000}:20260101T000000"], "DTSTART;TZID=aaa"),
        (["SUMMARY:Ball", "LOCATION:a", "LOCATION:b"], "Summary: Ball\nPlace: a"),
        (["ORGANIZER;CN=Doe, Jane:mailto:j@example.org"], "Organizer: Doe, Jane <j@example.org>"),
        (["CATEGORIES;VALUE=DATE:20260101"], "CATEGORIES;VALUE=DATE:20260101"),
        (["EXDATE;VALUE=DATE:20260101,soon"], "Except on: 2026-01-01, soon"),
        (["RDATE;VALUE=PERIOD:20260101T080000Z/PT1H"], "Also on: 2026-01-01 08:00 UTC to PT1H"),
    ],
)
def test_an_odd_event_takes_no_other_with_it(tmp_path: Path, lines: list[str], told: str) -> None:
    source = calendar(*lines, "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:Fair")
    odd, other = read(tmp_path / "a.ics", source)
    assert odd.text.startswith(told)
    assert other.text == "Summary: Fair"


def test_nothing_is_looked_up_in_the_zones_of_a_calendar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from icalendar import Timezone

    monkeypatch.setattr(Timezone, "to_tz", lambda *_, **__: pytest.fail("its rules may repeat for ever"))
    zone = "BEGIN:VTIMEZONE\nTZID:Far\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n"
    source = calendar("DTSTART;TZID=Far:20260101T080000").replace("BEGIN:VEV", f"{zone}END:VTIMEZONE\nBEGIN:VEV")
    (event,) = read(tmp_path / "a.ics", source)
    assert event.text == "Start: 2026-01-01 08:00 Far"


def test_alarms_and_what_is_endless_are_left_out(tmp_path: Path) -> None:
    alarm = ["BEGIN:VALARM", "DESCRIPTION:Wake up", "END:VALARM"]
    guests = ["ATTENDEE:mailto:a@b.c"] * 5_000
    (event,) = read(tmp_path / "a.ics", calendar("SUMMARY:" + "a" * 500_000, *alarm, *guests))
    assert "Wake up" not in event.text
    assert len(event.text) < 200_000


def test_the_first_of_many_names_of_a_calendar_stands_above_its_events(tmp_path: Path) -> None:
    event = "BEGIN:VEVENT\nSUMMARY:{}\nDESCRIPTION:Gloves on.\nEND:VEVENT\n"
    events = "".join("NAME:other\n" * 10_000 + event.format("Fair" * 20_000) for _ in range(20))
    found = read(tmp_path / "a.ics", f"BEGIN:VCALENDAR\nNAME:{'Kiln' * 20_000}\n{events}END:VCALENDAR")
    assert len(found) == 40
    assert {piece.heading for piece in found} == {"Kiln" * 250, "Kiln" * 250 + " › " + "Fair" * 250}


def test_a_note_that_quotes_a_calendar_keeps_its_own_words(tmp_path: Path) -> None:
    event, prose = read(tmp_path / "a.txt", calendar("SUMMARY:Fair") + "\nThat is how an event looks.\n")
    assert (event.text, prose.text) == ("Summary: Fair", "That is how an event looks.")
    (about,) = read(tmp_path / "b.txt", "BEGIN:VCALENDAR is how calendars begin.")
    assert about.place.lines == (1, 1)
