"""The copies of a library that is damaged: where they lie, and how to go on with the newest."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

CATALOGUE = "catalogue.sqlite"


def way_out(folder: Path) -> str:
    """A sentence on how to go on with the newest backup of a library that lies in its folder or beside it."""
    found = max(_backups(folder), default=None)
    if found is None:
        return "None lies beside it (python -m app backup FOLDER makes one)."
    made, path = found
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(made))
    if path.name != CATALOGUE:
        return (
            f"The newest beside it is {path}, of {when}: put it in a new folder as {CATALOGUE} and name that with"
            " --library."
        )
    return (
        f"The newest beside it is {path.parent}, of {when}: it can be used at once (--library {path.parent}), or be"
        f" moved to {folder} after that was moved away."
    )


def _backups(folder: Path) -> Iterator[tuple[float, Path]]:
    """When each was made, and its catalogue."""
    for place in (folder, folder.parent):
        for path in (*place.glob("*.sqlite"), *place.glob(f"*/{CATALOGUE}"), *place.glob(f"*/*/{CATALOGUE}")):
            if path.parent == folder and path.name == CATALOGUE:
                continue
            try:
                with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
                    facts = dict(connection.execute("SELECT name, value FROM facts"))
            except (OSError, sqlite3.Error):
                continue
            if facts.get("backup of") == str(folder):
                yield float(facts["backup made"]), path
