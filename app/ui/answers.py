"""What the text of an answer looks like: paragraphs, lists and bold words, citations as chips, doubts as marks, and
what is said beneath. Records → HTML, pure functions; nothing that a model wrote is markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from app.ui.escaping import escape, file_name
from app.ui.player import is_recording, second_of
from pipelines.records import Answer, Check, Citation, Evidence

if TYPE_CHECKING:
    from app.ui.render import Exchange

_MARK = re.compile(r" ?\[(\d+)\]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITEM = re.compile(r"(?:[-*•]|\d{1,2}[.)])\s+")
_UNSUPPORTED = "No source bears this out"
_NEAREST = 3  # passages named when nothing was found
_DOUBTED = 4  # sentences that no source bears out, named again beneath the answer
_QUOTED = 80  # characters of a sentence that is named again

Chips = Mapping[int, tuple[int, str]]


def answer_html(exchange: Exchange) -> str:
    """The answer: paragraphs, lists and bold words are kept, citation marks become chips, sentences that no source
    bears out are marked, all else is plain text."""
    chips = _chips(exchange)
    doubts = [] if exchange.answer is None else _doubts(exchange.answer)
    parts: list[str] = []
    items: list[str] = []
    offset = 0
    for line in exchange.text.split("\n"):
        item = _ITEM.match(line)
        if items and not item:
            parts.append(f"<ul>{''.join(items)}</ul>")
            items = []
        if item:
            items.append(f"<li>{_inline(line[item.end() :], offset + item.end(), chips, doubts)}</li>")
        elif line.strip():
            parts.append(f"<p>{_inline(line, offset, chips, doubts)}</p>")
        offset += len(line) + 1
    return "".join(parts) + (f"<ul>{''.join(items)}</ul>" if items else "")


def _doubts(answer: Answer) -> list[Check]:
    """Sentences that no source bears out, without the space behind them."""
    ends = [check.start + len(answer.text[check.start : check.end].rstrip()) for check in answer.checks]
    return [
        replace(check, end=end)
        for check, end in zip(answer.checks, ends, strict=True)
        if not check.supported and check.start < end
    ]


def _inline(line: str, offset: int, chips: Chips, doubts: Sequence[Check]) -> str:
    """A line that stands at `offset` of the answer."""
    here = {start - offset: (end - offset, chip) for start, (end, chip) in chips.items()}
    borders = {at - offset for check in doubts for at in (check.start, check.end)} | set(here) | {len(line)}
    shown, at = "", 0
    while at < len(line):
        if at in here:
            at, chip = here[at]
            shown += chip
            continue
        end = min(border for border in borders if border > at)
        part = _bold(line[at:end])
        doubt = next((check for check in doubts if check.start <= offset + at < check.end), None)
        if doubt is not None and line[at:end].strip():
            part = f'<span class="fs-doubted">{part}</span>'
            if offset + end == doubt.end:
                part += _question_mark(doubt)
        shown += part
        at = end
    return shown


def _question_mark(check: Check) -> str:
    why = "; ".join((_UNSUPPORTED, *check.flags))
    return (
        f'<span class="fs-doubt" title="{escape(why)}" aria-hidden="true">?</span>'
        f'<span class="fs-unseen"> ({_UNSUPPORTED}.)</span>'
    )


def _bold(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", escape(text))


def doubts_html(answer: Answer) -> str:
    """What the check of an answer's sentences found, in words; '' when the sources bear all of it out."""
    doubted = [check for check in answer.checks if check.flags or not check.supported]
    lines = [
        f"“{escape(_short(answer.text[check.start : check.end]))}”: "
        + escape("; ".join(check.flags) or "no source bears this out")
        for check in doubted[:_DOUBTED]
    ]
    if len(doubted) > _DOUBTED:
        lines.append(f"and {len(doubted) - _DOUBTED} more that no source bears out")
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<ul class="fs-doubts" aria-label="What no source bears out">{items}</ul>' if items else ""


def _short(sentence: str) -> str:
    line = " ".join(sentence.replace("**", "").split())
    return line if len(line) <= _QUOTED else line[:_QUOTED].rsplit(" ", 1)[0] + " …"


def nearest_html(exchange: int, evidence: Sequence[Evidence]) -> str:
    """The passages that came nearest when nothing was found; each opens in the evidence panel."""
    items = "".join(
        f'<li><button type="button" class="fs-link" data-exchange="{exchange}" data-number="{each.number}"'
        f"{at_second(each)}>{file_name(each.result.source.path)}</button>"
        f' <span class="fs-place">{escape(each.result.place.label())}</span></li>'
        for each in evidence[:_NEAREST]
    )
    return f'<div class="fs-nearest"><p>Nearest:</p><ul>{items}</ul></div>' if items else ""


def _chips(exchange: Exchange) -> dict[int, tuple[int, str]]:
    """Start of each mark of ours → its end and its chip. A number that points nowhere stays text."""
    evidence = {each.number: each for each in exchange.evidence}
    citations = exchange.answer.citations if exchange.answer else ()
    chips = {}
    for mark in _MARK.finditer(exchange.text):
        cited = evidence.get(int(mark[1]))
        citation = next((c for c in citations if c.number == int(mark[1]) and 0 <= mark.start() - c.end <= 1), None)
        if cited is not None and (citation is not None or exchange.answer is None):
            chips[mark.start()] = (mark.end(), _chip(exchange.number, cited, citation))
    return chips


def _chip(exchange: int, evidence: Evidence, citation: Citation | None) -> str:
    source = evidence.result.source
    where = ", ".join(part for part in (PurePath(source.path).name, evidence.result.place.label()) if part)
    quote = f' data-quote="{escape(citation.quote)}" data-support="{support(evidence, citation)}"' if citation else ""
    return (
        f'<button type="button" class="fs-chip" data-exchange="{exchange}" data-number="{evidence.number}"{quote}'
        f"{at_second(evidence, citation)}"
        f' title="{escape(where)}" aria-label="Evidence {evidence.number}: {escape(where)}">{evidence.number}</button>'
    )


def at_second(evidence: Evidence, citation: Citation | None = None) -> str:
    """The second of a recording to play from."""
    second = second_of(evidence, citation) if is_recording(evidence.result.source) else None
    return "" if second is None else f' data-at="{second:.3f}"'


def support(evidence: Evidence, citation: Citation) -> str:
    """How well a quote bears its sentence out, in words."""
    # How like a picture is to words is no share of a sentence that it bears out.
    picture = (citation.segment or evidence.result.segment).pictured
    if citation.support == 0:  # it stands instead of an answer
        return "the nearest passage"
    return "cited" if picture else f"support for the sentence: {citation.support:.0%}"
