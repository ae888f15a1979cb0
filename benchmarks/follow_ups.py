"""Follow-ups: which questions lean on what was said before, and what finds the answers of those that do.

    python -m benchmarks.follow_ups DATA [--learn]

DATA/train holds `rewrite.jsonl.zst` (conversations, with each question as it is understood alone) and `qa.jsonl.zst`
(single questions); zstandard must be installed. Every third conversation is measured, the others are there to learn
from: --learn prints the weights of `pipelines/query/follow_up.py`.

First: how many of the questions that lean are recognised, and how many that stand alone are taken for such, by set and
language. Questions that stand alone are first ones of other conversations, rewritten ones, and single ones. A few
questions were written for this file, in the languages of which there are no conversations; the lists of words were made
with them in view, so they show what works, not how often.

Then: what is searched, in several ways. Their vectors are compared with those of the rewritten questions (cosine, share
of questions that are nearest to their own among 2,000), their words too (recall, precision), and they search the
answers of all conversations, each under its topic, by vectors, by words, and by both (mean reciprocal rank, share of
the right answer in the first ten).
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexes.keywords import STOPWORDS, content_words
from pipelines.models.embedding import TextEmbedder
from pipelines.models.shelf import ModelShelf
from pipelines.query import follow_up
from pipelines.records import Turn

Row = dict[str, Any]
Compose = Callable[[str, Sequence[Turn]], str]
LANGUAGES = ("en", "de", "fr", "es", "zh", "ja", "it", "pt", "ru")
MOST = 600  # questions of a set
SINGLE = 200  # questions without a conversation, of each language
POOL = 2_000
INTENTS = Path(__file__).parent.parent / "pipelines" / "query" / "intents.tsv"
WRITTEN = """
de | Wer hat den Mietvertrag unterschrieben?
+ und warum? / Wann ist er gestorben? / Und 2023? / und für Kinder? / Wie lange hat er dort gearbeitet?
+ was ist mit der anderen? / von wem? / Wie hoch ist er? / Wer hat das geschrieben? / nein, die andere
+ Warum nicht? / Und wer hat ihn zuletzt benutzt?
- Was kostet die Miete der Werkstatt? / Wann beginnt die Schule nach den Sommerferien?
- Wie viele Einwohner hat Zürich? / Welche Salbe hilft bei Sonnenbrand? / Wer hat die Dampfmaschine erfunden?
- Kündigungsfrist Mietvertrag / Wie wird der Kühler der Maschine entlüftet?
- Was sagte Anna Reed über ihren Vater?
fr | Qui a signé le bail ?
+ et pourquoi ? / Quand est-il mort ? / Et en 2023 ? / et pour les enfants ? / Qui l'a construite ?
+ Combien de temps y a-t-il travaillé ? / non, l'autre / Qui a écrit cela ? / Où habite-t-elle ? / Pourquoi ?
+ Quels sont ses autres tableaux ?
- Combien coûte la réparation de la pompe ? / Qui a inventé la machine à vapeur ?
- Quelle est la capitale de la Mongolie ? / Combien d'habitants compte la ville de Lyon ?
- Quelle crème soulage les coups de soleil ? / Comment purger le radiateur ? / délai de préavis du bail
es | ¿Quién firmó el contrato?
+ ¿y por qué? / ¿Cuándo murió? / ¿Y en 2023? / ¿y para niños? / ¿Quién la construyó?
+ ¿Cuánto tiempo trabajó allí? / no, la otra / ¿Quién escribió eso? / ¿Dónde vive ella?
+ ¿Cuáles son sus otras obras?
- ¿Cuánto cuesta la reparación de la bomba? / ¿Quién inventó la máquina de vapor?
- ¿Cuál es la capital de Mongolia? / ¿Cuántos habitantes tiene la ciudad de Sevilla? / ¿Cómo se purga el radiador?
- plazo de preaviso del alquiler
zh | 谁签了合同？
+ 为什么？ / 那2023年呢？ / 它有多高？ / 他在那里工作了多久？ / 儿童呢？ / 另一台呢？ / 这是谁写的？
+ 她住在哪里？ / 是谁建的？ / 他还画过什么？ / 需要多少？ / 还有谁？
- 修理水泵花了多少钱？ / 谁发明了蒸汽机？ / 蒙古的首都是哪里？ / 其他展品有哪些？ / 博物馆什么时候开放？
- 六块棱镜的运费是多少？ / 租约的通知期有多长？
en | Who was Dumbledore's rival?
+ and Grindelwald? / who killed it? / and how much was he paid? / no, the other one / and the standard one? / Why?
+ who said that? / How long did he stay? / And the window? / what about the wall? / What else is there?
+ What happened next? / Zurich? / by whom? / in which year exactly?
- what does the lease cost? / How long does it take to paint the tower? / What is photosynthesis? / Who is Edith?
- tide tables / What did Edith Penrose say about her father? / Did the report say that the tower leans?
- How much does the museum charge for its tickets? / Show me a picture of the boat
- What is it called when a lamp is relit? / What happens to those who stay? / How high was the water this year?
- whats the notice period / hwo old was the king when he died / when is the hearing / thanks!
- summarise the contract / In which town does the story take place?
"""  # language and last question; + leans, - stands alone


def lines(path: Path) -> Iterator[Row]:
    import zstandard

    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"):
            yield json.loads(line)


def conversation(row: Row) -> str:
    """What rows of one conversation, or of one article, have in common."""
    name = row["id"].split(":", 1)[1]
    if row["set"] == "canard":
        return str(row["topic"].split(" - ")[0])
    return row["set"] + (re.split(r"<", name)[0] if row["set"] == "mtrag" else re.match(r"\D*\d+", name)[0])  # type: ignore[index]


def measured(name: str) -> bool:
    return zlib.crc32(name.encode()) % 3 == 0


def turns(row: Row) -> list[Turn]:
    told = [*row["history"], ""]
    return [Turn(told[i], told[i + 1]) for i in range(0, len(row["history"]), 2)]


def stems(text: str) -> set[str]:
    return {word[:5] for word in content_words(text) if word not in STOPWORDS}


def leans(row: Row) -> bool | None:
    """Whether the rewritten question says more, and something that was said before; None where that is not clear."""
    new = stems(row["rewrite"]) - stems(row["question"])
    if not new and len(row["rewrite"].split()) <= len(row["question"].split()) + 2:
        return False
    said = f"{' '.join(row['history'])} {row.get('topic', '')}".lower()
    return True if any(word in said for word in new) else None


# --- which questions lean ---

Case = tuple[str, str, bool, str, bool]
"""A question, the one before it, whether it leans, where it is from, whether it is measured."""


def cases(rows: list[Row], single: dict[str, list[str]], rng: random.Random) -> list[Case]:
    found: list[Case] = []
    taken: Counter[tuple[str, bool]] = Counter()

    def take(question: str, last: str, right: bool, kind: str, name: str) -> None:
        taken[kind, right] += 1
        if taken[kind, right] <= MOST:
            found.append((question, last, right, kind, measured(name)))

    for row in rows:
        right, last, name = leans(row), [turn.question for turn in turns(row)][-1:], conversation(row)
        if not last:
            other = rng.choice(rows)
            apart = row["set"] != "canard" or right is False  # there, the title of an article came first
            if apart and conversation(other) != name:
                take(row["question"], other["question"], False, "first ones", name)
        elif right:
            take(row["question"], last[0], True, row["set"], name)
            if row["set"] in ("canard", "cast2019", "cast2020", "mtrag"):
                take(row["rewrite"], last[0], False, "rewritten", name)
        elif right is False and row["set"] != "mtrag":  # where many were left as they are though they lean
            take(row["question"], last[0], False, row["set"], name)
    for kind, asked in single.items():
        for question in asked:
            take(question, rng.choice(asked), False, kind, question)
    return found


def single_questions(path: Path, rng: random.Random) -> dict[str, list[str]]:
    """By language: questions on passages, and those that teach the product what is asked for ('library')."""
    by: defaultdict[str, list[str]] = defaultdict(list)
    for row in lines(path):
        if row["language"] in LANGUAGES and row["set"] not in (
            "condaqa",
            "medquad",
            "qamr",
        ):  # no questions of a person
            by[f"single {row['language']}"].append(row["question"])
    with INTENTS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["intent"] in ("fact", "list", "count", "explanation", "comparison", "show"):
                by[f"library {row['language']}"].append(row["text"])
    return {kind: rng.sample(asked, min(len(asked), SINGLE)) for kind, asked in sorted(by.items())}


def learn(found: list[Case]) -> np.ndarray:
    """(10,) weights by Newton's method, both kinds of questions counting the same."""
    x = np.array([follow_up.signals(question, last) for question, last, *_ in found])
    y = np.array([right for _, _, right, *_ in found], float)
    each = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    ridge = np.eye(x.shape[1])
    ridge[0, 0] = 0
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (each * (p - y)) + ridge @ weights
        weights -= np.linalg.solve((x.T * (each * p * (1 - p))) @ x + ridge, slope)
    return weights


