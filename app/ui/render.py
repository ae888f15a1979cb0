"""What the chat and its evidence panel look like: records → HTML. Pure functions.

Every text that came from a person, a file or a model goes through `escape`, so nothing in it can run, load or link.
The page's script selects evidence by `data-exchange` and `data-number`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePath
from urllib.parse import quote as url_quote

from app.ui.answers import answer_html, at_second, doubts_html, more_html, nearest_html, support
from app.ui.escaping import escape, file_name
from app.ui.exchanges import Exchange
from app.ui.kinds import NAMES, asked_for, kind_html
from app.ui.player import is_recording, moment, why
from app.ui.why import INDEXES, NOT_KEPT
from indexes.records import Segment
from pipelines.reading.previews import has_preview
from pipelines.records import Answer, Citation, Evidence

_GONE = "no longer in the library"
_THUMB = (
    '<svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true"><path d="M4 11h3v9H4zM10 11l3.5-7.5c1.5 0'
    ' 2.4 1 2.4 2.4 0 1.2-.5 2.6-1 4.1h4.4c1.2 0 2 1.1 1.7 2.2l-1.5 6.1c-.2 1-1 1.7-2 1.7H10z"/></svg>'
)
_SNIPPET = 110  # characters of a passage in the list


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
    parts = [f'<div class="fs-asked">{asked}{files}{asked_for(exchange)}</div>']
    parts += [f'<p class="fs-note">{_lines(note)}</p>' for note in exchange.notes]
    answer, quotes = exchange.answer, exchange.quotes
    if answer is not None and answer.asked and answer.asked != exchange.question:
        parts.append(f'<p class="fs-lookedup">Looked up: {_lines(answer.asked)}</p>')
    if exchange.text:
        parts.append(f'<div class="fs-answer">{answer_html(exchange)}</div>')
    if answer is None and quotes is not None:
        quoted = replace(exchange, text=quotes.text, evidence=quotes.evidence, answer=quotes)
        parts.append(f'<div class="fs-answer fs-quotes">{answer_html(quoted)}</div>')
    if exchange.activity:  # below all else, where the foot of the answer will stand: nothing moves when it goes
        dots = '<span class="fs-dots"></span>'
        parts.append(f'<p class="fs-activity" role="status">{dots}{escape(exchange.activity)}</p>')
    if exchange.error:
        parts.append(f'<p class="fs-error" role="alert">{_lines(exchange.error)}</p>')
    if answer is not None:
        parts += _below(exchange, answer)
    return f'<article class="fs-exchange">{"".join(parts)}</article>'


def _below(exchange: Exchange, answer: Answer) -> list[str]:
    """What stands beneath a finished answer."""
    parts = [doubts_html(answer)]
    if answer.waiting:
        names = ", ".join(map(escape, answer.waiting))
        parts.append(f'<p class="fs-lookedup">Not read yet: {names}. Ask again when that is done.</p>')
    parts += [f'<p class="fs-lookedup">{escape(line)}</p>' for line in answer.unread]
    if answer.abstained:
        waiting = 0 if "may hold more" in answer.text else exchange.waiting
        parts += ["" if answer.citations else nearest_html(exchange.number, exchange.evidence), _waiting(waiting)]
    parts.append(kind_html(exchange))
    parts.append(f'<p class="fs-foot fs-below"><span>{_foot(answer)}</span>{_thumbs(exchange)}</p>')
    if not answer.abstained:
        parts.append(more_html(exchange.number, answer))
    return [*parts, NOT_KEPT if exchange.why is None else exchange.why]


def _waiting(files: int) -> str:
    if not files:
        return ""
    said = "1 file is" if files == 1 else f"{files:,} files are"
    return f'<p class="fs-lookedup">{said} still being read. Ask again when that is done.</p>'


def _thumbs(exchange: Exchange) -> str:
    """Two buttons that keep what they were last set to; the page's script says so to the server."""
    if exchange.turn is None:
        return ""
    buttons = "".join(
        f'<button type="button" class="fs-thumb" data-turn="{exchange.turn}" data-thumb="{value}"'
        f' aria-pressed="{str(exchange.thumb == value).lower()}" aria-label="{label}" title="{label}">{_THUMB}</button>'
        for value, label in ((1, "A good answer"), (-1, "A wrong answer"))
    )
    return f'<span class="fs-thumbs" role="group" aria-label="What do you think of this answer?">{buttons}</span>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _foot(answer: Answer) -> str:
    cited = len({citation.number for citation in answer.citations})
    if answer.abstained:
        said = "nothing cited" if answer.evidence else ""
        if cited:
            said = "the nearest passage quoted" if cited == 1 else f"the nearest {cited} passages quoted"
    elif answer.intent and answer.intent not in NAMES:  # thanks, and the like
        said = ""
    else:
        said = f"{cited} of {len(answer.evidence)} passages cited" if cited else "no passage supports this answer"
    parts = [said, f"{answer.seconds.get('total', 0):.1f} s", PurePath(answer.model).name]
    return " · ".join(escape(part) for part in parts if part)


