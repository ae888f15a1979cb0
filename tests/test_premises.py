"""Names, years and amounts that a question takes for granted are missed in passages about something else."""

import pytest

from pipelines.asking.premises import lacking

PASSAGE = (
    "In 1917 Isiah Bowman was appointed to the inquiry of President Wilson. The American Automobile Association counted"
    " 4,287 stations without fuel on 25 December 1973. Céloron met Old Briton at Pickawillany."
)


@pytest.mark.parametrize(
    "question",
    [
        "When was Isiah Bowman appointed to President Wilson's Inquiry?",
        "Whom did Celeron meet?",  # diacritics and spelling
        "What did the AAA count?",
        "What happened on December 25th, 1973?",
        "Which three stations had no fuel?",  # a small number may be the asker's own
        "Name the place where Old Briton was met.",
        "in what year was bowman appointed?",
        "IN WHAT YEAR WAS SMITH APPOINTED?",  # capitals that tell nothing
        "Wie hoch ist der Turm und wann war die Feier?",
        "What stands on page 14?",
    ],
)
def test_what_is_there_or_may_be_the_askers_own_is_not_missed(question: str) -> None:
    assert lacking(question, [PASSAGE]) == ()


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("When was Marcus Webb appointed?", ("Marcus", "Webb")),
        ("What did Bowman say in 1922?", ("1922",)),
        ("Who counted 9,000 stations?", ("9,000",)),
        ("What happened on 3 March 1973?", ("3 March 1973",)),
        ("What did the Bowman Wilson Association do?", ("Bowman Wilson Association",)),  # its words, but not it
        ("2019年发生了什么？", ("2019",)),
    ],
)
def test_what_no_passage_states_is_named_as_it_was_written(question: str, missing: tuple[str, ...]) -> None:
    found = lacking(question, [PASSAGE])
    assert tuple(text.rstrip("年") for text in found) == missing


def test_several_passages_together_know_what_each_does_not() -> None:
    question = "Did Marcus Webb meet Isiah Bowman?"
    assert lacking(question, [PASSAGE]) and not lacking(question, [PASSAGE, "Marcus Webb was a keeper."])
