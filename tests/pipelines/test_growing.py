"""Another text or image model: its vectors are made beside those in use, which answer meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from app.assistant import Assistant
from app.cli import main
from app.doctor import examine, reembed
from app.jobs import Job, Jobs
from app.settings import load_settings
from app.ui import tables
from indexes.errors import LibraryBusy, SpaceMismatch
from indexes.library import Library
from indexes.records import FileRecord, Segment, Source
from pipelines import growing
from pipelines.errors import ModelUnavailable
from pipelines.finding.floors import measured
from pipelines.growing import Growth, grow, growths
from pipelines.models.shelf import ModelShelf
from pipelines.records import AnswerFinished, Question
from tests.conftest import MODELS, ROOT
from tests.making_media import make_video

OLD, NEW = "all-MiniLM-L6-v2+multilingual-e5-small", "multilingual-e5-small"
KEEPER = "The first keeper of the light was Thomas Vane. He stayed for 31 years."
TEXTS = (
    KEEPER,
    "Lime mortar needs frost-free weather and sets slowly behind wet sacking.",
    "The ferry crosses the sound twice a day and carries sheep and letters.",
    "Granite for the lower courses was floated over on rafts at spring tide.",
    "The fog signal was a gun at first, later a bell, and in the end a horn.",
    "Gannets nest on the western stack and dive for herring from thirty metres.",
)


@pytest.fixture(scope="module")
def other() -> Iterator[ModelShelf]:
    """The same models, but another for texts."""
    made = ModelShelf({"text": "builtin:multilingual"}, MODELS, device="cpu")
    yield made
    made.release("text")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    for number, text in enumerate(TEXTS):
        (made / f"{number}.txt").write_text(text)
    return made


@pytest.fixture
def assistant(tmp_path: Path, shelf: ModelShelf, other: ModelShelf, folder: Path) -> Iterator[Assistant]:
    """A library that the first model filled, after the other was set."""
    made = Assistant(load_settings({"library": str(tmp_path / "library"), "text": "builtin:multilingual"}))
    made.shelf = shelf
    list(made.index([folder]))
    made.shelf = other
    yield made
    made.close()


def unhealthy(assistant: Assistant) -> list[str]:
    return [finding.what for finding in examine(assistant) if not finding.healthy]


def found_by(assistant: Assistant, question: str, file: str) -> dict[str, int]:
    """How the first result came about, which must stand in this file."""
    first = assistant.search(question, 3)[0]
    assert Path(first.source.path).name == file, first
    return dict(first.found_by)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that new vectors are made of, as they come."""
    texts: list[str] = []
    made = growing.text_vectors

    def counting(segments: list[Segment], embedder: Any) -> Any:
        texts.extend(segment.text for segment in segments)
        return made(segments, embedder)

    monkeypatch.setattr(growing, "text_vectors", counting)
    return texts


def spaces(library: Library) -> list[tuple[str, str, int, int]]:
    rows = library.catalogue.connection.execute("SELECT name, model, vectors, growing FROM spaces ORDER BY key")
    return [tuple(row) for row in rows]


