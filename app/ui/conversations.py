"""The list of conversations and the line above the one that is open: records → HTML. Pure functions.

What its buttons do is in `chat`; they say by data attributes which conversation is meant.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.ui.escaping import escape
from indexes.conversations import Conversation


def topic(conversation: str, title: str, keeps_history: bool) -> str:
    """The line above the chat; it tells the page's script which conversation to show again after a reload."""
    button = (
        '<button type="button" class="fs-drawer" data-drawer aria-expanded="false" aria-controls="fs-drawer">'
        "Conversations</button>"
        if keeps_history
        else ""
    )
    name = f'<span class="fs-topic" title="{escape(title)}"><bdi>{escape(title)}</bdi></span>' if title else ""
    return f'<div class="fs-bar" data-conversation="{escape(conversation)}">{button}{name}</div>'


def listed(conversations: Sequence[Conversation], opened: str) -> str:
    """All conversations, the latest first; each can be opened, renamed and deleted."""
    if not conversations:
        return '<div class="fs-conversations"><p class="fs-empty">No conversations yet.</p></div>'
    items = "".join(_item(each, each.id == opened) for each in conversations)
    count = len(conversations)
    many = "the one conversation" if count == 1 else f"all {count:,} conversations"
    return (
        f'<div class="fs-conversations"><ul>{items}</ul><details class="fs-clear"><summary>Delete all …</summary>'
        f"<p>This deletes {many}, with what you thought of the answers, for good.</p>"
        f'<button type="button" class="fs-danger" data-clear>Delete {many}</button></details></div>'
    )


def _item(conversation: Conversation, opened: bool) -> str:
    id, title = escape(conversation.id), escape(conversation.title or "Untitled")
    answers = "1 answer" if conversation.turns == 1 else f"{conversation.turns:,} answers"
    return (
        f'<li><button type="button" class="fs-past" data-open="{id}" aria-current="{str(opened).lower()}">'
        f'<bdi>{title}</bdi><span class="fs-place">{_when(conversation.updated)} · {answers}</span></button>'
        f'<details><summary aria-label="Rename or delete: {title}" title="Rename or delete">⋯</summary>'
        f'<div class="fs-change"><input type="text" value="{title}" maxlength="120" aria-label="Title">'
        f'<button type="button" data-rename="{id}">Rename</button>'
        f'<button type="button" class="fs-danger" data-delete="{id}">Delete for good</button></div></details></li>'
    )


def _when(seconds: float) -> str:
    then, now = time.localtime(seconds), time.localtime()
    if then[:3] == now[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%d %b" if then[0] == now[0] else "%d %b %Y", then)
