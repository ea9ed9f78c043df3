"""Collages that are looked at once, by a person, and held to that look from then on.

The covers are drawn here, so that the pictures need no licence. Each has an arrow that
points up, a colour of its own, and its number as a row of dots, and comes in one of the
ways that covers come in: other formats, lying on its side, too wide, transparent.
"""

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import decode_cell
from collage_core.recipes.collage.canvas import Collage, compose
from collage_core.recipes.collage.captions import NO_CAPTIONS, Captions
from tests.support.pictures import encoded

PICTURES = Path(__file__).parent / "pictures"
REDUCTION = 4
"""Golden pictures are this much smaller than collages: a few KB each, and still sharp enough
to show a cell that is one pixel off."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A grid, the number of its covers, and how it looks where that is not the default."""

    name: str
    rows: int
    cols: int
    covers: int
    options: Mapping[str, Any] = field(default_factory=dict)
    captions: Captions = NO_CAPTIONS

    @property
    def path(self) -> Path:
        return PICTURES / f"{self.name}.png"

    def make(self) -> Collage:
        """The collage as the worker would make it from downloaded covers."""
        config = ProcessingConfig(rows=self.rows, cols=self.cols, **self.options)
        look = {"fit": config.fit, "background": config.background, "corner": config.corner}
        cells = []
        for number in range(self.covers):
            cell = decode_cell(cover(number), **look)
            assert not isinstance(cell, Reason), cell
            cells.append(cell)
        return compose(cells, config, captions=self.captions)


_DATES = [f"2026-10-{31 - number}" for number in range(7)]
_NAMES = [
    *("mira.cooks", "日本語のカバー", "مطبخ ليلى", "🎨 color lab 🦊", "Ωμέγα Жанна", "ที่นี่ 2026"),
    "x" * 99,
]
_TITLE = Captions(title="mira.cooks, 2026-10-01 – 2026-10-31")  # noqa: RUF001

SCENES = (
    Scene("default_5x7", 5, 7, 35),
    Scene("square_6x6", 6, 6, 36),
    Scene("one_1x1", 1, 1, 1),
    Scene("large_10x10", 10, 10, 100),
    Scene("partial_5x7_of_12", 5, 7, 12),
    Scene("single_cover_5x7", 5, 7, 1),
    Scene("trim_5x7_of_12", 5, 7, 12, {"trim": True}),
    Scene("trim_5x7_of_3", 5, 7, 3, {"trim": True}),
    Scene("contain", 2, 4, 7, {"fit": "contain"}),
    Scene("blur", 2, 4, 7, {"fit": "blur"}),
    Scene("gutter_margin", 2, 4, 7, {"gutter": 12, "margin": 40, "background": "#20242c"}),
    Scene("corner", 2, 4, 7, {"corner": 32}),
    Scene("largest_corner", 2, 4, 7, {"corner": 200, "gutter": 8, "fit": "contain"}),
    Scene("labels_date", 2, 4, 7, {"labels": "date"}, Captions(labels=_DATES)),
    Scene("labels_creator", 2, 4, 7, {"labels": "creator"}, Captions(labels=_NAMES)),
    Scene("title", 2, 4, 7, {"title": "{creator}, {start} – {end}", "margin": 16}, _TITLE),  # noqa: RUF001
    Scene("webp", 2, 4, 7, {"format": "webp"}),
    Scene("png", 2, 4, 7, {"format": "png"}),
    Scene("progressive", 2, 4, 7, {"progressive": True}),
)


def picture(collage: Collage) -> Image.Image:
    """A collage in the size of the golden pictures."""
    return Image.open(BytesIO(collage.picture)).convert("RGB").reduce(REDUCTION)


def cover(number: int) -> bytes:
    """The file of a cover."""
    jpeg: dict[str, Any] = {"kind": "JPEG", "quality": 90}
    match number % 7:
        case 1:
            return encoded(_draw(number, 720, 960), "WEBP", lossless=True)
        case 2:
            image = _draw(number, 720, 960).transpose(Image.Transpose.ROTATE_90)
            jpeg["exif"] = _turned_right()
        case 3:
            image = _draw(number, 1280, 960)
        case 4:
            image = _draw(number, 720, 1280)
        case 5:
            clear = _draw(number, 600, 800).convert("RGBA")
            clear.paste((0, 0, 0, 0), (0, 700, 600, 800))
            return encoded(clear, "PNG", compress_level=1)
        case 6:
            image = _draw(number, 720, 960).convert("CMYK")
        case _:
            image = _draw(number, 1080, 1440)
    return encoded(image, **jpeg)


def _turned_right() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _draw(number: int, width: int, height: int) -> Image.Image:
    hue = number * 0.618 % 1  # steps of the golden ratio: neighbours differ most
    ground = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.55, 0.85))
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    unit, middle, top = width / 12, width / 2, height / 2 - width / 4
    arrow = [(0, 0), (3, 3), (1, 3), (1, 6), (-1, 6), (-1, 3), (-3, 3)]
    draw.polygon(
        [(middle + x * unit * 0.8, top + y * unit * 0.8) for x, y in arrow], (250, 250, 250)
    )
    for place in range(7):
        x, y, size = middle + (place - 3) * unit, top + 6.2 * unit, unit * 0.32
        dot = (30, 30, 30) if number >> place & 1 else (235, 235, 235)
        draw.ellipse((x - size, y - size, x + size, y + size), dot)
    return image
