"""Conversations in the library: kept, found again, changed, and gone when they are deleted."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.history import as_kept, attached, earlier_turns, from_kept, keep_turn
from indexes.errors import LibraryError, UsageError
from indexes.library import Library
from indexes.records import FileRecord, Place, Segment, Source
from pipelines.records import Answer, Check, Citation, Evidence, Result

TEXT = "The lamp burns oil. It was lit in 1871."


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path / "library")
    yield library
    library.close()


def an_answer(library: Library) -> Answer:
    """An answer over one file that really is in the library."""
    source = Source("ab" * 32, "document", "application/pdf", 9)
    file = FileRecord("/d/lamp.pdf", "indexed", "document", source.id, segments=1)
    library.add(source, file, [Segment(source.id, 0, "document", TEXT, Place(page=3))], {})
    (segment,) = library.catalogue.segments_of(source.id)
    result = Result(segment, library.catalogue.sources()[source.id], 1, 0.5, {"text": 1, "keywords": 2})
    cited = Citation(1, 0, 19, "It was lit in 1871.", 0.9, None, Place(page=3))
    checks = (Check(0, 19, 0.9, True), Check(24, 38, 0.1, False, ("2 is not in the sources",)))
    seconds = {"retrieve": 0.1, "first_token": 0.5, "total": 1.0}
    text = "It was lit in 1871. [1] It has 2 doors."
    evidence = (Evidence(1, result, ("It was lit in 1871.",)),)
    return Answer("And when?", text, False, (cited,), evidence, seconds, "m", checks, "When was the lamp lit?")


def test_a_conversation_is_kept_listed_renamed_and_deleted(library) -> None:
    kept = library.conversations
    first, second = kept.start("What  burns\nin the lamp? " + "x" * 500), kept.start("Another")
    key = kept.add(first, "What burns?", {"answer": "Öl [1]"})
    assert [each.id for each in kept.list()] == [first, second]  # the one that was gone on with first
    listed = kept.get(first)
    assert listed.turns == 1 and listed.title.startswith("What burns in the lamp? xx") and len(listed.title) == 120
    assert [turn.answer for turn in kept.turns(first)] == [{"answer": "Öl [1]"}] and kept.turns(second) == ()
    kept.rename(first, "Oil")
    assert kept.get(first).title == "Oil"
    kept.delete(first)
    assert [each.id for each in kept.list()] == [second]
    with pytest.raises(UsageError):
        kept.turn(key)
    assert kept.clear() == 1 and kept.list() == ()


def test_what_was_deleted_is_nowhere_in_the_files(library) -> None:
    kept = library.conversations
    for words in ("walrus", "ostrich"):
        conversation = kept.start(f"Who is the {words}?")
        for _ in range(30):
            kept.add(conversation, f"Who is the {words}?", {"answer": f"{words} " * 700})
        in_files = [words.encode() in file.read_bytes() for file in library.folder.glob("catalogue.sqlite*")]
        assert any(in_files)
        if words == "walrus":
            kept.delete(conversation)
        else:
            kept.clear()
        assert not [f for f in library.folder.glob("catalogue.sqlite*") if words.encode() in f.read_bytes()]


def test_thumbs_are_given_changed_and_taken_back(library) -> None:
    kept = library.conversations
    conversation = kept.start("q")
    first, second = (kept.add(conversation, "q", {}) for _ in range(2))
    kept.thumb(first, 1)
    kept.thumb(second, -1)
    kept.thumb(first, -1)
    assert [(turn.key, turn.thumb) for turn in kept.thumbs()] == [(first, -1), (second, -1)]
    kept.thumb(first, 0)
    assert [turn.key for turn in kept.thumbs()] == [second]
    for turn, value in ((first, 2), (999, 1)):
        with pytest.raises(UsageError):
            kept.thumb(turn, value)


@pytest.mark.parametrize("what", ["get", "turns", "delete", "add", "rename"])
def test_unknown_conversations_are_named(library, what) -> None:
    more = {"add": ("q", {}), "rename": ("t",)}.get(what, ())
    with pytest.raises(UsageError, match="nowhere"):
        getattr(library.conversations, what)("nowhere", *more)


@pytest.mark.slow
def test_many_threads_write_while_another_connection_indexes(library) -> None:
    """Turns are kept meanwhile, and no cache of vectors is told that it is behind."""
    other = Library(library.folder)
    conversation = library.conversations.start("q")
    generation = library.catalogue.generation

    def index() -> None:
        for number in range(20):
            other.record(FileRecord(f"/d/{number}", "failed"))

    indexing = threading.Thread(target=index)
    indexing.start()
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda n: library.conversations.add(conversation, str(n), {}), range(60)))
    indexing.join()
    other.close()
    assert len(set(keys)) == 60 == len(library.conversations.turns(conversation))
    assert library.catalogue.generation == generation + 20


def test_a_library_that_cannot_be_written_says_so(library) -> None:
    library.catalogue.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(LibraryError, match="history=off"):
        library.conversations.start("q")


def test_an_answer_comes_back_as_it_was(library) -> None:
    answer = an_answer(library)
    conversation, key = keep_turn(library, "", answer, ["mine.pdf"])
    (turn,) = library.conversations.turns(conversation)
    assert (turn.key, turn.question, attached(turn)) == (key, "And when?", ("mine.pdf",))
    again = from_kept(turn, library)
    (evidence,) = again.evidence
    assert (again.text, again.citations, again.checks, again.asked, again.seconds) == (
        (answer.text, answer.citations, answer.checks, answer.asked, answer.seconds)
    )
    assert evidence.result.segment == answer.evidence[0].result.segment and evidence.result.source.id == "ab" * 32
    assert evidence.sentences == answer.evidence[0].sentences
    (told,) = earlier_turns([again])
    assert (told.asked, told.files) == ("When was the lamp lit?", ("lamp.pdf",))


def test_what_has_left_the_library_keeps_its_words_and_its_name(library) -> None:
    conversation, _ = keep_turn(library, "", an_answer(library))
    library.forget("/d/lamp.pdf")
    (turn,) = library.conversations.turns(conversation)
    (evidence,) = from_kept(turn, library).evidence
    assert evidence.result.source.id == "" and evidence.result.segment.id is None
    assert (evidence.result.source.path, evidence.result.segment.text) == ("/d/lamp.pdf", TEXT)
    assert evidence.result.place == Place(page=3)


def test_citations_without_offsets_follow_their_marks(library) -> None:
    answer = replace(an_answer(library), text="It was lit in 1871. [1] It burns oil. [1]")
    document = as_kept(replace(answer, citations=answer.citations * 2))
    for entry in document["citations"]:
        del entry["start"], entry["end"]
    conversation = library.conversations.start("q")
    library.conversations.add(conversation, "q", document)
    (turn,) = library.conversations.turns(conversation)
    assert [answer.text[c.end :][:4] for c in from_kept(turn, library).citations] == [" [1]", " [1]"]
    assert len({c.end for c in from_kept(turn, library).citations}) == 2


@pytest.mark.parametrize("broken", ["{}", '{"answer": "x", "evidence": [{}], "citations": 3, "sentences": [1]}'])
def test_a_turn_of_another_version_still_shows_its_words(library, broken) -> None:
    document = json.loads(broken)
    conversation = library.conversations.start("q")
    library.conversations.add(conversation, "q", document)
    again = from_kept(library.conversations.turns(conversation)[0], library)
    assert again.text == document.get("answer", "") and again.evidence == () == again.citations == again.checks


def test_a_conversation_that_was_deleted_meanwhile_begins_anew(library) -> None:
    answer = an_answer(library)
    conversation, _ = keep_turn(library, "", answer)
    assert keep_turn(library, conversation, answer)[0] == conversation
    library.conversations.delete(conversation)
    anew, _ = keep_turn(library, conversation, answer)
    assert anew != conversation and [each.id for each in library.conversations.list()] == [anew]
