"""Numbers of a spreadsheet as they are shown: by the format of the cell, in English, without its colours and widths.

A negative number is told more plainly than it is drawn: it has its sign, whatever stands for it (brackets, red).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import cached_property, lru_cache

from pipelines.extractors.date_formats import Token, is_elapsed, moment
from pipelines.extractors.tables import written

BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    **dict.fromkeys((37, 38), "#,##0"),
    **dict.fromkeys((39, 40), "#,##0.00"),
    **dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"),  # dates of East Asian programs
    **dict.fromkeys(range(32, 36), "h:mm:ss"),
}
"""The formats that files call by number only."""

_LONGEST = 255
"""Characters of a format."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\[\]]*)\]|(?P<general>general)|(?P<half>am/pm|a/p)'
    r"|(?P<time>y+|m+|d+|h+|s+|(?<=s)\.0+)|(?P<exponent>e[+-])|(?P<digit>[0#?])|(?P<sign>[.,%;@/])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)$")
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_PRECISE = Context(prec=15, rounding=ROUND_HALF_UP)
_BIGGEST = 10**21


class _Section:
    """A part of a format for some of the numbers: what stands in it is looked up once, not once a cell."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens

    @cached_property
    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.tokens}

    @cached_property
    def is_moment(self) -> bool:
        return any(kind in ("time", "half") or (kind == "bracket" and is_elapsed(text)) for kind, text in self.tokens)

    @cached_property
    def condition(self) -> tuple[str, Decimal] | None:
        """The sign and the bound of '[>=1000]'."""
        found = (_CONDITION.match(text) for kind, text in self.tokens if kind == "bracket")
        return next(((match[1], Decimal(match[2])) for match in found if match), None)

    @cached_property
    def unsigned(self) -> _Section:
        """Without the sign, which is drawn by brackets, by a colour, or not."""
        return _Section([(kind, text) for kind, text in self.tokens if text not in ("(", ")", "-", "−")])

    @cached_property
    def digits(self) -> list[int]:
        return [n for n, (kind, _) in enumerate(self.tokens) if kind == "digit"]

    @cached_property
    def point(self) -> int:
        return self.tokens.index(("sign", ".")) if ("sign", ".") in self.tokens else len(self.tokens)

    @cached_property
    def before(self) -> list[int]:
        return [n for n in self.digits if n < self.point]

    @cached_property
    def after(self) -> list[int]:
        return [n for n in self.digits if n > self.point]

    @cached_property
    def exponent(self) -> int | None:
        return next((n for n, (kind, _) in enumerate(self.tokens) if kind == "exponent"), None)

    @cached_property
    def times(self) -> int:
        """By what a number is multiplied before it is shown."""
        return int(100 ** self.tokens.count(("sign", "%")))

    @cached_property
    def commas(self) -> list[int]:
        return [n for n, token in enumerate(self.tokens) if token == ("sign", ",")]

    @cached_property
    def thousands(self) -> int:
        """How often a number is divided by a thousand."""
        last = self.before[-1] if self.before else self.point
        return sum(n > self.digits[-1] or last < n < self.point for n in self.commas)

    @cached_property
    def is_grouped(self) -> bool:
        return bool(self.before) and any(self.before[0] < n < self.before[-1] for n in self.commas)

    @cached_property
    def words(self) -> list[str]:
        return [_words([token]) for token in self.tokens]


@lru_cache(10_000)
def shown(number: str, form: str = "", epoch_1904: bool = False) -> str:
    """A stored number by a format such as '0.0%', '#,##0.00;(#,##0.00)' or 'd mmmm yyyy'; as it is if that fails."""
    try:
        value = Decimal(number.strip())
        if not value.is_finite() or abs(value.adjusted()) > 300:
            return number
    except InvalidOperation:
        return number
    if not form or form == "General":
        return _general(value)
    sections = _sections(form[:_LONGEST])
    section, signed = _chosen(sections, value)
    tokens = section.tokens
    if section.is_moment:
        return moment(value, tokens, epoch_1904) or _general(value)
    if not section.kinds & {"digit", "general"} and ("sign", "@") not in tokens:
        words = _words(tokens)
        return words if words or len(sections) > 1 else _general(value)
    if "digit" not in section.kinds:
        return "".join(_general(value) if token in _WHOLE else _words([token]) for token in tokens).strip()
    if ("sign", "/") in tokens:  # a fraction
        return _general(value)
    text = _figures(abs(value), section.unsigned if signed else section)
    return f"-{text}" if value < 0 and any(map(str.isdigit, text.replace("0", ""))) else text


_WHOLE = (("general", "general"), ("sign", "@"))


@lru_cache(1000)
def _sections(form: str) -> list[_Section]:
    """Its parts for positive numbers, negative ones and zero, as far as it has them."""
    sections: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(form):
        kind = match.lastgroup or ""
        text = match[kind] if kind else ""
        if (kind, text) == ("sign", ";"):
            sections.append([])
        elif kind:
            sections[-1].append((kind, text.lower() if kind in ("general", "time", "half") else text))
    return [_Section(tokens) for tokens in sections[:3]]


def _chosen(sections: list[_Section], value: Decimal) -> tuple[_Section, bool]:
    """The part for a value, and whether it is one for negative numbers, which draws the sign itself."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(section.condition, value):
                return section, False
        return sections[-1], False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    return sections[2 if not value and len(sections) > 2 else 0], False


