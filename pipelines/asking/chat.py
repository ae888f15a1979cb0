"""What the chat model is asked, by what it is trusted with: to write from whole passages, to put what was quoted into
fewer words, or to choose among the quotes. What is too long to be read at once is read in parts, with notes on each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig

from indexes.errors import FolioscopeError
from pipelines.asking.kinds import kind_of
from pipelines.asking.merging import chosen_first
from pipelines.asking.probing import CHOOSER, choosing, shortening
from pipelines.asking.prompts import build_messages, readable
from pipelines.asking.quotes import Quotes
from pipelines.asking.reading import affordable, in_parts, widened
from pipelines.errors import ModelUnavailable
from pipelines.models.seeing import drawn, streamed, with_pictures
from pipelines.models.shelf import ModelShelf
from pipelines.query.plan import QueryPlan
from pipelines.records import AnswerAdvanced, Evidence, TextDelta, Turn

_NOTE = """Note the main points of these passages, one a line, each with the number of its passage behind \
it, like [2]. Copy names, numbers and dates exactly."""
_CONTEXT = 32_000  # tokens that a model on a server holds, where nothing says how many
MOST_PARTS = 12
"""Of a long text that are read; more would take minutes."""

_ALL = 10**9  # tokens
_LONGEST_NOTES = 3_000  # characters about one part
_LONGEST_CHOICE = 40  # characters of a few numbers
_A_TOKEN = 2  # characters at least, but for Chinese


@dataclass(slots=True)
class Chat:
    """The chat model of one answer. `budget` and `pictures` as in `Answering`."""

    shelf: ModelShelf
    plan: QueryPlan
    config: RunnableConfig
    budget: int = 0
    pictures: int = 0

    def room(self) -> int:
        """Tokens of evidence that the model reads in time."""
        context = getattr(self.shelf.chat, "context", _CONTEXT)
        return affordable(self.shelf.chat_speed, context, self.budget, self.shelf.chat_is_served)

    def to_write(
        self, evidence: Sequence[Evidence], history: Sequence[Turn], notes: str = ""
    ) -> tuple[list[Evidence], list[BaseMessage]]:
        """What a model that writes reads: passages as far as there is room; or its notes on a longer text, with the
        passages that they name as what it must be borne out by."""
        task = kind_of(self.plan).task
        if notes:
            read = next(iter(in_parts(evidence, _ALL, self.shelf.text)), [])
            return read, build_messages(
                self.plan.text, f"Notes on the whole text, part by part:\n{notes}\n\n{task}", ()
            )
        read = widened(evidence, self.room(), self.shelf.text)
        messages = build_messages(self.plan.text, task, read, history if self.plan.leans else ())
        if self.pictures > 0 and self.shelf.chat_sees:
            messages = with_pictures(messages, read, drawn, self.pictures)
        return read, messages

    def to_shorten(self, quotes: Quotes) -> tuple[list[Evidence], list[BaseMessage]]:
        """What a model that shortens reads: the quoted sentences alone."""
        given = [readable([text for _, texts in each.parts for text in texts]) for each in quotes.evidence]
        return list(quotes.evidence), shortening(self.plan.text, given)

    def choose(self, quotes: Quotes) -> Quotes:
        """The quotes that a model names as the answer in front of the others. Raises ModelUnavailable."""
        given = [readable([text for _, texts in each.parts for text in texts]) for each in quotes.evidence[:9]]
        if len(given) < 2:
            return quotes
        bound: Callable[[str], object] | None = getattr(self.shelf.chat, "bound_to", None)
        chat = self.shelf.chat if bound is None else bound(CHOOSER)
        said = ""
        with closing(self.deltas(choosing(self.plan.text, given), chat)) as deltas:
            for delta in deltas:
                said += delta
                if len(said) >= _LONGEST_CHOICE:
                    break
        return chosen_first(quotes, [int(number) for number in re.findall(r"\d{1,3}", said)])

    def notes(
        self, parts: Sequence[Sequence[Evidence]]
    ) -> Generator[AnswerAdvanced | TextDelta, None, tuple[str, list[Evidence]]]:
        """Notes on the parts of a text that is too long to be read at once, and the evidence that they name. All notes
        together are short enough to be read at once.

        Summaries by map and reduce (Dean and Ghemawat 2004, 'MapReduce'), as LangChain's 'map_reduce' chains.
        """
        longest = min(_LONGEST_NOTES, _A_TOKEN * self.room() // len(parts))
        notes: list[str] = []
        for number, part in enumerate(parts, start=1):
            yield AnswerAdvanced(f"reading part {number} of {len(parts)}")
            said = yield from self.said(build_messages(self.plan.text, _NOTE, part), longest)
            notes.append(said.strip())
        named = {int(number) for note in notes for number in re.findall(r"\[(\d{1,4})\]", note)}
        return "\n\n".join(notes), [each for part in parts for each in part if each.number in named]

    def said(self, messages: Sequence[BaseMessage], longest: int) -> Generator[TextDelta, None, str]:
        """What the model writes, as far as so many characters. Raises ModelUnavailable."""
        said = ""
        with closing(self.deltas(messages)) as deltas:
            for delta in deltas:
                said += delta
                yield TextDelta("")  # who waits can stop here
                if len(said) >= longest:
                    break
        return said[:longest]

    def deltas(self, messages: Sequence[BaseMessage], chat: object = None) -> Generator[str, None, None]:
        """What the model writes. Raises ModelUnavailable."""
        stream = streamed(chat or self.shelf.chat, list(messages), self.config)  # type: ignore[arg-type]
        try:
            for chunk in self.shelf.timed(stream, "".join(message.text for message in messages)):
                if isinstance(chunk.content, str) and chunk.content:
                    yield chunk.content
        except FolioscopeError:
            raise
        except Exception as error:  # each provider has errors of its own: no server, a wrong key, too long a prompt
            raise ModelUnavailable(
                f"The chat model {self.shelf.name('chat')} did not answer: {error}. If it runs on a server, see whether"
                " that is up; `python -m app models` shows what is set."
            ) from error
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
