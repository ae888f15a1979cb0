"""Whisper (Radford et al. 2022, arXiv:2212.04356): pieces of sound → words with times, many pieces at once.

Runs CTranslate2 weights through faster-whisper, and openai-whisper's checkpoints through its own package. Knows no
files, windows or sentences.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipelines.errors import ModelUnavailable

log = logging.getLogger(__name__)

RATE = 16_000
LONGEST = 30.0  # seconds that Whisper sees at once
TAIL = 5.0  # seconds of silence behind a piece: with 3 readings break off, with 30 - n they cost three times as much
QUIET = 2.0  # seconds of silence behind what a language is told by: where sound breaks off, wrong ones are told
TOLD = 16  # pieces whose language is told at once


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the space before it and the punctuation behind it, its seconds, and how sure it is in 0..1."""

    start: float
    end: float
    text: str
    sure: float = 1.0

    def moved(self, seconds: float) -> Word:
        return replace(self, start=self.start + seconds, end=self.end + seconds)

    def between(self, start: float, end: float) -> Word:
        return replace(self, start=start, end=end)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard in one piece. `sure` is the mean log probability of its tokens; `silence` the probability that
    nobody speaks. `hasty`: it was read with less silence behind it than Whisper was trained on, which is faster and
    goes wrong sometimes; `careful`: as well as the model can."""

    words: tuple[Word, ...]
    sure: float = 0.0
    silence: float = 0.0
    hasty: bool = False
    careful: bool = False

    @property
    def repetition(self) -> float:
        """How much shorter zlib makes the text; Whisper's own measure of a loop."""
        text = "".join(word.text for word in self.words).encode()
        return len(text) / len(zlib.compress(text)) if text else 0.0


