"""Which chat models take pictures, as far as that is known."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

log = logging.getLogger(__name__)

# Words that names of models use for nothing else: 'qwen2.5-vl-7b', 'llama-3.2-11b-vision', 'llava:13b'.
_SAYS_SO = re.compile(
    r"(?<![a-z])(?:vl|vlm|vision|(?:bak)?llava|pixtral|moondream|minicpm-v|internvl|smolvlm)(?![a-z])", re.IGNORECASE
)


def sees(chat: BaseChatModel) -> bool:
    """Whether a chat model takes pictures, as far as can be known without showing it one.

    LangChain keeps that in the model's profile: it has a table for the models of large providers, and our own models
    know it from their files. Ollama is asked. Of models on other servers only the name is known; it counts where it
    says so itself. A wrong no costs pictures only, and `streamed` mends a wrong yes. What was found out is kept in the
    profile.
    """
    profile = getattr(chat, "profile", None) or {}
    if "image_inputs" in profile:
        return bool(profile["image_inputs"])
    name = str(getattr(chat, "model_name", None) or getattr(chat, "model", ""))
    found: bool | None = bool(_SAYS_SO.search(name))
    if chat.__class__.__name__ == "ChatOllama":
        found = _asked_ollama(chat, name, bool(found))
    if found is not None:
        keep_sight(chat, found)
    return bool(found)


def _asked_ollama(chat: Any, name: str, otherwise: bool) -> bool | None:
    """What /api/show says; None when the server cannot be asked now. Its older versions do not say."""
    import ollama

    try:
        capabilities = ollama.Client(chat.base_url, timeout=10).show(name).capabilities
    except Exception as error:  # no server, no such model: the answer itself will say so
        log.info("Ollama does not say whether %s takes pictures: %s", name, error)
        return None
    return otherwise if capabilities is None else "vision" in capabilities


def keep_sight(chat: Any, found: bool) -> None:
    """Note in the model's profile whether it takes pictures."""
    if hasattr(chat, "profile"):
        chat.profile = {**(chat.profile or {}), "image_inputs": found}
