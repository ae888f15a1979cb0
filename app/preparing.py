"""What browsers need of a recording, made in the background and kept in the library's folder:
versions that they can play, and waveforms. All of it is a cache that may be deleted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from indexes.library import Library
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
                if wanted.path.exists():
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
            aside.replace(out)
            log.info("made %s of %s in %.1f s", out.suffix, path.name, time.monotonic() - began)
        except ExtractionError as error:
            failure = str(error)
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


def sweep(library: Library) -> int:
    """Delete what belongs to no source any more, and what was never finished; how many files there were."""
    kept = list(previews_of(library).glob("*"))
    known = library.catalogue.sources() if kept else {}
    gone = 0
    for path in kept:
        unfinished = ".part" in path.suffixes
        stale = unfinished and time.time() - path.stat().st_mtime > _STALE
        if stale or (not unfinished and path.stem not in known):
            path.unlink(missing_ok=True)
            gone += 1
    return gone
