"""The metrics: what each one is called, how it is computed from one question, and its mean with an interval.

docs/evaluation.md defines each with its source.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexes.keywords import CJK, is_cjk


@dataclass(frozen=True, slots=True)
class Metric:
    """`better`: 1 when more is better, -1 when less is. `group` is the heading it stands under."""

    name: str
    label: str
    group: str
    better: int = 1


FINDING, ANSWERS, TRUST = "Finding", "Answers", "Trust"
NEEDED = (1, 4, 10, 20)
"""Among so many results the needed sentences are looked for."""
STAGES = {
    "search": "search",
    "first_cited": "to the first cited words",
    "first_token": "to the first written word",
    "total": "to the end",
}
"""The seconds that a person notices. Others are reported by their names, and not compared."""
_RANKED = ("recall@1", "recall@5", "recall@10", "recall@k", "MRR", "nDCG@10")
METRICS: tuple[Metric, ...] = (
    *(Metric(name, f"{name}, file", FINDING) for name in _RANKED),
    *(Metric(f"{name} place", f"{name}, place in it", FINDING) for name in _RANKED),
    *(Metric(f"needed@{k}", f"needed sentences in the first {k}", FINDING) for k in NEEDED),
    Metric("points", "key points stated", ANSWERS),
    Metric("whole", "whole answers: all key points stated", ANSWERS),
    Metric("contains", "answer contains an expected text", ANSWERS),
    Metric("F1", "token F1", ANSWERS),
    Metric("right file", "cites a right file", ANSWERS),
    Metric("right page", "cites the right page", ANSWERS),
    Metric("right second", "cites the right second", ANSWERS),
    Metric("right passage", "cites the right passage", ANSWERS),
    Metric("citation precision", "citation precision", TRUST),
    Metric("citation recall", "citation recall", TRUST),
    Metric("not retrieved", "citations to what was not retrieved, an answer", TRUST, -1),
    Metric("wrong", "wrong claims, and nothing right", TRUST, -1),
    Metric("unsupported", "unsupported sentences", TRUST, -1),
    Metric("declined unanswerable", "declined, of the unanswerable", TRUST),
    Metric("declined answerable", "declined, of the answerable", TRUST, -1),
)

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WORD_OR_CHARACTER = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_RESAMPLES, _SEED = 9999, 20260


def tokens(text: str) -> list[str]:
    """Normalised as SQuAD does: lower case, no punctuation, no articles; Chinese and the like by characters, and where
    no spaces are written, punctuation parts: '62。2008' are two numbers."""
    parted = "".join(" " if _is_mark(c) and unicodedata.east_asian_width(c) in "WF" else c for c in text)
    bare = "".join(c for c in unicodedata.normalize("NFKC", parted).casefold() if not _is_mark(c))
    return _WORD_OR_CHARACTER.findall(_ARTICLES.sub(" ", bare))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def contains(text: str, answers: Iterable[str]) -> bool:
    """Whether one of the answers stands in the text, as whole words in their order."""
    there = tokens(text)
    for answer in answers:
        wanted = tokens(answer)
        size = len(wanted)
        if size and any(there[at : at + size] == wanted for at in range(len(there) - size + 1)):
            return True
    return False


def token_f1(text: str, answers: Iterable[str]) -> float:
    """The best F1 of the tokens shared with an expected answer, in 0..1 (Rajpurkar et al. 2016)."""
    there = Counter(tokens(text))
    return max((_f1(there, Counter(tokens(answer))) for answer in answers), default=0.0)


def _f1(there: Counter[str], wanted: Counter[str]) -> float:
    shared = (there & wanted).total()
    return 2 * shared / (there.total() + wanted.total()) if shared else 0.0


def squeezed(text: str) -> str:
    """For comparing passages: white space and case do not matter, and between Chinese characters there is none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split()) if is_cjk(folded) else " ".join(folded.split())


def ranking(
    ranked: Sequence[str], wanted: Mapping[str, int] | Iterable[str], k: int, suffix: str = ""
) -> dict[str, float]:
    """recall, reciprocal rank and nDCG (linear gains) of one ranking without doubles, best first, by trec_eval.

    `wanted` are those that are right, with grades where some are more so than others.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    measures = {"recall@1": R @ 1, "recall@5": R @ 5, "recall@10": R @ 10, "MRR": RR, "nDCG@10": nDCG @ 10}
    if k not in (1, 5, 10):
        measures["recall@k"] = R @ k
    grades = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, 1)
    judged = [ir_measures.Qrel("q", each, grade) for each, grade in grades.items()]
    run = [ir_measures.ScoredDoc("q", each, float(-rank)) for rank, each in enumerate(ranked)]
    values = {each.measure: float(each.value) for each in ir_measures.iter_calc(set(measures.values()), judged, run)}
    return {name + suffix: values[measure] for name, measure in measures.items()}


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Where the mean of the values lies with 95 %, by bootstrap with percentiles (Efron 1979); None for fewer than
    two. The seed is fixed, so that the same values give the same interval."""
    if len(values) < 2:
        return None
    if min(values) == max(values):
        return values[0], values[0]
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values),), np.mean, n_resamples=_RESAMPLES, batch=1000, method="percentile", rng=_SEED
    ).confidence_interval
    return float(found.low), float(found.high)


def summary(values: Sequence[float]) -> dict[str, Any]:
    """{"mean", "low", "high", "count"}; low and high are None where there is no interval."""
    low, high = interval(values) or (None, None)
    return {"mean": sum(values) / len(values), "low": low, "high": high, "count": len(values)}


def spread(values: Sequence[float]) -> dict[str, Any]:
    """{"p50", "p95", "count"} of seconds or words."""
    import numpy as np

    p50, p95 = (float(each) for each in np.percentile(values, (50, 95)))
    return {"p50": p50, "p95": p95, "count": len(values)}


def aggregate(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many questions there are, the metrics over those that have them, and spreads: the words of an answer (None
    without answers) and the seconds of each stage."""
    scores = [row["scores"] for row in rows]
    metrics = {each.name: [row[each.name] for row in scores if each.name in row] for each in METRICS}
    words = [row["words"] for row in rows if "words" in row]
    stages = dict.fromkeys([*STAGES, *(stage for row in rows for stage in row["seconds"])])
    seconds = {stage: [row["seconds"][stage] for row in rows if stage in row["seconds"]] for stage in stages}
    return {
        "questions": len(rows),
        "metrics": {name: summary(values) for name, values in metrics.items() if values},
        "words": spread(words) if words else None,
        "seconds_by_stage": {stage: spread(spent) for stage, spent in seconds.items() if spent},
    }
