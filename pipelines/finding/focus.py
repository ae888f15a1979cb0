"""What a question narrows itself to: files that it names, a time in recordings, and what `filters` finds.

'What is said at 3:20 in lecture_d1.mp4?' asks one file and some seconds; the rest is what is searched for. A time is
a filter only where it surely is one of a recording: 'the ferry leaves at 3:20' may stand in an e-mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from indexes.catalogue import Catalogue
from indexes.keywords import STOPWORDS, content_words
from indexes.library import Library
from indexes.records import clock
from indexes.scopes import Scope, of_sources
from pipelines.finding.filters import Filter, find_filters, without
from pipelines.finding.times import RECORDING, Span, TimeAsked, find_time

_RECORDING = re.compile(
    r"\b(recordings?|videos?|audio|clips?|movies?|films?|footage|lectures?|talks?(?=\W*$)|(?:the|this|that|her|his|their)"
    r" talk|podcasts?|episodes?|webinars?|speakers?|on[- ]screen|on the screen|voice (?:note|memo|message)s?"
    r"|aufnahmen?|vortrag\w*|filme?s?|vidéos?|enregistrements?)\b|视频|視頻|录音|录像|影片|動画|録音",
    re.IGNORECASE,
)
_PLAYED = re.compile(
    r"\b(sa(?:y|ys|id|ying)|speak\w*|spoken|talk\w*|mention\w*|hear\w*|shown?|shows|showing|see[ns]?|visible|screen"
    r"|display\w*|appear\w*|happen\w*|slides?|gesagt|sagt|zu sehen|gezeigt|dit|dite|montré\w*)\b"
    r"|[说講讲]|看到|出现|显示",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(shown?|shows|see[ns]?|visible|screen|display\w*|appear\w*|slides?|looks?)\b|看到|出现|显示|画面", re.I
)
# What a question about a time alone is made of, besides the words of _PLAYED.
_EMPTY = frozenset(
    """going on there being part point moment picture scene image content discussed something anything everything
    someone anybody person people just exactly think video recording audio clip film movie talk lecture speaker
    podcast happening does happens happen passiert wird was wer que qui est summarise summarize summary overview gist
    fasse zusammen zusammenfassung résume résumé resume resumen""".split()
)
_CHINESE_FILLING = re.compile("视频|视频里|录音|影片|画面|屏幕|什么|时候|哪些|内容|[了的在是有里上中吗呢到]")
_OF_RECORDING = re.compile(
    r"\b(?:of|in|into|from|through|during|des|der|im|du|de la|dans la)\s+(?:(?:the|this|that|la|le)\s+)?(?:whole\s+)?"
    + RECORDING,
    re.IGNORECASE,
)
_OF = re.compile(r"\s+(?:of|through|des|der|von|du|de)\s+\w", re.IGNORECASE)
_MAY_NAME = re.compile(r"\.[A-Za-z0-9]{1,5}(?![A-Za-z0-9])|[_\"“”«»„]|\d")
_BOOK = re.compile(r"(?<=\w )[A-Z][a-z]+\.?\s+$")
_LEADS_TO = (
    r"(?:\b(?:in|from|of|inside|within|during|according to|see|file|video|recording|aus|dans|de)\s+"
    r"(?:(?:the|file|video|recording)\s+)*)"
)
# Around a name: no other name's letters. Chinese sets no space there.
_BEFORE, _BEHIND = r"(?<![A-Za-z0-9À-ÿ_.-])", r"(?![A-Za-z0-9À-ÿ_]|[.-]\w)"
# 'in covid-19 patients' is about patients: behind a name that is a word like others no noun follows.
_ENDS = (
    r"(?=\W*$|\s*[,;:?!.)]|\s+(?:"
    + "|".join(sorted(STOPWORDS))
    + r"|said|says?|shown?|mentioned|written|stated|und|et)\b)"
)
_FILE_BEFORE = re.compile(r"(?:\b(?:the|this|my|file|video|recording|see)\s+|[\"“«„])$", re.IGNORECASE)
_MENTIONED = re.compile(r"\b(?:about|mentions?|mentioned|imports?|attached|called|named)\s+[\"“]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Focus:
    """`text` is what is searched for: the question without the file and the time that narrow it, '' when they are all
    that it asks. `files` are ids of the sources that it names (None: it names none). `spans` are the seconds asked for
    in each recording, by id. `sure` says that nothing else is meant; `seen` that it is about what is to be seen.
    `filters` are a kind, a page, a date or who speaks. `speakers` are those of whose speech nothing but their own words
    counts."""

    text: str
    files: frozenset[str] | None = None
    spans: Mapping[str, Span] = field(default_factory=dict)
    sure: bool = False
    seen: bool = False
    filters: tuple[Filter, ...] = ()
    speakers: frozenset[str] = frozenset()

    @property
    def scope(self) -> Scope:
        """What the files and filters leave."""
        scope = Scope() if self.files is None else of_sources(self.files)
        for each in self.filters:
            scope = scope & each.scope
        return scope

    def told(self, catalogue: Catalogue) -> tuple[str, ...]:
        """What it narrows to, in words."""
        named = [PurePath(source.path).name for source in catalogue.sources(self.files or ()).values()]
        times = {"–".join(map(clock, span)) for span in self.spans.values()} if self.sure else set()
        return tuple(f"only {each}" for each in (*sorted(named), *(f.told for f in self.filters), *sorted(times)[:3]))


def focus_of(question: str, library: Library, scope: Scope, stated: bool = True) -> Focus:
    """`scope` is what may be searched at all. `stated` tells whether filters count, besides files and times."""
    text, files = _without_file(question, library) if _MAY_NAME.search(question) else (question, None)
    inside = scope if files is None else scope & of_sources(files)
    filters = tuple(find_filters(text, library, inside, files is not None)) if stated else ()
    if not filters:
        return _at_time(text, question, files, library, inside)
    left = without(text, filters)
    for each in filters:
        inside = inside & each.scope
    focus = _at_time(left, left, files, library, inside)
    # 'What is on page 3 of report.pdf?' asks for all that stands there.
    all_of_it = any(each.sure or each.speakers for each in filters) and not focus.spans and _only_time(left)
    speakers = frozenset[str]().union(*(each.speakers for each in filters))
    return replace(focus, text="" if all_of_it else focus.text, filters=filters, speakers=speakers)


def _at_time(text: str, question: str, files: frozenset[str] | None, library: Library, scope: Scope) -> Focus:
    """`text` is the question without what else narrows it."""
    asked = find_time(text)
    if asked is None or (asked.vague and _of_something_else(text[asked.end :])) or _is_verse(text, asked):
        return Focus(_rest(text, question), files)
    lengths = library.catalogue.lengths(scope)
    recordings = {source: length for source, length in lengths.items() if length}
    sure = bool(recordings) and (len(recordings) == len(lengths) or _sure(text, asked))
    spans = {source: asked.within(length) for source, length in recordings.items() if asked.lies_in(length)}
    if not spans or (asked.vague and not sure):
        return Focus(_rest(text, question), files)
    if not sure:
        return Focus(_rest(text, question), files, spans)
    text = _OF_RECORDING.sub(" ", f"{text[: asked.start]} {text[asked.end :]}")
    searched = "" if _only_time(text) else " ".join(text.split())
    return Focus(searched, files, spans, True, bool(_SEEN.search(text)))


def _is_verse(text: str, asked: TimeAsked) -> bool:
    """Whether the name of a book stands before it: 'John 3:16–3:18'."""
    before = _BOOK.search(text[: asked.start])
    if before is None or not text[asked.start].isdigit():
        return False
    return not (_RECORDING.search(before[0]) or _PLAYED.search(before[0]))


def _of_something_else(rest: str) -> bool:
    """Whether a text goes on as after 'the end': 'of the road', and not 'of the video'."""
    return bool(_OF.match(rest)) and not _OF_RECORDING.match(rest.lstrip())


def _sure(text: str, asked: TimeAsked) -> bool:
    """A word for a recording makes any time one of it; 'said' or 'shown' only one in minutes and seconds."""
    return bool(_RECORDING.search(text)) or (not asked.vague and bool(_PLAYED.search(text)))


def _only_time(text: str) -> bool:
    """Whether nothing but a time is asked: 'what is said …?'."""
    left = re.findall(r"[^\W\d_]{2,}", _CHINESE_FILLING.sub(" ", _PLAYED.sub(" ", text)).lower())
    return all(word in _EMPTY or word in STOPWORDS for word in left)


def subject(text: str) -> set[str]:
    """The words that say what is asked about, without 'said', 'shown' and the like."""
    return {word for word in content_words(text) if word not in _EMPTY and not _PLAYED.fullmatch(word)}


def _rest(text: str, question: str) -> str:
    """What is left to search for; all of the question, when that is nothing."""
    return question if _only_time(text) else " ".join(text.split())


def _without_file(question: str, library: Library) -> tuple[str, frozenset[str] | None]:
    """The question without the names of files, and the ids of their sources; None when it names no file.

    A full name counts anywhere. A name without its ending counts when it is no ordinary word: one with an underscore
    anywhere, several words with a digit ('lecture d1') after a word that leads to a file, others in quotation marks.
    """
    named: dict[str, re.Match[str]] = {}
    folded = _folded(question)
    for path, source in library.catalogue.paths():
        if _folded(PurePath(path).stem) in folded:  # quick; most names end here
            match = next(_mentions(question, PurePath(path)), None)
            if match is not None and not _is_a_word(match, question, source, library):
                named[source] = match
    if not named:
        return question, None
    named = {i: match for i, match in named.items() if not any(_inside(match, other) for other in named.values())}
    for start, end in sorted({match.span() for match in named.values()}, reverse=True):
        question = f"{question[:start]} {question[end:]}"
    return question, frozenset(named)


def _is_a_word(match: re.Match[str], question: str, source: str, library: Library) -> bool:
    """Whether 'in covid-19' means what other files write about, too, and not the file covid-19.pdf."""
    name = match["name"]
    if "." in name or "_" in name or '"' in match[0] or _FILE_BEFORE.search(question[: match.start("name")]):
        return False
    with library.catalogue.snapshot():
        return library.keywords.stands_outside(library.catalogue.connection, name, source)


def _inside(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether a name is but a part of a longer one ('lamp.mp4' of 'the lamp.mp4')."""
    (start, end), (first, last) = one.span("name"), other.span("name")
    return first <= start and end <= last and end - start < last - first


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().lower()


def _mentions(question: str, path: PurePath) -> Iterator[re.Match[str]]:
    stem = path.stem.strip()
    words = [re.escape(word) for word in re.split(r"[\s_-]+", stem) if word]
    leads = r"(?:\b(?:in|from|of)\s+(?:the\s+)?)?"
    patterns = [rf"{leads}(?:file\s+)?[\"“]?{_BEFORE}(?P<name>{re.escape(path.name)}){_BEHIND}[\"”]?"]
    if len(stem) >= 4 and any(c.isalpha() for c in stem) and words:
        spoken = r"[\s_-]+".join(words)
        distinctive = any(c.isdigit() for c in stem)
        patterns.append(rf"(?:\bfile\s+)?[\"“«„](?P<name>{spoken})[\"”»“]")
        if "_" in stem:
            patterns.append(rf"{leads}{_BEFORE}(?P<name>{re.escape(stem)}){_BEHIND}")
        if distinctive:
            patterns.append(rf"{_LEADS_TO}(?P<name>{spoken}){_BEHIND}{_ENDS}")
    for pattern in patterns:
        for match in re.finditer(pattern, question, re.IGNORECASE):
            if not _MENTIONED.search(question[: match.start()]):
                yield match
