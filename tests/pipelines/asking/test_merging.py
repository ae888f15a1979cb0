"""What a model wrote above the quotes, as one answer with offsets that fit."""

from indexes.records import Segment, Source
from pipelines.asking.merging import merged
from pipelines.asking.passages import sentences_of
from pipelines.asking.quotes import Group, compose
from pipelines.asking.writing import CheckedText
from pipelines.records import Check, Citation, Result

TEXT = "The ferry leaves at nine. It carries sheep and letters to the island. Tickets cost four crowns."


def test_quotes_that_say_more_stay_below_the_text_and_those_that_were_said_go() -> None:
    segment = Segment("s", 0, "document", TEXT, id=1)
    results = [Result(segment, Source("s", "document", "text/plain", 1, paths=("/a.txt",)), 1, 1.0, {"text": 1})]
    quotes = compose([Group([each]) for each in sentences_of(segment)], results)
    written = CheckedText(lambda said: (Check(0, len(said), 0.9, True), Citation(1, 0, len(said), said, 0.9)))
    text = "".join([*written.feed("At nine the ferry leaves."), *written.close()])
    answer = merged(written, quotes, "From your files:")
    assert (
        answer.text.startswith(f"{text}\n\nFrom your files:\n\nIt carries sheep")
        and "leaves at nine" not in answer.text
    )
    assert len(answer.citations) == len(answer.checks) == 3
    for each in (*answer.citations, *answer.checks):
        assert answer.text[each.end :].startswith(" [1]")


def test_where_all_was_said_nothing_stands_below() -> None:
    segment = Segment("s", 0, "document", "The ferry leaves at nine.", id=1)
    results = [Result(segment, Source("s", "document", "text/plain", 1, paths=("/a.txt",)), 1, 1.0, {"text": 1})]
    written = CheckedText(lambda said: (Check(0, len(said), 0.9, True), None))
    "".join([*written.feed("The ferry leaves at nine."), *written.close()])
    assert (
        merged(written, compose([Group(sentences_of(segment))], results), "From:").text == "The ferry leaves at nine."
    )
