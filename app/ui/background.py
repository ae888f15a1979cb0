"""Work that yields events, done by a thread of a pool, so that who waits for it can stop waiting at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pipelines.records import AnswerEvent


def in_background(
    events: Iterator[AnswerEvent], pool: ThreadPoolExecutor, stopping: threading.Event
) -> Iterator[list[AnswerEvent]]:
    """The events as they come, those of a tenth of a second together.

    Ends soon after `stopping` is set; the model's generator is then closed as soon as it lets go.
    """
    arrived: queue.Queue[AnswerEvent | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            for event in events:
                if stopping.is_set():
                    break
                arrived.put(event)
        except Exception as error:
            arrived.put(error)
        finally:
            events.close()  # type: ignore[attr-defined]
            arrived.put(None)

    pool.submit(work)
    try:
        while not stopping.is_set():
            batch, finished = _drain(arrived)
            if batch:
                yield batch
            if finished:
                return
            stopping.wait(0.1)
    finally:
        stopping.set()  # also when the person has left the page


def _drain(arrived: queue.Queue[AnswerEvent | Exception | None]) -> tuple[list[AnswerEvent], bool]:
    batch: list[AnswerEvent] = []
    while True:
        try:
            item = arrived.get_nowait()
        except queue.Empty:
            return batch, False
        if item is None:
            return batch, True
        if isinstance(item, Exception):
            raise item
        batch.append(item)
