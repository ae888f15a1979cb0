"""Text is given on when it was checked, whole sentences at a time; what nothing bears out is marked or left out."""

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
    assert made.text == "One is so.\n\nTwo is not. Three is." and made.borne_out
    assert [made.text[check.start : check.end] for check in made.checks] == ["One is so.", "Two is not.", "Three is."]
    assert [check.supported for check in made.checks] == [True, False, True]


def test_a_text_is_borne_out_by_most_of_its_sentences() -> None:
    assert not fed("Two is not. Three is not. One is so.", ("One is so.",)).borne_out
    assert not fed("Two is not.", ()).borne_out
    assert not fed("Yes. Certainly.", (), nothing=("Yes.", "Certainly.")).borne_out


def test_unsupported_sentences_are_dropped_on_request() -> None:
    made = fed("One is so. Two is not. Three is.", ("One is so.", "Three is."), drop=True)
    assert made.text == "One is so. Three is." and made.dropped == 1
