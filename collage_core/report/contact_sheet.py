"""One picture of many collages, with the names of their creators."""

import io
from collections.abc import Sequence

from PIL import Image, ImageOps

from collage_core.layout.creator_names import encode_creator
from collage_core.pictures.text.line import Line, fitted_line

MOST_TILES = 96
"""The most collages on one sheet: more of them are too small a part of it to be found again."""

_COLUMNS = 8
_TILE = (280, 268)  # width and height in pixels: a collage's shape
_LABEL = 30
_FONT_SIZE = 18
_ABOVE_FOOT = 9
"""Of the label: letters such as g reach below their line."""
_GAP = 12
_BACKGROUND = (24, 24, 28)
_TEXT = "#e8e8e4"


def contact_sheet(tiles: Sequence[tuple[str, bytes]]) -> bytes:
    """A JPEG of up to MOST_TILES thumbnails in rows of eight, in the order given.

    A tile is a creator's name and the file of the thumbnail. Raises ValueError for no tile.
    """
    if not tiles:
        raise ValueError("a contact sheet needs at least one thumbnail")
    shown = tiles[:MOST_TILES]
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)
    width, height = _TILE[0] + _GAP, _TILE[1] + _LABEL + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), _BACKGROUND)
    for index, (name, thumbnail) in enumerate(shown):
        row, column = divmod(index, columns)
        left, top = _GAP + column * width, _GAP + row * height
        with Image.open(io.BytesIO(thumbnail)) as picture:
            sheet.paste(ImageOps.pad(picture, _TILE, color=_BACKGROUND), (left, top))
        line = _label(name)
        baseline = top + _TILE[1] + _LABEL - _ABOVE_FOOT
        line.draw(sheet, left + (_TILE[0] - line.width) / 2, baseline, _TEXT)
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=88)
    return written.getvalue()


def _label(name: str) -> Line:
    """The name in one line, or as it is in keys, which is ASCII, if none of it can be drawn."""
    line = fitted_line(name, pixels=_FONT_SIZE, width=_TILE[0])
    return line or fitted_line(encode_creator(name), pixels=_FONT_SIZE, width=_TILE[0])
