"""Measures recordings through the product's own verbs.

    python -m benchmarks.recordings DATA [video long]

DATA/video holds `checks.jsonl` (question, file, time_start, time_end, kind), `files/` and `composed/`;
DATA/audio holds `transcripts.jsonl` and `files/`. Everything runs in new libraries in a temporary folder.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import lines, new_assistant
from indexes.records import Segment
from pipelines.records import AnswerFinished, FileAdvanced, FileFinished, Question, Result

_NEAR = 5.0  # seconds around the true time that count as found


def at_time(result: Result, check: dict[str, Any], near: float = _NEAR) -> bool:
    """Whether a player started by this result stands in the right file at the right time."""
    start = result.place.start
    if start is None or not result.source.path.endswith(check["file"]):
        return False
    spans = [(check["time_start"], check["time_end"]), *map(tuple, check.get("also_ranges") or [])]
    return any(first - near <= start <= last + near for first, last in spans)


def video(data: Path) -> None:
    """For each question: is the best moment of the whole library in the right file within 5 s of the truth? The same
    among the first three, and among those of the right file only; then what the chat model makes of it."""
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        began = time.monotonic()
        composed = sorted((data / "video" / "composed").glob("*.mp4"))  # the true times lie beside them as JSON
        for event in assistant.index([data / "video" / "files", *composed]):
            if isinstance(event, FileFinished):
                record = event.record
                print(f"video: {record.status} {Path(record.path).name} {record.segments} segments", end=" ")
                print(f"{record.seconds:.1f} s {record.reason}")
        print(f"video: read in {time.monotonic() - began:.0f} s")
        found: dict[str, list[tuple[bool, bool, bool]]] = {}
        for check in lines(data / "video" / "checks.jsonl"):
            if not check["answerable"]:
                continue
            results = assistant.search(check["question"], 10)
            narrow = assistant.search(check["question"], 3, source=Path(check["file"]).name)
            best = bool(results) and at_time(results[0], check)
            three = any(at_time(result, check) for result in results[:3])
            inside = bool(narrow) and at_time(narrow[0], check)
            found.setdefault(check["kind"], []).append((best, three, inside))
            if not (best and inside):
                told = [(Path(r.source.path).name, r.place.label(), list(r.found_by)) for r in results[:3]]
                here = [(r.place.label(), list(r.found_by)) for r in narrow[:2]]
                print(f"video: missed {check['id']} {check['question']!r}: {told}; in its file: {here}")
        every = [one for several in found.values() for one in several]
        for kind, ones in (*found.items(), ("all", every)):
            best, three, inside = (sum(values) for values in zip(*ones, strict=True))
            print(f"video: {kind}: best moment {best}/{len(ones)}, first three {three}, within its file {inside}")
        right = cited = asked = 0
        for check in lines(data / "video" / "checks.jsonl"):
            *_, last = assistant.ask(Question(check["question"]))
            assert isinstance(last, AnswerFinished)
            answer = last.answer
            if not check["answerable"]:
                print(f"video: not answerable {check['id']}: {answer.text!r}, abstained: {answer.abstained}")
                continue
            asked += 1
            right += any(text.lower() in answer.text.lower() for text in check["answers"])
            spans = [e for e in answer.evidence if e.number in {c.number for c in answer.citations}]
            cited += any(at_time(e.result, check) for e in spans)
            print(f"video: {check['id']} {answer.text!r}")
        print(f"video: answers with an expected text {right}/{asked}, citing the right time {cited}/{asked}")


def long(data: Path) -> None:
    """A two-hour recording made of the speech clips, again and again: memory, seconds, and times at the end."""
    import av
    import numpy as np

    clips = [clip for clip in lines(data / "audio" / "transcripts.jsonl") if clip["kind"] == "speech"]
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "two-hours.mp3"
        sounds: list[tuple[str, np.ndarray]] = []
        for clip in clips:
            resampler = av.AudioResampler("s16", "mono", 16_000)
            with av.open(str(data / "audio" / "files" / clip["file"])) as container:
                parts = [f.to_ndarray()[0] for frame in container.decode(audio=0) for f in resampler.resample(frame)]
            sounds.append((clip["transcript"], np.concatenate([*parts, np.zeros(16_000, np.int16)])))
        starts: list[tuple[float, str]] = []
        at = 0
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mp3", rate=16_000, layout="mono")
            while at < 7200 * 16_000:
                for text, sound in sounds:
                    starts.append((at / 16_000, text))
                    frame = av.AudioFrame.from_ndarray(sound[None], "s16", "mono")
                    frame.sample_rate, frame.pts = 16_000, at
                    container.mux(stream.encode(frame))
                    at += len(sound)
            container.mux(stream.encode(None))
        assistant = new_assistant(f"{temporary}/library")
        assistant.shelf.text.embed_question("warm")
        began, first = time.monotonic(), 0.0
        peak, stop = [0.0], threading.Event()
        threading.Thread(target=_watch_memory, args=(peak, stop), daemon=True).start()
        for event in assistant.index([path]):
            if isinstance(event, FileAdvanced) and not first and event.pieces:
                first = time.monotonic() - began
        seconds = time.monotonic() - began
        stop.set()
        source = assistant.source(str(path))
        print(f"long: {at / 16_000:.0f} s of sound, {source.language!r}; first question after {first:.1f} s,", end=" ")
        print(f"all in {seconds:.0f} s; resident memory while indexing {peak[0]:.2f} GB,", end=" ")
        print(f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
        segments = assistant.library.catalogue.segments_of(source.id)
        for name, wanted in (("first", starts[: len(clips)]), ("last", starts[-len(clips) :])):
            print(f"long: {name} round, {_drift(segments, wanted)}")


def _drift(segments: list[Segment], wanted: list[tuple[float, str]]) -> str:
    """How far from its true second each clip's first word is."""
    cues = [cue for segment in segments for cue in segment.cues]
    off = []
    for start, text in wanted:
        words = set(text.split()[:6])
        near = [cue for cue in cues if abs(cue.start - start) < 8]
        if len(words) < 4 or not near:
            continue
        best = max(near, key=lambda cue: len(words & set(cue.text.lower().replace(",", "").replace(".", "").split())))
        if len(words & set(best.text.lower().replace(",", "").replace(".", "").split())) >= 3:
            off.append(best.start - start)
    if not off:
        return "no clip was recognised"
    middle = sorted(off)[len(off) // 2]
    spread = f"{min(off):+.2f} … {max(off):+.2f}"
    return f"{len(off)} clips: first word starts {middle:+.2f} s after the clip (median), {spread}"


def _watch_memory(peak: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.2):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        peak[0] = max(peak[0], pages * resource.getpagesize() / 1e9)


MEASUREMENTS: dict[str, Callable[[Path], None]] = {"video": video, "long": long}


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: python -m benchmarks.recordings DATA [{' '.join(MEASUREMENTS)}]")
    for name in sys.argv[2:] or MEASUREMENTS:
        MEASUREMENTS[name](Path(sys.argv[1]))


if __name__ == "__main__":
    main()
