"""The page in a real browser, served by the real server over a library of a few files made on the spot."""

import re
import time

import pytest

from app.assistant import Assistant
from app.settings import load_settings
from app.ui.page import build_page
from tests.browser import chromium, serving
from tests.making_files import PdfPage, a_picture, make_pdf, picture_bytes

pytestmark = pytest.mark.browser

ATTACK = (
    '<img src="http://10.9.9.9/a.png" onerror="window.pwned=1"><script>window.pwned=2</script> ${window.pwned=3}'
    " {{pwned}} ![x](http://10.9.9.9/b.png) [link](http://10.9.9.9/) <a href='javascript:window.pwned=4'>go</a>"
    " <svg onload=window.pwned=5>"
)
LIT = "The lamp of Gull Rock was first lit on 3 May 1871."


class Chat:
    """A chat model that says what the test wants, a word at a time, and notes how far it came."""

    def __init__(self) -> None:
        self.says = LIT
        self.pause = 0.01
        self.said = 0
        self.closed = False

    def stream(self, messages, config=None):
        from langchain_core.messages import AIMessageChunk

        self.said, self.closed = 0, False
        try:
            for word in re.findall(r"\S+\s*", self.says):
                time.sleep(self.pause)
                self.said += 1
                yield AIMessageChunk(content=word)
        finally:
            self.closed = True


class Shelf:
    """The session's shelf with another chat model."""

    def __init__(self, shelf, chat) -> None:
        self._shelf = shelf
        self.chat = chat

    def __getattr__(self, name):
        return getattr(self._shelf, name)


@pytest.fixture(scope="module")
def chat():
    return Chat()


@pytest.fixture(scope="module")
def assistant(shelf, chat, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    page = PdfPage().line(60, 80, "Gull Rock", 18, True).prose(60, 120, [LIT, "The keeper was paid 60 pounds a year."])
    make_pdf(folder / "history.pdf", [PdfPage().line(60, 80, "A history of the coast"), page])
    (folder / "attack.txt").write_text(f"About the attack of the gulls on the lamp of Gull Rock. {ATTACK}")
    (folder / "<img src=x onerror=window.pwned=6>.txt").write_text("A strange name for a list of ropes and anchors.")
    (folder / "drawing.png").write_bytes(picture_bytes(a_picture()))
    settings = load_settings({"library": str(tmp_path_factory.mktemp("library")), "ability": "writes"})
    assistant = Assistant(settings)
    assistant.shelf = Shelf(shelf, chat)
    list(assistant.index([folder]))
    yield assistant
    assistant.close()


@pytest.fixture(scope="module")
def address(assistant):
    with serving(assistant) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, address, chat):
    """A page of its own for each test. Nothing may be asked of another host, and no script may fail, in any of them."""
    chat.says, chat.pause = LIT, 0.01
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    outside, failed = [], []
    allowed = (address, "data:", "blob:")
    context.on("request", lambda request: request.url.startswith(allowed) or outside.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(address)
    page.locator("#fs-box textarea").wait_for()
    yield page
    assert page.evaluate("window.pwned") is None
    context.close()
    assert outside == [] and failed == []


def ask(page, question: str) -> None:
    page.locator("#fs-box .submit-button").wait_for()  # it is the stop button while an answer is written
    page.locator("#fs-box textarea").fill(question)
    page.keyboard.press("Enter")
    page.locator(".fs-exchange .fs-foot").last.wait_for()


def loaded(page, selector: str) -> int:
    """The width of a picture once it is there."""
    handle = page.locator(selector)
    handle.wait_for()
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=handle.element_handle())
    return handle.evaluate("image => image.naturalWidth")


def open_library(page) -> None:
    page.get_by_role("tab", name="Library").click()
    page.locator("#fs-table tbody tr").first.wait_for()


def test_nothing_the_page_loads_waits_in_the_queue(assistant) -> None:
    """A question sent while the queue's stream for something before it ends would be answered to nobody."""
    page, _ = build_page(assistant, None)
    loads = [f for f in page.fns.values() if any(event == "load" for _, event in f.targets)]
    assert len(loads) >= 3
    assert [f.name for f in loads if f.queue is not False] == []


