"""The built-in cross-encoder: how well it reads two texts together; --learn trains it anew.

    python -m benchmarks.cross_encoder DATA [--learn [--further]] [--minutes N]

DATA/train holds labelled pairs (zstandard must be installed; `benchmarks/pairs.py` says which are taken). MiniLM is
trained further, its words' vectors aside, with a head for each of four things: whether a passage answers a question,
which of its words do, whether it bears a sentence out, whether a program over a table is what a question asks for. The
rate of learning falls to nothing within the minutes: with fewer it is as much finished, and worse; --further begins
with the weights that are there. Then `pipelines/models/cross_encoder.safetensors` is written. Sets that were not
trained on are asked: how often a passage that answers is the likelier of two (AUC), how often the right sentence comes
first, how surely sentences that are borne out are told from others.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from sklearn.metrics import roc_auc_score
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from benchmarks.measure import new_assistant
from benchmarks.pairs import Asked, Meant, Stated, asked, meant, stated
from pipelines.models.cross_encoder import LONGEST, WEIGHTS, BuiltInCrossEncoder, packed, shortened, unpacked
from pipelines.models.weights import BUILT_IN, built_in
from pipelines.sentences import sentence_spans

HEADS = {"answers": 1, "token": 1, "label": 3, "program": 1}
SHARES = (0.75, 0.05, 0.2)  # of the steps, for questions, sentences, programs
_TOKENS = 4096  # of a step
_RATE, _WARM, _DECAY = 8e-5, 0.05, 0.01
_ALIKE = 12  # tokens by which rows of a batch differ in length
_TOLD = 50  # steps
_ASKED = 400  # pairs of a set

Case = Asked | Stated | Meant


class Reader(nn.Module):
    """MiniLM over pairs of texts, and the heads."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        config = BertConfig.from_pretrained(folder, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0)
        self.encoder = BertModel(config, add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        self.encoder.load_state_dict({name: torch.tensor(each) for name, each in weights.items()}, strict=False)
        self.encoder.embeddings.requires_grad_(False)
        self.heads = nn.ModuleDict({name: nn.Linear(config.hidden_size, size) for name, size in HEADS.items()})

    def vectors(self, encodings: Sequence[Encoding]) -> Tensor:
        """(n, t, d) of the tokens of pairs."""
        width = max(len(each.ids) for each in encodings)
        ids = torch.zeros((len(encodings), width), dtype=torch.long)
        mask = torch.zeros((len(encodings), width), dtype=torch.long)
        for i, each in enumerate(encodings):
            ids[i, : len(each.ids)] = torch.tensor(each.ids)
            mask[i, : len(each.ids)] = 1
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden.float()


def pairs_of(case: Case) -> list[tuple[str, str]]:
    if isinstance(case, Meant):
        return [(case.question, program) for program in case.programs]
    return [(case.question, case.passage)] if isinstance(case, Asked) else [(case.sentence, case.passage)]


def loss_of(model: Reader, cases: Sequence[Any], encodings: Sequence[Sequence[Encoding]]) -> Tensor:
    """Of some cases of one kind, by the encodings of each one's pairs."""
    hidden = model.vectors([each for some in encodings for each in some])
    first = hidden[:, 0]
    if isinstance(cases[0], Stated):
        return functional.cross_entropy(model.heads["label"](first), torch.tensor([case.label for case in cases]))
    if isinstance(cases[0], Meant):  # whatever programs give the right answer are right together
        scores = model.heads["program"](first)[:, 0].split([len(case.programs) for case in cases])
        return torch.stack(
            [
                own.logsumexp(0) - own[torch.tensor(case.right)].logsumexp(0)
                for case, own in zip(cases, scores, strict=True)
            ]
        ).mean()
    answers = torch.tensor([float(case.answers) for case in cases])
    loss = functional.binary_cross_entropy_with_logits(model.heads["answers"](first)[:, 0], answers)
    labels = torch.full(hidden.shape[:2], -1.0)
    for i, (case, (encoding,)) in enumerate(zip(cases, encodings, strict=True)):
        for at, (sequence, (start, _)) in enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True)):
            if sequence == 1 and case.right is not None:
                labels[i, at] = float(any(a <= start < b for a, b in case.right))
    known = labels >= 0
    if known.any():
        words = model.heads["token"](hidden)[..., 0][known]
        loss = loss + functional.binary_cross_entropy_with_logits(words, labels[known])
    return loss


def batches(lengths: Sequence[int], chance: random.Random) -> Iterator[list[int]]:
    """Cases of like length together, about as many tokens each, in an order of chance, again and again."""
    while True:
        made: list[list[int]] = [[]]
        for i in sorted(range(len(lengths)), key=lambda i: lengths[i] + chance.random() * _ALIKE):
            if made[-1] and (len(made[-1]) + 1) * lengths[i] > _TOKENS:
                made.append([])
            made[-1].append(i)
        chance.shuffle(made)
        yield from made


