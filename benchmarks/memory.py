"""The most memory that indexing takes, of all its processes together, on what costs other programs most.

    python -m benchmarks.memory [pages picture recording files mixed] [--budget 2GB]

A PDF of 1,600 pages with text, tables and a picture on each tenth; a picture of 200 megapixels; a recording of two
hours, speech with pauses between; a folder of 10,000 files, which is then looked at again unchanged; scans, large
pictures and videos in one folder, so that all models are at work at once. Each is made here, and indexed into a new
library by `python -m app index` in a process of its own, whose memory (RSS of it and its children, so what they share
is counted twice) is looked at twenty times a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app.settings import PROJECT

PAGE = os.sysconf("SC_PAGE_SIZE")
WORDS = "harbour lamp keeper tide signal tower engine stair glass oil wind rope anchor chart fog bell mast hull".split()


def prose(chance: np.random.Generator, words: int) -> str:
    return " ".join(chance.choice(WORDS, words)) + f" {chance.integers(1_000_000_000)}."


def pages(folder: Path, lines: int = 40, between: int = 10) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    chance = np.random.default_rng(0)
    canvas = Canvas(str(folder / "long.pdf"), A4)
    for number in range(1600):
        for line in range(lines):
            canvas.drawString(60, 780 - 14 * line, prose(chance, 9))
        if number % between == 0:
            pixels = chance.integers(0, 255, (12, 16, 3), np.uint8)
            canvas.drawImage(ImageReader(Image.fromarray(pixels).resize((800, 600))), 100, 60, 300, 150)
        canvas.showPage()
    canvas.save()


def picture(folder: Path) -> None:
    small = np.random.default_rng(0).integers(0, 255, (25, 32, 3), np.uint8)
    Image.fromarray(small).resize((16_000, 12_500), Image.Resampling.NEAREST).save(folder / "large.png")


def said() -> np.ndarray:
    """The spoken sample of the project, (n,) int16 at 16 kHz."""
    import av

    with av.open(str(PROJECT / "samples" / "Voice note - harbour master.mp3")) as container:
        resampler = av.AudioResampler("s16", "mono", 16_000)
        return np.concatenate(
            [f.to_ndarray()[0] for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        )


def recording(folder: Path, pause: int = 60) -> None:
    """What is said in the sample, again and again with seconds of silence between."""
    import av

    sound = np.concatenate([said(), np.zeros(pause * 16_000, np.int16)])
    with av.open(str(folder / "long.flac"), "w") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        at = 0
        while at < 7200 * 16_000:
            frame = av.AudioFrame.from_ndarray(sound[None], "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, at
            container.mux(stream.encode(frame))
            at += len(sound)
        container.mux(stream.encode(None))


def files(folder: Path, words: int = 20) -> None:
    chance = np.random.default_rng(0)
    for number in range(10_000):
        below = folder / f"{number // 100:02}"
        below.mkdir(exist_ok=True)
        (below / f"{number}.txt").write_text(prose(chance, words), encoding="utf-8")


def mixed(folder: Path, scans: int = 24, videos: int = 6, lines: int = 50) -> None:
    """A PDF of scans and the same as pictures of other sizes, and videos in which slides are shown and talked about."""
    chance = np.random.default_rng(0)
    pages = [written(chance, (1654, 2339), lines) for _ in range(scans)]
    pages[0].save(folder / "scans.pdf", save_all=True, append_images=pages[1:], resolution=200)
    for number, page in enumerate(pages[: scans // 2]):
        page.resize((2400 + 50 * number, 2400)).save(folder / f"{number}.png")
    for number in range(videos):
        slides = [np.asarray(written(chance, (1280, 720), 12)) for _ in range(6)]
        filmed(folder / f"{number}.mp4", slides, said()[number * 8000 :])


def written(chance: np.random.Generator, size: tuple[int, int], lines: int) -> Image.Image:
    page = Image.new("RGB", size, "white")
    height = (size[1] - 40) // lines
    for line in range(lines):
        ImageDraw.Draw(page).text((40, 20 + height * line), prose(chance, 9), "black", font_size=height * 0.6)
    return page


def filmed(path: Path, slides: list[np.ndarray], sound: np.ndarray) -> None:
    """One slide after the other for as long as the sound lasts."""
    import av

    with av.open(str(path), "w") as container:
        shown = container.add_stream("libx264", rate=5, options={"preset": "ultrafast"})
        shown.height, shown.width, shown.pix_fmt = *slides[0].shape[:2], "yuv420p"
        heard = container.add_stream("aac", rate=16_000, layout="mono")
        count = len(sound) * 5 // 16_000
        for number in range(count):
            slide = av.VideoFrame.from_ndarray(slides[number * len(slides) // count], "rgb24")
            container.mux(shown.encode(slide))
        talk = av.AudioFrame.from_ndarray(sound[None], "s16", "mono")
        talk.sample_rate = 16_000
        container.mux([*heard.encode(talk), *heard.encode(None), *shown.encode(None)])


def tree(root: int) -> int:
    """Bytes of resident memory of a process and all below it."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            resident[int(entry.name)] = int(fields[21]) * PAGE
    total, left = 0, [root]
    while left:
        process = left.pop()
        total += resident.get(process, 0)
        left += children.get(process, [])
    return total


def indexed(folder: Path, library: Path, budget: str) -> tuple[dict[str, Any], float, int]:
    """What the run reports, its seconds, and its peak in bytes."""
    command = [sys.executable, "-m", "app", "index", str(folder), "--library", str(library), "--json"]
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FOLIOSCOPE_MEMORY": budget},
    )
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], tree(process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        out, _ = process.communicate()
    finally:
        process.kill()
        ended.set()
        watching.join()
    return json.loads(out), time.monotonic() - began, peak[0]


CASES: dict[str, Callable[[Path], None]] = {case.__name__: case for case in (pages, picture, recording, files, mixed)}


def main() -> None:
    arguments = sys.argv[1:]
    budget = "2GB"
    if "--budget" in arguments:
        at = arguments.index("--budget")
        budget = arguments[at + 1]
        del arguments[at : at + 2]
    for name in arguments or CASES:
        if name not in CASES:
            sys.exit(f"usage: python -m benchmarks.memory [{' '.join(CASES)}] [--budget 2GB]")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "files"
            folder.mkdir()
            CASES[name](folder)
            library = Path(temporary) / "library"
            for time_of_it in ("first", "again") if name == "files" else ("first",):
                report, seconds, peak = indexed(folder, library, budget)
                states = ("indexed", "unchanged", "partial", "failed")
                said = ", ".join(f"{report[state]:,} {state}" for state in states if report[state])
                segments = sum(file["segments"] for file in report["files"])
                print(f"memory {name} ({time_of_it}): {said}, {segments:,} segments,", end=" ")
                print(f"{seconds:.1f} s, peak {peak / 1e9:.2f} GB of {budget}", flush=True)
                for file in report["files"]:
                    if file["status"] == "failed":
                        print(f"memory {name}: {file['reason']}")


if __name__ == "__main__":
    main()
