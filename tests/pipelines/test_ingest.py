"""Indexing real files with the real models: what is stored, what is skipped, what survives."""

import os
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from indexes.library import Library
from indexes.records import FileRecord
from pipelines.ingest import Ingest
from pipelines.models.shelf import ModelShelf
from pipelines.records import FileAdvanced, FileFinished, FilesFound, FileStarted, TimeLeft

OLD = time.time() - 1000  # a time of change long enough ago to be trusted


class NoModels:
    """A shelf on which nothing may be touched; the labels may be read."""

    def name(self, role: str) -> str:
        return ModelShelf({}, Path()).name(role)

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the {name} model was used")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "keeper.md").write_text("# The light\n\nThe first keeper was Thomas Vane. He stayed for 31 years.")
    (made / "costs.csv").write_text("item,cost\nscaffold,18400\nlime mortar,6250\n")
    picture = Image.new("RGB", (700, 160), "white")
    ImageDraw.Draw(picture).text((20, 50), "LAMP ROOM SEVEN", "black", ImageFont.load_default(60))
    picture.save(made / "sign.png")
    for path in made.iterdir():
        os.utime(path, (OLD, OLD))
    return made


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    yield made
    made.close()


def run(library: Library, shelf: object, *paths: Path, largest: int = 10_000_000) -> dict[str, FileRecord]:
    events = list(Ingest(library, shelf, largest).index(list(paths)))  # type: ignore[arg-type]
    return {Path(e.record.path).name: e.record for e in events if isinstance(e, FileFinished)}


def test_a_folder_is_read_and_each_segment_knows_its_place(library, shelf, folder) -> None:
    events = list(Ingest(library, shelf, 10_000_000).index([folder]))
    assert events[0] == FilesFound(3, sum(p.stat().st_size for p in folder.iterdir()))
    assert {type(event) for event in events} - {TimeLeft} == {FilesFound, FileStarted, FileAdvanced, FileFinished}
    records = {Path(e.record.path).name: e.record for e in events if isinstance(e, FileFinished)}
    assert {name: record.status for name, record in records.items()} == dict.fromkeys(
        ("keeper.md", "costs.csv", "sign.png"), "indexed"
    )
    segments = [s for source in library.catalogue.sources() for s in library.catalogue.segments_of(source)]
    texts = {s.modality: s for s in segments}
    assert "LAMP ROOM SEVEN" in texts["image"].text
    assert any("lime mortar | 6250" in s.text and s.place.lines for s in segments)
    assert any("Thomas Vane" in s.text and s.heading == "The light" for s in segments)
    assert library.saved_ids("image")[0].tolist() == [texts["image"].id]
    assert len(library.saved_ids("text")[0]) == len(segments)


def test_a_second_run_does_no_model_work_and_moved_files_cost_nothing(library, shelf, folder) -> None:
    run(library, shelf, folder)
    before = library.catalogue.segments(range(1, 100))
    assert {r.status for r in run(library, NoModels(), folder).values()} == {"unchanged"}
    os.utime(folder / "keeper.md")
    assert run(library, NoModels(), folder)["keeper.md"].status == "unchanged"
    shutil.copy(folder / "keeper.md", folder / "copy.md")
    (folder / "costs.csv").rename(folder / "prices.csv")
    records = run(library, NoModels(), folder)
    assert records["copy.md"].status == "indexed" and records["copy.md"].segments == 1
    assert (records["prices.csv"].status, records["costs.csv"].status) == ("indexed", "removed")
    assert library.catalogue.segments(range(1, 100)) == before


def test_a_changed_file_is_read_again_even_with_the_same_size_and_time(library, shelf, folder) -> None:
    run(library, shelf, folder)
    now = time.time()
    (folder / "keeper.md").write_text("# The light\n\nThe first keeper was Edward Moss. He stayed for 31 years.")
    os.utime(folder / "keeper.md", (now, now))
    assert run(library, shelf, folder)["keeper.md"].status == "indexed"
    (folder / "keeper.md").write_text("# The light\n\nThe first keeper was Albert Rose. He stayed for 31 years.")
    os.utime(folder / "keeper.md", (now, now))
    assert run(library, shelf, folder)["keeper.md"].status == "indexed"
    texts = [s.text for s in library.catalogue.segments(range(1, 100)).values()]
    assert any("Albert Rose" in text for text in texts)
    assert not any("Moss" in text or "Vane" in text for text in texts)


