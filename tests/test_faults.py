"""Faults, with real processes: what a library is after each, and that nothing committed is lost and nothing doubled."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.settings import load_settings
from indexes import shards
from indexes.agreement import breaches
from indexes.errors import LibraryError, LibraryReadOnly
from indexes.library import Library
from indexes.records import FileRecord, Segment, Source
from pipelines.records import FileFinished, FileStarted
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "FOLIOSCOPE_CHAT": "none"}
NAMES = ("Adela", "Bertram", "Cosima", "Dunstan")
AXES = np.eye(16, dtype=np.float32)

# Stores a source a line of its input and says so, then waits for the next; sources are called s0, s1, …
WRITER = """
import sys
from pathlib import Path
from tests.test_faults import store
from indexes.library import Library
library = Library(Path(sys.argv[1]))
with library.writing():
    print("ready", flush=True)
    for number, line in enumerate(sys.stdin):
        store(library, f"s{number}", [line.strip() + f" {i}" for i in range(20)])
        print("stored", flush=True)
"""


def store(library: Library, name: str, texts: list[str]) -> None:
    library.open_space("text", "m", len(AXES))
    segments = [Segment(name, i, "document", text) for i, text in enumerate(texts)]
    record = FileRecord(f"/files/{name}", "indexed", "document", name, segments=len(texts))
    rows = {"text": {i: AXES[i % len(AXES)] for i in range(len(texts))}}
    library.add(Source(name, "document", "text/plain", 1), record, segments, rows)


def app(*arguments: object, before: tuple[str, ...] = (), **options) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own; none may end with a traceback or as a bug."""
    line = [*before, sys.executable, "-m", "app", *map(str, arguments)]
    done = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, **options)
    assert "Traceback" not in done.stderr and "a bug" not in done.stderr, done.stderr
    return done


def found(library: Path, name: str, **options) -> list[str]:
    """Names of the files that a search gives, in a process of its own."""
    done = app("search", f"the keeper {name}", "--library", library, "--json", "-k", 1, **options)
    assert done.returncode == 0, done.stderr
    hits = json.loads(done.stdout)["hits"]
    assert all({*hit["found_by"]} >= {"keywords", "text"} for hit in hits)
    return [Path(hit["source"]).name for hit in hits]


def whole(folder: Path) -> set[str]:
    """Titles of what a library holds, after proving that all of it agrees."""
    library = Library(folder, create=False)
    assert library.catalogue.damage() == "" and not list(breaches(library.catalogue.connection))
    assert shards.check(library.catalogue.connection) == ""
    held = set(library.catalogue.sources())
    for row in library.catalogue.connection.execute("SELECT name, key, dimension FROM spaces").fetchall():
        hits = library.search_vectors(row["name"], np.ones(row["dimension"], np.float32), 10**6)
        assert sorted(hit.segment_id for hit in hits) == library.catalogue.vector_ids(row["key"]).tolist()
    library.close()
    return held


@pytest.fixture(scope="module")
def indexed(tmp_path_factory) -> tuple[Path, Path]:
    """A folder with four files and its library. Each test copies both."""
    place = tmp_path_factory.mktemp("faults")
    files = place / "files"
    files.mkdir()
    for number, name in enumerate(NAMES):
        (files / f"{name}.txt").write_text(f"The keeper {name} stayed on the island for {number + 3} years.\n")
    assert app("index", files, "--library", place / "library").returncode == 0
    return files, place / "library"


@pytest.fixture
def library(indexed, tmp_path: Path) -> Path:
    shutil.copytree(indexed[1], tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def files(indexed) -> Path:
    return indexed[0]


# --- kill -9 ---


def test_kills_at_random_instants_lose_and_double_nothing() -> None:
    line = [sys.executable, "-m", "benchmarks.faults", "6", str(int(time.time())), "6"]
    done = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(line)}\n{done.stdout}\n{done.stderr}"
    assert "the same as a new library" in done.stdout


