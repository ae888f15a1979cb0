"""Follow-ups ('and in 2023?', 'who said that?', 'why?') → questions that can be understood alone.

By rule where the rule is sure, by the chat model otherwise, and never for a question that stands by itself. What the
model writes is believed only when it brings nothing that was not said. What goes where in a question is left to
`slots`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexes.keywords import STOPWORDS, content_words, is_cjk
from pipelines.asking import slots
from pipelines.asking.prompting import unanswered
from pipelines.checking.citations import without_numbers
from pipelines.records import Turn
from pipelines.sentences import sentences

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

Write = Callable[[Sequence["BaseMessage"]], str]
"""Runs the chat model to its end and gives its text."""

_GOES_ON = re.compile(
    r"^\W*(?:(?:and|but|or|so|also|then)\b(?!-)|(?:and\s+)?(?:what|how)\s+about\b|what\s+if\b"
    r"|(?:und|oder|aber|was ist mit|wie (?:steht|ist) es mit)\b|(?:et|ou|mais|qu['’]en est-il)\b"
    r"|那(?=[\s,，\d么]|.{1,12}呢\W*$)|还有|以及)",
    re.IGNORECASE,
)
_POINTERS = re.compile(
    r"\b(?P<person>he|him|his|she|her|hers|they|them|their|theirs)\b|\b(?P<thing>it|its)\b"
    r"|\b(?P<shown>this|these|those)\b(?!\s+(?:who|that|which|with|in\b|days\b|year\b|month\b|week\b|morning\b|library\b"
    r"|folder\b))"
    r"|\b(?P<that>that)\b"
    r"|\b(?P<other>else|the same|the (?:other|latter|former)(?=\W*$|\s+(?:is|was|are|were|do|does|did|has|have)\b)"
    r"|the others|others|(?:first|second|third|last|other|next|which|this|that) ones?)\b"
    r"|(?P<there>(?<!is )(?<!are )(?<!was )(?<!were )\bthere\b(?=\W*$)|\bthen\b(?=\W*$)"
    r"|\b(?:next|before|afterwards?|later|earlier|instead)\b(?=\W*$))",
    re.IGNORECASE,
)
# 'That' points back behind these words, before the end, and before a noun at the beginning; else it joins clauses.
_BEFORE_THAT = re.compile(
    r"(?:^\W*|\b(?:of|about|for|after|before|in|on|at|from|with|by|to|than|like|as|is|was|are|were|does|do|did|and|or"
    r"|me|us|why|when|how|said|see|saw)\s+)$",
    re.IGNORECASE,
)
_EXPECTED = re.compile(  # 'What is it called when …', 'How long does it take to …': here 'it' points forward
    r"\bit\b\s*(?:(?:is|was|be|will|would)\s+)?(?:takes?|costs?|means?|called|possible|true|allowed|safe|legal|known|said"
    r"|common|necessary|worth|easy|hard|difficult|important|usual|normal|likely|permitted|better|that|rain\w*|snow\w*)"
    r"\b.*\b(?:to|that|when|if|whether|outside)\b|\b(?:is|was|be)\s+it\s+\w+(?<!ed)\s+to\b|\bwhat\s+time\s+is\s+it\b"
    r"|\bit\s+(?:is|was)\b(?=.*\b(?:that|who)\b)",
    re.IGNORECASE,
)
_GERMAN = re.compile(r"\b(?:er|ihn|ihm|seine?[rnms]?|ihre?[rnms]?|dessen|davon|dar(?:über|an|in|auf)|dazu|dort|dabei"
                     r"|dies(?:e[rsmn]?)?)\b|\b(?:das|sie)\W*$", re.IGNORECASE)  # fmt: skip
_FRENCH_ASKS = re.compile(r"\b(?:quel\w*|qui|quand|où|comment|combien|pourquoi|est-ce|qu['’])", re.IGNORECASE)
_FRENCH = re.compile(r"\b(?:ils?|elles?|lui|son|sa|ses|leurs?|ça|cela|celui\w*|celle\w*)\b", re.IGNORECASE)
_CHINESE = re.compile(r"[它她这]|(?<![其吉])他(?![们]?人)|其(?![他实中它次余])|那(?:个|些|里|时)|呢\W*$")
_ASKS = re.compile(
    r"\b(?:is|are|was|were|does|do|did|has|have|had|will|can|define|explain|describe|ist|sind|war|hat|est|sont|était)\b",
    re.IGNORECASE,
)
_SHOW_IT = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)*(?P<verb>show|open|play|give|zeig\w*|montre\w*)\s+"
    r"(?:(?:me|us|mir|uns|-moi|moi)\s+)?(?:the|that|a|das|die|la|le)\s+"
    r"(?P<what>pictures?|photo\w*|images?|drawing|page|video|clip|slide|map|figure|table|diagram|chart|bild|foto)\W*$",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"^\W*(?:and\s+)?(?P<asks>(?:who|when|where|how)\b.*?\b(?:sa(?:id|ys)|wrote|told|claim(?:s|ed)|mention(?:s|ed)|stated?)"
    r"|where (?:is|was) (?:it|that|this) (?:said|written|stated))\s*(?:that|this|it|so)?\W*$",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?<=\bin |\bof )(?:this|that|the same)\s+(?:file|document|pdf|video|recording)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"^\W*(?:who|whose|wer|wessen|qui)\b|\b(?:do|does|did|can|could|will|would)\s+the\b", re.IGNORECASE
)
_LEAD = re.compile(r"^\W*(?:and|but|or|so|also|then|und|oder|aber|et|ou|mais)\b[\s,]*", re.IGNORECASE)
_WHAT_ABOUT = re.compile(
    r"^(?:(?:what|how)\s+about|was ist mit|wie (?:steht|ist) es mit|qu['’]en est-il(?: (?:de|du|en|pour))?)\s+",
    re.IGNORECASE,
)
_ABOUT_IT = re.compile(r"(?<=\babout )(?:that|this|it)\b", re.IGNORECASE)
_JOINING = frozenset("and but or so also then what how else one ones more und oder aber et ou mais was mit".split())
_PERSON_WORDS = frozenset("he him his she her hers".split())
_LONGEST_ANSWER = 300  # characters of the last answer that the model reads
_LONGEST_ASKED = 300  # characters of the last full question
_LONGEST_NAMED = 160  # characters of an answer that a question still holds well
SYSTEM = """Rewrite the last question so that it can be understood alone: put in what "it", "that" or "and" stands \
for. Keep its meaning, its words and its language. Write the question only, never an answer."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`text` can be looked up alone; `by` says how it came about, '' where it is the question itself."""

    text: str
    by: Literal["", "rule", "model"] = ""


