"""What a summary is asked of: 'this file', 'report.pdf', 'the meeting of May', 'chapter 2', 'pages 3–5', 'the library'.

Says which sources, and which part of them. A question about something that is said in a file ('summarise what the
survey says about damp') wants no summary of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Segment, clock
from pipelines.asking.chapters import CHAPTER, PAGES, chapter_of, pages_of
from pipelines.finding.naming import FILE_WORD, described_files, how_many, named_files
from pipelines.finding.times import Span, find_time
from pipelines.records import Turn

_I = re.IGNORECASE
_KIND = r"(?:summary|overview|outline|synopsis|recap|gist|digest)"
_POLITE = r"^\W*(?:please\s+|bitte\s+)?(?:(?:can|could|would) you\s+(?:please\s+)?)?"
_ASKS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"{_POLITE}(?:briefly\s+|quickly\s+)?(?:summari[sz]e|sum up|recap|condense|outline)\b\s*(?P<of>.*)$",
        rf"{_POLITE}(?:give|write|make|show|get)\s+(?:me\s+|us\s+)?(?:a|an|the)?\s*(?:[\w-]+\s+){{0,2}}{_KIND}"
        r"(?:\s+(?:of|for|on)\s+(?P<of>.*))?$",
        rf"^\W*(?:a |an |the )?(?:short |brief |quick )?{_KIND} (?:of|for)\s+(?P<of>.*)$",
        r"^\W*tl;?\s?dr\b\W*(?:of\s+)?(?P<of>.*)$",
        r"^\W*(?:what|which) (?:are|is|were) the (?:main|key|most important)"
        r" (?:points?|ideas?|messages?|takeaways?|topics?) (?:of|in|from)\s+(?P<of>.*)$",
        r"^\W*(?:bitte\s+)?fass\w*\s+(?:sie\s+|mir\s+)?(?P<of>.+?)\s+(?:kurz\s+)?zusammen\W*$",
        r"^\W*(?:(?:eine|die) )?(?:kurze )?zusammenfassung\s+(?:von|vom|des|der|zu)\s+(?P<of>.*)$",
        r"^\W*(?:peux-tu |pouvez-vous )?(?:résume[rz]?|faire un résumé)(?:[- ]moi)?\s+(?P<of>.*)$",
        r"^\W*(?:un |le )?résumé (?:de la |de |du |des )(?P<of>.*)$",
        r"^\W*请?(?:帮我)?(?:总结|總結|概括|概述|归纳|摘要)(?:一下)?\s*(?P<of>.*)$",
    )
)
# These may ask about anything ('What is the quarrel about?'): the file must be surely meant.
_ASKS_PERHAPS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        r"^\W*what(?:['’]s| is| are| was| were)\s+(?P<of>.+?)\s+(?:all\s+)?about\W*$",
        r"^\W*what (?:does|do|did)\s+(?P<of>.+?)\s+(?:cover|contain|deal with|discuss)\W*$",
        r"^\W*(?:worum geht es (?:in|im|bei)|wovon handel(?:t|n))\s+(?P<of>.+)$",
        r"^\W*de quoi (?:parle|traite)(?:nt)?\s+(?P<of>.+)$",
        r"^\W*(?P<of>.+?)(?:讲了什么|讲的是什么|说了什么|是关于什么的?|的?主要内容是?什么?)[？?。\s]*$",
    )
)
_LENGTH = re.compile(
    r"[\s,]*\b(?:in|with|using)\s+(?:about\s+|at most\s+|max\.?\s+|no more than\s+)?"
    r"(?P<n>\d+|one|two|three|four|five|six|a few)\s+"
    r"(?P<what>sentences?|lines?|words?|points?|bullet[- ]?points?|bullets|paragraphs?)\b"
    r"|\s+for me\b|\s+please\b|\s+briefly\b",
    _I,
)
_ABOUT = re.compile(r"\b(?:about|regarding|concerning|says?|said|what|how|why|whether|who)\b", _I)
_THIS = re.compile(
    r"^(?:this|that|it|the|das|diese[rsmn]?|dies|ce|cette|cet|这|该|此|本)?\s*[个份篇段]?\s*(?P<kind>file|document|text|pdf|page"
    r"|video|film|recording|audio|talk|lecture|podcast|picture|photo|image|presentation|spreadsheet|email|book|article|paper"
    r"|report|datei|dokument|fichier|文件|文档|视频|录音|文章|报告)?$",
    _I,
)
_LIBRARY = re.compile(
    r"^(?:(?:of\s+)?(?:the|my|this|our|your|die|den|der)\s+)?(?:(?:whole|entire|full|ganzen?)\s+)?(?:library|folder|collection"
    r"|archive|everything|bibliothek|ordner|all(?:\s+of)?(?:\s+(?:my|the|these|our))?\s+(?:files|documents|notes|sources)"
    r"|files|documents|sources|all|alles|tout|资料库|整个资料库|所有文件|文件夹|图书馆)$",
    _I,
)
_OF = re.compile(
    r"^\W*(?:of|in|from|von|vom|des|der|im|aus|de|du|dans|的)\b\s*|\s*\b(?:of|in|from|von|im|de|du|dans)\W*$|的$", _I
)
_MOST_NAMED = 4
SENTENCES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a few": 3}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A summary of `sources` (ids, in order), called `name` for people; `library` when all of it is meant.

    `pages` (first and last, or slides), `span` (seconds) or `positions` (first and last of segments, for a chapter)
    narrow it; `sentences` is how long it shall be, 0 if that was not said.
    """

    question: str
    sources: tuple[str, ...]
    name: str
    pages: tuple[int, int] | None = None
    span: Span | None = None
    positions: tuple[int, int] | None = None
    sentences: int = 0
    library: bool = False

    def holds(self, segment: Segment) -> bool:
        place = segment.place
        if self.pages is not None:
            page = place.page if place.page is not None else place.slide
            return page is not None and self.pages[0] <= page <= self.pages[1]
        if self.span is not None:
            return place.start is not None and place.start < self.span[1] and (place.end or place.start) > self.span[0]
        if self.positions is not None:
            return self.positions[0] <= segment.position <= self.positions[1]
        return True


