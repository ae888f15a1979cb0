"""Keyword search: SQLite FTS5 with bm25 over the segments' headings and texts.

The index stores no text of its own: it is an FTS5 table with external content, a view over the segments. What is
indexed is `words(text)`: European words as they are (stemmed by FTS5's porter tokenizer) and runs of Chinese,
Japanese and Korean characters as overlapping pairs, so that two-character words match without a dictionary
(the analysis that Lucene calls CJKAnalyzer).
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Sequence

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

HEADING_WEIGHT = 0.5  # a heading repeats on each of its segments, so it says less about any one of them


def words(text: str) -> str:
    """Text as it is indexed: compatibility forms folded, CJK runs as overlapping pairs."""
    return _CJK_RUN.sub(_pairs, unicodedata.normalize("NFKC", text))


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    if len(characters) == 1:
        return f" {characters} "
    return " " + " ".join(characters[i : i + 2] for i in range(len(characters) - 1)) + " "


def content_words(text: str) -> list[str]:
    """The words of a question that carry its meaning, lower case, in order, without repeats.

    All of them when nothing but stop words is left.
    """
    found = list(dict.fromkeys(w.lower() for w in _WORD.findall(words(text)) if w != "_"))
    return [w for w in found if w not in STOPWORDS] or found


def is_cjk(text: str) -> bool:
    """Mostly Chinese, Japanese or Korean."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and sum(map(len, _CJK_RUN.findall(text))) > 0.3 * letters


def match_expression(question: str, stands: Callable[[str], bool]) -> str:
    """An FTS5 query: any of the words. `stands` tells whether a quoted term stands anywhere in the library.

    A compound such as SKU-6678 is searched as a whole where it stands somewhere, else by its parts: counted as both,
    it would outvote the other words.
    """
    terms: dict[str, None] = {}
    for word in content_words(question):
        parts = re.findall(r"[^\W_]+", word)
        if len(parts) > 1 and not stands(_quoted(word)):
            terms.update(dict.fromkeys(_quoted(part) for part in parts if len(part) > 1))
        elif len(word) == 1 and _CJK_RUN.fullmatch(word):
            terms[_quoted(word) + "*"] = None
        else:
            terms[_quoted(word)] = None
    return " OR ".join(terms)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


class KeywordIndex:
    """The words of all segments. Writes happen inside the caller's transaction."""

    name = "keywords"

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

    def search(
        self, connection: sqlite3.Connection, question: str, k: int, where: str = "", values: Sequence[object] = ()
    ) -> list[Hit]:
        """The k best segments, best first; score is bm25, larger is better.

        `where` narrows by a condition on the columns of `segments` with its `values`.
        """
        expression = match_expression(question, lambda term: self._stands(connection, term))
        if not expression:
            return []
        condition = f" AND rowid IN (SELECT id FROM segments WHERE {where})" if where else ""
        rows = connection.execute(
            f"SELECT rowid, -bm25(keywords, {HEADING_WEIGHT}, 1.0) AS score FROM keywords"
            f" WHERE keywords MATCH ?{condition} ORDER BY score DESC LIMIT ?",
            (expression, *values, k),
        ).fetchall()
        return [Hit(row[0], rank, row[1], self.name) for rank, row in enumerate(rows, start=1)]

    def _stands(self, connection: sqlite3.Connection, term: str) -> bool:
        return (
            connection.execute("SELECT 1 FROM keywords WHERE keywords MATCH ? LIMIT 1", (term,)).fetchone() is not None
        )

    def check(self, connection: sqlite3.Connection) -> str:
        """An empty string when the index agrees with the catalogue, else what FTS5 says."""
        try:
            connection.execute("INSERT INTO keywords(keywords, rank) VALUES('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            return str(error)
        return ""

    def rebuild(self, connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO keywords(keywords) VALUES('rebuild')")
