"""Which files of the library a question means: by name ('report_a.pdf'), or by what they are ('the two contracts', 'the
meeting of May', 'the video').

Files are known by their names, their titles, and what they begin with. Used where the files themselves are asked for,
to be compared or summarised; narrowing a search by a file's name is left to `focus`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from indexes.keywords import STOPWORDS, is_cjk
from indexes.library import Library
from indexes.records import Source

MOST_READ = 500  # files of which the beginnings are looked at
_BEGINNING = 300  # characters of a file that say what it is
_NUMBERS = {"both": 2, "two": 2, "three": 3, "four": 4, "zwei": 2, "beide": 2, "beiden": 2, "drei": 3, "vier": 4,
            "deux": 2, "trois": 3, "quatre": 4, "2": 2, "3": 3, "4": 4}  # fmt: skip
_MONTHS = "january february march april may june july august september october november december".split()
_KINDS: dict[str, tuple[str, ...]] = {  # what people call files of a kind: modality, or ending
    "video": ("video",), "film": ("video",), "movie": ("video",), "clip": ("video",), "aufnahme": ("audio", "video"),
    "recording": ("audio", "video"), "audio": ("audio",), "podcast": ("audio",), "song": ("audio",),
    "picture": ("image",), "photo": ("image",), "photograph": ("image",), "image": ("image",), "bild": ("image",),
    "screenshot": ("image",), "pdf": (".pdf",), "spreadsheet": (".xlsx", ".xls", ".ods", ".csv"),
    "workbook": (".xlsx", ".xls", ".ods"), "presentation": (".pptx", ".ppt", ".odp"), "slides": (".pptx", ".odp"),
    "deck": (".pptx", ".odp"), "email": (".eml", ".mbox", ".msg"), "mail": (".eml", ".mbox", ".msg"),
    "book": (".epub",), "ebook": (".epub",), "webpage": (".html", ".htm"), "视频": ("video",), "录音": ("audio",),
    "图片": ("image",), "照片": ("image",),
}  # fmt: skip
_SAME = {"meeting": "minutes", "sitzung": "protokoll", "lecture": "talk", "transcript": "talk"}
# Words that say nothing about which file is meant.
_ANY = (
    frozenset(
        """file files document documents text texts the a an this that these those of from in on at my our your whole
    entire full all please for me us und der die das den dem des von vom datei dokument fichier le la les du de des
    ce cet cette two three four both each""".split()
    )
    | STOPWORDS
)

FILE_WORD = re.compile(
    r"\b(?:articles?|books?|budgets?|contracts?|agreements?|leases?|decks?|documents?|drafts?|e-?mails?|essays?|files?"
    r"|films?|guides?|handbooks?|interviews?|invoices?|letters?|lectures?|logs?|manuals?|meetings?|memos?|minutes|notes?"
    r"|offers?|papers?|pdfs?|photos?|pictures?|plans?|policy|policies|presentations?|proposals?|protocols?|quotes?"
    r"|recordings?|reports?|slides|spreadsheets?|statements?|studies|study|surveys?|talks?|thesis|transcripts?"
    r"|versions?|videos?|bericht\w*|vertr[aä]g\w*|protokoll\w*|rapports?|contrats?)\b|合同|报告|文件|视频",
    re.IGNORECASE,
)
"""Words for files of any kind: only what is called so is taken for one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a question names: its source's id, one of its paths, and where the name stands in the question."""

    source: str
    path: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return PurePath(self.path).name


def named_files(question: str, library: Library) -> list[Named]:
    """Files that a question names, in its order; a name without its ending counts when it is no ordinary word."""
    found: dict[str, Named] = {}
    folded = _folded(question)
    for path, source in library.catalogue.paths():
        name = PurePath(path)
        if _folded(name.stem) not in folded:
            continue
        span = _mentioned(question, name)
        if span is not None and (source not in found or span[1] - span[0] > found[source].end - found[source].start):
            found[source] = Named(source, path, *span)
    kept = [one for one in found.values() if not any(_inside(one, other) for other in found.values())]
    return sorted(kept, key=lambda one: (one.start, one.path))