def test_an_answer_streams_and_its_chip_opens_the_page(page, chat) -> None:
    chat.says, chat.pause = f"{LIT} The keeper was paid 60 pounds a year.", 0.1
    page.locator("#fs-box textarea").fill("When was the lamp of Gull Rock first lit?")
    page.keyboard.press("Enter")
    quotes = page.locator(".fs-quotes")
    quotes.locator(".fs-chip").first.click()  # it can be read, and opened, before it is finished
    assert LIT in quotes.inner_text() and chat.said < len(chat.says.split())
    assert "page 2" in page.locator(".fs-detail:visible").inner_text()
    page.locator(".fs-answer:not(.fs-quotes)", has_text=LIT).wait_for()  # what the model writes comes above
    page.locator(".fs-exchange .fs-foot").wait_for()
    assert LIT in page.locator(".fs-answer").inner_text()
    page.locator(".fs-row[aria-current=false]").first.click()
    assert "page 2" not in page.locator(".fs-detail:visible").inner_text()
    page.locator(".fs-chip").first.click()
    detail = page.locator(".fs-detail:visible")
    assert "history.pdf" in detail.inner_text() and "page 2" in detail.inner_text()
    assert loaded(page, ".fs-detail:visible img") > 500
    assert "first%20lit" in detail.locator("img").get_attribute("src")
    assert detail.locator("a").get_attribute("href").endswith("#page=2")
    page.locator(".fs-chip").nth(1).click()
    assert "60%20pounds" in detail.locator("img").get_attribute("src")
    assert "files indexed" in page.locator("#fs-status").inner_text()


def test_a_second_question_knows_the_first(page, chat) -> None:
    ask(page, "When was the lamp of Gull Rock first lit?")
    page.locator("#fs-box textarea").fill("And what was the keeper paid?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.fs-exchange .fs-foot').length === 2")
    assert page.locator(".fs-exchange").count() == 2
    page.locator(".fs-chip[data-exchange='1']").first.click()
    page.locator("[data-group='1']").wait_for(state="visible")
    page.locator("[data-group='2']").wait_for(state="hidden")
    # what is chosen of an earlier answer stays chosen when the server draws the panel once more
    page.evaluate("""() => {
      document.querySelector(".fs-panel [data-group='1']").hidden = true;
      document.querySelector(".fs-panel [data-group='2']").hidden = false;
      document.querySelector(".fs-panel").dataset.state = "2 answered again";
    }""")
    page.locator("[data-group='1']").wait_for(state="visible")
    page.locator("[data-group='2']").wait_for(state="hidden")
    page.get_by_role("button", name="New").click()
    page.locator(".fs-welcome").wait_for()
    assert page.locator(".fs-exchange").count() == 0


def test_an_answer_is_read_from_its_beginning(page, chat) -> None:
    page.set_viewport_size({"width": 1280, "height": 560})
    ask(page, "When was the lamp of Gull Rock first lit?")
    chat.says = f"{LIT}\n\n" * 30
    page.locator("#fs-box textarea").fill("When was the lamp of Gull Rock first lit, and who was paid?")
    page.keyboard.press("Enter")
    page.locator(".fs-exchange .fs-foot").nth(1).wait_for()
    said = page.locator(".fs-exchange").last.bounding_box()
    seen = page.locator("#fs-conversation").bounding_box()
    assert said["height"] > seen["height"] and abs(said["y"] - seen["y"]) < 10


def test_nothing_in_files_or_answers_runs_loads_or_links(page, chat) -> None:
    chat.says = ATTACK
    ask(page, f"What is the attack of the gulls? {ATTACK}")
    answer = page.locator(".fs-answer")
    assert "onerror" in answer.inner_text() and "<script>" in answer.inner_text()
    assert answer.locator("img, a, svg, script").count() == 0
    for row in page.locator(".fs-row").all():
        row.click()
    assert page.locator("#fs-evidence svg, #fs-evidence script, #fs-evidence a[href^=http]").count() == 0
    open_library(page)
    page.get_by_role("button", name="<img src=x").click()
    page.locator(".fs-source").wait_for()
    page.get_by_role("button", name="attack.txt").click()
    page.locator(".fs-source", has_text="window.pwned=2").wait_for()
    assert page.locator(".fs-source img, .fs-source svg, .fs-source script").count() == 0
    page.wait_for_timeout(300)


def test_a_question_that_cannot_be_asked_says_why(page) -> None:
    page.locator("#fs-box textarea").fill("why? " * 1000)
    page.keyboard.press("Enter")
    assert "4,000" in page.locator(".fs-error").inner_text()
    ask(page, "When was the lamp of Gull Rock first lit?")
    assert LIT in page.locator(".fs-answer").inner_text()


def test_stop_ends_the_model(page, chat) -> None:
    chat.says, chat.pause = f"{LIT} Then " + "word " * 2000, 0.02
    page.locator("#fs-box textarea").fill("When was the lamp of Gull Rock first lit?")
    page.keyboard.press("Enter")
    page.locator(".fs-answer").wait_for()
    page.locator("#fs-box .stop-button").click()
    page.locator(".fs-note", has_text="Stopped").wait_for()
    for _ in range(200):
        if chat.closed:
            break
        time.sleep(0.05)
    assert chat.closed and chat.said < 1000
    chat.says, chat.pause = LIT, 0.01
    ask(page, "When was the lamp first lit?")
    assert LIT in page.locator(".fs-answer").last.inner_text()


