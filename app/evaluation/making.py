"""Question sets out of a library: written by the chat model over sampled segments, or grown from people's thumbs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from app.evaluation.metrics import contains
from app.evaluation.questioning import Written, alter_question, names_in, write_question
from app.evaluation.sets import Example, identify
from indexes.keywords import content_words
from indexes.library import Library
from indexes.records import Modality, Place, Segment, Source
from pipelines.sentences import sentences

if TYPE_CHECKING:
    from app.assistant import Assistant

MADE, ALTERED, UP, DOWN = "made", "altered", "thumb up", "thumb down"
_SEED = 4
_ATTEMPTS = 4  # segments that are tried for each question that is wanted
_FEWEST_WORDS = 8  # of a segment that something can be asked about
_ANSWERABLE_IN_A_ROW = 4  # then one that cannot be answered
_NAMES_FROM = 200  # segments whose names may be put in the place of others
_HELD = 0.6  # share of a question's words in a passage with the changed one, from which on it may answer it


def make_examples(assistant: Assistant, count: int) -> Iterator[Example]:
    """Up to `count` questions over the library, as they are written; about one in five cannot be answered.

    Raises ModelUnavailable without a chat model.
    """
    chance = random.Random(_SEED)
    library, chat = assistant.library, assistant.shelf.chat
    names = _names(library, chance)
    asked: set[str] = set()
    in_a_row = 0
    made = 0
    for tried, (source, segment) in enumerate(sample_segments(library, chance)):
        if made >= count or tried >= _ATTEMPTS * count:
            return
        written = write_question(chat, source, segment)
        if written is None or identify(written.question) in asked:
            continue
        asked.add(identify(written.question))
        in_a_row, made = in_a_row + 1, made + 1
        yield _made(written, source, segment)
        if in_a_row < _ANSWERABLE_IN_A_ROW or made >= count:
            continue
        altered = alter_question(written.question, names, lambda text, word: _held(library, text, word), chance)
        if altered is not None and identify(altered) not in asked:
            asked.add(identify(altered))
            in_a_row, made = 0, made + 1
            note = f"altered from: {written.question}"
            yield Example(identify(altered), altered, answerable=False, kind=ALTERED, note=note)


def sample_segments(library: Library, chance: random.Random) -> Iterator[tuple[Source, Segment]]:
    """Segments with enough words, in a mixed order: one of each source in turn, the modalities alternating."""
    by_modality: dict[Modality, list[Source]] = {}
    for source in sorted(library.catalogue.sources().values(), key=lambda each: each.id):
        by_modality.setdefault(source.modality, []).append(source)
    for sources in by_modality.values():
        chance.shuffle(sources)
    turns: list[tuple[Source, Iterator[Segment]]] = []
    while any(by_modality.values()):
        for sources in by_modality.values():
            if sources:
                source = sources.pop()
                turns.append((source, _shuffled(library, source, chance)))
    while turns:
        rest = []
        for source, segments in turns:
            segment = next(segments, None)
            if segment is not None:
                rest.append((source, segments))
                yield source, segment
        turns = rest


def grown_examples(turns: Iterable[Any]) -> Iterator[Example]:
    """Questions that people gave a thumb, as the library's conversations keep them.

    A thumb up makes the answer's citations what is expected: their files, places and quotes (as passages). `answers`
    stays empty, since the answer's wording is not what another model has to find; a person may fill it in. A thumb down
    says only that the answer was wrong: the line waits to be filled in, and until then nothing is measured with it
    but seconds.
    """
    for turn in turns:
        answer = turn.answer
        question = answer.get("asked") or turn.question
        if turn.thumb < 0:
            note = f"Disliked: {_short(answer.get('answer', ''))} Fill in answers, answerable, source and place."
            yield Example(identify(question), question, answerable=None, kind=DOWN, note=note)
            continue
        cited = answer.get("citations", [])
        yield Example(
            identify(question),
            question,
            answerable=not answer.get("abstained", False),
            sources=tuple(dict.fromkeys(PurePath(each["source"]).name for each in cited)),
            passages=tuple(dict.fromkeys(each["quote"] for each in cited if each["quote"].strip())),
            kind=UP,
            note=f"Liked: {_short(answer.get('answer', ''))}",
        )


def _made(written: Written, source: Source, segment: Segment) -> Example:
    place = segment.place
    known = Place(place.page, place.slide, place.sheet, place.lines, place.start, place.end)
    passages: tuple[str, ...] = ()
    if known == Place():
        passages = tuple(each for each in sentences(segment.text) if contains(each, [written.answer]))[:1]
    return Example(
        identify(written.question),
        written.question,
        (written.answer,),
        sources=(PurePath(source.path).name,),
        places=() if known == Place() else (known,),
        passages=passages,
        kind=MADE,
    )


def _shuffled(library: Library, source: Source, chance: random.Random) -> Iterator[Segment]:
    segments = [each for each in library.catalogue.segments_of(source.id) if _asks_for(each)]
    chance.shuffle(segments)
    yield from segments


def _asks_for(segment: Segment) -> bool:
    return len(content_words(segment.text)) >= _FEWEST_WORDS


def _names(library: Library, chance: random.Random) -> list[str]:
    names: dict[str, None] = {}
    for count, (_, segment) in enumerate(sample_segments(library, chance)):
        if count == _NAMES_FROM:
            break
        names.update(dict.fromkeys(names_in(segment.text)))
    return list(names)


def _held(library: Library, question: str, word: str) -> bool:
    """Whether a passage holds the changed word and most of the question's others."""
    wanted = set(content_words(question))
    ids = [hit.segment_id for hit in library.search_keywords(question, 50)]
    ids += [hit.segment_id for hit in library.search_keywords(word, 50)]
    return any(
        contains(segment.text, [word]) and len(wanted & set(content_words(segment.text))) >= _HELD * len(wanted)
        for segment in library.catalogue.segments(ids).values()
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"
