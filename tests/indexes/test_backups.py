"""Copies of a library that is in use: libraries themselves."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from indexes.backups import back_up
from indexes.errors import UsageError
from indexes.library import Library
from indexes.restoring import way_out
from tests.conftest import ROOT
from tests.test_faults import AXES, ENVIRONMENT, WRITER, store, whole


@pytest.mark.slow
def test_a_backup_made_while_others_write_is_a_library_of_one_instant(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    line = [sys.executable, "-c", WRITER, str(folder)]
    writer = subprocess.Popen(line, cwd=ROOT, env=ENVIRONMENT, stdin=-1, stdout=-1, text=True)
    assert writer.stdin and writer.stdout and writer.stdout.readline() == "ready\n"
    counts = []
    for number in range(5):
        for _ in range(8):
            print("text", file=writer.stdin, flush=True)
        writer.stdout.readline()  # the other seven are stored while it is copied
        library = Library(folder, create=False)
        back_up(folder, library.catalogue, tmp_path / f"copy {number}")
        library.close()
        held = whole(tmp_path / f"copy {number}")
        assert held == {f"s{i}" for i in range(len(held))}
        counts.append(len(held))
    writer.stdin.close()
    writer.wait()
    assert counts[0] >= 1 and counts == sorted(counts) and counts[-1] > counts[0]
    assert len(whole(folder)) == 40


def test_a_copy_and_its_original_go_ways_of_their_own(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    with library.writing():
        store(library, "a", ["first"])
    upload = library.folder / "uploads" / "d" / "u.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("an upload")
    library.record(library.catalogue.files()[0].__class__(str(upload), "failed"))
    back_up(library.folder, library.catalogue, tmp_path / "copy")
    copy = Library(tmp_path / "copy")
    assert {file.path for file in copy.catalogue.files()} == {"/files/a", str(tmp_path / "copy/uploads/d/u.txt")}
    assert (tmp_path / "copy/uploads/d/u.txt").read_text() == "an upload"
    assert copy.catalogue.fact("lineage") != library.catalogue.fact("lineage")
    with library.writing(), copy.writing():
        store(library, "b", ["second"])
        store(copy, "c", ["second"])
    # Were the files of one taken for those of the other, their generations would agree.
    (theirs,) = (library.folder / "faiss").iterdir()
    (ours,) = (copy.folder / "faiss").iterdir()
    assert library.catalogue.generation == copy.catalogue.generation
    ours.write_bytes(theirs.read_bytes())
    again = Library(copy.folder)
    assert again.saved_ids("text") == (None, -1)
    assert len(again.search_vectors("text", AXES[0], 9)) == 2
    for each in (library, copy, again):
        each.close()


def test_the_catalogue_alone_can_be_backed_up_and_nothing_is_overwritten(tmp_path: Path, capsys) -> None:
    library = Library(tmp_path / "library")
    with library.writing():
        store(library, "a", ["first"])
    file = tmp_path / "kept" / "monday.sqlite"
    assert main(["backup", str(file), "--library", str(library.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == file.stat().st_size
    assert [path.name for path in file.parent.iterdir()] == ["monday.sqlite"]
    assert main(["backup", str(file), "--library", str(library.folder)]) == 2
    assert "not overwritten" in capsys.readouterr().err
    with pytest.raises(UsageError, match="is there already"):
        back_up(library.folder, library.catalogue, tmp_path)
    new = tmp_path / "new"
    new.mkdir()
    (new / "catalogue.sqlite").write_bytes(file.read_bytes())
    assert whole(new) == {"a"}
    library.close()


def test_the_newest_backup_of_this_library_is_named(tmp_path: Path) -> None:
    one, other = Library(tmp_path / "one"), Library(tmp_path / "other")
    assert "None lies beside it" in way_out(one.folder)
    for library, name in ((one, "first"), (one, "second"), (other, "third")):
        back_up(library.folder, library.catalogue, tmp_path / "backups" / name)
        time.sleep(0.01)
    assert f"--library {tmp_path / 'backups' / 'second'}" in way_out(one.folder)
    back_up(one.folder, one.catalogue, one.folder / "last.sqlite")
    assert "last.sqlite" in way_out(one.folder)
    one.close()
    other.close()