def test_what_a_killed_forget_left_goes_with_the_next_writing(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    script = f"""
        import os
        from pathlib import Path
        from tests.test_faults import store
        from indexes.library import Library
        library = Library(Path({str(folder)!r}))
        with library.writing():
            store(library, "a", ["the vermilion ledger"])
            store(library, "b", ["the harbour lamp"])
        with library.writing():
            library.forget("/files/a")
            os.kill(os.getpid(), {int(signal.SIGKILL)})
    """
    code = "\n".join(line.removeprefix(" " * 8) for line in script.splitlines())
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT).returncode == -signal.SIGKILL
    left = [path for path in folder.rglob("*") if path.is_file() and b"vermilion" in path.read_bytes()]
    assert left and whole(folder) == {"b"}
    with Library(folder).writing():
        pass
    assert not [path for path in folder.rglob("*") if path.is_file() and b"vermilion" in path.read_bytes()]


def test_an_unfinished_index_file_is_swept(library: Path, files: Path) -> None:
    (library / "faiss" / "text-1-99.faiss.4711.aside").write_bytes(b"half")
    assert app("index", files, "--library", library).returncode == 0
    assert [path.suffix for path in (library / "faiss").iterdir()] == [".faiss"]


# --- power ---


def killed_while_writing(folder: Path, sources: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], cwd=ROOT, env=ENVIRONMENT, stdin=-1, stdout=-1, text=True
    )
    assert writer.stdin and writer.stdout and writer.stdout.readline() == "ready\n"
    for number in range(sources):
        print(f"text {number}", file=writer.stdin, flush=True)
        assert writer.stdout.readline() == "stored\n"
    writer.kill()
    writer.wait()