def described_files(phrase: str, library: Library, within: Collection[str] | None = None) -> list[Source]:
    """Sources that all words of a phrase fit, by path: their kind, their name, their title, or, if that says nothing,
    their first words. [] for a phrase that describes none; `within`: only these ids."""
    words = [word for word in _words(phrase) if word not in _ANY and word not in _NUMBERS]
    if not words:
        return []
    sources = [s for s in library.catalogue.sources().values() if s.paths and (within is None or s.id in within)]
    by_name = [s for s in sources if _fits(words, s, _known(s))]
    if not by_name and len(sources) <= MOST_READ:
        by_name = [s for s in sources if _fits(words, s, _known(s) | set(_words(_beginning(s, library))))]
    return sorted(by_name, key=lambda source: source.path)


def how_many(phrase: str) -> int | None:
    """2 of 'the two contracts' and 'both contracts'; None where no number is said."""
    return next((_NUMBERS[word] for word in _words(phrase) if word in _NUMBERS), None)


def _mentioned(question: str, name: PurePath) -> tuple[int, int] | None:
    """Where a file's name stands, with its ending or without."""
    words = [re.escape(word) for word in re.split(r"[\s_-]+", name.stem) if word]
    spoken = r"[\s_-]+".join(words)
    patterns = [rf"(?<![\w.-]){re.escape(name.name)}(?![\w-])"]
    if len(words) > 1 or any(c.isdigit() for c in name.stem):
        patterns.append(rf"(?<![\w.-]){spoken}(?:{re.escape(name.suffix)})?(?![\w-])")
    else:
        patterns.append(rf"(?<=[\"“«„']){spoken}(?=[\"”»“'])")
    if is_cjk(name.stem):
        patterns.append(spoken)
    for pattern in patterns if words and (len(name.stem) > 3 or name.suffix) else ():
        match = re.search(pattern, question, re.IGNORECASE)
        if match is not None:
            return match.span()
    return None


def _inside(one: Named, other: Named) -> bool:
    return other.start <= one.start and one.end <= other.end and one.end - one.start < other.end - other.start


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().lower()


def _words(text: str) -> list[str]:
    """Lower case, without the ending of a plural; years and parts of dates are words."""
    found = re.findall(r"[^\W\d_]+|\d+", text.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found]


def _known(source: Source) -> set[str]:
    """What a file is called: its names, its title, and the months in them by name."""
    text = " ".join([source.title, *(f"{PurePath(path).parent.name} {PurePath(path).name}" for path in source.paths)])
    months = {_MONTHS[int(month) - 1] for month in re.findall(r"\d{4}-(0[1-9]|1[0-2])(?!\d)", text)}
    return {*_words(text), *months}


def _beginning(source: Source, library: Library) -> str:
    key = library.catalogue.source_key(source.id)
    ids = library.catalogue.segment_ids(key)[:1] if key is not None else []
    return " ".join(f"{s.heading} {s.text[:_BEGINNING]}" for s in library.catalogue.segments(ids).values())


def _fits(words: Collection[str], source: Source, known: Collection[str]) -> bool:
    return all(any(_is(form, source, known) for form in _forms(word)) for word in words)


def _forms(word: str) -> Iterator[str]:
    yield word
    if word in _SAME:
        yield _words(_SAME[word])[0]


def _is(word: str, source: Source, known: Collection[str]) -> bool:
    kinds = _KINDS.get(word) or _KINDS.get(f"{word}s", ())
    if source.modality in kinds or PurePath(source.path).suffix.lower() in kinds:
        return True
    if is_cjk(word):
        return any(word in other for other in known)
    # A name may hold it as a part ('leasecontract'), and an abbreviation of it ('report' in 'rep' is none).
    return word in known or (len(word) >= 5 and any(word in other for other in known))
