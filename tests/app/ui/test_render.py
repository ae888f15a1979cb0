"""Records → HTML: nothing that a file or a model says is markup, marks become chips, and doubts are to be seen."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from app.ui import conversations, render, tables, why
from app.ui.answers import doubts_html, more_html, nearest_html, support
from app.ui.exchanges import Exchange
from app.ui.player import second_of
from app.ui.steps import _after, _failed
from app.uploads import keep, safe_name, scope_of
from indexes.catalogue import Catalogue
from indexes.conversations import Conversation
from indexes.records import Cue, FileRecord, Hit, Place, Segment, Source
from pipelines.records import Answer, AnswerFinished, Check, Citation, Evidence, EvidenceFound, QuotesFound, Result
from pipelines.tracing import Cut, Step, Trace

HOSTILE = (
    '<img src=x onerror="pwned()"><script>pwned()</script> ${pwned()} {{pwned}} `x` <a href="javascript:pwned()">a</a>'
    " ![p](http://10.0.0.1/p.png) [l](http://10.0.0.1/) \"' onmouseover=pwned() \u202egnp.exe \x00"
)


class Tags(HTMLParser):
    """All tags and attributes of a text, and what remains to be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def evidence(number=1, text="The lamp burns oil. It was lit in 1871.", path="/d/log.txt", **source) -> Evidence:
    values = {"id": "ab" * 32, "modality": "document", "media_type": "text/plain", "bytes": 9, **source}
    segment = Segment(values["id"], 0, "document", text, Place(page=3), id=40 + number)
    result = Result(segment, Source(paths=(path,), **values), number, 0.1, {"text": 1, "keywords": 2})
    return Evidence(number, result, (text.split(". ")[0] + ".",))


def a_moment(text: str = "The lamp.") -> Evidence:
    """A slide that stands from 0:10 to 1:00, and what is said at 0:20 meanwhile."""
    source = Source(text, "video", text, 9, paths=(f"/d/{text}",))
    cues = (Cue(20.0, 24.0, text), Cue(24.0, 30.0, "It burns oil.", text))
    said = Segment(
        text, 20_000, "video", f"{text} It burns oil.", Place(start=20.0, end=30.0), text, kind="speech", cues=cues
    )
    seen = Segment(text, 10_000, "video", f"LAMP {text}", Place(start=10.0, end=60.0), text, "11.5", kind="frame")
    result = Result(
        said, source, 1, 0.1, {"text": 1}, {}, Place(start=20.0, end=24.0), (seen,), {text: 0.5, "speech": 1.0}
    )
    return Evidence(1, result, (text,), ((seen, ("LAMP",)),))


def answer(text: str, citations=(), found=()) -> Answer:
    seconds = {"retrieve": 0.1, "first_token": 0.5, "total": 1.0}
    return Answer("q", text, False, tuple(citations), tuple(found), seconds, "m")


def quoted(text: str, found: tuple[Evidence, ...], intent: str = "fact") -> Answer:
    """An answer of the files' own sentences, with its mark."""
    cited = Citation(1, 0, len(text) - 4, found[0].result.segment.text, 1.0)
    return replace(answer(text, [cited], found), intent=intent)


def hostile_exchange() -> Exchange:
    text = f"{HOSTILE} [1]"
    cited = Citation(1, 0, len(HOSTILE), HOSTILE, 0.9)
    found = (evidence(text=HOSTILE, path=f"/d/{HOSTILE.replace('/', '')}", media_type="application/pdf"),)
    checks = (Check(0, len(HOSTILE), 0.1, False, (HOSTILE,)),)
    found += (evidence(2, HOSTILE, f"/d/{HOSTILE.replace('/', '')}"),)
    done = replace(answer(text, [cited], found), intent="list", checks=checks, asked=f"{HOSTILE}?", model=HOSTILE)
    explained = why.explanation(a_trace(HOSTILE), "q", {1: (HOSTILE, HOSTILE)})
    told = {"activity": HOSTILE, "notes": (HOSTILE,), "error": HOSTILE, "why": explained}
    return Exchange(1, HOSTILE, (HOSTILE,), text=text, evidence=found, answer=done, turn=7, scope=HOSTILE, **told)


