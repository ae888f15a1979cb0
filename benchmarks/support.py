"""Sentences and passages: how surely the check tells those that are borne out from others.

    python -m benchmarks.support DATA [--each N]

DATA/train/support.jsonl.zst and table_support.jsonl.zst hold sentences, each with a passage or a table and a label
(zstandard must be installed). Each is checked against its own passage and two others of its set. Prints the share that
is flagged, of true ones and of others, by language, by set and by what was changed; and how often what the check is so
sure of is true.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.follow_ups import lines
from benchmarks.measure import new_assistant
from indexes.records import Place, Segment, Source
from pipelines.checking.citations import Citer
from pipelines.extractors.tables import line_of
from pipelines.records import Evidence, Result
from pipelines.sentences import sentences

_OTHERS = 2  # passages beside its own
_BINS = 10


class Case(NamedTuple):
    """A sentence as it was checked: of what it is, whether it is borne out, and what the check said."""

    of: tuple[str, ...]
    true: bool
    supported: bool
    support: float


def evidence(passages: Sequence[str]) -> list[Evidence]:
    found = []
    for n, text in enumerate(passages, start=1):
        source = Source(f"id{n}", "document", "text/plain", 1, paths=(f"/x/{n}.txt",))
        segment = Segment(source.id, 0, "document", text, Place(page=n), id=n)
        found.append(Evidence(n, Result(segment, source, n, 1 / n, {"text": n}), tuple(sentences(text))))
    return found


def rows(data: Path, each: int, chance: random.Random) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Of each set, language, label and kind some rows, with their passage and two others."""
    by: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for name in ("support", "table_support"):
        for row in lines(data / "train" / f"{name}.jsonl.zst"):
            if "table" in row:
                told = [line_of(line) for line in (row["table"]["columns"], *row["table"]["rows"])]
                row["passage"] = "\n".join(filter(None, [row.get("title", ""), *told]))
                row["why"] = "table"
            by[row["set"], row["language"], row["label"], row.get("why") or ""].append(row)
    for _, some in sorted(by.items()):
        passages = list(dict.fromkeys(row["passage"] for row in some))
        for row in chance.sample(some, min(each, len(some))):
            others = chance.sample(passages, min(len(passages), _OTHERS + 1))
            yield row, [row["passage"], *[each for each in others if each != row["passage"]][:_OTHERS]]


def checked(data: Path, each: int) -> Iterator[Case]:
    with tempfile.TemporaryDirectory() as folder:
        shelf = new_assistant(folder).shelf
        for row, passages in rows(data, each, random.Random(1)):
            question, mark, said = row["sentence"].rpartition("? ")
            check, _ = Citer(f"{question}{mark}".strip(), evidence(passages), shelf.text, shelf.entailment).check(said)
            true = row["label"] == "supported"
            kind = "true" if true else row["label"].replace("_", " ")
            of = (
                kind,
                f"{kind}, {row['language']}",
                f"{kind}, {row.get('why') or 'other'}",
                f"{kind}, set {row['set']}",
            )
            if check is not None:
                yield Case(of, true, check.supported, check.support)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.support", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--each", type=int, default=30, help="sentences of a set, language, label and kind")
    options = parser.parse_args()
    cases = list(checked(options.data, options.each))
    flagged: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        for name in case.of:
            flagged[name].append(not case.supported)
    for name, values in sorted(flagged.items()):
        print(f"{name}: flagged {np.mean(values):.2f} of {len(values)}")
    for n in range(_BINS):
        top = (n + 1) / _BINS + (n == _BINS - 1)
        within = [case.true for case in cases if n / _BINS <= case.support < top]
        if within:
            print(f"support {n / _BINS:.1f} to {(n + 1) / _BINS:.1f}: true {np.mean(within):.2f} of {len(within)}")


if __name__ == "__main__":
    main()
