"""What was typed → one QueryPlan: alone or leaning on the turn before, its intent, its language, its sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from indexes.keywords import is_cjk
from pipelines.languages import detect
from pipelines.query.follow_up import standalone
from pipelines.query.intent import Intents
from pipelines.query.lexicon import words_of
from pipelines.query.plan import AnswerType, Intent, Length, QueryPlan
from pipelines.query.sides import sides_of
from pipelines.records import Question, Turn

_KANA, _HANGUL = re.compile("[\u3041-\u3096\u30a1-\u30fa]"), re.compile("[\uac00-\ud7af]")
_MUCH = 0.25  # kana among the letters of a Japanese question; a Chinese one may hold a Japanese name
_LANGUAGES = ("en", "de", "fr", "es", "zh")


def understand(question: Question, text: str, intents: Intents) -> QueryPlan:
    """The plan of a question. `text` is what was typed, without needless space."""
    alone = standalone(text, question.history)
    last = question.history[-1] if alone.leans else None
    intent, sure = intents.recognise(text, (last.asked or last.question) if last else "")
    if question.intent:
        intent, sure = question.intent, 1.0
    answer_type, type_sure = intents.answer_type(text) if intent == "fact" else ("other", 0.0)
    return QueryPlan(
        text,
        alone.text,
        cast(Intent, intent),
        sure,
        alone.leans,
        cast(Length, question.length),
        language_of(text, question.history),
        sides_of(text) if intent == "comparison" else (),
        cast(AnswerType, answer_type),
        type_sure,
    )


def language_of(text: str, history: Sequence[Turn] = ()) -> str:
    """Two letters. A short question is told by its small words, which each language has its own of, else by what was
    asked before; English where nothing tells."""
    if is_cjk(text):
        kana, letters = len(_KANA.findall(text)), sum(c.isalpha() for c in text)
        return "ko" if _HANGUL.search(text) else "ja" if kana > _MUCH * letters else "zh"
    words = text.lower().split()
    met = {
        language: sum(word.strip("?!.,") in words_of("small", language) for word in words) for language in _LANGUAGES
    }
    best = max(met, key=lambda language: met[language])
    if met[best] and sum(count == met[best] for count in met.values()) == 1:
        return best
    return detect(text) or (language_of(history[-1].question, history[:-1]) if history else "en")
