"""The languages of a library: which one a text is in, and what to set where the text model does not read it.

Judged by py3langid (naive Bayes over byte sequences, Lui and Baldwin 2011, aclanthology.org/I11-1062), offline.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from indexes.library import Library
from indexes.records import Segment

if TYPE_CHECKING:
    from pipelines.models.shelf import ModelShelf

_ENOUGH = 20  # letters, of Chinese and the like 8: in less, languages are told apart by luck
_ENOUGH_DENSE = 8
_MOST = 4000  # characters that are looked at
_SURE = 0.8  # probability
_ENGLISH = frozenset("the of and is are what how which who does did when where with from that this".split())
_SMALL = 0.12  # share of such words
_LIKELIER = 0.3  # of 5,000 English questions and sentences ten reach it in another language,
_LIKELIER_SHORT = 0.5  # and this, of what is too short
_FOREIGN = 0.3  # share of letters that are not Latin
_WORTH = 0.2  # share of a library in other languages from which on another model is suggested
_NAMED = 0.05  # share of the library from which on a language is named
_SAMPLES = 100  # sources without a language of which some text is looked at
_PIECE = 500  # characters of a segment; more of the same tells no more

NAMES = dict(
    pair.split("=")
    for pair in (
        "ar=Arabic bg=Bulgarian bn=Bengali ca=Catalan cs=Czech da=Danish de=German el=Greek en=English es=Spanish"
        " et=Estonian fa=Persian fi=Finnish fr=French he=Hebrew hi=Hindi hr=Croatian hu=Hungarian id=Indonesian"
        " it=Italian ja=Japanese ko=Korean lt=Lithuanian lv=Latvian ms=Malay nb=Norwegian nl=Dutch no=Norwegian"
        " pl=Polish pt=Portuguese ro=Romanian ru=Russian sk=Slovak sl=Slovenian sr=Serbian sv=Swedish ta=Tamil"
        " te=Telugu th=Thai tr=Turkish uk=Ukrainian ur=Urdu vi=Vietnamese zh=Chinese"
    ).split()
)
"""In English, by two letters."""

_lock = threading.Lock()


def detect(text: str) -> str:
    """The language of a text by its two letters (ISO 639-1); '' for one that is short, mixed or no prose."""
    text = text[:_MOST]
    letters = [c for c in text if c.isalpha()]
    dense = sum(c >= "\u2e80" for c in letters)  # scripts of which a character says about as much as a word
    if len(letters) < (_ENOUGH_DENSE if dense > len(letters) / 2 else _ENOUGH):
        return ""
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else ""


def is_english(text: str) -> bool:
    """Whether a text, however short, is likelier English than in any other language; so is what has no letters."""
    text = text[:_PIECE]
    told = text.lower().split()
    small = sum(word in _ENGLISH for word in told)
    if small >= 2 and small >= _SMALL * len(told):
        return True  # as most English texts are known, without the seconds that loading takes
    letters = [c for c in text if c.isalpha()]
    if sum(c > "\u024f" for c in letters) > _FOREIGN * len(letters):
        return False
    language, probability = _identifier().classify(text)
    return language == "en" or probability < (_LIKELIER if len(letters) >= _ENOUGH else _LIKELIER_SHORT)


def language_of(segments: Iterable[Segment]) -> str:
    """The language in which most of these segments' text is; '' where none surely is."""
    return detect("\n".join(segment.text[:_PIECE] for segment in islice(segments, _MOST // _PIECE)))


def shares(library: Library) -> dict[str, float]:
    """Languages of a library with their shares of its segments, the most common first. '' is what is not known.

    Sources that were stored without a language are judged now, some of them for all.
    """
    rows = library.catalogue.connection.execute(
        "SELECT o.id, o.language, count(*) AS segments FROM segments s JOIN sources o ON o.key = s.source"
        " GROUP BY o.key"
    ).fetchall()
    counts: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        if row["language"]:
            counts[row["language"]] += row["segments"]
    unknown = [row for row in rows if not row["language"]]
    sampled = unknown[:: -(-len(unknown) // _SAMPLES) or 1]
    each = sum(row["segments"] for row in unknown) / (sum(row["segments"] for row in sampled) or 1)
    for row in sampled:
        counts[_judged(library, row["id"])] += row["segments"] * each
    total = sum(counts.values())
    return {language: counts[language] / total for language in sorted(counts, key=lambda one: (-counts[one], one))}


def suggestion(library: Library, shelf: ModelShelf) -> str:
    """A sentence for people whose library is to a good part in languages that the text model that is set reads
    poorly; '' for all others. Loads no model."""
    if shelf.multilingual is not False:
        return ""
    foreign = {language: share for language, share in shares(library).items() if language not in ("", "en")}
    if sum(foreign.values()) < _WORTH:
        return ""
    names = [NAMES.get(language, language) for language, share in foreign.items() if share >= _NAMED][:4]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "many languages"
    return (
        f"About {round(sum(foreign.values()) * 100, -1):.0f} % of this library is in {listed}, which the text model"
        f" {shelf.name('text')} reads poorly. Set text=builtin and run: python -m app doctor --reembed"
    )


def _judged(library: Library, source_id: str) -> str:
    rows = library.catalogue.connection.execute(
        "SELECT substr(s.text, 1, ?) AS text FROM segments s JOIN sources o ON o.key = s.source WHERE o.id = ?"
        " ORDER BY s.position LIMIT ?",
        (_PIECE, source_id, _MOST // _PIECE),
    )
    return detect("\n".join(row["text"] for row in rows))


@cache
def _loaded() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Without Wu beside Chinese, or Nigerian Pidgin beside English: they would share what is sure between them.
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier


def _identifier() -> Any:
    with _lock:  # else two threads would load it twice
        return _loaded()
