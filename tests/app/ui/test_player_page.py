"""Recordings on the page in a real browser: a citation plays its second. The library is filled without a model."""

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.settings import load_settings
from indexes.records import Cue, FileRecord, Place, Segment, Source
from pipelines.reading.files import content_id
from pipelines.reading.kinds import kind_of
from pipelines.records import Answer, AnswerFinished, Citation, Evidence, EvidenceFound, Result, TextDelta
from tests.browser import chromium, serving
from tests.making_media import make_audio, make_video, silence, slide, tone

pytestmark = pytest.mark.browser

ATTACK = "<img src=x onerror=window.pwned=1><script>window.pwned=2</script> ${window.pwned=3} {{pwned}} `x`"
SAID = [
    "Welcome to the harbour.",
    "The boats come in at noon.",
    f"Mind the ropes {ATTACK}.",
    "The red crane lifts nine tons.",
    "After that it is quiet.",
    "Good night.",
]
EACH = 4.0  # seconds that a sentence takes
CUES = tuple(Cue(i * EACH, i * EACH + 3.5, text) for i, text in enumerate(SAID))
PARTS = (CUES[:2], CUES[2:4], CUES[4:])


class Speaker:
    """Stands in for the assistant's answering: says what the test wants, of moments that it chooses."""

    def __init__(self, assistant) -> None:
        self.assistant = assistant
        self.of = "talk.mp4"
        self.pause = threading.Event()
        self.pause.set()

    def ask(self, question):
        source, segments = self.assistant.export(self.of)
        spoken = [segment for segment in segments if segment.kind == "speech"]
        seen = [segment for segment in segments if segment.kind == "frame"]
        evidence = []
        for number, segment in enumerate((spoken[1], spoken[0]), start=1):
            cue = segment.cues[-1]
            why = {"speech": 0.71, "on-screen text": 0.4, "picture": 0.333}
            place = Place(start=cue.start, end=cue.end)
            result = Result(segment, source, number, 0.5, {"text": 1}, {"text": 0.7}, place, tuple(seen[1:2]), why)
            evidence.append(Evidence(number, result, (cue.text,), tuple((each, (each.text,)) for each in seen[1:2])))
        text = f"{SAID[3]} [1] {SAID[1]} [2]"
        quotes = (
            Citation(1, 0, len(SAID[3]), SAID[3], 0.9),
            Citation(2, len(SAID[3]) + 5, len(text) - 4, SAID[1], 0.8),
        )
        yield EvidenceFound(tuple(evidence))
        self.pause.wait(20)
        yield TextDelta(text)
        seconds = {"retrieve": 0.1, "first_token": 0.2, "total": 0.3}
        yield AnswerFinished(Answer(question.text, text, False, quotes, tuple(evidence), seconds, "none"))


def store(assistant, path: Path, frames: bool, speakers: tuple[str, ...] = ("",)) -> None:
    kind = kind_of(path)
    source = Source(content_id(str(path)), kind.modality, kind.media_type, path.stat().st_size, duration=24.0)
    segments = [
        Segment(source.id, int(cues[0].start * 1000), kind.modality, " ".join(cue.text for cue in cues),
                Place(start=cues[0].start, end=cues[-1].end), kind="speech",
                cues=tuple(replace(cue, speaker=speakers[i % len(speakers)]) for i, cue in enumerate(cues)))
        for cues in PARTS
    ]  # fmt: skip
    if frames:
        for number, (start, end, text) in enumerate(
            ((0, 8, "HARBOUR\n1904"), (8, 16, f"CRANE No. 9 {ATTACK}"), (16, 24, ""))
        ):
            place = Place(start=float(start), end=float(end))
            marks = (("CRANE No. 9", (0.05, 0.15, 0.7, 0.35)),) if number == 1 else ()
            segments.append(Segment(source.id, start * 1000 + 1, "video", text, place, kind="frame",
                                    member=f"{start + 0.5:.3f}", marks=marks))  # fmt: skip
    file = FileRecord(str(path), "indexed", kind.modality, source.id, path.stat().st_size, segments=len(segments))
    assistant.library.extend(source, file, segments, {}, {})


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    rhythm = np.concatenate([part for _ in SAID for part in (tone(3.5, loudness=0.3), silence(0.5))])
    pictures = [(8.0, slide("HARBOUR\n1904")), (8.0, slide("CRANE No. 9", colour="#b03030")), (8.0, "navy")]
    assistant = Assistant(load_settings({"library": str(tmp_path_factory.mktemp("library"))}))
    names = ("talk.mp4", "talk.mkv", "clip.webm")
    for name in names:
        small = {"codec": "libvpx", "size": (160, 90)} if name.endswith("webm") else {}
        store(assistant, make_video(folder / name, pictures, rhythm, 4, **small), frames=True)
    store(assistant, make_audio(folder / "radio.mp3", rhythm), False, ("Speaker 1", "Speaker 2"))
    store(assistant, make_audio(folder / "radio.wma", rhythm), frames=False)
    yield assistant
    assistant.close()


