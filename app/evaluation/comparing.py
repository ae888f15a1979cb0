"""Two runs over the same questions: which differences are larger than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.evaluation.metrics import METRICS, interval
from app.evaluation.sets import identify
from indexes.errors import UsageError

_SECONDS = ("search", "first_token", "total")


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
    """The mean difference (this run less the other) over the questions that both have, for each metric and for seconds.

    {"pairs": n, "differences": {name: {"mean", "low", "high", "count", "noise", "better"}}}: the interval is a paired
    bootstrap, of the differences question by question (Efron and Tibshirani 1993; for retrieval Sakai 2006). `noise` is
    true where it holds 0. `better` is true, false, or None for noise.
    """
    other = {_key(row): row for row in against["rows"]}
    pairs = [(row, other[_key(row)]) for row in run["rows"] if _key(row) in other]
    differences = {}
    for metric in METRICS:
        found = _difference(
            [
                mine["scores"][metric.name] - theirs["scores"][metric.name]
                for mine, theirs in pairs
                if metric.name in mine["scores"] and metric.name in theirs["scores"]
            ],
            metric.better,
        )
        if found:
            differences[metric.name] = found
    for stage in _SECONDS:
        found = _difference(
            [
                mine["seconds"][stage] - theirs["seconds"][stage]
                for mine, theirs in pairs
                if stage in mine["seconds"] and stage in theirs["seconds"]
            ],
            -1,
        )
        if found:
            differences[f"seconds {stage}"] = found
    return {"pairs": len(pairs), "differences": differences}


def _difference(values: list[float], better: int) -> dict[str, Any] | None:
    if not values:
        return None
    mean = sum(values) / len(values)
    low, high = interval(values) or (None, None)
    noise = low is None or high is None or low <= 0 <= high
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "count": len(values),
        "noise": noise,
        "better": None if noise else mean * better > 0,
    }


def _key(row: dict[str, Any]) -> str:
    """Questions are the same by their words: ids of two versions of a set may differ."""
    return identify(row["question"])
