"""Draws the text of a collage: a label at the foot of a cell, and the line above all cells."""

import math
from functools import lru_cache

from PIL import Image, ImageColor

from collage_core.pictures.corners import clamped
from collage_core.pictures.imaging import Cell
from collage_core.pictures.text.line import fitted_line
from collage_core.recipes.collage.geometry import Box

_LABEL_HEIGHT = 1 / 16
"""Of a cell: the size of the letters, 25 pixels in one of 300x400."""
_ABOVE_FOOT = 0.65
"""Of the letters: what is between them and the foot of the cell."""
_ABOVE_CORNER = 0.2
"""Of the radius of the corners: letters stand so high where the foot is round."""
_SHADE = 190
"""Of 255: how dark the foot of a labelled cell is. White letters are legible on white covers."""
_TITLE_HEIGHT = 0.5
"""Of its line: the size of the letters."""

_DARK, _LIGHT = "#1c1c1a", "#ffffff"


def with_label(cell: Cell, text: str, corner: int) -> Cell:
    """A copy of a cell with a line of text at its foot; the cell itself if nothing can be drawn."""
    pixels = round(cell.height * _LABEL_HEIGHT)
    corner = clamped(corner, cell.width, cell.height)
    above_foot = round(max(pixels * _ABOVE_FOOT, corner * _ABOVE_CORNER))
    inset = max(above_foot, _inset(corner, above_foot) + pixels // 4)
    line = fitted_line(text, pixels=pixels, width=cell.width - 2 * inset)
    if not line:
        return cell
    labelled = cell.copy()
    shade = _shade(cell.width, above_foot + 2 * pixels)
    labelled.paste((0, 0, 0), (0, cell.height - shade.height), shade)
    line.draw(labelled, (cell.width - line.width) / 2, cell.height - above_foot, _LIGHT)
    return labelled


def draw_title(canvas: Image.Image, box: Box, text: str, background: str) -> None:
    """Draw a line of text in the middle of its box, in black or white as the background wants."""
    height = box.bottom - box.top
    pixels = round(height * _TITLE_HEIGHT)
    line = fitted_line(text, pixels=pixels, width=box.right - box.left - pixels)
    left = (box.left + box.right - line.width) / 2
    line.draw(canvas, left, box.top + height * 0.66, _legible_on(background))


@lru_cache(maxsize=4)
def _shade(width: int, height: int) -> Image.Image:
    """A mask that is clear at the top and ever darker below, as round as a wave at both ends."""
    rows = [
        round(_SHADE * (1 - math.cos(math.pi * (row + 1) / height)) / 2) for row in range(height)
    ]
    column = Image.frombytes("L", (1, height), bytes(rows))
    return column.resize((width, height), Image.Resampling.NEAREST)


def _inset(corner: int, above: int) -> float:
    """How far a round corner reaches into a cell, so many pixels above its foot."""
    if above >= corner:
        return 0
    return corner - math.sqrt(corner**2 - (corner - above) ** 2)


def _legible_on(background: str) -> str:
    """The colour of letters with the higher contrast, by the luminance of the WCAG."""
    red, green, blue = (
        (part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4)
        for part in ImageColor.getrgb(background)[:3]
    )
    return _DARK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else _LIGHT
