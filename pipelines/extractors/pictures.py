"""Picture files to Pieces: upright, RGB, at most 4096 px. Leaves seeing and reading to the models."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from indexes.records import Place
from pipelines.errors import ExtractionError, in_short
from pipelines.records import Piece

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 4096
"""Pixels on the longer side; more adds nothing that OCR or an image model can use."""

MOST_PIXELS = 250_000_000
"""A picture that says it is larger than this is not opened: 250 megapixels are 750 MB in memory."""

MOST_PAGES = 500
_CONTINUOUS = frozenset({"RGB", "L", "CMYK", "YCbCr"})  # modes in which neighbouring pixels can be averaged


def read(path: Path) -> Iterator[Piece]:
    """One picture; for a TIFF one for each page, with `Place(page=…)`, of which damaged ones are unread."""
    with path.open("rb") as file:
        picture = _opened(file, path.name)
        pages = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
        if pages == 1:
            yield Piece("picture", picture=_upright(picture, path.name))
            return
        for number in range(pages):
            place = Place(page=number + 1)
            if number >= MOST_PAGES:
                yield Piece("unread", f"beyond {MOST_PAGES} pages", place)
                continue
            try:
                picture.seek(number)
                _check_size(path.name, *picture.size)
                one = picture.copy()
                one.format = picture.format
                yield Piece("picture", place=place, picture=_upright(one, path.name))
            except MemoryError:
                raise
            except Exception as error:  # as below; the other pages are worth keeping
                why = in_short(error, path.name) if isinstance(error, ExtractionError) else "damaged or incomplete"
                yield Piece("unread", why, place)


def open_picture(path: Path) -> Image:
    """The picture in a file (of several pages the first): upright, RGB, at most 4096 px.

    Raises ExtractionError where the file is missing, no picture, damaged or too large.
    """
    try:
        with path.open("rb") as file:
            return picture_from(file, path.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExtractionError(f"{path.name} cannot be opened: {reason}. Check that you may read it.", "open") from error


def picture_from(file: BinaryIO, name: str) -> Image:
    """The same from an open file or bytes in memory; `name` is for the sentence if it fails."""
    return _upright(_opened(file, name), name)


def _opened(file: BinaryIO, name: str) -> Image:
    """The picture with only its header read. Raises ExtractionError if it is unknown or too large."""
    import warnings

    from PIL import Image, UnidentifiedImageError
    from pillow_heif import register_heif_opener  # type: ignore[import-untyped]

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow warns from there on and refuses twice as many; we refuse these
    if size := _png_size(file):
        _check_size(name, *size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(file)
    except Image.DecompressionBombError as error:
        raise _too_large(name, "more than 500 million") from error
    except UnidentifiedImageError as error:
        raise ExtractionError(
            f"{name} is no picture that can be opened: its beginning is damaged or its format unknown. "
            "Save it as PNG or JPEG.",
            "open",
        ) from error
    except Exception as error:  # Pillow's plugins raise SyntaxError, struct.error, OSError … on bad headers
        raise _damaged(name, error) from error
    _check_size(name, *picture.size)
    return picture


def _upright(picture: Image, name: str) -> Image:
    """Decoded, turned as its EXIF says, transparency on white, RGB, at most 4096 px."""
    import warnings

    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if picture.format == "JPEG":
                picture.draft("RGB", (LONGEST, LONGEST))
            picture.load()
        except MemoryError:
            raise
        except Exception as error:  # as above: any exception of a decoder means damaged data
            raise _damaged(name, error) from error
        # Made smaller first, and in place: each copy of a picture of 200 megapixels takes 600 MB.
        if picture.mode in _CONTINUOUS and max(picture.size) >= 2 * LONGEST:
            picture = picture.reduce(max(picture.size) // LONGEST)
        with contextlib.suppress(Exception):  # broken EXIF says nothing about the pixels, which are fine
            ImageOps.exif_transpose(picture, in_place=True)
        picture = _on_white(picture)
        if max(picture.size) > LONGEST:
            picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return picture


def _on_white(picture: Image) -> Image:
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        # 16-bit and float pictures: spread what is there over 0..255, as every viewer does
        low, high = picture.convert("F").getextrema()
        spread = 255 / (high - low) if high > low else 0  # type: ignore[operator]
        return picture.convert("F").point(lambda value: value * spread - low * spread).convert("RGB")  # type: ignore[operator]
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        ground.alpha_composite(layer)
        return ground.convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _png_size(file: BinaryIO) -> tuple[int, int] | None:
    """What a PNG's header says: Pillow only looks at it when data follow, and then may be too late."""
    head = file.read(24)
    file.seek(0)
    if len(head) < 24 or not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(name, f"{width:,} × {height:,}")


def _too_large(name: str, size: str) -> ExtractionError:
    return ExtractionError(
        f"{name} says it has {size} pixels, more than is safe to open ({MOST_PIXELS:,}). Save a smaller copy.", "open"
    )


def _damaged(name: str, error: Exception) -> ExtractionError:
    reason = str(error).strip().split("\n")[0][:120] or type(error).__name__
    return ExtractionError(f"{name} is damaged or incomplete ({reason}). Copy or download it again.")
