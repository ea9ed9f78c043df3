"""Opens a collage and compares what is on it with its metadata and its thumbnail.

It opens pictures that the recipe has made, never covers: of anything else it says that it cannot
be opened.
"""

import io
from collections.abc import Iterator, Mapping

from PIL import Image, ImageChops, ImageColor, ImageStat

from collage_core.contract.collage_metadata import Canvas, CollageMetadata
from collage_core.contract.picture_options import PictureFormat, PictureOptions
from collage_core.pictures.memory import MAX_DECODING_BYTES, decoding_memory

_PILLOW_NAMES: Mapping[PictureFormat, str] = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}

_THUMBNAIL_WIDTH = 400
"""As `recipes.collage.canvas` has it, which loads all that draws."""

_EDGE = 16
"""Pixels at the edges of a cell that are not looked at: a block of a picture, at most so wide, may
be partly in the next cell."""

_LEVELS = 4
"""How far the pixels of a plain cell may be from the background, of 255 levels."""

_WEBP_LEVELS = 12
"""The same in a WebP, whose quantization is not to be read."""

_THUMBNAIL_LEVELS = 12
"""How far the pixels of a thumbnail may be from those of its collage on average. The thumbnail of
another collage is off by 30 and more."""

type Box = tuple[int, int, int, int]


def picture_problems(
    collage: bytes, thumbnail: bytes, metadata: CollageMetadata, options: PictureOptions
) -> list[str]:
    """What is wrong with a collage, a line for each; empty if nothing is.

    - It can be decoded to its end, and has the format and the size that it should have.
    - Cells that the metadata does not name have the background's colour. At least one that it names
      has another; a single cover of just that colour is not found fault with.
    - The thumbnail is a small version of it.
    """
    name = _PILLOW_NAMES[options.format]
    try:
        with (
            Image.open(io.BytesIO(collage), formats=(name,)) as opened,
            decoding_memory.hold(min(opened.width * opened.height * 9, MAX_DECODING_BYTES)),
        ):
            levels = _tolerance(opened)
            picture = opened.convert("RGB")
    except Exception as error:  # noqa: BLE001 - Pillow raises almost anything for a broken file
        return [f"it cannot be opened as a {name} ({error})"]
    canvas = metadata.grid.canvas
    if canvas is None:
        return ["its metadata has no canvas"]
    wrong = _wrong_size(picture, canvas, options)
    if wrong:
        return [wrong]
    return [
        *_wrong_cells(picture, canvas, metadata, options.background, levels),
        *_wrong_thumbnail(picture, thumbnail, canvas, levels),
    ]


def _wrong_size(picture: Image.Image, canvas: Canvas, options: PictureOptions) -> str | None:
    if picture.size == (canvas.width, canvas.height):
        return None
    fits = picture.width <= canvas.width and picture.height <= canvas.height
    # Each side was rounded down by itself, more than once.
    skew = abs(picture.width * canvas.height - picture.height * canvas.width)
    if options.max_bytes and fits and skew <= 4 * max(canvas.width, canvas.height):
        return None
    return (
        f"it has {picture.width}x{picture.height} pixels, and its metadata says "
        f"{canvas.width}x{canvas.height}"
    )


def _wrong_cells(
    picture: Image.Image,
    canvas: Canvas,
    metadata: CollageMetadata,
    background: str,
    levels: float,
) -> Iterator[str]:
    named = {(cell.row, cell.col) for cell in metadata.cells}
    places = {(row, col) for row in range(canvas.rows) for col in range(canvas.cols)}
    outside = sorted(named - places)
    if outside:
        yield f"its metadata names cell {outside[0]}, which its canvas does not have"
    plain = {
        place
        for place in places
        if _is_plain(picture, _inside(picture, canvas, metadata, place), background, levels)
    }
    for row, col in sorted(places - named - plain):
        yield f"row {row}, column {col} is not empty, and its metadata names no cover there"
    if len(named) > 1 and named <= plain:
        yield f"none of its {len(named)} covers is to be seen"


def _inside(
    picture: Image.Image, canvas: Canvas, metadata: CollageMetadata, place: tuple[int, int]
) -> Box | None:
    """A cell without its edges, on the picture; None when nothing is left of it."""
    row, col = place
    width, height = metadata.grid.cell_width, metadata.grid.cell_height
    left = canvas.left + col * (width + canvas.gutter)
    top = canvas.top + row * (height + canvas.gutter)
    across, down = picture.width / canvas.width, picture.height / canvas.height
    box = (
        round(left * across) + _EDGE,
        round(top * down) + _EDGE,
        round((left + width) * across) - _EDGE,
        round((top + height) * down) - _EDGE,
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _is_plain(picture: Image.Image, box: Box | None, background: str, levels: float) -> bool:
    """Whether it has the background's colour everywhere."""
    if box is None:
        return True
    cell = picture.crop(box)
    ground = Image.new("RGB", cell.size, ImageColor.getrgb(background))
    off = ImageStat.Stat(ImageChops.difference(cell, ground))
    return max(furthest for _, furthest in off.extrema) <= levels


def _wrong_thumbnail(
    picture: Image.Image, thumbnail: bytes, canvas: Canvas, levels: float
) -> Iterator[str]:
    try:
        with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as opened:
            levels += _tolerance(opened)
            small = opened.convert("RGB")
    except Exception as error:  # noqa: BLE001
        yield f"its thumbnail cannot be opened as a JPEG ({error})"
        return
    width, height = canvas.width, canvas.height
    if width > _THUMBNAIL_WIDTH:
        width, height = _THUMBNAIL_WIDTH, max(round(height * _THUMBNAIL_WIDTH / width), 1)
    if small.width != width or abs(small.height - height) > 1:
        yield f"its thumbnail has {small.width}x{small.height} pixels instead of {width}x{height}"
        return
    shrunk = picture.resize(small.size, Image.Resampling.BICUBIC, reducing_gap=1.0)
    off = ImageStat.Stat(ImageChops.difference(shrunk, small))
    if max(off.mean) > _THUMBNAIL_LEVELS + levels:
        yield f"its thumbnail shows another picture: it is off by {max(off.mean):.0f} levels of 255"


def _tolerance(opened: Image.Image) -> float:
    """How far the pixels of a plain cell may be off: what the file rounds colours to."""
    if opened.format == "PNG":
        return 1
    tables: Mapping[int, list[int]] = getattr(opened, "quantization", {})
    if not tables:
        return _WEBP_LEVELS
    # The first coefficient of a block is eight times its mean, and rounded to half a step. Up to
    # three colours come together in one, the largest with a factor of nearly two.
    steps = max(table[0] for table in tables.values())
    return _LEVELS + 3 * steps / 16
