"""Questions and passages in many languages: how often a question finds its passage; --learn learns the map anew.

    python -m benchmarks.languages DATA [--learn] [--seed N]

DATA/train/qa.jsonl.zst holds questions with their passages in many languages (zstandard must be installed). A tenth of
the passages is only asked, and XQuAD as a whole, whose languages are partly in no other set. For each language, and for
English questions over passages in it and the other way round, the share of questions that lie nearest to their own
passage among at most 100 is printed: by MiniLM, by e5, and by both with the map. --learn takes the other passages and
writes `pipelines/models/languages.npy`, which takes about an hour on two cores; --seed chooses other questions.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.follow_ups import lines
from pipelines.models.embedding import TextEmbedder
from pipelines.models.languages import MAP, mapped
from pipelines.models.shelf import ModelShelf

ONLY_ASKED = "xquad"
_POOL = 100
_ENGLISH, _OTHERS, _CROSS = 700, 350, 160  # passages of a set and a language that are learned from
_FEWEST = 40  # pairs of a batch, or of a set that is asked
_PIECE = 350  # characters of a passage that are learned from
_TEMPERATURE, _TEACHER = 0.05, 3.0  # of the nearest passages; what giving the same as MiniLM counts beside them
_RATE, _ROUNDS, _BATCH = 5e-4, 15, 512
_RIDGE = 10.0  # of the map that learning begins with


class Pairs(NamedTuple):
    """Questions with the passage of each; of which languages."""

    asked: str
    answered: str
    questions: list[str]
    passages: list[str]


class Read(NamedTuple):
    """(n, 384) of the same, by e5, and by MiniLM where they are English."""

    asked: str
    answered: str
    questions: np.ndarray
    passages: np.ndarray
    english_questions: np.ndarray
    english_passages: np.ndarray


def read_pairs(data: Path, learned: bool, chance: random.Random) -> list[Pairs]:
    """By set and languages; each passage once. `learned`: those that the map is learned from, cut."""
    by: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for row in lines(data / "train" / "qa.jsonl.zst"):
        asked = row["set"] == ONLY_ASKED or sha256(row["passage"].encode()).digest()[0] < 26
        if asked != learned and row["answerable"] and row["set"] != "afriqa":
            key = row["set"], row["language"], row.get("passage_language") or row["language"]
            by[key].setdefault(row["passage"], row["question"])
    found = []
    for (_, asked_in, answered_in), pairs in sorted(by.items()):
        most = _POOL
        if learned:
            most = _CROSS if asked_in != answered_in else _ENGLISH if asked_in == "en" else _OTHERS
        few = chance.sample(sorted(pairs), min(most, len(pairs)))
        passages = [_piece(passage, chance) if learned else passage for passage in few]
        found.append(Pairs(asked_in, answered_in, [pairs[passage] for passage in few], passages))
    return found


def _piece(passage: str, chance: random.Random) -> str:
    start = chance.randrange(max(1, len(passage) - _PIECE))
    return passage[start : start + _PIECE].strip()


def embedded(pairs: Pairs, english: TextEmbedder, others: TextEmbedder) -> Read:
    def questions(model: TextEmbedder) -> np.ndarray:
        return np.stack([model.embed_question(text) for text in pairs.questions])

    none = np.empty((0, others.dimension), np.float32)
    return Read(
        pairs.asked,
        pairs.answered,
        questions(others),
        others.embed_passages(pairs.passages),
        questions(english) if pairs.asked == "en" else none,
        english.embed_passages(pairs.passages) if pairs.answered == "en" else none,
    )


def learn(read: Sequence[Read]) -> np.ndarray:
    """(385, 384) float32: a map of what e5 gives to what MiniLM gives, by which questions lie near their passages."""
    torch.manual_seed(0)
    taught = [(each.questions, each.english_questions) for each in read if each.asked == "en"]
    taught += [(each.passages, each.english_passages) for each in read if each.answered == "en"]
    given, wanted = (np.concatenate(part) for part in zip(*taught, strict=True))
    full = np.hstack([given, np.ones((len(given), 1), np.float32)])
    first = np.linalg.solve(full.T @ full + _RIDGE * np.eye(full.shape[1]), full.T @ wanted)
    layer = nn.Linear(given.shape[1], wanted.shape[1])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(first[:-1].T))
        layer.bias.copy_(torch.from_numpy(first[-1]))
    optimiser = torch.optim.AdamW(layer.parameters(), lr=_RATE, weight_decay=0.01)
    for _ in range(_ROUNDS):
        for part in _batches(read):
            asked, answered = (functional.normalize(layer(rows), dim=1) for rows in (part.questions, part.passages))
            loss = _apart(asked, answered)
            if len(part.english_questions):
                loss = loss + _apart(part.english_questions, answered) + _unlike(asked, part.english_questions)
            if len(part.english_passages):
                loss = loss + _apart(asked, part.english_passages) + _unlike(answered, part.english_passages)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return np.vstack([layer.weight.detach().numpy().T, layer.bias.detach().numpy()[None]])


def _batches(read: Sequence[Read]) -> list[Any]:
    """Of two languages each, in an order of chance: what is in another language is no rival."""
    together: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for each in read:
        together[each.asked, each.answered].append(each)
    found = []
    for same in together.values():
        joined = [torch.from_numpy(np.concatenate(rows)) for rows in zip(*(each[2:] for each in same), strict=True)]
        for few in torch.randperm(len(joined[0])).split(_BATCH):
            if len(few) >= _FEWEST:
                found.append(Read("", "", *(rows[few] if len(rows) else rows for rows in joined)))  # type: ignore[arg-type]
    return [found[i] for i in torch.randperm(len(found)).tolist()]


def _apart(one: Tensor, other: Tensor) -> Tensor:
    """How little each row of one lies nearest to its own of the other."""
    near, own = one @ other.T / _TEMPERATURE, torch.arange(len(one))
    return (functional.cross_entropy(near, own) + functional.cross_entropy(near.T, own)) / 2


def _unlike(mine: Tensor, taught: Tensor) -> Tensor:
    return _TEACHER * (1 - (mine * taught).sum(1)).mean()


def first_found(questions: np.ndarray, passages: np.ndarray) -> float:
    """The share of questions that lie nearest to the passage of the same row."""
    return float(((questions @ passages.T).argmax(axis=1) == np.arange(len(questions))).mean())


def report(read: Sequence[Read], alone: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """`alone`: questions and passages of each by MiniLM alone, whatever their language."""
    by = np.load(MAP, allow_pickle=False).astype(np.float32)
    print("question → passage: pairs, first by MiniLM, by e5, by both with the map")
    means: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for each, (questions, passages) in zip(read, alone, strict=True):
        mixed = (
            each.english_questions if each.asked == "en" else mapped(each.questions, by),
            each.english_passages if each.answered == "en" else mapped(each.passages, by),
        )
        found = (
            first_found(questions, passages),
            first_found(each.questions, each.passages),
            first_found(*mixed),
        )
        print(f"{each.asked} → {each.answered}: {len(questions)}, {' '.join(f'{share:.2f}' for share in found)}")
        kind = "within English" if each.asked == each.answered == "en" else "within another language"
        means[kind if each.asked == each.answered else "across"].append(found)
    for kind, rows in means.items():
        print(f"{kind}: {' '.join(f'{share:.3f}' for share in np.mean(rows, axis=0))}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.languages", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true", help=f"learn {MAP.name} anew")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        english = ModelShelf({"text": "builtin:english"}, Path(temporary), device="cpu").text
        others = ModelShelf({"text": "builtin:multilingual"}, Path(temporary), device="cpu").text
        if options.learn:
            pairs = read_pairs(options.data, True, chance)
            print(f"{sum(len(each.questions) for each in pairs):,} pairs to learn from", flush=True)
            np.save(MAP, learn([embedded(each, english, others) for each in pairs]).astype(np.float16))
        pairs = [each for each in read_pairs(options.data, False, chance) if len(each.questions) >= _FEWEST]
        alone = [
            (np.stack([english.embed_question(text) for text in each.questions]), english.embed_passages(each.passages))
            for each in pairs
        ]
        report([embedded(each, english, others) for each in pairs], alone)


if __name__ == "__main__":
    main()
