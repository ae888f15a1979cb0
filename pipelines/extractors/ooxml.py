"""What Word and PowerPoint files share: parts and how these point to each other, elements, texts, merged cells.

The XML is walked as it stands, without an object model, so that a file of another program, of the Strict variant or
with a part missing is read as far as it goes. Knows nothing of pages and slides.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from indexes.records import Place
from pipelines.errors import ExtractionError
from pipelines.extractors.archives import AS_FAR, DAMAGED, Budget, check_size, parse_xml, resolve
from pipelines.extractors.formulas import formula
from pipelines.extractors.symbols import PRIVATE, raised, symbol

_OPEN = "{http://schemas.openxmlformats.org/%s/2006/%s}"
W = _OPEN % ("wordprocessingml", "main")
P = _OPEN % ("presentationml", "main")
A = _OPEN % ("drawingml", "main")
M = _OPEN % ("officeDocument", "math")
R = _OPEN % ("officeDocument", "relationships")
_C = _OPEN % ("drawingml", "chart")
DGM = _OPEN % ("drawingml", "diagram")
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_V = "{urn:schemas-microsoft-com:vml}"
# ISO's Strict variant says the same under other names.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")

DEEPEST = 12
"""Styles that a style is based on, and levels of a diagram that are told apart."""
LONGEST_PART = 50_000_000
"""Bytes of XML in one part."""


class Package:
    """The parts of a document. One that is missing or damaged is None: it costs itself, and the `budget` says so, which
    is that of the document that this one is inside of."""

    def __init__(self, file: Path | BinaryIO, name: str, budget: Budget | None = None) -> None:
        self.name = name
        self.budget = budget or Budget()
        self._inside = bool(self.budget.outermost)
        self.budget.outermost = self.budget.outermost or name
        check_size(file, name, self.budget)
        self.archive = zipfile.ZipFile(file)
        # Some programs write backslashes, a leading slash, or letters in another case than their references.
        self.members = {m.replace("\\", "/").lstrip("/").lower(): m for m in self.archive.namelist()}

    def main(self, usual: str) -> Part:
        """The part that the document begins with. Raises ExtractionError if there is none."""
        named = [*Part(self, "").all("officeDocument"), Part(self, usual)]
        found = next((part for part in named if part.root is not None), None)
        if found is None:
            raise ExtractionError(
                f"{self.name} is damaged: its text is missing or unreadable. "
                "Open it in its own program, save it again and index that."
            )
        return found

    def read(self, member: str) -> bytes:
        try:
            return self.archive.read(self.members[member.lower()])
        except KeyError:
            return b""
        except Exception:  # zipfile and zlib raise many kinds on damaged members
            self.lose(member, DAMAGED)
            return b""

    def lose(self, member: str, why: str, place: Place = Place()) -> None:
        """Note that a member, or what a person calls a `place`, could not be read."""
        name = place.label() or posixpath.basename(member)
        if self._inside:
            self.budget.lose(f"{posixpath.basename(self.name)} › {name}", why)
        else:
            self.budget.lose("" if place.label() else name, why, place)


class Part:
    """A member of a package, and what it points to; `place` is what a person calls it, where that is known."""

    def __init__(self, package: Package, member: str) -> None:
        self.package = package
        self.member = member
        self.place = Place()

    @property
    def name(self) -> str:
        """As the member is called in the file."""
        return self.package.members.get(self.member.lower(), self.member)

    @property
    def data(self) -> bytes:
        return self.package.read(self.member)

    @cached_property
    def root(self) -> Any:
        """The root of its XML, as far as it goes; None if there is none."""
        data = self.data
        if len(data) > LONGEST_PART:
            self.lose(f"more than {LONGEST_PART / 1e6:.0f} MB")
        if not data or len(data) > LONGEST_PART:
            return None
        data = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", data)
        try:
            return parse_xml(data)
        except (SyntaxError, ValueError):
            found = None
            with suppress(SyntaxError, ValueError):
                found = parse_xml(data, recover=True)
            self.lose(DAMAGED if found is None else AS_FAR)
            return found

    def lose(self, why: str) -> None:
        """Note that not all of it could be read."""
        self.package.lose(self.member, why, self.place)

    @cached_property
    def relations(self) -> dict[str, tuple[str, str]]:
        """By id: of which kind it is ('image', 'footnotes', …) and the member. What lies outside is left out."""
        folder, base = posixpath.split(self.member)
        root = Part(self.package, posixpath.join(folder, "_rels", f"{base}.rels")).root
        found = {}
        for relation in root.iterchildren("{*}Relationship") if root is not None else ():
            target = relation.get("Target", "").replace("\\", "/")
            if relation.get("TargetMode") != "External" and target:
                member = resolve(folder, target)
                if member.lower() not in self.package.members:
                    member = unquote(member)
                found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], member)
        return found

    def at(self, identifier: str | None) -> Part | None:
        """The part that an id of this part points to."""
        _, member = self.relations.get(identifier or "", ("", ""))
        return Part(self.package, member) if member.lower() in self.package.members else None

    def all(self, *kinds: str) -> list[Part]:
        return [Part(self.package, member) for kind, member in self.relations.values() if kind in kinds]

    def first(self, kind: str) -> Any:
        """The root of the first part of a kind; None if there is none."""
        return next((part.root for part in self.all(kind)), None)

    def entries(self, *names: str) -> list[Any]:
        """The elements of these local names, in whatever version of the format."""
        return [] if self.root is None else list(self.root.iter(*(f"{{*}}{name}" for name in names)))


# --- Elements --------------------------------------------------------------------------------------------------

BLIP, IMAGE, DIAGRAM = f"{A}blip", f"{_V}imagedata", f"{DGM}relIds"
SHOWN = {BLIP: f"{R}embed", IMAGE: f"{R}id", f"{_C}chart": f"{R}id", f"{_CX}chart": f"{R}id", DIAGRAM: f"{R}dm"}
"""Elements that show another part, and which of their attributes names it."""
TEXTS = (f"{W}t", f"{A}t", f"{M}t")


def children(node: Any) -> Iterator[Any]:
    """The elements in a node. Of alternatives for old and new programs only the first in which there is something."""
    for child in node.iterchildren("*"):
        if child.tag != f"{_MC}AlternateContent":
            yield child
            continue
        for option in child.iterchildren("*"):
            if next(option.iter(*TEXTS, *SHOWN), None) is not None:
                yield from children(option)
                break


def said(node: Any, before: str = "") -> str:
    """The text of one of `TEXTS`: its line breaks are spaces, letters of a font of symbols what is seen, and figures
    above the line behind the number `before` its exponent."""
    text = (node.text or "").replace("\n", " ")
    if before[-1:].isdigit() and _is_raised(node.getparent().find("{*}rPr")):
        return raised(text, before)
    if not PRIVATE.search(text):
        return text
    fonts = node.getparent().iterfind("*/*")  # of a run's properties
    named = (font.get("typeface") or font.get(f"{W}ascii") for font in fonts if font.tag in (f"{A}sym", f"{W}rFonts"))
    font = next(filter(None, named), "")
    return PRIVATE.sub(lambda match: symbol(font, f"{ord(match[0]):X}") or match[0], text)


def _is_raised(properties: Any) -> bool:
    """Whether a run of Word or of a drawing stands above the line."""
    if properties is None:
        return False
    return value(properties, "vertAlign") == "superscript" or number(properties.get("baseline")) > 0


def inline(paragraph: Any, before: str = "") -> str:
    """The text of a paragraph of a drawing; numbers of slides aside, which the Place says."""
    parts = []
    for node in children(paragraph):
        if node.tag in TEXTS:
            parts.append(said(node, before))
        elif node.tag == f"{M}oMath":
            parts.append(formula(node))
        elif node.tag == f"{A}br":
            parts.append("\n")
        elif node.get("type") != "slidenum":
            parts.append(inline(node, before))
        before = parts[-1] or before if parts else before
    return "".join(parts).replace("\v", "\n").replace("\xa0", " ")


OFF = ("0", "false", "off", "none")


def is_on(node: Any, name: str) -> bool:
    """Whether a property such as `<w:vanish/>` is set; '0' and 'false' switch it off."""
    found = node.find(name)
    return found is not None and found.get(f"{W}val", "1") not in OFF


def value(node: Any, path: str) -> str:
    """The value of a property of Word below a node, as 'pPr/pStyle'; '' if there is none."""
    found = None if node is None else node.find("/".join(f"{W}{name}" for name in path.split("/")))
    return "" if found is None else found.get(f"{W}val", "")


def number(value: str | None, default: int = 0) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value) else default
