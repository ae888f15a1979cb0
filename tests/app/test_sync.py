"""The library follows its folders: moves, ignore rules, drives that go away, files that are being written."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.exporting import ledger_csv
from app.settings import load_settings
from app.watching import changes
from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import FileRecord
from pipelines.asking.declining import meant_and_waiting, waiting
from pipelines.ingest import Ingest
from pipelines.reading.ignoring import Ignoring, summary
from pipelines.reading.run import MOST_TRIES
from pipelines.records import FileFinished, FilesFound, FileStarted
from tests.conftest import ROOT


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    (made / "sub").mkdir(parents=True)
    (made / "keeper.md").write_text("# The light\n\nThe first keeper was Thomas Vane.")
    (made / "sub" / "costs.txt").write_text("The scaffold cost 18,400 crowns in all.")
    return made


def run(library: Library, shelf: object, *paths: Path, again: bool = False) -> dict[str, FileRecord]:
    events = list(Ingest(library, shelf, 10**7).index(list(paths), again=again))  # type: ignore[arg-type]
    return {Path(e.record.path).name: e.record for e in events if isinstance(e, FileFinished)}


def found(library: Library, words: str) -> list[str]:
    hits = library.search_keywords(words, 9)
    segments = library.catalogue.segments([hit.segment_id for hit in hits])
    return [library.catalogue.sources([s.source_id])[s.source_id].path for s in segments.values()]


def test_a_file_that_moved_says_where_to(library, shelf, folder) -> None:
    run(library, shelf, folder)
    ids = [hit.segment_id for hit in library.search_keywords("scaffold", 9)]
    (folder / "sub" / "costs.txt").rename(folder / "prices.txt")
    records = run(library, shelf, folder)
    assert records["costs.txt"].reason == f"moved to {folder / 'prices.txt'}"
    assert found(library, "scaffold") == [str(folder / "prices.txt")]
    assert [hit.segment_id for hit in library.search_keywords("scaffold", 9)] == ids


def test_an_empty_or_unreadable_folder_is_no_proof_that_files_were_deleted(library, shelf, folder, monkeypatch) -> None:
    run(library, shelf, folder)
    away = folder.with_name("away")
    folder.rename(away)
    folder.mkdir()  # what is left of a drive that was unmounted
    records = run(library, shelf, folder)
    assert "is its drive connected" in records["files"].reason
    assert found(library, "scaffold")
    folder.rmdir()
    away.rename(folder)
    real = os.lstat

    def no_answer(path, *rest, **more):
        if "sub" in str(path):
            raise OSError(5, "Input/output error")
        return real(path, *rest, **more)

    monkeypatch.setattr("os.scandir", _without(os.scandir, "sub"))
    monkeypatch.setattr("os.lstat", no_answer)
    run(library, shelf, folder)
    assert found(library, "scaffold") and found(library, "keeper")


def _without(scandir, name: str):
    def scan(path):
        if Path(path).name == name:
            raise OSError(5, "Input/output error")
        return scandir(path)

    return scan


def test_a_drive_inside_a_folder_that_is_not_connected_loses_nothing(library, shelf, folder, monkeypatch) -> None:
    drive, connected = folder / "sub", {str(folder / "sub")}
    real = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in connected or real(path))
    run(library, shelf, folder)
    costs = (drive / "costs.txt").read_text()
    (drive / "costs.txt").unlink()
    connected.clear()
    for _ in range(2):  # it is remembered, however often it is away
        assert "nothing of it was removed (files known there: 1)" in run(library, shelf, folder)["sub"].reason
        assert found(library, "scaffold")
    drive.rmdir()  # as automatic mounts leave it
    assert "not connected" in run(library, shelf, folder)["sub"].reason
    drive.mkdir()
    connected.add(str(drive))
    (drive / "other.txt").write_text(costs.replace("scaffold", "ladder"))
    run(library, shelf, folder)  # it is connected, and costs.txt was deleted from it
    assert found(library, "ladder") and not found(library, "scaffold")


def test_ignored_files_are_counted_and_leave_the_library(library, shelf, folder) -> None:
    (folder / ".hidden").write_text("x")
    (folder / "half.pdf.part").write_text("x")
    run(library, shelf, folder)
    assert found(library, "scaffold")
    (folder / ".folioscopeignore").write_text("# costs are private\nsub/\n!sub/kept.txt\n*.log\n")
    (folder / "a.log").write_text("The scaffold again.")
    events = list(Ingest(library, shelf, 10**7).index([folder]))
    first = events[0]
    assert isinstance(first, FilesFound)
    assert first.ignored == {
        "hidden": 2,
        "unfinished downloads": 1,
        ".folioscopeignore line 2: sub/": 1,
        ".folioscopeignore line 4: *.log": 1,
    }
    gone = [e.record for e in events if isinstance(e, FileFinished) and e.record.status == "removed"]
    assert [record.reason for record in gone] == ["ignored now (.folioscopeignore line 2: sub/)"]
    assert not found(library, "scaffold")
    assert summary(first.ignored).startswith("2 hidden, 1 ")
    assert run(library, shelf, folder / "a.log")["a.log"].status == "indexed"  # what is named itself is meant


def test_the_last_rule_that_fits_decides_also_across_folders(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".folioscopeignore").write_text("*.txt\n")
    (tmp_path / "deep" / ".folioscopeignore").write_text("!wanted.txt\n")
    judge = Ignoring()
    assert judge.why_below(tmp_path, tmp_path / "deep" / "other.txt") == ".folioscopeignore line 1: *.txt"
    assert judge.why_below(tmp_path, tmp_path / "deep" / "wanted.txt") == ""
    assert judge.why_below(tmp_path, tmp_path / "node_modules" / "a" / "b.md") == "folders of tools"


def test_a_file_that_is_written_while_it_is_read_waits_for_the_next_time(library, shelf, folder, monkeypatch) -> None:
    slow = folder / "copied.txt"
    slow.write_text("The beginning of a text")
    import pipelines.reading.readers as readers

    real = readers.read_document

    def growing(record, *rest):
        made = real(record, *rest)
        if record.path == str(slow) and slow.stat().st_size < 30:
            with slow.open("a") as file:
                file.write(", and now its end about marmalade.")
        return made

    monkeypatch.setattr(readers, "read_document", growing)
    record = run(library, shelf, folder)["copied.txt"]
    assert record.status == "failed" and "written while it was read" in record.reason
    assert run(library, shelf, folder)["copied.txt"].status == "indexed"
    assert found(library, "marmalade") == [str(slow)]


def test_what_fails_is_read_three_times_and_then_on_request_or_when_it_changes(library, shelf, folder) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing\n%%EOF")
    for tried in (1, 2, MOST_TRIES):
        record = run(library, shelf, folder)["broken.pdf"]
        assert (record.status, record.tries) == ("failed", tried)
    events = list(Ingest(library, shelf, 10**7).index([folder]))
    assert not any(isinstance(e, FileStarted) and e.path.endswith("broken.pdf") for e in events)
    assert run(library, shelf, folder)["broken.pdf"].status == "failed"
    assert run(library, shelf, folder / "broken.pdf", again=True)["broken.pdf"].tries == MOST_TRIES + 1
    (folder / "broken.pdf").write_text("Now it is a text.")
    record = run(library, shelf, folder)["broken.pdf"]
    assert (record.status, record.tries) == ("indexed", 1)


def test_what_was_not_reached_waits_in_the_ledger_and_answers_say_so(library, shelf, folder) -> None:
    (folder / "Contract Oxenwold 2023.txt").write_text("It ends in May.")
    events = Ingest(library, shelf, 10**7).index([folder])
    next(events)
    next(events)
    assert set(library.catalogue.waiting()) == {str(p) for p in folder.rglob("*") if p.is_file()}
    assert waiting(library) == " 3 files are waiting to be read and may hold more."
    assert meant_and_waiting("When does the Oxenwold contract end?", library) == ("Contract Oxenwold 2023.txt",)
    assert meant_and_waiting("When is the ferry?", library) == ()
    events.close()
    assert {record.status for record in run(library, shelf, folder).values()} <= {"indexed", "unchanged"}
    assert library.catalogue.waiting() == [] and waiting(library) == ""


def test_the_ledger_as_csv_holds_no_formula(library) -> None:
    library.record(FileRecord("=HYPERLINK(1)", "failed", reason="-1", bytes=3))
    lines = ledger_csv(library.catalogue.files()).splitlines()
    assert lines[0].startswith("path,status,modality,bytes")
    assert lines[1].startswith("'=HYPERLINK(1),failed,,3,0,0.0,0,,'-1,")


@pytest.mark.slow
def test_failed_files_are_listed_for_another_try(tmp_path, folder) -> None:
    assistant = Assistant(load_settings({"library": str(tmp_path / "library")}))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing\n%%EOF")
    list(assistant.index([folder]))
    assert assistant.failed() == assistant.failed(str(folder)) == [str(folder / "broken.pdf")]
    with pytest.raises(UsageError, match="has failed"):
        assistant.failed(str(folder / "sub"))
    assistant.close()


def wait_for(condition, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.2)


@pytest.mark.slow
def test_a_folder_is_watched_through_editors_copies_and_its_own_disappearance(tmp_path, folder) -> None:
    where = tmp_path / "library"
    command = [sys.executable, "-m", "app", "index", str(folder), "--watch", "--library", str(where)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: (where / "catalogue.sqlite").exists())
        library = Library(where)
        wait_for(lambda: found(library, "scaffold"))
        time.sleep(1)
        aside = folder / "keeper.md~new"  # as editors save
        aside.write_text("# The light\n\nThe second keeper was Ann Frost.")
        os.replace(aside, folder / "keeper.md")
        wait_for(lambda: found(library, "Frost"))
        away = folder.with_name("away")
        folder.rename(away)
        time.sleep(7)
        assert found(library, "scaffold") and found(library, "Frost")
        (away / "new.txt").write_text("Written about marmalade while it was away.")
        away.rename(folder)
        wait_for(lambda: found(library, "marmalade"))
        shutil.rmtree(folder / "sub")
        wait_for(lambda: not found(library, "scaffold"))
        assert found(library, "Frost")
        library.close()
    finally:
        process.kill()
        process.wait()


def test_changes_are_told_again_when_watching_fails(tmp_path, monkeypatch) -> None:
    def too_many(*roots, **options):
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("watchfiles.watch", too_many)
    monkeypatch.setattr("app.watching._EVERY", 0.01)
    told = changes([str(tmp_path)])
    assert next(told) is None and next(told) is None
