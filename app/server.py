"""One process for page and API: prepares, indexes the samples on first use, warms the models, then says where it is."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from app.guarding import LOOPBACK
from app.progress import index_with_progress, report_preparation
from indexes.errors import FolioscopeError, UsageError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from app.assistant import Assistant
    from app.jobs import Jobs

log = logging.getLogger(__name__)

_LOOKS = 0.05  # seconds between two looks for events of the page
_GRACE = 2  # seconds in which open answers and pages may end by themselves
_STOPPED = "folioscope: stopped. What was finished is kept."
_LAST = 4.5  # seconds after which no thread is waited for any more


def build_app(assistant: Assistant) -> FastAPI:
    """The API with the page at /. Loads no model."""
    import gradio as gr
    from fastapi import FastAPI

    from app.api import add_api
    from app.guarding import Guard
    from app.jobs import Jobs
    from app.ui.page import build_page

    settings = assistant.settings
    app = FastAPI(title="Folioscope", docs_url=None, openapi_url="/api/openapi.json", redoc_url=None)
    jobs = app.state.jobs = Jobs(assistant)
    add_api(app, assistant, jobs)
    page, look = build_page(assistant, jobs)
    app = gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        allowed_paths=[],
        footer_links=[],
        ssr_mode=False,
        max_file_size=f"{max(settings.max_file_mb, settings.max_recording_mb)}mb",
        **look,
    )
    # Gradio looks for events a thousand times a second, which took 6 % of a core while nobody asked anything.
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = _LOOKS
    app.add_middleware(Guard, host=settings.host, password=settings.password)
    return app


def serve(assistant: Assistant, samples: str | None = None) -> None:
    """Until it is interrupted. Raises UsageError when the address is taken or would be open to others unguarded."""
    import uvicorn

    settings = assistant.settings
    if settings.host not in LOOPBACK and not settings.password:
        raise UsageError(
            f"Listening on {settings.host} opens the library to the network. Set a password first:"
            " FOLIOSCOPE_PASSWORD=… (user name: folioscope)."
        )
    _check_free(settings.host, settings.port)
    began = time.monotonic()
    report_preparation(assistant.shelf)
    empty = not assistant.library.catalogue.files()
    if samples and empty:
        print(f"indexing {samples} (only this once)", file=sys.stderr)
        index_with_progress(assistant.index([samples]))
    print("loading the models", file=sys.stderr)
    warming = threading.Thread(target=warm, args=(assistant,))
    warming.start()
    app = build_app(assistant)
    warming.join()
    config = uvicorn.Config(app, settings.host, settings.port, log_level="warning", timeout_graceful_shutdown=_GRACE)
    server = uvicorn.Server(config)
    threading.Thread(target=_announce, args=(server, settings.host, settings.port, began), daemon=True).start()
    _run(server, app.state.jobs)


def _run(server: uvicorn.Server, jobs: Jobs) -> None:
    """Until SIGINT or SIGTERM, and then soon, also while pages are open, an answer is written, or files are indexed.

    The server runs beside the main thread, so that the signals are ours: uvicorn waits for streams that never end.
    """
    running = threading.Thread(target=server.run, name="server", daemon=True)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    running.start()
    while running.is_alive() and not asked:
        running.join(0.2)
    if not asked:  # the server has told why
        return
    print("folioscope: stopping", file=sys.stderr, flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):  # who asks again does not want to wait
        signal.signal(number, signal.SIG_DFL)
    # Whatever still hangs then, a model in the middle of a prompt, is only reading: what is written is a transaction.
    threading.Thread(target=_end_after, args=(_LAST,), daemon=True).start()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # streams that are cut are no errors now
    server.should_exit = True
    jobs.close(_LAST)  # the library is closed behind this, and not while a job still uses it
    running.join(_GRACE)
    print(_STOPPED, file=sys.stderr, flush=True)


def _end_after(seconds: float) -> None:
    time.sleep(seconds)
    print(_STOPPED, file=sys.stderr, flush=True)
    os._exit(0)


def warm(assistant: Assistant) -> None:
    """A model that cannot be loaded is told of once; what needs no such model works, and a question says it again."""
    try:
        assistant.warm()
    except FolioscopeError as error:
        print(f"folioscope: {error}", file=sys.stderr)
    except Exception as error:
        log.info("the models could not be loaded", exc_info=True)
        print(f"folioscope: a bug: {type(error).__name__}: {error}. Run again with --verbose.", file=sys.stderr)


def _announce(server, host: str, port: int, began: float) -> None:  # type: ignore[no-untyped-def]
    while not server.started and not server.should_exit:
        time.sleep(0.05)
    if server.started:
        name = f"[{host}]" if ":" in host else host
        print(f"Folioscope is ready: http://{name}:{port} ({time.monotonic() - began:.0f} s)", flush=True)


def _check_free(host: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise UsageError(f"There is no port {port}. Choose one between 1 and 65535 with --port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"{host}:{port} cannot be used: {error.strerror}. Choose another port with --port."
            ) from error
