"""What a chat model is given to read: whole passages, as many as its speed and its context allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexes.library import Library
from pipelines.answering import Answering
from pipelines.asking.reading import affordable
from pipelines.ingest import Ingest
from pipelines.models.shelf import ModelShelf
from pipelines.records import Question
from tests.chat_servers import chat_server

ROOMS = ("kitchen", "cellar", "attic", "hall", "study", "workshop", "bathroom", "nursery")


@pytest.mark.parametrize(
    ("speed", "context", "setting", "tokens"),
    [
        (None, 4096, 0, 300),  # not known yet
        ((34.0, 5.0), 4096, 0, 408),  # twelve seconds on two slow cores
        ((400.0, 40.0), 4096, 0, 3196),  # never more than its context holds
        ((4000.0, 90.0), 32_000, 0, 31_100),
        ((34.0, 5.0), 4096, 2000, 2000),  # as a person wants it
    ],
)
def test_a_model_reads_what_it_can_in_time(speed, context, setting, tokens) -> None:
    assert affordable(speed, context, setting) == tokens


def test_a_model_on_a_server_is_taken_for_a_fast_one_at_first() -> None:
    assert affordable(None, 32_000, served=True) == 6_000


def test_a_strong_model_gets_whole_passages_and_writes_as_long_as_it_wants(tmp_path: Path, shelf: ModelShelf) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for room in ROOMS:
        text = f"The paint of the {room} is oak green. It was bought from Hale and Sons. The {room} needs two coats."
        (folder / f"{room}.txt").write_text(text)
    library = Library(tmp_path / "library")
    list(Ingest(library, shelf, 10**7).index([folder]))
    with chat_server() as server:
        server.says = " ".join(f"The paint of the {ROOMS[n % 8]} is oak green." for n in range(60))
        own = ModelShelf({"chat": f"openai:strong@{server.url}/v1"}, shelf.cache, device="cpu")
        answering = Answering(library, own, budget=20_000, ability="writes")
        answer = answering.invoke(Question("list the paint of the kitchen, the cellar and every other place"))
        prompt = server.chats[0][-1]["content"]
    library.close()
    for room in ROOMS:  # each passage whole, also the sentences that were not quoted
        assert f"The {room} needs two coats." in prompt
    assert answer.text.count("is oak green.") >= 60 and answer.model
