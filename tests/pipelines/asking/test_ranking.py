"""Which sentences answer a question best."""

from __future__ import annotations

from pipelines.asking.context import QueryContext
from pipelines.asking.material import Material
from pipelines.records import Question

FILES = {
    "slip.txt": "Inspection report of the harbour wall.\n\nSheet no. 14, series C. Low tide at noon. The inspection of "
    "the wall was made by Ada Blom.\n",
    "oil.txt": "The lamp of the light burned 412 litres of oil a year.",
}


def test_a_sentence_that_only_repeats_the_question_does_not_answer_it_best(library, shelf) -> None:
    asked = "who made the inspection report of the harbour wall"
    material = Material(QueryContext(library, shelf, Question(asked)))
    _, scores = material.search(asked)
    assert max(scores, key=lambda each: scores[each]).text == "The inspection of the wall was made by Ada Blom."
