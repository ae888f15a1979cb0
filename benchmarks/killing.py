"""Commands in processes of their own, which tell what they are doing and are killed in the middle of it.

A process is forked after the imports, which saves it three seconds; models, connections and threads are its own. The
process that forks must therefore have none of them.
"""

from __future__ import annotations

import importlib
import os
import random
import selectors
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

# What a process does, by the function that does it: module, class or '', function.
_STAGES = (
    ("opening", "indexes.library", "Library", "__init__"),
    ("storing a portion", "indexes.library", "Library", "extend"),
    ("storing vectors", "indexes.library", "Library", "fill"),
    ("keeping the ledger", "indexes.library", "Library", "record"),
    ("measuring floors", "pipelines.finding.floors", "", "_measure"),
    ("erasing", "indexes.shards", "", "erase"),
    ("rebuilding words", "indexes.shards", "", "rebuild"),
    ("levelling FAISS", "indexes.library", "Library", "save_spaces"),
    ("writing FAISS", "indexes.vectors", "VectorIndex", "save"),
    ("emptying the log", "indexes.database", "Database", "empty_log"),
)
_LATEST = 5  # runs that tell how long a run takes
_HEAVY = (
    *("faiss", "ctranslate2", "tokenizers", "av", "filelock", "rich.progress", "pysubs2"),
    *("app.assistant", "app.progress", "app.doctor", "pipelines.ingest"),
)

Kill = Callable[[str, float], float | None]
"""Asked at each new stage with the second at which it begins, it gives the second for the end, or None to be asked
again."""


@dataclass(slots=True)
class Run:
    """A command in a process of its own. `stages` are those that it came through, with the second of each."""

    stages: list[tuple[float, str]]
    ended: bool
    seconds: float

    def spans(self) -> Iterator[tuple[str, float]]:
        for (start, stage), (end, _) in pairwise([*self.stages, (self.seconds, "")]):
            yield stage, end - start


def get_ready() -> None:
    """Import what commands import, so that no process has to."""
    for name in _HEAVY:
        importlib.import_module(name)


def in_process(work: Callable[[int], None]) -> tuple[int, int]:
    """Fork, and do some work that may write to a pipe: the process and the other end."""
    out, into = os.pipe()
    process = os.fork()
    if process:
        os.close(into)
        return process, out
    try:
        os.close(out)
        work(into)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def command(arguments: Sequence[str], log: Path, kill: Kill) -> Run:
    """Run a command of the command line, and kill it when `kill` says so. Ends the benchmark where it fails."""

    def work(into: int) -> None:
        import app.cli
        from pipelines.recordings import drafting

        drafting.AT_ONCE = 1.0
        for name in ("stdout", "stderr"):
            setattr(sys, name, log.open("a"))
        _tell_stages(into)
        code = app.cli.main(arguments)
        sys.stderr.flush()
        os._exit(code)

    began = time.monotonic()
    process, out = in_process(work)
    stages, until = [(0.0, "starting")], kill("starting", 0.0)
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        while True:
            now = time.monotonic() - began
            if until is not None and now >= until:
                os.kill(process, signal.SIGKILL)
            if not selector.select(None if until is None else max(0.0, until - now)):
                continue
            told, now = os.read(out, 1 << 16), time.monotonic() - began
            if not told:
                break
            stages += [(now, stage) for stage in told.decode().splitlines()]
            if until is None:
                until = kill(stages[-1][1], now)
    os.close(out)
    status = os.waitpid(process, 0)[1]
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"faults: {' '.join(arguments)} failed:\n{log.read_text()[-2000:]}")
    return Run(stages, not os.WIFSIGNALED(status), time.monotonic() - began)


def _tell_stages(into: int) -> None:
    """Have the functions of the table write a line when they begin and when they end."""
    open_stages = ["reading and embedding"]

    def wrapped(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def telling(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return function(*args, **kwargs)
            open_stages.append(stage)
            os.write(into, f"{stage}\n".encode())
            try:
                return function(*args, **kwargs)
            finally:
                open_stages.pop()
                os.write(into, f"{open_stages[-1]}\n".encode())

        return telling

    for stage, module, owner, name in _STAGES:
        home = importlib.import_module(module)
        place = getattr(home, owner) if owner else home
        setattr(place, name, wrapped(getattr(place, name), stage))


@dataclass
class Aim:
    """Chooses instants, by how long runs of each command and their stages have taken."""

    chance: random.Random
    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, name: str, run: Run) -> None:
        """From a run that was not killed."""
        self.runs[name].append(run)

    def anywhere(self, name: str) -> Kill:
        """Any instant of a run."""
        until = self.chance.uniform(0.0, max(run.seconds for run in self.runs[name][-_LATEST:]))
        return lambda stage, now: until

    def within_a_stage(self, name: str, kills: Counter[str]) -> Kill:
        """Any instant of the stage that was killed least so far."""
        spans, entered = defaultdict(list), Counter[str]()
        for run in self.runs[name][-_LATEST:]:
            for stage, seconds in run.spans():
                spans[stage].append(seconds)
            entered |= Counter(stage for _, stage in run.stages)
        chosen = min(spans, key=lambda stage: (kills[stage], self.chance.random()))
        entries = self.chance.randint(1, min(4, entered[chosen]))  # later ones seldom come: much is known already

        def kill(stage: str, now: float) -> float | None:
            nonlocal entries
            entries -= stage == chosen
            return now + self.chance.random() * self.chance.choice(spans[chosen]) if entries == 0 else None

        return kill
