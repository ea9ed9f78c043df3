"""Sample covers as files: which kind and size a cover has, and its bytes."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from local.sample.mark import Mark
from local.sample.poster import draw_poster

_ORIENTATION = 0x0112  # EXIF tag
_ROTATED_LEFT = 6  # a viewer turns it by 90 degrees clockwise


@dataclass(frozen=True, slots=True)
class Kind:
    """A format in which creators' tools save covers."""

    suffix: str
    content_type: str
    encode: Callable[[Image.Image], bytes]


def _save(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def _rotated_jpeg(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = _ROTATED_LEFT
    return _save(image.transpose(Image.Transpose.ROTATE_90), format="JPEG", quality=88, exif=exif)


_JPEG = Kind("jpg", "image/jpeg", lambda image: _save(image, format="JPEG", quality=88))
_ROTATED = Kind("jpg", "image/jpeg", _rotated_jpeg)
_CMYK = Kind("jpg", "image/jpeg", lambda image: _save(image.convert("CMYK"), format="JPEG"))
_WEBP = Kind("webp", "image/webp", lambda image: _save(image, format="WEBP", method=0))
_PNG = Kind("png", "image/png", lambda image: _save(image, format="PNG", compress_level=1))
_PALETTE = Kind("png", "image/png", lambda image: _save(image.quantize(128), format="PNG"))
_AVIF = Kind("avif", "image/avif", lambda image: _save(image, format="AVIF", speed=10))

# The mix of formats and of sizes, assigned by the cover's number.
_KINDS = (_JPEG,) * 9 + (_WEBP,) * 4 + (_AVIF,) * 2 + (_PNG,) * 2 + (_PALETTE, _ROTATED, _CMYK)
_SIZES = ((720, 960), (720, 960), (1080, 1440), (720, 1280))


def kind_of(mark: Mark) -> Kind:
    """The file format of a cover."""
    return _KINDS[(mark.creator * 3 + mark.number * 7) % len(_KINDS)]


def size_of(mark: Mark) -> tuple[int, int]:
    """Width and height of a cover in pixels; one in four is 9:16 and has to be cropped."""
    return _SIZES[(mark.creator + mark.number) % len(_SIZES)]


def draw_cover(mark: Mark) -> bytes:
    """The bytes of a cover's file."""
    return kind_of(mark).encode(draw_poster(mark, size_of(mark)))