def _holds(condition: tuple[str, Decimal], value: Decimal) -> bool:
    signs, bound = condition
    holds = {"<": value < bound, ">": value > bound, "=": value == bound}
    return any(holds[sign] for sign in signs)


def _words(tokens: list[Token]) -> str:
    """What stands as it is: text in quotes, signs, and the currency of '[$€-407]'."""
    parts = []
    for kind, text in tokens:
        if kind == "bracket":
            parts.append(text[1:].partition("-")[0] if text.startswith("$") else "")
        elif kind not in ("digit", "general", "exponent") and (kind, text) not in (("sign", ","), ("sign", "@")):
            parts.append(text)
    return "".join(parts)


def _general(value: Decimal) -> str:
    """A number as it is: whole ones with all their digits, others without the noise of their last ones."""
    if value == value.to_integral_value() and abs(value) < _BIGGEST:
        return f"{int(value)}"
    return written(float(value))


def _figures(value: Decimal, section: _Section) -> str:
    """The digits of a number, each where its format has a place for it."""
    at, tokens, after, exponent = section.digits, section.tokens, section.after, section.exponent
    if value != value.to_integral_value():  # programs know 15 digits: 1.005 is stored as 1.00499999999999989
        value = _PRECISE.plus(value)
    value *= section.times
    if exponent is not None:
        digits = f"{value:.{sum(n < exponent for n in after)}E}"
        return "".join((_words(tokens[: at[0]]), digits, _words(tokens[at[-1] + 1 :]))).strip()
    value = value.scaleb(-3 * section.thousands, _EXACT)
    try:
        value = value.quantize(Decimal(1).scaleb(-len(after)), context=_EXACT)
    except InvalidOperation:
        return written(float(value))
    whole, _, part = f"{value:f}".partition(".")
    places = dict(zip(after, part, strict=False))
    shortest = len(after)
    while shortest and part.endswith("0") and tokens[after[shortest - 1]][1] != "0":
        shortest, part = shortest - 1, part[:-1]
        places[after[shortest]] = ""
    places.update(_whole(whole.lstrip("0"), section.before, tokens, section.is_grouped))
    if not part:
        places[section.point] = ""
    told = [places.get(n, word) for n, word in enumerate(section.words)]
    return " ".join("".join(told).split())


def _whole(digits: str, before: list[int], tokens: list[Token], grouped: bool) -> dict[int, str]:
    """What stands at each place before the point; the first takes all digits that there is no place for."""
    places = {}
    for rank, n in enumerate(reversed(before)):
        digit, digits = (digits[-1:], digits[:-1]) if n != before[0] else (digits, "")
        digit = digit or ("0" if tokens[n][1] == "0" else "")
        if grouped:
            digit = "".join(d + ("," if r and not r % 3 else "") for d, r in _ranked(digit, rank))
        places[n] = digit
    return places


def _ranked(digits: str, rank: int) -> list[tuple[str, int]]:
    return [(digit, rank + len(digits) - 1 - n) for n, digit in enumerate(digits)]