def asked_for(
    question: str, library: Library, scope_glob: str | None = None, history: Sequence[Turn] = ()
) -> Wanted | None:
    """What shall be summarised, or None for any other question. `scope_glob` are the files that are asked at all.

    Raises UsageError when a file is meant that has no such page, time or chapter.
    """
    text = " ".join(question.split()).strip(" ?!.？。！")
    matches = [(match, surely) for patterns, surely in ((_ASKS, True), (_ASKS_PERHAPS, False)) for match in
               (pattern.match(text) for pattern in patterns) if match]  # fmt: skip
    if not matches:
        return None
    match, surely = matches[0]
    of = match["of"] or ""
    length = _LENGTH.search(of)
    sentences = 0
    if length is not None and length["n"] and "word" not in (length["what"] or "").lower():
        sentences = int(length["n"]) if length["n"].isdigit() else SENTENCES[length["n"].lower()]
    of = _LENGTH.sub("", of).strip(" .,:;")
    scope = {file.source_id for file in library.catalogue.matching(scope_glob)} if scope_glob else None
    within = None if scope is None else {i for i in scope if i}
    return _resolved(question, of, library, within, history, surely, sentences)


def _resolved(
    question: str,
    of: str,
    library: Library,
    within: set[str] | None,
    history: Sequence[Turn],
    surely: bool,
    sentences: int,
) -> Wanted | None:
    named = [file for file in named_files(of, library) if within is None or file.source in within]
    rest = of
    for file in sorted(named, key=lambda file: -file.start):
        rest = f"{rest[: file.start]} {rest[file.end :]}"
    pages, chapter, timed = PAGES.search(rest), CHAPTER.search(rest), None
    if pages is not None:
        chapter = None
    elif chapter is None:
        timed = find_time(rest)
    for part in (pages, chapter):
        if part is not None:
            rest = f"{rest[: part.start()]} {rest[part.end() :]}"
    if timed is not None:
        rest = f"{rest[: timed.start]} {rest[timed.end :]}"
    rest = _OF.sub("", _OF.sub("", " ".join(rest.split()))).strip(" \"“”',")
    if _ABOUT.search(rest):
        return None
    if named:
        left = [word for word in re.findall(r"\w+", rest.lower()) if not FILE_WORD.fullmatch(word)]
        if (
            len(
                [
                    word
                    for word in left
                    if word not in ("the", "this", "and", "both", "of", "das", "le", "la", "die", "der")
                ]
            )
            > 1
        ):
            return None
        ids = list(dict.fromkeys(file.source for file in named))[:_MOST_NAMED]
    elif _LIBRARY.match(rest) and not (pages or chapter or timed):
        ids = [i for i in library.catalogue.sources() if within is None or i in within]
        return Wanted(question, tuple(ids), "the library", sentences=sentences, library=True) if ids else None
    else:
        ids = _meant(rest, library, within, history, surely, bool(pages or chapter or timed))
    if not ids:
        return None
    sources = library.catalogue.sources(ids)
    ids = [i for i in ids if i in sources]
    name = " and ".join(PurePath(sources[i].path).name for i in ids)
    if not (pages or chapter or timed):
        return Wanted(question, tuple(ids), name, sentences=sentences) if ids else None
    if len(ids) != 1:
        return None
    title = PurePath(sources[ids[0]].path).name
    if pages is not None:
        asked = pages_of(pages, library, ids[0], title)
        label = f"{'pages' if asked[0] != asked[1] else 'page'} {asked[0]}" + (
            f"–{asked[1]}" if asked[0] != asked[1] else ""
        )
        return Wanted(question, tuple(ids), f"{title}, {label}", pages=asked, sentences=sentences)
    if chapter is not None:
        positions = chapter_of(chapter, library, ids[0], title)
        return Wanted(question, tuple(ids), f"{title}, {chapter[0].strip()}", positions=positions, sentences=sentences)
    assert timed is not None
    duration = sources[ids[0]].duration
    if not duration:
        return None
    if not timed.lies_in(duration):
        raise UsageError(f"{title} ends at {clock(duration)}. Ask for a time before that.")
    start, end = timed.within(duration)
    span = max(0.0, start), min(duration, end)
    return Wanted(question, tuple(ids), f"{title}, {clock(span[0])}–{clock(span[1])}", span=span, sentences=sentences)


