"""Sound → what is said in it: windows of any recording in, cues with their seconds out.

Finds speech (Silero VAD), cuts it into pieces at its pauses, tells their language, lets Whisper read many at once, and
throws away what nobody said. Holds one window, and what the last one left over; knows no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexes.records import Cue
from pipelines.models.whisper import LONGEST, RATE, Whisper, Word
from pipelines.recordings.hearing import Piece, Span, careful_words
from pipelines.recordings.talk import cues_of

if TYPE_CHECKING:
    import numpy as np

BATCH = 120.0  # seconds of pieces that are read at once
GAP = 1.0  # seconds of silence that a piece may hold
SAMPLE = 3.0  # seconds by which a language is told
SURE = 0.8  # probability from which on it is believed; on 3 s samples wrong ones stayed below .3
SPOKEN = 1.5  # seconds that a stretch needs to have a language of its own
HELD = 1.0  # seconds after which an open sentence is over


@dataclass(frozen=True, slots=True)
class Portion:
    """The next cues. Up to second `until` all is transcribed; `language` is the one that was spoken most so far (ISO
    639-1), '' before anybody spoke."""

    until: float
    cues: tuple[Cue, ...]
    language: str


class Transcriber:
    """What is said in a recording, as it is read. Keeps nothing from one recording to the next."""

    def __init__(self, whisper: Whisper) -> None:
        self.name = whisper.name
        self._whisper = whisper

    def transcribe(self, windows: Iterator[tuple[float, np.ndarray]]) -> Iterator[Portion]:
        """`windows`: (second of its start, float32 (n,) mono at 16 kHz), each going on where the last one ended.
        Yields a portion for every two minutes of speech or so, and at the end of every window."""
        import numpy as np

        spoken: Counter[str] = Counter()
        held: list[Word] = []  # of a sentence that may go on
        rest = np.zeros(0, np.float32)
        begin = 0.0
        for last, (start, samples) in _with_last(windows):
            begin = begin if rest.size else start
            sound = np.concatenate((rest, samples))
            speech, end = _speech(sound, last)
            pieces = _pieces(speech, self._languages(sound, speech, spoken))
            for batch, done in _batches(pieces, end):
                for piece, words in zip(batch, careful_words(self._whisper, sound, batch), strict=True):
                    held += [word.moved(begin) for word in words]
                    spoken[piece.language] += len(words)
                until = begin + done / RATE
                closed = last and done == end
                cues, held = cues_of(held, final=closed or not held or until - held[-1].end > HELD)
                yield Portion(held[0].start if held else until, tuple(cues), _most(spoken))
            rest = sound[end:].copy()
            begin += end / RATE

    def _languages(self, sound: np.ndarray, speech: Sequence[Span], spoken: Counter[str]) -> list[str]:
        """The language of each stretch; one that cannot be told is that of the stretch before it."""
        told = [""] * len(speech)
        long = [at for at, (start, end) in enumerate(speech) if end - start >= SPOKEN * RATE]
        samples = [sound[speech[at][0] : min(speech[at][1], speech[at][0] + int(SAMPLE * RATE))] for at in long]
        for at, (language, chance) in zip(long, self._whisper.languages(samples), strict=True):
            told[at] = language if chance >= SURE else ""
        current = next(filter(None, told), _most(spoken))
        if speech and not current:  # nothing is sure so far: look at as much as Whisper can see
            first = speech[0][0]
            current = self._whisper.languages([sound[first : min(speech[-1][1], first + int(LONGEST * RATE))]])[0][0]
        for at in range(len(told)):
            current = told[at] = told[at] or current
        return told


class NoTranscriber(Transcriber):
    """For people who have switched speech off."""

    def __init__(self) -> None:
        self.name = "none"

    def transcribe(self, windows: Iterator[tuple[float, np.ndarray]]) -> Iterator[Portion]:
        return iter(())


def _with_last(windows: Iterator[tuple[float, np.ndarray]]) -> Iterator[tuple[bool, tuple[float, np.ndarray]]]:
    """Each window, and whether it is the last."""
    held = next(windows, None)
    while held is not None:
        coming = next(windows, None)
        yield coming is None, held
        held = coming


def _speech(sound: np.ndarray, last: bool) -> tuple[list[Span], int]:
    """Stretches of speech of at most 30 s, and the sample up to which they account for the sound.

    What is being said at the end of a window is left for the next one, unless this is the last.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=160, max_speech_duration_s=LONGEST - 1, speech_pad_ms=200)
    found = [(int(part["start"]), int(part["end"])) for part in get_speech_timestamps(sound, options)]
    end = len(sound)
    if not last and found and found[-1][1] > end - RATE // 2 and found[-1][0] > 0:
        end = found.pop()[0]
    stretches: list[Span] = []
    for start, stop in found:
        # Without a real pause between them two stretches are one, as long as its language is told by its beginning.
        if stretches and start - stretches[-1][1] <= 1 and stop - stretches[-1][0] <= 2 * SAMPLE * RATE:
            stretches[-1] = (stretches[-1][0], stop)
        else:
            stretches.append((start, min(stop, end)))
    return stretches, end


def _pieces(speech: Sequence[Span], languages: Sequence[str]) -> list[Piece]:
    """Neighbouring stretches of one language as pieces, cut where people pause."""
    pieces: list[Piece] = []
    run: list[Span] = []
    for at, span in enumerate(speech):
        if run and (languages[at] != languages[at - 1] or span[0] - run[-1][1] > GAP * RATE):
            pieces += [Piece(languages[at - 1], part) for part in _cut(run)]
            run = []
        run.append(span)
    if run:
        pieces += [Piece(languages[-1], part) for part in _cut(run)]
    return pieces


def _cut(run: list[Span]) -> Iterator[tuple[Span, ...]]:
    """Stretches in parts of at most 30 s, each ending at the longest pause of its second half: what is read with less
    around it is read worse."""
    while run and run[-1][1] - run[0][0] > LONGEST * RATE:
        fits = [at for at in range(1, len(run)) if run[at - 1][1] - run[0][0] <= LONGEST * RATE] or [1]
        late = [at for at in fits if run[at - 1][1] - run[0][0] >= LONGEST * RATE / 2] or fits[-1:]
        at = max(late, key=lambda at: run[at][0] - run[at - 1][1]) if len(run) > 1 else 1
        yield tuple(run[:at])
        run = run[at:]
    if run:
        yield tuple(run)


def _batches(pieces: Sequence[Piece], end: int) -> Iterator[tuple[list[Piece], int]]:
    """Pieces to be read together, and the sample up to which all is read then; at least one, for the progress."""
    batch: list[Piece] = []
    for piece in pieces:
        if batch and (piece.end - batch[0].start) > BATCH * RATE:
            yield batch, batch[-1].end
            batch = []
        batch.append(piece)
    yield batch, end


def _most(counts: Counter[str]) -> str:
    return counts.most_common(1)[0][0] if counts else ""
