"""Passages as they stand in their files: sentences, lists with their lead-in, rows with their head."""

from __future__ import annotations

from indexes.records import Segment, Source
from pipelines.asking.choosing import Amount, choose, count_words
from pipelines.asking.passages import Passage, read_passages, sentences_of
from pipelines.asking.quotes import Group, compose
from pipelines.records import Result

TABLE = "Name | Remark | Cost\nScaffold | Needs care. Two people | 290 EUR\nLadder | none | 40 EUR"
LIST = "Opening\nBring these things:\n• a rope\n• two candles. Not scented ones.\nWe start at 7. Do not be late."


class Shelves:
    """A catalogue of one source: segments in reading order."""

    def __init__(self, *texts: str) -> None:
        self.segments = [segment(text, position) for position, text in enumerate(texts)]

    def neighbours(self, of: Segment, count: int) -> list[Segment]:
        at = of.position
        return self.segments[at + 1 : at + 1 + count] if count > 0 else self.segments[max(0, at + count) : at][::-1]


def segment(text: str, position: int = 0) -> Segment:
    return Segment("s", position, "document", text, id=position + 1)


def result(one: Segment, rank: int = 1) -> Result:
    return Result(one, Source("s", "document", "text/plain", 1, paths=("/files/a.txt",)), rank, 1.0, {"text": rank})


def passage(text: str) -> Passage:
    return Passage(0, tuple(sentences_of(segment(text))))


def test_a_row_is_one_whatever_stops_stand_in_it() -> None:
    rows = sentences_of(segment(TABLE))
    assert [row.text for row in rows] == TABLE.split("\n")
    assert [row.context for row in rows] == ["", TABLE.split("\n")[0], TABLE.split("\n")[0]]


def test_lines_are_headings_sentences_and_items_with_their_lead_in() -> None:
    found = sentences_of(segment(LIST))
    assert [(each.form, each.text) for each in found] == [
        ("heading", "Opening"),
        ("sentence", "Bring these things:"),
        ("item", "• a rope"),
        ("item", "• two candles. Not scented ones."),
        ("sentence", "We start at 7."),
        ("sentence", "Do not be late."),
    ]
    assert {each.context for each in found if each.form == "item"} == {"Bring these things:"}
    assert found[2].words == "a rope"
    assert all(each.text in LIST for each in found)


def test_the_block_of_an_item_and_of_its_lead_in_is_the_whole_list() -> None:
    whole = passage(LIST)
    block = ["Bring these things:", "• a rope", "• two candles. Not scented ones."]
    for each in whole.sentences[1:4]:
        assert [one.text for one in whole.block(each)] == block
    assert [one.text for one in whole.block(whole.sentences[4])] == ["We start at 7."]


def test_a_list_goes_on_where_its_segment_ends_and_began_before_it() -> None:
    shelves = Shelves(
        "The alarm rings when:\n• a door is forced",
        "Security\n• a window breaks\n• smoke is seen",
        "• water rises\nThe end.",
    )
    (found,) = read_passages([result(shelves.segments[0])], shelves)  # type: ignore[arg-type]
    items = [each.words for each in found.sentences if each.form == "item"]
    assert items == ["a door is forced", "a window breaks", "smoke is seen", "water rises"]
    assert {each.context for each in found.sentences if each.form == "item"} == {"The alarm rings when:"}
    (last,) = read_passages([result(shelves.segments[2])], shelves)  # type: ignore[arg-type]
    assert "The alarm rings when:" not in [each.text for each in last.sentences]  # the head of a page lies between
    assert [each.words for each in last.sentences if each.form == "item"][-1] == "water rises"


def test_what_stands_in_one_passage_is_in_no_other() -> None:
    shelves = Shelves("Tools:\n- a saw", "- a plane")
    found = read_passages([result(one, rank) for rank, one in enumerate(shelves.segments, 1)], shelves)  # type: ignore[arg-type]
    texts = [each.text for passage in found for each in passage.sentences]
    assert sorted(texts) == sorted(set(texts))


def test_text_without_stops_is_cut_between_words() -> None:
    found = sentences_of(segment("word " * 300))
    assert len(found) > 2 and all(len(each.text) <= 500 and each.text.strip("word ") == "" for each in found)


