"""Paints the silent film inside the talk: a balloon drifts past the lighthouse on a clear morning; nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw
from sample_painting import Colour, Pixels, block, fill, finish, gradient, mask, noise, paint, rounded, sea

RED, CREAM, GOLD = (198, 40, 36), (250, 236, 206), (236, 168, 44)


def balloon_film(frames: int) -> Iterator[Image.Image]:
    """`frames` pictures of 1280×720: the balloon enters on the left, rises, and leaves over the sea on the right."""
    background, balloon = _morning(), _balloon()
    for number in range(frames):
        along = number / max(1, frames - 1)
        x = -0.55 * balloon.width + along * 960
        y = 150 - 120 * along + 8 * np.sin(along * 9)
        frame = background.copy()
        frame.paste(balloon, (round(x), round(y)), balloon)
        yield frame


def _morning() -> Image.Image:
    """Sky, sea, and the headland with the tower at some distance."""
    width, height, horizon = 2560, 1440, 1080
    morning: list[tuple[float, Colour]] = [(0, (86, 148, 214)), (0.5, (160, 204, 236)), (0.75, (228, 238, 240))]
    canvas = gradient(height, width, [*morning, (1, (228, 238, 240))])
    thinning = np.clip(1 - np.arange(height)[:, None] / 1000, 0, 1)
    clouds = np.clip((noise(height, width, 460, 91, 6, 2.4) - 0.56) * 3, 0, 0.85)
    paint(canvas, clouds * thinning, (252, 252, 252))
    sea(canvas, horizon, 93, (30, 88, 122), (120, 176, 192))
    _headland(canvas)
    return finish(canvas, 97, 0)  # grain would cost more bytes than all the rest


def _headland(canvas: Pixels) -> None:
    height, width = canvas.shape[:2]
    stone = 70 + noise(height, width, 70, 95, 5)[..., None] * np.asarray((70, 62, 56), float)
    grass = 60 + noise(height, width, 24, 96, 3)[..., None] * np.asarray((54, 84, 32), float)
    top = "2040,1075 2120,1034 2230,1012 2400,1004 2560,990"
    fill(canvas, f"1980,1130 {top} 2560,1150", stone, 2)
    fill(canvas, f"{top} 2560,1040 2300,1046 2110,1062", grass, 4)
    white = rounded(width, 2316, 2384, (150, 152, 164), (252, 250, 244), height)
    red = rounded(width, 2316, 2384, (120, 30, 34), (206, 58, 52), height)
    fill(canvas, "2328,690 2372,690 2384,1010 2316,1010", white, 1)
    for upper, lower in ((740, 790), (860, 914)):
        narrow, wide = (22 + 12 * (y - 690) / 320 for y in (upper, lower))
        fill(
            canvas, f"{2350 - narrow},{upper} {2350 + narrow},{upper} {2350 + wide},{lower} {2350 - wide},{lower}", red
        )
    fill(canvas, block(2318, 682, 2382, 692), (52, 52, 60))
    fill(canvas, block(2332, 640, 2368, 684), (206, 224, 228))
    fill(canvas, "2326,642 2350,606 2374,642", (60, 58, 66))


def _balloon() -> Image.Image:
    """The balloon with its basket on a transparent ground, 380×500: gores of three colours, lit from the right."""
    width, height, radius = 1140, 1500, 540
    middle, centre = width / 2, 570
    canvas = np.zeros((height, width, 3))
    rows = np.arange(height)[:, None]
    # An envelope: a ball above, narrowing to its mouth below.
    below = np.clip((rows - centre) / 640, 0, 1)
    half = np.where(rows < centre, np.sqrt(np.clip(radius**2 - (rows - centre) ** 2, 0, None)), 0)
    half = np.where(rows >= centre, radius * (1 - below**1.7 * 0.84), half)
    half[rows[:, 0] > centre + 640] = 0
    across = (np.arange(width)[None] - middle) / np.maximum(half, 1)
    inside = np.clip((1 - np.abs(across)) * np.maximum(half, 1) / 2, 0, 1) * (half > 1)
    gore = np.floor((np.arcsin(np.clip(across, -1, 1)) / np.pi + 0.5) * 12).astype(int) % 3
    colours = np.asarray([RED, CREAM, GOLD], float)[gore]
    light = 0.62 + 0.38 * np.sin(np.pi * np.clip(0.22 + 0.36 * (across + 1), 0, 1))
    paint(canvas, inside, colours * light[..., None])
    alpha = inside.copy()
    basket = mask(canvas, "500,1360 640,1360 626,1480 514,1480")
    ropes = Image.new("L", (width, height))
    pen = ImageDraw.Draw(ropes)
    for top, bottom in ((486, 504), (546, 548), (594, 592), (654, 636)):
        pen.line((top, 1206, bottom, 1364), fill=255, width=6)
    for shape, colour in ((np.asarray(ropes, float) / 255, (60, 52, 46)), (basket, (128, 84, 44))):
        paint(canvas, shape, colour)
        alpha = np.maximum(alpha, shape)
    pixels = np.dstack([canvas, alpha * 255]).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((width // 3, height // 3), Image.Resampling.LANCZOS)
