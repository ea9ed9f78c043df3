"""One picture of all collages of a run."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

_COLUMNS = 8
_TILE = (280, 268)  # width and height in pixels: a collage's shape
_GAP = 12
_BACKGROUND = (24, 24, 28)


def draw_contact_sheet(thumbnails: Sequence[Path], out: Path) -> None:
    """Write a JPEG with the thumbnails in rows of eight, in the order given."""
    rows = -(-len(thumbnails) // _COLUMNS)
    width, height = (tile + _GAP for tile in _TILE)
    sheet = Image.new("RGB", (_COLUMNS * width + _GAP, rows * height + _GAP), _BACKGROUND)
    for index, path in enumerate(thumbnails):
        row, column = divmod(index, _COLUMNS)
        with Image.open(path) as thumbnail:
            tile = ImageOps.pad(thumbnail, _TILE, color=_BACKGROUND)
        sheet.paste(tile, (_GAP + column * width, _GAP + row * height))
    sheet.save(out, quality=88)