# --- the evidence panel ---


def panel(exchanges: Sequence[Exchange]) -> str:
    """The evidence of every exchange, of which the newest is to be seen. `data-state` tells the page's script that the
    server has chosen anew what is seen."""
    state = _state(exchanges[-1]) if exchanges else ""
    groups = [exchange for exchange in exchanges if exchange.evidence]
    if not groups or groups[-1] is not exchanges[-1]:
        empty = "What an answer rests on is shown here: the page, the picture, the passage or the second."
        groups_html = "".join(_group(exchange, False) for exchange in groups)
        return f'<div class="fs-panel" data-state="{state}"><p class="fs-empty">{empty}</p>{groups_html}</div>'
    shown = "".join(_group(exchange, exchange is groups[-1]) for exchange in groups)
    return f'<div class="fs-panel" data-state="{state}">{shown}</div>'


def _state(exchange: Exchange) -> str:
    reached = "answered" if exchange.answer else "quoted" if exchange.quotes else "found"
    return f"{exchange.number} {reached} {len(exchange.evidence)}"


def _group(exchange: Exchange, seen: bool) -> str:
    citations = exchange.standing.citations if exchange.standing else ()
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
    link = (
        f'<a class="fs-open" href="/api/media/{escape(source.id)}{page}" target="_blank" rel="noopener">Open file</a>'
        if source.id
        else f'<span class="fs-open">{_GONE}</span>'
    )
    indexes = ", ".join(INDEXES.get(index, index) for index in evidence.result.found_by)
    found = why(evidence) or (f"found by {indexes}" if indexes else "read as part of the whole")
    copies = {copy.source.path for copy in evidence.result.copies} - {source.path}
    if copies:
        found += f" · also in {', '.join(PurePath(path).name for path in sorted(copies))}"
    bears = support(evidence, mine[0]) if mine else "not cited"
    text = passage(segment.text, evidence.sentences, [citation.quote for citation in mine])
    if not source.id:
        body = text
    elif is_recording(source):
        text += "".join(_beside(part, sentences, mine) for part, sentences in evidence.beside)
        body = moment(evidence, f"{exchange}-{evidence.number}") + _read(text)
    elif segment.id is not None and has_preview(segment, source):
        body = _picture(evidence, mine) + _read(text)
    else:
        body = text
    return (
        f'<article class="fs-detail" data-detail="{evidence.number}"{"" if selected else " hidden"}>'
        f'<header><span class="fs-number">{evidence.number}</span><span class="fs-name">{file_name(source.path)}</span>'
        f'<span class="fs-place">{place}</span>{link}</header>{body}'
        f'<p class="fs-foot">{escape(found)} · <span data-support-of>{bears}</span></p></article>'
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
        f' data-number="{evidence.number}"{at_second(evidence)} aria-current="{str(selected).lower()}">'
        f'<span class="fs-number">{evidence.number}</span><span class="fs-where"><span class="fs-name">'
        f'{file_name(source.path)}</span> <span class="fs-place">{escape(evidence.result.place.label())}</span></span>'
        f'<span class="fs-snippet">{escape(snippet)}</span></button></li>'
    )


def passage(text: str, sentences: Iterable[str], quotes: Iterable[str] = ()) -> str:
    """A passage with the sentences that were used marked, those that are cited more strongly."""
    strong = [span for quote in quotes if (span := _span(text, quote))]
    # A chat model reads whole passages; marking all of one would say nothing.
    weak = [span for sentence in sentences if sentence != text and (span := _span(text, sentence))]
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
