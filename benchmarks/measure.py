"""Measures the product on evaluation data, through the product's own verbs.

    python -m benchmarks.measure DATA [cranfield images docs broken chat start …]

DATA is a folder laid out as `retrieval/cranfield`, `images`, `docs`, `broken`, `qa/squad2`, each with the questions
and the expected answers beside the files. Everything runs in new libraries in a temporary folder. A line of figures is
printed for each measurement; nothing is asserted.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.evaluation.metrics import ranking
from app.settings import PROJECT, load_settings
from indexes.records import FileRecord
from pipelines.records import AnswerFinished, FileFinished, Question, Result, Turn


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def new_assistant(folder: str) -> Assistant:
    return Assistant(load_settings({"library": folder}))


def index(assistant: Assistant, *paths: Path) -> tuple[list[FileRecord], float]:
    """What became of each file, and the seconds that it took with the models loaded before."""
    assistant.shelf.text.embed_question("warm")
    began = time.monotonic()
    events = assistant.index(list(paths))
    records = [event.record for event in events if isinstance(event, FileFinished)]
    return records, time.monotonic() - began


def retrieval(data: Path, name: str) -> None:
    """A test collection written out as one text file a document, indexed and searched."""
    folder = data / "retrieval" / name
    with tempfile.TemporaryDirectory() as temporary:
        files = Path(temporary) / "files"
        files.mkdir()
        for document in lines(folder / "corpus.jsonl"):
            text = f"{document.get('title', '')}\n\n{document['text']}".strip()
            (files / f"{document['id']}.txt").write_text(text, encoding="utf-8")
        assistant = new_assistant(f"{temporary}/library")
        records, seconds = index(assistant, files)
        count = sum(record.status == "indexed" for record in records)
        segments = sum(record.segments for record in records)
        began = time.monotonic()
        again, _ = index(assistant, files)
        rescan = time.monotonic() - began
        relevant: dict[str, dict[str, int]] = {}
        for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
            query_id, document_id, grade = line.split("\t")[:3]
            relevant.setdefault(query_id, {})[document_id] = int(grade)
        scores, recalls, times = [], [], []
        for query in lines(folder / "queries.jsonl"):
            began = time.monotonic()
            results = assistant.search(query["text"], 200)
            times.append(time.monotonic() - began)
            ranked = list(dict.fromkeys(Path(result.source.path).stem for result in results))
            wanted = {d: g for d, g in relevant[query["id"]].items() if g > 0}
            values = ranking(ranked, wanted, 100)
            scores.append(values["nDCG@10"])
            recalls.append(values["recall@k"])
        unchanged = sum(record.status == "unchanged" for record in again)
        print(f"{name}: {count} documents, {segments} segments, {count / seconds:.1f} documents/s ({seconds:.0f} s)")
        print(f"{name}: second run {rescan:.2f} s, {unchanged} unchanged")
        print(f"{name}: nDCG@10 {statistics.mean(scores):.4f}, recall@100 {statistics.mean(recalls):.4f}")
        print(f"{name}: search p50 {statistics.median(times) * 1000:.0f} ms")


def images(data: Path) -> None:
    """Text → picture for each set alone, and picture → pictures of the same set."""
    for name, key in (("imagenet", "query"), ("coco", "caption"), ("misc", "caption")):
        wanted = list(lines(data / "images" / f"{name}.jsonl"))
        with tempfile.TemporaryDirectory() as temporary:
            assistant = new_assistant(temporary)
            records, seconds = index(assistant, data / "images" / name)
            ranks = []
            for each in wanted:
                found = assistant.search(each[key], 50)
                order = list(dict.fromkeys(Path(result.source.path).name for result in found))
                file = Path(each["file"]).name
                ranks.append(order.index(file) + 1 if file in order else 999)
            first = sum(rank == 1 for rank in ranks) / len(ranks)
            five = sum(rank <= 5 for rank in ranks) / len(ranks)
            print(f"images {name}: {len(records)} files in {seconds:.0f} s, R@1 {first:.3f}, R@5 {five:.3f}")
            itself = [assistant.search_picture(data / "images" / each["file"], 5) for each in wanted]
            same = sum(Path(r[0].source.path).name == Path(e["file"]).name for r, e in zip(itself, wanted, strict=True))
            print(f"images {name}: search --image finds the picture itself first {same}/{len(wanted)} times")


def at_place(result: Result, check: dict[str, Any]) -> bool:
    """Is a hit in a right file, and at the right page, slide or sheet if the check names one?"""
    names = [check["file"], *check.get("also_in", [])]
    if not any(result.source.path.endswith(name) for name in names):
        return False
    place = result.segment.place.as_dict()
    if not result.source.path.endswith(check["file"]):
        return True
    pages = {json.dumps(value) for value in (check["locator"].get("page"), *check.get("also_on", []))}
    for key, value in check["locator"].items():
        if place.get(key) != value and not (key == "page" and json.dumps(place.get(key)) in pages):
            return False
    return True


def docs(data: Path) -> None:
    """For each question: is the right file, at the right place, among the first three hits?"""
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        records, seconds = index(assistant, data / "docs" / "files")
        for record in records:
            if record.status not in ("indexed", "unchanged"):
                print(f"docs: {record.status} {Path(record.path).name}: {record.reason}")
        checks = [check for check in lines(data / "docs" / "checks.jsonl") if check["answerable"]]
        right_file = right_place = 0
        for check in checks:
            results = assistant.search(check["question"], 3)
            names = [check["file"], *check.get("also_in", [])]
            in_file = any(result.source.path.endswith(name) for result in results for name in names)
            placed = any(at_place(result, check) for result in results)
            right_file += in_file
            right_place += placed
            if not placed:
                found = [(Path(r.source.path).name, r.segment.place.as_dict().get("page")) for r in results]
                print(f"docs: missed {check['id']} ({check['file']}, {check['locator']}): {found}")
        print(f"docs: {len(records)} files in {seconds:.0f} s; right file {right_file}/{len(checks)},", end=" ")
        print(f"right file and place {right_place}/{len(checks)} = {right_place / len(checks):.3f}")


# Which statuses each expectation of expect.jsonl allows.
_ALLOWED = {
    "error_reported": {"failed"},
    "indexed": {"indexed"},
    "skipped": {"skipped"},
    "error_or_skipped": {"failed", "skipped"},
    "error_or_partial": {"failed", "partial", "skipped"},
}


def broken(data: Path) -> None:
    """How each broken or hostile file ends."""
    folder = data / "broken" / "files"
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        records, seconds = index(assistant, folder)
        by_name = {Path(record.path).name: record for record in records}
        right = 0
        expected = list(lines(data / "broken" / "expect.jsonl"))
        for each in expected:
            record = by_name[each["file"]]
            allowed = _ALLOWED.get(each["expect"], {"indexed", "partial", "failed", "skipped"})
            good = record.status in allowed and (record.status == "indexed" or bool(record.reason))
            if each["must_contain"]:
                texts = assistant.library.catalogue.segments_of(record.source_id or "")
                good = good and any(each["must_contain"] in segment.text.lower() for segment in texts)
            right += good
            print(
                f"broken: {'ok ' if good else 'BAD'} {each['file']} ({each['expect']}): {record.status} {record.reason}"
            )
        print(f"broken: {right}/{len(expected)} as expected, {seconds:.0f} s")


def chat(data: Path) -> None:
    """Answers on passages with known answers: containment, refusals, seconds to the first token, tokens a second."""
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        index(assistant, data / "qa" / "squad2" / "docs")
        assistant.warm()
        asked = list(lines(data / "qa" / "squad2" / "questions.jsonl"))
        answerable = [each for each in asked if each["answerable"]][::4]
        unanswerable = [each for each in asked if not each["answerable"]][::3]
        contained = refused = declined = 0
        first, rates = [], []
        for each in answerable + unanswerable:
            *_, last = assistant.ask(Question(each["question"]))
            assert isinstance(last, AnswerFinished)
            answer = last.answer
            if each["answerable"]:
                contained += any(text.lower() in answer.text.lower() for text in each["answers"])
                refused += answer.abstained
            else:
                declined += answer.abstained
            seconds = answer.seconds
            if seconds["total"] > seconds["first_token"]:
                first.append(seconds["first_token"])
                rates.append(len(answer.text) / 4 / (seconds["total"] - seconds["first_token"]))
        print(f"chat: {len(answerable)} answerable: expected text in {contained}, declined {refused};", end=" ")
        print(f"{len(unanswerable)} unanswerable: declined {declined}")
        print(f"chat: first token p50 {statistics.median(first):.2f} s, max {max(first):.2f} s")
        print(f"chat: about {statistics.median(rates):.0f} tokens/s written")
        each = answerable[0]
        *_, one = assistant.ask(Question(each["question"]))
        assert isinstance(one, AnswerFinished)
        history = (Turn(each["question"], one.answer.text),)
        *_, two = assistant.ask(Question("And what else is said about that?", history=history))
        assert isinstance(two, AnswerFinished)
        print(f"chat: follow-up's first token {two.answer.seconds['first_token']:.2f} s")


def start(_: Path) -> None:
    """Seconds of a new process: help, first search, and a server until it can be asked."""
    for name, command in (
        ("--help", ["--help"]),
        ("models", ["models"]),
    ):
        times = []
        for _run in range(5):
            began = time.monotonic()
            subprocess.run([sys.executable, "-m", "app", *command], cwd=PROJECT, capture_output=True, check=True)
            times.append(time.monotonic() - began)
        print(f"start: {name} {statistics.median(times):.2f} s")


MEASUREMENTS: dict[str, Callable[[Path], None]] = {
    "cranfield": lambda data: retrieval(data, "cranfield"),
    "npl": lambda data: retrieval(data, "npl"),
    "images": images,
    "docs": docs,
    "broken": broken,
    "chat": chat,
    "start": start,
}


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: python -m benchmarks.measure DATA [{' '.join(MEASUREMENTS)}]")
    for name in sys.argv[2:] or MEASUREMENTS:
        MEASUREMENTS[name](Path(sys.argv[1]))


if __name__ == "__main__":
    main()
