"""Cells to a collage: a canvas of the grid and its thumbnail, as JPEG files."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.pictures.description import NOTHING_EMBEDDED, Embedded
from collage_core.pictures.encoding import encoded_jpeg
from collage_core.pictures.imaging import Cell
from collage_core.pictures.memory import (
    MAX_DECODING_BYTES,
    decoding_memory,
    trim_heap,
)

BACKGROUND = (238, 238, 236)
"""The colour of empty cells: a light grey that recedes behind any picture."""

THUMBNAIL_WIDTH = 400
THUMBNAIL_QUALITY = 85

_CELLS_PER_RETURN = 50
"""Free placed cells every so many cells, so that the largest grids do not need twice their memory.
Most collages have fewer cells, and their memory serves the next ones."""

_LARGEST_KEPT_CANVAS = 6_100_000
"""In pixels, of four bytes each. A grid of 5x7 has 4.2 million, or 6.05 million with the largest
cells; the largest canvas has 48 million."""

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
    about: Embedded = NOTHING_EMBEDDED,
) -> Collage:
    """Place cells of `cell_size` row by row from the top left, on a canvas of the whole grid.

    `about` is written into both files. The same cells give the same bytes. Raises ValueError for no
    cells or for more than rows x cols.
    Cells are read one by one and not kept: an iterator that does not keep them either frees their
    memory on the way.
    """
    canvas_bytes = rows * cols * cell_size.bytes
    # A large canvas takes its memory from that for decoding; a usual one takes little of it.
    with decoding_memory.hold(min(canvas_bytes, MAX_DECODING_BYTES)):
        canvas = _canvas(cells, rows, cols, cell_size)
        return Collage(
            jpeg=encoded_jpeg(canvas, quality=quality, about=about),
            thumbnail=encoded_jpeg(_thumbnail(canvas), quality=THUMBNAIL_QUALITY, about=about),
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
    """A canvas with any content: a new one, or the last one of this thread.

    Getting 17 MB from the system page by page takes longer than painting on them.
    """
    kept: Image.Image | None = getattr(_of_thread, "canvas", None)
    if kept and kept.size == (width, height):
        return kept
    # Not filled: a large canvas then takes its memory cell by cell, while the cells free theirs.
    canvas = Image.new("RGB", (width, height), None)
    _of_thread.canvas = canvas if width * height <= _LARGEST_KEPT_CANVAS else None
    return canvas


def _thumbnail(canvas: Image.Image) -> Image.Image:
    if canvas.width <= THUMBNAIL_WIDTH:
        return canvas
    height = round(canvas.height * THUMBNAIL_WIDTH / canvas.width)
    # The gap makes Pillow average whole blocks of pixels first: a tenth of the time, same look.
    return canvas.resize(
        (THUMBNAIL_WIDTH, max(height, 1)), Image.Resampling.BICUBIC, reducing_gap=1.0
    )
