"""One vector space in memory: FAISS with our ids. Knows ids and vectors only; which kinds of index there are is told
by `kinds`.

By inner product: rows are of unit length, so that is the cosine. Of every kind the cosines that are given out are those
of the float16 vectors in the catalogue, so what is compared with them (floors, fits) need not know the kind.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from indexes import kinds
from indexes.errors import LibraryError
from indexes.graphics import MOST, GpuCopy, gpus
from indexes.kinds import EXACT, Kind
from indexes.placing import put_in_place

log = logging.getLogger(__name__)

_PORTION = 10_000  # vectors that are copied to the GPUs at once

Exactly = Callable[[np.ndarray], np.ndarray]
"""ids int64 (n,) → their vectors float32 (n, dimension), in this order, of all that an index holds."""


@contextmanager
def threads(part: float) -> Iterator[None]:
    """Have FAISS compute on a part of the cores, at least on one, whenever the calling thread calls it."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, int(part * before)))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


_SEAL = hashlib.sha256().digest_size  # bytes at the end of a file


class VectorIndex:
    """Vectors of one space.

    Args of all methods: `ids` int64 (n,), `vectors` float32 (n, dimension) with rows of unit length. `newest` is the
    largest id that was ever added: ids only grow, so what is not here yet lies above it. A kind that is not exact must
    be taught before vectors are added, and orders what it finds by the vectors that `exactly` gives.
    """

    def __init__(self, dimension: int, kind: Kind = EXACT, exactly: Exactly | None = None) -> None:
        self.dimension = dimension
        self.kind = kind
        self.newest = 0
        self._exactly = exactly
        self._index = kinds.new(kind, dimension)
        self._mapped = False
        self._on_gpu: GpuCopy | None = None
        self._gpu_failed = False

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def ids(self) -> np.ndarray:
        """All ids, int64 (n,); of an exact index in the order in which they were added."""
        return kinds.ids(self._index)

    def teach(self, vectors: np.ndarray) -> None:
        """Learn from examples where the vectors of this space lie."""
        self._index.train(np.ascontiguousarray(vectors, dtype=np.float32))

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Raises LibraryError when shapes do not fit this space."""
        if vectors.ndim != 2 or vectors.shape != (len(ids), self.dimension):
            raise LibraryError(f"{vectors.shape} vectors do not fit a space of {self.dimension} dimensions.")
        if len(ids):
            self._own()
            ids, vectors = np.ascontiguousarray(ids, dtype=np.int64), np.ascontiguousarray(vectors, dtype=np.float32)
            self._index.add_with_ids(vectors, ids)
            if self._on_gpu is not None:
                try:
                    self._on_gpu.add(ids, vectors)
                except RuntimeError as error:
                    self._leave_gpu(error)
            self.newest = max(self.newest, int(ids.max()))

    def remove(self, ids: np.ndarray) -> int:
        """How many were there and are gone."""
        import faiss

        if not len(ids):
            return 0
        self._own()
        if self._on_gpu is not None and not self._on_gpu.remove(ids):
            self._on_gpu = None
        return int(self._index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(ids, dtype=np.int64))))

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of one vector (dimension,): ids and cosines, best first; fewer when there are fewer.

        `allowed` narrows to these ids.
        """
        most = len(self) if allowed is None else min(len(allowed), len(self))
        k = min(k, most)
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self.dimension)
        answer = self._ask_gpu(query, k) if allowed is None else None
        if answer is None:
            wanted = k if self.kind.exact else min(kinds.candidates(k), most)
            with threads(0):  # FAISS scans for one question on one core, but would wait for the others to be free
                answer = self._index.search(query, wanted, params=kinds.parameters(self._index, allowed))
        scores, found = answer
        ids, scores = found[0][found[0] >= 0], scores[0][found[0] >= 0]
        if self.kind.exact:
            return ids, scores
        assert self._exactly is not None, "a compact index was opened without the exact vectors"
        scores = self._exactly(ids) @ query[0]
        order = np.argsort(-scores, kind="stable")[:k]
        return ids[order], scores[order]

    # --- the GPUs ---

    def _ask_gpu(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Cosines and ids from the GPUs, to which the vectors are copied when first asked; None: ask the CPU."""
        if not self.kind.exact or self._gpu_failed or k > MOST or gpus() == 0:
            return None
        try:
            if self._on_gpu is None:
                self._on_gpu = self._copied()
            return self._on_gpu.search(query, k)
        except RuntimeError as error:
            self._leave_gpu(error)
            return None

    def _copied(self) -> GpuCopy:
        copy, ids = GpuCopy(self.dimension), self.ids()
        for start in range(0, len(ids), _PORTION):
            portion = ids[start : start + _PORTION]
            copy.add(portion, self._index.index.reconstruct_n(start, len(portion)))
        return copy

    def _leave_gpu(self, error: RuntimeError) -> None:
        log.warning("The GPU cannot search %d vectors (%s): the CPU does, which is slower.", len(self), error)
        self._on_gpu, self._gpu_failed = None, True

    # --- files ---

    def save(self, path: Path, lineage: str = "") -> None:
        """Written aside, sealed with its SHA-256 and the catalogue's lineage, put in place. Raises OSError."""
        import faiss

        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{os.getpid()}.aside")
        try:
            faiss.write_index(self._index, str(aside))
            with aside.open("rb+") as file:
                seal = _seal(file, aside.stat().st_size, lineage)
                file.write(seal)
            put_in_place(aside, path)
        except RuntimeError as error:  # so FAISS says that the disk is full
            raise OSError(str(error)) from error
        finally:
            aside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, dimension: int, exactly: Exactly | None = None, lineage: str = "") -> VectorIndex:
        """Of whatever kind the file is. Raises LibraryError when it is damaged, of another lineage or dimension.

        FAISS is given nothing that we did not write: what is read trusts its numbers
        (https://github.com/facebookresearch/faiss/issues/5400). The file is mapped, so that processes share its memory;
        files are replaced by renaming, which leaves a mapped one whole.
        """
        import faiss

        try:
            length = path.stat().st_size - _SEAL
            with path.open("rb") as file:
                if length <= 0 or _seal(file, length, lineage) != file.read():
                    raise LibraryError(f"{path.name} is damaged, or was not made for this catalogue")
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (OSError, RuntimeError) as error:
            raise LibraryError(f"{path.name} is damaged: {error}") from error
        kind = kinds.recognised(index, dimension)
        if kind is None:
            raise LibraryError(f"{path.name} does not hold {dimension}-dimensional vectors with ids.")
        loaded = cls(dimension, kind, exactly)
        loaded._index, loaded._mapped = index, True
        loaded.newest = int(loaded.ids().max(initial=0))
        return loaded

    def _own(self) -> None:
        """Copy a mapped index into memory before it is changed; FAISS ends the process that changes a mapped one."""
        import faiss

        if self._mapped:
            self._index, self._mapped = faiss.deserialize_index(faiss.serialize_index(self._index)), False


def _seal(file: BinaryIO, length: int, lineage: str) -> bytes:
    """What stands behind so many bytes of a file; leaves the file there."""
    digest = hashlib.sha256(lineage.encode())
    file.seek(0)
    while length and (portion := file.read(min(length, 1 << 20))):
        digest.update(portion)
        length -= len(portion)
    return digest.digest()
