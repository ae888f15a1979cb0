"""Declining: how surely questions are told apart that a library can and cannot answer; --learn learns it anew.

    python -m benchmarks.declining DATA [--learn]

DATA/train holds `qa.jsonl.zst` (questions with a passage; zstandard must be installed), DATA/images pictures with what
is asked for them. Of each set a small library is made, from which every third run of passages is left out: what is
asked about those is withheld. Sets with questions made to mislead have those too, some libraries hold tables, and some
are asked about other things altogether, or in another language than their files. A line for each: of the answerable
questions the share refused, of the others the share declined, and how often an answerable one is the more relevant of
two (AUC); with --learn by weights that were learned without the set. Then the weights over all sets, with the level at
which 4 of 100 answerable questions are refused, are written to `pipelines/asking/declining.json`. Those for scripts
that the text model does not read are learned with FOLIOSCOPE_TEXT=builtin:english, and stay as they are with a model
that reads all.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.follow_ups import lines
from benchmarks.measure import index, new_assistant
from benchmarks.table_questions import SETS as PROGRAMMED
from benchmarks.table_questions import part_of
from pipelines.asking.context import QueryContext
from pipelines.asking.declining import WEIGHTS, case, probability, signals, weigh
from pipelines.asking.kinds import kind_of
from pipelines.asking.material import Material
from pipelines.query.understanding import understand
from pipelines.records import Question

SETS = """squadshifts_new_wiki en | squad1_dev_other en | squad2_dev_other en | clapnq en | qed_nq en | tatqa_text en
mlqa_cross en | mlqa_cross de | mlqa_cross es | mlqa_cross zh | mlqa de | mlqa es | piaf fr
xquad de | squad_it_test it | faquad pt | norquad no | cmrc2018_dev zh | mlqa zh | jaquad ja | danetqa ru | xquad ru"""
TABLES = {"wikitablequestions": 120, "fetaqa": 120, "tatqa": 80, "ottqa": 150, "hybridqa": 150}
PASSAGES = 150
ASKED, ASKED_OVER_TABLES = 60, 90  # questions of each kind and set
REFUSED = 0.04  # of the answerable, which the level is set for
_ENOUGH = 30  # questions of a script
_ALSO = {"dense": ("foreign",)}  # cases that are learned from, too: of Chinese and the like there are few sets

Told = tuple[bool, str, dict[str, float]]  # answerable, which case it is, signals
Asked = list[tuple[str, bool]]


def withheld(rows: Sequence[Mapping[str, Any]], rng: random.Random, passages: int) -> tuple[list[str], Asked]:
    """The passages of a library, and questions. They are left out in runs, as neighbours speak of the same."""
    known = list(dict.fromkeys(row["passage"] for row in rows))
    start = rng.randrange(max(1, len(known) - passages))
    known = known[start : start + passages]
    library, left = set[str](), set[str]()
    while known:
        length = rng.choice((1, 1, 4))
        (left if rng.random() < 1 / 3 else library).update(known[:length])
        known = known[length:]
    kinds: dict[str, Asked] = {"answerable": [], "withheld": [], "misleading": []}
    for row in rows:
        if row["passage"] in library:
            kinds["answerable" if row["answerable"] else "misleading"].append((row["question"], row["answerable"]))
        elif row["passage"] in left and row["answerable"]:
            kinds["withheld"].append((row["question"], False))
    asked = [each for some in kinds.values() for each in rng.sample(some, min(ASKED, len(some)))]
    return sorted(library), asked


def libraries(data: Path) -> Iterator[tuple[str, Callable[[Path], None], Asked]]:
    """Name, what writes the files, and questions of each library."""
    rows: dict[tuple[str, str], list[Any]] = {}
    for row in lines(data / "train" / "qa.jsonl.zst"):
        rows.setdefault((row["set"], row["language"]), []).append(row)
    rng = random.Random(7)
    others = [(row["question"], False) for key in (("covid_qa", "en"), ("xquad", "de")) for row in rows[key]]
    for entry in SETS.replace("\n", " | ").split(" | "):
        name, language = entry.split()
        texts, asked = withheld(rows[name, language], rng, PASSAGES)
        yield f"{name} {language}", _texts(texts), asked
    texts, asked = withheld(rows["squadshifts_new_wiki", "en"], rng, 24)
    yield "a few files", _texts(texts), asked
    yield "other things", _texts(texts), [each for each in asked if each[1]] + rng.sample(others, ASKED)
    wanted = [json.loads(line) for line in (data / "images" / "coco.jsonl").read_text(encoding="utf-8").splitlines()]
    pictures = [(each["caption"], True) for each in wanted]
    asked = rng.sample(pictures, min(ASKED, len(pictures))) + rng.sample(others, ASKED)
    yield "pictures", lambda folder: _pictures(data / "images" / "coco", folder), asked


def tables(data: Path) -> Iterator[tuple[str, Callable[[Path], None], Asked]]:
    """The same for libraries of tables, a third of which is left out."""
    known: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in lines(data / "train" / "tables.jsonl.zst"):
        learned = row["set"] not in PROGRAMMED or part_of(row) != "asked"
        if len(row["table"]["rows"]) > 2 and learned:
            known[row["set"]][json.dumps(row["table"])].append(row)
    rng = random.Random(3)
    for name, count in TABLES.items():
        files: dict[str, Mapping[str, Any]] = {}
        kinds: dict[bool, Asked] = {True: [], False: []}
        for number, table in enumerate(rng.sample(sorted(known[name]), min(count, len(known[name])))):
            rows = known[name][table]
            held = rng.random() >= 1 / 3
            kinds[held] += [(row["question"], held) for row in rng.sample(rows, min(2, len(rows)))]
            if held:
                title = re.sub(r"\W+", "_", rows[0].get("title") or "table")[:60].strip("_")
                files[f"{title}_{number}.csv"] = rows[0]["table"]
        asked = [each for some in kinds.values() for each in rng.sample(some, min(ASKED_OVER_TABLES, len(some)))]
        yield f"tables: {name}", _tables(files), asked


def _tables(files: Mapping[str, Mapping[str, Any]]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for name, table in files.items():
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([table["columns"], *table["rows"]])

    return write


def _texts(texts: Sequence[str]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for number, text in enumerate(texts):
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")

    return write


def _pictures(source: Path, folder: Path) -> None:
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())


def cases(write: Callable[[Path], None], asked: Asked) -> list[Told]:
    """What is known of each question when it is decided."""
    found: list[Told] = []
    with tempfile.TemporaryDirectory() as temporary:
        files = Path(temporary) / "files"
        files.mkdir()
        write(files)
        assistant = new_assistant(f"{temporary}/library")
        index(assistant, files)
        for text, answerable in asked:
            question = Question(" ".join(text.split()))
            context = QueryContext(assistant.library, assistant.shelf, question)
            plan = understand(question, question.text, assistant.answering.intents(context.shelf.text))
            if plan.intent == "none":
                continue
            material = Material(context, plan=plan)
            kind_of(plan).quote(plan, material)
            if material.results:
                found.append((answerable, case(plan, material), signals(plan, material)))
        assistant.close()
    return found


def learn(sets: Sequence[Sequence[Told]], group: str) -> dict[str, float] | None:
    """Weights by name, None where too few questions tell. Each set counts alike, and answerable and other questions
    alike within it."""
    alike = (group, *_ALSO.get(group, ()))
    rows, truth, weights = list[list[float]](), list[bool](), list[float]()
    names = list(next(each for each in sets if each)[0][2])
    for each in sets:
        told = [each_case for each_case in each if each_case[1] in alike]
        for answerable in (True, False):
            part = [case for case in told if case[0] is answerable]
            if len(part) >= _ENOUGH:
                rows += [[case[2][name] for name in names] for case in part]
                truth += [answerable] * len(part)
                weights += [1 / len(part)] * len(part)
    if len(set(truth)) < 2:
        return None
    scale = len(weights) / sum(weights)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(rows, truth, np.array(weights) * scale)
    learned = {"level": float(model.intercept_[0]), **dict(zip(names, model.coef_[0].tolist(), strict=True))}
    sure = [probability(weigh(case[2], learned)) for each in sets for case in each if case[0] and case[1] in alike]
    return {"enough": float(np.quantile(sure, REFUSED)), **learned}


def _show(name: str, found: Sequence[Told], weights: Mapping[str, Mapping[str, float]]) -> list[tuple[float, bool]]:
    """How surely each question is answered, and whether it can be."""
    sure = np.array([probability(weigh(case[2], weights[case[1]])) for case in found])
    told = sure >= [weights[case[1]]["enough"] for case in found]
    truth = np.array([case[0] for case in found])
    auc = (sure[truth][:, None] > sure[~truth][None]).mean()
    print(f"{name}: refused {(~told[truth]).mean():.2f} of {truth.sum()}", end=", ")
    print(f"declined {(~told[~truth]).mean():.2f} of {(~truth).sum()}, AUC {auc:.2f}", flush=True)
    return list(zip(sure.tolist(), truth.tolist(), strict=True))


def reliability(shown: Sequence[tuple[float, bool]]) -> None:
    """How many of the questions that are so surely answerable are (a reliability diagram, in figures)."""
    for low in np.arange(0, 1, 0.1):
        inside = [truth for sure, truth in shown if low <= sure < low + 0.1 + 1e-9]
        if inside:
            print(f"{low:.1f} to {low + 0.1:.1f}: {np.mean(inside):.2f} of {len(inside)} can be answered")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true", help="learn the weights, and write them")
    options = parser.parse_args()
    told = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    sets: dict[str, list[Told]] = {}
    shown: list[tuple[float, bool]] = []
    for name, write, asked in (*tables(options.data), *libraries(options.data)):
        sets[name] = cases(write, asked)
        if not options.learn:
            shown += _show(name, sets[name], told)
    groups = sorted({each[1] for found in sets.values() for each in found}) if options.learn else []
    for name, found in sets.items() if options.learn else ():
        others = [each for other, each in sets.items() if other != name]
        weights = {**told, **{group: some for group in groups if (some := learn(others, group))}}
        shown += _show(name, found, weights)
    reliability(shown)
    if not options.learn:
        return
    for group in groups:
        learned = learn(list(sets.values()), group)
        if learned:
            told[group] = {name: round(value, 2) for name, value in learned.items()}
        print(group, told[group])
    WEIGHTS.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
