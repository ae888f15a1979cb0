"""Writes the minutes (DOCX) and the slides (PPTX) of the sample library."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import docx.shared
import pptx
import sample_drawings as drawings
import sample_facts as facts
import sample_scenes as scenes
from PIL import Image
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt
from sample_settling import settle

BLUE, INK = "1F4E6B", "1F2933"


def minutes(path: Path) -> None:
    """The minutes of 6 June 2024, with headings and two tables."""
    document = docx.Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = docx.shared.Pt(11)
    document.core_properties.author, document.core_properties.title = "Priya Nair", "Minutes of 6 June 2024"
    document.add_heading("Marrow Point Lighthouse Trust: minutes", 0)
    document.add_paragraph("Meeting of the committee, Thursday 6 June 2024, 19:00, harbour office")
    document.add_paragraph(
        "Present: Helen Marsh (chair), Daniel Frost (treasurer), Priya Nair (secretary, minutes), Owen Tull (site "
        "manager), "
        "Sam Whitlock (workshop lead), Ruth Hale (surveyor, as a guest), two further members of the committee. "
        "Apologies: none."
    )
    document.add_heading("1. Condition survey", 1)
    document.add_paragraph(
        f"Ruth Hale presented her survey of March. The works are estimated at {facts.pounds(facts.ESTIMATES)} "
        "without scaffolding. The gallery "
        "stays closed until the railing has been repaired. The committee thanked her and the two volunteers who held "
        "the rope."
    )
    document.add_heading("2. Scaffolding", 1)
    document.add_paragraph("Three bids have come in. All include the inspection every week.")
    table = document.add_table(rows=1, cols=3, style="Light Grid Accent 1")
    for cell, words in zip(table.rows[0].cells, ("Bidder", "Price", "Time of hire"), strict=True):
        cell.text = words
    for bidder, price, time in facts.BIDS:
        for cell, words in zip(table.add_row().cells, (bidder, facts.pounds(price), time), strict=True):
            cell.text = words
    document.add_paragraph()
    document.add_paragraph(
        f"Decision: the bid of bidder B, {facts.pounds(facts.SCAFFOLDING)} for 14 weeks, is accepted, with six votes "
        "for and one against. "
        "Daniel Frost voted against because he would have liked a fixed price for each further week."
    )
    document.add_heading("3. The missing prisms", 1)
    document.add_paragraph(
        "Sam Whitlock reported that the Lanwan Maritime Museum may have spare prisms of the same order. Priya Nair "
        "will write to the museum "
        "in August and send the photographs from the survey."
    )
    document.add_heading("4. Open days", 1)
    document.add_paragraph(
        "The open days will be on 13 July and 24 August. Tower tours are limited to eight people at a time. "
        "The tea stall needs four more helpers."
    )
    document.add_heading("5. Actions", 1)
    table = document.add_table(rows=1, cols=3, style="Light Grid Accent 1")
    actions = [
        ("Who", "What", "By"),
        ("Owen Tull", "Sign the contract with bidder B", "30 June 2024"),
        ("Priya Nair", "Write to the Lanwan Maritime Museum", "31 August 2024"),
        ("Daniel Frost", "Apply for the coastal heritage grant", "15 July 2024"),
        ("Sam Whitlock", "Test cleaning on one lens panel", "31 August 2024"),
    ]
    for row, entries in enumerate(actions):
        for cell, words in zip((table.rows[0] if row == 0 else table.add_row()).cells, entries, strict=True):
            cell.text = words
    document.add_paragraph()
    document.add_paragraph("Next meeting: Thursday 4 July 2024, 19:00, harbour office.")
    document.save(str(path))
    settle(path, "2024-06-08")


def slides(path: Path) -> None:
    """Six slides for the members' evening of 16 November 2024, with a picture, two tables and a note."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.author, deck.core_properties.title = "Helen Marsh", "Members' evening 2024"
    cover = _slide(deck, "Bringing back the light", "2F3E5C")
    _text(cover, 0.9, 4.5, 6.4, ["Members' evening, 16 November 2024", "Marrow Point Lighthouse Trust"], "FFFFFF", 22)
    _picture(cover, scenes.lighthouse_at_dusk().crop((600, 0, 1200, 800)), 7.72, 0, 7.5)
    why = _slide(deck, "Why now")
    wettest = max(facts.LEVELS, key=lambda level: level[4])
    _text(
        why,
        0.9,
        1.9,
        11.4,
        [
            f"Moisture in the {wettest[1].lower()} wall: {wettest[4]} %. Timber is at risk above 20 %.",
            "The railing of the gallery has lost 4 of its 22 posts.",
            "The grant must be spent by 31 December 2025.",
            "Lime work needs a frost-free spring: the next one is 2025.",
        ],
        INK,
        26,
    )
    lens = _slide(deck, "The lens will be whole again")
    _text(
        lens,
        0.9,
        1.9,
        6,
        [
            "Six prisms were missing, two of them in panel 5.",
            "The Lanwan Maritime Museum gives us six, free of charge.",
            "They arrived on 19 October, all unbroken.",
            "Fitting: summer 2025, when the lantern room is dry.",
        ],
        INK,
        24,
    )
    _picture(lens, drawings.lens_drawing(), 7.4, 1.5, 5.4)
    plan = _slide(deck, "Timetable for 2025")
    _table(
        plan,
        [
            ("Date", "Work"),
            ("17 March", "Check for nesting birds"),
            ("24 March", "Scaffold goes up"),
            ("7 April", "Re-pointing of the north-west face begins"),
            ("June", "Lime-wash and railing"),
            ("30 June", "Scaffold comes down"),
            ("July and August", "Prisms fitted, clockwork tried"),
        ],
        (3.0, 8.4),
    )
    money = _slide(deck, "The money")
    _table(
        money,
        [
            ("Item", "Pounds"),
            ("Works, as quoted", f"{facts.QUOTES:,}"),
            ("Scaffolding", f"{facts.SCAFFOLDING:,}"),
            ("Reserve for surprises", f"{facts.CONTINGENCY:,}"),
            ("Cost in all", f"{facts.COST:,}"),
            ("Raised by 31 October", f"{facts.RAISED:,}"),
            ("Still to be found", f"{facts.MISSING:,}"),
        ],
        (8.4, 3.0),
    )
    help_us = _slide(deck, "How you can help")
    _text(
        help_us,
        0.9,
        1.9,
        11.4,
        [
            "Sponsor a prism: £150, with your name in the visitors' book.",
            "Pointing course: Saturday 29 March 2025, ten places, no experience needed.",
            "Tea stall, newsletter, tide watch: ask Priya.",
            "First lighting: Saturday 4 October 2025, at dusk.",
        ],
        INK,
        26,
    )
    notes = help_us.notes_slide.notes_text_frame
    assert notes is not None
    notes.text = "Say that the first lighting falls on the birthday of the light: it was first lit on 4 October 1871."
    deck.save(str(path))
    settle(path, "2024-11-14")


