"""Decoder bombs: files of up to 15 MiB that would keep a decoder busy or fill its memory.

Each of them has a picture of 60x80 pixels, if a decoder ever reaches it.
"""

import struct
import zlib
from collections.abc import Callable, Iterator

from collage_core.sources.http.bodies import MAX_BODY_BYTES
from tests.support.pictures import encoded, plain, quarters

_ROOM = 2048
"""For the picture itself."""


def filled(part: bytes) -> bytes:
    """`part` over and over, as many times as the largest file has room for."""
    return part * ((MAX_BODY_BYTES - _ROOM) // len(part))


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def overlapping_directory(entries: int = 5400, kind: int = 7) -> bytes:
    """A TIFF directory in 64 KB whose entries all name the same 60,000 bytes."""
    count = 60_000 if kind == 7 else 30_000  # bytes, or numbers of two
    rows = b"".join(struct.pack(">HHII", tag, kind, count, 8) for tag in range(1, entries + 1))
    start = struct.pack(">2sHIH", b"MM", 42, 8, entries)
    return (start + rows).ljust(65_000, b"\0")


SMALL = quarters(60, 80)
JPEG = encoded(SMALL)
PROGRESSIVE = encoded(SMALL, progressive=True)
PNG = encoded(SMALL, "PNG")
GIF = encoded(SMALL, "GIF")
AVIF = encoded(SMALL, "AVIF", speed=10)
WEBP = encoded(plain((1, 2, 3, 4), 60, 80), "WEBP", exif=b"MM\0*\0\0\0\x08" + bytes(6))


def gif_with(blocks: bytes) -> bytes:
    at = 13 + (3 << (GIF[10] & 7) + 1)
    return GIF[:at] + blocks + GIF[at:]


def jpeg_with(segments: bytes) -> bytes:
    """In the place of its own first segment, which tells the resolution."""
    return JPEG[:2] + segments + JPEG[20:]


def jpeg_between_scans(segments: bytes) -> bytes:
    at = PROGRESSIVE.rindex(b"\xff\xda")
    return PROGRESSIVE[:at] + segments + PROGRESSIVE[at:]


def png_with(chunks: bytes, before: bytes = b"IDAT") -> bytes:
    at = PNG.index(before) - 4
    return PNG[:at] + chunks + PNG[at:]


def avif_with(kind: bytes, boxes: bytes) -> bytes:
    """More boxes in its header, in the place of the one of that kind."""
    at = AVIF.index(b"meta") - 4
    end = at + int.from_bytes(AVIF[at : at + 4])
    inner = AVIF[at + 8 : end]
    if kind in inner:
        start = inner.index(kind) - 4
        inner = inner[:start] + inner[start + int.from_bytes(inner[start : start + 4]) :]
    return AVIF[:at] + box(b"meta", inner + boxes) + AVIF[end:]


def avif_of_units(unit: bytes) -> bytes:
    """Its item reaches to the end of the file, and so do the units that follow the picture."""
    size = struct.pack(">I", len(AVIF) - AVIF.index(b"mdat") - 4)
    units = filled(unit)
    length = struct.pack(">I", int.from_bytes(size) + len(units))
    assert AVIF.count(size) == 1
    return AVIF.replace(size, length) + units


def webp_with(chunk_kind: bytes, content: bytes) -> bytes:
    at = WEBP.index(chunk_kind)
    size = int.from_bytes(WEBP[at + 4 : at + 8], "little")
    body = WEBP[12:at] + chunk_kind + struct.pack("<I", len(content)) + content
    body += WEBP[at + 8 + size + size % 2 :]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _items(count: int) -> Iterator[bytes]:
    return (struct.pack(">IHHH", number, 0, 0, 0) for number in range(1, count + 1))


_UNPACKS = zlib.compress(bytes(1_000_000), 9)
_TWO_BYTES = 3

REFUSED: dict[str, Callable[[], bytes]] = {
    "a GIF of one comment": lambda: gif_with(b"!\xfe" + filled(b"\xff" + b"c" * 255) + b"\0"),
    "a GIF of a comment in single letters": lambda: gif_with(b"!\xfe" + filled(b"\1c") + b"\0"),
    "a GIF of many comments": lambda: gif_with(filled(b"!\xfe\1c\0")),
    "a GIF of extensions": lambda: gif_with(filled(b"!\xff\0")),
    "a GIF of bytes that mean nothing": lambda: gif_with(filled(b"\0")),
    "a JPEG of tiny EXIF": lambda: jpeg_with(filled(segment(0xE1, b"Exif\0\0x"))),
    "a JPEG of large EXIF": lambda: jpeg_with(filled(segment(0xE1, b"Exif\0\0" + bytes(65_000)))),
    "a JPEG of comments": lambda: jpeg_with(filled(segment(0xFE, b""))),
    "a JPEG of nothing but segments": lambda: jpeg_with(filled(segment(0xE4, b""))),
    "a JPEG of padding": lambda: jpeg_with(filled(b"\xff")),
    "a JPEG of zeros after its markers": lambda: jpeg_with(filled(b"\xff\0")),
    "a JPEG of restarts": lambda: jpeg_with(filled(b"\xff\xd0")),
    "a JPEG of ends": lambda: jpeg_with(filled(b"\xff\xd9")),
    "a JPEG of segments that have no length": lambda: jpeg_with(filled(b"\xff\xf0\xff\xff")),
    "a JPEG of comments between scans": lambda: jpeg_between_scans(filled(segment(0xFE, b""))),
    "a JPEG of scans": lambda: jpeg_between_scans(
        filled(PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") :][:10])
    ),
    "a JPEG whose EXIF overlaps": lambda: jpeg_with(
        segment(0xE1, b"Exif\0\0" + overlapping_directory())
    ),
    "a JPEG whose index of pictures overlaps": lambda: jpeg_with(
        segment(0xE2, b"MPF\0" + overlapping_directory(kind=_TWO_BYTES))
    ),
    "an AVIF whose EXIF overlaps": lambda: encoded(
        SMALL, "AVIF", speed=10, exif=b"Exif\0\0" + overlapping_directory(40)
    ),
    "a PNG of empty chunks": lambda: png_with(filled(chunk(b"abCd"))),
    "a PNG of empty chunks after its picture": lambda: png_with(filled(chunk(b"abCd")), b"IEND"),
    "a PNG of a picture in no parts": lambda: png_with(filled(chunk(b"IDAT"))),
    "a PNG of text without a name": lambda: png_with(filled(chunk(b"zTXt", b"\0\0" + _UNPACKS))),
    "a PNG of profiles": lambda: png_with(filled(chunk(b"iCCP", b"x\0\0" + _UNPACKS))),
    "an AVIF of empty units": lambda: avif_of_units(b"\x0a\0"),
    "an AVIF of boxes": lambda: AVIF + filled(box(b"free", b"")),
    "an AVIF of boxes in its header": lambda: avif_with(b"free", filled(box(b"free", b""))),
    "an AVIF of tracks": lambda: AVIF + box(b"moov", filled(box(b"trak", b""))),
    "an AVIF of items in places": lambda: avif_with(
        b"iloc",
        box(b"iloc", struct.pack(">IHI", 2 << 24, 0, 1_000_000) + b"".join(_items(1_000_000))),
    ),
    "an AVIF of references": lambda: avif_with(
        b"iref",
        box(
            b"iref", struct.pack(">I", 1 << 24) + b"".join(box(b"dimg", i) for i in _items(800_000))
        ),
    ),
    "an AVIF of chunks of samples": lambda: AVIF + box(
        b"moov", box(b"stco", struct.pack(">III", 0, 1, 0)) * 500
        + box(b"stsz", struct.pack(">III", 0, 0, 0)) * 500,
    ),
}  # fmt: skip
"""Those that are not given to a decoder."""

SHOWN: dict[str, Callable[[], bytes]] = {
    "a PNG whose EXIF overlaps": lambda: png_with(chunk(b"eXIf", overlapping_directory())),
    "a PNG whose EXIF overlaps in its text": lambda: png_with(
        chunk(
            b"zTXt",
            b"Raw profile type exif\0\0"
            + zlib.compress(b"\nexif\n   65000\n" + overlapping_directory().hex().encode()),
        )
    ),
    "a PNG whose EXIF overlaps after the picture": lambda: png_with(
        chunk(b"eXIf", overlapping_directory()), b"IEND"
    ),
    "a PNG of one mark of EXIF after the other": lambda: png_with(
        chunk(b"eXIf", filled(b"Exif\0\0"))
    ),
    "a WebP whose EXIF overlaps": lambda: webp_with(b"EXIF", overlapping_directory()),
    "a GIF of frames": lambda: GIF[:-1] + filled(
        b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0"
    ),
}  # fmt: skip
"""Those whose picture can be had without going through the rest."""