def _meant(
    rest: str, library: Library, within: set[str] | None, history: Sequence[Turn], surely: bool, part: bool
) -> list[str]:
    """The sources that 'this file', 'the video' or 'the meeting of May' mean; [] where that is not sure."""
    this = _THIS.match(rest)
    if this is not None:
        if not (surely or part or this["kind"] or within):
            return []  # 'What is it about?' is for the conversation
        kind = this["kind"] or ""
        candidates = [i for i in library.catalogue.sources() if within is None or i in within]
        if within is not None and len(candidates) <= _MOST_NAMED and (not kind or len(candidates) == 1):
            return candidates
        cited = history[-1].files[:1] if history else ()
        for file in named_files(" ".join(cited), library):
            if within is None or file.source in within:
                return [file.source]
        if len(candidates) == 1:
            return candidates
    described = described_files(rest, library, within)
    words = re.findall(r"[^\W\d_]{3,}", rest)
    if not described or not (FILE_WORD.search(rest) or (surely and len(words) >= 2)):
        return []
    count = how_many(rest)
    plural = re.search(r"s$|\ball\b|\bboth\b", rest, _I)
    if len(described) == 1 or count == len(described) or (plural and count is None and len(described) <= _MOST_NAMED):
        return [source.id for source in described]
    return []
