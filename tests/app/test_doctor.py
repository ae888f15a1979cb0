"""What the doctor sees, and what it mends."""

import shutil
import sqlite3

import pytest

from app.assistant import Assistant
from app.cli import main
from app.doctor import Finding, examine, reembed, repair
from app.settings import load_settings
from app.uploads import keep
from indexes.agreement import RULES
from indexes.records import FileRecord, Segment, Source
from tests.conftest import SAMPLES


@pytest.fixture
def assistant(tmp_path, shelf):
    made = Assistant(load_settings({"library": str(tmp_path / "library")}))
    made.shelf = shelf
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "keeper.txt").write_text("The first keeper of the light was Thomas Vane.")
    (folder / "boat.jpg").write_bytes((SAMPLES / "supply-boat.jpg").read_bytes())
    list(made.index([folder]))
    yield made
    made.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory, shelf):
    """A library of two texts that is read once, and copied for each test."""
    place = tmp_path_factory.mktemp("doctor")
    (place / "files").mkdir()
    (place / "files" / "keeper.txt").write_text("The first keeper of the light was Thomas Vane.")
    (place / "files" / "boat.txt").write_text("The supply boat came on Fridays.")
    made = Assistant(load_settings({"library": str(place / "library")}))
    made.shelf = shelf
    list(made.index([place / "files"]))
    made.close()
    return place


@pytest.fixture
def texts(template, tmp_path, shelf):
    shutil.copytree(template / "library", tmp_path / "library")
    made = Assistant(load_settings({"library": str(tmp_path / "library")}))
    made.shelf = shelf
    yield made
    made.close()


def unhealthy(assistant: Assistant) -> list[str]:
    findings = examine(assistant)
    assert all(isinstance(finding, Finding) and finding.says for finding in findings)
    return [finding.what for finding in findings if not finding.healthy]


def test_a_fresh_library_is_healthy(assistant) -> None:
    assert unhealthy(assistant) == []


def test_faiss_files_that_are_gone_or_damaged_are_seen_and_made_again_without_a_model(assistant, monkeypatch) -> None:
    folder = assistant.library.folder / "faiss"
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:40])
    assert set(unhealthy(assistant)) == {"image vectors", "text vectors"}
    monkeypatch.setattr(assistant, "shelf", None)
    repair(assistant.library)
    monkeypatch.undo()
    assert unhealthy(assistant) == []
    assert assistant.search("keeper")[0].found_by.keys() >= {"text", "keywords"}


def test_words_that_do_not_agree_are_seen_and_made_again(assistant) -> None:
    with assistant.library.catalogue.transaction() as connection:
        connection.execute("INSERT INTO keywords(keywords) VALUES('delete-all')")
    assert unhealthy(assistant) == ["keywords"]
    repair(assistant.library)
    assert unhealthy(assistant) == []


def test_a_file_that_is_gone_from_disk_is_named(assistant, tmp_path) -> None:
    (tmp_path / "files" / "keeper.txt").unlink()
    finding = next(finding for finding in examine(assistant) if finding.what == "files")
    assert not finding.healthy and "keeper.txt" in finding.says


def test_vectors_of_a_model_that_is_gone_are_not_searched_and_can_be_made_anew(assistant) -> None:
    with assistant.library.catalogue.transaction() as connection:
        connection.execute("UPDATE spaces SET model = 'an older one'")
    assert assistant.search("keeper")[0].found_by.keys() <= {"keywords", "rare"}
    assert set(unhealthy(assistant)) == {"text model", "image model"}
    assert all("doctor --reembed" in finding.says for finding in examine(assistant) if not finding.healthy)
    before = assistant.library.catalogue.segments(range(1, 99))
    reembed(assistant)
    assert unhealthy(assistant) == []
    assert assistant.library.catalogue.segments(range(1, 99)) == before
    assert "image" in assistant.search("a sailing boat on the sea")[0].found_by


