"""Moments: what is said and what is to be seen at the same time of one recording, as one result.

The best segment leads; what else was found at that time stands beside it, and so does what was not found but is said
or seen meanwhile, so that 'which report is on the slide while the canoe is mentioned?' can be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexes.catalogue import Catalogue
from indexes.keywords import content_words, share
from indexes.records import Cue, Place, Segment, voiced
from pipelines.finding.fusion import CONSTANT
from pipelines.finding.times import Span
from pipelines.models.embedding import TextEmbedder
from pipelines.records import Result

SLACK = 1.0  # seconds between a picture and the words about it
LONG = 30.0  # seconds; what is to be seen for longer is beside many moments and leads one of its own, too
MOST_BESIDE = 4
_CLOSELY = 10  # how many results' sentences are compared by meaning; the others' by their words
_SHOWS_ON = 0.8  # share of the best picture's score from which on a shot beside it shows the same event
_FITS_TOO = 0.6  # share of the best cosine that another modality needs to bear a moment out


@dataclass(slots=True)
class Found:
    """A segment after fusion: its fused score, and its rank and score in each index."""

    segment: Segment
    score: float
    ranks: dict[str, int]
    scores: dict[str, float]
    fits: dict[str, float] = field(default_factory=dict)

    def gain(self, index: str, closer: float = 1.0) -> float:
        """What one index says for it: its reciprocal rank by how well it fits."""
        return self.fits.get(index, 1.0) / (CONSTANT + closer * self.ranks[index])


@dataclass(slots=True)
class Moment:
    """`lead` is the best found segment, `others` what was found at its time, best first."""

    lead: Found
    others: list[Found] = field(default_factory=list)

    @property
    def all(self) -> list[Found]:
        return [self.lead, *self.others]

    @property
    def own(self) -> list[Found]:
        """What counts for it: a slide that stays for minutes says little about any one moment of them."""
        return [self.lead, *(one for one in self.others if not _is_long(one.segment))]


def join(found: Sequence[Found]) -> list[Moment]:
    """Moments in the order of their leads; `found` is best first. What is in no recording stays by itself.

    Speech joins pictures and pictures join speech when they share half of the shorter one's time, give or take a
    second. Speech isn't joined to speech. A slide that stays for minutes swallows nothing: it stands beside every
    moment of its time.
    """
    moments: list[Moment] = []
    of_source: dict[str, list[Moment]] = {}
    for one in found:
        segment = one.segment
        if segment.kind not in ("speech", "frame"):
            moments.append(Moment(one))
            continue
        there = of_source.setdefault(segment.source_id, [])
        going_on = next((moment for moment in there if _goes_on(moment, one)), None)
        if going_on is not None:
            going_on.others.append(one)
            continue
        meeting = [m for m in there if m.lead.segment.kind != segment.kind and _together(m.lead.segment, segment)]
        for moment in meeting if _is_long(segment) else meeting[:1]:
            moment.others.append(one)
        if not meeting or all(_is_long(moment.lead.segment) for moment in meeting):
            there.append(Moment(one))
            moments.append(there[-1])
            # A slide that was found before stands beside what is said while it stays.
            there[-1].others += [m.lead for m in meeting if _is_long(m.lead.segment)]
    return moments


def _goes_on(moment: Moment, one: Found) -> bool:
    """Whether a shot shows on, before or behind, what the moment shows: one event, which begins with its first shot.
    A shot with words of its own (a slide) stands for itself."""
    if not _wordless(one) or not _wordless(moment.lead):
        return False
    if one.scores["image"] < _SHOWS_ON * moment.lead.scores["image"]:
        return False
    mine = [each.segment.place for each in moment.all if _wordless(each)]
    return any(abs(shared(place, one.segment.place)) <= SLACK / 2 for place in mine)


def _wordless(one: Found) -> bool:
    return one.segment.kind == "frame" and "image" in one.scores and not one.segment.marks


def ranked(moments: Sequence[Moment], weights: Mapping[str, float], floor: float | None) -> list[tuple[Moment, float]]:
    """Moments with their scores, best first: reciprocal ranks, as of documents, with the best rank that a moment has
    in each index, halved when speech and pictures both bear it out. So it rises among its like, but never above what
    stands first in the same indexes by a distance."""
    best = max((one.scores.get("text", 0.0) for moment in moments for one in moment.own), default=0.0)
    enough = max(floor or 0.0, _FITS_TOO * best)
    scored = []
    for moment in moments:
        fitting = {one.segment.kind for one in moment.own if _fits(one, enough)}
        closer = 0.5 if {"speech", "frame"} <= fitting else 1.0
        score = sum(
            weights.get(index, 1.0) * max(one.gain(index, closer) for one in moment.own if index in one.ranks)
            for index in best_ranks(moment.own)
        )
        scored.append((moment, score if moment.others else moment.lead.score))
    return sorted(scored, key=lambda each: -each[1])


def led_by_words(moments: Sequence[tuple[Moment, float]], question: str) -> list[tuple[Moment, float]]:
    """Let what is said lead a moment when it holds at least as many of the words asked as what is to be seen: it says
    to the second where the answer is, and a slide stays long. A slide that holds more of them leads itself.

    Moments that the same words lead now are one, in the place of the better.
    """
    asked = set(content_words(question))
    for moment, _ in moments if asked else ():
        spoken = [one for one in moment.others if one.segment.kind == "speech"]
        if moment.lead.segment.kind != "frame" or not spoken:
            continue
        best = max(spoken, key=lambda one: share(asked, one.segment.text))
        if 0 < share(asked, best.segment.text) >= share(asked, moment.lead.segment.text):
            seen = [moment.lead, *(one for one in moment.others if one.segment.kind == "frame")]
            moment.others = [one for one in seen if _together(best.segment, one.segment)]
            moment.lead = best
    once: dict[int, tuple[Moment, float]] = {}
    for each in moments:
        once.setdefault(id(each[0].lead), each)
    return list(once.values())


def best_ranks(found: Sequence[Found]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for one in found:
        for index, rank in one.ranks.items():
            ranks[index] = min(rank, ranks.get(index, rank))
    return ranks


def best_scores(found: Sequence[Found]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for one in found:
        for index, score in one.scores.items():
            scores[index] = max(score, scores.get(index, score))
    return scores


def why(found: Sequence[Found], floor: float | None) -> dict[str, float]:
    """How well each modality of a moment fits, in 0..1: cosines to the question. Only those that fit at all, and what
    leads; {} outside of recordings."""
    reasons: dict[str, float] = {}
    for one in found:
        name = {"speech": "speech", "frame": "on-screen text"}.get(one.segment.kind)
        cosine = one.scores.get("text")
        leads = one is found[0] and "image" not in one.scores
        if name and cosine is not None and (leads or cosine >= (floor or 0.0)):
            reasons[name] = max(reasons.get(name, 0.0), round(max(0.0, cosine), 3))
        if name and "image" in one.scores:
            reasons["picture"] = max(reasons.get("picture", 0.0), round(max(0.0, one.scores["image"]), 3))
    return reasons


def _fits(one: Found, enough: float) -> bool:
    return "image" in one.scores or one.scores.get("text", 0.0) >= enough


def _is_long(segment: Segment) -> bool:
    return segment.kind == "frame" and _end(segment.place) - _start(segment.place) > LONG


def _together(one: Segment, other: Segment) -> bool:
    a, b = one.place, other.place
    shorter = min(_end(a) - _start(a), _end(b) - _start(b))
    return shared(a, b) + SLACK > 0 and shared(a, b) + SLACK >= shorter / 2


def shared(one: Place, other: Place) -> float:
    """Seconds that two places have in common; negative: how far they lie apart."""
    return min(_end(one), _end(other)) - max(_start(one), _start(other))


def _start(place: Place) -> float:
    return place.start or 0.0


def _end(place: Place) -> float:
    return place.end if place.end is not None else _start(place)


# --- the part of a moment that matters ---


def narrow(
    results: Sequence[Result], question: str, embedder: TextEmbedder, spans: Mapping[str, Span] | None = None
) -> list[Result]:
    """The same results, those of recordings with `narrowed`: the sentence that fits the question best, by its words
    and its meaning, of speech; for what is seen, its own time. `spans` (seconds by source id) narrow both."""
    places = dict(enumerate(_within(result, (spans or {}).get(result.source.id)) for result in results))
    spoken = [(i, cue) for i in places for cue in _cues(results[i], places[i])]
    near = [(i, cue) for i, cue in spoken if i < _CLOSELY] if question else []
    cosines: dict[tuple[int, Cue], float] = {}
    if near:
        rows = embedder.embed_passages([cue.text for _, cue in near]) @ embedder.embed_question(question)
        cosines = dict(zip(near, map(float, rows), strict=True))
    asked = content_words(question) if question else []
    best: dict[int, tuple[float, Cue]] = {}
    for i, cue in spoken:
        there = set(content_words(f"{cue.speaker} {cue.text}"))
        score = cosines.get((i, cue), 0.0) + 0.5 * sum(word in there for word in asked) / max(1, len(asked))
        if asked and (i not in best or score > best[i][0]):
            best[i] = (score, cue)
    for i, (_, cue) in best.items():
        places[i] = Place(start=cue.start, end=cue.end)
    return [replace(result, narrowed=places[i]) for i, result in enumerate(results)]


def _within(result: Result, span: Span | None) -> Place | None:
    segment = result.segment
    if segment.kind not in ("speech", "frame"):
        return None
    start, end = _start(segment.place), _end(segment.place)
    if segment.kind == "frame":
        for other in result.beside:
            if other.kind == "frame" and not other.marks:  # the same event, before or behind
                start, end = min(start, _start(other.place)), max(end, _end(other.place))
    if span is None:
        return Place(start=start, end=end)
    met = [cue for cue in segment.cues if cue.start < span[1] and cue.end > span[0]]
    if met:
        return Place(start=met[0].start, end=met[-1].end)
    if max(start, span[0]) >= min(end, span[1]):
        return Place(start=start, end=end)
    return Place(start=max(start, span[0]), end=min(end, span[1]))


def _cues(result: Result, place: Place | None) -> list[Cue]:
    if place is None or len(result.segment.cues) < 2:
        return []
    return [cue for cue in result.segment.cues if shared(Place(start=cue.start, end=cue.end), place) > 0]


def with_beside(result: Result, catalogue: Catalogue) -> Result:
    """The same result with what is said or seen meanwhile, found or not: what was found or shares most time first."""
    if result.narrowed is None:
        return result
    segment, place = result.segment, result.narrowed if result.segment.kind == "speech" else result.segment.place
    meanwhile = [
        other
        for other in catalogue.segments_during(segment.source_id, _start(place), _end(place))
        if other.kind != segment.kind
    ]
    meanwhile.sort(key=lambda other: -shared(other.place, result.place))
    found = sorted(result.beside, key=lambda other: shared(other.place, place) <= 0)
    known = {other.id for other in found}
    beside = [*found, *(other for other in meanwhile if other.id not in known)]
    return replace(result, beside=tuple(beside[:MOST_BESIDE]))


# --- where a quote is said ---


def said_at(segment: Segment, start: int, end: int) -> tuple[Cue, ...]:
    """The cues that the characters `start` to `end` of a segment's text touch."""
    texts = voiced(segment.cues)
    if " ".join(texts) != segment.text:  # stored before names stood in texts
        texts = [cue.text for cue in segment.cues]
    touched, at = [], 0
    for cue, text in zip(segment.cues, texts, strict=True):
        if at < end and at + len(text) > start:
            touched.append(cue)
        at += len(text) + 1
    return tuple(touched)


def place_of(segment: Segment, start: int, end: int) -> Place:
    """Where a part of a segment's text stands: of speech, the seconds in which it is said."""
    touched = said_at(segment, start, end)
    return Place(start=touched[0].start, end=touched[-1].end) if touched else segment.place
