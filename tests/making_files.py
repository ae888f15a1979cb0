"""Makes small real files for the tests, without any program that is not needed anyway."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = (600.0, 800.0)
"""Points of every page made here."""


@dataclass
class PdfPage:
    """What stands on a page: texts as (x, y from above, size, text, bold), pictures as (image, x, y, width, height),
    rules as (x, y, x, y), and areas as (x, y, width, height, how light from 0 to 1), areas lowest.

    `turn` is the page's /Rotate; `sideways` prints the texts from the lower left corner upwards.
    """

    texts: list[tuple[float, float, float, str, bool]] = field(default_factory=list)
    pictures: list[tuple[Any, float, float, float, float]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    areas: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    turn: int = 0
    sideways: bool = False

    def line(self, x: float, y: float, text: str, size: float = 11, bold: bool = False) -> PdfPage:
        self.texts.append((x, y, size, text, bold))
        return self

    def prose(self, x: float, y: float, lines: list[str], step: float = 13) -> PdfPage:
        for number, text in enumerate(lines):
            self.line(x, y + number * step, text)
        return self

    def picture(self, image: Any, x: float, y: float, width: float, height: float) -> PdfPage:
        self.pictures.append((image, x, y, width, height))
        return self

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> PdfPage:
        self.rules.append((x0, y0, x1, y1))
        return self

    def area(self, x: float, y: float, width: float, height: float, light: float) -> PdfPage:
        self.areas.append((x, y, width, height, light))
        return self


def make_pdf(
    path: Path, pages: list[PdfPage], password: str | None = None, meanings: dict[str, str] | None = None
) -> Path:
    """Writes a PDF with Helvetica; `password` encrypts it (40-bit RC4), '' needs none to open. `meanings` are the
    letters that its Unicode map names for those that are seen."""
    objects: list[tuple[bytes, bytes | None]] = []  # dictionary or value, stream

    def add(value: bytes, stream: bytes | None = None) -> int:
        objects.append((value, stream))
        return len(objects)

    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"")
    for name in (b"Helvetica", b"Helvetica-Bold"):
        map_ = b" /ToUnicode 5 0 R" if meanings else b""
        add(b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding%s >>" % (name, map_))
    if meanings:
        data = _unicode_map({ord(seen): meant for seen, meant in meanings.items()})
        add(b"<< /Length %d >>" % len(data), data)
    kids = []
    for page in pages:
        content, names = _content(page), []
        for number, (image, *_) in enumerate(page.pictures):
            data = io.BytesIO()
            image.convert("RGB").save(data, "JPEG", quality=90)
            head = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d " % image.size
            head += b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>" % len(
                data.getvalue()
            )
            names.append(b"/P%d %d 0 R" % (number, add(head, data.getvalue())))
        stream = add(b"<< /Length %d >>" % len(content), content)
        kids.append(
            add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Rotate %d /Contents %d 0 R "
                b"/Resources << /Font << /F0 3 0 R /F1 4 0 R >> /XObject << %s >> >> >>"
                % (*PAGE, page.turn, stream, b" ".join(names))
            )
        )
    objects[1] = (
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids)),
        None,
    )
    identifier = hashlib.md5(b"folioscope").digest()
    key = b""
    trailer = b"/Root 1 0 R /ID [<%s> <%s>]" % (identifier.hex().encode(), identifier.hex().encode())
    if password is not None:
        key, dictionary = _encryption(password, identifier)
        trailer += b" /Encrypt %d 0 R" % (len(objects) + 1)
        objects.append((dictionary, None))
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.5\n")
    for number, (value, stream_data) in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\n" % (number, value))
        if stream_data is not None:
            if key:
                own = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]
                stream_data = _rc4(own, stream_data)
            out.write(b"stream\n%s\nendstream\n" % stream_data)
        out.write(b"endobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    path.write_bytes(out.getvalue())
    return path


def _content(page: PdfPage) -> bytes:
    parts = []
    for x, y, width, height, light in page.areas:
        parts.append(b"%.2f g %.2f %.2f %.2f %.2f re f 0 g" % (light, x, PAGE[1] - y - height, width, height))
    for x0, y0, x1, y1 in page.rules:
        parts.append(b"%.2f %.2f m %.2f %.2f l S" % (x0, PAGE[1] - y0, x1, PAGE[1] - y1))
    for number, (_, x, y, width, height) in enumerate(page.pictures):
        parts.append(b"q %.2f 0 0 %.2f %.2f %.2f cm /P%d Do Q" % (width, height, x, PAGE[1] - y - height, number))
    for x, y, size, text, bold in page.texts:
        data = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        matrix = b"0 1 -1 0 %.2f %.2f" % (y, x) if page.sideways else b"1 0 0 1 %.2f %.2f" % (x, PAGE[1] - y)
        parts.append(b"BT /F%d %.2f Tf %s Tm (%s) Tj ET" % (bold, size, matrix, data))
    return b"\n".join(parts)


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def _encryption(password: str, identifier: bytes) -> tuple[bytes, bytes]:
    """The file's key and its /Encrypt dictionary, by the standard security handler, revision 2 (PDF 1.7, 7.6.3)."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5], padded)
    permissions = -44
    key = hashlib.md5(padded + owner + permissions.to_bytes(4, "little", signed=True) + identifier).digest()[:5]
    user = _rc4(key, _PADDING)
    values = (owner.hex().encode(), user.hex().encode(), permissions)
    return key, b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % values


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def make_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    """A zip in the order given; the first member stays uncompressed, as 'mimetype' must."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(members.items()):
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED)
    return path


def a_picture(width: int = 320, height: int = 240, hue: int = 0) -> Any:
    """A picture with a gradient and a shape, so that it is not the same all over."""
    from PIL import Image, ImageDraw

    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(200, hue, 40))
    return picture


def picture_bytes(picture: Any, form: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def make_placed_pdf(
    path: Path, characters: list[tuple[str, float, float]], size: float = 12, drawn: bytes = b""
) -> Path:
    """A PDF of one page with characters of any script, each (text, x, y from above) at its place, in this order; and
    what else is `drawn` on it.

    Each is drawn as a box that is half as wide as high; a Unicode map names up to 255 of them.
    """
    codes = {text: n for n, text in enumerate(dict.fromkeys(text for text, *_ in characters), 1)}
    cmap = _unicode_map({n: text for text, n in codes.items()})
    content = "\n".join(
        f"BT /F {size} Tf 1 0 0 1 {x:.2f} {PAGE[1] - y:.2f} Tm <{codes[text]:02x}> Tj ET" for text, x, y in characters
    ).encode()
    box = b"500 0 0 -200 500 800 d1 50 -150 400 900 re f"
    path.write_bytes(
        written(
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
            b" /Resources << /Font << /F 5 0 R >> >> >>" % PAGE,
            stream(content + b"\n" + drawn),
            b"<< /Type /Font /Subtype /Type3 /FontBBox [0 -200 500 800] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 1"
            b" /LastChar %d /Widths [%s] /CharProcs << /a 7 0 R >> /ToUnicode 6 0 R"
            b" /Encoding << /Type /Encoding /Differences [1 %s] >> /Resources << >> >>"
            % (len(codes), b"500 " * len(codes), b"/a " * len(codes)),
            stream(cmap),
            stream(box),
        )
    )
    return path


def _unicode_map(meanings: dict[int, str]) -> bytes:
    """A ToUnicode map of codes of one byte."""
    lines = [f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in meanings.items()]
    mapped = "".join(
        f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar\n"
        for part in (lines[n : n + 100] for n in range(0, len(lines), 100))
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{mapped}endcmap end end"
    ).encode()


def stream(data: bytes, more: bytes = b"") -> bytes:
    """The stream object of a PDF; `more` are entries of its dictionary."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (more, len(data), data)


