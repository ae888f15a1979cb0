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


RULES = Segment(
    "s", 0, "document", "Each crew must bring these to the race:\n- life jackets\n- a flare\n- a knife", id=2
)


def test_what_leads_to_a_list_is_quoted_with_it_and_an_item_alone_where_no_list_is_asked_for() -> None:
    lead, jackets, flare, knife = sentences_of(RULES)
    passage = Passage(0, (lead, jackets, flare, knife))
    fact = Amount(90, least=0.9, lists=False)
    assert choose([passage], {lead: 1.2, jackets: 0.5, flare: 0.5, knife: 0.5}, fact) == [lead, jackets, flare, knife]
    assert choose([passage], {lead: 0.3, jackets: 0.5, flare: 1.2, knife: 0.5}, fact) != [lead, jackets, flare, knife]


def test_the_first_item_of_a_list_without_a_lead_in_is_quoted_alone_where_no_list_is_asked_for() -> None:
    first, second = sentences_of(Segment("s", 0, "document", "- life jackets\n- a flare", id=3))
    fact = Amount(90, least=0.9, lists=False)
    assert choose([Passage(0, (first, second))], {first: 1.2, second: 0.1}, fact) == [first]
