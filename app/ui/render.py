"""What the chat and its evidence panel look like: records → HTML. Pure functions.

Every text that came from a person, a file or a model goes through `escape`, so nothing in it can run, load or link.
The page's script selects evidence by `data-exchange` and `data-number`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from urllib.parse import quote as url_quote

from app.ui.escaping import escape, file_name
from app.ui.player import is_recording, moment, second_of, why
from indexes.records import Segment
from pipelines.previews import has_preview
from pipelines.records import Answer, Citation, Evidence

_MARK = re.compile(r" ?\[(\d+)\]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITEM = re.compile(r"(?:[-*•]|\d{1,2}[.)])\s+")
_FOUND_BY = {"text": "meaning", "keywords": "words", "image": "picture"}
_SNIPPET = 110  # characters of a passage in the list


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of the conversation and what has come of it so far. `number` counts from 1."""

    number: int
    question: str
    files: tuple[str, ...] = ()
    activity: str = ""
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None
    notes: tuple[str, ...] = ()
    error: str = ""


# --- the conversation ---


def welcome(empty: bool) -> str:
    """What stands where the conversation will be; a first step when the library is empty."""
    if empty:
        return (
            '<div class="fs-welcome"><h2>Your library is empty</h2><p>Open the <strong>Library</strong> tab and add a'
            " folder, or drop a file into the box below. Everything stays on this computer.</p></div>"
        )
    return (
        '<div class="fs-welcome"><h2>Ask your documents, pictures and recordings</h2><p>Every answer shows the page,'
        " the picture or the second that it rests on. Everything stays on this computer.</p></div>"
    )


def conversation(exchanges: Iterable[Exchange]) -> str:
    return "".join(map(exchange_html, exchanges))


def exchange_html(exchange: Exchange) -> str:
    """Question, attached files, answer with its chips, and what is going on."""
    asked = f'<p class="fs-question">{_lines(exchange.question)}</p>' if exchange.question else ""
    files = "".join(f'<span class="fs-file">{file_name(name)}</span>' for name in exchange.files)
    parts = [f'<div class="fs-asked">{asked}{files}</div>']
    parts += [f'<p class="fs-note">{_lines(note)}</p>' for note in exchange.notes]
    if exchange.text:
        parts.append(f'<div class="fs-answer">{answer_html(exchange)}</div>')
    if exchange.activity:
        dots = '<span class="fs-dots"></span>'
        parts.append(f'<p class="fs-activity" role="status">{dots}{escape(exchange.activity)}</p>')
    if exchange.error:
        parts.append(f'<p class="fs-error" role="alert">{_lines(exchange.error)}</p>')
    if exchange.answer is not None:
        parts.append(f'<p class="fs-foot">{_foot(exchange.answer)}</p>')
    return f'<article class="fs-exchange">{"".join(parts)}</article>'


def answer_html(exchange: Exchange) -> str:
    """The answer: paragraphs, lists and bold words are kept, citation marks become chips, all else is plain text."""
    chips = _chips(exchange)
    parts: list[str] = []
    items: list[str] = []
    offset = 0
    for line in exchange.text.split("\n"):
        item = _ITEM.match(line)
        if items and not item:
            parts.append(f"<ul>{''.join(items)}</ul>")
            items = []
        if item:
            items.append(f"<li>{_inline(line[item.end() :], offset + item.end(), chips)}</li>")
        elif line.strip():
            parts.append(f"<p>{_inline(line, offset, chips)}</p>")
        offset += len(line) + 1
    return "".join(parts) + (f"<ul>{''.join(items)}</ul>" if items else "")


def _inline(line: str, offset: int, chips: Mapping[int, tuple[int, str]]) -> str:
    """A line that stands at `offset` of the answer."""
    shown, at = "", 0
    for start in sorted(start for start in chips if offset <= start < offset + len(line)):
        end, chip = chips[start]
        shown += _bold(line[at : start - offset]) + chip
        at = end - offset
    return shown + _bold(line[at:])


