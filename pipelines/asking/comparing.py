"""Questions about several things → the questions to be looked up apart.

'Compare the two contracts', 'What do the minutes and the survey say about damp?', 'Which is taller, the tower or the
wall?' have parts; a question whose parts are not sure is one. Which files are meant is left to `naming`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from indexes.keywords import STOPWORDS, content_words, is_cjk
from indexes.library import Library
from pipelines.finding.naming import FILE_WORD, described_files, how_many, named_files

MOST_PARTS = 4
_LONGEST = 8  # words of one thing; more is a clause

_I = re.IGNORECASE
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|contrast\w*|versus|vs\.?|similar\w*|in common|both|each of|vergleich\w*|unterschied\w*"
    r"|unterscheide\w*|différen\w*)|比较|對比|对比|区别|不同|差别|差異|相比|异同",
    _I,
)
_POLITE = re.compile(
    r"^\W*(?:please\s+|bitte\s+)?(?:(?:can|could|would) you\s+)?(?:please\s+)?(?:give me\s+|show me\s+|tell me\s+"
    r"|explain\s+|list\s+|name\s+)?",
    _I,
)
_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|und|et|&|plus)\s+|\s*[和与與跟、]\s*", _I)
_PAIR = r"(?:and|with|to|against|versus|vs\.?|und|mit|et|avec|à)"
_TWO = rf"(?P<things>.+? {_PAIR} .+?|(?:the|both|all|these|die|les) .+?)"  # or 'the two contracts'
_MAIN = r"(?:the )?(?:main |key |biggest )?"
_COMPARE = r"(?:compare|contrast|compare and contrast|vergleiche?|comparez?|comparer)"
_TERMS = r"in terms of|with respect to|regarding|when it comes to|concerning|as to|hinsichtlich|concernant"
_IN = rf"(?: (?P<lead>{_TERMS}|in|on|about) (?P<aspect>.+))?$"
_SAY = r"(?:both )?(?:say|tell us|report|state|write|mention|claim) (?:about|on|of|regarding) (?P<aspect>.+)$"
# Each names the `things`, or `a` and `b`, and may name what about them is asked: the `aspect`.
_PATTERNS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"^what(?:['’]s| is| are| was| were) {_MAIN}(?:differences?|similarit\w+) between {_TWO}{_IN}",
        rf"^{_MAIN}(?:differences?|similarit\w+) between {_TWO}{_IN}",
        rf"^(?:how|in what way|where|why) (?:do|does|did) {_TWO} (?:differ|compare)(?: from each other)?{_IN}",
        r"^how (?:is|are|was|were) (?P<a>.+?) (?:different from|different to|similar to|unlike) (?P<b>.+?)$",
        rf"^how (?:do|does|did) (?P<a>.+?) (?:differ from|compare (?:to|with)) (?P<b>.+?){_IN}",
        rf"^{_COMPARE} (?P<aspect>[^,]+?) (?:between|among|across|zwischen|entre) (?P<things>.+? {_PAIR} .+)$",
        rf"^{_COMPARE} (?P<things>.+?)(?: (?:{_TERMS}|by) (?P<aspect>.+))?$",
        rf"^(?:a |the )?comparison (?:of|between) (?P<things>.+?)(?: (?:{_TERMS}) (?P<aspect>.+))?$",
        r"^was (?:ist|sind) (?:der|die) unterschiede? zwischen (?P<things>.+)$",
        r"^(?:quelle est la|quelles sont les) différences? entre (?P<things>.+)$",
        rf"^what (?:do|does|did) (?P<things>.+? (?:and|und) .+?|(?:the (?:two|three|four)|both(?: the)?) .+?) {_SAY}",
        r"^which (?:one )?of (?P<things>(?:the|both)\s.+?) (?P<aspect>(?:is|are|was|were|has|have|had|says?|mentions?"
        r"|allows?|ends?|runs?|costs?|lasts?|covers?|describes?)\b.*)$",
        r"^what (?:do|did) (?P<things>.+?) have in common(?: (?:in|regarding) (?P<aspect>.+))?$",
        r"^(?:比较|对比|對比)(?:一下)?(?P<things>.+?)(?:的(?P<aspect>[^的]+))?$",
        r"^(?P<things>.+?[和与與跟].+?)(?:之间)?(?:在(?P<aspect>.+?)(?:上|方面))?(?:有什么|有何|的|有哪些)?"
        r"(?:区别|不同|差别|差異|异同)(?:是什么|在哪里?|呢|吗)?$",
    )
)
_CHOICE = re.compile(
    r"^(?:which|who|what)\s+(?:one\s+)?(?:of (?:them|the two)\s+)?(?P<predicate>.+?)\s*[,:]\s*(?P<a>.+?)\s*,?\s+or\s+"
    r"(?P<b>.+)$",
    _I,
)
_THAN = re.compile(
    r"^(?P<verb>is|are|was|were)\s+(?P<a>.+?)\s+(?P<predicate>(?:more|less)\s+\w+|\w+er)\s+than\s+(?P<b>.+)$", _I
)
_WHICH_OF = re.compile(r"^(?P<noun>\w+\s+)?(?P<verb>is|are|was|were)\s+(?:the\s+)?(?P<degree>.+)$", _I)
_OF = re.compile(r"^(?P<aspect>(?:the\s+)?[\w\s-]+?)\s+(?:of|in|for|from|during|der|des|von)\s+(?P<thing>.+)$", _I)
_SHORT = re.compile(  # stands before a noun that is said but once
    r"(?:in\s+)?(?:(?:1[0-9]|20)\d\d|Q[1-4]|first|second|third|old|new|older|newer|january|february|march|april|may|june"
    r"|july|august|september|october|november|december|english|german|french)",
    _I,
)
_POINTERS = frozenset("it them they this that these those he she one others him her its".split())
_DEGREES = {"better": "good", "best": "good", "worse": "bad", "worst": "bad", "further": "far", "farther": "far",
            "more": "many", "most": "many", "less": "much", "fewer": "many"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A question to be looked up by itself. `source` is the path of the file that it is asked of, where one is meant;
    `question` is '' when nothing but that file is asked for: then what it is about is wanted."""

    question: str
    source: str | None = None

    @property
    def label(self) -> str:
        """For people: 'report_a.pdf: revenue'."""
        name = PurePath(self.source).name if self.source else ""
        return ": ".join(filter(None, (name, self.question)))


