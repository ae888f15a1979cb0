"""Pages and chapters of a source: which ones a question names ('pages 3–5', 'chapter 2', 'the part on storage'), and
which segments they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Segment

_I = re.IGNORECASE
_WORDS = "zero one two three four five six seven eight nine ten".split()
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth".split()
_ROMAN = "0 i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
_CHINESE = "零一二三四五六七八九十"
PAGES = re.compile(
    r"\b(?P<what>pages?|pp?\.|slides?|seiten?|folien?|diapositives?)\s*(?P<a>\d+)"
    r"(?:\s*(?:-|–|—|to|through|until|and|bis|à|und)\s*(?P<b>\d+))?"
    r"|\b(?P<edge>first|last)\s+(?P<many>\d+|two|three|four|five|six|ten)?\s*(?P<of_what>pages?|slides?)\b"
    r"|第\s*(?P<za>\d+)\s*(?:[-–到至]\s*第?\s*(?P<zb>\d+)\s*)?[页頁]",
    _I,
)
_SECTION = r"(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|partie)"
CHAPTER = re.compile(
    rf"\b(?:the\s+)?(?P<what>{_SECTION})\s+(?P<n>\d+(?:\.\d+)*|[ivx]+|{'|'.join(_WORDS[1:])})\b"
    rf"|\b(?:the\s+)?(?P<nth>{'|'.join(_ORDINALS[1:])}|last)\s+(?P<of_what>chapter|section|part)\b"
    r"|第\s*(?P<zn>\d+|[一二三四五六七八九十])\s*[章节節]"
    r"|\b(?:the\s+)?(?:chapter|section|part)\s+(?:on|about|called|titled|named|über)\s+[\"“']?(?P<title>.+?)[\"”']?"
    r"(?=\s+(?:of|in|from)\s+|$)"
    r"|\b(?:the\s+)?(?P<known>introduction|conclusions?|abstract|discussion|methods?|results|preface|foreword|epilogue)\b",
    _I,
)
_HEADING = re.compile(r"[^\Wa-z_][^|\n]{1,78}[^\s.,;:!?。，；：！？|]")  # a line that looks like a heading
_PORTION = 200  # segments that are in memory at once


def outline(library: Library, source: str) -> Iterator[Segment]:
    """The segments of a source in reading order, read in portions."""
    key = library.catalogue.source_key(source)
    ids = [] if key is None else library.catalogue.segment_ids(key)
    for start in range(0, len(ids), _PORTION):
        found = library.catalogue.segments(ids[start : start + _PORTION])
        yield from (found[i] for i in ids[start : start + _PORTION] if i in found)


def pages_of(match: re.Match[str], library: Library, source: str, file: str) -> tuple[int, int]:
    numbers = {s.place.page if s.place.page is not None else s.place.slide for s in outline(library, source)}
    there = sorted(n for n in numbers if n is not None)
    if not there:
        raise UsageError(f"{file} has no pages that are known. Ask for a summary of the whole file, or of a chapter.")
    if match["edge"]:
        many = match["many"] or "1"
        count = int(many) if many.isdigit() else _number(many)
        return (
            (there[0], there[0] + count - 1) if match["edge"].lower() == "first" else (there[-1] - count + 1, there[-1])
        )
    first = int(match["a"] or match["za"])
    last = int(match["b"] or match["zb"] or first)
    first, last = min(first, last), max(first, last)
    if not any(first <= n <= last for n in there):
        raise UsageError(f"Nothing was read on page {first} of {file}; its pages go from {there[0]} to {there[-1]}.")
    return first, last


def _number(word: str) -> int:
    word = word.lower()
    for names in (_WORDS, _ORDINALS, _ROMAN, list(_CHINESE)):
        if word in names:
            return names.index(word)
    return int(word) if word.isdigit() else 0


def chapter_of(match: re.Match[str], library: Library, source: str, file: str) -> tuple[int, int]:
    """First and last position of the segments of a chapter. Raises UsageError when there is none."""
    marks, chained, last = _headings(library, source)
    title = match["title"] or match["known"]
    asked = match["n"] or match["nth"] or match["zn"] or ""
    what = match["what"] or match["of_what"] or "chapter"
    start = None
    if title:
        words = [word.rstrip("s") for word in re.findall(r"\w+", title.lower()) if word not in ("the", "a", "an")]
        start = next((n for n, (_, h) in enumerate(marks) if all(word in h.lower() for word in words)), None)
    elif asked.lower() != "last":
        number = asked if "." in asked else str(_number(asked))
        start = next((n for n, (_, heading) in enumerate(marks) if _numbered(heading, number, what)), None)
    if start is None and asked and not any(_number_of(heading) for _, heading in marks):
        counted = [n for n, (_, heading) in enumerate(marks) if heading in chained]
        n = len(counted) - 1 if asked.lower() == "last" else _number(asked) - 1
        start = counted[n] if 0 <= n < len(counted) else None
    elif start is None and asked.lower() == "last":
        start = next((n for n in range(len(marks) - 1, -1, -1) if "." not in (_number_of(marks[n][1]) or ".")), None)
    if start is None:
        names = ", ".join(f"“{heading}”" for _, heading in marks[:8])
        more = f" Its headings are: {names}." if names else " It has no headings that are known; ask for pages."
        raise UsageError(f"{file} has no “{match[0].strip()}” that could be found.{more}")
    mine = _number_of(marks[start][1])
    ends = [position for position, heading in marks[start + 1 :] if not _below(heading, mine)]
    return marks[start][0], max(marks[start][0], min(ends) - 1 if ends else last)


def _headings(library: Library, source: str) -> tuple[list[tuple[int, str]], set[str], int]:
    """Where chapters begin, as positions of segments with their headings, without the title; those of them that are
    surely headings; and the last position.

    A heading stands in the chain of the segments below it, and as a line where a segment goes on under a new one; as
    the last line of a segment it belongs to the next.
    """
    found: list[tuple[int, str]] = []
    known: set[str] = set()
    chained: set[str] = set()
    waiting: list[str] = []
    last, every = 0, []
    for segment in outline(library, source):
        last = segment.position
        every.append(segment.heading.split(" › ")[0])
        chained.update(segment.heading.split(" › "))
        lines = [line.strip() for line in segment.text.split("\n")]
        here = [line for line in lines if _HEADING.fullmatch(line)]
        behind = here.pop() if here and len(lines) > 1 and lines[-1] == here[-1] else None
        for heading in [*waiting, *segment.heading.split(" › "), *here]:
            if heading and heading not in known:
                known.add(heading)
                found.append((segment.position, heading))
        waiting = [behind] if behind else []
    title = every[0] if every and every.count(every[0]) > len(every) / 2 else ""
    return [each for each in found if each[1] != title], chained, last


def _number_of(heading: str) -> str | None:
    """'2.1' of '2.1 Storage' and of 'Section 2.1', '2' of 'Chapter two' and '第二章'; None of 'Storage'."""
    match = re.match(r"(?:chapter|section|part|kapitel|abschnitt|teil|chapitre|partie)\s+([\w.]+)", heading, _I)
    match = match or re.match(r"(\d+(?:\.\d+)*)[.:)]?(?:\s|$)", heading) or re.match(r"第\s*(\w+?)\s*[章节節]", heading)
    if match is None:
        return None
    number = match[1].strip(".")
    return number if re.fullmatch(r"\d+(?:\.\d+)*", number) else str(_number(number) or "") or None


def _below(heading: str, mine: str | None) -> bool:
    """Whether a heading stands inside the chapter with this number: '2.1' inside '2', and one without a number inside
    any that has one."""
    number = _number_of(heading)
    return mine is not None and (number is None or number == mine or number.startswith(f"{mine}."))


def _numbered(heading: str, number: str, what: str) -> bool:
    """'2 Storage', '2. Storage', 'Chapter 2', 'CHAPTER II: …', '第二章' are chapter 2."""
    if re.match(r"(?:chapter|section|part|appendix)\b", heading, _I):
        same = heading.split()[0].lower() == what.lower() or "chapter" in (heading.split()[0].lower(), what.lower())
        return same and _number_of(heading) == number
    return _number_of(heading) == number