def judged(found: list[Case]) -> None:
    said = [follow_up.probability(question, last) > follow_up.SURE for question, last, *_ in found]
    right = [case[2] for case in found]
    both = sum(a and b for a, b in zip(said, right, strict=True))
    print(f"{len(found)} questions: precision {both / sum(said):.3f}, recall {both / sum(right):.3f}")
    shares: defaultdict[str, dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for (*_, leaning, kind, _), yes in zip(found, said, strict=True):
        shares[kind][leaning].append(yes)
    print(f"{'':14}{'recognised of those that lean':>32}{'taken for such wrongly':>26}")
    for kind, each in sorted(shares.items()):
        cells = (f"{np.mean(hits):.2f} of {len(hits):4}" if len(hits) >= 20 else "" for hits in each.values())
        print(f"{kind:14}{next(cells):>32}{next(cells):>26}")


def written() -> Iterator[tuple[str, str, str, bool]]:
    """Language, last question, question, whether it leans."""
    language = last = ""
    for line in WRITTEN.strip().splitlines():
        if line[0] not in "+-":
            language, last = line.split(" | ")
            continue
        for question in line[2:].split(" / "):
            yield language, last, question, line[0] == "+"


def show_written() -> None:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for language, last, question, right in written():
        agrees = (follow_up.probability(question, last) > follow_up.SURE) == right
        counts[language][("leans" if right else "alone") + (" right" if agrees else " wrong")] += 1
        if not agrees:
            print(f"  wrong: {question!r} after {last!r}")
    for language, count in counts.items():
        print(f"{language}: " + ", ".join(f"{name} {n}" for name, n in sorted(count.items())))


# --- what is searched ---


def _added(*parts: Callable[[Sequence[Turn]], list[str]]) -> Compose:
    """The question, then words of these parts that it does not have."""

    def compose(question: str, history: Sequence[Turn]) -> str:
        text, kept = [question], follow_up._own(question)
        for word in (word for part in parts for word in part(history)):
            if not any(met.lower().startswith(word[:6].lower()) for met in kept):
                kept.append(word)
                text.append(word)
        return " ".join(text)

    return compose


def _last(history: Sequence[Turn]) -> list[str]:
    return follow_up._own(history[-1].question)


def _first(history: Sequence[Turn]) -> list[str]:
    return follow_up._own(history[0].question)


def _names(history: Sequence[Turn]) -> list[str]:
    return [*follow_up._names(next(iter(follow_up.sentences(history[-1].answer)), ""))]


WAYS: dict[str, Compose] = {
    "question alone": lambda question, history: question,
    "last question + question": lambda question, history: f"{history[-1].question} {question}",
    "all before + question": lambda question, history: f"{history[-1].asked or history[-1].question} {question}",
    "question + words of last": _added(_last),
    "… + names of the answer": _added(_last, _names),
    "… + words of first": _added(_first, _last),
    "… + all of these": _added(_first, _last, _names),
    "follow_up": follow_up.with_words_before,
}


def texts(rows: list[Row], compose: Compose) -> list[str]:
    """What is searched for each row, all turns before it searched in the same way."""
    found = []
    for row in rows:
        history: list[Turn] = []
        for turn in turns(row):
            leaning = history and follow_up.probability(turn.question, history[-1].question) > follow_up.SURE
            asked = compose(turn.question, history) if leaning else ""
            history.append(Turn(turn.question, turn.answer, asked))
        found.append(compose(row["question"], history))
    return found


def by_words(documents: list[str]) -> Callable[[str], np.ndarray]:
    """bm25, with words by their beginnings."""
    counted = [Counter(word[:6] for word in content_words(document, repeats=True)) for document in documents]
    mean = float(np.mean([count.total() for count in counted]))
    holding: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for i, count in enumerate(counted):
        for word, n in count.items():
            holding[word].append((i, n * 2.2 / (n + 1.2 * (0.25 + 0.75 * count.total() / mean))))

    def score(text: str) -> np.ndarray:
        scores = np.zeros(len(documents))
        for word in {word[:6] for word in content_words(text)} & holding.keys():
            n = len(holding[word])
            for i, weight in holding[word]:
                scores[i] += weight * math.log((len(documents) - n + 0.5) / (n + 0.5) + 1)
        return scores

    return score


def answers(rows: list[Row]) -> dict[tuple[str, str], str]:
    """Topic and question → the answer under its topic; the rows after a question hold it."""
    return {
        (row["topic"], turn.question): f"{row['topic']}. {turn.answer[:600]}"
        for row in rows
        if row.get("topic")
        for turn in turns(row)
        if len(turn.answer) > 30
    }


def ranks(scores: np.ndarray, right: list[int]) -> np.ndarray:
    return np.array([int((row > row[i]).sum()) + 1 for row, i in zip(scores, right, strict=True)])


def searched(rows: list[Row], embedder: TextEmbedder) -> None:
    leaning = [row for row in rows if row["history"] and leans(row)]
    told = answers(rows)
    of_set: Counter[str] = Counter()
    near = []
    for row in leaning:
        of_set[row["set"]] += 1
        if measured(conversation(row)) and of_set[row["set"]] <= MOST:
            near.append(row)
    near = near[:MOST]
    asked = [row for row in leaning if measured(conversation(row)) and (row.get("topic"), row["question"]) in told]
    asked = asked[:MOST]
    rewrites = list(dict.fromkeys([row["rewrite"] for row in [*near, *rows]]))[:POOL]
    documents = list(dict.fromkeys([*(told[row["topic"], row["question"]] for row in asked), *told.values()]))
    own = [rewrites.index(row["rewrite"]) for row in near]
    right = [documents.index(told[row["topic"], row["question"]]) for row in asked]
    rewritten, vectors = embedder.embed_passages(rewrites), embedder.embed_passages(documents)
    score = by_words(documents)
    print(f"{len(near)} questions beside {len(rewrites)} rewritten ones, {len(asked)} on {len(documents)} answers")
    print(f"{'':26}cosine nearest recall precision | vectors (10)   words (10)     both (10)")
    for name, compose in [*WAYS.items(), ("rewritten", None)]:
        made = [row["rewrite"] for row in near] if compose is None else texts(near, compose)
        cosines = embedder.embed_passages(made) @ rewritten.T
        wanted, got = [stems(row["rewrite"]) for row in near], [stems(text) for text in made]
        shared = [len(a & b) for a, b in zip(wanted, got, strict=True)]
        figures = (
            cosines[np.arange(len(near)), own].mean(),
            (ranks(cosines.round(5), own) == 1).mean(),
            np.mean([n / max(1, len(a)) for n, a in zip(shared, wanted, strict=True)]),
            np.mean([n / max(1, len(b)) for n, b in zip(shared, got, strict=True)]),
        )
        made = [row["rewrite"] for row in asked] if compose is None else texts(asked, compose)
        near_by = embedder.embed_passages(made) @ vectors.T
        worded = np.array([score(text) for text in made])
        both = sum(1 / (60 + (-scores).argsort(1).argsort(1)) for scores in (near_by, worded))
        found = [ranks(np.asarray(scores), right) for scores in (near_by, worded, both)]
        print(
            f"{name:26}{figures[0]:6.3f} {figures[1]:7.3f} {figures[2]:6.3f} {figures[3]:9.3f} | "
            + "  ".join(f"{(1 / rank).mean():.3f} ({(rank <= 10).mean():.3f})" for rank in found)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--learn", action="store_true", help="print the weights that the other conversations give")
    options = parser.parse_args()
    rng = random.Random(1)
    # Without those that talk to a car: they give orders.
    rows = [row for row in lines(options.data / "train" / "rewrite.jsonl.zst") if row["set"] != "alexa_cqr"]
    rng.shuffle(rows)
    found = cases(rows, single_questions(options.data / "train" / "qa.jsonl.zst", rng), rng)
    if options.learn:
        taught = [case for case in found if not case[4]]
        print(len(taught), dict(zip(follow_up.SIGNALS, learn(taught).round(2).tolist(), strict=True)))
    judged([case for case in found if case[4]])
    show_written()
    searched(rows, ModelShelf({}, options.models, device="cpu").text)


if __name__ == "__main__":
    main()