def test_a_log_cut_off_anywhere_leaves_the_sources_before_it(tmp_path: Path) -> None:
    killed_while_writing(tmp_path / "library", 6)
    log = tmp_path / "library" / "catalogue.sqlite-wal"
    data, seen = log.read_bytes(), set()
    for number, length in enumerate((*range(0, len(data), len(data) // 12), len(data))):
        for tail in (b"", b"\xa5" * 5000):  # a disk may have written the length, and not what stands there
            copy = tmp_path / f"copy {number} {len(tail)}"
            shutil.copytree(tmp_path / "library", copy)
            (copy / log.name).write_bytes(data[:length] + tail)
            (copy / "catalogue.sqlite-shm").unlink()
            held = whole(copy)
            assert held == {f"s{i}" for i in range(len(held))}
            seen.add(len(held))
    assert max(seen) == 6 and len(seen) > 3
    assert whole(tmp_path / "library") == {f"s{i}" for i in range(6)}


def test_what_was_committed_is_flushed_to_the_disk(tmp_path: Path) -> None:
    connection = Library(tmp_path / "library").catalogue.connection
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL: https://sqlite.org/pragma.html


@pytest.mark.parametrize("restored", ["ahead", "passed"])
def test_an_older_catalogue_never_meets_vectors_of_a_later_one(tmp_path: Path, restored: str) -> None:
    """As after a backup was put in its place: ids are given again, to other segments."""
    library = Library(tmp_path / "library")
    with library.writing():
        store(library, "a", ["first"])
    old = tmp_path / "old.sqlite"
    library.catalogue.copy_to(old, {"lineage": "of the copy"})
    with library.writing():
        store(library, "b", ["second", "third"])
    library.close()
    shutil.copyfile(old, library.catalogue.path)
    again = Library(tmp_path / "library")
    if restored == "passed":
        again.catalogue.connection.execute("UPDATE facts SET value = 99 WHERE name = 'generation'")
    with again.writing():
        again.open_space("text", "m", len(AXES))
        segment = Segment("c", 0, "document", "another")
        again.add(Source("c", "document", "text/plain", 1), FileRecord("/files/c", "indexed", "document", "c"),
                  [segment], {"text": {0: AXES[9]}})  # fmt: skip
    reader = Library(tmp_path / "library")
    for each in (again, reader):
        (best, *_) = each.search_vectors("text", AXES[9], 5)
        assert each.catalogue.segments([best.segment_id])[best.segment_id].text == "another"
        assert best.score == pytest.approx(1.0, abs=1e-3)
        each.close()


# --- disk full ---


def full_disk(library: Path, files: Path, room: str) -> tuple[str, ...]:
    """A command line that runs another one on a file system of its own, which is full but for some room, then deletes
    what fills it and runs it again. Prints both exit codes; the library comes back as it was in the end."""
    script = f"""
        set -e
        mount -t tmpfs -o size=4m tmpfs {library.parent}/disk
        cp -r {library} {library.parent}/disk/
        head -c $(( $(stat -f -c '%a*%S' {library.parent}/disk) - {room} )) /dev/zero > {library.parent}/disk/filler
        set +e
        {sys.executable} -m app index {files} --library {library.parent}/disk/library; echo CODE $?
        {sys.executable} -m app doctor --library {library.parent}/disk/library; echo CODE $?
        rm {library.parent}/disk/filler
        {sys.executable} -m app index {files} --library {library.parent}/disk/library; echo CODE $?
        rm -r {library}; cp -r {library.parent}/disk/library {library}
    """
    return ("unshare", "--mount", "--map-root-user", "sh", "-c", script)


def more_files(folder: Path) -> Path:
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"Report {number} of the lamp and its oil, line by line.\n" * 60)
    return folder


def can_mount() -> bool:
    line = ("unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    return shutil.which("unshare") is not None and subprocess.run(line, capture_output=True).returncode == 0


def test_a_full_disk_keeps_what_was_finished_and_says_so(library: Path, tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("no file system can be mounted here")
    (tmp_path / "disk").mkdir()
    files, before = more_files(tmp_path / "more"), whole(library)
    line = full_disk(library, files, "150000")
    done = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    codes = [each.split()[1] for each in done.stdout.splitlines() if each.startswith("CODE")]
    assert codes == ["3", "0", "0"], done.stdout + done.stderr
    assert "The disk is full" in done.stderr and "Traceback" not in done.stderr and "a bug" not in done.stderr
    assert "BAD" not in done.stdout
    assert len(whole(library) - before) == 12 and before <= whole(library)


def test_a_file_that_may_grow_no_more_keeps_what_was_finished(library: Path, tmp_path: Path) -> None:
    files, before = more_files(tmp_path / "more"), whole(library)
    limited = f"""
import resource, sys
from app.cli import main
from pipelines.languages import detect
detect("so that it has made its own files")
resource.setrlimit(resource.RLIMIT_FSIZE, ({(library / "catalogue.sqlite").stat().st_size + 60_000},) * 2)
sys.exit(main(["index", {str(files)!r}, "--library", {str(library)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", limited], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 3 and "What was finished is kept" in done.stderr, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert before <= whole(library)
    assert app("index", files, "--library", library).returncode == 0
    assert len(whole(library) - before) == 12 and before <= whole(library)


# --- caches ---


@pytest.mark.parametrize("fault", ["a bit", "cut off", "empty", "other bytes", "deleted"])
def test_a_corrupted_faiss_file_changes_nothing_that_is_found(library: Path, fault: str) -> None:
    (path,) = (library / "faiss").iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    altered = {"a bit": bytes(data), "cut off": bytes(data[:90]), "empty": b"", "other bytes": os.urandom(5000)}
    path.write_bytes(altered[fault]) if fault in altered else shutil.rmtree(path.parent)
    before = whole(library)
    if fault == "a bit":  # the rest is the same for all
        assert found(library, "Cosima") == ["Cosima.txt"]
        assert "BAD  text vectors" in app("doctor", "--library", library).stdout
        assert "FAISS files were made anew" in app("doctor", "--repair", "--library", library).stdout
        assert "BAD" not in app("doctor", "--library", library).stdout
    one = Library(library)
    with one.writing():
        pass
    assert one.saved_ids("text")[0].tolist() == [1, 2, 3, 4]  # type: ignore[union-attr]
    one.close()
    assert whole(library) == before


def test_corrupted_previews_are_seen_deleted_and_made_anew(tmp_path: Path) -> None:
    from app.preparing import Previews, useless
    from tests.making_media import make_audio, tone

    sound = tmp_path / "sound.wav"
    make_audio(sound, tone(2))
    library = Library(tmp_path / "library")
    source = Source("a" * 64, "audio", "audio/wav", 1)
    library.extend(source, FileRecord(str(sound), "indexed", "audio", source.id), [], {}, {})
    previews = Previews(library)

    def made(give) -> Path:
        while isinstance(ready := give(), float):
            time.sleep(0.02)
        return ready.path

    kept = [
        made(lambda: previews.waveform(source, sound)),
        made(lambda: previews.playable(source, sound, convert=True)),
    ]
    good = [path.read_bytes() for path in kept]
    assert useless(library) == []
    for damage in (lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"\0" * len(data)):
        for path, data in zip(kept, good, strict=True):
            path.write_bytes(damage(data))
        assert set(useless(library)) == set(kept)
        assert "BAD  previews" in app("doctor", "--library", library.folder).stdout
        assert json.loads(made(lambda: previews.waveform(source, sound)).read_bytes()) == json.loads(good[0])
        assert "previews that no source needs" in app("doctor", "--repair", "--library", library.folder).stdout
        assert [path.exists() for path in kept] == [True, False]
        assert len(made(lambda: previews.playable(source, sound, convert=True)).read_bytes()) == len(good[1])
    library.close()


# --- a second writer ---


def test_a_second_writer_is_told_who_writes_and_follows_when_that_one_is_killed(library: Path, files: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(library)], cwd=ROOT, env=ENVIRONMENT, stdin=-1, stdout=-1, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    done = app("index", files, "--library", library)
    assert done.returncode == 3 and f"Process {holder.pid}" in done.stderr and "is writing" in done.stderr
    assert found(library, "Adela") == ["Adela.txt"]
    holder.kill()
    holder.wait()
    assert app("index", files, "--library", library).returncode == 0


# --- clocks ---


def test_times_to_come_are_neither_read_for_ever_nor_missed(indexed, library: Path, tmp_path: Path, shelf) -> None:
    files = tmp_path / "files"
    shutil.copytree(indexed[0], files)
    assistant = Assistant(load_settings({"library": str(library)}))
    assistant.shelf = shelf

    def index() -> tuple[list[str], list[str]]:
        """Names of the files that were opened, and of those that were read."""
        events = list(assistant.index([files]))
        opened = [Path(event.path).name for event in events if isinstance(event, FileStarted)]
        records = [event.record for event in events if isinstance(event, FileFinished)]
        return opened, [Path(record.path).name for record in records if record.status == "indexed"]

    index()
    later = time.time() + 10**8
    for name in NAMES:
        os.utime(files / f"{name}.txt", (later, later))
    assert len(index()[0]) == 4 and index() == ([], [])
    # The clock is set back by three years: the ledger is ahead of it, and what is written now is older than that.
    assistant.library.catalogue.connection.execute("UPDATE files SET updated = ?", (later + 60,))
    (files / "Adela.txt").write_text("The keeper Adela went home to the island.\n")  # as long as before
    assert index() == (["Adela.txt"], ["Adela.txt"])
    assistant.library.catalogue.connection.execute("UPDATE files SET updated = ?", (later + 1,))
    assert sorted(index()[0]) == ["Bertram.txt", "Cosima.txt", "Dunstan.txt"]  # as if written in that second: once more
    os.utime(files / "Adela.txt", (1, 1))
    index()
    assert index() == ([], [])
    assert len(whole(library)) == 5  # Adela's was changed here, and not in the first folder
    assistant.close()


# --- moved ---


def test_a_moved_library_finds_its_uploads_where_they_are_now(library: Path, files: Path, tmp_path: Path) -> None:
    upload = library / "uploads" / "2026-11-26" / "note.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("The keeper Eugenia came last.\n")
    assert app("index", upload, "--library", library).returncode == 0
    moved = tmp_path / "other place" / "my library"
    moved.parent.mkdir()
    library.rename(moved)
    assert found(moved, "Eugenia") == ["note.txt"] and found(moved, "Cosima") == ["Cosima.txt"]
    status = json.loads(app("status", "--library", moved, "--json").stdout)
    here = str(moved / "uploads" / "2026-11-26" / "note.txt")
    assert {file["path"] for file in status["files"]} == {here, *(str(files / f"{name}.txt") for name in NAMES)}
    assert "BAD" not in app("doctor", "--library", moved).stdout
    done = json.loads(app("index", files, "--library", moved, "--json").stdout)
    assert done["unchanged"] == 4 and len(whole(moved)) == 5


# --- read-only ---


def read_only(folder: Path) -> tuple[str, ...]:
    """What to put before a command for which a folder may only be read; the folder itself where that is enough."""
    if os.geteuid():
        for path in (*folder.rglob("*"), folder):
            path.chmod(path.stat().st_mode & ~0o222)
        return ()
    if not can_mount():
        pytest.skip("root may write anything, and nothing can be mounted here")
    mount = f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}' && exec \"$@\""
    return ("unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh")


def test_a_library_that_may_only_be_read_is_searched_and_asked(library: Path, files: Path, tmp_path: Path) -> None:
    before = read_only(library)
    assert found(library, "Bertram", before=before) == ["Bertram.txt"]
    asked = app("ask", "Which football club won in Brazil?", "--library", library, "--json", before=before)
    assert asked.returncode == 0 and json.loads(asked.stdout)["abstained"], asked.stderr
    assert json.loads(app("status", "--library", library, "--json", before=before).stdout)["sources"] == 4
    doctor = app("doctor", "--library", library, before=before)
    assert doctor.returncode == 0 and "BAD" not in doctor.stdout
    assert app("export", "Cosima.txt", "--library", library, before=before).returncode == 0
    assert app("backup", tmp_path / "copy", "--library", library, before=before).returncode == 0
    for command in (("index", files), ("forget", "Cosima.txt"), ("doctor", "--repair")):
        done = app(*command, "--library", library, before=before)
        assert done.returncode == 3 and "may only be read" in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert len(whole(tmp_path / "copy")) == 4


def test_what_was_left_in_the_middle_of_writing_must_be_opened_where_it_may_be_written(tmp_path: Path) -> None:
    killed_while_writing(tmp_path / "library", 2)
    (tmp_path / "library" / "catalogue.sqlite-shm").unlink()
    before = read_only(tmp_path / "library")
    done = app("status", "--library", tmp_path / "library", before=before)
    assert done.returncode == 3 and "middle of writing" in done.stderr


def test_only_what_reads_works_where_nothing_may_be_written(library: Path, monkeypatch) -> None:
    monkeypatch.setattr("indexes.database.os.access", lambda path, mode: mode != os.W_OK)
    one = Library(library)
    with pytest.raises(LibraryReadOnly, match="may only be read"), one.writing():
        pass
    with pytest.raises(LibraryReadOnly), one.catalogue.transaction():
        pass
    with pytest.raises(LibraryError, match="history=off"):
        one.conversations.start("a question")
    with pytest.raises(sqlite3.OperationalError):
        one.catalogue.connection.execute("DELETE FROM segments")
    assert len(one.search_keywords("keeper", 9)) == 4
    one.close()
    with sqlite3.connect(library / "catalogue.sqlite") as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(LibraryError, match="older version"):
        Library(library)
