"""How a picture looks, small enough to record: the mean colours of the blocks of its cell."""

from collections.abc import Sequence

from PIL import Image

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE

COLUMNS, ROWS = 6, 8
"""Blocks of 50x50 pixels. Their means tell a turn, a crop and a colour, but no sharpness."""

type Look = Sequence[Sequence[int]]
"""Red, green and blue, 0 to 255, of each block, row by row from the top left."""


def look_of(cell: Image.Image) -> Look:
    """The look of a cell of DEFAULT_CELL_SIZE."""
    width, height = DEFAULT_CELL_SIZE
    assert cell.size == (width, height)
    blocks = cell.convert("RGB").reduce((width // COLUMNS, height // ROWS))
    return [list(colour) for colour in blocks.get_flattened_data()]


def difference(left: Look, right: Look) -> int:
    """The largest difference of any block in any colour."""
    return max(
        abs(a - b)
        for left_block, right_block in zip(left, right, strict=True)
        for a, b in zip(left_block, right_block, strict=True)
    )
