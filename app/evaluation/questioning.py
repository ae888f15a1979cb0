"""Questions written by the chat model over a segment, kept only where the segment itself proves the answer.

Used to make question sets. The checks know nothing of retrieval: a question is not thrown away because it is hard to
find, which would flatter what is measured.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from indexes.keywords import content_words, is_cjk
from indexes.records import Segment, Source
from pipelines.errors import ModelUnavailable
from pipelines.sentences import sentences

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

_SYSTEM = """You write one question that a person could ask about a text without having it before them. Name the \
person, thing, place or date that is meant. The answer is a name, number, date or short phrase, copied from the text \
letter by letter. Write in the language of the text. Reply with two lines only:
Question: ...
Answer: ..."""
_CUE = "Write the two lines, Question and Answer, about this text."
# Told without an example, the built-in model wrote the question and left out the answer.
_EXAMPLE = (
    "rota.txt\n\nOn Fridays the ferry to Sandholm leaves at 7:40 from the north pier. It takes bicycles.",
    "Question: At what time can one take the boat to Sandholm on a Friday?\nAnswer: 7:40",
)
_REPLY = re.compile(r"Question:\s*(?P<question>[^\n]+)\n+\s*Answer:\s*(?P<answer>[^\n]+)", re.IGNORECASE)
_POINTS_AT_TEXT = re.compile(
    r"\b(?:the|this|that|above|given|provided)\s+(?:passage|text|document|excerpt|paragraph|segment|article|section)\b"
    r"|\baccording to (?:the|this)\b|(?:本文|文中|上文|这段|该段)",
    re.IGNORECASE,
)
_LONGEST_TEXT, _LONGEST_ANSWER, _FEWEST_WORDS = 1200, 80, 3
_COPIED = 0.8  # share of a question's words in one run of the text, from which on it is a copy
_NUMBER = re.compile(r"(?<![\w.,])\d{2,4}(?![\w.,]\d|\w)")
_NAME = re.compile(r"(?<=\s)[A-Z][a-z]{3,}(?:\s[A-Z][a-z]{3,})*")


@dataclass(frozen=True, slots=True)
class Written:
    """A question with its answer, which stands word for word in the segment it was written for."""

    question: str
    answer: str


def write_question(chat: BaseChatModel, source: Source, segment: Segment) -> Written | None:
    """A question about one segment; None where what the model wrote does not hold.

    Raises ModelUnavailable when the chat model does not answer.
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    text = segment.text[:_LONGEST_TEXT]
    heading = f"{segment.heading}\n" if segment.heading else ""
    material = f"{PurePath(source.path).name}\n{heading}\n{text}"
    shown, said = _EXAMPLE
    messages = [SystemMessage(_SYSTEM), HumanMessage(f"{shown}\n\n{_CUE}"), AIMessage(said)]
    try:
        reply = chat.invoke([*messages, HumanMessage(f"{material}\n\n{_CUE}")])
    except ModelUnavailable:
        raise
    except Exception as error:  # each provider has errors of its own
        raise ModelUnavailable(
            f"The chat model wrote no question: {error}. `python -m app models` shows it."
        ) from error
    return read_reply(str(reply.content), text)


def read_reply(reply: str, text: str) -> Written | None:
    """The question and the answer of a reply, if they hold for the text that they were written for."""
    match = _REPLY.search(reply)
    if match is None:
        return None
    question = match["question"].strip().strip('"“”')
    answer = match["answer"].strip().strip('"“”').rstrip(".。")
    return Written(question, answer) if acceptable(question, answer, text) else None


def acceptable(question: str, answer: str, text: str) -> bool:
    """Whether the answer stands word for word in the text, and the question asks for it without naming it, without
    pointing at the text, and in words of its own."""
    if not question.endswith(("?", "？")) or _POINTS_AT_TEXT.search(question):
        return False
    if not 0 < len(answer) <= _LONGEST_ANSWER or not _stands(answer, text) or _stands(answer, question):
        return False
    words = content_words(question)
    return len(words) >= _FEWEST_WORDS and not any(_copied(question, sentence) for sentence in sentences(text))


def _stands(part: str, text: str) -> bool:
    """Word for word, white space aside, and not in the middle of a word or number."""
    words = r"\s+".join(map(re.escape, part.split()))
    edges = (r"(?:)", r"(?:)") if is_cjk(part) else (r"(?<![^\W_])", r"(?![^\W_])")
    return re.search(f"{edges[0]}{words}{edges[1]}", text, re.IGNORECASE) is not None


def _copied(question: str, sentence: str) -> bool:
    """Whether most of the question is one run of the sentence's words."""
    asked = _units(question)
    there = " ".join(_units(sentence))
    least = max(_FEWEST_WORDS, round(_COPIED * len(asked)))
    runs = (" ".join(asked[at : at + least]) for at in range(len(asked) - least + 1))
    return any(f" {run} " in f" {there} " for run in runs)


def _units(text: str) -> list[str]:
    return list("".join(re.findall(r"\w", text))) if is_cjk(text) else re.findall(r"\w+", text.casefold())


def alter_question(
    question: str, names: Sequence[str], held: Callable[[str, str], bool], chance: random.Random
) -> str | None:
    """The question with one number or name changed, so that the library does not answer it; None where it has none
    that can be changed.

    `names` are names to put in; `held` says of a question and what was put into it whether a passage of the
    library may answer it. Numbers are moved a little, so that the question stays near to what the library holds.
    """
    spots = [*_NUMBER.finditer(question), *_NAME.finditer(question)]
    chance.shuffle(spots)
    for spot in spots:
        word = spot.group()
        if word.isdigit():
            others = [str(int(word) + step) for step in chance.sample(range(1, 10), 9)]
        else:
            others = [name for name in names if name != word and name not in question and word not in name]
            chance.shuffle(others)
        for other in others[:20]:
            altered = question[: spot.start()] + other + question[spot.end() :]
            if not held(altered, other):
                return altered
    return None


def names_in(text: str) -> list[str]:
    """Names of a text, roughly: runs of capitalised words that do not begin a sentence."""
    return list(dict.fromkeys(match.group() for part in sentences(text) for match in _NAME.finditer(part)))
