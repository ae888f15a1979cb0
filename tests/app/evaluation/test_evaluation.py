"""Question sets, metrics and comparisons: what counts as right, and what only looks so."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.evaluation.comparing import compare, read_run
from app.evaluation.judging import in_passage, right_place, right_source, score_answer, score_results
from app.evaluation.making import grown_examples
from app.evaluation.metrics import METRICS, contains, interval, ranking, token_f1
from app.evaluation.page import page
from app.evaluation.questioning import Written, acceptable, alter_question, read_reply
from app.evaluation.report import table
from app.evaluation.sets import Example, append_examples, read_set, write_example
from indexes.errors import UsageError
from indexes.records import Place, Segment, Source
from pipelines.records import Answer, Check, Citation, Evidence, Result

LOG = Source("a" * 64, "document", "application/pdf", 1, paths=("/files/keepers log.pdf",))
NOTES = Source("b" * 64, "document", "text/plain", 1, paths=("/files/notes.txt",))


def found(source: Source, rank: int, text: str = "", place: Place = Place(), id: int = 0) -> Result:
    return Result(Segment(source.id, 0, source.modality, text, place, id=id or rank), source, rank, 1.0 / rank, {})


def answered(text: str, results: list[Result], cited: list[tuple[int, str]], **more: Any) -> Answer:
    evidence = tuple(Evidence(number, result, ()) for number, result in enumerate(results, start=1))
    citations = tuple(Citation(number, 0, len(text), quote, 0.9) for number, quote in cited)
    return Answer("?", text, more.pop("abstained", False), citations, evidence, {"total": 1.0}, "model", **more)


# --- sets ---


def test_a_set_is_read_as_it_was_written(tmp_path: Path) -> None:
    examples = [
        Example(
            "1", "Who?", ("Vane", "T. Vane"), sources=("log.pdf",), places=(Place(page=3), Place(start=1.0, end=2.0))
        ),
        Example("2", "为什么？", answerable=False, kind="made", note="n"),
        Example("3", "When?", answerable=None, sources=("a.txt", "b*.txt"), passages=("It was so.",)),
    ]
    file = tmp_path / "set.jsonl"
    file.write_text("\n".join(map(write_example, examples)), encoding="utf-8")
    assert read_set(file) == examples


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "no JSON"),
        ("[1]", "object"),
        ('{"answers": ["x"]}', "no question"),
        ('{"question": "x", "answer": "y"}', "answer is no key"),
        ('{"question": "x", "answerable": "yes"}', "answerable"),
        ('{"question": "x", "answers": [3]}', "answers"),
        ('{"question": "x", "place": {"chapter": 3}}', "chapter"),
        ('{"question": "x", "place": {"page": "three"}}', "page is 'three'"),
        ('{"question": "x", "place": {"lines": [1]}}', "lines"),
        ('{"question": "First?"}', "before"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text('{"question": "First?"}\n\n' + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=says) as error:
        read_set(file)
    assert f"{file}, line 3" in str(error.value)


def test_a_set_grows_without_doubles_and_keeps_what_people_typed(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    typed = '{"question": "Who was the keeper?", "note": "mine"}'
    file.write_text(typed, encoding="utf-8")  # without an end of line
    fresh = [Example("1", "who was  the KEEPER?"), Example("2", "How tall?"), Example("3", "how tall?")]
    assert append_examples(file, fresh) == 1
    assert append_examples(file, fresh) == 0
    assert file.read_text().startswith(typed + "\n")
    assert [each.question for each in read_set(file)] == ["Who was the keeper?", "How tall?"]


# --- metrics ---


@pytest.mark.parametrize(
    ("text", "answer", "holds"),
    [
        ("It was The Thomas Vane.", "thomas vane", True),
        ("It cost £1,850 in all.", "1850", True),
        ("In 1968 it closed.", "6", False),
        ("Yesterday.", "yes", False),
        ("运费共计1850英镑。", "1850英镑", True),
        ("运费共计1850英镑。", "1860英镑", False),
        ("Anything", "", False),
    ],
)
def test_an_answer_contains_whole_words(text: str, answer: str, holds: bool) -> None:
    assert contains(text, [answer]) is holds


@pytest.mark.parametrize(
    ("text", "answer", "there"),
    [
        ("自**1990**年代以来，该区开设了许多酒吧。", "1990年代以来", True),
        ("时间为3分33秒62。2008年北京", "3分33秒62", True),
        ("时间为3分33秒62。2008年北京", "秒6", False),
        ("It’s the U.S. that paid 1,043.00.", "US", True),
        ("It’s his.", "its", True),
    ],
)
def test_an_expected_text_is_found_whatever_parts_the_words(text: str, answer: str, there: bool) -> None:
    assert contains(text, [answer]) is there


def test_f1_counts_shared_tokens_of_the_best_answer() -> None:
    assert token_f1("the red boat", ["A red boat", "nothing"]) == 1.0
    assert token_f1("red boat sails", ["red"]) == pytest.approx(0.5)
    assert token_f1("三等透镜", ["三等"]) == pytest.approx(2 / 3)
    assert token_f1("red", []) == 0.0


def test_ranking_is_that_of_trec_eval() -> None:
    scores = ranking(["x", "a", "y", "b"], ["a", "b"], k=3)
    assert scores["recall@1"] == 0 and scores["recall@k"] == 0.5 and scores["recall@5"] == 1
    assert scores["MRR"] == 0.5
    assert scores["nDCG@10"] == pytest.approx((0.63093 + 0.43068) / 1.63093, abs=1e-4)
    assert ranking([], ["a"], k=10)["MRR"] == 0
    graded = ranking(["a", "x", "b"], {"a": 1, "b": 3}, k=100)
    assert graded["nDCG@10"] == pytest.approx((1 + 3 * 0.5) / (3 + 0.63093), abs=1e-4) and graded["recall@k"] == 1


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = [0.0, 1.0] * 5, [0.0, 1.0] * 100
    low, high = interval(few) or (0, 0)
    closer_low, closer_high = interval(many) or (0, 0)
    assert low < closer_low < 0.5 < closer_high < high
    assert interval(few) == (low, high)  # the seed is fixed
    assert interval([1.0]) is None and interval([1.0, 1.0]) == (1.0, 1.0)


# --- judging ---


def test_a_source_is_named_by_path_name_or_glob() -> None:
    bracketed = Source("c", "document", "", 1, paths=("/x/[draft] log.pdf", "/y/copy.pdf"))
    assert right_source(LOG, ["notes.txt", "keepers*.pdf"]) == "keepers*.pdf"
    assert right_source(LOG, ["log.pdf"]) is None
    assert right_source(LOG, ["files/keepers log.pdf"]) is not None
    assert right_source(bracketed, ["[draft] log.pdf"]) and right_source(bracketed, ["copy.pdf"])


@pytest.mark.parametrize(
    ("place", "wanted", "right"),
    [
        (Place(page=3), Place(page=3), True),
        (Place(page=4), Place(page=3), False),
        (Place(), Place(page=3), False),
        (Place(lines=(4, 9)), Place(lines=(9, 12)), True),
        (Place(lines=(4, 8)), Place(lines=(9, 12)), False),
        (Place(start=11.2, end=99.0), Place(start=12.0, end=20.0), True),
        (Place(start=10.9), Place(start=12.0, end=20.0), False),
        (Place(start=21.0), Place(start=12.0, end=20.0), True),
        (Place(start=14.0), Place(start=12.0), False),
    ],
)
def test_right_places(place: Place, wanted: Place, right: bool) -> None:
    assert right_place(place, wanted) is right


def test_a_quote_must_lie_in_the_passage_and_a_segment_may_go_on() -> None:
    passage = ["The lens was made in Paris by Henry-Lepaute. It weighs two tonnes."]
    assert in_passage("It weighs  two\ntonnes.", passage, whole=True)
    assert not in_passage("It weighs two tonnes. The tower is older than that.", passage, whole=True)
    assert in_passage("The lens was made in Paris by Henry-Lepaute. The tower is old.", passage, whole=False)
    assert not in_passage("The tower is older than the light.", passage, whole=False)


def test_results_are_ranked_by_file_and_by_place() -> None:
    example = Example("1", "?", sources=("keepers log.pdf",), places=(Place(page=3),))
    results = [found(NOTES, 1), found(LOG, 2, place=Place(page=1)), found(NOTES, 3), found(LOG, 4, place=Place(page=3))]
    scores = score_results(example, results, 10)
    assert scores["MRR"] == 0.5  # two hits of one file are one file
    assert scores["MRR place"] == 0.25
    assert score_results(Example("2", "?"), results, 10) == {}


def test_citations_are_judged_by_what_their_passage_holds() -> None:
    example = Example("1", "Who?", ("Thomas Vane",), sources=("keepers log.pdf",), places=(Place(page=3),))
    right = found(NOTES, 1, "The keeper was Thomas Vane. He stayed.")
    wrong = found(NOTES, 2, "The boat came on Fridays.")
    scores = score_answer(
        example, answered("Vane [1].", [right, wrong], [(1, "He stayed."), (2, "The boat came on Fridays.")])
    )
    assert scores["citation precision"] == 0.5 and scores["citation recall"] == 1
    assert scores["right page"] == 0 and scores["not retrieved"] == 0
    assert scores["contains"] == 0 and scores["declined answerable"] == 0
    bare = score_answer(example, answered("Thomas Vane.", [right], []))
    assert "citation precision" not in bare and bare["citation recall"] == 0 and bare["contains"] == 1


def test_what_was_not_retrieved_is_counted() -> None:
    result = found(NOTES, 1, "The keeper was Thomas Vane.")
    example = Example("1", "Who?", ("Thomas Vane",))
    scores = score_answer(
        example, answered("x", [result], [(7, "The keeper"), (1, "The keeper was a ghost."), (1, "The keeper")])
    )
    assert scores["not retrieved"] == 2
    assert scores["citation precision"] == pytest.approx(2 / 3)  # the passage of the second holds the answer still


def test_abstaining_and_unsupported_sentences() -> None:
    checks = (Check(0, 2, 0.9, True), Check(2, 4, 0.1, False, ("1912 is not in the sources",)))
    answer = answered("A. B.", [], [], abstained=True, checks=checks)
    assert score_answer(Example("1", "?", answerable=False), answer)["declined unanswerable"] == 1
    assert score_answer(Example("1", "?", ("x",)), answer)["declined answerable"] == 1
    unknown = score_answer(Example("1", "?", answerable=None), answer)
    assert unknown == {"not retrieved": 0, "unsupported": 0.5}


# --- comparing ---


def run_of(values: list[float], name: str = "contains") -> dict[str, Any]:
    rows = [
        {"question": f"q{at}", "scores": {name: value}, "seconds": {"total": 1.0}} for at, value in enumerate(values)
    ]
    return {"rows": rows}


def test_a_difference_larger_than_noise_is_told_from_one_that_is_not() -> None:
    before = [0.0] * 20 + [1.0] * 20
    better = compare(run_of([1.0] * 16 + [0.0] * 4 + [1.0] * 20), run_of(before))["differences"]["contains"]
    assert not better["noise"] and better["better"] and better["mean"] == pytest.approx(0.4)
    same = compare(run_of([1.0, *before[1:-1], 0.0]), run_of(before))["differences"]["contains"]
    assert same["noise"] and same["better"] is None
    worse = compare(run_of([1.0] * 40, "declined answerable"), run_of(before, "declined answerable"))
    assert worse["differences"]["declined answerable"]["better"] is False
    assert worse["differences"]["seconds total"]["noise"]


def test_only_questions_of_both_runs_are_compared() -> None:
    assert compare(run_of([1.0] * 5), run_of([0.0] * 3))["pairs"] == 3


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    for text in ("{", "[]", '{"rows": [{"question": "x"}]}'):
        file.write_text(text)
        with pytest.raises(UsageError, match=r"no run"):
            read_run(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(tmp_path / "nothing.json")


# --- reports ---


def whole_run(**row: Any) -> dict[str, Any]:
    metrics = {metric.name: {"mean": 0.5, "low": 0.25, "high": 0.75, "count": 4} for metric in METRICS}
    first = {"question": "Who?", "answers": ["Vane"], "scores": {}, "seconds": {}, "right": False, **row}
    fine = {"question": "Fine?", "answers": [], "scores": {}, "seconds": {}, "right": True}
    return {
        "set": "s.jsonl", "began": "2026-01-01T00:00:00", "stopped": "", "questions": 2, "k": 10, "seconds": 1.0,
        "peak_bytes": 2_000_000_000, "models": [{"role": "text", "model": "m"}], "metrics": metrics, "kinds": {},
        "languages": {}, "words": None,
        "seconds_by_stage": {"total": {"p50": 1.0, "p95": 2.0, "count": 2}}, "rows": [first, fine],
    }  # fmt: skip


def test_the_page_holds_no_markup_of_others_and_asks_for_nothing() -> None:
    attack = "<script>alert(1)</script><img src=//x>\"'"
    cited = {"number": 1, "source": f"/x/{attack}.txt", "place": {"page": 3}, "quote": attack, "support": 1.0}
    hit = {"source": f"/x/{attack}", "place": {"sheet": attack}, "right_source": True}
    run = whole_run(
        question=attack, answers=[attack], answer=attack, citations=[cited], hits=[hit], note=attack,
        unsupported=[attack], source=attack, place={"sheet": attack}, history=[attack], key_points=[attack],
    )  # fmt: skip
    run |= {"set": attack, "stopped": attack, "models": [{"role": attack, "model": attack}]}
    run["kinds"] = {attack: {"questions": 1, "metrics": {}, "words": None, "seconds_by_stage": {}}}
    run["languages"] = run["kinds"]
    html = page(run)
    assert "<script" not in html and "<img" not in html
    assert "alert(1)" in html
    assert "http:" not in html and "https:" not in html and "url(" not in html


def test_page_and_table_tell_the_figures_and_the_wrong_questions() -> None:
    run = whole_run(answer="The boat.", source=["a.pdf", "b.pdf"])
    run["against"] = {"run": "old.json", "pairs": 2, "differences": {
        "contains": {"mean": 0.2, "low": 0.1, "high": 0.3, "count": 2, "noise": False, "better": True},
        "F1": {"mean": 0.0, "low": -0.1, "high": 0.1, "count": 2, "noise": True, "better": None},
    }}  # fmt: skip
    printed, html = table(run), page(run)
    for metric in METRICS:
        assert metric.label in printed and metric.label in html
    assert "+.200 [+.100 … +.300] better" in " ".join(printed.split()) and "within noise" in printed
    assert html.count('<li class="wrong">') == 1 and html.count('<li class="right">') == 1
    assert "only the 1 that went wrong" in html and "a.pdf, b.pdf" in html


# --- making ---

TEXT = "The first keeper of the light was Thomas Vane. He stayed for 31 years, until 1902."


@pytest.mark.parametrize(
    ("question", "answer", "good"),
    [
        ("Who looked after the lamp before everybody else?", "Thomas Vane", True),
        ("Who looked after the lamp before everybody else?", "John Vane", False),  # not in the text
        ("For how many years did Vane serve as keeper?", "3", False),  # only as a part of 31
        ("Did Thomas Vane keep the lamp of the light?", "Thomas Vane", False),  # holds its answer
        ("Tell me who the keeper of the lamp was", "Thomas Vane", False),  # no question
        ("Who is named in the passage as keeper?", "Thomas Vane", False),  # points at the text
        ("The first keeper of the light was?", "Thomas Vane", False),  # a copy
        ("Who?", "Thomas Vane", False),
    ],
)
def test_only_questions_that_hold_are_kept(question: str, answer: str, good: bool) -> None:
    assert acceptable(question, answer, TEXT) is good
    reply = f"Question: {question}\nAnswer: {answer}."
    assert read_reply(reply, TEXT) == (Written(question, answer) if good else None)


def test_a_reply_without_the_two_lines_is_no_question() -> None:
    assert read_reply("I cannot help with that.", TEXT) is None


def test_an_altered_question_names_what_the_library_does_not_hold() -> None:
    chance = random.Random(1)
    question = "Until when did Thomas Vane stay, and was it 1902?"
    altered = alter_question(question, ["Edith Penrose"], lambda _, word: word.isdigit(), chance)
    assert altered == "Until when did Edith Penrose stay, and was it 1902?"
    numbers = {alter_question("What happened in 1902?", [], lambda *_: False, random.Random(seed)) for seed in range(9)}
    assert len(numbers) > 1 and "What happened in 1902?" not in numbers
    assert alter_question(question, ["Edith Penrose"], lambda *_: True, chance) is None
    assert alter_question("what is it?", ["Edith"], lambda *_: False, chance) is None


def test_thumbs_become_lines_to_edit() -> None:
    citation = {"source": "/files/keepers log.pdf", "quote": "He stayed for 31 years.", "place": {"page": 2}}
    liked = {"asked": "How long did Vane stay?", "answer": "31 years.", "citations": [citation, citation]}
    turns = [
        SimpleNamespace(question="And how long?", thumb=1, answer=liked),
        SimpleNamespace(question="Who?", thumb=-1, answer={"answer": "Nobody.", "citations": []}),
        SimpleNamespace(
            question="Which club?", thumb=1, answer={"answer": "None.", "abstained": True, "citations": []}
        ),
    ]
    up, down, declined = grown_examples(turns)
    assert up.question == "How long did Vane stay?" and up.sources == ("keepers log.pdf",)
    assert up.passages == ("He stayed for 31 years.",) and up.answers == ()
    assert down.answerable is None and "Nobody." in down.note and "Fill in" in down.note
    assert json.loads(write_example(down))["answers"] == []
    assert declined.answerable is False
