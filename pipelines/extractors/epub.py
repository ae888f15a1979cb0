"""EPUB to Pieces: the chapters of a book in their order, each read as a page."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import member_of, open_zip, parse_xml, picture_inside, resolve
from pipelines.extractors.decoding import decode
from pipelines.extractors.markup import html_pieces
from pipelines.extractors.text import Headings
from pipelines.records import Piece

_PICTURES = re.compile(r"""<(?:img|image)\b[^>]*?(?:src|href)\s*=\s*["']([^"']+)""", re.IGNORECASE)


def read_epub(path: Path) -> Iterator[Piece]:
    """The chapters of a book in the order of its spine, with their pictures as members."""
    with open_zip(path) as archive:
        package = _package_path(archive, path.name)
        root = parse_xml(archive.read(package), recover=True)
        folder = posixpath.dirname(package)
        items = {n.get("id"): n.get("href") or "" for n in root.iter() if _name(n) == "item"}
        title = next(((n.text or "").strip() for n in root.iter() if _name(n) == "title"), "")
        if title:
            yield Piece("text", title)
        seen: set[str] = set()
        for reference in (n for n in root.iter() if _name(n) == "itemref"):
            href = items.get(reference.get("idref"), reference.get("idref") or "")
            member = _inside(folder, href)
            data = member_of(archive, member)
            if data is None:  # the other chapters are worth having
                yield Piece("unread", "missing or damaged", Place(), f"chapter {href}")
                continue
            html = decode(data)
            headings = Headings()
            if title:
                headings.enter(-1, title)
            yield from html_pieces(re.sub(r"<\?xml[^>]*\?>", "", html), headings=headings)
            for picture in _PICTURES.findall(html):
                inside = _inside(posixpath.dirname(member), picture)
                if inside in seen or inside not in archive.namelist():
                    continue
                seen.add(inside)
                yield from picture_inside(member_of(archive, inside), inside, Place(), headings.chain)


def _package_path(archive: zipfile.ZipFile, name: str) -> str:
    try:
        container = parse_xml(archive.read("META-INF/container.xml"), recover=True)
        found = next(n.get("full-path") for n in container.iter() if _name(n) == "rootfile")
    except (KeyError, StopIteration) as error:
        raise ExtractionError(f"{name} is damaged: the list of its chapters is missing. Download it again.") from error
    return str(found)


def _name(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _inside(folder: str, reference: str) -> str:
    return resolve(folder, unquote(reference.partition("#")[0]))
