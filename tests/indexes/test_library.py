"""The library folder: catalogue, words and vectors stay one."""

import sqlite3
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest

from indexes import shards
from indexes.database import Database
from indexes.errors import LibraryBusy, LibraryError, SpaceMismatch, UsageError
from indexes.growing import Growing, alone
from indexes.library import Library
from indexes.migrations import MIGRATIONS
from indexes.records import Cue, FileRecord, Place, Segment, Source
from indexes.speakers import called
from tests.conftest import ROOT

DIMENSION = 16


@pytest.fixture
def library(tmp_path: Path):
    made = Library(tmp_path / "library")
    made.open_space("text", "test-model", DIMENSION)
    yield made
    made.close()


def unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def add(library: Library, name: str, texts: list[str], path: str | None = None) -> None:
    source = Source(id=name, modality="document", media_type="text/plain", bytes=1)
    segments = [Segment(name, i, "document", text, Place(page=i + 1)) for i, text in enumerate(texts)]
    vectors = {"text": {i: unit(zlib.crc32(f"{name}{i}".encode())) for i in range(len(texts))}}
    record = FileRecord(path or f"/files/{name}.txt", "indexed", "document", name, segments=len(texts))
    library.add(source, record, segments, vectors)


def test_what_was_added_is_found_by_each_index_and_leads_to_its_place(library: Library) -> None:
    add(library, "a", ["the lamp of the lighthouse", "the oil store"])
    add(library, "b", ["a boat"])
    by_word = library.search_keywords("Where are the lamps?", 5)
    by_vector = library.search_vectors("text", unit(zlib.crc32(b"a0")), 5)
    assert by_word[0].segment_id == by_vector[0].segment_id
    assert [hit.rank for hit in by_vector] == [1, 2, 3]
    assert by_vector[0].score == pytest.approx(1.0, abs=1e-3)
    segment = library.catalogue.segments([by_word[0].segment_id])[by_word[0].segment_id]
    assert (segment.text, segment.place, segment.source_id) == ("the lamp of the lighthouse", Place(page=1), "a")
    assert library.catalogue.sources(["a"])["a"].path == "/files/a.txt"


def test_a_second_path_to_the_same_content_is_an_alias(library: Library) -> None:
    add(library, "a", ["once"])
    add(library, "a", ["once"], path="/files/copy of a.txt")
    assert len(library.search_keywords("once", 5)) == 1
    assert library.catalogue.sources()["a"].paths == ("/files/a.txt", "/files/copy of a.txt")
    library.forget("/files/a.txt")
    assert len(library.search_keywords("once", 5)) == 1
    library.forget("/files/copy of a.txt")
    assert library.search_keywords("once", 5) == []
    assert library.catalogue.sources() == {}


def test_a_changed_file_replaces_what_it_held_before(library: Library) -> None:
    add(library, "old", ["the keeper was Thomas"], path="/files/x.txt")
    add(library, "new", ["the keeper was Ann"], path="/files/x.txt")
    assert [
        s.text for s in library.catalogue.segments(h.segment_id for h in library.search_keywords("keeper", 5)).values()
    ] == ["the keeper was Ann"]
    assert len(library.search_vectors("text", unit(1), 5)) == 1


def test_forgetting_a_folder_leaves_its_neighbours_and_the_ledger_remembers(library: Library) -> None:
    add(library, "a", ["alpha"], path="/files/sub/a.txt")
    add(library, "b", ["beta"], path="/files/subway/b.txt")
    assert [record.path for record in library.forget("/files/sub")] == ["/files/sub/a.txt"]
    assert {file.path: file.status for file in library.catalogue.files()} == {
        "/files/sub/a.txt": "removed",
        "/files/subway/b.txt": "indexed",
    }
    assert shards.check(library.catalogue.connection) == ""


def test_ids_are_never_reused(library: Library) -> None:
    add(library, "a", ["one"])
    first = library.search_keywords("one", 1)[0].segment_id
    library.forget("/files/a.txt")
    add(library, "b", ["one"])
    assert library.search_keywords("one", 1)[0].segment_id > first


def test_a_failed_transaction_leaves_nothing_behind(library: Library) -> None:
    source = Source(id="broken", modality="document", media_type="text/plain", bytes=1)
    segments = [Segment("broken", 0, "document", "half a thing")]
    record = FileRecord("/files/broken.txt", "indexed", source_id="broken")
    with pytest.raises(AssertionError):
        library.add(source, record, segments, {"no such space": {0: unit(1)}})
    assert library.catalogue.sources() == {}
    assert library.search_keywords("half", 5) == []
    assert library.catalogue.files() == []


