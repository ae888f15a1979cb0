"""What a question says at which kind of place: years, dates, pages, names, 'the tower'. A fragment ('in 2023', 'the
wall') takes the place of what is of its kind, where there is exactly one such place.

Pure functions on strings. English, German and French words; years and dates also of Chinese questions.
"""

from __future__ import annotations

import re

_MONTHS = (
    "January February March April May June July August September October November December"
    " Januar Februar März Mai Juni Juli Oktober Dezember"
    " janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
MONTH = rf"(?:{'|'.join(_MONTHS.split())}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)(?!\w)"
YEAR = r"(?:(?<![\w.,])(?:1[0-9]|20)\d\d(?:[–/-]\d{2,4})?(?![\d.]?\d|[a-z]))"
_DAY = (
    r"weekday|weekend|(?:public )?holiday|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch"
)
_LABEL = (
    r"(?:page|chapter|section|room|table|figure|slide|article|appendix|paragraph|week|day|phase|level|step|part|number"
    r"|no\.|lot|unit|item|seite|kapitel|abschnitt|tabelle|folie|chapitre|partie|tableau)"
)
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last"
_ARTICLE = r"(?:the|our|der|die|das|den|dem|le|la|les)"
PREPOSITION = (
    r"(?:in|on|at|for|from|of|by|with|to|about|during|under|over|near|since|before|after|im|am|bei|für|von|aus|mit|zu"
    r"|nach|über|unter|en|à|au|aux|de|du|des|pour|dans|avec|chez|sur)"
)
_ASKING = frozenset(
    """who whom whose what which when where why how is are was were do does did has have had can could will would
    shall should may might must am i and or but so also the a an in on at for from of by with to about please tell show
    give find list describe explain name say compare wer wen wem was wann wo wie warum welche welcher welches ist sind
    war waren hat haben wird der die das und quel quelle quels quelles qui que où quand comment combien pourquoi est
    sont était le la les et""".split()
)
# Words with which 'the tower' ends: what follows says something of it.
_ENDS = (
    rf"(?:{PREPOSITION}|is|are|was|were|be|been|has|have|had|will|would|can|could|should|does|do|did|and|or|but|that"
    r"|which|who|when|where|while|if|as|than|not|there|then|say|says|mean|means|ist|sind|war|und|est|sont|et)"
)
_PARTICIPLE = re.compile(
    r"(?:\w{2,}ed|built|made|sold|written|found|taken|lost|paid|held|kept|given|sent|done|said|shown|seen|cut|set"
    r"|bought|brought|told|known|grown|born|broken|chosen|drawn|put|moved|open|closed|here|today|now|like|called)",
    re.IGNORECASE,
)
_DO = re.compile(rf"\b(?:do|does|did|can|could|will|would|should|must|may)\s+(?={_ARTICLE}\b)", re.IGNORECASE)

_KINDS: tuple[tuple[str, str, int], ...] = (
    ("date", rf"\d{{1,2}}\.?\s+{MONTH}(?:\s+\d{{4}})?|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?(?!\d)"
     r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}月\d{1,2}[日号]", re.IGNORECASE),
    ("month", rf"\b{MONTH}\s+{YEAR}|\b{MONTH}|(?<!\d)\d{{1,2}}月", 0),
    ("quarter", r"\bQ[1-4]\b|\b(?:first|second|third|fourth) quarter\b", re.IGNORECASE),
    ("year", rf"{YEAR}年?", 0),
    ("day", rf"\b(?:{_DAY})s?\b", re.IGNORECASE),
    ("label", rf"\b(?P<of>{_LABEL})\s+(?:\d+[a-z]?|[IVX]+)\b|第\s*\d+\s*(?P<zh>[页章节])", re.IGNORECASE),
    ("ordinal", rf"\b(?:the\s+)?(?:{_ORDINALS})\s+(?:one|\w+)\b", re.IGNORECASE),
)  # fmt: skip
TIMES = ("date", "month", "quarter", "year", "day")  # kinds that may stand behind any question
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’&-]*"
_NAME = re.compile(rf"(?:{_CAPITAL})(?:\s+(?:(?:of|de|von|van|der|du)\s+)?{_CAPITAL})*")
_THING = re.compile(
    rf"\b(?P<article>{_ARTICLE})\s+(?P<words>[\w'’-]+(?:\s+(?!{_ARTICLE}\b)[\w'’-]+){{0,4}})", re.IGNORECASE
)


def named(text: str) -> list[re.Match[str]]:
    """Names in a text: words with a capital, but not the first of a sentence that may be any word."""
    found = []
    for match in _NAME.finditer(text):
        if match[0].lower() in _ASKING or re.fullmatch(rf"{MONTH}|(?:{_DAY})s?|I|Q[1-4]", match[0]):
            continue
        first = match[0].split()[0]
        if first.lower() in _ASKING:  # 'Did Anna Reed sign?'
            match = _NAME.match(text, match.start() + len(first) + 1) or match
        found.append(match)
    return found