def parts(question: str, library: Library) -> tuple[Part, ...]:
    """Two to four parts, or () for a question that is one."""
    asked = _POLITE.sub("", " ".join(question.split())).strip(" ?!.？。")
    of_files = _of_named_files(asked, library)
    if of_files:
        return of_files
    choice = _choice(asked)
    if choice:
        return choice
    for pattern in _PATTERNS:
        match = pattern.match(asked)
        if match is None:
            continue
        found = match.groupdict()
        aspect = (found.get("aspect") or "").strip()
        if aspect and found.get("lead") and f" {found['lead']} " in str(found.get("things")):
            # 'life in Bern and life | in Zurich'
            found["things"], aspect = f"{found['things']} {found['lead']} {aspect}", ""
        if found.get("a"):
            things = f"{found['a']} and {found['b']}"
            made = _of_files(things, aspect, library) or _of_things([found["a"], found["b"]], aspect)
        else:
            made = _of_files(found["things"], aspect, library) or _of_things(_listed(found["things"]), aspect)
        if made:
            return made
    return ()


# --- of files ---


def _of_named_files(asked: str, library: Library) -> tuple[Part, ...]:
    """Where two to four files are named, and something is asked of each."""
    files = named_files(asked, library)
    if not 2 <= len({file.source for file in files}) <= MOST_PARTS:
        return ()
    joined = _AND.search(asked[files[0].end : files[1].start])
    if not _COMPARES.search(asked) and joined is None:
        return ()
    rest = asked
    for file in sorted(files, key=lambda file: -file.start):
        rest = f"{rest[: file.start]} {rest[file.end :]}"
    return tuple(Part(_aspect(rest), file.path) for file in files)


def _of_files(things: str, aspect: str, library: Library) -> tuple[Part, ...]:
    """'The two contracts', 'the 2022 and 2023 reports', 'the minutes and the survey', each exactly one file."""
    count = how_many(things)
    every = re.fullmatch(r"(?:the|both|all|these|those|die|les|our)\b.*", things, _I)
    if every and not _AND.search(things):
        sources = described_files(things, library) if count or FILE_WORD.search(things) else []
        if 2 <= len(sources) <= MOST_PARTS and count in (None, len(sources)):
            return tuple(Part(_aspect(aspect), source.path) for source in sources)
        return ()
    listed = _listed(things)
    if not all(FILE_WORD.search(thing) for thing in listed):
        return ()  # 'the tower and the wall' are no files, though there may be a tower.jpg
    found = [described_files(thing, library) for thing in listed]
    if not 2 <= len(listed) <= MOST_PARTS or any(len(sources) != 1 for sources in found):
        return ()
    paths = [sources[0].path for sources in found]
    return tuple(Part(_aspect(aspect), path) for path in paths) if len(set(paths)) == len(paths) else ()


def _aspect(text: str) -> str:
    """What is asked about the things: a phrase that can be searched for, '' if nothing is left."""
    text = _COMPARES.sub(" ", text)
    said = re.search(
        r"\b(?:say|says|said|tell us|report|state|mention)s?\s+(?:about|on|of|regarding)\s+(?P<about>.+)$", text, _I
    )
    text = said["aspect"] if said else text
    left = [word for word in re.findall(r"[\w'’%-]+", text) if word.lower() not in STOPWORDS | _FILLING]
    if not left:
        return ""
    start, end = text.find(left[0]), text.rfind(left[-1]) + len(left[-1])
    return re.sub(r"\s+([,;])", r"\1", " ".join(text[start:end].split()))


