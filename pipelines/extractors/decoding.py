"""Bytes to characters: which encoding a text file is in. Knows nothing of formats."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pipelines.extractors.alphabets import LATIN, latin_encoding
from pipelines.reading.kinds import utf16_without_mark

_SAMPLE = 262_144

# What programs write that declare the smaller encoding, as browsers read it (encoding.spec.whatwg.org).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "euc_kr": "cp949", "shift_jis": "cp932"}
_MEANT |= {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "tis-620": "cp874"}
_FIT_ANYTHING = ("cp1252", "iso8859-1", "iso8859-15")
_SURELY = 30.0
"""By how much another encoding must read better than a declared one."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# For each East Asian encoding the lead bytes of its everyday characters (punctuation, kana, level 1 characters,
# hangul). These encodings can decode almost any bytes; only the right one gives mostly everyday characters.
_EVERYDAY: dict[str, tuple[tuple[int, int], ...]] = {
    "gb18030": ((0xA1, 0xA1), (0xA3, 0xA3), (0xB0, 0xD7)),
    "cp932": ((0x81, 0x83), (0x88, 0x97)),
    "cp949": ((0xA1, 0xA1), (0xB0, 0xC8)),
    "big5": ((0xA1, 0xA1), (0xA4, 0xC6)),
    "euc_jp": ((0xA1, 0xA1), (0xA3, 0xA5), (0xB0, 0xCF)),
}
_CLEARLY_KOREAN = 12
"""Bytes: the hangul of cp949 are everyday characters in GB 18030 too, but so many of a text only if it is Korean."""
_HIGH_BYTES = bytes(range(0x80, 0x100))
_ONE_BYTE = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2"]


def read_characters(path: Path) -> str:
    """The whole file as characters, line ends as '\\n'."""
    return decode(path.read_bytes())


def decode(data: bytes, declared: str = "") -> str:
    """Characters of `data`; `declared` is an encoding that the file itself names, believed if it fits."""
    text = data.decode(encoding_of(data, declared), "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def encoding_of(data: bytes, declared: str = "") -> str:
    """The Python name of the encoding: by mark, by UTF-8's own check, as declared, by everyday characters."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if name := utf16_without_mark(data[:_SAMPLE]):
        return name
    if b"\x1b$" in data and _fits(data, "iso2022_jp_2"):  # Japanese in seven bits: valid UTF-8 as well
        return "iso2022_jp_2"
    sample = data[:_SAMPLE]
    for name in ("utf-8", _codec(declared), declared):
        if name and _fits(data, name):
            return name if name not in _FIT_ANYTHING else _western(sample, name) or encoding_of(data)
    beyond_ascii = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    scores = {name: _everyday_share(sample, name) for name in _EVERYDAY}
    best = max(scores, key=lambda name: scores[name])
    if best == "gb18030" and scores["cp949"] == scores[best] and beyond_ascii >= _CLEARLY_KOREAN:
        best = "cp949"
    if scores[best] >= 0.8:
        return best
    # UTF-8 with a few damaged bytes rather than another encoding: most of those bytes form whole characters.
    if sample.decode("utf-8", "replace").count("\ufffd") <= 0.1 * beyond_ascii:
        return "utf-8"
    from charset_normalizer import from_bytes

    # A few accents in a short text say nothing; a text of mostly such bytes is Cyrillic, Greek, Arabic …
    if len(sample) < 64 and beyond_ascii < 0.4 * len(sample):
        return latin_encoding(sample)
    match = from_bytes(sample, cp_isolation=_ONE_BYTE).best()
    return match.encoding if match and match.encoding not in LATIN else latin_encoding(sample)


def _codec(declared: str) -> str:
    """Python's name of an encoding by the name that a file gives it; the larger one where programs mean that."""
    name = declared.strip().lower().replace("_", "-").removeprefix("x-")
    name = "cp" + name.removeprefix("windows-") if name.startswith("windows-") else name
    try:
        name = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(name, name)


def _western(sample: bytes, name: str) -> str:
    """`name`, which any bytes fit, or what the text reads much better in; '' where most of it is another alphabet."""
    beyond = re.findall(rb"[\x80-\xff]+", sample)
    if sum(len(run) for run in beyond if len(run) > 2) > 0.5 * sum(map(len, beyond)):
        return ""
    return latin_encoding(sample, name, _SURELY)


def _fits(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except (LookupError, ValueError):  # also of names that are none, with NULs or halves of characters
        return False
    return True


def _everyday_share(sample: bytes, name: str) -> float:
    """Which part of the non-ASCII characters is everyday in this encoding; 0 where the bytes do not fit it."""
    try:
        text = sample.decode(name)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:  # a character cut by the end of the sample is no objection
            return 0.0
        text = sample[: error.start].decode(name)
    total = everyday = 0
    for character in text:
        if character < "\x80":
            continue
        total += 1
        code = character.encode(name)
        everyday += len(code) == 2 and any(low <= code[0] <= high for low, high in _EVERYDAY[name])
    return everyday / total if total else 0.0
