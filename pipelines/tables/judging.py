"""Which of the programs a question asks for: a log-linear model over what can be said of each (`features`).

The weights (`judging.json`) were learned by `python -m benchmarks.table_questions DATA --learn` from questions and
their answers alone: whatever programs give the right answer are right together (maximum marginal likelihood, Berant et
al. 2013, 'Semantic parsing on Freebase from question–answer pairs'). The questions are those of WikiTableQuestions (CC
BY-SA 4.0) and TAT-QA (CC BY 4.0), and others that were made over their tables; no text of theirs is in the weights but
words that many questions share.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.tables.cells import words_of
from pipelines.tables.conditions import Asked
from pipelines.tables.programs import Program, Reading
from pipelines.tables.telling import told
from pipelines.tables.wording import COMPARATIVES, SMALL, SUPERLATIVES

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).with_name("judging.json")

_WORKED_OUT = ("count", "sum", "difference")
_PARTS = re.compile(r"(?<!\d),|,(?!\d)|[;?，；？、]|\b(?:and|und|et|y)\b|以及|并")
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre)\b", re.IGNORECASE)  # 'between 10 and 20' is one condition
_MOST_PARTS = 4  # of a question that are read by themselves
_ALSO = 0.1  # how surely a sum of rows is meant that are told anyway
_UNLIKE, _ALIKE = (
    0.25,
    0.5,
)  # cosine of words that have nothing to do with each other; by how much more they mean the same
_SURELY = 0.5  # how surely a part of a question must mean something by itself


READ = 10
"""Answers that are read together with the question."""

What = Literal["answer", "rows"]
Match = Callable[[str, Sequence[str]], "np.ndarray"]
"""A question and programs in words → how well each fits, (n,)."""


@dataclass(frozen=True)
class Judged:
    """A program with how surely its `answer` is meant, or only the `rows` that it stands on, among all that the table
    could answer, in 0..1; `among` says how many programs that are."""

    what: What
    program: Program
    sure: float
    among: int


def rightness(judged: Judged, reading: Reading, worth: Mapping[str, float], behind: float = 0.0) -> float:
    """0..1: how surely a table answers the question rightly, and not other questions only. `worth` says how much each
    word tells, `behind` how much more another table holds of them (`held`). Logistic regression over `signals`. What
    none of the question's words is met by, as the number of all rows, is an answer to any question: 0."""
    if not (judged.program.words | reading.above) & reading.asked.content:
        return 0.0
    weights = learned_weights()[judged.what]
    found = signals(judged, reading, worth, behind)
    return 1 / (1 + math.exp(-sum(weights[name] * value for name, value in found.items())))


def held(reading: Reading, worth: Mapping[str, float]) -> float:
    """0..1: the share of what the question's words tell that the table holds, or that stands above it."""
    met = {at for each in reading.conditions for at in each.words}.union(reading.above, *reading.named)
    return _share(met, reading.asked, worth)


def used(program: Program, reading: Reading, worth: Mapping[str, float]) -> float:
    """0..1: the share of what the question's words tell that a program uses, or that stands above its table."""
    return _share(program.words | reading.above, reading.asked, worth)


def said_by(text: str, asked: Asked, worth: Mapping[str, float]) -> float:
    """0..1: the share of what the question's words tell that a sentence holds."""
    held = set(words_of(text))
    return _share([at for at in asked.content if asked.words[at] in held], asked, worth)


def _share(places: Collection[int], asked: Asked, worth: Mapping[str, float]) -> float:
    told = {at: worth.get(asked.spoken[at], 0.0) for at in asked.content}
    return sum(weight for at, weight in told.items() if at in places) / (sum(told.values()) or 1.0)


def signals(judged: Judged, reading: Reading, worth: Mapping[str, float], behind: float) -> dict[str, float]:
    """What tells whether a table was asked, by name: how likely the program is, and which share of what the question's
    words tell the table holds, also beside other tables, or the program uses; other words may mean a column, too."""
    program, asked = judged.program, reading.asked
    sure = min(max(judged.sure, 1e-4), 1 - 1e-4)
    last = program.columns[-1:]
    return {
        "level": 1.0,
        "odds": math.log(sure / (1 - sure)),
        "among": math.log(judged.among),
        "used": used(program, reading, worth),
        "held": held(reading, worth),
        "behind": behind,
        "alike": _alike(reading, worth),
        "conditional": _share(program.which.words, asked, worth),
        "conditions": float(len(program.which.all)),
        "exact": float(bool(program.which.all) and all(each.exact for each in program.which.all)),
        "named": max((max(reading.overlap[n], reading.nearest[n]) for n in last), default=0.0),
        "counted": float(not last),
        "all counted": float(not last and not program.which.all),
        "height": math.log1p(reading.table.height),
    }


def _alike(reading: Reading, worth: Mapping[str, float]) -> float:
    """0..1: how much of what the question's words tell is near in meaning to the name of a column."""
    asked = reading.asked
    told = {at: worth.get(asked.spoken[at], 0.0) for at in asked.content}
    near = {at: max((column.get(at, 0.0) for column in reading.alike), default=0.0) for at in told}
    met = {at: min(max(cosine - _UNLIKE, 0.0), _ALIKE) / _ALIKE for at, cosine in near.items()}
    return sum(told[at] * met[at] for at in told) / (sum(told.values()) or 1.0)


