"""Limits how much Pillow copies from the first directory of EXIF or of a multi-picture index.

Both are small TIFF files. Each entry of a directory names a range of the data, and Pillow copies
every range: 5400 entries in 64 KB that all name the same range become 330 MB, and those of an
index several GB of numbers.
"""

import struct

from collage_core.pictures.formats.limits import DecoderLimitError

MAX_DIRECTORY_BYTES = 1024 * 1024
"""Most bytes of EXIF, and of the values in its first directory. A JPEG's segment has 64 KB."""

_EXIF = b"Exif\0\0"
_MOST_MARKS = 8
_LONG_VALUE = 4  # bytes; a value that is not longer is in the entry itself
_BYTES_OF_TYPE = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4), start=1)) | {16: 8}


def check_directory(data: bytes) -> None:
    """Raise DecoderLimitError when Pillow would copy more than MAX_DIRECTORY_BYTES.

    Data that is not a directory passes: Pillow refuses it at once.
    """
    # Pillow copies all of the data for each mark at its beginning.
    if len(data) > MAX_DIRECTORY_BYTES or data.startswith(_EXIF * _MOST_MARKS):
        raise DecoderLimitError(f"EXIF of {len(data)} bytes is too long or repeats its mark")
    while data.startswith(_EXIF):
        data = data[len(_EXIF) :]
    order = ">" if data.startswith(b"MM") else "<"
    if len(data) < 8:
        return
    start = struct.unpack_from(order + "I", data, 4)[0] + 2
    count = int.from_bytes(data[start - 2 : start], "big" if order == ">" else "little")
    entries = data[start : start + 12 * count]
    copied = 0
    for _, kind, length, place in struct.iter_unpack(
        order + "HHII", entries[: len(entries) // 12 * 12]
    ):
        size = length * _BYTES_OF_TYPE.get(kind, 0)
        if size > _LONG_VALUE:
            if place + size > len(data):
                return  # Pillow reads no further either
            copied += size
            if copied > MAX_DIRECTORY_BYTES:
                raise DecoderLimitError("the values of EXIF overlap many times over")
