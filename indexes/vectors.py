"""One vector space in memory: FAISS with our ids. Knows ids and vectors only.

Exact search over float16 codes, the same precision as the catalogue's, by inner product: rows are of unit length,
so that is the cosine. With a GPU the codes are cloned onto it for searching; the CPU copy stays the one that changes,
because GPU indexes cannot remove.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np

from indexes.errors import LibraryError
from indexes.placing import put_in_place

log = logging.getLogger(__name__)

_SEAL = hashlib.sha256().digest_size  # bytes at the end of a file


class VectorIndex:
    """Vectors of one space.

    Args of all methods: `ids` int64 (n,), `vectors` float32 (n, dimension) with rows of unit length. `newest` is the
    largest id that was ever added: ids only grow, so what is not here yet lies above it.
    """

    def __init__(self, dimension: int) -> None:
        import faiss

        self.dimension = dimension
        codes = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._index = faiss.IndexIDMap2(codes)
        self._on_gpu: object | None = None
        self.newest = 0

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def ids(self) -> np.ndarray:
        """All ids, int64 (n,), in the order in which they were added."""
        import faiss

        return faiss.vector_to_array(self._index.id_map).astype(np.int64)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Raises LibraryError when shapes do not fit this space."""
        if vectors.ndim != 2 or vectors.shape != (len(ids), self.dimension):
            raise LibraryError(f"{vectors.shape} vectors do not fit a space of {self.dimension} dimensions.")
        if len(ids):
            self._index.add_with_ids(
                np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(ids, dtype=np.int64)
            )
            self._on_gpu = None
            self.newest = max(self.newest, int(ids.max()))

    def remove(self, ids: np.ndarray) -> int:
        """How many were there and are gone."""
        import faiss

        if not len(ids):
            return 0
        self._on_gpu = None
        return int(self._index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(ids, dtype=np.int64))))

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of one vector (dimension,): ids and cosines, best first; fewer when there are fewer.

        `allowed` narrows to these ids.
        """
        import faiss

        k = min(k, len(self) if allowed is None else len(allowed), len(self))
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self.dimension)
        if allowed is None:
            scores, ids = self._searcher().search(query, k)
        else:
            selector = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, dtype=np.int64))
            scores, ids = self._index.search(query, k, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def _searcher(self):  # type: ignore[no-untyped-def]  # faiss has no types
        """The GPU clone where there is a GPU, else the CPU index itself."""
        import faiss

        if faiss.get_num_gpus() == 0:
            return self._index
        if self._on_gpu is None:
            options = faiss.GpuMultipleClonerOptions()
            options.useFloat16 = True
            options.shard = True
            try:
                self._on_gpu = faiss.index_cpu_to_all_gpus(self._index, co=options)
            except RuntimeError as error:
                log.warning("the GPU cannot hold this index (%s): searching on the CPU", error)
                return self._index
        return self._on_gpu

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
    def load(cls, path: Path, dimension: int, lineage: str = "") -> VectorIndex:
        """Raises LibraryError when the file is damaged, of another lineage or of another dimension.

        FAISS is given nothing that we did not write: what is read trusts its numbers
        (https://github.com/facebookresearch/faiss/issues/5400).
        """
        import faiss

        try:
            length = path.stat().st_size - _SEAL
            with path.open("rb") as file:
                if length <= 0 or _seal(file, length, lineage) != file.read():
                    raise LibraryError(f"{path.name} is damaged, or was not made for this catalogue")
            index = faiss.read_index(str(path))
        except (OSError, RuntimeError) as error:
            raise LibraryError(f"{path.name} is damaged: {error}") from error
        if not isinstance(index, faiss.IndexIDMap2) or index.d != dimension:
            raise LibraryError(f"{path.name} does not hold {dimension}-dimensional vectors with ids.")
        loaded = cls(dimension)
        loaded._index = index
        loaded.newest = int(loaded.ids().max(initial=0))
        return loaded


def _seal(file: BinaryIO, length: int, lineage: str) -> bytes:
    """What stands behind so many bytes of a file; leaves the file there."""
    digest = hashlib.sha256(lineage.encode())
    file.seek(0)
    while length and (portion := file.read(min(length, 1 << 20))):
        digest.update(portion)
        length -= len(portion)
    return digest.digest()
