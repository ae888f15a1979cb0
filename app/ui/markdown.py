"""The Markdown of answers → HTML: paragraphs, headings, lists, tables, and fenced code.

Citations and doubts refer to offsets in an answer's text. A complete parser tells the lines of a block, but not where
in the text a cell or a word stands; so this one knows only what answers are made of, and asks with exact offsets how a
part of the text looks. It writes none of that text itself: nothing in it can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

Span = tuple[int, int]
Shown = Callable[[int, int], str]
"""From one offset of the text to another → HTML."""

_ITEM = re.compile(r"(?P<indent>[ \t]{0,12})(?:[-*•]|(?P<number>\d{1,3})[.)])[ \t]+")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_FENCE = re.compile(r"[ \t]{0,12}```[\w+#.-]{0,20}[ \t]*")
_MARKS = re.compile(r"(?: ?\[\d{1,4}\])+[ \t]*")
_INNER = 2  # spaces in front of an item that belongs to the one above


def to_html(text: str, inline: Shown, code: Shown, growing: bool = False) -> str:
    """`inline` and `code` say how a part of a line looks. A text that is `growing` may yet end its code."""
    return _Blocks(text, inline, code, growing).html()


class _Blocks:
    """Reads block after block; each reader gives '' and takes no line where its block does not begin."""

    def __init__(self, text: str, inline: Shown, code: Shown, growing: bool) -> None:
        self._text, self._inline, self._code, self._growing = text, inline, code, growing
        self._spans: list[Span] = []
        self._at = 0  # the line that is read next
        start = 0
        for line in text.split("\n"):
            self._spans.append((start, start + len(line)))
            start += len(line) + 1

    def html(self) -> str:
        parts = []
        while self._more:
            parts.append(self._fenced() or self._table() or self._list() or self._line())
        return "".join(parts)

    @property
    def _more(self) -> bool:
        return self._at < len(self._spans)

    def _words(self, line: int) -> str:
        start, end = self._spans[line]
        return self._text[start:end]

    def _fenced(self) -> str:
        if not _FENCE.fullmatch(self._words(self._at)):
            return ""
        first = self._at + 1
        end = self._end_of_code(first)
        self._at = end + 1
        shown = "\n".join(self._code(*span) for span in self._spans[first:end])
        return f'<pre class="fs-code" tabindex="0" dir="ltr"><code>{shown}</code></pre>'

    def _end_of_code(self, first: int) -> int:
        """The line that ends it. Code that a model broke off must not hold what is quoted below."""
        rest = range(first, len(self._spans))
        closed = next((line for line in rest if self._words(line).strip() == "```"), None)
        if closed is not None:
            return closed
        empty = (line for line in rest if not self._growing and not self._words(line).strip())
        return next(empty, len(self._spans))

    def _table(self) -> str:
        if not (self._is_row() and _is_rule(self._words(self._at + 1) if self._at + 1 < len(self._spans) else "")):
            return ""
        head = self._row("th")
        self._at += 1
        rows = []
        while self._more and self._is_row():
            rows.append(self._row("td"))
        body = f"<tbody>{''.join(rows)}</tbody>" if rows else ""
        # A wide table scrolls inside its box; the keyboard must be able to do that, too.
        return (
            '<div class="fs-wide" tabindex="0" role="group" aria-label="Table">'
            f"<table><thead>{head}</thead>{body}</table></div>"
        )

    def _is_row(self) -> bool:
        return self._words(self._at).lstrip().startswith("|")

    def _row(self, tag: str) -> str:
        start, end = self._spans[self._at]
        self._at += 1
        cells = ("".join(map(self._cell, cell)) for cell in _cells(self._text[start:end], start))
        return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"

    def _cell(self, span: Span) -> str:
        """Without the space behind it, which would part a mark from its word. That in front may belong to a mark."""
        start, end = span
        return self._inline(start, start + len(self._text[start:end].rstrip()))

    def _list(self) -> str:
        """Items of one kind. Each keeps its own number: what stands between two items does not begin a new count."""
        items = []
        tag = ""
        while self._more and (item := _ITEM.match(self._words(self._at))):
            number = item["number"]
            if tag not in ("", kind := "ol" if number else "ul"):
                break
            tag = kind
            start, end = self._spans[self._at]
            value = f' value="{number}"' if number else ""
            inner = ' class="fs-inner"' if len(item["indent"].expandtabs(4)) >= _INNER else ""
            items.append(f"<li{value}{inner}>{self._inline(start + item.end(), end)}</li>")
            self._at += 1
        return f"<{tag}>{''.join(items)}</{tag}>" if items else ""

    def _line(self) -> str:
        start, end = self._spans[self._at]
        line = self._words(self._at)
        self._at += 1
        if not line.strip():
            return ""
        heading = _HEADING.match(line)
        if heading:
            return f"<p><strong>{self._inline(start + heading.end(), end)}</strong></p>"
        return f"<p>{self._inline(start, end)}</p>"


def _is_rule(line: str) -> bool:
    """The line below the head of a table."""
    line = line.strip()
    return line.startswith("|") and "-" in line and not set(line) - set("|-: \t")


def _cells(line: str, offset: int) -> list[list[Span]]:
    """Where the cells of a row stand in the text. A mark behind the last bar belongs to the last cell."""
    bars = [at for at, character in enumerate(line) if character == "|"]
    cells = [[(offset + left + 1, offset + right)] for left, right in pairwise(bars)]
    rest = line[bars[-1] + 1 :]
    if rest.strip():
        span = (offset + bars[-1] + 1, offset + len(line))
        if cells and _MARKS.fullmatch(rest):
            cells[-1].append(span)
        else:
            cells.append([span])
    return cells
