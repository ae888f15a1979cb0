"""Labelled pairs for the cross-encoder: questions with passages that do and do not answer them, sentences with passages
that bear them out, contradict them or do not state them, questions over tables with programs that they may ask for.

English only: the weights that are trained read nothing else. Left out are sets whose licence is doubtful for weights
that are given away, and sets that are only measured (`ONLY_MEASURED`).
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.follow_ups import Row, lines
from benchmarks.table_questions import SETS, Known, answers, made_over, part_of, reading_of
from indexes.keywords import content_words
from pipelines.models.embedding import TextEmbedder
from pipelines.sentences import sentence_spans
from pipelines.tables.judging import likeliest, scored
from pipelines.tables.programs import programs
from pipelines.tables.telling import told

ONLY_MEASURED = frozenset("clapnq tatqa_text qed_nq wice summedits fool-me-twice begin-wow check-covid".split())
DOUBTFUL = frozenset(  # no licence for the annotations, or evidence taken from web pages
    """entailment-new-protocols boolq-contrast expertqa factcheck-gpt equate-newsnli equate-rtequant
    2wikimultihopqa_piece attributionbench-attrscore attributionbench-expertqa attributionbench-gensearch
    attributionbench-hagrid attributionbench-attributedqa""".split()
)
LABELS = ("supported", "not stated", "contradicted")

_LONGEST = 500  # characters of a passage: a few sentences are read more closely than many, and more pairs in the time
_PER_SET = {"medquad": 6000, "qamr": 4000, "condaqa": 3000, "strategyqa_facts": 0, "boolq_dev": 1500, "boolq_more": 800}
_PER_KIND = 4000  # sentences of a set
_WHOLE = {"medquad", "condaqa", "boolq_dev", "boolq_more", "pubmedqa"}  # nobody marked which sentence answers
_TABLES, _MADE = 5000, 800  # questions of a set; tables over which others are made
_PROGRAMS = 12  # of a question
_AT_ONCE = 200
_SHORTEST, _GAPS = 80, 0.3  # characters of a passage without what answers; share of the right ones with a gap
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*|\b\d{2,}\b")
_CARELESS = 0.4  # of the questions, written as people type


@dataclass(slots=True)
class Asked:
    """A question with a passage. `right`: (start, end) of the sentences that answer it, None where nobody marked
    them; `why`: what a pair that does not answer was made of."""

    question: str
    passage: str
    answers: bool
    right: list[tuple[int, int]] | None
    set: str
    why: str = ""


@dataclass(slots=True)
class Stated:
    """A sentence with a passage; `label` counts in LABELS."""

    sentence: str
    passage: str
    label: int
    set: str
    why: str


@dataclass(slots=True)
class Meant:
    """A question over a table with programs that it may ask for, in words, and which of them give the right answer."""

    question: str
    programs: list[str]
    right: list[bool]


def asked(data: Path, chance: random.Random, measured: bool = False) -> list[Asked]:
    """Each answerable question with its passage, and with what does not answer it: another passage that the words find
    or that stands near by, its own without the sentences that answer, and its own asked for another name or number;
    each misleading question with its passage. `measured`: of the sets that are only measured."""
    found = [each for each in _questions(data, chance) if (each.set in ONLY_MEASURED) == measured]
    few = Counter[str]()
    chance.shuffle(found)
    kept = []
    for each in found:
        few[each.set] += 1
        if few[each.set] <= _PER_SET.get(each.set, 8000):
            kept.append(each)
    right = [each for each in kept if each.answers]
    return [*kept, *_others(right, chance), *_cut(right, chance), *_renamed(right, chance)]


def stated(data: Path, chance: random.Random, measured: bool = False) -> list[Stated]:
    by: dict[tuple[str, str], list[Stated]] = defaultdict(list)
    for row in lines(data / "train" / "support.jsonl.zst"):
        if row["language"] != "en" or row["set"] in DOUBTFUL or (row["set"] in ONLY_MEASURED) != measured:
            continue
        label = LABELS.index(row["label"].replace("_", " "))
        by[row["set"], row["label"]].append(
            Stated(row["sentence"], row["passage"][:_LONGEST], label, row["set"], row.get("why") or "")
        )
    return [each for rows in by.values() for each in chance.sample(rows, min(_PER_KIND, len(rows)))]


def meant(data: Path, embedder: TextEmbedder, chance: random.Random) -> list[Meant]:
    """Questions of the tables that programs are learned from, and made ones, each with the likeliest programs."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in lines(data / "train" / "tables.jsonl.zst"):
        if row["set"] in SETS and row["table"]["rows"] and part_of(row) == "learned":
            parts[row["set"]].append(row)
    some = [row for rows in parts.values() for row in chance.sample(rows, min(_TABLES, len(rows)))]
    some += made_over(chance.sample(some, min(_MADE, len(some))), {}, chance)
    known = Known(embedder)
    found = []
    for at in range(0, len(some), _AT_ONCE):
        known.know(some[at : at + _AT_ONCE])
        for row in some[at : at + _AT_ONCE]:
            reading = reading_of(row, known)
            made = programs(reading)
            few = [program for program, _ in likeliest(made, scored(reading, made), _PROGRAMS)]
            right = [answers(program.answer, row) for program in few]
            if any(right) and not all(right):
                found.append(Meant(row["question"], [told(program, reading.table) for program in few], right))
    return found


