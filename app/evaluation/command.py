"""`python -m app eval`: runs a set, makes one, or grows one."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.evaluation.comparing import compare, read_run
from app.evaluation.making import grown_examples, make_examples
from app.evaluation.page import page
from app.evaluation.report import table
from app.evaluation.running import Row, evaluate, run_json
from app.evaluation.sets import Example, append_examples, read_set, write_example
from indexes.errors import FolioscopeError, UsageError

if TYPE_CHECKING:
    from app.assistant import Assistant

Item = TypeVar("Item")
MOST = 1000
"""The largest k and the largest set that is made."""


def evaluation(assistant: Assistant, options: Namespace) -> None:
    """What the options ask for. Raises UsageError for options that do not go together."""
    if sum(map(bool, (options.file, options.make, options.grow))) != 1:
        raise UsageError("Name a question set to run, or --make FILE for a new one, or --grow FILE to add to one.")
    if options.make:
        _make(assistant, Path(options.make), options.count, options.json)
    elif options.grow:
        _grow(assistant, Path(options.grow), options.json)
    else:
        _run(assistant, options)


def _run(assistant: Assistant, options: Namespace) -> None:
    for name, value, least in (("k", options.k, 1), ("limit", options.limit, 1)):
        if value is not None and not least <= value <= MOST:
            raise UsageError(f"{name} is {value}; it must lie between {least} and {MOST:,}.")
    file = Path(options.file)
    examples = read_set(file)[: options.limit]
    against = read_run(Path(options.against)) if options.against else None
    folder = _folder(Path(options.output) if options.output else assistant.library.folder / "evaluations")
    rows: list[Row] = []
    stopped: BaseException | None = None
    began = time.monotonic()
    try:
        for row in counted(evaluate(assistant, examples, options.k, options.search_only), len(examples), "asked"):
            rows.append(row)
    except (KeyboardInterrupt, FolioscopeError) as reason:
        stopped = reason
    if not rows:
        raise stopped or UsageError(f"The question set {file} holds no question.")
    why = "" if stopped is None else str(stopped) or "interrupted"
    run = run_json(assistant, rows, str(file), len(examples), options.k, time.monotonic() - began, why)
    if against is not None:
        run["against"] = {"run": str(options.against), **compare(run, against)}
    written = write_run(run, folder)
    if options.json:
        print(json.dumps(run, ensure_ascii=False, indent=2))
    else:
        print(table(run))
    print("\n".join(f"written: {path}" for path in written), file=sys.stderr)
    if stopped is not None:
        print(f"folioscope: {len(rows)} of {len(examples)} questions were measured and are kept.", file=sys.stderr)
        raise stopped


def write_run(run: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """The run as `eval-<date-time>.json` and, next to it, as a page. Never overwrites."""
    stem = f"eval-{time.strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while (folder / f"{stem}.json").exists():
        number += 1
        stem = f"{stem.split('_')[0]}_{number}"
    document, html = folder / f"{stem}.json", folder / f"{stem}.html"
    try:
        document.write_text(json.dumps(run, ensure_ascii=False, indent=1), encoding="utf-8")
        html.write_text(page(run), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The run cannot be written to {folder}: {error.strerror}. Name another by --output."
        ) from error
    return document, html


def counted(items: Iterable[Item], total: int, verb: str) -> Iterator[Item]:
    """The items, behind a bar on stderr that counts them."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(verb), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb, total=total)
        for item in items:
            progress.advance(task)
            yield item


def _make(assistant: Assistant, file: Path, count: int, as_json: bool) -> None:
    if not 1 <= count <= MOST:
        raise UsageError(f"count is {count}; it must lie between 1 and {MOST:,}.")
    if not assistant.library.catalogue.sources():
        raise UsageError("The library is empty. Index a folder first: python -m app index FOLDER")
    made: list[Example] = []
    try:
        with file.open("x", encoding="utf-8") as lines:
            try:
                for example in counted(make_examples(assistant, count), count, "written"):
                    lines.write(write_example(example))
                    lines.flush()  # what was written is kept when it is stopped
                    made.append(example)
            finally:
                if not made:
                    file.unlink()
    except FileExistsError:
        raise UsageError(f"{file} exists and is not overwritten. Name another, or add to it by hand.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}. Name another file.") from error
    _say(made, f"{file}: {len(made)} of {count} questions. Look through them, and correct them by hand.", file, as_json)


def _grow(assistant: Assistant, file: Path, as_json: bool) -> None:
    grown = list(grown_examples(assistant.library.conversations.thumbs()))
    added = append_examples(file, grown)
    waiting = sum(example.answerable is None for example in grown)
    said = f"{file}: {added} of {len(grown)} questions with a thumb were new."
    if waiting:
        said += f" {waiting} had a thumb down: fill in what is right where `answerable` is null."
    _say(grown, said, file, as_json, added)


def _say(examples: Sequence[Example], said: str, file: Path, as_json: bool, added: int | None = None) -> None:
    if as_json:
        count = len(examples) if added is None else added
        document = {"file": str(file), "added": count, "questions": [example.as_dict() for example in examples]}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print(said)


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be made: {error.strerror}. Name another by --output.") from error
    return folder
