"""Follow-ups are told from questions that stand alone, and searched with what they lean on."""

import subprocess
import sys

import pytest

from pipelines.query.follow_up import SURE, probability, standalone
from pipelines.records import Turn

KEEPER = Turn("Who was the first keeper of the lighthouse?", "The first keeper was Thomas Vane [1]. He came in 1822.")


@pytest.mark.parametrize(
    ("last", "question"),
    [
        ("who was the keeper?", "and how much was he paid?"), ("who lost the duel?", "and Grindelwald?"),
        ("what is a basilisk?", "who killed it?"), ("which ticket is cheaper?", "no, the other one"),
        ("how long does a full overwrite take?", "and the standard one?"), ("when was it closed?", "Why?"),
        ("how tall is the tower?", "who said that?"), ("what is the population of Bern?", "Zurich?"),
        ("how tall is the tower?", "what about the wall?"), ("what does it cost?", "What else is there?"),
        ("Wer hat den Vertrag unterschrieben?", "und warum?"), ("Wie hoch ist die Miete?", "und im August?"),
        ("Wann wurde der Turm gebaut?", "Wie hoch ist er?"), ("Qui a signé le bail ?", "Quand est-il mort ?"),
        ("Qui a signé le bail ?", "et les autres ?"), ("¿Quién firmó el contrato?", "¿y por qué?"),
        ("灯塔是什么时候建的？", "它有多高？"), ("2022年的收入是多少？", "那2023年呢？"), ("谁签了合同？", "为什么？"),
    ],
)  # fmt: skip
def test_what_points_back_or_says_little_leans(last: str, question: str) -> None:
    assert standalone(question, (Turn(last, "An answer."),)).leans


@pytest.mark.parametrize(
    "question",
    [
        "what does the lease cost?", "How long does it take to paint the tower?", "What is photosynthesis?",
        "What did Edith Penrose say about her father?", "tide tables", "How high was the water this year?",
        "Did the report say that the tower leans?", "What is it called when a lamp is relit?", "thanks!",
        "Was kostet die Miete der Werkstatt?", "Qui a inventé la machine à vapeur ?", "谁发明了蒸汽机？",
        "¿Cuánto cuesta la reparación de la bomba?", "ok, danke", "Kuka keksi höyrykoneen Englannissa?",
    ],
)  # fmt: skip
def test_what_stands_alone_is_searched_as_it_is(question: str) -> None:
    found = standalone(question, (Turn("who founded Harvard?", "John Harvard."),))
    assert (found.text, found.leans) == (question, False)


def test_the_first_question_has_nothing_to_lean_on() -> None:
    assert not standalone("and why?", ()).leans


def test_a_follow_up_is_searched_with_the_last_question_and_the_names_of_its_answer() -> None:
    assert standalone("how long did he stay?", (KEEPER,)).text == (
        "how long did he stay? first keeper lighthouse Thomas Vane"
    )


def test_words_that_the_question_has_are_not_added() -> None:
    assert standalone("and the second keeper?", (KEEPER,)).text.count("keeper") == 1


def test_a_chain_keeps_what_it_is_about_and_drops_what_was_talked_of_before() -> None:
    history = (
        Turn("Who painted the harbour?", "Nobody knows."),
        KEEPER,
        Turn("how long did he stay?", "Nine years.", "how long did he stay? first keeper lighthouse Thomas Vane"),
    )
    text = standalone("and why did he leave?", history).text
    assert "lighthouse" in text and "stay" in text and "harbour" not in text


def test_chinese_words_stay_whole() -> None:
    text = standalone("它有多高？", (Turn("灯塔是什么时候建的？", ""),)).text
    assert text.startswith("它有多高？ ") and "灯塔" in text


def test_odd_texts_do_no_harm() -> None:
    for text in ("", " ", "?!", "…", "42", "😀"):
        assert 0 <= probability(text, "") <= 1
        standalone(text, (Turn(text, text),))


def test_one_word_of_its_own_is_enough_to_stand_alone() -> None:
    assert (
        probability("when is the hearing", "who is the judge") <= SURE < probability("when is it", "who is the judge")
    )


@pytest.mark.slow
def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, pipelines.query.follow_up; print({'numpy', 'torch', 'langchain_core'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
