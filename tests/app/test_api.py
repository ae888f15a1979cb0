"""The web API: the contract's JSON, server-sent events, ranges, and who may call it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.assistant import Assistant
from app.server import build_app
from app.settings import load_settings
from app.uploads import keep
from indexes.errors import LibraryError
from pipelines.records import Answer, AnswerFinished, EvidenceFound, Question, TextDelta
from pipelines.tracing import Trace

TEXT = "The first keeper of the light was Thomas Vane. He stayed for 31 years."


@contextmanager
def served(folder: Path, shelf) -> Iterator[TestClient]:
    """A server whose library holds two files below the folder."""
    files = folder / "files"
    files.mkdir()
    (files / "keeper.txt").write_text(TEXT)
    (files / "page.html").write_text("<title>Page</title><p>The gallery has 12 windows.</p><script>alert(1)</script>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.assistant.ModelShelf", lambda *_: shelf)
        assistant = Assistant(load_settings({"library": str(folder / "library")}))
    with TestClient(build_app(assistant), base_url="http://127.0.0.1:7860") as client:
        client.folder = folder  # type: ignore[attr-defined]
        client.job = indexed(client, files)  # type: ignore[attr-defined]
        yield client
    assistant.close()


def indexed(client: TestClient, path: Path) -> dict[str, Any]:
    """The job that has indexed it."""
    job = client.post("/api/index", json={"paths": [str(path)]}).json()
    while (job := client.get(f"/api/jobs/{job['id']}").json())["state"] in ("waiting", "running"):
        time.sleep(0.01)
    return job


@pytest.fixture(scope="module")
def client(tmp_path_factory, shelf):
    """For tests that leave its library as it was."""
    with served(tmp_path_factory.mktemp("server"), shelf) as client:
        yield client


@pytest.fixture
def own_client(tmp_path, shelf):
    with served(tmp_path, shelf) as client:
        yield client


def source_id(client: TestClient, name: str) -> str:
    return next(s["id"] for s in client.get("/api/sources").json()["sources"] if s["path"].endswith(name))


def test_jobs_index_and_tell_what_became_of_each_file(client) -> None:
    assert client.job["state"] == "done" and client.job["indexed"] == 2
    assert client.get("/api/health").json()["status"] == "ok"
    assert len(client.get("/api/status").json()["files"]) == 2


def test_search_and_ask_speak_the_contract(client) -> None:
    hits = client.post("/api/search", json={"query": "first keeper", "k": 1}).json()["hits"]
    assert hits[0]["text"] == TEXT
    answer = client.post("/api/ask", json={"question": "Who was the first keeper of the light?"}).json()
    assert "Vane" in answer["answer"] and answer["citations"][0]["source"].endswith("keeper.txt")


def test_answers_stream_as_events_that_add_up(client) -> None:
    body = {"question": "How long did the first keeper stay?", "history": [{"question": "Hello?", "answer": "Hi."}]}
    with client.stream("POST", "/api/ask", json=body, headers={"Accept": "text/event-stream"}) as response:
        blocks = "".join(response.iter_text()).strip().split("\n\n")
    events = [
        (b.split("\n")[0].removeprefix("event: "), json.loads(b.split("\n")[1].removeprefix("data: "))) for b in blocks
    ]
    assert [name for name, _ in events[:2]] == ["evidence", "quotes"] and events[-1][0] == "answer"
    assert "31 years" in events[1][1]["answer"] and events[1][1]["citations"]
    assert "31 years" in events[-1][1]["answer"]


def test_a_failure_on_the_way_is_told_as_an_event(client, monkeypatch) -> None:
    def ask(self, question):
        yield EvidenceFound(())
        raise ValueError("nobody expected this")

    monkeypatch.setattr("app.assistant.Assistant.ask", ask)
    body, headers = {"question": "Who kept the light?"}, {"Accept": "text/event-stream"}
    with client.stream("POST", "/api/ask", json=body, headers=headers) as response:
        told = "".join(response.iter_text())
    assert "event: error" in told and "nobody expected" not in told


def test_a_question_with_broken_characters_is_asked_and_endless_history_is_not(client) -> None:
    broken = json.dumps({"question": "Who was the first kee\0per \ud800of the light?"})
    answer = client.post("/api/ask", content=broken, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    history = [{"question": "word " * 2_000, "answer": ""}]
    assert client.post("/api/ask", json={"question": "and why?", "history": history}).status_code == 422
    history = [{"question": "1", "answer": "One. " * 200_000}] * 10
    assert client.post("/api/ask", json={"question": "1+1", "history": history}).status_code == 200


@pytest.fixture
def asked(monkeypatch) -> list[Question]:
    """The questions that reach the assistant, which answers each with a sentence and says how it came about."""
    questions: list[Question] = []

    def ask(self, question):
        questions.append(question)
        trace = Trace(asked=question.text, prompt=f"Answer: {question.text}", seconds={"retrieval": 0.1})
        yield EvidenceFound(())
        yield TextDelta("For 31 years.")
        yield AnswerFinished(Answer(question.text, "For 31 years.", False, (), (), {"total": 0.1}, "m", trace=trace))

    monkeypatch.setattr("app.assistant.Assistant.ask", ask)
    return questions


def test_a_conversation_is_kept_gone_on_with_rated_and_deleted(client, asked) -> None:
    first = client.post("/api/ask", json={"question": "Who was the keeper?", "conversation": "new"}).json()
    conversation, turn = first["conversation"], first["turn"]
    body = {"question": "How long did he stay?", "conversation": conversation}
    with client.stream("POST", "/api/ask", json=body, headers={"Accept": "text/event-stream"}) as response:
        last = "".join(response.iter_text()).strip().split("\n\n")[-1]
    second = json.loads(last.split("data: ", 1)[1])
    assert second["conversation"] == conversation
    assert [told.question for told in asked[1].history] == ["Who was the keeper?"] and asked[0].history == ()
    (listed,) = client.get("/api/conversations").json()["conversations"]
    assert (listed["id"], listed["title"], listed["turns"]) == (conversation, "Who was the keeper?", 2)
    assert client.post(f"/api/conversations/{conversation}/turns/{turn}/thumb", json={"value": -1}).status_code == 200
    kept = client.get(f"/api/conversations/{conversation}").json()["turns"]
    assert [(each["key"], each["thumb"]) for each in kept] == [(turn, -1), (second["turn"], 0)]
    assert kept[1]["answer"]["answer"] == "For 31 years." and "prompt" not in json.dumps(kept)
    assert client.delete(f"/api/conversations/{conversation}").json() == {"deleted": 1}
    assert client.get(f"/api/conversations/{conversation}").status_code == 400
    client.post("/api/ask", json={"question": "Who was the first keeper?", "conversation": "new"})
    client.post("/api/ask", json={"question": "Who was the first keeper?"})  # is not kept
    assert client.delete("/api/conversations").json() == {"deleted": 1}
    assert client.get("/api/conversations").json() == {"conversations": []}


def test_an_answer_is_explained_where_that_is_asked_for(client, asked) -> None:
    question = {"question": "How long did he stay?"}
    assert "trace" not in client.post("/api/ask", json=question).json()
    trace = client.post("/api/ask", json={**question, "explain": True}).json()["trace"]
    assert trace["prompt"] == "Answer: How long did he stay?" and trace["seconds"] == {"retrieval": 0.1}


def test_a_library_that_cannot_be_written_still_answers(client, asked, monkeypatch) -> None:
    def full(*_):
        raise LibraryError("The disk is full.")

    monkeypatch.setattr("app.api.keep_turn", full)
    answer = client.post("/api/ask", json={"question": "How long?", "conversation": "new"}).json()
    assert answer["answer"] == "For 31 years." and answer["warning"] == "The disk is full."


def test_media_comes_in_ranges_and_what_could_run_is_a_download(client) -> None:
    media = client.get(f"/api/media/{source_id(client, 'keeper.txt')}", headers={"Range": "bytes=4-8"})
    assert (media.status_code, media.text) == (206, TEXT[4:9])
    page = client.get(f"/api/media/{source_id(client, 'page.html')}")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/media/" + "0" * 64).status_code == 404


@pytest.mark.parametrize("way", ["{}", "/{}", "../../../..{}", "..", "../", "..\\..\\{}", "{}\0"])
def test_only_ids_lead_to_files(client, way) -> None:
    (client.folder / "secret.txt").write_text("not for you")
    for name in ("secret.txt", "files/keeper.txt"):
        path = quote(way.format(client.folder / name), safe="").replace(".", "%2e")
        response = client.get(f"/api/media/{path}")
        assert response.status_code == 404
        assert "not for you" not in response.text and TEXT not in response.text


def test_forgetting_an_upload_deletes_the_copy_and_nothing_else(own_client) -> None:
    file = own_client.folder / "files" / "keeper.txt"
    (kept,) = keep([str(file)], own_client.folder / "library" / "uploads")
    indexed(own_client, kept)
    forgotten = own_client.delete(f"/api/sources/{source_id(own_client, 'keeper.txt')}").json()["forgotten"]
    assert set(forgotten) == {str(kept), str(file)}
    assert not kept.parent.exists() and file.exists()


def test_forgetting_a_source(own_client) -> None:
    assert own_client.delete(f"/api/sources/{source_id(own_client, 'keeper.txt')}").status_code == 200
    hits = own_client.post("/api/search", json={"query": "keeper"}).json()["hits"]
    assert all("Vane" not in hit["text"] for hit in hits)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/api/ask", {"question": "  "}, 400),
        ("POST", "/api/ask", {"question": "x" * 100_000}, 400),
        ("POST", "/api/ask", {"question": "who?", "source": "nothing.pdf"}, 400),
        ("POST", "/api/ask", {}, 422),
        ("POST", "/api/search", {"query": "x", "k": -1}, 400),
        ("POST", "/api/index", {"paths": []}, 400),
        ("GET", "/api/jobs/none", None, 400),
        ("GET", "/api/preview/999999", None, 404),
        ("DELETE", "/api/sources/none", None, 400),
        ("POST", "/api/ask", {"question": "who?", "conversation": "none"}, 400),
        ("GET", "/api/conversations/none", None, 400),
        ("DELETE", "/api/conversations/none", None, 400),
        ("POST", "/api/conversations/none/turns/1/thumb", {"value": 1}, 400),
        ("POST", "/api/conversations/none/turns/1/thumb", {"value": 5}, 422),
    ],
)
def test_wrong_requests_are_explained(client, method, path, body, code) -> None:
    response = client.request(method, path, json=body)
    assert response.status_code == code
    assert "Traceback" not in response.text
    assert code == 422 or response.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:7860"},
        {"Host": "["},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_other_sites_pages_get_nothing(client, headers) -> None:
    assert client.get("/api/status", headers=headers).status_code == 403
    assert client.get("/api/conversations", headers=headers).status_code == 403
    assert client.delete("/api/conversations", headers=headers).status_code == 403
    assert client.post("/api/index", json={"paths": ["/"]}, headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 403


def test_other_sites_may_link_here_but_not_frame_us(client) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    page = client.get("/", headers=visit)
    assert page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
    for address in ("/", "/api/status", f"/api/media/{source_id(client, 'keeper.txt')}"):
        headers = client.get(address).headers
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
    download = client.get(f"/api/media/{source_id(client, 'page.html')}").headers
    assert download["content-security-policy"] == "sandbox"


def test_a_password_is_asked_for_everywhere(tmp_path, shelf, monkeypatch) -> None:
    monkeypatch.setattr("app.assistant.ModelShelf", lambda *_: shelf)
    assistant = Assistant(load_settings({"library": str(tmp_path), "host": "0.0.0.0", "password": "grün"}))
    with TestClient(build_app(assistant), base_url="http://192.168.1.5:7860") as made:
        for path in ("/", "/api/health", "/api/status"):
            assert made.get(path).status_code == 401
            assert made.get(path, auth=("folioscope", "wrong")).status_code == 401
            assert made.get(path, auth=("folioscope", "grün")).status_code == 200
    assistant.close()


def test_thanks_is_answered_at_once(client) -> None:
    answer = client.post("/api/ask", json={"question": "thanks a lot"}).json()
    assert answer["intent"] == "none" and answer["answer"] and answer["evidence"] == []
