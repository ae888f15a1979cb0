"""Text, Markdown, code, HTML, XML, tables, JSON, EPUB, RTF: text with its lines, headings and encoding."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError, Unsupported
from pipelines.extractors import EXTRACTORS, extract
from pipelines.extractors.decoding import decode
from pipelines.extractors.sheets import delimiter_of
from pipelines.reading.kinds import KINDS, kind_of
from pipelines.reading.unread import unread
from pipelines.records import Piece
from tests.making_files import a_picture, make_zip, picture_bytes


def read(path: Path, data: str | bytes | None = None) -> list[Piece]:
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(extract(path, kind_of(path)))


def texts(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("会議は明日の朝", "cp932"),
        ("会議は明日の朝です。資料を持参してください。", "euc_jp"),
        ("会议时间：明天上午九点", "gb18030"),
        ("姓名,年龄\n张三,30\n", "gb18030"),
        ("會議時間：明天上午九點", "big5"),
        ("회의는 내일 아침", "cp949"),
        ("Grüße aus München – schöne Straße", "cp1252"),
        ("Café à la crème", "latin-1"),
        ("Привет, это тестовый файл для проверки кодировки.", "cp1251"),
        ("plain", "utf-8-sig"),
        ("naïve 漢字", "utf-16"),
        ("naïve words", "utf-16-le"),
    ],
)
def test_encodings_are_found_even_in_small_files(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Árvíztűrő tükörfúrógép. Az ülés hétfőn reggel lesz.", "cp1250"),
        ("Cena: 120 zł, święto w sobotę", "cp1250"),
        ("Šolska ura se začne ob osmih, čaj je na mizi.", "cp1250"),
        ("Ludzie rodzą się wolni i równi w swej godności, więc są braćmi.", "iso8859_2"),
        ("Sanāksme sākas pirmdien no rīta, visi cilvēki nāks.", "cp1257"),
        ("Die „Größe“ beträgt 14 m² bei 5 °C, ca. 3 µm.", "cp1252"),
        ("He said “no” – and it’s 20 €.", "cp1252"),
    ],
)
@pytest.mark.parametrize("declared", ["", "iso-8859-1"])
def test_encodings_of_one_byte_are_told_by_their_language(text: str, encoding: str, declared: str) -> None:
    assert decode(text.encode(encoding), declared) == text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("會議時間：明天上午九點在大會議室，請準時參加。", "cp950", "iso-8859-1"),
        ("Встреча начинается в понедельник", "cp1251", "windows-1252"),
        ("회의 똠방", "cp949", "ks_c_5601-1987"),
        ("会議は①です", "cp932", "Shift_JIS"),
        ("會議 碁", "cp950", "windows-950"),
    ],
)
def test_a_declared_encoding_is_taken_as_it_is_meant(text: str, encoding: str, declared: str) -> None:
    assert decode(text.encode(encoding), declared) == text


def test_a_few_damaged_bytes_do_not_change_the_encoding() -> None:
    data = ("höhere Größe über alles " * 20).encode() + b"\xff and more"
    assert decode(data).startswith("höhere Größe")


def test_paragraphs_with_lines_in_nfc(tmp_path: Path) -> None:
    pieces = read(tmp_path / "a.txt", "one\r\ntwo\r\n\r\n\r\ncafe\u0301\u200b three")
    assert texts(pieces) == ["one\ntwo", "café three"]
    assert [piece.place.lines for piece in pieces] == [(1, 2), (5, 5)]


def test_an_endless_line_is_divided(tmp_path: Path) -> None:
    pieces = read(tmp_path / "a.txt", "x" * 50_000)
    assert sum(map(len, texts(pieces))) == 50_000
    assert max(map(len, texts(pieces))) < 10_000


def test_markdown_headings_tables_and_code(tmp_path: Path) -> None:
    source = (
        "---\ntags: x\n---\n# Guide\nRead **this** [page](http://x).\n\n## Prices\n| item | price |\n|---|---|\n"
        "| bolt | 2 |\n\n```sh\n# no heading\n```\nLast\n====\nend\n"
    )
    found = [(p.kind, p.text, p.heading, p.place.lines) for p in read(tmp_path / "a.md", source)]
    assert found == [
        ("text", "tags: x", "", (1, 3)),
        ("text", "Guide", "", (4, 4)),
        ("text", "Read this page.", "Guide", (5, 5)),
        ("text", "Prices", "Guide", (7, 7)),
        ("table", "item | price\nbolt | 2", "Guide › Prices", (8, 10)),
        ("code", "# no heading", "Guide › Prices", (13, 13)),
        ("text", "Last", "", (15, 15)),
        ("text", "end", "Last", (17, 17)),
    ]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (
            "---\ntitle: Kiln\n# draft: yes\ntags: [fire, clay]\nof: 1.10\nby:\n  name: Ana\ndate: 2026-02-03\n---",
            "title: Kiln\ntags: fire, clay\nof: 1.10\nby.name: Ana\ndate: 2026-02-03",
        ),
        ("---\ntags:\n- fire\n- clay\n...", "tags: fire, clay"),
        (
            '+++\ntitle = "Kiln"\ndate = 2026-02-03\n[by]\nname = "Ana"\n+++',
            "title: Kiln\ndate: 2026-02-03\nby.name: Ana",
        ),
        ("---\ntitle: Kilns: a manual\ndate: 2026-02-03\n---", "title: Kilns: a manual\ndate: 2026-02-03"),
        ("---\nof: &a [x, y]\nall: [*a, *a]\n---", "of: &a [x, y]\nall: [*a, *a]"),
        ("---\nQ: first\nQ: second\n---", "Q: first\nQ: second"),
        ("---\nat: !!timestamp noon\nsum: !!bool maybe\n---", "at: noon\nsum: maybe"),
        ("---\na: !!python/name:os.system x\nb: !!int 0x" + "f" * 5 + "\n---", "a: x\nb: 0xfffff"),
        ('---\na: "\\Uffffffff"\n---', 'a: "\\Uffffffff"'),
        ('---\na: "kiln \\ud800"\n---', "a: kiln "),
        ("+++\nversion = 1.10\n+++", "version: 1.10"),
        ("---\r\na: 1\r\n---\r", "a: 1"),
        ("\ufeff---\na: 1\n---", "a: 1"),
    ],
)
def test_fields_at_the_top_of_markdown(tmp_path: Path, head: str, told: str) -> None:
    fields, body = read(tmp_path / "a.md", f"{head}\nGloves on.")
    lines = head.count("\n") + 1
    assert (fields.text, fields.place.lines) == (told, (1, lines))
    assert (body.text, body.place.lines) == ("Gloves on.", (lines + 1, lines + 1))


@pytest.mark.parametrize("head", ["---\na: {}\n---", "+++\na = {}\n+++"])
@pytest.mark.parametrize("deep", ["[" * 4000 + "]" * 4000, "a." * 4000, "[[" * 20, "0x" + "f" * 9000])
def test_fields_that_no_person_wrote_take_nothing_else_with_them(tmp_path: Path, head: str, deep: str) -> None:
    pieces = read(tmp_path / "a.md", head.format(deep) + "\n\nGloves on.\n")
    assert (pieces[-1].text, pieces[-1].place.lines) == ("Gloves on.", (5, 5))


def test_underscores_inside_names_of_markdown_stay(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.md", "Call a__b__c with __great care__ and un**believ**able x__y, then z__w.\n")
    assert piece.text == "Call a__b__c with great care and unbelievable x__y, then z__w."


def test_tags_in_markdown_are_not_seen(tmp_path: Path) -> None:
    source = """<p align="center">\n  <img src="a.png" width="9">\n  <b>Kiln</b> log\n</p>\n
