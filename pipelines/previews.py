"""A segment as a picture: the page with the passage marked, or the picture itself. Made from the file when asked for.

Nothing is kept on disk, so nothing can go stale. Runs no model.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.records import Box, Segment, Source
from pipelines.errors import ExtractionError

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH = 1100  # pixels of a page picture: readable, and small to send
_MARK = (255, 212, 0, 90)


def preview(segment: Segment, source: Source, quote: str = "") -> bytes:
    """PNG or JPEG bytes. Raises ExtractionError when there is nothing to show or the file is gone.

    `quote` narrows what is marked to one sentence of the segment.
    """
    path = next((Path(p) for p in source.paths if Path(p).exists()), None)
    if path is None:
        raise ExtractionError(f"{source.path} is not there any more, so it cannot be shown.", "preview")
    picture = picture_of(segment, source, path)
    if picture is not None:
        return _encoded(picture, "JPEG")
    if source.media_type == "application/pdf" and segment.place.page is not None:
        return _encoded(marked_page(path, segment, quote), "PNG")
    if source.modality == "image":
        from pipelines.extractors import open_picture

        return _encoded(_marked(open_picture(path), [segment.place.box] if segment.place.box else []), "JPEG")
    raise ExtractionError(f"{path.name} has no pages or pictures to show; its text is shown instead.", "preview")


def has_preview(segment: Segment, source: Source) -> bool:
    """Whether `preview` has anything to show, as long as the file is there."""
    return segment.modality == "image" or source.modality == "image" or source.media_type == "application/pdf"


def picture_of(segment: Segment, source: Source, path: Path) -> Image | None:
    """The picture that a picture segment stands for, read from its file again; None for a text segment."""
    if segment.modality != "image":
        return None
    if source.modality == "image" and segment.place.page in (None, 1):
        from pipelines.extractors import open_picture

        return open_picture(path)
    from pipelines.extractors import extract
    from pipelines.kinds import kind_of

    for piece in extract(path, kind_of(path)):
        same = (piece.place, piece.member) == (segment.place, segment.member)
        if piece.kind == "picture" and same:
            return piece.picture
    return None


def marked_page(path: Path, segment: Segment, quote: str = "") -> Image:
    """A PDF page with the passage, or one sentence of it, marked. A scan is marked by the passage's box."""
    import pypdfium2

    from pipelines.extractors import PDFIUM_LOCK

    with PDFIUM_LOCK:
        document = pypdfium2.PdfDocument(path)
        try:
            page = document[(segment.place.page or 1) - 1]
            width, height = page.get_size()
            boxes = _find(page, quote or segment.text, width, height)
            picture = page.render(scale=WIDTH / width).to_pil().convert("RGB")
        finally:
            document.close()
    if not boxes and segment.place.box:
        boxes = [segment.place.box]
    return _marked(picture, boxes)


def _find(page, quote: str, width: float, height: float) -> list[Box]:  # type: ignore[no-untyped-def]
    """Boxes of a text on a page, white space and hyphens aside."""
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    spans = [_flexible(quote, text)]
    if spans == [None]:
        # Rows of tables and wrapped lines may be put together differently: mark what can be found of them.
        parts = [part for part in re.split(r"\n| \| ", quote) if len(part.strip()) > 2]
        spans = [_flexible(part, text) for part in parts]
    boxes = []
    for span in spans:
        if span is None:
            continue
        for i in range(text_page.count_rects(span[0], span[1] - span[0])):
            left, bottom, right, top = text_page.get_rect(i)
            boxes.append((left / width, 1 - top / height, right / width, 1 - bottom / height))
    return boxes


def _flexible(quote: str, text: str) -> tuple[int, int] | None:
    characters = [re.escape(c) for c in quote if not c.isspace() and c not in "-\u00ad|"]
    if not characters:
        return None
    match = re.search(r"[\s\-\u00ad\ufffe\x02|]*".join(characters), text)
    return match.span() if match else None


def _marked(picture: Image, boxes: list[Box]) -> Image:
    if not boxes:
        return picture
    from PIL import Image, ImageDraw

    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    width, height = picture.size
    for x0, y0, x1, y1 in boxes:
        draw.rectangle((x0 * width - 2, y0 * height - 2, x1 * width + 2, y1 * height + 2), fill=_MARK)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _encoded(picture: Image, format: str) -> bytes:
    picture = picture.convert("RGB")
    picture.thumbnail((2 * WIDTH, 2 * WIDTH))
    buffer = io.BytesIO()
    picture.save(buffer, format, quality=85)
    return buffer.getvalue()