def test_another_library_object_sees_what_was_added_and_forgotten(library: Library) -> None:
    reader = Library(library.folder)
    add(library, "a", ["alpha"])
    assert len(reader.search_vectors("text", unit(1), 5)) == 1
    add(library, "b", ["beta"])
    library.forget("/files/a.txt")
    assert len(reader.search_vectors("text", unit(1), 5)) == 1
    reader.close()


def test_faiss_files_follow_the_catalogue_and_a_damaged_one_is_rebuilt(library: Library) -> None:
    with library.writing():
        add(library, "a", ["alpha"])
    (saved,) = (library.folder / "faiss").iterdir()
    with library.writing():
        add(library, "b", ["beta"])
    (saved,) = (library.folder / "faiss").iterdir()
    assert library.saved_ids("text")[0].tolist() == [1, 2]
    saved.write_bytes(saved.read_bytes()[:50])
    reopened = Library(library.folder)
    assert len(reopened.search_vectors("text", unit(1), 5)) == 2
    reopened.rebuild_spaces()
    assert reopened.saved_ids("text")[0].tolist() == [1, 2]
    reopened.close()


def test_what_another_model_gave_is_not_searched_with_the_command_that_helps(library: Library) -> None:
    add(library, "a", ["alpha"])
    assert len(library.search_vectors("text", unit(1), 5, model="test-model")) == 1
    for vector, model in ((unit(1), "another-model"), (unit(1)[:8], "test-model")):
        with pytest.raises(SpaceMismatch, match="doctor --reembed"):
            library.search_vectors("text", vector, 5, model=model)


def test_vectors_of_another_model_grow_beside_those_in_use_and_take_over(library: Library) -> None:
    with library.writing():
        add(library, "a", ["alpha", "beta"])
        add(library, "b", ["gamma"])
    (old,) = (library.folder / "faiss").iterdir()
    before = library.catalogue.generation
    growing = Growing(library.catalogue, "text", "another-model", 8)
    assert growing.lacking(0, 2) == [1, 2]
    growing.store({1: unit(1)[:8], 2: unit(2)[:8]}, {1: np.zeros((2, 32), np.uint8)})
    assert library.catalogue.generation == before  # no cache has to follow
    assert Growing(library.catalogue, "text", "another-model", 8).lacking(0, 9) == [3]
    assert len(library.search_vectors("text", unit(1), 9)) == 3
    library.open_space("text", "another-model", 8)  # as by one who has only that model
    source = Source("c", "document", "text/plain", 1)
    library.add(source, FileRecord("/c", "indexed", source_id="c"), [Segment("c", 0, "document", "delta")],
                {"text": {0: unit(4)[:8]}})  # fmt: skip
    assert growing.lacking(2, 9) == [3] and library.catalogue.space("text", growing=True)["vectors"] == 3
    library.forget("/files/a.txt")
    growing.store({1: unit(1)[:8], 3: unit(3)[:8]}, {1: np.zeros((2, 32), np.uint8)})  # 1 was forgotten meanwhile
    reader = Library(library.folder)
    assert {hit.segment_id for hit in reader.search_vectors("text", unit(1), 9)} == {3}
    with library.writing():
        growing.take_over()
    count = "SELECT (SELECT count(*) FROM vectors), (SELECT count(*) FROM codes), (SELECT count(*) FROM spaces)"
    assert tuple(library.catalogue.connection.execute(count).fetchone()) == (2, 0, 1)
    for one in (library, reader):
        assert {hit.segment_id for hit in one.search_vectors("text", unit(3)[:8], 9, model="another-model")} == {3, 4}
    (new,) = (library.folder / "faiss").iterdir()
    assert new != old and library.saved_ids("text")[0].tolist() == [3, 4]  # type: ignore[union-attr]
    reader.close()


def test_what_was_begun_by_one_model_makes_way_for_another_and_says_so(library: Library) -> None:
    add(library, "a", ["alpha"])
    first = Growing(library.catalogue, "text", "second-model", DIMENSION)
    first.store({1: unit(1)}, {})
    assert Growing(library.catalogue, "text", "third-model", DIMENSION).lacking(0, 9) == [1]
    with pytest.raises(LibraryError, match="second-model were given up"):
        first.store({1: unit(1)}, {})