def a_trace(text: str = "lamp") -> Trace:
    """One that says a text wherever a trace says something."""
    trace = Trace(text, "list", 0.8, (text,), (text,), {text: [Hit(1, 1, 0.5, text)]}, [(1, 0.03)], (0.3, 0.4))
    trace.steps, trace.cut = [Step(text, text)], [Cut(1, text, text)]
    trace.prompt, trace.seconds = text, {text: 1.5}
    return trace


@pytest.mark.parametrize(
    "shown", ["conversation", "panel", "table", "detail", "recording", "conversations", "topic", "settings", "status"]
)
def test_hostile_text_stays_text_everywhere(shown) -> None:
    file = FileRecord(f"/d/{HOSTILE}", "failed", reason=HOSTILE, source_id=HOSTILE)
    html = {
        "conversation": lambda: render.conversation([hostile_exchange()]),
        "panel": lambda: render.panel([hostile_exchange()]),
        "table": lambda: tables.sources_table([file], 0, 1),
        "detail": lambda: tables.source_detail(file, None, [Segment("s", 0, "document", HOSTILE, heading=HOSTILE)]),
        "recording": lambda: (
            render.panel([Exchange(1, "q", evidence=(a_moment(HOSTILE),))])
            + tables.source_detail(file, a_moment(HOSTILE).result.source, [])
        ),
        "conversations": lambda: conversations.listed([Conversation(HOSTILE, HOSTILE, 0, 0, 1)], HOSTILE),
        "topic": lambda: conversations.topic(HOSTILE, HOSTILE, True),
        "settings": lambda: tables.settings_page([], HOSTILE, {HOSTILE: HOSTILE}, HOSTILE),
        "status": lambda: tables.badge(HOSTILE),
    }[shown]()
    tags = Tags(html)
    assert not {"script", "iframe", "object"} & set(tags.tags)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    addresses = [value or "" for name, value in tags.attributes if name in ("src", "href", "data-preview")]
    assert all(address.startswith("/api/") for address in addresses)
    assert "${" not in html and "{{" not in html and "`" not in html and "\u202e" not in html and "\x00" not in html
    assert "<script>pwned()</script>" in tags.text or shown == "status"


def test_marks_that_point_somewhere_become_chips() -> None:
    text = "It burned oil [1]. It may be [2] or [7]."
    found = (evidence(1), evidence(2))
    done = answer(text, [Citation(1, 0, 13, "The lamp burns oil.", 0.8)], found)
    finished = Tags(render.answer_html(Exchange(1, "q", text=text, evidence=found, answer=done)))
    assert finished.tags.count("button") == 1  # [2] is no citation of ours, [7] is no evidence
    assert ("data-quote", "The lamp burns oil.") in finished.attributes
    assert finished.text == "It burned oil1. It may be [2] or [7]."
    streaming = Tags(render.answer_html(Exchange(1, "q", text=text, evidence=found)))
    assert streaming.tags.count("button") == 2


def test_quotes_stand_below_what_is_being_written_and_open() -> None:
    found = (evidence(1), evidence(2))
    quotes = quoted("The lamp burns oil. [1]", found[:1])
    exchange = Exchange(1, "q", activity="writing", text="It burned oil. [2]", evidence=found, quotes=quotes)
    html = render.exchange_html(exchange)
    written, below, end = (html.index(part) for part in ("It burned oil.", "The lamp burns oil.<", "fs-activity"))
    assert written < below < end
    assert html.count("fs-chip") == 2 and html.count("data-quote") == 1
    assert "fs-foot" not in html and "fs-kinds" not in html  # these come with the finished answer
    panel = render.panel([exchange])
    assert '<mark class="fs-cited">The lamp burns oil.</mark>' in panel
    assert 'data-state="1 quoted 2"' in panel and 'data-state="1 found 2"' in render.panel(
        [replace(exchange, quotes=None)]
    )
    done = quoted("It burned oil. [1]\n\nFrom your files:\n\nThe lamp burns oil. [1]", found)
    finished = render.exchange_html(replace(exchange, text=done.text, answer=done, activity=""))
    assert "fs-quotes" not in finished and finished.count("The lamp burns oil.<") == 1


