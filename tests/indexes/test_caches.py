"""The FAISS caches of a library: they follow the catalogue in every kind, and grow into another one beside the old."""

import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from indexes.growing import Growing
from indexes.kinds import EXACT, Kind
from indexes.library import Library
from indexes.records import FileRecord, Hit, Segment, Source
from indexes.vectors import VectorIndex

DIMENSION = 32


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Compact from 100 vectors on, in lists from 400 on."""
    for name, value in {"_FEW": 100, "_SLOW": 100, "_SLOW_CODES": 400, "_LISTS": 5}.items():
        monkeypatch.setattr(f"indexes.kinds.{name}", value)
    monkeypatch.setattr("indexes.kinds.gpus", lambda: 0)
    monkeypatch.setattr("indexes.vectors.gpus", lambda: 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


def opened(folder: Path, setting: str) -> Library:
    library = Library(folder, index=setting)
    library.open_space("text", "test-model", DIMENSION)
    return library


def add(library: Library, name: str, count: int) -> None:
    chance = np.random.default_rng(len(name) + ord(name[0]))
    vectors = chance.normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    segments = [Segment(name, i, "document", f"{name} {i}") for i in range(count)]
    file = FileRecord(f"/files/{name}.txt", "indexed", "document", name, segments=count)
    library.add(Source(name, "document", "text/plain", 1), file, segments, {"text": dict(enumerate(vectors))})


def kind(library: Library) -> Kind:
    """Of the file on disk."""
    (path,) = (library.folder / "faiss").iterdir()
    return VectorIndex.load(path, DIMENSION).kind


def search(library: Library, k: int = 9) -> list[Hit]:
    return library.search_vectors("text", np.ones(DIMENSION, np.float32), k)


def agrees(library: Library) -> bool:
    """Whether each vector of the catalogue, and nothing else, is found, nearest to itself."""
    ids = library.catalogue.vector_ids(1)
    vectors = library.catalogue.vectors(1, ids.tolist(), DIMENSION)
    first = [library.search_vectors("text", vector, 1)[0] for vector in vectors]
    found = {hit.segment_id for hit in library.search_vectors("text", vectors[0], 10_000)}
    everything = found == set(ids.tolist()) or kind(library).lists > 1  # of several lists not all are looked into
    return everything and [hit.segment_id for hit in first] == ids.tolist() and min(hit.score for hit in first) > 0.99


class Slow:
    """Has indexes learn only when they are told to."""

    def __init__(self, monkeypatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        teach = VectorIndex.teach

        def slow(index: VectorIndex, vectors: np.ndarray) -> None:
            self.begun.set()
            assert self.go_on.wait(60)
            teach(index, vectors)

        monkeypatch.setattr(VectorIndex, "teach", slow)


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["auto", "compact"])
def test_a_space_that_has_grown_is_held_in_another_kind_that_follows_like_the_first(folder: Path, setting: str) -> None:
    library = opened(folder, setting)
    with library.writing():
        add(library, "a", 80)
    assert kind(library) == EXACT
    with library.writing():
        add(library, "b", 60)
        add(library, "c", 60)
    assert kind(library) == Kind(1) and agrees(library)
    with library.writing():
        library.forget("/files/b.txt")
        add(library, "d", 30)
    assert kind(library) == Kind(1) and agrees(library)
    late = opened(folder, setting)
    assert agrees(late)
    with library.writing():
        add(library, "e", 400)
    assert kind(library) == Kind(5) and agrees(library) and agrees(late)
    with library.writing():
        library.forget("/files/e.txt")
        library.forget("/files/a.txt")
        library.forget("/files/c.txt")
    assert kind(library) == EXACT and agrees(library) and agrees(late)
    assert len(search(library, 99)) == 30
    late.close()
    library.close()


def test_the_old_index_answers_and_follows_while_another_is_built(folder: Path, monkeypatch) -> None:
    library = opened(folder, "auto")
    building = Slow(monkeypatch)
    with library.writing():
        add(library, "a", 80)
        assert len(search(library)) == 9
        add(library, "d", 70)
        assert len(search(library)) == 9  # and begins to build
        assert building.begun.wait(60)
        add(library, "b", 20)  # not known when the building began, …
        library.forget("/files/a.txt")  # … and forgotten since
        add(library, "c", 100)
        assert {hit.segment_id for hit in search(library, 999)} == set(range(81, 271))
        threading.Timer(0.1, building.go_on.set).start()
    assert kind(library) == Kind(1) and agrees(library)
    assert library.saved_ids("text")[0].tolist() == list(range(81, 271))  # type: ignore[union-attr]
    library.close()


def test_who_only_reads_builds_nothing(folder: Path) -> None:
    library = opened(folder, "exact")
    with library.writing():
        add(library, "a", 150)
    assert kind(library) == EXACT
    reader = opened(folder, "compact")
    assert agrees(reader)
    assert reader.caches._builders == {} and kind(reader) == EXACT
    with reader.writing():
        pass  # the next who writes does, though nothing has changed
    assert kind(reader) == Kind(1) and agrees(reader)
    with library.writing():
        add(library, "b", 1)
    assert kind(library) == EXACT and agrees(library)
    library.rebuild_spaces()
    assert kind(library) == EXACT
    reader.rebuild_spaces()
    assert kind(reader) == Kind(1) and agrees(reader)
    library.close()
    reader.close()


def test_an_index_that_cannot_be_built_leaves_the_present_one_and_is_told(folder: Path, monkeypatch, caplog) -> None:
    def fails(index: VectorIndex, vectors: np.ndarray) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(VectorIndex, "teach", fails)
    library = opened(folder, "auto")
    with library.writing():
        add(library, "a", 80)
    with caplog.at_level(logging.ERROR, logger="indexes.caches"):
        for name in "bc":
            with library.writing():
                add(library, name, 50)
    assert [record.getMessage().count("could not be built") for record in caplog.records] == [1]
    assert kind(library) == EXACT and agrees(library)
    library.close()


def test_a_space_that_was_replaced_while_its_index_was_built_keeps_the_new_one(folder: Path, monkeypatch) -> None:
    library = opened(folder, "auto")
    building = Slow(monkeypatch)
    with library.writing():
        add(library, "a", 80)
        search(library)
        add(library, "b", 70)
        search(library)
        assert building.begun.wait(60)
        grown = Growing(library.catalogue, "text", "another", 8)
        grown.store({i: np.eye(8, dtype=np.float32)[i] for i in range(1, 6)}, {})
        grown.take_over()
        assert len(library.search_vectors("text", np.ones(8, np.float32), 9)) == 5
        building.go_on.set()
    assert len(library.search_vectors("text", np.ones(8, np.float32), 9)) == 5
    assert library.saved_ids("text")[0].tolist() == [1, 2, 3, 4, 5]  # type: ignore[union-attr]
    library.close()
