"""Calendars (iCalendar, RFC 5545) to Pieces: each event and task as lines of 'Name: value'. Knows nothing of mail."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexes.records import Place
from pipelines.extractors.decoding import read_characters
from pipelines.extractors.markup import html_pieces
from pipelines.extractors.tables import written
from pipelines.extractors.text import LONGEST_TITLE, paragraphs
from pipelines.records import Piece

_TOLD = ("VEVENT", "VTODO", "VJOURNAL")
_ABOUT = ("METHOD", "X-WR-CALNAME", "NAME")
_LISTS = ("RDATE", "EXDATE")
_READ = (
    *("SUMMARY", "DTSTART", "DTEND", "DURATION", "DUE", "COMPLETED", "RRULE", "RECURRENCE-ID", "LOCATION", "ORGANIZER"),
    *("ATTENDEE", "STATUS", "CATEGORIES", "URL", "COMMENT", "DESCRIPTION", "X-ALT-DESC", *_LISTS),
)
_LONGEST_LINE = 100_000
_MOST_LINES = 2_000
"""Characters of one property and properties of one event that are read."""
_NAME = re.compile(r"[A-Za-z0-9-]++")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")
_EVERY = {"SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day"}
_EVERY |= {"WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday"}
_DAYS |= {"FR": "Friday", "SA": "Saturday", "SU": "Sunday"}
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def read_ics(path: Path) -> Iterator[Piece]:
    """The events of a calendar that is a file of its own."""
    yield from calendar_pieces(read_characters(path))


def calendar_pieces(text: str, heading: str = "") -> Iterator[Piece]:
    """The events, tasks and notes of a calendar, then what stands beside it; without an event all as it stands."""
    told = False
    beside: list[str] = []
    known: dict[str, str] | None = None
    for lines, about in _events(text, beside):
        told = True
        if about != known:
            known, calendar = about, _component(about.values())
        name = _line(_one(calendar, "X-WR-CALNAME") or _one(calendar, "NAME"))
        under = " › ".join(filter(None, (heading, name[:LONGEST_TITLE])))
        try:
            yield from _event(_component(lines), _line(_one(calendar, "METHOD")), under)
        except (ValueError, TypeError, LookupError, ArithmeticError, OSError):  # zones are looked for among files
            yield Piece("text", "\n".join(lines), Place(), under)
    for piece in paragraphs("\n".join(beside) if told else text):
        yield Piece("text", piece.text, Place(), heading)


def _events(text: str, beside: list[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The lines that are told of each event, and of its calendar; lines outside of all calendars go to `beside`.

    Each is taken apart on its own, so that a bad one takes no others with it, and a calendar that is cut off keeps
    those before. Zones are not read: their names are told, and a rule of one may repeat for ever.
    """
    inside: list[str] = []
    about: dict[str, str] = {}
    event: list[str] = []
    for line in _unfolded(text):
        name = _NAME.match(line)
        named = name[0].upper() if name else ""
        if named == "BEGIN":
            inside.append(line.partition(":")[2].strip().upper())
            if inside[-1] in _TOLD and event:  # the one before has no end
                yield event, about
                event = []
            elif inside[-1] == "VCALENDAR":
                about = {}
        elif named == "END" and inside:
            if inside.pop() in _TOLD and event:
                yield event, about
                event = []
        elif not inside:
            beside.append(line)
        elif inside[-1] == "VCALENDAR" and named in _ABOUT:
            about = {named: line} | about  # the first of each
        elif inside[-1] in _TOLD and named in _READ and len(event) < _MOST_LINES:
            # Of lists of dates each would be looked up in its zone.
            event.append(f"X-{named}:{line.rpartition(':')[2]}" if named in _LISTS else line)
    if event:
        yield event, about


def _unfolded(text: str) -> Iterator[str]:
    """Lines, each with those that continue it; of one without end its beginning."""
    line: list[str] = []
    length = 0
    for part in text.split("\n"):
        if line and part.startswith((" ", "\t")):
            if length < _LONGEST_LINE:
                line.append(part[1:])
                length += len(part)
            continue
        if line:
            yield "".join(line)[:_LONGEST_LINE]
        line, length = [part], len(part)
    yield "".join(line)[:_LONGEST_LINE]