<details><summary>More</summary>\nCode 77</details>\n
| a<br>b | 10<sup>3</sup> |\n|---|---|\n| `<br>` | <none> <https://x.org> |\n"""
    found = [" ".join(text.split()) for text in texts(read(tmp_path / "a.md", source))]
    assert found == ["Kiln log", "More Code 77", "a b | 10<sup>3</sup> `<br>` | <none> <https://x.org>"]


def test_links_of_markdown_leave_their_words_and_no_addresses_or_note_marks(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        r'Through the [Bay](/wiki/Bay_(sea) "Bay (sea)"), \[[98]\](#note-98 "#note-98") past [the Cape](</w/C_(1)>)'
        "\n"
        r"and [see [4]](http://a.example/b), \*far\*[3](#n3): a[0] (zero), [Part 2](#part-2), `x\_y` ![a gull](g.png)."
    )
    (piece,) = extract(tmp_path / "a.md", kind_of(tmp_path / "a.md"))
    assert piece.text == ("Through the Bay,  past the Cape\nand see [4], *far*: a[0] (zero), Part 2, `x\\_y` a gull.")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (r"`call[i](x)`, `__init__`, ``a ` \* **b** ``", r"`call[i](x)`, `__init__`, ``a ` \* **b** ``"),
        ("`first\n__second__` __third__", "`first\n__second__` third"),
        (r"[`a[0]`](u) and **`b` c**, \`__d__\` ` \*", "`a[0]` and `b` c, `d` ` *"),
        ("``__a__` __b__", "``a` b"),
        (r"[a\](u) [b\\](u) \[c\](u) [d\]](u)", "a b\\ c [d]](u)"),
    ],
)
def test_code_within_a_line_keeps_its_signs(tmp_path: Path, source: str, told: str) -> None:
    assert texts(read(tmp_path / "a.md", source)) == [told]


