"""Whether the check of answers notices one altered number, date, name or negation.

    python -m benchmarks.altered DATA [--answers FILE] [--half even|odd|all] [--show]

DATA holds `qa/squad2` with its documents and questions. Each answerable question is looked up through the product, and
true sentences are made for it: the sentence of the evidence that holds the expected answer (whole, and cut to its
clause), the bare answer, and the answer in the words of the question, in other notations. FILE adds sentences that a
chat model wrote: a line of JSON each with `q` (the question's record) and `answer`; those that hold an expected text
count as true. Then each is altered once for each kind that it offers, with a fixed seed: the new value is, half of the
time, one that stands elsewhere in the same evidence. `flagged` is an answer of which some sentence is not supported.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.assistant import Assistant
from benchmarks.measure import index, lines, new_assistant
from pipelines.checking.citations import Citer
from pipelines.checking.statements import Statement
from pipelines.checking.value import Value
from pipelines.checking.values import alike, values
from pipelines.records import Evidence, Question
from pipelines.retrieval import Retriever
from pipelines.sentences import sentences

KINDS = ("number", "date", "name", "negation")
SEED = 4
_NAMES = (
    "Emily Stone",
    "Marcus Webb",
    "Lisbon",
    "Norway",
    "Halden",
    "Okafor",
    "Tanaka",
    "Quebec",
    "Bergmann",
    "Nairobi",
)
_MONTHS = """January February March April May June July August September October November December""".split()
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|should|must|may|might|does|did|do)\b(?! not\b|n't)"
)
_NEGATED = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should|must|may|might) not\b")
_SUBJECT = re.compile(
    r"^(?:who|what|which \w+|what \w+)\s+"
    r"(?=(?:is|are|was|were|has|had|can|could|will|would|\w+ed|gave|led|made|became)\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(?:when|where|who|what)\s+(is|are|was|were)\s+(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrueAnswer:
    """A true answer to a question, and where it comes from."""

    question: str
    answer: str
    origin: str
    evidence: tuple[Evidence, ...]


def statements(question: str, answers: Sequence[str], evidence: tuple[Evidence, ...]) -> Iterator[TrueAnswer]:
    """True sentences for a question, if the evidence holds an expected answer."""
    texts = [segment.text for each in evidence for segment, _ in each.parts]
    gold = [
        (answer, sentence)
        for each in evidence
        for sentence in each.sentences
        for answer in answers
        if answer.lower() in sentence.lower()
    ]
    if not texts or not gold:
        return
    answer, sentence = min(gold, key=lambda pair: len(pair[1]))
    yield TrueAnswer(question, sentence, "sentence", evidence)
    clause = _clause(sentence, answer)
    if clause != sentence:
        yield TrueAnswer(question, clause, "clause", evidence)
    bare = f"{answer[0].upper()}{answer[1:]}".rstrip(".,;")
    yield TrueAnswer(question, f"{_renotated(bare)}.", "bare", evidence)
    told = _told(question, answer.rstrip(".,;"))
    if told:
        yield TrueAnswer(question, _renotated(told), "told", evidence)


def _clause(sentence: str, answer: str) -> str:
    """The clause with the answer, where it has a verb of its own."""
    parts = re.split(r"(?<=[a-z\d]); |, (?=and |but |which |although |while )", sentence)
    for part in parts:
        if answer.lower() in part.lower() and _AUXILIARY.search(part) and len(part.split()) > 4:
            return f"{part[0].upper()}{part[1:].rstrip('.')}."
    return sentence


def _told(question: str, answer: str) -> str:
    """The answer as a sentence in the question's words; '' where no rule fits."""
    asked = question.rstrip("?/ ")
    name = f"{answer[0].upper()}{answer[1:]}"
    if _SUBJECT.match(asked):
        return f"{_SUBJECT.sub(lambda match: name + ' ', asked, count=1)}."
    if match := re.match(
        r"^(?:when|in what year|what year)\s+(was|were)\s+(.+?)\s+(\w+ed|built|born|held)$", asked, re.I
    ):
        return f"{match[2][0].upper()}{match[2][1:]} {match[1]} {match[3]} in {answer}."
    if match := _OPENING.match(asked):
        return f"{match[2][0].upper()}{match[2][1:]} {match[1]} {answer}." if len(match[2].split()) < 4 else ""
    return ""


def _renotated(text: str) -> str:
    """Dates and numbers as another hand would write them."""
    months = "|".join(_MONTHS)
    text = re.sub(rf"\b({months}) (\d{{1,2}}), (\d{{4}})", r"\2 \1 \3", text)
    text = re.sub(r"(?<=\d) ?%", " percent", text)
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)


def altered(true: TrueAnswer, kind: str, chance: random.Random) -> str:
    """The answer with one value of a kind replaced; '' where it has none."""
    if kind == "negation":
        return _negated(true.answer)
    elsewhere = " ".join(segment.text for each in true.evidence for segment, _ in each.parts)
    if kind == "name":
        return _renamed(true.answer, elsewhere, chance)
    mine = [v for v in values(true.answer) if v.strict and _kind(v) == kind]
    if not mine:
        return ""
    value = chance.choice(mine)
    others = [v.text for v in values(elsewhere) if v.strict and alike(value, v) and v.text not in true.answer]
    new = chance.choice(others) if others and chance.random() < 0.5 else _changed(value, chance)
    return true.answer[: value.start] + new + true.answer[value.end :]


