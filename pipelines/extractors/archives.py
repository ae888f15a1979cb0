"""Zip-based documents, opened with bounds: nothing is read before the directory has said how much it unpacks to."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from indexes.records import Place
from pipelines.errors import ExtractionError, in_short
from pipelines.extractors.pictures import picture_from
from pipelines.records import Piece

MOST_BYTES = 200_000_000
"""What all members together may unpack to."""
MOST_MEMBERS = 20_000
BOUNDED = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
"""Kinds of compression of which no more is unpacked than a member says it holds; documents know no others."""
DAMAGED, AS_FAR = "damaged", "damaged, read as far as it goes"
_FILE_NAME = re.compile(r"\S*\.(png|jpe?g|gif|bmp|tiff?|webp|emf|wmf|svg)", re.IGNORECASE)
SMALLEST_PICTURE = 64
"""Pixels on the shorter side; smaller pictures inside documents are ornaments."""


class Budget:
    """What a file and all files inside it, and inside those, may yet unpack to together, and what was lost of them."""

    def __init__(self) -> None:
        self.left = MOST_BYTES
        self.outermost = ""  # the name of the package that all others are inside of
        self._lost: dict[tuple[str, Place], Piece] = {}

    def lose(self, name: str, why: str, place: Place = Place()) -> None:
        """Note once what could not be read, and the first reason; `place` names it where `name` is ''."""
        self._lost.setdefault((name, place), Piece("unread", why, place, name))

    def lost(self) -> list[Piece]:
        """The Pieces that tell of what could not be read."""
        return [*self._lost.values()]


def check_size(file: Path | BinaryIO, name: str = "", budget: Budget | None = None) -> None:
    """Raises ExtractionError if a zip is damaged or unpacks to more than is safe; `name` is how it calls the file.

    What it unpacks to is taken from the `budget` of the file that it is inside of.
    """
    budget = budget or Budget()
    name = name or Path(file.name).name
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ExtractionError(f"{name} is damaged or cut short. Copy or download it again.", "open") from error
    is_document = {"[Content_Types].xml", "mimetype"} & {member.filename for member in members}
    if is_document and any(member.compress_type not in BOUNDED for member in members):
        raise ExtractionError(f"{name} is not packed as documents are. Save it again and index that.", "open")
    total = sum(member.file_size for member in members)
    if total > budget.left:
        whole = total + MOST_BYTES - budget.left
        raise ExtractionError(
            f"{name} unpacks to {whole / 1e6:,.0f} MB, more than the {MOST_BYTES / 1e6:,.0f} MB that are safe. "
            "Split it, or save it with smaller pictures.",
            "open",
        )
    if len(members) > MOST_MEMBERS:
        raise ExtractionError(f"{name} has {len(members):,} parts inside, too many to be a document.", "open")
    budget.left -= total


def open_zip(path: Path) -> zipfile.ZipFile:
    """The zip at `path` after `check_size`; the caller closes it."""
    check_size(path)
    return zipfile.ZipFile(path)


def resolve(folder: str, reference: str) -> str:
    """The member that a reference in a member of `folder` leads to; one with a slash first counts from the top."""
    return posixpath.normpath(posixpath.join("/", folder, reference)).lstrip("/")


def parse_xml(data: bytes, recover: bool = False) -> Any:
    """The root of an XML document; entities stay unresolved and nothing is fetched."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=recover)
    return etree.fromstring(data, parser)


def streamed_xml(
    archive: zipfile.ZipFile,
    member: str,
    tags: Sequence[str],
    damaged: Callable[[str], None],
    events: Sequence[str] = ("end",),
) -> Iterator[tuple[str, Any]]:
    """The elements of these tags in a long member as they end, each emptied when the next is asked for.

    What is `damaged`, which hears how, is read as far as it goes.
    """
    from lxml import etree

    try:
        with archive.open(member) as stream:
            found = etree.iterparse(
                stream,
                events,
                tag=tags,
                resolve_entities=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
                recover=True,
            )
            for event, node in found:
                yield event, node
                if event == "end":
                    node.clear()
                    while node.getprevious() is not None:
                        del node.getparent()[0]
        if found.error_log.filter_from_errors():
            damaged(AS_FAR)
    except MemoryError:
        raise
    except Exception:  # zipfile and zlib raise many kinds on damaged members
        damaged(AS_FAR)


def member_of(archive: zipfile.ZipFile, member: str | zipfile.ZipInfo) -> bytes | None:
    """What a member unpacks to; None where it is missing or damaged."""
    try:
        found = archive.getinfo(member) if isinstance(member, str) else member
        return archive.read(found) if found.compress_type in BOUNDED else None
    except MemoryError:
        raise
    except Exception:  # zipfile and zlib raise many kinds on damaged members
        return None


def picture_inside(data: bytes | None, member: str, place: Place, heading: str = "", text: str = "") -> Iterator[Piece]:
    """The Piece of a picture inside a document, none for an ornament; `unread` what is damaged or cannot be opened."""
    try:
        picture = picture_from(io.BytesIO(data or b""), member)
    except ExtractionError as error:  # one bad picture is no reason to lose the document
        why = in_short(error, member) if data else "missing or damaged"
        yield Piece("unread", why, place, posixpath.basename(member))
        return
    if _FILE_NAME.fullmatch(text):
        text = ""  # put there by the program, not by a person
    if min(picture.size) >= SMALLEST_PICTURE:
        yield Piece("picture", text, place, heading, picture, member)
