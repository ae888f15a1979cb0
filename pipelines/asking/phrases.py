"""The few sentences that we say, and no file or model, in the language of the question (`phrases.tsv`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path


def phrase(role: str, language: str, **values: object) -> str:
    """What is said in a role ('nothing', 'heard', …); English where a language has none."""
    row = _rows()[role]
    return (row.get(language) or row["en"]).format(**values)


@cache
def _rows() -> dict[str, dict[str, str]]:
    lines = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    _, *languages = lines[0].split("\t")
    return {line.split("\t")[0]: dict(zip(languages, line.split("\t")[1:], strict=True)) for line in lines[1:]}
