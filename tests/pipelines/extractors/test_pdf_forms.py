"""PDF: what people wrote into forms, what they ticked, and their notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from pipelines.extractors import extract
from pipelines.reading.kinds import kind_of
from tests.making_files import stream, written


def told(path: Path, draw: Callable[[Any], None]) -> list[str]:
    """The pieces of a page on which something is drawn, origin in the lower left corner."""
    canvas = Canvas(str(path), pagesize=(600, 800))
    canvas.setFont("Helvetica", 11)
    draw(canvas)
    canvas.save()
    return [piece.text for piece in extract(path, kind_of(path))]


def test_fields_are_told_by_what_is_printed_beside_or_above_them(tmp_path: Path) -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(60, 700, "Contract number:")
        canvas.acroForm.textfield(name="f1", value="Meridian-88", x=180, y=695, width=150, height=18)
        canvas.drawString(60, 650, "Insured sum")
        canvas.acroForm.textfield(name="f2", value="75,000 EUR", x=60, y=625, width=150, height=18)
        canvas.acroForm.textfield(name="form.town", value="Lindau", x=400, y=300, width=100, height=18)
        canvas.acroForm.textfield(
            name="f4", tooltip="Name of the heir", value="Rosa", x=400, y=200, width=100, height=18
        )
        canvas.drawString(60, 560, "Colour:")
        canvas.acroForm.choice(name="c", options=["red", "green"], value="green", x=180, y=555, width=90, height=18)
        canvas.acroForm.textfield(name="empty", x=180, y=100, width=90, height=18)

    found = told(tmp_path / "a.pdf", draw)
    for text in ("Contract number: Meridian-88", "Insured sum: 75,000 EUR", "Name of the heir: Rosa", "Colour: green"):
        assert text in found
    assert any(text.endswith("town: Lindau") for text in found) and not any("empty" in text for text in found)


def test_boxes_say_whether_they_are_ticked(tmp_path: Path) -> None:
    def draw(canvas: Any) -> None:
        for n, (label, ticked) in enumerate([("Accident cover", True), ("Travel cover", False)]):
            canvas.acroForm.checkbox(name=f"b{n}", checked=ticked, x=60, y=700 - 30 * n, size=14)
            canvas.drawString(80, 703 - 30 * n, label)
        for n, (label, ticked) in enumerate([("monthly", False), ("yearly", True)]):
            canvas.acroForm.radio(name="paid", value=label, selected=ticked, x=60, y=600 - 30 * n, size=14)
            canvas.drawString(80, 603 - 30 * n, f"Paid {label}")

    found = told(tmp_path / "a.pdf", draw)
    assert found[-4:] == ["☒ Accident cover", "☐ Travel cover", "☐ Paid monthly", "☒ Paid yearly"]


def test_notes_say_who_wrote_them(tmp_path: Path) -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(60, 700, "The pump is stored in hangar seven.")
        canvas.textAnnotation("Check with the Oslo office", Rect=[60, 600, 80, 620])

    assert told(tmp_path / "a.pdf", draw)[1] == "Note: Check with the Oslo office"


def test_a_long_note_that_stands_at_thousands_of_places_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(
        written(
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Annots [%s]"
            b" /Resources << /Font << /F 5 0 R >> >> >>" % (b"6 0 R " * 100),
            stream(b"BT /F 12 Tf 60 700 Td (The pump is stored in hangar seven.) Tj ET"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Annot /Subtype /Text /Rect [10 10 20 20] /Contents (%s) >>" % (b"word " * 20_000),
        )
    )
    first, *notes = [piece.text for piece in extract(tmp_path / "a.pdf", kind_of(tmp_path / "a.pdf"))]
    assert first == "The pump is stored in hangar seven."
    assert 100_000 < sum(map(len, notes)) < 1_000_000 and set(notes) == {notes[0]}
