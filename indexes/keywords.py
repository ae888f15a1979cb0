"""Keyword search: SQLite FTS5 with bm25 over the segments' headings and texts.

The index stores no text of its own: its tables (`shards`) read the segments. What is
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
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import accumulate

from indexes import shards
from indexes.records import Hit
from indexes.spelling import nearest

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
MOST_UNKNOWN = 5  # words of a question for which those are looked up that are spelt alike
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


def _side_by_side(phrase: str) -> str:
    """The FTS5 expression for words that stand next to each other; '' where there are none."""
    return " + ".join(_quoted(word) for word in re.findall(r"[^\W_]+", words(phrase)))


def _affordable(rows: Mapping[str, int]) -> set[str]:
    """The rarest terms, until so many rows hold one of them, and always one. Small libraries leave out none."""
    rare = sorted(rows, key=lambda term: rows[term])
    total = accumulate(rows[term] for term in rare)
    return {*rare[:1], *(term for term, so_far in zip(rare, total, strict=True) if so_far <= MOST_ROWS)}


def _idf(segments: int, holding: float) -> float:
    """What a word weighs, as FTS5's bm25 has it."""
    return max(1e-6, math.log((segments - holding + 0.5) / (holding + 0.5)))


class KeywordIndex:
    """The words of all segments."""

    name = "keywords"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = _Counts(-1, [])

    def search(
        self, connection: sqlite3.Connection, question: str, k: int, where: str = "", values: Sequence[object] = ()
    ) -> list[Hit]:
        """The k best segments for any of the words, best first; score is bm25, larger is better.

        `where` narrows by a condition on the columns of `segments` with its `values`.
        """
        counts = self._counted(connection)
        terms = search_terms(question, lambda term: counts.rows(connection, term)[0] > 0)
        respelt = self.respelt(connection, [*terms.values()])
        terms |= {_quoted(near): near for found in respelt.values() for near in found}
        rows = {term: counts.rows(connection, term) for term in terms}
        rare = _affordable({term: count for term, (count, _) in rows.items() if count})
        if not rare:
            return []
        left = {terms[term]: counted for term, counted in rows.items() if counted[0] and term not in rare}
        condition = f" AND rowid IN (SELECT id FROM segments WHERE {where})" if where else ""
        scores: dict[int, float] = defaultdict(float)
        for table, query, weight in counts.queries(connection, rare):
            # Several queries find a segment for one word each, of which none may be cut off.
            most = -1 if len(rare) > 1 and len(counts.tables) > 1 else DEEPER * k if left else k
            found = connection.execute(
                f"SELECT rowid, -bm25({table}, {HEADING_WEIGHT}, 1.0) AS score FROM {table}"
                f" WHERE {table} MATCH ?{condition} ORDER BY score DESC LIMIT ?",
                (query, *values, most),
            )
            for i, score in found:
                scores[i] += weight * score
        best = sorted(scores.items(), key=lambda each: -each[1])[: DEEPER * k if left else k]
        if left:
            best = sorted(self._with_left(connection, dict(best), left).items(), key=lambda each: -each[1])[:k]
        return [Hit(i, rank, score, self.name) for rank, (i, score) in enumerate(best, start=1)]

    def _counted(self, connection: sqlite3.Connection) -> _Counts:
        """What was counted of the library as it is now: questions share their common words."""
        generation = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()[0]
        with self._lock:
            if generation != self._counts.generation:
                self._counts = _Counts(generation, [shard.table for shard in shards.shards(connection)])
            return self._counts

    def _with_left(
        self, connection: sqlite3.Connection, scores: dict[int, float], left: Mapping[str, tuple[int, int]]
    ) -> dict[int, float]:
        """Scores with what bm25 gives for words that no index search was made for, where they stand: once, in a text of
        average length. `left` holds what was counted of each word; beyond that it stands as often as before."""
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
        return scores

    def rarity(self, connection: sqlite3.Connection, asked: Collection[str]) -> dict[str, float]:
        """What each word weighs in the whole library (bm25's idf), 0 for one that stands nowhere."""
        counts = self._counted(connection)
        segments = connection.execute("SELECT count(*) FROM segments").fetchone()[0]
        rows = {word: counts.rows(connection, _quoted(word))[0] for word in asked}
        return {
            word: math.log(1 + (segments - count + 0.5) / (count + 0.5)) if count else 0.0
            for word, count in rows.items()
        }

    def respelt(self, connection: sqlite3.Connection, asked: Sequence[str]) -> dict[str, list[str]]:
        """What is spelt almost like those words that stand nowhere in the library (`spelling.nearest`)."""
        counts = self._counted(connection)
        unknown = [word for word in asked if counts.rows(connection, _quoted(word))[0] == 0]
        return {word: counts.nearest(connection, word) for word in unknown[:MOST_UNKNOWN]}

    def holding(
        self,
        connection: sqlite3.Connection,
        phrase: str,
        most: int,
        where: str = "",
        values: Sequence[object] = (),
    ) -> list[int]:
        """The segments in which these words stand next to each other, by id; none where more than `most` hold them."""
        expression = _side_by_side(phrase)
        counts = self._counted(connection)
        if not expression or counts.rows(connection, expression)[0] > most:
            return []
        condition = f" AND rowid IN (SELECT id FROM segments WHERE {where})" if where else ""
        found = [
            connection.execute(
                f"SELECT rowid FROM {table} WHERE {table} MATCH ?{condition} ORDER BY rowid", (expression, *values)
            ).fetchall()
            for table in counts.tables
        ]
        return [row[0] for rows in found for row in rows]

    def stands_outside(self, connection: sqlite3.Connection, phrase: str, source_id: str) -> bool:
        """Whether these words stand next to each other in any other source."""
        expression = _side_by_side(phrase)
        return bool(expression) and any(
            connection.execute(
                f"SELECT 1 FROM {table} WHERE {table} MATCH ? AND rowid NOT IN"
                " (SELECT s.id FROM segments s JOIN sources o ON o.key = s.source WHERE o.id = ?) LIMIT 1",
                (expression, source_id),
            ).fetchone()
            for table in self._counted(connection).tables
        )