class Whisper(Protocol):
    """Both methods take float32 pieces (n,) at 16 kHz of at most 30 s each."""

    name: str

    def languages(self, pieces: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        """The likeliest language of each piece (ISO 639-1) and its probability."""
        ...

    def read(self, pieces: Sequence[np.ndarray], language: str, careful: bool = False) -> list[Reading]:
        """Words of each piece, times from the start of the piece. `careful`: as well as it can, and no phrase twice."""
        ...


class FasterWhisper:
    """CTranslate2 weights: int8 on the CPU, float16 on a GPU."""

    def __init__(self, model: str, name: str, device: str = "auto") -> None:
        """`model`: a folder of CTranslate2, or a size or hub id of faster-whisper that was downloaded before. Raises
        ModelUnavailable."""
        from faster_whisper import BatchedInferencePipeline

        self._model = _load(model, device)
        self._pipeline = BatchedInferencePipeline(self._model)
        self.name = name

    def languages(self, pieces: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        if not self._model.model.is_multilingual:
            return [("en", 1.0)] * len(pieces)
        told: list[tuple[str, float]] = []
        for at in range(0, len(pieces), TOLD):
            some = pieces[at : at + TOLD]
            # The whole 30 s would cost a multiple of the seconds that are looked at.
            encoded = self._model.encode(self._features(some, max(map(len, some)) / RATE + QUIET))
            told += [(found[0][0][2:-2], found[0][1]) for found in self._model.model.detect_language(encoded)]
        return told

    def read(self, pieces: Sequence[np.ndarray], language: str, careful: bool = False) -> list[Reading]:
        from faster_whisper.tokenizer import Tokenizer

        if not self._model.model.is_multilingual:
            language = "en"
        tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
        )
        options = _options(tokenizer, beams=5 if careful else 1, no_repeat=3 if careful else 0)
        readings: dict[int, Reading] = {}
        for seconds, chosen in _alike([LONGEST if careful else len(piece) / RATE + TAIL for piece in pieces]):
            about = [{"offset": 0.0, "duration": len(pieces[at]) / RATE} for at in chosen]
            features = self._features([pieces[at] for at in chosen], seconds)
            self._pipeline.last_speech_timestamp = 0.0
            for at, parts in zip(chosen, self._pipeline.forward(features, tokenizer, about, options), strict=True):
                readings[at] = _reading(parts, seconds < LONGEST, careful)
        return [readings[at] for at in range(len(pieces))]

    def _features(self, pieces: Sequence[np.ndarray], seconds: float) -> np.ndarray:
        """Log-Mel spectrograms (n, mels, 100 a second), padded with silence to `seconds`."""
        from faster_whisper.audio import pad_or_trim

        extract = self._model.feature_extractor
        frames = min(extract.nb_max_frames, round(seconds * RATE / extract.hop_length))
        return np.stack([pad_or_trim(extract(piece)[..., :-1], frames) for piece in pieces])


def _load(model: str, device: str) -> Any:
    import ctranslate2
    from faster_whisper import WhisperModel

    known = {"cpu": "int8"}
    if device in ("auto", "cuda") and ctranslate2.get_cuda_device_count():
        known = {"cuda": "float16"} if device == "cuda" else {"cuda": "float16", **known}
    for place, numbers in known.items():
        try:
            loaded = WhisperModel(model, device=place, compute_type=numbers, local_files_only=True)
            if place == "cuda":
                loaded.detect_language(np.zeros(RATE, np.float32))  # only now are the libraries of CUDA looked for
            return loaded
        except Exception as error:
            if place == "cuda" and "cpu" in known:
                log.warning("speech goes on without the GPU: %s", error)
                continue
            raise ModelUnavailable(_missing(model, error)) from error


def _missing(model: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if Path(model).is_dir():
        return (
            f"The speech model in {model} cannot be loaded: {reason} It must be a folder of CTranslate2 with model.bin,"
            " config.json, tokenizer.json and a vocabulary."
        )
    return (
        f"The speech model {model!r} is not on this machine, and nothing is downloaded while working. Download it once"
        f" where there is a network: python -c \"import faster_whisper as f; f.WhisperModel('{model}')\" – or set a"
        f" folder: speech=whisper:/models/folder. ({reason})"
    )


def _alike(seconds: Sequence[float]) -> Iterator[tuple[float, list[int]]]:
    """Indexes of pieces that are read together, with the seconds of the longest: time grows with these for all."""
    group: list[int] = []
    for at in sorted(range(len(seconds)), key=seconds.__getitem__):
        if group and seconds[at] > 1.3 * seconds[group[0]]:
            yield min(LONGEST, seconds[group[-1]]), group
            group = []
        group.append(at)
    if group:
        yield min(LONGEST, seconds[group[-1]]), group


def _options(tokenizer: Any, beams: int, no_repeat: int) -> Any:
    """faster-whisper's own defaults, but for what is said here."""
    from faster_whisper.transcribe import TranscriptionOptions, get_suppressed_tokens

    return TranscriptionOptions(
        beam_size=beams,
        best_of=1,
        patience=1,
        length_penalty=1,
        repetition_penalty=1,
        no_repeat_ngram_size=no_repeat,
        log_prob_threshold=None,
        no_speech_threshold=None,
        compression_ratio_threshold=None,
        condition_on_previous_text=False,
        prompt_reset_on_temperature=0.5,
        temperatures=[0.0],
        initial_prompt=None,
        prefix=None,
        suppress_blank=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        without_timestamps=True,
        max_initial_timestamp=0.0,
        word_timestamps=True,
        prepend_punctuations="\"'“¿([{-",
        append_punctuations="\"'.。,，!！?？:：”)]}、",
        multilingual=False,
        max_new_tokens=None,
        clip_timestamps=[],
        hallucination_silence_threshold=None,
        hotwords=None,
    )


def _reading(parts: Sequence[dict[str, Any]], hasty: bool, careful: bool) -> Reading:
    words = tuple(
        Word(float(word["start"]), float(word["end"]), word["word"], float(word["probability"]))
        for part in parts
        for word in part.get("words", ())
        if word["word"].strip()
    )
    return Reading(words, float(parts[0]["avg_logprob"]), float(parts[0]["no_speech_prob"]), hasty, careful)


class OpenAIWhisper:
    """Checkpoints of openai-whisper, through its own package. One piece after the other."""

    def __init__(self, checkpoint: Path, name: str, device: str = "cpu") -> None:
        """Raises ModelUnavailable when the package or the file is missing, or the file is none of its checkpoints."""
        if not checkpoint.is_file():
            raise ModelUnavailable(f"There is no checkpoint {checkpoint}. Give a .pt file of openai-whisper.")
        try:
            import whisper
        except ImportError as error:
            raise ModelUnavailable(
                f"speech=openai-whisper:{checkpoint} needs another package. Run: pip install openai-whisper"
            ) from error
        import torch

        try:
            saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
            self._model = whisper.model.Whisper(whisper.model.ModelDimensions(**saved["dims"]))
            self._model.load_state_dict(saved["model_state_dict"])
        except Exception as error:  # torch raises what it likes for a file that is none of its own
            raise ModelUnavailable(
                f"{checkpoint} is no checkpoint of openai-whisper: {str(error).splitlines()[0]}"
            ) from error
        self._whisper, self._device = whisper, device
        self._model.to(device).eval()
        self.name = name

    def languages(self, pieces: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        found = []
        for piece in pieces:
            sound = self._whisper.pad_or_trim(piece)
            mel = self._whisper.log_mel_spectrogram(sound, self._model.dims.n_mels).to(self._device)
            _, chances = self._model.detect_language(mel)
            best = max(chances, key=chances.__getitem__)
            found.append((best, float(chances[best])))
        return found

    def read(self, pieces: Sequence[np.ndarray], language: str, careful: bool = False) -> list[Reading]:
        readings = []
        for piece in pieces:
            found = self._model.transcribe(
                piece,
                language=language,
                word_timestamps=True,
                condition_on_previous_text=False,
                temperature=0.0,
                beam_size=5 if careful else None,
                fp16=self._device == "cuda",
            )["segments"]
            words = tuple(
                Word(float(word["start"]), float(word["end"]), word["word"], float(word["probability"]))
                for part in found
                for word in part.get("words", ())
            )
            readings.append(Reading(words, min((p["avg_logprob"] for p in found), default=0.0), careful=careful))
        return readings
