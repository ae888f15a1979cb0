"""Work in the background of the server: one job after the other, since a library has one writer. What was asked for
comes first; when nothing waits, drafts are completed, and vectors of models that were set are made."""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.schemas import index_json
from indexes.errors import FolioscopeError, LibraryBusy
from indexes.records import FileRecord
from pipelines.records import FileAdvanced, FileFinished, FilesFound, FileStarted, TimeLeft

if TYPE_CHECKING:
    from app.assistant import Assistant

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "stopped"]
Work = Literal["indexing", "completing", "growing"]
_KEPT = 50  # finished jobs that can still be asked about
_AGAIN = 60.0  # seconds after which what another process was busy with is tried once more


@dataclass
class Job:
    """One call of index, or what is done when nothing waits: completing drafts, or letting vectors grow. `left` are the
    seconds until its end, as far as known. Written by the worker, read by anyone."""

    paths: list[str]
    work: Work = "indexing"
    again: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "waiting"
    total: int = 0
    finished_files: dict[str, FileRecord] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    current: str = ""
    place: str = ""
    note: str = ""
    left: float | None = None
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Have it end within a second, also in the middle of a file, which is gone on with later."""
        self.stopping.set()

    @property
    def records(self) -> list[FileRecord]:
        """What became of the files, once for each path, the latest last."""
        return list(self.finished_files.values())

    def finish(self, record: FileRecord) -> None:
        """Note what became of a file."""
        self.finished_files.pop(record.path, None)
        self.finished_files[record.path] = record

    def as_dict(self) -> dict[str, Any]:
        seconds = self.seconds or time.monotonic() - self.began
        return {
            "id": self.id,
            "state": self.state,
            "work": self.work,
            "paths": self.paths,
            "done": len(self.finished_files),
            "total": self.total,
            "current": self.current,
            "place": self.place,
            "note": self.note,
            "seconds_left": None if self.left is None else round(self.left),
            "error": self.error,
            **index_json(self.records, seconds, self.ignored),
        }


class Jobs:
    """The queue and its one worker. When nothing waits it does what is left, and lets go of that for a new job."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()  # of `_jobs`: every request and every open page reads it
        self._queue: queue.Queue[Job] = queue.Queue()
        self._beside: Job | None = None  # that nobody asked for
        self._over: set[Work] = set()  # what was done, stopped or failed, until something else is indexed
        self._again = 0.0  # when what met another process at work may be tried
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="indexing", daemon=True)
        self._worker.start()

    def close(self, seconds: float) -> None:
        """Stop what runs and take nothing more; waits so long for it. What is left is found by the next `index`."""
        self._closed = True
        for job in self.active():
            job.stop()
        self._queue.put(Job([]))  # wakes who waits for one
        self._worker.join(seconds)

    def submit(self, paths: Sequence[str], again: bool = False) -> Job:
        """`again`: also files that failed some times already."""
        job = Job(list(paths), again=again)
        with self._lock:
            self._jobs[job.id] = job
            self._over.clear()
            if self._beside is not None:
                self._beside.stop()
            for old in [j.id for j in self._jobs.values() if j.finished.is_set()][:-_KEPT]:
                del self._jobs[old]
            self._queue.put(job)
        return job

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    def active(self) -> list[Job]:
        """Jobs that wait or run, in order."""
        with self._lock:
            return [job for job in self._jobs.values() if not job.finished.is_set()]

    def _work(self) -> None:
        while True:
            job, busy = self._next(), False
            if self._closed:
                return
            try:
                self._run(job)
            except FolioscopeError as error:
                job.state, job.error = "failed", str(error)
                busy = isinstance(error, LibraryBusy)
            except Exception as error:
                if self._closed:  # it did not stop in time, and the library was closed below it
                    job.state = "stopped"
                else:
                    log.exception("a job failed")
                    job.state, job.error = "failed", f"{type(error).__name__}: {error}"
            finally:
                job.seconds = time.monotonic() - job.began
                job.current = job.place = job.note = ""
                job.left = None
                with self._lock:
                    if job is self._beside:
                        self._beside = None
                        if busy:
                            self._again = time.monotonic() + _AGAIN
                        elif self._queue.empty():  # else it was stopped for what waits there
                            self._over |= {"completing", "growing"} if job.state == "stopped" else {job.work}
                    elif job.state == "stopped" and self._queue.empty():  # nobody wants the rest just now
                        self._over.add("completing")
                job.finished.set()

    def _next(self) -> Job:
        while True:
            try:
                return self._queue.get_nowait()
            except queue.Empty:
                pass
            pause = self._again - time.monotonic()
            work = self._left() if pause <= 0 else None
            if work is not None:
                with self._lock:
                    if self._queue.empty():
                        job = self._beside = Job([], work)
                        self._jobs[job.id] = job
                        return job
            try:
                return self._queue.get(timeout=pause if pause > 0 else None)
            except queue.Empty:
                pass

    def _left(self) -> Work | None:
        """What is left to do."""
        try:
            if "completing" not in self._over and self._assistant.drafts():
                return "completing"
            return "growing" if "growing" not in self._over and self._assistant.growths() else None
        except Exception:  # the library was closed or is unusable: whoever asks for something will be told
            return None

    def _run(self, job: Job) -> None:
        if job.stopping.is_set():
            job.state = "stopped"
            return
        job.state = "running"
        if job.work == "growing":
            self._grow(job)
            return
        completing = job.work == "completing"
        events = (
            self._assistant.complete(job.stopping)
            if completing
            else self._assistant.index(job.paths, complete=False, again=job.again, stopping=job.stopping)
        )
        for event in events:
            match event:
                case FilesFound(files=files):
                    job.total = files
                    job.ignored.update(event.ignored)
                case FileStarted(path=path):
                    job.current, job.place, job.note = path, "", ""
                case FileAdvanced(place=place, note=note):
                    job.place, job.note = place.label(), note
                case TimeLeft(seconds=seconds):
                    job.left = seconds
                case FileFinished(record=record):
                    job.finish(record)
            if job.stopping.is_set():
                events.close()  # type: ignore[attr-defined]
        job.state = "stopped" if job.stopping.is_set() else "done"

    def _grow(self, job: Job) -> None:
        events = self._assistant.grow()
        for growth in events:
            job.total, job.note = growth.of, growth.says
            if job.stopping.is_set():
                events.close()  # type: ignore[attr-defined]
                job.state = "stopped"
                return
        job.state = "done"