def test_more_evidence_leaves_what_is_quoted_as_it_is() -> None:
    exchange = _after(Exchange(1, "q"), QuotesFound(quoted("Oil. [1]", (evidence(1, "Oil."),))))
    assert exchange.evidence[0].result.segment.text == "Oil." and exchange.activity
    wider = (evidence(1, "All of it."), evidence(2))
    exchange = _after(exchange, EvidenceFound(wider))
    assert [each.result.segment.text for each in exchange.evidence] == ["Oil.", wider[1].result.segment.text]
    assert _after(exchange, AnswerFinished(answer("Oil."))).activity == ""


def test_a_chat_model_that_did_not_answer_is_told_of() -> None:
    trace = Trace(steps=[Step("fusion", "3 of 4"), Step("write", "The chat model m did not answer.")])
    assert _failed(replace(answer("Oil."), trace=trace)) == ["The chat model m did not answer."]
    assert _failed(answer("Oil.")) == []


@pytest.mark.parametrize(
    "intent, name", [("fact", "short answer"), ("yes_no", "yes or no"), ("show", "picture or moment"), ("list", "list")]
)
def test_a_chip_says_what_a_question_was_taken_for(intent, name) -> None:
    done = quoted("The lamp burns oil. [1]", (evidence(),), intent)
    html = render.exchange_html(Exchange(3, "q", text=done.text, evidence=done.evidence, answer=done))
    assert f">{name}</span>" in html and html.count('data-again="3"') == 3
    assert [each.split('"')[0] for each in html.split('data-length="')[1:]] == ["short", "list", "detailed"]


def test_no_chip_where_no_other_answer_can_be_asked_for() -> None:
    done = quoted("The lamp burns oil. [1]", (evidence(),))
    exchange = Exchange(1, "q", text=done.text, evidence=done.evidence, answer=done)
    for other in ("none", "", "of a later version"):
        assert "fs-kind" not in render.exchange_html(replace(exchange, answer=replace(done, intent=other)))
    assert "fs-kind" not in render.exchange_html(replace(exchange, answer=replace(done, abstained=True)))
    thanks = Answer("thanks", "All right.", False, (), (), {"total": 0.0}, "", intent="none")
    assert "no passage supports" not in render.exchange_html(Exchange(1, "thanks", text=thanks.text, answer=thanks))
    of_files = replace(exchange, files=("a.pdf",))
    assert "fs-kind" in render.exchange_html(of_files) and "data-length" not in render.exchange_html(of_files)
    assert "data-length" in render.exchange_html(replace(of_files, scope="/d/a.pdf"))
    again = render.exchange_html(replace(exchange, length="list"))
    assert ">as a list</span>" in again and again.count("disabled>list<") == 1


def test_what_was_found_and_not_quoted_can_be_opened() -> None:
    found = (evidence(1), evidence(2, "Gulls " * 60, "/d/b.txt"), replace(a_moment("talk.mp4"), number=3))
    done = quoted("The lamp burns oil. [1]", found)
    html = render.exchange_html(Exchange(4, "q", text=done.text, evidence=found, answer=done))
    more = Tags(html[html.index('<details class="fs-more">') :])
    assert "More from your files (2)" in more.text and "b.txt page 3Gulls Gulls" in more.text and "Gulls …" in more.text
    assert ("data-number", "2") in more.attributes and ("data-at", "20.000") in more.attributes
    assert ("data-number", "1") not in more.attributes
    assert more_html(4, replace(done, evidence=found[:1])) == "" == more_html(1, answer("Oil."))


def test_a_passage_that_was_read_whole_is_not_marked_whole() -> None:
    assert "<mark>" not in render.passage("A one. B two.", ["A one. B two."], ["B two."])