def _kind(value: Value) -> str:
    return "date" if value.kind in ("date", "time") or value.is_year else "number"


def _changed(value: Value, chance: random.Random) -> str:
    """The same value with another number in it."""
    months = [month for month in _MONTHS if month in value.text]
    if months and chance.random() < 0.5:
        return value.text.replace(months[0], chance.choice([month for month in _MONTHS if month not in months]))
    numbers = list(re.finditer(r"\d+", value.text))
    if not numbers:
        return chance.choice([n for n in ("three", "seven", "eleven", "forty") if n not in value.text.lower()])
    match = chance.choice(numbers)
    number = int(match.group())
    if number > 12:
        new = number + chance.choice([-1, 1]) * chance.randint(1, 9)
    else:
        new = chance.choice([n for n in range(2, 12) if n != number])
    return f"{value.text[: match.start()]}{new:0{len(match.group())}}{value.text[match.end() :]}"


def _runs(text: str) -> list[tuple[int, int]]:
    """Names: capitalised words side by side."""
    runs: list[tuple[int, int]] = []
    for token in Statement(text).names:
        if runs and text[runs[-1][1] : token.start].strip(" .") == "":
            runs[-1] = (runs[-1][0], token.end)
        else:
            runs.append((token.start, token.end))
    return runs


def _renamed(answer: str, elsewhere: str, chance: random.Random) -> str:
    runs = _runs(answer)
    if not runs:
        return ""
    start, end = chance.choice(runs)
    here = {token.stem for token in Statement(answer).tokens}
    others = [
        elsewhere[a:b] for a, b in _runs(elsewhere) if not {t.stem for t in Statement(elsewhere[a:b]).tokens} & here
    ]
    new = chance.choice(others) if others and chance.random() < 0.5 else chance.choice(_NAMES)
    return answer[:start] + new + answer[end:]


def _negated(answer: str) -> str:
    if _NEGATED.search(answer):
        return _NEGATED.sub(r"\1", answer, count=1)
    return _AUXILIARY.sub(r"\1 not", answer, count=1) if _AUXILIARY.search(answer) else ""


def flagged(assistant: Assistant, true: TrueAnswer, answer: str) -> tuple[bool, list[str], list[str]]:
    """Whether a sentence of the answer is not supported; the flags, and the quotes of those that are."""
    citer = Citer(true.question, true.evidence, assistant.shelf.text)
    bad = False
    flags: list[str] = []
    quotes: list[str] = []
    for sentence in sentences(answer):
        check, citation = citer.check(sentence)
        if check is not None and not check.supported:
            bad = True
            flags += check.flags or [f"support {check.support:.2f}"]
        if citation is not None:
            quotes.append(citation.quote)
    return bad, flags, quotes


def read(assistant: Assistant, folder: Path, answers: Path | None, half: str) -> Iterator[TrueAnswer]:
    """The true answers of one half of the questions (by line number) or of all."""
    finder = Retriever(assistant.library, assistant.shelf)
    written = {row["q"]["id"]: row["answer"] for row in lines(answers)} if answers else {}
    for n, record in enumerate(lines(folder / "questions.jsonl")):
        if not record["answerable"] or half not in ("all", ("even", "odd")[n % 2]):
            continue
        question = record["question"]
        found = finder.find(Question(question), k=4)
        evidence = tuple(Evidence(n, each, (each.segment.text,)) for n, each in enumerate(found, start=1))
        yield from statements(question, record["answers"], evidence)
        answer = written.get(record["id"], "")
        if any(expected.lower() in answer.lower() for expected in record["answers"]):
            yield TrueAnswer(question, answer, "model", evidence)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--half", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--show", action="store_true", help="print what is missed and what is flagged wrongly")
    given = parser.parse_args()
    folder = given.data / "qa" / "squad2"
    chance = random.Random(SEED)
    seen: Counter[tuple[str, str]] = Counter()
    hit: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = new_assistant(temporary)
        index(assistant, folder / "docs")
        for true in read(assistant, folder, given.answers, given.half):
            versions = [("unaltered", true.answer), *((kind, altered(true, kind, chance)) for kind in KINDS)]
            for kind, answer in versions:
                if not answer:
                    continue
                bad, flags, quotes = flagged(assistant, true, answer)
                for key in {(true.origin, kind), ("all", kind)}:
                    seen[key] += 1
                    hit[key] += bad
                if given.show and bad == (kind == "unaltered"):
                    print(f"{kind} {true.origin}: {true.question} | {answer} | was {true.answer} | {flags} | {quotes}")
    for origin in dict.fromkeys(origin for origin, _ in seen):
        if origin != "all":
            _print(origin, seen, hit)
    _print("all", seen, hit)


def _print(origin: str, seen: Counter[tuple[str, str]], hit: Counter[tuple[str, str]]) -> None:
    changed, found = (sum(each[origin, kind] for kind in KINDS) for each in (seen, hit))
    parts = [f"{kind} {hit[origin, kind]}/{seen[origin, kind]}" for kind in KINDS if seen[origin, kind]]
    print(
        f"altered {origin}: flagged {found}/{changed} ({found / max(1, changed):.3f}) of the altered"
        f" ({', '.join(parts)}), {hit[origin, 'unaltered']}/{seen[origin, 'unaltered']}"
        f" ({hit[origin, 'unaltered'] / max(1, seen[origin, 'unaltered']):.3f}) of the unaltered"
    )


if __name__ == "__main__":
    main()
