"""Pieces of sound → words that were really said: reads again what is doubtful, and drops what nobody said.

Whisper invents words in noise and goes round in loops; it shows by its own measures (Radford et al. 2022, section 4.5):
how probable the words are, whether anybody speaks at all, and how well the text compresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.models.whisper import RATE, Reading, Whisper, Word

if TYPE_CHECKING:
    import numpy as np

LOOP = 2.4  # a text that compresses better goes round in a loop
UNSURE = -1.0  # mean log probability below which a reading is a guess
SHAKY = -0.6  # … below which it is one where nobody seems to speak
HASTY = -0.4  # … below which a reading that was given little silence to end in is read again
SILENT = 0.6  # probability that nobody speaks from which on it seems so
LEFT_OUT = 1.2  # seconds of a stretch of speech that must not stay without words
COVERED = 0.4  # share of such a stretch that words fill at least
LAPS = 5  # times that a phrase may follow itself
PHRASE = 8  # words of the longest phrase that is looked for

Span = tuple[int, int]
"""First sample, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Up to 30 s of sound in one language that are read at once; `speech` is where somebody speaks in it."""

    language: str
    speech: tuple[Span, ...]

    @property
    def start(self) -> int:
        return self.speech[0][0]

    @property
    def end(self) -> int:
        return self.speech[-1][1]


def careful_words(whisper: Whisper, sound: np.ndarray, pieces: Sequence[Piece]) -> list[list[Word]]:
    """The words of each piece, with their seconds in `sound`."""
    readings = _read(whisper, sound, pieces)
    _replace(readings, [at for at, piece in enumerate(pieces) if _doubtful(readings[at])], whisper, sound, pieces)
    words = [_placed(reading, piece) for reading, piece in zip(readings, pieces, strict=True)]
    # Whisper skips sentences now and then; by themselves it reads them.
    skipped = [
        (at, replace(piece, speech=(span,)))
        for at, piece in enumerate(pieces)
        for span in piece.speech
        if len(piece.speech) > 1 or not readings[at].careful
        if _left_out(words[at], span)
    ]
    found = _read(whisper, sound, [piece for _, piece in skipped], careful=True)
    for (at, piece), reading in zip(skipped, found, strict=True):
        instead = _placed(reading, piece)
        if instead:
            start, end = piece.start / RATE, piece.end / RATE
            kept = [word for word in words[at] if not start <= (word.start + word.end) / 2 <= end]
            words[at] = sorted([*kept, *instead], key=lambda word: word.start)
    return words


def _read(whisper: Whisper, sound: np.ndarray, pieces: Sequence[Piece], careful: bool = False) -> list[Reading]:
    readings: dict[int, Reading] = {}
    for language in dict.fromkeys(piece.language for piece in pieces):
        chosen = [at for at, piece in enumerate(pieces) if piece.language == language]
        sounds = [sound[pieces[at].start : pieces[at].end] for at in chosen]
        readings.update(zip(chosen, whisper.read(sounds, language, careful), strict=True))
    return [readings[at] for at in range(len(pieces))]


def _replace(
    readings: list[Reading], chosen: list[int], whisper: Whisper, sound: np.ndarray, pieces: Sequence[Piece]
) -> None:
    again = _read(whisper, sound, [pieces[at] for at in chosen], careful=True)
    for at, reading in zip(chosen, again, strict=True):
        readings[at] = reading


def _doubtful(reading: Reading) -> bool:
    return not reading.words or reading.repetition > LOOP or reading.sure < (HASTY if reading.hasty else UNSURE)


def _invented(reading: Reading) -> bool:
    return reading.repetition > LOOP or reading.sure < (SHAKY if reading.silence > SILENT else UNSURE)


def _placed(reading: Reading, piece: Piece) -> list[Word]:
    """The words of a reading that stands, where they lie in the sound."""
    if _invented(reading):
        return []
    return [_in_speech(word.moved(piece.start / RATE), piece.speech) for word in unlooped(reading.words)]


def _left_out(words: Sequence[Word], span: Span) -> bool:
    start, end = span[0] / RATE, span[1] / RATE
    filled = sum(max(0.0, min(word.end, end) - max(word.start, start)) for word in words)
    return end - start >= LEFT_OUT and filled < COVERED * (end - start)


def unlooped(words: Sequence[Word]) -> list[Word]:
    """The words, with a phrase that follows itself five times or more said once."""
    kept = list(words)
    for length in range(1, PHRASE + 1):
        at = 0
        while at + length * LAPS <= len(kept):
            phrase = _plain(kept[at : at + length])
            laps = 1
            while _plain(kept[at + laps * length : at + (laps + 1) * length]) == phrase:
                laps += 1
            if laps >= LAPS:
                del kept[at + length : at + laps * length]
            at += 1
    return kept


def _plain(words: Sequence[Word]) -> list[str]:
    return ["".join(filter(str.isalnum, word.text)).casefold() for word in words]


def _in_speech(word: Word, speech: Sequence[Span]) -> Word:
    """The word without the silence around it: it lies in the stretch of speech that holds most of it."""

    def held(span: Span) -> float:
        return min(word.end, span[1] / RATE) - max(word.start, span[0] / RATE)

    start, end = max(speech, key=held)
    first = min(max(word.start, start / RATE), end / RATE)
    return word.between(first, max(first, min(word.end, end / RATE)))
