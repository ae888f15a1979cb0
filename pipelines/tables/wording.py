"""Words by which questions ask something of a table, in English whatever the language: a question says them, and the
weights were learned of them. The data file holds those of other languages."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

_FILE = Path(__file__).with_name("wording.tsv")

SMALL = frozenset(
    """the a an of in on at to for and or is are was were be been do does did has have had with by from as that this
    which what who whom whose when where how many much it its he she they his her their there than then not no all any
    each every i me my we our you your s t if into over under more most least less after before between during while
    only also other another same""".split()
)
NEGATIONS = frozenset("no not without never except excluding missing yet lack empty blank besides outside".split())
COMPARATIVES = frozenset(
    """more less over under least most above below after before since until through fewer greater than exceed up prior
    later earlier between from at only exactly""".split()
)
SUPERLATIVES = frozenset(
    """most least highest lowest largest smallest longest shortest first last latest earliest oldest newest biggest top
    best worst fewest greatest more less higher lower longer earlier later previous next after before fastest recent
    tallest heaviest cheapest""".split()
)
MOST = frozenset("most highest largest longest oldest biggest top best greatest tallest heaviest maximum".split())
LEAST = frozenset("least lowest smallest shortest youngest bottom worst fewest minimum".split())
TOTALS = frozenset(
    "total totals sum subtotal summe gesamt insgesamt zwischensumme somme totaux suma totale 合计 总计 小计".split()
)
"""What a row of sums is called."""

ASKING = (
    NEGATIONS | COMPARATIVES | SUPERLATIVES | frozenset("total sum average mean number count list all together".split())
)
"""Words that say what is asked for and not of what."""

_WORD = re.compile(r"\w+")
_LONG = 7  # letters of a word that is known in spite of a mistake
_SPELT = sorted(word for word in (*ASKING, "altogether", "difference", "percentage", "combined") if len(word) >= _LONG)


def in_english(text: str, language: str) -> str:
    """A question with the words of the data file in English."""
    pattern, english = _known(language)
    return (
        pattern.sub(lambda match: f" {english.get(match.group().lower(), match.group())} ", text) if english else text
    )


def corrected(text: str, nowhere: Collection[str]) -> str:
    """An English question with the words that ask where one letter makes the difference ('alltogether'); only of words
    that stand `nowhere` in what is asked: others may be meant."""
    return _WORD.sub(lambda match: _nearest(match[0]) if match[0].lower() in nowhere else match[0], text)


def _nearest(word: str) -> str:
    near = process.extractOne(word.lower(), _SPELT, scorer=OSA.distance, processor=None, score_cutoff=1)
    return near[0] if near and len(word) >= _LONG and near[0][0] == word[0].lower() else word


@cache
def _known(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What is looked for, the longest first, and what it means."""
    head, *lines = _FILE.read_text(encoding="utf-8").splitlines()
    languages = head.split("\t")
    english: dict[str, str] = {}
    if language in languages[1:]:
        for line in lines:
            said = line.split("\t")
            phrases = said[languages.index(language)].split(",")
            english |= {phrase.strip(): said[0] for phrase in phrases if phrase.strip()}
    longest = "|".join(re.escape(each) for each in sorted(english, key=len, reverse=True))
    return re.compile(longest if language == "zh" else rf"(?<!\w)(?:{longest})(?!\w)", re.IGNORECASE), english