def test_only_one_makes_new_vectors(library: Library) -> None:
    with alone(library.folder), pytest.raises(LibraryBusy, match="another process"), alone(library.folder):
        pass
    with alone(library.folder):
        pass


def test_a_library_from_before_spaces_could_grow_keeps_its_vectors(tmp_path: Path) -> None:
    old = Database(tmp_path / "catalogue.sqlite", MIGRATIONS[:5])
    with old.transaction() as connection:
        connection.execute("INSERT INTO sources VALUES (1, 'a', 'document', 'text/plain', 1, '', '', 0, NULL)")
        connection.execute(
            "INSERT INTO segments(source, position, modality, heading, text, place, member, marks)"
            " VALUES (1, 0, 'document', '', 'words', '{}', '', '[]')"
        )
        connection.execute("INSERT INTO spaces(key, name, model, dimension) VALUES (7, 'text', 'm', ?)", (DIMENSION,))
        connection.execute("INSERT INTO vectors VALUES (7, 1, ?)", (unit(1).astype(np.float16).tobytes(),))
        connection.execute("INSERT INTO codes VALUES (7, 1, x'00')")
    old.close()
    library = Library(tmp_path)
    assert tuple(library.catalogue.space("text")) == (7, "text", "m", DIMENSION, 1, 0)
    assert library.catalogue.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    library.open_space("text", "m", DIMENSION)
    add(library, "b", ["more"])
    assert library.catalogue.space("text")["vectors"] == 2  # the triggers still count
    assert {hit.segment_id for hit in library.search_vectors("text", unit(1), 9, model="m")} == {1, 2}
    library.close()


def test_who_speaks_is_known_of_a_library_from_before_speakers_were_noted(tmp_path: Path) -> None:
    old = Database(tmp_path / "catalogue.sqlite", MIGRATIONS[:10])
    with old.transaction() as connection:
        connection.execute("INSERT INTO sources VALUES (1, 'a', 'audio', 'audio/wav', 1, '', '', 0, NULL)")
        for i, cues in enumerate(('[[0, 1, "Hello?", "Ann"], [1, 2, "Bell.", ""]]', "broken", '[[0, 1, "Oh."]]')):
            connection.execute(
                "INSERT INTO segments(source, position, modality, heading, text, place, member, marks, kind, cues)"
                f" VALUES (1, {i}, 'audio', '', 'words', '{{}}', '', '[]', 'speech', ?)",
                (cues,),
            )
    old.close()
    library = Library(tmp_path)
    assert called(library.catalogue.connection) == ["Ann"]
    with library.catalogue.transaction():
        library.catalogue.remove_source(1)
    assert called(library.catalogue.connection) == []
    library.close()


def test_a_scope_narrows_every_index(library: Library) -> None:
    add(library, "a", ["same words"], path="/files/one/a.txt")
    add(library, "b", ["same words"], path="/files/two/b [1].txt")
    for glob in ("two", "b [[]1].txt", "/files/two/*", "TWO/"):
        scope = library.scope(glob)
        assert len(library.search_keywords("words", 5, scope)) == 1
        assert len(library.search_vectors("text", unit(1), 5, scope)) == 1
    assert library.search_vectors("text", unit(1), 5, library.scope(modality="image")) == []
    add(library, "c", ["same words"], path="/files/Übersicht/Ärger.txt")
    assert len(library.search_keywords("words", 5, library.scope("Ärger.txt"))) == 1
    assert len(library.search_keywords("words", 5, library.scope("/files/übersicht"))) == 1
    with pytest.raises(UsageError, match=r"nothing\.pdf"):
        library.scope("nothing.pdf")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("名古屋に住んでいる人は三十五歳です。", "名古屋の人"),
        ("灯塔的旧透镜保存在博物馆里。", "透镜在哪里"),
        ("Die Brücke wurde geprüft", "brucke"),
        ("Part SKU-6678 costs $200.00", "SKU-6678"),
        ("The lighthouses were restored", "restoring a lighthouse"),
    ],
)
def test_words_match_in_many_scripts_and_forms(library: Library, text: str, question: str) -> None:
    add(library, "other", ["nothing of the kind 別の話 另一件事"])
    add(library, "a", [text])
    hits = library.search_keywords(question, 5)
    assert library.catalogue.segments([hits[0].segment_id])[hits[0].segment_id].text == text


