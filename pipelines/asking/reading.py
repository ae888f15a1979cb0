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
_SERVED = 6_000  # the same for a model on a server
_MORE = 10  # passages that were found and not quoted
_NAME = 15  # tokens of the name above a passage
_ROOM = 900  # tokens of a context that are left for the rest of the prompt and the answer


def affordable(speed: tuple[float, float] | None, context: int, setting: int = 0, served: bool = False) -> int:
    """Tokens of evidence: as many as were set, else as a model of this speed (tokens a second read and written) reads
    in time, and never more than its context holds. A model on a server of which the speed is not known yet is taken for
    a fast one."""
    unknown = _SERVED if served else _LEAST
    wanted = setting or (max(_LEAST, int(SECONDS * speed[0])) if speed else unknown)
    return max(_LEAST, min(wanted, context - _ROOM))


def with_more(quoted: Sequence[Evidence], results: Sequence[Result], most: int = _MORE) -> list[Evidence]:
    """What was quoted, and behind it what was found beside that, numbered on."""
    made = list(quoted)
    known = {each.result.segment.id for each in quoted}
    for result in results:
        if result.segment.id not in known and len(made) < len(quoted) + most:
            known.add(result.segment.id)
            made.append(Evidence(len(made) + 1, result, ()))
    return made


def widened(evidence: Sequence[Evidence], budget: int, embedder: TextEmbedder) -> list[Evidence]:
    """The evidence that a model reads, of about `budget` tokens: each with its whole passage, as far as that goes."""
    return next(iter(in_parts(evidence, budget, embedder)), [])


def in_parts(evidence: Sequence[Evidence], budget: int, embedder: TextEmbedder) -> list[list[Evidence]]:
    """The evidence, each with its whole passage, in parts of about `budget` tokens; at least one in each."""
    parts: list[list[Evidence]] = []
    left = 0
    for narrow in evidence:
        wide = {**dict(narrow.beside), **{segment: (segment.text,) for segment in narrow.result.beside}}
        whole = replace(narrow, sentences=(narrow.result.segment.text,), beside=tuple(wide.items()))
        cost = embedder.tokens(" ".join(text for _, texts in whole.parts for text in texts)) + _NAME
        if not parts or cost > left:
            parts.append([])
            left = budget
        parts[-1].append(whole)
        left -= cost
    return parts
