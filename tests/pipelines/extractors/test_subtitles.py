"""Subtitles, beside a recording or by themselves: formats, encodings, markup, rolling captions."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexes.records import Cue, Place
from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.extractors.subtitles import read_subtitles, sidecar
from pipelines.reading.kinds import kind_of
from pipelines.reading.segmenting import segment


def read(folder: Path, name: str, text: str, encoding: str = "utf-8") -> list[Cue]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_subtitles(path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["talk.srt"], "talk.srt"),
        (["Talk.SRT"], "Talk.SRT"),
        (["talk.en.srt"], "talk.en.srt"),
        (["talk.vtt", "talk.en.srt"], "talk.vtt"),
        (["talk.vtt", "talk.srt"], "talk.srt"),
        (["talk.pt-BR.vtt"], "talk.pt-BR.vtt"),
        (["talk2.srt", "other.srt", "talk.txt", "talk about.srt", "talk.part one.srt"], None),
    ],
)
def test_the_sidecar_is_the_file_of_the_same_name(tmp_path: Path, names: list[str], expected: str | None) -> None:
    for name in [*names, "talk.mp4"]:
        (tmp_path / name).touch()
    found = sidecar(tmp_path / "talk.mp4")
    assert (found.name if found else None) == expected


def test_srt_loses_its_markup_and_keeps_its_times(tmp_path: Path) -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i> <font color='red'>there</font>\r\n{\\an8}and you\r\n\r\n"
        "2\r\n00:01:00.000 --> 01:00:00.000\r\nANNA: Tea &amp; cake\r\n\r\n3\r\n01:00:01,0 --> 01:00:02,0\r\n\r\n"
        "4\r\n01:00:03,000 --> 01:00:04,000\r\nIt is\r\n42\r\n"
    )
    assert read(tmp_path, "a.srt", text) == [
        Cue(1.0, 2.5, "Hello there and you"),
        Cue(60.0, 3600.0, "ANNA: Tea & cake"),
        Cue(3603.0, 3604.0, "It is 42"),
    ]


def test_vtt_knows_voices_and_leaves_notes_out(tmp_path: Path) -> None:
    text = (
        "WEBVTT - a talk\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 align:start\n"
        "<v.loud Anna Maria>Good <c.blue>morning</c></v>\n\nNOTE not to be read\n\nsecond\n"
        "00:00:03.000 --> 00:00:04.000\nThe number is\n42\n\n00:05.000 --> 00:06.000\nLast\n7"
    )
    assert read(tmp_path, "a.vtt", text) == [
        Cue(1.0, 2.0, "Good morning", "Anna Maria"),
        Cue(3.0, 4.0, "The number is 42"),
        Cue(5.0, 6.0, "Last 7"),
    ]


def timed(*lines: str) -> str:
    return "\n\n".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}" for n, line in enumerate(lines, start=1))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("Anna: The tide is in.", "Ben: Good."), [("Anna", "The tide is in."), ("Ben", "Good.")]),
        (("- ANNA VON BERG: In.", "- WOMAN 2: Out."), [("ANNA VON BERG", "In."), ("WOMAN 2", "Out.")]),
        (("李明：你好。", "王芳：再见。"), [("李明", "你好。"), ("王芳", "再见。")]),
        (("Анна: Да.", "заметка: нет", "Анна: Нет."), [("Анна", "Да."), ("", "заметка: нет"), ("Анна", "Нет.")]),
        (
            ("Ann: Hello.", "A bell.", "It rings.", "Steps.", "Ann: Come in."),
            [("Ann", "Hello."), ("", "A bell."), ("", "It rings."), ("", "Steps."), ("Ann", "Come in.")],
        ),
        (("Note: it is late.", "We go.", "Now."), [("", "Note: it is late."), ("", "We go."), ("", "Now.")]),
        (("He said: go.", "He said: stay."), [("", "He said: go."), ("", "He said: stay.")]),
        (("Room 9:30 please.", "See Https://a.org"), [("", "Room 9:30 please."), ("", "See Https://a.org")]),
        (("Anna:", "Ben: "), [("", "Anna:"), ("", "Ben:")]),
    ],
)
def test_names_before_what_is_said_are_speakers(tmp_path: Path, lines: tuple[str, ...], told: list) -> None:
    assert [(cue.speaker, cue.text) for cue in read(tmp_path, "talk.srt", timed(*lines))] == told


def test_two_who_say_the_same_stay_two(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>Yes.\n\n00:01.000 --> 00:02.000\n<v Ben>Yes."
    assert [cue.speaker for cue in read(tmp_path, "talk.vtt", text)] == ["Ann", "Ben"]


def test_ass_gives_its_dialogue_and_who_speaks(tmp_path: Path) -> None:
    text = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,a remark\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 5 5{\\p0}\n"
        "Dialogue: 0,0:00:02.00,0:00:03.50,Default,Bo,0,0,0,,{\\i1}Second{\\i0}\\Nline, here\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,First\n"
    )
    assert read(tmp_path, "a.ass", text) == [Cue(1.0, 2.0, "First"), Cue(2.0, 3.5, "Second line, here", "Bo")]


def test_captions_that_roll_up_come_once(tmp_path: Path) -> None:
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00:00.000 --> 00:00:02.000 align:start position:0%\n \n"
        "we<00:00:00.500><c> begin</c><00:00:01.000><c> here</c>\n\n"
        "00:00:02.000 --> 00:00:02.010 align:start position:0%\nwe begin here\n \n\n"
        "00:00:02.010 --> 00:00:04.000 align:start position:0%\nwe begin here\nwith<00:00:02.500><c> rocks</c>\n\n"
        "00:00:04.000 --> 00:00:04.010 align:start position:0%\nwith rocks\n \n\n"
        "00:00:04.010 --> 00:00:06.000 align:start position:0%\nwith rocks\nand<00:00:04.500><c> sand</c>\n\n"
    )
    cues = read(tmp_path, "a.vtt", text)
    assert [cue.text for cue in cues] == ["we begin here", "with rocks", "and sand"]
    assert [cue.start for cue in cues] == [0.0, 2.01, 4.01]


def test_ordinary_lines_that_begin_alike_stay(tmp_path: Path) -> None:
    lines = ["No.", "No. Never.", "Why?", "Because.", "Of what?", "Of that.", "I see.", "Do you?", "Yes.", "Good."]
    blocks = [f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{line}\n" for n, line in enumerate(lines)]
    assert [cue.text for cue in read(tmp_path, "a.srt", "\n".join(blocks))] == lines


def test_cues_out_of_order_are_sorted_and_overlaps_stay(tmp_path: Path) -> None:
    text = "1\n00:00:05,000 --> 00:00:09,000\nlate\n\n2\n00:00:01,000 --> 00:00:06,000\nearly\n"
    assert read(tmp_path, "a.srt", text) == [Cue(1.0, 6.0, "early"), Cue(5.0, 9.0, "late")]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        (
            "cp1252",
            "Je vous remercie d'être venus si nombreux ce soir.|Où êtes-vous allés hier?|À la forêt, très tôt le matin."
            "|Ça me plaît beaucoup, même s'il a neigé.|C'était l'été dernier, près de chez nous.",
        ),
        ("utf-16", "Où?|Là-bas."),
        ("cp1251", "Привет, как дела?|Хорошо, спасибо.|Куда вы идёте?|Домой, уже поздно."),
        ("gb18030", "你好，你去哪里？|我回家，已经很晚了。"),
    ],
)
def test_other_encodings_are_recognised(tmp_path: Path, encoding: str, words: str) -> None:
    lines = words.split("|")
    text = "".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}\n\n" for n, line in enumerate(lines))
    assert [cue.text for cue in read(tmp_path, "a.srt", text, encoding)] == lines


@pytest.mark.parametrize("text", ["", "WEBVTT\n\n", "just words\n", "[Events]\nDialogue: nonsense\n", "\0\1\2"])
def test_what_holds_no_subtitles_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(ExtractionError, match=r"a\.srt"):
        read(tmp_path, "a.srt", text)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match="cannot be opened"):
        read_subtitles(tmp_path / "none.srt")


SRT = "1\n00:00:01,000 --> 00:00:04,000\nThe <i>kiln</i> is hot.\n\n2\n01:01:05,500 --> 01:01:08,000\nOpen it.\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Anna>The kiln is hot.\n\n01:01:05.500 --> 01:01:08.000\n<v Bo>Open it.\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.srt", SRT, ["The kiln is hot.", "Open it."]),
        ("a.txt", SRT, ["The kiln is hot.", "Open it."]),
        ("a.vtt", VTT, ["Anna: The kiln is hot.", "Bo: Open it."]),
    ],
)
def test_subtitles_by_themselves_have_their_seconds(tmp_path: Path, name: str, text: str, said: list[str]) -> None:
    (tmp_path / name).write_text(text)
    pieces = list(extract(tmp_path / name, kind_of(tmp_path / name)))
    segments = [each for each, _ in segment(pieces, "s", "document")]
    assert [each.text for each in segments] == said
    assert [each.place for each in segments] == [Place(start=1.0, end=4.0), Place(start=3665.5, end=3668.0)]