def test_deleted_files_are_forgotten_but_a_folder_missing_as_a_whole_is_not(library, shelf, folder) -> None:
    run(library, shelf, folder)
    (folder / "keeper.md").unlink()
    assert run(library, shelf, folder)["keeper.md"].status == "removed"
    assert library.search_keywords("keeper", 5) == []
    folder.rename(folder.with_name("elsewhere"))
    records = run(library, shelf, folder)
    assert {r.status for r in records.values()} == {"failed"}
    assert library.search_keywords("scaffold", 5)


def test_one_bad_file_costs_itself_only_and_keeps_what_it_gave_before(library, shelf, folder) -> None:
    run(library, shelf, folder)
    (folder / "empty.docx").touch()
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "big.txt").write_text("x" * 5000)
    (folder / "cut.png").write_bytes((folder / "sign.png").read_bytes()[:300])
    (folder / "sign.png").write_bytes((folder / "sign.png").read_bytes()[:300])
    records = run(library, shelf, folder, largest=4000)
    assert {name: record.status for name, record in records.items()} == {
        "keeper.md": "unchanged",
        "costs.csv": "unchanged",
        "sign.png": "failed",
        "cut.png": "failed",
        "empty.docx": "failed",
        "noise.bin": "skipped",
        "big.txt": "skipped",
    }
    assert all(record.reason and record.stage for record in records.values() if record.status != "unchanged")
    assert "kept" in records["sign.png"].reason
    assert library.search_keywords("LAMP ROOM", 5)


def test_work_that_is_stopped_keeps_what_was_finished_and_goes_on_later(library, shelf, folder) -> None:
    events = Ingest(library, shelf, 10_000_000).index([folder])
    for event in events:
        if isinstance(event, FileFinished):
            first = Path(event.record.path).name
            events.close()
    stored = {Path(file.path).name for file in library.catalogue.files() if file.status != "waiting"}
    assert first in stored
    again = list(Ingest(library, shelf, 10_000_000).index([folder]))
    assert not {Path(event.path).name for event in again if isinstance(event, FileStarted)} & stored
    assert {file.status for file in library.catalogue.files()} == {"indexed"}
    assert len(library.catalogue.sources()) == 3


def test_two_equal_files_in_one_run_are_one_source(library, shelf, folder) -> None:
    shutil.copy(folder / "keeper.md", folder / "again.md")
    assert {r.status for r in run(library, shelf, folder).values()} == {"indexed"}
    assert len(library.catalogue.sources()) == 3
    assert len(library.search_keywords("keeper", 9)) == 1


def test_half_characters_and_odd_names_cost_nobody_anything(library, shelf, folder) -> None:
    (folder / "half.json").write_text('{"name": "broken \\ud800 half", "x": 2}')
    records = run(library, shelf, folder, Path(os.fsdecode(b"nowhere\xff.txt")))
    assert {r.status for name, r in records.items() if name != "nowhere\\xff.txt"} == {"indexed"}
    assert library.search_keywords("broken half", 5)


def test_a_missing_path_is_told_once_and_leaves_no_line(library, shelf, folder) -> None:
    run(library, shelf, folder)
    folder.rename(folder.with_name("elsewhere"))
    for missing in (folder, folder / "never.txt"):
        events = list(Ingest(library, shelf, 10**7).index([missing]))
        failed = [event.record for event in events if isinstance(event, FileFinished)]
        assert [record.status for record in failed] == ["failed"]
    assert {file.status for file in library.catalogue.files()} == {"indexed"}


def test_meant_line_breaks_stay_and_wrapped_ones_go(library, shelf, tmp_path) -> None:
    made = tmp_path / "notes"
    made.mkdir()
    (made / "a.md").write_text("# T\n\nA paragraph that is\nwrapped by hand.\n\n```sh\nexport a=1\nmake run\n```\n")
    (made / "b.json").write_text('{"host": "10.0.0.1", "port": 80}')
    run(library, shelf, made)
    texts = "\n".join(s.text for i in library.catalogue.sources() for s in library.catalogue.segments_of(i))
    assert "A paragraph that is wrapped by hand." in texts
    assert "export a=1\nmake run" in texts
    assert "10.0.0.1\n" in texts
