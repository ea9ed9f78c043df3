"""Where everything is on a collage: the size of its canvas, and the box of each cell.

The painter and the metadata both ask here, so a reader of the metadata finds the covers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from collage_core.contract.canvas_size import canvas_size, title_height
from collage_core.contract.cell_size import BYTES_PER_PIXEL, CellSize
from collage_core.contract.picture_options import PictureOptions


class Box(NamedTuple):
    """A rectangle in pixels from the top left of the canvas, in the order of Pillow's own boxes.

    `right` and `bottom` are the first pixels outside.
    """

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The places on one collage."""

    width: int
    """The canvas, in pixels."""
    height: int
    rows: int
    """Rows that are drawn: all of the grid, or with `trim` those that have a cover."""
    cols: int
    """Columns that are drawn."""
    title: Box | None
    """The line above the cells; None without a title."""
    cells: Sequence[Box]
    """The box of each placed cover, row by row from the top left."""

    @property
    def bytes(self) -> int:
        """The memory of the canvas."""
        return self.width * self.height * BYTES_PER_PIXEL


def layout(
    covers: int, *, rows: int, cols: int, cell_size: CellSize, options: PictureOptions
) -> Layout:
    """The places of that many covers on a collage with a grid of `rows` x `cols`.

    Raises ValueError for no covers, or for more than the grid has cells.
    """
    if not 1 <= covers <= rows * cols:
        raise ValueError(f"{covers} covers do not fit a grid of {rows}x{cols}: 1 to {rows * cols}")
    if options.trim:
        rows, cols = -(-covers // cols), min(cols, covers)
    width, height = canvas_size(rows, cols, cell_size, options)
    margin = options.margin
    above = title_height(cell_size, options)
    return Layout(
        width=width,
        height=height,
        rows=rows,
        cols=cols,
        title=Box(margin, margin, width - margin, margin + above) if above else None,
        cells=[
            _cell(index, cols, top=margin + above, size=cell_size, options=options)
            for index in range(covers)
        ],
    )


def _cell(index: int, cols: int, *, top: int, size: CellSize, options: PictureOptions) -> Box:
    """The box of a cell. A last row that is not full begins at the left, as the others do."""
    row, col = divmod(index, cols)
    left = options.margin + col * (size.width + options.gutter)
    top += row * (size.height + options.gutter)
    return Box(left, top, left + size.width, top + size.height)


def gaps(places: Layout) -> Iterator[Box]:
    """What is around and between the cells: together with them exactly the canvas, once."""
    bottom = 0
    for top, cells in groupby(places.cells, key=lambda cell: cell.top):
        yield from _some(Box(0, bottom, places.width, top))
        right = 0
        for cell in cells:
            yield from _some(Box(right, top, cell.left, cell.bottom))
            right, bottom = cell.right, cell.bottom
        yield from _some(Box(right, top, places.width, bottom))
    yield from _some(Box(0, bottom, places.width, places.height))


def _some(box: Box) -> Iterator[Box]:
    if box.left < box.right and box.top < box.bottom:
        yield box