def judged(reading: Reading, match: Match | None = None) -> list[Judged]:
    """The likeliest answer, and the likeliest rows where that leaves some out, each with the likeliest program of those
    that give it; none where the table has no answer. `match` reads the likeliest together with the question."""
    made = reading.programs
    scores = scored(reading, made)
    if match is not None and len(made) > 1:
        scores = _read_together(reading, made, scores, match)
    best = max(scores, default=0.0)
    odds = [math.exp(score - best) for score in scores]
    found: list[Judged] = []
    ways: tuple[tuple[What, Callable[[Program], tuple[Any, ...]]], ...] = (("answer", _answer), ("rows", _rows))
    for what, of in ways:
        together: dict[tuple[Any, ...], float] = defaultdict(float)
        for each, odd in zip(made, odds, strict=True):
            together[of(each)] += odd
        few = [key for key in together if what == "answer" or len(key) < reading.table.height]
        if few:
            meant = max(few, key=lambda key: together[key])
            first = max((n for n, each in enumerate(made) if of(each) == meant), key=lambda n: scores[n])
            found.append(Judged(what, made[first], together[meant] / sum(odds), len(made)))
    return found


def scored(reading: Reading, made: Sequence[Program]) -> list[float]:
    """How likely each program is meant, as log odds up to a constant."""
    known = learned_weights()["programs"]
    return [sum(known.get(name, 0.0) * value for name, value in features(each, reading).items()) for each in made]


def likeliest(made: Sequence[Program], scores: Sequence[float], most: int = READ) -> list[tuple[Program, float]]:
    """Of the likeliest answers the likeliest program each, with the log odds of the answer."""
    best = max(scores, default=0.0)
    together: dict[tuple[str, ...], float] = defaultdict(float)
    first: dict[tuple[str, ...], tuple[float, Program]] = {}
    for each, score in zip(made, scores, strict=True):
        together[each.answer] += math.exp(score - best)
        if score > first.get(each.answer, (-math.inf, each))[0]:
            first[each.answer] = score, each
    order = sorted(first, key=lambda answer: -together[answer])[:most]
    return [(first[answer][1], math.log(max(together[answer], 1e-9))) for answer in order]


def _read_together(reading: Reading, made: Sequence[Program], scores: Sequence[float], match: Match) -> list[float]:
    """The scores with what a model finds that reads the likeliest answers together with the question; the others count
    as the worst of those."""
    weight = learned_weights()["match"]["match"]
    few = [program for program, _ in likeliest(made, scores)]
    found = match(reading.asked.text, [told(program, reading.table) for program in few])
    known = {program.answer: float(score) for program, score in zip(few, found, strict=True)}
    least = min(known.values())
    return [score + weight * known.get(each.answer, least) for each, score in zip(made, scores, strict=True)]


def _answer(program: Program) -> tuple[str, ...]:
    return program.answer


def _rows(program: Program) -> tuple[int, ...]:
    return program.rows


def parts_of(asked: Asked) -> list[Asked]:
    """What a question asks one after the other: 'how many are there, and what do they add up to?' It alone, where it
    asks for one thing only."""
    if _BETWEEN.search(asked.text):
        return []
    parts = [part for part in _PARTS.split(asked.text) if part and len(part.split()) > 1]
    return [replace(asked, text=part) for part in parts[:_MOST_PARTS]] if len(parts) > 1 else []


def also_asked(program: Program, reading: Reading, parts: Sequence[Reading]) -> list[Program]:
    """What the parts of a question, each read over the same table, ask of the rows of a program; what they ask of
    other rows is another answer."""
    found: dict[str, Program] = {}
    for part in parts:
        first = judged(part)[:1]
        if not first or first[0].sure < _SURELY or first[0].program.operation == program.operation:
            continue
        other = first[0].program
        if other.which.all and other.which.rows != program.which.rows:
            continue
        for each in reading.programs:
            if each.which == program.which and (each.operation, each.columns) == (other.operation, other.columns):
                found[each.operation] = each
    return list(found.values())


def also_meant(program: Program, reading: Reading) -> list[Program]:
    """The sum or average of the rows of a program that is likeliest meant, where one is likely at all."""
    made = [each for each in reading.programs if each.which == program.which]
    scores = scored(reading, made)
    best = max(scores)
    odds = [math.exp(score - best) for score in scores]
    likely = [(odd, n) for n, odd in enumerate(odds) if made[n].operation in ("sum", "average")]
    odd, n = max(likely, default=(0.0, 0))
    return [made[n]] if odd >= _ALSO * sum(odds) else []


