"""The kinds of index that FAISS offers us, and which of them suits how many vectors.

*Exact*: every vector in float16, as in the catalogue, compared with every question. *Compact*: RaBitQ codes of a bit a
dimension (Gao & Long 2024, arXiv:2405.12497), which name the candidates; who searches orders them by their exact
vectors. From some size on the codes stand in lists, each around a centre, and a question looks into the nearest ones.
Vectors are turned at random before, as the paper has it: of a model with a few heavy dimensions the bits of the others
say little, and recall fell to .44 without.

Why these, and not HNSW, SQ8 or fast scan: docs/architecture.md and `python -m benchmarks.kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from indexes.graphics import gpus

_FEW = 20_000  # vectors; fewer take 15 MB as they are, and teach a compact index little
_SLOW = 100_000  # vectors; they take 10 ms exactly, on one slow core
_ON_GPU = 20  # times as many as that on a GPU, by the speed of its memory; not measured
_SLOW_CODES = 300_000  # vectors; they take as long in one list of codes
_LISTS = 1024
_PROBED = 5  # one list of so many is looked into
_TAUGHT_BY = 40  # vectors a list from which centres are learnt, as FAISS advises
_KEPT = 0.5  # part of a threshold above which a kind stays once it was built, so that nothing swings to and fro


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of index by its number of lists; 0: exact."""

    lists: int

    @property
    def exact(self) -> bool:
        return self.lists == 0

    @property
    def lessons(self) -> int:
        """How many vectors an index of this kind wants to learn from; 0: none."""
        return 0 if self.exact else max(_FEW, _TAUGHT_BY * self.lists)

    def __str__(self) -> str:
        return "exact" if self.exact else f"compact ({self.lists} {'list' if self.lists == 1 else 'lists'})"


EXACT = Kind(0)


def suited(setting: str, count: int, present: Kind = EXACT) -> Kind:
    """The kind that suits `count` vectors under the setting `index`: auto, exact, compact."""
    if setting == "exact":
        return EXACT
    most_exact = _FEW if setting == "compact" else _SLOW * (_ON_GPU if gpus() else 1)
    if count <= most_exact * (1 if present.exact else _KEPT):
        return EXACT
    return Kind(_LISTS if count > _SLOW_CODES * (_KEPT if present.lists > 1 else 1) else 1)


def new(kind: Kind, dimension: int) -> Any:
    """An empty FAISS index with ids, by inner product."""
    import faiss

    if kind.exact:
        codes = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return faiss.IndexIDMap(codes)
    lists = faiss.IndexIVFRaBitQ(faiss.IndexFlatIP(dimension), dimension, kind.lists, faiss.METRIC_INNER_PRODUCT)
    # The one centre is the mean. Several are of unit length: by inner product longer ones would draw all to them.
    lists.cp.spherical = kind.lists > 1
    return faiss.IndexPreTransform(faiss.RandomRotationMatrix(dimension, dimension), lists)


def recognised(index: Any, dimension: int) -> Kind | None:
    """The kind of an index that was read from a file; None for what is none of ours."""
    import faiss

    if index.d != dimension or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        return None
    if isinstance(index, faiss.IndexIDMap):
        codes = faiss.downcast_index(index.index)
        known = isinstance(codes, faiss.IndexScalarQuantizer) and codes.sq.qtype == faiss.ScalarQuantizer.QT_fp16
        return EXACT if known else None
    lists = _lists(index)
    return Kind(lists.nlist) if isinstance(lists, faiss.IndexIVFRaBitQ) else None


def candidates(k: int) -> int:
    """How many a compact index has to name so that the k nearest are among them."""
    return 4 * k + 100


def ids(index: Any) -> np.ndarray:
    """All ids in an index, int64 (n,); an exact one's in the order in which they were added."""
    import faiss

    if isinstance(index, faiss.IndexIDMap):
        return faiss.vector_to_array(index.id_map).astype(np.int64)
    lists = _lists(index).invlists
    parts = [faiss.rev_swig_ptr(lists.get_ids(i), lists.list_size(i)) for i in range(lists.nlist) if lists.list_size(i)]
    return np.sort(np.concatenate([np.empty(0, np.int64), *parts]))


def _lists(index: Any) -> Any:
    """What stands behind the turning of a compact index."""
    import faiss

    return faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else None


def parameters(index: Any, allowed: np.ndarray | None) -> Any:
    """FAISS's parameters of a search, narrowed to `allowed` ids; None where there is nothing to say."""
    import faiss

    selector = None
    if allowed is not None:
        member = np.zeros(int(allowed.max(initial=0)) + 1, bool)
        member[allowed] = True
        # Half the time of a hash set where many are allowed.
        selector = faiss.IDSelectorBitmap(np.packbits(member, bitorder="little"))  # type: ignore[call-arg, arg-type]
    if isinstance(index, faiss.IndexIDMap):
        return faiss.SearchParameters(sel=selector) if selector else None  # type: ignore[call-arg]
    # What is allowed may lie in any list.
    lists = _lists(index).nlist
    probed = lists if selector else max(1, lists // _PROBED)
    return faiss.SearchParametersIVF(sel=selector, nprobe=probed)  # type: ignore[call-arg]
