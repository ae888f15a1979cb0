"""Pages whose text layer makes no sense are read from their picture, all others by their text layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.extractors import extract
from pipelines.extractors.sense import SENSELESS, sense
from pipelines.models.ocr import Line
from pipelines.reading.doubting import looked_at
from pipelines.reading.kinds import kind_of
from pipelines.records import Piece
from tests.making_files import PdfPage, make_pdf

PROSE = [
    "The reserve pump is stored in hangar seven, behind the boats,",
    "and nobody may take it away before the end of the winter. The",
    "keeper has the key, and writes down who has asked him for it.",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
EXCHANGED = "qwertzuiopasdfghjklyxcvbnm"


def reader(lines: list[str]) -> Any:
    """A shelf whose text recognition sees these lines."""
    seen = [Line(line, (0.1, 0.1 + 0.02 * n, 0.9, 0.115 + 0.02 * n), 0.9) for n, line in enumerate(lines)]
    return SimpleNamespace(ocr=SimpleNamespace(read=lambda picture: seen))


def read(path: Path, shelf: Any) -> list[Piece]:
    return [piece for _, told in looked_at(extract(path, kind_of(path)), shelf) for piece in told]


def exchanged(text: str) -> str:
    return text.lower().translate(str.maketrans(LETTERS, EXCHANGED))


@pytest.mark.parametrize("cipher", [exchanged, lambda text: "".join(chr(ord(c) - 29) if c > "=" else c for c in text)])
def test_exchanged_letters_make_no_sense(cipher: Callable[[str], str]) -> None:
    german = (
        "Die Pumpe steht in der Halle sieben hinter den Booten, und niemand darf sie vor dem Ende des Winters holen."
        " Der Wärter hat den Schlüssel und schreibt auf, wer ihn danach gefragt hat."
    )
    french = "La pompe de réserve se trouve dans le hangar sept, derrière les bateaux, et personne ne peut la prendre."
    hebrew = "המשאבה הרזרבית מאוחסנת בהאנגר שבע מאחורי הסירות ואיש לא רשאי לקחת אותה לפני סוף החורף"
    for text in (" ".join(PROSE), german, french):
        assert sense(text) > max(SENSELESS, 1.4 * sense(cipher(text)))
    assert sense(cipher(" ".join(PROSE))) < SENSELESS
    assert sense(hebrew) > SENSELESS


def test_characters_that_nobody_writes_make_no_sense() -> None:
    chinese = "备用水泵存放在七号机库的船只后面，冬季结束之前任何人不得取走。看守人有钥匙，并记下向他索要的人。"
    rare = "".join(chr(0x4E00 + 97 * n % 20_000) for n in range(200))
    assert sense(chinese) > SENSELESS and sense(rare) == 0


def test_a_senseless_text_layer_is_read_from_the_picture(tmp_path: Path) -> None:
    file = make_pdf(
        tmp_path / "a.pdf",
        [PdfPage().line(60, 60, "Stores", 20).prose(60, 100, PROSE), PdfPage().prose(60, 100, ["Short page."])],
        meanings=dict(zip(LETTERS, EXCHANGED, strict=True)),
    )
    pieces = read(file, reader(["Stores", *PROSE]))
    assert "reserve pump is stored in hangar seven" in "\n".join(
        piece.text for piece in pieces if piece.place.page == 1
    )
    assert not any("ktltkct" in piece.text for piece in pieces)
    assert all(piece.heading == "" for piece in pieces)


def test_a_text_layer_stays_where_the_picture_says_no_more(tmp_path: Path) -> None:
    names = [exchanged(line) for line in PROSE]
    file = make_pdf(tmp_path / "a.pdf", [PdfPage().prose(60, 100, names) for _ in range(6)])
    assert sense("\n".join(names)) < SENSELESS
    looks: list[object] = []
    shelf = SimpleNamespace(ocr=SimpleNamespace(read=lambda picture: looks.append(picture) or []))
    pieces = read(file, shelf)
    assert [piece.text.split("\n") for piece in pieces] == [names] * 6
    assert len(looks) == 3  # then it is believed


def test_what_only_the_text_layer_of_a_scan_says_is_kept(tmp_path: Path) -> None:
    page = PdfPage().line(60, 60, "Room 12").rule(10, 10, 300, 300)
    file = make_pdf(tmp_path / "a.pdf", [page])
    assert [piece.text for piece in read(file, reader(["Drawn words"]))] == ["Drawn words", "Room 12"]
    assert [piece.text for piece in read(file, reader(["In room 12 is the key"]))] == ["In room 12 is the key"]