def test_sentences_that_no_source_bears_out_are_marked_and_told_of() -> None:
    text = "It burned oil. [1]\n- **Emily** kept it\n  until 1912. Then not."
    found = (evidence(1),)
    checks = (
        Check(0, 14, 0.9, True, ("the sources say lamp oil",)),
        Check(text.index("**"), text.index(" Then"), 0.2, False, ("1912 is not in the sources",)),
        Check(text.index("Then"), len(text), 0.1, False),
    )
    done = replace(answer(text, [Citation(1, 0, 14, "The lamp burns oil.", 0.8)], found), checks=checks)
    exchange = Exchange(1, "q", text=text, evidence=found, answer=done)
    html = render.answer_html(exchange)
    assert html.count('<span class="fs-doubted">') == 3  # one of the sentences goes over two lines
    assert html.count('class="fs-doubt"') == 2 == html.count('<span class="fs-unseen"> (No source bears this out.)')
    assert 'title="No source bears this out; 1912 is not in the sources"' in html
    assert '<span class="fs-doubted"><strong>Emily</strong> kept it</span></li>' in html
    assert "<p>It burned oil.<button" in html
    said = Tags(doubts_html(done)).text
    assert "“Emily kept it until 1912.”: 1912 is not in the sources" in said
    assert "“Then not.”: no source bears this out" in said and "“It burned oil.”: the sources say lamp oil" in said
    assert doubts_html(replace(done, checks=checks[:1] * 9)).count("<li>") == 5
    assert "fs-doubted" not in render.answer_html(replace(exchange, answer=None))
    assert doubts_html(replace(done, checks=(Check(0, 14, 0.9, True),))) == ""


def test_what_was_looked_up_is_said_where_it_is_not_what_was_asked() -> None:
    done = replace(answer("In 1871."), asked="When was the lamp lit?")
    assert "Looked up: When was the lamp lit?" in render.exchange_html(Exchange(1, "And when?", answer=done))
    assert "Looked up" not in render.exchange_html(Exchange(1, "When was the lamp lit?", answer=done))
    assert "Looked up" not in render.exchange_html(Exchange(1, "And when?", answer=replace(done, asked="")))


def test_what_could_not_be_read_in_a_cited_file_is_said() -> None:
    done = replace(answer("In 1871."), unread=("<log>.pdf was read in part. Not read: page 2 (damaged).",))
    html = render.exchange_html(Exchange(1, "When?", answer=done))
    assert "&lt;log&gt;.pdf was read in part. Not read: page 2 (damaged)." in html and "<log>" not in html


def test_where_nothing_was_found_the_nearest_can_be_opened() -> None:
    found = (evidence(1), evidence(2, path="/d/b.txt"), a_moment("talk.mp4"))
    done = replace(answer("Nothing.", (), found), abstained=True)
    html = render.exchange_html(Exchange(4, "q", text="Nothing.", evidence=found, answer=done, waiting=4))
    shown = Tags(html)
    assert "Nearest:" in shown.text and "b.txt page 3" in shown.text and "4 files are still being read" in shown.text
    assert ("data-exchange", "4") in shown.attributes and ("data-at", "20.000") in shown.attributes
    answered = render.exchange_html(Exchange(4, "q", text="Oil.", evidence=found, answer=answer("Oil."), waiting=4))
    assert "Nearest" not in answered and "still being read" not in answered
    assert nearest_html(1, ()) == ""


def test_a_quote_that_stands_instead_of_an_answer_is_called_the_nearest() -> None:
    found = (evidence(1),)
    quoted = Citation(1, 0, 8, "Oil.", 0.0)
    done = replace(answer("Nothing: “Oil.” [1]", (quoted,), found), abstained=True)
    html = render.exchange_html(Exchange(4, "q", text=done.text, evidence=found, answer=done))
    assert "the nearest passage quoted" in html and "nothing cited" not in html
    assert "Nearest:" not in html, "it is quoted above"
    assert support(found[0], quoted) == "the nearest passage"
    assert support(found[0], replace(quoted, support=0.8)) == "support for the sentence: 80%"


def test_thumbs_stand_under_what_is_kept_only() -> None:
    done = Exchange(1, "q", text="Oil.", answer=answer("Oil."))
    assert "data-thumb" not in render.exchange_html(done)
    html = render.exchange_html(replace(done, turn=12, thumb=-1))
    assert html.count('data-turn="12"') == 2
    assert 'data-thumb="-1" aria-pressed="true"' in html and 'data-thumb="1" aria-pressed="false"' in html


