"""Reads a picture's orientation from EXIF, as browsers do.

Browsers use the orientation in the first directory if it is one number of 16 bits. They ignore XMP
and the text chunks in which older PNGs have EXIF.
"""

import struct

UPRIGHT = 1
SIDEWAYS = range(5, 9)
"""Orientations of pictures that are turned by 90 degrees."""

_EXIF = b"Exif\0"
_MARK_BYTES = 6  # the last one is padding of any value
_ORIENTATION, _SHORT = 0x0112, 3
_ORIENTATIONS = range(1, 9)


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in EXIF with or without its mark; 1 when it has none.

    Other values of the directory are ignored, so they may be broken.
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