def cli(library: Library, *arguments: str, text: str = "builtin:multilingual") -> subprocess.Popen[str]:
    environment = {**os.environ, "FOLIOSCOPE_TEXT": text, "FOLIOSCOPE_MODELS": str(MODELS), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "app", *arguments, "--library", str(library.folder)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What is started in the background of a shell inherits that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_questions_are_answered_and_files_come_and_go_while_new_vectors_grow(
    assistant: Assistant, folder: Path, shelf: ModelShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "BATCH", 2)
    library, texts = assistant.library, counted(monkeypatch)
    reader = Library(library.folder)
    assert found_by(assistant, "Who looked after the lighthouse?", "0.txt").keys() >= {"text"}
    (saved,) = (library.folder / "faiss").iterdir()

    events = assistant.grow()
    first, second = next(events), next(events)
    assert (first.says, second.says) == ("new text vectors: 33 %", "new text vectors: 66 %")
    with pytest.raises(LibraryBusy, match="being made by another process"):
        next(assistant.grow())

    # Added, changed and forgotten meanwhile: found and gone at once, as ever.
    (folder / "new.txt").write_text("The museum was given six prisms by the widow of an engineer.")
    (folder / "5.txt").write_text("Puffins dig burrows into the turf above the landing.")
    list(assistant.index([folder]))
    assistant.forget(str(folder / "1.txt"))
    assert found_by(assistant, "Which gift did the collection receive?", "new.txt").keys() >= {"text"}
    assert all("1.txt" not in result.source.path for result in assistant.search("mortar and frost", 9))
    there = {row[0] for row in library.catalogue.connection.execute("SELECT text FROM segments")}
    kept = len(there & set(texts))  # which the first batches made, and nobody took out
    assert len(there) == 6 and spaces(library) == [("text", OLD, 6, 0), ("text", NEW, kept, 1)]
    status = assistant.status()
    assert [space["model"] for space in status["spaces"]] == [OLD]
    assert [(each["name"], each["vectors"], each["of"]) for each in status["growing"]] == [("text", kept, 6)]

    # Another process, too, asks the old vectors by the old model.
    asked = cli(library, "search", "Who looked after the lighthouse?", "--json")
    out, said = asked.communicate(timeout=300)
    hit = json.loads(out)["hits"][0]
    assert hit["source"].endswith("0.txt") and "text" in hit["found_by"]
    assert f"new text vectors: {100 * kept // 6} %; {OLD} answers meanwhile" in said

    assert {event.name for event in events} == {"text"}
    assert spaces(library) == [("text", NEW, 6, 0)]
    assert len(texts) == len(set(texts)) == 4 + 6 - kept  # nothing is made twice
    assert assistant.growths() == [] and assistant.status()["growing"] == []
    assert not saved.exists() and len(list((library.folder / "faiss").iterdir())) == 1
    execute = library.catalogue.connection.execute
    assert execute("SELECT DISTINCT space FROM codes UNION SELECT space FROM removals").fetchall() == []
    floors = measured(library)
    assert floors is not None and floors.models == (NEW, "")
    assert unhealthy(assistant) == []
    for question, file in (("Who looked after the lighthouse?", "0.txt"), ("博物馆收到了什么礼物？", "new.txt")):
        assert found_by(assistant, question, file).keys() >= {"text"}
    vector = assistant.shelf.text.embed_question("a gift")
    assert len(reader.search_vectors("text", vector, 9, model=NEW)) == 6
    with pytest.raises(SpaceMismatch):
        reader.search_vectors("text", vector, 9, model=OLD)
    reader.close()


def test_a_swap_in_the_middle_of_a_question_costs_nothing(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_vectors, rest = Library.search_vectors, [assistant.grow()]

    def swapped(self: Library, *arguments: Any, **named: Any) -> Any:
        while rest:
            list(rest.pop())
        return search_vectors(self, *arguments, **named)

    monkeypatch.setattr(Library, "search_vectors", swapped)
    assert found_by(assistant, "Who looked after the lighthouse?", "0.txt").keys() >= {"text"}
    assert spaces(assistant.library) == [("text", NEW, 6, 0)]


def test_answers_are_given_and_checked_meanwhile(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = GenericFakeChatModel(messages=iter([AIMessage("The first keeper was Thomas Vane.")] * 2))
    monkeypatch.setitem(assistant.shelf._loaded, "chat", chat)
    for _ in range(2):
        *_, last = assistant.ask(Question("Who was the first keeper of the light?"))
        assert isinstance(last, AnswerFinished)
        assert last.answer.citations and not last.answer.abstained
        list(assistant.grow())


def test_stopped_and_killed_it_goes_on_and_makes_nothing_twice(
    tmp_path: Path, shelf: ModelShelf, other: ModelShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, count = Library(tmp_path / "library"), 384
    texts = [f"Entry {i}: the keeper noted wind force {i % 12} and {i} gulls." for i in range(count)]
    library.open_space("text", OLD, 384)
    segments = [Segment("log", i, "document", text) for i, text in enumerate(texts)]
    vectors = {"text": dict(enumerate(shelf.text.embed_passages(texts)))}
    with library.writing():
        file = FileRecord("/files/log.txt", "indexed", source_id="log", segments=count)
        library.add(Source("log", "document", "text/plain", 1), file, segments, vectors)
    assert next(iter(growths(library, other))).vectors == 0

    ends = []
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        begun = library.catalogue.space("text", growing=True)
        enough = (begun["vectors"] if begun else 0) + 65
        process = cli(library, "doctor", "--reembed")
        while (row := library.catalogue.space("text", growing=True)) is None or row["vectors"] < enough:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal_number)
        _, said = process.communicate(timeout=120)
        ends.append((process.returncode, "What was finished is kept" in said))
        assert len(library.search_vectors("text", vectors["text"][7], 9, model=OLD)) == 9
    assert ends == [(130, True), (-signal.SIGKILL, False)]

    made = library.catalogue.space("text", growing=True)["vectors"]  # type: ignore[index]
    assert 128 <= made < count and made % growing.BATCH == 0
    again = counted(monkeypatch)
    assert [growth.vectors for growth in grow(library, other)][-1] == count
    assert len(again) == count - made and set(again) == set(texts[made:])
    assert spaces(library) == [("text", NEW, count, 0)]
    hit = library.search_vectors("text", other.text.embed_question(texts[100]), 1, model=NEW)[0]
    assert library.catalogue.segments([hit.segment_id])[hit.segment_id].text == texts[100]
    library.close()


def test_what_was_begun_waits_when_the_setting_is_taken_back(
    assistant: Assistant, shelf: ModelShelf, other: ModelShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "BATCH", 2)
    texts = counted(monkeypatch)
    events = assistant.grow()
    next(events)
    events.close()  # type: ignore[attr-defined]
    assistant.shelf = shelf
    assert assistant.growths() == [] and list(assistant.grow()) == [] and unhealthy(assistant) == []
    says = {finding.what: finding.says for finding in examine(assistant)}
    assert says["text model"] == f"{OLD}; 2 vectors by {NEW} are kept in case it is set again"
    assistant.shelf = other
    list(assistant.grow())
    assert len(texts) == len(TEXTS) and unhealthy(assistant) == []


def test_who_writes_is_waited_for_and_what_it_adds_is_caught_up(assistant: Assistant, folder: Path) -> None:
    writer = Library(assistant.library.folder)
    with writing_elsewhere(writer) as finish:
        events = assistant.grow()
        waiting = [next(events) for _ in range(2)][-1]
        assert "is writing" in waiting.waits_for and waiting.waits_for in waiting.says
        writer.open_space("text", OLD, 384)
        source = Source("late", "document", "text/plain", 1)
        late = [Segment("late", 0, "document", "A late entry.")]
        writer.add(source, FileRecord("/late", "indexed", source_id="late"), late, {"text": {0: unit()}})
        finish.set()
        assert [event.vectors for event in events if not event.waits_for] == [7]
    assert spaces(assistant.library) == [("text", NEW, 7, 0)]
    writer.close()


class writing_elsewhere:
    """Another writer of the library, until it is told to finish."""

    def __init__(self, library: Library) -> None:
        self._library, self._begun, self._finish = library, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        with self._library.writing():
            self._begun.set()
            self._finish.wait(60)

    def __enter__(self) -> threading.Event:
        self._thread.start()
        self._begun.wait(60)
        return self._finish

    def __exit__(self, *_: object) -> None:
        self._finish.set()
        self._thread.join()


def unit() -> np.ndarray:
    return np.eye(1, 384, dtype=np.float32)[0]


def test_where_the_old_model_is_gone_words_answer_and_new_files_get_new_vectors(
    assistant: Assistant, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    library, texts = assistant.library, counted(monkeypatch)
    with library.catalogue.transaction() as connection:
        connection.execute("UPDATE spaces SET model = ?", (str(tmp_path / "gone"),))
    assert found_by(assistant, "Who was the first keeper?", "0.txt").keys() <= {"keywords", "rare"}
    (growth,) = assistant.growths()
    assert growth.says.startswith("new text vectors: 0 %; words alone are searched until then: The text model ")
    assert "gone cannot be loaded" in growth.says
    (folder / "new.txt").write_text("The museum was given six prisms by the widow of an engineer.")
    list(assistant.index([folder]))
    assert spaces(library)[1] == ("text", NEW, 1, 1)
    assert found_by(assistant, "Who gave prisms to the museum?", "new.txt").keys() <= {"keywords", "rare"}
    reembed(assistant)
    assert len(texts) == len(TEXTS)  # that of the new file was there
    assert spaces(library) == [("text", NEW, 7, 0)] and unhealthy(assistant) == []
    assert found_by(assistant, "Which gift did the collection receive?", "new.txt").keys() >= {"text"}


def test_a_model_that_is_set_and_cannot_be_loaded_stops_no_question(assistant: Assistant, tmp_path: Path) -> None:
    assistant.shelf = ModelShelf({"text": f"hf:{tmp_path / 'typo'}"}, MODELS, device="cpu")
    assert found_by(assistant, "Who looked after the lighthouse?", "0.txt").keys() >= {"text"}
    with pytest.raises(ModelUnavailable, match="typo cannot be loaded"):
        list(assistant.grow())
    (growth,) = assistant.growths()
    assert "they cannot be made: The text model" in growth.says
    assert [row[:2] for row in spaces(assistant.library)] == [("text", OLD)]
    assistant.shelf.release("text")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, shelf: ModelShelf) -> tuple[Path, Path]:
    """A library with two pictures and a video, and the folder of their files."""
    folder, library = tmp_path_factory.mktemp("seen"), Library(tmp_path_factory.mktemp("library"))
    for name in ("supply-boat.jpg", "lighthouse-at-dusk.jpg"):
        (folder / name).write_bytes((ROOT / "samples" / name).read_bytes())
    make_video(folder / "colours.mp4", [(2, "red"), (2, "blue")])
    assistant = Assistant(load_settings({"library": str(library.folder)}))
    assistant.shelf = shelf
    list(assistant.index([folder]))
    assistant.close()
    library.close()
    return library.folder, folder


def test_pictures_and_frames_grow_from_their_files_and_lose_their_vector_with_them(
    seen: tuple[Path, Path], shelf: ModelShelf, tmp_path: Path, capsys
) -> None:
    (seen[1] / "colours.mp4").rename(tmp_path / "away.mp4")
    assistant = Assistant(load_settings({"library": str(seen[0])}))
    assistant.shelf = shelf
    catalogue = assistant.library.catalogue
    before = {row["key"]: row["vectors"] for row in catalogue.connection.execute("SELECT * FROM spaces")}
    image = catalogue.space("image")
    assert image is not None and image["vectors"] == 4
    with catalogue.transaction():
        catalogue.connection.execute("UPDATE spaces SET model = 'an older one' WHERE name = 'image'")
    result = assistant.search("a sailing boat on the sea")
    assert all("image" not in each.found_by for each in result)
    with pytest.raises(SpaceMismatch, match=r"made by an older one .*doctor --reembed"):
        assistant.search_picture(seen[1] / "supply-boat.jpg")
    (growth,) = assistant.growths()
    assert growth.says.startswith("new image vectors: 0 %; no pictures are searched until then: The picture model")
    assert [(each.name, each.vectors) for each in assistant.grow()] == [("image", 2)]
    image = catalogue.space("image")
    assert image is not None and image["vectors"] == 2 and image["key"] not in before
    assert catalogue.space("text") is None  # there are no words in them
    assert "image" in assistant.search("a sailing boat on the sea")[0].found_by
    assert Path(assistant.search_picture(seen[1] / "supply-boat.jpg", 1)[0].source.path).name == "supply-boat.jpg"
    source = next(each for each in catalogue.sources().values() if each.modality == "video")
    assert catalogue.segments_of(source.id)  # its words are kept

    (tmp_path / "away.mp4").rename(seen[1] / "colours.mp4")
    reembed(assistant)  # where nothing was changed, all is made anew
    assert catalogue.space("image")["vectors"] == 4  # type: ignore[index]
    assert not {row["key"] for row in catalogue.connection.execute("SELECT key FROM spaces")} & {*before, image["key"]}
    assert unhealthy(assistant) == []
    assistant.close()


def test_the_server_makes_them_when_nothing_waits_and_lets_go_for_what_does(
    assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "BATCH", 2)
    begun, go_on, embed = threading.Event(), threading.Event(), growing.text_vectors

    def held(*arguments: Any) -> Any:
        begun.set()
        go_on.wait(120)
        return embed(*arguments)

    monkeypatch.setattr(growing, "text_vectors", held)
    jobs = Jobs(assistant)
    assert begun.wait(120)
    (made,) = jobs.active()
    assert made.work == "growing"
    (folder / "new.txt").write_text("The museum was given six prisms.")
    asked = jobs.submit([str(folder / "new.txt")])
    go_on.set()
    assert asked.finished.wait(120) and asked.state == "done" and made.state == "stopped"
    deadline = time.monotonic() + 120
    while assistant.growths() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert spaces(assistant.library) == [("text", NEW, 7, 0)]
    while jobs.active() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert jobs.active() == []


def test_the_page_and_the_terminal_say_how_far_they_are(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    from app.ui.library import LibraryTab  # Gradio takes seconds

    monkeypatch.setattr(growing, "BATCH", 2)
    events = assistant.grow()
    next(events)
    events.close()  # type: ignore[attr-defined]

    class Idle:
        def active(self) -> list[Job]:
            return []

    tab = LibraryTab(assistant, Idle())  # type: ignore[arg-type]
    assert "6 files indexed · new text vectors: 33 %" in tab.pulse("", "", "all", 0).status
    assert "new text vectors: 33 %" in tab.settings()
    job = Job([], "growing", note="new text vectors: 33 %")
    assert "Making new text vectors: 33 %" in tables.progress([job], None)
    assert "reading" not in tables.status_line({"indexed": 6}, [job], [job.note])
    monkeypatch.setattr("app.assistant.ModelShelf", lambda *_: assistant.shelf)
    assert main(["status", "--library", str(assistant.library.folder)]) == 0
    assert f"new text vectors: 33 % (2 of 6 by {NEW})" in capsys.readouterr().out
    assert "text model" in unhealthy(assistant)


def test_a_growth_never_says_that_it_is_complete() -> None:
    assert Growth("text", "b", 12, 10, "a").says == "new text vectors: 99 %"
    assert Growth("text", "b", 0, 0, "a").says == "new text vectors: 0 %"
