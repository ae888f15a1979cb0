"""Draws what is not a scene: the lens panel, the section through the tower, the screenshot of the monitor."""

from __future__ import annotations

import sample_facts as facts
from PIL import Image, ImageDraw
from sample_painting import font


def lens_drawing() -> Image.Image:
    """A front view of one lens panel: rings of prisms around the bull's-eye, with the gaps marked; 900×900."""
    size = 1800
    image = Image.new("RGB", (size, size), (247, 243, 232))
    draw = ImageDraw.Draw(image)
    draw.rectangle((240, 120, 1560, 1560), outline=(96, 76, 40), width=26, fill=(226, 232, 228))
    for ring in range(10):
        radius = 620 - ring * 56
        tone = 188 + (ring % 2) * 34
        draw.ellipse(
            (900 - radius, 840 - radius, 900 + radius, 840 + radius),
            fill=(tone - 26, tone + 6, tone + 4),
            outline=(44, 78, 92),
            width=6,
        )
        draw.arc(
            (906 - radius + 14, 840 - radius + 14, 900 + radius - 14, 840 + radius - 14),
            200,
            260,
            fill=(246, 252, 252),
            width=12,
        )
    for start in (18, 128):
        draw.arc((900 - 618, 840 - 618, 900 + 618, 840 + 618), start, start + 30, fill=(196, 60, 44), width=52)
    draw.text(
        (900, 1650),
        "Lens panel 5, seen from the sea. Red: missing prisms.",
        font=font("DejaVuSerif-Italic", 50),
        fill=(60, 52, 44),
        anchor="mm",
    )
    return image.resize((900, 900), Image.Resampling.LANCZOS)


def tower_section(floors: list[tuple[int, str, float]], height: float) -> Image.Image:
    """A cut through the tower with its rooms; floors are (level, room, metres above the doorstep); 1100×1500."""
    image = Image.new("RGB", (1100, 1500), "white")
    draw = ImageDraw.Draw(image)
    ground, scale, middle = 1400.0, 41.0, 360.0

    def y(metres: float) -> float:
        return ground - metres * scale

    def half(metres: float) -> float:
        return 170 - metres * 2.6

    top = floors[-1][2]
    for wall in (-1, 1):
        inner = [(middle + wall * (half(m) - 78 + m * 1.7), y(m)) for m in (0, top)]
        outer = [(middle + wall * half(m), y(m)) for m in (top, 0)]
        draw.polygon(inner + outer, fill=(206, 198, 184), outline=(70, 64, 58))
    for _, _, metres in floors:
        draw.line((middle - half(metres), y(metres), middle + half(metres), y(metres)), fill=(70, 64, 58), width=6)
    draw.rectangle((middle - 84, y(29.4), middle + 84, y(top)), outline=(70, 64, 58), width=6, fill=(255, 246, 214))
    draw.ellipse((middle - 40, y(28.9), middle + 40, y(26.7)), fill=(196, 226, 230), outline=(44, 78, 92), width=5)
    draw.polygon(
        [
            (middle - 104, y(29.4)),
            (middle + 104, y(29.4)),
            (middle + 20, y(31)),
            (middle, y(height)),
            (middle - 20, y(31)),
        ],
        fill=(90, 88, 98),
    )
    draw.line((120, ground, 640, ground), fill=(70, 64, 58), width=8)
    for level, room, metres in floors:
        middle_of_room = y(metres + 1.6)
        draw.line((middle + half(metres) + 14, middle_of_room, 600, middle_of_room), fill=(150, 144, 136), width=3)
        draw.text(
            (615, middle_of_room),
            f"Level {level}: {room}",
            font=font("DejaVuSans-Bold", 30),
            fill=(30, 34, 44),
            anchor="lm",
        )
        draw.text(
            (615, middle_of_room + 36),
            f"floor at {metres:.1f} m",
            font=font("DejaVuSans", 24),
            fill=(96, 96, 100),
            anchor="lm",
        )
    draw.line((70, ground, 70, y(height)), fill=(170, 50, 40), width=4)
    for end in (ground, y(height)):
        draw.line((52, end, 88, end), fill=(170, 50, 40), width=4)
    draw.text((30, 1450), f"Height {height:.1f} m", font=font("DejaVuSans-Bold", 30), fill=(170, 50, 40), anchor="lm")
    return image


def monitor_screenshot() -> Image.Image:
    """The humidity monitor on the morning of 12 October 2024, 1280×800."""
    rows = facts.readings()[:23]
    _, _, degrees, percent = rows[-1]
    image = Image.new("RGB", (1280, 800), (240, 243, 246))
    draw = ImageDraw.Draw(image)

    def write(x: float, y: float, words: str, size: int, colour: str = "#1f2933", bold: bool = False) -> None:
        draw.text((x, y), words, font=font("DejaVuSans-Bold" if bold else "DejaVuSans", size), fill=colour)

    draw.rectangle((0, 0, 1280, 64), fill="#1f4e6b")
    write(28, 18, "Marrow Point tower monitor", 24, "white", True)
    write(1010, 23, "12 October 2024, 08:00", 18, "#d7e4ec")
    cards = [
        ("Bedroom, humidity", f"{percent} %", f"alarm from {facts.ALARM} %"),
        ("Bedroom, temperature", f"{degrees} °C", "sensor MP-03"),
        ("Low tide today", "13:42", "height 0.9 m"),
        ("High tide today", "19:58", "height 4.8 m"),
    ]
    for number, (label, shown, note) in enumerate(cards):
        x = 28 + number * 310
        draw.rounded_rectangle((x, 92, x + 290, 250), 12, fill="white", outline="#d5dde3")
        write(x + 20, 108, label, 18, "#52616b")
        write(x + 20, 142, shown, 46, "#1f4e6b", True)
        write(x + 20, 210, note, 17, "#52616b")
    draw.rounded_rectangle((28, 276, 908, 770), 12, fill="white", outline="#d5dde3")
    write(50, 292, "Humidity in the bedroom since 1 October", 20, bold=True)

    def point(row: int, value: float) -> tuple[float, float]:
        return 110 + row * 34.5, 720 - (value - 60) * 10

    for level in (60, 70, 80, 90):
        draw.line((110, point(0, level)[1], 880, point(0, level)[1]), fill="#e3e9ed", width=2)
        write(52, point(0, level)[1] - 11, f"{level} %", 16, "#52616b")
    for number in range(0, 23, 4):
        write(point(number, 0)[0] - 16, 732, f"{number // 2 + 1} Oct", 15, "#52616b")
    draw.line((*point(0, facts.ALARM), *point(22, facts.ALARM)), fill="#c0392b", width=2)
    line = [point(number, row[3]) for number, row in enumerate(rows)]
    draw.line(line, fill="#1f4e6b", width=4, joint="curve")
    for dot, row in zip(line, rows, strict=True):
        draw.circle(dot, 5, fill="#c0392b" if row[3] >= facts.ALARM else "#1f4e6b")
    draw.rounded_rectangle((930, 276, 1248, 770), 12, fill="white", outline="#d5dde3")
    write(952, 292, "Alarms", 20, bold=True)
    alarms = [row for row in rows if row[3] >= facts.ALARM]
    for number, (day, time, _, humid) in enumerate(reversed(alarms)):
        height = 340 + number * 62
        draw.ellipse((954, height + 8, 968, height + 22), fill="#c0392b")
        write(982, height, f"{int(day[-2:])} October, {time}", 18)
        write(982, height + 26, f"humidity {humid} %", 16, "#52616b")
    write(952, 720, "Last vent check: 10 October", 16, "#52616b")
    return image
