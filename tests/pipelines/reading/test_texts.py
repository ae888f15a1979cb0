"""Sentences, cleaning and segmenting: what running text becomes."""

import pytest

from indexes.records import Place
from pipelines.reading.cleaning import clean, normalise, unwrap
from pipelines.reading.segmenting import LONGEST, segment
from pipelines.records import Piece
from pipelines.sentences import sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Ames paid $5.20. She left.", ["Dr. Ames paid $5.20.", "She left."]),
        ("At noon J. Doe came! Why? See Fig. 3.", ["At noon J. Doe came!", "Why?", "See Fig. 3."]),
        ("灯塔很高。它很旧！对吗？", ["灯塔很高。", "它很旧！", "对吗？"]),
        ("name | age\nAnn | 35\nTom | 41", ["name | age", "Ann | 35", "Tom | 41"]),
        ("1. Turn it off. 2. Wait.", ["1. Turn it off.", "2.", "Wait."]),
        ("Rules\niv. Close it.\n2.1. Scope. It ends.", ["Rules", "iv. Close it.", "2.1. Scope.", "It ends."]),
        ("So do I. It was 2.1. Good.", ["So do I.", "It was 2.1.", "Good."]),
        ("", []),
        ("no stop at all", ["no stop at all"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


def test_sentences_run_together_are_told_apart() -> None:
    assert sentences("They told their stories.Political maps came later.") == [
        "They told their stories.",
        "Political maps came later.",
    ]
    assert len(sentences("See report.Final.pdf, Node.js or www.Example.Org for it.")) == 1


def test_texts_are_normalised() -> None:
    assert normalise("cafe\u0301\u00a0\u00adbar\r\n\n\n\n x\u200b") == "café bar\n\n x"


def test_non_joiners_stay_where_they_are_spelling() -> None:
    assert normalise("\u200cمی\u200cخواهم\u200c") == "می\u200cخواهم"
    assert normalise("क्\u200cष") == "क्\u200cष"
    assert normalise("shelf\u200cful") == "shelfful"


def test_lines_broken_at_the_page_width_are_joined_and_meant_breaks_stay() -> None:
    wrapped = (
        "The restoration of the tower took four years of volun-\nteer work and ended in spring, when the lamp\n"
        "was lit again.\nMaterials\n- lime mortar from the old quarry near the north harbour\n- copper sheet"
    )
    assert unwrap(wrapped) == (
        "The restoration of the tower took four years of volunteer work and ended in spring, when the lamp "
        "was lit again.\nMaterials\n- lime mortar from the old quarry near the north harbour\n- copper sheet"
    )
    assert unwrap("这座灯塔建于一八六零年现在由\n志愿者照看") == "这座灯塔建于一八六零年现在由志愿者照看"


def test_headers_and_footers_that_repeat_are_dropped_and_the_same_words_elsewhere_stay() -> None:
    header = "Harbour Trust — Survey 2024"
    bodies = ["The tower leans.", "Salt ate the railing.", f"See the {header}.", "The lamp is whole.", "Costs follow."]
    pieces = [
        piece
        for page, body in enumerate(bodies, start=1)
        for piece in (
            Piece("text", header, Place(page=page)),
            Piece("text", body, Place(page=page)),
            Piece("text", f"Page {page + 3} of 9", Place(page=page)),
        )
    ]
    assert [piece.text for piece in clean(pieces, wrapped=True)] == bodies


def test_pages_that_hold_one_repeated_line_keep_it() -> None:
    pieces = [Piece("text", f"Question {page}", Place(page=page)) for page in range(1, 6)]
    assert len(clean(pieces, wrapped=True)) == 5


def test_the_head_of_a_table_on_each_page_is_no_header_of_the_pages() -> None:
    head = "Company | Town | Staff"
    tables = [f"{page} | Report | Page\n{head}\nWorks {page} | Lindau | {page * 7}" for page in range(1, 6)]
    pieces = [Piece("table", text, Place(page=page)) for page, text in enumerate(tables, start=1)]
    kept = [piece.text.split("\n") for piece in clean(pieces, wrapped=True)]
    assert kept == [[head, f"Works {page} | Lindau | {page * 7}"] for page in range(1, 6)]


def test_a_line_on_two_of_five_hundred_pages_is_no_header() -> None:
    pieces = [Piece("text", f"Chapter text number {n} is its own", Place(page=n)) for n in range(1, 500)]
    pieces[10] = Piece("text", "A remark", Place(page=11))
    pieces[20] = Piece("text", "A remark", Place(page=21))
    assert sum(piece.text == "A remark" for piece in clean(pieces, wrapped=True)) == 2


def test_segments_stay_on_their_page_and_below_the_limit() -> None:
    long = "This sentence is about the lamp. " * 100
    pieces = [Piece("text", long, Place(page=1)), Piece("text", "Short end.", Place(page=2))]
    made = [s for s, _ in segment(pieces, "id", "document")]
    assert all(len(s.text) <= LONGEST for s in made)
    assert all(s.text.endswith(".") for s in made)
    assert made[-1].text == "Short end." and made[-1].place.page == 2
    assert [s.position for s in made] == list(range(len(made)))


def test_each_part_of_a_table_repeats_the_header_and_knows_its_lines() -> None:
    rows = [f"lamp {n} | {n} W" for n in range(200)]
    table = Piece("table", "part | power\n" + "\n".join(rows), Place(sheet="Parts", lines=(1, 201)))
    made = [s for s, _ in segment([table], "id", "document")]
    assert len(made) > 2
    assert all(s.text.startswith("part | power\n") for s in made)
    assert made[0].place.lines[1] + 1 == made[1].place.lines[0]
    assert made[-1].place == Place(sheet="Parts", lines=(made[-1].place.lines[0], 201))
    assert sum(s.text.count(" W") for s in made) == 200


def test_equal_texts_are_kept_once_and_pictures_stand_for_themselves() -> None:
    pieces = [
        Piece("text", "Same again.", Place(page=1)),
        Piece("text", "Same  again.", Place(page=2)),
        Piece("picture", "Shows: lamp.", Place(page=2)),
        Piece("picture", "Shows: lamp.", Place(page=3)),
    ]
    made = segment(pieces, "id", "document")
    assert [(s.modality, s.place.page) for s, _ in made] == [("document", 1), ("image", 2), ("image", 3)]


def test_a_word_longer_than_a_segment_does_not_hang() -> None:
    word = "".join(map(str, range(1500)))
    made = segment([Piece("text", word)], "id", "document")
    assert "".join(s.text for s, _ in made) == word


def test_tables_are_cut_between_rows_also_where_a_row_holds_sentences() -> None:
    rows = [f"{n} | Paid late. The clerk called twice. Then it came. | {n},00" for n in range(60)]
    text = "\n".join(["number of the payment | what was remarked about it by the clerk | amount in crowns", *rows])
    made = [s for s, _ in segment([Piece("table", text)], "s", "document")]
    lines = [line for s in made for line in s.text.split("\n")[1:]]
    assert lines == rows and all(len(s.text) <= LONGEST for s in made)
