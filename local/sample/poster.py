"""Draws a sample cover: a poster in its creator's colours with the cover's number on it."""

import colorsys
import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFont

from local.sample.creators import CREATORS
from local.sample.mark import Mark, draw_mark

type Colour = tuple[int, int, int]

_GOLDEN_ANGLE = 0.381966
_DISCS = 7
_RIDGE_POINTS = 24


def draw_poster(mark: Mark, size: tuple[int, int]) -> Image.Image:
    """An RGB cover of `size` (width, height) in pixels; the same arguments give the same pixels."""
    seed = random.Random(f"{mark.creator}/{mark.number}")  # noqa: S311 - it draws pictures
    # Neighbours in the list get very different hues; a creator's covers have five shades.
    hue = mark.creator * _GOLDEN_ANGLE + 0.035 * (mark.number * 3 % 5 - 2)
    poster = _gradient(size, _colour(hue, 0.75, 0.45), _colour(hue + 0.12, 0.65, 0.95))
    draw_scene = (_draw_discs, _draw_hills)[mark.number % 2]
    draw_scene(poster, hue, seed)
    _draw_text(poster, mark)
    draw_mark(poster, mark)
    return poster


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


def _draw_hills(poster: Image.Image, hue: float, seed: random.Random) -> None:
    """A sun, and three ridges in front of one another, placed by `seed`."""
    draw = ImageDraw.Draw(poster)
    x, y = seed.uniform(0.15, 0.85) * poster.width, seed.uniform(0.25, 0.45) * poster.height
    radius = seed.uniform(0.08, 0.2) * poster.width
    draw.ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=_colour(hue + 0.1, 0.45, 0.9)
    )
    step = poster.width / _RIDGE_POINTS
    for ridge in range(3):
        phase, waves = seed.uniform(0, math.tau), seed.uniform(0.7, 1.8)
        base = poster.height * (0.55 + 0.13 * ridge)
        line = [
            (
                index * step,
                base + 0.06 * poster.height * math.sin(phase + waves * index / 5),
            )
            for index in range(_RIDGE_POINTS + 1)
        ]
        shade = _colour(hue + 0.03 * ridge, 0.7, 0.62 - 0.16 * ridge)
        draw.polygon([*line, (poster.width, poster.height), (0, poster.height)], fill=shade)


def _draw_discs(poster: Image.Image, hue: float, seed: random.Random) -> None:
    """Soft discs and rings in a neighbouring hue, placed by `seed`."""
    layer = Image.new("RGB", poster.size)
    draw = ImageDraw.Draw(layer)
    for _ in range(_DISCS):
        x, y = seed.uniform(0, poster.width), seed.uniform(0, poster.height)
        radius = seed.uniform(0.06, 0.32) * poster.width
        shade = _colour(hue + seed.uniform(0.05, 0.3), 0.6, seed.uniform(0.12, 0.4))
        ring = seed.random() < 0.4
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=None if ring else shade,
            outline=shade,
            width=max(2, poster.width // 60),
        )
    poster.paste(ImageChops.screen(poster, layer))


def _draw_text(poster: Image.Image, mark: Mark) -> None:
    draw = ImageDraw.Draw(poster)
    unit = poster.width / 100
    middle = poster.width / 2
    # Inside the part that remains when the cover is cropped to a cell's shape.
    height = poster.width * 4 / 3
    top = (poster.height - height) / 2
    name = _label(CREATORS[mark.creator].name, mark.creator)
    for text, line, letters in (
        (str(mark.number), 0.52, 48.0),
        (name, 0.13, min(9.0, 150 / len(name))),
    ):
        font = ImageFont.load_default(letters * unit)
        for shadow, fill in ((letters * unit / 40, "black"), (0.0, "white")):
            place = (middle + shadow, top + height * line + shadow)
            draw.text(place, text, font=font, fill=fill, anchor="mm")


def _label(name: str, index: int) -> str:
    """The letters of the name that Pillow's default font, which is Latin, can draw."""
    printable = "".join(letter for letter in name if " " <= letter <= "ÿ").strip()
    return printable[:24] or f"creator {index}"