def test_a_damaged_catalogue_is_said_first(assistant) -> None:
    assistant.library.catalogue.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = assistant.library.catalogue.path
    damaged = bytearray(path.read_bytes())
    damaged[4096 : 4096 * 8] = b"\xff" * 4096 * 7
    assistant.close()
    path.write_bytes(damaged)
    finding = examine(assistant)[0]
    assert (finding.what, finding.healthy) == ("catalogue", False) and "backup" in finding.says


# What breaks each rule, in SQL, and the file's sources (keys 1 and 2).
BROKEN = {
    "files that lead to an unknown source": "UPDATE files SET source = 77 WHERE source = 1",
    "sources that no file leads to": "UPDATE files SET source = NULL, status = 'failed' WHERE source = 1",
    "segments without a source": "DELETE FROM sources WHERE key = 1; UPDATE files SET source = 2 WHERE source = 1",
    "vectors without a segment or a space": "INSERT INTO vectors VALUES (1, 999, zeroblob(768))",
    "vectors of another length than their space's": "UPDATE vectors SET vector = x'00' WHERE space = 1",
    "codes without a segment or a space": "INSERT INTO codes VALUES (1, 999, x'00')",
    "stages of unknown sources": "INSERT INTO stages VALUES (99, 'speech', 1.0)",
    "speakers of unknown sources": "INSERT INTO speakers VALUES (99, 'Speaker 1', '')",
    "turns of unknown conversations": "INSERT INTO turns(conversation, question, answer, created)"
    " VALUES ('x', '', '{}', 0)",
    "files called indexed that lead to no source": "INSERT INTO files SELECT '/x', NULL, status, modality, 1, 1, 1, 0,"
    " '', '', 0, 1, NULL FROM files LIMIT 1",
    "files of which the ledger counts other segments than there are": "UPDATE files SET segments = 5",
    "segments whose place, marks or cues cannot be read": "UPDATE segments SET place = '{\"page\": '",
    "spaces that count their vectors wrongly": "UPDATE spaces SET vectors = 9",
    "texts without a vector": "DELETE FROM vectors WHERE space = 1",
    "rows that refer to what is not there": "INSERT INTO stages VALUES (99, 'speech', 1.0)",
}


@pytest.mark.parametrize("what", [rule.what for rule in RULES])
def test_each_rule_is_proved_and_mended_without_a_model(texts, template, what, monkeypatch) -> None:
    connection = texts.library.catalogue.connection
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.executescript(BROKEN[what])
    connection.execute("PRAGMA foreign_keys = ON")
    (finding, *_) = examine(texts)
    assert not finding.healthy and what in finding.says
    with monkeypatch.context() as without:
        without.setattr(texts, "shelf", None)
        mended = repair(texts.library)
    if what in ("texts without a vector", "vectors of another length than their space's"):
        assert "doctor --reembed" in examine(texts)[0].says
        reembed(texts)
    if what != "texts without a vector":
        assert any("mended" in says for says in mended)
    assert "catalogue" not in unhealthy(texts)
    assert "keywords" not in unhealthy(texts)
    assert repair(texts.library) == []
    list(texts.index([template / "files"]))  # what was lost is read again
    if "counts other segments" not in what and "unknown source" not in what:
        assert unhealthy(texts) == []


def test_a_library_of_which_all_was_forgotten_is_healthy(texts, template) -> None:
    texts.forget(str(template / "files"))
    assert unhealthy(texts) == [] and repair(texts.library) == []
    assert {file.status for file in texts.library.catalogue.files()} == {"removed"}


