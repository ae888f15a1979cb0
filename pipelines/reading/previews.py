"""A segment as a picture: the page with the passage marked, the frame of a video, or the picture itself. Made from the
file when asked for.

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

    from pipelines.extractors import PageView

WIDTH = 1100  # pixels of a page picture: readable, and small to send
_MARK = (255, 212, 0, 90)


def preview(segment: Segment, source: Source, quote: str = "") -> bytes:
    """PNG or JPEG bytes. Raises ExtractionError when there is nothing to show or the file is gone.

    `quote` narrows what is marked to one sentence of the segment.
    """
    path = next((Path(p) for p in source.paths if Path(p).exists()), None)
    if path is None:
        raise ExtractionError(f"{source.path} is not there any more, so it cannot be shown.", "preview")
    if source.media_type == "application/pdf" and segment.place.page is not None:
        return _encoded(marked_page(path, segment, quote), "PNG")
    second = key_second(segment)
    if second is not None and source.modality == "video":
        picture: Image | None = frame_of(path, second)
    else:
        picture = picture_of(segment, source, path)
    if picture is None:
        raise ExtractionError(f"{path.name} has no pages or pictures to show; its text is shown instead.", "preview")
    return _encoded(_marked(picture, _read_boxes(segment, quote)), "JPEG")


def frame_picture(source: Source, second: float, width: int | None = None) -> bytes:
    """JPEG bytes of what is to be seen in a video at a second, at most `width` pixels wide. Raises ExtractionError."""
    path = next((Path(p) for p in source.paths if Path(p).exists()), None)
    if path is None:
        raise ExtractionError(f"{source.path} is not there any more, so it cannot be shown.", "preview")
    picture = frame_of(path, second)
    if width is not None:
        picture.thumbnail((width, 4 * width))
    return _encoded(picture, "JPEG")


def frame_of(path: Path, second: float) -> Image:
    """A frame of a video, upright. Raises ExtractionError."""
    from pipelines.reading.kinds import kind_of
    from pipelines.recordings.media import frame_at

    return frame_at(path, kind_of(path), second)


def key_second(segment: Segment) -> float | None:
    """The second of a recording at which a segment is best seen: of its key frame, else of its start; None for
    what has no times."""
    if segment.kind == "frame" and segment.member:
        return float(segment.member)
    return segment.place.start


def has_preview(segment: Segment, source: Source) -> bool:
    """Whether `preview` has anything to show, as long as the file is there."""
    return segment.pictured or source.modality == "image" or source.media_type == "application/pdf"


def picture_of(segment: Segment, source: Source, path: Path) -> Image | None:
    """The picture that a segment stands for or was read in, from its file again; None for a passage of text."""
    if source.modality != "image" and not segment.pictured:
        return None
    if segment.kind == "frame":
        return frame_of(path, key_second(segment) or 0.0)
    if source.modality == "image" and segment.place.page in (None, 1):
        from pipelines.extractors import open_picture

        return open_picture(path)
    if source.media_type == "application/pdf" and segment.place.page and segment.place.box:
        from pipelines.extractors import opened_page

        with opened_page(path, segment.place.page) as view:
            return view.render(view.region(segment.place.box))
    from pipelines.extractors import extract
    from pipelines.reading.kinds import kind_of

    for piece in extract(path, kind_of(path)):
        same = (piece.place, piece.member) == (segment.place, segment.member)
        if piece.kind == "picture" and same:
            return piece.picture
    return None


def marked_page(path: Path, segment: Segment, quote: str = "") -> Image:
    """A PDF page with the passage, or one sentence of it, marked; a figure is marked as a whole."""
    from pipelines.extractors import opened_page

    figure = segment.pictured
    with opened_page(path, segment.place.page or 1) as view:
        boxes = [] if figure or segment.marks else _find(view, quote or segment.text)
        picture = view.render(dpi=72 * WIDTH / view.width)
    if not boxes and not figure:
        boxes = _read_boxes(segment, quote)
    if not boxes and segment.place.box:
        boxes = [segment.place.box]
    return _marked(picture, boxes)


def _read_boxes(segment: Segment, quote: str) -> list[Box]:
    """Boxes of the lines that were read in a picture or scan and hold the quote, or are part of it."""
    wanted = _bare(quote)
    if not wanted:
        return []
    lines = [(_bare(text), box) for text, box in segment.marks]
    return [box for text, box in lines if len(text) > 1 and (text in wanted or wanted in text)]


def _bare(text: str) -> str:
    return re.sub(r"[\s\-\u00ad|]+", "", text)


def _find(view: PageView, quote: str) -> list[Box]:
    """Boxes of a text on a page, white space and hyphens aside; of tables row by row."""
    text_page = view.page.get_textpage()
    text = text_page.get_text_range()

    def places(part: str) -> list[list[Box]]:
        """Each place where a part stands, as the boxes of its lines."""
        found = []
        for start, end in _spans(part, text):
            rectangles = [text_page.get_rect(i) for i in range(text_page.count_rects(start, end - start))]
            found.append([view.box(view.rectangle(*rectangle)) for rectangle in rectangles])
        return found

    whole = places(quote)
    if whole:
        return whole[0]
    boxes: list[Box] = []
    for line in quote.split("\n"):
        whole = places(line)
        cells = [places(cell) for cell in line.split(" | ") if cell.strip()]
        boxes += whole[0] if whole else _row(cells)
    return boxes


def _row(cells: list[list[list[Box]]]) -> list[Box]:
    """The boxes of a table's row, whose cells may each stand in several places: those at the height where most of
    the cells meet."""
    every = [box for places in cells for boxes in places for box in boxes]

    def level(box: Box) -> list[Box]:
        middle = (box[1] + box[3]) / 2
        firsts = (
            next((other for boxes in places for other in boxes if other[1] < middle < other[3]), None)
            for places in cells
        )
        return [found for found in firsts if found is not None]

    return max(map(level, every), key=len, default=[])


def _spans(part: str, text: str) -> list[tuple[int, int]]:
    """Where a part stands in a text: at most 20 places, an endless page of zeros aside."""
    characters = [re.escape(c) for c in part if not c.isspace() and c not in "-\u00ad|"]
    if not characters:
        return []
    pattern = r"[\s\-\u00ad\ufffe\x02|]*".join(characters)
    return [match.span() for match, _ in zip(re.finditer(pattern, text), range(20), strict=False)]


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
