"""Writes the condition survey of the sample library: a PDF with headings, tables, figures and page numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import sample_facts as facts
from PIL import Image
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Image as Picture
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from sample_drawings import tower_section

rl_config.useA85 = 0
INK, BLUE, PALE = colors.HexColor("#1f2933"), colors.HexColor("#1f4e6b"), colors.HexColor("#e6eef2")
BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11.5, leading=17, textColor=INK, spaceAfter=8)
HEADING = ParagraphStyle(
    "heading", parent=BODY, fontName="Helvetica-Bold", fontSize=15, leading=20, textColor=BLUE, spaceAfter=8
)
TITLE = ParagraphStyle("title", parent=HEADING, fontSize=25, leading=31, spaceAfter=6)
SMALL = ParagraphStyle("small", parent=BODY, fontName="Helvetica", fontSize=10, leading=14)
CAPTION = ParagraphStyle("caption", parent=BODY, fontName="Times-Italic", fontSize=9.5, leading=13, spaceAfter=12)


def survey(path: Path) -> None:
    """Five pages: summary, the tower, walls and moisture, lantern and lens, works."""
    story: list[Any] = [
        *_summary(),
        PageBreak(),
        *_tower(),
        PageBreak(),
        *_moisture(),
        PageBreak(),
        *_lens(),
        PageBreak(),
        *_works(),
    ]
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        invariant=1,
        leftMargin=2.4 * cm,
        rightMargin=2.4 * cm,
        topMargin=2.6 * cm,
        bottomMargin=2.4 * cm,
        title="Marrow Point Lighthouse: condition survey 2024",
        author="Ruth Hale, building surveyor",
    )
    document.build(story, onFirstPage=_frame, onLaterPages=_frame)


def _frame(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8.5)
    canvas.setFillColor(colors.HexColor("#6b7780"))
    canvas.drawString(2.4 * cm, 28.2 * cm, "Marrow Point Lighthouse · Condition survey 2024")
    canvas.drawRightString(18.6 * cm, 1.3 * cm, f"Page {document.page} of 5")
    canvas.setStrokeColor(colors.HexColor("#b8c4cb"))
    canvas.line(2.4 * cm, 28.0 * cm, 18.6 * cm, 28.0 * cm)


def _paragraphs(*texts: str) -> list[Paragraph]:
    return [Paragraph(text, BODY) for text in texts]


def _table(rows: list[list[str]], widths: list[float], total: bool = False, left: tuple[int, ...] = (0,)) -> Table:
    style: list[Any] = [
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 9),
        ("FONT", (0, 1), (-1, -1), "Helvetica", 9.5),
        ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
        ("BACKGROUND", (0, 0), (-1, 0), BLUE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, PALE]),
        ("ALIGN", (0, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8, BLUE),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    style += [("ALIGN", (column, 0), (column, -1), "LEFT") for column in left]
    if total:
        style.append(("FONT", (0, -1), (-1, -1), "Helvetica-Bold", 9.5))
    return Table(
        rows, colWidths=[width * cm for width in widths], style=TableStyle(style), hAlign="LEFT", spaceAfter=10
    )


def _picture(image: Image.Image, width: float) -> Picture:
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=88)
    data.seek(0)
    return Picture(data, width=width * cm, height=width * image.height / image.width * cm, hAlign="LEFT")


def _summary() -> list[Any]:
    box = Table(
        [
            [Paragraph(text, SMALL)]
            for text in (
                "<b>Surveyed:</b> 12 to 14 March 2024, dry weather, 7 to 11 °C, after a wet winter",
                "<b>For:</b> Marrow Point Lighthouse Trust",
                "<b>By:</b> Ruth Hale, building surveyor, with two volunteers of the Trust",
                "<b>Method:</b> laser measurement, moisture meter at 1.2 m above each floor, tapping of the render, "
                "rope inspection of the gallery",
            )
        ],
        colWidths=[15.7 * cm],
        style=TableStyle([("BACKGROUND", (0, 0), (-1, -1), PALE), ("LEFTPADDING", (0, 0), (-1, -1), 10)]),
    )
    return [
        Spacer(1, 1.2 * cm),
        Paragraph("Marrow Point Lighthouse", TITLE),
        Paragraph("Condition survey 2024", HEADING),
        Spacer(1, 0.3 * cm),
        box,
        Spacer(1, 0.7 * cm),
        Paragraph("Summary", HEADING),
        *_paragraphs(
            "The tower stands straight and its foundation on the rock is sound. It is the weather that has got in. "
            "Wind-driven rain enters through open joints on the "
            "north-west side, and cement pointing from the 1970s keeps the water inside the wall.",
            "The cast-iron lantern is in fair condition. The railing of the gallery is not safe, and the gallery "
            "should stay closed to visitors until it has been repaired.",
            f"The lens is of great value. It can be made complete again if {sum(m for *_, m in facts.LENS)} missing "
            "prisms are found or made.",
            f"We recommend seven pieces of work. Together they are estimated at {facts.pounds(facts.ESTIMATES)}, "
            "without scaffolding.",
        ),
        Paragraph("Contents", HEADING),
        *[
            Paragraph(line, SMALL)
            for line in (
                "1  The tower: page 2",
                "2  Walls and moisture: page 3",
                "3  Lantern and lens: page 4",
                "4  Recommended works: page 5",
            )
        ],
    ]


def _tower() -> list[Any]:
    floors = [(level, room, floor) for level, room, floor, *_ in facts.LEVELS] + [facts.LANTERN]
    return [
        Paragraph("1  The tower", HEADING),
        *_paragraphs(
            "The lighthouse was built of granite and first lit on 4 October 1871. It has been unmanned since 2 "
            "September 1986. "
            f"From the doorstep to the top of the lantern roof it measures {facts.HEIGHT} metres. The light stands "
            "46 metres above the sea.",
            "A stair of 139 steps runs inside the wall and passes six rooms below the lantern (Figure 1). The steps "
            "are worn but safe; the handrail is loose "
            "between levels 4 and 5. The character of the light is two white flashes every 15 seconds, with a range "
            "of 17 nautical miles.",
        ),
        _picture(tower_section(floors, facts.HEIGHT), 10.6),
        Paragraph("Figure 1. Section through the tower with its levels. Heights are above the doorstep.", CAPTION),
    ]


def _moisture() -> list[Any]:
    rows = [["Level", "Room", "Wall (m)", "NW side (%)", "SE side (%)", "Main defect"]]
    rows += [
        [str(level), room, f"{wall:.2f}", f"{wet:.1f}", f"{dry:.1f}", defect]
        for level, room, _, wall, wet, dry, defect in facts.LEVELS
    ]
    return [
        Paragraph("2  Walls and moisture", HEADING),
        *_paragraphs(
            "Moisture was measured on each level on the weather side (north-west) and on the sheltered side "
            "(south-east). Stone walls of this kind are "
            "dry enough for lime plaster below 15 %. Above 20 % timber in the wall begins to rot.",
        ),
        Paragraph("Table 1. Thickness of the wall, moisture and main defect on each level.", CAPTION),
        _table(rows, [1.5, 2.9, 2.0, 2.4, 2.4, 4.5], left=(0, 1, 5)),
        Spacer(1, 0.3 * cm),
        _picture(_chart(), 14.6),
        Paragraph("Figure 2. Moisture by level. The line marks the 20 % above which timber is at risk.", CAPTION),
        *_paragraphs(
            "The sheltered side is dry enough everywhere. The trouble is the weather side, where the old cement "
            "pointing should be cut out by hand."
        ),
    ]


def _chart() -> Image.Image:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.6, 3.4), dpi=160)
    places = np.arange(len(facts.LEVELS))
    axes.bar(
        places - 0.2, [level[4] for level in facts.LEVELS], 0.38, color="#1f4e6b", label="north-west (weather side)"
    )
    axes.bar(places + 0.2, [level[5] for level in facts.LEVELS], 0.38, color="#d9a441", label="south-east (sheltered)")
    axes.axhline(20, color="#b23a2f", linewidth=1.2, linestyle="--")
    axes.set_xticks(places, [f"{level[0]}\n{level[1]}" for level in facts.LEVELS], fontsize=8)
    axes.set_ylabel("moisture (%)", fontsize=9)
    axes.set_ylim(0, 30)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.tight_layout()
    data = io.BytesIO()
    figure.savefig(data, format="png")
    plt.close(figure)
    return Image.open(data)


def _lens() -> list[Any]:
    rows = [
        ["Panel", "Prisms", "Chipped", "Missing"],
        *[[str(n), str(facts.PRISMS_A_PANEL), str(chipped), str(missing)] for n, chipped, missing in facts.LENS],
    ]
    prisms, chipped, missing = (
        facts.PRISMS_A_PANEL * len(facts.LENS),
        sum(c for _, c, _ in facts.LENS),
        sum(m for *_, m in facts.LENS),
    )
    rows.append(["Total", str(prisms), str(chipped), str(missing)])
    return [
        Paragraph("3  Lantern and lens", HEADING),
        *_paragraphs(
            "The lantern is of cast iron with 16 panes. Two panes are cracked. Rust has lifted the paint around the "
            "feet of the glazing bars, "
            "but the iron below is thick enough. The copper roof is tight.",
            "The railing of the gallery has lost 4 of its 22 posts. It moves by 6 cm when pushed. <b>The gallery "
            "must stay closed.</b>",
            f"The lens is a third-order Fresnel lens with eight panels, {prisms} prisms in all, and a focal length "
            "of 500 mm. It is complete except for "
            f"{missing} prisms; {chipped} more are chipped at the edge, which does little harm to the light. Table 2 "
            "gives the count for each panel.",
        ),
        Paragraph("Table 2. State of the prisms in the eight panels of the lens.", CAPTION),
        _table(rows, [3, 3, 3, 3], total=True),
        *_paragraphs(
            "The putty is original and mostly sound. The clockwork that turned the lens is complete and could be "
            "made to run again. "
            "The lens should be covered while there are works above it, and nobody should clean it with solvents.",
        ),
    ]


def _works() -> list[Any]:
    rows = [
        ["Priority", "Work", "Estimate"],
        *[[priority, work, facts.pounds(estimate)] for priority, work, estimate, *_ in facts.WORKS],
    ]
    rows.append(["", "Total without scaffolding", facts.pounds(facts.ESTIMATES)])
    return [
        Paragraph("4  Recommended works", HEADING),
        *_paragraphs(
            "Priority A means within one year, B within two years, C within five years. Estimates are in pounds, "
            "without tax."
        ),
        Paragraph("Table 3. Works in the order of their priority.", CAPTION),
        _table(rows, [2, 10, 3], total=True, left=(0, 1)),
        *_paragraphs(
            "Pointing and lime-wash need frost-free weather, so the works should begin in April. Both can share one "
            "scaffold, which would have to stand for about fourteen weeks.",
            "Before the scaffold is put up, the ledges have to be checked for nesting birds. If nests are in use, "
            "work on that side waits until the young have flown.",
            "We suggest that humidity is recorded in the bedroom, the oil store and the lantern room for at least a "
            "year after the works, so that the drying of the wall can be followed.",
        ),
        Spacer(1, 0.6 * cm),
        Paragraph("Ruth Hale, building surveyor, 28 March 2024", CAPTION),
    ]
