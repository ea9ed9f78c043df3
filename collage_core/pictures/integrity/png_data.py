"""Checks the compressed picture of a PNG: is it complete, and is its checksum right?

Both checks unpack the picture again, so they are done only for suspicious files.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from collage_core.pictures.formats.png_chunks import SIGNATURE, chunk, has_right_checksum

_CHANNELS = {2: 3, 4: 2, 6: 4}  # by colour type; one for the others
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip
"""First column, first row and step sizes of each pass: PNG specification, 8.1."""

_ZLIB_HEADER = 2
_STEP = 1024 * 1024
MAX_UNPACKED = 150_000_000
"""Bytes of the rows of the largest PNG that is decoded."""


def is_png(body: bytes) -> bool:
    """Whether it begins like a PNG."""
    return body.startswith(SIGNATURE)


def is_whole(body: bytes) -> bool:
    """Whether a picture that can be unpacked has all of its rows, and a right checksum.

    If the data ends too early, Pillow leaves rows black without an error. Either checksum is
    enough: the one at the end of the data, or those of all its chunks.
    """
    parts = list(_picture_chunks(body))
    data = _picture(body, parts)
    unpacked = _unpack(data)
    if unpacked is None or unpacked.size < _size_of_rows(body):
        return False
    return unpacked.has_right_checksum(data) or _are_sound(body, parts)


def _size_of_rows(body: bytes) -> int:
    """Bytes of all rows, including the byte of each row's filter."""
    width, height, bits, colour_type, _, _, interlaced = struct.unpack_from(">IIBBBBB", body, 16)
    pixel_bits = bits * _CHANNELS.get(colour_type, 1)
    size = 0
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * pixel_bits + 7) // 8)
    return size


def with_right_checksum(body: bytes) -> bytes | None:
    """The file with a corrected Adler-32; None when more than that is wrong.

    Some encoders write a wrong Adler-32. Browsers show such files, because the checksum of the
    chunk covers the same bytes; Pillow does not.
    """
    parts = list(_picture_chunks(body)) if is_png(body) else []
    data = _picture(body, parts)
    unpacked = _unpack(data)
    if unpacked is None or not unpacked.is_ended or not _are_sound(body, parts):
        return None
    used = len(data) - unpacked.left
    whole = chunk(b"IDAT", data[:used] + struct.pack(">I", unpacked.checksum))
    return body[: parts[0][0] - 8] + whole + body[parts[-1][1] + 4 :]


def _picture(body: bytes, parts: list[tuple[int, int]]) -> bytes:
    return b"".join(body[start:end] for start, end in parts)


def _are_sound(body: bytes, parts: list[tuple[int, int]]) -> bool:
    """Whether the checksums of the complete chunks are right."""
    return all(
        has_right_checksum(body, start - 8, end + 4) for start, end in parts if end + 4 <= len(body)
    )


def _picture_chunks(body: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of the contents of the first sequence of IDAT chunks."""
    at, is_found = len(SIGNATURE), False
    while at + 8 <= len(body):
        size, kind = struct.unpack_from(">I4s", body, at)
        if kind == b"IDAT":
            is_found = True
            yield at + 8, at + 8 + size
        elif is_found:
            return
        at += 12 + size


@dataclass(frozen=True, slots=True)
class _Unpacked:
    size: int
    checksum: int
    """The right Adler-32."""

    is_ended: bool
    left: int
    """Bytes after the compressed data, including its checksum."""

    def has_right_checksum(self, data: bytes) -> bool:
        start = len(data) - self.left
        return self.is_ended and data[start : start + 4] == struct.pack(">I", self.checksum)


def _unpack(data: bytes) -> _Unpacked | None:
    """Unpack up to MAX_UNPACKED bytes in little memory; None when the data is broken."""
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    checksum, size, rest = 1, 0, data[_ZLIB_HEADER:]
    try:
        while not unpacking.eof and size < MAX_UNPACKED:
            part = unpacking.decompress(rest, _STEP)
            if not part:
                break
            checksum, size = zlib.adler32(part, checksum), size + len(part)
            rest = unpacking.unconsumed_tail
    except zlib.error:
        return None
    return _Unpacked(size, checksum, unpacking.eof, len(unpacking.unused_data))