def rewrite(question: str, history: Sequence[Turn], write: Write | None = None) -> Rewritten:
    """The full question. Without a model, or where it writes something else, the last question and this one."""
    question = " ".join(question.split())
    if not history or not leans(question):
        return Rewritten(question)
    last = history[-1]
    asked = last.asked or last.question
    if len(asked) > _LONGEST_ASKED:  # several questions joined
        asked = last.question
    by_rule = _by_rule(question, asked, last)
    if by_rule is not None:
        return Rewritten(by_rule, "rule")
    if write is not None:
        written = checked(write(messages(question, asked, _told(last))), question, asked, _told(last))
        if written:
            return Rewritten(written, "model")
    return Rewritten(f"{asked} {question}", "rule")


def leans(question: str) -> bool:
    """Whether a question can only be understood with the one before it: it goes on with 'and', points back ('how does
    it work?'), or says almost nothing itself ('why?')."""
    if _GOES_ON.search(question) or _SHOW_IT.search(question) or _points_back(question):
        return True
    if is_cjk(question):
        return bool(_CHINESE.search(question)) or sum(map(is_cjk, question)) < 5
    asked = [word for word in content_words(question) if word not in STOPWORDS]
    if len(asked) < 2 and not (asked and _ASKS.search(question)):
        return not asked or not any(c.isdigit() for c in asked[0]) or len(question) < 12
    return False


