"""A picture to judge crops by eye: covers with the crops and the heads drawn in."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.crops.kept import crop_box
from benchmarks.crops.portraits import Portrait
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.gravity import Gravity
from collage_core.pictures.cropping import centering

_HEIGHT, _WIDTH, _GAP = 220, 1800, 8
_HEAD = (255, 255, 255)
_COLOURS = {
    Gravity.CENTER: (230, 40, 40),
    Gravity.UPPER: (60, 120, 255),
    Gravity.ATTENTION: (40, 220, 80),
}
_THICK = 3


def save_contact_sheet(portraits: Sequence[Portrait], path: Path) -> None:
    """Draw white boxes around heads, and crops: center red, upper blue, attention green."""
    tiles = [_tile(portrait) for portrait in portraits]
    places, x, y = [], _GAP, _GAP
    for tile in tiles:
        if x + tile.width > _WIDTH:
            x, y = _GAP, y + _HEIGHT + _GAP
        places.append((x, y))
        x += tile.width + _GAP
    sheet = Image.new("RGB", (_WIDTH, y + _HEIGHT + _GAP), (250, 250, 250))
    for tile, place in zip(tiles, places, strict=True):
        sheet.paste(tile, place)
    sheet.save(path)


def _tile(portrait: Portrait) -> Image.Image:
    with Image.open(BytesIO(portrait.jpeg)) as image:
        scale = _HEIGHT / image.height
        picture = image.resize((round(image.width * scale), _HEIGHT))
        draw = ImageDraw.Draw(picture)
        for head in portrait.heads:
            draw.rectangle([part * scale for part in head], outline=_HEAD)
        for inset, (gravity, colour) in enumerate(_COLOURS.items()):
            place = centering(image, DEFAULT_CELL_SIZE, gravity)
            left, top, right, bottom = (part * scale for part in crop_box(image.size, place))
            inner = inset * _THICK
            box = (left + inner, top + inner, right - inner - 1, bottom - inner - 1)
            draw.rectangle(box, outline=colour, width=_THICK)
    return picture
