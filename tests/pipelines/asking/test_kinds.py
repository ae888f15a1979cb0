"""Kinds of answers over real files: comparisons speak of every side, summaries of the file that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from indexes.library import Library
from pipelines.answering import Answering
from pipelines.records import Answer, Question

FILES = {
    "report_a.md": "# Report A\n\nThe north wall is damp up to a metre. The roof is sound.\n",
    "report_b.md": "# Report B\n\nDamp was found in the cellar only. The gutters leak at the back.\n",
    "eelgrass.md": "# Eelgrass meadows\n\nWe thank the ferry for its help.\n\n## Abstract\n\nMeadows of eelgrass "
    "shrank by a third. Dredging was the main cause. Replanted meadows held for two winters.\n\n## Method\n\n"
    + "Divers counted eelgrass shoots of meadows in eelgrass plots of the bay, where meadows of eelgrass grow. "
    * 12,
    "minutes 2024-05-03.md": "# Minutes of the harbour board, 3 May 2024\n\nPresent: Ada, Ben and Cleo.\n\n"
    "The board buys a second crane for 18,400 crowns. The fee for moorings rises to 12 crowns a night from June. "
    "The slipway stays closed until the rails are renewed. The harbour master reported on the spring storms.\n",
    "minutes 2023-11-07.md": "# Minutes of the harbour board, 7 November 2023\n\nThe board lets the old shed to the "
    "rowing club for 90 crowns a month. The lamp on the mole is repaired by Ben.\n",
    "boats of the harbour.csv": "boat,berth,crew\nHeron,4,3\nCurlew,9,5\nTern,2,2\nPlover,7,6\nDunlin,11,4\n",
    "the light.md": "# The light\n\n## Chapter I\n\nIda came to the island with two goats in a leaking boat. "
    + "The keeper of the light did not speak to her. " * 8
    + "\n\n## Chapter II\n\nIn the second winter the lamp went out for nine nights. "
    + "Ida burned the door of the barn to warn the ships. " * 8
    + "\n",
    "lease of the shed.md": "# Lease of the shed\n\n## Use\n\nOnly boats are kept in the shed.\n\n## Notice\n\n"
    "Notice is three months, given in writing before the first of March.\n\n"
    + "The club hands the keys of the shed to the board on its last day. " * 30
    + "\n",
    "mooring rules 2021.md": "# Mooring rules\n\nValid from 1 May 2021.\n\n- The fee is 9 crowns a night.\n"
    "- Boats leave the quay by eleven in the morning.\n- Dogs are kept on a lead on the quay.\n"
    "- Fires are forbidden everywhere in the harbour.\n",
    "mooring rules 2024.md": "# Mooring rules\n\nValid from 1 June 2024.\n\n- The fee is 12 crowns a night.\n"
    "- Boats leave the quay by ten in the morning.\n- Dogs are kept on a lead on the quay.\n"
    "- Drones may not be flown over the boats.\n",
    "storm report.md": "Report of the great storm\n\nContents\n\nThe storm on the coast ........ 2\n\n"
    "The harbour after it ........ 5\n\n"
    + "".join(
        f"Report of the great storm\n\nThe storm of day {n} took {n + 3} roofs from the houses of the coast, and the "
        f"{n + 20} boats of the storm fleet lay in the mud for {n + 2} days before the storm went on.\n\n"
        for n in range(14)
    ),
    "income.txt": "The income of the ferry was 9,100 crowns. Guests come by the morning boat.",
}


def ask(library: Library, shelf: Any, question: str, intent: str = "") -> Answer:
    return Answering(library, shelf, ability="quotes").invoke(Question(question, intent=intent))


def test_what_two_files_say_about_a_thing_is_told_of_both(library, shelf) -> None:
    answer = ask(library, shelf, "What do report_a.md and report_b.md say about damp?")
    assert "north wall is damp" in answer.text and "Damp was found in the cellar" in answer.text


def test_a_comparison_speaks_of_every_side(library, shelf) -> None:
    answer = ask(library, shelf, "north wall or cellar, which is damper?", "comparison")
    assert "north wall" in answer.text and "cellar" in answer.text
    assert answer.trace is not None and answer.trace.parts == ("north wall", "cellar")


def test_two_versions_of_a_text_are_told_by_what_they_say_differently(library, shelf) -> None:
    answer = ask(library, shelf, "what changed in the mooring rules from 2021 to 2024?", "comparison")
    head, _, *rows = answer.text.splitlines()
    assert head == "|mooring rules 2021|mooring rules 2024|"
    assert any("9 crowns" in row and "12 crowns" in row for row in rows)
    assert any("eleven" in row and "by ten" in row for row in rows)
    assert any("Fires" in row for row in rows) and any("Drones" in row for row in rows)
    assert "Dogs" not in answer.text


def test_what_is_said_of_one_side_only_stands_in_its_column(library, shelf) -> None:
    answer = ask(library, shelf, "north wall or cellar, which is damper?", "comparison")
    head, rule, first = answer.text.splitlines()[:3]
    assert (head, rule) == ("|north wall|cellar|", "|---|---|")
    left, right = first.strip("|").split("|")
    assert "north wall is damp" in left and "cellar" in right
    for each in answer.citations:
        assert "".join(each.quote.split())[:10] in "".join(answer.text[each.start : each.end].split())


def test_a_value_beside_the_sentence_that_answers_best_is_not_bold(library, shelf) -> None:
    answer = ask(library, shelf, "what is the wage of the harbour master", "fact")
    assert "**" not in answer.text


@pytest.mark.parametrize(
    "question",
    ["this or that, which is damper?", "roof or roof, which is damper?", "wall|roof or <img src=x onerror=alert(1)>?"],
)
def test_sides_that_say_nothing_or_are_hostile_leave_a_table_whole(library, shelf, question) -> None:
    answer = ask(library, shelf, question, "comparison")
    for line in answer.text.splitlines():
        assert not line.startswith("|") or line.count("|") >= 2
    for each in answer.citations:
        assert answer.text[each.end :].startswith(f" [{each.number}]")


def test_the_value_that_a_fact_is_asked_for_is_bold(library, shelf) -> None:
    answer = ask(library, shelf, "how much did the second crane of the harbour board cost", "fact")
    assert "**18,400" in answer.text


def test_rows_that_only_share_their_file_with_the_question_are_not_quoted(library, shelf) -> None:
    answer = ask(library, shelf, "which berth of the boats of the harbour does the Curlew have", "count")
    assert "Curlew|9|5" in answer.text and "Dunlin" not in answer.text and "Tern" not in answer.text


def test_a_summary_is_of_the_file_that_is_meant(library, shelf) -> None:
    answer = ask(library, shelf, "what was decided at the harbour board meeting of 3 may 2024", "summary")
    assert "18,400 crowns" in answer.text and "12 crowns a night" in answer.text
    assert "rowing club" not in answer.text
    assert {each.result.source.path.rsplit("/", 1)[1] for each in answer.evidence if each.sentences} == {
        "minutes 2024-05-03.md"
    }


def test_a_summary_tells_sentences_once_and_no_titles(library, shelf) -> None:
    answer = ask(library, shelf, "sum up the report of the great storm", "summary")
    assert "Report of the great storm" not in answer.text and "....." not in answer.text
    assert answer.text.count("roofs from the houses") > 2


def test_the_summary_that_a_file_has_itself_comes_first(library, shelf) -> None:
    answer = ask(library, shelf, "sum up the paper on eelgrass meadows", "summary")
    assert answer.text.startswith("Meadows of eelgrass shrank by a third. Dredging was the main cause. Replanted")


def test_a_summary_of_a_chapter_keeps_to_it(library, shelf) -> None:
    answer = ask(library, shelf, "summarise chapter 2 of the light", "summary")
    assert "nine nights" in answer.text and "goats" not in answer.text


def test_a_section_that_begins_within_a_segment_is_summarised_from_its_heading(library, shelf) -> None:
    answer = ask(library, shelf, "summarise the section on notice of the lease of the shed", "summary")
    assert "three months" in answer.text and "Only boats" not in answer.text


def test_words_that_only_look_alike_contradict_nothing(library, shelf) -> None:
    answer = ask(library, shelf, "what was the income of the ferry")
    assert not answer.abstained and "9,100" in answer.text
