"""The answer as it grows: the model's deltas become checked sentences with our citation marks behind them.

Nothing is shown before it was checked. The first words come a second later than they could, and nothing that was read
has to be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pipelines.asking.prompting import unanswered
from pipelines.checking.citations import open_mark, without_numbers
from pipelines.records import Check, Citation
from pipelines.sentences import sentence_spans

Checker = Callable[[str], tuple[Check | None, Citation | None]]
"""A sentence → what was found out about it (None: there is nothing to check in it), and its best citation."""


class CheckedText:
    """Takes deltas, gives text on sentence by sentence. Until one is borne out by the evidence all are held back, so
    that an answer of which none is can be replaced as a whole.

    `drop` leaves out sentences that nothing bears out, and counts them in `dropped`.
    """

    def __init__(self, check: Checker, drop: bool = False, answers: Callable[[str], bool] = lambda _: True) -> None:
        """`answers` tells whether a sentence is of the kind that was asked for; one that is borne out must be."""
        self.text = ""  # all that was given on
        self.checks: list[Check] = []
        self.citations: list[Citation] = []
        self.supported = False  # whether a sentence was borne out, or none said anything that could be
        self.refused = False  # whether the model itself said that the sources do not hold it
        self.dropped = 0
        self._check = check
        self._answers = answers
        self._drop = drop
        self._raw = ""  # the end of what came in, as long as it may become a mark of the model's own
        self._sentence = ""  # the sentence that is being written, without such marks, and what follows it
        self._space = ""  # between what was given on and what comes next
        self._held: list[tuple[str, str, Check | None, Citation | None]] = []  # with the space in front

    def feed(self, delta: str) -> Iterator[str]:
        self._raw += delta
        whole = len(self._raw) - len(open_mark(self._raw))
        yield from self._take(self._raw[:whole])
        self._raw = self._raw[whole:]

    def close(self) -> Iterator[str]:
        """The rest of the text; what was held back only if there was nothing to check in it."""
        yield from self._take(self._raw)
        self._raw = ""
        if self._sentence.strip():
            self._finish(self._sentence.strip())
        if not self.refused and self._held and not any(check for _, _, check, _ in self._held):
            self.supported = True
        yield from self._flush()

    def _take(self, text: str) -> Iterator[str]:
        before = self._sentence[-1:]  # a mark is told by what stands in front of it
        self._sentence += without_numbers(before + text)[len(before) :]
        spans = sentence_spans(self._sentence)
        while len(spans) > 1:
            (start, end), (following, _) = spans[0], spans[1]
            self._finish(self._sentence[start:end])
            self._space = self._sentence[end:following]
            self._sentence = self._sentence[following:]
            spans = sentence_spans(self._sentence)
            yield from self._flush()

    def _finish(self, sentence: str) -> None:
        """A sentence is complete."""
        if unanswered(sentence):
            self.refused = True
            return
        check, citation = self._check(sentence)
        self.supported = self.supported or (check is not None and check.supported and self._answers(sentence))
        self._held.append((self._space, sentence, check, citation))

    def _flush(self) -> Iterator[str]:
        if not self.supported:
            return
        for space, sentence, check, citation in self._held:
            if check is not None and not check.supported and self._drop:
                self.dropped += 1
                continue
            lead = space if self.text else ""
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
        self._held = []
