"""Cells to a collage: a canvas of the grid and its thumbnail, as files."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import repeat
from typing import Protocol

from PIL import Image, ImageColor

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.picture_options import PictureOptions
from collage_core.pictures.corners import rounded
from collage_core.pictures.description import NOTHING_EMBEDDED, Embedded
from collage_core.pictures.encoding import FileFormat, encoded
from collage_core.pictures.imaging import Cell
from collage_core.pictures.memory import (
    MAX_DECODING_BYTES,
    decoding_memory,
    trim_heap,
)
from collage_core.recipes.collage.captions import NO_CAPTIONS, Captions
from collage_core.recipes.collage.geometry import Layout, gaps, layout
from collage_core.recipes.collage.lettering import draw_title, with_label

THUMBNAIL_WIDTH = 400
THUMBNAIL_QUALITY = 85

_CELLS_PER_RETURN = 50
"""Free placed cells every so many cells, so that the largest grids do not need twice their memory.
Most collages have fewer cells, and their memory serves the next ones."""

_LARGEST_KEPT_CANVAS = 6_100_000
"""In pixels, of four bytes each. A grid of 5x7 has 4.2 million, or 6.05 million with the largest
cells; the largest canvas has 48 million."""

_of_thread = threading.local()


class Cells(Protocol):
    """As many cells as its length says, read once and in their order."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Cell]: ...


@dataclass(frozen=True, slots=True)
class Collage:
    """One creator's collage, as a file of the format that was asked for, and its thumbnail."""

    picture: bytes
    thumbnail: bytes
    """A JPEG."""


def compose(
    cells: Cells,
    config: ProcessingConfig,
    *,
    cell_size: CellSize = DEFAULT_CELL_SIZE,
    captions: Captions = NO_CAPTIONS,
    about: Embedded = NOTHING_EMBEDDED,
) -> Collage:
    """Place cells of `cell_size` row by row from the top left, on a canvas as `config` describes.

    `about` is written into both files. The same arguments give the same bytes. Raises ValueError
    for no cells or for more than rows x cols. Cells are read one by one and not kept: an iterator
    that does not keep them either frees their memory on the way.
    """
    places = layout(
        len(cells), rows=config.rows, cols=config.cols, cell_size=cell_size, options=config
    )
    # A large canvas takes its memory from that for decoding; a usual one takes little of it.
    with decoding_memory.hold(min(places.bytes, MAX_DECODING_BYTES)):
        canvas = _canvas(cells, places, config, captions)
        return Collage(
            picture=encoded(canvas, _file_format(config, about)),
            thumbnail=encoded(_thumbnail(canvas), _thumbnail_format(about)),
        )


def thumbnail_of(picture: bytes, *, about: Embedded = NOTHING_EMBEDDED) -> bytes:
    """The thumbnail of a collage that `compose` has made, from its file.

    Raises ValueError for a file that is no picture.
    """
    try:
        with decoding_memory.hold(MAX_DECODING_BYTES), Image.open(BytesIO(picture)) as opened:
            opened.load()
            # Not `convert` in any case: it copies, and the largest canvas takes 192 MB.
            canvas = opened if opened.mode == "RGB" else opened.convert("RGB")
            return encoded(_thumbnail(canvas), _thumbnail_format(about))
    except (OSError, SyntaxError) as error:  # what Pillow raises for a file that it cannot read
        raise ValueError(f"the collage is no picture: {error}") from error


def _canvas(
    cells: Cells, places: Layout, options: PictureOptions, captions: Captions
) -> Image.Image:
    """The whole picture, every pixel of it painted."""
    canvas = _bare_canvas(places.width, places.height)
    ground = ImageColor.getrgb(options.background)
    labels = captions.labels or repeat("", len(places.cells))
    for count, (cell, box, label) in enumerate(zip(cells, places.cells, labels, strict=True), 1):
        shown = with_label(cell, label, options.corner) if label else cell
        if options.corner:
            canvas.paste(ground, box)
            canvas.paste(shown, box, rounded(*shown.size, options.corner))
        else:
            canvas.paste(shown, box)
        if count % _CELLS_PER_RETURN == 0:
            trim_heap()
    for box in gaps(places):
        canvas.paste(ground, box)
    if places.title and captions.title:
        draw_title(canvas, places.title, captions.title, options.background)
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


def _file_format(config: ProcessingConfig, about: Embedded) -> FileFormat:
    return FileFormat(
        config.format,
        config.quality,
        config.progressive,
        config.max_bytes,
        embedded=about.save_options(config.format),
    )


def _thumbnail_format(about: Embedded) -> FileFormat:
    return FileFormat("jpg", THUMBNAIL_QUALITY, embedded=about.save_options("jpg"))
