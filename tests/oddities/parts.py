"""The picture that all files show, and the parts that files are made of."""

import random
import struct
import zlib
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

SMALL = (90, 120)
USUAL = (180, 240)
LARGE = (720, 960)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@cache
def picture(size: tuple[int, int] = USUAL) -> Image.Image:
    """Two gradients, and a light field at the top left that a turn or a wrong crop moves."""
    ramp = Image.linear_gradient("L")
    image = Image.merge(
        "RGB",
        [ramp.resize(size), ramp.rotate(90).resize(size), Image.new("L", size, 140)],
    )
    width, height = size
    image.paste((250, 240, 230), (width // 9, height // 10, width // 3, height // 4))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file of the format that Pillow calls `kind`."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(length: int) -> bytes:
    """The same bytes every time, that mean nothing."""
    return random.Random(length).randbytes(length)  # noqa: S311


def exif(orientation: int, *, order: str = "<", kind: int = 3, in_thumbnail: bool = False) -> bytes:
    """A TIFF file with nothing but an orientation, in the first directory or the second one's.

    `order` is "<" or ">", `kind` the TIFF type of the number: 3 is SHORT, 4 is LONG.
    """
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0][: 5 - kind]))
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    directory = struct.pack(order + "H", 1) + entry
    if in_thumbnail:
        empty = struct.pack(order + "HI", 0, 14)
        return head + empty + directory + bytes(4)
    return head + directory + bytes(4)


def png_chunk(kind: bytes, data: bytes = b"", *, check: int | None = None) -> bytes:
    """A chunk of a PNG; `check` in the place of the right CRC."""
    right = zlib.crc32(kind + data)
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", right if check is None else check)
    )


def png_file(header: bytes, *chunks: bytes) -> bytes:
    """A PNG of an IHDR's 13 bytes and further chunks, IEND excluded."""
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND")


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO media files such as AVIF."""
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def riff(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP"
    for kind, data in chunks:
        body += kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def grey_profile(gamma: float) -> bytes:
    """An ICC profile (version 2) for grey whose curve is a power."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    name = b"grey"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + bytes(79)
    tags = {b"desc": description + bytes(-len(description) % 4), b"wtpt": white, b"kTRC": curve}
    table, data, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", at + len(data), len(content))
        data += content
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head + bytes(128 - len(head)) + table + data