def things(question: str) -> list[tuple[int, int]]:
    """Where 'the supply boat' and the like stand in a question, if it is sure where they end."""
    verb_follows = bool(_DO.search(question))
    found = []
    for match in _THING.finditer(question):
        words = list(re.finditer(r"[\w'’-]+", match["words"]))
        behind = question[match.end() :].strip(" ?!.,")
        kept = words
        for n, word in enumerate(words):
            if re.fullmatch(_ENDS, word[0], re.IGNORECASE) or re.fullmatch(YEAR, word[0]):
                kept = words[:n]
                break
        to_the_end = len(kept) == len(words) and not behind
        if verb_follows and to_the_end and kept[-1][0].endswith("s"):
            return []  # 'Did the keeper light lamps?'
        if to_the_end and len(kept) > 1 and (verb_follows or _PARTICIPLE.fullmatch(kept[-1][0])):
            kept = kept[:-1]  # 'When did the boat leave?', 'When was the tower closed?'
        elif len(kept) > 1 and _PARTICIPLE.fullmatch(kept[-1][0]):
            kept = kept[:-1]
        elif verb_follows and len(kept) > 2 and not to_the_end:
            return []  # 'the harbour board pay for …': nobody knows where the verb begins
        if kept:
            found.append((match.start(), match.start("words") + kept[-1].end()))
    return found


def filled(fragment: str, question: str) -> str | None:
    """The question with the fragment at the place of its kind; None where it is not sure which place that is.

    A time, or a fragment with a preposition that the question does not have, may also go behind the question.
    """
    lead = re.match(rf"(?P<preposition>{PREPOSITION})\s+(?=\S)", fragment, re.IGNORECASE)
    preposition = lead["preposition"] if lead else ""
    core = fragment[lead.end() :] if lead else fragment
    kind, places = _places(core, preposition, question)
    if kind is None:
        return None
    if kind in ("date", "month") and not re.search(YEAR, core):
        core = _of_the_same_year(core, places, question)
    if len(places) == 1:
        start, end = places[0]
        before = re.search(rf"\b{PREPOSITION}\s+$", question[:start], re.IGNORECASE)
        if preposition and before is not None:
            return f"{question[: before.start()]}{preposition} {core}{question[end:]}"
        if preposition and kind not in TIMES:
            return _behind(fragment, preposition, question)
        return f"{question[:start]}{core}{question[end:]}"
    if places:
        return None
    if kind in TIMES and not re.search(r"[\u4e00-\u9fff]", question):
        return _behind(fragment if preposition else f"{'on' if kind in ('date', 'day') else 'in'} {core}", "", question)
    return _behind(fragment, preposition, question) if preposition else None


def _places(core: str, preposition: str, question: str) -> tuple[str | None, list[tuple[int, int]]]:
    """What kind of thing a fragment is, and where such things stand in the question."""
    for kind, pattern, flags in _KINDS:
        whole = re.fullmatch(pattern, core, flags)
        if whole is None:
            continue
        found = [match for match in re.finditer(pattern, question, flags) if kind != "label" or _same(match, whole)]
        if not found and kind in ("date", "month"):
            return kind, [match.span() for match in re.finditer(rf"{MONTH}(?:\s+{YEAR})?|{YEAR}年?", question)]
        return kind, [match.span() for match in found]
    if _NAME.fullmatch(core):
        found = named(question)
        with_it = [m for m in found if re.search(rf"\b{preposition}\s+(?:the\s+)?$", question[: m.start()], re.I)]
        places = [match.span() for match in (with_it if preposition else found)]
        return "name", places or ([] if preposition else things(question))
    thing = re.fullmatch(rf"{_ARTICLE}\s+(?:[\w'’-]+\s+){{0,3}}[\w'’-]+", core, re.IGNORECASE)
    if thing is None and not preposition:
        return None, []
    places = [
        span for span in things(question)
        if not preposition or re.search(rf"\b{preposition}\s+$", question[: span[0]], re.IGNORECASE)
    ]  # fmt: skip
    return "thing", places


def _of_the_same_year(core: str, places: list[tuple[int, int]], question: str) -> str:
    """'May' after a question about April 2022, or about 2022, is May 2022."""
    years = re.findall(YEAR, question[slice(*places[0])]) if len(places) == 1 else []
    return f"{core} {years[0]}" if len(years) == 1 and not re.search(r"[月日]", core) else core


def _same(one: re.Match[str], other: re.Match[str]) -> bool:
    """'page 3' takes the place of 'page 2', not of 'chapter 2'."""
    return (one["of"] or "").lower() == (other["of"] or "").lower() and one["zh"] == other["zh"]


def _behind(fragment: str, preposition: str, question: str) -> str | None:
    if preposition and re.search(rf"\b{preposition}\s+\S", question, re.IGNORECASE):
        last = re.search(rf"\b{preposition}\s+[\w'’-]+(?=\W*$)", question, re.IGNORECASE)
        again = len(re.findall(rf"\b{preposition}\s", question, re.IGNORECASE)) > 1
        # 'for children' after '… for adults?'; else it may mean another place with the same word.
        return f"{question[: last.start()]}{fragment}{question[last.end() :]}" if last and not again else None
    return f"{question.rstrip(' ?？!.')} {fragment}?"


def subject(question: str) -> str:
    """What a question is about, as a phrase: 'the revenue in 2022' of 'What was the revenue in 2022?'; '' if it does
    not stand there as one."""
    asks = re.match(
        r"\W*(?:(?:who|what|which|where|when|how(?:\s+\w+)?|wer|was|wo|wie(?:\s+\w+)?|wann)\s+(?:is|are|was|were|ist|sind"
        r"|war|waren)|(?:show|tell|describe|explain|find)\s+(?:me\s+|us\s+)?(?:about\s+)?)\s*",
        question,
        re.IGNORECASE,
    )
    spans = things(question)
    if asks is not None:
        rest = question[asks.end() :].strip(" ?!.")
        words = rest.split()
        if len(words) > 1 and _PARTICIPLE.fullmatch(words[-1]):
            rest = " ".join(words[:-1])
        if words and not (spans and len(rest.split()) > 6):
            return rest
    if spans:
        return question[slice(*spans[0])]
    names = named(question)
    return names[-1][0] if names else ""