def _slide(deck: Presentation, title: str, background: str = "F7F4EC") -> Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor.from_string(background)
    cover, box = background != "F7F4EC", slide.shapes.title
    assert box is not None
    box.left, box.top, box.width, box.height = (
        Inches(0.9),
        Inches(2.6 if cover else 0.5),
        Inches(6.4 if cover else 11.5),
        Inches(1.6 if cover else 1.1),
    )
    box.text_frame.text, box.text_frame.word_wrap = title, True
    run = box.text_frame.paragraphs[0]
    run.alignment, run.font.size, run.font.bold, run.font.name = PP_ALIGN.LEFT, Pt(48 if cover else 38), True, "Georgia"
    run.font.color.rgb = RGBColor.from_string("FFFFFF" if cover else BLUE)
    return slide


def _text(slide: Slide, left: float, top: float, width: float, lines: list[str], colour: str, size: int) -> None:
    frame = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(4)).text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.space_after = line, Pt(16)
        paragraph.font.size, paragraph.font.color.rgb = Pt(size), RGBColor.from_string(colour)


def _picture(slide: Slide, image: Image.Image, left: float, top: float, height: float) -> None:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85)
    slide.shapes.add_picture(data, Inches(left), Inches(top), height=Inches(height))


def _table(slide: Slide, rows: list[tuple[str, str]], widths: tuple[float, float]) -> None:
    table = slide.shapes.add_table(
        len(rows), 2, Inches(0.9), Inches(1.9), Inches(sum(widths)), Inches(0.62 * len(rows))
    ).table
    for column, width in enumerate(widths):
        table.columns[column].width = Emu(int(Inches(width)))
        for row, entries in enumerate(rows):
            table.cell(row, column).text = entries[column]
            paragraph = table.cell(row, column).text_frame.paragraphs[0]
            paragraph.font.size = Pt(22)
            if entries[column].replace(",", "").isdigit() or entries[column] == "Pounds":
                paragraph.alignment = PP_ALIGN.RIGHT
