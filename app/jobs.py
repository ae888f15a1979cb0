"""Indexing in the background of the server: one job after the other, since a library has one writer."""

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
from indexes.errors import FolioscopeError
from indexes.records import FileRecord
from pipelines.records import FileAdvanced, FileFinished, FilesFound, FileStarted

if TYPE_CHECKING:
    from app.assistant import Assistant

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "stopped"]
_KEPT = 50  # finished jobs that can still be asked about


@dataclass
class Job:
    """One call of index, or the completing of drafts. Written by the worker, read by anyone."""

    paths: list[str]
    completing: bool = False
    again: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "waiting"
    total: int = 0
    finished_files: dict[str, FileRecord] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    current: str = ""
    place: str = ""
    note: str = ""
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask it to end after the file that it is at; a recording stops in the middle and is gone on with later."""
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
            "paths": self.paths,
            "done": len(self.finished_files),
            "total": self.total,
            "current": self.current,
            "place": self.place,
            "note": self.note,
            "error": self.error,
            **index_json(self.records, seconds, self.ignored),
        }


class Jobs:
    """The queue and its one worker. When nothing waits, it completes drafts, and lets go of that for a new job."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()  # of `_jobs`: every request and every open page reads it
        self._queue: queue.Queue[Job] = queue.Queue()
        self._completing: Job | None = None
        self._resting = False  # after completing was stopped or failed, until something else is indexed
        threading.Thread(target=self._work, name="indexing", daemon=True).start()

    def submit(self, paths: Sequence[str], again: bool = False) -> Job:
        """`again`: also files that failed some times already."""
        job = Job(list(paths), again=again)
        with self._lock:
            self._jobs[job.id] = job
            self._resting = False
            if self._completing is not None:
                self._completing.stop()
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
            job = self._next()
            try:
                self._run(job)
            except FolioscopeError as error:
                job.state, job.error = "failed", str(error)
            except Exception as error:
                log.exception("a job failed")
                job.state, job.error = "failed", f"{type(error).__name__}: {error}"
            finally:
                job.seconds = time.monotonic() - job.began
                job.current = job.place = job.note = ""
                with self._lock:
                    if job.completing:
                        self._completing = None
                        self._resting = self._queue.empty()
                job.finished.set()

    def _next(self) -> Job:
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            pass
        if not self._resting and self._drafts():
            with self._lock:
                if self._queue.empty():
                    job = self._completing = Job([], completing=True)
                    self._jobs[job.id] = job
                    return job
        return self._queue.get()

    def _drafts(self) -> int:
        try:
            return self._assistant.drafts()
        except Exception:  # the library was closed or is unusable: whoever asks for something will be told
            return 0

    def _run(self, job: Job) -> None:
        if job.stopping.is_set():
            job.state = "stopped"
            return
        job.state = "running"
        events = (
            self._assistant.complete()
            if job.completing
            else self._assistant.index(job.paths, complete=False, again=job.again)
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
                case FileFinished(record=record):
                    job.finish(record)
            # What a recording has given is stored with each of its steps, what a document has with its end.
            halt = isinstance(event, FileStarted | FileFinished) or (isinstance(event, FileAdvanced) and event.note)
            if job.stopping.is_set() and halt:
                events.close()  # type: ignore[attr-defined]
                job.state = "stopped"
                return
        job.state = "done"
