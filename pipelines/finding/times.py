"""Times that a question names ('at 3:20', 'in the last 30 seconds', 'halfway') → seconds of a recording.

Knows words only: whether a question means a recording at all is for `focus` to say. English, and the commonest ways
of German, French and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_WORDS = "one two three four five six seven eight nine ten"
_NUMBERS: dict[str, float] = {word: number for number, word in enumerate(_WORDS.split(), start=1)} | {
    "a": 1, "an": 1, "half a": 0.5, "half an": 0.5, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "十": 10, "半": 0.5,
    "zwei": 2, "drei": 3, "fünf": 5, "zehn": 10, "deux": 2, "trois": 3, "cinq": 5, "dix": 10, "une": 1,
}  # fmt: skip
_NUMBER = rf"(?:\d{{1,9}}(?:[.,]\d{{1,9}})?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_HOUR, _MINUTE, _SECOND = (
    r"(?:hours?|hrs?|stunden?|heures?|小时|小時)",
    r"(?:minutes?|mins?|minuten?|分钟|分鐘|分(?!之))",
    r"(?:seconds?|secs?|sekunden?|secondes?|秒钟|秒)",
)
_SHORT = r"(?:(?:\d+h)?\d+m\d+s|\d+h\d+m|\d+s)\b"  # '2m30s', but '12 m' is a length
_UNIT = re.compile(rf"({_NUMBER})\s*-?\s*(?:({_HOUR}|h\B)|({_MINUTE}|m\B|m\b)|({_SECOND}|s\b))", re.IGNORECASE)
_LENGTH = (  # '10 minutes', '1 hour and 5 minutes', '2m30s', '3分20秒', or a unit alone in 'the first minute'
    rf"(?:{_SHORT}|{_NUMBER}\s*-?\s*(?:{_HOUR}|{_MINUTE}|{_SECOND})(?![a-zà-ÿ])"
    rf"(?:\s*(?:and|und|et)?\s*{_NUMBER}\s*(?:{_MINUTE}|{_SECOND})(?![a-zà-ÿ]))*)"
)
_ONE = r"(?:hour|minute|second|stunde|sekunde|heure|seconde)\b"
_CLOCK = r"(?:\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d+)?(?!\d|:\d)(?!\s*(?:[ap]\.?\s?m\b|o.?clock|uhr\b)))"
_NAMED = r"(?:(?:the\s+)?minutes?\s+\d+|第\s*\d+\s*分钟?)"  # 'minute 5' is a minute long
_POINT = rf"(?:{_CLOCK}|{_NAMED}|{_LENGTH}|seconde?\s+\d+)"
_FIRST = r"(?:first|opening|ersten?|premi[èe]re?s?)"
_LAST = r"(?:last|final|closing|letzten?|derni[èe]re?s?)"
_START = r"(?:start|beginning|outset|opening|anfang|beginn|d[ée]but)"
_END = r"(?:end|close|ende|schluss|fin)"
_ARTICLE = r"(?:the|its|der|den|dem|die|das|la|le|les|l['’])\s*"
_THE = rf"(?:{_ARTICLE}|\s*)"
_AFTER, _BEFORE = r"(?:after|since|past|nach|ab|apr[èe]s)", r"(?:before|until|till|vor|bis|avant)"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_ORDINAL = rf"(?:{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))"
RECORDING = (
    r"(?:recordings?|videos?|clips?|films?|movies?|lectures?|talks?|podcasts?|episodes?|presentation|meeting|interview"
    r"|speech|memo|vidéos?|enregistrement|aufnahme|vortrags?)\b"
)
# A clock right behind a word is none: 'John 3:16', 'a ratio of 3:20', 'they won 3:20'.
_ALONE = r"(?<![\w:])(?<![^\W\d_]\s)(?<![^\W\d_]\.\s)"

_AT_ONCE = 1.0  # seconds around a time that is named to the second
_AROUND = 15.0  # and around one that is named roughly

Span = tuple[float, float]
Reading = Callable[["re.Match[str]", float], Span]


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """A time that a question names. `start` and `end` are its offsets there; `vague` is what may as well belong to
    anything else that begins and ends ('at the end')."""

    start: int
    end: int
    vague: bool
    _match: re.Match[str]
    _read: Reading

    def within(self, duration: float) -> Span:
        """First and last second of it in a recording of so many seconds. Beyond its end: an empty span there."""
        start, end = self._read(self._match, duration)
        return max(0.0, min(start, duration)), max(0.0, min(end, duration))

    def lies_in(self, duration: float) -> bool:
        """Whether a recording of so many seconds has such a time."""
        start, end = self._read(self._match, duration)
        return start < duration and end > 0


def find_time(question: str) -> TimeAsked | None:
    """The time that a question names, if it does; of several ways to read it, the most exact."""
    for pattern, read, vague in _READINGS:
        match = pattern.search(question)
        if match is not None:
            return TimeAsked(match.start(), match.end(), vague, match, read)
    return None


def seconds(text: str) -> float:
    """'3:20', '1:02:45', 'minute 5', '1 hour and 5 minutes', '3分20秒' in seconds."""
    clock = re.search(_CLOCK, text)
    if clock is not None:
        total = 0.0
        for part in clock.group().replace(",", ".").split(":"):
            total = 60 * total + float(part)
        return total
    named = re.search(_NAMED, text, re.IGNORECASE)
    if named is not None:
        return 60 * float(re.findall(r"\d+", named.group())[0])
    named = re.search(r"second\s+(\d+)", text, re.IGNORECASE)
    if named is not None:
        return float(named[1])
    return sum(
        _number(number) * (3600 if hour else 60 if minute else 1)
        for number, hour, minute, _ in (match.groups() for match in _UNIT.finditer(text))
    )


def _number(word: str) -> float:
    return float(_NUMBERS[word.lower()]) if word.lower() in _NUMBERS else float(word.replace(",", "."))


def _length(text: str) -> float:
    """Of 'minute' alone, too: in 'the first minute' it is one."""
    return seconds(text) or seconds(f"1 {text}")


def _point(text: str, slack: float) -> Span:
    at = seconds(text)
    if re.fullmatch(_NAMED, text.strip(), re.IGNORECASE):
        return at - (slack if slack > _AT_ONCE else 0), at + 60 + (slack if slack > _AT_ONCE else 0)
    return at - slack, at + slack


def _edge(duration: float) -> float:
    """How long the beginning or the end of a recording is: a tenth of it, but 10 seconds to 3 minutes."""
    return min(duration, max(10.0, min(180.0, duration / 10)))


def _at(match: re.Match[str], duration: float) -> Span:
    return _point(match["t"], _AT_ONCE)


def _around(match: re.Match[str], duration: float) -> Span:
    return _point(match["t"], _AT_ONCE if "." in match["t"] else _AROUND)  # 'about 4.4 seconds' is no rough time


def _between(match: re.Match[str], duration: float) -> Span:
    last = seconds(match["b"])
    first = seconds(match["a"])
    if first == 0 and not re.search(r"0", match["a"]):  # 'between 2 and 4 minutes'
        unit = re.sub(rf"^\s*{_NUMBER}", "", match["b"], flags=re.IGNORECASE)
        first = seconds(match["a"] + unit)
    return first, last + (60 if re.fullmatch(_NAMED, match["b"].strip(), re.IGNORECASE) else 0)


def _first(match: re.Match[str], duration: float) -> Span:
    return 0.0, _length(match["t"])


def _after_first(match: re.Match[str], duration: float) -> Span:
    return _length(match["t"]), duration


def _before_last(match: re.Match[str], duration: float) -> Span:
    return 0.0, duration - _length(match["t"])


def _nth(match: re.Match[str], duration: float) -> Span:
    word = match["n"].lower()
    number = _ORDINALS.index(word) + 1 if word in _ORDINALS else int(word[:-2])
    return 60.0 * (number - 1), 60.0 * number


def _last(match: re.Match[str], duration: float) -> Span:
    return duration - _length(match["t"]), duration


def _after(match: re.Match[str], duration: float) -> Span:
    return seconds(match["t"]), duration


def _before(match: re.Match[str], duration: float) -> Span:
    return 0.0, seconds(match["t"])


def _before_end(match: re.Match[str], duration: float) -> Span:
    at = duration - seconds(match["t"])
    return at - _AT_ONCE, at + _AT_ONCE


_TABLE: tuple[tuple[str, Reading, bool], ...] = (
    (rf"\b(?:between|from|zwischen|von|entre|de)\s+(?P<a>{_POINT}|{_NUMBER})\s+(?:and|to|until|till|und|bis|et|à)\s+"
     rf"(?P<b>{_POINT})", _between, False),
    (rf"(?P<a>{_CLOCK})\s*[-–—]\s*(?P<b>{_CLOCK})", _between, False),
    (rf"\b{_AFTER}\s+{_THE}{_FIRST}\s+(?P<t>{_LENGTH}|{_ONE})", _after_first, False),
    (rf"\b{_BEFORE}\s+{_THE}{_LAST}\s+(?P<t>{_LENGTH}|{_ONE})", _before_last, False),
    (rf"\b(?:(?:in|during|within|for|à|dans)\s+)?{_THE}{_FIRST}\s+(?P<t>{_LENGTH})", _first, False),
    (rf"\b(?:(?:in|during|within|dans)\s+)?{_THE}{_LAST}\s+(?P<t>{_LENGTH})", _last, False),
    # 'last minute changes' are none: of a unit alone there is the one.
    (rf"\b(?:(?:in|during|within|à|dans)\s+)?{_ARTICLE}{_FIRST}\s+(?P<t>{_ONE})", _first, False),
    (rf"\b(?:(?:in|during|within|dans)\s+)?{_ARTICLE}{_LAST}\s+(?P<t>{_ONE})", _last, False),
    (rf"\b(?:(?:in|during|within)\s+)?the\s+(?P<n>{_ORDINAL})\s+minute\b", _nth, False),
    (rf"\b(?:les\s+)?(?P<t>{_NUMBER}(?=\s+premi)).{{1,20}}?(?P<u>secondes|minutes)",
     lambda m, d: (0.0, seconds(f"{m['t']} {m['u']}")), False),
    (rf"\b(?:les\s+)?(?P<t>{_NUMBER}(?=\s+derni)).{{1,20}}?(?P<u>secondes|minutes)",
     lambda m, d: (d - seconds(f"{m['t']} {m['u']}"), d), False),
    (rf"(?:前|开头的?|最初的?)\s*(?P<t>{_LENGTH})", _first, False),
    (rf"(?:最后的?|最後的?|末尾的?)\s*(?P<t>{_LENGTH})", _last, False),
    (rf"(?P<t>{_LENGTH})的?(?:时候|處|处)", _at, False),
    (rf"\b(?:(?:about|around|roughly|some)\s+)?(?P<t>{_LENGTH})\s+(?:(?:after|from|past)\s+{_THE}{_START}\b|in(?:to)?\b"
     rf"(?=\s*(?:$|[?.,]|(?:the|this|that)\s+{RECORDING})))", _around, False),
    (rf"\b(?P<t>{_LENGTH})\s+(?:before|vor|avant)\s+{_THE}{_END}\b", _before_end, False),
    (rf"\b{_AFTER}\s+(?P<t>{_POINT})", _after, False),
    (rf"\b{_BEFORE}\s+(?P<t>{_CLOCK}|{_NAMED})", _before, False),
    (rf"\b(?:at\s+)?(?:about|around|near|roughly|gegen|etwa\s+bei|vers)\s+(?P<t>{_POINT})", _around, False),
    (rf"(?:\b(?:at|by|on|bei|zu|à)\s+|@\s*){_THE}(?P<t>{_POINT})(?:\s+mark\b)?", _at, False),
    (r"(?P<t>\d+\s*(?:小时|小時)\s*\d+\s*分(?:\s*\d+\s*秒)?|\d+\s*分\s*\d+\s*秒|第\s*\d+\s*分钟?|第\s*\d+\s*秒)(?:的?时候|处)?",
     lambda m, d: _point(m["t"].replace("第", "") if "秒" in m["t"] else m["t"], _AT_ONCE), False),
    (rf"(?:{_ALONE}|\b(?:timestamp|time|{RECORDING})\s+)(?P<t>{_CLOCK})", _at, False),
    (r"\b(?P<t>minute\s+\d+\b)", _at, False),
    (rf"\b(?:in|during|for|within)\s+{_THE}{_FIRST}\s+(?:few|couple\s+of)\s+(?:seconds|minutes)\b",
     lambda m, d: (0.0, _edge(d)), True),
    (rf"\b(?:in|during|for|within)\s+{_THE}{_LAST}\s+(?:few|couple\s+of)\s+(?:seconds|minutes)\b",
     lambda m, d: (d - _edge(d), d), True),
    (rf"\b(?:at|in|near|towards?|by|am|zum|à|vers)\s+{_THE}(?:very\s+)?{_END}\b|结尾|末尾|最后(?!的?\d)",
     lambda m, d: (d - _edge(d), d), True),
    (rf"\b(?:at|in|near|from|am|zu|au|à)\s*{_THE}(?:very\s+)?{_START}\b|开头|开始的?时候",
     lambda m, d: (0.0, _edge(d)), True),
    (r"\bhalf[- ]?way\b|\b(?:in|at|around)\s+the\s+middle\b|\bin\s+der\s+mitte\b|\bau\s+milieu\b|中间",
     lambda m, d: (d / 2 - _edge(d) / 2, d / 2 + _edge(d) / 2), True),
    (rf"\b(?:in|during|dans)\s+{_THE}(?:{_FIRST}\s+(?:half|hälfte|moitié))\b", lambda m, d: (0.0, d / 2), True),
    (rf"\b(?:in|during|dans)\s+{_THE}(?:(?:second|zweiten|seconde|deuxième|{_LAST})\s+(?:half|hälfte|moitié))\b",
     lambda m, d: (d / 2, d), True),
)  # fmt: skip
_READINGS = tuple((re.compile(pattern, re.IGNORECASE), read, vague) for pattern, read, vague in _TABLE)
