"""Canvases to files: JPEG, WebP or PNG, in at most so many bytes."""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from collage_core.contract.cell_size import BYTES_PER_PIXEL, MAX_CANVAS_PIXELS
from collage_core.contract.picture_options import PictureFormat

_PILLOW_NAMES: Mapping[PictureFormat, str] = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}

_CHROMA = "4:4:4"
"""Colour at full resolution. Half of it (4:2:0) saves a quarter of the bytes and 3% of the time,
but makes captions in bright colours dull. WebP has half of it in any case."""

_WEBP_METHOD = 2
"""Of 0 to 6. Each further step takes 15 to 50% more time for 1 or 2% fewer bytes."""

_PNG_LEVEL = 3
"""Of zlib's 0 to 9."""

_BYTES_PER_PROGRESSIVE_PIXEL = 6
"""libjpeg keeps a coefficient of two bytes for each of the three colours."""

MAX_PROGRESSIVE_PIXELS = (
    MAX_CANVAS_PIXELS * BYTES_PER_PIXEL // (BYTES_PER_PIXEL + _BYTES_PER_PROGRESSIVE_PIXEL)
)
"""A larger canvas is written as an ordinary JPEG: with its coefficients it would take more memory
than the largest canvas alone."""

LOWEST_QUALITY = 40
"""Below it, blocks show in any picture. From there on a smaller picture looks better."""

_SHRINK_FURTHER = 0.95
"""A smaller picture has more bytes a pixel, so it is made a little smaller than it should be."""

_STRIP, _OVERLAP = 512, 8
"""Rows that are made at a time, and rows beside them that are dropped, so that no seam is seen:
BICUBIC looks at two."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """The kind of file that a canvas becomes."""

    format: PictureFormat = "jpg"
    quality: int = 95
    """1 to 100. A PNG has none."""
    progressive: bool = False
    """Whether a JPEG appears coarse first."""
    max_bytes: int | None = None
    """At least 10,000."""
    embedded: Mapping[str, Any] = field(default_factory=dict)
    """What Pillow writes into the file beside the pixels. It counts as bytes of the file."""


def encoded_jpeg(image: Image.Image, *, quality: int) -> bytes:
    """A JPEG file; the same picture gives the same bytes."""
    return encoded(image, FileFormat(quality=quality))


def encoded(image: Image.Image, kind: FileFormat) -> bytes:
    """A file of that kind; the same picture gives the same bytes.

    Where there is a limit of bytes, the quality is lowered until the file fits, to LOWEST_QUALITY
    at most, and then the picture is made smaller.
    """
    body = _file(image, kind, kind.quality)
    if kind.max_bytes is None or len(body) <= kind.max_bytes:
        return body
    size = len(body)
    del body  # it may be as large as the canvas, and the next ones take as much again
    lowest = min(kind.quality, LOWEST_QUALITY)
    if kind.format != "png" and lowest < kind.quality:
        body = _file(image, kind, lowest)
        if len(body) <= kind.max_bytes:
            return _best_that_fits(image, kind, body)
        size = len(body)
        del body
    return _smaller(image, kind, lowest, size)


def _best_that_fits(image: Image.Image, kind: FileFormat, body: bytes) -> bytes:
    """The file of the highest quality that fits, in six tries; `body` is that of the lowest."""
    fits, too_large = LOWEST_QUALITY, kind.quality
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        tried = _file(image, kind, middle)
        if len(tried) <= (kind.max_bytes or 0):
            fits, body = middle, tried
        else:
            too_large = middle
    return body


def _smaller(image: Image.Image, kind: FileFormat, quality: int, size: int) -> bytes:
    """A smaller picture that fits, found from the `size` of the file of the whole one.

    It ends: each try has fewer pixels, and 32x32 of them fit into any limit. Raises ValueError
    if what is embedded does not.
    """
    limit = kind.max_bytes or 0
    width, height, body = image.width, image.height, b""
    while size > limit:
        if width * height == 1:
            raise ValueError(f"what is embedded takes {size} bytes, and {limit} are allowed")
        scale = math.sqrt(limit / size) * _SHRINK_FURTHER
        width, height = max(int(width * scale), 1), max(int(height * scale), 1)
        body = _file(_resized(image, width, height), kind, quality)
        size = len(body)
    return body


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    """The whole picture made smaller."""
    if 2 * height <= image.height:
        # Averaged over blocks first, as thumbnails are.
        return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=1.0)
    # In strips: beside the result Pillow needs a copy as wide as that and as high as before, and
    # the largest canvas leaves no memory for both.
    small = Image.new(image.mode, (width, height))
    step = image.height / height
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        first, last = max(top - _OVERLAP, 0), min(bottom + _OVERLAP, height)
        box = (0, first * step, image.width, min(last * step, image.height))
        strip = image.resize((width, last - first), Image.Resampling.BICUBIC, box)
        small.paste(strip.crop((0, top - first, width, bottom - first)), (0, top))
    return small


def _file(image: Image.Image, kind: FileFormat, quality: int) -> bytes:
    options: dict[str, Any]
    match kind.format:
        case "jpg":
            pixels = image.width * image.height
            options = {
                "quality": quality,
                "subsampling": _CHROMA,
                "progressive": kind.progressive and pixels <= MAX_PROGRESSIVE_PIXELS,
            }
        case "webp":
            options = {"quality": quality, "method": _WEBP_METHOD}
        case "png":
            options = {"compress_level": _PNG_LEVEL}
    # Only with a real file does Pillow encode without the GIL, so that other threads can decode.
    with tempfile.TemporaryFile() as file:
        image.save(file, _PILLOW_NAMES[kind.format], **options, **kind.embedded)
        file.seek(0)
        return file.read()
