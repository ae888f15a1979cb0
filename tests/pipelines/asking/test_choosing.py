"""Which sentences are quoted."""

from __future__ import annotations

from indexes.records import Segment
from pipelines.asking.choosing import Amount, choose
from pipelines.asking.passages import Passage, sentences_of

BOATS = Segment("s", 0, "document", "boat | berth\nHeron | 4\nCurlew | 9\nTern | 2\nPlover | 7", id=1)


def test_rows_are_chosen_by_how_far_they_stand_out_among_the_others() -> None:
    head, heron, curlew, tern, plover = sentences_of(BOATS)
    # All share the name of their file with the question, which brings 1.2; one of them holds a word of it.
    scores = {head: 1.2, heron: 1.22, curlew: 1.6, tern: 1.21, plover: 1.2}
    assert choose([Passage(0, (head, heron, curlew, tern, plover))], scores, Amount(90, rows=0.7)) == [head, curlew]


def test_rows_that_fit_alike_are_all_chosen() -> None:
    rows = sentences_of(BOATS)
    assert choose([Passage(0, tuple(rows))], dict.fromkeys(rows, 1.2), Amount(90, rows=0.7)) == rows
