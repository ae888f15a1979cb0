"""Text is given on when it was checked, whole sentences at a time, and held while nothing bears it out."""

from pipelines.asking.writing import CheckedText
from pipelines.records import Check


def fed(text: str, supported: tuple[str, ...], drop: bool = False, nothing: tuple[str, ...] = ()) -> CheckedText:
    def check(sentence: str):
        return (None if sentence in nothing else Check(0, len(sentence), 0.9, sentence in supported)), None

    made = CheckedText(check, drop)
    given = [part for at in range(0, len(text), 3) for part in made.feed(text[at : at + 3])]
    given += made.close()
    assert "".join(given) == made.text
    return made


def test_sentences_are_given_on_with_their_space_and_checks_know_where_they_stand() -> None:
    made = fed("One is so.\n\nTwo is not. Three is.", ("One is so.", "Three is."))
    assert made.text == "One is so.\n\nTwo is not. Three is." and made.supported
    assert [made.text[check.start : check.end] for check in made.checks] == ["One is so.", "Two is not.", "Three is."]
    assert [check.supported for check in made.checks] == [True, False, True]


def test_what_comes_before_the_first_that_is_borne_out_waits_for_it() -> None:
    assert fed("Two is not. One is so.", ("One is so.",)).text == "Two is not. One is so."
    none = fed("Two is not. Three is not.", ())
    assert none.text == "" and not none.supported


def test_unsupported_sentences_are_dropped_on_request() -> None:
    made = fed("One is so. Two is not. Three is.", ("One is so.", "Three is."), drop=True)
    assert made.text == "One is so. Three is." and made.dropped == 1


def test_text_in_which_there_is_nothing_to_check_is_given() -> None:
    made = fed("Yes. Certainly.", (), nothing=("Yes.", "Certainly."))
    assert made.text == "Yes. Certainly." and made.supported and made.checks == []


def test_a_refusal_is_noticed_and_not_shown() -> None:
    made = fed("The sources do not say.", ())
    assert made.refused and made.text == "" and not made.supported


def test_an_answer_must_be_of_the_kind_that_was_asked_for() -> None:
    def check(sentence: str):
        return Check(0, len(sentence), 0.9, True), None

    made = CheckedText(check, answers=lambda sentence: "7" in sentence)
    assert [*made.feed("The lamps burn oil. "), *made.close()] == [] and not made.supported
    made = CheckedText(check, answers=lambda sentence: "7" in sentence)
    assert (
        "".join([*made.feed("The lamps burn oil. There are 7."), *made.close()]) == "The lamps burn oil. There are 7."
    )
