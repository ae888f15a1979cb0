"""The days that a question names: a year, a month, a day, a quarter, or from one to another of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.checking.dates import MONTHS, dates
from pipelines.tables.cells import spoken, words_of
from pipelines.tables.days import Day, day_of

_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_MONTHS = {words_of(name)[0]: number for name, number in MONTHS.items()}
_AMBIGUOUS = {"may", "mar", "march", "mars"}  # a month only behind 'in', where no year stands beside it
_BEFORE_MONTHS = ("in", "of", "during", "from")
_UNTIL = frozenset(("to", "until", "till", "through", "au"))
_JOINS = _UNTIL | {"and", "or"}
_COMPARED = {"before": "<", "prior": "<", "earlier": "<", "after": ">", "later": ">", "since": ">="}
_COMPARED |= dict.fromkeys(("until", "till", "through", "up"), "<=")
_BESIDE = frozenset(
    "the to than and of on dem den der le la el del du".split()
)  # 'prior to the 3rd', 'vor dem 1. Juli'
_ORDER = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_PART = re.compile(
    rf"""\b(?: (?P<letter>[qh])(?P<n>[1-4])
         | (?:(?P<order>{"|".join(_ORDER)})|(?P<digit>[1-4])\.?)\s+(?P<part>quarter|half) )
        [\s,]+ (?:(?:of|in)\s+)? (?:the\s+year\s+)? (?P<year>1[5-9]\d\d|20\d\d)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_NO_YEAR = 0


@dataclass(frozen=True)
class Period:
    """From the `first` day to the `last`; of every year where theirs is 0. `at` are the places of the words that say
    it among those of the question, from the first up to the one behind the last. `compared` is what the word before
    it says, and `by` the place of that: '<' where something is before it; '' where nothing is said."""

    first: Day
    last: Day
    at: range
    compared: str = ""
    by: int = -1

    @property
    def of_years(self) -> bool:
        """Whether it is whole years."""
        return self.first[1:] == (1, 1) and self.last[1:] == (12, 31)

    def holds(self, test: str, day: Day) -> bool:
        """Whether a day is within ('='), before ('<'), not before ('>=') …; of a month, its first day is."""
        since = 0 if self.first[0] else 1
        known = (day[0], day[1] or 1, day[2] or 1)[since:]
        not_before, not_behind = known >= self.first[since:], known <= self.last[since:]
        return (
            known[0] > 0
            and {
                "=": not_before and not_behind,
                "<": not not_before,
                ">": not not_behind,
                ">=": not_before,
                "<=": not_behind,
            }[test]
        )

    def sql(self, test: str, column: str) -> str:
        """The same of days as ISO writes them, of which '2025-03-00' is a month."""
        if self.of_years and self.first[0] == self.last[0]:
            return f"CAST(substr({column}, 1, 4) AS INTEGER) {test} {self.first[0]}"
        if test == "=" and not self.first[0] and self.first[1:] + self.last[1:] == (self.last[1], 1, self.last[1], 31):
            return f"CAST(substr({column}, 6, 2) AS INTEGER) = {self.first[1]}"
        told = column if self.first[0] else f"substr({column}, 6)"
        first, last = _iso(self.first, True), _iso(self.last, False)
        if test == "=":
            return f"{told} BETWEEN '{first}' AND '{last}'"
        return f"{told} {test} '{first if test in ('<', '>=') else last}'"

    def within(self, year: int) -> Period:
        """In this year, if it has none of its own."""
        first, last = ((day[0] or year, *day[1:]) for day in (self.first, self.last))
        return replace(self, first=first, last=last)


def periods(text: str, most: int) -> list[Period]:
    """Those that a question in English names, in its order, as far as they stand in its first `most` words. 'jan to
    march 2025' and 'between 2019 and 2021' are one; in 'jan and march 2025' both are of that year."""
    found = sorted({each.at.start: each for each in (*_bare(text), *_whole(text))}.values(), key=lambda p: p.at.start)
    words = spoken(text)
    joined: list[Period] = []
    for each in found:
        if joined and each.at.start < joined[-1].at.stop:
            continue
        before = joined.pop() if joined else None
        if before:
            if {*words[before.at.stop : each.at.start]} <= _JOINS:
                before, each = before.within(each.first[0]), each.within(before.last[0])
            if _is_span(text, words, before, each) and before.first <= each.first:
                each = Period(before.first, each.last, range(before.at.start, each.at.stop))
            else:
                joined.append(before)
        joined.append(each)
    return [replace(each, compared=_compared(words, each.at.start)) for each in joined if each.at.stop <= most]


def _compared(words: Sequence[str], at: int) -> str:
    """What the words before a place say of it."""
    while at and words[at - 1] in _BESIDE:
        at -= 1
    return (
        "<="
        if words[max(0, at - 1) : at + 1] == ("up", "to")
        else _COMPARED.get("".join(words[max(0, at - 1) : at]), "")
    )


def _is_span(text: str, words: Sequence[str], before: Period, each: Period) -> bool:
    """Whether a period goes on to the next: 'from A to B', 'between A and B', 'A-B'."""
    between = words[before.at.stop : each.at.start]
    if not between:
        ends = words[before.at.stop - 1], words[each.at.start]
        return re.search(rf"{re.escape(ends[0])}\s?[-–—]\s?{re.escape(ends[1])}", text, re.IGNORECASE) is not None
    if len(between) > 1:
        return False
    return between[0] in _UNTIL or (
        between[0] == "and" and words[before.at.start - 1 : before.at.start] == ("between",)
    )


def _whole(text: str) -> Iterator[Period]:
    """With a month and more, or a part of a year."""
    for match in _PART.finditer(text):
        months = 6 if (match["letter"] or match["part"])[0] in "hH" else 3
        n = int(match["n"] or match["digit"] or _ORDER[match["order"].lower()])
        if n * months <= 12:
            yield _period(text, match.span(), int(match["year"]), (n - 1) * months + 1, n * months)
    for value in dates(text):
        year, month, day = day_of(value.text) or next(iter(value.readings))
        if month:
            yield _period(text, (value.start, value.end), year or _NO_YEAR, month, month, day or 0)


def _bare(text: str) -> Iterator[Period]:
    """Years and months by themselves."""
    said, words = spoken(text), words_of(text)
    for at, word in enumerate(said):
        if _YEAR.fullmatch(word):
            yield Period((int(word), 1, 1), (int(word), 12, 31), range(at, at + 1))
        elif month := _MONTHS.get(words[at]):
            beside = (at and said[at - 1] in _BEFORE_MONTHS) or _YEAR.fullmatch("".join(said[at + 1 : at + 2]))
            if word not in _AMBIGUOUS or beside:
                yield Period((_NO_YEAR, month, 1), (_NO_YEAR, month, 31), range(at, at + 1))


def _period(text: str, span: tuple[int, int], year: int, month: int, until: int, day: int = 0) -> Period:
    at = len(spoken(text[: span[0]]))
    places = range(at, at + len(spoken(text[slice(*span)])))
    return Period((year, month, day or 1), (year, until, day or 31), places)


def _iso(day: Day, begins: bool) -> str:
    """As far as it is known; a year or month that `begins` comes before all its days."""
    parts = [f"{part:02}" for part in day if part]
    while begins and len(parts) > 1 and parts[-1] == "01":
        parts.pop()
    return "-".join(parts)
