"""Which sentences are quoted: the best first, each with what it needs to be understood, until there are enough words.

A sentence brings those around it, an item its whole list with the lead-in, a row the head of its table. Knows scores
and passages, no language model: this is the answer that stands at once, and what a model may choose from later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexes.keywords import is_cjk
from pipelines.asking.passages import Passage, Sentence
from pipelines.asking.ranking import best_first

_END = 8  # words that are left are not worth another sentence
_ITEMS = 3  # behind the best, of a list that is too long to be quoted whole


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is quoted: `words` in all; of prose the sentences `before` and `after` a good one; sentences that score
    at least `least` times the best, rows that are at least `rows` of the way from the worst row to the best: what all
    of them share, as the name of their file, chooses none; `lists` whole, or an item alone."""

    words: int
    after: int = 0
    before: int = 0
    least: float = 0.0
    rows: float = 0.9
    lists: bool = True


def choose(passages: Sequence[Passage], scores: Mapping[Sentence, float], amount: Amount) -> list[Sentence]:
    """Passage by passage, the best first, and each in reading order."""
    order = best_first(scores)
    by = {sentence: passage for passage in passages for sentence in passage.sentences}
    rows = [scores[each] for each in order if each.form == "row"]
    least_row = rows[0] - (1 - amount.rows) * (rows[0] - rows[-1]) if rows else 0.0
    chosen: dict[Sentence, None] = {}
    said: set[tuple[str, str]] = set()  # a manual says the same in several places
    left = amount.words
    for sentence in order:
        if chosen and scores[sentence] < amount.least * scores[order[0]]:
            break
        if sentence.form == "row" and scores[sentence] < least_row:
            continue
        for each in _with_needed(sentence, by[sentence], left, amount):
            cost = count_words(each.text)
            words = (each.context if each.form in ("item", "row") else "", " ".join(each.words.split()).lower())
            if words not in said and (cost <= left or not chosen):
                chosen[each] = None
                said.add(words)
                left -= cost
        if left < _END:
            break
    return in_reading_order(chosen, passages)


def _with_needed(sentence: Sentence, passage: Passage, left: int, amount: Amount) -> Iterator[Sentence]:
    block = passage.block(sentence)
    if sentence.form == "row":
        head = next((row for row in passage.sentences if row.form == "row" and row.text == sentence.context), None)
        yield from (row for row in (sentence, head) if row is not None)
        if not sentence.context:
            yield from block[block.index(sentence) + 1 :]  # a head says nothing without its rows
    elif len(block) > 1 and (amount.lists or sentence.form != "item"):  # nor has a lead-in without its items
        if sum(count_words(each.text) for each in block) <= left:
            yield from block
            return
        at = block.index(sentence)
        yield from (sentence, block[0], *block[at + 1 : at + 1 + _ITEMS])
    else:
        at = passage.sentences.index(sentence)
        yield sentence
        for each in _run(passage.sentences[at + 1 : at + 1 + amount.after]):
            yield each
            if amount.lists:
                yield from passage.block(each)[1:]  # what it leads to
        yield from _run(passage.sentences[max(0, at - amount.before) : at][::-1])


def _run(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """As long as it is prose."""
    for sentence in sentences:
        if sentence.form != "sentence":
            return
        yield sentence


def in_reading_order(
    chosen: Mapping[Sentence, object] | Sequence[Sentence], passages: Sequence[Passage]
) -> list[Sentence]:
    """Passages in the order in which they were chosen first."""
    rank = {result: n for n, result in enumerate(dict.fromkeys(each.result for each in chosen))}
    place = {each: n for passage in passages for n, each in enumerate(passage.sentences)}
    return sorted(chosen, key=lambda each: (rank[each.result], place[each]))


def count_words(text: str) -> int:
    """Words as people count them; of Chinese and Japanese, three characters are one."""
    words = sum(any(map(str.isalnum, word)) for word in text.split())
    return max(words, sum(map(is_cjk, text)) // 3)
