"""The size of a collage's cells: one for the whole deployment, out of a few that are known good.

A JPEG decoder can halve a picture once, twice or three times, in less time than it takes to decode
it in full. If that is exactly the cell's size, no resize is needed: 360x480 is half of a cover of
720x960, and 180x240 a quarter of it.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

BYTES_PER_PIXEL = 4
"""Pillow keeps RGB in four bytes a pixel."""

MAX_CANVAS_PIXELS = 48_000_000
"""A canvas of 192 MB: 20x20 cells of 300x400 pixels. A worker, which frees each cell after it is
placed, was measured at 386 MB with it, on pure noise in quality 100
(tests/unit/collage_core/worker/test_chunk.py).
"""


class CellSize(NamedTuple):
    """Width and height of every cell in pixels, in the order of Pillow's own sizes."""

    width: int
    height: int

    @property
    def bytes(self) -> int:
        """The memory of one cell."""
        return self.width * self.height * BYTES_PER_PIXEL

    @property
    def most_cells(self) -> int:
        """How many cells the largest canvas has."""
        return MAX_CANVAS_PIXELS // (self.width * self.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


DEFAULT_CELL_SIZE = CellSize(300, 400)
"""A grid of 5x7 is a canvas of 2100x2000 pixels."""

CELL_SIZES: Mapping[str, CellSize] = {
    str(size): size for size in (CellSize(180, 240), DEFAULT_CELL_SIZE, CellSize(360, 480))
}
"""The sizes that a deployment may choose from, by name."""

CellSizeName = Literal["180x240", "300x400", "360x480"]
"""The names of CELL_SIZES, in documents."""
