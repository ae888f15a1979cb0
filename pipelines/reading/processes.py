"""The other end of `process`: hands it files and gives out the pieces, within limits of time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.errors import ExtractionError, OutOfMemory, Unsupported
from pipelines.reading.costs import Extent
from pipelines.reading.kinds import Kind
from pipelines.reading.process import HEAD, unpacked
from pipelines.records import Piece

PATIENCE = 120.0
"""Seconds in which a file must give something, a page for instance. Most take a tenth of a second for each."""

_ERRORS = {error.__name__: error for error in (Unsupported, OutOfMemory)}
_ROOT = Path(__file__).resolve().parent.parent.parent
_MOST = 1 << 30  # bytes of a frame: more than any picture of 4096 px, so a longer one is nonsense


class ReadingProcess:
    """One process, started when it is first needed, and anew after it had to be ended. For one thread; others may `end`
    it, for good."""

    def __init__(self, memory: int, patience: float = PATIENCE) -> None:
        """`memory`: the most bytes of data that it may hold."""
        self._memory = memory
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._lock = threading.Lock()  # of starting and ending

    def pieces(self, path: Path, kind: Kind, after: int = 0) -> Iterator[Piece]:
        """What `extract` gives. Raises ExtractionError also where reading takes too long, too much memory, or crashes.

        A file that is left before its end ends the process.
        """
        for values, pixels in self._answers(path, kind, after):
            if "end" not in values:
                yield unpacked(values, pixels)

    def extent(self, path: Path, kind: Kind) -> Extent:
        """How much there is in a file, as far as its kind tells without reading it. Raises ExtractionError."""
        if kind.name != "pdf":
            return Extent()
        ((values, _),) = self._answers(path, kind, -1)
        return Extent(values["pages"], values["scanned"])

    def _answers(self, path: Path, kind: Kind, after: int) -> Iterator[tuple[dict[str, Any], bytes]]:
        whole = False
        try:
            self._ask({"path": str(path), "kind": kind.name, "after": after})
            while True:
                values, pixels = self._frame(path)
                if "end" in values:
                    whole = True
                    yield values, pixels
                    return
                if "error" in values:
                    whole = True
                    raise _ERRORS.get(values["type"], ExtractionError)(values["error"], values["stage"])
                yield values, pixels
        finally:
            if not whole:
                self.close()

    def end(self) -> None:
        """Let the thread that reads go on with an error, at once; no process is started any more. Its pipes stay open
        for it: who waits at a pipe that another thread closes waits in vain."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was still to be written to it
                    if pipe is not None:
                        pipe.close()

    def _ask(self, question: dict[str, str | int]) -> None:
        line = json.dumps(question).encode() + b"\n"
        for fresh in (False, True):
            with self._lock:
                if self._ended:
                    raise ExtractionError("Reading was stopped.")
                if self._process is None:
                    self._process = self._start()
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(line)
                self._process.stdin.flush()
                return
            except OSError:  # it has gone since the last file
                self.close()
                if fresh:
                    raise

    def _start(self) -> subprocess.Popen[bytes]:
        # One thread and few arenas: each would hold memory of its own, and the other cores read other files.
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.reading.process", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )

    def _frame(self, path: Path) -> tuple[dict[str, Any], bytes]:
        until = time.monotonic() + self._patience
        head = self._bytes(HEAD.size, until, path)
        text, pixels = HEAD.unpack(head)
        if text + pixels > _MOST:
            raise self._broken(path)
        return json.loads(self._bytes(text, until, path)), self._bytes(pixels, until, path)

    def _bytes(self, count: int, until: float, path: Path) -> bytes:
        """So many, as soon as they have come."""
        assert self._process is not None and self._process.stdout is not None
        pipe, read = self._process.stdout.fileno(), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while len(read) < count:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise ExtractionError(
                        f"{path.name} gave nothing for {self._patience:.0f} seconds, so reading it was stopped."
                        " Open it in its own program, save it again and index that."
                    )
                portion = os.read(pipe, min(count - len(read), 1 << 20))
                if not portion:
                    raise self._broken(path)
                read += portion
        return bytes(read)

    def _broken(self, path: Path) -> ExtractionError:
        return OutOfMemory(
            f"{path.name} crashed the program that reads such files, which was started again. The file is damaged or"
            f" needs more than {self._memory / 1e9:.1f} GB of memory: save it again, split it, or raise the setting"
            " memory."
        )
