"""Dates, times and durations of a spreadsheet as they are shown, in English, by the parts of the cell's format.

A date of figures alone is written year first, since 04/03 is a day in April or in March.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

_LAST_DAY = 2_958_466  # the first day of the year 10000

Token = tuple[str, str]
"""What a part of a format is, and its text."""


def is_elapsed(bracket: str) -> bool:
    """Whether '[h]' and the like: hours, minutes or seconds that count on beyond a day."""
    return bool(bracket) and bracket.lower() in ("h" * len(bracket), "m" * len(bracket), "s" * len(bracket))


def moment(value: Decimal, tokens: list[Token], epoch_1904: bool) -> str:
    """A date, a time or a duration; '' for what is none."""
    elapsed = next((text[0].lower() for kind, text in tokens if kind == "bracket" and is_elapsed(text)), "")
    if not (elapsed or value >= 0) or abs(value) >= _LAST_DAY:
        return ""
    fine = any(kind == "time" and text.startswith(".") for kind, text in tokens)
    micro = round(value * 86_400 * (1000 if fine else 1)) * (1000 if fine else 1_000_000)
    if elapsed:
        return ("-" if micro < 0 else "") + _elapsed(abs(micro), tokens, elapsed)
    early = 0 if epoch_1904 or value >= 60 else 1  # these programs believe in a 29 February 1900
    start = datetime.datetime(1904, 1, 1) if epoch_1904 else datetime.datetime(1899, 12, 30)
    try:
        found = start + datetime.timedelta(days=early, microseconds=micro)
    except OverflowError:
        return ""
    parts = _parted([text for kind, text in tokens if kind == "time"])
    day = _day(found, parts)
    half = any(kind == "half" for kind, _ in tokens)
    clock = _clock(found, parts, half)
    return " ".join(filter(None, (day, clock)))


def _parted(texts: list[str]) -> list[str]:
    """The parts of a date or time by name; of 'm' those beside hours or seconds are minutes, which are called 'n'."""
    parts = []
    for n, text in enumerate(texts):
        beside = (n and texts[n - 1][0] == "h") or (n + 1 < len(texts) and texts[n + 1][0] == "s")
        parts.append("n" * len(text) if text[0] == "m" and len(text) < 3 and beside else text)
    return parts


def _day(moment: datetime.datetime, parts: list[str]) -> str:
    kinds = {part[0] for part in parts if part[0] in "ymd"}
    month = next((part for part in parts if part[0] == "m"), "")
    day = next((part for part in parts if part[0] == "d"), "")
    sign = {3: "%a", 4: "%A"}.get(max((len(p) for p in parts if p[0] == "d"), default=0))
    weekday = moment.strftime(sign) if sign else ""
    if len(month) >= 3:
        name = f"{moment:%b}" if len(month) == 3 else f"{moment:%B}"
        number = str(moment.day) if any(part in ("d", "dd") for part in parts) else ""
        told = (f"{weekday}," if weekday else "", number, name, f"{moment:%Y}" if "y" in kinds else "")
        return " ".join(filter(None, told))
    if not kinds or (kinds == {"d"} and day in ("ddd", "dddd")):
        return weekday
    whole = f"{moment.year:04}" if kinds == {"y"} else moment.date().isoformat()
    whole = whole[:7] if kinds == {"y", "m"} else whole
    return f"{weekday}, {whole}" if weekday else whole


def _clock(moment: datetime.datetime, parts: list[str], half: bool) -> str:
    kinds = {part[0] for part in parts}
    if not kinds & {"h", "n", "s"}:
        return ""
    second = f":{moment.second:02}" if "s" in kinds else ""
    if "." in kinds:
        second += f".{moment.microsecond // 1000:03}".rstrip("0").rstrip(".")
    if "h" not in kinds:
        return f"{moment.minute:02}{second}"
    hour = f"{moment.hour % 12 or 12}" if half else f"{moment.hour:02}"
    return f"{hour}:{moment.minute:02}{second}" + (f" {'AM' if moment.hour < 12 else 'PM'}" if half else "")


def _elapsed(micro: int, tokens: list[Token], unit: str) -> str:
    """'36:00' for a day and a half by '[h]:mm': the first part counts on."""
    seconds = micro // 1_000_000
    times = {text[0] for kind, text in tokens if kind == "time"}
    if unit == "s":
        return str(seconds)
    minutes, second = divmod(seconds, 60)
    tail = f":{second:02}" if "s" in times else ""
    if unit == "m":
        return f"{minutes}{tail}"
    return f"{minutes // 60}:{minutes % 60:02}{tail}" if "m" in times else str(minutes // 60)