@pytest.mark.parametrize(
    "question", ['"', "AND OR NOT", "a*b (c)", "heading:x", "NEAR(a b)", "…", "'; DROP TABLE segments"]
)
def test_no_question_is_taken_as_query_syntax(library: Library, question: str) -> None:
    add(library, "a", ["and or not near heading"])
    library.search_keywords(question, 5)
    assert library.catalogue.segments_of("a")


def test_a_writer_that_waits_has_its_turn(library: Library) -> None:
    begun, other = threading.Event(), Library(library.folder)

    def write_a_while() -> None:
        with library.writing():
            begun.set()
            threading.Event().wait(0.3)

    thread = threading.Thread(target=write_a_while)
    thread.start()
    begun.wait()
    for waiting in (library, other):  # in the same process the lock of threads, in others the lock file
        with waiting.writing(wait=30):
            pass
    thread.join()
    other.close()


@pytest.mark.slow
def test_two_writers_at_once_are_refused_in_one_process_and_in_two(library: Library) -> None:
    other = Library(library.folder)
    with library.writing():
        with pytest.raises(LibraryBusy), other.writing():
            pass
        code = (
            "from pathlib import Path; from indexes.library import Library\n"
            f"with Library(Path({str(library.folder)!r})).writing(): pass"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert "LibraryBusy" in done.stderr
        assert "is writing" in done.stderr
    with other.writing():
        pass
    other.close()


def test_threads_that_have_ended_leave_no_connection_open(library: Library, monkeypatch) -> None:
    add(library, "a", ["alpha"])
    for _ in range(20):
        reader = threading.Thread(target=library.search_keywords, args=("alpha", 1))
        reader.start()
        reader.join()
    readers = [threading.Thread(target=library.search_keywords, args=("alpha", 1)) for _ in range(40)]
    failed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    last = threading.Thread(target=library.search_keywords, args=("alpha", 1))
    last.start()
    last.join()
    assert not failed
    assert len(library.catalogue._opened) <= 3


def test_folders_that_are_no_library_say_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        Library(tmp_path / "nothing", create=False)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "catalogue.sqlite").write_bytes(b"this is no database, not even nearly" * 50)
    with pytest.raises(LibraryError, match="catalogue"):
        Library(tmp_path / "bad")
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(LibraryError, match="cannot be used"):
        Library(file)


