"""Two runs over the same questions: which differences are larger than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.evaluation.metrics import METRICS, STAGES, interval
from app.evaluation.sets import identify
from indexes.errors import UsageError

_BETTER = {**{metric.name: metric.better for metric in METRICS}, "words": 0, **{f"seconds {s}": -1 for s in STAGES}}


def read_run(path: Path) -> dict[str, Any]:
    """A run that was written by `eval`. Raises UsageError when it is none."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        rows = {_key(row): (row["scores"].items(), row["seconds"].items()) for row in run["rows"]}
    except OSError as error:
        raise UsageError(f"The run {path} cannot be read: {error.strerror}. Check the path.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no run of `eval`. Name the JSON file that an earlier run wrote.") from error
    if not rows:
        raise UsageError(f"The run {path} holds no question.")
    return run


def compare(run: dict[str, Any], against: dict[str, Any]) -> dict[str, Any]:
    """The mean difference (this run less the other) over the questions of both, for each metric, seconds and words.

    {"pairs": n, "differences": {name: {"mean", "low", "high", "count", "noise", "better"}}}: the interval is a paired
    bootstrap, of the differences question by question (Efron and Tibshirani 1993; for retrieval Sakai 2006). `noise` is
    true where it holds 0. `better` is true, false, or None for noise and for words, of which neither is better.
    """
    other = {_key(row): _figures(row) for row in against["rows"]}
    pairs = [(_figures(row), other[_key(row)]) for row in run["rows"] if _key(row) in other]
    differences = {}
    for name, better in _BETTER.items():
        values = [mine[name] - theirs[name] for mine, theirs in pairs if name in mine and name in theirs]
        if values:
            differences[name] = _difference(values, better)
    return {"pairs": len(pairs), "differences": differences}


def _figures(row: dict[str, Any]) -> dict[str, float]:
    words = {"words": row["words"]} if "words" in row else {}
    return {**row["scores"], **words, **{f"seconds {stage}": spent for stage, spent in row["seconds"].items()}}


def _difference(values: list[float], better: int) -> dict[str, Any]:
    mean = sum(values) / len(values)
    low, high = interval(values) or (None, None)
    noise = low is None or high is None or low <= 0 <= high
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "count": len(values),
        "noise": noise,
        "better": None if noise or not better else mean * better > 0,
    }


def _key(row: dict[str, Any]) -> str:
    """Questions are the same by their words: ids of two versions of a set may differ."""
    return identify(*row.get("history", ()), row["question"])
