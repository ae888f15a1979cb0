"""What the chat model is asked, by what it is trusted with: to write from whole passages, to put what was quoted into
fewer words, or to choose among the quotes. What is too long to be read at once is read in parts, with notes on each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
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
from pipelines.records import AnswerAdvanced, Evidence, Turn

_NOTE = """Note the main points of these passages, one a line, each with the number of its passage behind \
it, like [2]. Copy names, numbers and dates exactly."""
_CONTEXT = 32_000  # tokens that a model on a server holds, where nothing says how many
_MOST_PARTS = 12
_ALL = 10**9  # tokens
_LONGEST_NOTES = 3_000  # characters about one part


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
            (read,) = in_parts(evidence, _ALL, self.shelf.text)
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
        said = "".join(self.deltas(choosing(self.plan.text, given), chat))
        return chosen_first(quotes, [int(number) for number in re.findall(r"\d+", said)])

    def notes(self, evidence: Sequence[Evidence]) -> Generator[AnswerAdvanced, None, tuple[str, list[Evidence]]]:
        """Notes on a text that is too long to be read at once, part by part, and the evidence that they name.

        Summaries by map and reduce (Dean and Ghemawat 2004, 'MapReduce'), as LangChain's 'map_reduce' chains.
        """
        parts = in_parts(evidence, self.room(), self.shelf.text)
        left_out = len(parts) > _MOST_PARTS
        notes: list[str] = []
        for number, part in enumerate(parts[:_MOST_PARTS], start=1):
            yield AnswerAdvanced(f"reading part {number} of {min(len(parts), _MOST_PARTS)}")
            said = ""
            for delta in self.deltas(build_messages(self.plan.text, _NOTE, part)):
                said += delta
                if len(said) > _LONGEST_NOTES:
                    break
            notes.append(said.strip())
        if left_out:
            yield AnswerAdvanced(f"{len(parts) - _MOST_PARTS} of {len(parts)} parts were not read")
        named = {int(number) for note in notes for number in re.findall(r"\[(\d+)\]", note)}
        return "\n\n".join(notes), [each for each in evidence if each.number in named]

    def deltas(self, messages: Sequence[BaseMessage], chat: object = None) -> Iterator[str]:
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
