"""Parts of JPEGs, to make odd ones of."""

import struct

from tests.support.decoder_bombs import segment
from tests.support.pictures import encoded, quarters

RGB = encoded(quarters(96, 128), quality=95)
PROGRESSIVE = encoded(quarters(96, 128), quality=95, progressive=True)
BARE = RGB[:2] + RGB[20:]
"""Without its JFIF segment."""


def with_segments(*segments: bytes, jpeg: bytes = RGB) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def start_of_scan(jpeg: bytes = RGB) -> int:
    """Where the compressed picture begins."""
    at = jpeg.index(b"\xff\xda")
    return at + 2 + struct.unpack_from(">H", jpeg, at + 2)[0]


def app(number: int, content: bytes) -> bytes:
    return segment(0xE0 + number, content)
