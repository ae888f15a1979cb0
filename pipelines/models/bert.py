"""BERT's encoder (Devlin et al. 2018, arXiv:1810.04805), in as much of torch as it needs: token ids → token vectors.

Knows tensors. Reading weights and making ids of texts is left to the models that stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.models.devices import has_bfloat16

if TYPE_CHECKING:
    from torch import Tensor

_EPSILON = 1e-12


class Bert:
    """The layers of one model, on one device. Keeps no state between calls, so that threads may share it."""

    def __init__(self, weights: Mapping[str, Tensor], heads: int, device: str = "cpu") -> None:
        """`weights`: tensors on that device by the names that transformers gives them ('encoder.layer.0.…')."""
        import torch

        limit_blas()
        # Half the bits where that is quicker.
        small = {"cuda": torch.float16, "cpu": torch.bfloat16 if has_bfloat16() else torch.float32}
        self._type = small.get(device, torch.float32)
        self._heads = heads
        self._device = device
        self._weights = {name: tensor for name, tensor in weights.items() if tensor.ndim == 1 or "embed" in name}
        self._linear = {
            name.removesuffix(".weight"): (tensor.to(self._type), weights[f"{name[:-6]}bias"].to(self._type))
            for name, tensor in weights.items()
            if name.endswith(".weight") and tensor.ndim == 2 and name.startswith("encoder.")
        }
        self._layers = 1 + max(int(name.split(".")[2]) for name in self._linear)

    def encode(self, rows: Sequence[Sequence[int]], width: int) -> tuple[Tensor, Tensor]:
        """Rows of token ids, none longer than `width`, to which all are padded: the vectors of all tokens
        (n, width, d) float32, and which of them are no padding (n, width) bool."""
        import torch
        from torch.nn import functional as F

        ids = torch.tensor([[*row, *([0] * (width - len(row)))] for row in rows], device=self._device)
        real = torch.arange(width) < torch.tensor([len(row) for row in rows])[:, None]
        real = real.to(self._device)
        mask = None if bool(real.all()) else real[:, None, None, :]
        with torch.inference_mode():
            x = F.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
            x = x + self._weights["embeddings.position_embeddings.weight"][:width]
            x = self._norm(x + self._weights["embeddings.token_type_embeddings.weight"][0], "embeddings")
            for layer in (f"encoder.layer.{i}" for i in range(self._layers)):
                query, key, value = (
                    self._apply(f"{layer}.attention.self.{part}", x).unflatten(2, (self._heads, -1)).transpose(1, 2)
                    for part in ("query", "key", "value")
                )
                seen = F.scaled_dot_product_attention(query, key, value, mask).transpose(1, 2).flatten(2)
                x = self._norm(x + self._apply(f"{layer}.attention.output.dense", seen), f"{layer}.attention.output")
                wide = F.gelu(self._apply(f"{layer}.intermediate.dense", x))
                x = self._norm(x + self._apply(f"{layer}.output.dense", wide), f"{layer}.output")
        return x, real

    def _apply(self, name: str, x: Tensor) -> Tensor:
        from torch.nn import functional as F

        return F.linear(x.to(self._type), *self._linear[name])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        from torch.nn import functional as F

        weight, bias = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return F.layer_norm(x, (x.shape[-1],), weight, bias, _EPSILON)


def limit_blas() -> None:
    """Keep numpy's products on one thread each: its threads go on spinning afterwards, and take the cores from the
    encoder. Beside them a question was embedded in 50 ms on two cores, without them in 24."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