def test_an_explanation_tells_ranks_relevance_cuts_and_the_prompt() -> None:
    trace = Trace("When was the lamp lit?", "comparison", 0.834, ("oil", "gas"), ("lamp.pdf only",))
    trace.hits = {"text": [Hit(7, 1, 0.71, "text"), Hit(9, 2, 0.6, "text")], "keywords": [Hit(9, 1, 12.34, "keywords")]}
    trace.fused, trace.relevance = [(9, 0.0325), (7, 0.0161)], (0.712, 0.23)
    trace.cut = [Cut(7, "folding", "says the same")] * 25
    trace.prompt, trace.seconds = "[1] The lamp <b>", {"retrieval": 0.1, "writing": 2.0}
    html = why.explanation(trace, "And when?", {9: ("/d/lamp.pdf", "page 3")})
    shown = Tags(html)
    assert html.startswith("<details class=") and " open" not in html.split(">")[0]
    assert "When was the lamp lit?" in shown.text and "lamp.pdf only" in shown.text
    assert "Taken forcomparison (83% sure)side: oilside: gas" in shown.text
    header, first, second = (Tags(row).text for row in html.split("<tr>")[1:4])
    assert header == "passagemeaningwordstogether"
    assert first == "lamp.pdf page 320.6112.310.0325" and second.startswith("passage 710.71–20.0161")
    assert "71% sure that what was found answers it; 23% would be enough" in shown.text
    assert "passage 7: says the same (folding)" in shown.text and "and 5 more" in shown.text
    assert "<pre" in html and "[1] The lamp &lt;b&gt;" in html and "width:5.0%" in html and "2.00 s" in html
    assert why.explanation(Trace(), "q", {}) == ""
    assert why.mentioned(trace) == {7, 9}


def test_what_has_left_the_library_is_shown_without_picture_or_link() -> None:
    gone = evidence(1, id="", path="/d/r.pdf", media_type="application/pdf")
    gone = replace(gone, result=replace(gone.result, segment=replace(gone.result.segment, id=None)))
    html = render.panel([Exchange(1, "q", evidence=(gone,))])
    assert "no longer in the library" in html and "The lamp burns oil." in html and "r.pdf" in html
    assert not {"img", "a", "video"} & set(Tags(html).tags)
    moment = a_moment("talk.mp4")
    moment = replace(moment, result=replace(moment.result, source=replace(moment.result.source, id="")))
    assert "data-player" not in render.panel([Exchange(1, "q", evidence=(moment,))])


def test_conversations_are_listed_with_what_can_be_done_to_them() -> None:
    html = conversations.listed([Conversation("a1", "Lamps", 0, 0, 1), Conversation("b2", "", 0, 0, 3)], "b2")
    shown = Tags(html)
    assert "Lamps" in shown.text and "Untitled" in shown.text and "1970 · 3 answers" in shown.text
    for name, value in (("data-open", "a1"), ("data-rename", "a1"), ("data-delete", "b2"), ("value", "Lamps")):
        assert (name, value) in shown.attributes
    assert 'data-open="b2" aria-current="true"' in html and "all 2 conversations" in shown.text
    assert "data-clear" not in conversations.listed([], "")
    assert "data-drawer" not in conversations.topic("", "", False)


def test_answers_keep_paragraphs_lists_and_bold_words() -> None:
    html = render.answer_html(Exchange(1, "q", text="Two **big** things:\n- 灯塔 <b>\n- oil\n\nThat is 2 * 3 ** 4."))
    assert html == (
        "<p>Two <strong>big</strong> things:</p><ul><li>灯塔 &lt;b&gt;</li><li>oil</li></ul><p>That is 2 * 3 ** 4.</p>"
    )


def test_passages_mark_what_was_used_and_what_is_cited() -> None:
    html = render.passage("A one. B two. C three.", ["A one.", "B two."], ["B two."])
    assert html.endswith('><mark>A one.</mark> <mark class="fs-cited">B two.</mark> C three.</blockquote>')
    assert "<mark" not in render.passage("A one.", ["not in it"], [""])


