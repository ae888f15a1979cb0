"""Calendars (iCalendar, RFC 5545) to Pieces: each event and task as lines of 'Name: value'. Knows nothing of mail."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.markup import html_pieces
from pipelines.extractors.tables import written
from pipelines.extractors.text import paragraphs
from pipelines.records import Piece

_TOLD = ("VEVENT", "VTODO", "VJOURNAL")
_EVERY = {"SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day"}
_EVERY |= {"WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday"}
_DAYS |= {"FR": "Friday", "SA": "Saturday", "SU": "Sunday"}
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def read_ics(path: Path) -> Iterator[Piece]:
    """The events of a calendar that is a file of its own."""
    yield from calendar_pieces(read_characters(path))


def calendar_pieces(text: str, heading: str = "") -> Iterator[Piece]:
    """The events, tasks and notes of a calendar; its lines as they stand where it cannot be taken apart."""
    from icalendar import Component

    told = False
    try:
        calendars = Component.from_ical(text, multiple=True)
    except (ValueError, LookupError):
        calendars = []
    for calendar in calendars:
        name = str(calendar.get("X-WR-CALNAME") or calendar.get("NAME") or "")
        under = " › ".join(filter(None, (heading, name)))
        for event in calendar.walk():
            if event.name in _TOLD:
                told = True
                yield from _event(event, str(calendar.get("METHOD", "")), under)
    if not told:
        yield from (Piece("text", piece.text, Place(), heading) for piece in paragraphs(text))


def _event(event: Any, method: str, heading: str) -> Iterator[Piece]:
    summary = _line(event.get("SUMMARY"))
    start, end = _span(event)
    cancelled = "cancelled" if method.upper() == "CANCEL" else ""
    facts = {
        "Summary": summary,
        "Start": start,
        "End": end,
        "Due": _moment(event.get("DUE")),
        "Completed": _moment(event.get("COMPLETED")),
        "Repeats": "; ".join(_rule(rule) for rule in _all(event, "RRULE")),
        "Also on": ", ".join(_dates(event, "RDATE")),
        "Except on": ", ".join(_dates(event, "EXDATE")),
        "In place of": _moment(event.get("RECURRENCE-ID")),
        "Place": _line(event.get("LOCATION")),
        "Organizer": ", ".join(map(_person, _all(event, "ORGANIZER"))),
        "Attendees": ", ".join(map(_person, _all(event, "ATTENDEE"))),
        "Status": cancelled or _line(event.get("STATUS")).lower(),
        "Categories": ", ".join(_line(listed.to_ical().decode()) for listed in _all(event, "CATEGORIES")),
        "Link": _line(event.get("URL")),
        "Comment": "; ".join(map(_line, _all(event, "COMMENT"))),
    }
    yield Piece("text", "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact), Place(), heading)
    under = " › ".join(filter(None, (heading, summary)))
    described = "\n\n".join(map(str, _all(event, "DESCRIPTION")))
    for piece in paragraphs(described):
        yield Piece("text", piece.text, Place(), under)
    if not described.strip() and event.get("X-ALT-DESC"):
        for piece in html_pieces(str(event["X-ALT-DESC"])):
            yield Piece(piece.kind, piece.text, Place(), under)


def _span(event: Any) -> tuple[str, str]:
    """Start and end; of days without a time the last one that is meant, where the file names the one after it."""
    start, end = event.get("DTSTART"), event.get("DTEND")
    first, last = _got(start, "dt"), _got(end, "dt")
    length = _got(event.get("DURATION"), "dt")
    if last is None and isinstance(length, datetime.timedelta) and isinstance(first, datetime.date):
        last, end = first + length, start
    if not _is_day(first):
        return _moment(start), _moment(end, last) if last else ""
    if not _is_day(last):
        return f"{_moment(start)}, all day", ""
    last -= datetime.timedelta(days=1)
    return f"{_moment(start)}, all day", _moment(end, last) if last > first else ""


def _is_day(value: Any) -> bool:
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def _moment(prop: Any, value: Any = None) -> str:
    """'2026-03-11 14:30 Europe/Berlin': by the clock of the zone that the file names."""
    value = value or _got(prop, "dt")
    if value is None:
        return _line(prop)
    if not isinstance(value, datetime.datetime):
        return written(value)
    zone = prop.params.get("TZID") or (value.tzname() if value.tzinfo else "")
    return f"{value:%Y-%m-%d %H:%M} {zone or ''}".rstrip()


def _dates(event: Any, name: str) -> Iterator[str]:
    for listed in _all(event, name):
        for date in _got(listed, "dts") or ():
            yield _moment(date) if not isinstance(date.dt, tuple) else " to ".join(map(written, date.dt))


def _rule(rule: Any) -> str:
    """'every 2 weeks on Tuesday until 2026-06-30' of FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20260630."""
    if not isinstance(rule, dict):
        return _line(rule)
    part = {name: [str(value) for value in values] for name, values in rule.items() if name != "UNTIL"}
    unit = _EVERY.get(part.get("FREQ", [""])[0].upper(), "time")
    count = part.get("INTERVAL", ["1"])[0]
    said = f"every {unit}" if count == "1" else f"every {count} {unit}s"
    days = [f"{_NTH.get(day[:-2].lstrip('+'), day[:-2])} {_DAYS.get(day[-2:], day)}" for day in part.get("BYDAY", [])]
    for before, named in (("on", days), ("on day", part.get("BYMONTHDAY")), ("in month", part.get("BYMONTH"))):
        said += f" {before} {', '.join(name.strip() for name in named)}" if named else ""
    if "COUNT" in part:
        said += f", {part['COUNT'][0]} times"
    return said + "".join(f" until {written(until)[:10]}" for until in rule.get("UNTIL", []))


def _person(prop: Any) -> str:
    address = _line(prop)
    address = address[7:] if address.lower().startswith("mailto:") else address
    name, answer = _line(prop.params.get("CN")), _line(prop.params.get("PARTSTAT")).lower().replace("-", " ")
    shown = f"{name} <{address}>" if name and name != address else address
    return shown + (f" ({answer})" if answer and answer != "needs action" else "")


def _got(prop: Any, name: str) -> Any:
    """Of a property that cannot be understood (a thirteenth month) nothing: it is told as it stands."""
    try:
        return getattr(prop, name, None)
    except ValueError:
        return None


def _all(event: Any, name: str) -> list[Any]:
    found = event.get(name)
    return [] if found is None else found if isinstance(found, list) else [found]


def _line(value: Any) -> str:
    """A value on one line."""
    return " ".join(str(value).split()) if value is not None else ""
