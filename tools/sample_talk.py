"""Films the talk: slides, a synthetic voice, and some seconds of film without a word, as H.264 and AAC in an MP4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image
from sample_film import balloon_film
from sample_recording import encode_sound
from sample_slides import slides
from sample_voice import RATE, Said, Sound, Voice, parts, read_aloud, silence

SPEAKER = Voice("en-us", 148, pitch=50, pause=0.3)
FPS = 10
BEFORE, AFTER = 0.8, 1.2  # seconds that a slide is to be seen before and after the speech
FILM = 13  # seconds
FILM_AFTER = "film"  # the slide that announces it


@dataclass(frozen=True)
class Scene:
    """What is to be seen from `start` to `end` (seconds), and what is said meanwhile."""

    name: str
    start: float
    end: float
    said: tuple[Said, ...]


def talk(path: Path) -> list[Scene]:
    """About two and a half minutes, 1280×720, ten pictures a second. Returns the timeline."""
    scenes, sound = _rehearse()
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as file:
        file.metadata["title"] = "Relighting the lamp"
        quality = {"crf": "25", "preset": "slow", "threads": "1"}
        picture = file.add_stream("libx264", rate=FPS, options=quality)
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = 1280, 720, "yuv420p", 10 * FPS
        voice = file.add_stream("aac", rate=RATE, layout="mono", bit_rate=48_000)
        written = 0
        for number, image in enumerate(_pictures(scenes)):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            file.mux(picture.encode(frame))
            if number % FPS == FPS - 1:  # sound beside its pictures, so that half of the file is half of both
                encode_sound(file, voice, sound[written : written + RATE], written)
                written += RATE
        encode_sound(file, voice, sound[written:], written)
        file.mux(picture.encode(None))
        file.mux(voice.encode(None))
    return scenes


def _rehearse() -> tuple[list[Scene], Sound]:
    """Every scene with its times, whole pictures long, and the sound of them all."""
    scenes: list[Scene] = []
    sounds: list[Sound] = []
    at = 0.0
    for name, sentences in parts("Talk").items():
        speech, said = read_aloud(sentences, SPEAKER, at + BEFORE)
        end = at + np.ceil((BEFORE + len(speech) / RATE + AFTER) * FPS) / FPS
        sounds += [silence(BEFORE), speech, silence(end - at - BEFORE - len(speech) / RATE)]
        scenes.append(Scene(name, at, end, tuple(said)))
        at = end
        if name == FILM_AFTER:
            sounds.append(silence(FILM))
            scenes.append(Scene("", at, at + FILM, ()))
            at += FILM
    return scenes, np.concatenate(sounds)


def _pictures(scenes: list[Scene]) -> Iterator[Image.Image]:
    drawn = slides()
    for scene in scenes:
        count = round((scene.end - scene.start) * FPS)
        yield from [drawn[scene.name]] * count if scene.name else balloon_film(count)


if __name__ == "__main__":
    for scene in talk(Path(__file__).resolve().parents[1] / "samples" / "Talk 2025-02-15 - relighting the lamp.mp4"):
        print(f"{scene.start:6.1f} {scene.end:6.1f}  {scene.name or 'the film'}")
        for said in scene.said:
            print(f"    {said.start:6.2f} {said.end:6.2f}  {said.text}")
