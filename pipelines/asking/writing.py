"""What a chat model writes → checked sentences with our marks behind them, one after the other as they are finished.

A sentence that no source bears out is marked, or left out where a person wants that; nothing else is done to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pipelines.checking.citations import open_mark, without_numbers
from pipelines.records import Check, Citation
from pipelines.sentences import sentence_spans

Checker = Callable[[str], tuple[Check | None, Citation | None]]
"""A sentence → what was found out about it (None: there is nothing to check in it), and its best citation."""


class CheckedText:
    """Takes deltas, gives checked text. `drop` leaves out sentences that nothing bears out, and counts them."""

    def __init__(self, check: Checker, drop: bool = False) -> None:
        self.text = ""
        self.checks: list[Check] = []
        self.citations: list[Citation] = []
        self.dropped = 0
        self._check = check
        self._drop = drop
        self._raw = ""  # the end of what came in, as long as it may become a mark of the model's own
        self._sentence = ""  # what is being written, without such marks
        self._space = ""  # between what was given on and what comes next

    @property
    def borne_out(self) -> bool:
        """Whether most of what can be checked is."""
        return sum(check.supported for check in self.checks) * 2 > len(self.checks) if self.checks else False

    def feed(self, delta: str) -> Iterator[str]:
        self._raw += delta
        whole = len(self._raw) - len(open_mark(self._raw))
        yield from self._take(self._raw[:whole])
        self._raw = self._raw[whole:]

    def close(self) -> Iterator[str]:
        """The rest of the text."""
        yield from self._take(self._raw)
        self._raw = ""
        if self._sentence.strip():
            yield from self._finish(self._sentence.strip())

    def _take(self, text: str) -> Iterator[str]:
        before = self._sentence[-1:]  # a mark is told by what stands in front of it
        self._sentence += without_numbers(before + text)[len(before) :]
        spans = sentence_spans(self._sentence)
        while len(spans) > 1:
            (start, end), (following, _) = spans[0], spans[1]
            yield from self._finish(self._sentence[start:end])
            self._space = self._sentence[end:following]
            self._sentence = self._sentence[following:]
            spans = sentence_spans(self._sentence)

    def _finish(self, sentence: str) -> Iterator[str]:
        check, citation = self._check(sentence)
        if check is not None and not check.supported and self._drop:
            self.dropped += 1
            return
        lead = self._space if self.text else ""
        start = len(self.text) + len(lead)
        if check is not None:
            self.checks.append(replace(check, start=start, end=start + len(sentence)))
        mark = ""
        if citation is not None:
            self.citations.append(replace(citation, start=start, end=start + len(sentence)))
            mark = f" [{citation.number}]"
        part = f"{lead}{sentence}{mark}"
        self.text += part
        yield part
