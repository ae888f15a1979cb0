"""What a question compares, by the word that joins two things."""

import pytest

from pipelines.query.sides import sides_of


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("berlin or beijing, which is bigger in area and in people", ("berlin", "beijing")),
        ("crohns vs ulcerative colitis: where in the gut?", ("crohns", "ulcerative colitis")),
        ("what is the difference between the old policy and the new one?", ("old policy", "new one")),
        ("Unterschied zwischen Miete und Nebenkosten", ("Miete", "Nebenkosten")),
        ("¿qué es mejor, el plan básico o el premium?", ("el plan básico", "premium")),
        ("柏林和北京哪个更大", ("柏林", "北京")),
        ("请比较一下苹果和梨的区别", ("苹果", "梨")),
    ],
)
def test_both_sides_are_named_and_each_is_asked_about_without_the_other(question: str, labels: tuple[str, str]) -> None:
    sides = sides_of(question)
    assert tuple(side.label for side in sides) == labels
    for side, other in zip(sides, labels[::-1], strict=True):
        assert side.label in side.text and other not in side.text


@pytest.mark.parametrize("question", ["compare the two offers", "who wrote it", "", "and?", "or", "和"])
def test_a_question_that_joins_no_two_things_has_no_sides(question: str) -> None:
    assert sides_of(question) == ()
