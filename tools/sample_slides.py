"""Draws the slides of the talk, 1280×720. What stands on them stands in no other sample."""

from __future__ import annotations

import math

import sample_facts as facts
from PIL import Image, ImageDraw
from sample_painting import font

PAPER, BLUE, INK, GREY, BRASS = "#F7F4EC", "#1F4E6B", "#1F2933", "#8A949B", "#B08A3E"


def slides() -> dict[str, Image.Image]:
    """Each slide by the heading under which spoken.md says what is said to it."""
    return {
        "title": _cover("Relighting the lamp", "Workshop evening, 15 February 2025", "Sam Whitlock, workshop lead"),
        "clockwork": _clockwork(),
        "flashes": _flashes(),
        "lamp": _table("Two lamps compared", [("", "Old lamp", "New lamp"), *facts.LAMPS], (330, 360, 360)),
        "film": _cover("A short film", "Harbour camera, 30 July 2024", ""),
        "trouble": _table(
            "Telephone numbers for the night",
            [("", "Who", "Telephone"), *facts.TELEPHONES],
            (110, 480, 480),
            "Radio: VHF channel 12",
        ),
        "watch": _table(
            "Night watches from October",
            [("Watch", "From", "To"), *facts.WATCHES],
            (430, 320, 320),
            "Training day: Sunday 11 May 2025, 10:00, in the cottage",
        ),
        "end": _cover("Thank you", "Next evening: 15 March 2025, lime mortar", "Bring old gloves."),
    }


def _slide(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (1280, 720), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((90, 96), title, font=font("DejaVuSerif-Bold", 48), fill=BLUE, anchor="lm")
    draw.line((90, 146, 1190, 146), fill=BRASS, width=4)
    return image, draw


def _cover(title: str, line: str, name: str) -> Image.Image:
    image = Image.new("RGB", (1280, 720), BLUE)
    draw = ImageDraw.Draw(image)
    draw.polygon([(1280, 120), (1280, 600), (1010, 372), (1010, 348)], fill="#2C6180")
    draw.text((90, 290), title, font=font("DejaVuSerif-Bold", 66), fill="white", anchor="lm")
    draw.text((90, 390), line, font=font("DejaVuSans", 34), fill="#F2D9A0", anchor="lm")
    draw.text((90, 450), name, font=font("DejaVuSans", 34), fill="white", anchor="lm")
    return image


def _table(title: str, rows: list[tuple[str, ...]], widths: tuple[int, ...], note: str = "") -> Image.Image:
    image, draw = _slide(title)
    height = 82
    for number, row in enumerate(rows):
        y = 190 + number * height
        if number == 0:
            draw.rectangle((90, y, 90 + sum(widths), y + height), fill=BLUE)
        draw.line((90, y + height, 90 + sum(widths), y + height), fill=GREY, width=2)
        for column, words in enumerate(row):
            bold, colour = ("-Bold", "white") if number == 0 else ("", INK)
            x = 112 + sum(widths[:column])
            draw.text((x, y + height / 2), words, font=font(f"DejaVuSans{bold}", 34), fill=colour, anchor="lm")
    draw.text((90, 650), note, font=font("DejaVuSans", 30), fill=INK, anchor="lm")
    return image


def _clockwork() -> Image.Image:
    image, draw = _slide("The clockwork")
    for number, line in enumerate(
        ("Built by Ellery & Hart, Bristol, 1870", "14 brass wheels, the largest 41 cm", "Oil: six drops a week")
    ):
        draw.text((90, 240 + number * 82), line, font=font("DejaVuSans", 34), fill=INK, anchor="lm")
    for x, y, radius, teeth in ((1010, 350, 150, 36), (830, 520, 96, 23), (1100, 560, 88, 21)):
        corners = []
        for step in range(teeth * 4):
            angle, reach = step * math.tau / (teeth * 4), radius + (14 if step % 4 < 2 else 0)
            corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        draw.polygon(corners, fill=BRASS, outline="#6E5420")
        inner = radius * 0.78
        draw.ellipse((x - inner, y - inner, x + inner, y + inner), fill=PAPER, outline="#6E5420", width=3)
        for spoke in range(6):
            angle = spoke * math.tau / 6 + 0.3
            end = (x + inner * math.cos(angle), y + inner * math.sin(angle))
            draw.line((x, y, *end), fill=BRASS, width=14)
        draw.ellipse((x - 22, y - 22, x + 22, y + 22), fill="#6E5420")
    return image


def _flashes() -> Image.Image:
    image = _table(
        "Our light: two flashes every 15 seconds", [("", "Begins at", "Lasts"), *facts.FLASHES], (430, 320, 320)
    )
    draw = ImageDraw.Draw(image)
    draw.rectangle((90, 632, 1160, 672), fill="#16242E")
    for name, begins, lasts in facts.FLASHES:
        if name != "Dark":
            left, wide = (float(value.split()[0]) * 1070 / 15 for value in (begins, lasts))
            draw.rectangle((90 + left, 632, 90 + left + wide, 672), fill="#FFE9A8")
    return image
