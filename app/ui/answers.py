"""What the text of an answer looks like: its Markdown, citations as chips, doubts as marks, and what is said beneath.
Records → HTML, pure functions; nothing that a model or a file wrote is markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from app.ui.escaping import escape, file_name
from app.ui.exchanges import Exchange
from app.ui.markdown import to_html
from app.ui.player import is_recording, second_of
from pipelines.records import Answer, Check, Citation, Evidence

_MARK = re.compile(r" ?\[(\d+)\]")
_SPECIAL = re.compile(r"`(?P<code>[^`\n]+)`|\*\*(?=\S)(?P<bold>.{1,500}?)(?<=\S)\*\*")
_SIGNS = re.compile(r"\*\*|[`|]|^\s*#+\s")
_UNSUPPORTED = "No source bears this out"
_NEAREST = 3  # passages named when nothing was found
_DOUBTED = 4  # sentences that no source bears out, named again beneath the answer
_QUOTED = 80  # characters of a sentence that is named again
_BEGINNING = 160  # characters of a passage that was not quoted

Chips = Mapping[int, tuple[int, str]]


def answer_html(exchange: Exchange) -> str:
    """The answer: citation marks become chips, sentences that no source bears out are marked."""
    text, chips = exchange.text, _chips(exchange)
    doubts = [] if exchange.answer is None else _doubts(exchange.answer)

    def inline(start: int, end: int) -> str:
        return _shown(text, start, end, chips, doubts, _special)

    def code(start: int, end: int) -> str:
        return _shown(text, start, end, chips, doubts, escape)

    return to_html(text, inline, code, growing=exchange.answer is None)


def _doubts(answer: Answer) -> list[Check]:
    """Sentences that no source bears out, without what is not shown behind them: space, and the bar of a table."""
    ends = [check.start + len(answer.text[check.start : check.end].rstrip(" \t\n|")) for check in answer.checks]
    return [
        replace(check, end=end)
        for check, end in zip(answer.checks, ends, strict=True)
        if not check.supported and check.start < end
    ]


def _shown(text: str, start: int, end: int, chips: Chips, doubts: Sequence[Check], look: Callable[[str], str]) -> str:
    """A part of one line; `look` says how its words are shown."""
    borders = {at for check in doubts for at in (check.start, check.end)} | set(chips) | {end}
    shown, at = "", start
    while at < end:
        if at in chips:
            at, chip = chips[at]
            shown += chip
            continue
        stop = min(border for border in borders if border > at)
        part = look(text[at:stop])
        doubt = next((check for check in doubts if check.start <= at < check.end), None)
        if doubt is not None and text[at:stop].strip():
            part = f'<span class="fs-doubted">{part}</span>'
            if stop == doubt.end:
                part += _question_mark(doubt)
        shown += part
        at = stop
    return shown


def _question_mark(check: Check) -> str:
    why = "; ".join((_UNSUPPORTED, *check.flags))
    return (
        f'<span class="fs-doubt" title="{escape(why)}" aria-hidden="true">?</span>'
        f'<span class="fs-unseen"> ({_UNSUPPORTED}.)</span>'
    )


def _special(text: str) -> str:
    """Bold words and code, all else as it is."""
    shown, at = "", 0
    for found in _SPECIAL.finditer(text):
        shown += escape(text[at : found.start()])
        bold = found["bold"]
        shown += f"<code>{escape(found['code'])}</code>" if bold is None else f"<strong>{_special(bold)}</strong>"
        at = found.end()
    return shown + escape(text[at:])


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
    line = " ".join(_SIGNS.sub(" ", sentence).split())
    return line if len(line) <= _QUOTED else line[:_QUOTED].rsplit(" ", 1)[0] + " …"


def nearest_html(exchange: int, evidence: Sequence[Evidence]) -> str:
    """The passages that came nearest when nothing was found; each opens in the evidence panel."""
    items = "".join(f"<li>{_link(exchange, each)}</li>" for each in evidence[:_NEAREST])
    return f'<div class="fs-nearest"><p>Nearest:</p><ul>{items}</ul></div>' if items else ""


def more_html(exchange: int, answer: Answer) -> str:
    """What was found and is not quoted, behind a line that opens; each passage opens in the evidence panel."""
    cited = {citation.number for citation in answer.citations}
    rest = [each for each in answer.evidence if each.number not in cited]
    items = "".join(f'<li>{_link(exchange, each)}<p dir="auto">{_beginning(each)}</p></li>' for each in rest)
    summary = f"<summary>More from your files ({len(rest)})</summary>"
    return f'<details class="fs-more">{summary}<ul>{items}</ul></details>' if items else ""


def _link(exchange: int, evidence: Evidence) -> str:
    """A button that opens a passage in the evidence panel."""
    return (
        f'<button type="button" class="fs-link" data-exchange="{exchange}" data-number="{evidence.number}"'
        f"{at_second(evidence)}>{file_name(evidence.result.source.path)}</button>"
        f' <span class="fs-place">{escape(evidence.result.place.label())}</span>'
    )


def _beginning(evidence: Evidence) -> str:
    words = " ".join(evidence.result.segment.text.split())
    return escape(words if len(words) <= _BEGINNING else words[:_BEGINNING].rsplit(" ", 1)[0] + " …")


def _chips(exchange: Exchange) -> dict[int, tuple[int, str]]:
    """Start of each mark of ours → its end and its chip. A number that points nowhere stays text, and so does `a[1]`
    while the citations are not known yet."""
    evidence = {each.number: each for each in exchange.evidence}
    citations = exchange.answer.citations if exchange.answer else ()
    chips = {}
    for mark in _MARK.finditer(exchange.text):
        cited = evidence.get(int(mark[1]))
        citation = next((c for c in citations if c.number == int(mark[1]) and 0 <= mark.start() - c.end <= 1), None)
        ours = citation is not None or (exchange.answer is None and (mark[0][0] == " " or not mark.start()))
        if cited is not None and ours:
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
    if picture:
        return "cited"
    return "quoted" if citation.support == 1 else f"support for the sentence: {citation.support:.0%}"