def test_the_panel_shows_the_first_cited_evidence_of_the_newest_question() -> None:
    found = (evidence(1), evidence(2, media_type="application/pdf", path="/d/r.pdf"))
    cited = answer("x [2]", [Citation(2, 0, 1, "It was lit in 1871.", 0.75)], found)
    exchanges = [Exchange(1, "a", evidence=(evidence(1),)), Exchange(2, "b", evidence=found, answer=cited)]
    html = render.panel(exchanges)
    assert '<section data-group="1" hidden' in html and '<section data-group="2" aria' in html
    assert 'data-detail="1" hidden' in html and 'data-detail="2">' in html
    assert "/api/preview/42?quote=It%20was%20lit%20in%201871." in html and "#page=3" in html
    assert "75%" in html and "found by meaning, words" in html
    assert "hidden" in render.panel([*exchanges, Exchange(3, "c")]).split("<section")[2]


def test_a_moment_plays_from_where_its_quote_is_said() -> None:
    moment = a_moment()
    ((seen, _),) = moment.beside
    later = Citation(1, 0, 1, "It burns oil.", 0.9, place=Place(start=24.0, end=30.0))
    read = Citation(1, 0, 1, "LAMP", 0.9, seen, seen.place)
    assert [second_of(moment, each) for each in (None, later, read)] == [20.0, 24.0, 20.0]
    html = render.panel([Exchange(1, "q", evidence=(moment,), answer=answer("x [1]", [later, read], (moment,)))])
    shown = Tags(html)
    assert 'data-start="20.000"' in html and "On screen, 0:10–1:00" in shown.text and "said 1.0" in shown.text
    assert html.count('<mark class="fs-cited">') == 2  # what was said and what was on screen


def test_the_header_counts_files() -> None:
    line = Tags(tables.status_line({"indexed": 400, "partial": 23, "failed": 12, "removed": 5, "skipped": 66}, [])).text
    assert line == "423 of 501 files indexed, 23 in part, 12 failed, 66 skipped"
    assert "empty" in tables.status_line({}, [])


def test_a_long_table_is_shown_in_leaves() -> None:
    files = [FileRecord(f"/d/{i:04}.txt", "indexed") for i in range(5000)]
    html = tables.sources_table(files, 2, 5000)
    assert html.count("<tr>") == tables.LEAF + 1 and "0100.txt" in html and "101–150 of 5,000" in html
    assert "4999.txt" in tables.sources_table(files, 10**9, 5000)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\n🙂.pdf", "灯塔.txt", ".hidden", "", "x" * 300 + ".pdf", "a:b|c?.md"]
)
def test_uploads_stay_in_their_folder_under_a_usable_name(tmp_path, name) -> None:
    safe = safe_name(name)
    assert (tmp_path / safe).parent == tmp_path and len(safe.encode()) <= 200 and not safe.startswith(".")
    (tmp_path / safe).write_text("x")


def test_two_files_of_one_name_are_both_kept(tmp_path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report.txt").write_text(folder)
    kept = keep([str(tmp_path / "a" / "report.txt"), str(tmp_path / "b" / "report.txt")], tmp_path / "uploads")
    assert [path.read_text() for path in kept] == ["a", "b"] and kept[0].parent == kept[1].parent
    assert keep([str(kept[0])], tmp_path / "uploads")[0].parent != kept[0].parent


def test_the_scope_of_an_upload_means_only_it(tmp_path) -> None:
    catalogue = Catalogue(tmp_path / "c.sqlite")
    folder = tmp_path / "up [1]*?"
    names = ["a [b]?.txt", "a b.txt", "a bx.txt"]
    with catalogue.transaction():
        for number, name in enumerate(names):
            catalogue.add_source(Source(str(number), "document", "text/plain", 1))
            catalogue.record_file(FileRecord(str(folder / name), "indexed", source_id=str(number)))
    assert [file.source_id for file in catalogue.matching(scope_of([folder / names[0]]))] == ["0"]
    assert len(catalogue.matching(scope_of([folder / names[0], folder / names[1]]))) == 3
    catalogue.close()
