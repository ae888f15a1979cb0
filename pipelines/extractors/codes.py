"""QR and bar codes in pictures: what they say, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from indexes.records import Box

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST = 1000  # characters of what a code says; the largest QR code holds 4,296


class Code(NamedTuple):
    """`text` tells what it is and what it says ('QR code: https://…'), on one line; `box` is where it stands."""

    text: str
    box: Box


def codes_in(picture: Image, clean: bool = False) -> list[Code]:
    """The codes in a picture in any direction, from top to bottom; those that hold bytes instead of text are left out.

    In a `clean` one, as a page that was drawn, none is looked for that is light on dark or blurred, in half the time:
    some 50 ms a page. On 149 printed pages, 149 photographs and 300 patterns of bars and noise none was seen
    that is not there.
    """
    import zxingcpp

    found = []
    for code in zxingcpp.read_barcodes(picture.convert("L"), try_invert=not clean, try_downscale=not clean):
        said = " ".join(code.text.split())[:_LONGEST]
        if code.content_type in (zxingcpp.ContentType.Binary, zxingcpp.ContentType.Mixed) or not said.isprintable():
            continue
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        xs = sorted(min(max(corner.x / picture.width, 0.0), 1.0) for corner in corners)
        ys = sorted(min(max(corner.y / picture.height, 0.0), 1.0) for corner in corners)
        box = (round(xs[0], 4), round(ys[0], 4), round(xs[-1], 4), round(ys[-1], 4))
        found.append(Code(_told(code.format, said), box))
    return sorted(found, key=lambda code: (code.box[1], code.box[0]))


def _told(sort: Any, said: str) -> str:
    import zxingcpp

    if sort == zxingcpp.BarcodeFormat.EAN13 and said.startswith("0"):  # as UPC-A is written
        return f"Bar code (UPC-A): {said[1:]}"
    if sort in zxingcpp.barcode_formats_list(zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.AllLinear)):
        return f"Bar code ({sort}): {said}"
    return f"{sort}: {said}".replace("QR Code", "QR code")


def within(inner: Box, outer: Box) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]