_FILLING = frozenset(
    "between terms respect regarding main key each other file files document documents say und et".split()
)


# --- of things ---


def _listed(things: str) -> list[str]:
    """'The 2022 and 2023 reports' → 'the 2022 reports', 'the 2023 reports'; 'A with B' → A, B."""
    listed = [each.strip() for each in _AND.split(things) if each.strip()]
    if len(listed) == 1:
        listed = [each.strip() for each in re.split(rf"\s+{_PAIR}\s+", things, maxsplit=1, flags=_I)]
    last = listed[-1].split()
    if len(last) > 1 and _SHORT.fullmatch(last[0]):
        listed = [
            f"{each} {' '.join(last[1:])}" if _SHORT.fullmatch(re.sub(r"^the\s+", "", each, flags=_I)) else each
            for each in listed
        ]
    return listed


def _of_things(listed: Sequence[str], aspect: str) -> tuple[Part, ...]:
    listed = [re.sub(r"^both\s+(?:the\s+)?", "", thing, flags=_I).strip(" ,") for thing in listed]
    if len(listed) < 2:
        return ()
    of = _OF.match(listed[0])
    if of is not None:
        back = re.compile(r"^(?:that|those|the one|the ones)\s+(?:of|in|for|from)\s+", _I)
        others = [back.sub("", thing) for thing in listed[1:]]
        if others != list(listed[1:]) or not any(_OF.match(thing) for thing in listed[1:]):
            aspect = " ".join(filter(None, (of["aspect"], aspect)))
            listed = [of["thing"], *others]
    if not 2 <= len(listed) <= MOST_PARTS or not all(map(_is_thing, listed)):
        return ()
    if len({" ".join(content_words(thing)) for thing in listed}) < len(listed):
        return ()
    return tuple(Part(f"{thing}: {aspect}" if aspect else thing) for thing in listed)


def _is_thing(thing: str) -> bool:
    """Whether a text names something that can be looked up: no bare number, no pronoun, no clause."""
    words = thing.split()
    if not words or len(words) > _LONGEST or (is_cjk(thing) and len(thing) > 16):
        return False
    if re.search(r"\b(?:is|are|was|were|do|does|did|who|what|which|how|why)\b", thing, _I):
        return False
    telling = [word for word in content_words(thing) if word not in STOPWORDS and word not in _POINTERS]
    if re.fullmatch(r"[\d.,]+\s*[^\W\d_]{1,3}|[\d.,]+\s+(?:meters?|metres?|feet|miles?|years?|days?|hours?)", thing):
        return False
    plain = all(re.fullmatch(r"[\d.,%+*/-]+", word) for word in telling)
    return bool(telling) and (not plain or all(re.fullmatch(r"(?:1[5-9]|20)\d\d", word) for word in telling))


def _choice(asked: str) -> tuple[Part, ...]:
    """'Which is taller, the tower or the wall?', 'Is the tower taller than the wall?' → 'How tall is the tower?' …"""
    match = _CHOICE.match(asked) or _THAN.match(asked)
    if match is None:
        return ()
    things = [re.sub(r"^(?:the one|either)\s+", "", match[name], flags=_I).strip() for name in ("a", "b")]
    things = [thing for one in things for thing in re.split(r"\s*,\s*(?:or\s+)?", one)]
    if not 2 <= len(things) <= MOST_PARTS or not all(map(_is_thing, things)):
        return ()
    predicate = match["predicate"].strip()
    if "verb" in match.groupdict():
        verb, degree = match["verb"], predicate
    else:
        which = _WHICH_OF.match(predicate)
        if which is None:
            return tuple(Part(f"{thing} {_positive(predicate)}") for thing in things)
        verb, degree = which["verb"], which["degree"]
    return tuple(Part(f"How {_positive(degree)} {verb.lower()} {thing}?") for thing in things)


def _positive(degree: str) -> str:
    """'tall' of 'taller', 'heavy' of 'heaviest', 'expensive' of 'more expensive'; other words as they are."""
    words = degree.split()
    if len(words) > 1 and words[0].lower() in ("more", "less", "most", "least"):
        return " ".join(words[1:])
    return " ".join(_plain(word) for word in words)


def _plain(word: str) -> str:
    lower = word.lower()
    if lower in _DEGREES:
        return _DEGREES[lower]
    match = re.fullmatch(r"(?P<stem>\w{2,}?)(?:er|est)", lower)
    if match is None or lower in ("ever", "over", "under", "after", "other", "first", "best", "paper", "water"):
        return word
    stem = match["stem"]
    if stem.endswith("i"):
        return f"{stem[:-1]}y"
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "ls":
        return stem[:-1]
    silent = ("larg", "lat", "wid", "clos", "nic", "saf", "whit", "brav", "fin", "strang", "simpl", "rar", "ripe")
    return f"{stem}e" if stem in silent else stem
