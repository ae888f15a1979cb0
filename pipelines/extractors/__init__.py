"""From a file to its Pieces: one table of extractors, and the one place where a library's failure becomes a sentence.

Each extractor takes a path and yields Pieces in reading order, as early as it can. Models are never called here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipelines.errors import ExtractionError, OutOfMemory, Unsupported
from pipelines.extractors import (
    calendars,
    data,
    epub,
    mail,
    markup,
    old_powerpoint,
    old_word,
    opendocument,
    pdf,
    pictures,
    powerpoint,
    rtf,
    sheets,
    subtitles,
    text,
    word,
    xml_files,
)
from pipelines.extractors.archives import Budget
from pipelines.extractors.inside import Inside, pieces_inside, read_zip, too_deep
from pipelines.extractors.pdf import opened_page
from pipelines.extractors.pdf_page import PageView
from pipelines.extractors.pictures import open_picture
from pipelines.reading.kinds import KINDS, Kind
from pipelines.records import Piece

__all__ = ["EXTRACTORS", "PageView", "extract", "open_picture", "opened_page"]

Extractor = Callable[..., Iterator[Piece]]

EXTRACTORS: dict[str, Extractor] = {
    "pdf": pdf.read,
    "docx": word.read_docx,
    "doc": old_word.read_doc,
    "ppt": old_powerpoint.read_ppt,
    "pptx": powerpoint.read_pptx,
    "xlsx": sheets.read_workbook,
    "xls": sheets.read_workbook,
    "ods": sheets.read_workbook,
    "csv": sheets.read_csv,
    "tsv": sheets.read_csv,
    "odt": opendocument.read,
    "odp": opendocument.read,
    "epub": epub.read_epub,
    "html": markup.read_html,
    "xml": xml_files.read_xml,
    "rtf": rtf.read_rtf,
    "eml": mail.read_eml,
    "msg": mail.read_msg,
    "mbox": mail.read_mbox,
    "zip": read_zip,
    "subtitles": subtitles.read,
    "calendar": calendars.read_ics,
    "json": data.read_json,
    "jsonl": data.read_jsonl,
    "notebook": data.read_notebook,
    "text": text.read_text,
    "code": text.read_code,
    "markdown": text.read_markdown,
    **{name: pictures.read for name, kind in KINDS.items() if kind.modality == "image"},
}


_WITH_FILES = {"eml", "msg", "mbox", "zip", "pdf"}
_DEEPEST = 3
"""Files inside files inside files."""


def extract(path: Path, kind: Kind, budget: Budget | None = None, depth: int = 0, after: int = 0) -> Iterator[Piece]:
    """The Pieces of the file at `path`, in reading order, their text in Unicode NFC; then those of files attached to
    it. `budget` is what is left of that of a file that this one is inside of, at some `depth`. The first `after` are
    left out, as by one who has them already; what is unread is told each time.

    Raises Unsupported for a kind that has no extractor and ExtractionError for anything that goes wrong
    while reading, possibly after some Pieces have come.
    """
    reader = EXTRACTORS.get(kind.name)
    if reader is None:
        what = {"audio": "a sound recording; recordings", "video": "a video; videos"}.get(
            kind.modality, f"{kind.name.upper()}; such files"
        )
        raise Unsupported(f"{path.name} is {what} are not read yet.", "open")
    try:
        if kind.name in _WITH_FILES:
            reader = partial(reader, inside=_inside(budget or Budget(), depth))
        if kind.name == "pdf":
            reader = partial(reader, after=after)
        left_out = 0
        for piece in reader(path):
            if left_out < after and piece.kind != "unread":
                left_out += 1
                continue
            text, heading = _tidy(piece.text), _tidy(piece.heading)
            unchanged = text is piece.text and heading is piece.heading
            yield piece if unchanged else replace(piece, text=text, heading=heading)
    except ExtractionError:
        raise
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise ExtractionError(f"{path.name} could not be read: {reason}. Copy or download it again.") from error
    except MemoryError as error:
        raise OutOfMemory(
            f"{path.name} needs more memory than there is. Raise the setting memory, or split the file."
        ) from error
    except Exception as error:
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise ExtractionError(
            f"{path.name} is damaged or unusual and could not be read as {kind.name.upper()} ({reason}). "
            "Open it in its own program, save it again and index that."
        ) from error


def _inside(left: Budget, depth: int) -> Inside:
    """What reads a file inside one at some `depth`."""
    if depth >= _DEEPEST:
        return too_deep
    return lambda file: pieces_inside(file, left, lambda path, kind: extract(path, kind, left, depth + 1))


# Characters that are never seen: zero width spaces, byte order marks, soft hyphens, NULs; and halves of characters,
# as JSON and YAML may name them, which no file or index can hold.
_UNSEEN = re.compile("[\u200b\ufeff\u00ad\0\ud800-\udfff]")


def _tidy(text: str) -> str:
    """The text in Unicode NFC without what is never seen; the same object where nothing changes."""
    if _UNSEEN.search(text):
        text = _UNSEEN.sub("", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
