"""Follow-ups become full questions: by rule where that is sure, by the model where it keeps to what was said."""

import pytest

from pipelines.asking.followups import Rewritten, checked, leans, messages, rewrite
from pipelines.records import Turn


def never(messages: object) -> str:
    raise AssertionError("the chat model was asked")


@pytest.mark.parametrize(
    "question",
    [
        "And in 2023?", "How long did he stay?", "Why?", "它有多高？", "为什么？",
        "那2023年呢？", "What else is there?",
        "Who said that?", "Tell me about that tower", "What happened there?", "What happened next?", "Which colour?",
        "Wann ist er gestorben?", "Und 2023?", "Quand est-il mort ?", "show me the picture",
        "How does it work?",
    ],
)  # fmt: skip
def test_what_points_back_leans_on_the_conversation(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "The weight that drives the clockwork", "What is it called when a lamp is relit?", "tide tables",
        "How long does it take to paint the tower?", "Who is Edith?", "What is photosynthesis?", "其他展品有哪些？",
        "What did Edith Penrose say about her father?", "Did the report say that the tower leans?",
        "How much does the museum charge for its tickets?", "Show me a picture of the boat", "博物馆什么时候开放？",
        "What happens to those who stay?", "Wer war der erste Wärter?", "Qui a signé le bail ?",
        "What does IT security cover?",
        "Is it possible to visit the tower in winter?", "How high was the water this year?",
        "Who signed the 2019 lease?",
    ],
)  # fmt: skip
def test_what_stands_by_itself_is_left_alone_and_costs_no_model_call(question: str) -> None:
    history = (Turn("What was the revenue in 2022?", "It was 4 pounds."),)
    assert not leans(question)
    assert rewrite(question, history, never) == Rewritten(question, "")


@pytest.mark.parametrize(
    ("last", "answer", "question", "expected"),
    [
        ("What was the revenue in 2022?", "", "and in 2023?", "What was the revenue in 2023?"),
        ("How many visitors came in April 2022?", "", "And in May?", "How many visitors came in May 2022?"),
        ("How many visitors came?", "", "and in 2023?", "How many visitors came in 2023?"),
        ("What were sales in Q2 2024?", "", "and in Q3?", "What were sales in Q3 2024?"),
        ("What is the population of Bern?", "", "what about Zurich?", "What is the population of Zurich?"),
        ("When did Napoleon arrive in Moscow?", "", "and in Paris?", "When did Napoleon arrive in Paris?"),
        ("How tall is the tower?", "", "and the wall?", "How tall is the wall?"),
        ("When was the tower closed?", "", "And the wall?", "When was the wall closed?"),
        ("When did the supply boat leave?", "", "how about the crew?", "When did the crew leave?"),
        ("What does the ticket cost for adults?", "", "and for children?", "What does the ticket cost for children?"),
        ("When does it open on weekdays?", "", "and at weekends?", "When does it open at weekends?"),
        ("What is on page 3?", "", "And on page 5?", "What is on page 5?"),
        ("Who was the first keeper?", "", "and the second keeper?", "Who was the second keeper?"),
        ("Who was the first keeper?", "", "show me the picture", "Show me the picture of the first keeper"),
        ("Why?", "The lamp was relit in 2025 [2].", "who said that?", "Who said “The lamp was relit in 2025”?"),
        ("Who was the first keeper?", "Thomas Vane [1].", "How long did he stay?", "How long did Thomas Vane stay?"),
        ("How old is the tower?", "It is 80.", "How tall is it?", "How tall is the tower?"),
        ("What does the mortar cost?", "", "what else is said about that?", "What else is said about the mortar?"),
        ("2022年的收入是多少？", "", "那2023年呢？", "2023年的收入是多少？"),
        ("Wie hoch war der Umsatz 2022?", "", "Und 2023?", "Wie hoch war der Umsatz 2023?"),
        ("Quel était le chiffre en 2022 ?", "", "Et en 2023 ?", "Quel était le chiffre en 2023 ?"),
    ],
)  # fmt: skip
def test_sure_follow_ups_are_rewritten_by_rule(last: str, answer: str, question: str, expected: str) -> None:
    assert rewrite(question, (Turn(last, answer),), never) == Rewritten(expected, "rule")


def test_this_file_is_the_one_that_was_cited() -> None:
    history = (Turn("Who talks?", "Ann Reed.", files=("talk.mp4", "notes.md")),)
    assert rewrite("What is said at 3:20 in that video?", history, never).text == "What is said at 3:20 in talk.mp4?"


def test_chains_of_follow_ups_go_on_from_the_full_question() -> None:
    history = (Turn("What was the revenue in 2022?", "4"), Turn("and in 2023?", "5", "What was the revenue in 2023?"))
    assert rewrite("and in 2024?", history, never).text == "What was the revenue in 2024?"


@pytest.mark.parametrize(
    ("last", "question"),
    [
        ("When did Napoleon arrive in Moscow?", "And Wellington?"),  # a man or a town?
        ("Did the keeper light the lamp?", "And the bell?"),
        ("Who compared 2021 with 2022?", "and 2023?"),
        ("Where did the keeper sleep?", "How big was it?"),
    ],
)
def test_where_no_rule_is_sure_the_model_is_asked(last: str, question: str) -> None:
    asked = []
    rewrite(question, (Turn(last, ""),), lambda messages: asked.append(messages) or "")
    assert len(asked) == 1


ASKED, SAID = "When was the tower closed?", "The tower was closed in 1911."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Why was the tower closed in 1911?", True),
        ("Question: Why was the tower closed?", True),
        ("Why was the tower closed in 1912?", False),  # a number that nobody said
        ("Why did Thomas Vane close the tower?", False),  # a name
        ("The tower was closed because of rust.", False),  # an answer
        ("Why was it closed?", False),  # it still leans
        ("Why was the tower closed?\nBecause of rust.", False),
        ("When was the tower closed?", False),  # the last question again
        ("", False),
    ],
)
def test_what_the_model_writes_must_keep_to_what_was_said(written: str, kept: bool) -> None:
    result = rewrite("Why?", (Turn(ASKED, SAID),), lambda messages: written)
    if kept:
        assert result == Rewritten(written.removeprefix("Question: "), "model")
    else:
        assert result == Rewritten(f"{ASKED} Why?", "rule")


def test_the_models_question_keeps_the_new_words() -> None:
    asked, said = "Who repaired the gallery?", "Hollis & Sons repaired the gallery."
    assert checked("Who paid for the gallery?", "And who paid for it?", asked, said)
    assert not checked("Who repaired the gallery again?", "And who paid for it?", asked, said)


def test_the_model_reads_the_last_exchange_in_few_words() -> None:
    read = messages("Why?", ASKED, "x" * 5000)
    assert ASKED in str(read[-1].content) and sum(len(str(message.content)) for message in read) < 1200


def test_a_refusal_is_nothing_that_somebody_said() -> None:
    history = (Turn("Why was it closed?", "The sources do not say."),)
    assert rewrite("who said that?", history).text == "Why was it closed? who said that?"


def test_the_built_in_model_writes_a_full_question(shelf) -> None:
    write = lambda messages: str(shelf.chat.invoke(messages).content)  # noqa: E731
    result = rewrite("why?", (Turn(ASKED, SAID),), write)
    assert result.by == "model" and "tower" in result.text and result.text.lower().startswith("why")
