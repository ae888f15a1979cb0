"""Questions over tables: how many are answered rightly; --learn learns anew which program a question asks for.

    python -m benchmarks.table_questions DATA [--learn] [--seed N]

DATA/train/tables.jsonl.zst holds tables with questions and answers (zstandard must be installed). By tables, eight of
ten parts are learned from, with questions that are made over them (`table_templates`); one says when learning ends, and
how surely an answer is right, each question put to its own table and to others that share most words with it; one is
only asked: the share of right answers, and of those sure enough to be told, of its own tables and of others, where
questions about prose (DATA/train/qa.jsonl.zst) are put to them, too. A line for each set; --seed chooses other ones.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from benchmarks.follow_ups import lines
from benchmarks.measure import new_assistant
from benchmarks.table_templates import made
from pipelines.asking.worked_out import SURE
from pipelines.models.embedding import TextEmbedder
from pipelines.tables.cells import words_of
from pipelines.tables.conditions import Asked
from pipelines.tables.days import day_of
from pipelines.tables.judging import (
    WEIGHTS,
    Judged,
    Match,
    What,
    features,
    forget,
    held,
    judged,
    learned_weights,
    likeliest,
    scored,
    signals,
)
from pipelines.tables.numbers import number_of
from pipelines.tables.programs import Reading, programs, readings
from pipelines.tables.table import Table
from pipelines.tables.telling import told

SETS = ("wikitablequestions", "tatqa")
_OFTEN = 20  # questions that a feature must be seen in
_RIGHT, _WRONG = 60, 140  # programs of a question that are learned from
_ROUNDS, _BATCH = 8, 64
_RATE, _L1 = 0.02, 0.12
_SMALL = 0.03  # weights that are left out
_QUESTIONS, _CHECKED = 9_000, 400  # of a set
_NEAR = 0.62, 0.97  # cosines of names that mean about the same
_MATCHES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5)
_OTHERS = 2  # tables that a question is put to beside its own
_PROSE = ("squad2_dev_other", "squadshifts_new_wiki", "fairytaleqa", "medquad", "boolq_dev")

Part = Literal["learned", "checked", "asked"]


class Known:
    """A text model that remembers what it embedded: many tables have the same columns. Questions are read as passages
    are, many at once; the built-in model does so anyway."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, np.ndarray] = {}

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in texts if text not in self._rows]
        self._rows |= dict(zip(new, self._embedder.embed_passages(new), strict=True)) if new else {}
        return np.stack([self._rows[text] for text in texts])

    def embed_question(self, text: str) -> np.ndarray:
        return self.embed_passages([text])[0]

    def near(self, names: Sequence[str]) -> dict[str, list[str]]:
        """For each name, others that mean about the same."""
        rows = self.embed_passages(names)
        found: dict[str, list[str]] = {}
        for name, row in zip(names, rows, strict=True):
            cosines = rows @ row
            best = [n for n in np.argsort(-cosines)[:8] if _NEAR[0] < cosines[n] < _NEAR[1]]
            found[name] = [names[n] for n in best[:3] if not set(words_of(names[n])) <= set(words_of(name))]
        return found

    def know(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """What their questions need, at once."""
        texts = {row["question"]: None for row in rows}
        texts |= {run: None for question in list(texts) for run in Asked(question).runs}
        self.embed_passages(list(texts))


class Case(NamedTuple):
    """A question as it is learned from: of each feature its number, its value, and the place of its program; and which
    programs give the right answer."""

    ids: np.ndarray
    values: np.ndarray
    of: np.ndarray
    right: np.ndarray


def part_of(row: Mapping[str, Any]) -> Part:
    """By the table, so that none is both learned from and asked."""
    number = int(sha256(json.dumps(row["table"], sort_keys=True).encode()).hexdigest(), 16) % 10
    return "asked" if number == 0 else "checked" if number == 1 else "learned"


def reading_of(row: Mapping[str, Any], embedder: Any) -> Reading:
    table = Table.made([row["table"]["columns"], *row["table"]["rows"]])
    return readings(Asked(row["question"]), [(table, row.get("about", ""))], embedder)[0]


def same(answers: Sequence[str], right: Sequence[str]) -> bool:
    """Whether answers mean the same: numbers to two decimals, days, words without case and what stands in brackets."""
    if len(answers) != len(right):
        return False
    return all(map(_same, sorted(answers, key=_meant), sorted(right, key=_meant)))


def _same(one: str, other: str) -> bool:
    first, second = number_of(one), number_of(other)
    if first is not None and second is not None and day_of(one) is None:
        return abs(first - second) <= max(0.0051, 1e-4 * abs(second))
    return _meant(one) == _meant(other)


def _meant(answer: str) -> str:
    day = day_of(answer)
    if day is not None:
        return str(day)
    number = number_of(answer)
    return f"{number:.3f}" if number is not None else " ".join(words_of(re.sub(r"[\[(].*?[\])]", "", answer) or answer))


def learned(cases: Sequence[Case], checked: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """Weights by which right programs are likeliest, of the round in which most of what is checked was right. `names`
    are those of the features, in the order of their numbers."""
    torch.manual_seed(7)
    seen = np.zeros(len(names))
    for case in cases:
        seen[np.unique(case.ids)] += 1
    kept = torch.tensor(seen >= _OFTEN)
    weights = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=_RATE)
    batches = [_packed(cases[n : n + _BATCH]) for n in range(0, len(cases), _BATCH)]
    best = 0.0, np.zeros(len(names))
    for number in range(_ROUNDS):
        for n in random.Random(number).sample(range(len(batches)), len(batches)):
            ids, values, of, question, right, count = batches[n]
            scores = torch.zeros(len(question)).scatter_add(0, of, (weights * kept)[ids] * values)
            top = torch.full((count,), -1e9).scatter_reduce(0, question, scores, "amax").detach()
            odds = torch.exp(scores - top[question])
            whole = torch.zeros(count).scatter_add(0, question, odds)
            good = torch.zeros(count).scatter_add(0, question, odds * right)
            loss = (torch.log(whole) - torch.log(good + 1e-12)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():  # what little it tells, a weight is none (L1 by a proximal step)
                least = optimizer.param_groups[0]["lr"] * _L1
                weights.copy_(weights.sign() * (weights.abs() - least).clamp(min=0))
        for group in optimizer.param_groups:
            group["lr"] *= 0.75
        now = (weights * kept).detach().numpy().round(3)
        now[np.abs(now) < _SMALL] = 0
        hits = float(np.mean([_hit(case, now) for case in checked]))
        print(f"  round {number + 1}: {hits:.3f} of those checked right, {np.count_nonzero(now)} weights", flush=True)
        if hits > best[0]:
            best = hits, now
    return {name: round(float(weight), 3) for name, weight in zip(names, best[1], strict=True) if weight}


def _packed(cases: Sequence[Case]) -> tuple[Any, ...]:
    first = np.cumsum([0, *(len(case.right) for case in cases)])
    return (
        torch.tensor(np.concatenate([case.ids for case in cases])).long(),
        torch.tensor(np.concatenate([case.values for case in cases])),
        torch.tensor(np.concatenate([case.of + start for case, start in zip(cases, first, strict=False)])).long(),
        torch.tensor(np.repeat(np.arange(len(cases)), [len(case.right) for case in cases])),
        torch.tensor(np.concatenate([case.right for case in cases]).astype(np.float32)),
        len(cases),
    )


def _hit(case: Case, weights: np.ndarray) -> bool:
    scores = np.zeros(len(case.right))
    np.add.at(scores, case.of, weights[case.ids] * case.values)
    return bool(len(scores) and case.right[scores.argmax()])


def _cases(rows: Sequence[Mapping[str, Any]], embedder: Any, names: dict[str, int], few: bool) -> Iterator[Case]:
    """What can be answered rightly at all, and a `few` of many wrong programs; else all. New features are numbered."""
    for row in rows:
        reading = reading_of(row, embedder)
        made = programs(reading)
        right = [answers(each.answer, row) for each in made]
        kept = list(range(len(made)))
        if few:
            wrong = [n for n in kept if not right[n]]
            random.Random(row["id"]).shuffle(wrong)
            kept = [n for n in kept if right[n]][:_RIGHT] + wrong[:_WRONG]
            if not any(right):
                continue
        said = [features(made[n], reading) for n in kept]
        if few:
            for each in said:
                for name in each:
                    names.setdefault(name, len(names))
        triples = [
            (names[name], value, at) for at, each in enumerate(said) for name, value in each.items() if name in names
        ]
        ids, values, of = zip(*triples, strict=True) if triples else ((), (), ())
        yield Case(
            np.array(ids, np.int32),
            np.array(values, np.float32),
            np.array(of, np.int32),
            np.array(right)[kept].astype(bool),
        )


class Put(NamedTuple):
    """A question put to a table: what tells whether the answer, or the rows, are right, whether they are, and whether
    its table it is."""

    what: What
    signals: dict[str, float]
    right: bool
    own: bool


def put(
    rows: Sequence[Mapping[str, Any]], tables: Mapping[str, Any], embedder: Any, match: Match | None
) -> Iterator[Put]:
    """Each question put to its own table, if it has one, to those of the `tables` with which it shares most rare words,
    and to any."""
    texts = [set(words_of(key)) for key in tables]
    count = Counter(word for text in texts for word in text)
    worth = {word: math.log(1 + len(texts) / times) for word, times in count.items()}
    rarest = math.log(1 + len(texts))
    for row in rows:
        asked = set(words_of(row["question"]))
        shared = [sum(worth[word] for word in asked & text) for text in texts]
        order = sorted(range(len(texts)), key=lambda n: -shared[n])
        own = [list(tables).index(json.dumps(row["table"]))] if "table" in row else []
        others = [n for n in order if n not in own]
        chosen = (*own, *others[:_OTHERS], *random.Random(row["question"]).sample(others[_OTHERS:], _OTHERS))
        put_to = [reading_of({**row, "table": list(tables.values())[n]}, embedder) for n in chosen]
        spoken = {word: worth.get(word, rarest) for word in put_to[0].asked.spoken}
        shares = [held(reading, spoken) for reading in put_to]
        for n, reading, share in zip(chosen, put_to, shares, strict=True):
            for each in judged(reading, match):
                right = n in own and _right(each, reading, row)
                yield Put(each.what, signals(each, reading, spoken, max(shares) - share), right, n in own)


def tables_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {json.dumps(row["table"]): row["table"] for row in rows}


def about_prose(data: Path, most: int) -> list[dict[str, Any]]:
    """Questions in English that no table answers, as many of each set."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lines(data / "train" / "qa.jsonl.zst"):
        if row["set"] in _PROSE:
            found[row["set"]].append({"question": row["question"]})
    return [
        row for rows in found.values() for row in random.Random(7).sample(rows, min(len(rows), most // len(_PROSE)))
    ]


def rightness_learned(cases: Sequence[Put]) -> dict[str, float]:
    names = list(cases[0].signals)
    model = LogisticRegression(C=10, fit_intercept=False, max_iter=1000)
    model.fit([[case.signals[name] for name in names] for case in cases], [case.right for case in cases])
    return {name: round(float(weight), 3) for name, weight in zip(names, model.coef_[0], strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gate", action="store_true", help="with --learn: keep what is known of programs")
    parser.add_argument("--most", type=int, default=60, help="questions of a set that are asked")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shelf = new_assistant(folder).shelf
        embedder = Known(shelf.text)
        match = shelf.cross_encoder.match if shelf.cross_encoder else None
    parts: dict[tuple[str, Part], list[dict[str, Any]]] = defaultdict(list)
    for row in lines(arguments.data / "train" / "tables.jsonl.zst"):
        if row["set"] in SETS and row["table"]["rows"]:
            parts[row["set"], part_of(row)].append(row)
    for rows in parts.values():
        random.Random(arguments.seed).shuffle(rows)
    if arguments.learn:
        names = sorted({name for rows in parts.values() for row in rows for name in row["table"]["columns"]})
        embedder.embed_passages(names)
        learn(parts, embedder, match, arguments.gate)
    for name in SETS:
        began = time.monotonic()
        asked = parts[name, "asked"][: arguments.most]
        cases = list(put(asked, tables_of(asked), embedder, match))
        seconds = (time.monotonic() - began) / len(cases)
        for what, least in SURE.items():
            own, others = ([each for each in cases if each.what == what and each.own is mine] for mine in (True, False))
            sure = [each.right for each in own if _sure(each) >= least]
            wrongly = np.mean([_sure(each) >= least for each in others])
            print(
                f"{name}, {what}: {np.mean([each.right for each in own]):.2f} of {len(own)} right;"
                f" told {len(sure) / len(own):.2f}, of which {np.mean(sure) if sure else 0:.2f} right;"
                f" told of other tables {wrongly:.2f}"
            )
        print(f"{name}: {1000 * seconds:.0f} ms a table")
    prose = about_prose(arguments.data, arguments.most)
    cases = list(put(prose, tables_of([*parts[SETS[0], "asked"], *parts[SETS[1], "asked"]]), embedder, match))
    for what, least in SURE.items():
        wrongly = np.mean([_sure(each) >= least for each in cases if each.what == what])
        print(f"questions about prose, {what}: told of other tables {wrongly:.3f}")


def _sure(case: Put) -> float:
    weights = learned_weights()[case.what]
    return 1 / (1 + math.exp(-sum(weights[name] * value for name, value in case.signals.items())))


def learn(
    parts: Mapping[tuple[str, Part], Sequence[Mapping[str, Any]]], embedder: Any, match: Match | None, gate: bool
) -> None:
    """Learn the weights of programs, how much it counts what a model finds that reads them, then how surely the
    likeliest is right; write all down."""
    names: dict[str, int] = {}
    rows = [row for name in SETS for row in parts[name, "learned"][:_QUESTIONS]]
    near = embedder.near(sorted({name for row in rows for name in row["table"]["columns"] if name.strip()}))
    rng = random.Random(7)
    checked = [row for name in SETS for row in parts[name, "checked"][:_CHECKED]]
    weights: dict[str, dict[str, float]] = dict(learned_weights())
    if not gate:
        rows += made_over(rows, near, rng)
        embedder.know(rows)
        cases = list(_cases(rows, embedder, names, True))
        random.Random(7).shuffle(cases)
        print(f"{len(cases)} questions to learn from, {len(checked)} to check", flush=True)
        embedder.know(checked)
        programs = learned(cases, list(_cases(checked, embedder, names, False)), list(names))
        weights["programs"] = dict(sorted(programs.items()))
        _write(weights)
    embedder.know(checked)
    if match is not None:
        weights["match"] = {"match": match_learned(checked, embedder, match)}
        _write(weights)
    checked += made_over(checked, near, rng)
    embedder.know(checked)
    cases_put = list(put(checked, tables_of(checked), embedder, match))
    for what in SURE:
        weights[what] = rightness_learned([each for each in cases_put if each.what == what])
    _write(weights)


def match_learned(rows: Sequence[Mapping[str, Any]], embedder: Any, match: Match) -> float:
    """What the reading of a program together with the question counts beside its log odds, by how many are right."""
    right = dict.fromkeys(_MATCHES, 0)
    for row in rows:
        reading = reading_of(row, embedder)
        made = programs(reading)
        few = likeliest(made, scored(reading, made))
        found = match(row["question"], [told(each, reading.table) for each, _ in few]) if few else np.zeros(0)
        for weight in right:
            scores = [odds + weight * float(more) for (_, odds), more in zip(few, found, strict=True)]
            best = few[int(np.argmax(scores))][0] if few else None
            right[weight] += best is not None and answers(best.answer, row)
    for weight, count in right.items():
        print(f"  read together, weight {weight}: {count / len(rows):.3f} of {len(rows)} right", flush=True)
    return max(right, key=lambda weight: right[weight])


def made_over(rows: Sequence[Mapping[str, Any]], near: Mapping[str, Sequence[str]], rng: random.Random) -> list[Any]:
    """Questions that are made over the tables of some rows."""
    tables = {json.dumps(row["table"]): row["table"] for row in rows}
    return [
        {"id": f"made {n}", "table": table, **asked._asdict()}
        for n, table in enumerate(tables.values())
        for asked in made(Table.made([table["columns"], *table["rows"]]), rng, near)
    ]


def _write(weights: Mapping[str, Mapping[str, float]]) -> None:
    WEIGHTS.write_text(json.dumps(weights, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    forget()


def _right(each: Judged, reading: Reading, row: Mapping[str, Any]) -> bool:
    """Whether the answer is right; of rows, whether they are those that some right answer stands on."""
    if each.what == "answer":
        return answers(each.program.answer, row)
    return any(other.rows == each.program.rows and answers(other.answer, row) for other in programs(reading))


def answers(answer: Sequence[str], row: Mapping[str, Any]) -> bool:
    """Whether it is what is asked for, or what a second part of the question asks for."""
    return same(answer, list(map(str, row["answers"]))) or same(answer, row.get("also", [])) if answer else False


if __name__ == "__main__":
    main()
