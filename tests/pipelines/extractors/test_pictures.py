"""Pictures: upright, RGB, bounded; damaged and dangerous ones refused in words."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from pipelines.errors import ExtractionError
from pipelines.extractors import extract
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import a_picture, picture_bytes


def read(path: Path, data: bytes) -> list[Piece]:
    path.write_bytes(data)
    return list(extract(path, kind_of(path)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_formats(tmp_path: Path, form: str) -> None:
    if form == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    (piece,) = read(tmp_path / "picture", picture_bytes(a_picture(), form))
    assert piece.kind == "picture"
    assert piece.picture is not None
    assert (piece.picture.mode, piece.picture.size) == ("RGB", (320, 240))
    assert piece.picture.getpixel((120, 90)) == pytest.approx((200, 0, 40), abs=25)


def test_turned_as_its_exif_says(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    (piece,) = read(tmp_path / "a.jpg", picture_bytes(a_picture(), "JPEG", exif=exif))
    assert piece.picture is not None
    assert piece.picture.size == (240, 320)


def test_bad_exif_is_no_reason(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.jpg", picture_bytes(a_picture(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff"))
    assert piece.picture is not None
    assert piece.picture.size == (320, 240)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    from PIL import Image

    (piece,) = read(tmp_path / "a.png", picture_bytes(Image.new("RGBA", (100, 100), (0, 0, 0, 0))))
    assert piece.picture is not None
    assert piece.picture.getpixel((50, 50)) == (255, 255, 255)


def test_sixteen_bits_are_spread(tmp_path: Path) -> None:
    from PIL import Image

    deep = Image.new("I;16", (100, 100), 1000)
    deep.paste(3000, (0, 0, 50, 100))
    (piece,) = read(tmp_path / "a.png", picture_bytes(deep))
    assert piece.picture is not None
    assert piece.picture.getpixel((10, 10)) == (255, 255, 255)
    assert piece.picture.getpixel((90, 10)) == (0, 0, 0)


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    (piece,) = read(tmp_path / "a.jpg", picture_bytes(a_picture(6000, 300), "JPEG"))
    assert piece.picture is not None
    assert piece.picture.size[0] <= 4096
    assert piece.picture.size[0] / piece.picture.size[1] == pytest.approx(20, rel=0.02)


def test_all_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [a_picture(100, 80, hue) for hue in (0, 100, 200)]
    data = picture_bytes(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    pieces = read(tmp_path / "a.tif", data)
    assert [piece.place.page for piece in pieces] == [1, 2, 3]
    assert [piece.picture.getpixel((38, 30))[1] for piece in pieces if piece.picture] == [0, 100, 200]


def test_a_header_that_promises_too_much(tmp_path: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    with pytest.raises(ExtractionError, match="30,000 × 30,000 pixels, more than is safe"):
        read(tmp_path / "a.png", data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "TIFF"])
def test_a_cut_picture_is_a_sentence(tmp_path: Path, form: str) -> None:
    data = picture_bytes(a_picture(), form)
    with pytest.raises(ExtractionError, match="holiday"):
        read(tmp_path / "holiday", data[: len(data) // 2])
