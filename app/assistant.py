"""Joins every part once. The assistant's verbs are what CLI, web API, page and notebooks call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.history import forgotten_answer
from app.schemas import count_statuses
from app.settings import Settings, bytes_of
from indexes.errors import UsageError
from indexes.library import Library
from indexes.records import FileRecord, Modality, Segment, Source
from pipelines.in_use import in_use
from pipelines.languages import suggestion
from pipelines.models.choices import EXAMPLES
from pipelines.models.shelf import ModelInfo, ModelShelf
from pipelines.reading.files import absolute
from pipelines.records import AnswerEvent, IngestEvent, Question, Result

if TYPE_CHECKING:
    from pipelines.answering import Answering
    from pipelines.growing import Growth
    from pipelines.ingest import Ingest

_PATIENCE = 10.0  # seconds that forgetting waits for who writes: what was indexed just now is still being measured


class Assistant:
    """One library and one shelf of models. Verbs: index, grow, search, search_picture, ask, export, forget, status."""

    def __init__(self, settings: Settings, create: bool = True) -> None:
        """Raises LibraryError; `create` false: when there is no library yet. Loads no model."""
        self.settings = settings
        self.library = Library(Path(settings.library), create, settings.index)
        choices = {role: getattr(settings, role) for role in EXAMPLES}
        self.shelf = ModelShelf(
            choices,
            absolute(settings.models),
            settings.device,
            settings.answer_tokens,
            settings.chat_sees,
            settings.captions,
        )
        self._suggested: tuple[int, str] = (-1, "")

    @cached_property
    def answering(self) -> Answering:
        from pipelines.answering import Answering

        set_to = self.settings
        drop = set_to.unsupported == "drop"
        return Answering(self.library, self.shelf, set_to.evidence_tokens, set_to.pictures, drop, set_to.ability)

    def close(self) -> None:
        self.library.close()

    def index(
        self,
        paths: Sequence[str | Path],
        complete: bool = True,
        again: bool = False,
        stopping: threading.Event | None = None,
    ) -> Iterator[IngestEvent]:
        """Add, update, and forget what vanished below the paths. Long recordings stay drafts if not to `complete`;
        `again`: also read what failed some times already. `stopping` ends it within a second of being set."""
        if not paths:
            raise UsageError("Nothing to index. Name a file or a folder.")
        return self._ingest(stopping).index([Path(path) for path in paths], complete, again)

    def failed(self, below: str | None = None) -> list[str]:
        """Files that could not be read, of all or below a path. Raises UsageError when there are none."""
        files = self.library.catalogue.files(None if below is None else str(absolute(below)))
        paths = [file.path for file in files if file.status == "failed"]
        if not paths:
            raise UsageError(
                f"No file {f'below {below} ' if below else ''}has failed. `python -m app status` lists all."
            )
        return paths

    def complete(self, stopping: threading.Event | None = None) -> Iterator[IngestEvent]:
        """Complete what can be asked, but has no vectors yet or was not read to its end, or not closely."""
        return self._ingest(stopping).complete()

    def drafts(self) -> int:
        """How many files there are to complete."""
        return self.library.catalogue.counts()[0].get("draft", 0)

    def grow(self, anew: bool = False) -> Iterator[Growth]:
        """Make vectors of the models that are set beside those in use, and let them take over; `anew`: also where they
        are in use already. Goes on where it was stopped."""
        from pipelines.growing import grow

        return grow(self.library, self.shelf, anew)

    def growths(self) -> list[Growth]:
        """How far vectors of the models that are set are, where others are in use."""
        from pipelines.growing import growths

        return growths(self.library, self.shelf)

    def _ingest(self, stopping: threading.Event | None = None) -> Ingest:
        from pipelines.ingest import Ingest

        set_to = self.settings
        largest = (set_to.max_file_mb * 1_000_000, set_to.max_recording_mb * 1_000_000)
        memory = bytes_of(set_to.memory)
        return Ingest(self.library, self.shelf, *largest, set_to.frames, memory, stopping)

    def search(
        self, query: str, k: int = 10, modality: Modality | None = None, source: str | None = None
    ) -> list[Result]:
        """The k best segments for a text."""
        from pipelines.retrieval import Retriever

        return Retriever(self.library, self.shelf).find(Question(query, source, modality), _checked(k))

    def search_picture(
        self, file: str | Path, k: int = 10, modality: Modality | None = None, source: str | None = None
    ) -> list[Result]:
        """The k segments that look most like a picture file."""
        from pipelines.extractors import open_picture
        from pipelines.retrieval import Retriever

        return Retriever(self.library, self.shelf).find_similar(open_picture(Path(file)), _checked(k), source, modality)

    def ask(self, question: Question) -> Iterator[AnswerEvent]:
        """Evidence, the files' own sentences, what the chat model writes above them, and the finished answer."""
        return self.answering.stream(question)

    def source(self, name: str) -> Source:
        """The one source that a path, a glob or an id means. Raises UsageError for none or several."""
        catalogue = self.library.catalogue
        file = catalogue.file(str(absolute(name)))
        ids = {name} if file is None else {file.source_id or ""}
        found = catalogue.sources(ids) or catalogue.sources({f.source_id or "" for f in catalogue.matching(name)})
        if not found:
            raise UsageError(f"No indexed file matches {name!r}. `python -m app status` lists them.")
        if len(found) > 1:
            names = ", ".join(Path(source.path).name for source in list(found.values())[:5])
            raise UsageError(f"{name!r} matches {len(found)} files ({names} …). Name one of them.")
        return next(iter(found.values()))

    def export(self, name: str) -> tuple[Source, list[Segment]]:
        """A source and all that the library read in it, in reading order."""
        source = self.source(name)
        return source, self.library.catalogue.segments_of(source.id)

    def forget(self, name: str) -> list[FileRecord]:
        """Forget a file or everything below a folder, the files that a glob matches, or all that lead to an id.

        Raises UsageError when there are none.
        """
        # In one transaction with the answers that rested on it, and the note that it is to be erased.
        with self.library.writing(wait=_PATIENCE), self.library.catalogue.transaction():
            forgotten = self.library.forget(str(absolute(name)))
            if not forgotten:
                paths = [file.path for file in self.library.catalogue.matching(name)]
                for source in self.library.catalogue.sources([name]).values():
                    paths += source.paths
                forgotten = [file for path in paths for file in self.library.forget(path)]
            ids = {file.source_id for file in forgotten if file.source_id}
            gone = ids - set(self.library.catalogue.sources(ids))
            if gone:
                self.library.conversations.replace_answers(gone, forgotten_answer())
                self.library.erase()
        if not forgotten:
            raise UsageError(f"No indexed file matches {name!r}. `python -m app status` lists them.")
        return forgotten

    def status(self) -> dict[str, Any]:
        """The library in numbers, and the ledger."""
        catalogue = self.library.catalogue
        files = catalogue.files()
        execute = catalogue.connection.execute
        spaces = execute("SELECT name, model, dimension, vectors FROM spaces WHERE NOT growing ORDER BY name")
        return {
            "library": str(self.library.folder),
            "sources": execute("SELECT count(*) FROM sources").fetchone()[0],
            "segments": execute("SELECT count(*) FROM segments").fetchone()[0],
            "statuses": count_statuses(files),
            "spaces": [dict(row) for row in spaces],
            "growing": [growth.as_dict() for growth in self.growths()],
            "bytes": sum(path.stat().st_size for path in self.library.folder.rglob("*") if path.is_file()),
            "suggestion": self.suggestion(),
            "ledger": files,
        }

    def suggestion(self) -> str:
        """What would serve this library better than what is set, in a sentence; '' when nothing is known to."""
        generation = self.library.catalogue.generation
        if self._suggested[0] != generation:  # to judge languages takes a moment, and the page asks for it often
            self._suggested = (generation, suggestion(self.library, self.shelf))
        return self._suggested[1]

    def models(self) -> list[ModelInfo]:
        """The roles, what fills them, whether it is loaded, and what the chat model is trusted with."""
        from pipelines.asking.abilities import described

        trusted = described(self.shelf, self.settings.ability)
        return [replace(info, ability=trusted) if info.role == "chat" else info for info in self.shelf.describe()]

    def measure_chat(self) -> None:
        """Measure what the chat model can be trusted with, where nobody has said so and it is not known; waits."""
        if self.settings.ability == "auto":
            from pipelines.asking.abilities import measure_now

            measure_now(self.shelf)

    def warm(self) -> float:
        """Load what a first question needs; seconds that it took."""
        began = time.monotonic()
        used = in_use(self.library, self.shelf)
        intents = self.answering.intents(used.text)
        intents.recognise("warm")
        intents.answer_type("warm")
        if self.library.catalogue.space("image") is not None:
            used.image.embed_question("warm")
        _ = self.shelf.rerank, self.shelf.entailment, self.shelf.cross_encoder  # loaded where they are set
        from pipelines.asking.abilities import ability_of, says_nothing
        from pipelines.asking.prompts import build_messages

        needless = says_nothing(self.shelf, self.settings.ability)
        ability_of(self.shelf, self.settings.ability)  # measured behind all that, where it is not known
        if not needless:
            self.shelf.warm_chat(build_messages("", "", ()))
        return time.monotonic() - began


def _checked(k: int) -> int:
    if not 1 <= k <= 1000:
        raise UsageError(f"k is {k}; it must lie between 1 and 1,000.")
    return k