def test_comments_that_never_end_are_followed_from_none_of_their_beginnings(tmp_path: Path) -> None:
    (piece, *more) = read(tmp_path / "a.md", "One <!-- no --> two" + "<!--" * 200_000)
    assert piece.text.startswith("One  two<!--<!--")
    assert len(piece.text) + sum(map(len, texts(more))) == len("One  two") + 4 * 200_000


def test_empty_lines_around_code_are_left_out_however_many(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.md", "```\n" + "\n" * 300_000 + "fire()\n\ncool()" + "\n" * 300_000 + "```\n")
    assert (piece.text, piece.place.lines) == ("fire()\n\ncool()", (300_002, 300_004))


@pytest.mark.parametrize(("name", "head"), [("a.md", "# {}\n\n"), ("a.html", "<html><h1>{}</h1>")])
def test_an_endless_heading_is_told_whole_once(tmp_path: Path, name: str, head: str) -> None:
    title, *below = read(tmp_path / name, head.format("kiln " * 20_000) + "<p>hot</p>\n\n" * 1000)
    assert len(title.text) == 99_999
    assert {piece.heading[:9] for piece in below} == {"kiln kiln"}
    assert sum(len(piece.heading) for piece in below) < 2_000_000


def test_fields_alone(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "a.md", "---\ntitle: Kiln\n---")) == ["title: Kiln"]


@pytest.mark.parametrize("between", ["\nProse, not fields.\n", "# A heading", "- a list\n- of things"])
def test_what_stands_between_two_rules_is_no_field(tmp_path: Path, between: str) -> None:
    told = "\n".join(texts(read(tmp_path / "a.md", f"---\n{between}\n\n---\nbelow")))
    assert between.strip().lstrip("# ") in told
    assert "below" in told


def test_code_is_divided_at_definitions_and_complete(tmp_path: Path) -> None:
    blocks = [f"def function_{n}():\n" + "    work = 1\n" * 40 for n in range(3)]
    source = "\n\n".join(blocks)
    pieces = read(tmp_path / "a.py", source)
    assert [piece.text.split("(")[0] for piece in pieces] == ["def function_0", "def function_1", "def function_2"]
    lines = source.split("\n")
    for piece in pieces:
        first, last = piece.place.lines or (0, 0)
        assert "\n".join(lines[first - 1 : last]) == piece.text


def test_html_gives_the_main_text_only(tmp_path: Path) -> None:
    page = """<html><head><title>Boats - Site</title><style>p{}</style></head><body>
    <nav><a href=/>Home</a></nav><div class="breadcrumb">Start</div><script>var x</script><!-- hidden -->
    <main><h1>Boats</h1><p>A <b>sail</b>ing boat<br>needs wind.</p><h2>Sizes</h2>
    <table><tr><th>Name</th><th>Length</th></tr><tr><td>Laser</td><td>4.2 m</td></tr></table>
    <ul><li>one</li><li>two</li></ul><p style="display: none">secret</p></main><footer>imprint</footer></body></html>"""
    found = [(piece.kind, piece.text, piece.heading) for piece in read(tmp_path / "a.html", page)]
    assert found == [
        ("text", "Boats - Site", ""),
        ("text", "Boats", ""),
        ("text", "A sailing boat\nneeds wind.", "Boats"),
        ("text", "Sizes", "Boats"),
        ("table", "Name | Length\nLaser | 4.2 m", "Boats › Sizes"),
        ("text", "one\ntwo", "Boats › Sizes"),
    ]


