"""Subtitles, beside a recording, in it or by themselves: what is said, with its seconds."""

from __future__ import annotations

import html
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from indexes.records import Cue, Place, voiced
from pipelines.errors import ExtractionError
from pipelines.extractors.decoding import read_characters
from pipelines.recordings.talk import passages
from pipelines.records import Piece

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
"""In the order in which they are preferred."""

_MOST = 64 * 1024 * 1024
"""Bytes: the subtitles of a day are two megabytes."""

_NUMBER = "\n\n0\n"

_VOICE = re.compile(r"<v(?:\.[^\s>]*+)?\s++([^>]++)>", re.IGNORECASE)
_LABEL = re.compile(r"(?:[-–—]\s?)?(?P<name>[^\W\d_][\w.'’-]{0,30}(?: [\w.'’-]{1,30}){0,3})(?:: |：)\s*(?=\S)")
_MARKUP = re.compile(r"\{\\[^}]*\}|</?[a-z][^<>]*>|<\d[\d:.]*>", re.IGNORECASE)


def sidecar(path: Path) -> Path | None:
    """The subtitles lying beside the recording: name.srt, name.en.srt, name.vtt …, or None.

    Upper and lower case are the same. The plain name is preferred to one with a language.
    """
    stem, found = path.stem.lower(), []
    try:
        for other in path.parent.iterdir():
            name, suffix = other.stem.lower(), other.suffix.lower()
            if suffix in SUFFIXES and (name == stem or re.fullmatch(re.escape(stem) + r"\.[\w-]{2,12}", name)):
                found.append((name != stem, SUFFIXES.index(suffix), other.name, other))
    except OSError:
        return None
    return next((other for *_, other in sorted(found) if other.is_file()), None)


def read_subtitles(path: Path) -> list[Cue]:
    """The cues of an SRT, WebVTT or ASS file, in order of time, without markup.

    Raises ExtractionError where there is no cue in it.
    """
    import pysubs2

    try:
        if path.stat().st_size > _MOST:
            raise ExtractionError(f"{path.name} is too large for subtitles. Check where it comes from.")
        text, form = _prepared(read_characters(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExtractionError(f"{path.name} cannot be opened: {reason}. Check that you may read it.", "open") from error
    try:
        with warnings.catch_warnings():  # about fields that it fills in itself
            warnings.simplefilter("ignore")
            events = pysubs2.SSAFile.from_string(
                text, form, **({} if form == "ass" else {"keep_html_tags": True})
            ).events
    except Exception as error:  # pysubs2 raises its own errors, ValueError, IndexError … on odd files
        reason = str(error).split("\n")[0][:120] or type(error).__name__
        raise ExtractionError(f"{path.name} cannot be read as subtitles ({reason}). Save it as SRT.") from error
    cues = tidied(
        [
            Cue(event.start / 1000, event.end / 1000, plain(event.text), _speaker(event.text) or event.name.strip())
            for event in events
            if not event.is_comment and not event.is_drawing
        ]
    )
    if not cues:
        raise ExtractionError(f"{path.name} holds no subtitles: no line with its times is in it. Save it as SRT.")
    return cues


def read(path: Path) -> Iterator[Piece]:
    """Subtitles without a recording: passages of 10 to 30 s, each new speaker named; Place has the seconds."""
    for run in passages(read_subtitles(path)):
        yield Piece("text", "\n".join(voiced(run)), Place(start=run[0].start, end=max(cue.end for cue in run)))


def plain(text: str) -> str:
    """Words without tags, override codes and entities, on one line."""
    text = re.sub(r"\\[Nnh]", " ", text)
    text = _MARKUP.sub("", text)
    return " ".join(html.unescape(text).replace("\u200b", "").split())


def _told_apart(cues: Sequence[Cue]) -> list[Cue]:
    """Names that stand before what is said ('Anna: The tide is in.') as speakers.

    One that stands there once ('Note: …') is believed only where most cues have one.
    """
    named = [None if cue.speaker else _label(cue.text) for cue in cues]
    often = Counter(match["name"] for match in named if match)
    usual = often.total() > 1 and often.total() >= len(cues) / 2
    return [
        replace(cue, text=cue.text[match.end() :], speaker=match["name"])
        if match and (usual or often[match["name"]] > 1)
        else cue
        for cue, match in zip(cues, named, strict=True)
    ]


def _label(text: str) -> re.Match[str] | None:
    """The name with which a text begins: 'Anna von Berg: ', and not 'he said: '."""
    match = _LABEL.match(text)
    words = match["name"].split() if match else []
    return None if any(word[0].islower() for word in (*words[:1], *words[-1:])) else match


def tidied(cues: list[Cue]) -> list[Cue]:
    """In order of time, none empty, none before zero, with names as speakers; captions that roll up, as YouTube's do,
    only once.

    Rolling captions repeat the line before as their beginning ('we begin', 'we begin with rocks', 'with rocks').
    """
    cues = [replace(cue, start=max(0.0, cue.start), end=max(0.0, cue.start, cue.end)) for cue in cues if cue.text]
    cues = _told_apart(cues)
    cues.sort(key=lambda cue: (cue.start, cue.end))
    pairs = list(pairwise(cues))
    rolling = sum(_follows(a, b) and b.text.startswith(a.text) for a, b in pairs) > 0.2 * len(cues)
    kept: list[Cue] = []
    for cue in cues:
        before = kept[-1] if kept else None
        if before and _follows(before, cue):
            if (cue.text, cue.speaker) == (before.text, before.speaker):
                kept[-1] = replace(before, end=max(before.end, cue.end))
                continue
            if rolling and cue.text.startswith(before.text + " "):
                cue = replace(cue, text=cue.text[len(before.text) + 1 :])
        kept.append(cue)
    return kept


def _follows(before: Cue, cue: Cue) -> bool:
    """Whether no pause lies between them."""
    return cue.start <= before.end + 0.1


def _prepared(text: str) -> tuple[str, str]:
    """The text as pysubs2 reads it well, and the format by its content."""
    if re.search(r"^\[(Script Info|Events)\]", text, re.MULTILINE | re.IGNORECASE):
        return text, "ass"
    text = re.sub(r"<\d[\d:.]*>", "", text)  # times of single words would be taken for those of cues
    if not text.lstrip("\ufeff \n").startswith("WEBVTT"):
        return text + _NUMBER, "srt"
    # A blank line ends a cue; notes, styles and names of cues are none. The number between them is SRT's,
    # which pysubs2 takes away: without one it would take the last line of a cue that is a number.
    blocks = [
        block[block.rfind("\n", 0, block.find("-->")) + 1 :] for block in re.split(r"\n\n+", text) if "-->" in block
    ]
    return "WEBVTT\n\n" + _NUMBER.join(blocks) + _NUMBER, "vtt"


def _speaker(text: str) -> str:
    """The name in WebVTT's voice tag."""
    found = _VOICE.search(text)
    return html.unescape(found[1]).strip() if found else ""
