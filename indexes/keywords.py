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
from collections.abc import Callable, Collection, Sequence

from indexes.commonness import Commonness
from indexes.records import Hit
from indexes.scopes import Scope

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

MOST_ROWS = 20_000  # that a search counts; FTS5 takes about a millisecond for each thousand
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
    text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
    return sum(_stands_in(word, text) for word in asked) / max(1, len(asked))


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


class KeywordIndex:
    """The words of all segments. Writes happen inside the caller's transaction."""

    name = "keywords"

    def __init__(self) -> None:
        self.commonness = Commonness(content_words)

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
        """The k best segments for any of the words, best first; score is bm25, larger is better.

        `where` narrows by a condition on the columns of `segments` with its `values`.
        """
        terms = search_terms(question, lambda term: self._stands(connection, term))
        return self._search(connection, self._affordable(connection, terms, MOST_ROWS), k, Scope(where, tuple(values)))

    def search_words(
        self, connection: sqlite3.Connection, given: Sequence[str], k: int, scope: Scope = Scope()
    ) -> list[Hit]:
        """The same for words that `content_words` gave."""
        return self._search(connection, [_quoted(word) for word in given], k, scope)

    def _search(self, connection: sqlite3.Connection, terms: Sequence[str], k: int, scope: Scope) -> list[Hit]:
        if not terms:
            return []
        condition = f" AND rowid IN (SELECT id FROM segments WHERE {scope.where})" if scope.where else ""
        rows = connection.execute(
            f"SELECT rowid, -bm25(keywords, {HEADING_WEIGHT}, 1.0) AS score FROM keywords"
            f" WHERE keywords MATCH ?{condition} ORDER BY score DESC LIMIT ?",
            (" OR ".join(terms), *scope.values, k),
        ).fetchall()
        return [Hit(row[0], rank, row[1], self.name) for rank, row in enumerate(rows, start=1)]

    def _affordable(self, connection: sqlite3.Connection, terms: dict[str, str], most: int) -> list[str]:
        """The rarest terms, until so many rows hold one of them: what is left out stands in so many segments that it
        tells them apart the least, and takes the most time. Small libraries leave out none."""
        self.commonness.update(connection)
        rare = sorted(terms, key=lambda term: self.commonness.share(terms[term]))
        rows, kept = 0.0, set(rare[:1])
        for term in rare:
            rows += self.commonness.share(terms[term]) * self.commonness.segments
            if rows <= most:
                kept.add(term)
        return [term for term in terms if term in kept]

    def _stands(self, connection: sqlite3.Connection, term: str) -> bool:
        return (
            connection.execute("SELECT 1 FROM keywords WHERE keywords MATCH ? LIMIT 1", (term,)).fetchone() is not None
        )

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
        connection.execute("INSERT INTO keywords(keywords) VALUES('rebuild')")