def _points_back(question: str, but: str = "") -> bool:
    """`but`: a kind of pointer that does not count ('what else is said about the tower?')."""
    if _GERMAN.search(question) and re.search(r"\b(?:w[aeio]\w*|ist|sind|hat|zeig\w*|und)\b", question, re.IGNORECASE):
        return True
    if _FRENCH_ASKS.search(question):
        return bool(_FRENCH.search(question))
    forward = _EXPECTED.search(question)
    for match in _POINTERS.finditer(question):
        before = question[: match.start()]
        if match[0] == "IT" or match.lastgroup == but:
            continue
        if match["thing"] and forward is not None and forward.start() <= match.start() < forward.end():
            continue
        if match["that"]:
            ends = not question[match.end() :].strip(" ?!.,;")
            if not ends and not _BEFORE_THAT.search(before):
                continue
        if match["shown"] and re.search(r"\w.*,|\band\b", before):
            continue  # 'If two numbers are added, what is this sum called?'
        if (match["person"] or match["thing"]) and _named_before(before, match[0].lower()):
            continue
        return True
    return False


def _named_before(before: str, pointer: str) -> bool:
    """Whether a pronoun has what it stands for in the same question: 'What did Edith Penrose say of her father?'"""
    if slots.named(before):
        return True
    if re.search(r"\s(?:whether|because|if|when|while|until)\s*$", before) and pointer in ("it", "they"):
        return True  # 'How do members say whether they agree?'
    if pointer in ("it", "them"):  # 'How much does the museum pay for it?' means something else
        return bool(
            re.search(r"\b(?:the|a|an)\s+\w+.*(?:,|\band\b|\bwhen\b|\bif\b|\bthat\b|\bbefore\b|\bafter\b)", before)
        )
    return bool(re.search(r"\b(?:the|a|an|each|every)\s+\w+", before))


# --- by rule ---


def _by_rule(question: str, asked: str, last: Turn) -> str | None:
    shown = _SHOW_IT.search(question)
    if shown is not None:
        about = slots.subject(asked)
        return _capital(f"{question.rstrip(' .?!')} of {about}") if about else None
    said = _told(last)
    quoted = _WHO_SAID.search(question)
    if quoted is not None:
        claim = _claim(said)
        return f"{_capital(quoted['asks'])} “{claim}”?" if claim else None
    if last.files and _FILE.search(question):
        named = _FILE.sub(lambda _: last.files[0], question, count=1)
        if not leans(named):
            return named
    about = slots.subject(asked) if _ABOUT_IT.search(question) else ""
    if about and len([m for m in _POINTERS.finditer(question) if not m["other"]]) == 1:
        return _capital(_LEAD.sub("", _ABOUT_IT.sub(lambda _: about, question)))
    fragment = _fragment(question)
    if fragment is not None:
        return slots.filled(fragment, asked)
    return _named_instead(question, asked, said)


def _fragment(question: str) -> str | None:
    """What a question is besides 'and' and 'what about': some words without a verb. None: it is more than that."""
    chinese = re.fullmatch(r"\W*(?:那么?|还有)?(?P<rest>[^？?]{1,12}?)呢?\W*", question)
    if is_cjk(question) or (chinese and question.rstrip(" ？?").endswith("呢")):
        return chinese["rest"].strip() if chinese else None
    rest = _WHAT_ABOUT.sub("", _LEAD.sub("", question)).strip(" ?!.")
    words = rest.split()
    asks = words and (
        words[0].lower() in ("who", "what", "when", "where", "why", "how", "which", "whose", "show", "tell")
    )
    if not words or len(words) > 6 or asks or _ASKS.search(rest) or _points_back(rest):
        return None
    return rest