class _Counts:
    """How many segments there are and hold a term, in one generation of a library; any thread may ask."""

    def __init__(self, generation: int, tables: Sequence[str]) -> None:
        self.generation = generation
        self.tables = tables
        self._rows: dict[str, tuple[int, int]] = {}
        self._segments: dict[str, int] = {}
        self._nearest: dict[str, list[str]] = {}

    def nearest(self, connection: sqlite3.Connection, word: str) -> list[str]:
        """What is spelt almost like a word: a search, and the ranking of its sentences, ask for the same."""
        if word not in self._nearest:
            if len(self._nearest) >= MOST_KNOWN:
                return nearest(connection, self.tables, word)
            self._nearest[word] = nearest(connection, self.tables, word)
        return self._nearest[word]

    def rows(self, connection: sqlite3.Connection, term: str) -> tuple[int, int]:
        """How many segments hold a quoted term, counted up to one more than the most, and the last of them that was
        counted."""
        if term not in self._rows:
            count, last = 0, 0
            for table in self.tables:
                if count <= MOST_ROWS:
                    more, newest = connection.execute(
                        f"SELECT count(*), max(rowid) FROM (SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?)",
                        (term, MOST_ROWS + 1 - count),
                    ).fetchone()
                    count, last = count + more, newest or last
            if len(self._rows) >= MOST_KNOWN:
                return count, last
            self._rows[term] = count, last
        return self._rows[term]

    def queries(self, connection: sqlite3.Connection, terms: Collection[str]) -> Iterator[tuple[str, str, float]]:
        """What to look for so that each of the terms is found: a table, an expression, and what its scores count.

        FTS5 weighs a term by how rare it is in its own table, so with several tables each term is looked for alone, and
        weighed by how rare it is in all.
        """
        if len(self.tables) == 1:
            yield self.tables[0], " OR ".join(sorted(terms)), 1.0
            return
        for table in self.tables:
            if table not in self._segments:
                self._segments[table] = connection.execute(f"SELECT count(*) FROM {table}_docsize").fetchone()[0]
        segments = sum(self._segments.values())
        for term in sorted(terms):
            holding = {
                table: connection.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (term,)).fetchone()[0]
                for table in self.tables
            }
            weight = _idf(segments, sum(holding.values()))
            for table, count in holding.items():
                if count:
                    yield table, term, weight / _idf(self._segments[table], count)