def test_html_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    page = '<meta charset="iso-8859-2"><html><body><p>Žluťoučký kůň</p></body></html>'
    assert "Žluťoučký kůň" in texts(read(tmp_path / "a.html", page.encode("iso-8859-2")))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "<tr><th>City<th>Year<th>People<tr><td rowspan=2>Riga<td>2020<td>600<tr><td>2021<td>610",
            "City | Year | People\nRiga | 2020 | 600\nRiga | 2021 | 610",
        ),
        (
            "<tr><th rowspan=2>City<th colspan=2>Sales<tr><th>2025<th>2026<tr><td>Riga<td>1<td>2",
            "City | Sales 2025 | Sales 2026\nRiga | 1 | 2",
        ),
        ("<tr><th>a<th>b<th>c<tr><td>1<td rowspan=2>x<td>2<tr><td>3<td>4", "a | b | c\n1 | x | 2\n3 | x | 4"),
    ],
)
def test_html_cells_over_several_rows(tmp_path: Path, source: str, told: str) -> None:
    assert texts(read(tmp_path / "a.html", f"<html><table>{source}</table>")) == [told]


def test_html_cells_over_all_rows_do_not_multiply_without_end(tmp_path: Path) -> None:
    wide = "<td rowspan=9999 colspan=100>a kiln" * 50
    told = texts(read(tmp_path / "a.html", f"<html><table><tr>{wide}{'<tr><td>row' * 500}</table>"))
    assert "row" in told[-1]
    assert sum(map(len, told)) < 1_000_000


def test_html_holes_before_a_far_cell_over_all_rows_have_an_end(tmp_path: Path) -> None:
    far = "<td>kiln" * 5_000 + "<td rowspan=9999>z"
    told = texts(read(tmp_path / "a.html", f"<html><table><tr>{far}{'<tr><td>row' * 500}</table>"))
    assert "row" in told[-1]
    assert sum(text.count("|") for text in told) < 50_000


@pytest.mark.parametrize("declared", ["a\0b", "undefined", "\ud800"])
def test_an_encoding_of_an_impossible_name_is_not_believed(declared: str) -> None:
    assert decode("Brennöfen und Kühlräume".encode("cp1252"), declared) == "Brennöfen und Kühlräume"


def test_html_nested_without_end_is_read(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "a.html", "<html><body>" + "<div>" * 5000 + "deep")) == ["deep"]


def test_a_feed_gives_its_entries(tmp_path: Path) -> None:
    feed = """<?xml version="1.0"?><rss><channel><title>News</title><item><title>Storm</title>
    <pubDate>Mon, 6 May</pubDate><description>&lt;p&gt;Boats &lt;b&gt;sank&lt;/b&gt;.&lt;/p&gt;</description></item>
    </channel></rss>"""
    pieces = read(tmp_path / "a.xml", feed)
    assert texts(pieces) == ["News", "Storm\nMon, 6 May", "Boats sank."]
    assert pieces[-1].heading == "News › Storm"


JATS = """<article article-type="research"><front><journal-meta><journal-title>Frogs</journal-title></journal-meta>
<article-meta><article-id pub-id-type="doi">10.1/x</article-id><title-group><article-title>How <italic>Rana</italic>
jumps</article-title></title-group><contrib-group><contrib><name><surname>Lint</surname><given-names>Rosa</given-names></name>
</contrib></contrib-group><pub-date><day>3</day><month>5</month><year>2020</year></pub-date></article-meta></front>
<body><sec><label>2</label><title>Methods</title>
<p>Frogs <italic>jump</italic> far<xref>1</xref>.<!-- now --> Always.</p>
<sec><title>Sites</title><table-wrap><caption><p>Ponds.</p></caption><table><tr><th>Pond</th><th>Depth</th></tr>
<tr><td>A</td><td>2 m</td></tr></table></table-wrap><list><list-item><p>Rope</p></list-item></list></sec></sec></body>
<back><ref-list><title>References</title><ref><citation><name><surname>Berg</surname><given-names>A</given-names></name>
<article-title>Leaps</article-title><year>1999</year></citation></ref></ref-list></back></article>"""


