"""Speaks the harbour master's voice note into an MP3."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from sample_voice import RATE, Said, Sound, Voice, parts, read_aloud, silence

HARBOUR_MASTER = Voice("en-us", 135, pitch=25, pause=0.35)


def voice_note(path: Path) -> list[Said]:
    """About three quarters of a minute of speech, 48 kbit/s, mono. Returns what is said when."""
    lead = silence(0.5)
    sound, said = read_aloud(parts("Voice note")[""], HARBOUR_MASTER, len(lead) / RATE)
    with av.open(str(path), "w", format="mp3", options={"fflags": "+bitexact"}) as file:
        file.metadata["title"] = "Voice note for the site manager"
        stream = file.add_stream("libmp3lame", rate=RATE, layout="mono", bit_rate=48_000)
        encode_sound(file, stream, np.concatenate([lead, sound]))
        file.mux(stream.encode(None))
    return said


def encode_sound(file: av.container.OutputContainer, stream: av.AudioStream, sound: Sound, at: int = 0) -> None:
    """Writes sound to the stream, from sample `at` on; `stream.encode(None)` gives what the encoder still holds."""
    size = 1 << 15
    for start in range(0, len(sound), size):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + size], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at + start, Fraction(1, RATE)
        file.mux(stream.encode(frame))


if __name__ == "__main__":
    for sentence in voice_note(Path(__file__).resolve().parents[1] / "samples" / "Voice note - harbour master.mp3"):
        print(f"{sentence.start:6.2f} {sentence.end:6.2f}  {sentence.text}")
