"""Round corners."""

from functools import lru_cache

from PIL import Image, ImageDraw

_OVERSAMPLING = 4
"""Corners are drawn this much larger and reduced, which makes them smooth."""


def clamped(radius: int, width: int, height: int) -> int:
    """The radius, at most half of a side: with it, a side is a half circle."""
    return min(radius, width // 2, height // 2)


@lru_cache(maxsize=32)
def rounded(width: int, height: int, radius: int) -> Image.Image:
    """A mask of that size, opaque but for its corners. The radius is clamped."""
    radius = clamped(radius, width, height)
    mask = Image.new("L", (width, height), 255)
    if not radius:
        return mask
    side = 2 * radius * _OVERSAMPLING
    disc = Image.new("L", (side, side))
    ImageDraw.Draw(disc).ellipse((0, 0, side - 1, side - 1), 255)
    disc = disc.reduce(_OVERSAMPLING)
    for left in (0, radius):
        for top in (0, radius):
            quarter = disc.crop((left, top, left + radius, top + radius))
            mask.paste(quarter, (left and width - radius, top and height - radius))
    return mask
