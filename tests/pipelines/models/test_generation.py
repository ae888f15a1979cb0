from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from pipelines.errors import ModelUnavailable
from pipelines.models.generation import LlamaCppChat
from pipelines.models.shelf import ModelShelf

CAPITAL = [HumanMessage("What is the capital of France? One word.")]
COUNT = [HumanMessage("Count from one to one hundred in English words.")]


@pytest.fixture(scope="session")
def llama(shelf: ModelShelf) -> LlamaCppChat:
    assert isinstance(shelf.chat, LlamaCppChat)
    return shelf.chat


def _writing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "chat writer"]


def test_the_built_in_model_answers(llama: LlamaCppChat) -> None:
    assert "Paris" in str(llama.invoke(CAPITAL).content)


def test_history_and_system_message_are_read(llama: LlamaCppChat) -> None:
    messages = [
        SystemMessage("The password is heron. Reply with one word only."),
        HumanMessage("What colour is snow?"),
        AIMessage("White"),
        HumanMessage("What is the password?"),
    ]
    assert "heron" in str(llama.invoke(messages).content).lower()


def test_an_answer_streams_and_ends_with_its_timings(llama: LlamaCppChat) -> None:
    chunks = list(llama.stream(COUNT, stop=["six"]))
    text = "".join(str(chunk.content) for chunk in chunks).lower()
    assert len([chunk for chunk in chunks if chunk.content]) > 3
    assert "five" in text and "six" not in text
    timings = [chunk.response_metadata["timings"] for chunk in chunks if "timings" in chunk.response_metadata]
    assert len(timings) == 1 and timings[0]["predicted_n"] > 3


def test_its_speed_is_known_after_it_was_warmed(shelf: ModelShelf, llama: LlamaCppChat) -> None:
    llama.warm([SystemMessage("You answer questions about the birds of remote islands. " * 8), HumanMessage("")])
    assert shelf.chat_speed is not None
    read, written = shelf.chat_speed
    assert read > written > 0
    assert shelf.timed(iter(()), "a prompt") is not None and shelf.chat_speed == (read, written)


def test_closing_the_stream_stops_the_model(llama: LlamaCppChat) -> None:
    stream = llama.stream(COUNT)
    begun = str(next(stream).content)
    writer = _writing()[-1]
    stream.close()  # type: ignore[attr-defined]
    writer.join(timeout=60)
    assert not writer.is_alive() and "hundred" not in begun
    assert "Paris" in str(llama.invoke(CAPITAL).content)


def test_two_answers_at_once_do_not_mix(llama: LlamaCppChat) -> None:
    answers: dict[str, str] = {}

    def ask(country: str) -> None:
        answers[country] = str(llama.invoke([HumanMessage(f"What is the capital of {country}? One word.")]).content)

    threads = [threading.Thread(target=ask, args=(country,)) for country in ("France", "Japan", "Italy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "Paris" in answers["France"] and "Tokyo" in answers["Japan"] and "Rome" in answers["Italy"]


def test_a_prompt_that_was_warmed_is_not_read_again(llama: LlamaCppChat) -> None:
    fixed = SystemMessage("You answer questions about the weather on remote islands. " * 12)
    llama.warm([fixed, HumanMessage("")])
    reply = llama.invoke([fixed, HumanMessage("Does it rain? Yes or no?")], stop=[".", ","])
    timings = reply.response_metadata["timings"]
    assert timings["cache_n"] > 100 > timings["prompt_n"]


def test_a_prompt_that_does_not_fit_is_explained(llama: LlamaCppChat) -> None:
    with pytest.raises(ModelUnavailable, match=r"could not answer: .*context"):
        llama.invoke([HumanMessage("word " * 6000)])


def test_its_server_says_no_without_the_key(llama: LlamaCppChat) -> None:
    url, _ = llama.endpoint
    assert url.startswith("http://127.0.0.1:")
    request = urllib.request.Request(
        f"{url}/chat/completions", b'{"messages": []}', {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)
    assert refusal.value.code == 401


def test_openai_dialect_through_langchain(llama: LlamaCppChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, key = llama.endpoint
    monkeypatch.setenv("OPENAI_API_KEY", key)
    shelf = ModelShelf({"chat": f"openai:some-model@{url}"}, tmp_path)
    chunks = [str(chunk.content) for chunk in shelf.chat.stream("Count from one to five in words.")]
    assert len(chunks) > 3 and "three" in "".join(chunks).lower()
    assert shelf.name("chat") == "openai:some-model"


def test_llama_prints_nothing_and_leaves_quietly_amid_an_answer(llama: LlamaCppChat) -> None:
    program = (
        "from pathlib import Path\n"
        "from pipelines.models.generation import LlamaCppChat\n"
        f"model = LlamaCppChat(path=Path({str(llama.path)!r}))\n"
        "stream = model.stream('Count from one to one hundred in English words.')\n"
        "print(len([next(stream) for _ in range(3)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot be read"), (b"PK\3\4", "is no GGUF"), (b"GGUF", "cannot be loaded")]
)
def test_a_file_that_is_no_model_is_explained(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "x.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=reason) as failure:
        LlamaCppChat(path=path)
    assert str(path) in str(failure.value)