@pytest.mark.parametrize("name", ["a.xml", "a.nxml", "a"])
@pytest.mark.parametrize(
    "top", ["", '<?xml version="1.0"?>', '<!DOCTYPE article PUBLIC "-//NLM" "a.dtd">', "<!-- x -->"]
)
def test_articles_of_journals_are_documents(tmp_path: Path, name: str, top: str) -> None:
    pieces = read(tmp_path / name, top + JATS)
    title = "How Rana jumps"
    assert [(piece.heading, piece.text) for piece in pieces] == [
        ("", "journal-meta: Frogs"),
        ("", "article-id: 10.1/x"),
        ("", title),
        (title, "contrib-group: Rosa Lint"),
        (title, "pub-date: 2020-05-03"),
        (title, "2 Methods"),
        (f"{title} › 2 Methods", "Frogs jump far 1. Always."),
        (f"{title} › 2 Methods", "Sites"),
        (f"{title} › 2 Methods › Sites", "Ponds."),
        (f"{title} › 2 Methods › Sites", "Pond | Depth\nA | 2 m"),
        (f"{title} › 2 Methods › Sites", "Rope"),
        (title, "References"),
        (f"{title} › References", "ref: A Berg, Leaps, 1999"),
    ]


def test_other_vocabularies_of_documents(tmp_path: Path) -> None:
    tei = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><title>Letters</title></teiHeader><text><div><head>
    To Anna</head><p>The <hi>boat</hi> left<note>at noon</note>.</p><list><item>Tar, <hi>two</hi> tins</item></list>
    <table><head>Costs</head><row><cell>Thing</cell><cell>Price</cell></row><row><cell>Rope</cell><cell>3</cell></row></table>
    </div></text></TEI>"""
    told = ["Letters", "To Anna", "The boat left at noon.", "Tar, two tins", "Costs", "Thing | Price\nRope | 3"]
    assert texts(read(tmp_path / "a.tei", tei)) == told
    book = """<?xml version="1.0"?><article><title>Sea</title><para>One <emphasis>wave</emphasis> came.</para><table>
    <title>Tides</title><tgroup cols="2"><thead><row><entry>Day</entry><entry>Hour</entry></row></thead><tbody><row>
    <entry>3</entry><entry>7</entry></row></tbody></tgroup></table></article>"""
    assert texts(read(tmp_path / "a.xml", book)) == ["Sea", "One wave came.", "Tides", "Day | Hour\n3 | 7"]


def test_xml_of_data_keeps_attributes_mixed_text_and_records(tmp_path: Path) -> None:
    data = """<?xml version="1.0"?><c><book id="b1"><price currency="EUR">44.95</price></book><note>Some <b>bold</b>
    text</note><cube currency="USD" rate="1.08"/><cube currency="JPY" rate="160"/><people><person><name>Anna</name>
    <city>Riga</city></person><person><name>Bo</name><city>Ulm</city></person></people></c>"""
    assert texts(read(tmp_path / "a.xml", data)) == [
        "book: id b1\nprice: 44.95 (currency EUR)\nnote: Some bold text",
        "currency | rate\nUSD | 1.08\nJPY | 160",
        "name | city\nAnna | Riga\nBo | Ulm",
    ]


def test_an_entry_of_a_feed_that_is_written_in_elements(tmp_path: Path) -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><entry><title>Storm</title><content
    type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Boats
    <b>sank</b> here.</p></div></content></entry></feed>"""
    assert texts(read(tmp_path / "a.atom", feed)) == ["News", "Storm", "Boats sank here."]


