"""What kind of file this is, told by its content. Knows signatures; leaves reading to the extractors.

The extension decides only where the content cannot: between Markdown, CSV, source code and plain text,
which are all just characters, and for the few picture formats without a signature.
"""

from __future__ import annotations

import re
import stat
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from indexes.records import Modality
from indexes.restoring import CATALOGUE
from pipelines.errors import ExtractionError, Unsupported

HEAD = 65_536
"""Bytes of the beginning that are looked at."""
_END = 1_000
"""Bytes of the end, of what may be XML."""

_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` chooses the extractor, `media_type` is the IANA name, `modality` the index it belongs to."""

    name: str
    media_type: str
    modality: Modality


def _kinds(modality: Modality, **media_types: str) -> dict[str, Kind]:
    return {name: Kind(name, media_type, modality) for name, media_type in media_types.items()}


KINDS: dict[str, Kind] = {
    **_kinds(
        "document",
        pdf="application/pdf",
        docx=_OFFICE + "wordprocessingml.document",
        pptx=_OFFICE + "presentationml.presentation",
        xlsx=_OFFICE + "spreadsheetml.sheet",
        xls="application/vnd.ms-excel",
        ods="application/vnd.oasis.opendocument.spreadsheet",
        doc="application/msword",
        ppt="application/vnd.ms-powerpoint",
        odt="application/vnd.oasis.opendocument.text",
        odp="application/vnd.oasis.opendocument.presentation",
        epub="application/epub+zip",
        msg="application/vnd.ms-outlook",
        eml="message/rfc822",
        mbox="application/mbox",
        zip="application/zip",
        calendar="text/calendar",
        subtitles="text/vtt",
        rtf="application/rtf",
        html="text/html",
        xml="application/xml",
        json="application/json",
        jsonl="application/jsonl",
        notebook="application/x-ipynb+json",
        csv="text/csv",
        tsv="text/tab-separated-values",
        markdown="text/markdown",
        code="text/x-source",
        text="text/plain",
    ),
    **_kinds(
        "image",
        jpeg="image/jpeg",
        png="image/png",
        webp="image/webp",
        gif="image/gif",
        bmp="image/bmp",
        tiff="image/tiff",
        heic="image/heic",
        avif="image/avif",
        ico="image/vnd.microsoft.icon",
        jp2="image/jp2",
        psd="image/vnd.adobe.photoshop",
        tga="image/x-tga",
        pnm="image/x-portable-anymap",
        pcx="image/vnd.zbrush.pcx",
    ),
    **_kinds("audio", audio="audio/*"),
    **_kinds("video", video="video/*"),
}

# Tried in order; the first whose pattern matches the first bytes wins.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb".{0,1019}?%PDF-\d", "pdf"),
        (rb"\xff\xd8\xff", "jpeg"),
        (rb".?PNG[\r\n]", "png"),
        (rb"GIF8[79]a", "gif"),
        (rb"RIFF....WEBP", "webp"),
        (rb"RIFF....AVI ", "video:video/x-msvideo"),
        (rb"(RIFF|RF64)....WAVE", "audio:audio/wav"),
        (rb"BM....\0\0\0\0....[\x0c\x28\x40\x6c\x7c]\0\0\0", "bmp"),
        (rb"II[\x2a\x2b]\0|MM\0[\x2a\x2b]", "tiff"),
        (rb"\0\0\x01\0[\x01-\x20]\0", "ico"),
        (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "jp2"),
        (rb"8BPS\0[\x01\x02]", "psd"),
        (rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s", "pnm"),
        (rb"\{\\rtf", "rtf"),
        (rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", "heic"),
        (rb"....ftypavi[fs]", "avif"),
        (rb"....ftyp(M4A|M4B)", "audio:audio/mp4"),
        (rb"....ftypqt", "video:video/quicktime"),
        (rb"....ftyp3g[ep2]", "video:video/3gpp"),
        (rb"....ftyp", "video:video/mp4"),
        (rb"....mdat|\0...(moov|wide|free|skip)", "video:video/quicktime"),
        (rb"\x1a\x45\xdf\xa3.{0,60}webm", "video:video/webm"),
        (rb"\x1a\x45\xdf\xa3", "video:video/x-matroska"),
        (rb"FLV\x01", "video:video/x-flv"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video:video/x-ms-asf"),
        (rb"\0\0\x01\xba", "video:video/mpeg"),
        (rb"\0\0\x01\xb3", "video:video/mpv"),
        (rb"(.{4})?G.{187}(.{4})?G.{187}(.{4})?G", "video:video/mp2t"),
        (rb"OggS.{24,60}(theora|\x80video)", "video:video/ogg"),
        (rb"OggS", "audio:audio/ogg"),
        (rb"fLaC", "audio:audio/flac"),
        (rb"ID3[\x02-\x04]", "audio:audio/mpeg"),
        (rb"\xff[\xf1\xf9][\x40-\xff]", "audio:audio/aac"),
        (rb"\xff[\xe2-\xfb][\x10-\xeb]", "audio:audio/mpeg"),
        (rb"FORM....AIF[FC]", "audio:audio/aiff"),
        (rb"#!AMR", "audio:audio/amr"),
        (rb"caff\0\x01", "audio:audio/x-caf"),
        (rb"wvpk.{4}[\x02-\x10]\x04", "audio:audio/x-wavpack"),
    )
)

_ARCHIVES = re.compile(
    rb"PK\x07\x08|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x1f\x8b|BZh[1-9]|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar", re.DOTALL
)
_PROGRAMS = re.compile(rb"\x7fELF|MZ.{58}|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm", re.DOTALL)

# Pictures without a signature of their own, where only the name can say what the bytes are.
_UNSIGNED_PICTURES = {".tga": "tga", ".pcx": "pcx"}

# Names that promise a signature: unknown bytes behind one of them are damage, not an unknown kind.
_SIGNED = re.compile(
    r"\.(pdf|docx|pptx|xlsx?|od[tps]|epub|msg|rtf|jpe?g|png|webp|gif|bmp|tiff?|hei[cf]|avif|"
    r"mp[34]|m4[av]|mov|mkv|webm|avi|flv|wmv|3gp|mpe?g|wav|flac|ogg|opus|wma|aac|aiff?|amr)"
)

_PACKED = (".zip", ".kmz")
"""Archives of files; what has another name is a program or another program's data."""
_APPLE = {".pages": "Pages", ".numbers": "Numbers", ".key": "Keynote"}

_TEXT_EXTENSIONS = {
    "markdown": "md markdown mdown mkd mdx qmd rmd",
    "csv": "csv",
    "tsv": "tsv tab",
    "html": "html htm xhtml",
    "xml": "xml rss atom svg xsd xsl opml gpx kml fb2 nxml jats tei dbk docbook",
    "json": "json geojson webmanifest",
    "jsonl": "jsonl ndjson",
    "notebook": "ipynb",
    "eml": "eml",
    "mbox": "mbox mbx",
    "calendar": "ics ical icalendar",
    "code": "py pyi js mjs cjs ts tsx jsx java kt kts scala groovy c h cc cpp cxx hpp hh cs go rs rb php pl pm swift m "
    "mm r jl lua sh bash zsh fish ps1 bat cmd sql css scss less vue svelte dart ex exs erl hs ml mli clj lisp el vim "
    "tex bib cmake gradle proto graphql tf toml ini cfg conf yaml yml properties dockerfile makefile asm s f f90 vb",
}
_BY_EXTENSION = {f".{ext}": name for name, exts in _TEXT_EXTENSIONS.items() for ext in exts.split()}

_PLAYLISTS = ("#EXTM3U", "ffconcat version", "[playlist]", "[Reference]")

# Possessive (*+) where a repetition could be read in several ways: foreign text must not choose how long that takes.
_HTML = re.compile(r"\s*+(?:<!doctype\s++html|<html[\s>]|<head[\s>]|<body[\s>])", re.IGNORECASE)
_XML = re.compile(r"\s*+<\?xml\s")
_DOCTYPE = re.compile(r"\s*+<!DOCTYPE\s++[\w:.-]++(?:\s++(?:PUBLIC|SYSTEM)\s|\s*+[\[>])")  # HTML's was seen before
_FIRST_TAG = re.compile(r"""\s*+<([A-Za-z_][\w:.-]*+)(?:\s++[\w:.-]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+>""")
_SPACE = re.compile(r"\s*+")
_CALENDAR = re.compile(r"\s*+BEGIN:VCALENDAR[ \t]*+(?:[\r\n]|$)", re.IGNORECASE)
_BORDER = re.compile(r"From \S++\s[^\n]*+\n")  # above each mail of a mailbox
_SUBTITLES = re.compile(
    r"WEBVTT\b|\s*+\[Script Info\]|\s*+(?:\d++[ \t]*+\r?\n)?\d{1,3}:\d\d:\d\d[,.]\d{1,3}[ \t]*+-->[ \t]*+\d"
)
_MAIL_FIELD = re.compile(r"[!-9;-~]++:[ \t]")
_MAIL_FIELDS = re.compile(r"^(from|date|message-id|received|return-path|mime-version|subject|to):", re.I | re.M)


def kind_of(path: Path) -> Kind:
    """The kind of the file at `path`, from its first 64 KiB (and the list of members for a zip).

    Raises ExtractionError (stage 'open') for a file that is empty or cannot be opened,
    Unsupported for archives, programs and bytes that are nothing known.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise Unsupported(f"{path.name} is no ordinary file but a folder, pipe or device.", "open")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExtractionError(f"{path.name} cannot be opened: {reason}. Check that you may read it.", "open") from error
    if not head:
        raise ExtractionError(f"{path.name} is empty (0 bytes). Copy or download it again.", "open")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return KINDS[_zip_kind(path)]
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return KINDS[_compound_kind(path)]
    for pattern, name in _SIGNATURES:
        if pattern.match(head):
            family, _, media_type = name.partition(":")
            kind = KINDS[family]
            if family == "gif":
                return _gif_kind(path)
            return _recording_kind(path, head, media_type) if media_type else kind
    if _ARCHIVES.match(head):
        raise _archive(path)
    if not looks_like_text(head):
        if path.suffix.lower() in _UNSIGNED_PICTURES:
            return KINDS[_UNSIGNED_PICTURES[path.suffix.lower()]]
        if _SIGNED.fullmatch(path.suffix.lower()):
            raise ExtractionError(
                f"{path.name} is damaged: its content is not {path.suffix[1:].upper()}, nor anything else that is "
                "known. Copy or download it again.",
                "open",
            )
        what = "is a program" if _PROGRAMS.match(head) else "holds binary data of an unknown kind"
        raise Unsupported(
            f"{path.name} {what}; there is nothing in it to read. Export it as PDF, text or a picture.", "open"
        )
    return KINDS[_text_kind(path, head)]


def looks_like_text(head: bytes) -> bool:
    """Whether the bytes are characters in some encoding: no NULs (except UTF-16 and -32), hardly any controls."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0\0\xfe\xff")):
        return True
    if utf16_without_mark(head):
        return True
    controls = sum(head.count(bytes([c])) for c in range(32) if c not in b"\t\n\f\r\x1b\x1a")
    return b"\0" not in head and controls <= len(head) * 0.005


def utf16_without_mark(head: bytes) -> str:
    """'utf-16-le' or 'utf-16-be' where every other byte is mostly NUL, as in Latin text without a mark; else ''."""
    sample = head[: len(head) // 2 * 2]
    if len(sample) < 4:
        return ""
    even, odd = sample[0::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.6 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.05 else ""


def _text_kind(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        beginning = head.decode("utf-16", "replace")
    else:
        beginning = head.decode(utf16_without_mark(head) or "utf-8", "replace").lstrip("\ufeff")
    if beginning.startswith(_PLAYLISTS):
        raise Unsupported(f"{path.name} is a playlist, which only names other files. Index those themselves.", "open")
    by_name = _BY_EXTENSION.get(path.suffix.lower()) or _BY_EXTENSION.get(f".{path.name.lower()}")
    if _HTML.match(beginning, _after_comments(beginning)) and by_name != "code":
        return "html"
    if _XML.match(beginning) and by_name != "code":
        return "html" if re.search(r"<html[\s>]", beginning[:2000], re.I) else "xml"
    if by_name is None and _is_one_element(path, beginning):
        return "xml"
    if by_name is None and _SUBTITLES.match(beginning):
        return "subtitles"
    if _CALENDAR.match(beginning):
        return "calendar"
    if (
        (border := _BORDER.match(beginning))
        and by_name in (None, "mbox")
        and _begins_with_fields(beginning, border.end())
    ):
        return "mbox"
    if by_name == "mbox":
        by_name = None
    if by_name == "eml" or (_begins_with_fields(beginning) and len(set(_MAIL_FIELDS.findall(beginning[:8000]))) >= 3):
        return "eml"
    if by_name in (None, "json") and beginning.lstrip().startswith(("{", "[")):
        return _json_kind(beginning, by_name)
    return by_name or "text"


def _is_one_element(path: Path, beginning: str) -> bool:
    """Whether a text without a declaration is XML all the same: of one document type, or one element to its end."""
    start = _after_comments(beginning)
    if _DOCTYPE.match(beginning, start):
        return True
    first = _FIRST_TAG.match(beginning, start)
    if first is None:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END))
        end = file.read().replace(b"\0", b"").rstrip()
    return end.endswith(f"</{first[1]}>".encode())


def _after_comments(text: str) -> int:
    """Where the first of `text` stands that is neither space nor a comment of HTML."""
    at = 0
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it may be empty, so it always matches
        end = text.find("-->", at + 4) if text.startswith("<!--", at) else -1
        if end < 0:
            return at
        at = end + 3


def _begins_with_fields(text: str, at: int = 0) -> bool:
    """Whether the first lines from `at` on are at least three header fields of a mail, with the lines they go on in."""
    fields = 0
    for line in text[at:].splitlines():
        if _MAIL_FIELD.match(line):
            fields += 1
        elif not (fields and line.startswith((" ", "\t"))):
            break
    return fields >= 3


def _json_kind(beginning: str, by_name: str | None) -> str:
    text = beginning.lstrip()
    if '"nbformat"' in text and '"cells"' in text:
        return "notebook"
    if by_name:
        return by_name
    if re.match(r"\{[^\n]*\}\r?\n\s*\{", text):
        return "jsonl"
    return "json" if re.match(r'(\{\s*("|\})|\[\s*(["{\[\]\-\d]|true|false|null))', text) else "text"


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {member.filename: member for member in archive.infolist()}
            short = "mimetype" in names and names["mimetype"].compress_size <= 100  # what is longer declares nothing
            declared = archive.open("mimetype").read(100).decode("ascii", "replace") if short else ""
    except Exception as error:  # zipfile and zlib raise many kinds on damaged files
        reason = "it begins like a zip-based document but its end is missing or broken"
        raise ExtractionError(f"{path.name} is damaged: {reason}. Copy or download it again.", "open") from error
    # Some programs number their main part, or write backslashes and other cases.
    plain = "\n".join(name.replace("\\", "/").lstrip("/").lower() for name in names)
    for name, member in (("docx", "word/document"), ("pptx", "ppt/presentation"), ("xlsx", "xl/workbook")):
        if re.search(rf"^{member}\d*\.xml$", plain, re.MULTILINE):
            return name
    if "xl/workbook.bin" in names:
        return "xlsx"
    for name in ("epub", "odt", "odp", "ods"):
        if declared.strip() == KINDS[name].media_type:
            return name
    if "META-INF/container.xml" in names:
        return "epub"
    program = _APPLE.get(path.suffix.lower())
    if program and re.search(r"^index[/.]|^quicklook/", plain, re.MULTILINE):
        raise Unsupported(
            f"{path.name} is a file of Apple's {program}; save it as PDF there (File › Export To).", "open"
        )
    if names.keys() >= {CATALOGUE, "manifest.json"}:
        raise Unsupported(f"{path.name} is a bundle of a library; make a library of it with `unbundle`.", "open")
    if path.suffix.lower() in _PACKED:
        return "zip"
    raise _archive(path)


def _compound_kind(path: Path) -> str:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(path) as container:
            streams = {"/".join(entry).lower() for entry in container.listdir()}
    except Exception as error:  # olefile raises many kinds on damaged files
        raise ExtractionError(f"{path.name} is damaged: {error}. Copy or download it again.", "open") from error
    if "workbook" in streams or "book" in streams:
        return "xls"
    if any(stream.startswith("__properties_version1") for stream in streams):
        return "msg"
    if "encryptedpackage" in streams:
        raise ExtractionError(f"{path.name} is locked with a password; save a copy without it and index that.", "open")
    if "worddocument" in streams:
        return "doc"
    if "powerpoint document" in streams:
        return "ppt"
    raise Unsupported(f"{path.name} is a Microsoft container of an unknown kind; export it as PDF.", "open")


def _recording_kind(path: Path, head: bytes, media_type: str) -> Kind:
    """Sound or video. Most containers hold either: then what is in them decides."""
    if media_type.startswith("video/"):
        from pipelines.recordings.containers import recording_type  # PyAV is needed for these only

        media_type = recording_type(path, media_type)
    elif head.startswith(b"ID3"):  # a tag stands before AAC and FLAC as well
        size = 10 + sum(part << shift for part, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
        with path.open("rb") as file:
            file.seek(size)
            rest = file.read(64)
        found = next((name[6:] for pattern, name in _SIGNATURES if name[:6] == "audio:" and pattern.match(rest)), "")
        media_type = found or media_type
    return replace(KINDS[media_type.partition("/")[0]], media_type=media_type)


def _gif_kind(path: Path) -> Kind:
    """A GIF that moves is a video; Pillow looks no further than its second frame."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            moves = getattr(picture, "is_animated", False)
    except Exception:  # Pillow raises many kinds on damaged files; the extractor for pictures says what is wrong
        moves = False
    return Kind("video", "image/gif", "video") if moves else KINDS["gif"]


def _archive(path: Path) -> Unsupported:
    return Unsupported(f"{path.name} is an archive; archives are not opened. Unpack it and index the folder.", "open")
