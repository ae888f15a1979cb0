"""Which sentences reach the model."""

from __future__ import annotations

from indexes.records import Place, Segment, Source
from pipelines.asking.evidence import pick_evidence
from pipelines.models.shelf import ModelShelf
from pipelines.records import Result

TABLE = """Chairs of the village halls, all of them counted.
Hall | Chairs | Broken
North | 30 | 0
East | 28 | 1
Broken chairs of the hall | 41 | 3"""


def result(rank: int, text: str) -> Result:
    source = Source(f"id {rank}", "document", "text/plain", 1)
    return Result(Segment(source.id, 0, "document", text, Place(), id=rank), source, rank, 1.0 / rank, {"text": rank})


def sentences(shelf: ModelShelf, question: str, *texts: str) -> list[tuple[str, ...]]:
    results = [result(rank, text) for rank, text in enumerate(texts, start=1)]
    return [each.parts[0][1] for each in pick_evidence(question, results, shelf.text, 200)]


def test_the_head_of_a_table_brings_the_row_that_is_asked_for_and_not_the_first(shelf: ModelShelf) -> None:
    told = sentences(shelf, "How many broken chairs has the hall?", TABLE)
    assert "Hall | Chairs | Broken" in told[0] and "Broken chairs of the hall | 41 | 3" in told[0]
    assert "North | 30 | 0" not in told[0]


def test_only_in_the_best_passage_a_sentence_brings_its_neighbours(shelf: ModelShelf) -> None:
    first = "The week was calm. The ferry to Arran leaves at nine. Bring a coat."
    second = "Old maps hang in the hall. The ferry to Arran carries forty cars. Dogs sleep on deck."
    told = sentences(shelf, "When does the ferry to Arran leave?", first, second)
    assert "Bring a coat." in told[0] and told[1] == ("The ferry to Arran carries forty cars.",)
