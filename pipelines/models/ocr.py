"""Reading the text in a picture: PP-OCRv6 through RapidOCR, put into the order in which a person reads.

It knows pictures, lines and where they stand. What a page or a segment is, it leaves to others.
"""

from __future__ import annotations

import logging
import math
import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from indexes.records import Box
from pipelines.errors import ModelUnavailable
from pipelines.models.devices import cores
from pipelines.models.ocr_turning import turned_back, turns_needed
from pipelines.models.onnx_sessions import give_back, session

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2200
"""Pixels; an A4 page at 200 dpi is 2339 high, and larger pictures cost time without being read better."""

LARGEST = LONGEST_SIDE * 1700
"""Pixels in all, those of a Letter page: what reading takes of memory grows with them, to 700 MB."""

SHORTEST_SIDE = 10
"""Pixels; nothing smaller holds a line of text."""

NARROWEST = 4
"""Longer over shorter side. RapidOCR enlarges until the shorter side has 736 pixels, which a strip must not cost."""

SURE_ENOUGH = 0.7
"""Mean probability of a line's characters below which what was read is rather a pattern than text."""

CELL_GAP = 1.5
"""In heights of a line: a wider gap on one row parts two cells of a table."""

PROSE_SHAPE = 9.0
"""Width over height of a line from which it is running text and not a cell of a table."""

A_WHILE = 2.0
"""Seconds without a picture after which the memory that reading takes is given back."""


_Recognised = tuple[list[list[tuple[float, float]]], tuple[str, ...], tuple[float, ...]]
"""Corners of lines in pixels, their texts and scores."""

_TRANSPOSED = {1: 2, 2: 3, 3: 4}
"""Pillow's names of quarter turns counter-clockwise (Transpose.ROTATE_90 to ROTATE_270)."""
_AS_WELL = 0.9
"""Times what was read of a picture as it lies, by length and score, that must be read of it turned."""


@dataclass(frozen=True, slots=True)
class Line:
    """One visual row of text; cells of a table are joined by ' | '. `score` in 0..1 is the reader's certainty; `turns`
    are the quarter turns counter-clockwise that make the picture upright, as which it was read."""

    text: str
    box: Box
    score: float
    turns: int = 0

    @property
    def upright(self) -> Box:
        """Where it stands in the picture after its turns."""
        return turned_back(self.box, (4 - self.turns) % 4)


@dataclass(frozen=True, slots=True)
class _Word:
    """What was recognised in one go, in pixels. `x0 … y1` are measured along the lines of the page,
    so that a picture that was taken askew is laid out as if it were straight; `corners` are where it stands."""

    text: str
    score: float
    x0: float
    y0: float
    x1: float
    y1: float
    corners: tuple[tuple[float, float], ...]

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


