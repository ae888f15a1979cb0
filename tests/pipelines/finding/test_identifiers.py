"""Identifiers and rare words bring first what holds them."""

import pytest

from pipelines.finding.identifiers import identifiers
from pipelines.records import Question
from pipelines.retrieval import Retriever

FILES = {
    **{
        f"receipt {n}.md": f"# Receipt {n}\n\nTransaction TXN-98765-{2000 + n}, cashier {name}, paid by card.\n"
        for n, name in enumerate("Marlowe Oyelaran Petit Quist Ruiz Sand Thorn Ueda Vance Weiss".split(), start=20)
    },
    "cash.md": "# The cashier's desk\n\nWho was the cashier of a transaction stands on the receipt. A cashier counts"
    " the cash at the end of a day, and writes who was the cashier of each transaction.\n",
    "mill.md": "# The mill\n\nThe mill stands at the river. According to its miller, a Kollergang ground mustard.\n",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Who was the cashier of TXN-98765-2024?", ["TXN-98765-2024"]),
        ("what is in INV_2024_001 and R25-05?", ["INV_2024_001", "R25-05"]),
        ("when did anna.k@firm.example write?", ["anna.k@firm.example"]),
        ("doi 10.1007/s00384-005-0003-7.", ["10.1007/s00384-005-0003-7"]),
        ("1920年5月7日发生了什么", ["1920年5月7日"]),
        ("call 0441234567 in 2024 about 12 boats", ["0441234567"]),
        ("who went to the well-known harbour?", []),
    ],
)
def test_identifiers_are_told_from_words_and_numbers(text, found):
    assert identifiers(text) == found


@pytest.fixture(scope="module")
def retriever(library, shelf):
    return Retriever(library, shelf)


def first(retriever, question):
    return retriever.find(Question(question), 1)[0]


@pytest.mark.parametrize("n", [20, 24, 29])
def test_what_holds_an_identifier_comes_first(retriever, n):
    assert first(retriever, f"Who was the cashier of TXN-98765-{2000 + n}?").source.path.endswith(f"receipt {n}.md")


def test_a_word_that_stands_nowhere_else_comes_first(retriever):
    assert "Kollergang" in first(retriever, "who was the cashier of the kollergang?").segment.text


@pytest.mark.parametrize("question", ["what does the kolergang grind", "acording to the miler, what?"])
def test_a_mistyped_word_is_met_by_what_the_library_holds(retriever, question):
    assert "Kollergang" in first(retriever, question).segment.text


def test_what_was_found_by_is_told(retriever):
    assert "rare" in first(retriever, "TXN-98765-2024").found_by
