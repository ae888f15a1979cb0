"""Lets a synthetic voice read spoken.md: espeak-ng (Debian: `apt install espeak-ng`), needed while samples are made."""

from __future__ import annotations

import io
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
"""Samples a second, as espeak-ng speaks."""

SPOKEN = Path(__file__).with_name("spoken.md")

Sound = NDArray[np.int16]


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks: its name for the voice, words a minute, pitch in 0..99, and the pause after a sentence in
    seconds. Voices other than its plain American one, and faster ones, are often misheard by small speech models."""

    name: str
    speed: int
    pitch: int
    pause: float


@dataclass(frozen=True)
class Said:
    """A sentence and the seconds during which it is heard."""

    start: float
    end: float
    text: str


def parts(title: str) -> dict[str, list[str]]:
    """The sentences under '# title' in spoken.md, by the '## heading' above them; '' where there is none."""
    found: dict[str, list[str]] = {}
    chapter = heading = ""
    for line in SPOKEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("# "):
            chapter, heading = line[2:].partition(":")[0], ""
        elif line and chapter == title:
            found.setdefault(heading, []).append(line)
    return found


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.int16)


def read_aloud(sentences: list[str], voice: Voice, start: float) -> tuple[Sound, list[Said]]:
    """The sound of the sentences with a pause after each, and when each is said if the sound begins at `start`."""
    sounds: list[Sound] = []
    said: list[Said] = []
    at = start
    for sentence in sentences:
        sound = _speak(sentence, voice)
        said.append(Said(at, at + len(sound) / RATE, sentence))
        sounds += [sound, silence(voice.pause)]
        at += (len(sound) + len(sounds[-1])) / RATE
    return np.concatenate(sounds), said


def _speak(sentence: str, voice: Voice) -> Sound:
    """What espeak-ng says, without the silence around it, at nine tenths of full loudness."""
    command = ["espeak-ng", "-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch), "--stdout"]
    try:
        spoken = subprocess.run(command, input=sentence.encode(), capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise SystemExit("The voices of the samples come from espeak-ng. Install it: apt install espeak-ng") from None
    with wave.open(io.BytesIO(spoken)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        sound = np.frombuffer(file.readframes(1 << 30), np.int16)
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 200)
    sound = sound[max(0, loud[0] - 400) : loud[-1] + 1600]
    return (sound * (0.9 * 32767 / np.abs(sound.astype(int)).max())).astype(np.int16)
