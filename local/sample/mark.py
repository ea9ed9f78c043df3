"""A machine-readable mark on every sample cover, which identifies it in a cell.

A strip of black and white squares near the bottom holds the creator's index, the cover's
number and a checksum, eight bits each. It is placed where the crop to a cell's shape
keeps it, and its squares are large enough for JPEG at any usual quality.
"""

import zlib
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

CELL = (300, 400)
"""Width and height of a cell in pixels."""

_BITS = 24
_SQUARE = 12
_LEFT, _TOP = 6, 380  # of the first square, in pixels of a cell
_MARGIN = 3
_PROBE = 3  # half the side of the patch that is averaged inside a square


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
    top = (cover.height - CELL[1] / scale) / 2

    def box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        return (
            left + x / scale,
            top + y / scale,
            left + (x + width) / scale - 1,
            top + (y + height) / scale - 1,
        )

    draw = ImageDraw.Draw(cover)
    plate = (_BITS * _SQUARE + 2 * _MARGIN, _SQUARE + 2 * _MARGIN)
    draw.rectangle(box(_LEFT - _MARGIN, _TOP - _MARGIN, *plate), fill="white")
    bits = f"{mark.creator:08b}{mark.number:08b}{_checksum(mark):08b}"
    for index, bit in enumerate(bits):
        if bit == "1":
            square = box(_LEFT + index * _SQUARE, _TOP, _SQUARE, _SQUARE)
            draw.rectangle(square, fill="black")


def read_mark(image: Image.Image) -> Mark | None:
    """The mark of a cell (300x400 px), or of a whole cover; None if it has no valid one."""
    grey = ImageOps.fit(image.convert("L"), CELL)
    bits = "".join(_read_square(grey, index) for index in range(_BITS))
    mark = Mark(creator=int(bits[:8], 2), number=int(bits[8:16], 2))
    return mark if int(bits[16:], 2) == _checksum(mark) else None


def _read_square(grey: Image.Image, index: int) -> str:
    x = _LEFT + index * _SQUARE + _SQUARE // 2
    y = _TOP + _SQUARE // 2
    patch = grey.crop((x - _PROBE, y - _PROBE, x + _PROBE, y + _PROBE)).tobytes()
    return "1" if sum(patch) < 128 * len(patch) else "0"


def _checksum(mark: Mark) -> int:
    return zlib.crc32(bytes([mark.creator, mark.number])) & 0xFF
