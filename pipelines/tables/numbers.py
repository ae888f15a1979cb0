"""The number that a cell of a table begins with, however it is written: '1.234,50 EUR', '(12)', '40,00-', '1.2M'.

Whether a point parts thousands or decimals a column tells as a whole (`decimal_mark`), and hardly ever a cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipelines.checking.dates import MONTHS
from pipelines.checking.units import unit_at

Mark = Literal[",", ".", ""]
"""What parts decimals. Where that is not known (''), three digits behind a comma are thousands, and what stands behind
a point are decimals."""

_LOOKED_AT = 300  # cells of which units are read
_FIRST = re.compile(r"\D{0,4}\d+(?:[.,]\d+)*")
_LONGEST = 60  # characters of a cell that is a number with words around it
_LARGEST = 1e15  # what is larger is a name of something, and floats do not hold it
_FORMS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d△▲", "-") | dict.fromkeys("\u00a0\u202f", " ")
)
_SCALES = {
    scale: number
    for number, scales in (
        (1e3, "k tsd thousand"),
        (1e4, "万"),
        (1e6, "m mn mio million millions"),
        (1e8, "亿"),
        (1e9, "b bn mrd billion billions"),
    )
    for scale in scales.split()
}
_NUMBER = re.compile(
    r"""(?:[A-Z]{3}\s)? [^\w(+-]{0,3} \s* (?P<sign>[(+-]?) \s* [$€£¥#~≈]? \s*
    (?P<digits>
        \d{1,3} (?:[,.'’\s]\d{3}(?!\d))+ (?:[.,]\d+)?   # 1,234.50
      | \d{1,2} (?:,\d\d)+ ,\d{3}(?!\d) (?:\.\d+)?      # 1,00,000, as India has it
      | \d+ (?:[.,]\d+)? (?:e[+-]?\d+)?
    )
    (?P<scale>
        [KMB](?![^\W\d_])                               # right behind the digits: '5 m' are metres
      | \s?[万亿]
      | \s?(?i:tsd|mn|mio|mrd|bn|thousand|millions?|billions?)(?![^\W\d_])
    )?""",
    re.VERBOSE,
)
_DAY = re.compile(  # what stands behind the first number of a day, a time or a telephone number
    r"[-/.]\d+[-/.]\d | :\d | [/.]\d{4}(?!\d) | \)\s*\d | \s?年\s?\d"
    r" | (?:st|nd|rd|th|er|\.)? [\s-]? (?:(?:de|of)\s)? (?P<month>[^\W\d_]{3,10}) (?![^\W\d_])",
    re.VERBOSE,
)
_MONTH_OF_YEAR = re.compile(r"(?:19|20)\d\d-\d\d(?!\d)")
_CLOSED = re.compile(r"[^()\d]{0,6}\)[^\d()]{0,4}$")
_MINUS_BEHIND = re.compile(r"\s?-\s*(?:[$€£¥%]|[A-Z]{3})?\s*$")
_CURRENCY = re.compile(r"[$€£¥]|(?<![^\W_])(?:USD|EUR|GBP|CHF|JPY|CNY|AUD|CAD|SEK|NOK|DKK|PLN|INR|BRL)(?![^\W_])")
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}


def number_of(cell: str, mark: Mark = "") -> float | None:
    """None where there is none: words, a day, a time, a telephone number."""
    cell = cell.strip().translate(_FORMS)
    match = _NUMBER.match(cell)
    if match is None or len(cell) > _LONGEST or _MONTH_OF_YEAR.match(cell, match.start("digits")):
        return None
    rest = cell[match.end() :]
    day = _DAY.match(rest)
    if day and (not day["month"] or day["month"].lower() in MONTHS):
        return None
    number = _read(match["digits"], mark) * _SCALES.get((match["scale"] or "").strip().lower(), 1.0)
    below = match["sign"] == "-" or (match["sign"] == "(" and _CLOSED.match(rest)) or _MINUS_BEHIND.match(rest)
    return None if number > _LARGEST else -number if below else number


def decimal_mark(cells: Sequence[str]) -> Mark:
    """What parts decimals in a column: the last of two kinds, what has other than three digits behind it, or what does
    not stand between thousands. Where all could be thousands, points are where the cells are money, or where whole
    numbers of three digits stand among them."""
    told: set[Mark] = set()
    points = whole = 0
    for cell in cells:
        match = _NUMBER.match(cell.strip().translate(_FORMS))
        digits = _joined(match["digits"]) if match else ""
        first = re.search(r"[.,]", digits)
        if first is None:
            whole += digits.isdigit() and len(digits) == 3
            continue
        last: Mark = "," if digits.rfind(",") > digits.rfind(".") else "."
        if first[0] != last or not _thousands(digits):
            told.add(last)
        elif digits.count(last) > 1:
            told.add("." if last == "," else ",")
        else:
            points += last == "."
    if told:
        return told.pop() if len(told) == 1 else ""
    return "," if points > 1 and (whole or currencies(cells)) else ""


def measures(cells: Sequence[str]) -> set[str]:
    """The units behind the numbers of some cells: 2 kg and 500 g cannot be added as they are written."""
    found = (_FIRST.match(cell) for cell in cells[:_LOOKED_AT])
    units = (unit_at(match.string, match.end()) for match in found if match)
    return {unit[0] for unit in units if unit}


def currencies(cells: Sequence[str]) -> set[str]:
    """Those that stand in some cells, by their codes."""
    found = {name for cell in cells if len(cell) <= _LONGEST for name in _CURRENCY.findall(cell)}
    return {_SYMBOLS.get(name, name) for name in found}


def _read(digits: str, mark: Mark) -> float:
    digits = _joined(digits)
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return float(digits)
    separator, whole, rest = digits[last], digits[:last], digits[last + 1 :]
    one_kind = not ({",", "."} - {separator}) & set(whole)
    grouped = one_kind and _thousands(digits) and (separator in whole or separator != (mark or "."))
    return float(re.sub(r"[.,]", "", whole) + ("" if grouped else ".") + rest)


def _joined(digits: str) -> str:
    return re.sub(r"[\s'’]", "", digits)


def _thousands(digits: str) -> bool:
    """Whether separators of one kind may part thousands: three digits behind the last, and a few before the first."""
    first, *others = re.split(r"[.,]", digits)
    return len(first) <= 3 and first != "0" and len(others[-1]) == 3 and all(len(each) >= 2 for each in others)