def test_new_while_an_answer_is_written_begins_anew(page, chat) -> None:
    chat.says, chat.pause = f"{LIT} Then " + "word " * 2000, 0.02
    page.locator("#fs-box textarea").fill("When was the lamp of Gull Rock first lit?")
    page.keyboard.press("Enter")
    page.locator(".fs-answer").wait_for()
    page.get_by_role("button", name="New").click()
    page.locator(".fs-welcome").wait_for()
    chat.says, chat.pause = LIT, 0.01
    page.wait_for_timeout(1500)  # what comes too late must not show
    assert page.locator(".fs-exchange, .fs-detail").count() == 0
    ask(page, "When was the lamp first lit?")
    assert page.locator(".fs-exchange").count() == 1 and LIT in page.locator(".fs-answer").inner_text()


def test_a_file_dropped_into_the_chat_is_read_and_asked(page, chat, tmp_path) -> None:
    (tmp_path / "ferry.txt").write_text("The ferry to Gull Rock leaves at 9:40 from the east pier.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    chat.says = "The ferry to Gull Rock leaves at 9:40."
    page.locator("#fs-box input[type=file]").set_input_files([tmp_path / "ferry.txt", tmp_path / "broken.pdf"])
    page.locator("#fs-box .thumbnail-item").nth(1).wait_for()
    ask(page, "When does the ferry leave?")
    assert "broken.pdf" in page.locator(".fs-note").inner_text()
    assert "9:40" in page.locator(".fs-answer").inner_text() and page.locator(".fs-chip").count() > 0
    assert page.locator(".fs-row").count() == 1  # only the file of this turn was asked


def test_a_picture_alone_finds_pictures_like_it(page, tmp_path) -> None:
    (tmp_path / "mine.png").write_bytes(picture_bytes(a_picture(hue=40)))
    page.locator("#fs-box input[type=file]").set_input_files(tmp_path / "mine.png")
    page.locator("#fs-box .thumbnail-item").wait_for()
    page.locator("#fs-box .submit-button").click()
    page.locator(".fs-chip").first.wait_for()
    assert "drawing.png" in page.locator(".fs-detail:visible").inner_text()
    assert loaded(page, ".fs-detail:visible img") > 0


def test_a_folder_is_added_found_shown_and_forgotten(page, assistant, tmp_path) -> None:
    (tmp_path / "tides.txt").write_text("High water at Gull Rock is at noon on Sundays.")
    (tmp_path / "empty.txt").write_text("")
    page.get_by_role("tab", name="Library").click()
    page.locator("#fs-folder :is(input, textarea)").fill(str(tmp_path / "nowhere"))
    page.get_by_role("button", name="Add folder").click()
    page.get_by_text("does not exist on this computer").wait_for()
    page.locator("#fs-folder :is(input, textarea)").fill(str(tmp_path))
    page.get_by_role("button", name="Add folder").click()
    row = page.locator("#fs-table tr", has_text="tides.txt")
    row.get_by_text("indexed").wait_for()
    assert page.locator("#fs-table tr", has_text="empty.txt").locator(".fs-reason").inner_text() != ""
    page.locator("#fs-search :is(input, textarea)").fill("TIDES")
    page.locator("#fs-table tr", has_text="history.pdf").wait_for(state="detached")
    row.get_by_role("button").click()
    page.locator(".fs-source", has_text="noon on Sundays").wait_for()
    page.get_by_role("button", name="Forget …").click()
    page.get_by_role("button", name="Keep it").click()
    assert assistant.library.catalogue.file(str(tmp_path / "tides.txt")).source_id
    page.get_by_role("button", name="Forget …").click()
    page.get_by_role("button", name="Forget it").click()
    row.wait_for(state="detached")
    assert assistant.library.catalogue.file(str(tmp_path / "tides.txt")).status == "removed"
    assert (tmp_path / "tides.txt").exists()


def test_uploads_are_kept_and_deleted_with_their_entry(page, assistant, tmp_path) -> None:
    (tmp_path / "buoys.txt").write_text("There are seven buoys, painted green.")
    open_library(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload files").click()
    chooser.value.set_files(tmp_path / "buoys.txt")
    row = page.locator("#fs-table tr", has_text="buoys.txt")
    row.get_by_role("button").click()
    page.locator(".fs-source", has_text="seven buoys").wait_for()
    (copy,) = (assistant.library.folder / "uploads").rglob("buoys.txt")
    page.get_by_role("button", name="Forget …").click()
    page.get_by_role("button", name="Forget it").click()
    row.wait_for(state="detached")
    assert not copy.exists()


def test_it_can_be_read_on_a_telephone_and_by_keyboard(page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, "When was the lamp of Gull Rock first lit? " + "x" * 200)
    page.locator(".fs-chip").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".fs-detail:visible").count() == 1
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    open_library(page)
    assert page.evaluate(width) <= 390
    page.get_by_role("tab", name="Settings").click()
    page.get_by_text("Writes the answers").wait_for()
    assert page.evaluate(width) <= 390
