"""Words → cues → segments of speech. Pure functions on words and times.

A cue is a sentence, or a part of one where it is long or somebody pauses. A segment is some cues that are found and
read together: 10 to 30 s, ending where a sentence or a pause does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from indexes.records import Cue, Modality, Place, Segment, voiced
from pipelines.reading.segmenting import LONGEST as CHARACTERS

if TYPE_CHECKING:
    from pipelines.models.whisper import Word

PAUSE = 0.8  # seconds of silence that end a cue
CUE = 12.0  # seconds of the longest cue
SHORT, FULL, LONG = 10.0, 20.0, 30.0  # seconds of a segment: at least, ends at a sentence from here on, at most
BREAK = 3.0  # seconds of silence that end a segment

_STOPS = ".!?…。！？｡؟।"
_COMMAS = ",;:，、；：،—–"
_CLOSING = "\"'”’»)]」』）"


def cues_of(words: Sequence[Word], final: bool = True) -> tuple[list[Cue], list[Word]]:
    """Cues, and the words that may still go on: those of the last sentence, unless it is `final`."""
    cues: list[Cue] = []
    run: list[Word] = []
    for word in words:
        if run and (word.start - run[-1].end >= PAUSE or _ends(run[-1], _STOPS)):
            cues += _cut(run)
            run = []
        run.append(word)
    if run and (final or _ends(run[-1], _STOPS) or run[-1].end - run[0].start > CUE):
        cues += _cut(run)
        run = []
    return cues, run


def _ends(word: Word, marks: str) -> bool:
    return word.text.rstrip().rstrip(_CLOSING).endswith(tuple(marks))


def _cut(words: Sequence[Word]) -> Iterator[Cue]:
    """A run of words as cues of at most 12 s: cut at a comma or the longest pause near the middle."""
    if len(words) > 1 and words[-1].end - words[0].start > CUE:
        middle = (words[0].start + words[-1].end) / 2
        width = words[-1].end - words[0].start

        def rank(at: int) -> float:
            gap = words[at].start - words[at - 1].end
            off_centre = abs(words[at].start - middle) / width
            return gap + (0.5 if _ends(words[at - 1], _COMMAS) else 0.0) - off_centre

        at = max(range(1, len(words)), key=rank)
        yield from _cut(words[:at])
        yield from _cut(words[at:])
        return
    text = "".join(word.text for word in words).strip()
    if text:
        yield Cue(round(words[0].start, 3), round(words[-1].end, 3), text)


def speech_segments(cues: Iterable[Cue], source_id: str, modality: Modality, heading: str = "") -> list[Segment]:
    """Segments in the order of time. Their text is what is spoken in them, joined by spaces; at most 1,000 characters,
    but for a single cue that has more."""
    return [_segment(run, source_id, modality, heading) for run in passages(cues)]


def passages(cues: Iterable[Cue]) -> Iterator[list[Cue]]:
    """The cues of each segment."""
    run: list[Cue] = []
    for cue in cues:
        if run and _complete(run, cue):
            yield run
            run = []
        run.append(cue)
    if run:
        yield run


def _complete(run: Sequence[Cue], coming: Cue) -> bool:
    """Whether a segment ends before the coming cue."""
    length = run[-1].end - run[0].start
    silence = coming.start - run[-1].end
    if silence > BREAK or coming.end - run[0].start > LONG:
        return True
    if sum(map(len, voiced([*run, coming]))) + len(run) > CHARACTERS:
        return True
    stops = run[-1].text.rstrip(_CLOSING).endswith(tuple(_STOPS))
    return (length >= FULL and (stops or silence >= PAUSE)) or (length >= SHORT and silence >= 2 * PAUSE)


def _segment(run: Sequence[Cue], source_id: str, modality: Modality, heading: str) -> Segment:
    return Segment(
        source_id=source_id,
        position=round(run[0].start * 1000),
        modality=modality,
        text=" ".join(voiced(run)),
        place=Place(start=run[0].start, end=max(cue.end for cue in run)),
        heading=heading,
        kind="speech",
        cues=tuple(run),
    )
