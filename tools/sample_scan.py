"""Writes a page of the keeper's log of 1911 as a scanner gives it: crooked, grainy, a picture without a text layer."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from sample_painting import font, noise

rl_config.useA85 = 0

LOG = [
    ("11", "W.S.W.", "5", "29.71", "9", "Lamp lit 4.18 p.m. Fair, passing clouds."),
    ("12", "S.W.", "7", "29.30", "10", "Rain all day. Cleaned lens and wound the clock."),
    ("13", "S.W.", "9", "28.92", "11", "Heavy sea. Boat with stores could not land."),
    ("14", "W.", "10", "28.64", "12", "Gale. Pane No. 7 of lantern broken by a gull, 2 a.m."),
    ("", "", "", "", "", "Schooner Harriet Lowe ashore. Crew of nine saved."),
    ("15", "W.", "8", "29.05", "11", "New pane fitted. Wreckage on the north beach."),
    ("16", "N.W.", "4", "29.62", "9", "Stores landed: 40 gallons of oil, coal, flour, paint."),
    ("17", "N.", "3", "29.94", "9", "Calm. Painted the gallery door."),
]


def keepers_log(path: Path) -> None:
    """One week of November 1911 on a printed form, as a scanner gives it: a picture on an A4 page."""
    width, height = 1654, 2339  # A4 at 200 dots an inch
    page = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(page)
    bold, print_, pen = (
        font("STIXGeneralBol", 58),
        font("STIXGeneral", 32),
        font("STIXGeneralItalic", 39),
    )
    draw.text((width / 2, 190), "MARROW POINT LIGHT STATION", font=bold, fill=30, anchor="mm")
    draw.text(
        (width / 2, 262),
        "Keeper's Log for the Month of November 1911",
        font=font("STIXGeneral", 44),
        fill=40,
        anchor="mm",
    )
    edges = [110, 190, 340, 440, 552, 670, 1545]
    top, row_height = 350, 104
    rows = len(LOG) + 3
    for line, x in enumerate(edges):
        draw.line((x, top, x, top + row_height * (rows + 1)), fill=90, width=4 if line in (0, 6) else 2)
    for row in range(rows + 2):
        draw.line(
            (110, top + row * row_height, 1545, top + row * row_height),
            fill=90 if row < 2 else 150,
            width=4 if row < 2 else 2,
        )
    for x, name in zip(edges, ("Day", "Wind", "Force", "Barom.", "Oil, pt", "Remarks"), strict=False):
        draw.text((x + 10, top + 52), name, font=print_, fill=40, anchor="lm")
    for row, entry in enumerate(LOG):
        for x, words in zip(edges, entry, strict=False):
            draw.text(
                (x + 16, top + (row + 1.5) * row_height + (row * 7) % 5 - 2), words, font=pen, fill=48, anchor="lm"
            )
    draw.text((120, 1960), "Total of oil used this week: 71 pints.", font=pen, fill=48)
    draw.text((900, 2080), "T. Arkell, Principal Keeper", font=font("STIXGeneralBolIta", 44), fill=48)
    draw.text(
        (120, 2230),
        "Log books are the property of the Station and shall not be removed.",
        font=font("STIXGeneral", 26),
        fill=80,
    )
    paper = (
        224 + 20 * noise(height, width, 500, 91, 4) - 26 * np.clip(noise(height, width, 260, 93, 3) - 0.78, 0, 1) * 4
    )
    turned = (
        np.asarray(
            page.rotate(0.8, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.7)), float
        )
        / 255
    )
    scan = paper * turned + np.random.default_rng(95).normal(0, 5, (height, width))
    data = io.BytesIO()
    yellowed = scan[..., None] * np.asarray((1.04, 1.0, 0.9))
    Image.fromarray(np.clip(yellowed, 0, 255).astype(np.uint8)).save(data, "JPEG", quality=62)
    data.seek(0)
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.drawImage(ImageReader(data), 0, 0, *A4)
    canvas.showPage()
    canvas.save()
