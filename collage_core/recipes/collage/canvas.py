"""Cells to a collage: a canvas of the grid and its thumbnail, as JPEG files."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.pictures.encoding import encoded_jpeg
from collage_core.pictures.imaging import Cell
from collage_core.pictures.memory import (
    MAX_DECODING_BYTES,
    decoding_memory,
    trim_heap,
)

BACKGROUND = (238, 238, 236)
"""Of cells that no cover is left for: a light grey that recedes behind any picture."""

THUMBNAIL_WIDTH = 400
THUMBNAIL_QUALITY = 85

_CELLS_PER_RETURN = 50
"""The memory of placed cells is given back after so many, or the largest grids would take twice
their memory. Most collages have fewer, and their memory serves the next ones."""

_LARGEST_KEPT_CANVAS = 6_100_000
"""Pixels of four bytes. A grid of 5x7 has 4.2 million, or 6.05 million with the largest cells; the
largest canvas has 48 million."""

_of_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Collage:
    """One creator's collage and its thumbnail, both as JPEG files."""

    jpeg: bytes
    thumbnail: bytes


def compose(
    cells: Iterable[Cell],
    *,
    rows: int,
    cols: int,
    quality: int,
    cell_size: CellSize = DEFAULT_CELL_SIZE,
) -> Collage:
    """Cells of `cell_size` row by row from the top left, on a canvas of the whole grid.

    The same cells give the same bytes. At least one cell, and at most rows x cols; raises
    ValueError for any other number. Cells are taken one by one and not kept: an iterator that
    does not keep them either frees their memory on the way.
    """
    canvas_bytes = rows * cols * cell_size.bytes
    # What the largest canvases take is no longer there for decoding; elsewhere it is nothing.
    with decoding_memory.hold(min(canvas_bytes, MAX_DECODING_BYTES)):
        canvas = _canvas(cells, rows, cols, cell_size)
        return Collage(
            jpeg=encoded_jpeg(canvas, quality=quality),
            thumbnail=encoded_jpeg(_thumbnail(canvas), quality=THUMBNAIL_QUALITY),
        )


def _canvas(cells: Iterable[Cell], rows: int, cols: int, size: CellSize) -> Image.Image:
    """The picture of the grid, every pixel of it painted."""
    width, height = size
    canvas = _bare_canvas(cols * width, rows * height)
    places = ((col * width, row * height) for row in range(rows) for col in range(cols))
    count = 0
    for cell in cells:
        place = next(places, None)
        if place is None:
            raise ValueError(f"more than {count} cells for a grid of {rows}x{cols}")
        canvas.paste(cell, place)
        count += 1
        if count % _CELLS_PER_RETURN == 0:
            trim_heap()
    if not count:
        raise ValueError(f"no cells for a grid of {rows}x{cols}: give at least one")
    for left, top in places:
        canvas.paste(BACKGROUND, (left, top, left + width, top + height))
    return canvas


def _bare_canvas(width: int, height: int) -> Image.Image:
    """A canvas with anything on it: a new one, or the one before in this thread.

    To have the system provide 17 MB page by page takes longer than to paint on it.
    """
    kept: Image.Image | None = getattr(_of_thread, "canvas", None)
    if kept and kept.size == (width, height):
        return kept
    # Not filled: a large one takes up its memory cell by cell, as that of the cells goes.
    canvas = Image.new("RGB", (width, height), None)
    _of_thread.canvas = canvas if width * height <= _LARGEST_KEPT_CANVAS else None
    return canvas


def _thumbnail(canvas: Image.Image) -> Image.Image:
    if canvas.width <= THUMBNAIL_WIDTH:
        return canvas
    height = round(canvas.height * THUMBNAIL_WIDTH / canvas.width)
    # The gap makes it average whole blocks of pixels first: a tenth of the time, same look.
    return canvas.resize(
        (THUMBNAIL_WIDTH, max(height, 1)), Image.Resampling.BICUBIC, reducing_gap=1.0
    )
