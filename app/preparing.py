"""What browsers need of a recording, made in the background and kept in the library's folder:
versions that they can play, and waveforms. All of it is a cache that may be deleted.
"""

from __future__ import annotations

import json
import logging
import os
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from indexes.library import Library
from indexes.placing import put_in_place
from indexes.records import Source
from pipelines.errors import ExtractionError

log = logging.getLogger(__name__)

_AT_ONCE = 2  # so that a waveform need not wait for a long film
_STALE = 3600.0  # seconds after which an unfinished file is nobody's any more

Make = Callable[..., None]
"""(path, kind, out, report) → a file at `out`."""


class Ready(NamedTuple):
    """A file that can be sent, and what to call it."""

    path: Path
    media_type: str


class Previews:
    """Asked about a source, it answers with a file, or with the share of it that is done."""

    def __init__(self, library: Library) -> None:
        self._folder = previews_of(library)
        self._library = library
        self._turn = threading.Semaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._done: dict[Path, float] = {}
        self._failed: dict[Path, str] = {}
        self._plays: dict[str, bool] = {}  # by source id: one file is asked for in many ranges
        sweep(library)

    def playable(self, source: Source, path: Path, convert: bool = False) -> Ready | float:
        """The file itself, or its preview; `convert` asks for a preview also of what should play by itself.

        Raises ExtractionError when it cannot be played at all.
        """
        from pipelines.recordings.playback import played_as, preview_of

        if not convert and self._plays_itself(source, path):
            return Ready(path, played_as(source.media_type))
        if source.modality == "video":
            return self._made(source, path, Ready(self._folder / f"{source.id}.mp4", "video/mp4"), preview_of)
        return self._made(source, path, Ready(self._folder / f"{source.id}.m4a", "audio/mp4"), preview_of)

    def waveform(self, source: Source, path: Path) -> Ready | float:
        """JSON with `peaks` and `duration`. Raises ExtractionError when nothing can be heard."""
        from pipelines.recordings.playback import waveform_of

        return self._made(source, path, Ready(self._folder / f"{source.id}.json", "application/json"), waveform_of)

    def _plays_itself(self, source: Source, path: Path) -> bool:
        if source.id not in self._plays:
            from pipelines.reading.kinds import kind_of
            from pipelines.recordings.media import probe
            from pipelines.recordings.playback import playable

            self._plays[source.id] = playable(probe(path, kind_of(path)), source.media_type)
        return self._plays[source.id]

    def _made(self, source: Source, path: Path, wanted: Ready, make: Make) -> Ready | float:
        with self._lock:
            if wanted.path in self._failed:
                raise ExtractionError(self._failed[wanted.path], "play")
            if wanted.path not in self._done:
                if _is_whole(wanted.path):
                    return wanted
                self._done[wanted.path] = 0.0
                # A daemon: a server that is stopped does not wait for a film to be converted.
                work = (source.id, path, wanted.path, make)
                threading.Thread(target=self._make_in_turn, args=work, name="preparing", daemon=True).start()
            return self._done[wanted.path]

    def _make_in_turn(self, source_id: str, path: Path, out: Path, make: Make) -> None:
        with self._turn:
            self._make(source_id, path, out, make)

    def _make(self, source_id: str, path: Path, out: Path, make: Make) -> None:
        from pipelines.reading.kinds import kind_of

        def report(done: float) -> None:
            self._done[out] = done
            if self._library.catalogue.source_key(source_id) is None:
                raise ExtractionError(f"{path.name} was forgotten meanwhile.", "play")

        aside = out.with_name(f"{out.stem}.{os.getpid()}.part{out.suffix}")
        began, failure = time.monotonic(), ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            make(path, kind_of(path), aside, report)
            report(1.0)
            put_in_place(aside, out)
            log.info("made %s of %s in %.1f s", out.suffix, path.name, time.monotonic() - began)
        except ExtractionError as error:
            failure = str(error)
        except OSError as error:
            failure = (
                f"{path.name} could not be prepared for playing: {self._folder} cannot be written ({error.strerror})."
                " Make room or make it writable, or open the file itself."
            )
        except Exception as error:
            log.exception("preparing a recording failed")
            failure = f"{path.name} could not be prepared for playing ({type(error).__name__}). Open the file itself."
        finally:
            aside.unlink(missing_ok=True)
            with self._lock:
                del self._done[out]
                if failure:
                    self._failed[out] = failure


def previews_of(library: Library) -> Path:
    """The folder of the cache."""
    return library.folder / "previews"


def useless(library: Library) -> list[Path]:
    """What belongs to no source any more, was never finished, or is damaged."""
    kept = list(previews_of(library).glob("*"))
    known = library.catalogue.sources() if kept else {}
    found = []
    for path in kept:
        if ".part" in path.suffixes:
            if abs(time.time() - path.stat().st_mtime) > _STALE:  # either way: clocks are set back, too
                found.append(path)
        elif path.stem not in known or not _is_whole(path):
            found.append(path)
    return found


def sweep(library: Library) -> int:
    """Delete what is useless; how many files there were."""
    found = useless(library) if library.catalogue.written else []
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _is_whole(path: Path) -> bool:
    """Whether a preview is there and has the form that its kind ends with: JSON that can be read, or boxes of MP4 that
    fill the file exactly, sound or picture among them."""
    try:
        if path.suffix == ".json":
            return bool(json.loads(path.read_bytes())["peaks"])
        with path.open("rb") as file:
            at, end, names = 0, path.stat().st_size, set()
            while at < end:
                file.seek(at)
                length, name = struct.unpack(">I4s", file.read(8))
                if length == 1:  # it stands behind the name
                    (length,) = struct.unpack(">Q", file.read(8))
                names.add(name)
                at += max(8, length)
        return at == end and {b"moov", b"mdat"} <= names
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return False