def _cut(positives: Sequence[Asked], chance: random.Random) -> Iterator[Asked]:
    """Passages without the sentences that answer. So that a gap does not tell, some of the right ones get one, too."""
    for each in positives:
        spans = sentence_spans(each.passage)
        right = each.right or []
        others = [span for span in spans if not any(span[0] < b and a < span[1] for a, b in right)]
        if not right or not others:
            continue
        rest = " ".join(each.passage[a:b].strip() for a, b in others)
        if len(rest) >= _SHORTEST:
            yield Asked(each.question, rest, False, [], each.set, "cut")
        if len(others) > 1 and chance.random() < _GAPS:
            start, end = chance.choice(others)
            each.passage = each.passage[:start] + each.passage[end:]
            each.right = [(a, b) if a < start else (a - end + start, b - end + start) for a, b in right]


def _renamed(positives: Sequence[Asked], chance: random.Random) -> Iterator[Asked]:
    """Questions in which a name or number that the passage holds is another one of the same set."""
    known: dict[str, list[str]] = defaultdict(list)
    for each in positives:
        known[each.set] += [match.group() for match in _NAME.finditer(each.question)]
    for each in positives:
        inside = [match for match in _NAME.finditer(each.question) if match.group() in each.passage]
        if not inside or chance.random() < 0.5:
            continue
        name = chance.choice(inside)
        for other in chance.sample(known[each.set], min(20, len(known[each.set]))):
            alike = set(other.lower().split()) & set(name.group().lower().split())
            if other not in each.passage and not alike and other.isdigit() == name.group().isdigit():
                question = each.question[: name.start()] + other + each.question[name.end() :]
                yield Asked(careless(question, chance), each.passage, False, [], each.set, "renamed")
                break


def careless(question: str, chance: random.Random) -> str:
    """As people type: without capitals, without the mark at its end, or only the words that matter."""
    if chance.random() > _CARELESS:
        return question
    kind = chance.random()
    if kind < 0.4:
        return question.lower().rstrip("?. ")
    if kind < 0.8:
        return question.rstrip("?. ")
    words = content_words(question)
    return " ".join(words) if len(words) > 2 else question.lower()


def _questions(data: Path, chance: random.Random) -> Iterator[Asked]:
    for row in lines(data / "train" / "qa.jsonl.zst"):
        if row["language"] != "en" or row.get("passage_language", "en") != "en" or row["set"] in DOUBTFUL:
            continue
        made = _question(row, chance)
        if made:
            yield made
    for row in lines(data / "train" / "selection.jsonl.zst"):
        if row["language"] == "en" and row["set"] not in DOUBTFUL:
            made = _selection(row, chance)
            if made:
                yield made
    for row in lines(data / "train" / "passages.jsonl.zst"):
        if row["language"] != "en" or row["set"] in DOUBTFUL:
            continue
        right = set(row.get("right") or ())
        for i, passage in enumerate(row["passages"]):
            text = passage if isinstance(passage, str) else passage.get("text", "")
            if row["answerable"] and not right:
                continue  # which of them answers is not known
            if i in right or chance.random() < 0.4:
                yield Asked(row["question"], text[:_LONGEST], i in right, None if i in right else [], row["set"])


