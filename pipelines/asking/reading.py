"""How much a chat model is given to read, and what: the passages that were quoted first, as they stand in their files,
then the others that were found, best first, as far as its speed and its context allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.models.embedding import TextEmbedder
from pipelines.records import Evidence, Result

SECONDS = 12.0
"""In which a model shall have read what it is given; what it writes comes behind that."""

_LEAST = 300  # tokens, for a model that is slow or of which the speed is not known yet
_ROOM = 900  # tokens of a context that are left for the rest of the prompt and the answer


def affordable(speed: tuple[float, float] | None, context: int, setting: int = 0) -> int:
    """Tokens of evidence: as many as were set, else as a model of this speed (tokens a second read and written) reads
    in time, and never more than its context holds."""
    wanted = setting or (max(_LEAST, int(SECONDS * speed[0])) if speed else _LEAST)
    return max(_LEAST, min(wanted, context - _ROOM))


def widen(quoted: Sequence[Evidence], results: Sequence[Result], budget: int, embedder: TextEmbedder) -> list[Evidence]:
    """The evidence for a model, of about `budget` tokens: what was quoted keeps its number and brings its passage."""
    made = [replace(each, sentences=(each.result.segment.text,), beside=_whole(each)) for each in quoted]
    known = {each.result.segment.id for each in quoted}
    for result in results:
        if result.segment.id not in known:
            known.add(result.segment.id)
            made.append(Evidence(len(made) + 1, result, (result.segment.text,), _beside(result)))
    read: list[Evidence] = []
    for evidence in made:
        budget -= embedder.tokens(" ".join(text for _, texts in evidence.parts for text in texts)) + 15
        if budget < 0 and read:
            break
        read.append(evidence)
    return read


def _whole(evidence: Evidence) -> tuple:  # type: ignore[type-arg]
    beside = dict(evidence.beside)
    others = {segment: (segment.text,) for segment in evidence.result.beside}
    return tuple({**beside, **others}.items())


def _beside(result: Result) -> tuple:  # type: ignore[type-arg]
    return tuple((segment, (segment.text,)) for segment in result.beside)