def learn(model: Reader, tokenizer: Tokenizer, kinds: Sequence[Sequence[Case]], minutes: float) -> None:
    chance = random.Random(0)
    read = [[tokenizer.encode_batch([*map(shortened, pairs_of(case))]) for case in cases] for cases in kinds]
    queues = [batches([sum(len(one.ids) for one in each) for each in some], chance) for some in read]
    trained = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=_RATE, weight_decay=_DECAY)
    losses: list[list[float]] = [[] for _ in kinds]
    began, steps = time.monotonic(), 0
    while (share := (time.monotonic() - began) / 60 / minutes) < 1:
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, share / _WARM) * (1 - share)
        (kind,) = chance.choices(range(len(kinds)), SHARES)
        batch = next(queues[kind])
        loss = loss_of(model, [kinds[kind][i] for i in batch], [read[kind][i] for i in batch])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        losses[kind].append(loss.item())
        steps += 1
        if steps % _TOLD == 0:
            means = " ".join(f"{np.mean(each[-2 * _TOLD :] or [0.0]):.3f}" for each in losses)
            print(f"{share * minutes:.1f} minutes, step {steps}: losses {means}", flush=True)


def write(model: Reader) -> None:
    tensors = {
        name.removeprefix("encoder.") if name.startswith("encoder.encoder.") else name: tensor.float().numpy()
        for name, tensor in model.state_dict().items()
        if not name.startswith("encoder.embeddings.")
    }
    save_file(packed(tensors), WEIGHTS)


def report(model: BuiltInCrossEncoder, data: Path) -> None:
    questions = asked(data, random.Random(1), measured=True)
    for name in sorted({each.set for each in questions}):
        own = [each for each in questions if each.set == name]
        few = random.Random(2).sample(own, min(2 * _ASKED, len(own)))
        read = [(each, reading) for each in few if (reading := model.read(each.question, [each.passage])[0])]
        area = roc_auc_score([each.answers for each, _ in read], [reading.answers for _, reading in read])
        apart = []
        for why in sorted({each.why for each, _ in read if not each.answers}):
            pairs = [(each.answers, reading.answers) for each, reading in read if each.answers or each.why == why]
            apart.append(f"{why or 'given'} {roc_auc_score(*zip(*pairs, strict=True)):.3f}")
        first = []
        for each, reading in read:
            if each.answers and each.right:
                spans = sentence_spans(each.passage)
                start, end = max(spans, key=lambda span: reading.of(*span) or -99.0)
                first.append(any(start < b and a < end for a, b in each.right))
        print(f"{name}: AUC {area:.3f} of {len(read)} ({', '.join(apart)})", end="; ")
        print(f"right sentence first {np.mean(first):.3f} of {len(first)}")
    sentences = stated(data, random.Random(2), measured=True)
    for name in sorted({each.set for each in sentences}):
        all_of = [each for each in sentences if each.set == name]
        some = random.Random(3).sample(all_of, min(2 * _ASKED, len(all_of)))
        chances = model.entail([(each.passage, each.sentence) for each in some])
        told = ~np.isnan(chances[:, 0])
        true = np.array([each.label == 0 for each in some])
        right = np.mean((chances.argmax(1) == 0)[told] == true[told])
        print(
            f"{name}: borne out AUC {roc_auc_score(true[told], chances[told, 0]):.3f}, right {right:.3f}"
            f" of {told.sum()}, {true.mean():.2f} of which are borne out"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cross_encoder", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true", help=f"train {WEIGHTS.name} anew")
    parser.add_argument("--further", action="store_true", help="begin with the weights that are there")
    parser.add_argument("--minutes", type=float, default=120)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        shelf = new_assistant(temporary).shelf
        folder = built_in(BUILT_IN["text"], shelf.cache).parent
        if options.learn:
            torch.manual_seed(0)
            chance = random.Random(0)
            kinds: tuple[Sequence[Case], ...] = (
                asked(options.data, chance),
                stated(options.data, chance),
                meant(options.data, shelf.text, chance),
            )
            print(
                *(
                    f"{len(cases):,} {kind}"
                    for cases, kind in zip(kinds, ("questions", "sentences", "programs"), strict=True)
                )
            )
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(LONGEST, strategy="longest_first")
            model = Reader(folder)
            if options.further:
                stored = load_file(WEIGHTS)
                layers = {f"encoder.{name}": each for name, each in unpacked(stored).items()}
                heads = {name: each for name, each in stored.items() if name.startswith("heads.")}
                model.load_state_dict(
                    {name: torch.tensor(each) for name, each in (layers | heads).items()}, strict=False
                )
            learn(model, tokenizer, kinds, options.minutes)
            write(model)
        report(BuiltInCrossEncoder(folder, Path(temporary)), options.data)


if __name__ == "__main__":
    main()
