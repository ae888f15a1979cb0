"""The server as a process: that it ends when it is told to, whatever is going on in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import MODELS, ROOT

pytestmark = pytest.mark.slow


@contextmanager
def server(library: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real server process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "FOLIOSCOPE_CHAT": "none", "FOLIOSCOPE_MODELS": str(MODELS), **settings}
    env["PYTHONFAULTHANDLER"] = "1"  # a crash says where
    command = [sys.executable, "-m", "app", "serve", "--library", str(library), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and "is ready" in process.stdout.readline()
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def descendants(pid: int) -> set[int]:
    """Processes that a process has started, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_an_open_page_and_a_running_job_ends(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for i in range(3000):
        (folder / f"note {i}.txt").write_text(f"The lamp of tower {i} was lit at dusk. " * 30)
    with server(tmp_path / "library") as (process, address):
        opened = threading.Event()

        def stay() -> None:  # as an open page does
            try:
                with httpx.stream("GET", f"{address}/gradio_api/heartbeat/abc", timeout=None) as stream:
                    for _ in stream.iter_raw():
                        opened.set()
            except httpx.HTTPError:
                pass

        threading.Thread(target=stay, daemon=True).start()
        assert opened.wait(60)
        job = httpx.post(f"{address}/api/index", json={"paths": [str(folder)]}).json()
        while not httpx.get(f"{address}/api/jobs/{job['id']}").json()["done"]:
            pass
        children = descendants(process.pid)
        assert children
        process.send_signal(number)
        _, said = process.communicate(timeout=30)  # the promise is five seconds; the machine may be busy
        assert process.returncode == 0, said
        assert "stopped. What was finished is kept." in said
        assert "Traceback" not in said
        assert not {pid for pid in children if Path(f"/proc/{pid}").exists()}


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_a_library_is_whole_after_its_server_was_stopped(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The lamp was lit at dusk.")
    with server(tmp_path / "library") as (process, address):
        httpx.post(f"{address}/api/index", json={"paths": [str(tmp_path / "note.txt")]})
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    doctor = [sys.executable, "-m", "app", "doctor", "--library", str(tmp_path / "library")]
    assert subprocess.run(doctor, cwd=ROOT, capture_output=True).returncode == 0