def _question(row: Row, chance: random.Random) -> Asked | None:
    passage = row["passage"]
    question = careless(row["question"], chance)
    sentences = sentence_spans(passage)
    if not row["answerable"]:
        start, end = _window(passage, sentences, [chance.choice(sentences)], chance) if sentences else (0, _LONGEST)
        return Asked(question, passage[start:end], False, [], row["set"], "misleading")
    found = _answer_at(row)
    if found is None:
        if row["set"] not in _WHOLE and row["set"] not in ("fairytaleqa", "tatqa_text", "clapnq", "squad2_dev_other"):
            return None
        return Asked(question, passage[:_LONGEST], True, None, row["set"]) if len(passage) <= 1.3 * _LONGEST else None
    right = [(start, end) for start, end in sentences if any(start < last and first < end for first, last in found)]
    start, end = _window(passage, sentences, right, chance)
    inside = [(first - start, last - start) for first, last in right if first >= start and last <= end]
    return Asked(question, passage[start:end], True, inside or None, row["set"])


def _answer_at(row: Row) -> list[tuple[int, int]] | None:
    """Where the answer stands in the passage; None where that is not known."""
    if row["set"] in _WHOLE:
        return None
    starts = row.get("answer_start") or []
    starts = starts if isinstance(starts, list) else [starts]
    if starts and row["answers"]:
        return [(starts[0], starts[0] + len(row["answers"][0]))]
    for answer in row["answers"]:
        places = [match.start() for match in re.finditer(re.escape(answer), row["passage"])]
        if len(answer) > 2 and len(places) == 1:
            return [(places[0], places[0] + len(answer))]
    return None


def _window(
    passage: str, sentences: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]], chance: random.Random
) -> tuple[int, int]:
    """A stretch of whole sentences round the right ones, of a length of chance."""
    if not right:
        return 0, min(len(passage), _LONGEST)
    longest = chance.choice((200, 300, 400, _LONGEST))
    first = last = sentences.index(right[0])
    while True:
        grown = False
        for back in chance.sample((True, False), 2):
            at = first - 1 if back else last + 1
            if not 0 <= at < len(sentences):
                continue
            span = (sentences[min(at, first)][0], sentences[max(at, last)][1])
            if span[1] - span[0] <= longest:
                first, last, grown = min(at, first), max(at, last), True
        if not grown:
            return sentences[first][0], sentences[last][1]


def _selection(row: Row, chance: random.Random) -> Asked | None:
    texts = [each.strip() for each in row["sentences"]]
    right = [i for i in row["right"] if i < len(texts)]
    if not right:
        return None
    first = max(0, right[0] - chance.randrange(5))
    passage, spans = "", []
    for i in range(first, len(texts)):
        if len(passage) + len(texts[i]) > _LONGEST:
            break
        start = len(passage)
        passage += texts[i] + " "
        if i in right:
            spans.append((start, start + len(texts[i])))
    return Asked(careless(row["question"], chance), passage.strip(), True, spans, row["set"]) if spans else None


def _others(positives: Sequence[Asked], chance: random.Random) -> Iterator[Asked]:
    """Passages of other rows that do not answer: by words (bm25), and of the neighbours in the set."""
    pool = list(dict.fromkeys((each.set, each.passage) for each in positives))
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE p USING fts5(text, tokenize='porter')")
    index.executemany("INSERT INTO p(rowid, text) VALUES (?, ?)", ((i, text) for i, (_, text) in enumerate(pool)))
    places = {key: i for i, key in enumerate(pool)}
    often = Counter(word for _, text in pool for word in set(content_words(text)))
    for each in positives:
        answer = " ".join(each.passage[a:b] for a, b in each.right or ())
        words = [word for word in content_words(each.question) if 0 < often[word] < 0.03 * len(pool) and word.isalnum()]
        found = []
        if words:
            query = " OR ".join(f'"{word}"' for word in words)
            rows = index.execute("SELECT rowid FROM p WHERE p MATCH ? ORDER BY rank LIMIT 12", (query,))
            found = [pool[i] for (i,) in rows]
        at = places[each.set, each.passage]
        near = [pool[i] for i in (at - 3, at - 2, at - 1, at + 1, at + 2, at + 3) if 0 <= i < len(pool)]
        chance.shuffle(near)
        for _, text in (*found[1:], *near):
            if not _overlap(text, each.passage) and not (answer and answer in text):
                yield Asked(each.question, text, False, [], each.set, "another")
                break


def _overlap(one: str, other: str) -> bool:
    """Whether both are cut out of the same text."""
    return one[:60] in other or other[:60] in one or one[-60:] in other or other[-60:] in one
