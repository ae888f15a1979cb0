"""The word of a question that asks for yes or no."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.asking.quotes import Quotes
from pipelines.asking.verdict import verdict
from pipelines.records import Citation

QUOTES = Quotes("Dogs may not come in. [1]", [Citation(1, 0, 21, "Dogs may not come in.", 1.0)])


def shelf(*odds: float) -> SimpleNamespace:
    return SimpleNamespace(chat=SimpleNamespace(odds=lambda messages, words: list(odds)))


@pytest.mark.parametrize(
    ("odds", "word"),
    [((0.01, 0.97), "no"), ((0.95, 0.02), "yes"), ((0.6, 0.4), ""), ((0.0, 0.0), ""), ((0.06, 0.001), "")],
)
def test_a_word_is_said_only_when_it_is_sure(odds, word) -> None:
    assert verdict(shelf(*odds), "may my dog come in?", QUOTES) == word


def test_a_model_without_odds_says_none() -> None:
    assert verdict(SimpleNamespace(chat=object()), "may my dog come in?", QUOTES) == ""
    assert verdict(shelf(0.0, 1.0), "may my dog come in?", Quotes()) == ""


def test_a_line_above_moves_what_is_cited() -> None:
    below = QUOTES.below("**No.**")
    (citation,) = below.citations
    assert below.text[citation.start : citation.end] == "Dogs may not come in."
