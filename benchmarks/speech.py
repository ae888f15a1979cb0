"""Measures speech: error rates, invented words, and how much faster than real time.

    python -m benchmarks.speech DATA [times]

DATA/audio holds `transcripts.jsonl` (file, transcript, language, kind) and `files/`. The plain loop is what one would
write with faster-whisper otherwise: the same weights in int8, clip by clip, its defaults. `times` says how often the
clips follow each other in the one long recording (3); 0 leaves it out.
"""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jiwer
import numpy as np

from app.assistant import absolute
from app.settings import load_settings
from benchmarks.measure import lines
from pipelines.models.shelf import ModelShelf
from pipelines.reading.kinds import kind_of
from pipelines.recordings.media import audio_windows
from pipelines.recordings.speech import Transcriber

RATE = 16_000
SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
CHARACTERS = ("zh", "ja", "th")  # languages without spaces: errors are counted by character


def normal(text: str, language: str) -> str:
    """Lower case, small numbers as digits, no punctuation; characters apart where a language has no spaces."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    for number, word in enumerate(SMALL):
        text = re.sub(rf"\b{word}\b", str(number), text)
    text = " ".join(re.sub(r"[^\w\s']", " ", text).split())
    return " ".join(text.replace(" ", "")) if language in CHARACTERS else text


def heard(transcriber: Transcriber, windows: Iterator[tuple[float, np.ndarray]]) -> tuple[str, str]:
    """The text, and its language."""
    portions = list(transcriber.transcribe(windows))
    return " ".join(cue.text for portion in portions for cue in portion.cues), portions[-1].language if portions else ""


def plain(model: Any, sound: np.ndarray) -> str:
    """The loop that everybody writes."""
    segments, _ = model.transcribe(sound)
    return " ".join(segment.text for segment in segments)


def windows_of(sound: np.ndarray, seconds: float = 300.0) -> Iterator[tuple[float, np.ndarray]]:
    size = int(seconds * RATE)
    for at in range(0, len(sound), size):
        yield at / RATE, sound[at : at + size]


def clips(data: Path, transcriber: Transcriber, model: Any) -> list[tuple[dict[str, Any], np.ndarray]]:
    """Each clip by itself, both ways. Returns the clips with their sound."""
    loaded: list[tuple[dict[str, Any], np.ndarray]] = []
    rates: dict[str, dict[str, list[tuple[str, str]]]] = {"product": defaultdict(list), "plain": defaultdict(list)}
    seconds = {"product": 0.0, "plain": 0.0}
    invented = {"product": 0, "plain": 0}
    for clip in lines(data / "audio" / "transcripts.jsonl"):
        path = data / "audio" / "files" / clip["file"]
        sound = np.concatenate([samples for _, samples in audio_windows(path, kind_of(path))])
        loaded.append((clip, sound))
        language = clip["language"] or ""
        truth = normal(clip["transcript"], language)
        shown = []
        for way in seconds:
            began = time.monotonic()
            text = heard(transcriber, windows_of(sound))[0] if way == "product" else plain(model, sound)
            seconds[way] += time.monotonic() - began
            found = normal(text, language)
            if truth:
                rates[way][language].append((truth, found))
                shown.append(f"{way} {jiwer.wer(truth, found):.3f}")
            else:
                invented[way] += len(found.split())
                shown.append(f"{way} {len(found.split())} words invented")
        print(f"speech: {clip['file']:<24} {language or clip['kind']:<10} {'  '.join(shown)}")
    length = sum(len(sound) for _, sound in loaded) / RATE
    for way in seconds:
        every = [
            f"{language} {'CER' if language in CHARACTERS else 'WER'}"
            f" {jiwer.wer([truth for truth, _ in pairs], [found for _, found in pairs]):.3f}"
            for language, pairs in sorted(rates[way].items())
        ]
        print(
            f"speech: {way}: {', '.join(every)}; {invented[way]} words invented;"
            f" {seconds[way]:.1f} s for {length:.0f} s of clips, {length / seconds[way]:.1f} times real time"
        )
    print(f"speech: clips: {seconds['plain'] / seconds['product']:.1f} times as fast as the plain loop")
    return loaded


def recording(
    loaded: list[tuple[dict[str, Any], np.ndarray]], transcriber: Transcriber, model: Any, times: int
) -> None:
    """The clips with speech as one long recording, half a second apart."""
    spoken = [(clip, sound) for clip, sound in loaded if clip["transcript"]]
    apart = np.zeros(RATE // 2, np.float32)
    sound = np.tile(np.concatenate([part for _, sound in spoken for part in (sound, apart)]), times)
    truth = " ".join(normal(clip["transcript"], clip["language"]) for clip, _ in spoken * times)
    taken = {}
    for way in ("product", "plain"):
        began = time.monotonic()
        text = heard(transcriber, windows_of(sound))[0] if way == "product" else plain(model, sound)
        taken[way] = time.monotonic() - began
        # Chinese stands in it character by character.
        found = re.sub(r"([\u3400-\u9fff])", r" \1 ", normal(text, ""))
        length = len(sound) / RATE
        print(
            f"speech: one recording of {length:.0f} s, {way}: WER {jiwer.wer(truth, ' '.join(found.split())):.3f},"
            f" {taken[way]:.1f} s, {length / taken[way]:.1f} times real time"
        )
    print(f"speech: one recording: {taken['plain'] / taken['product']:.1f} times as fast as the plain loop")


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m benchmarks.speech DATA [times]")
    from faster_whisper import WhisperModel

    from pipelines.models.weights import BUILT_IN, built_in

    cache = absolute(load_settings().models)
    shelf = ModelShelf({}, cache, device="cpu")
    model = WhisperModel(str(built_in(BUILT_IN["speech"], cache).parent), device="cpu", compute_type="int8")
    transcriber = shelf.speech
    warm = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    heard(transcriber, windows_of(warm))
    plain(model, warm)
    loaded = clips(Path(sys.argv[1]), transcriber, model)
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if times:
        recording(loaded, transcriber, model, times)


if __name__ == "__main__":
    main()
