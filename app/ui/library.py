"""The Library tab and the header: adding, watching, finding and forgetting files; and the Settings tab."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from app.forgetting import forget
from app.ui import tables
from app.ui.escaping import escape
from app.ui.player import is_recording
from app.uploads import keep, uploads_of
from indexes.errors import FolioscopeError
from indexes.records import FileRecord

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.jobs import Job, Jobs

STATUSES = ("all", "indexed", "draft", "partial", "waiting", "failed", "skipped", "removed")
_PACKAGES = ("gradio", "faiss-cpu", "faiss-gpu", "torch", "sentence-transformers", "langchain-core", "xllamacpp")


class Pulse(NamedTuple):
    """What the clock of the page changes; the fields are the outputs, in this order."""

    status: Any = gr.skip()
    progress: Any = gr.skip()
    running: Any = gr.skip()
    table: Any = gr.skip()
    seen: Any = gr.skip()


class Opened(NamedTuple):
    """What opening a file of the table changes; the fields are the outputs, in this order."""

    path: Any = gr.skip()
    window: Any = gr.skip()
    detail: Any = gr.skip()
    confirm: Any = gr.skip()


class LibraryTab:
    """The events of the Library tab, for all who have the page open."""

    def __init__(self, assistant: Assistant, jobs: Jobs) -> None:
        self._assistant = assistant
        self._jobs = jobs
        self._last: Job | None = None

    # --- the header and the clock ---

    def pulse(self, seen: str, search: str | None, status: str, leaf: int) -> Pulse:
        """Called every second or two: gives something only when something has changed since `seen`."""
        active = self._jobs.active()
        header = tables.status_line(self._statuses(), active, [g.says for g in self._assistant.growths()])
        progress = tables.progress(active, self._last)
        now = f"{self._assistant.library.catalogue.generation}|{hash((header, progress))}"
        if now == seen:
            return Pulse()
        return Pulse(header, progress, gr.update(visible=bool(active)), self.table(search, status, leaf), now)

    def _statuses(self) -> dict[str, int]:
        return self._assistant.library.catalogue.counts()[0]

    # --- adding ---

    def add_folder(self, path: str | None) -> Any:
        """Index a path of the server; the text box's new value."""
        path = (path or "").strip().strip("'\"")
        if not path:
            gr.Warning("Write the path of a folder or a file first, for example /home/me/Documents.")
            return gr.skip()
        absolute = Path(path).expanduser().absolute()
        if not absolute.exists():
            gr.Warning(f"{escape(absolute)} does not exist on this computer. Check the path.")
            return gr.skip()
        self._submit([str(absolute)])
        return ""

    def upload(self, files: Sequence[str] | None) -> None:
        """Keep uploaded files in the library's folder and index them."""
        if files:
            self._submit([str(path) for path in keep(files, uploads_of(self._assistant))])
        return None

    def retry(self, path: str) -> None:
        """Read one file again."""
        if path:
            self._submit([path], again=True)

    def retry_failed(self) -> None:
        """Read again all that failed."""
        try:
            self._submit(self._assistant.failed(), again=True)
        except FolioscopeError as error:
            gr.Info(escape(error))

    def stop(self) -> None:
        for job in self._jobs.active():
            job.stop()

    def _submit(self, paths: Sequence[str], again: bool = False) -> None:
        self._last = self._jobs.submit(paths, again)

    # --- the table ---

    def table(self, search: str | None, status: str, leaf: int) -> str:
        """The files whose path, or whose reason of failure, holds the words searched for."""
        files = self._assistant.library.catalogue.files()
        return tables.sources_table([file for file in files if _shown(file, search or "", status)], leaf, len(files))

    def filtered(self, search: str | None, status: str) -> tuple[str, int]:
        """The table after another filter was set: its first leaf, and that this is the one."""
        return self.table(search, status, 0), 0

    def open(self, path: str) -> Opened:
        """Show one file and what was read in it."""
        catalogue = self._assistant.library.catalogue
        file = catalogue.file(path)
        if file is None:
            return Opened("", gr.update(visible=False), "")
        source = catalogue.sources([file.source_id]).get(file.source_id) if file.source_id else None
        # A recording's page asks for its words itself.
        segments = catalogue.segments_of(source.id) if source and not is_recording(source) else []
        detail = tables.source_detail(file, source, segments)
        return Opened(path, gr.update(visible=True), detail, gr.update(visible=False))

    def close(self) -> Opened:
        return Opened("", gr.update(visible=False), "", gr.update(visible=False))

    def forget(self, path: str) -> Opened:
        """Take a file out of the library; a copy that was uploaded is deleted, too."""
        if not path:
            return self.close()
        try:
            forget(self._assistant, path)
        except FolioscopeError as error:
            gr.Warning(escape(error))
            return Opened(confirm=gr.update(visible=False))
        gr.Info(f"{escape(Path(path).name)} is forgotten.")
        return self.close()

    # --- settings ---

    def settings(self) -> str:
        versions = {"python": sys.version.split()[0]}
        for package in _PACKAGES:
            try:
                versions[package] = version(package)
            except PackageNotFoundError:
                continue
        notes = [self._assistant.suggestion(), *(growth.says for growth in self._assistant.growths())]
        library = str(self._assistant.library.folder)
        return tables.settings_page(self._assistant.models(), library, versions, ". ".join(filter(None, notes)))


def _shown(file: FileRecord, search: str, status: str) -> bool:
    if status == "all":
        if file.status == "removed":
            return False
    elif status == "indexed":
        if file.status not in ("indexed", "unchanged"):
            return False
    elif file.status != status:
        return False
    there = f"{file.path} {file.reason}".lower()
    return all(word in there for word in search.lower().split())
