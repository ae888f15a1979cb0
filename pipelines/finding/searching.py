"""One question's search of the indexes: the list of each, how well each hit fits, and what each list weighs."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import islice
from typing import Any

import numpy as np

from indexes.errors import SpaceMismatch
from indexes.keywords import content_words, is_cjk
from indexes.library import Library
from indexes.records import Hit, Place, Segment
from indexes.scopes import Scope
from pipelines.finding import feedback
from pipelines.finding.fitting import by_score, fit_pictures, fit_vector, fit_words
from pipelines.finding.focus import Focus
from pipelines.finding.fusion import reciprocal_rank_fusion
from pipelines.finding.identifiers import MOST_HOLDING, identifiers
from pipelines.finding.moments import LONG, shared
from pipelines.finding.speakers import spoken_by
from pipelines.models.embedding import TextEmbedder
from pipelines.models.shelf import ModelShelf
from pipelines.tracing import Cut, Trace

DEPTH = 100  # how many hits of each index are fused
MOST_RECORDINGS = 200  # in which a time alone is looked up
_ABOUT_AS_WELL = 0.7
_PICTURE_WEIGHT = 1.5  # a picture without words in it has this list only, where a passage has two
_TOLD = 0.9  # by which that falls where the words asked stand somewhere: then it is no question about pictures alone
_TIME_WEIGHT = 0.15  # among the words of a question, a time lifts what lies there by some five ranks
_MEANING = 1.4  # of the 2 that text vectors and words count together
_IDENTIFIER = 4.0  # more than all other lists together
_RARE = 2  # segments that hold a word which hardly stands anywhere,
_RARE_WORD = 0.25  # and what it counts beside an identifier: about as much as meaning and words together,
_FEW = 1.5  # in a question of so few words, and less in longer ones
_WEAK = 0.1  # of a model that tells texts in this script apart little better than chance


class Search:
    """`lists` are hits by the name of what found them, `weights` what each list counts where that is not 1."""

    def __init__(self, library: Library, shelf: ModelShelf, focus: Focus, scope: Scope, k: int, trace: Trace) -> None:
        self.library, self.shelf, self.focus, self.scope, self.trace = library, shelf, focus, scope, trace
        self.depth = max(DEPTH, k)
        self.lists: dict[str, list[Hit]] = {}
        self.weights: dict[str, float] = {}
        self._segments: dict[int, Segment] = {}
        self._vector: np.ndarray | None = None
        self._space: Any = None  # the row of the text space, as it was when it was asked
        self._told = 0.0

    def ask(self) -> None:
        """Fill the lists."""
        if self.focus.sure:
            self.lists["time"] = self._at_time()
        if self.focus.text:
            self._ask_words()
            for ask in (self._ask_vectors, self._ask_again, self._ask_pictures):
                try:
                    ask()
                except SpaceMismatch as error:  # what the others find is worth more than an error
                    self.trace.note("vectors", str(error))
        elif not self.focus.sure:
            self.lists["place"] = self._in_order()
        if self.focus.spans and not self.focus.sure:
            found = {hit.segment_id for hits in self.lists.values() for hit in hits}
            self.lists["time"] = [hit for hit in self._at_time() if hit.segment_id in found]
        if self.focus.text and self.focus.spans:
            self.weights["time"] = _TIME_WEIGHT
        if self.focus.text:
            self.weights["image"] = _PICTURE_WEIGHT - _TOLD * self._told

    def fused(self) -> list[tuple[int, float]]:
        return reciprocal_rank_fusion([*self.lists.values()], self.weights)

    def segments(self, ids: Collection[int]) -> dict[int, Segment]:
        """Segments by id, each read once; of speech what those say whom the question asks for. One that was forgotten
        meanwhile, or in which only others speak, is missing."""
        found = self.library.catalogue.segments([i for i in ids if i not in self._segments])
        speakers = self.focus.speakers
        own = {i: spoken_by(one, speakers) for i, one in found.items()} if speakers else found
        self._segments.update({i: one for i, one in own.items() if one is not None})
        return {i: self._segments[i] for i in ids if i in self._segments}

    def _ask_words(self) -> None:
        with self.trace.timed("words"):
            hits = self.library.search_keywords(self.focus.text, self.depth, self.scope)
            segments = self.segments([hit.segment_id for hit in hits]).values()
            self._told = fit_words((f"{one.heading} {one.text}" for one in segments), self.focus.text)
            self.lists["keywords"] = by_score(hits, self._told, least=0.0)
            self.weights["keywords"] = 2 - _MEANING
        with self.trace.timed("rare words"):
            self._ask_rare()

    def _ask_rare(self) -> None:
        """What holds an identifier of the question, or a word that stands hardly anywhere else."""
        words = content_words(self.focus.text)
        near = [each for found in self.library.respelt(words).values() for each in found]
        held: dict[int, float] = {}
        for sought, most, count in (
            (identifiers(self.focus.text), MOST_HOLDING, 1.0),
            ([*words, *near], _RARE, _RARE_WORD * min(1.0, _FEW / max(1, len(words)))),
        ):
            for each in sought:
                held |= {i: max(count, held.get(i, 0.0)) for i in self.library.holding(each, most, self.scope)}
        best = sorted(held.items(), key=lambda each: -each[1])
        self.lists["rare"] = [Hit(i, rank, count, "rare", count) for rank, (i, count) in enumerate(best, start=1)]
        self.weights["rare"] = _IDENTIFIER

    def _asked(self, name: str) -> Any:
        """The row of a space; None where there is none, or the shelf has not the model that filled it."""
        space = self.library.catalogue.space(name)
        if space is not None and space["model"] != self.shelf.name(name):
            self.trace.note("vectors", f"no {name} vectors were searched: {space['model']} made them, and is missing")
            return None
        return space

    def _ask_vectors(self) -> None:
        self._space = self._asked("text")
        if self._space is None:
            return
        embedder = self.shelf.text
        with self.trace.timed("embedding"):
            vector = embedder.embed_question(self.focus.text)
        with self.trace.timed("vectors"):
            hits = self.library.search_vectors("text", vector, self.depth, self.scope, embedder.name)
            self._vector = vector
            self.lists["text"] = by_score(hits, fit_vector(hits[0].score, embedder.floor) if hits else 0.0)
            self.weights["text"] = _MEANING
        if not reads(embedder, self.focus.text):
            self.weights |= {"text": _WEAK, "keywords": 1.0}
            self.trace.note("fusion", f"{embedder.name} does not read this script: its hits count a tenth")

    def _ask_again(self) -> None:
        """Vectors once more, from between the question and the best passages so far."""
        if self._vector is None or self.weights["text"] == _WEAK:
            return
        best = [i for i, _ in self.fused()[: feedback.PASSAGES]]
        if not best:
            return
        with self.trace.timed("feedback"):
            _, held = self._vectors(best)
            moved = feedback.moved(self._vector, held) if len(held) else self._vector
            near = self.library.search_vectors("text", moved, self.depth, self.scope, self.shelf.text.name)
            # What only words have found has a cosine, too.
            found = dict.fromkeys(hit.segment_id for hits in (near, *self.lists.values()) for hit in hits)
            ids, rows = self._vectors(list(found))
            # The moved vector ranks them, but their score stays the cosine to what was asked.
            cosines, asked = rows @ moved, rows @ self._vector
            order = np.argsort(-cosines, kind="stable").tolist()
            hits = [Hit(ids[i], rank, float(asked[i]), "text") for rank, i in enumerate(order, start=1)]
            fit = fit_vector(float(asked.max(initial=-1.0)), self.shelf.text.floor)
            self.lists["text"] = by_score(hits, fit, scores=cosines[order].tolist())
        self.trace.note("feedback", f"the best {len(best)} passages moved the question's vector towards them")

    def _vectors(self, ids: list[int]) -> tuple[list[int], np.ndarray]:
        """Those of the segments that have a vector in the text space, in the same order, and their vectors (n, d)."""
        space = self._space
        assert space is not None
        rows = self.library.catalogue.connection.execute(
            "SELECT segment, vector FROM vectors WHERE space = ? AND segment IN (SELECT value FROM json_each(?))",
            (space["key"], json.dumps(ids)),
        )
        held = {row[0]: row[1] for row in rows}
        there = [i for i in ids if i in held]
        vectors = np.frombuffer(b"".join(held[i] for i in there), np.float16).astype(np.float32)
        return there, vectors.reshape(-1, space["dimension"])

    def _ask_pictures(self) -> None:
        if self._asked("image") is None:
            return
        image = self.shelf.image
        with self.trace.timed("pictures"):
            vector = image.embed_question(self.focus.text)
            hits = self.library.search_vectors("image", vector, self.depth, self.scope, image.name)
        # There always is a best picture: it counts when it fits, and others when they fit about as well.
        # In a few files that were named the best may fit less.
        floor = image.floor / 2 if self.scope.of_files else image.floor
        enough = max([floor, *(_ABOUT_AS_WELL * hit.score for hit in hits[:1])])
        self.lists["image"] = fit_pictures([hit for hit in hits if hit.score >= enough], image.floor)
        self.trace.cut += [
            Cut(hit.segment_id, "pictures", f"its picture fits by {hit.score:.2f}, and {enough:.2f} would be enough")
            for hit in hits[len(self.lists["image"]) :][:10]
        ]

    def _at_time(self) -> list[Hit]:
        """What is said or seen at the time asked for, in each recording by itself: what the question is about comes
        first, and at a point in time what fills it most."""
        hits = []
        for source, (start, end) in islice(self.focus.spans.items(), MOST_RECORDINGS):
            asked = Place(start=start, end=end)
            there = self.library.catalogue.segments_during(source, start, end)
            if self.focus.speakers:
                there = [one for one in there if one.kind == "speech"]
            if end - start < LONG:
                there.sort(key=lambda one: -shared(one.place, asked))
            there.sort(key=lambda one: (one.kind == "frame") != self.focus.seen)
            hits += [Hit(one.id or 0, rank, 1 / rank, "time") for rank, one in enumerate(there, start=1)]
        return hits

    def _in_order(self) -> list[Hit]:
        """All that stands at the place asked for, as it stands there."""
        rows = self.library.catalogue.connection.execute(
            f"SELECT id FROM segments WHERE {self.scope.where or 'true'} ORDER BY source, position LIMIT ?",
            (*self.scope.values, self.depth),
        )
        return [Hit(row[0], rank, 1 / rank, "place") for rank, row in enumerate(rows, start=1)]


def reads(embedder: TextEmbedder, text: str) -> bool:
    """Whether the model can tell texts in this script apart."""
    return embedder.multilingual or not (is_cjk(text) or _is_foreign(text))


def _is_foreign(text: str) -> bool:
    """Mostly letters that are not Latin: of those the English model knows little more than their names."""
    letters = [c for c in text if c.isalpha()]
    return sum(c > "\u024f" for c in letters) > 0.5 * len(letters)
