"""What a question was taken for, in plain words, and the buttons that ask it again for another kind of answer.
Records → HTML, pure functions."""

from __future__ import annotations

from app.ui.exchanges import Exchange

NAMES = {
    "fact": "short answer",
    "list": "list",
    "count": "count",
    "explanation": "explanation",
    "comparison": "comparison",
    "summary": "summary",
    "yes_no": "yes or no",
    "show": "picture or moment",
}
"""Of the intents; one that is not here asks for no answer."""

LENGTHS = {"short": "in short", "list": "as a list", "detailed": "in detail"}
"""What a person may ask for instead, and how the question says so."""


def kind_html(exchange: Exchange) -> str:
    """The chip, and the buttons. Where nothing was found, another length finds no more."""
    answer = exchange.answer
    name = NAMES.get(answer.intent) if answer and not answer.abstained else None
    if name is None:
        return ""
    chip = f'<span class="fs-kind" title="What your question was taken for">{name}</span>'
    return f'<div class="fs-kinds">{chip}{_buttons(exchange)}</div>'


def _buttons(exchange: Exchange) -> str:
    if exchange.files and not exchange.scope:  # a kept conversation does not know any more where these files lie
        return ""
    buttons = "".join(
        f'<button type="button" data-length="{length}" data-again="{exchange.number}" title="Ask again, {said}"'
        f"{' disabled' if length == exchange.length else ''}>{length}</button>"
        for length, said in LENGTHS.items()
    )
    return f'<span class="fs-lengths" role="group" aria-label="Ask the same question again">Ask again: {buttons}</span>'


def asked_for(exchange: Exchange) -> str:
    """What stands with a question that was asked again."""
    said = LENGTHS.get(exchange.length)
    return f'<span class="fs-file">{said}</span>' if said else ""
