"""Forgetting is real: afterwards no byte of the file is found in the library's folder."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.forgetting import forget
from app.history import keep_turn
from app.settings import load_settings
from indexes import shards
from indexes.library import Library
from indexes.records import FileRecord, Segment, Source
from pipelines.records import AnswerFinished, Question

pytestmark = pytest.mark.slow

SECRET = "Zephyrine Quillfeather keeps the vermilion ledger of Oxenwold beneath the ninth stair."
WORDS = ("zephyrine", "quillfeather", "vermilion", "oxenwold")


@pytest.fixture
def assistant(tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "secret.txt").write_text(f"# A note\n\n{SECRET}\n")
    for number in range(20):
        (folder / f"other-{number}.txt").write_text(f"Report {number} about the harbour, its lamps and tides.\n")
    made = Assistant(load_settings({"library": str(tmp_path / "library")}))
    list(made.index([folder]))
    yield made
    made.close()


def traces(folder: Path, words: tuple[str, ...] = WORDS) -> list[str]:
    """Files below a folder in which one of the words stands, whatever its case."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes().lower()
            found += [f"{path.name}: {word}" for word in words if word.encode() in data]
    return found


def test_no_byte_of_a_forgotten_file_is_left(assistant: Assistant, tmp_path: Path) -> None:
    library = assistant.library
    finished = [e for e in assistant.ask(Question("Who keeps the vermilion ledger?")) if isinstance(e, AnswerFinished)]
    conversation, _ = keep_turn(library, "", finished[0].answer)
    secret = tmp_path / "files" / "secret.txt"
    runs = library.folder / "evaluations"
    runs.mkdir()
    (runs / "eval-1.json").write_text(json.dumps({"rows": [{"source": str(secret), "quote": SECRET}]}))
    (runs / "eval-1.html").write_text(SECRET)
    (runs / "eval-2.json").write_text(json.dumps({"rows": []}))
    assert traces(library.folder)
    forget(assistant, str(secret))
    # What the person asked is the person's own, and stays with the conversation until that is deleted.
    assert traces(library.folder) == ["catalogue.sqlite: vermilion"]
    library.conversations.delete(conversation)
    assert traces(library.folder) == []
    assert secret.exists() and (runs / "eval-2.json").exists()
    assert len(library.search_keywords("harbour lamps", 99)) == 20
    assert shards.check(library.catalogue.connection) == ""


def test_an_answer_that_rested_on_a_forgotten_file_goes_with_it(assistant: Assistant, tmp_path: Path) -> None:
    finished = [e for e in assistant.ask(Question("Who keeps the vermilion ledger?")) if isinstance(e, AnswerFinished)]
    _, turn = keep_turn(assistant.library, "", finished[0].answer)
    forget(assistant, str(tmp_path / "files" / "other-3.txt"))
    kept = assistant.library.conversations.turn(turn).answer
    if "other-3" not in json.dumps(kept):
        assert kept["evidence"]
    forget(assistant, "secret.txt")
    assert "was forgotten" in assistant.library.conversations.turn(turn).answer["answer"]


def test_what_a_changed_file_said_before_is_left_nowhere_either(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "files" / "secret.txt").write_text("# A note\n\nThe ledger was returned.\n")
    list(assistant.index([tmp_path / "files"]))
    assert traces(assistant.library.folder) == []


def test_a_copy_that_is_still_known_keeps_its_words(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "files" / "copy.txt").write_bytes((tmp_path / "files" / "secret.txt").read_bytes())
    list(assistant.index([tmp_path / "files"]))
    forget(assistant, str(tmp_path / "files" / "secret.txt"))
    assert len(assistant.library.search_keywords("vermilion", 9)) == 1


def test_a_thousand_segments_leave_no_trace(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    library.open_space("text", "m", 8)
    for name, word in (("a", "marmalade"), ("b", "xylophone")):
        segments = [Segment(name, i, "document", f"{word} {i} " + "words about it " * 40) for i in range(1000)]
        rows = {i: np.full(8, 8**-0.5, np.float32) for i in range(1000)}
        with library.writing():
            file = FileRecord(f"/files/{name}.txt", "indexed", "document", name, segments=1000)
            library.add(Source(name, "document", "text/plain", 1), file, segments, {"text": rows})
    assert traces(library.folder, ("marmalade", "xylophone"))
    with library.writing():
        library.forget("/files/b.txt")
        library.erase()
    assert traces(library.folder, ("xylophone",)) == []
    assert traces(library.folder, ("marmalade",))
    assert library.saved_ids("text")[0].tolist() == list(range(1, 1001))  # type: ignore[union-attr]
    library.close()