def features(program: Program, reading: Reading) -> dict[str, float]:
    """What can be said of a program as the meaning of a question, by name; what is 0 is left out."""
    asked, table = reading.asked, reading.table
    said: dict[str, float] = defaultdict(float)
    operation, which = program.operation, program.which
    wh = _question_word(asked.spoken)
    words = dict.fromkeys(asked.spoken)
    said[f"op:{operation}"] = said[f"op:{operation} wh:{wh}"] = 1
    for word in asked.asking:
        said[f"op:{operation} word:{word}"] = 1
    content, met = asked.content, which.words
    said["conditions"] = len(which.all)
    said["none"] = said[f"op:{operation} none"] = float(not which.all)
    said["met"] = len(met & content) / max(1, len(content))
    said["used"] = len((program.words | reading.above) & content) / max(1, len(content))
    said["either"] = said[f"op:{operation} either"] = float(bool(which.either))
    days = next((n for n, column in enumerate(table.columns) if column.sort == "date"), None)
    for each in which.all:
        share = 1 / len(which.all)
        if each.test.startswith(("year", "month")):
            said["first days"] += each.column == days
            said["other days"] += each.column != days and not each.words & reading.named[each.column]
        said["exact"] += each.exact * share
        said[f"test:{each.test}"] += 1
        said[f"test:{each.test} overlap"] += reading.overlap[each.column]
        said[f"test:{each.test} likeness"] += reading.likeness[each.column]
        said["condition overlap"] += reading.overlap[each.column] * share
        said["condition likeness"] += reading.likeness[each.column] * share
        said["above"] += bool(each.words) and each.words & content <= reading.above
        said[f"test:{each.test} nearest"] += reading.nearest[each.column]
        said["names its column"] += share * bool(each.words & reading.named[each.column])
        said["begins small"] += asked.spoken[each.at] in SMALL
        said["one word"] += len(each.words) == 1 and not each.exact
        if not each.test.endswith("has"):
            before = asked.spoken[max(0, each.at - 2) : each.at]
            for said_before in (" ".join(before), *before[-1:]):
                said[f"test:{each.test} before:{said_before}"] = 1
            for word in words:
                if word in COMPARATIVES:
                    said[f"test:{each.test} word:{word}"] = 1
    if program.columns:
        _of_columns(said, program, reading, wh)
    many = len(program.answer)
    said["one answer"] = said[f"one answer wh:{wh}"] = float(many == 1)
    said["some answers"], said["many answers"] = float(many > 3), float(many > 8)
    said[f"op:{operation} one row"] = float(len(which.rows) == 1)
    said[f"op:{operation} all rows"] = float(len(which.rows) == table.height)
    answered = words_of(program.answer[0])
    repeats = bool(answered) and set(answered) <= set(asked.words) and operation not in _WORKED_OUT
    said["repeats"], said["repeats either"] = float(repeats), float(repeats and bool(which.either))
    said["zero"] = float(program.answer[0] == "0")
    return {name: value for name, value in said.items() if value}


def _of_columns(said: dict[str, float], program: Program, reading: Reading, wh: str) -> None:
    """What can be said of the column that the answer is taken from, and the one that is ordered by."""
    operation, n, by = program.operation, program.columns[-1], program.columns[0]
    column = reading.table.columns[n]
    filtered = {each.column for each in program.which.all}
    said["overlap"] = said[f"op:{operation} overlap"] = reading.overlap[n]
    said["likeness"] = said[f"op:{operation} likeness"] = reading.likeness[n]
    said["nearest"] = said[f"op:{operation} nearest"] = reading.nearest[n]
    said["first"] = said[f"first wh:{wh}"] = float(n == 0)
    said["filtered"] = float(n in filtered)
    said[f"sort:{column.sort} wh:{wh}"] = 1
    said["asked for"] = float(_after_question_word(reading) in column.words)
    said["likeliest"] = float(n == reading.likely[0])
    said["unique"] = float(column.unique)
    said["unnamed"] = float(not column.words)
    if len(program.columns) > 1:
        order = reading.table.columns[by]
        said["by overlap"], said["by likeness"] = reading.overlap[by], reading.likeness[by]
        said["by nearest"] = reading.nearest[by]
        said[f"by sort:{order.sort}"] = 1
        said["by filtered"] = float(by in filtered)
        said["by likeliest"] = float(by in reading.ordered[:1])
        said["by itself"] = float(by == n)
        for word in set(reading.asked.spoken) & SUPERLATIVES:
            said[f"op:{operation} by sort:{order.sort} word:{word}"] = 1


def _question_word(spoken: Sequence[str]) -> str:
    if "how" in spoken and ("many" in spoken or "much" in spoken):
        return "how many"
    return next((word for word in ("who", "when", "where", "which", "what", "how") if word in spoken), "")


def _after_question_word(reading: Reading) -> str:
    spoken = reading.asked.spoken
    at = next((at for at, word in enumerate(spoken) if word in ("which", "what", "who")), 0)
    return reading.asked.words[at + 1] if at + 1 < len(spoken) else ""


@cache
def learned_weights() -> dict[str, dict[str, float]]:
    """Of `programs` by the name of each feature, of `answer` and `rows` by that of each signal."""
    weights: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return weights


def forget() -> None:
    """Read the weights again: they were learned anew."""
    learned_weights.cache_clear()