def test_xml_entities_are_neither_fetched_nor_multiplied(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    source = f"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">
    <!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]><l><p>&b;</p><q>&x;</q><t>fine</t></l>"""
    assert texts(read(tmp_path / "a.xml", source)) == ["t: fine"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("<event id='1'><msg>disk full</msg></event>\n<event id='2'><msg>pump failed</msg></event>", "pump failed"),
        ("<note>Remember</note>\nThen text follows & ends\n<note>Other</note>", "Then text follows & ends"),
        ("<doc><r><a>1</a><b>2</b></r>TAIL ONE<r><a>3</a><b>4</b></r>" + "word " * 500 + "</doc>", "TAIL ONE"),
        ("<a><surname>Berg</surname><firstname>Ann</firstname><email>a@x.org</email><p>x</p></a>", "a@x.org"),
    ],
)
def test_what_only_looks_like_one_element_or_is_mixed_loses_nothing(tmp_path: Path, source: str, told: str) -> None:
    pieces = read(tmp_path / "a.log", source)
    assert told in "\n".join(texts(pieces)) and not [piece for piece in pieces if piece.kind == "unread"]


def test_a_rich_text_with_a_control_character_is_read(tmp_path: Path) -> None:
    (told,) = read(tmp_path / "a.rtf", r"{\rtf1\ansi Hello \'015\'02 world.}")
    assert "Hello" in told.text and "world." in told.text


def test_csv_repeats_its_header_and_knows_its_lines(tmp_path: Path) -> None:
    rows = "".join(f'{n};"Bolt; size {n}";{n / 4}\n' for n in range(100))
    pieces = read(tmp_path / "a.csv", "id;name;price\n" + rows)
    assert len(pieces) > 1
    assert all(piece.kind == "table" and piece.text.startswith("id | name | price\n") for piece in pieces)
    assert pieces[0].place.lines is not None
    assert pieces[0].place.lines[0] == 1
    (holder,) = [piece for piece in pieces if "73 | Bolt; size 73 | 18.25" in piece.text]
    first, last = holder.place.lines or (0, 0)
    assert first <= 75 <= last


def test_a_japanese_csv(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.csv", "名前,年齢,住所\n髙橋淳,35,名古屋\n".encode("cp932"))
    assert piece.text == "名前 | 年齢 | 住所\n髙橋淳 | 35 | 名古屋"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    assert delimiter_of(f"a{delimiter}b, c\n1{delimiter}2\n3{delimiter}4\n") == delimiter


def test_json_as_facts_and_records_as_a_table(tmp_path: Path) -> None:
    value = {"shop": {"name": "Nord", "open": True, "items": [{"n": "bolt", "p": 1.5}, {"n": "nut", "p": 2.0}]}}
    facts, table = read(tmp_path / "a.json", json.dumps(value))
    assert facts.text == "shop.name: Nord\nshop.open: TRUE"
    assert (table.kind, table.text, table.heading) == ("table", "n | p\nbolt | 1.5\nnut | 2", "shop.items")


def test_an_endless_name_in_json_is_not_repeated_with_all_below_it(tmp_path: Path) -> None:
    source = json.dumps({"x" * 50_000: {f"size{n}": n for n in range(1000)}})
    told = "\n".join(texts(read(tmp_path / "a.json", source)))
    assert ".size999: 999" in told
    assert len(told) < 500_000


def test_half_a_character_is_left_out(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "a.json", '{"kiln": "hot\\ud800"}')) == ["kiln: hot"]


def test_json_lines_know_their_lines(tmp_path: Path) -> None:
    pieces = read(tmp_path / "a.jsonl", '{"a": 1, "b": {"c": "x"}}\nno json\n')
    assert [(piece.text, piece.place.lines) for piece in pieces] == [("a: 1\nb.c: x", (1, 1)), ("no json", (2, 2))]


@pytest.mark.parametrize(("source", "reason"), [('{"a": 1,, }', "no valid JSON"), ("[" * 100_000, "JSON|deeply")])
def test_broken_json_says_so(tmp_path: Path, source: str, reason: str) -> None:
    with pytest.raises(ExtractionError, match=reason):
        read(tmp_path / "a.json", source)


def test_a_notebook_gives_its_cells(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tides\n", "High water."]},
        {"cell_type": "code", "source": "print(2)", "outputs": [{"text": ["2\n"]}]},
    ]
    pieces = read(tmp_path / "a.ipynb", json.dumps({"cells": cells, "nbformat": 4}))
    assert texts(pieces) == ["Tides", "High water.", "print(2)", "2"]
    assert pieces[-1].heading == "Tides"


def test_epub_chapters_in_the_order_of_the_spine(tmp_path: Path) -> None:
    package = """<package xmlns="http://www.idpf.org/2007/opf"><metadata><dc:title
    xmlns:dc="http://purl.org/dc/elements/1.1/">The Sea</dc:title></metadata><manifest><item id="b" href="two.xhtml"/>
    <item id="a" href="one.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="gone"/><itemref idref="b"/>
    </spine></package>"""
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OPS/book.opf": package,
        "OPS/two.xhtml": "<html><body><h1>Waves</h1><p>They break.</p></body></html>",
        "OPS/one.xhtml": '<html><body><h1>Tides</h1><p>They turn.</p><img src="img/a.png"/></body></html>',
        "OPS/img/a.png": picture_bytes(a_picture()),
    }
    pieces = read(make_zip(tmp_path / "a.epub", members))
    assert unread(pieces) == "Not read: chapter gone (missing or damaged)."
    pieces = [piece for piece in pieces if piece.kind != "unread"]
    assert texts(pieces) == ["The Sea", "Tides", "They turn.", "", "Waves", "They break."]
    assert pieces[2].heading == "The Sea › Tides"
    assert (pieces[3].kind, pieces[3].member) == ("picture", "OPS/img/a.png")


def test_rich_text(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "a.rtf", rb"{\rtf1\ansi Caf\'e9 \b open\b0\par Monday}")) == ["Café open", "Monday"]


def test_lists_exponents_captions_and_struck_words_of_pages(tmp_path: Path) -> None:
    page = """<p>At 10<sup>3</sup> K on 5 m<sup>2</sup>.</p><ol start="3"><li><p>Press.</p><li>Wait.<ol
    type="a"><li>Left</ol><li></ol><ul><li>Rope</ul>
    <table><caption>Yields</caption><tr><th>City<br>name<th>10<sup>-6</sup> H<sub>2</sub>O
    <tr><td>Un<b>believ</b>able<td><p>5</p>6</table>
    <p><del>99</del> 88 €</p><img alt="A red kiln at dusk"><img
    alt="A red kiln at dusk"><img alt="Logo">"""
    assert texts(read(tmp_path / "a.html", f"<html><body>{page}")) == [
        "At 10³ K on 5 m2.",
        "3. Press.",
        "4. Wait.",
        "a. Left",
        "Rope",
        "Yields",
        "City name | 10⁻⁶ H2O\nUnbelievable | 5 6",
        "99 (struck out) 88 €",
        "A red kiln at dusk",
    ]


def test_a_csv_that_names_its_delimiter(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.csv", "sep=;\nname;price\nbolt;1,5\n")
    assert (piece.text, piece.place.lines) == ("name | price\nbolt | 1,5", (2, 3))


def test_what_is_no_main_text_of_rich_text_is_told_as_such(tmp_path: Path) -> None:
    source = rb"""{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 Arial;}}{\header\pard Draft\par}{\footer\pard 3\par}