def test_a_catalogue_of_a_newer_version_is_left_alone(library: Library) -> None:
    with sqlite3.connect(library.folder / "catalogue.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryError, match="newer version"):
        Library(library.folder)


def draft(library: Library, texts: list[str], stages: dict[str, float], instead_of: list[int] | None = None) -> None:
    """More of one recording, a second a text."""
    source = Source("talk", "video", "video/mp4", 1, duration=60.0)
    segments = [
        Segment("talk", 1000 * i, "video", text, Place(start=i, end=i + 1), kind="speech", cues=(Cue(i, i + 1, text),))
        for i, text in enumerate(texts)
    ]
    record = FileRecord("/files/talk.mp4", "draft" if stages else "indexed", "video", "talk")
    vectors = {"text": {i: unit(zlib.crc32(text.encode())) for i, text in enumerate(texts)}}
    library.extend(source, record, segments, vectors, stages, instead_of or [])


def test_a_recording_grows_bit_by_bit_and_better_segments_take_the_place_of_others(library: Library) -> None:
    draft(library, ["the red car"], {"speech": 1.0})
    first = library.search_keywords("car", 5)[0].segment_id
    draft(library, ["a blurred sign"], {"speech": 2.0, "frames": 0.5})
    key = library.catalogue.source_key("talk")
    assert key is not None and library.catalogue.stages(key) == {"speech": 2.0, "frames": 0.5}
    blurred = library.search_keywords("sign", 5)[0].segment_id
    assert len(library.search_vectors("text", unit(1), 9)) == 2
    draft(library, ["a sign that says Harbour"], {}, [blurred])
    assert [hit.segment_id for hit in library.search_keywords("car", 5)] == [first]
    assert [hit.segment_id for hit in library.search_keywords("sign", 5)] == [
        hit.segment_id for hit in library.search_keywords("harbour", 5)
    ]
    assert library.catalogue.stages(key) == {}
    assert len(library.search_vectors("text", unit(1), 9)) == 2
    stored = library.catalogue.segments([first])[first]
    assert (stored.kind, stored.cues) == ("speech", (Cue(0, 1, "the red car"),))
    assert library.catalogue.sources()["talk"].duration == 60.0


def test_a_failing_step_leaves_a_draft_as_it_was(library: Library) -> None:
    draft(library, ["the red car"], {"speech": 1.0})
    held = [hit.segment_id for hit in library.search_keywords("car", 5)]
    with pytest.raises(ValueError):
        bad = [Segment("talk", 0, "video", "the blue car", kind="frame")]
        record = FileRecord("/files/talk.mp4", "indexed", "video", "talk")
        source = Source("talk", "video", "video/mp4", 1)
        library.extend(source, record, bad, {"text": {0: np.array(["x"])}}, {}, held)
    assert [hit.segment_id for hit in library.search_keywords("car", 5)] == held
    assert library.catalogue.file("/files/talk.mp4").status == "draft"  # type: ignore[union-attr]


def test_forgetting_a_draft_forgets_how_far_it_was_read(library: Library) -> None:
    draft(library, ["the red car"], {"speech": 1.0})
    library.forget("/files/talk.mp4")
    assert library.catalogue.connection.execute("SELECT count(*) FROM stages").fetchone()[0] == 0


def test_a_library_of_the_first_version_opens_and_its_pictures_are_pictures(tmp_path: Path) -> None:
    old = Database(tmp_path / "catalogue.sqlite", MIGRATIONS[:1])
    with old.transaction() as connection:
        connection.execute("INSERT INTO sources VALUES (1, 'a', 'document', 'application/pdf', 1, '', '', 0)")
        values = [(1, 0, "document", "words"), (1, 1, "image", "A picture.")]
        connection.executemany(
            "INSERT INTO segments(source, position, modality, heading, text, place, member, marks)"
            " VALUES (?, ?, ?, '', ?, '{}', '', '[]')",
            values,
        )
    old.close()
    library = Library(tmp_path)
    assert [segment.kind for segment in library.catalogue.segments_of("a")] == ["text", "picture"]
    assert library.catalogue.sources()["a"].duration is None
    library.close()


def test_an_index_follows_what_was_added_and_removed_meanwhile(library: Library) -> None:
    for name in "abcd":
        add(library, name, [f"text {name}"])
    reader = Library(library.folder)
    assert len(reader.search_vectors("text", unit(1), 9)) == 4
    with library.writing():
        library.forget("/files/b.txt")
        add(library, "e", ["text e"])
    assert {hit.segment_id for hit in reader.search_vectors("text", unit(1), 9)} == {1, 3, 4, 5}
    with library.writing():  # what had gone by the end of the first time is not known any more
        library.forget("/files/e.txt")
    late = Library(library.folder)
    for one in (library, reader, late):
        assert {hit.segment_id for hit in one.search_vectors("text", unit(1), 9)} == {1, 3, 4}
    reader.close()
    late.close()


def test_a_large_space_is_written_only_when_much_has_changed(library: Library, monkeypatch) -> None:
    monkeypatch.setattr("indexes.caches._SOON", 0)
    monkeypatch.setattr("indexes.caches._STALE", 0.5)
    monkeypatch.setattr("indexes.library._AT_ONCE", 0)
    with library.writing():
        add(library, "a", [f"text {i}" for i in range(10)])
    (first,) = (library.folder / "faiss").iterdir()
    with library.writing():
        add(library, "b", ["one more"])
        library.forget("/files/a.txt")
        add(library, "c", [f"text {i}" for i in range(20)])
    (second,) = (library.folder / "faiss").iterdir()
    assert second != first
    with library.writing():
        add(library, "d", ["one more"])
        library.forget("/files/b.txt")
    assert list((library.folder / "faiss").iterdir()) == [second]
    fresh = Library(library.folder)
    found = {hit.segment_id for hit in fresh.search_vectors("text", unit(1), 99)}
    assert found == set(fresh.catalogue.vector_ids(1).tolist()) and len(found) == 21
    fresh.close()


def test_an_altered_index_is_noticed_by_its_count_and_built_anew(library: Library) -> None:
    with library.writing():
        add(library, "a", ["one", "two"])
    fresh = Library(library.folder)
    (saved,) = (library.folder / "faiss").iterdir()
    other = Library(library.folder.parent / "other")
    other.open_space("text", "test-model", DIMENSION)
    with other.writing():
        add(other, "x", ["one"])
    (theirs,) = (other.folder / "faiss").iterdir()
    saved.with_name(f"{saved.stem.rpartition('-')[0]}-1.faiss").write_bytes(theirs.read_bytes())
    saved.unlink()
    assert {hit.segment_id for hit in fresh.search_vectors("text", unit(1), 9)} == {1, 2}
    fresh.close()
    other.close()