def _bold(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", escape(text))


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


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
    quote = f' data-quote="{escape(citation.quote)}" data-support="{_support(evidence, citation)}"' if citation else ""
    return (
        f'<button type="button" class="fs-chip" data-exchange="{exchange}" data-number="{evidence.number}"{quote}'
        f"{_at(evidence, citation)}"
        f' title="{escape(where)}" aria-label="Evidence {evidence.number}: {escape(where)}">{evidence.number}</button>'
    )


def _at(evidence: Evidence, citation: Citation | None = None) -> str:
    """The second of a recording to play from."""
    second = second_of(evidence, citation) if is_recording(evidence.result.source) else None
    return "" if second is None else f' data-at="{second:.3f}"'


def _foot(answer: Answer) -> str:
    cited = len({citation.number for citation in answer.citations})
    if answer.abstained:
        said = "nothing cited; the nearest passages are in the evidence" if answer.evidence else ""
    else:
        said = f"{cited} of {len(answer.evidence)} passages cited" if cited else "no passage supports this answer"
    parts = [said, f"{answer.seconds.get('total', 0):.1f} s", PurePath(answer.model).name]
    return " · ".join(escape(part) for part in parts if part)


# --- the evidence panel ---


def panel(exchanges: Sequence[Exchange]) -> str:
    """The evidence of every exchange, of which the newest is to be seen. `data-state` tells the page's script that the
    server has chosen anew what is seen."""
    state = f"{exchanges[-1].number} {'answered' if exchanges[-1].answer else 'found'}" if exchanges else ""
    groups = [exchange for exchange in exchanges if exchange.evidence]
    if not groups or groups[-1] is not exchanges[-1]:
        empty = "What an answer rests on is shown here: the page, the picture, the passage or the second."
        groups_html = "".join(_group(exchange, False) for exchange in groups)
        return f'<div class="fs-panel" data-state="{state}"><p class="fs-empty">{empty}</p>{groups_html}</div>'
    shown = "".join(_group(exchange, exchange is groups[-1]) for exchange in groups)
    return f'<div class="fs-panel" data-state="{state}">{shown}</div>'


def _group(exchange: Exchange, seen: bool) -> str:
    citations = exchange.answer.citations if exchange.answer else ()
    selected = citations[0].number if citations else exchange.evidence[0].number
    details = "".join(_detail(exchange.number, each, citations, each.number == selected) for each in exchange.evidence)
    rows = "".join(_row(exchange.number, each, citations, each.number == selected) for each in exchange.evidence)
    heading = "Looks most alike" if not exchange.question else "Evidence"
    return (
        f'<section data-group="{exchange.number}"{"" if seen else " hidden"} aria-label="Evidence">{details}'
        f'<h3 class="fs-heading">{heading}</h3><ol class="fs-rows">{rows}</ol></section>'
    )


def _detail(exchange: int, evidence: Evidence, citations: Sequence[Citation], selected: bool) -> str:
    segment, source = evidence.result.segment, evidence.result.source
    mine = [citation for citation in citations if citation.number == evidence.number]
    place = escape(evidence.result.place.label())
    page = f"#page={segment.place.page}" if segment.place.page and source.media_type == "application/pdf" else ""
    found = why(evidence) or "found by " + ", ".join(_FOUND_BY.get(index, index) for index in evidence.result.found_by)
    support = _support(evidence, mine[0]) if mine else "not cited"
    text = passage(segment.text, evidence.sentences, [citation.quote for citation in mine])
    if is_recording(source):
        text += "".join(_beside(part, sentences, mine) for part, sentences in evidence.beside)
        body = moment(evidence, f"{exchange}-{evidence.number}") + _read(text)
    elif has_preview(segment, source):
        body = _picture(evidence, mine) + _read(text)
    else:
        body = text
    return (
        f'<article class="fs-detail" data-detail="{evidence.number}"{"" if selected else " hidden"}>'
        f'<header><span class="fs-number">{evidence.number}</span><span class="fs-name">{file_name(source.path)}</span>'
        f'<span class="fs-place">{place}</span>'
        f'<a class="fs-open" href="/api/media/{escape(source.id)}{page}" target="_blank" rel="noopener">Open file</a>'
        f"</header>{body}"
        f'<p class="fs-foot">{escape(found)} · <span data-support-of>{support}</span></p></article>'
    )


def _beside(segment: Segment, sentences: Sequence[str], citations: Sequence[Citation]) -> str:
    """What was seen meanwhile, or said."""
    quotes = [citation.quote for citation in citations if citation.segment == segment]
    heading = f"{'On screen' if segment.pictured else 'Said'}, {segment.place.label()}"
    return f'<p class="fs-foot">{escape(heading)}</p>{passage(segment.text, sentences, quotes)}'


def _read(text: str) -> str:
    return f'<details class="fs-read"><summary>What was read here</summary>{text}</details>'


def _picture(evidence: Evidence, citations: Sequence[Citation]) -> str:
    segment, source = evidence.result.segment, evidence.result.source
    if segment.pictured or source.modality == "image":
        quote, alt = "", f"Picture from {PurePath(source.path).name}"
    else:
        quote = citations[0].quote if citations else max(evidence.sentences, key=len, default="")
        alt = f"{segment.place.label()} of {PurePath(source.path).name}, the passage marked"
    address = f"/api/preview/{segment.id}"
    query = f"?quote={url_quote(quote[:1500])}" if quote else ""
    shape = "fs-picture fs-page" if quote else "fs-picture"
    return (
        f'<figure class="{shape}"><img src="{escape(address + query)}" data-preview="{escape(address)}"'
        f' alt="{escape(alt)}" loading="lazy" decoding="async"></figure>'
    )


def _row(exchange: int, evidence: Evidence, citations: Sequence[Citation], selected: bool) -> str:
    segment, source = evidence.result.segment, evidence.result.source
    cited = any(citation.number == evidence.number for citation in citations)
    snippet = " ".join((evidence.sentences[0] if evidence.sentences else segment.text).split())[:_SNIPPET]
    return (
        f'<li><button type="button" class="fs-row{" fs-cited" if cited else ""}" data-exchange="{exchange}"'
        f' data-number="{evidence.number}"{_at(evidence)} aria-current="{str(selected).lower()}">'
        f'<span class="fs-number">{evidence.number}</span><span class="fs-where"><span class="fs-name">'
        f'{file_name(source.path)}</span> <span class="fs-place">{escape(evidence.result.place.label())}</span></span>'
        f'<span class="fs-snippet">{escape(snippet)}</span></button></li>'
    )


def passage(text: str, sentences: Iterable[str], quotes: Iterable[str] = ()) -> str:
    """A passage with the sentences that were used marked, those that are cited more strongly."""
    strong = [span for quote in quotes if (span := _span(text, quote))]
    weak = [span for sentence in sentences if (span := _span(text, sentence))]
    borders = sorted({0, len(text), *(at for span in (*strong, *weak) for at in span)})
    shown = ""
    for start, end in pairwise(borders):
        part = escape(text[start:end])
        if any(s <= start and end <= e for s, e in strong):
            part = f'<mark class="fs-cited">{part}</mark>'
        elif any(s <= start and end <= e for s, e in weak):
            part = f"<mark>{part}</mark>"
        shown += part
    return f'<blockquote class="fs-passage" dir="auto">{shown}</blockquote>'


def _span(text: str, part: str) -> tuple[int, int] | None:
    at = text.find(part) if part else -1
    return (at, at + len(part)) if at >= 0 else None


def _support(evidence: Evidence, citation: Citation) -> str:
    # How like a picture is to words is no share of a sentence that it bears out.
    picture = (citation.segment or evidence.result.segment).pictured
    return "cited" if picture else f"support for the sentence: {citation.support:.0%}"
