"""Conversations, thumbs, doubts and reasons on the page in a real browser. The library is filled without a model."""

import threading
import time
from dataclasses import replace

import pytest

from app.assistant import Assistant
from app.settings import load_settings
from indexes.errors import LibraryError
from indexes.records import FileRecord, Hit, Place, Segment, Source
from pipelines.reading.files import content_id
from pipelines.records import Answer, AnswerFinished, Check, Citation, Evidence, EvidenceFound, Result, TextDelta
from pipelines.tracing import Trace
from tests.browser import chromium, serving
from tests.making_files import PdfPage, make_pdf

pytestmark = pytest.mark.browser

ATTACK = "<img src=x onerror=window.pwned=1><script>window.pwned=2</script> ${window.pwned=3} {{pwned}} `x` \"'>"
LIT = "The lamp of Gull Rock was first lit on 3 May 1871."
OTHER = "Its keeper was Emily Stone."


class Speaker:
    """Stands in for the assistant's answering: cites a page, and says something that stands nowhere."""

    def __init__(self, assistant) -> None:
        self.assistant = assistant
        self.asked = []
        self.says, self.flag, self.abstains = OTHER, "the sources do not name Emily Stone", False

    def ask(self, question):
        self.asked.append(question)
        catalogue = self.assistant.library.catalogue
        evidence = tuple(
            Evidence(n, Result(segment, source, n, 0.5, {"text": n}, {"text": 0.7}), (segment.text,))
            for n, (source, segment) in enumerate(
                (
                    (source, each)
                    for source in catalogue.sources().values()
                    for each in catalogue.segments_of(source.id)
                ),
                start=1,
            )
        )
        text = "Nothing says so." if self.abstains else f"{LIT} [1] {self.says}"
        first = len(LIT) + 5
        checks = (Check(0, len(LIT), 0.9, True), Check(first, len(text), 0.1, False, (self.flag,)))
        cited = (Citation(1, 0, len(LIT), LIT, 0.9),)
        trace = Trace(prompt=f"Sources: {self.says}", seconds={"retrieval": 0.1, "writing": 0.4})
        trace.hits = {"text": [Hit(each.result.segment.id, each.number, 0.7, "text") for each in evidence]}
        asked = f"Rewritten: {question.text}" if question.history else ""
        yield EvidenceFound(evidence)
        yield TextDelta(text)
        if self.abstains:
            checks = cited = ()
        seconds = {"retrieve": 0.1, "first_token": 0.2, "total": 0.3}
        yield AnswerFinished(
            Answer(
                question.text, text, self.abstains, cited, evidence, seconds, "m", checks, asked, trace, intent="fact"
            )
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    page = PdfPage().line(60, 80, "Gull Rock", 18, True).prose(60, 120, [LIT, "The keeper was paid 60 pounds a year."])
    make_pdf(folder / "history.pdf", [page])
    (folder / "<img src=x onerror=window.pwned=6>.txt").write_text("Ropes.")
    return folder


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    assistant = Assistant(load_settings({"library": str(tmp_path_factory.mktemp("library")), "history": "on"}))
    yield assistant
    assistant.close()


@pytest.fixture(scope="module")
def address(assistant):
    with serving(assistant) as address:
        yield address


@pytest.fixture
def speaker(assistant, folder, monkeypatch):
    """No conversations, two files, and who answers."""
    assistant.library.conversations.clear()
    for name, media_type, text in (
        ("history.pdf", "application/pdf", f"{LIT} The keeper was paid 60 pounds a year."),
        ("<img src=x onerror=window.pwned=6>.txt", "text/plain", "Ropes."),
    ):
        path = str(folder / name)
        source = Source(content_id(path), "document", media_type, 9)
        segment = Segment(source.id, 0, "document", text, Place(page=1))
        assistant.library.add(source, FileRecord(path, "indexed", "document", source.id, segments=1), [segment], {})
    speaker = Speaker(assistant)
    monkeypatch.setattr(assistant, "ask", speaker.ask)
    return speaker


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, address, speaker):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    outside, failed = [], []
    context.on("request", lambda r: r.url.startswith((address, "data:", "blob:")) or outside.append(r.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(address)
    page.locator("#fs-box textarea").wait_for()
    yield page
    assert page.evaluate("window.pwned") is None
    context.close()
    assert outside == [] and failed == []


def ask(page, question: str, count: int = 1) -> None:
    page.locator("#fs-box .submit-button").wait_for()
    page.locator("#fs-box textarea").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.fs-exchange .fs-foot').length === {count}")
    page.locator("#fs-box .submit-button").wait_for()  # now it is kept, too


def drawer(page):
    page.locator("[data-drawer]").click()
    page.locator(".fs-conversations").wait_for()


def until(true) -> None:
    """Waits for what the page does on the server without showing it."""
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_a_conversation_outlives_a_reload_and_is_gone_on_with(page, assistant, speaker, monkeypatch) -> None:
    ask(page, "When was the lamp lit?")
    kept, keeping, keep = assistant.library.conversations, threading.Event(), threading.Event()
    really = kept.thumb

    def slowly(*thumb) -> None:
        keeping.set()
        keep.wait(20)
        really(*thumb)

    monkeypatch.setattr(kept, "thumb", slowly)
    page.locator("[data-thumb='-1']").click()
    assert keeping.wait(20)
    page.locator("[data-thumb='1']").click()  # while the first is being kept: it counts all the same
    keep.set()
    until(lambda: [turn.thumb for turn in assistant.library.conversations.thumbs()] == [1])
    page.reload()
    page.locator(".fs-exchange").wait_for()
    assert LIT in page.locator(".fs-answer").inner_text() and not page.locator(".fs-welcome").is_visible()
    assert page.locator("[data-thumb='1']").get_attribute("aria-pressed") == "true"
    assert page.locator(".fs-doubted").inner_text() == OTHER
    page.locator(".fs-chip").click()
    assert "history.pdf" in page.locator(".fs-detail:visible").inner_text()
    assert "3%20May" in page.locator(".fs-detail:visible img").get_attribute("src")
    page.locator(".fs-why summary").click()
    assert "not kept" in page.locator(".fs-why").inner_text()
    ask(page, "And who kept it?", 2)
    (told,) = speaker.asked[-1].history
    assert (told.question, told.files) == ("When was the lamp lit?", ("history.pdf",))
    assert "Looked up: Rewritten: And who kept it?" in page.locator(".fs-exchange").last.inner_text()
    page.locator("[data-thumb='1']").first.click()  # takes it back
    until(lambda: assistant.library.conversations.thumbs() == ())
    (conversation,) = assistant.library.conversations.list()
    assert conversation.turns == 2


def test_conversations_are_listed_opened_renamed_and_deleted(page, assistant) -> None:
    kept = assistant.library.conversations
    ask(page, "When was the lamp lit?")
    page.get_by_role("button", name="New").click()
    page.locator(".fs-welcome").wait_for()
    assert page.locator(".fs-topic").count() == 0
    ask(page, "How thick are the ropes?")
    drawer(page)
    assert page.locator("[data-drawer]").get_attribute("aria-expanded") == "true"
    assert page.locator(".fs-past bdi").all_inner_texts() == ["How thick are the ropes?", "When was the lamp lit?"]
    page.locator(".fs-past", has_text="lamp").click()
    page.locator(".fs-question", has_text="lamp").wait_for()
    assert page.locator(".fs-exchange").count() == 1 and page.locator(".fs-conversations").count() == 0
    assert page.locator(".fs-topic").inner_text() == "When was the lamp lit?"
    drawer(page)
    page.locator(".fs-conversations li", has_text="lamp").locator("summary").click()
    page.locator(".fs-change:visible input").fill(f"Lamps {ATTACK}")
    page.keyboard.press("Enter")
    page.locator(".fs-topic", has_text="Lamps").wait_for()
    assert f"Lamps {ATTACK}" in {each.title for each in kept.list()}
    page.locator(".fs-conversations li", has_text="ropes").locator("summary").click()
    page.locator(".fs-change:visible [data-delete]").click()
    page.locator(".fs-past", has_text="ropes").wait_for(state="detached")
    assert page.locator(".fs-exchange").count() == 1  # the open one is another
    page.locator(".fs-conversations li summary").click()
    page.locator(".fs-change:visible [data-delete]").click()
    page.locator(".fs-welcome").wait_for()
    assert kept.list() == () and page.locator(".fs-exchange, .fs-detail").count() == 0
    page.reload()
    page.locator(".fs-welcome").wait_for()


def test_all_conversations_are_deleted_after_a_second_look(page, assistant) -> None:
    kept = assistant.library.conversations
    for number in range(3):
        kept.start(f"Conversation {number}")
    ask(page, "When was the lamp lit?")
    drawer(page)
    assert not page.locator("[data-clear]").is_visible()
    page.get_by_text("Delete all …").click()
    page.locator("[data-clear]").click()
    page.get_by_text("No conversations yet.").wait_for()
    assert kept.list() == () and page.locator(".fs-welcome").is_visible()
    page.locator("#fs-drawer").press("Escape")


def test_nothing_that_is_kept_runs(page, assistant, speaker) -> None:
    speaker.says = speaker.flag = f"Emily {ATTACK}"
    ask(page, f"Who? {ATTACK}")
    page.locator(".fs-why summary").click()
    assert ATTACK in page.locator(".fs-why pre").inner_text()
    assert "onerror=window.pwned=6" in page.locator(".fs-why table").inner_text()
    assert "onerror" in page.locator(".fs-doubts").inner_text()
    page.reload()
    page.locator(".fs-exchange").wait_for()
    drawer(page)
    assert ATTACK[:40] in page.locator(".fs-past").inner_text()
    for part in (".fs-exchange", "#fs-drawer", "#fs-topic"):
        assert page.locator(f"{part} :is(img, script, a)").count() == 0
    page.wait_for_timeout(300)


def test_a_doubt_is_marked_and_the_reasons_open(page) -> None:
    ask(page, "When was the lamp lit?")
    line = page.locator(".fs-doubted").evaluate("each => getComputedStyle(each).textDecorationLine")
    assert line == "underline" and "Emily Stone" in page.locator(".fs-doubt").get_attribute("title")
    assert "do not name Emily Stone" in page.locator(".fs-doubts").inner_text()
    assert not page.locator(".fs-why pre").is_visible()
    page.locator(".fs-why summary").click()
    shown = page.locator(".fs-why").inner_text()
    assert "history.pdf" in shown and "Sources: " in shown and "0.40 s" in shown


def test_a_question_is_asked_again_for_another_kind_of_answer(page, assistant, speaker) -> None:
    ask(page, "When was the lamp lit?")
    assert page.locator(".fs-kind").inner_text() == "short answer"
    ask(page, "And who kept it?", 2)
    page.get_by_role("button", name="detailed").last.click()
    page.locator(".fs-exchange .fs-foot").nth(2).wait_for()
    again = page.locator(".fs-exchange").last
    assert "And who kept it?" in again.inner_text() and "in detail" in again.locator(".fs-asked").inner_text()
    question = speaker.asked[-1]
    assert (question.text, question.length) == ("And who kept it?", "detailed")
    assert [turn.question for turn in question.history] == ["When was the lamp lit?"]  # it does not lean on itself
    assert again.get_by_role("button", name="detailed").is_disabled()
    page.locator("#fs-box .submit-button").wait_for()
    page.reload()
    page.locator(".fs-exchange").nth(2).wait_for()
    assert page.locator(".fs-kind").all_inner_texts() == ["short answer"] * 3
    page.get_by_role("button", name="list").first.click()  # also of what was kept
    until(lambda: speaker.asked[-1].length == "list" and speaker.asked[-1].history == ())


def test_what_was_not_quoted_opens_with_one_click(page) -> None:
    ask(page, "When was the lamp lit?")
    more = page.locator(".fs-more")
    assert "More from your files (1)" in more.inner_text() and not more.locator("li").is_visible()
    more.locator("summary").click()
    more.get_by_role("button").click()
    detail = page.locator(".fs-detail:visible").inner_text()
    assert "Ropes." in detail and "not cited" in detail


def test_where_nothing_is_found_the_nearest_open(page, speaker) -> None:
    speaker.abstains = True
    ask(page, "Who was the second keeper?")
    page.locator(".fs-nearest button").nth(1).click()
    assert "Ropes." in page.locator(".fs-detail:visible").inner_text()


def test_what_has_left_the_library_is_told_of(page, assistant, folder) -> None:
    ask(page, "When was the lamp lit?")
    assistant.library.forget(str(folder / "history.pdf"))
    page.reload()
    page.locator(".fs-chip").click()
    detail = page.locator(".fs-detail:visible")
    assert "no longer in the library" in detail.inner_text() and LIT in detail.inner_text()
    assert detail.locator("img, a").count() == 0


def test_a_library_that_cannot_be_written_still_answers(page, assistant, monkeypatch) -> None:
    def full(*_):
        raise LibraryError("The disk is full <b>.")

    monkeypatch.setattr("app.ui.chat.keep_turn", full)
    ask(page, "When was the lamp lit?")
    page.get_by_text("The disk is full <b>.").wait_for()
    assert LIT in page.locator(".fs-answer").inner_text() and page.locator("[data-thumb]").count() == 0


def test_without_history_nothing_is_kept_or_rated(page, assistant, monkeypatch) -> None:
    ask(page, "When was the lamp lit?")
    assistant.library.conversations.clear()
    monkeypatch.setattr(assistant, "settings", replace(assistant.settings, history="off"))
    page.reload()
    page.locator("[data-drawer]").wait_for(state="detached")
    ask(page, "When was the lamp lit?")
    assert page.locator("[data-drawer], [data-thumb]").count() == 0
    assert assistant.library.conversations.list() == ()
    page.reload()
    page.locator(".fs-welcome").wait_for()


def test_on_a_telephone_and_by_keyboard(page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, "When was the lamp of Gull Rock first lit? " + "x" * 200)
    page.locator(".fs-why summary").press("Enter")
    page.locator("[data-drawer]").press("Enter")
    page.locator(".fs-past").wait_for()
    page.locator(".fs-conversations li summary").press("Enter")
    assert page.locator(".fs-change input").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    page.locator(".fs-conversations").wait_for(state="detached")
    assert page.evaluate("document.activeElement.hasAttribute('data-drawer')")
    assert page.locator("[data-drawer]").get_attribute("aria-expanded") == "false"