def _named_instead(question: str, asked: str, said: str) -> str | None:
    """A question with one pronoun, and what it surely stands for in its place."""
    pointers = [match for match in _POINTERS.finditer(question) if match["person"] or match["thing"]]
    if len(pointers) != 1 or len(list(_POINTERS.finditer(question))) != 1 or _GOES_ON.search(question[3:]):
        return None
    pointer = pointers[0]
    word = pointer[0].lower()
    if word in _PERSON_WORDS:
        people = _people(asked, said)
        stands_for = people[0] if len(people) == 1 else None
    elif word in ("it", "its"):
        spans = slots.things(asked)
        one = {asked[slice(*span)].lower(): asked[slice(*span)] for span in spans}
        # 'Where did the keeper sleep?' 'How big was it?' is not about the keeper.
        sure = len(one) == 1 and not slots.named(asked) and not _SOMEBODY.search(asked)
        stands_for = next(iter(one.values())) if sure else None
    else:
        return None
    if stands_for is None:
        return None
    owns = word in ("his", "its") or (word == "her" and re.match(r"\s+[a-z]", question[pointer.end() :]))
    written = f"{question[: pointer.start()]}{stands_for}{'’s' if owns else ''}{question[pointer.end() :]}"
    return _capital(_LEAD.sub("", written))


def _people(asked: str, said: str) -> list[str]:
    """Different names of two words or more in the last question and its answer; short forms belong to the long ones."""
    names = [match[0] for text in (asked, said) for match in slots.named(text)]
    full = dict.fromkeys(name for name in names if " " in name)
    return [name for name in full if not any(name != other and name in other for other in full)]


def _told(turn: Turn) -> str:
    """What the last answer said, without citation marks; '' if it said nothing."""
    return "" if unanswered(turn.answer) else without_numbers(turn.answer).strip()


def _claim(said: str) -> str:
    first = next(iter(sentences(said)), "")
    return first.rstrip(".。 ") if len(first) <= _LONGEST_NAMED else first[:_LONGEST_NAMED].rsplit(" ", 1)[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- by the model ---


def messages(question: str, asked: str, said: str) -> list[BaseMessage]:
    """What the chat model reads: few words, since each costs time."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    def told(question: str, answer: str, follow_up: str) -> str:
        return f"Question: {question}\nAnswer: {answer[:_LONGEST_ANSWER] or '-'}\nLast question: {follow_up}"

    return [
        SystemMessage(SYSTEM),
        HumanMessage(told("Where was the bridge built?", "The bridge was built in Leeds.", "And who paid for it?")),
        AIMessage("Who paid for the bridge in Leeds?"),
        HumanMessage(told(asked, said, question)),
    ]


def checked(written: str, question: str, asked: str, said: str) -> str:
    """What the model wrote, if it is one question that keeps the new words, stands by itself, and holds no name and no
    number that nobody said; else ''."""
    lines = [line.strip(' "“”*`') for line in written.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return ""
    text = re.sub(r"^(?:rewritten|last|full)?\s*question\s*:\s*", "", lines[0], flags=re.IGNORECASE)
    if not text or len(text) > 3 * max(len(question), len(asked), 30) or unanswered(text):
        return ""
    if question[-1:] in "?？" and text[-1:] not in "?？":
        return ""
    known = f"{question} {asked} {said}"
    numbers = set(re.findall(r"\d+", text)) - set(re.findall(r"\d+", known))
    names = [match[0] for match in slots.named(text) if match.start() > 0]
    if numbers or any(part.casefold() not in known.casefold() for name in names for part in name.split()):
        return ""
    new = {word for word in content_words(question) if not _POINTERS.fullmatch(word)} - STOPWORDS - _JOINING
    there = text.casefold()
    if not is_cjk(question) and any(word[:5] not in there for word in new):
        return ""
    brought = [word for word in content_words(text) if word not in STOPWORDS and word[:4] not in known.casefold()]
    if len(brought) > (2 if not is_cjk(text) else 6):
        return ""
    again = text.casefold() in (question.casefold(), asked.casefold())
    return "" if again or _GOES_ON.search(text) or _points_back(text, but="other") else text
