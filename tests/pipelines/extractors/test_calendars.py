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


def test_a_calendar_that_is_cut_off_is_told_as_it_stands(tmp_path: Path) -> None:
    (lines,) = read(tmp_path / "a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fair\nDTSTART:2026")
    assert "SUMMARY:Fair" in lines.text
