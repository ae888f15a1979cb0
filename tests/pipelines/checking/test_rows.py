"""Figures of tables are bound to their row and their column."""

import pytest

from pipelines.checking.rows import Rows, differences_of_row
from pipelines.checking.statements import Statement

CREWS = """Crews hired out, in EUR
crew | No | 2022 | 2023 | %
Baltic crew | 31 | 5,400 | 6,150 | 61.5
Tidewater crew | 20 | 2,300 | 3,850 | 38.5
Radio 4 crew | 7 | 1,200 | 1,300 | 12.5"""


def found(sentence: str, line: str, question: str = "", text: str = CREWS) -> list[str]:
    row = Rows(text).at(text.index(line))
    assert row is not None
    head = Statement("\n".join(row.grid.head))
    return [each.text for each in differences_of_row(Statement(sentence), row, head, Statement(question))]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Baltic crew earned 6,150 in 2023.", ""),
        ("In 2022 it was 5,400 EUR, and 6,150 in 2023, for Baltic crew.", ""),
        ("6,150.", "what did Baltic crew earn in 2023?"),
        ("The No of Baltic crew is 31.", ""),
        ("Baltic crew has 61.5 as its %.", ""),
    ],
)
def test_a_figure_in_its_place_is_borne_out(sentence: str, question: str) -> None:
    assert found(sentence, "Baltic", question) == []


@pytest.mark.parametrize(
    ("sentence", "question", "instead"),
    [
        ("Baltic crew earned 5,400 in 2023.", "", "6,150"),
        ("5,400.", "what did Baltic crew earn in 2023?", "6,150"),
        ("The No of Baltic crew is 61.5.", "", "31"),
        ("Baltic crew has 31 as its %.", "", "61.5"),
    ],
)
def test_a_figure_of_another_column_is_not(sentence: str, question: str, instead: str) -> None:
    assert any(f"say {instead} instead" in each for each in found(sentence, "Baltic", question))


@pytest.mark.parametrize("question", ["", "what did Baltic crew earn in 2023?"])
def test_a_figure_of_another_row_is_not(question: str) -> None:
    said = "3,850." if question else "Baltic crew earned 3,850 in 2023."
    assert "the sources say 6,150 instead of 3,850" in found(said, "Tidewater", question)


def test_a_number_within_a_name_belongs_to_the_name() -> None:
    assert found("Radio 4 crew earned 1,300 in 2023.", "Radio 4") == []


def test_a_figure_that_stands_nowhere_is_named() -> None:
    assert found("Baltic crew earned 9,999 in 2023.", "Baltic") == ["9,999 is not in the sources"]


def test_lines_of_several_cells_are_rows_whatever_else_stands_in_the_segment() -> None:
    text = f"It was a good year.\n{CREWS}\nGroup: |\nOther crew | 3 | 100 | 200 | 1.0\nThe end."
    assert Rows(text).at(0) is None
    assert found("Other crew earned 100 in 2023.", "Other", text=text) == ["the sources say 200 instead of 100"]


def test_a_cell_may_hold_several_sentences() -> None:
    head = "ride | built | what it is | thrill"
    text = f"{head}\nSlingshot | 2014 | A tall ride. It goes up fast. | 5\nTeacups | 1999 | Slow. | 1"
    assert found("The thrill of Slingshot is 5.", "It goes up", text=text) == []
    assert found("The thrill of Slingshot is 2014.", "It goes up", text=text) == ["the sources say 5 instead of 2014"]


@pytest.mark.parametrize("text", ["", " |", "| |\n | |", "a | b", "\n".join(["x | 1"] * 300), " | ".join(["1"] * 300)])
def test_whatever_a_table_looks_like_a_sentence_is_compared_with_it(text: str) -> None:
    row = Rows(text).at(len(text) // 2)
    said = Statement("The x of b was 1, and 7 in 2023.")
    assert row is None or {"7 is not in the sources", "2023 is not in the sources"} <= {
        each.text for each in differences_of_row(said, row, Statement(""), Statement(""))
    }
