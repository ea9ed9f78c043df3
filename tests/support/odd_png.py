"""Parts of PNGs, to make odd ones of."""

import struct
import zlib
from collections.abc import Callable

from PIL import ImageCms

from tests.support.decoder_bombs import chunk
from tests.support.pictures import QUARTERS, encoded, quarters

WIDTH, HEIGHT = 60, 80
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB = encoded(quarters(WIDTH, HEIGHT), "PNG")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF_OF_6 = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def wrong(kind: bytes, content: bytes) -> bytes:
    """A chunk whose CRC does not fit."""
    return chunk(kind, content)[:-4] + b"\x12\x34\x56\x78"


def with_chunks(*chunks: bytes, png: bytes = RGB) -> bytes:
    """Between the header and what follows it."""
    return png[:33] + b"".join(chunks) + png[33:]


def before(kind: bytes, chunks: bytes, png: bytes = RGB) -> bytes:
    at = png.index(kind) - 4
    return png[:at] + chunks + png[at:]


def idat(png: bytes = RGB) -> bytes:
    """The compressed picture of a file with one IDAT."""
    at = png.index(b"IDAT")
    return png[at + 4 : at + 4 + int.from_bytes(png[at - 4 : at])]


def rewritten(change: Callable[[bytes], bytes], png: bytes = RGB) -> bytes:
    """With another compressed picture in a sound chunk."""
    at, data = png.index(b"IDAT") - 4, idat(png)
    return png[:at] + chunk(b"IDAT", change(data)) + png[at + 12 + len(data) :]


def split(png: bytes = RGB, size: int = 7) -> bytes:
    at, data = png.index(b"IDAT") - 4, idat(png)
    parts = b"".join(chunk(b"IDAT", data[i : i + size]) for i in range(0, len(data), size))
    return png[:at] + parts + png[at + 12 + len(data) :]


def of(
    bits: int, colour_type: int, rows: list[bytes], *chunks: bytes, interlaced: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:  # fmt: skip
    """A PNG of any kind; `rows` without their filter bytes."""
    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, interlaced)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        SIGNATURE + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", data)
        + chunk(b"IEND")
    )  # fmt: skip


def palette_rows() -> list[bytes]:
    half = WIDTH // 2
    return [
        b"\0" * half + b"\1" * half if y < HEIGHT // 2 else b"\2" * half + b"\3" * half
        for y in range(HEIGHT)
    ]


PALETTE = b"".join(bytes(colour) for colour in QUARTERS)


def indexed(*chunks: bytes, palette: bytes = PALETTE) -> bytes:
    return of(8, 3, palette_rows(), chunk(b"PLTE", palette), *chunks)
