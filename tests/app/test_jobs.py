"""Jobs that run when the server ends."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from app.jobs import Jobs


class Assistant:
    """Indexes until its library is taken away, as a slow machine does that does not stop in time."""

    def __init__(self) -> None:
        self.began, self.closed = threading.Event(), threading.Event()
        self.library = SimpleNamespace(catalogue=SimpleNamespace(drafts=lambda: 0))

    def index(self, *args: object, **kwargs: object) -> Iterator[object]:
        self.began.set()
        self.closed.wait()
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        yield


@pytest.mark.parametrize("ends", [True, False])
def test_a_job_that_loses_its_library_when_the_server_ends_tells_no_traceback(
    caplog: pytest.LogCaptureFixture, ends: bool
) -> None:
    assistant = Assistant()
    jobs = Jobs(assistant)  # type: ignore[arg-type]
    job = jobs.submit(["/files"])
    assert assistant.began.wait(30)
    with caplog.at_level(logging.INFO):
        if ends:
            jobs.close(0)
        assistant.closed.set()
        assert job.finished.wait(30)
    assert job.state == ("stopped" if ends else "failed")
    assert any(record.exc_info for record in caplog.records) is not ends
    jobs.close(5)
