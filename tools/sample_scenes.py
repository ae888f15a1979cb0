"""Paints the three scenes of the sample library: the lighthouse at dusk, the supply boat, the stopped clock."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from sample_painting import Colour, Pixels, block, fill, finish, font, glow, gradient, mask, noise, paint, rounded, sea

DARK_IRON = (36, 36, 48)


def lighthouse_at_dusk() -> Image.Image:
    """The tower on its headland after sunset, with its beam over the sea; 1200×800."""
    width, height, horizon = 2400, 1600, 1090
    dusk = [(0, (24, 32, 74)), (0.35, (84, 74, 126)), (0.55, (214, 122, 104)), (0.69, (255, 196, 120))]
    canvas = gradient(height, width, [*dusk, (1, (255, 196, 120))])
    random = np.random.default_rng(3)
    stars = zip(random.integers(0, width, 130), random.integers(0, 480, 130), random.random(130), strict=True)
    for x, y, bright in stars:
        canvas[y : y + 3, x : x + 3] += 120 * bright * (1 - y / 520)
    clouds = noise(height, width, 300, 5, 5, 4)
    band = np.exp(-(((np.arange(height) - 760) / 260) ** 2))[:, None]
    paint(canvas, np.clip((clouds - 0.52) * 3, 0, 1) * band * 0.65, (112, 66, 104))
    glow(canvas, 560, horizon, 300, (255, 170, 80), 0.55)
    sea(canvas, horizon, 11, (22, 34, 70), (112, 98, 130))

    across, down = np.arange(width)[None], np.arange(height)[:, None]
    path = np.exp(-(((across - 560) / (60 + 0.5 * np.clip(down - horizon, 0, None))) ** 2)) * (down > horizon)
    glints = np.clip((noise(height, width, 20, 21, 3, 6) - 0.42) * 4, 0, 1)
    paint(canvas, glints * path * 0.75, (255, 188, 112))

    lamp_x, lamp_y = 1640, 372
    for shape, strength in (("1640,372 -200,30 -200,330", 0.62), ("1640,372 2600,210 2600,450", 0.5)):
        fade = np.clip(1 - np.abs(across - lamp_x) / 1900, 0, 1) ** 1.3
        canvas += (mask(canvas, shape, 16) * fade * strength)[..., None] * np.asarray((255, 232, 170), float)

    stone = 18 + noise(height, width, 90, 31, 6)[..., None] * np.asarray((74, 60, 74), float)
    edge = "1380,1128 1500,1108 1700,1096 1900,1100 2050,1082 2240,1050 2400,1040"
    fill(canvas, f"980,1600 1050,1420 1130,1330 1190,1240 1290,1190 {edge} 2400,1600", stone, 2)
    grass = 20 + noise(height, width, 24, 33, 3)[..., None] * np.asarray((60, 70, 44), float)
    fill(canvas, f"1290,1196 {edge} 2400,1140 2100,1150 1700,1165 1420,1170", grass, 8, 0.85)
    _cottage(canvas)
    _tower(canvas, lamp_x, lamp_y)
    return finish(canvas, 41)


def _cottage(canvas: Pixels) -> None:
    fill(canvas, block(1860, 985, 2170, 1100), (156, 138, 146))
    fill(canvas, "1838,990 1900,905 2130,905 2192,990", (70, 58, 76))
    fill(canvas, block(2080, 862, 2118, 915), (96, 78, 88))
    fill(canvas, block(1992, 1020, 2034, 1100), (74, 40, 44))
    for x in (1900, 2090):
        fill(canvas, block(x, 1015, x + 46, 1062), (255, 206, 120))
        glow(canvas, x + 23, 1038, 40, (255, 180, 80), 0.35)


def _tower(canvas: Pixels, x: int, lamp_y: int) -> None:
    height, width = canvas.shape[:2]

    def centred(*corners: tuple[float, float]) -> str:
        """A shape given by its right half, from top to bottom, mirrored about the axis of the tower."""
        left = [(-across, down) for across, down in reversed(corners)]
        return " ".join(f"{x + across},{down}" for across, down in (*corners, *left))

    white = rounded(width, x - 118, x + 118, (96, 88, 116), (250, 240, 228), height)
    red = rounded(width, x - 105, x + 105, (84, 22, 34), (206, 58, 52), height)
    iron = rounded(width, x - 110, x + 110, (28, 28, 40), (92, 88, 104), height)
    fill(canvas, centred((78, 470), (122, 1120)), white, 1)
    for top, bottom in ((590, 700), (860, 980)):
        fill(canvas, centred(*((78 + 44 * (y - 470) / 650, y) for y in (top, bottom))), red, 1)
    fill(canvas, block(x - 14, 520, x + 14, 564), (52, 50, 72))
    fill(canvas, block(x - 14, 770, x + 14, 814), (255, 214, 130))
    fill(canvas, block(x - 30, 1048, x + 30, 1122), (60, 34, 40))
    fill(canvas, centred((112, 446), (84, 478)), iron, 1)
    fill(canvas, block(x - 66, 320, x + 66, 448), (255, 236, 176))
    glow(canvas, x, lamp_y, 44, (255, 255, 220), 1.0)
    glow(canvas, x, lamp_y, 150, (255, 220, 140), 0.55)
    for offset in (-66, -33, 0, 33, 62):
        fill(canvas, block(x + offset, 318, x + offset + 5, 448), DARK_IRON)
    fill(canvas, centred((18, 248), (60, 276), (82, 322)), iron, 1)
    fill(canvas, centred((5, 196), (9, 252)), DARK_IRON)
    for offset in range(-110, 111, 22):
        fill(canvas, block(x + offset - 2, 404, x + offset + 2, 448), DARK_IRON)
    fill(canvas, block(x - 112, 402, x + 112, 408), DARK_IRON)


def supply_boat() -> Image.Image:
    """The supply boat under sail on a bright day; 1200×800."""
    width, height, horizon = 2400, 1600, 960
    day = [(0, (72, 132, 196)), (0.45, (150, 194, 226)), (0.6, (222, 234, 238)), (1, (222, 234, 238))]
    canvas = gradient(height, width, day)
    thinning = np.clip(1.15 - np.arange(height)[:, None] / 1000, 0, 1)
    paint(canvas, np.clip((noise(height, width, 420, 61, 6, 2.2) - 0.5) * 3.2, 0, 0.92) * thinning, (252, 252, 252))
    fill(canvas, "0,965 0,880 160,868 330,890 470,925 620,950 760,965", (126, 146, 156), 3)
    sea(canvas, horizon, 63, (22, 78, 112), (112, 168, 186))
    _boat(canvas)
    return finish(canvas, 67)


def _boat(canvas: Pixels) -> None:
    height, width = canvas.shape[:2]
    cloth = 0.8 + 0.3 * noise(height, width, 300, 71, 3, 0.5)[..., None]
    mirror = np.clip(noise(height, width, 22, 73, 3, 5) - 0.3, 0, 1) * 1.2
    paint(canvas, mask(canvas, "790,1200 1690,1200 1480,1500 1080,1500", 22) * np.clip(mirror, 0, 0.75), (24, 44, 62))
    paint(
        canvas, mask(canvas, "1010,1240 1500,1240 1360,1600 1220,1600", 26) * np.clip(mirror, 0, 0.5), (206, 178, 140)
    )
    mast, boom = "1290,150 1303,150 1310,1110 1286,1110", "1290,1020 1640,1002 1640,1014 1290,1036"
    for spar in (mast, boom, "560,1020 830,1085 830,1100 556,1026"):
        fill(canvas, spar, (96, 66, 42))
    sails: list[tuple[str, Colour]] = [
        ("1312,210 1390,420 1500,690 1636,990 1480,1006 1314,1010", (176, 74, 48)),
        ("1284,230 1284,980 1120,1010 940,1020 1090,720 1200,450", (232, 214, 178)),
        ("1268,300 1090,640 900,1010 740,1040 600,1026 900,700", (214, 194, 158)),
    ]
    for sail, colour in sails:
        fill(canvas, sail, (92, 68, 50), 3)
        fill(canvas, sail, np.asarray(colour, float) * cloth, 1)
    planks = np.repeat((10 * np.sin(np.arange(height) / 5.0))[:, None], width, axis=1)[..., None]
    deck = "770,1080 1000,1112 1300,1118 1560,1100 1700,1066"
    fill(canvas, f"{deck} 1660,1180 1590,1226 960,1226 850,1180", np.asarray((30, 58, 88), float) + planks, 1)
    fill(canvas, f"{deck} 1697,1082 1560,1116 1300,1134 1000,1128 774,1096", (238, 232, 214))
    fill(canvas, "1380,1060 1520,1052 1528,1106 1376,1114", (150, 104, 62))
    foam = np.clip(noise(height, width, 26, 77, 3, 3) * 1.6 - 0.4, 0, 1)
    paint(canvas, mask(canvas, "700,1222 900,1206 1640,1210 1900,1240 1560,1256 860,1252", 8) * foam, (240, 246, 248))


def watch_room_clock() -> Image.Image:
    """The stopped clock on the boarded wall of the watch room: twenty to four; 900×900."""
    size, middle = 1800, 900
    boards = gradient(size, size, [(0, (150, 106, 68)), (1, (112, 76, 48))])
    boards *= 0.72 + 0.5 * noise(size, size, 160, 81, 6, 0.12)[..., None]
    for x in range(0, size, 300):
        boards[:, x : x + 8] *= 0.45
    shadow = Image.new("L", (size, size))
    ImageDraw.Draw(shadow).ellipse((270, 300, 1590, 1620), fill=200)
    paint(boards, np.asarray(shadow.filter(ImageFilter.GaussianBlur(46)), float) / 255, (24, 14, 8))
    image = Image.fromarray(np.clip(boards, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for step in range(120):
        shine = 0.5 + 0.5 * np.sin(step / 120 * np.pi * 2.2)
        inset = 260 + step
        draw.ellipse(
            (inset, inset, size - inset, size - inset),
            fill=(int(120 + 110 * shine), int(84 + 96 * shine), int(36 + 62 * shine)),
        )
    draw.ellipse((380, 380, 1420, 1420), fill=(244, 236, 214), outline=(70, 50, 26), width=8)
    for minute in range(60):
        angle = np.radians(minute * 6)
        inner = 450 if minute % 5 == 0 else 474
        draw.line(
            [(middle + r * np.sin(angle), middle - r * np.cos(angle)) for r in (inner, 492)],
            fill=(30, 26, 24),
            width=12 if minute % 5 == 0 else 5,
        )
    numerals = ("XII", "I", "II", "III", "IIII", "V", "VI", "VII", "VIII", "IX", "X", "XI")
    for hour, numeral in enumerate(numerals):
        angle = np.radians(hour * 30)
        draw.text(
            (middle + 378 * np.sin(angle), middle - 378 * np.cos(angle)),
            numeral,
            font=font("STIXGeneralBol", 104),
            fill=(28, 24, 24),
            anchor="mm",
        )
    draw.text((middle, 680), "MARROW POINT", font=font("STIXGeneral", 52), fill=(60, 50, 44), anchor="mm")
    for degrees, length, wide in ((3 * 30 + 20, 250, 26), (40 * 6, 405, 17)):
        angle = np.radians(degrees)
        along, aside = np.array([np.sin(angle), -np.cos(angle)]), np.array([np.cos(angle), np.sin(angle)])
        points = [
            -70 * along + wide * 0.5 * aside,
            0.72 * length * along + wide * aside,
            length * along,
            0.72 * length * along - wide * aside,
            -70 * along - wide * 0.5 * aside,
        ]
        draw.polygon([(middle + p[0], middle + p[1]) for p in points], fill=(24, 22, 30))
    draw.ellipse((866, 866, 934, 934), fill=(150, 112, 52), outline=(60, 42, 20), width=6)
    canvas = np.asarray(image, float).copy()
    paint(canvas, mask(boards, "480,560 760,400 1180,1330 960,1400", 60) * 0.16, (255, 255, 255))
    return finish(canvas, 87, 2)
