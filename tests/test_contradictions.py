"""What a quote says in place of what a question takes for granted."""

import pytest

from pipelines.checking.contradictions import contradictions
from pipelines.checking.opposites import opposed
from pipelines.checking.statements import Statement


def told(question: str, quote: str, around: str = "") -> list[str]:
    texts = (Statement(text) for text in (question, quote, around))
    return [each.text for each in contradictions(*texts)]


@pytest.mark.parametrize(
    ("question", "quote", "instead"),
    [
        ("Who governed Lower Arden?", "Upper Arden was governed by a bailiff.", "Upper, not Lower"),
        ("When did Queen Maud III visit the mill?", "Queen Maud II visited the mill in May.", "II, not III"),
        ("Who signed the Harbour Act of 1911?", "The Harbour Act 1921 was signed by Ellis.", "1921, not 1911"),
        ("What was opened on 3 June 1950?", "The pier was opened on 3 July 1950.", "3 July 1950, not 3 June 1950"),
        ("What takes two weeks to cure?", "The resin takes two days to cure.", "two days, not two weeks"),
        ("Why did the party support the tax?", "The party opposed the tax as unfair.", "opposed, not support"),
        ("What did the last Arden fair cost?", "The first Arden fair cost ten pounds.", "first, not last"),
        ("How did the East Ferry sink?", "The West Ferry sank in a storm.", "West, not East"),
        ("What is well known about tides?", "The tides of the sound are not well known.", "not well known"),
        ("Who ruled the Republic of Arden?", "The Republic of Brel was ruled by bankers.", "Brel, not Arden"),
    ],
)
def test_the_other_word_in_its_place_is_named(question: str, quote: str, instead: str) -> None:
    assert told(question, quote) == [f"the sources say {instead}"]


@pytest.mark.parametrize(
    ("question", "quote", "around"),
    [
        ("Who is the governor of New Arden?", "New Arden's governor is Ida Brook.", ""),
        ("When did President Brook resign?", "Ida Brook resigned in 1990.", ""),  # a title is no other name
        ("Which bridge did the Arden Council build?", "The council built the Long Bridge.", "Arden Council minutes"),
        ("How long was the Arden fair in 1950?", "The Arden fair lasted 3 days.", "The fair of 1950"),
        ("What did the Ardenian fleet carry?", "The Arden fleet carried salt.", ""),  # another form of the name
        ("Why was the tax opposed?", "Merchants opposed the tax, and few supported it.", ""),
        ("Why is the well not deep?", "The well is not deep, for the rock is hard.", ""),
    ],
)
def test_what_agrees_or_stands_around_the_quote_is_granted(question: str, quote: str, around: str) -> None:
    assert told(question, quote, around) == []


def test_words_are_opposed_when_listed_or_by_a_prefix() -> None:
    assert opposed("north", "west") and opposed("successful", "unsuccessful") and opposed("gain", "loss")
    assert not opposed("north", "northern") and not opposed("act", "inact")
