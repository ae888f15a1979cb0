"""A text taken apart for comparison: its words, values and names, and which words stand under a negation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from indexes.keywords import STOPWORDS, is_cjk
from pipelines.checking.value import Value
from pipelines.checking.values import values

_TOKEN = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?(?<=\b[A-Z]\.)|[^\W_]+(?:['’.][^\W_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NEGATORS = frozenset(
    """not no never none nobody nothing nowhere neither nor without cannot hardly unlike lacks lack lacked lacking fail
    fails failed refuse refuses refused denied denies deny absence nicht kein keine keinen keiner nie niemals ohne pas
    jamais sans ningún nunca sin""".split()
)
_NOT_ONLY = re.compile(
    r"\bnot (?:only|just|merely|until|necessarily)\b|\bno (?:longer than|doubt|matter)\b", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[,;:.!?()—–]")
_CLAUSE_WORDS = frozenset("but and or that which who although though while because so however whereas if".split())
BEGINNING = 5  # letters
_SCOPE = 3  # content words behind a negator that it is taken to negate
_CJK_NEGATION = re.compile(
    r"(?:不|没有|没|沒|無|无|非|未|勿|莫|别|並非|并非)"
)  # those that only look like negations are taken out before
_CJK_NO_NEGATION = re.compile(
    r"不[仅但过断同少久论管如得已足错只]|[无無]论|非[常洲凡]|除非|未来|否则|[特分区個个级類类]别|别[墅人的名]|[无無][线線数數]|南[无無]|莫[斯非大]"
    r"|差不多|不锈|非[裔盟]"
)
_REFERRING = frozenset(
    "he she it they him her them his hers its their this these those that who which whose such former latter".split()
)
_COMMON_ENDINGS = tuple("s ing tion sion ity ness ment ism ly ed ence ance ure ship hood ful less tic cal".split())
_OPENERS = frozenset(
    """after although also another because before besides between beyond both despite due during each either even every
    few first following further here however indeed instead its just last later like many more moreover most much near
    neither never next none nor not now often once one only other otherwise over people perhaps rather second several
    since some somebody someone something everybody everyone anybody anyone nobody nothing everything
    soon still such then there therefore third though through thus today together too
    toward two three under unless unlike until upon when whenever where whereas whether while within without yes yet
    please note according given based""".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its offsets. `stem` is what words are compared by; `leads` says that it begins the sentence."""

    text: str
    start: int
    end: int
    stem: str
    leads: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


