"""Which way up a picture is meant, as browsers read it from EXIF.

Browsers take the first directory's orientation when it is one number of 16 bits, and nothing
else: not XMP, and not the text in which older PNGs carry EXIF.
"""

import struct

UPRIGHT = 1
SIDEWAYS = range(5, 9)
"""Orientations of pictures that lie on their side."""

_EXIF = b"Exif\0"
_MARK_BYTES = 6  # the last one is padding of any value
_ORIENTATION, _SHORT = 0x0112, 3
_ORIENTATIONS = range(1, 9)


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in EXIF with or without its mark; 1 when it says none.

    Other values of the directory may be broken: they are not looked at.
    """
    tiff = exif[_MARK_BYTES:] if exif.startswith(_EXIF) else exif
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return UPRIGHT
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return UPRIGHT
    (count,) = struct.unpack_from(order + "H", tiff, start)
    entries = tiff[start + 2 : start + 2 + 12 * count]
    whole = len(entries) // 12 * 12
    for tag, kind, length, value in struct.iter_unpack(order + "HHIH2x", entries[:whole]):
        if (tag, kind, length) == (_ORIENTATION, _SHORT, 1) and value in _ORIENTATIONS:
            return int(value)
    return UPRIGHT
