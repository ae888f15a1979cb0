"""Filters that a question states: kinds of files ('in my PDFs'), a page ('on page 3'), a date ('photos from May 2023'),
who speaks ('what did Anna say about …?').

Knows words, and what the library holds; that a file is named, or a time of a recording, is for `focus` to say. A filter
that nothing in the library meets is none: its words are searched for like any others.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath

from indexes import speakers
from indexes.keywords import STOPWORDS
from indexes.library import Library
from indexes.scopes import Scope, is_met, of_language, of_media, of_pages, of_printed, of_sources
from pipelines.finding.speakers import asked_of, is_numbered
from pipelines.languages import NAMES

_OFFICE = "application/vnd.openxmlformats-officedocument."
_DRAWN = Scope("(kind = 'picture' OR modality = 'image')")
# What people call a kind of file; in words, as it is told; what it means in the library.
_KINDS: tuple[tuple[str, str, Scope], ...] = (
    (
        r"pictures?|photos?|photographs?|images?|bilde?r?n?|fotos?|imagen(?:es)?|照片|图片|相片",
        "pictures",
        _DRAWN,
    ),
    (r"videos?|video files?|vidéos?|vídeos?|视频|影片", "videos", Scope("modality = 'video'")),
    (
        r"recordings?|aufnahmen?|enregistrements?|grabaci(?:ón|ones)|录音|录像",
        "recordings",
        Scope("modality IN ('audio', 'video')"),
    ),
    (r"audio files?|voice memos?|voice messages?", "sound", Scope("modality = 'audio'")),
    (r"pdfs?|pdf files?|pdf documents?", "PDF files", of_media("application/pdf")),
    (
        r"spreadsheets?|excel files?|excel sheets?|tabellen?|tableurs?|hojas? de cálculo|workbooks?|表格",
        "spreadsheets",
        of_media(_OFFICE + "spreadsheetml.sheet", "application/vnd.ms-excel",
                 "application/vnd.oasis.opendocument.spreadsheet", "text/csv", "text/tab-separated-values"),
    ),
    (
        r"slide decks?|slides|decks?|powerpoints?|powerpoint files?|presentations?|präsentation(?:en)?|folien"
        r"|présentations?|diapositives?|presentaci(?:ón|ones)|diapositivas?|幻灯片",
        "presentations",
        of_media(_OFFICE + "presentationml.presentation", "application/vnd.oasis.opendocument.presentation"),
    ),
    (
        r"word files?|word documents?",
        "word processor files",
        of_media(_OFFICE + "wordprocessingml.document", "application/vnd.oasis.opendocument.text", "application/rtf"),
    ),
    (
        r"e-?mails?|mails?|courriels?|correos?|inbox|邮件",
        "e-mails",
        of_media("message/rfc822", "application/vnd.ms-outlook"),
    ),
)  # fmt: skip
_KIND = "|".join(pattern for pattern, _, _ in _KINDS)
_LEADS_TO = (
    r"(?:in|from|among|across|within|inside|through|acc?ording\s+to|as\s+per|per|aus|laut|gemäß|dans|selon|en|según)"
)
_WHOSE = (
    r"(?:the|my|our|your|these|those|this|that|all|any|de[rmn]|die(?:s\w+)?|das|meine?\w?|unsere?\w?|l[ae]s?|ce(?:s|t|tte)?"
    r"|mes|nos|el|los|est[ae]s?|es[ae]s?|mis?)\s+"
)
_SMALL = "|".join(sorted(STOPWORDS))
_IN_KIND = re.compile(
    rf"\b(?:only\s+)?(?:{_LEADS_TO}\s+(?:(?:all|any|some|one)\s+(?:of\s+)?)?(?:{_WHOSE}|l['’])|im\s+)"
    rf"(?P<described>(?:(?!(?:{_SMALL})\b)[\w'’-]+\s+){{0,2}}?)(?P<kind>{_KIND}"
    # 'in the video game', 'in the e-mail address': the first noun only tells what the second is.
    r")\b(?=\W*$|\s*[,;?.!]|\s+(?:that|which|where|is|are|was|were|do|does|did|can|has|have|say|says|show|shows|of"
    r"|with|about|from|on|in|for|there|and|or|when|while|who|what|how|dated|taken|made|sent|ist|sind|wird|est|sont"
    r"|von|vom|de|du|des|der|del)\b)"
    rf"|(?P<dense>{_KIND})(?:里面?|裡面?|中|上)",
    re.IGNORECASE,
)
_IN_LANGUAGE = {name.lower(): code for code, name in NAMES.items()}
_PAGE = re.compile(
    r"\b(?:only\s+)?(?:on|at|from|in|auf|sur|à)\s+(?:the\s+|la\s+|der\s+)?(?P<what>page|p\.|pages|slides?|seiten?)\s*"
    r"(?:(?P<roman>[ivxlc]{1,7})\b|(?P<first>\d{1,4})\b(?![.:,]\d)(?:\s*(?:-|–|to|and|bis|à)\s*(?P<last>\d{1,4})\b(?!\s*[:%]))?)(?:\s+(?:of|in)\b(?=\s*$|\s*[?.!]))?"
    r"|第\s*(?P<chinese>\d{1,4})\s*(?:页|頁|张幻灯片)",
    re.IGNORECASE,
)
_MONTHS = {name.lower(): n for n in range(1, 13) for name in (calendar.month_name[n], calendar.month_abbr[n])}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATED = re.compile(
    r"\b(?:(?:in|from|among|within)\s+)?(?:the\s+|my\s+|our\s+|all\s+)?(?P<what>files|documents|notes|letters|scans|"
    + _KIND
    + r")\s+(?:(?:that\s+(?:are|were)\s+)?(?:taken|made|written|sent|saved|changed|recorded|dated)\s+)?"
    rf"(?:(?:from|of|in|on|during)\s+)?(?:(?P<last>last|this)\s+(?P<unit>week|month|year)|(?P<day>today|yesterday)"
    rf"|(?P<iso>(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?)|(?:(?P<month>{_MONTH})\s+)?(?P<year>(?:19|20)\d\d))\b(?!-)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """`words` is where it stands in the question, `told` says it for people, `scope` is what it leaves. `sure` when
    nothing else can be meant, so that what lies outside is not looked at even where nothing fits inside. `speakers` are
    the names of those of whose words alone it is about."""

    words: tuple[int, int]
    told: str
    scope: Scope
    sure: bool = False
    speakers: frozenset[str] = frozenset()


def find_filters(
    question: str, library: Library, scope: Scope, named: bool = False, today: date | None = None
) -> list[Filter]:
    """The filters that a question states and that something within `scope` meets.

    `named` tells that files are named, to which a page then surely belongs. `today` is what 'last month' counts from.
    """
    found: list[Filter] = []
    for each in (
        *_pages(question, named),
        *_dates(question, library, today or date.today()),
        *_kinds(question),
        *_speakers(question, library),
    ):
        overlaps = any(each.words[0] < other.words[1] and other.words[0] < each.words[1] for other in found)
        if not overlaps and is_met(scope & each.scope, library.catalogue.connection):
            found.append(each)
            scope = scope & each.scope
    return found


def _pages(question: str, named: bool) -> Iterator[Filter]:
    for match in _PAGE.finditer(question):
        if match["roman"]:
            yield Filter(match.span(), f"page {match['roman']}", of_printed(match["roman"]), named)
            continue
        first = int(match["first"] or match["chinese"])
        last = int(match["last"] or first)
        if not 0 < first <= last:
            continue
        what = "slide" if "slide" in (match["what"] or "").lower() or "幻" in match[0] else "page"
        several = what + (f" {first}" if first == last else f"s {first} to {last}")
        yield Filter(match.span(), several, of_pages(first, last), named)


def _kinds(question: str) -> Iterator[Filter]:
    for match in _IN_KIND.finditer(question):
        told, scope = _kind(match["kind"] or match["dense"])
        described = (match["described"] or "").lower().split()
        for language in [_IN_LANGUAGE[word] for word in described if word in _IN_LANGUAGE]:
            words = match.span("kind" if len(described) > 1 else 0)
            yield Filter(words, f"{NAMES[language]} {told}", scope & of_language(language))
        # What is said of it, 'in the safety training video', is looked for.
        yield Filter(match.span("kind" if described else 0), told, scope)


def _kind(word: str) -> tuple[str, Scope]:
    return next(((told, scope) for pattern, told, scope in _KINDS if re.fullmatch(pattern, word, re.I)), ("", Scope()))


def _dates(question: str, library: Library, today: date) -> Iterator[Filter]:
    match = _DATED.search(question)
    if match is None:
        return
    first, last = _days(match, today)
    dated = [file for file in library.catalogue.files() if file.source_id]
    ids = {file.source_id for file in dated if _from(PurePath(file.path).name, file.mtime_ns, first, last)}
    kind, scope = _kind(match["what"])
    days = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
    yield Filter(match.span(), f"{kind or 'files'} from {days}", scope & of_sources([i for i in ids if i]))


def _speakers(question: str, library: Library) -> Iterator[Filter]:
    asked = asked_of(question, speakers.called(library.catalogue.connection))
    if asked is not None:
        words, names = asked
        told = f"what {' and '.join(sorted(names))} {'say' if len(names) > 1 else 'says'}"
        yield Filter(words, told, speakers.said_by(names), all(map(is_numbered, names)), names)


def _days(match: re.Match[str], today: date) -> tuple[date, date]:
    """First and last day that are meant."""
    if match["day"]:
        day = today - timedelta(days=match["day"].lower() == "yesterday")
        return day, day
    back = (match["last"] or "").lower() == "last"
    unit = (match["unit"] or "").lower()
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return monday, monday + timedelta(days=6)
    if unit == "month":
        day = today.replace(day=1) - timedelta(days=1) if back else today
        return _month(day.year, day.month)
    if unit == "year":
        return date(today.year - back, 1, 1), date(today.year - back, 12, 31)
    if match["iso"]:
        parts = [*map(int, match["iso"].split("-"))]
        try:
            return (date(*parts), date(*parts)) if len(parts) == 3 else _month(*parts)
        except ValueError:
            return date(parts[0], 1, 1), date(parts[0], 12, 31)
    year = int(match["year"])
    return _month(year, _MONTHS[match["month"].lower()]) if match["month"] else (date(year, 1, 1), date(year, 12, 31))


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _from(name: str, mtime_ns: int, first: date, last: date) -> bool:
    """Whether a file is of these days: by the date in its name, else by when it was last changed."""
    written = re.search(r"(?<!\d)((?:19|20)\d\d)(?:[-_. ]?([01]\d)(?:[-_. ]?([0-3]\d))?)?(?!\d)", name)
    if written is not None:
        year, month, day = (int(part) if part else None for part in written.groups())
        try:
            begin = date(year or 0, month or 1, day or 1)
            end = begin if day else _month(begin.year, month)[1] if month else date(begin.year, 12, 31)
            return first <= begin and end <= last
        except ValueError:  # no date after all
            pass
    return first <= date.fromtimestamp(mtime_ns / 1e9) <= last


def without(question: str, filters: Sequence[Filter]) -> str:
    """The question without the words of its filters."""
    for start, end in sorted((each.words for each in filters), reverse=True):
        question = f"{question[:start]} {question[end:]}"
    return question
