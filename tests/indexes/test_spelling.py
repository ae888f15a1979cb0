"""Words that are spelt almost like those of a library."""

import pytest

from indexes.spelling import nearest, stem

FILES = {
    "letter.md": "According to the letter that she received, the measurements of the bridge were taken twice. They are"
    " written in a language that nobody at the office reads, so they were translated by her sister.\n",
    "brief.md": "Der Grundwasserstand stieg im Frühjahr, und im Keller des Amtes stand das Wasser knietief.\n",
}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("acording", "according"), ("recieved", "received"), ("measurments", "measurements"), ("langauge", "language")],
)
def test_the_nearest_word_is_found(library, typed, meant):
    connection = library.catalogue.connection
    assert nearest(connection, ["keywords"], typed) == [stem(meant)]


def test_a_word_is_met_in_longer_ones_that_begin_with_it(library):
    assert nearest(library.catalogue.connection, ["keywords"], "grundwasser") == [stem("grundwasserstand")]


@pytest.mark.parametrize("word", ["xylophone", "mil", "r25-05", "2024"])
def test_what_is_like_nothing_has_no_nearest(library, word):
    assert nearest(library.catalogue.connection, ["keywords"], word) == []
