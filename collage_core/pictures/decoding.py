"""Decodes the pixels of an opened file as browsers show them.

Pillow's images need some corrections before and after they are decoded.
"""

from PIL import Image, ImageFile, ImagePalette

from collage_core.pictures.formats.png_chunks import Screen

_BEHIND_TRANSPARENCY = (255, 255, 255)
_JPEG_FORMATS = frozenset({"JPEG", "MPO"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_FACTOR_OF_FEW_BITS = {"L;2": 85, "L;4": 17}
"""Factor by which Pillow scales grey of two and four bits to eight."""

_DEEP_RGB = "RGB;16B"
_PALETTE_BYTES = 3 * 256
_MARKS: dict[str, int | tuple[int, ...]] = {
    "RGB": (1, 254, 3),
    "RGBA": (1, 254, 3, 1),
    "LA": (1, 1),
    "P": 255,
    "1": 255,
}
_GREY_OF_NO_DATA = (127, 128)  # 127 is 128 of an inverted CMYK


def loaded(image: ImageFile.ImageFile, size: tuple[int, int]) -> Image.Image:
    """Decode a picture, about as large as a cell of `size` needs it.

    Errors of the decoder are final: at a second call Pillow would return an incomplete picture.
    """
    # libjpeg can skip detail that the cell cannot show: it decodes at half to an eighth of the
    # size, in a fraction of the time. Other formats ignore this call.
    reduced = image.draft(None, size)
    frame = image.tile[0].extents if image.format == "GIF" else None
    if image.format == "PNG":
        _set_transparency(image)
        _mark_last_pixel(image)
    image.load()
    if frame and frame != (0, 0, *image.size):
        return _clear_outside(image, frame)
    return _whole_pixels(image, reduced[1]) if reduced else image


def may_have_ended_early(image: Image.Image) -> bool:
    """Whether the last pixel of a loaded picture looks as if its data were missing.

    libjpeg fills a missing part with grey, and Pillow's PNG decoder leaves it unchanged, both
    without an error. The other decoders raise one.
    """
    if image.format == "PNG":
        return image.getpixel(_last_pixel(image)) == _MARKS.get(image.mode, 1)
    if image.format not in _JPEG_FORMATS:
        return False
    last = image.getpixel((image.width - 1, image.height - 1))
    return all(part in _GREY_OF_NO_DATA for part in (last if isinstance(last, tuple) else (last,)))


def on_screen(picture: Image.Image, screen: Screen) -> Image.Image:
    """Paste a picture at its place on a larger, transparent one."""
    whole = Image.new("RGBA", screen.size, (255, 255, 255, 0))
    whole.paste(picture, screen.place)
    return whole


def turned_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture with this EXIF orientation upright."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def grey_of_16_bits(image: Image.Image) -> Image.Image:
    """Scale to RGB, or to RGBA if a shade means transparent; convert() would clip above 255."""
    grey = image.point(lambda value: value / 256, "L").convert("L")
    clear = image.info.get("transparency")  # one of the shades of grey
    if not isinstance(clear, int):
        return grey.convert("RGB")
    opacity = [0 if shade == clear else 255 for shade in range(65536)]
    return Image.merge("RGBA", (grey, grey, grey, image.convert("I").point(opacity, "L")))


def on_white(picture: Image.Image) -> Image.Image:
    """An RGBA picture as it looks on white; any other is returned as it is."""
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, _BEHIND_TRANSPARENCY)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _whole_pixels(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """Crop the pixels that are partly padding from a picture that was reduced by draft().

    A JPEG's last block extends beyond the picture. The padding that an encoder put there, often
    black, would become a line at the edge. `box` is the value that draft() returned.
    """
    width, height = int(box[2]), int(box[3])
    if (width, height) == image.size or not (width and height):
        return image
    return image.crop((0, 0, width, height))


def _set_transparency(image: ImageFile.ImageFile) -> None:
    """Correct a PNG's palette and transparent colour before it is loaded."""
    rawmode = image.tile[0].args
    clear = image.info.get("transparency")
    if image.palette and rawmode and image.mode == "P":
        # For colours beyond the end of a palette, browsers show its last colour, Pillow black.
        colours = bytes(image.palette.palette)
        missing = (_PALETTE_BYTES - len(colours)) // 3
        image.palette = ImagePalette.raw("RGB", colours + colours[-3:] * missing)
    elif isinstance(clear, int) and (factor := _FACTOR_OF_FEW_BITS.get(str(rawmode))):
        image.info["transparency"] = clear * factor
        if clear * factor > 255:
            del image.info["transparency"]
    elif isinstance(clear, tuple) and rawmode == _DEEP_RGB:
        # Pillow keeps the upper 8 of 16 bits, so it cannot distinguish shades below that.
        image.info["transparency"] = tuple(shade >> 8 for shade in clear)


def _mark_last_pixel(image: Image.Image) -> None:
    """Give a PNG's last pixel a mark before loading; a complete picture overwrites it."""
    canvas = Image.new(image.mode, image.size)
    canvas.putpixel(_last_pixel(image), _MARKS.get(image.mode, 1))
    image.im = canvas.im


def _last_pixel(image: Image.Image) -> tuple[int, int]:
    """The last pixel in the file; when interlaced, it is in the last row with an odd number."""
    row = image.height - 1
    return image.width - 1, row - (row % 2 == 0 and row > 0 and "interlace" in image.info)


def _clear_outside(image: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    """Make the picture transparent outside of its first frame, where browsers show nothing."""
    shown = image.convert("RGBA")
    opacity = Image.new("L", image.size, 0)
    opacity.paste(shown.getchannel("A").crop(frame), frame)
    shown.putalpha(opacity)
    return shown
