"""Records → HTML: nothing that a file or a model says is markup, and marks become chips."""

from html.parser import HTMLParser

import pytest

from app.ui import render, tables
from app.ui.player import second_of
from app.ui.render import Exchange
from app.uploads import keep, safe_name, scope_of
from indexes.catalogue import Catalogue
from indexes.records import Cue, FileRecord, Place, Segment, Source
from pipelines.records import Answer, Citation, Evidence, Result

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


def hostile_exchange() -> Exchange:
    text = f"{HOSTILE} [1]"
    cited = Citation(1, 0, len(HOSTILE), HOSTILE, 0.9)
    found = (evidence(text=HOSTILE, path=f"/d/{HOSTILE.replace('/', '')}", media_type="application/pdf"),)
    return Exchange(1, HOSTILE, (HOSTILE,), HOSTILE, text, found, answer(text, [cited], found), (HOSTILE,), HOSTILE)


@pytest.mark.parametrize("shown", ["conversation", "panel", "table", "detail", "recording", "status"])
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
    assert line == "423 of 501 files indexed, 12 failed, 66 skipped"
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
