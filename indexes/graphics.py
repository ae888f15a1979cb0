"""A copy of exact vectors on the GPUs, in float16, a part on each. It only answers: what is kept and written is the
index on the CPU.

FAISS's cloner is not used: with several GPUs it shards flat and IVF indexes only, and ours holds float16 codes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

_GONE = 256  # removed vectors that are kept out of the results before the copy is made anew
MOST = 2048 - _GONE  # results of one search; FAISS's kernels give no more than 2048


def gpus() -> int:
    """How many FAISS sees."""
    import faiss

    return int(faiss.get_num_gpus())


class GpuCopy:
    """Vectors by id on all GPUs. Raises RuntimeError, from any method, when they do not fit or a GPU fails."""

    def __init__(self, dimension: int) -> None:
        import faiss

        self._shards = faiss.IndexShards(dimension, True, False)  # type: ignore[call-arg]  # a thread a GPU; ids are given, not counted
        for device in range(gpus()):
            self._shards.add_shard(faiss.IndexIDMap(_on_device(device, dimension)))
        self._gone = np.empty(0, np.int64)

    def add(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """ids int64 (n,), vectors float32 (n, dimension)."""
        self._shards.add_with_ids(vectors, ids)

    def remove(self, ids: np.ndarray) -> bool:
        """Keep ids out of the results from now on, since GPU indexes cannot remove; False when that are too many."""
        self._gone = np.append(self._gone, ids)
        return len(self._gone) <= _GONE

    def search(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of a query float32 (1, dimension): cosines and ids, each (1, up to k); k up to MOST."""
        scores, ids = self._shards.search(query, min(k + len(self._gone), int(self._shards.ntotal)))
        kept = ~np.isin(ids[0], self._gone)
        return scores[:, kept][:, :k], ids[:, kept][:, :k]


def _on_device(device: int, dimension: int) -> Any:
    import faiss

    config = faiss.GpuIndexFlatConfig()
    config.device = device
    config.useFloat16 = True
    return faiss.GpuIndexFlatIP(_resources(device), dimension, config)


@cache
def _resources(device: int) -> Any:
    """Scratch memory of a GPU, over a gigabyte, which the spaces share."""
    import faiss

    return faiss.StandardGpuResources()