def test_a_list_is_chosen_whole_and_prose_brings_what_stands_around_it() -> None:
    whole = passage(LIST)
    scores = {each: float(each.text == "• a rope") for each in whole.sentences}
    assert [each.text for each in choose([whole], scores, Amount(60, least=0.5))] == LIST.split("\n")[1:4]
    scores = {each: float(each.text == "We start at 7.") for each in whole.sentences}
    chosen = choose([whole], scores, Amount(60, after=1, least=0.5))
    assert [each.text for each in chosen] == ["We start at 7.", "Do not be late."]


def test_a_row_brings_the_head_of_its_table() -> None:
    whole = passage(TABLE)
    scores = {each: float("Ladder" in each.text) for each in whole.sentences}
    assert [each.text for each in choose([whole], scores, Amount(60))] == [TABLE.split("\n")[0], TABLE.split("\n")[2]]


def test_no_more_words_are_chosen_than_were_wanted_but_one_sentence_always() -> None:
    whole = passage("One two three four five. Six seven eight. Nine ten.")
    scores = {each: 1.0 - n for n, each in enumerate(whole.sentences)}
    assert [each.text for each in choose([whole], scores, Amount(3))] == ["One two three four five."]
    assert count_words("一二三四五六") == 2 and count_words("a - b |") == 2


def test_quotes_are_markdown_with_a_mark_behind_each_and_offsets_that_fit() -> None:
    results = [result(segment(LIST)), result(segment(TABLE, 1), 2)]
    sentences = [
        each for n, one in enumerate(results) for each in sentences_of(one.segment, n) if each.form != "heading"
    ]
    quotes = compose([Group(sentences, "Both")], results, "From your files:")
    assert quotes.text.startswith(
        "From your files:\n\n**Both**\n\nBring these things: [1]\n\n- a rope [1]\n- two candles."
    )
    assert "|Name|Remark|Cost [2]|\n|---|---|---|\n|Scaffold|Needs care. Two people|290 EUR [2]|" in quotes.text
    assert "We start at 7. Do not be late. [1]" in quotes.text
    for citation in quotes.citations:
        cited = results[citation.number - 1].segment
        assert citation.quote in cited.text
        assert quotes.text[citation.end :].startswith(f" [{citation.number}]")
    assert [each.number for each in quotes.evidence] == [1, 2]


def test_a_day_that_begins_a_line_is_quoted_with_it() -> None:
    (day,) = sentences_of(segment("3. Oktober 1990: Tag der Deutschen Einheit in Berlin."))
    assert day.form == "item" and day.words.startswith("3. Oktober 1990")


def test_short_lines_below_each_other_are_a_list_of_the_first() -> None:
    first, *others = sentences_of(segment("Shopping\nMilk\nEggs\nTwo loaves of rye bread"))
    assert first.form == "heading"
    assert [(each.form, each.context) for each in others] == [("item", "Shopping")] * 3
    followed = sentences_of(segment("Use\nIn a terminal\nFirst steps\nType help to begin."))
    assert [each.form for each in followed] == ["heading", "heading", "heading", "sentence"]


def test_a_numbered_heading_is_no_list() -> None:
    found = sentences_of(segment("The tea stall needs helpers.\n5. Actions\nBen mends the lamp."))
    assert [each.form for each in found] == ["sentence", "heading", "sentence"]
    lead, item = sentences_of(segment("Bring:\n1. Milk"))
    assert item.form == "item" and item.context == lead.text


def test_one_line_with_a_bar_is_prose() -> None:
    (line,) = sentences_of(segment("Run ps aux | grep worker in a terminal."))
    assert line.form == "sentence"


def test_the_sentence_that_answers_goes_before_a_head_that_takes_all_room() -> None:
    one = passage(" | ".join(f"a rather long head {n}" for n in range(40)) + "\nHeron | 4")
    assert one.sentences[1] in choose([one], {one.sentences[1]: 1.0}, Amount(90))


def test_two_lists_may_hold_the_same_item() -> None:
    one = passage("For the cake you need:\n- 2 eggs\n- flour\nFor the bread you need:\n- 2 eggs\n- salt")
    chosen = choose([one], dict.fromkeys(one.sentences, 1.0), Amount(90))
    assert sum(each.words == "2 eggs" for each in chosen) == 2


def test_rows_of_two_tables_stay_two_tables() -> None:
    results = [result(segment("Name | Price\nApple | 1\n\nCity | People\nUlm | 126000"))]
    rows = sentences_of(results[0].segment)
    text = compose([Group(rows)], results).text
    assert text.count("|---|---|") == 2
