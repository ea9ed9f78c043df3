"""One picture of many collages, with the names of their creators."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from collage_core.report.label_fonts import label

MOST_TILES = 96
"""The most collages on one sheet: more of them are too small a part of it to be found again."""

_COLUMNS = 8
_TILE = (280, 268)  # width and height in pixels: a collage's shape
_LABEL = 30
_FONT_SIZE = 18
_GAP = 12
_BACKGROUND = (24, 24, 28)
_TEXT = (232, 232, 228)


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
    draw = ImageDraw.Draw(sheet)
    for index, (name, thumbnail) in enumerate(shown):
        row, column = divmod(index, columns)
        left, top = _GAP + column * width, _GAP + row * height
        with Image.open(io.BytesIO(thumbnail)) as picture:
            sheet.paste(ImageOps.pad(picture, _TILE, color=_BACKGROUND), (left, top))
        text, font = label(name, size=_FONT_SIZE, width=_TILE[0])
        place = (left + _TILE[0] // 2, top + _TILE[1] + _LABEL // 2)
        draw.text(place, text, fill=_TEXT, font=font, anchor="mm")
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=88)
    return written.getvalue()
