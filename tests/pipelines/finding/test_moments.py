"""Moments: what is said and seen at one time, joined, ranked and led. Pure functions on what was found."""

from __future__ import annotations

import pytest

from indexes.records import Place, Segment
from pipelines.finding.moments import Found, Moment, join, led_by_words, place_of, ranked, why
from tests.making_moments import said, shown


def found(segment: Segment, score: float = 0.1, text: float | None = None, image: float | None = None) -> Found:
    scores = {name: value for name, value in (("text", text), ("image", image)) if value is not None}
    return Found(segment, score, dict.fromkeys(scores, 1), scores)


def led(moments: list[Moment]) -> list[tuple[str, list[str]]]:
    """Text of what leads and texts of what stands beside it, of each moment."""
    return [(each.lead.segment.text, [other.segment.text for other in each.others]) for each in moments]


# --- joining ---


def test_what_is_said_and_seen_at_one_time_is_one_moment() -> None:
    speech, slide = said(10, "The price went up."), shown(8, 20, "Price: 12")
    assert led(join([found(slide), found(speech)])) == [("Price: 12", ["The price went up."])]
    later = shown(40, 50, "Questions?")
    assert len(join([found(later), found(speech)])) == 2


def test_a_second_between_them_is_forgiven_and_more_is_not() -> None:
    speech = said(10, "Now.")  # until 10.4
    assert len(join([found(speech), found(shown(11, 12, "now"))])) == 1
    assert len(join([found(speech), found(shown(12, 20, "then"))])) == 2


def test_speech_is_not_joined_to_speech_nor_one_recording_to_another() -> None:
    one, other = said(10, "The first part of it."), said(11, "Somebody speaks in between.")
    assert len(join([found(one), found(other)])) == 2
    elsewhere = Segment("b", 0, "video", "x", Place(start=10, end=12), kind="frame")
    assert len(join([found(one), found(elsewhere)])) == 2


def test_a_page_of_a_document_stays_by_itself() -> None:
    page = Segment("", 0, "document", "Price list", Place(page=1))
    assert led(join([found(page), found(said(1, "Hello."))])) == [("Price list", []), ("Hello.", [])]


def test_a_slide_of_five_minutes_does_not_swallow_ten_moments() -> None:
    slide = shown(0, 300, "Harvest")
    speech = [said(30.0 * i, f"We cut field {i}.") for i in range(10)]
    texts = [one.text for one in speech]
    after = join([*map(found, speech), found(slide)])
    assert led(after) == [(text, ["Harvest"]) for text in texts]
    before = join([found(slide), *map(found, speech)])
    assert led(before) == [("Harvest", texts), *((text, ["Harvest"]) for text in texts)]


def test_a_run_of_shots_of_one_event_is_one_moment() -> None:
    shots = [shown(start, start + 4, tags="sports car") for start in (20, 24, 28)]
    moments = join([found(shots[1], image=0.5), found(shots[0], image=0.45), found(shots[2], image=0.42)])
    assert len(moments) == 1 and moments[0].lead.segment is shots[1]


@pytest.mark.parametrize(
    ("other", "score"),
    [
        pytest.param(shown(24, 28, tags="sports car"), 0.3, id="fits much less"),
        pytest.param(shown(24, 28, "A slide with words"), 0.45, id="a slide"),
        pytest.param(shown(26, 30, tags="sports car"), 0.45, id="apart"),
    ],
)
def test_another_shot_is_a_moment_of_its_own(other: Segment, score: float) -> None:
    assert len(join([found(shown(20, 24), image=0.5), found(other, image=score)])) == 2


# --- leading, ranking, reasons ---


def test_what_is_said_leads_when_it_holds_as_many_of_the_words_asked() -> None:
    speech, slide = said(10, "The birch canoe slid on the planks."), shown(5, 25, "Birch canoe, a report")
    moments = led_by_words([(Moment(found(slide), [found(speech)]), 1.0)], "Where is the birch canoe?")
    assert led([moment for moment, _ in moments]) == [(speech.text, [slide.text])]


def test_a_slide_that_holds_more_of_them_leads_itself() -> None:
    speech, slide = said(10, "The canoe slid on the planks."), shown(5, 25, "Birch canoe, a report")
    for question in ("Which report is on the birch canoe?", "What about penguins?", ""):
        moments = led_by_words([(Moment(found(slide), [found(speech)]), 1.0)], question)
        assert led([moment for moment, _ in moments]) == [(slide.text, [speech.text])]


def test_words_that_lead_instead_of_a_long_slide_stand_once_and_without_what_is_said_later() -> None:
    speech, later = said(100, "We cut the rye."), said(130, "We cut the oats.")
    slide = shown(0, 300, "We cut")
    joined = join([found(slide), found(speech), found(later)])
    moments = led_by_words([(moment, 1.0 / n) for n, moment in enumerate(joined, start=1)], "When do we cut the rye?")
    assert led([moment for moment, _ in moments]) == [(speech.text, ["We cut"]), (later.text, ["We cut"])]
    assert [score for _, score in moments] == [1.0, 1 / 3]


def test_a_moment_that_speech_and_screen_bear_out_rises_among_its_like() -> None:
    first = Found(said(90, "Oats cost a lot."), 1 / 61, {"text": 1}, {"text": 0.53})
    alone = Found(said(50, "Oats cost more."), 1 / 62, {"text": 2}, {"text": 0.52})
    both = Found(said(10, "Oats cost twelve."), 1 / 63, {"text": 3}, {"text": 0.5})
    for line, cosine, order in (("Oats: 12", 0.48, [first, both, alone]), ("Welcome", 0.1, [first, alone, both])):
        slide = Found(shown(8, 18, line), 1 / 64, {"text": 4}, {"text": cosine})
        moments = ranked(join([first, alone, both, slide]), {}, 0.25)
        assert [moment.lead for moment, _ in moments] == order


def test_reasons_name_what_fits_and_what_leads() -> None:
    speech, slide = said(10, "Oats cost twelve."), shown(8, 18, "Oats: 12")
    assert why([found(speech, text=0.71), found(slide, text=0.4, image=0.33)], 0.25) == {
        "speech": 0.71, "on-screen text": 0.4, "picture": 0.33,
    }  # fmt: skip
    assert why([found(speech, text=0.12), found(slide, text=0.2)], 0.25) == {"speech": 0.12}
    page = Segment("a", 0, "document", "Oats", Place(page=1))
    assert why([found(page, text=0.9)], 0.25) == {}


def test_a_part_of_speech_has_the_seconds_of_the_cues_that_it_touches() -> None:
    speech = said(10, "Good evening.", "Oats cost twelve.", "Rye costs nine.")
    start = speech.text.index("cost twelve")
    assert place_of(speech, start, start + 11) == Place(start=10.8, end=12.0)
    assert place_of(speech, start, len(speech.text)) == Place(start=10.8, end=13.2)
    slide = shown(8, 18, "Oats: 12")
    assert place_of(slide, 0, 4) == slide.place
