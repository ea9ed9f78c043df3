"""Decodes the bytes of a cover to a cell. Nothing else decodes with Pillow.

A cover may be anything that the web serves under that name. A picture is shown as a browser would
show it: turned upright, in sRGB, on white where it is transparent, and as the first picture of an
animation.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO

# Two plugins by name: to find WebP and AVIF by itself, Pillow would import all its forty plugins.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    PngImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.gravity import Gravity
from collage_core.contract.picture_options import Fit, PictureOptions
from collage_core.contract.reasons import Reason
from collage_core.pictures.colour.conversion import Conversion, in_srgb
from collage_core.pictures.colour.of_file import conversion_of
from collage_core.pictures.decoding import (
    grey_of_16_bits,
    loaded,
    may_have_ended_early,
    on_screen,
    on_white,
    turned_upright,
)
from collage_core.pictures.file_signatures import why_unreadable
from collage_core.pictures.fitting import Fitting
from collage_core.pictures.formats.limits import DecoderLimitError
from collage_core.pictures.formats.png_chunks import Screen
from collage_core.pictures.inspection import DecodingWork, inspect
from collage_core.pictures.integrity.jpeg_end import with_more_data, without_filler
from collage_core.pictures.integrity.png_data import is_png, is_whole, with_right_checksum
from collage_core.pictures.memory import (
    MAX_DECODING_BYTES,
    configure_malloc,
    decoding_memory,
)
from collage_core.pictures.orientation import orientation

type Cell = Image.Image
"""An RGB picture of one CellSize."""

_BYTES_PER_PIXEL = {"JPEG": 5, "MPO": 5, "GIF": 12, "PNG": 12, "AVIF": 12, "WEBP": 17}
"""The peak for the worst kind of each format, copies for scaling and transparency included;
measured with Pillow 12.3 on pictures of 49 megapixels. MPO is a phone's JPEG."""

_BYTES_PER_PIXEL_OF_JPEG_IN_SCANS = 8
"""libjpeg keeps all coefficients of a progressive JPEG, even to decode it at an eighth of its size,
and of any other JPEG whose first scan does not contain the whole picture."""

MAX_DRAWN_PIXELS = 1_000_000_000
"""Pixels times the scans of a JPEG, or the frames of an AVIF, that draw them: at most a few seconds
of decoding. It allows 50 scans of the largest JPEG, and a thousand of a usual cover; encoders write
ten."""

_LAST_BYTES = 8
"""Of a JPEG's data. Encoders write at most one or two meaningless bytes at its end."""

_LAST_ROWS = 32
"""Rows that the last bytes of any JPEG draw."""

_FORMATS = ("JPEG", "WEBP", "PNG", "AVIF", "GIF")

# Pillow logs warnings about odd files; here each file becomes a cell or fails with a reason.
warnings.filterwarnings("ignore", module=r"PIL\.")

# Text in a PNG of 63 KB can unpack to 64 MB, Pillow's own limit, which no budget counts.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024

configure_malloc()


def decode_cell(
    body: bytes,
    size: CellSize = DEFAULT_CELL_SIZE,
    gravity: Gravity = Gravity.CENTER,
    *,
    fit: Fit = "fill",
    background: str = PictureOptions().background,
    corner: int = 0,
) -> Cell | Reason:
    """A cover in a cell of `size`, or why it cannot be shown.

    With `fit` it is cropped to fill the cell, or whole on itself, blurred, or on the background,
    there with round corners. `gravity` says which part of a cropped cover stays.

    Safe to call from many threads: each waits until enough of MAX_DECODING_BYTES is free.
    """
    try:
        fitting = Fitting(size, fit, gravity, background, corner)
        return fitting.on_ground(_decoded(body, fitting))
    except (DecoderLimitError, Image.DecompressionBombError):
        return Reason.TOO_MANY_PIXELS
    # Parsers of hostile bytes raise almost anything: SyntaxError, struct.error, KeyError,
    # zlib.error, ... All of it means that the file cannot be decoded.
    except Exception:  # noqa: BLE001
        return why_unreadable(body)