The valve{\footnote\pard Of \'9elu\'9d brass.\par} opens.\par {\v unseen }{\deleted gone }Flow 10{\super 3} l.\par
See{\*\atnid RL}{\*\atnauthor Rosa Lint}{\*\annotation\pard Check it.\par} Oslo\{\}.\par
{\listtext\pard 3.\tab}Press the knob \u-10179?\u-8704?\par
\trowd\cellx2\cellx4\intbl City\cell Count\cell\row\trowd\cellx2\cellx4\intbl Riga{\footnote Old.}\cell 75\cell\row
After{\footnote unclosed\par}"""
    assert texts(read(tmp_path / "a.rtf", source)) == [
        "The valve opens.",
        "Footnote 1: Of žluť brass.",
        "Flow 10³ l.",
        "Hidden text: unseen",
        "See Oslo{}.",
        "Comment by Rosa Lint: Check it.",
        "3.\tPress the knob 😀",
        "City | Count\nRiga | 75",
        "Footnote 2: Old.",
        "After",
        "Footnote 3: unclosed",
        "Header: Draft",
    ]


def test_files_in_an_archive_are_read_below_their_paths(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "a/rake.md": "# Shed\n\nThe rake is red.",
        "__MACOSX/a/._rake.md": b"\0\5",
        "b.zip": make_zip(tmp_path / "b.zip", {"key.txt": "Under the mat."}).read_bytes(),
        "song.mp3": b"ID3\3" + bytes(99),
    }
    path = make_zip(tmp_path / "a.zip", members)
    pieces = read(path)
    assert [(piece.heading, piece.text) for piece in pieces[:-1]] == [
        ("a/rake.md", "Shed"),
        ("a/rake.md › Shed", "The rake is red."),
        ("b.zip › key.txt", "Under the mat."),
    ]
    assert unread(pieces) == "Not read: song.mp3 (a sound recording)."


def test_what_swells_in_an_archive_is_told_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * 12_000_000)
        archive.writestr("key.txt", "Under the mat.")
    pieces = read(path)
    assert pieces[-1].text == "Under the mat."
    assert unread(pieces) == "Not read: zeros.txt (larger than is safe to unpack)."


def test_every_kind_but_sound_and_video_has_an_extractor() -> None:
    assert set(KINDS) - set(EXTRACTORS) == {"audio", "video"}


def test_video_is_named_as_not_read_yet(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"a\.mp4 is a video; videos are not read yet"):
        read(tmp_path / "a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
