"""Question sets: JSONL files that people read and edit. One question a line, with what a right answer looks like."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from indexes.errors import UsageError
from indexes.records import Place

_PLACES = {"page": int, "slide": int, "sheet": str, "lines": list, "start": (int, float), "end": (int, float)}


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what is expected of its answer. What is not known is left out, and not measured.

    - `answers`: texts of which a right answer contains one
    - `answerable`: whether the library holds an answer; None where nobody has said so
    - `sources`: names, paths or globs; each one is a file that should be found
    - `places`: where in them the answer stands, any of these
    - `passages`: texts of the sources in which it stands, any of these: a place for files without pages
    - `kind`, `language`: groups of questions are reported apart, too
    - `key_points`: what a full answer states, all of these; each with its wordings
    - `wrong_if`: what an answer that was led astray states
    - `history`: earlier questions of the same conversation
    - `evidence`: sentences of the sources that are needed for the answer, all of these
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool | None = True
    sources: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    passages: tuple[str, ...] = ()
    kind: str = ""
    note: str = ""
    language: str = ""
    key_points: tuple[str, ...] = ()
    wrong_if: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """What is searched for: a question that leans on others, together with them."""
        return " ".join([*self.history, self.question])

    def as_dict(self) -> dict[str, Any]:
        """The line of the file: the keys that people write, without what is empty."""
        values = {
            "id": self.id,
            "history": list(self.history),
            "question": self.question,
            "answers": list(self.answers),
            "key_points": list(self.key_points),
            "wrong_if": list(self.wrong_if),
            "answerable": self.answerable,
            "source": _single(self.sources),
            "place": _single([place.as_dict() for place in self.places]),
            "passage": _single(self.passages),
            "evidence": list(self.evidence),
            "kind": self.kind,
            "language": self.language,
            "note": self.note,
        }
        return {key: value for key, value in values.items() if value not in ("", []) or key == "answers"}


_KEYS = {"place", "source", "passage"} | {f.name for f in fields(Example)} - {"places", "sources", "passages"}
_ALSO = {"type": "kind", "source_files": "source", "locator": "locator"}  # as other sets name them


def read_set(path: Path) -> list[Example]:
    """The questions of a file, in its order. Raises UsageError that names the file, the line and what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The question set {path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The question set {path} is no UTF-8 text. Save it as UTF-8.") from error
    examples: dict[str, Example] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            example = read_example(json.loads(line))
            if example.id in examples:
                raise ValueError(f"the id {example.id!r} (or, without ids, the question) was there before")
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{path}, line {number}: this is no JSON: {error.msg}. Each line is one object."
            ) from error
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}. See docs/evaluation.md.") from error
        examples[example.id] = example
    if not examples:
        raise UsageError(
            f"The question set {path} holds no question. `python -m app eval --make {path.name}` makes one."
        )
    return list(examples.values())


def read_example(line: Any) -> Example:
    """One line of a set. Raises ValueError with the reason."""
    if not isinstance(line, dict):
        raise ValueError("a line must be an object with a question")
    line = {_ALSO.get(key, key): value for key, value in line.items()}
    unknown = sorted(set(line) - _KEYS - set(_ALSO))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is no key; keys are {', '.join(sorted(_KEYS))}")
    question = line.get("question")
    if not isinstance(question, str) or not question.strip():
        raise ValueError("there is no question")
    answerable = line.get("answerable", True)
    if answerable not in (True, False, None):
        raise ValueError("answerable must be true, false or null")
    places = line.get("place") or []
    places = [_place(place) for place in (places if isinstance(places, list) else [places])]
    sources, history = _texts(line, "source"), _texts(line, "history")
    if len(sources) == 1:  # of several it says not in which
        places += _places_of(line.get("locator") or {})
    return Example(
        id=str(line.get("id") or identify(*history, question)),
        question=question.strip(),
        answers=_texts(line, "answers"),
        answerable=answerable,
        sources=sources,
        places=tuple(places),
        passages=_texts(line, "passage"),
        kind=str(line.get("kind") or ""),
        note=str(line.get("note") or ""),
        language=str(line.get("language") or ""),
        key_points=_texts(line, "key_points"),
        wrong_if=_texts(line, "wrong_if"),
        history=history,
        evidence=_texts(line, "evidence"),
    )


def identify(*questions: str) -> str:
    """An id for a question that has none (the last, after those before it): the same for the same words."""
    return hashlib.sha256(" ".join(" ".join(questions).casefold().split()).encode()).hexdigest()[:12]


def write_example(example: Example) -> str:
    """The line of a file, with its end."""
    return json.dumps(example.as_dict(), ensure_ascii=False) + "\n"


def append_examples(path: Path, examples: Iterable[Example]) -> int:
    """Adds the questions that the file does not hold yet; how many these were. Makes the file where there is none.

    Raises UsageError for a file that is no question set, or cannot be written.
    """
    there = (
        {identify(example.question) for example in read_set(path)} if path.exists() and path.stat().st_size else set()
    )
    fresh: dict[str, Example] = {}
    for each in examples:
        if identify(each.question) not in there:
            fresh.setdefault(identify(each.question), each)
    if not fresh:
        return 0
    try:
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, 2)
                if file.read(1) != b"\n":  # the last line was typed without an end
                    file.write(b"\n")
            file.write("".join(map(write_example, fresh.values())).encode())
    except OSError as error:
        raise UsageError(f"The question set {path} cannot be written: {error.strerror}. Name another.") from error
    return len(fresh)


def _texts(line: dict[str, Any], key: str) -> tuple[str, ...]:
    value = line.get(key) or []
    values = [value] if isinstance(value, str) else value
    if key == "evidence" and isinstance(values, list):  # may say in which file each stands
        values = [each.get("text") if isinstance(each, dict) else each for each in values]
    if not isinstance(values, list) or not all(isinstance(each, str) and each.strip() for each in values):
        raise ValueError(f"{key} must be a text or a list of texts")
    return tuple(values)


def _place(values: Any) -> Place:
    if not isinstance(values, dict) or not values:
        raise ValueError('place must be an object like {"page": 3} or {"start": 12.5, "end": 20}')
    for key, value in values.items():
        if key not in _PLACES:
            raise ValueError(f"a place has no {key}; it may have {', '.join(_PLACES)}")
        if not isinstance(value, _PLACES[key]) or isinstance(value, bool):  # type: ignore[arg-type]
            raise ValueError(f"the place's {key} is {value!r}")
    lines = values.get("lines")
    if lines is not None and (len(lines) != 2 or not all(isinstance(each, int) for each in lines)):
        raise ValueError(f"the place's lines are {lines!r}, not the first and the last")
    return Place.from_dict(values)


def _places_of(locator: Any) -> list[Place]:
    """Places as other sets write them: many pages or sheets in one text ('1, 6-9'). Sections and chapters are none."""
    if not isinstance(locator, dict):
        raise ValueError("locator must be an object")
    pages = dict.fromkeys(n for key in ("page", "also_pages", "evidence_pages") for n in _counted(locator.get(key)))
    places = [Place(page=n) for n in pages] + [Place(slide=n) for n in _counted(locator.get("slide"))]
    places += [Place(sheet=name.strip()) for name in str(locator.get("sheet") or "").split(";") if name.strip()]
    times = re.findall(r"\d+(?:\.\d+)?", str(locator.get("time") or ""))
    return places + ([Place(start=float(times[0]), end=float(times[-1]))] if times else [])


def _counted(numbers: Any) -> list[int]:
    spans = re.findall(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?", str(numbers or ""))
    return [n for first, last in spans for n in range(int(first), int(last or first) + 1)]


def _single(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)
