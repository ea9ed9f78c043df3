"""A machine-readable mark on every sample cover, which identifies it in a cell.

A strip of black and white squares holds the creator's index, the cover's number and a checksum,
eight bits each. It is placed where every crop to a cell's shape keeps it, whichever part of a tall
cover that shows, and its squares are large enough for JPEG at any usual quality.
"""

import zlib
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

CELL = (300, 400)
"""Width and height of a cell in pixels."""

_BITS = 24
_SQUARE = 12
_LEFT = 6  # of the first square, in pixels of a cell
_ABOVE_FOOT = 8  # from the squares to the lower end of what every crop keeps
_MARGIN = 3
_PROBE = 3  # half the side of the patch that is averaged inside a square
_DARK, _LIGHT = 96, 160
"""Of 255: a square is darker or lighter than these."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One sample cover."""

    creator: int
    """Index in `CREATORS`, 0 to 255."""
    number: int
    """1 is the creator's oldest cover; at most 255."""


def draw_mark(cover: Image.Image, mark: Mark) -> None:
    """Draw the mark on an upright RGB cover of any size."""
    scale = max(CELL[0] / cover.width, CELL[1] / cover.height)
    left = (cover.width - CELL[0] / scale) / 2
    # The lower end of what each crop to a cell keeps. Of a very tall cover only the middle is.
    foot = max(CELL[1] / scale, cover.height / 2 + (_ABOVE_FOOT + _SQUARE) / scale)
    top = foot - (_ABOVE_FOOT + _SQUARE) / scale

    def box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        return (
            left + x / scale,
            top + y / scale,
            left + (x + width) / scale - 1,
            top + (y + height) / scale - 1,
        )

    draw = ImageDraw.Draw(cover)
    plate = (_BITS * _SQUARE + 2 * _MARGIN, _SQUARE + 2 * _MARGIN)
    draw.rectangle(box(_LEFT - _MARGIN, -_MARGIN, *plate), fill="white")
    bits = f"{mark.creator:08b}{mark.number:08b}{_checksum(mark):08b}"
    for index, bit in enumerate(bits):
        if bit == "1":
            square = box(_LEFT + index * _SQUARE, 0, _SQUARE, _SQUARE)
            draw.rectangle(square, fill="black")


def read_mark(image: Image.Image) -> Mark | None:
    """The mark of a cell (300x400 px), or of a whole cover; None if it has no valid one."""
    grey = ImageOps.fit(image.convert("L"), CELL)
    found = (_read_at(grey, top) for top in range(CELL[1] - _SQUARE - _MARGIN, _MARGIN, -1))
    return next((mark for mark in found if mark), None)


def _read_at(grey: Image.Image, top: int) -> Mark | None:
    """The mark whose squares begin at that row."""
    above, below = top - _MARGIN + 1, top + _SQUARE + _MARGIN - 2
    if min(_darkest(grey, above), _darkest(grey, below)) < _LIGHT:
        return None
    bits = "".join(_read_square(grey, index, top) for index in range(_BITS))
    if "?" in bits:
        return None
    mark = Mark(creator=int(bits[:8], 2), number=int(bits[8:16], 2))
    return mark if int(bits[16:], 2) == _checksum(mark) else None


def _darkest(grey: Image.Image, row: int) -> int:
    """The darkest pixel of a row of the plate."""
    return min(grey.crop((_LEFT, row, _LEFT + _BITS * _SQUARE, row + 1)).tobytes())


def _read_square(grey: Image.Image, index: int, top: int) -> str:
    x = _LEFT + index * _SQUARE + _SQUARE // 2
    y = top + _SQUARE // 2
    patch = grey.crop((x - _PROBE, y - _PROBE, x + _PROBE, y + _PROBE)).tobytes()
    mean = sum(patch) / len(patch)
    return "1" if mean < _DARK else "0" if mean > _LIGHT else "?"


def _checksum(mark: Mark) -> int:
    return zlib.crc32(bytes([mark.creator, mark.number])) & 0xFF
