"""A library as one file: carried to another machine, and never believed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from indexes.bundles import bundle, unbundle
from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import FileRecord, Segment, Source
from tests.test_faults import AXES, app, store, whole


def add(library: Library, path: Path, text: str) -> str:
    """A file that is really there, as a source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    id = hashlib.sha256(text.encode()).hexdigest()
    record = FileRecord(str(path), "indexed", "document", id, bytes=len(text), segments=1)
    source = Source(id, "document", "text/plain", len(text))
    library.add(source, record, [Segment(id, 0, "document", text)], {"text": {0: AXES[len(path.name)]}})
    return id


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    with made.writing():
        store(made, "old", ["the keeper went home"])
        add(made, tmp_path / "mine" / "a.txt", "the lamp of mine")
        add(made, tmp_path / "mine" / "changed.txt", "the tide of yesterday")
        add(made, made.folder / "uploads" / "drop one" / "Größe.txt", "the bell that was dropped")
    made.conversations.add(made.conversations.start("Who?"), "Who?", {"answer": "Nobody."})
    (tmp_path / "mine" / "changed.txt").write_text("the tide of today")
    yield made
    made.close()


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    bundle(library, tmp_path / "library.zip")
    return tmp_path / "library.zip"


def test_a_bundle_becomes_the_same_library_elsewhere(library, file, tmp_path, capsys) -> None:
    with zipfile.ZipFile(file) as zipped:
        names = zipped.namelist()
        manifest = json.loads(zipped.read("manifest.json"))
    assert names == ["catalogue.sqlite", "uploads/drop one/Größe.txt", "manifest.json"]  # no FAISS, no files of mine
    assert manifest["format"] == 1 and set(manifest["members"]) == set(names[:2])
    assert manifest["spaces"] == [{"name": "text", "model": "m", "dimension": 16, "vectors": 4}]
    new = tmp_path / "new" / "library"
    assert main(["unbundle", str(file), "--library", str(new), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"]["sources"] == 4 and said["elsewhere"] == 2
    assert whole(new) == whole(library.folder)
    taken = Library(new)
    here = {
        str(tmp_path / "mine" / "a.txt"),  # it is there, with its content
        str(new / "elsewhere" / str(tmp_path).lstrip("/") / "mine" / "changed.txt"),
        str(new / "elsewhere" / "files" / "old"),
        str(new / "uploads" / "drop one" / "Größe.txt"),
    }
    assert {record.path for record in taken.catalogue.files()} == here
    assert all(Path(path).exists() == ("elsewhere" not in path) for path in here)
    for record in taken.catalogue.files():  # to note something about one that is elsewhere does not cost it
        taken.record(record)
    assert {record.path for record in taken.catalogue.files()} == here
    assert [hit.score for hit in taken.search_keywords("bell dropped", 1)] and taken.conversations.list()
    taken.close()
    assert sorted(path.name for path in new.parent.iterdir()) == ["library"]


@pytest.mark.slow
def test_files_that_are_elsewhere_are_found_again_by_their_content(tmp_path: Path) -> None:
    files = tmp_path / "papers"
    files.mkdir()
    for name in ("Adela", "Bertram"):
        (files / f"{name}.txt").write_text(f"The keeper {name} stayed on the island.\n")
    assert app("index", files, "--library", tmp_path / "library").returncode == 0
    assert "your own files are not" in app("bundle", tmp_path / "b.zip", "--library", tmp_path / "library").stdout
    there = tmp_path / "another machine"
    there.mkdir()
    files.rename(there / "papers")
    said = app("unbundle", tmp_path / "b.zip", "--library", there / "library").stdout
    assert "2 files are not on this machine" in said and "index their folder" in said
    exported = app("export", "Adela.txt", "--library", there / "library", "--json")
    assert "The keeper Adela stayed" in exported.stdout  # quotes are there without the file
    done = json.loads(app("index", there / "papers", "--library", there / "library", "--json").stdout)
    assert done["indexed"] == 2 and done["failed"] == 0
    status = json.loads(app("status", "--library", there / "library", "--json").stdout)
    assert {each["path"] for each in status["files"]} == {
        str(there / "papers" / f"{name}.txt") for name in ("Adela", "Bertram")
    }
    assert "BAD" not in app("doctor", "--library", there / "library").stdout


def test_an_existing_library_or_file_is_never_overwritten(library, file, tmp_path, capsys) -> None:
    before = {path: path.read_bytes() for path in library.folder.rglob("*") if path.is_file()}
    assert main(["unbundle", str(file), "--library", str(library.folder)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in library.folder.rglob("*") if path.is_file()}
    assert main(["bundle", str(file), "--library", str(library.folder)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["unbundle", str(file), "--library", str(empty)]) == 0


def rewritten(file: Path, change: Callable[[dict[str, bytes], dict], None], honest: bool = True) -> Path:
    """The bundle with other members and manifest; `honest`: with sums that fit."""
    with zipfile.ZipFile(file) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    if honest:
        manifest["members"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()
        }
    made = file.with_name("crafted.zip")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
        zipped.writestr("manifest.json", json.dumps(manifest))
    return made


def refused(made: Path, says: str) -> None:
    new = made.parent / "refused"
    with pytest.raises(UsageError, match=says):
        unbundle(made, new)
    assert not new.exists() and not made.with_name("refused.aside").exists()
    assert not (made.parent.parent / "evil.txt").exists() and not (made.parent / "evil.txt").exists()


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/tmp/evil.txt", "uploads/../../evil.txt", "uploads\\..\\evil.txt", "uploads",
     "faiss/text-1-9.faiss", "uploads//evil.txt", "uploads/./evil.txt", "C:evil.txt", "writer.json",
     "catalogue.sqlite-wal", "uploads/c:evil.txt"],
)  # fmt: skip
def test_paths_that_leave_the_folder_and_unknown_members_are_refused(file: Path, name: str) -> None:
    refused(rewritten(file, lambda members, _: members.update({name: b"evil"})), "no name of a file of a library")


def test_what_is_not_what_the_manifest_says_is_refused(file: Path) -> None:
    def other(members: dict[str, bytes], _: dict) -> None:
        members["uploads/drop one/Größe.txt"] = b"the bell that was stolen!"  # as long as before

    def longer(members: dict[str, bytes], _: dict) -> None:
        members["uploads/drop one/Größe.txt"] += b"!"

    def more(members: dict[str, bytes], _: dict) -> None:
        members["uploads/more.txt"] = b"!"

    def fewer(members: dict[str, bytes], _: dict) -> None:
        del members["uploads/drop one/Größe.txt"]

    refused(rewritten(file, other, honest=False), "is damaged: uploads/drop one/Größe.txt")
    refused(rewritten(file, longer, honest=False), "other sizes")
    refused(rewritten(file, more, honest=False), "not in both")
    refused(rewritten(file, fewer, honest=False), "not in both")
    refused(rewritten(file, lambda _, manifest: manifest["counts"].update(sources=9)), "other numbers")
    refused(rewritten(file, lambda _, manifest: manifest["spaces"][0].update(model="x")), "other vectors")


@pytest.mark.parametrize(
    "change",
    [
        lambda members, manifest: members.pop("catalogue.sqlite"),
        lambda members, manifest: manifest.pop("folder"),
        lambda members, manifest: manifest.update(folder=["/"]),
        lambda members, manifest: manifest.update(schema="new"),
        lambda members, manifest: manifest.clear(),
    ],
)
def test_a_manifest_without_what_is_needed_is_refused(file: Path, change) -> None:
    refused(rewritten(file, change), "no bundle of a library")


def test_newer_ones_damaged_ones_and_other_files_are_refused(file: Path, tmp_path: Path) -> None:
    refused(rewritten(file, lambda _, manifest: manifest.update(format=2)), "newer version")
    data = bytearray(file.read_bytes())
    middle = (
        len(data) // 2
    )  # of the catalogue, which is nearly all of it; not every byte of a ZIP's heads says something
    for name, altered in {
        "cut.zip": bytes(data[: len(data) // 2]),
        "nothing.zip": b"",
        "text.zip": b"this is no zip",
        "bit.zip": bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]),
    }.items():
        (tmp_path / name).write_bytes(altered)
        refused(tmp_path / name, "cannot be taken|is damaged")
    refused(tmp_path / "nowhere.zip", "No such file")


def test_bombs_are_refused_before_they_are_unpacked(file: Path, monkeypatch) -> None:
    def bomb(members: dict[str, bytes], _: dict) -> None:
        members["uploads/bomb.txt"] = bytes(3_000_000)

    monkeypatch.setattr("indexes.bundles._SMALL", 100_000)
    refused(rewritten(file, bomb), "would come out of it")
    monkeypatch.setattr("indexes.bundles._SMALL", 10**9)

    def nested(members: dict[str, bytes], manifest: dict) -> None:
        manifest["counts"] = json.loads("[" * 900 + "]" * 900)

    refused(rewritten(file, nested), "other numbers|cannot be taken")
    lying = rewritten(file, bomb)
    data = lying.read_bytes()  # the sizes in the zip say less than comes out
    lying.write_bytes(data.replace((3_000_000).to_bytes(4, "little"), (30).to_bytes(4, "little")))
    refused(lying, "other sizes")


def test_catalogues_with_anything_that_ours_do_not_have_are_refused(file: Path, tmp_path: Path) -> None:
    def altered(statement: str) -> Path:
        def change(members: dict[str, bytes], _: dict) -> None:
            path = tmp_path / "altered.sqlite"
            path.write_bytes(members["catalogue.sqlite"])
            connection = sqlite3.connect(path, isolation_level=None)
            connection.create_function("words", 1, lambda text: text, deterministic=True)
            connection.executescript(statement)
            connection.close()
            members["catalogue.sqlite"] = path.read_bytes()

        return rewritten(file, change)

    refused(altered("CREATE TRIGGER evil AFTER INSERT ON files BEGIN DELETE FROM sources; END"), "other tables")
    refused(altered("DROP VIEW segment_words; CREATE VIEW segment_words AS SELECT 1 id, 2 heading"), "other tab")
    refused(altered("CREATE TABLE more(x)"), "other tables")
    refused(altered("PRAGMA user_version = 99"), "other tables|other numbers")
    refused(altered("UPDATE segments SET place = '[[1]]'"), "cannot be read")
    refused(rewritten(file, lambda members, _: members.update({"catalogue.sqlite": b"none" * 5000})), "cannot be taken")
    half = rewritten(file, lambda m, _: m.update({"catalogue.sqlite": m["catalogue.sqlite"][:8192] + b"\xff" * 90_000}))
    refused(half, "cannot be taken|damaged|cannot be read")


def test_no_path_in_a_bundle_leads_to_a_file_of_this_machine(file: Path, tmp_path: Path) -> None:
    """Else who opens it would be shown, and show others, what lies there."""
    (tmp_path / "evil.sqlite").touch()
    secret = tmp_path / "secret.txt"
    secret.write_text("my password")

    def change(members: dict[str, bytes], _: dict) -> None:
        path = tmp_path / "altered.sqlite"
        path.write_bytes(members["catalogue.sqlite"])
        with sqlite3.connect(path) as connection:
            for number, aim in enumerate((str(secret), f"../../..{secret}", f"/x/../..{secret}")):
                connection.execute(
                    "UPDATE files SET path = ? WHERE path = (SELECT path FROM files ORDER BY path LIMIT 1 OFFSET ?)",
                    (aim, number),
                )
        connection.close()
        members["catalogue.sqlite"] = path.read_bytes()

    new = tmp_path / "new"
    unbundle(rewritten(file, change), new)
    library = Library(new)
    paths = [path for source in library.catalogue.sources().values() for path in source.paths]
    assert paths and not any(Path(path).exists() and Path(path).samefile(secret) for path in paths)
    library.close()


def test_a_killed_unbundling_leaves_no_library_and_is_done_again(file: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    aside = tmp_path / "new.aside"
    aside.mkdir()
    (aside / "catalogue.sqlite").write_bytes(b"half")
    unbundle(file, new)
    assert not aside.exists() and len(whole(new)) == 4
    shutil.rmtree(new)
