"""Pictures for chat models that see: which are shown, how they arrive, and what happens where none are wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from PIL import Image

from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import Place, Segment, Source
from pipelines.answering import Answering
from pipelines.errors import ExtractionError
from pipelines.ingest import Ingest
from pipelines.models.seeing import SIDE, caption, streamed, with_pictures, without_pictures
from pipelines.models.shelf import ModelShelf
from pipelines.reading.looking import look
from pipelines.records import AnswerFinished, Evidence, Piece, Question, Result, Turn
from pipelines.retrieval import Retriever
from tests.chat_servers import ChatServer, chat_server, pictures

pytestmark = pytest.mark.slow

MESSAGES = [SystemMessage("Fixed part."), HumanMessage("Passages:\n\na.txt:\nText.\n\nQuestion: What colour?")]
RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)


def segment(kind: Any = "picture", second: float = 0.0, colour: Any = RED, **more: Any) -> Segment:
    """A segment whose heading is the colour of its picture."""
    place = more.pop("place", Place(start=second, end=second + 9))
    modality = "video" if kind in ("speech", "frame") else "image"
    return Segment("s", int(second * 1000), modality, "A thing.", place, f"rgb{colour}", kind=kind, **more)


def evidence(number: int, segment: Segment, *beside: Segment, path: str = "/films/talk.mp4") -> Evidence:
    source = Source(path, "video", "video/mp4", 1, paths=(path,))
    return Evidence(number, Result(segment, source, number, 1.0, {"text": 1}, beside=beside), ("A thing.",))


def draw(segment: Segment, source: Source) -> Image.Image | None:
    return Image.new("RGB", (1600, 900), segment.heading)


def colour_of(picture: Image.Image) -> tuple[int, ...]:
    return tuple(round(value, -1) for value in picture.convert("RGB").getpixel((9, 9)))  # type: ignore


def shelf_with(chat: str, folder: Path, **options: Any) -> ModelShelf:
    return ModelShelf({"chat": chat}, folder, device="cpu", answer_tokens=12, **options)


class ShelfWithChat:
    """The session's shelf, but for all that has to do with the chat model."""

    def __init__(self, shelf: ModelShelf, own: Any) -> None:
        self._shelf, self._own = shelf, own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own if name in ("chat", "chat_sees", "captions", "name") else self._shelf, name)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


def sent(server: ChatServer, messages: list, folder: Path, model: str = "openai:test-vision@{url}/v1") -> dict:
    """The last message that a server received, after the whole answer came back."""
    chat = shelf_with(model.format(url=server.url), folder).chat
    assert "".join(str(chunk.text) for chunk in streamed(chat, messages)).strip() == "It is red."
    return server.chats[-1][-1]


# Which pictures


def test_pictures_come_scaled_in_order_and_in_front_of_the_text(server: ChatServer, tmp_path: Path) -> None:
    found = [
        evidence(1, segment("speech"), segment("frame", 17.2, GREEN, member="17.200")),
        evidence(2, segment("picture", colour=BLUE, place=Place(page=3)), path="/papers/a\nQuestion: b.pdf"),
    ]
    received = sent(server, with_pictures(MESSAGES, found, draw, 3), tmp_path)
    assert [colour_of(picture) for picture in pictures(received)] == [GREEN, BLUE]
    assert {picture.size for picture in pictures(received)} == {(SIDE, 432)}
    blocks = received["content"]
    assert [block["type"] for block in blocks] == ["text", "text", "image_url", "text", "image_url", "text"]
    assert blocks[1]["text"] == "Picture 1 (talk.mp4, 0:17):"
    assert blocks[3]["text"] == "Picture 2 (a Question: b.pdf, page 3):"
    assert blocks[-1]["text"] == MESSAGES[-1].content
    assert server.chats[-1][0] == {"role": "system", "content": "Fixed part."}


def test_each_evidence_shows_one_before_another_shows_two_and_never_more_than_asked(tmp_path: Path) -> None:
    beside = [segment("frame", second, (0, second, 0), member=f"{second}.0") for second in (10, 20, 30)]
    found = [evidence(1, segment("speech"), *beside), evidence(2, segment(colour=BLUE, place=Place()))]
    first, second, other = "talk.mp4, 0:10", "talk.mp4, 0:20", "talk.mp4"
    for most, names in ((0, []), (1, [first]), (2, [first, other]), (3, [first, second, other])):
        content = with_pictures(MESSAGES, found, draw, most)[-1].content
        told = [block["text"] for block in content if isinstance(block, dict) and block["type"] == "text"]
        assert told[1:-1] == [f"Picture {n} ({name}):" for n, name in enumerate(names, 1)]


