"""Small pictures of one chart whose files say, each in its own way, what the numbers mean."""

import struct
import zlib

from PIL import Image

from collage_core.pictures.colour.spaces import Chromaticities
from tests.support.pictures import encoded

COLUMNS, ROWS = 3, 4
CHART = [
    *((16, 16, 16), (64, 64, 64), (128, 128, 128), (192, 192, 192), (255, 255, 255)),
    *((200, 60, 60), (60, 200, 60), (60, 60, 200), (230, 180, 150), (30, 20, 10)),
    *((250, 240, 30), (20, 90, 100)),
]

P3: Chromaticities = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
OLD_SCREEN: Chromaticities = (0.3457, 0.3585, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""The primaries of sRGB under a yellow white."""


def chart() -> Image.Image:
    """The colours of CHART, each 100x100."""
    image = Image.new("RGB", (COLUMNS, ROWS))
    image.putdata(CHART)
    return image.resize((100 * COLUMNS, 100 * ROWS), Image.Resampling.NEAREST)


def colours_of(cell: Image.Image) -> list[tuple[int, int, int]]:
    """The mean colour of each field of a chart."""
    return [(int(a), int(b), int(c)) for a, b, c in cell.reduce(100).get_flattened_data()]


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png_with(*chunks: bytes, before: bytes = b"", image: Image.Image | None = None) -> bytes:
    """A PNG with chunks behind its header, or before the first chunk of another kind."""
    whole = encoded(image or chart(), "PNG", compress_level=1)
    at = whole.index(before) - 4 if before else 33
    return whole[:at] + b"".join(chunks) + whole[at:]


def with_wrong_crc(part: bytes) -> bytes:
    return part[:-1] + bytes([part[-1] ^ 1])


def gama(hundred_thousandths: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", hundred_thousandths))


def chrm(primaries: Chromaticities) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(part * 100_000) for part in primaries)))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def srgb(intent: int = 0) -> bytes:
    return chunk(b"sRGB", bytes([intent]))


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))


def clli(peak: int) -> bytes:
    """The brightest pixel, in cd/m2."""
    return chunk(b"cLLI", struct.pack(">II", peak * 10_000, 0))


def mdcv(peak: int) -> bytes:
    """The brightest of the screen that it was made on, in cd/m2."""
    return chunk(b"mDCV", struct.pack(">8HII", *[0] * 8, peak * 10_000, 1))


def avif_with(primaries: int, transfer: int, base: bytes) -> bytes:
    """An AVIF that says so in its nclx; Pillow always writes 1 and 13 there."""
    at = base.rindex(b"colrnclx") + 8  # of an animation, the one of its track
    return base[:at] + struct.pack(">HH", primaries, transfer) + base[at + 4 :]


def without_colr(avif: bytes) -> bytes:
    return avif.replace(b"colrnclx", b"freenclx")


def with_numbers_in_header(primaries: int, transfer: int, avif: bytes) -> bytes:
    """The same in the header of the AV1 stream, whose numbers begin at any bit."""
    at = avif.index(b"\x12\x00\x0a", avif.rindex(b"mdat"))
    bits = int.from_bytes(avif[at : at + 32])
    pattern = 0x010D06  # as Pillow writes it: BT.709, sRGB, BT.601
    shift = next(place for place in range(230) if bits >> place & 0xFFFFFF == pattern)
    bits ^= (0x010D << 8 ^ (primaries << 16 | transfer << 8)) << shift
    return avif[:at] + bits.to_bytes(32) + avif[at + 32 :]