def _component(lines: Iterable[str]) -> Any:
    """What icalendar understands of some lines."""
    from icalendar import Event

    return Event.from_ical("\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]))


def _event(event: Any, method: str, heading: str) -> Iterator[Piece]:
    summary = _line(_one(event, "SUMMARY"))
    start, end = _span(event)
    cancelled = "cancelled" if method.upper() == "CANCEL" else ""
    facts = {
        "Summary": summary,
        "Start": start,
        "End": end,
        "Due": _moment(_one(event, "DUE")),
        "Completed": _moment(_one(event, "COMPLETED")),
        "Repeats": "; ".join(_rule(rule) for rule in _all(event, "RRULE")),
        "Also on": ", ".join(_dates(event, "RDATE")),
        "Except on": ", ".join(_dates(event, "EXDATE")),
        "In place of": _moment(_one(event, "RECURRENCE-ID")),
        "Place": _line(_one(event, "LOCATION")),
        "Organizer": ", ".join(map(_person, _all(event, "ORGANIZER"))),
        "Attendees": ", ".join(map(_person, _all(event, "ATTENDEE"))),
        "Status": cancelled or _line(_one(event, "STATUS")).lower(),
        "Categories": ", ".join(_line(listed.to_ical().decode()) for listed in _all(event, "CATEGORIES")),
        "Link": _line(_one(event, "URL")),
        "Comment": "; ".join(map(_line, _all(event, "COMMENT"))),
    }
    yield Piece("text", "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact), Place(), heading)
    under = " › ".join(filter(None, (heading, summary[:LONGEST_TITLE])))
    described = "\n\n".join(map(str, _all(event, "DESCRIPTION")))
    for piece in paragraphs(described):
        yield Piece("text", piece.text, Place(), under)
    if not described.strip() and (page := _one(event, "X-ALT-DESC")):
        for piece in html_pieces(str(page)):
            yield Piece(piece.kind, piece.text, Place(), under)


def _span(event: Any) -> tuple[str, str]:
    """Start and end; of days without a time the last one that is meant, where the file names the one after it."""
    start, end = _one(event, "DTSTART"), _one(event, "DTEND")
    first, last = _got(start, "dt"), _got(end, "dt")
    length = _got(_one(event, "DURATION"), "dt")
    if last is None and isinstance(length, datetime.timedelta) and isinstance(first, datetime.date):
        last, end = _later(first, length), start
    if not _is_day(first):
        return _moment(start), _moment(end, last) if last else ""
    if not _is_day(last):
        return f"{_moment(start)}, all day", ""
    last = _later(last, datetime.timedelta(days=-1))
    return f"{_moment(start)}, all day", _moment(end, last) if last and last > first else ""


def _later(moment: Any, length: datetime.timedelta) -> Any:
    try:
        return moment + length
    except OverflowError:  # before the first year or after the last
        return None


def _is_day(value: Any) -> bool:
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def _moment(prop: Any, value: Any = None) -> str:
    """'2026-03-11 14:30 Europe/Berlin': by the clock of the zone that the file names."""
    value = value or _got(prop, "dt")
    if value is None:
        return _line(prop)
    if not isinstance(value, datetime.datetime):
        return written(value)
    zone = _parameter(prop, "TZID") or (value.tzname() if value.tzinfo else "")
    return f"{value.isoformat(' ')[:16]} {zone or ''}".rstrip()


def _dates(event: Any, name: str) -> Iterator[str]:
    for listed in _all(event, f"X-{name}"):
        for date in filter(str.strip, str(listed).split(",")):
            yield " to ".join(map(_stamp, date.strip().split("/")))


def _stamp(text: str) -> str:
    """'2026-04-14 08:00' of 20260414T080000, and anything else as it stands."""
    match = _STAMP.fullmatch(text)
    if not match:
        return text
    year, month, day, hour, minute, utc = match.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "") + (" UTC" if utc else "")


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
    name, answer = _parameter(prop, "CN"), _parameter(prop, "PARTSTAT").lower().replace("-", " ")
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


def _one(event: Any, name: str) -> Any:
    """The first, where a calendar that is not quite valid has several."""
    return next(iter(_all(event, name)), None)


def _parameter(prop: Any, name: str) -> str:
    """What is said of a property; several where a comma is not in quotes (CN=Doe, Jane)."""
    value = prop.params.get(name)
    return ", ".join(map(_line, value)) if isinstance(value, list) else _line(value)


def _line(value: Any) -> str:
    """A value on one line."""
    return " ".join(str(value).split()) if value is not None else ""