@pytest.fixture(scope="module")
def speaker(assistant):
    speaker = Speaker(assistant)
    assistant.ask = speaker.ask
    return speaker


@pytest.fixture(scope="module")
def address(assistant, speaker):
    with serving(assistant) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, address, speaker):
    speaker.of = "talk.mp4"
    speaker.pause.set()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    failed = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    # Where a player was sent is noted when it gets there: on a slow machine it plays on before it can be asked.
    page.add_init_script("addEventListener('seeked', (event) => { window.sought = event.target.currentTime; }, true);")
    page.goto(address)
    page.locator("#fs-box textarea").wait_for()
    yield page
    assert page.evaluate("window.pwned") is None
    context.close()
    assert failed == []


def ask(page) -> None:
    from playwright.sync_api import TimeoutError

    asked = page.locator(".fs-exchange .fs-answer + .fs-foot").count()
    page.locator("#fs-box .submit-button").wait_for()  # it is the stop button while an answer is written
    page.locator("#fs-box textarea").fill("What does the crane lift?")
    page.keyboard.press("Enter")
    with suppress(TimeoutError):  # on a busy machine the page shows its box before it listens: a person asks again
        page.locator(".fs-asked").nth(asked).wait_for(timeout=5_000)
    if page.locator(".fs-asked").count() == asked:
        page.keyboard.press("Enter")
    page.locator(".fs-exchange .fs-answer + .fs-foot").nth(asked).wait_for()


def time_of(page, within: str) -> float:
    """Where the player was sent last, once it has come there and plays."""
    media = page.locator(f"{within} :is(video, audio)")
    page.wait_for_function("(m) => m.readyState > 1 && !m.seeking && !m.paused", arg=media.element_handle())
    return page.evaluate("window.sought")


SHOWN = "#fs-evidence [data-group]:not([hidden]) .fs-detail:not([hidden])"


def test_a_citation_plays_its_second_with_its_line_lit(page, speaker) -> None:
    lit = page.locator(f"{SHOWN} .fs-lines [aria-current=true]")
    for name in ("talk.mp4", "talk.mkv", "clip.webm", "radio.mp3", "radio.wma"):
        speaker.of = name
        ask(page)
        page.locator(".fs-exchange").last.locator(".fs-chip").first.click()
        assert 12.0 <= time_of(page, SHOWN) < 15
        assert "nine tons" in lit.inner_text() and name in page.locator(SHOWN).inner_text()
        page.locator(f"{SHOWN} .fs-lines button", has_text="boats").click()
        position(page, "t >= 4 && t < 8")
        page.locator(f"{SHOWN} .fs-lines [aria-current=true]", has_text="boats").wait_for()


def position(page, wanted: str) -> None:
    """Waits until the player is where an expression of its time `t` says."""
    media = page.locator(f"{SHOWN} :is(video, audio)").element_handle()
    page.wait_for_function(f"m => ((t) => {wanted})(m.currentTime)", arg=media)


def test_only_one_plays_and_the_moments_beside_are_a_click_away(page) -> None:
    ask(page)
    page.locator(".fs-chip").first.click()
    time_of(page, SHOWN)
    assert "CRANE No. 9" in page.locator(f"{SHOWN} [data-onscreen]").inner_text()
    assert "said .71 · on screen .40 · picture .33" in page.locator(SHOWN).inner_text()
    page.locator(f"{SHOWN} [data-step='1']").click()
    position(page, "t >= 16 && t < 19")
    page.locator(f"{SHOWN} [data-step='-1']").click()
    position(page, "t >= 8 && t < 11")
    page.locator(f"{SHOWN} .fs-moments [data-seek]").click()
    position(page, "t >= 12 && t < 15")
    page.locator(".fs-row").nth(1).click()
    assert 4.0 <= time_of(page, SHOWN) < 7
    playing = "[...document.querySelectorAll('video, audio')].map(m => [m.paused, m.hasAttribute('src')])"
    assert sorted(page.evaluate(playing)) == [[False, True], [True, False]]  # and the other holds no connection


def test_the_line_follows_what_is_said(page) -> None:
    ask(page)
    page.locator(".fs-chip").first.click()
    time_of(page, SHOWN)
    page.locator(f"{SHOWN} video").evaluate("media => { media.currentTime = 15.6; }")
    page.locator(f"{SHOWN} .fs-lines [aria-current=true]", has_text="quiet").wait_for()
    assert page.locator(f"{SHOWN} .fs-lines [aria-current=true]").count() == 1


