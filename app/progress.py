"""Long work on the terminal: bars on stderr with files, segments and the seconds that are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, TextIO

from app.schemas import count_statuses
from indexes.records import FileRecord, clock
from pipelines.models.shelf import ModelShelf
from pipelines.reading.ignoring import summary
from pipelines.records import FileAdvanced, FileFinished, FilesFound, FileStarted, IngestEvent, TimeLeft

if TYPE_CHECKING:
    from rich.progress import TaskID

    from pipelines.growing import Growth

READ = ("indexed", "partial", "draft")


def index_with_progress(events: Iterable[IngestEvent], ignored: dict[str, int] | None = None) -> list[FileRecord]:
    """Run indexing to its end behind a progress bar; what became of each file. `ignored` takes how many were passed
    over, by reason."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    records: dict[str, FileRecord] = {}  # a file may be told of twice: as a draft, and complete
    done = segments = 0
    columns = (
        # A file's name and a sheet's may hold anything, also what the terminal would take as markup.
        TextColumn("{task.description:<40}", style="progress.description", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[segments]} segments"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking for files", total=None, segments=0, left="")
        for event in events:
            match event:
                case FilesFound(files=files):
                    progress.update(task, total=files)
                    if ignored is not None:
                        ignored.update(event.ignored)
                case FileStarted(path=path):
                    progress.update(task, description=_short(path))
                case FileAdvanced(path=path, place=place, note=note):
                    said = note or _printable(place.label()[:12])
                    progress.update(task, description=f"{_short(path, 20 if note else 28)} {said}")
                case TimeLeft(seconds=seconds):
                    progress.update(task, left=f"{clock(seconds)} left")
                case FileFinished(record=record):
                    before = records.get(record.path)
                    records[record.path] = record
                    # To count all of them anew for each would take longer than to look at ten thousand files.
                    for each, times in ((before, -1), (record, 1)):
                        if each is not None:
                            done += times * (each.status != "removed")
                            segments += times * each.segments * (each.status in READ)
                    progress.update(task, completed=done, segments=segments)
    return list(records.values())


def grow_with_progress(events: Iterable[Growth]) -> None:
    """Let new vectors grow to their end behind a progress bar for each space."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}
        for growth in events:
            if growth.name not in tasks:
                tasks[growth.name] = progress.add_task("", total=growth.of)
            said = f"{growth.name} vectors by {_printable(growth.model)}"
            waits = ", waiting for who writes" if growth.waits_for else ""
            progress.update(tasks[growth.name], completed=growth.vectors, description=f"{said}{waits}")


def _short(path: str, longest: int = 40) -> str:
    name = _printable(PurePath(path).name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def print_index_summary(
    records: list[FileRecord], seconds: float, file: TextIO | None = None, ignored: Mapping[str, int] | None = None
) -> None:
    """What became of the files that are not simply in the library, and how many there are of each; to stdout."""
    for record in records:
        if record.status in ("skipped", "failed", "removed", "partial"):
            print(f"{record.status:<8} {record.path!r}: {record.reason}", file=file)
    counts = count_statuses(records)
    done = ", ".join(f"{counts[status]} {status}" for status in sorted(counts)) or "no files"
    print(f"{done} in {seconds:.1f} s", file=file)
    if ignored:
        print(f"ignored: {summary(ignored)}", file=file)


def report_preparation(shelf: ModelShelf) -> None:
    """Put the built-in weights together, with a bar."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, int] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(f"preparing {name}", total=total)
            progress.update(tasks[name], completed=done)  # type: ignore[arg-type]

        shelf.prepare(report)
