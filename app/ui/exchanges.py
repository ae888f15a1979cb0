"""What the page knows of a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.records import Answer, Evidence


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of the conversation and what has come of it so far. `number` counts from 1.

    `turn` is its key in the library, once it is kept there, `thumb` what the person thinks of it. `why` is how the
    answer came about, as HTML; None for an answer of which that is no longer known. `waiting` is how many files were
    still to be read when nothing was found. `scope` is the glob that means the attached `files`; `length` is what the
    person asked for instead of what the question was taken for ('short', 'list', 'detailed').
    """

    number: int
    question: str
    files: tuple[str, ...] = ()
    activity: str = ""
    text: str = ""  # what the chat model has written so far; in the end, the whole answer
    quotes: Answer | None = None  # the files' own sentences, which stand below that meanwhile
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None
    notes: tuple[str, ...] = ()
    error: str = ""
    turn: int | None = None
    thumb: int = 0
    why: str | None = ""
    waiting: int = 0
    scope: str | None = None
    length: str = ""

    @property
    def standing(self) -> Answer | None:
        """The answer that is to be seen: the finished one, or the files' own sentences meanwhile."""
        return self.answer or self.quotes
