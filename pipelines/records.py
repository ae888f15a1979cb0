"""What travels between the stages: Piece, Question, Evidence, Citation, Answer, and the events of long work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from indexes.records import FileRecord, Marks, Modality, Place, Segment, Source

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from pipelines.tracing import Trace

PieceKind = Literal["text", "code", "table", "picture", "scan", "doubt", "unread"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What an extractor yields, in reading order.

    - `text`: a paragraph, a list item, a few lines: whole sentences where possible
    - `code`: lines that mean something as they are
    - `table`: rows as lines, cells joined by ' | '; the first line is the header row
    - `picture`: a photograph, figure or drawing to be seen (image vector, tags, text in it);
      `text` may hold its caption or alt text
    - `scan`: a page to be read by OCR; `text` is what a text layer says, also where OCR fails
    - `doubt`: the picture of a page whose text layer may be senseless; its text and tables follow
    - `unread`: nothing, since what stands here could not be read; `text` says why in some words ('damaged'),
      and `heading`, or else `place`, names it. It counts as no piece, and what is left of it is a line of the ledger

    `heading` is the chain of headings above it ('Safety › Storage'). `member` names the picture, file
    or mail inside a container file that it is; `marks` are the lines that OCR read. `picture` is RGB, upright, at
    most 4096 px on its longer side. Once a picture was looked at, `vector` stands for it in the image space,
    `fingerprint` tells copies of it, and `picture` is let go.
    """

    kind: PieceKind
    text: str = ""
    place: Place = field(default_factory=Place)
    heading: str = ""
    picture: Image | None = None
    member: str = ""
    marks: Marks = ()
    vector: np.ndarray | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation. `asked` is the full question that was looked up, where `question` leaned
    on what went before; `files` are the names of the files that were cited, the most cited first."""

    question: str
    answer: str
    asked: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks. `source` is a glob over paths; `history` is oldest first. `intent` and `length` are what the
    person chose instead of what would be understood ('list', 'detailed'); '' leaves it to that."""

    text: str
    source: str | None = None
    modality: Modality | None = None
    history: tuple[Turn, ...] = ()
    intent: str = ""
    length: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A found segment with its source. `found_by` maps each index that found it to its rank there, `scores` to its
    score there: a cosine in 'text' and 'image', bm25 in 'keywords'.

    In recordings it is a moment: `beside` are other segments of the same source and time (what is to be seen while
    this is said), `why` says for each modality ('speech', 'on-screen text', 'picture') how well it fits, in 0..1, and
    `narrowed` is the part of the segment's time that matters for the question. `copies` are results further down that
    say the same (a PDF and the DOCX that it was made from).
    """

    segment: Segment
    source: Source
    rank: int
    score: float
    found_by: dict[str, int]
    scores: dict[str, float] = field(default_factory=dict)
    narrowed: Place | None = None
    beside: tuple[Segment, ...] = ()
    why: dict[str, float] = field(default_factory=dict)
    copies: tuple[Result, ...] = ()

    @property
    def place(self) -> Place:
        """Where to look: the narrowed place, or that of the whole segment."""
        return self.narrowed or self.segment.place


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered result with the sentences that matter for the question, in the order of the source.

    Each sentence is an exact substring of `result.segment.text`. `beside` are segments of `result.beside` with those
    of their sentences that matter. `best` is the sentence of all that fits the question best.
    """

    number: int
    result: Result
    sentences: tuple[str, ...]
    beside: tuple[tuple[Segment, tuple[str, ...]], ...] = ()
    best: str = ""

    @property
    def parts(self) -> tuple[tuple[Segment, tuple[str, ...]], ...]:
        """All segments of the evidence with their sentences, the one that was found first."""
        return ((self.result.segment, self.sentences), *self.beside)


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of the answer tied to evidence.

    `start` and `end` are the sentence's offsets in the answer; `quote` is an exact substring of the
    source's text; `support` in 0..1 says how well the quote bears the sentence out. `segment` is the one whose text
    holds the quote, where that is one beside the evidence's own; `place` is where the quote stands or is said, where
    that is known closer than the evidence's place.
    """

    number: int
    start: int
    end: int
    quote: str
    support: float
    segment: Segment | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence of the answer after it was compared with the evidence.

    `start` and `end` are its offsets in the answer, without the mark behind it; `support` in 0..1 says how well the
    best evidence bears it out; `flags` say what stands in it and in no evidence ('1912 is not in the sources').
    """

    start: int
    end: int
    support: float
    supported: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished turn. `text` is Markdown: what the chat model wrote, where it may write and the files bear it out,
    and the files' own sentences. `intent` is what the question was taken for. `seconds` has the keys retrieve,
    first_cited (the first quote), first_token (the first written word, of models that write) and total.

    `checks` has one entry for each sentence that says something; `asked` is the full question that was looked up,
    where `question` leaned on the conversation; `trace` says how the answer came about. `waiting` are names of files
    that the question seems to mean and that were not read yet; `unread` says of files that are cited what in them could
    not be read, a line a file.
    """

    question: str
    text: str
    abstained: bool
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    seconds: dict[str, float]
    model: str
    checks: tuple[Check, ...] = ()
    asked: str = ""
    trace: Trace | None = None
    waiting: tuple[str, ...] = ()
    intent: str = ""
    unread: tuple[str, ...] = ()


# Events of answering, in this order: AnswerAdvanced*, EvidenceFound, QuotesFound?, (AnswerAdvanced | TextDelta)*,
# AnswerFinished. What is finished takes the place of all that came before.


@dataclass(frozen=True, slots=True)
class AnswerAdvanced:
    """What long work on an answer has reached, in words ('read 3 of 12 parts')."""

    note: str


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class QuotesFound:
    """The answer so far, of the files' own sentences: whoever stops reading here has the truth already."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of what the chat model writes, which stands above the quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerFinished:
    answer: Answer


AnswerEvent = AnswerAdvanced | EvidenceFound | QuotesFound | TextDelta | AnswerFinished


# Events of indexing: FilesFound, then for each file FileStarted, FileAdvanced*, FileFinished, and TimeLeft among them.
# Files are read beside each other, and FileFinished comes once more when one that could be asked by its words has its
# vectors.


@dataclass(frozen=True, slots=True)
class FilesFound:
    """How much there is to do: number of files and of bytes; and how many were `ignored`, by reason."""

    files: int
    bytes: int
    ignored: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileStarted:
    path: str


@dataclass(frozen=True, slots=True)
class FileAdvanced:
    """How many pieces of the file have been read so far, and the place that was reached. `note` says it in words where
    a place does not ('transcribed 4:10 of 12:30')."""

    path: str
    pieces: int
    place: Place
    note: str = ""


@dataclass(frozen=True, slots=True)
class FileFinished:
    record: FileRecord


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """About so many seconds until all files that were found are read and have their vectors; told each second."""

    seconds: float


IngestEvent = FilesFound | FileStarted | FileAdvanced | FileFinished | TimeLeft
