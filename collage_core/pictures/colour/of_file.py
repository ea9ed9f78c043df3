"""Finds the colour space that a file declares."""

from PIL import Image

from collage_core.pictures.colour.avif_colour import space_of_avif_file
from collage_core.pictures.colour.conversion import (
    CMYK,
    GREY,
    RGB,
    Conversion,
    from_profile,
    from_space,
)
from collage_core.pictures.colour.jpeg_profile import joined_profile
from collage_core.pictures.colour.png_colour import colour_of_png

_GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B"})


def conversion_of(image: Image.Image, body: bytes) -> Conversion | None:
    """How to convert the colours of a file to sRGB; None if they are sRGB or treated as such.

    The image is `body`, opened by Pillow and not loaded yet. Never fails: as in browsers, a broken
    declaration means sRGB.
    """
    match image.format:
        case "PNG":
            colour = colour_of_png(body)
        case "JPEG" | "MPO":
            colour = image.info.get("icc_profile") or joined_profile(getattr(image, "applist", ()))
        case "AVIF":
            colour = image.info.get("icc_profile") or space_of_avif_file(body)
        case "WEBP":
            colour = image.info.get("icc_profile")
        case _:
            return None  # browsers ignore the profile of a GIF
    if not colour:
        return None
    if isinstance(colour, bytes):
        return from_profile(colour, _colours(image, colour))
    return from_space(colour)


def _colours(image: Image.Image, profile: bytes) -> bytes:
    # Pillow opens a grey AVIF as RGB. No browser shows a coloured AVIF with a grey profile.
    if image.mode in _GREY_MODES or (image.format == "AVIF" and profile[16:20] == GREY):
        return GREY
    return CMYK if image.mode == "CMYK" else RGB
