"""What a chat model wrote above the files' own sentences, as one answer; of those, what it does not say yet."""

from __future__ import annotations

from dataclasses import replace

from indexes.keywords import content_words, share
from pipelines.asking.quotes import Quotes
from pipelines.asking.writing import CheckedText

_SAID = 0.75  # share of a quote's words that stand in the text: then it need not be repeated


def merged(text: CheckedText, quotes: Quotes, lead: str) -> Quotes:
    """The text first, then the quotes that say more, paragraph by paragraph, below a lead."""
    made = Quotes(text.text, list(text.citations), list(text.checks), list(quotes.evidence))
    kept: list[str] = []
    at = 0
    below = len(text.text) + len(lead) + 4  # the empty lines around the lead
    for block in quotes.text.split("\n\n"):  # a list or table stays whole
        start, at = at, at + len(block) + 2
        cited = [each for each in quotes.citations if start <= each.start < at]
        if not cited or all(share(content_words(each.quote), text.text) >= _SAID for each in cited):
            continue
        shift = below + sum(len(each) + 2 for each in kept) - start
        made.citations += [replace(each, start=each.start + shift, end=each.end + shift) for each in cited]
        made.checks += [
            replace(each, start=each.start + shift, end=each.end + shift)
            for each in quotes.checks
            if start <= each.start < at
        ]
        kept.append(block)
    if kept:
        made.text = "\n\n".join([text.text, lead, *kept])
    return made
