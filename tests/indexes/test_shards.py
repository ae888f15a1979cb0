"""Words that stand in several tables are found, counted, erased and carried as if they stood in one."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from indexes import shards
from indexes.bundles import bundle, unbundle
from indexes.database import Database
from indexes.errors import UsageError
from indexes.library import Library
from indexes.migrations import MIGRATIONS
from indexes.records import FileRecord, Segment, Source

WORDS = "harbour lamp keeper tide signal tower engine stair glass oil wind rope".split()


def fill(library: Library, sources: int, each: int = 4) -> None:
    """Texts of the same length, of words of which some are rare."""
    chance = random.Random(5)
    with library.writing():
        library.open_space("text", "m", 8)
        for number in range(sources):
            texts = [" ".join(chance.choices(WORDS, range(1, 13), k=8)) for _ in range(each)]
            segments = [Segment(f"s{number}", i, "document", f"{text} only{number}") for i, text in enumerate(texts)]
            source = Source(f"s{number}", "document", "text/plain", 1)
            library.add(source, FileRecord(f"/files/{number}", "indexed", source_id=f"s{number}"), segments, {})


@pytest.fixture
def parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """20 sources of 4 segments, in shards of 16."""
    monkeypatch.setattr(shards, "SPAN", 16)
    library = Library(tmp_path / "parted")
    fill(library, 20)
    yield library
    library.close()


def holding(library: Library, word: str) -> list[str]:
    return [path.name for path in library.folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def firsts(library: Library) -> list[int]:
    return [shard.first for shard in shards.shards(library.catalogue.connection)]


@pytest.mark.parametrize("question", ["harbour", "harbour lamp", "the keeper of the tower and the rope", "only19 wind"])
def test_several_tables_find_what_one_would_find(parted: Library, tmp_path: Path, monkeypatch, question: str) -> None:
    assert firsts(parted) == [0, 16, 32, 48, 64, 80]
    monkeypatch.setattr(shards, "SPAN", 999)
    whole = Library(tmp_path / "whole")
    fill(whole, 20)
    assert firsts(whole) == [0]
    for scope in ({}, {"glob": "/files/1*"}):
        for k in (3, 99):
            expected = whole.search_keywords(question, k, whole.scope(**scope))
            found = parted.search_keywords(question, k, parted.scope(**scope))
            assert expected and [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], rel=1e-6)
            if k == 99:
                scores = {hit.segment_id: hit.score for hit in expected}
                assert {hit.segment_id: hit.score for hit in found} == pytest.approx(scores, rel=1e-6)
    whole.close()


def test_common_words_are_left_out_of_several_tables_too(parted: Library, monkeypatch) -> None:
    every = parted.search_keywords("rope only7", 99)
    monkeypatch.setattr("indexes.keywords.MOST_ROWS", 8)
    parted.keywords = type(parted.keywords)()
    few = parted.search_keywords("rope only7", 2)
    assert {hit.segment_id for hit in few} <= {hit.segment_id for hit in every[:4]} and few[0].score > 0


def test_only_the_tables_are_rewritten_of_which_something_goes(parted: Library) -> None:
    assert holding(parted, "only7") == ["catalogue.sqlite"]
    with parted.writing():
        parted.forget("/files/7")
        assert [shard.first for shard in shards.uncleared(parted.catalogue.connection)] == [16, 32]
    assert holding(parted, "only7") == [] and parted.search_keywords("only7", 9) == []
    assert shards.uncleared(parted.catalogue.connection) == [] and shards.check(parted.catalogue.connection) == ""
    assert len(parted.search_keywords("only6 only8", 99)) == 8


def test_several_tables_are_rewritten_when_somebody_wants_it(parted: Library) -> None:
    with parted.writing():
        for path in ("/files/1", "/files/19"):
            parted.forget(path)
    assert holding(parted, "only19") == ["catalogue.sqlite"]  # half a second each: not after each change
    with parted.writing():
        parted.erase()
    assert holding(parted, "only19") == holding(parted, "only1 ") == []


def test_a_source_of_many_segments_stands_in_as_many_tables_as_it_fills(parted: Library) -> None:
    fill(parted, 21, each=40)  # the first 20 are there already
    assert firsts(parted) == [0, 16, 32, 48, 64, 80, 96, 112]
    assert len(parted.search_keywords("only20", 99)) == 40 and shards.check(parted.catalogue.connection) == ""


@pytest.mark.parametrize("damage", ["DROP TABLE keywords_from_32_data", "DELETE FROM keywords_from_32_config"])
def test_any_table_is_made_anew(parted: Library, damage: str) -> None:
    parted.close()
    with sqlite3.connect(parted.catalogue.path) as raw:
        raw.execute(damage)
    raw.close()
    assert shards.check(parted.catalogue.connection)
    with parted.catalogue.transaction() as connection:
        shards.rebuild(connection)
    assert shards.check(parted.catalogue.connection) == ""
    assert firsts(parted) == [0, 17, 33, 49, 65] and len(parted.search_keywords("only9", 9)) == 4


def test_a_library_from_before_there_were_several_keeps_one_until_it_is_made_anew(tmp_path: Path, monkeypatch) -> None:
    old = Database(tmp_path / "catalogue.sqlite", MIGRATIONS[:8])
    with old.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('left behind', 1)")
        connection.execute("INSERT INTO sources VALUES (1, 'a', 'document', 'text/plain', 1, '', '', 0, NULL)")
        for i in range(6):
            connection.execute(
                "INSERT INTO segments(source, position, modality, heading, text, place, member, marks)"
                f" VALUES (1, {i}, 'document', '', 'old words {i}', '{{}}', '', '[]')"
            )
        connection.execute("INSERT INTO keywords(rowid, heading, text) SELECT id, heading, text FROM segment_words")
    old.close()
    monkeypatch.setattr(shards, "SPAN", 4)
    library = Library(tmp_path)
    assert [shard.first for shard in shards.uncleared(library.catalogue.connection)] == [0]
    fill(library, 1)
    assert firsts(library) == [0, 7] and shards.check(library.catalogue.connection) == ""
    assert len(library.search_keywords("old only0", 99)) == 10
    with library.catalogue.transaction() as connection:
        shards.rebuild(connection)
    assert firsts(library) == [0, 5, 9] and shards.check(library.catalogue.connection) == ""
    assert len(library.search_keywords("old only0", 99)) == 10
    library.close()


def test_a_bundle_carries_several_tables_and_nothing_under_their_names(parted: Library, tmp_path: Path) -> None:
    bundle(parted, tmp_path / "whole.zip")
    unbundle(tmp_path / "whole.zip", tmp_path / "taken")
    taken = Library(tmp_path / "taken")
    assert firsts(taken) == [0, 17, 33, 49, 65] and len(taken.search_keywords("only9", 9)) == 4
    taken.close()
    connection = parted.catalogue.connection
    unbelieved = [
        "DELETE FROM shards WHERE first = 0; INSERT INTO shards VALUES (-1, 0)",
        "WITH RECURSIVE n(x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM n WHERE x < 200) INSERT INTO shards"
        " SELECT x, 0 FROM n",
        "DELETE FROM shards WHERE first = 32",
    ]
    for number, altered in enumerate(unbelieved):
        kept = connection.execute("SELECT first, removed FROM shards").fetchall()
        connection.executescript(altered)
        bundle(parted, tmp_path / f"{number}.zip")
        with pytest.raises(UsageError, match="other tables"):
            unbundle(tmp_path / f"{number}.zip", tmp_path / "refused")
        connection.execute("DELETE FROM shards")
        connection.executemany("INSERT INTO shards VALUES (?, ?)", [tuple(row) for row in kept])
    connection.executescript(
        "DROP VIEW segment_words_from_32;"
        "CREATE VIEW segment_words_from_32 AS SELECT id, heading, 'other' AS text FROM segments;"
    )
    bundle(parted, tmp_path / "altered.zip")
    with pytest.raises(UsageError, match="other tables"):
        unbundle(tmp_path / "altered.zip", tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