class Statement:
    """A text, taken apart once: tokens, values, names, negations."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tuple(_tokens(text))

    @cached_property
    def values(self) -> list[Value]:
        return values(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(token.stem for token in self.tokens)

    @cached_property
    def begins(self) -> frozenset[str]:
        """The first letters of its longer words, in which other forms of them agree."""
        return frozenset(token.stem[:BEGINNING] for token in self.tokens if len(token.stem) >= BEGINNING)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(token.text.lower() for token in self.tokens)

    @cached_property
    def names(self) -> list[Token]:
        """Capitalised words and acronyms, but not in values, nor a word that may be capital as it begins a sentence."""
        inside = [(value.start, value.end) for value in self.values]
        found = []
        for i, token in enumerate(self.tokens):
            if not token.capital or any(start <= token.start < end for start, end in inside):
                continue
            if token.text.lower() in STOPWORDS and not (token.text.isupper() and len(token.text) > 1):
                continue
            following = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
            joined = following is not None and _joined(self, token, following)
            if token.leads and not token.text[1:].isupper() and not joined and not _alone(token, following):
                continue
            if len(token.text) > 1 or (following and following.capital):
                found.append(token)
        return found

    @cached_property
    def negated(self) -> dict[str, bool]:
        """Whether each content word stands under an odd number of negations, where it always or never does."""
        seen: dict[str, set[bool]] = {}
        for stem, odd in _polarity(self.text, self.tokens):
            seen.setdefault(stem, set()).add(odd)
        return {stem: odd.pop() for stem, odd in seen.items() if len(odd) == 1}

    @cached_property
    def negations(self) -> int:
        """How many words of it negate."""
        if is_cjk(self.text):
            return len(_CJK_NEGATION.findall(_CJK_NO_NEGATION.sub("〇", self.text)))
        cleared = _NOT_ONLY.sub("", self.text)
        return sum(_negates(token.text) for token in _tokens(cleared))

    @cached_property
    def refers(self) -> bool:
        """Whether it speaks of something that is named before."""
        return bool(self.words & _REFERRING)


def _polarity(text: str, tokens: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    if is_cjk(text):
        yield from _cjk_polarity(text)
        return
    cleared = _NOT_ONLY.sub(lambda match: " " * len(match.group()), text)
    open_negators: list[int] = []  # content words that each may still negate
    last = 0
    for token in tokens:
        if _CLAUSE_END.search(text, last, token.start) or token.text.lower() in _CLAUSE_WORDS:
            open_negators = []
        last = token.end
        word = token.text.lower().replace("’", "'")
        if cleared[token.start] == " ":
            continue
        if _negates(word):
            open_negators.append(_SCOPE)
        elif word not in STOPWORDS:
            yield token.stem, len(open_negators) % 2 == 1
            open_negators = [left - 1 for left in open_negators if left > 1]


def _negates(word: str) -> bool:
    word = word.lower().replace("’", "'")
    return word in _NEGATORS or word.endswith("n't")


def _cjk_polarity(text: str) -> Iterator[tuple[str, bool]]:
    cleared = _CJK_NO_NEGATION.sub(lambda match: "〇" * len(match.group()), text)
    negators = [match.end() for match in _CJK_NEGATION.finditer(cleared)]
    inside = {i for match in _CJK_NEGATION.finditer(cleared) for i in range(*match.span())}
    for i in range(len(text) - 1):
        pair = text[i : i + 2]
        if not (_CJK.match(pair[0]) and _CJK.match(pair[1])) or {i, i + 1} & inside:
            continue
        count = sum(end <= i <= end + 1 and not re.search(r"[，。；、,;]", text[end:i]) for end in negators)
        yield pair, count % 2 == 1


def _tokens(text: str) -> Iterator[Token]:
    fresh = True  # nothing but marks since a sentence began
    last = 0
    for match in _TOKEN.finditer(text):
        between = text[last : match.start()]
        fresh = fresh or bool(re.search(r"[.!?:\n•]\s*[\"'“‘(\[]*$|\|\s*$", between))
        word = match.group()
        yield Token(word, match.start(), match.end(), stem(word), fresh)
        fresh, last = False, match.end()


def _joined(statement: Statement, token: Token, following: Token) -> bool:
    """'Emily Stone': two capitalised words side by side."""
    between = statement.text[token.end : following.start]
    return following.capital and not between.strip(" .-") and token.text.lower() not in STOPWORDS


def _alone(token: Token, following: Token | None) -> bool:
    """Whether a word that begins a sentence is a name by itself ('Emily signed it.'): a common noun in the singular
    would need an article, and one in the plural, or one for what can't be counted, is known by its ending."""
    word = token.text.lower()
    return (
        following is not None
        and not following.capital
        and len(word) > 2
        and word.isalpha()
        and word not in _OPENERS
        and not word.endswith(_COMMON_ENDINGS)
    )


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its commonest English endings and diacritics, lower case."""
    plain = unicodedata.normalize("NFKD", word.lower().replace("’", "'").removesuffix("'s"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    for ending in (
        "ations",
        "ation",
        "ments",
        "ment",
        "ingly",
        "ings",
        "ing",
        "ies",
        "ied",
        "edly",
        "ed",
        "es",
        "ly",
        "s",
        "e",
        "y",
    ):
        if plain.endswith(ending) and len(plain) - len(ending) >= 4:
            return plain[: -len(ending)]
    return plain[:-1] if plain.endswith("s") and len(plain) > 3 and not plain.endswith("ss") else plain