def test_what_plays_goes_on_while_the_answer_is_finished(page, speaker) -> None:
    speaker.pause.clear()
    page.locator("#fs-box textarea").fill("What does the crane lift?")
    page.keyboard.press("Enter")
    page.locator(".fs-row").nth(1).click()
    assert 4.0 <= time_of(page, SHOWN) < 7
    speaker.pause.set()
    page.locator(".fs-exchange .fs-foot").last.wait_for()
    assert page.locator(".fs-row").nth(1).get_attribute("aria-current") == "true"
    assert 4.0 <= time_of(page, SHOWN) < 7  # it was not sent back
    assert page.locator(f"{SHOWN} video").evaluate("video => video.currentTime") >= 4.0
    speaker.of = "radio.mp3"  # the next answer, and a new conversation, take the same places on the page
    ask(page)
    page.locator(".fs-chip[data-exchange='2']").first.click()
    assert 12.0 <= time_of(page, SHOWN) < 15
    page.get_by_role("button", name="New").click()
    page.locator(".fs-welcome").wait_for()
    assert page.evaluate("[...document.querySelectorAll('video, audio')].every(media => media.paused)")


def test_one_recording_after_the_other_in_the_library(page) -> None:
    page.get_by_role("tab", name="Library").click()
    for name, tag in (("talk.mp4", "video"), ("clip.webm", "video"), ("radio.mp3", "audio"), ("talk.mp4", "video")):
        page.get_by_role("button", name=name).click()
        page.locator(f".fs-source:has-text('{name}') .fs-lines button", has_text="crane").click()
        assert 12 <= time_of(page, ".fs-source") < 15
        media = page.locator(".fs-source :is(video, audio)")
        assert media.count() == 1 and media.evaluate("media => media.localName") == tag
        source = page.locator(".fs-source [data-player]").get_attribute("data-source")
        assert media.evaluate("media => media.currentSrc").endswith(source)


def test_a_click_on_the_waveform_seeks(page, speaker) -> None:
    speaker.of = "radio.mp3"
    ask(page)
    canvas = page.locator(f"{SHOWN} canvas").element_handle()
    colours = "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
    page.wait_for_function(f"c => ({colours})(c) > 1", arg=canvas)
    box = page.locator(f"{SHOWN} canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 20)
    assert 17.5 <= time_of(page, SHOWN) < 20
    assert canvas.evaluate(colours) >= 3  # nothing, played, still to come


def test_the_library_shows_shots_and_a_transcript_to_be_searched(page) -> None:
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="talk.mp4").click()
    page.locator(".fs-source .fs-strip img").nth(2).wait_for()
    for picture in page.locator(".fs-source .fs-strip img").all():
        page.wait_for_function("(image) => image.naturalWidth > 100", arg=picture.element_handle())
    page.get_by_role("button", name="Shot at 0:16").click()
    assert 16 <= time_of(page, ".fs-source") < 19
    lines = page.locator(".fs-source .fs-lines li:visible")
    assert lines.count() == len(SAID)
    page.locator("[data-find]").fill("RED crane")
    assert lines.count() == 1 and "nine tons" in lines.inner_text()
    assert page.locator("[data-found]").inner_text() == "1 line, 0 shots"
    lines.get_by_role("button").click()
    page.wait_for_function("m => m.currentTime < 16", arg=page.locator(".fs-source video").element_handle())
    assert 12 <= time_of(page, ".fs-source") < 15
    for name, holds in (("SRT", "00:00:12,000 --> 00:00:15,500"), ("VTT", "WEBVTT"), ("JSON", '"kind"')):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        assert download.value.suggested_filename == f"talk.{name.lower()}"
        assert holds in Path(download.value.path()).read_text()


def test_a_speaker_is_given_a_name_that_stays(page) -> None:
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="radio.mp3").click()
    first = page.locator(".fs-source .fs-lines button").first
    first.get_by_text("Speaker 1: Welcome").wait_for()
    page.get_by_label("Speaker 1").fill("Anna <b>")
    page.get_by_label("Speaker 1").press("Tab")
    first.get_by_text("Anna <b>: Welcome").wait_for()
    assert page.get_by_label("Speaker 2").input_value() == ""
    page.reload()
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="radio.mp3").click()
    first.get_by_text("Anna <b>: Welcome").wait_for()
    assert page.get_by_label("Speaker 1").input_value() == "Anna <b>"
    page.get_by_role("button", name="talk.mp4").click()
    page.locator(".fs-source .fs-strip img").first.wait_for()
    assert not page.locator("[data-speakers]").is_visible()


def test_it_fits_a_telephone(page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page)
    page.locator(".fs-chip").first.click()
    time_of(page, SHOWN)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="talk.mp4").click()
    page.locator(".fs-source .fs-strip img").first.wait_for()
    assert page.evaluate(width) <= 390
