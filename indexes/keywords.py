"""Keyword search: SQLite FTS5 with bm25 over the segments' headings and texts.

The index stores no text of its own: it is an FTS5 table with external content, a view over the segments. What is
indexed is `words(text)`: European words as they are (stemmed by FTS5's porter tokenizer) and runs of Chinese,
Japanese and Korean characters as overlapping pairs, so that two-character words match without a dictionary
(the analysis that Lucene calls CJKAnalyzer).
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from itertools import accumulate

from indexes.records import Hit

SCHEMA = """
CREATE VIEW segment_words AS
    SELECT id, words(heading) AS heading, words(text) AS text FROM segments;
CREATE VIRTUAL TABLE keywords USING fts5(
    heading, text, content='segment_words', content_rowid='id',
    tokenize="porter unicode61 remove_diacritics 2");
"""

CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002ffff"
_CJK_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(r"[^\W_]+(?:[^\w\s]+[^\W_]+)*|_")

# Words that a question is made of and that say nothing about what it asks for.
STOPWORDS = frozenset(
    """a about all am an and any are as at be been but by can could did do does doing for from had has have
    he her him his how i if in into is it its me my no nor not of on or our please shall she should so some
    such tell than that the their them then there these they this those to us was we were what when where
    which who whom whose why will with would you your""".split()
)

MOST_ROWS = 4_000  # that bm25 looks at in a search; it takes about a millisecond for each thousand
MOST_KNOWN = 20_000  # words whose rows are remembered
DEEPER = 3  # times as many of them are found where words were left out, which are counted in their texts
HEADING_WEIGHT = 0.5  # a heading repeats on each of its segments, so it says less about any one of them


def words(text: str) -> str:
    """Text as it is indexed: compatibility forms folded, CJK runs as overlapping pairs."""
    return _CJK_RUN.sub(_pairs, unicodedata.normalize("NFKC", text))


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    if len(characters) == 1:
        return f" {characters} "
    return " " + " ".join(characters[i : i + 2] for i in range(len(characters) - 1)) + " "


def content_words(text: str, repeats: bool = False) -> list[str]:
    """The words of a question that carry its meaning, lower case, in order, each once unless `repeats`.

    All of them when nothing but stop words is left.
    """
    found = [word.lower() for word in _WORD.findall(words(text)) if word != "_"]
    found = found if repeats else list(dict.fromkeys(found))
    return [word for word in found if word not in STOPWORDS] or found


def is_cjk(text: str) -> bool:
    """Mostly Chinese, Japanese or Korean."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and sum(map(len, _CJK_RUN.findall(text))) > 0.3 * letters


def share(asked: Collection[str], text: str) -> float:
    """How many of the content words asked stand in a text, as a share; words of five letters or more agree in their
    beginnings. Nothing of the text is split: this is done for each of a hundred hits of each question."""
    text = _folded(text)
    return sum(_stands_in(word, text) for word in asked) / max(1, len(asked))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def _stands_in(word: str, text: str) -> bool:
    sought = word[:5]
    at = text.find(sought)
    if at < 0 or (not word.isascii() and _CJK_RUN.match(word)):
        return at >= 0  # no space parts words there
    while at >= 0:
        end = at + len(sought)
        if (at == 0 or not text[at - 1].isalnum()) and (len(word) >= 5 or not text[end : end + 1].isalnum()):
            return True
        at = text.find(sought, at + 1)
    return False


def search_terms(question: str, stands: Callable[[str], bool]) -> dict[str, str]:
    """Quoted FTS5 terms of a question, each with the word that it is made of. `stands` tells whether a quoted term
    stands anywhere in the library.

    A compound such as SKU-6678 is searched as a whole where it stands somewhere, else by its parts: counted as both,
    it would outvote the other words.
    """
    terms: dict[str, str] = {}
    for word in content_words(question):
        parts = re.findall(r"[^\W_]+", word)
        if len(parts) > 1 and not stands(_quoted(word)):
            terms.update({_quoted(part): part for part in parts if len(part) > 1})
        elif len(word) == 1 and _CJK_RUN.fullmatch(word):
            terms[_quoted(word) + "*"] = word
        else:
            terms[_quoted(word)] = word
    return terms


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _affordable(rows: Mapping[str, int]) -> set[str]:
    """The rarest terms, until so many rows hold one of them, and always one. Small libraries leave out none."""
    rare = sorted(rows, key=lambda term: rows[term])
    total = accumulate(rows[term] for term in rare)
    return {*rare[:1], *(term for term, so_far in zip(rare, total, strict=True) if so_far <= MOST_ROWS)}


def _idf(segments: int, holding: float) -> float:
    """What a word weighs, as FTS5's bm25 has it."""
    return max(1e-6, math.log((segments - holding + 0.5) / (holding + 0.5)))