@pytest.mark.parametrize(
    "damage",
    ["UPDATE keywords_data SET block = x'ffffffff' WHERE id = 10", "DELETE FROM keywords_config",
     "DROP TABLE keywords_data", "DELETE FROM keywords_docsize"],
)  # fmt: skip
def test_words_that_cannot_even_be_opened_are_made_anew(texts, damage) -> None:
    with sqlite3.connect(texts.library.catalogue.path) as raw:
        raw.execute(damage)
    raw.close()
    texts.library.close()
    assert unhealthy(texts) == ["keywords"]
    assert "words were made anew from the catalogue" in repair(texts.library)
    assert unhealthy(texts) == []
    assert texts.library.search_keywords("keeper", 5)


def test_indexes_of_sqlite_are_made_anew_where_nothing_else_is_damaged(texts) -> None:
    execute = texts.library.catalogue.connection.execute
    execute("PRAGMA writable_schema = ON")
    index = tuple(execute("SELECT * FROM sqlite_master WHERE name = 'segments_source'").fetchone())
    execute("DELETE FROM sqlite_master WHERE name = 'segments_source'")
    texts.library.close()  # from here on that index does not follow
    execute = texts.library.catalogue.connection.execute
    execute("UPDATE segments SET source = 3 - source")
    execute("PRAGMA writable_schema = ON")
    execute("INSERT INTO sqlite_master VALUES (?,?,?,?,?)", index)
    texts.library.close()
    assert unhealthy(texts) == ["catalogue"]
    assert repair(texts.library)[0].startswith("SQLite's indexes")
    assert unhealthy(texts) == []


def test_uploads_are_named_or_deleted_as_the_ledger_has_it(texts, tmp_path) -> None:
    folder = texts.library.folder / "uploads"
    (tmp_path / "note.txt").write_text("The bell was cast in 1840.")
    (tmp_path / "other.txt").write_text("The bell was sold.")
    (kept,) = keep([str(tmp_path / "note.txt")], folder)
    assert unhealthy(texts) == ["uploads"]
    assert repair(texts.library) == [] and kept.exists()  # it may be all that there is of it
    list(texts.index([folder]))
    assert unhealthy(texts) == []
    texts.forget(str(kept))  # as if killed before the copy was deleted
    assert unhealthy(texts) == ["uploads"]
    assert repair(texts.library) == ["1 uploaded copies of forgotten files were deleted"] and not kept.exists()
    assert unhealthy(texts) == []


def test_room_that_holds_nothing_is_given_back(texts) -> None:
    library = texts.library
    source = Source("long", "document", "text/plain", 1)
    segments = [Segment("long", i, "document", f"{i} lamps " * 400, kind="picture") for i in range(600)]
    with library.writing():
        library.add(source, FileRecord("/f/long", "indexed", "document", "long", segments=600), segments, {})
        library.forget("/f/long")
    before = library.catalogue.path.stat().st_size
    assert any("given back" in says for says in repair(library))
    library.catalogue.empty_log()
    assert library.catalogue.path.stat().st_size < before / 4
    assert unhealthy(texts) == []


def test_the_way_out_of_a_damaged_catalogue_is_its_newest_backup(texts, tmp_path, capsys) -> None:
    library = texts.library.folder
    for name in ("older", "newest"):
        assert main(["backup", str(tmp_path / name), "--library", str(library)]) == 0
    assert main(["backup", str(tmp_path / "alone.sqlite"), "--library", str(tmp_path / "older")]) == 0  # of another
    texts.library.catalogue.empty_log()
    texts.close()
    path = texts.library.catalogue.path
    whole = path.read_bytes()
    for damaged in (whole[:4096] + b"\xff" * 4096 * 7 + whole[4096 * 8 :], b"no database at all" * 999, whole[:5000]):
        path.write_bytes(damaged)
        capsys.readouterr()
        assert main(["doctor", "--repair", "--library", str(library)]) == 3
        assert f"--library {tmp_path / 'newest'}" in capsys.readouterr().err
        assert path.read_bytes() == damaged
    assert main(["search", "keeper", "--library", str(tmp_path / "newest"), "--json"]) == 0
    assert "Thomas Vane" in capsys.readouterr().out
