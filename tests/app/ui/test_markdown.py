"""An answer's Markdown → HTML: blocks as a person expects them, exact offsets, and nothing that becomes markup."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from app.ui.answers import answer_html
from app.ui.exchanges import Exchange
from app.ui.markdown import to_html
from indexes.records import Place, Segment, Source
from pipelines.asking.passages import sentences_of
from pipelines.asking.quotes import Group, compose
from pipelines.records import Answer, Check, Citation, Evidence, Result


def bare(text: str, growing: bool = False) -> str:
    """With each part of the text as it stands, code in angle brackets."""
    return to_html(text, lambda a, b: text[a:b], lambda a, b: f"<{text[a:b]}>", growing)


def shown(text: str, answer: Answer | None = None, evidence: tuple[Evidence, ...] = ()) -> str:
    return answer_html(Exchange(1, "q", text=text, evidence=evidence, answer=answer))


def found(text: str, number: int = 1) -> Evidence:
    source = Source("ab" * 32, "document", "text/plain", 9, paths=("/d/log.txt",))
    return Evidence(number, Result(Segment(source.id, 0, "document", text, Place(page=3)), source, number, 0.1, {}), ())


def finished(text: str, citations=(), evidence=(), checks=()) -> Answer:
    return Answer("q", text, False, tuple(citations), tuple(evidence), {"total": 1.0}, "", tuple(checks))


def read(html: str, tag: str) -> list[str]:
    """The text of each element of a kind."""
    texts: list[str] = []

    class Reader(HTMLParser):
        inside = False

        def handle_starttag(self, name, attributes):
            if name == tag:
                texts.append("")
                self.inside = True

        def handle_endtag(self, name):
            self.inside = self.inside and name != tag

        def handle_data(self, data):
            if self.inside:
                texts[-1] += data

    Reader().feed(html)
    return texts


def test_a_table_has_a_head_rows_and_empty_cells() -> None:
    html = bare("Costs:\n\n|Item|2024|\n|---|---:|\n|Lamp|12 [1]|\n| Oil ||\n\nThat is all.")
    assert html.startswith('<p>Costs:</p><div class="fs-wide"') and html.endswith("</div><p>That is all.</p>")
    assert "<thead><tr><th>Item</th><th>2024</th></tr></thead><tbody>" in html
    assert read(html, "td") == ["Lamp", "12 [1]", " Oil", ""]


def test_a_mark_behind_the_last_bar_belongs_to_the_last_cell() -> None:
    assert read(bare("|a|b|\n|-|-|\n|c|d| [1] [12]\n|e|f"), "td") == ["c", "d [1] [12]", "e", "f"]


def test_bars_alone_are_no_table() -> None:
    assert bare("|a|b|\nno") == "<p>|a|b|</p><p>no</p>"
    assert bare("|") == "<p>|</p>" and bare("|---|") == "<p>|---|</p>" and bare("a | b\n|---|").count("<p>") == 2
    assert "tbody" not in bare("|a|b [1]|\n|---|---|")


def test_lists_keep_their_numbers_and_what_is_inside_them() -> None:
    html = bare("1. one\n2) two\n   - inner\n- bullet\n\n7. seven")
    assert html == (
        '<ol><li value="1">one</li><li value="2">two</li></ol>'
        '<ul><li class="fs-inner">inner</li><li>bullet</li></ul><ol><li value="7">seven</li></ol>'
    )
    assert bare("1911. A year") == "<p>1911. A year</p>" and bare("-5 degrees") == "<p>-5 degrees</p>"


def test_headings_are_bold_paragraphs() -> None:
    assert bare("## The lamp\n#tag") == "<p><strong>The lamp</strong></p><p>#tag</p>"


def test_code_is_kept_as_it_is() -> None:
    html = shown("Run `a**b**c` and **see `x`**:\n```python\nif a:\n\n  - b **c** <i>\n```\nDone.")
    assert "<code>a**b**c</code>" in html and "<strong>see <code>x</code></strong>" in html
    assert read(html, "pre") == ["if a:\n\n  - b **c** <i>"] and html.endswith("</pre><p>Done.</p>")


def test_code_that_is_not_ended_holds_nothing_that_comes_below() -> None:
    text = "```\na\n\nFrom your files:\n\nIt burns oil."
    assert bare(text) == (
        '<pre class="fs-code" tabindex="0" dir="ltr"><code><a></code></pre><p>From your files:</p><p>It burns oil.</p>'
    )
    assert bare(text, growing=True).count("<p>") == 0  # its end may yet come
    assert bare("``` not code\nx") == "<p>``` not code</p><p>x</p>"


def test_what_is_cited_in_a_table_opens_and_what_is_doubted_is_marked() -> None:
    text = "| Lamp | oil |\n|---|---|\n| Wick | 12 mm | [1]\n| Glass | 9 mm |"
    row = "| Wick | 12 mm |"
    last = text.index("| Glass")
    evidence = (found("The wick is 12 mm."),)
    cited = Citation(1, text.index(row), text.index(row) + len(row), "The wick is 12 mm.", 0.9)
    checks = (Check(cited.start, cited.end, 0.9, True), Check(last, len(text), 0.1, False, ("9 mm is not there",)))
    html = shown(text, finished(text, [cited], evidence, checks), evidence)
    cells = html.split("<td>")[1:]
    assert len(cells) == 4
    assert "data-quote" in cells[1] and "[1]" not in html
    assert '<span class="fs-doubted"> Glass</span></td>' in cells[2]
    assert '<span class="fs-doubted"> 9 mm</span><span class="fs-doubt" title=' in cells[3]


def test_what_our_quotes_write_can_be_read_back() -> None:
    text = "Name | Sum | Note\nLamp | 12 | \nOil | 7 | cheap"
    prose = "The rules are these:\n- wash it\n- dry it\nThen light the lamp."
    results = [replace(found(text).result), replace(found(prose).result)]
    groups = [Group(sentences_of(results[0].segment, 0), "Costs"), Group(sentences_of(results[1].segment, 1))]
    quotes = compose(groups, results)
    answer = finished(quotes.text, quotes.citations, quotes.evidence, quotes.checks)
    html = shown(quotes.text, answer, tuple(quotes.evidence))
    assert html.startswith("<p><strong>Costs</strong></p><div")
    assert len(read(html, "th")) == 3 and len(read(html, "td")) == 6
    assert html.count("data-quote") == len(quotes.citations) == 7
    assert not {"[", "|"} & set("".join(read(html, "th") + read(html, "td") + read(html, "p") + read(html, "li")))
    assert html.count("<li>") == 2
    for each in quotes.citations:
        assert each.quote.split()[-1].strip("|") in quotes.text[each.start : each.end]


ATTACK = '<img src=x onerror="pwned()"> ${pwned()} {{x}} [l](javascript:pwned()) <script>pwned()</script>'


@pytest.mark.parametrize(
    "text",
    [
        f"|a|{ATTACK}|\n|---|---|\n|{ATTACK}|b| [1]",
        f"```\n{ATTACK}\n```",
        f"```html\n{ATTACK}",
        f"Say `{ATTACK}` or **{ATTACK} `{ATTACK}`**",
        f"## {ATTACK}",
        f'1. {ATTACK}\n99" onclick="pwned(). x',
        f'```py" onload="pwned()\n{ATTACK}',
        f"**{ATTACK}\n**|{ATTACK}",
    ],
)
@pytest.mark.parametrize("growing", [True, False])
def test_nothing_becomes_markup(text, growing) -> None:
    tags: list[str] = []
    attributes: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, name, values):
            tags.append(name)
            attributes.extend(each for each, _ in values)

    checks = () if growing else (Check(3, len(text) - 3, 0.1, False, (ATTACK,)),)
    html = shown(text, None if growing else finished(text, (), (), checks))
    Reader().feed(html)
    assert not {"img", "script", "a"} & set(tags) and not [each for each in attributes if each.startswith("on")]
    assert "${" not in html and "{{" not in html and "`" not in html


@pytest.mark.parametrize("text", ["", "\n\n", "|\n|", "```", "```\n```", "- ", "1. ", "#", "# ", "**", "``", "||\n|-|"])
def test_odd_texts_are_shown_somehow(text) -> None:
    assert isinstance(shown(text), str) and isinstance(shown(text, finished(text)), str)