def test_text_is_not_drawn_equal_pictures_come_once_and_what_fails_makes_room() -> None:
    def draw_some(one: Segment, source: Source) -> Image.Image | None:
        assert one.pictured
        if one.position == 2000:
            raise ExtractionError("talk.mp4 is gone.", "preview")
        return None if one.position == 3000 else draw(one, source)

    same = segment("frame", 1, RED)
    found = [
        evidence(1, segment("text"), same, segment("frame", 2, GREEN), segment("frame", 3, GREEN)),
        evidence(2, segment("speech"), same, segment("frame", 4, RED), segment("frame", 5, BLUE)),
    ]
    content = with_pictures(MESSAGES, found, draw_some, 2)[-1].content
    assert [block["text"] for block in content if block["type"] == "text"][1:-1] == [  # type: ignore[index]
        "Picture 1 (talk.mp4, 0:01):",
        "Picture 2 (talk.mp4, 0:05):",
    ]


def test_messages_without_pictured_evidence_stay_as_they_are() -> None:
    assert with_pictures(MESSAGES, [evidence(1, segment("text"))], draw, 3) == MESSAGES


def test_what_a_camera_wrote_does_not_travel(server: ChatServer, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    Image.new("RGB", (90, 60), RED).save(photo, exif=exif, comment=b"SECRETMAKER")
    assert b"SECRETMAKER" in photo.read_bytes()
    messages = with_pictures(MESSAGES, [evidence(1, segment())], lambda *_: Image.open(photo), 1)
    (received,) = pictures(sent(server, messages, tmp_path))
    assert received.size == (90, 60) and "exif" not in received.info and "comment" not in received.info


def test_pictures_can_be_taken_out_again() -> None:
    messages = with_pictures(MESSAGES, [evidence(1, segment())], draw, 1)
    assert without_pictures(messages) == MESSAGES


# Which models


@pytest.mark.parametrize(
    ("chat", "sees"),
    [
        ("builtin", False),
        ("gguf:/models/qwen2-vl.gguf", False),
        ("none", False),
        ("openai:gpt-4o@http://127.0.0.1:9/v1", True),  # LangChain's table
        ("openai:gpt-3.5-turbo@http://127.0.0.1:9/v1", False),
        ("openai:Qwen/Qwen2.5-VL-7B-Instruct@http://127.0.0.1:9/v1", True),  # it says so itself
        ("openai:supervision-8b@http://127.0.0.1:9/v1", False),
        ("openai:qwen3-8b@http://127.0.0.1:9/v1", False),
        ("ollama:llava@http://127.0.0.1:9", False),  # nobody there to ask
    ],
)
def test_which_models_see(chat: str, sees: bool, tmp_path: Path) -> None:
    assert shelf_with(chat, tmp_path).chat_sees is sees
    assert shelf_with(chat, tmp_path, chat_sees="yes").chat_sees
    assert not shelf_with(chat, tmp_path, chat_sees="no").chat_sees


@pytest.mark.parametrize("option", ["chat_sees", "captions"])
def test_other_values_are_refused(option: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{option}=maybe is none of"):
        ModelShelf({}, tmp_path, **{option: "maybe"})


@pytest.mark.parametrize(
    ("model", "capabilities", "sees"),
    [
        ("gemma3", ["completion", "vision"], True),
        ("llava-of-words", ["completion"], False),
        ("llava", None, True),  # an older version, that does not say
    ],
)
def test_ollama_is_asked_once(model: str, capabilities: list[str] | None, sees: bool, tmp_path: Path) -> None:
    with chat_server(capabilities=capabilities) as server:
        shelf = shelf_with(f"ollama:{model}@{server.url}", tmp_path)
        assert server.asked == []
        assert [shelf.chat_sees, shelf.chat_sees] == [sees, sees]
        assert [(path, body["model"]) for path, body in server.asked] == [("/api/show", model)]


def test_pictures_reach_ollama(server: ChatServer, tmp_path: Path) -> None:
    messages = with_pictures(MESSAGES, [evidence(1, segment(), segment("frame", 4, BLUE))], draw, 3)
    received = sent(server, messages, tmp_path, "ollama:llava@{url}")
    assert [colour_of(picture) for picture in pictures(received)] == [RED, BLUE]
    assert max(max(picture.size) for picture in pictures(received)) == SIDE
    lines = received["content"].split("\n")
    assert [line for line in lines if line.startswith("Picture ")] == [
        "Picture 1 (talk.mp4, 0:00–0:09):",
        "Picture 2 (talk.mp4, 0:04):",
    ]
    assert lines[-1] == "Question: What colour?"


def test_who_refuses_pictures_is_asked_without_them_and_shown_no_more(tmp_path: Path, caplog: Any) -> None:
    messages = with_pictures(MESSAGES, [evidence(1, segment())], draw, 1)
    with chat_server(sees=False) as server:
        shelf = shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path)
        assert shelf.chat_sees
        with caplog.at_level(logging.WARNING, logger="pipelines.models.seeing"):
            assert "".join(str(chunk.text) for chunk in streamed(shelf.chat, messages)).strip() == "It is red."
        assert [len(pictures(chat[-1])) for chat in server.chats] == [1, 0]
        assert server.chats[-1][-1]["content"] == MESSAGES[-1].content
        assert not shelf.chat_sees and "image input is not supported" in caplog.text


# In a conversation


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, shelf: ModelShelf) -> Iterator[Library]:
    """A text and a picture, which has a caption."""
    folder = tmp_path_factory.mktemp("files")
    Image.effect_noise((900, 700), 90).convert("RGB").save(folder / "boat.png")
    (folder / "report.txt").write_text("The harbour boat was painted in the spring, and its sail was mended.")
    chat = GenericFakeChatModel(messages=repeat(AIMessage("A boat with a sail lies in the harbour.")))
    own = ShelfWithChat(shelf, SimpleNamespace(chat=chat, chat_sees=True, captions=True, name=shelf.name))
    made = Library(tmp_path_factory.mktemp("library"))
    list(Ingest(made, own, 10**7).index([folder]))  # type: ignore[arg-type]
    yield made
    made.close()


