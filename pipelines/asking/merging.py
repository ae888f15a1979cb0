"""What a chat model makes of the files' own sentences: its text above those that it does not say yet, or the ones that
it chose in front. Paragraphs, lists and tables stay whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from indexes.keywords import content_words, share
from pipelines.asking.quotes import Quotes
from pipelines.asking.writing import CheckedText
from pipelines.records import Check, Citation

Span = TypeVar("Span", Citation, Check)

_SAID = 0.75  # share of a quote's words that stand in the text: then it need not be repeated


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of an answer with what is cited and checked in it; offsets are its own."""

    text: str
    citations: Sequence[Citation] = ()
    checks: Sequence[Check] = ()


def merged(text: CheckedText, quotes: Quotes, lead: str) -> Quotes:
    """The text first, then the quotes that say more, below a lead."""

    def says_more(block: _Block) -> bool:
        return any(share(content_words(each.quote), text.text) < _SAID for each in block.citations)

    own = _Block(text.text, text.citations, text.checks)
    more = [block for block in _blocks(quotes) if says_more(block)]
    return _joined([own, _Block(lead), *more] if more else [own], quotes)


def chosen_first(quotes: Quotes, numbers: Sequence[int]) -> Quotes:
    """What cites the numbered evidence in front, in the order of the numbers."""

    def place(block: _Block) -> int:
        return min(
            (numbers.index(each.number) for each in block.citations if each.number in numbers), default=len(numbers)
        )

    return _joined(sorted(_blocks(quotes), key=place), quotes)


def _blocks(quotes: Quotes) -> Iterator[_Block]:
    at = 0
    for text in quotes.text.split("\n\n"):
        start, at = at, at + len(text) + 2
        yield _Block(
            text,
            [_moved(each, -start) for each in quotes.citations if start <= each.start < at],
            [_moved(each, -start) for each in quotes.checks if start <= each.start < at],
        )


def _joined(blocks: Iterable[_Block], quotes: Quotes) -> Quotes:
    made = Quotes(evidence=list(quotes.evidence))
    for block in blocks:
        made.text += "\n\n" if made.text else ""
        at = len(made.text)
        made.citations += [_moved(each, at) for each in block.citations]
        made.checks += [_moved(each, at) for each in block.checks]
        made.text += block.text
    return made


def _moved(each: Span, by: int) -> Span:
    return replace(each, start=each.start + by, end=each.end + by)
