"""Key points, kinds and languages: how an answer is read, and a run over a made library of four sentences."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.evaluation.command import evaluation
from app.evaluation.points import count_words, opening, score_points, share_found, stated
from app.evaluation.sets import Example, read_set, write_example
from app.settings import load_settings
from indexes.errors import UsageError
from indexes.records import Place, Segment, Source
from pipelines.records import Answer, AnswerFinished, Citation, Evidence, Question, Result

# --- reading an answer ---


@pytest.mark.parametrize(
    ("answer", "point", "is_stated"),
    [
        ("In all it is 1.043,00 EUR.", "together 1043 EUR | 1,043.00", True),
        ("In all it is €1,043.", "1.043,00 EUR", True),
        ("In all it is 1,044 EUR.", "1043 EUR", False),
        ("It holds eight, of which two are new.", "8 | viele", True),
        ("Sales fell by 16.55 %.", "-16.55%", True),
        ("The blades wear out much faster than was planned.", "planned: blades wearing out faster", True),
        ("The blades wear out.", "because the blades wear out faster than planned", False),
        ("The saw is a KS 250, 429 EUR.", "mitre saw KS-250 (with its price)", False),  # half of the words
        ("A mitre saw KS 250 429 were bought.", "mitre saw KS-250 (with its price)", True),
        ("It opens on 4 March 2025 at 10 pm.", "2025-03-04, 22:00", True),
        ("It opens on 5 March 2025 at 10 pm.", "2025-03-04, 22:00", False),
        ("Ja, wenn dabei die Fassade nicht durchbrochen wird.", "nur wenn die Fassade nicht durchbrochen wird", True),
        ("Ja, aber nur mit Zustimmung der Vermieterin.", "nur wenn die Fassade nicht durchbrochen wird", False),
        ("Ab Juli kostet sie 1 320 € im Monat.", "1.320,00 EUR", True),
        ("Im Raum 1 320 Sitze.", "320 Sitze", True),  # a space may also part two numbers
        ("Sitze: 1320", "1 320 Sitze", True),
        ("Ab Juli kostet sie 1’320 € im Monat.", "1.320,00 EUR", True),
        ("举头看见的是明月，低头想的是故乡。", "明月 | 月亮", True),
        ("举头看见的是太阳。", "明月 | 月亮", False),
        ("营业收入约为475.58万元，同比下降16.55%。", "4,755,800 元", True),
        ("基本组件有标题、文本和公式。", "文本、标题", True),
        ("No, he did not.", "no", True),
        ("Nothing is known.", "no", False),
        ("Anything", "(only in brackets)", False),
    ],
)
def test_a_point_is_stated_in_whatever_notation_and_order(answer: str, point: str, is_stated: bool) -> None:
    assert stated(answer, [point]) == [is_stated]


def test_only_the_beginning_of_an_answer_counts_and_more_of_a_list() -> None:
    answer = "word " * 150 + "harbour"
    assert stated(opening(answer, "fact"), ["harbour"]) == [False]
    assert stated(opening(answer, "list_all"), ["harbour"]) == stated(opening(answer, "Summary"), ["harbour"]) == [True]
    assert count_words(opening(answer)) == 120 and opening("a\n- b", "fact") == "a\n- b"
    assert count_words("诗里写的是明月。 – ok") == 4 and len(opening("诗" * 999)) == 360


def test_a_trap_is_a_wrong_claim_only_where_nothing_is_right_and_nothing_declined() -> None:
    example = Example("1", "?", key_points=("100 EUR", "in advance"), wrong_if=("120 or 150 EUR (other tools)",))
    assert score_points(example, "It is 150 EUR.", False) == {"points": 0, "whole": 0, "wrong": 1}
    assert score_points(example, "It is 100, for others 150 EUR.", False) == {"points": 0.5, "whole": 0, "wrong": 0}
    assert score_points(example, "Not stated; near it stands 150 EUR.", True)["wrong"] == 0
    nowhere = Example("2", "?", answerable=False, key_points=("says so",), wrong_if=("388.40",))
    assert score_points(nowhere, "It was 388,40 EUR.", False) == {"wrong": 1}
    assert score_points(nowhere, "It does not say so.", False) == {"wrong": 0}
    assert score_points(Example("3", "?", answerable=None, key_points=("x",)), "x", False) == {}


def test_needed_sentences_are_found_by_most_of_their_words() -> None:
    needed = ["The lens was made in Paris by Henry-Lepaute in 1862.", "74 dB"]
    assert share_found(needed, ["The lens was made in Paris by Henry-Lepaute;", "noise: 74 dB"]) == 1
    assert share_found(needed, ["The lens was made in London. The tower was made in Paris."]) == 0
    assert share_found(["举头望明月低头思故乡"], ["床前明月光，举头望明月，低头思故乡"]) == 1
    assert share_found(needed, []) == 0


# --- sets ---

OTHER = """\
{"id": "d1", "type": "factoid", "question": "What is the deposit of the saw?", "language": "en", "answerable": true, \
"key_points": ["100 EUR | 100"], "wrong_if": ["120 or 150 (other tools)"], "source_files": ["tools.txt"], \
"locator": {"page": "1, 6-8", "also_pages": [2]}, "evidence": [{"file": "tools.txt", \
"text": "The deposit of the saw is 100 EUR."}], "note": "n"}
{"id": "d2", "type": "follow_up", "question": "Und im August?", "history": ["Wie hoch ist die Miete?"], \
"language": "de", "answerable": true, "key_points": ["1.056,00 EUR", "20 Prozent weniger"], \
"source_files": ["miete.txt"], "locator": {"section": "1"}, "evidence": [{"file": "miete.txt", \
"text": "Im August mindern wir die Miete um 20 Prozent auf 1.056,00 EUR."}], "note": ""}
{"id": "d3", "type": "list_all", "question": "诗里有什么？", "language": "zh", "answerable": true, \
"key_points": ["明月", "故乡"], "source_files": ["诗.txt"], "locator": {"time": [0, 5.5]}, "evidence": [], "note": ""}
{"id": "d4", "type": "unanswerable", "question": "Who owns the saw?", "language": "en", "answerable": false, \
"key_points": ["says that it is not given"], "wrong_if": ["any name"], "source_files": ["tools.txt"], "locator": {}, \
"evidence": [{"file": "tools.txt", "text": "The deposit of the saw is 100 EUR."}], "note": ""}
{"id": "d5", "type": "factoid", "question": "What is the deposit of the drill?", "language": "en", \
"answerable": true, "key_points": ["120 EUR"], "wrong_if": ["100 EUR"], "source_files": ["tools.txt"]}
"""


def test_a_set_in_other_words_is_read_and_written_in_ours(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(OTHER, encoding="utf-8")
    examples = read_set(file)
    saw, rent, poem = examples[:3]
    assert saw.kind == "factoid" and saw.sources == ("tools.txt",) and saw.language == "en"
    assert [place.page for place in saw.places] == [1, 6, 7, 8, 2]
    assert rent.history == ("Wie hoch ist die Miete?",) and rent.places == () and len(rent.evidence) == 1
    assert poem.places == (Place(start=0.0, end=5.5),)
    file.write_text("".join(map(write_example, examples)), encoding="utf-8")
    assert "source_files" not in file.read_text(encoding="utf-8") and read_set(file) == examples


def test_follow_ups_of_the_same_words_are_two_questions(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    lines = [{"question": "And its price?", "history": [f"What is the {tool}?"]} for tool in ("saw", "drill")]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert len({example.id for example in read_set(file)}) == 2
    for wrong in ({"evidence": [{"file": "x"}]}, {"key_points": "x", "history": [3]}, {"locator": 3, "source": "a"}):
        file.write_text(json.dumps({"question": "x", **wrong}))
        with pytest.raises(UsageError, match="line 1"):
            read_set(file)


# --- runs ---

FILES = {
    "tools.txt": "The deposit of the saw is 100 EUR.",
    "miete.txt": "Im August mindern wir die Miete um 20 Prozent auf 1.056,00 EUR.",
    "诗.txt": "举头望明月，低头思故乡。",
}
REPLIES = {
    "What is the deposit of the saw?": ("The deposit is 100.00 EUR.", "tools.txt"),
    "Wie hoch ist die Miete?": ("1.320,00 EUR.", "miete.txt"),
    "Und im August?": ("Im August sind es 1056 €.", "miete.txt"),
    "诗里有什么？": ("有明月。", "tools.txt"),
    "Who owns the saw?": ("That is not in the files.", ""),
    "What is the deposit of the drill?": ("It is 100 EUR.", "tools.txt"),
}


class Assistant:
    """Answers by heart; `seconds` is how long it says that it took."""

    def __init__(self, folder: Path, seconds: float = 2.0) -> None:
        self.library = SimpleNamespace(folder=folder, catalogue=SimpleNamespace(generation=1))
        self.settings, self.seconds, self.asked = load_settings(file=folder / "none.toml"), seconds, list[Question]()

    def models(self) -> list[Any]:
        return []

    def measure_chat(self) -> None:
        pass

    def warm(self) -> None:
        pass

    def search(self, query: str, k: int) -> list[Result]:
        assert query.strip() and k >= 10
        return [self._result(name, rank) for rank, name in enumerate(FILES, start=1)]

    def ask(self, question: Question) -> Iterator[AnswerFinished]:
        self.asked.append(question)
        text, file = REPLIES[question.text]
        evidence = (Evidence(1, self._result(file, 1), ()),) if file else ()
        citations = (Citation(1, 0, len(text), FILES[file], 0.9),) if file else ()
        seconds = {"retrieve": 0.1, "first_cited": 0.5, "first_token": 1.0, "total": self.seconds, "new": 0.3}
        yield AnswerFinished(Answer(question.text, text, not file, citations, evidence, seconds, "model"))

    @staticmethod
    def _result(name: str, rank: int) -> Result:
        source = Source(name, "document", "text/plain", 1, paths=(f"/files/{name}",))
        return Result(Segment(name, 0, "document", FILES[name], id=rank), source, rank, 1.0 / rank, {})


def run(assistant: Assistant, file: Path, **more: Any) -> None:
    options = {"make": None, "grow": None, "against": None, "output": None, "k": 10, "limit": None, "json": False}
    evaluation(assistant, Namespace(file=str(file), search_only=False, **(options | more)))  # type: ignore[arg-type]


def test_a_run_tells_points_kinds_languages_words_and_seconds(tmp_path: Path, capsys: Any) -> None:
    file, assistant = tmp_path / "questions.jsonl", Assistant(tmp_path)
    file.write_text(OTHER, encoding="utf-8")
    run(assistant, file)
    (written,) = (tmp_path / "evaluations").glob("*.json")
    found = json.loads(written.read_text(encoding="utf-8"))
    means = {name: each["mean"] for name, each in found["metrics"].items()}
    assert means["points"] == pytest.approx((1 + 0.5 + 0.5 + 0) / 4) and means["whole"] == 0.25
    assert means["wrong"] == pytest.approx(1 / 3) and means["right file"] == 0.75
    assert means["declined unanswerable"] == 1 and means["declined answerable"] == 0
    assert means["needed@1"] == 0.5 and means["needed@4"] == means["needed@20"] == 1
    assert found["metrics"]["points"]["count"] == 4 and found["metrics"]["points"]["low"] < 0.5
    assert found["kinds"]["follow_up"]["metrics"]["points"]["mean"] == 0.5
    assert {name: each["questions"] for name, each in found["languages"].items()} == {"de": 1, "en": 3, "zh": 1}
    assert found["words"] == {"p50": 4.5, "p95": 5.0, "count": 4}  # of those that were not declined
    assert found["seconds_by_stage"]["first_cited"]["p50"] == 0.5 and "new" in found["seconds_by_stage"]
    follow_up = next(question for question in assistant.asked if question.text == "Und im August?")
    assert [turn.question for turn in follow_up.history] == ["Wie hoch ist die Miete?"]
    assert follow_up.history[0].answer == "1.320,00 EUR." and follow_up.history[0].files == ("miete.txt",)

    printed, html = capsys.readouterr().out, written.with_suffix(".html").read_text(encoding="utf-8")
    columns, *rows = printed.split("By kind\n")[1].split("\n\n")[0].splitlines()
    assert columns.endswith("  s to end") and "contains" not in columns  # the set holds no `answers`
    assert rows[0].split()[:4] == ["factoid", "2", ".500", ".500"] and rows[-1].split()[:4] == [
        "all",
        "5",
        ".500",
        ".250",
    ]
    assert rows[-1].endswith("2.0 / 2.0")
    for said in ("By language", "key points stated", "wrong claims", "words of an answer", "to the first cited words"):
        assert said in printed and said in html
    assert "20 Prozent weniger ✗" in html and "1.056,00 EUR ✓" in html and "Wie hoch ist die Miete?" in html


def test_two_runs_are_compared_by_the_new_figures(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(OTHER, encoding="utf-8")
    run(Assistant(tmp_path), file)
    (written,) = (tmp_path / "evaluations").glob("*.json")
    for question, (said, _) in list(REPLIES.items()):
        said += " 120 EUR, 20 Prozent weniger, 1.056 EUR, 明月, 故乡."
        monkeypatch.setitem(REPLIES, question, (said, "miete.txt"))
    capsys.readouterr()
    run(Assistant(tmp_path, 1.0), file, against=str(written), json=True)
    against = json.loads(capsys.readouterr().out)["against"]
    differences = against["differences"]
    assert against["pairs"] == 5 and differences["points"]["mean"] == 0.5
    assert differences["points"]["better"] is True and differences["wrong"]["mean"] == pytest.approx(-1 / 3)
    assert differences["declined unanswerable"]["mean"] == -1
    assert differences["seconds total"]["mean"] == -1 and differences["seconds total"]["better"] is True
    assert differences["words"]["mean"] > 5 and differences["words"]["better"] is None
    assert "seconds new" not in differences
    run(Assistant(tmp_path), file, against=str(written))
    assert "5 questions in both" in capsys.readouterr().out