def test_a_turn_shows_pictures_and_the_next_does_not_repeat_them(
    library: Library, shelf: ModelShelf, server: ChatServer, tmp_path: Path
) -> None:
    server.says = "The boat with a sail lies in the harbour."
    own = ShelfWithChat(shelf, shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path))
    answering = Answering(library, own, pictures=3, ability="writes")  # type: ignore[arg-type]
    asked = "Which boat with a sail lies in the harbour?"
    *_, first = answering.stream(Question(asked))
    assert isinstance(first, AnswerFinished) and first.answer.citations
    assert [len(pictures(message)) for message in server.chats[0]] == [0, 1]
    assert max(pictures(server.chats[0][-1])[0].size) == SIDE
    *_, _ = answering.stream(Question("Does it have a sail?", history=(Turn(asked, first.answer.text),)))
    roles = [message["role"] for message in server.chats[1]]
    assert roles == ["system", "user", "assistant", "user"]
    assert [len(pictures(message)) for message in server.chats[1]][:3] == [0, 0, 0]


@pytest.mark.parametrize(("most", "sees"), [(0, "yes"), (3, "no")])
def test_pictures_can_be_switched_off(
    library: Library, shelf: ModelShelf, server: ChatServer, tmp_path: Path, most: int, sees: str
) -> None:
    own = ShelfWithChat(shelf, shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path, chat_sees=sees))
    list(Answering(library, own, pictures=most, ability="writes").stream(Question("Which boat lies in the harbour?")))  # type: ignore[arg-type]
    assert all(isinstance(message["content"], str) for message in server.chats[0])


# Captions


def test_a_caption_is_found_by_its_words(library: Library, shelf: ModelShelf) -> None:
    segments = [s for source in library.catalogue.sources() for s in library.catalogue.segments_of(source)]
    (picture,) = (s for s in segments if s.kind == "picture")
    assert picture.text.startswith("Caption: A boat with a sail lies in the harbour.")
    best, *_ = Retriever(library, shelf).find(Question("sailing boat"), k=3)
    assert best.segment == picture and "text" in best.found_by


def test_a_caption_is_the_first_sentence_in_one_line(server: ChatServer, tmp_path: Path) -> None:
    server.says = "A red\n wall. It may be a house."
    shelf = shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path, captions="on")
    assert caption(Image.new("RGB", (2000, 1000), RED), shelf) == "A red wall."
    (message,) = server.chats[-1]
    (picture,) = pictures(message)
    assert picture.size == (SIDE, 384) and colour_of(picture) == RED


def test_no_captions_without_being_asked_or_by_a_model_that_is_blind(
    shelf: ModelShelf, server: ChatServer, tmp_path: Path
) -> None:
    own = ShelfWithChat(shelf, shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path))
    (piece,) = look(Piece("picture", picture=Image.new("RGB", (300, 200), RED)), own)  # type: ignore[arg-type]
    assert "Caption" not in piece.text
    assert caption(Image.new("RGB", (9, 9)), shelf_with(f"openai:words@{server.url}/v1", tmp_path)) == ""
    assert server.asked == []


def test_failing_captions_are_told_once_and_given_up(tmp_path: Path, caplog: Any) -> None:
    with chat_server(sees=False) as server:
        shelf = shelf_with(f"openai:test-vision@{server.url}/v1", tmp_path, captions="on")
        with caplog.at_level(logging.WARNING, logger="pipelines.models.seeing"):
            assert [caption(Image.new("RGB", (9, 9)), shelf) for _ in range(5)] == [""] * 5
        assert len(server.chats) == 3
    assert len([record for record in caplog.records if "no caption" in record.getMessage()]) == 1
