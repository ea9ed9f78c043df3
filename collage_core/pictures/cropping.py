"""Which part of a cover fills its cell, when their shapes differ."""

from PIL import Image

from collage_core.contract.gravity import Gravity
from collage_core.pictures.attention import attention, is_cut, reduced
from collage_core.pictures.decoding import turned_upright
from collage_core.pictures.orientation import SIDEWAYS, UPRIGHT

type Centering = tuple[float, float]
"""Of what is cut off, the shares that are cut at the left and at the top: what ImageOps.fit takes.
The part that is left is as large as it can be, so one of the two shares is of nothing."""

UPPER_SHARE = 1 / 8
"""Of a tall cover's cut, at its top. Chosen by docs/adr/0018-crops-that-keep-heads.md."""

_CENTERINGS: dict[Gravity, Centering] = {
    Gravity.CENTER: (0.5, 0.5),
    Gravity.UPPER: (0.5, UPPER_SHARE),
    Gravity.NORTH: (0.5, 0.0),
}
USUAL = _CENTERINGS[Gravity.UPPER]
"""What attention falls back to where nothing draws any."""

# Orientations of files whose left edge is seen as the right or the lower one, and whose upper edge
# is seen as the lower or the right one.
_MIRRORED, _UPSIDE_DOWN = (2, 3, 7, 8), (3, 4, 6, 7)


def centering(
    picture: Image.Image, size: tuple[int, int], gravity: Gravity, turn: int = UPRIGHT
) -> Centering:
    """How to crop a picture to the shape of `size`.

    Args:
        picture: As it is in its file, in mode RGB, RGBA or CMYK.
        size: Width and height of the cell, turned as the picture is.
        gravity: Of the picture as it is seen.
        turn: The picture's EXIF orientation.

    Returns:
        The centering for the picture as it is in its file.
    """
    place = _CENTERINGS.get(gravity)
    if place is None:
        place = _attracted(picture, size, turn)
    return _in_file(place, turn)


def _attracted(picture: Image.Image, size: tuple[int, int], turn: int) -> Centering:
    shape = size[1] / size[0] if turn in SIDEWAYS else size[0] / size[1]
    if not is_cut((picture.height, picture.width) if turn in SIDEWAYS else picture.size, shape):
        return USUAL
    return attention(turned_upright(reduced(picture), turn), shape, USUAL)


def _in_file(seen: Centering, turn: int) -> Centering:
    """The centering of a picture before `turned_upright` turns it."""
    x, y = seen
    if turn in SIDEWAYS:
        x, y = y, x
    return 1 - x if turn in _MIRRORED else x, 1 - y if turn in _UPSIDE_DOWN else y
