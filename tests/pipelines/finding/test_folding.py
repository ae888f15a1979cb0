"""Copies of a passage become one result; what differs in a number, a name or a 'not' stays apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from indexes.records import Place, Segment, Source
from pipelines.finding.folding import fold, spread
from pipelines.reading.looking import fingerprint
from pipelines.records import Result
from tests.conftest import SAMPLES

LEASE = (
    "The tenant Anna Berg pays 450 crowns on the first day of each month. The boat house may be painted, but its door"
    " must stay green. Keys are handed over at the pier."
)


def result(rank: int, text: str, source: str, score: float = 1.0, kind: str = "text") -> Result:
    made = Source(source, "document", "text/plain", 1, paths=(f"/x/{source}",))
    segment = Segment(source, 0, "document", text, Place(), kind=kind, id=rank)
    return Result(segment, made, rank, score, {"text": rank})


def test_the_same_text_in_another_layout_is_a_copy() -> None:
    other = LEASE.replace(". ", ".\n").replace("boat house", "boat  house")
    found = fold(
        [result(1, LEASE, "lease.pdf"), result(2, "Something else is written here.", "b"), result(3, other, "c")]
    )
    assert [each.source.id for each in found] == ["lease.pdf", "b"] and [each.rank for each in found] == [1, 2]
    assert [copy.source.id for copy in found[0].copies] == ["c"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("450", "460"),
        ("Anna Berg", "Anna Moss"),
        ("may be painted", "may not be painted"),
    ],
)
def test_a_changed_word_that_matters_is_no_copy(old: str, new: str) -> None:
    other = LEASE.replace(old, new)
    assert len(fold([result(1, LEASE, "a"), result(2, other, "b")])) == 2


def test_moments_and_captions_stay_by_themselves() -> None:
    assert len(fold([result(1, LEASE, "a", kind="speech"), result(2, LEASE, "b", kind="speech")])) == 2
    assert len(fold([result(1, "Figure 1", "a"), result(2, "Figure 1", "b")])) == 2


def pictured(rank: int, source: str, fingerprint: str, words: str = "") -> Result:
    plain = result(rank, f"{words}\nShows: dog.", source, kind="picture")
    return replace(plain, segment=replace(plain.segment, fingerprint=fingerprint))


def test_a_picture_that_was_saved_anew_is_a_copy_and_another_is_none(tmp_path: Path) -> None:
    with Image.open(SAMPLES / "supply-boat.jpg") as opened:
        boat = opened.convert("RGB")
    with Image.open(SAMPLES / "lighthouse-at-dusk.jpg") as opened:
        tower = fingerprint(opened.convert("RGB"))
    boat.resize((boat.width // 2, boat.height // 2)).save(tmp_path / "small.jpg", quality=40)
    with Image.open(tmp_path / "small.jpg") as small:
        prints = fingerprint(boat), fingerprint(small), tower
    found = fold([pictured(i, f"{i}.jpg", each) for i, each in enumerate(prints)])
    assert [each.source.id for each in found] == ["0.jpg", "2.jpg"]
    assert [copy.source.id for copy in found[0].copies] == ["1.jpg"]
    form = fold([pictured(0, "a", prints[0], "Invoice 17"), pictured(1, "b", prints[0], "Invoice 18")])
    assert len(form) == 2
    assert fingerprint(Image.new("RGB", (300, 200), "white")) == ""


def test_what_two_files_say_at_the_same_second_is_said_once() -> None:
    def said(rank: int, source: str, start: float) -> Result:
        plain = result(rank, LEASE, source, kind="speech")
        return replace(plain, segment=replace(plain.segment, place=Place(start=start, end=start + 20)))

    found = fold([said(0, "talk.mp4", 60.0), said(1, "talk.mp3", 60.4), said(2, "again.mp3", 300.0)])
    assert [each.source.id for each in found] == ["talk.mp4", "again.mp3"]
    assert len(fold([said(0, "talk.mp4", 60.0), said(1, "talk.mp4", 61.0)])) == 2


def test_a_source_does_not_fill_the_first_results_alone_unless_it_is_clearly_better() -> None:
    alone = [result(n, f"text {n}", "a", 1.0) for n in range(1, 6)]
    near, far = result(6, "text 6", "b", 0.9), result(6, "text 6", "b", 0.5)
    assert [each.source.id for each in spread([*alone, near])] == ["a", "a", "a", "b", "a", "a"]
    assert [each.source.id for each in spread([*alone, far])] == ["a"] * 5 + ["b"]
    assert [each.rank for each in spread([*alone, near])] == [1, 2, 3, 4, 5, 6]
