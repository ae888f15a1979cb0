"""The command line as scripts see it: JSON on stdout, exit codes, clear errors."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.asking import _follow, below, explained
from app.assistant import Assistant
from app.cli import main
from app.evaluation.sets import read_set
from app.history import from_kept
from app.progress import index_with_progress
from app.schemas import answer_json, trace_json
from app.server import warm
from app.settings import load_settings
from app.uploads import keep
from indexes.library import Library
from indexes.records import Cue, FileRecord, Hit, Place, Segment, Source
from pipelines.asking.abilities import measure_now
from pipelines.records import (
    Answer,
    AnswerFinished,
    Check,
    FileAdvanced,
    FileFinished,
    FilesFound,
    FileStarted,
    Question,
    QuotesFound,
    TextDelta,
)
from pipelines.tracing import Cut, Trace
from tests.conftest import MODELS, ROOT
from tests.making_files import PdfPage, make_pdf
from tests.pipelines.reading.test_unread import damaged_pages


@pytest.fixture
def environment(tmp_path, shelf, monkeypatch):
    """A library of two files, and the shelf that the tests share instead of one a command."""
    monkeypatch.setattr("app.assistant.ModelShelf", lambda *_: shelf)
    monkeypatch.setenv("FOLIOSCOPE_LIBRARY", str(tmp_path / "library"))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "keeper.txt").write_text("The first keeper of the light was Thomas Vane. He stayed for 31 years.")
    (folder / "mortar.txt").write_text("The lime mortar came from the north quarry and cost 6,250 pounds.")
    assert main(["index", str(folder)]) == 0
    return folder


def run_json(capsys, *arguments: str) -> dict:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_index_reports_each_file(environment, capsys) -> None:
    (environment / "empty.pdf").touch()
    report = run_json(capsys, "index", str(environment), str(environment / "nothing"))
    assert {k: v for k, v in report.items() if isinstance(v, int)} == {
        "indexed": 0, "draft": 0, "partial": 0, "unchanged": 2, "skipped": 0, "failed": 2, "removed": 0,
    }  # fmt: skip
    assert set(report["files"][0]) == {"path", "status", "modality", "segments", "seconds", "stage", "reason", "tries"}
    reasons = {Path(file["path"]).name: file["reason"] for file in report["files"]}
    assert "empty" in reasons["empty.pdf"] and "does not exist" in reasons["nothing"]


def test_search_gives_hits_of_the_contract(environment, capsys) -> None:
    found = run_json(capsys, "search", "who was the keeper?", "-k", "1")
    (hit,) = found["hits"]
    assert found["query"] == "who was the keeper?"
    assert {"rank", "score", "source", "modality", "place", "text", "found_by"} <= set(hit)
    assert hit["source"] == str(environment / "keeper.txt")
    assert set(hit["found_by"]) >= {"text", "keywords"}
    assert hit["place"] == {"lines": [1, 1]}
    narrowed = run_json(capsys, "search", "keeper", "--source", "mortar*")
    assert {hit["source"] for hit in narrowed["hits"]} == {str(environment / "mortar.txt")}
    assert run_json(capsys, "search", "keeper", "--modality", "image")["hits"] == []


def test_ask_cites_the_file_and_the_words(environment, capsys) -> None:
    answer = run_json(capsys, "ask", "Who was the first keeper of the light?")
    assert set(answer) == {
        "question", "asked", "answer", "abstained", "citations", "evidence", "sentences", "waiting", "unread",
        "seconds", "model", "intent",
    }  # fmt: skip
    assert "Vane" in answer["answer"] and not answer["abstained"]
    citation = answer["citations"][0]
    assert citation["source"] == str(environment / "keeper.txt")
    assert "Thomas Vane" in citation["quote"] and citation["support"] > 0.5
    assert f"[{citation['number']}]" in answer["answer"]
    assert citation["number"] in {evidence["number"] for evidence in answer["evidence"]}
    assert set(answer["seconds"]) == {"retrieve", "first_cited", "first_token", "total"}


def test_ask_in_the_terminal_prints_the_answer_and_where_it_stands(environment, capsys) -> None:
    capsys.readouterr()
    assert main(["ask", "Who was the first keeper of the light?", "--explain", "--conversation", "new"]) == 0
    printed, said = capsys.readouterr()
    assert "Vane" in printed and "keeper.txt" in printed and "“" in printed
    id = said.rpartition("Conversation: ")[2].strip()
    assert main(["status", "--json"]) == 0
    capsys.readouterr()
    went_on = run_json(capsys, "ask", "Which football club won the championship in Brazil?", "--conversation", "last")
    assert went_on["conversation"] == id and "trace" not in went_on
    assistant = Assistant(load_settings(), create=False)
    turns = assistant.library.conversations.turns(id)
    assert [turn.question[:5] for turn in turns] == ["Who w", "Which"]
    assistant.close()


def test_an_answer_is_followed_by_what_is_not_borne_out() -> None:
    text = "Vane came. He left in 1912. He was glad."
    checks = (
        Check(0, 10, 0.9, True),
        Check(11, 27, 0.2, False, ("1912 is not in the sources",)),
        Check(28, 40, 0.1, False),
    )
    answer = Answer("And he?", text, False, (), (), {}, "m", checks=checks, asked="What did Vane do?")
    assert list(below(answer)) == [
        "Asked: What did Vane do?",
        "Not borne out by the sources:",
        "    “He left in 1912.”",
        "      1912 is not in the sources",
        "    “He was glad.”",
    ]
    document = answer_json(answer)
    assert document["asked"] == "What did Vane do?"
    assert [each["text"] for each in document["sentences"]] == ["Vane came.", "He left in 1912.", "He was glad."]
    assert document["sentences"][1]["flags"] == ["1912 is not in the sources"]


def test_what_the_files_do_not_bear_out_is_not_the_last_word(capsys) -> None:
    kept = Answer("Who kept it?", "Ada Vane kept it.", False, (), (), {}, "")

    class Told:
        def ask(self, question):
            yield from (QuotesFound(kept), TextDelta("Napoleon kept it."), AnswerFinished(kept))

    _follow(Told(), Question("Who kept it?"), quiet=False)
    said = capsys.readouterr().out
    assert said.index("Ada Vane") < said.index("Napoleon") < said.index("The files do not bear this out")


def test_a_trace_names_the_files_and_survives_what_has_gone(environment) -> None:
    assistant = Assistant(load_settings(), create=False)
    hits = assistant.library.search_keywords("keeper Vane", 5)
    trace = Trace(
        "Who?", "fact", 0.9, filters=("in keeper.txt",), hits={"keywords": [*hits, Hit(999, 9, 0.1, "keywords")]}
    )
    trace.fused = [(hits[0].segment_id, 0.5)]
    trace.relevance = (0.18, 0.23)
    trace.cut = [Cut(999, "fusion", "too far down")]
    trace.prompt = "Question: Who?"
    trace.note("fusion", "merged two lists")
    document = json.loads(json.dumps(trace_json(trace, assistant.library)))
    assert document["hits"]["keywords"][0]["source"] == str(environment / "keeper.txt")
    assert "source" not in document["hits"]["keywords"][-1]
    read = "\n".join(explained(document))
    for part in (
        "taken for: fact (0.90)",
        "keeper.txt, line 1",
        "segment 999",
        "too far down",
        "0.18, 0.23 would be enough",
        "merged two",
    ):
        assert part in read
    assistant.close()


def test_a_question_about_something_else_is_not_answered(environment, capsys) -> None:
    answer = run_json(capsys, "ask", "Which football club won the championship in Brazil?")
    assert answer["abstained"] and answer["answer"].startswith("No clear answer was found")
    said, nearest = answer["answer"].split("What comes nearest:")
    assert "[1]" not in said and all(each["quote"] in nearest for each in answer["citations"])


def write_set(folder: Path) -> Path:
    file = folder.parent / "set.jsonl"
    keeper = {"question": "Who was the first keeper of the light?", "answers": ["Thomas Vane"], "source": "keeper.txt"}
    club = {"question": "Which football club won the championship in Brazil?", "answerable": False}
    lines = [json.dumps({**keeper, "place": {"lines": [1, 1]}}), json.dumps(club)]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_eval_measures_compares_and_writes_both_files(environment, tmp_path, capsys) -> None:
    file, folder = write_set(environment), tmp_path / "runs"
    run = run_json(capsys, "eval", str(file), "--output", str(folder))
    means = {name: found["mean"] for name, found in run["metrics"].items()}
    assert means["recall@1"] == means["recall@1 place"] == means["contains"] == means["citation precision"] == 1
    assert means["right page"] == 1 and means["not retrieved"] == 0
    assert means["declined unanswerable"] == 1 and means["declined answerable"] == 0
    assert run["complete"] and run["peak_bytes"] > 1e8 and run["seconds_by_stage"]["total"]["count"] == 2
    assert "password" not in run["settings"]
    (written,) = folder.glob("eval-*.json")
    assert json.loads(written.read_text(encoding="utf-8")) == run
    assert "Thomas Vane" in written.with_suffix(".html").read_text(encoding="utf-8")
    assert main(["eval", str(file), "--search-only", "--against", str(written), "--output", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "2 questions in both" in out and "within noise" in out and "contains an expected" not in out
    assert len(list(folder.glob("eval-*.html"))) == 2 and "written:" in err


def test_eval_keeps_what_was_measured_when_it_is_stopped(environment, tmp_path, capsys, monkeypatch) -> None:
    file, search = write_set(environment), Assistant.search

    def stop_at_the_second(self, query: str, *rest, **narrow):
        if "football" in query:
            raise KeyboardInterrupt
        return search(self, query, *rest, **narrow)

    monkeypatch.setattr(Assistant, "search", stop_at_the_second)
    assert main(["eval", str(file), "--search-only", "--output", str(tmp_path / "runs")]) == 130
    out, err = capsys.readouterr()
    assert "Stopped before the end: interrupted" in out and "1 of 2 questions" in err
    (written,) = (tmp_path / "runs").glob("*.json")
    assert json.loads(written.read_text(encoding="utf-8"))["complete"] is False


def test_a_set_is_made_where_answers_hold_and_never_over_a_file(
    environment, tmp_path, capsys, shelf, monkeypatch
) -> None:
    replies = {
        "Thomas Vane": "Question: Which man looked after the lamp before 1902?\nAnswer: Thomas Vane",
        "mortar": "Question: What did the stuff for the joints cost in pounds?\nAnswer: 7,250 pounds",  # it was 6,250
    }

    class Chat:
        def invoke(self, messages):
            return SimpleNamespace(content=next(r for key, r in replies.items() if key in messages[-1].content))

    monkeypatch.setitem(shelf._loaded, "chat", Chat())
    file = tmp_path / "made.jsonl"
    assert main(["eval", "--make", str(file), "--count", "5"]) == 0
    (example,) = read_set(file)
    assert example.question.startswith("Which man") and example.answers == ("Thomas Vane",)
    assert example.sources == ("keeper.txt",) and example.places == (Place(lines=(1, 1)),)
    made = file.read_bytes()
    assert main(["eval", "--make", str(file)]) == 2
    assert "not overwritten" in capsys.readouterr().err and file.read_bytes() == made


def test_thumbs_grow_a_set(environment, tmp_path, capsys) -> None:
    assistant = Assistant(load_settings(), create=False)
    conversations = assistant.library.conversations
    cited = {"number": 1, "source": "/x/keeper.txt", "place": {}, "quote": "The first keeper", "support": 1.0}
    key = conversations.add(conversations.start("t"), "Who kept it?", {"answer": "Vane.", "citations": [cited]})
    conversations.thumb(key, 1)
    assistant.close()
    file = tmp_path / "set.jsonl"
    assert run_json(capsys, "eval", "--grow", str(file))["added"] == 1
    assert run_json(capsys, "eval", "--grow", str(file))["added"] == 0
    assert read_set(file)[0].passages == ("The first keeper",)


def test_export_status_and_forget(environment, capsys) -> None:
    exported = run_json(capsys, "export", "keeper.txt")
    assert set(exported) == {"source", "modality", "language", "unread", "segments"}
    assert "Thomas Vane" in exported["segments"][0]["text"]
    status = run_json(capsys, "status")
    assert status["sources"] == 2 and {file["status"] for file in status["files"]} == {"indexed"}
    assert run_json(capsys, "doctor")["healthy"]
    assert run_json(capsys, "forget", str(environment / "keeper.txt"))["forgotten"] == [str(environment / "keeper.txt")]
    assert run_json(capsys, "search", "keeper Vane", "--source", "mortar.txt")["hits"]
    assert all("Vane" not in hit["text"] for hit in run_json(capsys, "search", "keeper Vane")["hits"])
    assert run_json(capsys, "doctor", "--repair")["healthy"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", ""], 2, "question is empty"),
        (["ask", "x" * 100_000], 2, "100,000 characters"),
        (["ask", "who?", "--source", "nothing.pdf"], 2, "nothing.pdf"),
        (["search", "x", "-k", "0"], 2, "between 1 and"),
        (["search"], 2, "--image"),
        (["search", "--image", "nowhere.png"], 2, "nowhere.png"),
        (["export", "nothing.pdf"], 2, "nothing.pdf"),
        (["export", "keeper.txt", "--format", "srt"], 2, "no times"),
        (["forget", "nothing.pdf"], 2, "nothing.pdf"),
        (["backup", "/"], 2, "not overwritten"),
        (["bundle", "/"], 2, "not overwritten"),
        (["unbundle", "nowhere.zip", "--library", "/nowhere/at/all"], 2, "nowhere.zip"),
        (["status", "--library", "/nowhere/at/all"], 3, "no library"),
        (["index", "nowhere", "--watch"], 2, "nowhere does not exist"),
        (["ask", "who?", "--conversation", "none-such"], 2, "none-such"),
        (["ask", "who?", "--conversation", "last"], 2, "--conversation new"),
        (["eval"], 2, "Name a question set"),
        (["eval", "nowhere.jsonl"], 2, "nowhere.jsonl"),
        (["eval", "x.jsonl", "--make", "y.jsonl"], 2, "--make FILE"),
        (["eval", "x.jsonl", "-k", "0"], 2, "between 1 and"),
        (["eval", "--make", "new.jsonl", "--count", "0"], 2, "count is 0"),
        (["serve", "--port", "99999"], 2, "no port 99999"),
    ],
)
def test_wrong_use_is_one_clear_line(environment, capsys, arguments, code, says) -> None:
    capsys.readouterr()
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err and "Traceback" not in err and len(err.strip().splitlines()) == 1


def test_speakers_are_listed_and_named(environment, tmp_path, capsys) -> None:
    library = Library(tmp_path / "library")
    cues = (Cue(0, 2, "The bridge is closed.", "Speaker 1"),)
    segment = Segment("call", 0, "audio", "", Place(start=0, end=2), kind="speech", cues=cues)
    library.extend(
        Source("call", "audio", "audio/wav", 1), FileRecord("/call.wav", "indexed", "audio", "call"), [segment], {}, {}
    )
    library.close()
    assert main(["speakers", "/call.wav"]) == 0 and "Speaker 1\n" in capsys.readouterr().out
    named = [{"heard": "Speaker 1", "name": "Anna Berg"}]
    assert run_json(capsys, "speakers", "call.wav", "Speaker 1=Anna Berg")["speakers"] == named
    assert run_json(capsys, "export", "call.wav")["speakers"] == named
    assert main(["export", "call.wav"]) == 0 and "Anna Berg: The bridge" in capsys.readouterr().out
    assert main(["speakers", "call.wav", "Anna"]) == 2 and "Speaker 2=Anna" in capsys.readouterr().err
    assert main(["speakers", str(environment / "keeper.txt")]) == 0 and "Nobody" in capsys.readouterr().out


def test_forget_deletes_the_copy_of_an_upload(environment, tmp_path, capsys) -> None:
    (kept,) = keep([str(environment / "keeper.txt")], tmp_path / "library" / "uploads")
    assert main(["index", str(kept)]) == 0
    assert run_json(capsys, "forget", str(kept))["forgotten"] == [str(kept)]
    assert not kept.exists() and (environment / "keeper.txt").exists()


def test_watching_keeps_stdout_one_json_document(environment, capsys, monkeypatch) -> None:
    def changes(*paths, **_):
        (environment / "new.txt").write_bytes(b"")
        yield {paths}

        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    capsys.readouterr()
    assert main(["index", str(environment), "--watch", "--json"]) == 130
    out, err = capsys.readouterr()
    assert json.loads(out)["unchanged"] == 2
    assert "new.txt" in err


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [False, True])  # how soon the probe in the background has failed
def test_a_chat_model_that_cannot_be_loaded_stops_nothing_but_answers(tmp_path, capsys, monkeypatch, at_once) -> None:
    if at_once:
        monkeypatch.setattr("pipelines.asking.abilities.measure_soon", measure_now)
    choice = {"library": str(tmp_path), "chat": "gguf:/nope.gguf", "port": 8765}
    assistant = Assistant(load_settings(choice))
    warming = threading.Thread(target=warm, args=(assistant,))
    warming.start()
    warming.join()
    assistant.close()
    said = capsys.readouterr().err
    assert "nope.gguf" in said and "Traceback" not in said and len(said.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_chat_model_that_is_trusted_with_nothing_is_not_loaded_before_it_is_asked(tmp_path) -> None:
    assistant = Assistant(load_settings({"library": str(tmp_path), "models": str(MODELS)}))
    assistant.warm()
    loaded = {model.role: model.loaded for model in assistant.models()}
    assistant.close()
    assert loaded["text"] and not loaded["chat"]


def test_progress_takes_names_with_markup(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    name = "/x/[red]\x1b[2J.xlsx"
    events = [FilesFound(1, 9), FileStarted(name), FileAdvanced(name, 1, Place(sheet="[/b]"))]
    assert index_with_progress(events) == []
    shown = capsys.readouterr().err
    assert "[red]" in shown and "sheet [/b]" in shown and "\x1b[2J" not in shown


def test_the_bar_counts_each_file_once_and_only_what_can_be_asked(monkeypatch) -> None:
    counted = []

    def update(_: object, __: object, completed: int | None = None, segments: int = 0, **others: object) -> None:
        if completed is not None:
            counted.append((completed, segments))

    monkeypatch.setattr("rich.progress.Progress.update", update)
    ends = [
        ("talk", "draft", 3),
        ("note", "indexed", 2),
        ("talk", "indexed", 5),
        ("old", "removed", 0),
        ("x", "failed", 0),
    ]
    records = [FileRecord(f"/{name}", status, "document", segments=segments) for name, status, segments in ends]
    assert index_with_progress(map(FileFinished, records)) == [records[2], records[1], *records[3:]]
    assert counted == [(1, 3), (2, 5), (2, 7), (2, 7), (3, 7)]


@pytest.mark.slow
def test_help_and_wrong_words_in_a_new_process() -> None:
    done = subprocess.run([sys.executable, "-m", "app", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for command in (
        "index",
        "search",
        "ask",
        "eval",
        "export",
        "speakers",
        "status",
        "forget",
        "doctor",
        "backup",
        "bundle",
        "models",
        "serve",
    ):
        assert f"\n    {command} " in done.stdout
    wrong = subprocess.run([sys.executable, "-m", "app", "fly"], cwd=ROOT, capture_output=True, text=True)
    assert wrong.returncode == 2 and "Traceback" not in wrong.stderr


def test_a_damaged_catalogue_makes_the_library_unusable_and_is_no_bug(environment, tmp_path, capsys) -> None:
    for name in ("catalogue.sqlite-wal", "catalogue.sqlite-shm"):
        (tmp_path / "library" / name).unlink(missing_ok=True)
    path = tmp_path / "library" / "catalogue.sqlite"
    damaged = bytearray(path.read_bytes())
    damaged[2 * 4096 : 12 * 4096] = b"\xff" * 10 * 4096  # the rows of sources; it can still be opened
    path.write_bytes(damaged)
    assert main(["status"]) == 3
    assert "doctor" in capsys.readouterr().err


def test_the_ledger_can_be_narrowed_exported_and_tried_again(environment, capsys) -> None:
    (environment / "empty.pdf").touch()
    run_json(capsys, "index", str(environment))
    assert [Path(f["path"]).name for f in run_json(capsys, "status", "--only", "failed")["files"]] == ["empty.pdf"]
    assert main(["status", "--csv"]) == 0
    assert capsys.readouterr().out.count("\r\n") >= 4
    assert main(["status"]) == 0
    assert "2 of 3 files indexed, 1 failed" in capsys.readouterr().out
    report = run_json(capsys, "retry")
    assert (report["failed"], report["files"][0]["tries"]) == (1, 2)


def test_what_could_not_be_read_in_a_file_is_said_wherever_the_file_is_told_of(environment, capsys) -> None:
    pages = [PdfPage().line(60, 100, "The bell of the light weighs 412 kilograms."), PdfPage().line(60, 100, "No.")]
    damaged_pages(make_pdf(environment / "bell.pdf", pages), 2)
    said = "Not read: page 2 (damaged)."
    report = run_json(capsys, "index", str(environment))
    assert [file["reason"] for file in report["files"] if file["status"] == "partial"] == [said]
    assert run_json(capsys, "export", "bell.pdf")["unread"] == said
    assert run_json(capsys, "export", "keeper.txt")["unread"] == ""
    assert main(["export", "bell.pdf"]) == 0
    printed = capsys.readouterr()
    assert "412 kilograms" in printed.out and f"bell.pdf was read in part. {said}" in printed.err
    assert main(["status"]) == 0
    told = capsys.readouterr().out
    assert "3 files indexed, 1 in part" in told and f"bell.pdf  ({said})" in told
    question = ["ask", "How much does the bell of the light weigh?", "--conversation", "new"]
    assert main(question) == 0
    told = capsys.readouterr()
    assert f"bell.pdf was read in part. {said}" in told.out
    library = Library(environment.parent / "library")
    (turn,) = library.conversations.turns(told.err.rpartition("Conversation: ")[2].strip())
    assert from_kept(turn, library).unread == (f"bell.pdf was read in part. {said}",)
    library.close()
    assert main(["ask", "Who was the first keeper of the light?"]) == 0
    cited = capsys.readouterr().out
    assert ("was read in part" in cited) == ("bell.pdf" in cited)
