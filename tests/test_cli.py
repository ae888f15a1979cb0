"""The command line as scripts see it: JSON on stdout, exit codes, clear errors."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.cli import main
from app.progress import index_with_progress
from app.server import warm
from app.settings import load_settings
from app.uploads import keep
from indexes.records import Place
from pipelines.records import FileAdvanced, FilesFound, FileStarted

ROOT = Path(__file__).parent.parent


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
    assert set(report["files"][0]) == {"path", "status", "modality", "segments", "seconds", "stage", "reason"}
    reasons = {Path(file["path"]).name: file["reason"] for file in report["files"]}
    assert "empty" in reasons["empty.pdf"] and "does not exist" in reasons["nothing"]


def test_search_gives_hits_of_the_contract(environment, capsys) -> None:
    found = run_json(capsys, "search", "who was the keeper?", "-k", "1")
    (hit,) = found["hits"]
    assert found["query"] == "who was the keeper?"
    assert {"rank", "score", "source", "modality", "place", "text", "found_by"} <= set(hit)
    assert hit["source"] == str(environment / "keeper.txt")
    assert set(hit["found_by"]) == {"text", "keywords"}
    assert hit["place"] == {"lines": [1, 1]}
    narrowed = run_json(capsys, "search", "keeper", "--source", "mortar*")
    assert {hit["source"] for hit in narrowed["hits"]} == {str(environment / "mortar.txt")}
    assert run_json(capsys, "search", "keeper", "--modality", "image")["hits"] == []


def test_ask_cites_the_file_and_the_words(environment, capsys) -> None:
    answer = run_json(capsys, "ask", "Who was the first keeper of the light?")
    assert set(answer) == {"question", "answer", "abstained", "citations", "evidence", "seconds", "model"}
    assert "Vane" in answer["answer"] and not answer["abstained"]
    citation = answer["citations"][0]
    assert citation["source"] == str(environment / "keeper.txt")
    assert "Thomas Vane" in citation["quote"] and citation["support"] > 0.5
    assert f"[{citation['number']}]" in answer["answer"]
    assert citation["number"] in {evidence["number"] for evidence in answer["evidence"]}
    assert set(answer["seconds"]) == {"retrieve", "first_token", "total"}


def test_ask_in_the_terminal_prints_the_answer_and_where_it_stands(environment, capsys) -> None:
    capsys.readouterr()
    assert main(["ask", "Who was the first keeper of the light?"]) == 0
    printed = capsys.readouterr().out
    assert "Vane" in printed and "keeper.txt" in printed and "“" in printed


def test_a_question_about_something_else_is_not_answered(environment, capsys) -> None:
    answer = run_json(capsys, "ask", "Which football club won the championship in Brazil?")
    assert answer["abstained"] and answer["citations"] == []


def test_export_status_and_forget(environment, capsys) -> None:
    exported = run_json(capsys, "export", "keeper.txt")
    assert set(exported) == {"source", "modality", "language", "segments"}
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
        (["status", "--library", "/nowhere/at/all"], 3, "no library"),
        (["index", "nowhere", "--watch"], 2, "nowhere does not exist"),
        (["serve", "--port", "99999"], 2, "no port 99999"),
    ],
)
def test_wrong_use_is_one_clear_line(environment, capsys, arguments, code, says) -> None:
    capsys.readouterr()
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err and "Traceback" not in err and len(err.strip().splitlines()) == 1


def test_forget_deletes_the_copy_of_an_upload(environment, tmp_path, capsys) -> None:
    (kept,) = keep([str(environment / "keeper.txt")], tmp_path / "library" / "uploads")
    assert main(["index", str(kept)]) == 0
    assert run_json(capsys, "forget", str(kept))["forgotten"] == [str(kept)]
    assert not kept.exists() and (environment / "keeper.txt").exists()


def test_watching_keeps_stdout_one_json_document(environment, capsys, monkeypatch) -> None:
    def changes(*paths, **_):
        (environment / "new.txt").write_bytes(b"")
        yield {paths}

    monkeypatch.setattr("watchfiles.watch", changes)
    capsys.readouterr()
    assert main(["index", str(environment), "--watch", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["unchanged"] == 2
    assert "new.txt" in err


def test_a_chat_model_that_cannot_be_loaded_stops_nothing_but_answers(tmp_path, capsys) -> None:
    choice = {"library": str(tmp_path), "chat": "gguf:/nope.gguf", "port": 8765}
    assistant = Assistant(load_settings(choice))
    warming = threading.Thread(target=warm, args=(assistant,))
    warming.start()
    warming.join()
    assistant.close()
    said = capsys.readouterr().err
    assert "nope.gguf" in said and "Traceback" not in said and len(said.strip().splitlines()) == 1


def test_progress_takes_names_with_markup(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    name = "/x/[red]\x1b[2J.xlsx"
    events = [FilesFound(1, 9), FileStarted(name), FileAdvanced(name, 1, Place(sheet="[/b]"))]
    assert index_with_progress(events) == []
    shown = capsys.readouterr().err
    assert "[red]" in shown and "sheet [/b]" in shown and "\x1b[2J" not in shown


def test_help_and_wrong_words_in_a_new_process() -> None:
    done = subprocess.run([sys.executable, "-m", "app", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("index", "search", "ask", "export", "status", "forget", "doctor", "models", "serve"):
        assert f"\n    {command} " in done.stdout
    wrong = subprocess.run([sys.executable, "-m", "app", "fly"], cwd=ROOT, capture_output=True, text=True)
    assert wrong.returncode == 2 and "Traceback" not in wrong.stderr


def test_a_damaged_catalogue_makes_the_library_unusable_and_is_no_bug(environment, tmp_path, capsys) -> None:
    for name in ("catalogue.sqlite-wal", "catalogue.sqlite-shm"):
        (tmp_path / "library" / name).unlink(missing_ok=True)
    path = tmp_path / "library" / "catalogue.sqlite"
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * len(damaged[4096:])
    path.write_bytes(damaged)
    assert main(["status"]) == 3
    assert "doctor" in capsys.readouterr().err