def _decoded(body: bytes, fitting: Fitting) -> Image.Image:
    """The part of a cell that shows the cover. Raises any Exception for a file that is broken.

    Pixels are decoded once. Only odd files are decoded again: a PNG with a wrong checksum, and a
    JPEG that may lack a part of its picture.
    """
    work = inspect(body)
    body = work.body or body
    try:
        shown, is_doubtful = _drawn(body, work, fitting)
    except OSError:
        repaired = with_right_checksum(body)
        if repaired is None:
            raise
        return _drawn(repaired, work, fitting)[0]
    if is_doubtful and not _shows_all(body, work, fitting, shown):
        raise ValueError("a part of the picture is missing")
    return shown


def _shows_all(body: bytes, work: DecodingWork, fitting: Fitting, shown: Image.Image) -> bool:
    """Whether the whole of a picture is there, when a part of the picture may be missing."""
    if is_png(body):
        return is_whole(body)
    if work.is_holed and not _is_plain(shown) and not _needs_all_of_its_data(body, work):
        body = without_filler(body)
        if not _needs_all_of_its_data(body, work):
            return False
    more = with_more_data(body)
    if _drawn(more, work, fitting)[0].tobytes() != shown.tobytes():
        return False
    # The missing part may be outside of the cell, and the damage that causes it inside.
    return work.scans > 1 or _last_rows(body, work) == _last_rows(more, work)


def _is_plain(shown: Image.Image) -> bool:
    """Whether it has one colour. All the data of such a JPEG may be zeros."""
    return shown.getcolors(maxcolors=1) is not None


def _needs_all_of_its_data(body: bytes, work: DecodingWork) -> bool:
    """Whether the end of a JPEG looks different with other data in place of its last bytes."""
    return _last_rows(body, work) != _last_rows(with_more_data(body, instead_of=_LAST_BYTES), work)


def _last_rows(body: bytes, work: DecodingWork) -> bytes:
    with (
        Image.open(BytesIO(body), formats=_FORMATS) as image,
        decoding_memory.hold(_needed_bytes(image, work)),
    ):
        image.load()
        return image.crop((0, max(image.height - _LAST_ROWS, 0), *image.size)).tobytes()


def _drawn(body: bytes, work: DecodingWork, fitting: Fitting) -> tuple[Image.Image, bool]:
    """What a cell shows of a picture, and whether a part of it may be missing."""
    with Image.open(BytesIO(body), formats=_FORMATS) as image:
        needed, drawn_pixels = _needed_bytes(image, work), _drawn_pixels(image, work)
        if needed > MAX_DECODING_BYTES or drawn_pixels > MAX_DRAWN_PIXELS:
            raise DecoderLimitError("a picture of too many pixels")
        with decoding_memory.hold(needed):
            shown = _shown(_Opened(image, conversion_of(image, body), work.screen), fitting)
            return shown, work.is_doubtful or may_have_ended_early(image)


def _needed_bytes(image: Image.Image, work: DecodingWork) -> int:
    """Memory to decode it. The size in the header alone does not tell it."""
    bytes_per_pixel = _BYTES_PER_PIXEL[image.format or ""]
    if work.scans > 1:
        bytes_per_pixel = _BYTES_PER_PIXEL_OF_JPEG_IN_SCANS
    return max(image.width * image.height, work.coded_pixels) * bytes_per_pixel


def _drawn_pixels(image: Image.Image, work: DecodingWork) -> int:
    return max(image.width * image.height * work.scans, work.drawn_pixels)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file whose pixels are not decoded yet."""

    image: ImageFile.ImageFile
    colours: Conversion | None
    screen: Screen | None


def _shown(opened: _Opened, fitting: Fitting) -> Image.Image:
    turn = orientation(opened.image.info.get("exif") or b"")
    picture = _resizable(loaded(opened.image, fitting.size_for(turn)))
    if opened.screen:
        picture = on_screen(picture, opened.screen)
    shown = fitting.scaled(picture, turn)
    return turned_upright(on_white(in_srgb(shown, opened.colours)), turn)


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled smoothly: RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):
        return grey_of_16_bits(image)
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in {"RGB", "RGBA", "CMYK"} else image.convert("RGB")
