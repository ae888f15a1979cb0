"""A library as one file: a zip with its catalogue, its uploads, and a manifest that says what must be in it.

What arrives in a bundle was written by others. Nothing of it is believed: sizes are checked before anything is read,
contents by their SHA-256 and then by SQLite and the rules of `agreement`; words are made anew, FAISS files are never
taken along; what the catalogue calls a file of this machine is one only if it has the content that it should have.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from indexes import shards
from indexes.agreement import breaches, mend
from indexes.backups import ELSEWHERE, UPLOADS, copy_catalogue, place, remove, uploads
from indexes.errors import LibraryError, UsageError
from indexes.keywords import words
from indexes.library import Library
from indexes.migrations import MIGRATIONS
from indexes.placing import put_in_place
from indexes.restoring import CATALOGUE

FORMAT = 1

_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 64_000_000  # bytes
_MOST_MEMBERS = 100_000
_MOST_TIMES = 200  # as large as the bundle is what is in it; catalogues shrink to a third
_SMALL = 100_000_000  # bytes that may come out of any bundle
_PORTION = 1 << 20
_COUNTED = ("sources", "files", "segments", "vectors", "conversations", "turns")

Manifest = dict[str, Any]


def bundle(library: Library, file: Path) -> Manifest:
    """Write a library as it is now into one file that is not there yet; its manifest.

    Raises UsageError when the file is there, LibraryError when it cannot be written.
    """
    if file.exists():
        raise UsageError(f"{file} is there already, and is not overwritten. Name a file that is not.")
    aside = file.with_name(f"{file.name}.aside")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as temporary:
            catalogue = Path(temporary) / CATALOGUE
            copy_catalogue(library.folder, library.catalogue, catalogue)
            manifest = _described(catalogue)
            with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
                for path, name in ((catalogue, CATALOGUE), *uploads(library.folder)):
                    with path.open("rb") as member, zipped.open(name, "w", force_zip64=True) as into:
                        size, digest = _copy(member, into, None)
                    manifest["members"][name] = {"bytes": size, "sha256": digest}
                zipped.writestr(_MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        put_in_place(aside, file)
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"{file} cannot be written: {getattr(error, 'strerror', None) or error}. See whether its folder may be"
            " written and the disk has room, or name another."
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return manifest


def unbundle(file: Path, folder: Path) -> Manifest:
    """Make a library of a bundle, in a folder where nothing is; its manifest, with the number of files that are
    `elsewhere`: this machine does not have them, or has another content under their name.

    Written aside and renamed: there is no library, or all of it. Raises UsageError when there is something in the
    folder, or the file is no bundle that can be taken.
    """
    folder = Path(os.path.abspath(folder.expanduser()))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"There is something in {folder} already, and it is not overwritten. Name another --library.")
    aside = folder.with_name(f"{folder.name}.aside")
    with _taken(file):
        try:
            remove(aside)  # what a killed one left
            aside.mkdir(parents=True)
            with zipfile.ZipFile(file) as zipped:
                manifest = _manifest(zipped, file)
                _check_sizes(zipped, manifest, file, aside)
                for name, expected in manifest["members"].items():
                    _extract(zipped, name, expected, aside / name)
            _check_catalogue(aside / CATALOGUE, manifest)
            count = _settle(aside, folder, manifest)
            place(aside, folder)
        finally:
            remove(aside)
    return {**manifest, "elsewhere": count}


def _described(catalogue: Path) -> Manifest:
    with _opened(catalogue) as connection:
        facts = dict(connection.execute("SELECT name, value FROM facts"))
        return {
            "format": FORMAT,
            "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "folder": facts["folder"],
            "schema": connection.execute("PRAGMA user_version").fetchone()[0],
            "counts": _counts(connection),
            "spaces": _spaces(connection),
            "members": {},
        }


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _COUNTED}


def _spaces(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute("SELECT name, model, dimension, vectors FROM spaces ORDER BY name")
    return [dict(zip(("name", "model", "dimension", "vectors"), row, strict=True)) for row in rows]


def _manifest(zipped: zipfile.ZipFile, file: Path) -> Manifest:
    """The manifest, if it has the form of one. Raises UsageError."""
    try:
        info = zipped.getinfo(_MANIFEST)
        if info.file_size > _LARGEST_MANIFEST:
            raise ValueError("its manifest is too large")
        with zipped.open(info) as member:
            manifest = json.loads(member.read(_LARGEST_MANIFEST))
        if manifest["format"] != FORMAT or manifest["schema"] > len(MIGRATIONS):
            raise UsageError(f"{file} was made by a newer version of Folioscope. Please update.")
        for name, member in manifest["members"].items():
            if not _is_ours(name):
                raise ValueError(f"{name!r} is no name of a file of a library")
            if not (isinstance(member["bytes"], int) and member["bytes"] >= 0 and len(member["sha256"]) == 64):
                raise ValueError(f"the manifest says nothing of use about {name}")
        if CATALOGUE not in manifest["members"]:
            raise ValueError("it holds no catalogue")
        if not isinstance(manifest["folder"], str):
            raise ValueError("its manifest names no folder")
        _ = manifest["counts"], manifest["spaces"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        says = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{file} is no bundle of a library: {says}.") from error
    return manifest


def _is_ours(name: str) -> bool:
    """The catalogue, or a file below the uploads whose name stays there on every system."""
    path = PurePosixPath(name)
    below = path.parts[:1] == (UPLOADS,) and len(path.parts) > 1
    plain = path.as_posix() == name and ".." not in path.parts and not set(name) & set("\\:\0")
    return name == CATALOGUE or (below and plain)


def _check_sizes(zipped: zipfile.ZipFile, manifest: Manifest, file: Path, aside: Path) -> None:
    """Before anything is read: the members are those of the manifest, and there is room for them."""
    infos, members = zipped.infolist(), manifest["members"]
    names = [info.filename for info in infos]
    if len(names) > _MOST_MEMBERS or len(set(names)) < len(names):
        raise UsageError(f"{file} is no bundle of a library: it holds too many files, or one twice.")
    if {*names} != {_MANIFEST, *members}:
        odd = min({*names} ^ {_MANIFEST, *members})
        raise UsageError(f"{file} cannot be trusted: {odd!r} is in the manifest or in the file, but not in both.")
    if any(info.file_size != members[info.filename]["bytes"] for info in infos if info.filename != _MANIFEST):
        raise UsageError(f"{file} cannot be trusted: its files have other sizes than its manifest says.")
    total = sum(member["bytes"] for member in members.values())
    if total > _SMALL + _MOST_TIMES * file.stat().st_size:
        raise UsageError(f"{file} cannot be trusted: {total:,} bytes would come out of it.")
    free = shutil.disk_usage(aside).free
    if total > free:
        raise UsageError(f"{file} needs {total / 1e6:,.0f} MB, and the disk has {free / 1e6:,.0f}. Make room.")


def _extract(zipped: zipfile.ZipFile, name: str, expected: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipped.open(name) as member, path.open("xb") as into:
        size, digest = _copy(member, into, expected["bytes"])
    if (size, digest) != (expected["bytes"], expected["sha256"]):
        raise UsageError(f"{zipped.filename} is damaged: {name} is not what its manifest says. Copy the bundle again.")


def _copy(member: Any, into: Any, most: int | None) -> tuple[int, str]:
    """Bytes that were copied, and their SHA-256; no more than one portion above `most`."""
    size, digest = 0, hashlib.sha256()
    while portion := member.read(_PORTION):
        size += len(portion)
        if most is not None and size > most:
            break
        digest.update(portion)
        into.write(portion)
    return size, digest.hexdigest()


def _check_catalogue(path: Path, manifest: Manifest) -> None:
    """Raises UsageError for a catalogue that is not sound, or that holds anything which ours do not."""
    with _opened(path) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        with _opened(":memory:") as new:
            for step in MIGRATIONS[:version]:
                new.executescript(step)
            alike = "shards" not in {name for _, name, _ in _objects(new)} or _part_alike(connection, new)
            if not alike or _objects(connection) != _objects(new):
                raise UsageError("The bundle's catalogue has other tables, views or triggers than a library's.")
        damage = [row[0] for row in connection.execute("PRAGMA integrity_check(1)") if "fts5" not in row[0].lower()]
        if damage not in ([], ["ok"]):
            raise UsageError(f"The bundle's catalogue is damaged: {damage[0]}. Make the bundle again.")
        if (version, _counts(connection)) != (manifest["schema"], manifest["counts"]):
            raise UsageError("The bundle's catalogue holds other numbers of things than its manifest says.")
        if _spaces(connection) != manifest["spaces"]:
            raise UsageError("The bundle's catalogue holds other vectors than its manifest says.")
        connection.execute("DELETE FROM facts WHERE name = 'folder'")  # where it lies now is settled in one go
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('lineage', ?)", (uuid.uuid4().hex,))


def _part_alike(connection: sqlite3.Connection, new: sqlite3.Connection) -> bool:
    """Give a new catalogue the shards that another one names; False where it names none from 0 on, or more than it
    has: no bundle is to have us make a million tables."""
    firsts = [row[0] for row in connection.execute("SELECT first FROM shards ORDER BY first")]
    views = sum(kind == "view" for kind, _, _ in _objects(connection))
    if firsts[:1] != [0] or len(firsts) > views or not all(type(first) is int for first in firsts):
        return False
    shards.part(new, firsts[1:])
    return True


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """What a schema has; views and triggers, which do something by themselves, with how they are written."""
    rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'")
    return {(type, name, sql if type in ("view", "trigger") else "") for type, name, sql in rows}


def _settle(aside: Path, folder: Path, manifest: Manifest) -> int:
    """Make the bundle's catalogue one of this machine: migrated, its words made anew, and no path in it that leads to
    another content than it says. How many files there are that this machine does not have."""
    library = Library(aside, create=False)
    try:
        with library.catalogue.transaction() as connection:
            mend(connection)
            broken = [str(breach) for breach in breaches(connection) if not breach.rule.model]
            if broken:
                raise UsageError(f"The bundle's catalogue does not agree with itself: {broken[0]}.")
            for source in library.catalogue.sources():
                library.catalogue.segments_of(source)  # raises what cannot be read
            shards.rebuild(connection)
            count = _lead_here(connection, folder, manifest)
            library.catalogue.set_fact("folder", str(folder))
        library.catalogue.empty_log()
        return count
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"The bundle's catalogue holds what cannot be read: {error}.") from error
    finally:
        library.close()


def _lead_here(connection: sqlite3.Connection, folder: Path, manifest: Manifest) -> int:
    """Uploads lead to those that came along, other files to those of this machine with their content, or elsewhere."""
    count, before = 0, manifest["folder"]
    rows = connection.execute("SELECT f.path, s.id, s.bytes FROM files f LEFT JOIN sources s ON s.key = f.source")
    for path, source, size in rows.fetchall():
        name = path.removeprefix(f"{before}/")
        if name in manifest["members"]:
            here = str(folder / name)
        elif source is not None and _holds(Path(path), source, size):
            continue
        else:
            count += source is not None
            name = os.path.normpath("/" + path.removeprefix(f"{before}/{ELSEWHERE}/"))  # no '..' leads out of it
            here = f"{folder}/{ELSEWHERE}/{name.lstrip('/')}"
        connection.execute("UPDATE OR REPLACE files SET path = ? WHERE path = ?", (here, path))
    return count


def _holds(path: Path, source_id: str, size: int) -> bool:
    """Whether a file of this machine has the content that identifies a source."""
    try:
        if not path.is_file() or path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == source_id
    except (OSError, ValueError):
        return False


@contextmanager
def _opened(path: Path | str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("words", 1, words, deterministic=True)
        connection.execute("PRAGMA cell_size_check = ON")
        yield connection


@contextmanager
def _taken(file: Path) -> Iterator[None]:
    """What goes wrong with a bundle, as a sentence."""
    try:
        yield
    except (
        OSError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        zlib.error,
        sqlite3.Error,
    ) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be taken as a library: {reason}. Nothing was changed.") from error
