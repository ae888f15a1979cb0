"""Brushes for the pictures of the sample library: noise, gradients, polygons, light. Knows nothing of what is painted.

A canvas is an array of height×width×3 in 0..255, twice as large as the picture that it becomes. All noise comes
from a seed, so a second run paints the same.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = NDArray[np.float64]
Colour = tuple[int, int, int]

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def font(name: str, size: float) -> ImageFont.FreeTypeFont:
    """A font that travels with matplotlib, such as 'DejaVuSans-Bold' or 'STIXGeneral'."""
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)


def noise(height: int, width: int, cell: int, seed: int, octaves: int = 4, stretch: float = 1.0) -> Pixels:
    """Cloudy noise in 0..1, height×width; `cell` is the largest spot in pixels, `stretch` widens it."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for octave in range(octaves):
        size = max(2, cell >> octave)
        rows, columns = height // size + 2, int(width / (size * stretch)) + 2
        spots = Image.fromarray((random.random((rows, columns)) * 255).astype(np.uint8))
        total += np.asarray(spots.resize((width, height), Image.Resampling.BICUBIC), float) / 255 / 2**octave
    total -= total.min()
    return total / total.max()


def gradient(height: int, width: int, stops: list[tuple[float, Colour]]) -> Pixels:
    """Colours running from top to bottom, height×width×3 in 0..255."""
    at = np.linspace(0, 1, height)
    channels = [np.interp(at, [s for s, _ in stops], [c[i] for _, c in stops]) for i in range(3)]
    return np.repeat(np.stack(channels, axis=1)[:, None, :], width, axis=1)


def mask(canvas: Pixels, shape: str, blur: float = 0) -> Pixels:
    """A filled polygon as 0..1, as large as the canvas. Its corners are written 'x,y x,y …', in pixels."""
    height, width = canvas.shape[:2]
    corners = [tuple(float(number) for number in corner.split(",")) for corner in shape.split()]
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).polygon(corners, fill=255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)) if blur else image, float) / 255


def block(left: float, top: float, right: float, bottom: float) -> str:
    """The corners of a rectangle, for `mask` and `fill`."""
    return f"{left},{top} {right},{top} {right},{bottom} {left},{bottom}"


def paint(canvas: Pixels, where: Pixels, colour: Pixels | Colour) -> None:
    """Lays a colour (or a picture) over the canvas where the mask says so."""
    canvas += where[..., None] * (np.asarray(colour, float) - canvas)


def fill(canvas: Pixels, shape: str, colour: Pixels | Colour, blur: float = 0, strength: float = 1) -> None:
    """Paints a polygon."""
    paint(canvas, mask(canvas, shape, blur) * strength, colour)


def glow(canvas: Pixels, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
    """Adds light that fades with the distance from a point."""
    rows, columns = np.mgrid[: canvas.shape[0], : canvas.shape[1]]
    light = strength * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * radius**2))
    canvas += light[..., None] * np.asarray(colour, float)


def rounded(width: int, x0: float, x1: float, dark: Colour, light: Colour, height: int) -> Pixels:
    """The shading of an upright cylinder between x0 and x1, lit from the right."""
    across = np.clip((np.arange(width) - x0) / (x1 - x0), 0, 1)
    lit = np.sin(np.pi * (0.15 + 0.62 * across)) ** 1.3
    row = np.asarray(dark, float) + lit[:, None] * (np.asarray(light, float) - np.asarray(dark, float))
    return np.repeat(row[None], height, axis=0)


def finish(canvas: Pixels, seed: int, grain: float = 2.5) -> Image.Image:
    """Adds a little film grain and halves the size."""
    canvas = canvas + np.random.default_rng(seed).normal(0, grain * 2, canvas.shape[:2])[..., None]
    image = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def sea(canvas: Pixels, horizon: int, seed: int, dark: Colour, light: Colour) -> None:
    """Fills everything below the horizon with waves that grow towards the viewer."""
    height, width = canvas.shape[0] - horizon, canvas.shape[1]
    near = np.linspace(0, 1, height)[:, None]
    far_waves, near_waves = noise(height, width, 16, seed, 3, 7), noise(height, width, 56, seed + 1, 4, 5)
    waves = far_waves * (1 - near) + near_waves * near
    colour = np.asarray(dark, float) + waves[..., None] ** 1.7 * (np.asarray(light, float) - np.asarray(dark, float))
    haze = (1 - near[..., None]) ** 3 * 0.55
    canvas[horizon:] = colour * (1 - haze) + canvas[horizon - 4 : horizon - 3] * haze