class KeywordIndex:
    """The words of all segments. Writes happen inside the caller's transaction."""

    name = "keywords"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: int | None = None
        self._counted: dict[str, tuple[int, int]] = {}

    def add(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        """Index segments that are already in the catalogue."""
        connection.executemany(
            "INSERT INTO keywords(rowid, heading, text) SELECT id, heading, text FROM segment_words WHERE id = ?",
            [(i,) for i in ids],
        )

    def remove(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        """Forget segments: to be called while they still are in the catalogue, as FTS5 needs their words."""
        connection.executemany(
            "INSERT INTO keywords(keywords, rowid, heading, text)"
            " SELECT 'delete', id, heading, text FROM segment_words WHERE id = ?",
            [(i,) for i in ids],
        )

    def erase(self, connection: sqlite3.Connection) -> None:
        """Rewrite the index without what was removed: until then FTS5 only marks it. Takes about two seconds for
        100,000 segments. (Its option secure-delete takes eight milliseconds for each segment, and makes an index that
        SQLite before 3.42 cannot read.)"""
        connection.execute("INSERT INTO keywords(keywords) VALUES('optimize')")

    def search(
        self, connection: sqlite3.Connection, question: str, k: int, where: str = "", values: Sequence[object] = ()
    ) -> list[Hit]:
        """The k best segments for any of the words, best first; score is bm25, larger is better.

        `where` narrows by a condition on the columns of `segments` with its `values`.
        """
        terms = search_terms(question, lambda term: self._rows(connection, term, 1)[0] > 0)
        rows = {term: self._known_rows(connection, term) for term in terms}
        rare = _affordable({term: count for term, (count, _) in rows.items() if count})
        if not rare:
            return []
        left = {terms[term]: counted for term, counted in rows.items() if counted[0] and term not in rare}
        condition = f" AND rowid IN (SELECT id FROM segments WHERE {where})" if where else ""
        found = connection.execute(
            f"SELECT rowid, -bm25(keywords, {HEADING_WEIGHT}, 1.0) AS score FROM keywords"
            f" WHERE keywords MATCH ?{condition} ORDER BY score DESC LIMIT ?",
            (" OR ".join(sorted(rare)), *values, DEEPER * k if left else k),
        )
        scores = {row[0]: row[1] for row in found}
        if left:
            self._count_left(connection, scores, left)
        best = sorted(scores.items(), key=lambda each: -each[1])[:k]
        return [Hit(i, rank, score, self.name) for rank, (i, score) in enumerate(best, start=1)]

    def _known_rows(self, connection: sqlite3.Connection, term: str) -> tuple[int, int]:
        """The same up to the most, remembered until the library grows: questions share their common words. What was
        removed meanwhile counts on, which changes little in how common a word seems."""
        newest = connection.execute("SELECT max(id) FROM segments").fetchone()[0]
        with self._lock:
            if newest != self._newest:
                self._counted.clear()
                self._newest = newest
            known = self._counted.get(term)
        if known is None:
            known = self._rows(connection, term, MOST_ROWS + 1)
            with self._lock:
                if newest == self._newest and len(self._counted) < MOST_KNOWN:
                    self._counted[term] = known
        return known

    def _rows(self, connection: sqlite3.Connection, term: str, most: int) -> tuple[int, int]:
        """How many segments hold a quoted term, counted up to `most`, and the last of them that was counted."""
        counted = "SELECT count(*), max(rowid) FROM (SELECT rowid FROM keywords WHERE keywords MATCH ? LIMIT ?)"
        count, last = connection.execute(counted, (term, most)).fetchone()
        return count, last or 0

    def _count_left(
        self, connection: sqlite3.Connection, scores: dict[int, float], left: Mapping[str, tuple[int, int]]
    ) -> None:
        """Add what bm25 gives for words that no index search was made for, where they stand: once, in a text of
        average length. `left` holds what `_rows` counted of each word; beyond that it stands as often as before."""
        counts = "SELECT (SELECT count(*) FROM segments), (SELECT max(id) FROM segments)"  # at once it would walk them
        segments, largest = connection.execute(counts).fetchone()
        weights = {word: _idf(segments, count * largest / last) for word, (count, last) in left.items()}
        texts = connection.execute(
            "SELECT id, heading || ' ' || text FROM segments WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([*scores]),),
        )
        for i, text in texts:
            folded = _folded(text)
            scores[i] += sum(weight for word, weight in weights.items() if _stands_in(word, folded))

    def stands_outside(self, connection: sqlite3.Connection, phrase: str, source_id: str) -> bool:
        """Whether these words stand next to each other in any other source."""
        expression = " + ".join(_quoted(word) for word in re.findall(r"[^\W_]+", words(phrase)))
        found = connection.execute(
            "SELECT 1 FROM keywords WHERE keywords MATCH ? AND rowid NOT IN"
            " (SELECT s.id FROM segments s JOIN sources o ON o.key = s.source WHERE o.id = ?) LIMIT 1",
            (expression, source_id),
        )
        return bool(expression) and found.fetchone() is not None

    def check(self, connection: sqlite3.Connection) -> str:
        """An empty string when the index agrees with the catalogue, else what FTS5 says."""
        try:
            connection.execute("INSERT INTO keywords(keywords, rank) VALUES('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            return str(error)
        return ""

    def rebuild(self, connection: sqlite3.Connection) -> None:
        """Index all segments anew, also where FTS5 cannot open what it has: it begins with the tables of a new one."""
        with closing(sqlite3.connect(":memory:")) as new:
            new.executescript(SCHEMA)
            tables = new.execute("SELECT name, sql FROM sqlite_master WHERE name GLOB 'keywords_*' AND type = 'table'")
            for name, made in tables.fetchall():
                connection.execute(made.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
                connection.execute(f"DELETE FROM {name}")
                for row in new.execute(f"SELECT * FROM {name}"):
                    connection.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)
        connection.execute("INSERT INTO keywords(keywords) VALUES('rebuild')")