class PageReader:
    """Reads printed text (Latin scripts, Chinese, Japanese). Safe to share between threads.

    Raises ModelUnavailable when RapidOCR or its model files are missing: they are never fetched.
    """

    name = "PP-OCRv6 small (RapidOCR)"

    def __init__(self, threads: int | None = None) -> None:
        self._engine = _load_engine(threads or cores())
        self._lock = threading.Lock()
        self._idle: threading.Timer | None = None
        # At the end of the program nobody may be inside ONNX Runtime, which goes with it.
        weakref.finalize(self, self._lock.acquire, timeout=A_WHILE)

    def read(self, picture: Image) -> list[Line]:
        """The lines of text in a picture, in reading order; an empty list when there is none."""
        from PIL.Image import Resampling, Transpose

        if min(picture.size) < SHORTEST_SIDE:
            return []
        picture = picture.convert("RGB")
        scale = min(LONGEST_SIDE / max(picture.size), math.sqrt(LARGEST / math.prod(picture.size)))
        if scale < 1:
            picture = picture.resize(
                (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Resampling.LANCZOS
            )
        found, turns = self._recognised(picture)
        if turns:
            upright, still = self._recognised(picture.transpose(Transpose(_TRANSPOSED[turns])))
            # Model and shape of lines may both err: what is turned must be read as well, and stay.
            if not still and _read_well(upright) >= _AS_WELL * _read_well(found):
                size = picture.size[::-1] if turns % 2 else picture.size
                return [
                    replace(line, box=turned_back(line.box, turns), turns=turns)
                    for line in _lines(_words(*upright), *size)
                ]
        return _lines(_words(*found), *picture.size)

    def _recognised(self, picture: Image) -> tuple[_Recognised, int]:
        """Lines as they lie, and the quarter turns that would make the picture upright."""
        import numpy as np
        from PIL.Image import new

        # The margin continues the corner's colour on the right and below, so places stay as they are.
        least = max(picture.size) // NARROWEST
        page = new("RGB", (max(picture.width, least), max(picture.height, least)), picture.getpixel((0, 0)))
        page.paste(picture)
        pixels = np.ascontiguousarray(np.asarray(page)[:, :, ::-1])  # RapidOCR takes arrays as BGR
        with self._lock:
            try:
                resized, record = self._engine.preprocess_img(pixels)
                lines, labels, read, cut = self._engine.run_ocr_steps(resized, record)
                turns = 0
                if lines.boxes is not None and labels.cls_res is not None:
                    turns = turns_needed(lines.boxes.tolist(), labels.cls_res)
                found = self._engine.build_final_output(pixels, lines, labels, read, cut, record)
            finally:
                self._rest_soon()
        if getattr(found, "txts", None) is None or found.boxes is None:
            return ([], (), ()), 0
        quads = [[(float(x), float(y)) for x, y in quad] for quad in found.boxes]
        return (quads, tuple(found.txts), tuple(found.scores)), turns

    def _rest_soon(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = threading.Timer(A_WHILE, self._rest)
        self._idle.daemon = True
        self._idle.start()

    def _rest(self) -> None:
        """Give back the memory of the last pages, up to a gigabyte: whoever reads on finds it in use again."""
        with self._lock:
            give_back(self._engine.cfg.Rec.session, (1, 3, 48, 64))


def _load_engine(threads: int) -> Any:
    import numpy as np

    try:
        import rapidocr
        from omegaconf import flag_override
    except ImportError as error:
        raise ModelUnavailable(
            f"Text in pictures cannot be read: {error}. Install it with 'pip install rapidocr onnxruntime'."
        ) from error
    folder = Path(rapidocr.__file__).parent / "models"
    files = {
        "Det": folder / "PP-OCRv6_det_small.onnx",
        "Cls": folder / "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        "Rec": folder / "PP-OCRv6_rec_small.onnx",
    }
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        raise ModelUnavailable(
            f"Text in pictures cannot be read: rapidocr lacks {', '.join(missing)}. "
            "Install it again with 'pip install --force-reinstall rapidocr'."
        )
    params = {
        "Global.log_level": "critical",
        "Global.text_score": SURE_ENOUGH,
        "Global.max_side_len": LONGEST_SIDE,
        "Rec.rec_batch_num": 2,  # as fast as six lines at once, in less memory
        # A path of our own keeps RapidOCR from looking for the file on the network.
        **{f"{part}.model_path": str(file) for part, file in files.items()},
    }
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    try:
        # RapidOCR's own sessions give memory back after each step, and a quarter of the seconds of a page goes into
        # getting it again.
        engine = rapidocr.RapidOCR(params=params)
        for part, file in files.items():
            settings = engine.cfg[part]
            with flag_override(settings, "allow_objects", True):
                settings.session = session(file, threads)
                for name in {"mean", "std"} & set(settings):  # Python's numbers would make the pixels float64
                    settings[name] = np.array(settings[name], np.float32)
    except Exception as error:  # RapidOCR raises many unrelated types
        raise ModelUnavailable(f"Text in pictures cannot be read: RapidOCR did not start ({error}).") from error
    return engine


def _read_well(found: _Recognised) -> float:
    return sum(len(text) * score for text, score in zip(*found[1:], strict=True))


def _words(quads: list[list[tuple[float, float]]], texts: Iterable[str], scores: Iterable[float]) -> list[_Word]:
    angle = _slant(quads)
    cos, sin = math.cos(angle), math.sin(angle)
    words = []
    for quad, text, score in zip(quads, texts, scores, strict=True):
        if not any(character.isalnum() for character in text):
            continue
        xs = [x * cos + y * sin for x, y in quad]
        ys = [y * cos - x * sin for x, y in quad]
        words.append(_Word(text.strip(), float(score), min(xs), min(ys), max(xs), max(ys), tuple(quad)))
    return words


def _slant(quads: list[list[tuple[float, float]]]) -> float:
    """The angle, in radians, by which most lines are turned; short words tell little and are left out."""
    slants = [
        math.atan2(right[1] - left[1], right[0] - left[0])
        for left, right, below, _ in quads
        if math.dist(left, right) > 3 * math.dist(right, below)
    ]
    return median(slants) if slants else 0.0


def _lines(words: list[_Word], width: int, height: int) -> list[Line]:
    return [_join(row, width, height) for row in _reading_order(words)]


def _reading_order(words: list[_Word]) -> list[list[_Word]]:
    """Rows from top to bottom; where running text stands in columns, one column after the other."""
    gutter = _gutter(words)
    if gutter is None:
        return _rows(words)
    ordered: list[list[_Word]] = []
    band: list[_Word] = []
    for word in sorted(words, key=lambda word: word.middle):
        if word.x0 < gutter < word.x1:  # a title across the columns ends what stands above it
            ordered += [*_columns(band, gutter), [word]]
            band = []
        else:
            band.append(word)
    return ordered + _columns(band, gutter)


def _columns(words: list[_Word], gutter: float) -> list[list[_Word]]:
    left = [word for word in words if word.x1 <= gutter]
    right = [word for word in words if word.x0 >= gutter]
    return _reading_order(left) + _reading_order(right)


def _gutter(words: list[_Word]) -> float | None:
    """The x that parts two columns of running text, or None. Few lines may cross it, such as titles."""
    best: tuple[int, float] | None = None
    for x in {word.x0 - 1 for word in words}:
        left = [word for word in words if word.x1 <= x]
        right = [word for word in words if word.x0 >= x]
        crossing = len(words) - len(left) - len(right)
        if crossing <= len(words) // 4 and _is_prose(left) and _is_prose(right):
            best = min(best or (crossing, x), (crossing, x))
    return best[1] if best else None


def _is_prose(words: list[_Word]) -> bool:
    return len(words) >= 3 and median((word.x1 - word.x0) / max(word.height, 1.0) for word in words) >= PROSE_SHAPE


def _rows(words: list[_Word]) -> list[list[_Word]]:
    """Words whose middles lie within half a line of each other, left to right; rows from top to bottom."""
    rows: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: word.middle):
        if rows and word.middle - rows[-1][0].middle < 0.5 * min(word.height, rows[-1][0].height):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.x0) for row in rows]


def _join(row: list[_Word], width: int, height: int) -> Line:
    text = row[0].text
    for left, right in pairwise(row):
        wide = right.x0 - left.x1 > CELL_GAP * min(left.height, right.height)
        text += (" | " if wide else " ") + right.text
    xs = [min(max(x / width, 0.0), 1.0) for word in row for x, _ in word.corners]
    ys = [min(max(y / height, 0.0), 1.0) for word in row for _, y in word.corners]
    return Line(text, (min(xs), min(ys), max(xs), max(ys)), sum(word.score for word in row) / len(row))
