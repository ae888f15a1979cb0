"""What the doctor sees, and what it mends."""

from pathlib import Path

import pytest

from app.assistant import Assistant
from app.doctor import Finding, examine, reembed, repair
from app.settings import load_settings

SAMPLES = Path(__file__).parent.parent / "samples"


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
    assert assistant.search("keeper")[0].found_by.keys() == {"keywords"}
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
