"""Whether anything was found at all, and what is said where it was not."""

from __future__ import annotations

import pytest

from pipelines.answering import Answering
from pipelines.asking.declining import nothing_found, weigh
from pipelines.asking.phrases import phrase
from pipelines.query.plan import QueryPlan
from pipelines.records import Question

FILES = {
    "garden.md": "# The garden\n\nThe pond was dug in 1974 and is two metres deep. Frogs live in it from March on. "
    "The old pear tree bears fruit every second year. A hedge of yew keeps the wind away from the beds.\n",
    "bicycles.md": "# Hiring a bicycle\n\nA bicycle costs 9 crowns a day. Helmets are free. Children under ten ride "
    "with an adult. A deposit of 50 crowns is paid back when the bicycle is returned without damage.\n",
    "choir.md": "# The choir\n\nThe choir meets on Wednesdays at seven in the school. Elin Brandt conducts it. "
    "New singers come twice before they decide.\n",
    "ferries.csv": "no,vessel,line,seats,day fare\nF-1,Petrel,North sound,120,14\nF-2,Skua,North sound,90,9\n"
    "F-3,Dunlin,Outer isles,60,12\nF-4,Knot,Outer isles,45,8\nF-5,Whimbrel,Night mail,30,21\n",
    "bezirke.html": "<html lang=de><h1>Die Bezirke der Stadt</h1><p>Die Stadt hat vier Bezirke, die nach den Flüssen "
    "benannt sind, an denen sie liegen.</p><table><tr><th>Bezirk</th><th>Einwohner</th><th>Fläche in km²</th></tr>"
    "<tr><td>Oberau</td><td>41.000</td><td>12</td></tr><tr><td>Unterau</td><td>23.500</td><td>31</td></tr>"
    "<tr><td>Moosach</td><td>9.800</td><td>8</td></tr></table></html>",
}


@pytest.mark.parametrize(
    "question",
    [
        "how deep is the pond",
        "whats the deposit for a bycicle",
        "who conducts the choir?",
        "do kids need an adult to ride",
        "summarise what it says about the choir",
        "Wie tief ist der Teich (pond)?",
        "which line has the highest number of places",
        "who takes more people, skua or knot",
    ],
)
def test_what_a_file_tells_is_answered(library, shelf, question) -> None:
    assert not Answering(library, shelf, ability="quotes").invoke(Question(question)).abstained


@pytest.mark.parametrize(
    "question", ["who was the emperor of Brazil in 1880", "how many moons does Jupiter have", "火星有多少颗卫星？"]
)
def test_what_no_file_tells_is_declined_and_the_nearest_is_quoted(library, shelf, question) -> None:
    answer = Answering(library, shelf, ability="quotes").invoke(Question(question))
    assert answer.abstained and answer.evidence
    nearest = phrase("nearest", "zh" if question.endswith("？") else "en")
    assert answer.text.index(nearest) < min(each.start for each in answer.citations)
    assert {each.number for each in answer.citations} == {each.number for each in answer.evidence}
    assert "**" not in answer.text, "a value in bold would say that it answers"
    assert answer.trace is not None and answer.trace.relevance is not None
    sure, enough = answer.trace.relevance
    assert sure < enough


def test_a_question_in_another_language_than_the_file_is_not_declined_for_its_words(library, shelf) -> None:
    answer = Answering(library, shelf, ability="quotes").invoke(Question("which district has the most inhabitants?"))
    assert not answer.abstained and "Oberau" in answer.text


def test_what_was_looked_for_is_named(library) -> None:
    said = nothing_found(QueryPlan("moons of Jupiter", "moons of Jupiter", "fact"), library)
    assert "5 files" in said and "“moons”" in said and "“jupiter”" in said.lower()


def test_small_words_of_any_language_were_not_looked_for(library) -> None:
    said = nothing_found(
        QueryPlan("welche Vögel und wie viele?", "welche Vögel und wie viele?", "list", language="de"), library
    )
    assert "“vögel”" in said and "“und”" not in said and "“welche”" not in said


def test_signals_are_weighed_and_added_up() -> None:
    assert weigh({"fit": 0.5, "met": 2.0}, {"level": -1.0, "fit": 4.0, "met": 0.25}) == 1.5
