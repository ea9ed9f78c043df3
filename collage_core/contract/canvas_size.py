"""How large the canvas of a collage is, and the largest that a worker can paint."""

from collage_core.contract.cell_size import MAX_CANVAS_PIXELS, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.picture_options import PictureOptions
from collage_core.errors import MessageError

_TITLES_IN_A_CELL = 6
"""A title is as high as this part of a cell: 66 pixels with cells of 300x400."""

MAX_WEBP_PIXELS = MAX_CANVAS_PIXELS // 2
"""libwebp needs 9 bytes a pixel beside the canvas: 360 MB in all were measured with so many pixels
of pure noise, and 750 with twice as many."""


def title_height(size: CellSize, options: PictureOptions) -> int:
    """The pixels that the line of the title takes above the cells; 0 without a title."""
    return size.height // _TITLES_IN_A_CELL if options.title else 0


def canvas_size(rows: int, cols: int, size: CellSize, options: PictureOptions) -> tuple[int, int]:
    """Width and height in pixels of a canvas of that many rows and columns."""
    width = cols * size.width + (cols - 1) * options.gutter + 2 * options.margin
    height = rows * size.height + (rows - 1) * options.gutter + 2 * options.margin
    return width, height + title_height(size, options)


def check_canvas(size: CellSize, config: ProcessingConfig) -> None:
    """Raises MessageError for a grid whose canvas does not fit into a worker's memory."""
    rows, cols = config.rows, config.cols
    if rows * cols > size.most_cells:
        raise MessageError(
            f"rows x cols is {rows}x{cols}, {rows * cols} cells: of {size} pixels each, at "
            f"most {size.most_cells} fit into a worker's memory; ask for fewer, or choose "
            "smaller ones with CELL_SIZE (on the command line with --cell-size)"
        )
    width, height = canvas_size(rows, cols, size, config)
    if width * height > MAX_CANVAS_PIXELS:
        raise MessageError(
            f"rows x cols is {rows}x{cols}: with the gutter, the margin and the title the canvas "
            f"has {width}x{height} pixels, and at most {MAX_CANVAS_PIXELS:,} fit into a worker's "
            f"memory; ask for fewer cells, or for a smaller gutter and margin"
        )
    if config.format == "webp" and width * height > MAX_WEBP_PIXELS:
        raise MessageError(
            f"format is webp, and the canvas has {width}x{height} pixels: at most "
            f"{MAX_WEBP_PIXELS:,} of a WebP fit into a worker's memory; ask for jpg or png, or for "
            "fewer cells"
        )
