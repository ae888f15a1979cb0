"""Measures answers on passages with known answers, through the product's own bench.

    python -m benchmarks.answers DATA [squad2 cmrc] [--limit N] [--every N] [--output DIR]

DATA/qa/squad2 and DATA/qa/cmrc2018_zh hold `docs/*.txt`, `corpus.jsonl` {id, text} and `questions.jsonl` {id, question,
answers, answerable, doc_id, kind}. Each set is indexed into a new library in a temporary folder. `--every N` asks each
Nth question of each kind, `--limit N` the first N of what is left. With `--output`, sets, runs and pages stay there.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.evaluation.command import counted, write_run
from app.evaluation.report import number, span, table
from app.evaluation.running import Row, ask, evaluate, run_json
from app.evaluation.sets import Example, write_example
from benchmarks.measure import index, lines, new_assistant
from pipelines.records import AnswerFinished, Question, Turn

FOLDERS = {"squad2": "squad2", "cmrc": "cmrc2018_zh"}
_FOLLOW_UPS = 6
_FOLLOW_UP = {"squad2": "And what else is said about that?", "cmrc": "关于这一点还说了什么？"}


def questions(folder: Path, a_file_each: bool) -> list[Example]:
    """The questions of a set as the bench reads them.

    `a_file_each`: every passage is a file of its own; otherwise the right passage is told by its text.
    """
    texts = {document["id"]: document["text"] for document in lines(folder / "corpus.jsonl")}
    examples = []
    for each in lines(folder / "questions.jsonl"):
        if not each["question"].strip():
            print(f"{folder.name}: {each['id']} has no question and is left out")
            continue
        file = f"{each['doc_id']}.txt" if a_file_each else f"{each.get('article')}.txt"
        examples.append(
            Example(
                id=str(each["id"]),
                question=each["question"],
                answers=tuple(each["answers"]),
                answerable=each["answerable"],
                sources=(file,) if each["answerable"] else (),
                passages=(texts[each["doc_id"]],) if each["answerable"] else (),
                kind=_kind(each),
            )
        )
    return examples


def thinned(examples: Sequence[Example], every: int, limit: int | None) -> list[Example]:
    """Each Nth question of each kind, in the order of the set."""
    met: dict[str, int] = {}
    kept = []
    for example in examples:
        at = met[example.kind] = met.get(example.kind, -1) + 1
        if at % every == 0:
            kept.append(example)
    return kept[:limit]


def measure(data: Path, name: str, every: int, limit: int | None, output: Path | None) -> None:
    folder = data / "qa" / FOLDERS[name]
    examples = thinned(questions(folder, a_file_each=name == "cmrc"), every, limit)
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        records, seconds = index(assistant, folder / "docs")
        print(f"{name}: {len(records)} files, {sum(r.segments for r in records)} segments in {seconds:.0f} s")
        began = time.monotonic()
        rows: list[Row] = []
        stopped = ""
        try:
            for row in counted(evaluate(assistant, examples), len(examples), name):
                rows.append(row)
        except KeyboardInterrupt:
            stopped = "interrupted"
        run = run_json(assistant, rows, name, len(examples), 10, time.monotonic() - began, stopped)
        for line in figures(run):
            print(f"{name}: {line}")
        if not stopped:
            follow_ups(assistant, name, examples)
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{name}.jsonl").write_text("".join(map(write_example, examples)), encoding="utf-8")
            print(table(run))
            print("\n".join(f"written: {path}" for path in write_run(run, output)))
        assistant.close()


def figures(run: dict[str, Any]) -> list[str]:
    """What is asked of the product, a line each."""
    metrics = run["metrics"]

    def said(name: str) -> str:
        found = metrics.get(name)
        return f"{number(found['mean'])} {span(found['low'], found['high'])} of {found['count']}" if found else "–"

    told = [f"answer contains an expected text {said('contains')}"]
    for kind, found in run["kinds"].items():
        if "declined unanswerable" in found["metrics"]:
            share = found["metrics"]["declined unanswerable"]
            told.append(f"declined of {kind} {number(share['mean'])} of {share['count']}")
    invented = sum(int(row["scores"].get("not retrieved", 0)) for row in run["rows"])
    told += [
        f"declined of the unanswerable {said('declined unanswerable')}",
        f"declined of the answerable {said('declined answerable')}",
        f"citation precision {said('citation precision')}, recall {said('citation recall')}",
        f"citations to what was not retrieved {invented}",
        f"right passage first {said('recall@1 place')}, right file first {said('recall@1')}",
        f"unsupported sentences {said('unsupported')}; token F1 {said('F1')}",
    ]
    for stage in ("first_token", "total"):
        spent = run["seconds_by_stage"].get(stage)
        if spent:
            told.append(f"{stage} p50 {spent['p50']:.2f} s, p95 {spent['p95']:.2f} s of {spent['count']}")
    return [*told, f"peak memory {run['peak_bytes'] / 1e9:.2f} GB"]


def follow_ups(assistant: Assistant, name: str, examples: Sequence[Example]) -> None:
    """Seconds to the first token of a question that leans on the one before it."""
    first = []
    for example in [each for each in examples if each.answerable][:_FOLLOW_UPS]:
        one = ask(assistant, example.question)
        history = (Turn(example.question, one.text, one.asked),)
        *_, last = assistant.ask(Question(_FOLLOW_UP[name], history=history))
        assert isinstance(last, AnswerFinished)
        if last.answer.model:
            first.append(last.answer.seconds["first_token"])
    if first:
        print(f"{name}: follow-up's first token p50 {statistics.median(first):.2f} s, max {max(first):.2f} s", end=" ")
        print(f"of {len(first)}")


def _kind(question: dict[str, Any]) -> str:
    return "_".join(filter(None, (question["kind"], question.get("subtype"))))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(FOLDERS)} (default: all)")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument("--output", type=Path, metavar="DIR")
    options = parser.parse_args()
    unknown = set(options.sets) - set(FOLDERS)
    if unknown or not (options.data / "qa").is_dir() or options.every < 1:
        parser.error(f"DATA must hold the folder qa, sets are {', '.join(FOLDERS)}, N counts from 1")
    for name in options.sets or FOLDERS:
        measure(options.data, name, options.every, options.limit, options.output)


if __name__ == "__main__":
    main()
