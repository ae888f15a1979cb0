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
    """One call of index. Written by the worker, read by anyone."""

    paths: list[str]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "waiting"
    total: int = 0
    records: list[FileRecord] = field(default_factory=list)
    current: str = ""
    place: str = ""
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask it to end after the file that it is at."""
        self.stopping.set()

    def as_dict(self) -> dict[str, Any]:
        seconds = self.seconds or time.monotonic() - self.began
        return {
            "id": self.id,
            "state": self.state,
            "paths": self.paths,
            "done": len(self.records),
            "total": self.total,
            "current": self.current,
            "place": self.place,
            "error": self.error,
            **index_json(list(self.records), seconds),
        }


class Jobs:
    """The queue and its one worker."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()  # of `_jobs`: every request and every open page reads it
        self._queue: queue.Queue[Job] = queue.Queue()
        threading.Thread(target=self._work, name="indexing", daemon=True).start()

    def submit(self, paths: Sequence[str]) -> Job:
        job = Job(list(paths))
        with self._lock:
            self._jobs[job.id] = job
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
            job = self._queue.get()
            try:
                self._run(job)
            except FolioscopeError as error:
                job.state, job.error = "failed", str(error)
            except Exception as error:
                log.exception("a job failed")
                job.state, job.error = "failed", f"{type(error).__name__}: {error}"
            finally:
                job.seconds = time.monotonic() - job.began
                job.current = job.place = ""
                job.finished.set()

    def _run(self, job: Job) -> None:
        if job.stopping.is_set():
            job.state = "stopped"
            return
        job.state = "running"
        events = self._assistant.index(job.paths)
        for event in events:
            match event:
                case FilesFound(files=files):
                    job.total = files
                case FileStarted(path=path):
                    job.current, job.place = path, ""
                case FileAdvanced(place=place):
                    job.place = place.label()
                case FileFinished(record=record):
                    job.records.append(record)
            if job.stopping.is_set() and isinstance(event, FileStarted | FileFinished):
                events.close()  # type: ignore[attr-defined]
                job.state = "stopped"
                return
        job.state = "done"
