"""Indexes of vectors: the same verbs and the same answers of every kind."""

import logging
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexes import graphics, kinds
from indexes.errors import LibraryError
from indexes.kinds import EXACT, Kind, suited
from indexes.vectors import VectorIndex

DIMENSION = 64
ONE_LIST, LISTS = Kind(1), Kind(16)

on_gpu = [
    pytest.mark.gpu,
    pytest.mark.skipif(faiss.get_num_gpus() == 0, reason="FAISS sees no GPU: exact search on it is not tested here"),
]


@pytest.fixture(params=["cpu", pytest.param("gpu", marks=on_gpu)])
def device(request, monkeypatch) -> str:
    if request.param == "cpu":
        monkeypatch.setattr("indexes.vectors.gpus", lambda: 0)
    return str(request.param)


class Rows:
    """Vectors in clusters, as texts on a few subjects are, by ids 3, 6, 9, …; what the catalogue would hold of them."""

    def __init__(self, count: int, weights: np.ndarray | float = 1.0) -> None:
        chance = np.random.default_rng(1)
        vectors = chance.normal(size=(30, DIMENSION))[chance.integers(0, 30, count)]
        vectors = (vectors + 0.7 * chance.normal(size=vectors.shape)) * weights
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors = vectors.astype(np.float16).astype(np.float32)
        self.ids = np.arange(1, count + 1) * 3

    def exactly(self, ids: np.ndarray) -> np.ndarray:
        return self.vectors[ids // 3 - 1]

    def index(self, kind: Kind, filled: bool = True) -> VectorIndex:
        index = VectorIndex(DIMENSION, kind, self.exactly)
        if kind.lessons:
            index.teach(self.vectors)
        if filled:
            index.add(self.ids, self.vectors)
        return index

    def best(self, query: np.ndarray, k: int, among: np.ndarray | None = None) -> list[int]:
        among = self.ids if among is None else among
        return among[np.argsort(-(self.exactly(among) @ query))[:k]].tolist()


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(3000)


def recall(index: VectorIndex, rows: Rows, among: np.ndarray | None = None, allowed: np.ndarray | None = None) -> float:
    """Share of the ten nearest that are found."""
    queries = rows.vectors[::100]
    found = [np.isin(rows.best(query, 10, among), index.search(query, 10, allowed)[0]).mean() for query in queries]
    return float(np.mean(found))


ALL = pytest.mark.parametrize("kind", [EXACT, ONE_LIST, LISTS], ids=str)


@ALL
def test_the_nearest_come_first_with_their_own_cosines(kind: Kind, device: str, rows: Rows) -> None:
    index = rows.index(kind)
    ids, scores = index.search(rows.vectors[7], 10)
    assert ids[0] == 24 and len(ids) == 10
    assert scores == pytest.approx(rows.exactly(ids) @ rows.vectors[7], abs=1e-5 if device == "cpu" else 1e-3)
    assert list(scores) == sorted(scores, reverse=True)
    assert recall(index, rows) >= 0.95
    assert (len(index), index.newest) == (3000, 9000)
    assert sorted(index.ids()) == list(rows.ids)


@ALL
def test_a_model_may_put_its_weight_on_a_few_dimensions(kind: Kind, device: str) -> None:
    heavy = Rows(3000, weights=np.arange(1, DIMENSION + 1) ** -1.5)
    assert recall(heavy.index(kind), heavy) >= 0.95


@ALL
def test_what_was_removed_is_not_found_and_what_is_added_afterwards_is(kind: Kind, device: str, rows: Rows) -> None:
    index = rows.index(kind, filled=False)
    index.add(rows.ids[:2000], rows.vectors[:2000])
    index.search(rows.vectors[0], 5)  # now on the GPU, where there is one
    assert index.remove(np.concatenate([rows.ids[:1000], [1, 2]])) == 1000
    index.add(rows.ids[2000:], rows.vectors[2000:])
    left = rows.ids[1000:]
    assert len(index) == 2000
    assert sorted(index.ids()) == list(left)
    assert recall(index, rows, among=left) >= 0.95
    for query in rows.vectors[:1000:50]:
        assert np.isin(index.search(query, 50)[0], left).all()
    assert index.remove(left[:1]) == 1  # few: on the GPU they are only kept out
    assert left[0] not in index.search(rows.exactly(left[:1])[0], 5)[0]


@ALL
@pytest.mark.parametrize("every", [2, 200])
def test_a_search_narrowed_to_some_finds_the_best_of_them(kind: Kind, device: str, every: int, rows: Rows) -> None:
    index = rows.index(kind)
    allowed = rows.ids[::every]
    strangers = np.array([1, 2, 100_000])
    assert recall(index, rows, among=allowed, allowed=np.concatenate([allowed, strangers])) >= 0.95
    ids, _ = index.search(rows.vectors[0], 2000, allowed)
    assert sorted(ids) == list(allowed)
    assert len(index.search(rows.vectors[0], 5, strangers)[0]) == 0
    assert len(index.search(rows.vectors[0], 5, rows.ids[:0])[0]) == 0


@ALL
def test_a_file_carries_its_kind_and_may_be_changed_after_it_was_read(kind: Kind, tmp_path: Path, rows: Rows) -> None:
    rows.index(kind, filled=False).save(tmp_path / "empty.faiss")
    assert len(VectorIndex.load(tmp_path / "empty.faiss", DIMENSION)) == 0
    index = rows.index(kind, filled=False)
    index.add(rows.ids[:2000], rows.vectors[:2000])
    path = tmp_path / "a.faiss"
    index.save(path)
    saved = path.read_bytes()
    one, other = (VectorIndex.load(path, DIMENSION, rows.exactly) for _ in range(2))
    assert (one.kind, len(one), one.newest) == (kind, 2000, 6000)
    assert one.search(rows.vectors[5], 20)[0].tolist() == index.search(rows.vectors[5], 20)[0].tolist()
    one.add(rows.ids[2000:], rows.vectors[2000:])
    other.remove(rows.ids[:1500])
    assert path.read_bytes() == saved
    assert recall(one, rows) >= 0.95
    assert recall(other, rows, among=rows.ids[1500:2000]) >= 0.95
    one.save(path)  # in place of the file that the other was read from
    assert recall(other, rows, among=rows.ids[1500:2000]) >= 0.95
    assert len(VectorIndex.load(path, DIMENSION)) == 3000


@ALL
def test_a_damaged_file_and_one_of_another_space_are_refused(kind: Kind, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "a.faiss"
    rows.index(kind).save(path)
    with pytest.raises(LibraryError, match="32-dimensional"):
        VectorIndex.load(path, 32)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(LibraryError, match="damaged"):
        VectorIndex.load(path, DIMENSION)
    faiss.write_index(faiss.IndexFlatIP(DIMENSION), str(path))
    with pytest.raises(LibraryError, match="was not made for this catalogue"):
        VectorIndex.load(path, DIMENSION)
    rows.index(kind).save(path, "another library")
    with pytest.raises(LibraryError, match="was not made for this catalogue"):
        VectorIndex.load(path, DIMENSION, lineage="this one")
    with pytest.raises(LibraryError, match="do not fit"):
        rows.index(kind).add(np.array([1]), np.zeros((1, 3), np.float32))


@pytest.mark.slow
def test_a_compact_index_takes_less_than_an_eighth_of_float32(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(5000, 384)).astype(np.float32)
    index = VectorIndex(384, ONE_LIST)
    index.teach(vectors)
    index.add(np.arange(1, 5001), vectors)
    index.save(tmp_path / "a.faiss")
    assert (tmp_path / "a.faiss").stat().st_size / 5000 < 384 * 4 / 8


def test_which_kind_suits(monkeypatch) -> None:
    monkeypatch.setattr("indexes.kinds.gpus", lambda: 0)
    assert [suited("exact", count) for count in (0, 10**7)] == [EXACT, EXACT]
    assert [suited("auto", count).lists for count in (0, 100_000, 100_001, 1_000_000)] == [0, 0, 1, 1024]
    assert [suited("compact", count).lists for count in (20_000, 20_001, 1_000_000)] == [0, 1, 1024]
    assert suited("auto", 60_000, ONE_LIST) == ONE_LIST  # it is there already
    assert suited("auto", 40_000, ONE_LIST) == EXACT
    assert suited("auto", 200_000, Kind(1024)) == Kind(1024)
    assert suited("exact", 60_000, ONE_LIST) == EXACT
    monkeypatch.setattr("indexes.kinds.gpus", lambda: 1)
    assert suited("auto", 1_000_000) == EXACT


# --- GPUs, as far as they can be tested without one ---


@pytest.fixture
def two_gpus(monkeypatch) -> list[faiss.Index]:
    """Flat indexes on the CPU in their place: what they hold, device by device."""
    held: list[faiss.Index] = []

    def on_device(device: int, dimension: int) -> faiss.Index:
        assert device == len(held) % 2
        held.append(faiss.IndexFlatIP(dimension))
        return held[-1]

    for module in ("indexes.vectors", "indexes.graphics"):
        monkeypatch.setattr(f"{module}.gpus", lambda: 2)
    monkeypatch.setattr(graphics, "_on_device", on_device)
    return held


def test_each_gpu_holds_a_part_and_follows_what_changes(two_gpus: list[faiss.Index], rows: Rows) -> None:
    index = rows.index(EXACT, filled=False)
    index.add(rows.ids[:2000], rows.vectors[:2000])
    assert recall(index, rows, among=rows.ids[:2000]) == 1.0
    assert [part.ntotal for part in two_gpus] == [1000, 1000]
    index.remove(rows.ids[:200])
    index.add(rows.ids[2000:], rows.vectors[2000:])
    assert [part.ntotal for part in two_gpus] == [1500, 1500]  # the same copy, in which some are kept out
    assert recall(index, rows, among=rows.ids[200:]) == 1.0
    index.remove(rows.ids[200:600])
    assert recall(index, rows, among=rows.ids[600:]) == 1.0
    assert [part.ntotal for part in two_gpus] == [1500, 1500, 1200, 1200]  # made anew
    found, scores = index.search(rows.vectors[700], 2400)  # more than a GPU gives
    assert len(found) == len(scores) == 2400


def test_a_gpu_that_fails_is_told_once_and_the_cpu_answers(
    two_gpus: list[faiss.Index], rows: Rows, monkeypatch, caplog
) -> None:
    def full(device: int, dimension: int) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(graphics, "_on_device", full)
    index = rows.index(EXACT)
    with caplog.at_level(logging.WARNING, logger="indexes.vectors"):
        assert recall(index, rows) == 1.0
    assert [record.getMessage().count("out of memory") for record in caplog.records] == [1]


def test_candidates_are_more_than_is_asked_for() -> None:
    assert all(kinds.candidates(k) > k for k in (1, 10, 1000))