def written(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    out, offsets = io.BytesIO(b""), []
    out.write(b"%PDF-1.7\n")
    for number, each in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def make_compound(path: Path, streams: dict[str, bytes]) -> Path:
    """A container as Microsoft's programs of before 2007 write it, of a few streams, each of whole sectors."""
    sectors: list[bytes] = []
    chain: list[int] = [0xFFFFFFFD, 0xFFFFFFFE]  # the first sector is the table of sectors, the second the directory
    entries = [("Root Entry", 5, 1 if streams else 0xFFFFFFFF, 0xFFFFFFFE, 0)]
    for data in streams.values():
        count = -(-max(len(data), 4096) // 512)
        first = len(chain)
        chain += [*range(first + 1, first + count), 0xFFFFFFFE]
        sectors.append(data.ljust(count * 512, b"\0"))
        entries.append(("", 2, 0xFFFFFFFF, first, count * 512))
    directory = b""
    for number, (name, (_, kind, child, first, size)) in enumerate(zip(["Root Entry", *streams], entries, strict=True)):
        right = number + 1 if 0 < number < len(streams) else 0xFFFFFFFF
        title = name.encode("utf-16-le").ljust(64, b"\0")
        head = struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, 0xFFFFFFFF, right, child)
        directory += title + head + bytes(36) + struct.pack("<IQ", first, size)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    head += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    path.write_bytes(head.ljust(512, b"\xff") + table + directory.ljust(512, b"\0") + b"".join(sectors))
    return path
