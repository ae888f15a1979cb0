"""A section that a question names, by number or by name."""

from __future__ import annotations

import pytest

from pipelines.query.sections import behind_abstract, section_of

NOVEL = [f"The Lighthouse › {number} › {number}" for number in ("I", "II", "III", "IV", "IX")]
PAPER = ["Paper › 1. Introduction", "Paper › 2. Model › 2.1 Growth", "Paper › 2. Model", "Paper › 3 Results of runs"]


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("summarise chapter 3", "III"),
        ("what happens in chapter three?", "III"),
        ("Summarize Chapter IV", "IV"),
        ("fasse das zweite Kapitel zusammen", "II"),
        ("résume le premier chapitre", "I"),
        ("resume el capítulo cuatro", "IV"),
        ("第三章讲了什么", "III"),
        ("sum up chapter 9 pls", "IX"),
    ],
)
def test_a_chapter_is_known_by_its_number_however_it_is_written(question: str, section: str) -> None:
    assert section_of(question, NOVEL) == f"The Lighthouse › {section}"


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("summarise section 2.1", "Paper › 2. Model › 2.1 Growth"),
        ("summarise section 2", "Paper › 2. Model"),
        ("summarise the section on growth", "Paper › 2. Model › 2.1 Growth"),
        ("what does the introduction section say", "Paper › 1. Introduction"),
        ("summarise section 3", "Paper › 3 Results of runs"),
    ],
)
def test_a_section_is_known_by_its_number_or_its_name(question: str, section: str) -> None:
    assert section_of(question, PAPER) == section


@pytest.mark.parametrize("question", ["summarise the novel", "summarise chapter 12", "what is the introduction about"])
def test_no_section_is_taken_that_is_not_named(question: str) -> None:
    assert section_of(question, [*NOVEL, *PAPER]) is None


@pytest.mark.parametrize("word", ["亿" * 400, "一" * 5_000, "9" * 5_000, "x" * 5_000, "²", "٣", "."])
def test_a_hostile_number_is_no_error(word: str) -> None:
    assert section_of(f"summarise chapter {word}", [f"Chapter {word} of it", "Chapter", "", " › "]) in (
        None,
        f"Chapter {word} of it",
    )


def test_a_roman_number_is_no_word_of_a_heading() -> None:
    assert section_of("summarise chapter 1", ["A life › I am alone", "A life › Mix of all"]) is None


def test_a_chinese_heading_has_a_number_too() -> None:
    assert section_of("总结第二节", ["年报 › 第二节 公司基本情况 › 一、主要会计数据"]) == "年报 › 第二节 公司基本情况"


@pytest.mark.parametrize(
    ("question", "headings", "section"),
    [
        ("summarise the article I uploaded yesterday", ["1 Introduction", "2 Methods"], None),
        ("résume-moi un article", ["1 Introduction", "2 Methods"], None),
        ("summarise chapter 1", ["Part 1 › Chapter 1", "Part 1 › Chapter 2"], "Part 1 › Chapter 1"),
        ("summarise chapter 2 section 1", ["Chapter 1 › Section 2", "Chapter 2 › Section 1"], "Chapter 2 › Section 1"),
        ("summarise section 3", ["2 Repair › 3. Remove the screw", "3 Maintenance"], "3 Maintenance"),
        ("summarise appendix B", ["Appendix A", "Appendix B"], "Appendix B"),
        ("the section on insurance", ["Insurance section", "Other section"], "Insurance section"),
    ],
)
def test_the_section_is_the_one_of_its_kind_and_number(question: str, headings: list[str], section: str | None) -> None:
    assert section_of(question, headings) == section


@pytest.mark.parametrize(
    ("line", "behind"),
    [
        ("Abstract", ""),
        ("1 Executive Summary", ""),
        ("SUMMARY: The board proposes a fee.", "The board proposes a fee."),
        ("Abstract. We measure tides.", "We measure tides."),
        ("Zusammenfassung –  Die Gezeiten", "Die Gezeiten"),
        ("摘要：潮汐", "潮汐"),
        ("Summary by month", None),
        ("Abstract art sells well.", None),
        ("Résumé-type", None),
    ],
)
def test_the_line_that_a_summary_begins_with_is_known(line: str, behind: str | None) -> None:
    at = behind_abstract(line)
    assert (None if at is None else line[at:]) == behind
